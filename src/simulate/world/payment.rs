//! How one piece of software pays: chooses coins, adds the change, and leaves the fee.

use crate::simulate::truth::words::{What, Why};
use crate::simulate::world::World;
use crate::simulate::world::draft::{Arrange, BARE_WEIGHT, Draft, Pay};
use crate::simulate::world::keys::{Address, Lock};
use crate::simulate::world::profile::{Change, PROFILES};
use crate::simulate::world::wallet::{Coin, Purse};

/// Change below this is left to the miners.
const DUST: u64 = 1_000;

/// The least that an output may be, so that nobody calls it dust.
pub(in crate::simulate) const LEAST: u64 = 2_000;

impl World {
    /// What somebody pays for a thousand units of weight just now.
    pub fn rate(&mut self) -> u64 {
        let rate = self.now.rate;
        self.random.around(rate, 0.4).clamp(250, rate * 3)
    }

    /// Pays from a purse; nothing happens where it has too little.
    pub fn send(&mut self, from: Purse, outputs: Vec<Pay>, why: Why) -> Option<[u8; 32]> {
        let rate = self.rate();
        let wallet = &mut self.wallets[from.0 as usize];
        let profile = &PROFILES[wallet.profile as usize];
        let amount = outputs.iter().map(|output| output.value).sum();
        let weight = BARE_WEIGHT + outputs.iter().map(Pay::weight).sum::<u64>() + profile.lock.output_weight();
        let coins = wallet.select(amount, weight, rate, profile.selection, &mut self.random)?;
        Some(self.spend(from, coins, outputs, why, rate))
    }

    /// Pays with these coins, which are enough, and takes the rest back as change.
    pub fn spend(&mut self, from: Purse, coins: Vec<Coin>, mut outputs: Vec<Pay>, why: Why, rate: u64) -> [u8; 32] {
        let change = self.change(from, &coins, &outputs);
        let (entity, profile) = (self.entity_of(from), self.wallet(from).profile);
        let inputs: Vec<(u32, Coin)> = coins.into_iter().map(|coin| (entity, coin)).collect();
        let arrange = Arrange::As(PROFILES[profile as usize].order);
        outputs.push(change);
        let mut draft = Draft { inputs, outputs, entity: Some(entity), why, profile, arrange };
        settle(&mut draft, rate);
        self.commit(draft)
    }

    /// An empty output back to a purse, as its software makes it.
    pub fn change(&mut self, from: Purse, coins: &[Coin], outputs: &[Pay]) -> Pay {
        let wallet = &self.wallets[from.0 as usize];
        let (profile, role) = (&PROFILES[wallet.profile as usize], wallet.change);
        let lock = match profile.change {
            Change::Back => return Pay::again(coins[0].address, from, 0, What::Change),
            Change::Fresh => profile.lock,
            Change::LikePayee => own_lock(profile.lock, outputs),
        };
        let address = self.address(lock);
        Pay::fresh(address, from, 0, What::Change, role)
    }

    /// Spends coins to one output, which gets all but the fee; nothing happens where they are not worth it.
    pub fn gather(&mut self, from: Purse, coins: Vec<Coin>, to: Pay, why: Why) -> Option<[u8; 32]> {
        let (entity, profile) = (self.entity_of(from), self.wallet(from).profile);
        let inputs = coins.into_iter().map(|coin| (entity, coin)).collect();
        let arrange = Arrange::As(PROFILES[profile as usize].order);
        let mut draft = Draft { inputs, outputs: vec![to], entity: Some(entity), why, profile, arrange };
        let fee = draft.weight() * self.rate() / 1000;
        match draft.put_in().checked_sub(fee + LEAST) {
            None => {
                let coins = draft.inputs.into_iter().map(|(_, coin)| coin);
                self.wallets[from.0 as usize].coins.extend(coins);
                None
            }
            Some(rest) => {
                draft.outputs[0].value = rest + LEAST;
                Some(self.commit(draft))
            }
        }
    }

    /// Where an output of the last transaction stands, by its place in the draft.
    pub fn place(&self, txid: [u8; 32], place: usize) -> ([u8; 32], u32) {
        (txid, self.placed[place])
    }
}

/// Gives the last output, the change, what is left after the fee; takes it away where that is nothing worth having.
pub(in crate::simulate) fn settle(draft: &mut Draft, rate: u64) {
    let left = draft.put_in() - draft.paid();
    let fee = draft.weight() * rate / 1000;
    match left.checked_sub(fee) {
        Some(rest) if rest >= DUST => {
            let change = draft.outputs.last_mut().expect("a draft ends with the change");
            change.value = rest;
        }
        _ => drop(draft.outputs.pop()),
    }
}

/// The payee's kind of script, where the software has such keys.
fn own_lock(lock: Lock, outputs: &[Pay]) -> Lock {
    match outputs.first().map(|output| output.address) {
        Some(address) if address != Address::NONE => match address.lock() {
            like @ (Lock::P2pkh | Lock::P2shWpkh | Lock::P2wpkh | Lock::P2tr) => like,
            _ => lock,
        },
        _ => lock,
    }
}
