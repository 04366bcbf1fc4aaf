//! A model's table of outputs.

use std::any::Any;

use serde_json::{Value, json};

use crate::chain::Chain;
use crate::change::given::{Chooser, ChosenBy};
use crate::error::{Error, Result};
use crate::ids::hash_text;
use crate::sets::outputs::OutputSet;

/// The outputs that the rows of a table name.
#[derive(Debug)]
pub struct NamedOutputs {
    pub name: String,
    /// Transaction id and position.
    pub outputs: Vec<([u8; 32], u64)>,
}

impl Chooser for NamedOutputs {
    fn source(&self) -> ChosenBy {
        ChosenBy::Table
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn choose(&self, chain: &Chain) -> Result<OutputSet> {
        outputs_of_rows(chain, &self.name, &self.outputs)
    }

    fn equals(&self, other: &dyn Chooser) -> bool {
        (other as &dyn Any).downcast_ref::<NamedOutputs>().is_some_and(|other| self.outputs == other.outputs)
    }

    fn arguments(&self) -> Value {
        let outputs: Vec<_> = self.outputs.iter().map(|(txid, position)| (hash_text(txid), position)).collect();
        json!({"outputs": outputs})
    }
}

/// Rows that are named when they cannot be found.
const NAMED: usize = 3;

/// The outputs that the rows of a table name: (transaction id, position).
pub fn outputs_of_rows(chain: &Chain, name: &str, rows: &[([u8; 32], u64)]) -> Result<OutputSet> {
    let (mut found, mut unknown, mut beyond) = (Vec::with_capacity(rows.len()), Vec::new(), Vec::new());
    for (txid, position) in rows {
        let Some(number) = chain.store().find_transaction(txid, chain.counts().transactions) else {
            unknown.push(hash_text(txid));
            continue;
        };
        match chain.outputs_of(number)?.at(*position) {
            Some(output) => found.push(output.0),
            None => beyond.push(format!("{}:{position}", hash_text(txid))),
        }
    }
    let wrong = |what: &str, which: &[String]| {
        let (first, more) = (which[..which.len().min(NAMED)].join(", "), if which.len() > NAMED { ", ..." } else { "" });
        let what =
            format!("{} of {} rows of the table {name:?} have {what}: {first}{more}; take them out", which.len(), rows.len());
        Err(Error::Invalid { what })
    };
    if !unknown.is_empty() {
        return wrong(&format!("a transaction that is not in the chain up to height {}", chain.height()), &unknown);
    }
    match beyond.is_empty() {
        true => Ok(OutputSet::of(found)),
        false => wrong("a position that their transaction does not have", &beyond),
    }
}
