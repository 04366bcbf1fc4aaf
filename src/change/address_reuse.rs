//! Self-change: what goes back to an address of the inputs.

use crate::chain::{Chain, Facts};
use crate::change::marks::mark;
use crate::change::primitive::{Definition, Primitive, default_of};
use crate::error::Result;

/// Outputs to an address that the transaction spends from.
#[derive(Clone, Copy, Debug, Default)]
pub struct AddressReuse;

/// The line of the rule in docs/rules.md.
pub(super) static DEFINITION: Definition = Definition {
    name: "address_reuse",
    version: 1,
    dynamic: false,
    leaves: "outputs to an address of the inputs",
    source: "Androulaki et al. 2013; Meiklejohn et al. 2013 (self-change)",
    default: Some(default_of::<AddressReuse>),
};

impl Primitive for AddressReuse {
    fn definition(&self) -> &'static Definition {
        &DEFINITION
    }

    fn mark(&self, _: &Chain, facts: &Facts<'_>, marks: &mut Vec<bool>) -> Result<()> {
        mark_reused(facts, marks);
        Ok(())
    }
}

pub(super) fn mark_reused(facts: &Facts<'_>, marks: &mut Vec<bool>) {
    let mut spent: Vec<_> = facts.inputs.iter().map(|input| input.address).collect();
    spent.sort_unstable();
    mark(facts, marks, |output| spent.binary_search(&output.address).is_ok());
}
