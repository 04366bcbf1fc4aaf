//! Mining pools: what blocks pay, and how it comes to the miners.

use crate::error::Result;
use crate::simulate::city::City;
use crate::simulate::clock::EARLY_BLOCKS;
use crate::simulate::draft::Pay;
use crate::simulate::keys::Address;
use crate::simulate::merchant::distinct;
use crate::simulate::payment::LEAST;
use crate::simulate::person::Person;
use crate::simulate::profile::{SERVICE_LEGACY, SOLO_MINER};
use crate::simulate::wallet::Purse;
use crate::simulate::words::{Category, Role, What, Why};

pub(super) struct Pool {
    purse: Purse,
    name: String,
}

/// Blocks in which there were still people who mined alone.
const ALONE_UNTIL: u32 = 400;

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
            return (self.solo_miner(), String::new());
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

    /// Somebody who mines alone, to a bare key; some of them will do so again.
    fn solo_miner(&mut self) -> Purse {
        if !self.people.is_empty() && self.world.random.chance(600) {
            let person = self.world.random.index(self.people.len());
            return self.people[person].purse;
        }
        let country = self.world.country();
        let entity = self.world.entity(Category::Person, country, SOLO_MINER);
        let purse = self.world.purse(entity, SOLO_MINER, Role::Change);
        self.people.push(Person { purse, exchange: 0, deposit: Address::NONE, account: 0 });
        self.living.push(self.people.len() as u32 - 1);
        purse
    }

    /// Pools pay out what they have mined: early on in large amounts, later what blocks still pay.
    pub fn pay_miners(&mut self) -> Result<()> {
        for pool in 0..self.pools.len() {
            let purse = self.pools[pool].purse;
            let coins = self.world.wallet(purse).coins.len();
            // All that was mined early is out when three tenths of the story are over.
            let left = ((0.3 - self.part) * (self.size.blocks - EARLY_BLOCKS) as f64).max(4.0);
            let due = coins as f64 / left * 1000.0;
            if coins > 0 && self.world.random.chance((due as u32 / self.coins_each()).max(3)) {
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
        let most = if self.part > 0.3 { 40 } else { self.coins_each() as usize };
        let coins = self.world.wallet(purse).take_some(most);
        let sum: u64 = coins.iter().map(|coin| coin.value).sum();
        let rate = self.world.rate();
        let cost = (MINERS * 140 + coins.len() as u64 * 600) * rate / 1000;
        let Some(sum) = sum.checked_sub(cost + MINERS * LEAST) else {
            self.world.wallet(purse).coins.extend(coins);
            return Ok(());
        };
        let mut outputs = Vec::new();
        let mut deposits = Vec::new();
        let miners = self.world.random.between(MINERS / 4, MINERS - 1);
        let shares: Vec<u64> = (0..miners).map(|_| (self.world.random.tail(1.2) * 1_000.0) as u64).collect();
        let all: u64 = shares.iter().sum();
        for share in shares {
            let amount = (sum as u128 * share as u128 / all as u128) as u64;
            if amount > LEAST {
                self.pay_miner(amount, &mut outputs, &mut deposits);
            }
        }
        distinct(&mut outputs);
        let amounts: Vec<(Address, u64)> = outputs.iter().map(|pay| (pay.address, pay.value)).collect();
        let txid = self.world.spend(purse, coins, outputs, Why::Batch, rate);
        for (person, address) in deposits {
            let Some(place) = amounts.iter().position(|(paid, _)| *paid == address) else { continue };
            let Person { exchange, purse, .. } = self.people[person as usize];
            let (customer, amount) = (self.world.entity_of(purse), amounts[place].1);
            let place = self.world.place(txid, place);
            self.people[person as usize].deposit = address;
            self.deposited(exchange as usize, customer, place, amount)?;
            self.transferred(exchange as usize, customer, -(amount as i64))?;
        }
        Ok(())
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
