//! The pass over the transactions that traced money goes through, and no others.
//!
//! An output is made by one transaction and spent by at most one, so traced money arrives at it once, whichever way the pass goes.
//! Every transaction lies, in chain order, on the far side of those that its traced money comes from: when its turn is there, all of
//! that money is known, and it need not be looked at again.

use std::collections::BinaryHeap;

use crate::chain::{Chain, End};
use crate::error::{Error, Result};
use crate::flow::policy::Policy;
use crate::flow::{Direction, TraceOptions};
use crate::ids::{InNum, OutNum, TxNum};
use crate::shares::Divider;

/// Transactions between two calls of `progress`.
const EVERY: u64 = 1024;

/// A part of the traced money, where a transaction of the trace, or the source, put it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Step {
    /// Transactions from the source on, this one included; 0 for the source.
    pub hop: u32,
    /// The transaction that moved it; none for the source.
    pub by: Option<TxNum>,
    /// The output that it arrived at; none for a fee and for what is unexplained.
    pub output: Option<OutNum>,
    /// Satoshi of traced money.
    pub amount: u64,
    pub outcome: Outcome,
}

/// What becomes of traced money after a step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// This transaction takes it on.
    Followed(TxNum),
    /// The output is not spent, as of the chain's height; so also where its script cannot be satisfied.
    Unspent,
    /// The output can never be spent: the genesis block's, or replaced by a coinbase of the same id.
    Lost,
    /// The output goes on, but is as many hops from the source as the trace was told to go.
    CutOffHops,
    /// The output is of a coinbase: this is where its money began.
    Mined,
    /// The output belongs to the source, and is traced as such with its whole value.
    Rejoined,
    /// A transaction's fee took it.
    Fee,
    /// A transaction paid out more than it took in, so this has no origin. No node accepts that; simulated chains may have it.
    Unexplained,
}

impl Outcome {
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Followed(_) => "followed",
            Outcome::Unspent => "unspent",
            Outcome::Lost => "lost",
            Outcome::CutOffHops => "cut_off_hops",
            Outcome::Mined => "mined",
            Outcome::Rejoined => "rejoined",
            Outcome::Fee => "fee",
            Outcome::Unexplained => "unexplained",
        }
    }
}

/// Follows the whole value of some outputs, each given once, in chain order. Returns the steps, and how many transactions it went
/// through.
pub(super) fn run(
    chain: &Chain,
    source: &[OutNum],
    options: &TraceOptions,
    progress: &mut dyn FnMut(u64) -> bool,
) -> Result<(Vec<Step>, u64)> {
    let last = source.last().ok_or(Error::EmptySource)?;
    chain.output_at(*last)?;
    let mut sweep = Sweep { chain, source, options, queue: BinaryHeap::new(), steps: Vec::with_capacity(source.len() * 4) };
    sweep.begin()?;
    let transactions = sweep.follow(progress)?;
    Ok((sweep.steps, transactions))
}

struct Sweep<'a> {
    chain: &'a Chain,
    source: &'a [OutNum],
    options: &'a TraceOptions,
    /// The turns of the transactions to go through, with the steps that wait for them; a transaction has one entry for each step.
    queue: BinaryHeap<(u32, usize)>,
    steps: Vec<Step>,
}

/// The places that a transaction's traced money can go on to. Kept from one transaction to the next for its memory.
#[derive(Default)]
struct Places {
    outputs: Vec<OutNum>,
    /// Satoshi in each output, and in the fee where there is one.
    values: Vec<u64>,
    /// Satoshi of traced money for each of the values.
    shares: Vec<u64>,
    divider: Divider,
}

