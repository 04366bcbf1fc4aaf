//! The postings: every output stands once among those of its address. Outputs behind the last run are looked for in their column,
//! so they need none.

use std::ops::Range;

use crate::error::Result;
use crate::store::postings::PostingRun;
use crate::store::{Column, Store};
use crate::verify::inspection::Inspection;

/// Outputs ahead, whose addresses are asked for.
const AHEAD: u64 = 32;

pub fn postings(store: &Store, inspection: &mut Inspection<'_>) -> Result<()> {
    inspection.begin("postings", store.runs.iter().map(|run| run.counts().1).sum());
    if are_in_order(store, inspection) {
        let mut done = 0;
        for run in &store.runs {
            let mut check =
                RunCheck { run, addresses: &store.columns.outputs_address, last: None, posts: 0..0, believed: 0, done, inspection };
            check.run()?;
            done = check.done;
        }
    }
    inspection.end();
    Ok(())
}

/// Whether each run begins where the one before it ends to be believed, the last no later than the outputs.
fn are_in_order(store: &Store, inspection: &mut Inspection<'_>) -> bool {
    let mut begin = 0;
    for entry in store.runs.iter().map(|run| run.entry()) {
        if entry.outputs.start != begin || !(begin..=entry.outputs.end).contains(&entry.valid_below) {
            inspection.problem(
                &entry.file,
                None,
                format_args!("is of outputs from {} on, and must be from {begin}", entry.outputs.start),
            );
            return false;
        }
        begin = entry.valid_below;
    }
    let outputs = store.counts().outputs;
    if begin > outputs {
        inspection.problem("manifest", None, format_args!("has postings of {begin} outputs, and there are {outputs}"));
    }
    begin <= outputs
}

struct RunCheck<'a, 'b> {
    run: &'a PostingRun,
    addresses: &'a Column<u32>,
    /// The address before.
    last: Option<u32>,
    /// Where this address's outputs stand.
    posts: Range<u64>,
    /// Outputs seen that are to be believed.
    believed: u64,
    done: u64,
    inspection: &'a mut Inspection<'b>,
}

impl RunCheck<'_, '_> {
    fn run(&mut self) -> Result<()> {
        let (addresses, outputs) = self.run.counts();
        for i in 0..addresses {
            let address = self.run.address(i);
            let dense = self.run.entry().outputs.start == 0;
            if self.last.is_some_and(|last| last >= address) || (dense && address as u64 != i) {
                self.wrong(format!("has address {address} in the wrong place"));
                return Ok(());
            }
            self.last = Some(address);
            self.posts = self.posts.end..self.run.end(i);
            if self.posts.start > self.posts.end {
                self.wrong(format!("has the outputs of address {address} out of order"));
                return Ok(());
            }
            self.posts_of(address)?;
        }
        let expected = self.run.entry().valid_below - self.run.entry().outputs.start;
        if self.posts.end != outputs || self.believed != expected {
            self.wrong(format!("has {} outputs, and must have {expected}", self.believed));
        }
        Ok(())
    }

    /// The outputs ascend, and as each pays just the one address that it stands at, none stands twice in the run.
    fn posts_of(&mut self, address: u32) -> Result<()> {
        let mut next = self.run.entry().outputs.start;
        for i in self.posts.clone() {
            self.inspection.at(self.done)?;
            self.done += 1;
            if i + AHEAD < self.run.counts().1 {
                self.addresses.prefetch(self.run.output(i + AHEAD));
            }
            let output = self.run.output(i);
            if output < next || output >= self.run.entry().outputs.end {
                self.wrong(format!("has output {output} of address {address} out of order"));
            }
            next = next.max(output.saturating_add(1));
            if output < self.run.entry().valid_below {
                self.believed += 1;
                if self.addresses.get(output)? != address {
                    self.wrong(format!("has output {output} for address {address}, which it does not pay"));
                }
            }
        }
        Ok(())
    }

    fn wrong(&mut self, what: String) {
        self.inspection.problem(&self.run.entry().file, None, what);
    }
}
