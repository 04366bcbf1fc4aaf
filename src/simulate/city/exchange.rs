//! Exchanges and custodians: an address for each customer, sweeps into a hot wallet, a cold one behind it, and withdrawals.

use crate::error::Result;
use crate::simulate::city::mixers::is_mixer;
use crate::simulate::city::person::Person;
use crate::simulate::city::{City, SUPPLY};
use crate::simulate::truth::Place;
use crate::simulate::truth::words::{Category, Movement, Role, What, Why};
use crate::simulate::world::draft::Pay;
use crate::simulate::world::keys::Address;
use crate::simulate::world::payment::LEAST;
use crate::simulate::world::profile::{PROFILES, SERVICE_LEGACY, SERVICE_MULTISIG};
use crate::simulate::world::wallet::Purse;

/// How withdrawals are paid.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::simulate) enum Style {
    /// Many at once.
    Batch,
    /// One after the other from one large coin, whose rest goes on.
    Peel,
    /// One by one, from whatever coins there are.
    Single,
}

pub(in crate::simulate) struct Exchange {
    pub entity: u32,
    pub deposits: Purse,
    pub hot: Purse,
    pub cold: Purse,
    pub style: Style,
    queue: Vec<Withdrawal>,
    /// What it has in its hot and cold wallets beyond what it owes.
    pub free: u64,
    /// Its software is renewed then.
    modern_from: f64,
    /// Whether the hot wallet is one address.
    one_hot: bool,
    /// Whether an address of the hot wallet is known to all.
    is_known: bool,
}

/// What a customer waits for.
#[derive(Clone, Copy)]
pub(in crate::simulate) struct Withdrawal {
    pub customer: u32,
    pub to: Purse,
    /// Given where it is not the purse's software that gives one: the address, and whether it was ever paid.
    pub address: Option<(Address, bool)>,
    pub amount: u64,
    /// A number by which somebody is told; 0 where nobody waits.
    pub ticket: u32,
}

/// Payments of one batch at most.
const BATCH: usize = 60;
/// Coins of one sweep at most.
const SWEEP: usize = 120;

impl City {
    pub fn found_exchange(&mut self, i: usize, category: Category) {
        let (style, profile, modern_from, one_hot) = match i % 4 {
            0 => (Style::Batch, SERVICE_LEGACY, 2018.4, true),
            1 => (Style::Peel, SERVICE_LEGACY, 2100.0, false),
            2 => (Style::Batch, SERVICE_MULTISIG, 2100.0, true),
            _ => (Style::Single, SERVICE_LEGACY, 2019.6, false),
        };
        let world = &mut self.world;
        let country = world.country();
        let name = if category == Category::Custodian { "custodian 1".to_string() } else { format!("exchange {}", i + 1) };
        let entity = world.service(category, &name, country, profile, i % 5 != 4);
        let deposits = world.purse(entity, profile, Role::Deposit);
        let (hot, cold) = (world.purse(entity, profile, Role::Hot), world.purse(entity, profile, Role::Cold));
        let exchange =
            Exchange { entity, deposits, hot, cold, style, queue: Vec::new(), free: 0, modern_from, one_hot, is_known: false };
        self.exchanges.push(exchange);
    }

    /// A payment into a customer's account: at the address that they have, now and then at a new one.
    pub fn deposit(&mut self, exchange: usize, address: Address, customer: u32, amount: u64) -> Pay {
        let deposits = self.exchanges[exchange].deposits;
        if !address.is_none() && !self.world.random.chance(60) {
            return Pay::again(address, deposits, amount, What::Deposit);
        }
        let lock = PROFILES[self.world.wallet(deposits).profile as usize].lock;
        let fresh = self.world.address(lock);
        Pay { customer: Some(customer), ..Pay::fresh(fresh, deposits, amount, What::Deposit, Role::Deposit) }
    }

    /// Books a deposit that has come.
    pub fn deposited(&mut self, exchange: usize, customer: u32, place: Place, amount: u64) -> Result<()> {
        let service = self.exchanges[exchange].entity;
        self.world.account(service, customer, Movement::Deposit, Some(place), amount as i64)
    }

    /// A transfer on an exchange's books between a customer and the others.
    pub fn transferred(&mut self, exchange: usize, customer: u32, amount: i64) -> Result<()> {
        let service = self.exchanges[exchange].entity;
        self.world.account(service, customer, Movement::Transfer, None, amount)
    }

