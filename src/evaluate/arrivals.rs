//! To whom the money of a source truly came: the true trace, which knows whose every output is and so needs no policy between owners.
//!
//! Money is its owner's until they pay it to somebody else, through however many transactions and CoinJoins of their own; what the payee does
//! with it is the payee's business. docs/evaluate.md defines it.

use std::collections::{BTreeMap, BTreeSet};

use crate::apportion::Divider;
use crate::chain::parties::{Parties, Payee};
use crate::chain::pieces::go_on_or_stop;
use crate::chain::{Chain, End};
use crate::error::{Error, Result};
use crate::evaluate::truth::{Owners, Truth};
use crate::ids::{NONE_32, OutNum, TxNum};
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

impl Truth {
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

/// What one owner has in a transaction.
#[derive(Default)]
struct Side {
    /// Of what was put in, the money of the source.
    traced: u64,
    outputs: Vec<(OutNum, u64)>,
    /// What is paid to others, and of the fee.
    pays: Vec<(Payee<u32>, u64)>,
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

    /// An owner has money in an output of their own: they spend it, or it stays there.
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
        for (owner, side) in sides.iter().filter(|(_, side)| side.traced > 0) {
            let paid = self.share_own(*owner, side)?;
            let amounts: Vec<u64> = side.pays.iter().map(|(_, amount)| *amount).collect();
            let shares = self.divide(paid, &amounts);
            for ((payee, _), share) in side.pays.iter().zip(shares).filter(|(_, share)| *share > 0) {
                match payee {
                    Payee::Party(gainer) => self.bring(tx, *gainer, &sides[gainer], share),
                    Payee::Fee => self.done.fees += share,
                }
            }
        }
        Ok(())
    }

    /// What each owner has in a transaction.
    fn sides(&self, tx: TxNum, inputs: &BTreeMap<OutNum, u64>) -> Result<BTreeMap<u32, Side>> {
        let mut sides: BTreeMap<u32, Side> = BTreeMap::new();
        for (output, traced) in inputs {
            sides.entry(self.owner(*output)?).or_default().traced += traced;
        }
        for output in self.chain.outputs_of(tx)? {
            sides.entry(self.owner(output)?).or_default().outputs.push((output, self.chain.value_of(output)?));
        }
        let mut parties = Parties::of(self.chain, tx, |output| self.owner(output))?;
        parties.payments(|from, to, amount| sides.entry(from).or_default().pays.push((to, amount)));
        Ok(sides)
    }

    /// Divides an owner's traced money over the outputs that they take and what they pay beyond them; returns the latter.
    fn share_own(&mut self, owner: u32, side: &Side) -> Result<u64> {
        let loss = side.pays.iter().map(|(_, amount)| amount).sum();
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
        debug_assert_eq!(beyond, 0, "nobody pays more than they lose, or gets more than they gain");
        shares
    }
}
