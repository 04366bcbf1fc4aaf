//! People: what they do with their money.

use crate::error::Result;
use crate::simulate::city::City;
use crate::simulate::city::mixers::is_mixer;
use crate::simulate::truth::words::{Category, Role, What, Why};
use crate::simulate::world::draft::Pay;
use crate::simulate::world::keys::Address;
use crate::simulate::world::payment::LEAST;
use crate::simulate::world::profile::{PROFILES, installed};
use crate::simulate::world::wallet::Purse;

/// Somebody with a wallet, and perhaps an account at an exchange.
#[derive(Clone, Copy)]
pub(in crate::simulate) struct Person {
    pub purse: Purse,
    /// The exchange that they use, by its place in the city.
    pub exchange: u8,
    /// Where they pay into it.
    pub deposit: Address,
    /// What they have on its books.
    pub account: u64,
}

/// What people do, and how often in which years: from, until, weight.
type Habit = (fn(&mut City) -> Result<bool>, f64, f64, u32);

const HABITS: [Habit; 19] = [
    (City::pay_somebody, 0.0, 2100.0, 2_900),
    (City::pay_merchant, 0.0, 2100.0, 1_300),
    (City::pay_by_processor, 2012.5, 2100.0, 900),
    (City::pay_into_exchange, 0.0, 2100.0, 1_300),
    (City::ask_for_withdrawal, 0.0, 2100.0, 1_900),
    (City::bet, 0.0, 2014.5, 1_200),
    (City::bet, 2014.5, 2017.0, 500),
    (City::bet, 2017.0, 2100.0, 150),
    (City::give, 0.0, 2100.0, 150),
    (City::tidy_up, 0.0, 2100.0, 300),
    (City::move_house, 0.0, 2100.0, 350),
    (City::write_data, 2013.5, 2100.0, 120),
    (City::send_dust, 2013.5, 2100.0, 6),
    (City::lose_some, 0.0, 2100.0, 8),
    (City::pay_join, 2018.7, 2100.0, 70),
    (City::join_market, 2015.2, 2100.0, 70),
    (City::wasabi, 2018.6, 2024.4, 40),
    (City::enter_pool, 2019.3, 2024.3, 60),
    (City::whirlpool, 2019.3, 2024.3, 160),
];

impl City {
    /// Somebody does something.
    pub fn live(&mut self) -> Result<bool> {
        let year = self.world.now.year;
        let weights = HABITS.map(|(_, from, until, weight)| if from <= year && year < until { weight } else { 0 });
        let habit = self.world.random.weighted(&weights);
        HABITS[habit].0(self)
    }

    pub fn newcomer(&mut self) -> u32 {
        let profile = installed(self.world.now.year, &mut self.world.random);
        let country = self.world.country();
        let entity = self.world.entity(Category::Person, country, profile);
        let purse = self.world.purse(entity, profile, Role::Change);
        let exchange = self.world.random.index(self.exchanges.len()) as u8;
        self.people.push(Person { purse, exchange, deposit: Address::NONE, account: 0 });
        let person = self.people.len() as u32 - 1;
        self.living.push(person);
        self.mixers.welcome(purse, profile);
        person
    }

    /// Somebody who is there; some do more than others.
    pub fn somebody(&mut self) -> u32 {
        if self.living.len() < 10 {
            return self.newcomer();
        }
        let random = &mut self.world.random;
        let at = match random.chance(500) {
            true => random.real() * random.real() * random.real(),
            false => random.real(),
        };
        self.living[(at * self.living.len() as f64) as usize]
    }

    /// Somebody who gets money, perhaps for the first time.
    pub fn payee(&mut self) -> u32 {
        let room = (self.people.len() as u64) < self.expected();
        if room && self.world.random.chance(400) { self.newcomer() } else { self.somebody() }
    }

    pub fn purse_of(&self, person: u32) -> Purse {
        self.people[person as usize].purse
    }

    /// Somebody who has something to spend, and how much it is.
    pub fn payer(&mut self) -> Option<(u32, u64)> {
        let least = 4 * (self.world.now.rate + LEAST);
        for _ in 0..10 {
            let person = self.somebody();
            let purse = self.purse_of(person);
            let balance = self.world.wallet(purse).balance();
            if balance > least {
                return Some((person, balance - least / 2));
            }
        }
        None
    }

