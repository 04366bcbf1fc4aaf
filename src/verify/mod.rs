//! Checks a store against its own checksums, against itself, and against the block files that it was made from. Whatever is wrong
//! with it becomes a list of problems: nothing here trusts a number before it is looked at.
//!
//! The order is that of trust. First the files must be there, then every row must know where the rows that belong to it begin and
//! end; without these nothing else can be read, and the work ends there. The other checks are independent of each other.

mod addresses;
mod block_files;
mod comparison;
mod ends;
mod files;
mod headers;
mod indexes;
mod inspection;
mod postings;
mod report;
mod reveals;
mod spenders;
mod transactions;

use std::path::Path;

use crate::error::{Error, Result};
use crate::store::Store;
use inspection::Inspection;

pub use report::{Check, Problem, VerifyProgress, VerifyReport};

/// The checks that need every row to know what belongs to it.
const CHECKS: [fn(&Store, &mut Inspection<'_>) -> Result<()>; 8] = [
    headers::headers,
    transactions::transactions,
    spenders::spenders,
    addresses::addresses,
    reveals::reveals,
    indexes::transaction_index,
    indexes::address_index,
    postings::postings,
];

/// Checks the store in a folder, and with `check_blocks` every block against its bytes in the block files, which lie in `blocks` or
/// where the store was made from. `progress` is told how far the work is, about ten times a second, and ends it when it returns
/// false.
///
/// Damage is told in the report. An error means that there was nothing to check: no store, one of another version, or a file that
/// the system does not let us read.
pub fn verify(
    store: &Path,
    blocks: Option<&Path>,
    check_blocks: bool,
    progress: &mut dyn FnMut(&VerifyProgress) -> bool,
) -> Result<VerifyReport> {
    let mut inspection = Inspection::new(store, progress);
    if let Some((store, sums)) = files::open(store, &mut inspection)? {
        inspection.opened(&store);
        // The sums come first: whatever else is wrong, they tell in which files the damage is.
        noted(files::checksums(&store, sums.as_ref(), &mut inspection), &mut inspection)?;
        if ends::ends(&store, &mut inspection)? {
            CHECKS.iter().try_for_each(|check| noted(check(&store, &mut inspection), &mut inspection))?;
            if check_blocks {
                noted(block_files::block_files(&store, blocks, &mut inspection), &mut inspection)?;
            }
        }
    }
    Ok(inspection.report())
}

/// Every check looks before it reads; damage that it has still missed ends that check, and not the others.
fn noted(result: Result<()>, inspection: &mut Inspection<'_>) -> Result<()> {
    match result {
        Err(Error::Corrupt { path, what }) => {
            inspection.problem(&files::name_of(&path), None, what);
            Ok(())
        }
        other => other,
    }
}