    pub fn pay_into_exchange(&mut self) -> Result<bool> {
        let Some((person, available)) = self.payer() else { return Ok(false) };
        let Person { purse, exchange, deposit, .. } = self.people[person as usize];
        let part = self.world.random.between(20, 100);
        let amount = (available * part / 100).max(LEAST);
        let (exchange, customer) = (exchange as usize, self.world.entity_of(purse));
        let pay = self.deposit(exchange, deposit, customer, amount);
        let Some(txid) = self.world.send(purse, vec![pay], Why::Payment) else { return Ok(false) };
        let place = self.world.place(txid, 0);
        self.deposited(exchange, customer, place, amount)?;
        let sells = self.world.random.chance(700);
        if sells {
            self.transferred(exchange, customer, -(amount as i64))?;
        }
        let person = &mut self.people[person as usize];
        person.deposit = pay.address;
        person.account += if sells { 0 } else { amount };
        Ok(true)
    }

    /// Somebody takes coins out of their account, and buys what is not in it before.
    pub fn ask_for_withdrawal(&mut self) -> Result<bool> {
        let person = self.payee();
        let Person { purse, exchange, account, .. } = self.people[person as usize];
        let free = self.exchanges[exchange as usize].free;
        let rich = is_mixer(self.world.wallet(purse).profile);
        // Where much is for sale, much is bought.
        let plenty = (free / (SUPPLY / 3 / self.exchanges.len() as u64)).clamp(1, 8);
        let unit = self.world.unit * plenty * if rich { 12 } else { 2 };
        let random = &mut self.world.random;
        let wanted = (random.around(unit, 1.5) as f64 * random.tail(2.5)) as u64;
        let amount = wanted.max(account.min(wanted * 4)).max(4 * LEAST + 4 * self.world.now.rate);
        if amount > free / 4 {
            return Ok(false);
        }
        self.withdraw(person, Withdrawal { customer: self.world.entity_of(purse), to: purse, address: None, amount, ticket: 0 })?;
        Ok(true)
    }

    /// Queues a withdrawal from a person's account; what is missing in it is bought.
    pub fn withdraw(&mut self, person: u32, withdrawal: Withdrawal) -> Result<()> {
        let Person { exchange, account, .. } = self.people[person as usize];
        let bought = withdrawal.amount.saturating_sub(account);
        if bought > 0 {
            self.transferred(exchange as usize, withdrawal.customer, bought as i64)?;
        }
        self.people[person as usize].account = account + bought - withdrawal.amount;
        self.queue(exchange as usize, withdrawal);
        Ok(())
    }

    /// Queues a withdrawal; the account is somebody else's business.
    pub fn queue(&mut self, exchange: usize, withdrawal: Withdrawal) {
        let exchange = &mut self.exchanges[exchange];
        exchange.free = exchange.free.saturating_sub(withdrawal.amount);
        exchange.queue.push(withdrawal);
    }

    /// What all exchanges do in a block.
    pub fn exchange_work(&mut self) -> Result<()> {
        for exchange in 0..self.exchanges.len() {
            self.renew(exchange);
            self.sweep(exchange);
            if self.exchanges[exchange].queue.len() > 6 || self.world.random.chance(300) {
                self.pay_out(exchange)?;
            }
            self.balance(exchange);
        }
        Ok(())
    }

    /// New software from its year on: addresses are of another kind then.
    fn renew(&mut self, exchange: usize) {
        let Exchange { deposits, hot, cold, modern_from, .. } = self.exchanges[exchange];
        let profile = self.modern(modern_from);
        if profile == SERVICE_LEGACY || self.world.wallet(hot).profile == profile {
            return;
        }
        for purse in [deposits, hot, cold] {
            let wallet = self.world.wallet(purse);
            (wallet.profile, wallet.address) = (profile, Address::NONE);
        }
        self.exchanges[exchange].is_known = false;
        let entity = self.exchanges[exchange].entity;
        self.world.entities[entity as usize].profile = profile;
    }

    /// An output to the hot wallet, whose amount is still to come.
    fn pay_to_hot(&mut self, exchange: usize) -> Pay {
        let Exchange { hot, one_hot, .. } = self.exchanges[exchange];
        if one_hot {
            return self.world.pay_static(hot, 0, What::Sweep, Role::Hot);
        }
        let lock = PROFILES[self.world.wallet(hot).profile as usize].lock;
        let address = self.world.address(lock);
        Pay::fresh(address, hot, 0, What::Sweep, Role::Hot)
    }

    /// Gathers what customers have paid in, when it is enough or a while has gone by.
    fn sweep(&mut self, exchange: usize) {
        let deposits = self.exchanges[exchange].deposits;
        let enough = (self.size.per_block() / 4).clamp(8, SWEEP as u64) as usize;
        while !self.world.block.is_full() {
            let waiting = self.world.wallet(deposits).coins.len();
            if waiting == 0 || (waiting < enough && !self.world.random.chance(60)) {
                return;
            }
            let coins = self.world.wallet(deposits).take_some(SWEEP);
            let to = self.pay_to_hot(exchange);
            if self.world.gather(deposits, coins, to, Why::Sweep).is_none() {
                return;
            }
            self.publish_hot(exchange, to.address);
        }
    }

