//! Everything that can go wrong, as one enum with the facts as fields. Messages are one sentence: what, where, what to do next.

use std::path::{Path, PathBuf};

use crate::ids::hash_text;
use crate::script::AddressError;
use crate::text::did_you_mean;

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    #[error("stopped before it was done")]
    Stopped,

    #[error("no such {what}: {}; check the path", path.display())]
    NotFound { what: &'static str, path: PathBuf },

    #[error("cannot {action} {}: {source}", path.display())]
    Io { action: &'static str, path: PathBuf, source: std::io::Error },

    #[error("the disk is full: cannot {action} {}; free some space and run it again; an ingest goes on from its last commit", path.display())]
    DiskFull { action: &'static str, path: PathBuf },

    #[error("{} cannot be written ({source}); give a folder that you may write", path.display())]
    ReadOnly { path: PathBuf, source: std::io::Error },

    #[error("no blk*.dat files in {}; give the folder \"blocks\" of a node's data directory", path.display())]
    NoBlockFiles { path: PathBuf },

    #[error("no block in the {files} blk*.dat files in {}; if the node obfuscates its block files, xor.dat must stand beside them", path.display())]
    NoBlocks { path: PathBuf, files: u64 },

    #[error("{} has {found} bytes, but a key of 8 is needed; copy xor.dat again from the node's blocks folder", path.display())]
    XorKeyLength { path: PathBuf, found: u64 },

    #[error("no block of {wanted} in {}: its records are of {found}; {advice}", path.display())]
    WrongNetwork { wanted: String, found: String, path: PathBuf, advice: String },

    #[error("the genesis block is missing in {}: no block there starts a chain; the files of a pruned node do not reach back to it, use those of a full node", path.display())]
    NoGenesis { path: PathBuf },

    #[error(
        "unknown network {name:?}; it is one of mainnet, testnet3, testnet4, signet, regtest, or the 8 hex digits of a custom signet's magic"
    )]
    UnknownNetwork { name: String },

    #[error("{} is not a satrail store: {reason}; give a folder that satrail ingest has made", path.display())]
    NotAStore { path: PathBuf, reason: String },

    #[error("{} has store format {found}, and this satrail reads format {supported}; install a newer satrail or ingest again", path.display())]
    StoreVersion { path: PathBuf, found: u32, supported: u32 },

    #[error("the store is damaged: {} {what}; run satrail verify on it, then ingest again into a new folder", path.display())]
    Corrupt { path: PathBuf, what: String },

    #[error("{} is being written by {holder}; wait until that is done", path.display())]
    Locked { path: PathBuf, holder: String },

    #[error("memory limit {limit} is too small: at least {least} bytes are needed")]
    MemoryLimit { limit: u64, least: u64 },

    #[error("interrupted; the store holds the chain up to height {height}, run it again to go on")]
    Interrupted { height: i64 },

    #[error("{text:?} is not a transaction id: {reason}")]
    BadTxid { text: String, reason: String },

    #[error("{text:?} is not an output: write txid:n with the output's position n, for example \"{}:0\"", "0".repeat(64))]
    BadOutpoint { text: String },

    #[error("no transaction {} in the chain up to height {height}", hash_text(txid))]
    UnknownTransaction { txid: [u8; 32], height: u32 },

    #[error("transaction {} has {outputs} outputs, numbered from 0, so none is number {position}", hash_text(txid))]
    UnknownOutput { txid: [u8; 32], position: u64, outputs: u64 },

    #[error("no block {} in the chain up to height {height}; it may be stale or not ingested yet", hash_text(hash))]
    UnknownBlock { hash: [u8; 32], height: u32 },

    #[error("{text:?} is not a block hash: {reason}")]
    BadBlockHash { text: String, reason: String },

    #[error("there is no height {height}: the chain has heights 0 to {tip}; ingest more blocks or ask for one of those")]
    HeightBeyondTip { height: i64, tip: u32 },

    #[error("{text} is before the chain begins ({first}, in median time past)")]
    BeforeGenesis { text: String, first: String },

    #[error(
        "{text} is more than a day after the chain's last block, {tip} ({last}, in median time past); ask for an earlier moment, or ingest more blocks"
    )]
    AfterTip { text: String, last: String, tip: u32 },

    #[error("{text:?} is not a date: {reason}; write 2018-03-05 or 2018-03-05T12:30:00Z; a height is a number, not a text")]
    BadDate { text: String, reason: String },

    #[error("{text:?} is not an address: {source}")]
    BadAddress { text: String, source: AddressError },

    #[error("address {text} is not in the chain up to height {height}: nothing was ever paid to it")]
    UnknownAddress { text: String, height: u32 },

    #[error(
        "{a} and {b} are not joined as of height {height}: their clusters have {} and {} addresses; no path of evidence is no evidence that the owners differ",
        sizes.0,
        sizes.1
    )]
    NotJoined { a: String, b: String, sizes: (u32, u32), height: u32 },

    #[error("the store is empty: it holds no block yet; run satrail ingest")]
    EmptyStore,

    #[error("cannot read transaction {} from {}: {reason}; give the node's blocks folder as blocks=", hash_text(txid), path.display())]
    RawUnavailable { txid: [u8; 32], path: PathBuf, reason: String },

    #[error("unknown column {name:?}; {}{table} has {}", did_you_mean(name, known), known.join(", "))]
    UnknownColumn { name: String, table: &'static str, known: Vec<&'static str> },

    #[error("unknown {what} {name:?}; {}it is one of {}", did_you_mean(name, known), known.join(", "))]
    UnknownName { what: &'static str, name: String, known: Vec<&'static str> },

    #[error("threshold {name}={given} cannot be used; give {wanted}")]
    ThresholdValue { name: String, given: String, wanted: String },

    #[error("threshold {name}={given} is of another type; give {wanted}")]
    ThresholdType { name: String, given: String, wanted: String },

    #[error("the source of the trace is empty; give at least one output, transaction or address")]
    EmptySource,

    #[error("the trace was interrupted after {transactions} transactions; nothing of it is kept")]
    TraceInterrupted { transactions: u64 },

    #[error("{} is not empty; give a folder that is, or one that is not there yet", path.display())]
    NotEmpty { path: PathBuf },

    #[error(
        "the error rates that satrail was built with are damaged: {reason}; install it again, or build it with the rates.json of make cards"
    )]
    BadRates { reason: String },

    /// What code of the caller's raised that was asked by the core.
    #[error("{error}")]
    Raised { error: Box<dyn std::error::Error + Send + Sync> },

    #[error("{what}")]
    Recipe { what: String },

    #[error("{what}")]
    Invalid { what: String },
}

impl Error {
    /// An I/O error with what was being done and where; a full disk and a place that cannot be written get their own kind.
    pub fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.to_path_buf();
        move |source| match source.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Error::DiskFull { action, path },
            std::io::ErrorKind::ReadOnlyFilesystem => Error::ReadOnly { path, source },
            _ => Error::Io { action, path, source },
        }
    }

    /// A place in the store that contradicts the format or another place.
    pub fn corrupt(path: &Path, what: impl Into<String>) -> Error {
        Error::Corrupt { path: path.to_path_buf(), what: what.into() }
    }
}
