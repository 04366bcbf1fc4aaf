//! Rules that look at the transaction alone: amounts, and the addresses of inputs and outputs.

use crate::chain::{Facts, OutputFacts};

/// Marks the outputs for which `fits` says so.
pub(super) fn mark(facts: &Facts<'_>, marks: &mut Vec<bool>, fits: impl FnMut(&OutputFacts) -> bool) {
    marks.clear();
    marks.extend(facts.outputs.iter().map(fits));
}

pub(super) fn power_of_ten(facts: &Facts<'_>, digits: u32, marks: &mut Vec<bool>) {
    // More digits than any amount has: only nothing is round.
    let unit = 10u64.checked_pow(digits).unwrap_or(u64::MAX);
    mark(facts, marks, |output| output.value % unit != 0);
}

pub(super) fn optimal(facts: &Facts<'_>, with_fee: bool, marks: &mut Vec<bool>) {
    let smallest = facts.inputs.iter().map(|input| input.value).min().unwrap_or(0);
    let extra = if with_fee { facts.fee } else { 0 };
    mark(facts, marks, |output| (output.value as i64).saturating_add(extra) < smallest as i64);
}

pub(super) fn address_type(facts: &Facts<'_>, marks: &mut Vec<bool>) {
    let kind = facts.inputs.first().map(|input| input.kind);
    let one = facts.inputs.iter().all(|input| Some(input.kind) == kind);
    mark(facts, marks, |output| one && Some(output.kind) == kind);
}

pub(super) fn address_reuse(facts: &Facts<'_>, marks: &mut Vec<bool>) {
    let mut spent: Vec<_> = facts.inputs.iter().map(|input| input.address).collect();
    spent.sort_unstable();
    mark(facts, marks, |output| spent.binary_search(&output.address).is_ok());
}

pub(super) fn fresh(facts: &Facts<'_>, marks: &mut Vec<bool>) {
    mark(facts, marks, |output| output.fresh);
}
