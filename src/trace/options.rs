//! How a trace is done.

use std::sync::Arc;

use crate::chain::Chain;
use crate::cluster::Clusters;
use crate::error::{Error, Result};
use crate::trace::{Policy, StopSet};

/// Which way a trace goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Direction {
    /// Where the money went: from an output to the transaction that spends it, and to that one's outputs.
    #[default]
    Out,
    /// Where the money came from: from an output to the transaction that made it, and to the outputs that that one spends.
    In,
}

/// What happens to traced money in fees.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Fees {
    /// It ends there, and going in, it ends at coinbases.
    #[default]
    Report,
    /// It is followed into the coinbase of its block, and from there on; going in, from a coinbase to those who paid its fees.
    Follow,
}

/// Steps that a trace may make where nobody says: with 16 bytes each, and as many for each passage, some 3 GB at the most.
pub const BUDGET: u64 = 100_000_000;

/// The most that a budget can be: the numbers of steps have 32 bits.
const MOST_BUDGET: u64 = 4_000_000_000;

/// How a caller wrote the heights between which a trace passes transactions.
#[derive(Clone, Default)]
pub struct AsGiven {
    pub since: Option<String>,
    pub until: Option<String>,
}

/// How a trace is done.
#[derive(Clone)]
pub struct TraceOptions {
    pub direction: Direction,
    pub policy: Policy,
    pub fees: Fees,
    /// Who belongs together: for hops, accounts and whole wallets in the stop set.
    pub clusters: Option<Clusters>,
    /// Whether hops between wallets are counted, where it is known who belongs together; with max_hops they are.
    pub hops: bool,
    /// Where it stops.
    pub stops: Arc<StopSet>,
    /// Outputs so many hops from the source are not followed; needs clusters.
    pub max_hops: Option<u32>,
    /// Outputs so many transactions from the source are not followed.
    pub max_tx_hops: Option<u32>,
    /// Outputs with less traced money, in satoshi, are not followed.
    pub min_value: Option<u64>,
    /// The first height whose transactions are passed.
    pub since: Option<u64>,
    /// The first height whose transactions are not passed any more.
    pub until: Option<u64>,
    /// The two as they were written, where that was a date.
    pub as_given: AsGiven,
    /// Steps after which no transaction is passed any more.
    pub budget: u64,
}

impl Default for TraceOptions {
    fn default() -> TraceOptions {
        TraceOptions {
            direction: Direction::Out,
            policy: Policy::Haircut,
            fees: Fees::Report,
            clusters: None,
            hops: true,
            stops: Arc::default(),
            max_hops: None,
            max_tx_hops: None,
            min_value: None,
            since: None,
            until: None,
            as_given: AsGiven::default(),
            budget: BUDGET,
        }
    }
}

impl Direction {
    pub fn name(self) -> &'static str {
        match self {
            Direction::Out => "out",
            Direction::In => "in",
        }
    }

    pub fn from_name(name: &str) -> Result<Direction> {
        match name {
            "out" => Ok(Direction::Out),
            "in" => Ok(Direction::In),
            _ => Err(Error::UnknownName { what: "direction", name: name.to_string(), known: vec!["out", "in"] }),
        }
    }
}

impl Fees {
    pub fn name(self) -> &'static str {
        match self {
            Fees::Report => "report",
            Fees::Follow => "follow",
        }
    }

    pub fn from_name(name: &str) -> Result<Fees> {
        match name {
            "report" => Ok(Fees::Report),
            "follow" => Ok(Fees::Follow),
            _ => Err(Error::UnknownName { what: "way with fees", name: name.to_string(), known: vec!["report", "follow"] }),
        }
    }
}

impl TraceOptions {
    /// The clusters by which hops are counted.
    #[inline]
    pub(super) fn hops_by(&self) -> Option<&Clusters> {
        self.clusters.as_ref().filter(|_| self.hops || self.max_hops.is_some())
    }

    /// Notices what contradicts itself, and what cannot be meant.
    pub fn check(&self, chain: &Chain) -> Result<()> {
        let wrong = |what: String| Err(Error::Invalid { what });
        if let (Some(since), Some(until)) = (self.since, self.until)
            && since >= until
        {
            return wrong(format!("no block is from height {since} on and before height {until}; give a since before until"));
        }
        if !(1..=MOST_BUDGET).contains(&self.budget) {
            return wrong(format!(
                "budget={} cannot be used: it is the number of steps that the trace may make, from 1 to {MOST_BUDGET}",
                self.budget
            ));
        }
        if self.max_hops.is_some() && self.clusters.is_none() {
            return wrong(
                "max_hops counts steps between wallets, so it needs clusters= (chain.cluster()); to count transactions, give max_tx_hops="
                    .to_string(),
            );
        }
        if let Some(clusters) = &self.clusters
            && clusters.chain().height() != chain.height()
        {
            return wrong(format!(
                "the clusters are as of height {}, and the chain of height {}; take clusters.at({1}) or chain.at({0})",
                clusters.chain().height(),
                chain.height()
            ));
        }
        if let Some(clusters) = &self.clusters
            && clusters.chain().tip().hash()? != chain.tip().hash()?
        {
            return wrong("the clusters are of another chain; cluster the one that is traced".to_string());
        }
        if !self.stops.fits(self.clusters.as_ref()) {
            return wrong("the stop set was made with other clusters than the trace has; make it with the same".to_string());
        }
        if self.policy.is_of_accounts() { self.check_accounts() } else { Ok(()) }
    }

    fn check_accounts(&self) -> Result<()> {
        let refused = [
            (self.clusters.is_none(), "needs clusters=, whose wallets have the accounts"),
            (self.direction == Direction::In, "only goes \"out\"; use \"fifo\" or \"haircut\" to go \"in\""),
            (self.fees == Fees::Follow, "only reports fees"),
            (self.since.is_some(), "takes no since: an account is kept from its beginning"),
        ];
        match refused.into_iter().find(|(is, _)| *is) {
            Some((_, why)) => Err(Error::Invalid { what: format!("policy {} {why}", self.policy.name()) }),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directions_and_ways_with_fees_are_found_by_their_names() {
        for direction in [Direction::Out, Direction::In] {
            assert_eq!(Direction::from_name(direction.name()).unwrap(), direction);
        }
        for fees in [Fees::Report, Fees::Follow] {
            assert_eq!(Fees::from_name(fees.name()).unwrap(), fees);
        }
        assert!(Direction::from_name("back").unwrap_err().to_string().contains("\"back\""));
    }
}
