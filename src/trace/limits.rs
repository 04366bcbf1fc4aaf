//! How far a trace may go.

use std::ops::Range;

use crate::chain::Chain;
use crate::error::Result;
use crate::ids::TxNum;
use crate::trace::{Reason, TraceOptions};

/// The limits of a trace on a chain.
pub(in crate::trace) struct Limits {
    max_hops: Option<u32>,
    max_tx_hops: Option<u32>,
    min_value: Option<u64>,
    /// The transactions that may be passed.
    window: Range<u32>,
    budget: u64,
}

impl Limits {
    pub fn new(chain: &Chain, options: &TraceOptions) -> Result<Limits> {
        let first_of = |height: u64| Ok(chain.counts_before(height)?.transactions as u32);
        let window = options.since.map_or(Ok(0), first_of)?..options.until.map_or(Ok(u32::MAX), first_of)?;
        let TraceOptions { max_hops, max_tx_hops, min_value, budget, .. } = *options;
        Ok(Limits { max_hops, max_tx_hops, min_value, window, budget })
    }

    /// The first limit by which money that came so far is not taken on by a transaction. A fee has no wallet, and so no hop.
    #[inline]
    pub fn cut(&self, hop: Option<u32>, tx_hop: u32, amount: u64, next: TxNum) -> Option<Reason> {
        if self.max_hops.is_some_and(|most| hop.is_some_and(|hop| hop >= most)) {
            Some(Reason::CutOffHops)
        } else if self.max_tx_hops.is_some_and(|most| tx_hop >= most) {
            Some(Reason::CutOffTxHops)
        } else if self.min_value.is_some_and(|least| amount < least) {
            Some(Reason::CutOffValue)
        } else if !self.window.contains(&next.0) {
            Some(Reason::CutOffDate)
        } else {
            None
        }
    }

    /// Whether it matters how far money came, or all of it is treated alike.
    pub fn look_at_arrivals(&self) -> bool {
        self.max_hops.is_some() || self.max_tx_hops.is_some() || self.min_value.is_some()
    }

    /// Whether a trace that has made so many steps may pass no transaction any more.
    #[inline]
    pub fn end_after(&self, steps: u64) -> bool {
        steps >= self.budget
    }
}
