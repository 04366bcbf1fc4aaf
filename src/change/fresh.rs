//! Shadow addresses: wallets make a new address for change.

use crate::chain::{Chain, Facts};
use crate::change::marks::mark;
use crate::change::primitive::{Definition, Primitive, default_of};
use crate::error::Result;

/// Outputs to an address that appears in the chain for the first time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Fresh;

/// The line of the rule in docs/rules.md.
pub(super) static DEFINITION: Definition = Definition {
    name: "fresh",
    version: 1,
    dynamic: false,
    leaves: "outputs to an address (output script) that appears in the chain for the first time in this transaction",
    source: "Androulaki et al. 2013 (shadow addresses)",
    default: Some(default_of::<Fresh>),
};

impl Primitive for Fresh {
    fn definition(&self) -> &'static Definition {
        &DEFINITION
    }

    fn mark(&self, _: &Chain, facts: &Facts<'_>, marks: &mut Vec<bool>) -> Result<()> {
        mark(facts, marks, |output| output.fresh);
        Ok(())
    }
}
