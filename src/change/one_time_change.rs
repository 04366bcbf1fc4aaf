//! One-time change (heuristic 2 of Meiklejohn et al., A Fistful of Bitcoins, 2013): the one output to an address that was never seen
//! before, where no output returns to an address of the inputs.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::StringArray;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::chain::pieces::{go_on_or_stop, in_order};
use crate::chain::{BlockFacts, Chain, Facts};
use crate::change::address_reuse::mark_reused;
use crate::change::primitive::{Definition, Primitive, default_of};
use crate::error::{Error, Result};
use crate::ids::{AddrNum, Height, OutNum, TxNum, hex};
use crate::script::Kind;

/// The one output to a fresh address, with refinements, none of which is on by default.
#[derive(Clone, Debug, Default)]
pub struct OneTimeChange {
    /// The address must not be paid again by another transaction in a block whose header's time is at most so many seconds later.
    pub wait: Option<u32>,
    /// Addresses of gambling services, which pay back to the address that a bet came from: what transactions that spend from these pay
    /// does not count as paid again. Ascending.
    pub gambling: Vec<String>,
    /// No output may pay an address that an earlier transaction had among both its inputs and its outputs.
    pub skip_self_change: bool,
    /// What the refinements need of the whole chain, once that is known.
    known: Option<Arc<Known>>,
}

impl OneTimeChange {
    pub fn new(wait: Option<u32>, mut gambling: Vec<String>, skip_self_change: bool) -> Result<OneTimeChange> {
        if wait.is_none() && !gambling.is_empty() {
            let what = "gambling says what does not count as paid again while the rule waits; give wait= too".to_string();
            return Err(Error::Invalid { what });
        }
        gambling.sort_unstable();
        gambling.dedup();
        Ok(OneTimeChange { wait, gambling, skip_self_change, known: None })
    }
}

/// The line of the rule in docs/rules.md.
pub(super) static DEFINITION: Definition = Definition {
    name: "one_time_change",
    version: 1,
    dynamic: false,
    leaves: "see below",
    source: "Meiklejohn et al. 2013, heuristic 2",
    default: Some(default_of::<OneTimeChange>),
};

impl Primitive for OneTimeChange {
    fn definition(&self) -> &'static Definition {
        &DEFINITION
    }

    fn options(&self) -> String {
        let mut options = Vec::new();
        options.extend(self.wait.map(|wait| format!("wait={wait}")));
        options.extend((!self.gambling.is_empty()).then(|| format!("gambling={} addresses", self.gambling.len())));
        options.extend(self.skip_self_change.then(|| "skip_self_change=True".to_string()));
        if options.is_empty() { String::new() } else { format!("({})", options.join(", ")) }
    }

    fn arguments(&self) -> Value {
        json!({"wait": self.wait, "gambling": self.gambling, "skip_self_change": self.skip_self_change})
    }

    /// SHA-256 over the addresses of gambling services, one a line.
    fn digest(&self) -> Option<String> {
        let mut hash = Sha256::new();
        self.gambling.iter().for_each(|address| hash.update(format!("{address}\n")));
        Some(hex(&hash.finalize()))
    }

    /// Only with `wait` does it look at what comes later.
    fn is_dynamic(&self) -> bool {
        self.wait.is_some()
    }

    fn prepare(&self, chain: &Chain, threads: usize, go_on: &mut dyn FnMut() -> bool) -> Result<Option<Arc<dyn Primitive>>> {
        let known = Some(Arc::new(Known::of(chain, self, threads, go_on)?));
        Ok(Some(Arc::new(OneTimeChange { known, ..self.clone() })))
    }

    fn mark(&self, chain: &Chain, facts: &Facts<'_>, marks: &mut Vec<bool>) -> Result<()> {
        let known = self.known.as_ref().expect("a rule is prepared for a chain before it is asked");
        let change = the_one(chain, self, known, facts, marks)?;
        marks.clear();
        marks.extend((0..facts.outputs.len()).map(|position| Some(position) == change));
        Ok(())
    }
}

/// What the refinements need of the whole chain.
#[derive(Debug)]
struct Known {
    /// Ascending.
    gambling: Vec<AddrNum>,
    /// Addresses that a transaction has among both its inputs and its outputs, each with the first such transaction. Ascending.
    self_change: Vec<(AddrNum, TxNum)>,
}

