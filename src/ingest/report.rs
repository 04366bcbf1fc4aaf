//! What an ingest tells while it works and when it is done.

use std::path::{Path, PathBuf};

use crate::blocks::BlockFiles;
use crate::blocks::scan::{Magic, Scan};
use crate::ids::hash_text;
use crate::ingest::pipeline::BadBlock;
use crate::ingest::plan::{self, Gap, PlannedBlock};
use crate::script::Network;

/// What the work is at.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Phase {
    /// Looking for blocks in the files.
    #[default]
    Scan,
    /// Adding blocks.
    Blocks,
    /// Building postings and writing to disk.
    Index,
}

impl Phase {
    pub fn name(self) -> &'static str {
        match self {
            Phase::Scan => "scan",
            Phase::Blocks => "blocks",
            Phase::Index => "index",
        }
    }
}

/// How far the work is.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Progress {
    pub phase: Phase,
    pub blocks: u64,
    pub blocks_total: u64,
    pub bytes: u64,
    pub bytes_total: u64,
    pub height: u32,
    pub seconds: f64,
}

/// A block that could not be added, and with it all that follow it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InvalidBlock {
    pub hash: [u8; 32],
    pub height: u32,
    pub path: PathBuf,
    pub offset: u64,
    pub reason: String,
}

impl InvalidBlock {
    pub(super) fn new(block: &PlannedBlock, bad: BadBlock, files: &BlockFiles) -> InvalidBlock {
        let (at, reason) = match bad {
            BadBlock::Fault(fault, at) => (at, fault.to_string()),
            BadBlock::Error(error) => (block.places[0], error.to_string()),
        };
        InvalidBlock { hash: block.hash, height: block.height, path: files.path(at.file), offset: at.offset, reason }
    }
}

impl std::fmt::Display for InvalidBlock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (hash, path) = (hash_text(&self.hash), self.path.display());
        write!(f, "block {hash} at height {} ({path}, offset {}) is not valid: {}", self.height, self.offset, self.reason)
    }
}

/// What an ingest did and found.
#[derive(Clone, Debug)]
pub struct IngestReport {
    pub store: PathBuf,
    pub network: Network,
    pub magic: Magic,
    /// The height of the chain's tip; none when no block is valid.
    pub height: Option<u32>,
    pub tip: Option<[u8; 32]>,
    pub blocks_added: u64,
    /// Blocks that were rolled back because another branch has more work.
    pub blocks_removed: u64,
    pub transactions_added: u64,
    /// Bytes of the blocks added, with their frames.
    pub bytes_added: u64,
    /// Blocks in the files on branches with less work.
    pub stale_blocks: u64,
    pub invalid_blocks: Vec<InvalidBlock>,
    pub gap: Option<Gap>,
    /// Other networks' records in the files, which were passed over.
    pub other_networks: Vec<(String, u64)>,
    /// Bytes in the files that are neither blocks nor padding.
    pub skipped_bytes: u64,
    /// Records whose end is not in the file (yet).
    pub cut_short: u64,
    /// Transactions added that pay out more than they take in, which no node accepts; their fee is negative.
    pub overspent: u64,
    pub seconds: f64,
}

impl IngestReport {
    pub(super) fn new(store: &Path, network: Network, magic: Magic, scan: &Scan) -> IngestReport {
        let others = plan::count_by_magic(&scan.records).into_iter().filter(|(other, _)| *other != magic);
        let mut other_networks: Vec<(String, u64)> =
            others.map(|(magic, count)| (plan::network_text(magic, None), count as u64)).collect();
        other_networks.sort();
        IngestReport {
            store: store.to_path_buf(),
            network,
            magic,
            height: None,
            tip: None,
            blocks_added: 0,
            blocks_removed: 0,
            transactions_added: 0,
            bytes_added: 0,
            stale_blocks: 0,
            invalid_blocks: Vec::new(),
            gap: None,
            other_networks,
            skipped_bytes: scan.skipped_bytes,
            cut_short: scan.cut_short,
            overspent: 0,
            seconds: 0.0,
        }
    }

    /// What a user should know besides the numbers, a sentence each.
    pub fn notes(&self) -> Vec<String> {
        let mut notes: Vec<String> =
            self.invalid_blocks.iter().map(|b| format!("{b}; the chain goes on without it and what follows it")).collect();
        notes.extend(self.gap.as_ref().map(|gap| format!("{gap}; the chain goes up to the gap")));
        notes.extend(self.other_networks.iter().map(|(name, count)| format!("{count} records of {name} were passed over")));
        if self.blocks_removed > 0 {
            notes.push(format!("{} blocks were rolled back because another branch has more work", self.blocks_removed));
        }
        if self.cut_short > 0 {
            notes.push(format!(
                "{} records are cut short at the end of their file; run the ingest again when the node has written them",
                self.cut_short
            ));
        }
        if self.skipped_bytes > 0 {
            notes.push(format!("{} bytes in the files are neither blocks nor padding and were passed over", self.skipped_bytes));
        }
        if self.overspent > 0 {
            notes.push(format!(
                "{} transactions pay out more than they take in: no node would accept them; their fee is negative",
                self.overspent
            ));
        }
        notes
    }
}
