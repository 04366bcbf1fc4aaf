//! How the payers of the hidden service pay: straight from an exchange, from a wallet that an exchange has paid, through a CoinJoin, or
//! out of coins that they have.

use crate::error::Result;
use crate::simulate::city::City;
use crate::simulate::city::exchange::Withdrawal;
use crate::simulate::city::mixers::Share;
use crate::simulate::city::person::Person;
use crate::simulate::hidden_service::{HiddenService, Step};
use crate::simulate::truth::words::{COUNTRIES, Funded, Why};
use crate::simulate::truth::{Paid, Place};
use crate::simulate::world::payment::LEAST;
use crate::simulate::world::wallet::Coin;

/// After so many blocks somebody finds no others to mix with, and pays without.
const PATIENCE: u32 = 8;

impl HiddenService {
    /// Payments whose time has come.
    pub fn begin_payments(&mut self, city: &mut City) -> Result<()> {
        let now = HiddenService::now(city);
        while self.agenda.as_slice().first().is_some_and(|planned| planned.year <= now) {
            let planned = self.agenda.next().expect("there is a first");
            self.under_way.push(Step { planned, ticket: 0, withdrawal: None, coin: None, tries: 0 });
        }
        for at in 0..self.under_way.len() {
            let step = self.under_way[at];
            let user = step.planned.user as usize;
            let is_new = step.ticket == 0 && step.withdrawal.is_none();
            if !is_new || self.users[user].is_busy || city.world.block.is_full() {
                continue;
            }
            self.begin(city, at)?;
        }
        self.under_way.retain(|step| step.ticket != u32::MAX);
        Ok(())
    }

    fn begin(&mut self, city: &mut City, at: usize) -> Result<()> {
        let planned = self.under_way[at].planned;
        if planned.is_test {
            return self.pay_test(city, at);
        }
        if planned.funded == Funded::OwnCoins {
            return self.pay_own(city, at);
        }
        let (person, amount) = (self.payer(city, planned.user), planned.amount);
        let Person { purse, .. } = city.people[person as usize];
        let straight = planned.funded == Funded::Exchange;
        // What comes to a wallet first must be enough for the fees, and some buy more than they need.
        let extra = 40 * city.world.now.rate + city.world.random.below(amount) / 4 + 3 * LEAST;
        let wanted = if straight { amount } else { amount + extra };
        let Some(exchange) = self.exchange_with(city, person, wanted) else { return Ok(()) };
        city.people[person as usize].exchange = exchange;
        let withdrawal = match straight {
            true => Withdrawal {
                customer: city.world.entity_of(purse),
                ..self.withdrawal(city, self.till, Some(self.address_of(planned.user)), wanted)
            },
            false => self.withdrawal(city, purse, None, wanted),
        };
        self.under_way[at].ticket = withdrawal.ticket;
        self.users[planned.user as usize].is_busy = true;
        city.withdraw(person, withdrawal)
    }

    /// Who a user is: somebody whose coins nobody else moves.
    fn payer(&mut self, city: &mut City, user: u32) -> u32 {
        if let Some(person) = self.users[user as usize].person {
            return person;
        }
        let person = city.newcomer();
        city.living.pop();
        let Person { purse, .. } = city.people[person as usize];
        city.mixers.forget(purse);
        self.users[user as usize].person = Some(person);
        person
    }

    /// The person's exchange where it has enough, else another.
    fn exchange_with(&self, city: &mut City, person: u32, amount: u64) -> Option<u8> {
        let own = city.people[person as usize].exchange;
        let other = city.world.random.index(city.exchanges.len()) as u8;
        [own, other].into_iter().find(|exchange| city.exchanges[*exchange as usize].free > 2 * amount)
    }

    /// Goes on with what has come from exchanges.
    pub fn go_on_paying(&mut self, city: &mut City) -> Result<()> {
        for (ticket, txid, position) in std::mem::take(&mut city.tickets) {
            if let Some(at) = self.under_way.iter().position(|step| step.ticket == ticket) {
                self.arrived(city, at, (txid, position))?;
            }
        }
        for at in 0..self.under_way.len() {
            if self.under_way[at].coin.is_some() && city.world.random.chance(600) {
                self.spend_on(city, at)?;
            }
        }
        self.under_way.retain(|step| step.ticket != u32::MAX);
        Ok(())
    }

    /// A withdrawal has come: to the service itself, or to the payer.
    fn arrived(&mut self, city: &mut City, at: usize, place: Place) -> Result<()> {
        let planned = self.under_way[at].planned;
        self.under_way[at].withdrawal = Some(place);
        if planned.funded == Funded::Exchange {
            return self.done(city, at, place);
        }
        let person = self.payer(city, planned.user);
        let purse = city.people[person as usize].purse;
        let coins = &mut city.world.wallet(purse).coins;
        let coin = coins.iter().position(|coin| (coin.txid, coin.position) == place).expect("nobody else moves a payer's coins");
        self.under_way[at].coin = Some(coins.remove(coin));
        Ok(())
    }

