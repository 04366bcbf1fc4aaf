//! The read side: a chain as of a height, and what can be asked of it.
//!
//! A [`Chain`] is a store and a number of blocks; everything that is asked of it is answered as if later blocks did not exist. It is
//! cheap to copy, and so are blocks, transactions, outputs and addresses, which are numbers with the chain they belong to.

mod address;
mod address_set;
mod block;
pub mod cells;
mod digest;
mod facts;
mod features;
pub mod graph;
mod identity;
mod output;
pub mod parties;
pub mod pieces;
mod prefetch;
mod raw;
pub mod tables;
pub mod time;
mod transaction;

use std::path::Path;
use std::sync::Arc;

use crate::blocks::headers::time_of;
use crate::error::{Error, Result};
use crate::ids::{AddrNum, Height, OutNum, TxNum, parse_hash};
use crate::script::{self, Network};
use crate::store::reader::counts_at;
use crate::store::{Columns, Counts, Store};

pub use address::{Address, AddressTotals, RevealedKeys};
pub use address_set::{AddressSet, Rejected, read_texts};
pub use block::Block;
pub use facts::{BlockFacts, Facts, InputFacts, OutputFacts};
pub use features::{Feature, Shown};
pub use identity::Identity;
pub use output::{End, Output};
pub use transaction::{Input, STEP, Transaction};

/// Seconds after the tip's median time past that are still the time of the tip: a moment that is later may be one of blocks that are missing.
const MOST_AFTER_TIP: i64 = 24 * 3600;

/// The chain of a store up to a height.
#[derive(Clone)]
pub struct Chain {
    store: Arc<Store>,
    counts: Counts,
    /// The folder of block files, where it is not the one of the ingest.
    blocks: Option<Arc<Path>>,
}

impl Chain {
    /// Opens a store at the tip of its last commit. Fails when it holds no block.
    pub fn open(folder: &Path) -> Result<Chain> {
        Chain::of(Arc::new(Store::open(folder)?))
    }

    /// The chain of a store that is open, at its tip. Fails when it holds no block.
    pub fn of(store: Arc<Store>) -> Result<Chain> {
        let counts = *store.counts();
        match counts.blocks {
            0 => Err(Error::EmptyStore),
            _ => Ok(Chain { store, counts, blocks: None }),
        }
    }

    /// The chain with its block files in another folder than at the ingest.
    pub fn with_blocks(self, folder: Option<&Path>) -> Chain {
        Chain { blocks: folder.map(Arc::from), ..self }
    }

    /// The folder of block files, where it is not the one of the ingest.
    pub fn blocks_folder(&self) -> Option<&Path> {
        self.blocks.as_deref()
    }

    pub fn store(&self) -> &Arc<Store> {
        &self.store
    }

    #[inline]
    pub(in crate::chain) fn columns(&self) -> &Columns {
        &self.store.columns
    }

    /// How many rows of each table the chain has.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// How many rows each table had before a block; all that the chain has where it has no such block.
    pub fn counts_before(&self, height: u64) -> Result<Counts> {
        counts_at(self.columns(), height.min(self.counts.blocks))
    }

    pub fn network(&self) -> Network {
        self.store.network()
    }

    /// The height of the last block.
    pub fn height(&self) -> Height {
        Height(self.counts.blocks as u32 - 1)
    }

    /// The last block.
    pub fn tip(&self) -> Block {
        Block::new(self.clone(), self.height())
    }

    /// The chain as it was when this was its last block.
    pub fn at_height(&self, height: i64) -> Result<Chain> {
        let height = self.check_height(height)?;
        Ok(Chain { counts: counts_at(self.columns(), height.0 as u64 + 1)?, ..self.clone() })
    }

    /// The chain as it was at a time, in seconds UTC: up to the last block whose median time past is not later. More than a day after the
    /// tip's, later blocks may be missing, so that is an error.
    pub fn at_time(&self, time: i64) -> Result<Chain> {
        let last = self.tip().median_time()? as i64;
        if time > last + MOST_AFTER_TIP {
            return Err(Error::AfterTip { text: time::text(time), last: time::text(last), tip: self.height().0 });
        }
        match self.blocks_before(time.saturating_add(1))? {
            0 => {
                let first = self.columns().blocks_median_time.get(0)?;
                Err(Error::BeforeGenesis { text: time::text(time), first: time::text(first as i64) })
            }
            blocks => self.at_height(blocks as i64 - 1),
        }
    }

    /// The chain as it was when the block with this hash was its last.
    pub fn at_hash(&self, hash: &[u8; 32]) -> Result<Chain> {
        self.at_height(self.block_by_hash(hash)?.height().0 as i64)
    }

    /// How many blocks have a median time past before a time. Median times never go back, header times do.
    pub fn blocks_before(&self, time: i64) -> Result<u64> {
        let (mut low, mut high) = (0, self.counts.blocks);
        while low < high {
            let middle = (low + high) / 2;
            match (self.columns().blocks_median_time.get(middle)? as i64) < time {
                true => low = middle + 1,
                false => high = middle,
            }
        }
        Ok(low)
    }

    /// A height of the chain, from a number that may be none.
    pub fn check_height(&self, height: i64) -> Result<Height> {
        let tip = self.height().0;
        if (0..=tip as i64).contains(&height) { Ok(Height(height as u32)) } else { Err(Error::HeightBeyondTip { height, tip }) }
    }

    pub fn block(&self, height: Height) -> Result<Block> {
        Ok(Block::new(self.clone(), self.check_height(height.0 as i64)?))
    }

