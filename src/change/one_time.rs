//! One-time change (heuristic 2 of Meiklejohn et al., A Fistful of Bitcoins, 2013): the one output to an address that was never seen
//! before, where no output returns to an address of the inputs.

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;

use sha2::{Digest, Sha256};

use crate::chain::pieces::{go_on_or_stop, in_order};
use crate::chain::{BlockFacts, Chain, Facts};
use crate::change::values::address_reuse;
use crate::error::Result;
use crate::ids::{AddrNum, Height, NONE_32, TxNum, hex};
use crate::script::Kind;

/// The refinements; none by default.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct OneTime {
    /// The address must not be paid again by another transaction in a block whose header's time is at most so many seconds later.
    pub wait: Option<u32>,
    /// Addresses of gambling services, which pay back to the address that a bet came from: what transactions that spend from these pay
    /// does not count as paid again. Ascending.
    pub gambling: Vec<AddrNum>,
    /// No output may pay an address that an earlier transaction had among both its inputs and its outputs.
    pub skip_self_change: bool,
}

impl OneTime {
    pub(super) fn digest(&self) -> String {
        let mut hash = Sha256::new();
        self.gambling.iter().for_each(|address| hash.update(address.0.to_le_bytes()));
        hex(&hash.finalize()[..8])
    }
}

impl fmt::Display for OneTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut options = Vec::new();
        options.extend(self.wait.map(|wait| format!("wait={wait}")));
        options.extend((!self.gambling.is_empty()).then(|| format!("gambling={} addresses", self.gambling.len())));
        options.extend(self.skip_self_change.then(|| "skip_self_change=True".to_string()));
        if options.is_empty() { Ok(()) } else { write!(f, "({})", options.join(", ")) }
    }
}

/// What the refinements need of the whole chain.
#[derive(Default)]
pub(super) struct Known {
    /// For each address the earliest header time of a block that pays it again; the largest number where none does.
    paid_again: Vec<u32>,
    /// The first transaction that has an address among both its inputs and its outputs.
    self_change: HashMap<AddrNum, TxNum>,
}

impl Known {
    pub fn of(chain: &Chain, options: &OneTime, threads: usize, go_on: &mut dyn FnMut() -> bool) -> Result<Known> {
        let mut known = Known::default();
        if options.wait.is_some() {
            known.paid_again = vec![NONE_32; chain.counts().addresses as usize];
        }
        if options.wait.is_none() && !options.skip_self_change {
            return Ok(known);
        }
        in_order(
            &chain.pieces(0)?,
            threads,
            |piece| found_in(chain, options, piece.clone()),
            |found| {
                for (address, time) in found.paid_again {
                    let earliest = &mut known.paid_again[address.0 as usize];
                    *earliest = time.min(*earliest);
                }
                for (address, tx) in found.self_change {
                    known.self_change.entry(address).or_insert(tx);
                }
                go_on_or_stop(go_on)
            },
        )?;
        Ok(known)
    }
}

#[derive(Default)]
struct Found {
    paid_again: Vec<(AddrNum, u32)>,
    self_change: Vec<(AddrNum, TxNum)>,
}

fn found_in(chain: &Chain, options: &OneTime, heights: Range<u64>) -> Result<Found> {
    let (mut facts, mut marks, mut found) = (BlockFacts::default(), Vec::new(), Found::default());
    for height in heights {
        facts.gather(chain, Height(height as u32))?;
        for facts in facts.transactions() {
            if options.wait.is_some() && !spends_from(&facts, &options.gambling) {
                let again = facts.outputs.iter().filter(|output| !output.fresh);
                found.paid_again.extend(again.map(|output| (output.address, facts.time)));
            }
            if options.skip_self_change {
                address_reuse(&facts, &mut marks);
                let reused = facts.outputs.iter().zip(&marks).filter(|(_, mark)| **mark);
                found.self_change.extend(reused.map(|(output, _)| (output.address, facts.number)));
            }
        }
    }
    Ok(found)
}

fn spends_from(facts: &Facts<'_>, addresses: &[AddrNum]) -> bool {
    !addresses.is_empty() && facts.inputs.iter().any(|input| addresses.binary_search(&input.address).is_ok())
}

pub(super) fn one_time(options: &OneTime, known: &Known, facts: &Facts<'_>, marks: &mut Vec<bool>) {
    let is_payment = |kind: Kind| kind != Kind::OpReturn;
    address_reuse(facts, marks);
    let mut none = marks.iter().any(|mark| *mark);
    marks.clear();
    marks.extend(facts.outputs.iter().map(|output| output.fresh && is_payment(output.kind)));
    none |= marks.iter().filter(|mark| **mark).count() != 1;
    let only = facts.outputs.iter().zip(&*marks).find(|(_, mark)| **mark).map(|(output, _)| output.address);
    if let (Some(wait), Some(address), false) = (options.wait, only, none) {
        none = known.paid_again[address.0 as usize] != NONE_32
            && known.paid_again[address.0 as usize] as u64 <= facts.time as u64 + wait as u64;
    }
    if options.skip_self_change && !none {
        let before = |address| known.self_change.get(&address).is_some_and(|first| *first < facts.number);
        none = facts.outputs.iter().any(|output| is_payment(output.kind) && before(output.address));
    }
    if none {
        marks.fill(false);
    }
}
