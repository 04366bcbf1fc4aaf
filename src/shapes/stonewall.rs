//! Stonewall: a payment that one wallet makes look like a CoinJoin of two.

use crate::script::Kind;
use crate::shapes::assignment::{Answer, Search};
use crate::shapes::look::{Amount, Look};
use crate::shapes::record::{Found, Go, Record};

pub(super) fn stonewall(look: &Look, record: &mut impl Record) -> Go {
    record.at_least("inputs", look.inputs(), 2u64)?;
    record.between("outputs", look.outputs(), 3u64, 4u64)?;
    let amounts = look.amounts();
    let pair = amounts.iter().find(|amount| amount.count == 2).copied().unwrap_or(Amount { value: 0, count: 0 });
    // Of three or four outputs two are equal, and the others differ from them and from each other.
    record.exactly("amounts", amounts.len(), look.outputs().saturating_sub(1))?;
    record.at_least("pair", pair.value, look.thresholds.stonewall_min_value)?;
    record.exactly("output_addresses", look.paid(), look.outputs())?;
    record.exactly("data_outputs", look.data_outputs(), 0u64)?;
    let found = if record.settled() { None } else { divide(look, pair).known() };
    let told = || (found.map_or(Found::Nothing, Found::Flag), "inputs that cover both halves".to_string());
    record.note("value_assignment", found, told)
}

/// Whether the addresses that pay can be divided in two, each of which covers one of the equal outputs and its change.
fn divide(look: &Look, pair: Amount) -> Answer {
    let others = look.facts.outputs.iter().filter(|output| output.value != pair.value && output.kind != Kind::OpReturn);
    let mut goals: Vec<u64> = others.map(|output| pair.value.saturating_add(output.value)).collect();
    goals.resize(2, pair.value);
    let slack = look.thresholds.fee_slack;
    let goals = goals.into_iter().map(|goal| goal.saturating_sub(slack)).collect();
    Search::new(look.by_payer(), goals, look.thresholds.search_budget).run()
}