    /// Mixes or pays with the coin that has come.
    fn spend_on(&mut self, city: &mut City, at: usize) -> Result<()> {
        let Step { planned, coin, tries, .. } = self.under_way[at];
        let coin = coin.expect("only those with a coin are asked");
        if planned.funded == Funded::Mixer && tries < PATIENCE {
            self.mix(city, at, coin);
            return Ok(());
        }
        let person = self.payer(city, planned.user);
        let purse = city.people[person as usize].purse;
        let pay = self.pay_user(planned.user, planned.amount);
        let rate = (city.world.rate()).min((coin.value - planned.amount) / 2);
        let txid = city.world.spend(purse, vec![coin], vec![pay], Why::Payment, rate);
        let place = city.world.place(txid, 0);
        self.done(city, at, place)
    }

    /// One CoinJoin; what comes out of it pays later.
    fn mix(&mut self, city: &mut City, at: usize, coin: Coin) {
        let Step { planned, .. } = self.under_way[at];
        let person = self.payer(city, planned.user);
        let purse = city.people[person as usize].purse;
        let makers = city.world.random.between(3, 6) as usize;
        let amount = planned.amount + 3 * city.world.now.rate + LEAST;
        let share = Share { purse, coins: vec![coin], sum: coin.value };
        let step = &mut self.under_way[at];
        step.tries += 1;
        if amount + city.taker_cost(makers as u64) / 2 > coin.value {
            step.tries = PATIENCE;
            step.planned.funded = Funded::OneHop;
            return;
        }
        match city.join_with(share, amount, makers, usize::MAX) {
            Some((mixed, _)) => {
                city.world.wallet(purse).coins.retain(|coin| (coin.txid, coin.position) != (mixed.txid, mixed.position));
                (step.coin, step.tries) = (Some(mixed), PATIENCE);
            }
            None => {
                let at = city
                    .world
                    .wallet(purse)
                    .coins
                    .iter()
                    .position(|other| (other.txid, other.position) == (coin.txid, coin.position));
                city.world.wallet(purse).coins.remove(at.expect("the coin went back to its purse"));
                if step.tries == PATIENCE {
                    step.planned.funded = Funded::OneHop;
                }
            }
        }
    }

    /// A payment of somebody who lives in the city and has the coins.
    fn pay_own(&mut self, city: &mut City, at: usize) -> Result<()> {
        let planned = self.under_way[at].planned;
        let need = planned.amount + 5 * city.world.now.rate;
        let known = self.users[planned.user as usize].person;
        let person = known.or_else(|| self.somebody_with(city, need));
        let paid = person.and_then(|person| {
            let purse = city.people[person as usize].purse;
            let txid = city.world.send(purse, vec![self.pay_user(planned.user, planned.amount)], Why::Payment)?;
            Some((person, city.world.place(txid, 0)))
        });
        let step = &mut self.under_way[at];
        let Some((person, place)) = paid else {
            step.tries += 1;
            if step.tries > PATIENCE && known.is_none() {
                step.planned.funded = Funded::OneHop;
            } else if step.tries > PATIENCE {
                // Somebody who had enough once, and has not now, buys coins.
                step.planned.funded = Funded::Exchange;
            }
            return Ok(());
        };
        self.users[planned.user as usize].person = Some(person);
        self.done(city, at, place)
    }

    fn somebody_with(&self, city: &mut City, need: u64) -> Option<u32> {
        for _ in 0..60 {
            let person = city.somebody();
            let purse = city.purse_of(person);
            let is_user = self.users.iter().any(|user| user.person == Some(person));
            if !is_user && city.world.wallet(purse).balance() > need {
                return Some(person);
            }
        }
        None
    }

    fn pay_test(&mut self, city: &mut City, at: usize) -> Result<()> {
        let planned = self.under_way[at].planned;
        let pay = self.pay_user(planned.user, planned.amount);
        let Some(txid) = city.world.send(self.investigator, vec![pay], Why::Payment) else { return Ok(()) };
        let place = city.world.place(txid, 0);
        self.tests.push((place, planned.amount));
        self.paid[self.users[planned.user as usize].address as usize] = true;
        self.under_way[at].ticket = u32::MAX;
        Ok(())
    }

    /// The payment is in the chain.
    fn done(&mut self, city: &mut City, at: usize, place: Place) -> Result<()> {
        let Step { planned, withdrawal, .. } = self.under_way[at];
        let user = &mut self.users[planned.user as usize];
        user.is_busy = false;
        self.paid[user.address as usize] = true;
        self.under_way[at].ticket = u32::MAX;
        let person = user.person.expect("who has paid is known");
        let Person { purse, exchange, .. } = city.people[person as usize];
        let payer = city.world.entity_of(purse);
        let country = city.world.entities[payer as usize].country;
        city.world.truth.payer(&Paid {
            place,
            payer,
            country: COUNTRIES[country as usize].0,
            amount: planned.amount,
            funded: planned.funded,
            exchange: withdrawal.map(|_| city.exchanges[exchange as usize].entity),
            withdrawal: withdrawal.map(|place| place.0),
        })
    }
}
