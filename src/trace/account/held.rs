//! What became of traced money in accounts.

use std::collections::BTreeMap;

use crate::ids::AddrNum;
use crate::trace::place::Place;
use crate::trace::{Outcome, Reason, SourceShare, Step};

/// What became of traced money in accounts.
#[derive(Clone, Default)]
pub(in crate::trace) struct Accounts {
    pub(super) held: Vec<Held>,
}

/// Traced money that ended in the account of a wallet, for one reason.
#[derive(Clone)]
pub(in crate::trace) struct Held {
    pub wallet: AddrNum,
    pub amount: u64,
    pub reason: Reason,
    pub hop: u32,
    pub tx_hop: u32,
    /// Satoshi by source.
    pub(super) by_source: BTreeMap<u32, u64>,
}

impl Accounts {
    pub fn held(&self) -> &[Held] {
        &self.held
    }

    pub fn shares(&self) -> impl Iterator<Item = SourceShare> + '_ {
        self.held.iter().flat_map(|held| {
            let step = held.step();
            held.by_source.iter().map(move |(source, amount)| SourceShare { source: *source, step, amount: *amount })
        })
    }
}

impl Held {
    pub fn step(&self) -> Step {
        let place = Place::Account(self.wallet);
        Step {
            hop: Some(self.hop),
            tx_hop: self.tx_hop,
            by: None,
            place,
            amount: self.amount,
            outcome: Outcome::Ended(self.reason),
        }
    }
}