    /// One of the addresses of a hot wallet that changes them becomes known.
    fn publish_hot(&mut self, exchange: usize, address: Address) {
        let Exchange { entity, is_known, .. } = self.exchanges[exchange];
        if !is_known {
            self.world.publish(entity, address);
            self.exchanges[exchange].is_known = true;
        }
    }

    /// Moves money between hot and cold, and counts what is free.
    fn balance(&mut self, exchange: usize) {
        let Exchange { hot, cold, .. } = self.exchanges[exchange];
        let (in_hot, in_cold) = (self.world.wallet(hot).balance(), self.world.wallet(cold).balance());
        let owed: u64 = self.exchanges[exchange].queue.iter().map(|withdrawal| withdrawal.amount).sum();
        if in_hot > (in_hot + in_cold) / 2 + owed && self.world.random.chance(150) && in_hot > 100 * self.world.unit {
            let to = self.world.pay_static(cold, in_hot / 2, What::Sweep, Role::Cold);
            self.world.send(hot, vec![to], Why::SelfTransfer);
        } else if in_hot < owed + owed / 10 && in_cold > LEAST * 4 {
            let mut to = self.pay_to_hot(exchange);
            to.value = (2 * owed).max(in_cold / 5).min(in_cold / 10 * 9);
            self.world.send(cold, vec![to], Why::SelfTransfer);
        }
        let (in_hot, in_cold) = (self.world.wallet(hot).balance(), self.world.wallet(cold).balance());
        self.exchanges[exchange].free = (in_hot + in_cold).saturating_sub(owed);
    }

    /// Pays what customers wait for, as far as the hot wallet has it.
    fn pay_out(&mut self, exchange: usize) -> Result<()> {
        let Exchange { hot, style, .. } = self.exchanges[exchange];
        let queue = std::mem::take(&mut self.exchanges[exchange].queue);
        let each = if style == Style::Batch { BATCH } else { 1 };
        let mut left = self.world.wallet(hot).balance();
        for batch in queue.chunks(each) {
            let fees = (10 + batch.len() as u64) * 3 * self.world.now.rate;
            let sum = batch.iter().map(|withdrawal| withdrawal.amount).sum::<u64>() + fees;
            let paid = !self.world.block.is_full() && sum <= left && self.pay_batch(exchange, batch)?;
            if paid {
                left -= sum;
            } else {
                self.exchanges[exchange].queue.extend_from_slice(batch);
            }
        }
        Ok(())
    }

    /// One transaction for some withdrawals; false where nothing was paid.
    fn pay_batch(&mut self, exchange: usize, batch: &[Withdrawal]) -> Result<bool> {
        let Exchange { hot, style, entity, .. } = self.exchanges[exchange];
        let mut outputs = Vec::with_capacity(batch.len() + 1);
        for withdrawal in batch {
            outputs.push(match withdrawal.address {
                None => self.world.pay(withdrawal.to, withdrawal.amount, What::Withdrawal),
                Some((address, true)) => Pay::again(address, withdrawal.to, withdrawal.amount, What::Withdrawal),
                Some((address, false)) => Pay::fresh(address, withdrawal.to, withdrawal.amount, What::Withdrawal, Role::Receive),
            });
        }
        let why = match (style, batch.len()) {
            (Style::Peel, _) => Why::Peel,
            (_, 1) => Why::Withdrawal,
            _ => Why::BatchWithdrawal,
        };
        let txid = if style == Style::Peel { self.peel(hot, outputs) } else { self.world.send(hot, outputs, why) };
        let Some(txid) = txid else { return Ok(false) };
        for (place, withdrawal) in batch.iter().enumerate() {
            let place = self.world.place(txid, place);
            self.world.account(entity, withdrawal.customer, Movement::Withdrawal, Some(place), withdrawal.amount as i64)?;
            if withdrawal.ticket != 0 {
                self.tickets.push((withdrawal.ticket, place.0, place.1));
            }
        }
        Ok(true)
    }

    /// Pays from the largest coin alone, where it is enough.
    pub fn peel(&mut self, from: Purse, outputs: Vec<Pay>) -> Option<[u8; 32]> {
        let need = outputs.iter().map(|pay| pay.value).sum::<u64>();
        let rate = self.world.rate();
        let coins = &mut self.world.wallet(from).coins;
        let largest = (0..coins.len()).max_by_key(|at| coins[*at].value)?;
        let enough = need + 2 * rate + LEAST;
        if coins[largest].value < enough {
            return self.world.send(from, outputs, Why::Withdrawal);
        }
        let coin = coins.remove(largest);
        Some(self.world.spend(from, vec![coin], outputs, Why::Peel, rate))
    }
}