impl Known {
    fn of(chain: &Chain, options: &OneTimeChange, threads: usize, go_on: &mut dyn FnMut() -> bool) -> Result<Known> {
        let mut self_change = Vec::new();
        if options.skip_self_change {
            in_order(
                &chain.pieces(0)?,
                threads,
                |piece| self_change_in(chain, piece.clone()),
                |found| {
                    self_change.extend(found);
                    go_on_or_stop(go_on)
                },
            )?;
            self_change.sort_unstable();
            self_change.dedup_by_key(|(address, _)| *address);
        }
        Ok(Known { gambling: numbers(chain, &options.gambling)?, self_change })
    }

    /// Whether a transaction before this one has the address among both its inputs and its outputs.
    fn self_change_before(&self, address: AddrNum, number: TxNum) -> bool {
        let found = self.self_change.binary_search_by_key(&address, |(address, _)| *address);
        found.is_ok_and(|i| self.self_change[i].1 < number)
    }
}

/// The numbers of those addresses that the chain knows.
fn numbers(chain: &Chain, texts: &[String]) -> Result<Vec<AddrNum>> {
    let set = chain.addresses(&StringArray::from_iter_values(texts));
    if let Some(first) = set.rejected().first() {
        let network = chain.network().name();
        let what = format!("{:?}, given as gambling, is not an address: {}; give addresses of {network}", first.text, first.reason);
        return Err(Error::Invalid { what });
    }
    let mut numbers: Vec<AddrNum> = set.known().collect();
    numbers.sort_unstable();
    Ok(numbers)
}

fn self_change_in(chain: &Chain, heights: Range<u64>) -> Result<Vec<(AddrNum, TxNum)>> {
    let (mut facts, mut marks, mut found) = (BlockFacts::default(), Vec::new(), Vec::new());
    for height in heights {
        facts.gather(chain, Height(height as u32))?;
        for facts in facts.transactions() {
            mark_reused(&facts, &mut marks);
            let reused = facts.outputs.iter().zip(&marks).filter(|(_, mark)| **mark);
            found.extend(reused.map(|(output, _)| (output.address, facts.number)));
        }
    }
    Ok(found)
}

/// The position of the change, if there is one; `marks` is a list to be used again.
fn the_one(
    chain: &Chain,
    options: &OneTimeChange,
    known: &Known,
    facts: &Facts<'_>,
    marks: &mut Vec<bool>,
) -> Result<Option<usize>> {
    let outputs = || facts.outputs.iter().enumerate().filter(|(_, output)| output.kind != Kind::OpReturn);
    let mut fresh = outputs().filter(|(_, output)| output.fresh);
    let (Some((position, output)), None) = (fresh.next(), fresh.next()) else { return Ok(None) };
    mark_reused(facts, marks);
    if marks.contains(&true) || outputs().any(|(_, output)| known.self_change_before(output.address, facts.number)) {
        return Ok(None);
    }
    let again = match options.wait {
        Some(wait) => is_paid_again(chain, &known.gambling, facts, output.address, facts.time as u64 + wait as u64)?,
        None => false,
    };
    Ok((!again).then_some(position))
}

/// Whether another transaction pays an address, in a block whose header's time is at most `until`. Addresses are numbered as they appear,
/// so what is asked about those of one transaction after the other stands together in the postings.
fn is_paid_again(chain: &Chain, gambling: &[AddrNum], facts: &Facts<'_>, address: AddrNum, until: u64) -> Result<bool> {
    let mut paid = Vec::new();
    chain.outputs_to(address, &mut paid);
    let mut seen = facts.outputs.last().map_or(OutNum(0), |output| OutNum(output.number.0 + 1));
    for output in paid {
        if output < seen {
            continue;
        }
        let transaction = chain.transaction_of(output)?;
        seen = chain.outputs_of(transaction)?.end();
        let time = chain.time_at(chain.height_of(transaction)?)?;
        if time as u64 <= until && !spends_from(chain, transaction, gambling)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn spends_from(chain: &Chain, number: TxNum, addresses: &[AddrNum]) -> Result<bool> {
    if addresses.is_empty() {
        return Ok(false);
    }
    for input in chain.inputs_of(number)? {
        if let Some(spent) = chain.spends(input)?
            && addresses.binary_search(&chain.address_of(spent)?).is_ok()
        {
            return Ok(true);
        }
    }
    Ok(false)
}
