//! The warning that a payment may be a PayJoin: the payee adds a coin of his own, so that its inputs are of two owners.

use crate::shapes::look::Look;
use crate::shapes::record::{Go, Record};

/// A payment with an input that it did not need. A wallet that only pays leaves such a coin alone.
pub(super) fn payjoin_warning(look: &Look, record: &mut impl Record) -> Go {
    let facts = look.facts;
    record.at_least("inputs", look.inputs(), 2u64)?;
    record.exactly("outputs", look.outputs(), 2u64)?;
    record.exactly("data_outputs", look.data_outputs(), 0u64)?;
    let one_kind = facts.inputs.windows(2).all(|pair| pair[0].kind == pair[1].kind);
    record.holds("input_kinds", one_kind, "all of one kind")?;
    record.at_least("input_addresses", look.payers().distinct, 2u64)?;
    let values = || facts.inputs.iter().map(|input| input.value);
    let sum = values().fold(0, u64::saturating_add);
    let largest = facts.outputs.iter().map(|output| output.value).max().unwrap_or(0);
    let needed = largest.saturating_add(facts.fee.max(0) as u64);
    record.at_least("inputs_without_the_smallest", sum - values().min().unwrap_or(0), needed)
}
