//! Bets that are paid back, gifts, data, dust, and coins that nobody can spend.

use crate::error::Result;
use crate::simulate::city::City;
use crate::simulate::city::exchange::Withdrawal;
use crate::simulate::city::merchant::distinct;
use crate::simulate::truth::words::{Movement, Role, What, Why};
use crate::simulate::world::draft::Pay;
use crate::simulate::world::payment::LEAST;
use crate::simulate::world::wallet::Purse;

/// What a lost bet is answered with, so that the player sees it.
const CONSOLATION: u64 = 5_430;
/// Stakes that a house gathers at once.
const STAKES: usize = 60;
/// What dust is sent in.
const SPECK: u64 = 546;

impl City {
    /// Somebody bets; what they win goes back to the address that they paid from.
    pub fn bet(&mut self) -> Result<bool> {
        let Some((person, available)) = self.payer() else { return Ok(false) };
        let (from, house) = (self.purse_of(person), self.world.random.index(self.houses.len()));
        let house = self.houses[house];
        let stake = (self.amount(from, available) / 4).max(3 * CONSOLATION);
        let pay = self.world.pay_static(house, stake, What::Payment, Role::Reused);
        if stake > available || self.world.send(from, vec![pay], Why::Bet).is_none() {
            return Ok(false);
        }
        let entity = self.world.entity_of(house);
        self.world.publish(entity, pay.address);
        let back = self.world.first_input;
        self.tidy_stakes(house);
        let prize = match self.world.random.chance(480) {
            true => stake + stake * 96 / 100,
            false if self.world.random.chance(600) => CONSOLATION,
            false => return Ok(true),
        };
        let pay = Pay::again(back, from, prize, What::PayBack);
        if self.world.send(house, vec![pay], Why::PayBack).is_none() {
            self.fill_up(house, prize.max(self.world.unit) * 20)?;
        }
        Ok(true)
    }

    /// A house has its many small coins made one.
    fn tidy_stakes(&mut self, house: Purse) {
        if self.world.wallet(house).coins.len() > 3 * STAKES {
            let coins = self.world.wallet(house).take_some(STAKES);
            let to = self.world.pay_static(house, 0, What::Sweep, Role::Reused);
            self.world.gather(house, coins, to, Why::Consolidation);
        }
    }

    /// A service buys coins at the first exchange that has enough.
    pub fn fill_up(&mut self, purse: Purse, amount: u64) -> Result<()> {
        let Some(exchange) = self.exchanges.iter().position(|exchange| exchange.free / 4 > amount) else { return Ok(()) };
        let customer = self.world.entity_of(purse);
        let service = self.exchanges[exchange].entity;
        self.world.account(service, customer, Movement::Transfer, None, amount as i64)?;
        self.queue(exchange, Withdrawal { customer, to: purse, address: None, amount, ticket: 0 });
        Ok(())
    }

    /// A gift to an address that stands on a web page.
    pub fn give(&mut self) -> Result<bool> {
        let Some((person, available)) = self.payer() else { return Ok(false) };
        let from = self.purse_of(person);
        let charity = self.world.random.index(self.charities.len());
        let charity = self.charities[charity];
        let amount = (self.amount(from, available) / 3).max(LEAST);
        let pay = self.world.pay_static(charity, amount, What::Payment, Role::Donation);
        let given = self.world.send(from, vec![pay], Why::Donation).is_some();
        if given {
            let entity = self.world.entity_of(charity);
            self.world.publish(entity, pay.address);
        }
        if self.world.wallet(charity).coins.len() > 30 {
            self.spend_gifts(charity);
        }
        Ok(given)
    }

    /// What a charity does with its gifts: it gives them to people.
    fn spend_gifts(&mut self, charity: Purse) {
        let coins = self.world.wallet(charity).take_some(60);
        let to = self.payee();
        let to = self.purse_of(to);
        let pay = self.world.pay(to, 0, What::Payment);
        self.world.gather(charity, coins, pay, Why::Payment);
    }

    pub fn write_data(&mut self) -> Result<bool> {
        let Some((person, _)) = self.payer() else { return Ok(false) };
        let from = self.purse_of(person);
        Ok(self.world.send(from, vec![Pay::data()], Why::Data).is_some())
    }

    /// Specks for many addresses that are used again and again, from somebody who hopes to see them spent together.
    pub fn send_dust(&mut self) -> Result<bool> {
        let count = self.world.random.between(10, 60);
        let mut outputs = Vec::with_capacity(count as usize + 1);
        for _ in 0..count {
            let person = self.somebody();
            let purse = self.purse_of(person);
            let address = self.world.wallet(purse).address;
            if !address.is_none() {
                outputs.push(Pay::again(address, purse, SPECK, What::Dust));
            }
        }
        distinct(&mut outputs);
        let sent = !outputs.is_empty() && self.world.send(self.duster, outputs, Why::Dust).is_some();
        if !sent {
            self.fill_up(self.duster, self.world.unit.max(400_000) * 5)?;
        }
        Ok(sent)
    }

    /// Somebody sends coins to the hash of no key.
    pub fn lose_some(&mut self) -> Result<bool> {
        let Some((person, available)) = self.payer() else { return Ok(false) };
        let from = self.purse_of(person);
        let amount = (self.amount(from, available) / 10).max(LEAST);
        let pay = Pay::lost(amount, !self.world.has_burnt);
        Ok(amount <= available && self.world.send(from, vec![pay], Why::Payment).is_some())
    }
}
