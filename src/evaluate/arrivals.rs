//! To whom the money of a source truly came: the true trace, which knows whose every output is and so needs no policy between owners.
//!
//! Money is its owner's until he pays it to somebody else, through however many transactions and CoinJoins of his own; what the payee does
//! with it is the payee's business. docs/evaluate.md defines it.

use std::collections::{BTreeMap, BTreeSet};

use crate::apportion::Divider;
use crate::chain::pieces::go_on_or_stop;
use crate::chain::{Chain, End};
use crate::error::{Error, Result};
use crate::evaluate::known::{Known, Owners};
use crate::ids::{InNum, NONE_32, OutNum, TxNum};
use crate::trace::Source;

/// Transactions that are passed before it is asked whether to go on.
const EVERY: usize = 1 << 10;

/// What one transaction brings to one owner; [`NONE_32`] for whom nobody knows.
pub type Arrived = (TxNum, u32);

/// Where the money of a source truly ended, in satoshi: `source = arrived + fees + rejoined`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Arrivals {
    /// What was paid to somebody else, and what the source's owners still have where it stands unspent.
    pub arrived: BTreeMap<Arrived, u64>,
    pub fees: u64,
    /// What came to outputs of the source, from where it is followed anyway.
    pub rejoined: u64,
    /// The owners of the source, by place.
    pub payers: BTreeSet<u32>,
}

impl Known {
    /// To whom the money of a source truly came, as of a chain's height.
    pub fn arrivals(&self, chain: &Chain, source: &Source, go_on: &mut dyn FnMut() -> bool) -> Result<Arrivals> {
        self.check(chain)?;
        let mut sweep = Sweep::new(chain, self.need_owners()?, source);
        sweep.begin(self.name())?;
        let mut passed = 0usize;
        while let Some((tx, inputs)) = sweep.waiting.pop_first() {
            sweep.pass(tx, &inputs)?;
            passed += 1;
            if passed.is_multiple_of(EVERY) {
                go_on_or_stop(go_on)?;
            }
        }
        go_on_or_stop(go_on)?;
        Ok(sweep.done)
    }
}

/// Money on its way, in chain order.
struct Sweep<'a> {
    chain: &'a Chain,
    owners: &'a Owners,
    given: BTreeMap<OutNum, u64>,
    /// What each transaction that is to come will spend: outputs with the source's money in them.
    waiting: BTreeMap<TxNum, BTreeMap<OutNum, u64>>,
    divider: Divider,
    done: Arrivals,
}

/// One owner's part in a transaction.
#[derive(Default)]
struct Side {
    put_in: u64,
    took: u64,
    /// Of what was put in, the money of the source.
    traced: u64,
    outputs: Vec<(OutNum, u64)>,
}

