//! A step of a peeling chain: one coin in, a payment and the rest out, and the same before or after it.

use crate::chain::{BlockFacts, Chain, STEP};
use crate::error::Result;
use crate::ids::{OutNum, TxNum};
use crate::shapes::around::Around;
use crate::shapes::look::Look;
use crate::shapes::record::{Found, Go, Record};

pub(super) fn peeling(look: &Look, around: &dyn Around, record: &mut impl Record) -> Go {
    record.exactly("inputs", look.inputs(), STEP.0)?;
    record.exactly("outputs", look.outputs(), STEP.1)?;
    record.exactly("data_outputs", look.data_outputs(), 0u64)?;
    let values = || look.facts.outputs.iter().map(|output| output.value);
    let (smallest, sum) = (values().min().unwrap_or(0), values().fold(0, u64::saturating_add));
    record.at_most("split_off", smallest as f64 / sum.max(1) as f64, look.thresholds.peeling_max_share)?;
    let next_to_another = if record.settled() { None } else { next_to_another(look, around)? };
    let told = || (next_to_another.map_or(Found::Nothing, Found::Flag), "a neighbour with one input and two outputs".to_string());
    record.note("neighbour", next_to_another, told)
}

/// Whether the transaction before it, or one that spends from it, has the same counts; none while an output is unspent.
fn next_to_another(look: &Look, around: &dyn Around) -> Result<Option<bool>> {
    let spends = look.facts.inputs.first().map_or(OutNum(0), |input| input.spends);
    let before = around.maker_size(spends)?;
    if before == Some(STEP) {
        return Ok(Some(true));
    }
    let mut all_spent = around.knows_spends();
    for output in look.facts.outputs {
        match output.spender {
            Some(spender) if around.size(spender)? == Some(STEP) => return Ok(Some(true)),
            Some(_) => {}
            None => all_spent = false,
        }
    }
    Ok(all_spent.then_some(false))
}

/// Asks for what is looked at around the transactions of a block that may be steps.
pub(super) fn prefetch_neighbours(chain: &Chain, block: &BlockFacts) -> Result<()> {
    let steps = || block.transactions().filter(|facts| (facts.inputs.len() as u64, facts.outputs.len() as u64) == STEP);
    let spends: Vec<OutNum> = steps().map(|facts| facts.inputs[0].spends).collect();
    let spenders: Vec<TxNum> = steps().flat_map(|facts| facts.outputs).filter_map(|output| output.spender).collect();
    chain.prefetch_sizes(&spends, &spenders)
}
