//! A wallet sets a locktime always or never.

use crate::chain::{Chain, Facts, Feature, Shown};
use crate::change::marks::mark_by_spender;
use crate::change::primitive::{Definition, Primitive, default_of};
use crate::error::Result;

/// Unspent outputs, and those whose spender has a locktime if this transaction has one, and none if it has none.
#[derive(Clone, Copy, Debug, Default)]
pub struct Locktime;

/// The line of the rule in docs/rules.md.
pub(super) static DEFINITION: Definition = Definition {
    name: "locktime",
    version: 1,
    dynamic: true,
    leaves: "outputs that are unspent, or whose spender has a locktime if this transaction has one, and none if it has none",
    source: "practice",
    default: Some(default_of::<Locktime>),
};

impl Primitive for Locktime {
    fn definition(&self) -> &'static Definition {
        &DEFINITION
    }

    fn mark(&self, chain: &Chain, facts: &Facts<'_>, marks: &mut Vec<bool>) -> Result<()> {
        let own = Shown::of(facts);
        mark_by_spender(facts, marks, |spender| Ok(Feature::Locktime.agrees(&own, &Shown::at(chain, spender)?)))
    }
}
