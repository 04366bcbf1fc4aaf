//! No output: the rule that rules with options fall back to, and that others are held against.

use crate::chain::{Chain, Facts};
use crate::change::marks::mark;
use crate::change::primitive::{Definition, Primitive, default_of};
use crate::error::Result;

/// No output.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoOutput;

/// The line of the rule in docs/rules.md.
pub(super) static DEFINITION: Definition =
    Definition { name: "none", version: 1, dynamic: false, leaves: "nothing", source: "", default: Some(default_of::<NoOutput>) };

impl Primitive for NoOutput {
    fn definition(&self) -> &'static Definition {
        &DEFINITION
    }

    fn mark(&self, _: &Chain, facts: &Facts<'_>, marks: &mut Vec<bool>) -> Result<()> {
        mark(facts, marks, |_| false);
        Ok(())
    }
}
