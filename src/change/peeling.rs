//! The change of a peel chain goes on along it.

use crate::chain::{Chain, Facts, STEP};
use crate::change::marks::mark_by_spender;
use crate::change::primitive::{Definition, Primitive, default_of};
use crate::error::Result;

/// In a peel chain: unspent outputs, and those whose spender is of the chain, too.
#[derive(Clone, Copy, Debug, Default)]
pub struct Peeling;

/// The line of the rule in docs/rules.md.
pub(super) static DEFINITION: Definition = Definition {
    name: "peeling",
    version: 1,
    dynamic: true,
    leaves: "of a transaction in a peeling chain: unspent outputs, and those whose spender has one input and two outputs, too",
    source: "Meiklejohn et al. 2013; Kappos et al. 2022",
    default: Some(default_of::<Peeling>),
};

impl Primitive for Peeling {
    fn definition(&self) -> &'static Definition {
        &DEFINITION
    }

    /// A spender that looks like a step of the chain is one: the transaction before it, this one, looks like one, too.
    fn mark(&self, chain: &Chain, facts: &Facts<'_>, marks: &mut Vec<bool>) -> Result<()> {
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
}
