//! Going back: rows are forgotten, with the marks that they left on earlier ones.

use crate::error::{Error, Result};
use crate::ids::NONE_32;
use crate::store::columns::{Columns, Counts, SPECS, file_name};
use crate::store::lock;
use crate::store::manifest::Manifest;
use crate::store::postings::RunEntry;
use crate::store::reader::counts_at;
use crate::store::writer::Writer;

impl Writer {
    /// Forgets all rows beyond `counts`, with the marks that the forgotten transactions left on earlier outputs and addresses.
    pub fn truncate(&mut self, counts: &Counts) {
        let now = self.counts();
        let columns = &mut self.columns;
        for input in counts.inputs..now.inputs {
            let output = columns.inputs_spends.value(input).0;
            if output < counts.outputs && columns.outputs_spender.value(output) as u64 >= counts.transactions {
                columns.outputs_spender.set(output, NONE_32);
            }
        }
        for reveal in counts.reveals..now.reveals {
            let address = columns.reveals_address.value(reveal) as u64;
            if address < counts.addresses {
                columns.addresses_reveal.set(address, NONE_32);
            }
        }
        let gone = |later: u32| later as u64 >= counts.transactions;
        for (later, earlier) in std::mem::take(&mut self.manifest.duplicates) {
            if !gone(later) {
                self.manifest.duplicates.push((later, earlier));
            } else if (earlier as u64) < counts.transactions {
                for output in outputs_of_transaction(columns, earlier) {
                    if gone(columns.outputs_spender.value(output)) {
                        columns.outputs_spender.set(output, NONE_32);
                    }
                }
            }
        }
        for (spec, column) in SPECS.iter().zip(columns.all_mut()) {
            column.truncate(counts.of(spec.count));
        }
    }

    /// Takes the chain back to so many blocks, and commits that. While readers look at later rows these stay as they are, and the
    /// rows that remain are copied to files of a new generation.
    pub fn roll_back(&mut self, blocks: u64) -> Result<()> {
        self.commit()?;
        let counts = counts_at(&self.columns, blocks)?;
        match lock::without_readers(&self.folder) {
            Some(_no_readers) => {
                // Readers that open from here on see the shorter chain; only then are marks of the longer one removed.
                let before = self.manifest.clone();
                self.forget_runs(&counts);
                self.commit_counts(counts, &before)?;
                self.truncate(&counts);
                Ok(())
            }
            None => {
                self.next_generation(&counts)?;
                self.forget_runs(&counts);
                self.truncate(&counts);
                self.commit()
            }
        }
    }

    /// A manifest with fewer rows than the columns hold.
    fn commit_counts(&mut self, counts: Counts, before: &Manifest) -> Result<()> {
        let mut shorter = before.clone();
        shorter.runs = self.manifest.runs.clone();
        shorter.duplicates.retain(|(later, _)| (*later as u64) < counts.transactions);
        shorter.counts = counts;
        shorter.commit += 1;
        let now = self.counts();
        for (spec, column) in SPECS.iter().zip(self.columns.all_mut()) {
            column.truncate(counts.of(spec.count));
        }
        shorter.checksums = self.write_checksums(shorter.commit)?;
        shorter.replace(&self.folder)?;
        self.manifest = Manifest { duplicates: std::mem::take(&mut self.manifest.duplicates), ..shorter };
        // The forgotten rows are looked at once more, for the marks that they left.
        self.columns = Columns::write(&self.folder, self.manifest.generation, &now)?;
        self.remove_obsolete();
        Ok(())
    }

    fn forget_runs(&mut self, counts: &Counts) {
        let (kept, gone): (Vec<RunEntry>, Vec<RunEntry>) =
            self.manifest.runs.drain(..).partition(|run| run.outputs.start < counts.outputs);
        self.obsolete.extend(gone.iter().map(|run| self.folder.join(&run.file)));
        self.manifest.runs = kept;
        for run in &mut self.manifest.runs {
            run.valid_below = run.valid_below.min(counts.outputs);
        }
    }

    /// Copies the columns' files under the next generation's names and goes on with those.
    fn next_generation(&mut self, counts: &Counts) -> Result<()> {
        let now = self.counts();
        let old = self.manifest.generation;
        let files = |generation| SPECS.iter().map(|spec| self.folder.join(file_name(spec.name, generation))).collect::<Vec<_>>();
        let (from, to) = (files(old), files(old + 1));
        let mut copies = from.iter().zip(&to);
        let copied = copies.try_for_each(|(from, to)| std::fs::copy(from, to).map(drop).map_err(Error::io("copy", to)));
        copied.inspect_err(|_| to.iter().for_each(|copy| _ = std::fs::remove_file(copy)))?;
        self.columns = Columns::write(&self.folder, old + 1, &now)?;
        self.manifest.generation = old + 1;
        self.obsolete.extend(from);
        self.checked = *counts;
        Ok(())
    }
}

/// The outputs of a transaction.
pub fn outputs_of_transaction(columns: &Columns, tx: u32) -> std::ops::Range<u64> {
    let end = |tx: u64| columns.transactions_outputs_end.value(tx).0;
    (if tx == 0 { 0 } else { end(tx as u64 - 1) })..end(tx as u64)
}
