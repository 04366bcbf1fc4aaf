//! Mining pools: what blocks pay, and how it comes to the miners.

use crate::error::Result;
use crate::simulate::city::City;
use crate::simulate::city::merchant::distinct;
use crate::simulate::city::person::Person;
use crate::simulate::truth::Place;
use crate::simulate::truth::words::{Category, Role, What, Why};
use crate::simulate::world::clock::EARLY_BLOCKS;
use crate::simulate::world::draft::Pay;
use crate::simulate::world::keys::Address;
use crate::simulate::world::payment::LEAST;
use crate::simulate::world::profile::SERVICE_LEGACY;
use crate::simulate::world::wallet::Purse;

pub(in crate::simulate) struct Pool {
    purse: Purse,
    name: String,
}

/// Blocks in which there were still people who mined alone.
const ALONE_UNTIL: u32 = 400;

/// The part of the story in which pools pay out what was mined before it.
const EARLY_PART: f64 = 0.3;

/// Coins of a later payout.
const LATER_COINS: usize = 40;

/// Outputs of a payout at most.
const MINERS: u64 = 80;

impl City {
    pub fn found_pool(&mut self, i: usize) {
        let name = format!("pool {}", i + 1);
        let country = self.world.country();
        let is_public = i % 4 != 3;
        let entity = self.world.service(Category::Pool, &name, country, SERVICE_LEGACY, is_public);
        let purse = self.world.purse(entity, SERVICE_LEGACY, Role::Payout);
        self.pools.push(Pool { purse, name });
    }

    /// Who finds the next block, and what they write into it.
    pub fn miner(&mut self) -> (Purse, String) {
        if self.world.now.height < ALONE_UNTIL && self.world.random.chance(150) {
            let purse = self.solo_miner();
            // Software of that time is paid for a block to a key of its own.
            self.world.wallet(purse).address = Address::NONE;
            return (purse, String::new());
        }
        let random = &mut self.world.random;
        let at = (random.real() * random.real() * self.pools.len() as f64) as usize;
        let Pool { purse, ref name } = self.pools[at];
        let tag = format!("/{name}/");
        self.publish_payouts(purse);
        (purse, tag)
    }

    fn publish_payouts(&mut self, purse: Purse) {
        let (entity, address) = (self.world.entity_of(purse), self.world.wallet(purse).address);
        if !address.is_none() {
            self.world.publish(entity, address);
        }
    }

    /// Somebody who mines alone; some of them do so again.
    fn solo_miner(&mut self) -> Purse {
        let again = !self.people.is_empty() && self.world.random.chance(600);
        let person = if again { self.world.random.index(self.people.len()) as u32 } else { self.newcomer() };
        self.purse_of(person)
    }

    /// Pools pay out what they have mined: early on in large amounts, later what blocks still pay.
    pub fn pay_miners(&mut self) -> Result<()> {
        for pool in 0..self.pools.len() {
            let purse = self.pools[pool].purse;
            let coins = self.world.wallet(purse).coins.len();
            let due = match self.part < EARLY_PART {
                // All that was mined early is out by then.
                true => {
                    let left = ((EARLY_PART - self.part) * (self.size.blocks - EARLY_BLOCKS) as f64).max(4.0);
                    (coins as f64 / left * 1000.0) as u32 / self.coins_each()
                }
                false if coins >= LATER_COINS => 1000,
                false => 10,
            };
            if coins > 0 && self.world.random.chance(due.max(3)) {
                self.pay_out_of(purse)?;
            }
        }
        Ok(())
    }

    /// Coins that a payout spends: small chains have fewer of them.
    fn coins_each(&self) -> u32 {
        (12_000 / self.size.transactions.max(1)).clamp(1, 12) as u32
    }

    fn pay_out_of(&mut self, purse: Purse) -> Result<()> {
        let most = if self.part < EARLY_PART { self.coins_each() as usize } else { LATER_COINS };
        let coins = self.world.wallet(purse).take_some(most);
        let sum: u64 = coins.iter().map(|coin| coin.value).sum();
        let rate = self.world.rate();
        let cost = (MINERS * 140 + coins.len() as u64 * 600) * rate / 1000;
        let Some(sum) = sum.checked_sub(cost + MINERS * LEAST) else {
            self.world.wallet(purse).coins.extend(coins);
            return Ok(());
        };
        let (mut outputs, mut deposits) = (Vec::new(), Vec::new());
        for amount in self.shares_of(sum) {
            self.pay_miner(amount, &mut outputs, &mut deposits);
        }
        distinct(&mut outputs);
        let amounts: Vec<(Address, u64)> = outputs.iter().map(|pay| (pay.address, pay.value)).collect();
        let txid = self.world.spend(purse, coins, outputs, Why::Batch, rate);
        for (person, address) in deposits {
            let Some(place) = amounts.iter().position(|(paid, _)| *paid == address) else { continue };
            let amount = amounts[place].1;
            let place = self.world.place(txid, place);
            self.mined_into_account(person, address, place, amount)?;
        }
        Ok(())
    }

    /// What each of some miners gets: a few have most of the machines.
    fn shares_of(&mut self, sum: u64) -> Vec<u64> {
        let most = (self.people.len() as u64 / 6).clamp(8, MINERS - 1);
        let miners = self.world.random.between(most / 4, most);
        let power: Vec<u64> = (0..miners).map(|_| (self.world.random.tail(1.2) * 1_000.0) as u64).collect();
        let all: u64 = power.iter().sum();
        let share = |power: u64| (sum as u128 * power as u128 / all as u128) as u64;
        power.into_iter().map(share).filter(|amount| *amount > LEAST).collect()
    }

    /// A miner's share has come to their account at an exchange, and is sold.
    fn mined_into_account(&mut self, person: u32, address: Address, place: Place, amount: u64) -> Result<()> {
        let Person { exchange, purse, .. } = self.people[person as usize];
        let customer = self.world.entity_of(purse);
        self.people[person as usize].deposit = address;
        self.deposited(exchange as usize, customer, place, amount)?;
        self.transferred(exchange as usize, customer, -(amount as i64))
    }

    /// Half of the miners have their share sent to an exchange at once.
    fn pay_miner(&mut self, amount: u64, outputs: &mut Vec<Pay>, deposits: &mut Vec<(u32, Address)>) {
        let person = self.payee();
        let Person { purse, exchange, deposit, .. } = self.people[person as usize];
        if deposits.iter().any(|(other, _)| *other == person) || self.world.random.chance(500) {
            outputs.push(self.world.pay(purse, amount, What::Payment));
            return;
        }
        let customer = self.world.entity_of(purse);
        let pay = self.deposit(exchange as usize, deposit, customer, amount);
        deposits.push((person, pay.address));
        outputs.push(pay);
    }
}
