//! Outputs that somebody else chose: a function of the user's, or a model's table.

use std::any::Any;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

use crate::chain::{Chain, Facts};
use crate::change::marks::mark;
use crate::change::primitive::{Definition, Primitive};
use crate::error::Result;
use crate::ids::hex;
use crate::sets::outputs::OutputSet;

/// Who chooses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ChosenBy {
    /// A function of the user's; on a longer chain it could choose otherwise.
    Function,
    /// A table.
    Table,
}

/// The lines of the rules in docs/rules.md.
pub(super) static FUNCTION: Definition =
    Definition { name: "function", version: 1, dynamic: true, leaves: "what a user's function marks", source: "", default: None };
pub(super) static TABLE: Definition =
    Definition { name: "table", version: 1, dynamic: false, leaves: "what a user's table names", source: "", default: None };

impl ChosenBy {
    fn definition(self) -> &'static Definition {
        match self {
            ChosenBy::Function => &FUNCTION,
            ChosenBy::Table => &TABLE,
        }
    }
}

/// Somebody who chooses outputs of a chain.
pub trait Chooser: Any + fmt::Debug + Send + Sync {
    fn source(&self) -> ChosenBy;

    /// The name that the choice was given.
    fn name(&self) -> &str;

    /// The outputs that are chosen as of the chain's height. It may ask rules itself, also the one that it is of.
    fn choose(&self, chain: &Chain) -> Result<OutputSet>;

    fn equals(&self, other: &dyn Chooser) -> bool;

    /// What makes it besides the name, by name, as far as JSON can say it.
    fn arguments(&self) -> Value {
        json!({})
    }
}

/// A rule that leaves what somebody chooses, who is asked once for each chain and height.
#[derive(Debug)]
pub struct UserRule {
    chooser: Arc<dyn Chooser>,
    /// What was chosen last, with the hash of the tip of the chain that it was chosen of.
    known: Mutex<Option<([u8; 32], Arc<Choice>)>>,
}

impl UserRule {
    pub fn new(chooser: Arc<dyn Chooser>) -> UserRule {
        UserRule { chooser, known: Mutex::default() }
    }

    pub fn chooser(&self) -> &dyn Chooser {
        &*self.chooser
    }

    fn answer(&self, chain: &Chain) -> Result<Arc<Choice>> {
        let locked = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let tip = chain.tip().hash()?;
        if let Some((_, given)) = locked().as_ref().filter(|(of, _)| *of == tip) {
            return Ok(given.clone());
        }
        // Not locked meanwhile: a user's function may use the rule itself.
        let chosen = self.chooser.choose(chain)?;
        let given = Arc::new(Choice::new(self.chooser.source(), self.chooser.name().to_string(), chosen));
        *locked() = Some((tip, given.clone()));
        Ok(given)
    }
}

impl Primitive for UserRule {
    fn definition(&self) -> &'static Definition {
        self.chooser.source().definition()
    }

    fn options(&self) -> String {
        format!("({:?})", self.chooser.name())
    }

    fn arguments(&self) -> Value {
        let mut arguments = self.chooser.arguments();
        arguments["name"] = json!(self.chooser.name());
        arguments
    }

    fn equals(&self, other: &dyn Primitive) -> bool {
        let other = (other as &dyn Any).downcast_ref::<UserRule>();
        other.is_some_and(|other| self.chooser.name() == other.chooser.name() && self.chooser.equals(&*other.chooser))
    }

    fn as_of(&self, chain: &Chain) -> Result<Option<Arc<dyn Primitive>>> {
        Ok(Some(self.answer(chain)?))
    }

    fn mark(&self, chain: &Chain, facts: &Facts<'_>, marks: &mut Vec<bool>) -> Result<()> {
        self.answer(chain)?.mark(chain, facts, marks)
    }
}

/// A choice of outputs, with the name that it was given and a digest of what was chosen.
#[derive(Debug)]
pub struct Choice {
    source: ChosenBy,
    name: String,
    outputs: OutputSet,
    digest: String,
}

impl Choice {
    pub fn new(source: ChosenBy, name: String, outputs: OutputSet) -> Choice {
        let digest = hex(&outputs.digest());
        Choice { source, name, outputs, digest }
    }

    pub fn source(&self) -> ChosenBy {
        self.source
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn outputs(&self) -> &OutputSet {
        &self.outputs
    }
}

impl Primitive for Choice {
    fn definition(&self) -> &'static Definition {
        self.source.definition()
    }

    fn options(&self) -> String {
        format!("({:?})", self.name)
    }

    fn arguments(&self) -> Value {
        json!({"name": self.name, "digest": self.digest})
    }

    /// SHA-256 over the numbers of the chosen outputs, ascending, as 8 bytes each, the lowest byte first.
    fn digest(&self) -> Option<String> {
        Some(self.digest.clone())
    }

    /// What was chosen tells it from all others, by whatever version.
    fn identity(&self) -> String {
        format!("{} {}", self.definition().name, self.digest)
    }

    fn mark(&self, _: &Chain, facts: &Facts<'_>, marks: &mut Vec<bool>) -> Result<()> {
        mark(facts, marks, |output| self.outputs.contains(output.number.0));
        Ok(())
    }
}
