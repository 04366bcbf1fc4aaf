//! Wallets mostly keep to one kind of address.

use crate::chain::{Chain, Facts};
use crate::change::marks::mark;
use crate::change::primitive::{Definition, Primitive, default_of};
use crate::error::Result;

/// Outputs of the inputs' kind of address, where they are all of one.
#[derive(Clone, Copy, Debug, Default)]
pub struct AddressType;

/// The line of the rule in docs/rules.md.
pub(super) static DEFINITION: Definition = Definition {
    name: "address_type",
    version: 1,
    dynamic: false,
    leaves: "outputs of the inputs' kind, if the inputs are all of one; else nothing",
    source: "practice",
    default: Some(default_of::<AddressType>),
};

impl Primitive for AddressType {
    fn definition(&self) -> &'static Definition {
        &DEFINITION
    }

    fn mark(&self, _: &Chain, facts: &Facts<'_>, marks: &mut Vec<bool>) -> Result<()> {
        let kind = facts.inputs.first().map(|input| input.kind);
        let one = facts.inputs.iter().all(|input| Some(input.kind) == kind);
        mark(facts, marks, |output| one && Some(output.kind) == kind);
        Ok(())
    }
}