impl<'a> Sweep<'a> {
    fn new(chain: &'a Chain, owners: &'a Owners, source: &Source) -> Sweep<'a> {
        let given = source.outputs().iter().map(|given| (given.output, given.amount)).collect();
        Sweep { chain, owners, given, waiting: BTreeMap::new(), divider: Divider::default(), done: Arrivals::default() }
    }

    fn owner(&self, output: OutNum) -> Result<u32> {
        Ok(self.owners.of(self.chain.address_of(output)?).unwrap_or(NONE_32))
    }

    fn begin(&mut self, truth: &str) -> Result<()> {
        for (output, amount) in self.given.clone() {
            let owner = self.owner(output)?;
            if owner == NONE_32 {
                let what = format!("{truth} does not say whose output number {output} of the trace's source is");
                return Err(Error::Invalid { what: format!("{what}; trace from outputs of known owners") });
            }
            self.done.payers.insert(owner);
            self.keep(output, owner, amount)?;
        }
        Ok(())
    }

    /// An owner has money in an output of his own: he spends it, or it stays there.
    fn keep(&mut self, output: OutNum, owner: u32, amount: u64) -> Result<()> {
        match self.chain.end_of(output)? {
            End::Spent(tx) => _ = self.waiting.entry(tx).or_default().insert(output, amount),
            End::Unspent | End::Lost(_) => self.arrive(self.chain.transaction_of(output)?, owner, amount),
        }
        Ok(())
    }

    fn arrive(&mut self, tx: TxNum, owner: u32, amount: u64) {
        *self.done.arrived.entry((tx, owner)).or_default() += amount;
    }

    fn pass(&mut self, tx: TxNum, inputs: &BTreeMap<OutNum, u64>) -> Result<()> {
        let sides = self.sides(tx, inputs)?;
        let sum = |of: fn(&Side) -> u64| sides.values().map(of).sum::<u64>();
        let fee = sum(|side| side.put_in).saturating_sub(sum(|side| side.took));
        let gainers: Vec<(u32, u64)> = sides.iter().map(|(owner, side)| (*owner, side.took.saturating_sub(side.put_in))).collect();
        for (owner, side) in sides.iter().filter(|(_, side)| side.traced > 0) {
            let paid = self.share_own(*owner, side)?;
            let gains: Vec<u64> = gainers.iter().map(|(_, gain)| *gain).chain([fee]).collect();
            let shares = self.divide(paid, &gains);
            for ((gainer, _), share) in gainers.iter().zip(&shares).filter(|(_, share)| **share > 0) {
                self.bring(tx, *gainer, &sides[gainer], *share);
            }
            self.done.fees += shares[gainers.len()];
        }
        Ok(())
    }

    /// What each owner puts into a transaction and takes out of it.
    fn sides(&self, tx: TxNum, inputs: &BTreeMap<OutNum, u64>) -> Result<BTreeMap<u32, Side>> {
        let mut sides: BTreeMap<u32, Side> = BTreeMap::new();
        for input in self.chain.inputs_of(tx)? {
            let Some(output) = self.chain.spends(InNum(input))? else { continue };
            let side = sides.entry(self.owner(output)?).or_default();
            side.put_in += self.chain.value_of(output)?;
            side.traced += inputs.get(&output).copied().unwrap_or(0);
        }
        for output in self.chain.outputs_of(tx)?.map(OutNum) {
            let (side, value) = (sides.entry(self.owner(output)?).or_default(), self.chain.value_of(output)?);
            side.took += value;
            side.outputs.push((output, value));
        }
        Ok(sides)
    }

    /// Divides an owner's traced money over the outputs that he takes and what he pays beyond them; returns the latter.
    fn share_own(&mut self, owner: u32, side: &Side) -> Result<u64> {
        let loss = side.put_in.saturating_sub(side.took);
        let values: Vec<u64> = side.outputs.iter().map(|(_, value)| *value).chain([loss]).collect();
        let shares = self.divide(side.traced, &values);
        for ((output, _), share) in side.outputs.iter().zip(&shares).filter(|(_, share)| **share > 0) {
            match self.given.contains_key(output) {
                true => self.done.rejoined += share,
                false => self.keep(*output, owner, *share)?,
            }
        }
        Ok(shares[side.outputs.len()])
    }

    /// Somebody else gets money, which ends there.
    fn bring(&mut self, tx: TxNum, owner: u32, side: &Side, amount: u64) {
        let values: Vec<u64> = side.outputs.iter().map(|(_, value)| *value).collect();
        let shares = self.divide(amount, &values);
        for ((output, _), share) in side.outputs.iter().zip(shares).filter(|(_, share)| *share > 0) {
            match self.given.contains_key(output) {
                true => self.done.rejoined += share,
                false => self.arrive(tx, owner, share),
            }
        }
    }

    fn divide(&mut self, amount: u64, values: &[u64]) -> Vec<u64> {
        let mut shares = Vec::new();
        let beyond = self.divider.divide(amount, values, &mut shares);
        debug_assert_eq!(beyond, 0, "nobody pays more than he loses, or gets more than he gains");
        shares
    }
}
