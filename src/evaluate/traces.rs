//! Traces held against where the money truly went: what a trace finds, what it misses, and whom it blames for what never came to them.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::chain::Chain;
use crate::chain::pieces::go_on_or_stop;
use crate::error::{Error, Result};
use crate::evaluate::arrivals::{Arrivals, Arrived};
use crate::evaluate::matching::{Matched, matched, matched_held};
use crate::evaluate::pairs::share;
use crate::evaluate::truth::{Owners, Truth};
use crate::ids::{NONE_32, TxNum};
use crate::trace::{Direction, Outcome, Place, Reason, Step, Trace};

/// The label of a stop set that nobody has labelled: it claims nothing.
const NO_CLAIM: &str = "stop_at";

/// Whom the labels of a stop set are said to mean: an owner by his name, or nobody, and then the money is counted for those whose the
/// addresses are. A label that is not here means the owner who has it as his name.
pub type Claims = BTreeMap<String, Option<String>>;

/// Satoshi of an owner, or of several.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct FoundMoney {
    /// What truly came there.
    pub truth: u64,
    /// What the trace says came there.
    pub found: u64,
    /// What is both, arrival by arrival.
    pub right: u64,
}

/// A trace, and what is wrong with it.
#[derive(Clone)]
pub struct TraceEvaluation {
    pub(super) trace: Trace,
    pub(super) known: Arc<Truth>,
    pub(super) arrivals: Arrivals,
    /// What is true of each arrival, and what the trace says of it.
    pub(super) rows: BTreeMap<Arrived, Matched>,
    /// By owner's place.
    pub(super) owners: BTreeMap<u32, FoundMoney>,
}

impl FoundMoney {
    /// What truly came there and was not found.
    pub fn missed(&self) -> u64 {
        self.truth - self.right
    }

    /// What was found there and never came.
    pub fn blamed(&self) -> u64 {
        self.found - self.right
    }

    /// Of what was found, the share that is right.
    pub fn precision(&self) -> Option<f64> {
        share(self.right as u128, self.found as u128)
    }

    /// Of what truly came, the share that was found.
    pub fn recall(&self) -> Option<f64> {
        share(self.right as u128, self.truth as u128)
    }

    pub(super) fn add(&mut self, other: &FoundMoney) {
        self.truth += other.truth;
        self.found += other.found;
        self.right += other.right;
    }
}

impl Trace {
    /// Holds the trace against what is known of the owners.
    pub fn evaluate(&self, known: Arc<Truth>, claims: &Claims, go_on: &mut dyn FnMut() -> bool) -> Result<TraceEvaluation> {
        if self.options().direction == Direction::In {
            let what = "a trace is held against where money truly went, and this one goes in; trace with direction \"out\"";
            return Err(Error::Invalid { what: what.to_string() });
        }
        let arrivals = known.arrivals(self.chain(), self.source(), go_on)?;
        let mut rows: BTreeMap<Arrived, Matched> = BTreeMap::new();
        for (arrived, amount) in &arrivals.arrived {
            rows.entry(*arrived).or_default().truth = *amount;
        }
        let mut held = BTreeMap::new();
        let mut labels = Labels { claims, known: &known, trace: self, found: HashMap::new() };
        for step in self.rows_and_accounts()?.iter().filter(|step| step.outcome != Outcome::Ended(Reason::Rejoined)) {
            let Some(owner) = labels.owner(step)? else { continue };
            match arrived_by(self, step)? {
                None if step.outcome.is_end() => *held.entry(owner.named).or_default() += step.amount,
                None => {}
                Some(tx) => {
                    rows.entry((tx, owner.of_address)).or_default().brought += step.amount;
                    if step.outcome.is_end() {
                        rows.entry((tx, owner.named)).or_default().found += step.amount;
                    }
                }
            }
        }
        go_on_or_stop(go_on)?;
        let owners = known.need_owners()?;
        matched(&mut rows, |arrived| is_sender(self.chain(), owners, arrived))?;
        matched_held(&mut rows, &held);
        let owners = summed(&rows, &held);
        Ok(TraceEvaluation { trace: self.clone(), known, arrivals, rows, owners })
    }
}

/// The transaction that brought money to where the trace ended; none where money stays in an account.
fn arrived_by(trace: &Trace, step: &Step) -> Result<Option<TxNum>> {
    match step.place {
        Place::Output(output) => Ok(Some(trace.chain().transaction_of(output)?)),
        _ => Ok(step.by),
    }
}