impl Sweep<'_> {
    /// Money is only moved from here on, so a source that can be added up is a bound for every sum of traced money.
    fn begin(&mut self) -> Result<()> {
        let mut sum = 0u64;
        for output in self.source {
            let value = self.chain.value_of(*output)?;
            sum = sum.checked_add(value).ok_or_else(too_much)?;
            self.arrive(None, 0, *output, value)?;
        }
        Ok(())
    }

    fn follow(&mut self, progress: &mut dyn FnMut(u64) -> bool) -> Result<u64> {
        let (mut places, mut transactions) = (Places::default(), 0u64);
        while let Some((turn, _)) = self.queue.peek().copied() {
            let tx = self.options.direction.transaction_at(turn);
            let (amount, nearest) = self.take(turn);
            self.divide(tx, amount, nearest + 1, &mut places)?;
            transactions += 1;
            if transactions.is_multiple_of(EVERY) && !progress(transactions) {
                return Err(Error::TraceInterrupted { transactions });
            }
        }
        Ok(transactions)
    }

    /// The traced money that waits for a turn, and the least hops that any of it is from the source.
    fn take(&mut self, turn: u32) -> (u64, u32) {
        let (mut amount, mut nearest) = (0, u32::MAX);
        while let Some((_, step)) = self.queue.peek().copied().filter(|(next, _)| *next == turn) {
            self.queue.pop();
            let step = &self.steps[step];
            amount += step.amount;
            nearest = nearest.min(step.hop);
        }
        (amount, nearest)
    }

    /// Divides traced money over what it can go on to by a transaction.
    fn divide(&mut self, tx: TxNum, amount: u64, hop: u32, places: &mut Places) -> Result<()> {
        self.options.direction.places(self.chain, tx, places)?;
        let beyond = match self.options.policy {
            Policy::Haircut => places.divider.divide(amount, &places.values, &mut places.shares),
        };
        for (output, share) in places.outputs.iter().zip(&places.shares).filter(|(_, share)| **share > 0) {
            self.arrive(Some(tx), hop, *output, *share)?;
        }
        let fee = places.shares.get(places.outputs.len()).copied().unwrap_or(0);
        if beyond > 0 && self.options.direction == Direction::Out {
            return Err(self.corrupt(format!("has more traced money in transaction number {tx} than it takes in")));
        }
        for (amount, outcome) in [(fee, Outcome::Fee), (beyond, Outcome::Unexplained)].into_iter().filter(|(amount, _)| *amount > 0)
        {
            self.steps.push(Step { hop, by: Some(tx), output: None, amount, outcome });
        }
        Ok(())
    }

    /// Writes down that traced money is at an output, and queues it for the transaction that takes it on.
    fn arrive(&mut self, by: Option<TxNum>, hop: u32, output: OutNum, amount: u64) -> Result<()> {
        let mut outcome = self.outcome(by, output)?;
        if let Outcome::Followed(next) = outcome {
            let turn = self.options.direction.turn_of(next);
            if by.is_some_and(|by| turn >= self.options.direction.turn_of(by)) {
                return Err(self.corrupt(format!("has an output, number {output}, that is spent before it is made")));
            }
            if self.options.max_hops.is_some_and(|most| hop >= most) {
                outcome = Outcome::CutOffHops;
            } else {
                self.queue.push((turn, self.steps.len()));
            }
        }
        self.steps.push(Step { hop, by, output: Some(output), amount, outcome });
        Ok(())
    }

    /// What becomes of traced money at an output, however far it has come.
    fn outcome(&self, by: Option<TxNum>, output: OutNum) -> Result<Outcome> {
        if by.is_some() && self.source.binary_search(&output).is_ok() {
            return Ok(Outcome::Rejoined);
        }
        self.options.direction.outcome(self.chain, output)
    }

    #[cold]
    fn corrupt(&self, what: String) -> Error {
        Error::corrupt(self.chain.store().folder(), what)
    }
}

impl Direction {
    /// When a transaction is passed: those with greater turns come earlier.
    fn turn_of(self, tx: TxNum) -> u32 {
        match self {
            Direction::Out => !tx.0,
            Direction::In => tx.0,
        }
    }

    fn transaction_at(self, turn: u32) -> TxNum {
        match self {
            Direction::Out => TxNum(!turn),
            Direction::In => TxNum(turn),
        }
    }

    fn outcome(self, chain: &Chain, output: OutNum) -> Result<Outcome> {
        match self {
            Direction::Out => Ok(match chain.end_of(output)? {
                End::Unspent => Outcome::Unspent,
                End::Lost(_) => Outcome::Lost,
                End::Spent(tx) => Outcome::Followed(tx),
            }),
            Direction::In => {
                let tx = chain.transaction_of(output)?;
                Ok(if chain.is_coinbase(tx)? { Outcome::Mined } else { Outcome::Followed(tx) })
            }
        }
    }

    /// Where a transaction's money goes: its outputs and its fee. Where it comes from: the outputs that it spends.
    fn places(self, chain: &Chain, tx: TxNum, places: &mut Places) -> Result<()> {
        places.outputs.clear();
        places.values.clear();
        match self {
            Direction::Out => places.outputs.extend(chain.outputs_of(tx)?.map(OutNum)),
            Direction::In => {
                for input in chain.inputs_of(tx)? {
                    places.outputs.extend(chain.spends(InNum(input))?);
                }
            }
        }
        for output in &places.outputs {
            places.values.push(chain.value_of(*output)?);
        }
        if self == Direction::Out {
            // One that pays out more than it takes in has a negative fee, and all of its money is in its outputs.
            let fee = chain.columns().transactions_fee.get(tx.row())?;
            places.values.push(fee.max(0) as u64);
        }
        Ok(())
    }
}

fn too_much() -> Error {
    Error::Invalid { what: format!("the outputs of the source hold more than {} satoshi together; trace them in parts", u64::MAX) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_are_ascending_in_one_direction_and_descending_in_the_other() {
        let (early, late) = (TxNum(3), TxNum(9));
        assert!(Direction::Out.turn_of(early) > Direction::Out.turn_of(late));
        assert!(Direction::In.turn_of(early) < Direction::In.turn_of(late));
        for direction in [Direction::Out, Direction::In] {
            assert_eq!(direction.transaction_at(direction.turn_of(late)), late);
        }
    }
}
