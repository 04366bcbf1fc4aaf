//! Outputs that somebody else chose: a model's table, or a function of the user's.

use sha2::{Digest, Sha256};

use crate::chain::Facts;
use crate::ids::{OutNum, hex};

/// A choice of outputs, with the name that it was given and a digest of what it chose.
#[derive(PartialEq, Eq, Debug)]
pub struct Given {
    name: String,
    /// Ascending.
    outputs: Vec<OutNum>,
    digest: String,
    dynamic: bool,
}

impl Given {
    /// `dynamic` says that on a longer chain the choice could be another one.
    pub fn new(name: String, mut outputs: Vec<OutNum>, dynamic: bool) -> Given {
        outputs.sort_unstable();
        outputs.dedup();
        let mut hash = Sha256::new();
        outputs.iter().for_each(|output| hash.update(output.0.to_le_bytes()));
        Given { name, outputs, digest: hex(&hash.finalize()), dynamic }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn outputs(&self) -> &[OutNum] {
        &self.outputs
    }

    /// SHA-256 over the numbers of the chosen outputs.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    pub(super) fn is_dynamic(&self) -> bool {
        self.dynamic
    }

    pub(super) fn mark(&self, facts: &Facts<'_>, marks: &mut Vec<bool>) {
        let first = facts.outputs.first().map_or(0, |output| output.number.0);
        let from = self.outputs.partition_point(|output| output.0 < first);
        marks.clear();
        marks.resize(facts.outputs.len(), false);
        let chosen = self.outputs[from..].iter().map(|output| (output.0 - first) as usize);
        chosen.take_while(|position| *position < facts.outputs.len()).for_each(|position| marks[position] = true);
    }
}
