//! Optimal change: with a change above the smallest input, that input would not have been needed.

use serde_json::{Value, json};

use crate::chain::{Chain, Facts};
use crate::change::marks::mark;
use crate::change::primitive::{Definition, Primitive, default_of};
use crate::error::Result;

/// Values below the smallest input.
#[derive(Clone, Copy, Debug, Default)]
pub struct Optimal {
    /// Whether the fee counts as part of the value.
    pub with_fee: bool,
}

/// The line of the rule in docs/rules.md.
pub(super) static DEFINITION: Definition = Definition {
    name: "optimal",
    version: 1,
    dynamic: false,
    leaves: "values below the smallest input's; with `with_fee`, values that are below it with the transaction's fee on top",
    source: "Nick 2015 (optimal change)",
    default: Some(default_of::<Optimal>),
};

impl Primitive for Optimal {
    fn definition(&self) -> &'static Definition {
        &DEFINITION
    }

    fn options(&self) -> String {
        if self.with_fee { "(with_fee=True)".to_string() } else { String::new() }
    }

    fn arguments(&self) -> Value {
        json!({"with_fee": self.with_fee})
    }

    fn mark(&self, _: &Chain, facts: &Facts<'_>, marks: &mut Vec<bool>) -> Result<()> {
        let smallest = facts.inputs.iter().map(|input| input.value).min().unwrap_or(0);
        let extra = if self.with_fee { facts.fee } else { 0 };
        mark(facts, marks, |output| (output.value as i64).saturating_add(extra) < smallest as i64);
        Ok(())
    }
}
