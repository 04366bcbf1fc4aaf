//! Merchants, who take payments themselves, and payment processors, who take them for others and settle now and then.

use crate::error::Result;
use crate::simulate::city::City;
use crate::simulate::truth::words::{Category, Movement, Role, What, Why};
use crate::simulate::world::draft::{Arrange, Draft, Pay};
use crate::simulate::world::keys::{Address, Lock};
use crate::simulate::world::payment::{LEAST, settle};
use crate::simulate::world::profile::{Order, PROFILES, SERVICE_LEGACY, SERVICE_SEGWIT};
use crate::simulate::world::wallet::{Coin, Purse};

pub(in crate::simulate) struct Merchant {
    pub purse: Purse,
    /// The account that takings are sold through.
    exchange: usize,
    deposit: Address,
}

pub(in crate::simulate) struct Processor {
    purse: Purse,
    entity: u32,
    /// What it owes to whom, by the merchant's place.
    owed: Vec<(usize, u64)>,
}

/// Coins that are spent at once at most.
const MOST_COINS: usize = 100;

impl City {
    pub fn found_merchant(&mut self, i: usize) {
        let purse = self.found_purse(Category::Merchant, &format!("merchant {}", i + 1), i.is_multiple_of(2));
        let exchange = self.world.random.index(self.exchanges.len());
        self.merchants.push(Merchant { purse, exchange, deposit: Address::NONE });
    }

    pub fn found_processor(&mut self, i: usize) {
        let purse = self.found_purse(Category::PaymentProcessor, &format!("processor {}", i + 1), true);
        let entity = self.world.entity_of(purse);
        self.processors.push(Processor { purse, entity, owed: Vec::new() });
    }

    /// A fresh address for one invoice.
    fn invoice(&mut self, purse: Purse, amount: u64) -> Pay {
        let lock = PROFILES[self.world.wallet(purse).profile as usize].lock;
        let address = self.world.address(lock);
        Pay::fresh(address, purse, amount, What::Payment, Role::Receive)
    }

    pub fn pay_merchant(&mut self) -> Result<bool> {
        let Some((payer, available)) = self.payer() else { return Ok(false) };
        let from = self.purse_of(payer);
        let amount = self.amount(from, available);
        let merchant = self.busy(self.merchants.len());
        let to = self.merchants[merchant].purse;
        let pay = self.invoice(to, amount);
        let paid = self.world.send(from, vec![pay], Why::Payment).is_some();
        if paid && self.world.random.chance(5) {
            let entity = self.world.entity_of(to);
            self.world.publish(entity, pay.address);
        }
        Ok(paid)
    }

    pub fn pay_by_processor(&mut self) -> Result<bool> {
        let Some((payer, available)) = self.payer() else { return Ok(false) };
        let from = self.purse_of(payer);
        let amount = self.amount(from, available);
        let processor = self.busy(self.processors.len());
        let merchant = self.busy(self.merchants.len());
        let Processor { purse, entity, .. } = self.processors[processor];
        let pay = self.invoice(purse, amount);
        let Some(txid) = self.world.send(from, vec![pay], Why::Payment) else { return Ok(false) };
        let customer = self.world.entity_of(self.merchants[merchant].purse);
        let place = self.world.place(txid, 0);
        self.world.account(entity, customer, Movement::Deposit, Some(place), amount as i64)?;
        self.processors[processor].owed.push((merchant, amount));
        if self.world.random.chance(20) {
            self.world.publish(entity, pay.address);
        }
        Ok(true)
    }

    /// A place in a list whose first are the busiest.
    fn busy(&mut self, count: usize) -> usize {
        let random = &mut self.world.random;
        (random.real() * random.real() * count as f64) as usize
    }

    /// What merchants and processors do in a block.
    pub fn merchant_work(&mut self) -> Result<()> {
        for merchant in 0..self.merchants.len() {
            let purse = self.merchants[merchant].purse;
            self.modernize(purse, 2018.0 + (merchant % 4) as f64 / 2.0);
            let coins = self.world.wallet(purse).coins.len();
            if coins >= 60 || (coins >= 6 && self.world.random.chance(40)) {
                self.sell_takings(merchant)?;
            }
        }
        for processor in 0..self.processors.len() {
            let purse = self.processors[processor].purse;
            self.modernize(purse, 2018.8);
            let owed = self.processors[processor].owed.len();
            if owed >= 80 || (owed >= 4 && self.world.random.chance(60)) {
                self.settle_merchants(processor)?;
            }
        }
        Ok(())
    }

    fn modernize(&mut self, purse: Purse, since: f64) {
        if self.world.now.year >= since && self.world.wallet(purse).profile == SERVICE_LEGACY {
            let entity = self.world.entity_of(purse);
            self.world.wallet(purse).profile = SERVICE_SEGWIT;
            self.world.entities[entity as usize].profile = SERVICE_SEGWIT;
        }
    }

