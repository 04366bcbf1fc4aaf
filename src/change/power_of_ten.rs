//! What is paid is often round.

use serde_json::{Value, json};

use crate::chain::{Chain, Facts};
use crate::change::marks::mark;
use crate::change::primitive::{Definition, Primitive, default_of};
use crate::error::Result;

/// Values that are not a multiple of 10 to the `digits` satoshi.
#[derive(Clone, Copy, Debug)]
pub struct PowerOfTen {
    pub digits: u32,
}

impl Default for PowerOfTen {
    fn default() -> PowerOfTen {
        PowerOfTen { digits: 6 }
    }
}

/// The line of the rule in docs/rules.md.
pub(super) static DEFINITION: Definition = Definition {
    name: "power_of_ten",
    version: 1,
    dynamic: false,
    leaves: "values that are not a multiple of 10 to the `digits` satoshi; 0 is a multiple",
    source: "practice",
    default: Some(default_of::<PowerOfTen>),
};

impl Primitive for PowerOfTen {
    fn definition(&self) -> &'static Definition {
        &DEFINITION
    }

    fn options(&self) -> String {
        format!("(digits={})", self.digits)
    }

    fn arguments(&self) -> Value {
        json!({"digits": self.digits})
    }

    fn mark(&self, _: &Chain, facts: &Facts<'_>, marks: &mut Vec<bool>) -> Result<()> {
        // More digits than any amount has: only nothing is round.
        let unit = 10u64.checked_pow(self.digits).unwrap_or(u64::MAX);
        mark(facts, marks, |output| output.value % unit != 0);
        Ok(())
    }
}
