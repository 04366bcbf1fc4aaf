//! A store opened for reading: the version of its last commit, whatever a writer does meanwhile.

use std::path::{Path, PathBuf};

use crate::blocks::parse::script_hash;
use crate::error::{Error, Result};
use crate::ids::{AddrNum, NONE_32, TxNum};
use crate::script::{Kind, Network};
use crate::store::column::Column;
use crate::store::columns::{Columns, Counts, SAMPLE};
use crate::store::index::Index;
use crate::store::lock::{self, Held};
use crate::store::manifest::Manifest;
use crate::store::postings::Run;

pub struct Store {
    folder: PathBuf,
    pub(crate) manifest: Manifest,
    pub columns: Columns,
    pub(crate) transaction_index: Index,
    pub(crate) address_index: Index,
    pub(crate) runs: Vec<Run>,
    _reader: Option<Held>,
}

impl Store {
    /// Maps a store's last commit. Nothing but the manifest and the indexes' first bytes is read.
    pub fn open(folder: &Path) -> Result<Store> {
        loop {
            // The sign comes first: from then on no row of the commit that is read here is changed in place.
            let reader = lock::reader(folder);
            let manifest = Manifest::read(folder)?;
            let commit = manifest.commit;
            match Store::map(folder, manifest, reader) {
                // A writer may have replaced files between reading the manifest and mapping them.
                Err(e) if Manifest::read(folder).is_ok_and(|now| now.commit == commit) => return Err(e),
                Err(_) => continue,
                Ok(store) => return Ok(store),
            }
        }
    }

