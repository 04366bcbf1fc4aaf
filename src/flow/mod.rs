//! Following money: where it went, or where it came from, with every satoshi accounted for.
//!
//! A [`Trace`] begins at outputs, its [`Source`], which are traced with their whole value. Transactions are numbered in chain order
//! and spend only what came before them, so one pass over those that traced money goes through is enough: ascending for where it
//! went ([`Direction::Out`]), descending for where it came from ([`Direction::In`]). At each of them a [`Policy`] says which part of
//! the money goes on by which output. What comes of it are [`Step`]s, and a [`Ledger`] of their sums that adds up exactly.
//!
//! ```text
//! source = unspent + lost + fees + cut_off_hops + rejoined            where it went
//! source = mined + unexplained + cut_off_hops + rejoined              where it came from
//! ```
//!
//! Everything is as of the chain's height: what a later block spends is unspent here.

mod ledger;
mod policy;
mod source;
mod sweep;
mod tables;

mod cells;
pub mod gathers;
pub mod marks;
pub mod peel;
pub mod set_flows;

use crate::chain::{Chain, Table};
use crate::error::{Error, Result};

pub use ledger::Ledger;
pub use policy::Policy;
pub use source::{Source, SourceItem};
pub use sweep::{Outcome, Step};

/// Which way a trace goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Direction {
    /// Where the money went: from an output to the transaction that spends it, and to that one's outputs.
    #[default]
    Out,
    /// Where the money came from: from an output to the transaction that made it, and to the outputs that that one spends.
    In,
}

/// How a trace is done.
#[derive(Clone, Debug, Default)]
pub struct TraceOptions {
    pub direction: Direction,
    pub policy: Policy,
    /// Outputs so many hops from the source are not followed; without it, all are. A hop is one transaction: outputs of the source
    /// have none, every other has one more than the nearest of the traced outputs that its transaction took the money from.
    pub max_hops: Option<u32>,
}

/// One run of following: what became of the money of a source, as of the height of a chain.
#[derive(Clone)]
pub struct Trace {
    chain: Chain,
    options: TraceOptions,
    overlapping: u64,
    transactions: u64,
    steps: Vec<Step>,
    ledger: Ledger,
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

impl Chain {
    /// Follows the money of a source. From time to time `progress` is told how many transactions the trace has gone through, and
    /// ends it when it returns false.
    ///
    /// Money that arrives at an output of the source ends there as rejoined: that output is traced with its whole value already,
    /// and what arrives is a part of it. So where a source has outputs before and behind each other, as all payments to an address
    /// that pays itself change, the ledger's source counts the same money more than once, and its source less rejoined counts it once.
    pub fn trace(&self, source: &Source, options: &TraceOptions, mut progress: impl FnMut(u64) -> bool) -> Result<Trace> {
        let (steps, transactions) = sweep::run(self, source.outputs(), options, &mut progress)?;
        let ledger = Ledger::of(&steps);
        debug_assert!(ledger.balances(), "no satoshi is lost or made: {ledger:?}");
        let overlapping = source.overlapping();
        Ok(Trace { chain: self.clone(), options: options.clone(), overlapping, transactions, steps, ledger })
    }
}

impl Trace {
    /// The chain that it was done on, at its height.
    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    pub fn options(&self) -> &TraceOptions {
        &self.options
    }

    /// What became of the money, in sums.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// How often the source named an output that it had named already.
    pub fn overlapping(&self) -> u64 {
        self.overlapping
    }

    /// How many transactions it went through.
    pub fn transactions(&self) -> u64 {
        self.transactions
    }

    /// The steps as plain rows: first the outputs of the source, in chain order, then those of each transaction, in the order of the
    /// trace.
    pub fn rows(&self) -> &[Step] {
        &self.steps
    }

    /// One row a step: an output that traced money arrived at, or a part of it that no output took (fee, unexplained).
    ///
    /// | column | |
    /// |---|---|
    /// | `step` | its number, from 0 |
    /// | `hop` | transactions from the source on, this one included; 0 for the source |
    /// | `transaction`, `txid`, `height`, `time` | the transaction that moved the money; null for the source |
    /// | `output`, `output_txid`, `output_position`, `address`, `kind`, `value` | where it arrived; null for a fee and for unexplained |
    /// | `amount` | satoshi of traced money |
    /// | `share` | `amount / value` |
    /// | `outcome` | `followed`, or why the trace ends here |
    /// | `next`, `next_txid` | the transaction by which it is followed |
    ///
    /// A row stands for a transaction and an output, not for a pair of input and output: haircut mixes the money of all inputs, and
    /// whole satoshi can be dealt out to such pairs in more than one way. The amounts with a transaction as `next` and the amounts
    /// with it as `transaction` have the same sum.
    pub fn steps(&self) -> Result<Table> {
        tables::steps(&self.chain, &self.steps)
    }

    /// One row an output at which the trace ends, in the order of the steps.
    ///
    /// | column | |
    /// |---|---|
    /// | `output`, `txid`, `position`, `address`, `kind` | the output |
    /// | `reason` | `unspent`, `lost`, `cut_off_hops`, `mined` or `rejoined` |
    /// | `amount` | satoshi of traced money |
    /// | `value` | satoshi in the output |
    /// | `height`, `time` | of the transaction that it belongs to |
    /// | `hops` | transactions from the source to it |
    ///
    /// With the ledger's fees and unexplained, the amounts add up to its source.
    pub fn ends(&self) -> Result<Table> {
        tables::ends(&self.chain, &self.steps)
    }
}

impl std::fmt::Debug for Trace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (direction, policy) = (self.options.direction.name(), self.options.policy.name());
        write!(f, "Trace({direction}, {policy}, {} steps, {:?})", self.steps.len(), self.chain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directions_are_found_by_their_names() {
        for direction in [Direction::Out, Direction::In] {
            assert_eq!(Direction::from_name(direction.name()).unwrap(), direction);
        }
        let error = Direction::from_name("up").unwrap_err();
        assert_eq!(error.to_string(), "unknown direction \"up\"; it is one of out, in");
    }
}
