//! A store opened for reading: the version of its last commit, whatever a writer does meanwhile.

use std::path::{Path, PathBuf};

use crate::blocks::parse::script_hash;
use crate::error::{Error, Result};
use crate::ids::{AddrNum, NONE_32, OutNum, TxNum};
use crate::script::{Kind, Network};
use crate::store::column::{Column, U40};
use crate::store::columns::{Columns, Counts, SAMPLE};
use crate::store::index::Index;
use crate::store::lock;
use crate::store::manifest::Manifest;
use crate::store::postings::PostingRun;

pub struct Store {
    folder: PathBuf,
    pub(crate) manifest: Manifest,
    pub columns: Columns,
    pub(crate) transaction_index: Index,
    pub(crate) address_index: Index,
    pub(crate) runs: Vec<PostingRun>,
    _reader: Option<lock::LockGuard>,
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

    fn map(folder: &Path, manifest: Manifest, reader: Option<lock::LockGuard>) -> Result<Store> {
        let columns = Columns::read(folder, manifest.generation, &manifest.counts)?;
        let transaction_index = Index::read(&folder.join(&manifest.transaction_index.file))?;
        let address_index = Index::read(&folder.join(&manifest.address_index.file))?;
        let runs = manifest.runs.iter().map(|run| PostingRun::open(folder, run)).collect::<Result<_>>()?;
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

    /// Whether coins may have ended with a transaction without being spent: the genesis block's coin, and those whose transaction's id was
    /// taken over (BIP30), are marked with the coinbase of the block in which that was so. Nothing after the last of those is one.
    #[inline]
    pub fn may_end_unspent(&self, number: TxNum) -> bool {
        number.0 <= self.manifest.duplicates.last().map_or(0, |(later, _)| *later)
    }

    /// The address of a script among the first `addresses`.
    pub fn find_address(&self, kind: Kind, payload: &[u8], addresses: u64) -> Option<AddrNum> {
        let hash = script_hash(kind, payload, self.manifest.seed);
        find_address(&self.address_index, &self.columns, hash, kind, payload, addresses)
    }

    /// The addresses of some dozens of scripts among the first `addresses`, looked up together so that they wait for memory together.
    pub fn find_addresses<P: AsRef<[u8]>>(&self, scripts: &[(Kind, P)], addresses: u64, found: &mut Vec<Option<AddrNum>>) {
        let (index, columns) = (&self.address_index, &self.columns);
        let hash = |(kind, payload): &(Kind, P)| script_hash(*kind, payload.as_ref(), self.manifest.seed);
        let hashes: Vec<u64> = scripts.iter().map(hash).collect();
        hashes.iter().for_each(|hash| index.prefetch(tag_of_script(*hash)));
        let first = |hash: &u64| index.candidates(tag_of_script(*hash)).next().unwrap_or(NONE_32) as u64;
        let candidates: Vec<u64> = hashes.iter().map(first).collect();
        for candidate in &candidates {
            columns.addresses_kind.prefetch(*candidate);
            columns.addresses_payload_end.prefetch(*candidate);
        }
        for candidate in &candidates {
            if let Ok(end) = columns.addresses_payload_end.get(*candidate) {
                columns.addresses_payload.prefetch(end.0.saturating_sub(1));
                columns.addresses_payload.prefetch(end.0.saturating_sub(32));
            }
        }
        found.extend(
            scripts
                .iter()
                .zip(hashes)
                .map(|((kind, payload), hash)| find_address(index, columns, hash, *kind, payload.as_ref(), addresses)),
        );
    }

    /// An address's outputs below `limit`, ascending, into `outputs`, which is cleared first.
    pub fn outputs_of(&self, address: AddrNum, limit: u64, outputs: &mut Vec<OutNum>) {
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
        outputs.extend(rest.map(OutNum));
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
    let part = columns.addresses_payload_end.part(address as u64, columns.addresses_payload.rows())?;
    Ok(columns.addresses_payload.slice(part))
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
    let end = |ends: &Column<U40>, rows: u64, of: u64| if rows == 0 { Ok(0) } else { ends.part(rows - 1, of).map(|part| part.end) };
    Ok(Counts {
        blocks,
        transactions,
        inputs: end(&columns.transactions_inputs_end, transactions, columns.inputs_spends.rows())?,
        outputs: end(&columns.transactions_outputs_end, transactions, columns.outputs_value.rows())?,
        addresses,
        payload_bytes: end(&columns.addresses_payload_end, addresses, columns.addresses_payload.rows())?,
        reveals,
        keys: end(&columns.reveals_keys_end, reveals, columns.keys_key.rows())?,
    })
}

/// The transaction that an output belongs to: from the sample before it on, forward. Every transaction has an output, so it is not
/// far.
#[inline]
pub fn transaction_of_output(columns: &Columns, output: u64) -> Result<TxNum> {
    let ends = &columns.transactions_outputs_end;
    let first = near_owner(columns, output)?;
    let mut tx = first;
    while tx < first + SAMPLE && ends.get(tx)?.0 <= output {
        tx += 1;
    }
    if ends.part(tx, columns.outputs_value.rows())?.contains(&output) {
        Ok(TxNum(tx as u32))
    } else {
        Err(no_owner(columns, output))
    }
}

/// A transaction at or shortly before the one that an output belongs to.
#[inline]
pub fn near_owner(columns: &Columns, output: u64) -> Result<u64> {
    Ok(columns.outputs_sample.get(output / SAMPLE)? as u64)
}

/// Asks for what [`near_owner`] looks up.
#[inline]
pub fn prefetch_owner(columns: &Columns, output: u64) {
    columns.outputs_sample.prefetch(output / SAMPLE);
}

#[cold]
fn no_owner(columns: &Columns, output: u64) -> Error {
    columns.outputs_sample.damaged(format!("does not lead to the transaction of output {output}"))
}

/// What a spender says to somebody who knows the first `transactions`: a later or missing one is none.
#[inline]
pub fn spender_below(spender: u32, transactions: u64) -> Option<TxNum> {
    (spender != NONE_32 && (spender as u64) < transactions).then_some(TxNum(spender))
}