    /// Most takings go to the exchange; a part pays those who work there.
    fn sell_takings(&mut self, merchant: usize) -> Result<()> {
        let Merchant { purse, exchange, deposit } = self.merchants[merchant];
        if self.world.random.chance(300) {
            self.pay_wages(purse);
            return Ok(());
        }
        let customer = self.world.entity_of(purse);
        let coins = self.world.wallet(purse).take_some(MOST_COINS);
        let pay = self.deposit(exchange, deposit, customer, 0);
        let Some(txid) = self.world.gather(purse, coins, pay, Why::Payment) else { return Ok(()) };
        self.merchants[merchant].deposit = pay.address;
        let amount = self.world.block.outputs.last().map_or(0, |output| output.value);
        let place = self.world.place(txid, 0);
        self.deposited(exchange, customer, place, amount)?;
        self.transferred(exchange, customer, -(amount as i64))
    }

    fn pay_wages(&mut self, purse: Purse) {
        let balance = self.world.wallet(purse).balance();
        let workers = self.world.random.between(1, 8);
        let each = balance / (workers + 1);
        let mut outputs = Vec::new();
        for _ in 0..workers {
            let to = self.payee();
            let to = self.purse_of(to);
            let wage = self.world.random.between(each / 2, each);
            if wage > LEAST {
                outputs.push(self.world.pay(to, wage, What::Payment));
            }
        }
        distinct(&mut outputs);
        if !outputs.is_empty() {
            let why = if outputs.len() > 1 { Why::Batch } else { Why::Payment };
            self.world.send(purse, outputs, why);
        }
    }

    /// Pays merchants what was taken for them, less two in a hundred.
    fn settle_merchants(&mut self, processor: usize) -> Result<()> {
        let Processor { purse, entity, .. } = self.processors[processor];
        let sums = sums_of(std::mem::take(&mut self.processors[processor].owed));
        let mut outputs = Vec::with_capacity(sums.len() + 1);
        for (merchant, sum) in &sums {
            let to = self.merchants[*merchant].purse;
            outputs.push(self.invoice(to, sum - sum / 50));
        }
        if outputs.is_empty() {
            return Ok(());
        }
        let amounts: Vec<u64> = outputs.iter().map(|pay| pay.value).collect();
        let why = if outputs.len() > 1 { Why::Batch } else { Why::Payment };
        let Some(txid) = self.world.send(purse, outputs, why) else {
            self.processors[processor].owed = sums;
            return Ok(());
        };
        for (place, ((merchant, _), amount)) in sums.iter().zip(amounts).enumerate() {
            let customer = self.world.entity_of(self.merchants[*merchant].purse);
            let place = self.world.place(txid, place);
            self.world.account(entity, customer, Movement::Withdrawal, Some(place), amount as i64)?;
        }
        Ok(())
    }

    /// A payment to which the merchant adds a coin of their own.
    pub fn pay_join(&mut self) -> Result<bool> {
        let Some((payer, available)) = self.payer() else { return Ok(false) };
        let from = self.purse_of(payer);
        let merchant = self.busy(self.merchants.len());
        let to = self.merchants[merchant].purse;
        let amount = self.amount(from, available);
        let rate = self.world.rate();
        let theirs = segwit_coin(&self.world.wallet(from).coins, amount + rate * 2);
        let added = segwit_coin(&self.world.wallet(to).coins, LEAST);
        let (Some(theirs), Some(added)) = (theirs, added) else { return Ok(false) };
        let theirs = self.world.wallet(from).coins.remove(theirs);
        let added = self.world.wallet(to).coins.remove(added);
        let pay = self.invoice(to, amount + added.value);
        let change = self.world.change(from, &[theirs], &[pay]);
        let (payer, payee) = (self.world.entity_of(from), self.world.entity_of(to));
        let mut draft = Draft {
            inputs: vec![(payer, theirs), (payee, added)],
            outputs: vec![pay, change],
            entity: Some(payer),
            why: Why::PayJoin,
            profile: self.world.wallet(from).profile,
            arrange: Arrange::As(Order::Random),
        };
        settle(&mut draft, rate);
        self.world.commit(draft);
        Ok(true)
    }
}

/// The place of a coin of the usual kind that is worth more than an amount.
fn segwit_coin(coins: &[Coin], amount: u64) -> Option<usize> {
    coins.iter().position(|coin| coin.address.lock() == Lock::P2wpkh && coin.value > amount)
}

/// What is owed to each merchant in all, where it is worth a payment.
fn sums_of(mut owed: Vec<(usize, u64)>) -> Vec<(usize, u64)> {
    owed.sort_unstable();
    let sum = |one: &[(usize, u64)]| (one[0].0, one.iter().map(|(_, amount)| amount).sum());
    let sums = owed.chunk_by(|a, b| a.0 == b.0).map(sum);
    sums.filter(|(_, sum)| sum - sum / 50 > LEAST).collect()
}

/// Leaves one payment to each address.
pub(in crate::simulate) fn distinct(outputs: &mut Vec<Pay>) {
    let mut seen: Vec<Address> = Vec::with_capacity(outputs.len());
    outputs.retain(|pay| {
        let is_new = !seen.contains(&pay.address);
        seen.push(pay.address);
        is_new
    });
}
