//! What several test modules need: stores of the bundled chain, blocks made by hand, and reproducible random numbers.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use satrail::blocks::hash::{double_sha256, merkle_root};
use satrail::blocks::headers::parent_of;
use satrail::blocks::scan::scan;
use satrail::blocks::{BlockFiles, Record};
use satrail::ingest::{IngestOptions, Until, ingest};
use satrail::script::Network;

/// The block files that come with the package: a regtest chain of 496 blocks.
pub fn demo_chain() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("python/satrail/demo_chain")
}

/// A store of the bundled chain in a folder that is removed with the value.
pub struct DemoStore {
    pub path: PathBuf,
    _folder: tempfile::TempDir,
}

impl DemoStore {
    pub fn new(until: Option<u32>) -> DemoStore {
        DemoStore::of(&demo_chain(), until)
    }

    pub fn of(blocks: &Path, until: Option<u32>) -> DemoStore {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        let options = IngestOptions { until: until.map(Until::Height), ..IngestOptions::default() };
        ingest(blocks, &path, &options, |_| true).unwrap();
        DemoStore { path, _folder: folder }
    }

    /// The names of its files but for those that say who is at work, in order.
    pub fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.path).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = entries.filter(|name| !["lock", "lock.holder", "readers"].contains(&name.as_str())).collect();
        names.sort();
        names
    }
}

/// Random numbers that are the same every time (splitmix64).
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }
}

/// The blocks that some files hold, by hash, with the parent of each.
pub fn blocks_in(folder: &Path) -> HashMap<[u8; 32], ([u8; 32], Vec<u8>)> {
    let files = BlockFiles::open(folder).unwrap();
    let records = scan(&files, &[], None, |_| Ok(())).unwrap().records;
    let block = |record: &Record| {
        let mut bytes = Vec::new();
        files.read(record.at, &mut bytes).unwrap();
        (record.hash, (parent_of(&record.header), bytes))
    };
    records.iter().map(block).collect()
}

/// Writes blocks to one block file of regtest.
pub fn write_blocks<'a>(folder: &Path, blocks: impl IntoIterator<Item = &'a Vec<u8>>) {
    let record = |block: &'a Vec<u8>| [&Network::Regtest.magic(), &(block.len() as u32).to_le_bytes(), &block[..]].concat();
    let file: Vec<u8> = blocks.into_iter().flat_map(record).collect();
    std::fs::write(folder.join("blk00000.dat"), file).unwrap();
}

/// A block of transactions without witnesses on top of `parent`, mined at the least difficulty.
pub fn mine(parent: [u8; 32], time: u32, transactions: &[Vec<u8>]) -> Vec<u8> {
    let mut txids = transactions.iter().map(|tx| double_sha256(&[tx])).collect();
    let root = merkle_root(&mut txids).unwrap();
    let mut header =
        [&1u32.to_le_bytes()[..], &parent, &root, &time.to_le_bytes(), &0x207f_ffffu32.to_le_bytes(), &[0; 4]].concat();
    for nonce in 0u32.. {
        header[76..].copy_from_slice(&nonce.to_le_bytes());
        if double_sha256(&[&header])[31] < 0x7f {
            break;
        }
    }
    [&header[..], &[transactions.len() as u8], &transactions.concat()].concat()
}

/// A transaction with one input and outputs of an amount and a script each.
pub fn transaction(spends: ([u8; 32], u32), script_sig: &[u8], outputs: &[(u64, &[u8])]) -> Vec<u8> {
    let mut bytes =
        [&1u32.to_le_bytes()[..], &[1], &spends.0, &spends.1.to_le_bytes(), &[script_sig.len() as u8], script_sig].concat();
    bytes.extend([0xff, 0xff, 0xff, 0xff, outputs.len() as u8]);
    for (value, script) in outputs {
        bytes.extend([&value.to_le_bytes()[..], &[script.len() as u8], script].concat());
    }
    bytes.extend([0; 4]);
    bytes
}

/// The coinbase of a block; the same `mark` and outputs give the same id.
pub fn coinbase(mark: &[u8], outputs: &[(u64, &[u8])]) -> Vec<u8> {
    transaction(([0; 32], u32::MAX), mark, outputs)
}
