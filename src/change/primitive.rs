//! A change rule that is not made of others: what is told of it, and what it marks.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::chain::{Chain, Facts};
use crate::error::Result;

/// What is told of a rule, whatever its options. docs/rules.md has a line for each.
#[derive(Debug)]
pub struct Definition {
    pub name: &'static str,
    /// Raised when what the rule leaves changes.
    pub version: u32,
    /// Whether what it leaves may change when outputs are spent, or addresses paid, later.
    pub dynamic: bool,
    /// What it leaves of a transaction.
    pub leaves: &'static str,
    /// Where it comes from.
    pub source: &'static str,
    /// The rule with its default options, where it needs no others.
    pub default: Option<fn() -> Arc<dyn Primitive>>,
}

/// A rule with its options.
pub trait Primitive: Any + fmt::Debug + Send + Sync {
    fn definition(&self) -> &'static Definition;

    /// Marks the outputs of a transaction that it leaves, in place of what was in `marks`.
    fn mark(&self, chain: &Chain, facts: &Facts<'_>, marks: &mut Vec<bool>) -> Result<()>;

    /// What tells the rule from others of its name, in brackets; nothing where there is nothing to tell.
    fn options(&self) -> String {
        String::new()
    }

    /// The options by name, as the function of `satrail.change` that makes the rule takes them.
    fn arguments(&self) -> Value {
        json!({})
    }

    /// A digest of options that are too long for its text.
    fn digest(&self) -> Option<String> {
        None
    }

    fn is_dynamic(&self) -> bool {
        self.definition().dynamic
    }

    /// Whether it leaves data outputs, too, which are never spent and never the change.
    fn leaves_data(&self) -> bool {
        false
    }

    /// What tells the rule from all others: its name, version and digest; its text has the rest.
    fn identity(&self) -> String {
        let Definition { name, version, .. } = self.definition();
        self.digest().map_or(format!("{name} {version}"), |digest| format!("{name} {version} {digest}"))
    }

    fn equals(&self, other: &dyn Primitive) -> bool {
        self.definition().name == other.definition().name && self.arguments() == other.arguments()
    }

    /// A user's rule as what it chose as of the chain's height; None for all others.
    fn as_of(&self, _: &Chain) -> Result<Option<Arc<dyn Primitive>>> {
        Ok(None)
    }

    /// The rule with what it needs of the whole chain; None where it needs nothing.
    fn prepare(&self, _: &Chain, _threads: usize, _go_on: &mut dyn FnMut() -> bool) -> Result<Option<Arc<dyn Primitive>>> {
        Ok(None)
    }
}

/// A rule with its default options.
pub(super) fn default_of<P: Primitive + Default>() -> Arc<dyn Primitive> {
    Arc::new(P::default())
}

impl PartialEq for dyn Primitive {
    fn eq(&self, other: &dyn Primitive) -> bool {
        self.equals(other)
    }
}
