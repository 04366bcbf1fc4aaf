//! Who spends an output, seen from the outputs: nobody who does not, and the coins that were lost are the ones that must be.
//! (That every input's output knows its spender is seen when the transactions are gone through.)

use crate::error::Result;
use crate::ids::NONE_32;
use crate::store::names::DIRTY;
use crate::store::{Columns, Counts, Store};
use crate::verify::files::commit_of;
use crate::verify::inspection::Inspection;

pub fn spenders(store: &Store, inspection: &mut Inspection<'_>) -> Result<()> {
    inspection.begin("spenders", store.counts().outputs);
    let mut check = Spenders { store, columns: &store.columns, counts: store.counts(), inspection };
    let lost = check.lost_coins()?;
    let found = check.count()?;
    // Every block has one input that spends nothing, its coinbase's.
    let expected = check.counts.inputs - check.counts.blocks + lost;
    if found != expected && !check.find_the_wrong_ones()? {
        check.inspection.problem("outputs.spender", None, format_args!("{found} outputs have ended, and {expected} must have"));
    }
    inspection.end();
    Ok(())
}

struct Spenders<'a, 'b> {
    store: &'a Store,
    columns: &'a Columns,
    counts: &'a Counts,
    inspection: &'a mut Inspection<'b>,
}

impl Spenders<'_, '_> {
    /// Counts the coins that ended without being spent: the genesis block's, and those of a transaction whose id came again.
    fn lost_coins(&mut self) -> Result<u64> {
        let genesis = if self.counts.blocks == 0 { 0 } else { self.columns.blocks_transactions_end.value(0) as u64 };
        let mut lost = if genesis == 0 { 0 } else { self.columns.transactions_outputs_end.value(genesis - 1).0 };
        for output in 0..lost {
            if self.columns.outputs_spender.value(output) != 0 {
                self.inspection.problem("outputs.spender", output, "is of the genesis block, and must be 0");
            }
        }
        for (later, earlier) in self.store.manifest.duplicates.clone() {
            if earlier >= later || later as u64 >= self.counts.transactions {
                self.inspection.problem("manifest", None, format_args!("names transaction {later} as the duplicate of {earlier}"));
                continue;
            }
            for output in self.columns.transactions_outputs_end.part(earlier as u64, self.counts.outputs)? {
                let spender = self.columns.outputs_spender.value(output);
                lost += (spender == later) as u64;
                if spender > later {
                    self.inspection.problem(
                        "outputs.spender",
                        output,
                        format_args!("must be {later}, which replaced it, or earlier"),
                    );
                }
            }
        }
        Ok(lost)
    }

    /// Counts the outputs that have ended. What a writer has marked beyond the commit is none, but only while there is a writer or
    /// after it was killed.
    fn count(&mut self) -> Result<u64> {
        let (mut found, mut beyond) = (0, None);
        for output in 0..self.counts.outputs {
            self.inspection.at(output)?;
            let spender = self.columns.outputs_spender.value(output);
            if (spender as u64) < self.counts.transactions {
                found += 1;
            } else if spender != NONE_32 {
                beyond = beyond.or(Some((output, spender)));
            }
        }
        if let Some((output, spender)) = beyond.filter(|_| is_at_rest(self.store)) {
            self.inspection.problem(
                "outputs.spender",
                output,
                format_args!("is {spender}, beyond the last transaction, and nobody writes"),
            );
        }
        Ok(found)
    }

    /// Looks for every output whether its spender has an input that spends it.
    fn find_the_wrong_ones(&mut self) -> Result<bool> {
        let before = self.inspection.problems();
        for output in 0..self.counts.outputs {
            self.inspection.at(output)?;
            let spender = self.columns.outputs_spender.value(output);
            if (spender as u64) < self.counts.transactions
                && !self.is_spent_by(output, spender)?
                && !self.is_lost(output, spender)?
            {
                self.inspection.problem("outputs.spender", output, format_args!("is {spender}, which does not spend it"));
            }
        }
        Ok(self.inspection.problems() > before)
    }

    fn is_spent_by(&self, output: u64, spender: u32) -> Result<bool> {
        let mut inputs = self.columns.transactions_inputs_end.part(spender as u64, self.counts.inputs)?;
        Ok(inputs.any(|input| self.columns.inputs_spends.value(input).0 == output))
    }

    fn is_lost(&self, output: u64, spender: u32) -> Result<bool> {
        let genesis = self.columns.blocks_transactions_end.value(0) as u64;
        if spender == 0 && output < self.columns.transactions_outputs_end.value(genesis - 1).0 {
            return Ok(true);
        }
        for (later, earlier) in &self.store.manifest.duplicates {
            let replaced = *later == spender && earlier < later;
            if replaced && self.columns.transactions_outputs_end.part(*earlier as u64, self.counts.outputs)?.contains(&output) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Whether no writer is at work or was killed at it, so that no row may point beyond the commit.
pub fn is_at_rest(store: &Store) -> bool {
    !store.folder().join(DIRTY).exists() && commit_of(store.folder()) == Some(store.manifest.commit)
}