    /// What somebody pays who has so much: mostly a usual amount, now and then a large part of it all.
    pub fn amount(&mut self, purse: Purse, available: u64) -> u64 {
        let (unit, profile) = (self.world.unit, self.world.wallet(purse).profile);
        let random = &mut self.world.random;
        let mut amount = random.around(unit / 2, 2.0);
        if random.chance(150) {
            amount = amount.max((available as f64 * random.real() * random.real()) as u64);
        }
        let amount = amount.clamp(LEAST, available.max(LEAST));
        if random.chance(PROFILES[profile as usize].round) { round(amount) } else { amount }
    }

    fn pay_somebody(&mut self) -> Result<bool> {
        let Some((payer, available)) = self.payer() else { return self.ask_for_withdrawal() };
        let from = self.purse_of(payer);
        let batch = PROFILES[self.world.wallet(from).profile as usize].batch;
        let payees = if self.world.random.chance(batch) { self.world.random.between(3, 20) } else { 1 };
        let mut outputs = Vec::with_capacity(payees as usize + 1);
        let mut left = available;
        for _ in 0..payees {
            let amount = self.amount(from, left);
            let payee = self.payee();
            let to = self.purse_of(payee);
            if amount > left || to == from || outputs.iter().any(|pay: &Pay| pay.purse == Some(to)) {
                continue;
            }
            left -= amount;
            outputs.push(self.world.pay(to, amount, What::Payment));
        }
        if outputs.is_empty() {
            return Ok(false);
        }
        let why = if outputs.len() > 1 { Why::Batch } else { Why::Payment };
        Ok(self.world.send(from, outputs, why).is_some())
    }

    /// Many coins of one purse become one.
    fn tidy_up(&mut self) -> Result<bool> {
        for _ in 0..8 {
            let person = self.somebody();
            let purse = self.purse_of(person);
            if self.world.wallet(purse).coins.len() >= 5 {
                let coins = self.world.wallet(purse).take_some(100);
                let to = self.own_address(purse);
                return Ok(self.world.gather(purse, coins, to, Why::Consolidation).is_some());
            }
        }
        Ok(false)
    }

    /// Somebody whose software is of yesterday moves all that they have to what others have today.
    fn move_house(&mut self) -> Result<bool> {
        for _ in 0..6 {
            let Some((person, _)) = self.payer() else { return Ok(false) };
            let purse = self.purse_of(person);
            let old = self.world.wallet(purse).profile;
            if self.world.now.year > PROFILES[old as usize].years[2] - 0.7 {
                return Ok(self.move_to_new_software(purse));
            }
        }
        Ok(false)
    }

    fn move_to_new_software(&mut self, purse: Purse) -> bool {
        let old = self.world.wallet(purse).profile;
        let new = installed(self.world.now.year, &mut self.world.random);
        let address = self.world.address(PROFILES[new as usize].lock);
        let to = Pay::fresh(address, purse, 0, What::Payment, Role::Receive);
        let coins = self.world.wallet(purse).take_some(60);
        if self.world.gather(purse, coins, to, Why::SelfTransfer).is_none() {
            return false;
        }
        let entity = self.world.entity_of(purse);
        self.world.wallet(purse).profile = new;
        self.world.entities[entity as usize].profile = new;
        if is_mixer(old) {
            self.mixers.forget(purse);
        }
        self.mixers.welcome(purse, new);
        true
    }

    /// An output to a fresh address of one's own, whose amount is still to come.
    pub fn own_address(&mut self, purse: Purse) -> Pay {
        let lock = PROFILES[self.world.wallet(purse).profile as usize].lock;
        let address = self.world.address(lock);
        Pay::fresh(address, purse, 0, What::Payment, Role::Receive)
    }

    /// Now and then somebody loses their keys, with all that is on them.
    pub fn lose_keys(&mut self) {
        let lost = self.living.len() as u64 * 250 / self.size.blocks as u64;
        let lost = lost / 1000 + u64::from(self.world.random.below(1000) < lost % 1000);
        for _ in 0..lost.min(self.living.len() as u64 / 20) {
            let at = self.world.random.index(self.living.len());
            let person = self.living.swap_remove(at);
            let purse = self.purse_of(person);
            if is_mixer(self.world.wallet(purse).profile) {
                self.mixers.forget(purse);
            }
        }
    }
}

/// An amount with one or two digits that are not zero.
pub(in crate::simulate) fn round(amount: u64) -> u64 {
    let mut scale = 1;
    while amount / scale >= 50 {
        scale *= 10;
    }
    (amount / scale * scale).max(LEAST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_amounts_have_at_most_two_digits() {
        assert_eq!([2_000, 4_999, 1_234_567, 98_765].map(round), [2_000, 4_900, 1_200_000, 90_000]);
    }
}
