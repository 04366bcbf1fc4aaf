//! CoinJoins of equal outputs in general: several people, of whom each gets one output of the same amount and at most one change.

use crate::shapes::look::Look;
use crate::shapes::record::{Found, Go, Record};
use crate::shapes::wasabi;

pub(super) fn equal_output_coinjoin(look: &Look, record: &mut impl Record) -> Go {
    let thresholds = look.thresholds;
    record.at_least("inputs", look.inputs(), thresholds.min_inputs)?;
    record.at_least("outputs", look.outputs(), 3u64)?;
    record.at_least("equal_outputs", look.denomination().count, thresholds.min_participants)?;
    record.at_least("denomination", look.denomination().value, thresholds.min_denomination)?;
    record.exactly("data_outputs", look.data_outputs(), 0u64)?;
    at_most_one_change_each(look, record)?;
    record.at_least("input_addresses", look.payers().distinct, look.denomination().count)?;
    record.exactly("output_addresses", look.paid(), look.outputs())?;
    value_assignment(look, record)
}

/// CoinJoins as JoinMarket makes them: as above, with change, and not one of Wasabi.
pub(super) fn joinmarket(look: &Look, record: &mut impl Record) -> Go {
    let thresholds = look.thresholds;
    record.at_least("outputs", look.outputs(), 3u64)?;
    record.at_least("inputs", look.inputs(), thresholds.min_participants)?;
    record.at_least("equal_outputs", look.denomination().count, thresholds.min_participants)?;
    record.at_least("denomination", look.denomination().value, thresholds.min_denomination)?;
    at_most_one_change_each(look, record)?;
    record.at_least("change_outputs", look.outputs() - look.denomination().count, 1u64)?;
    record.exactly("data_outputs", look.data_outputs(), 0u64)?;
    record.at_least("input_addresses", look.payers().distinct, look.denomination().count)?;
    record.exactly("output_addresses", look.paid(), look.outputs())?;
    let large = look.inputs() as u64 >= thresholds.joinmarket_large;
    let each = |count: usize| count as f64 / look.denomination().count.max(1) as f64;
    let most = if large { thresholds.joinmarket_max_inputs_each } else { f64::INFINITY };
    record.at_most("inputs_each", each(look.inputs()), most)?;
    let least = if large { thresholds.joinmarket_min_outputs_each } else { 0.0 };
    record.at_least("outputs_each", each(look.outputs()), least)?;
    record.holds("not_wasabi", !wasabi::is_wasabi_1(look), "no Wasabi 1 transaction")?;
    value_assignment(look, record)
}

fn at_most_one_change_each(look: &Look, record: &mut impl Record) -> Go {
    record.at_most("other_outputs", look.spendable().saturating_sub(look.denomination().count), look.denomination().count)
}

/// The last word: whether the inputs of each address can be given to participants so that each covers his outputs.
fn value_assignment(look: &Look, record: &mut impl Record) -> Go {
    let found = if record.settled() { None } else { look.shares().known() };
    let told = || (found.map_or(Found::Nothing, Found::Flag), "inputs that cover each participant's outputs".to_string());
    record.note("value_assignment", found, told)
}
