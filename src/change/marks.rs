//! Marking the outputs of a transaction.

use crate::chain::{Facts, OutputFacts};
use crate::error::Result;
use crate::ids::TxNum;

/// Marks the outputs for which `fits` says so.
pub(super) fn mark(facts: &Facts<'_>, marks: &mut Vec<bool>, fits: impl FnMut(&OutputFacts) -> bool) {
    marks.clear();
    marks.extend(facts.outputs.iter().map(fits));
}

/// Marks the outputs that are unspent, or whose spender fits. As of the chain's height, what is unspent cannot be ruled out.
pub(super) fn mark_by_spender(facts: &Facts<'_>, marks: &mut Vec<bool>, mut fits: impl FnMut(TxNum) -> Result<bool>) -> Result<()> {
    marks.clear();
    for output in facts.outputs {
        marks.push(output.spender.map_or(Ok(true), &mut fits)?);
    }
    Ok(())
}
