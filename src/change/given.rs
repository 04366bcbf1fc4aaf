//! Outputs that somebody else chose: a model's table, or a function of the user's.

use crate::chain::{Chain, Facts};
use crate::error::{Error, Result};
use crate::ids::{hash_text, hex};
use crate::sets::outputs::OutputSet;

/// Who chose.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source {
    /// A function of the user's; on a longer chain it could choose otherwise.
    Function,
    /// A table.
    Table,
}

impl Source {
    pub fn name(self) -> &'static str {
        match self {
            Source::Function => "function",
            Source::Table => "table",
        }
    }
}

/// A choice of outputs, with the name that it was given and a digest of what it chose.
#[derive(PartialEq, Eq, Debug)]
pub struct Given {
    source: Source,
    name: String,
    outputs: OutputSet,
    digest: String,
}

impl Given {
    pub fn new(source: Source, name: String, outputs: OutputSet) -> Given {
        let digest = hex(&outputs.digest());
        Given { source, name, outputs, digest }
    }

    pub fn source(&self) -> Source {
        self.source
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn outputs(&self) -> &OutputSet {
        &self.outputs
    }

    /// SHA-256 over the numbers of the chosen outputs, ascending, as 8 bytes each, the lowest byte first.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    pub(super) fn mark(&self, facts: &Facts<'_>, marks: &mut Vec<bool>) {
        marks.clear();
        marks.extend(facts.outputs.iter().map(|output| self.outputs.contains(output.number.0)));
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
        let outputs = chain.outputs_of(number)?;
        match *position < outputs.end - outputs.start {
            true => found.push(outputs.start + position),
            false => beyond.push(format!("{}:{position}", hash_text(txid))),
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
