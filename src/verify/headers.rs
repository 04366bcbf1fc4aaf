//! The blocks: headers that follow from each other with the work they state, and transactions that hash and add up to them.

use crate::blocks::hash::{double_sha256, merkle_root};
use crate::blocks::headers::{Work, median_time, parent_of, time_of};
use crate::error::Result;
use crate::store::{Columns, Store};
use crate::verify::inspection::Inspection;

pub fn headers(store: &Store, inspection: &mut Inspection<'_>) -> Result<()> {
    let blocks = store.counts().blocks;
    inspection.begin("headers", blocks);
    let mut check =
        Headers { store, columns: &store.columns, inspection, parent: [0; 32], work: Work::default(), times: Vec::new() };
    for height in 0..blocks {
        check.inspection.look_at_clock(height)?;
        check.header(height);
        check.transactions(height)?;
        if store.columns.blocks_source.value(height) as usize >= store.sources().len() {
            check.inspection.problem("blocks.source", height, "is not a folder of block files that the manifest names");
        }
    }
    inspection.end();
    Ok(())
}

struct Headers<'a, 'b> {
    store: &'a Store,
    columns: &'a Columns,
    inspection: &'a mut Inspection<'b>,
    parent: [u8; 32],
    work: Work,
    /// Up to eleven times, the last of them this block's.
    times: Vec<u32>,
}

impl Headers<'_, '_> {
    fn header(&mut self, height: u64) {
        let header = self.columns.blocks_header.value(height);
        let hash = double_sha256(&[&header]);
        if self.columns.blocks_hash.value(height) != hash {
            self.inspection.problem("blocks.hash", height, "is not the hash of its header");
        }
        if parent_of(&header) != self.parent {
            self.inspection.problem("blocks.header", height, "does not name the block before it as its parent");
        }
        self.parent = hash;
        match Work::of_header(&header).filter(|own| own.covers(&hash)) {
            Some(own) => self.work = self.work.plus(own.work),
            None => self.inspection.problem("blocks.header", height, "does not have the proof of work that it states"),
        }
        if self.columns.blocks_work.value(height) != self.work.to_be_bytes() {
            self.inspection.problem("blocks.work", height, "is not the sum of the work up to it");
            // The next block is held against this one, so that one wrong row is one problem.
            self.work = Work::from_be_bytes(self.columns.blocks_work.value(height));
        }
        self.times.push(time_of(&header));
        if self.times.len() > 11 {
            self.times.remove(0);
        }
        if self.columns.blocks_median_time.value(height) != median_time(&self.times) {
            self.inspection.problem("blocks.median_time", height, "is not the median of the last eleven times");
        }
    }

    /// The ids have the header's Merkle root, and the sizes fill the block without a gap.
    fn transactions(&mut self, height: u64) -> Result<()> {
        let columns = self.columns;
        let part = columns.blocks_transactions_end.part(height, self.store.counts().transactions)?;
        let mut txids = part.clone().map(|tx| columns.transactions_txid.value(tx)).collect();
        let header = columns.blocks_header.value(height);
        if merkle_root(&mut txids).is_none_or(|root| root != header[36..68]) {
            self.inspection.problem(
                "transactions.txid",
                part.start,
                format_args!("the block at height {height} has another Merkle root"),
            );
        }
        let before = 80 + compact_size_length(part.end - part.start);
        let (mut end, mut weight) = (before, 4 * before);
        for tx in part {
            if columns.transactions_offset.value(tx) as u64 != end {
                self.inspection.problem("transactions.offset", tx, "is not where the transaction before it ends");
            }
            end += columns.transactions_size.value(tx) as u64;
            weight += columns.transactions_weight.value(tx) as u64;
        }
        if columns.blocks_size.value(height) as u64 != end {
            self.inspection.problem("blocks.size", height, format_args!("is not {end}, which its transactions fill"));
        }
        if columns.blocks_weight.value(height) as u64 != weight {
            self.inspection.problem("blocks.weight", height, format_args!("is not {weight}, the sum over its transactions"));
        }
        Ok(())
    }
}

/// Bytes that a block's number of transactions takes.
fn compact_size_length(number: u64) -> u64 {
    match number {
        0..0xfd => 1,
        0xfd..0x1_0000 => 3,
        _ => 5,
    }
}
