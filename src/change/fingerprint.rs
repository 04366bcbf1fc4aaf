//! The change is spent by the software that made it.

use serde_json::{Value, json};

use crate::chain::{Chain, Facts, Feature, Shown};
use crate::change::marks::mark_by_spender;
use crate::change::primitive::{Definition, Primitive, default_of};
use crate::error::{Error, Result};

/// Unspent outputs, and those whose spender agrees in some features.
#[derive(Clone, Debug)]
pub struct SameSoftware {
    /// Ascending, each once.
    features: Vec<Feature>,
}

impl SameSoftware {
    /// Features are compared in one order, whatever the order in which they are named.
    pub fn new(mut features: Vec<Feature>) -> Result<SameSoftware> {
        if features.is_empty() {
            return Err(Error::Invalid { what: "no feature is given; give at least one".to_string() });
        }
        features.sort_unstable();
        features.dedup();
        Ok(SameSoftware { features })
    }

    fn names(&self) -> Vec<&'static str> {
        self.features.iter().map(|feature| feature.name()).collect()
    }
}

impl Default for SameSoftware {
    fn default() -> SameSoftware {
        SameSoftware { features: Feature::DEFAULT.to_vec() }
    }
}

/// The line of the rule in docs/rules.md.
pub(super) static DEFINITION: Definition = Definition {
    name: "fingerprint",
    version: 1,
    dynamic: true,
    leaves: "outputs that are unspent, or whose spender agrees in all features",
    source: "Kappos et al. 2022; Möser and Narayanan 2022",
    default: Some(default_of::<SameSoftware>),
};

impl Primitive for SameSoftware {
    fn definition(&self) -> &'static Definition {
        &DEFINITION
    }

    fn options(&self) -> String {
        format!("({})", self.names().join(", "))
    }

    fn arguments(&self) -> Value {
        json!({"features": self.names()})
    }

    fn mark(&self, chain: &Chain, facts: &Facts<'_>, marks: &mut Vec<bool>) -> Result<()> {
        let own = Shown::of(facts);
        mark_by_spender(facts, marks, |spender| {
            let theirs = Shown::at(chain, spender)?;
            Ok(self.features.iter().all(|feature| feature.agrees(&own, &theirs)))
        })
    }
}
