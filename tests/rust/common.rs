//! What several test modules need: stores of the bundled chain, and reproducible random numbers.

use std::path::{Path, PathBuf};

use satrail::ingest::{IngestOptions, Until, ingest};

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