    fn map(folder: &Path, manifest: Manifest, reader: Option<Held>) -> Result<Store> {
        let columns = Columns::read(folder, manifest.generation, &manifest.counts)?;
        let transaction_index = Index::read(&folder.join(&manifest.transaction_index.file))?;
        let address_index = Index::read(&folder.join(&manifest.address_index.file))?;
        let runs = manifest.runs.iter().map(|run| Run::open(folder, run)).collect::<Result<_>>()?;
        let store =
            Store { folder: folder.to_path_buf(), manifest, columns, transaction_index, address_index, runs, _reader: reader };
        let stated = counts_at(&store.columns, store.manifest.counts.blocks)?;
        if stated != store.manifest.counts {
            return Err(Error::corrupt(folder, "has a manifest whose counts contradict its blocks"));
        }
        Ok(store)
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn network(&self) -> Network {
        self.manifest.network
    }

    pub fn magic(&self) -> [u8; 4] {
        self.manifest.magic
    }

    pub fn counts(&self) -> &Counts {
        &self.manifest.counts
    }

    /// The folders of block files, by the number that blocks.source gives.
    pub fn sources(&self) -> &[PathBuf] {
        &self.manifest.sources
    }

    /// The latest transaction with an id among the first `transactions`.
    pub fn find_transaction(&self, txid: &[u8; 32], transactions: u64) -> Option<TxNum> {
        let found = find_transaction(&self.transaction_index, &self.columns.transactions_txid, txid, transactions)?;
        Some(latest_of(&self.manifest.duplicates, found, transactions))
    }

    /// An earlier transaction with the same id, whose outputs can no longer be spent since `tx` replaced them (BIP30).
    pub fn replaced_by(&self, tx: TxNum) -> Option<TxNum> {
        self.manifest.duplicates.iter().find(|(later, _)| *later == tx.0).map(|(_, earlier)| TxNum(*earlier))
    }

    /// The address of a script among the first `addresses`.
    pub fn find_address(&self, kind: Kind, payload: &[u8], addresses: u64) -> Option<AddrNum> {
        let hash = script_hash(kind, payload, self.manifest.seed);
        find_address(&self.address_index, &self.columns, hash, kind, payload, addresses)
    }

    /// Where the index will look for a script; to be asked for some time before [`Store::find_address`].
    pub fn prefetch_address(&self, kind: Kind, payload: &[u8]) {
        self.address_index.prefetch(tag_of_script(script_hash(kind, payload, self.manifest.seed)));
    }

    /// An address's outputs below `limit`, ascending, into `outputs`, which is cleared first.
    pub fn outputs_of(&self, address: AddrNum, limit: u64, outputs: &mut Vec<u64>) {
        outputs.clear();
        let mut indexed = 0;
        for run in &self.runs {
            if run.entry().outputs.start < limit {
                run.collect(address.0, limit, outputs);
            }
            indexed = run.entry().valid_below;
        }
        // What a killed ingest committed without postings is short, and searched through.
        let rest =
            (indexed..limit.min(self.manifest.counts.outputs)).filter(|o| self.columns.outputs_address.value(*o) == address.0);
        outputs.extend(rest);
    }

    pub fn prefetch_outputs_of(&self, address: AddrNum) {
        self.runs.iter().for_each(|run| run.prefetch(address.0));
    }
}

/// The part of a txid by which the index finds it.
#[inline]
pub fn tag_of_txid(txid: &[u8; 32]) -> u32 {
    u32::from_le_bytes([txid[0], txid[1], txid[2], txid[3]])
}

/// The part of a script's hash by which the index finds it.
#[inline]
pub fn tag_of_script(hash: u64) -> u32 {
    (hash >> 32) as u32
}

/// The first transaction with an id among the first `transactions`.
#[inline]
pub fn find_transaction(index: &Index, txids: &Column<[u8; 32]>, txid: &[u8; 32], transactions: u64) -> Option<TxNum> {
    let mut candidates = index.candidates(tag_of_txid(txid));
    candidates.find(|n| (*n as u64) < transactions && txids.get(*n as u64).is_ok_and(|found| found == *txid)).map(TxNum)
}

/// The latest with a transaction's id among the first `transactions`. Each of `duplicates` names the one just before it, in
/// ascending order.
#[inline]
pub fn latest_of(duplicates: &[(u32, u32)], found: TxNum, transactions: u64) -> TxNum {
    let below = duplicates.iter().take_while(|(later, _)| (*later as u64) < transactions);
    below.fold(found, |tx, (later, earlier)| if *earlier == tx.0 { TxNum(*later) } else { tx })
}

/// The address of a script among the first `addresses`.
#[inline]
pub fn find_address(index: &Index, columns: &Columns, hash: u64, kind: Kind, payload: &[u8], addresses: u64) -> Option<AddrNum> {
    index.candidates(tag_of_script(hash)).find(|n| is_address(columns, *n, kind, payload, addresses)).map(AddrNum)
}

/// Whether a number is among the first `addresses` and of this script.
#[inline]
pub fn is_address(columns: &Columns, number: u32, kind: Kind, payload: &[u8], addresses: u64) -> bool {
    (number as u64) < addresses
        && columns.addresses_kind.get(number as u64).is_ok_and(|k| k == kind as u8)
        && payload_of(columns, number).is_ok_and(|p| p == payload)
}

/// An address's payload.
#[inline]
pub fn payload_of(columns: &Columns, address: u32) -> Result<&[u8]> {
    let end = columns.addresses_payload_end.get(address as u64)?.0;
    let start = start_of(address as u64, |row| Ok(columns.addresses_payload_end.get(row)?.0))?;
    Ok(columns.addresses_payload.slice(start..end))
}

/// Where a row's part begins: at the end of the row before.
#[inline]
pub fn start_of(row: u64, end: impl Fn(u64) -> Result<u64>) -> Result<u64> {
    if row == 0 { Ok(0) } else { end(row - 1) }
}

/// How many rows each table had when there were so many blocks.
pub fn counts_at(columns: &Columns, blocks: u64) -> Result<Counts> {
    if blocks == 0 {
        return Ok(Counts::default());
    }
    let transactions = columns.blocks_transactions_end.get(blocks - 1)? as u64;
    let addresses = columns.blocks_addresses_end.get(blocks - 1)? as u64;
    let reveals = columns.blocks_reveals_end.get(blocks - 1)? as u64;
    let end = |column: &Column<crate::store::column::U40>, rows: u64| start_of(rows, |row| Ok(column.get(row)?.0));
    Ok(Counts {
        blocks,
        transactions,
        inputs: end(&columns.transactions_inputs_end, transactions)?,
        outputs: end(&columns.transactions_outputs_end, transactions)?,
        addresses,
        payload_bytes: end(&columns.addresses_payload_end, addresses)?,
        reveals,
        keys: end(&columns.reveals_keys_end, reveals)?,
    })
}

/// The transaction that an output belongs to: from the sample before it on, forward.
#[inline]
pub fn transaction_of_output(columns: &Columns, output: u64) -> Result<TxNum> {
    let mut tx = columns.outputs_sample.get(output / SAMPLE)? as u64;
    while columns.transactions_outputs_end.get(tx)?.0 <= output {
        tx += 1;
    }
    Ok(TxNum(tx as u32))
}

/// What a spender says to somebody who knows the first `transactions`: a later or missing one is none.
#[inline]
pub fn spender_below(spender: u32, transactions: u64) -> Option<TxNum> {
    (spender != NONE_32 && (spender as u64) < transactions).then_some(TxNum(spender))
}
