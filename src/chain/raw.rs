//! A transaction's bytes, read back from the block files. They are compared with its id, so files that were moved or changed since
//! the ingest are noticed.

use crate::blocks::parse::{ParseOptions, parse_transaction_id};
use crate::blocks::{BlockFiles, Location};
use crate::chain::Transaction;
use crate::error::{Error, Result};

pub fn raw(tx: &Transaction) -> Result<Vec<u8>> {
    let (chain, row) = (tx.chain(), tx.number().row());
    let columns = chain.columns();
    let height = tx.height()?.row();
    let folder = match chain.blocks_folder() {
        Some(folder) => folder.to_path_buf(),
        None => {
            let source = columns.blocks_source.get(height)? as usize;
            let known = chain.store().sources().get(source).cloned();
            known.ok_or_else(|| Error::corrupt(chain.store().folder(), format!("has no block folder number {source}")))?
        }
    };
    let offset = columns.blocks_offset.get(height)?.saturating_add(columns.transactions_offset.get(row)? as u64);
    let at = Location { file: columns.blocks_file.get(height)?, offset, length: columns.transactions_size.get(row)? };
    let txid = tx.txid()?;
    let unavailable = |reason: String| Error::RawUnavailable { txid, path: folder.clone(), reason };
    let mut bytes = Vec::new();
    let read = BlockFiles::open(&folder).and_then(|files| files.read(at, &mut bytes));
    read.map_err(|e| unavailable(e.to_string()))?;
    match parse_transaction_id(&bytes, ParseOptions { verify: false, seed: 0 }) {
        Some(found) if found == txid => Ok(bytes),
        _ => Err(unavailable(format!("other bytes stand at offset {offset} of blk{:05}.dat", at.file))),
    }
}