    pub fn block_by_hash(&self, hash: &[u8; 32]) -> Result<Block> {
        let hashes = &self.columns().blocks_hash;
        let height = (0..self.counts.blocks).rev().find(|h| hashes.value(*h) == *hash);
        let height = height.ok_or(Error::UnknownBlock { hash: *hash, height: self.height().0 })?;
        Ok(Block::new(self.clone(), Height(height as u32)))
    }

    /// The transaction with an id; the later of two that share it (BIP30).
    pub fn transaction(&self, txid: &[u8; 32]) -> Result<Transaction> {
        let found = self.store.find_transaction(txid, self.counts.transactions);
        let number = found.ok_or(Error::UnknownTransaction { txid: *txid, height: self.height().0 })?;
        Ok(Transaction::new(self.clone(), number))
    }

    /// The transaction with a number below the chain's count.
    pub fn transaction_at(&self, number: TxNum) -> Result<Transaction> {
        if number.row() >= self.counts.transactions {
            return Err(Error::Invalid {
                what: format!("transaction number {number} is not among the first {}", self.counts.transactions),
            });
        }
        Ok(Transaction::new(self.clone(), number))
    }

    /// The output at a position of a transaction.
    pub fn output(&self, txid: &[u8; 32], position: u64) -> Result<Output> {
        let transaction = self.transaction(txid)?;
        let outputs = transaction.output_numbers()?;
        let unknown = || Error::UnknownOutput { txid: *txid, position, outputs: outputs.len() as u64 };
        self.output_at(outputs.at(position).ok_or_else(unknown)?)
    }

    /// The output with a number below the chain's count.
    pub fn output_at(&self, number: OutNum) -> Result<Output> {
        if number.row() >= self.counts.outputs {
            return Err(Error::Invalid { what: format!("output number {number} is not among the first {}", self.counts.outputs) });
        }
        Ok(Output::new(self.clone(), number))
    }

    /// The output that a text like "txid:n" names.
    pub fn output_named(&self, text: &str) -> Result<Output> {
        let bad = || Error::BadOutpoint { text: text.to_string() };
        let (txid, position) = text.trim().rsplit_once(':').ok_or_else(bad)?;
        self.output(&txid_named(txid)?, position.parse().map_err(|_| bad())?)
    }

    /// The address of a text (an address of the chain's network, or an output script in hex) that was ever paid.
    pub fn address(&self, text: &str) -> Result<Address> {
        let bad = |source| Error::BadAddress { text: text.to_string(), source };
        let (kind, payload) = script::parse(self.network(), text).map_err(bad)?;
        let found = self.store.find_address(kind, payload.as_ref(), self.counts.addresses);
        let number = found.ok_or_else(|| Error::UnknownAddress { text: text.trim().to_string(), height: self.height().0 })?;
        Ok(Address::new(self.clone(), number))
    }

    /// The address with a number below the chain's count.
    pub fn address_at(&self, number: AddrNum) -> Result<Address> {
        if number.row() >= self.counts.addresses {
            return Err(Error::Invalid {
                what: format!("address number {number} is not among the first {}", self.counts.addresses),
            });
        }
        Ok(Address::new(self.clone(), number))
    }

    /// The height of the block that a transaction is in.
    pub fn height_of(&self, number: TxNum) -> Result<Height> {
        let ends = &self.columns().blocks_transactions_end;
        let (mut low, mut high) = (0, self.counts.blocks);
        while low < high {
            let middle = (low + high) / 2;
            if ends.get(middle)? <= number.0 { low = middle + 1 } else { high = middle }
        }
        Ok(Height(low as u32))
    }

    /// The time in a block's header, in seconds UTC.
    pub fn time_at(&self, height: Height) -> Result<u32> {
        Ok(time_of(&self.columns().blocks_header.get(height.row())?))
    }

    /// The headers of all blocks, 80 bytes each.
    pub fn headers(&self) -> &[u8] {
        self.columns().blocks_header.slice(0..self.counts.blocks)
    }

    /// Whether two chains have the same blocks, up to the height of the lower.
    pub fn agrees_with(&self, other: &Chain) -> Result<bool> {
        let common = self.height().min(other.height());
        Ok(self.block(common)?.hash()? == other.block(common)?.hash()?)
    }

    /// The error of a store that says something that no chain has.
    #[cold]
    pub fn corrupt(&self, what: impl Into<String>) -> Error {
        Error::corrupt(self.store.folder(), what)
    }

    /// The error of a store whose amounts cannot be added up. All of a true chain's can.
    #[cold]
    pub fn too_much(&self) -> Error {
        self.columns().outputs_value.damaged("has amounts beyond all sums".into())
    }

    /// The id of a transaction.
    pub fn txid(&self, number: TxNum) -> Result<[u8; 32]> {
        self.columns().transactions_txid.get(number.row())
    }
}

impl std::fmt::Debug for Chain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Chain({} of {} up to height {})", self.store.folder().display(), self.network().name(), self.height())
    }
}

/// A transaction id from its text.
pub fn txid_named(text: &str) -> Result<[u8; 32]> {
    parse_hash(text).map_err(|reason| Error::BadTxid { text: text.to_string(), reason })
}

/// A block hash from its text.
pub fn block_hash_named(text: &str) -> Result<[u8; 32]> {
    parse_hash(text).map_err(|reason| Error::BadBlockHash { text: text.to_string(), reason })
}
