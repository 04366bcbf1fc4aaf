//! Rules that look at who spends an output. As of the chain's height: one that is unspent cannot be ruled out.

use crate::chain::{Chain, Facts, Feature, STEP, Shown};
use crate::change::around::{fee_rate, fee_rate_of};
use crate::error::Result;
use crate::ids::TxNum;

/// Marks the outputs that are unspent, or whose spender fits.
fn mark_by_spender(facts: &Facts<'_>, marks: &mut Vec<bool>, mut fits: impl FnMut(TxNum) -> Result<bool>) -> Result<()> {
    marks.clear();
    for output in facts.outputs {
        marks.push(output.spender.map_or(Ok(true), &mut fits)?);
    }
    Ok(())
}

pub(super) fn spent(facts: &Facts<'_>, marks: &mut Vec<bool>) {
    marks.clear();
    marks.extend(facts.outputs.iter().map(|output| output.spender.is_some()));
}

pub(super) fn locktime(chain: &Chain, facts: &Facts<'_>, marks: &mut Vec<bool>) -> Result<()> {
    let locktimes = &chain.columns().transactions_locktime;
    mark_by_spender(facts, marks, |spender| Ok((locktimes.get(spender.row())? > 0) == (facts.locktime > 0)))
}

pub(super) fn fixed_fee(chain: &Chain, facts: &Facts<'_>, marks: &mut Vec<bool>) -> Result<()> {
    let own = fee_rate(facts.fee, facts.weight);
    mark_by_spender(facts, marks, |spender| Ok(fee_rate_of(chain, spender)? == own))
}

pub(super) fn fingerprint(chain: &Chain, features: &[Feature], facts: &Facts<'_>, marks: &mut Vec<bool>) -> Result<()> {
    let own = Shown::of(facts);
    mark_by_spender(facts, marks, |spender| {
        let theirs = Shown::at(chain, spender)?;
        Ok(features.iter().all(|feature| feature.agrees(&own, &theirs)))
    })
}

/// A spender that looks like a step of the chain is one: the transaction before it, this one, looks like one, too.
pub(super) fn peeling(chain: &Chain, facts: &Facts<'_>, marks: &mut Vec<bool>) -> Result<()> {
    let ([input], [_, _]) = (facts.inputs, facts.outputs) else {
        marks.clear();
        marks.resize(facts.outputs.len(), false);
        return Ok(());
    };
    mark_by_spender(facts, marks, |spender| Ok(chain.size_of(spender)? == STEP))?;
    let goes_on = facts.outputs.iter().zip(&*marks).any(|(output, mark)| *mark && output.spender.is_some());
    if !goes_on && chain.size_of(chain.transaction_of(input.spends)?)? != STEP {
        marks.fill(false);
    }
    Ok(())
}
