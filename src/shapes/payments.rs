//! Payments by their counts: many coins into one, one payer to many, and what goes back to the payer.

use crate::script::Kind;
use crate::shapes::look::Look;
use crate::shapes::record::{Found, Go, Record, Verdict};

/// Many coins become one. A payment without change looks the same.
pub(super) fn consolidation(look: &Look, record: &mut impl Record) -> Go {
    let thresholds = look.thresholds;
    record.at_least("inputs", look.inputs(), thresholds.consolidation_min_inputs)?;
    record.between("outputs", look.spendable(), 1u64, thresholds.consolidation_max_outputs)?;
    record.exactly("data_outputs", look.data_outputs(), 0u64)
}

/// One payer pays many.
pub(super) fn batch_payment(look: &Look, record: &mut impl Record) -> Go {
    let thresholds = look.thresholds;
    record.at_least("outputs", look.outputs(), thresholds.batch_min_outputs)?;
    record.at_least("inputs", look.inputs(), 1u64)?;
    record.at_least("spendable_outputs", look.spendable(), thresholds.batch_min_outputs)?;
    record.at_least("output_addresses", look.paid(), thresholds.batch_min_outputs)?;
    let each = look.inputs() as f64 / look.outputs().max(1) as f64;
    record.at_most("inputs_each", each, thresholds.batch_max_inputs_each)?;
    let joint = if record.settled() { Verdict::No } else { super::joint(look) };
    let passed = [Some(true), None, Some(false)][joint as usize];
    record.note("coinjoin", passed, || (Found::Text(joint.name()), "no".to_string()))
}

/// All goes back to where it came from. One output of the payer's own kind may do so too: whose it is cannot be seen.
pub(super) fn self_transfer(look: &Look, record: &mut impl Record) -> Go {
    let facts = look.facts;
    record.at_least("inputs", look.inputs(), 1u64)?;
    record.at_least("spendable_outputs", look.spendable(), 1u64)?;
    let mut paid = facts.outputs.iter().filter(|output| output.kind != Kind::OpReturn);
    let passed = match paid.clone().all(|output| facts.inputs.iter().any(|input| input.address == output.address)) {
        true => Some(true),
        false if look.spendable() == 1 => {
            let kind = paid.next().map(|output| output.kind);
            if facts.inputs.iter().all(|input| Some(input.kind) == kind) { None } else { Some(false) }
        }
        false => Some(false),
    };
    let told = || (passed.map_or(Found::Nothing, Found::Flag), "outputs to addresses of the inputs".to_string());
    record.note("pays_back", passed, told)
}