/// Whether an owner put coins into a transaction.
fn is_sender(chain: &Chain, owners: &Owners, (tx, owner): &Arrived) -> Result<bool> {
    for input in chain.inputs_of(*tx)? {
        let Some(output) = chain.spends(input)? else { continue };
        if owners.of(chain.address_of(output)?) == Some(*owner) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The sums owner by owner. What an account still has is found and in no row.
fn summed(rows: &BTreeMap<Arrived, Matched>, held: &BTreeMap<u32, u64>) -> BTreeMap<u32, FoundMoney> {
    let mut owners: BTreeMap<u32, FoundMoney> = BTreeMap::new();
    for ((_, owner), row) in rows.iter().filter(|(_, row)| row.truth + row.found > 0) {
        owners.entry(*owner).or_default().add(&FoundMoney { truth: row.truth, found: row.found, right: row.right });
    }
    for (owner, amount) in held {
        owners.entry(*owner).or_default().found += amount;
    }
    owners
}

/// Whose a place is, and whose the trace says that it is.
struct Owner {
    of_address: u32,
    named: u32,
}

/// Whom a trace says that money came to.
struct Labels<'a> {
    claims: &'a Claims,
    known: &'a Truth,
    trace: &'a Trace,
    /// What labels turned out to mean; none where they claim nothing.
    found: HashMap<u32, Option<u32>>,
}

impl Labels<'_> {
    /// None for fees and the like, which are nobody's.
    fn owner(&mut self, step: &Step) -> Result<Option<Owner>> {
        let address = match step.place {
            Place::Output(output) => self.trace.chain().address_of(output)?,
            Place::Account(wallet) => wallet,
            _ => return Ok(None),
        };
        let of_address = self.known.need_owners()?.of(address).unwrap_or(NONE_32);
        let named = step.outcome.label().map(|label| self.claimed(label)).transpose()?.flatten();
        Ok(Some(Owner { of_address, named: named.unwrap_or(of_address) }))
    }

    fn claimed(&mut self, label: u32) -> Result<Option<u32>> {
        if let Some(claimed) = self.found.get(&label) {
            return Ok(*claimed);
        }
        let text = &self.trace.options().stops.labels()[label as usize];
        let claimed = match self.claims.get(text) {
            Some(None) => None,
            Some(Some(name)) => Some(self.named(name)?),
            None if text == NO_CLAIM => None,
            None => Some(self.named(text)?),
        };
        self.found.insert(label, claimed);
        Ok(claimed)
    }

    /// The place of the one owner of a name.
    fn named(&self, name: &str) -> Result<u32> {
        let Owners { names, .. } = self.known.need_owners()?;
        let mut places = (0u32..).zip(names).filter(|(_, known)| *known == name).map(|(place, _)| place);
        let what = match (places.next(), places.next()) {
            (Some(place), None) => return Ok(place),
            (None, _) => "is not an owner of",
            (Some(_), Some(_)) => "is the name of several owners of",
        };
        let how = "say whom the label means, labels={label: owner's name}, or labels={label: None} to go by addresses";
        Err(Error::Invalid { what: format!("{name:?} {what} {}; {how}", self.known.name()) })
    }
}

impl TraceEvaluation {
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    pub fn known(&self) -> &Truth {
        &self.known
    }

    /// Where the money truly went.
    pub fn arrivals(&self) -> &Arrivals {
        &self.arrivals
    }

    /// By owner's place, [`NONE_32`] for whom nobody knows.
    pub fn owners(&self) -> &BTreeMap<u32, FoundMoney> {
        &self.owners
    }

    /// All that came to others than the source's owners.
    pub fn total(&self) -> FoundMoney {
        let mut total = FoundMoney::default();
        let others = self.owners.iter().filter(|(owner, _)| !self.arrivals.payers.contains(owner));
        others.for_each(|(_, found)| total.add(found));
        total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_of_what_came_and_of_what_stays_in_accounts() {
        let row = |truth, found, right| Matched { truth, brought: found, found, right };
        let rows = [((TxNum(1), 0), row(5, 4, 5)), ((TxNum(2), 0), row(7, 0, 7))].into();
        let owners = summed(&rows, &[(0, 10), (3, 1)].into());
        assert_eq!(owners[&0], FoundMoney { truth: 12, found: 14, right: 12 });
        assert_eq!((owners[&0].missed(), owners[&0].blamed()), (0, 2));
        assert_eq!((owners[&0].precision(), owners[&0].recall()), (Some(12.0 / 14.0), Some(1.0)));
        assert_eq!(owners[&3], FoundMoney { truth: 0, found: 1, right: 0 });
        assert_eq!(owners[&3].recall(), None);
    }
}
