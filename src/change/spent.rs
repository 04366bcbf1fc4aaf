//! Outputs that are spent: it drops what other rules leave only because it is unspent.

use crate::chain::{Chain, Facts};
use crate::change::marks::mark;
use crate::change::primitive::{Definition, Primitive, default_of};
use crate::error::Result;

/// Outputs that are spent.
#[derive(Clone, Copy, Debug, Default)]
pub struct Spent;

/// The line of the rule in docs/rules.md.
pub(super) static DEFINITION: Definition = Definition {
    name: "spent",
    version: 1,
    dynamic: true,
    leaves: "outputs that are spent; `rule & spent` drops what another rule leaves only because it is unspent",
    source: "",
    default: Some(default_of::<Spent>),
};

impl Primitive for Spent {
    fn definition(&self) -> &'static Definition {
        &DEFINITION
    }

    fn leaves_data(&self) -> bool {
        true
    }

    fn mark(&self, _: &Chain, facts: &Facts<'_>, marks: &mut Vec<bool>) -> Result<()> {
        mark(facts, marks, |output| output.spender.is_some());
        Ok(())
    }
}
