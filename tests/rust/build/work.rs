//! Short words for what nearly every test does.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use satrail::chain::{AddressTotals, Chain, End, RevealedKeys};
use satrail::ids::{AddrNum, OutNum, TxNum};
use satrail::ingest::{IngestOptions, IngestReport, Until, ingest};
use satrail::store::checksums::Checksums;
use satrail::store::columns::SPECS;
use satrail::store::postings::PostingRun;
use satrail::store::{Columns, Manifest};
use satrail::{Error, Result};
use tempfile::TempDir;

use super::files::{Layout, write};
use super::{Rng, Tree};

/// A folder that is gone after the test; in memory where that is possible, for a commit waits for the disk many times.
pub fn scratch() -> TempDir {
    let memory = Path::new("/dev/shm");
    tempfile::tempdir_in(memory).or_else(|_| tempfile::tempdir()).unwrap()
}

pub fn options() -> IngestOptions {
    IngestOptions { threads: Some(1), ..IngestOptions::default() }
}

pub fn until(until: Until) -> IngestOptions {
    IngestOptions { until: Some(until), ..options() }
}

pub fn try_bring(blocks: &Path, store: &Path) -> Result<IngestReport> {
    ingest(blocks, store, &options(), |_| true)
}

/// Brings a store up to date.
pub fn bring(blocks: &Path, store: &Path) -> IngestReport {
    try_bring(blocks, store).unwrap()
}

pub fn bring_with(blocks: &Path, store: &Path, options: &IngestOptions) -> IngestReport {
    ingest(blocks, store, options, |_| true).unwrap()
}

pub fn digest(store: &Path) -> [u8; 32] {
    Chain::open(store).unwrap().digest().unwrap()
}

/// Holds a store's files against their checksums, and its folder against its manifest.
pub fn assert_intact(store: &Path) {
    let manifest = Manifest::read(store).unwrap();
    let columns = Columns::read(store, manifest.generation, &manifest.counts).unwrap();
    let checksums = Checksums::read(store, &manifest.checksums).unwrap();
    assert_eq!(checksums.differences(&columns, |_| Ok(())).unwrap(), [], "columns that are not as their checksums say");
    assert!(manifest.runs.iter().all(|run| PostingRun::open(store, run).unwrap().is_intact(|_| Ok(())).unwrap()));
    if !store.join("writing").exists() {
        let mut files = SPECS.len() + manifest.runs.len() + manifest.scan.iter().len();
        files += ["manifest", "lock", "lock.holder", "readers", "checksums", "two indexes", ""].len();
        assert_eq!(std::fs::read_dir(store).unwrap().count(), files, "files beside those of the commit");
    }
}

/// All that a chain answers, also from what its digest does not cover: spenders, reveals, postings and both indexes.
#[derive(PartialEq, Debug)]
pub struct Answers {
    digest: [u8; 32],
    ends: Vec<End>,
    flows: Vec<AddressTotals>,
    revealed: Vec<Option<RevealedKeys>>,
    found: Vec<TxNum>,
    known: Vec<AddrNum>,
}

impl Answers {
    pub fn of(chain: &Chain) -> Answers {
        let (counts, mut outputs) = (*chain.counts(), Vec::new());
        let addresses: Vec<_> = (0..counts.addresses as u32).map(|n| chain.address_at(AddrNum(n)).unwrap()).collect();
        let txids = (0..counts.transactions as u32).map(|n| chain.txid(TxNum(n)).unwrap());
        // An empty script has no name to ask for.
        let names = addresses.iter().map(|address| address.name().unwrap()).filter(|name| !name.is_empty());
        Answers {
            digest: chain.digest().unwrap(),
            ends: (0..counts.outputs).map(|output| chain.end_of(OutNum(output)).unwrap()).collect(),
            flows: addresses.iter().map(|address| chain.totals_of(address.number(), &mut outputs).unwrap()).collect(),
            revealed: addresses.iter().map(|address| address.revealed().unwrap()).collect(),
            found: txids.map(|txid| chain.transaction(&txid).unwrap().number()).collect(),
            known: names.map(|name| chain.address(&name).unwrap().number()).collect(),
        }
    }
}

/// A clean store of a chain, from one file in order.
pub struct Clean {
    pub chain: Chain,
    _folder: TempDir,
}

impl Clean {
    pub fn of(blocks: &[&[u8]]) -> Clean {
        let folder = scratch();
        let (files, store) = (folder.path().join("blocks"), folder.path().join("store"));
        write(&files, blocks, Layout::default(), &mut Rng::new(0));
        bring(&files, &store);
        Clean { chain: Chain::open(&store).unwrap(), _folder: folder }
    }

    /// The best chain of a tree.
    pub fn best(tree: &Tree) -> Clean {
        Clean::of(&tree.chain(tree.best()))
    }

    /// The digest of the chain when it had so many blocks.
    pub fn digest(&self, blocks: u64) -> [u8; 32] {
        self.chain.at_height(blocks as i64 - 1).unwrap().digest().unwrap()
    }
}

/// Clean stores to compare with: one for each branch that the chain may be on.
pub struct Truth {
    branches: Vec<Clean>,
    answers: HashMap<[u8; 32], Answers>,
}

impl Truth {
    pub fn of(tree: &Tree, tips: &[usize]) -> Truth {
        Truth { branches: tips.iter().map(|tip| Clean::of(&tree.chain(*tip))).collect(), answers: HashMap::new() }
    }

    /// Holds what a store answers against the clean one; gives its height, or none when there is no store yet.
    pub fn check(&mut self, store: &Path) -> Option<u32> {
        let chain = match Chain::open(store) {
            Ok(chain) => chain,
            Err(Error::NotFound { .. } | Error::NotAStore { .. } | Error::EmptyStore) => return None,
            Err(error) => panic!("{error}"),
        };
        assert_intact(store);
        let tip = chain.tip().hash().unwrap();
        let expected = self.answers.entry(tip).or_insert_with(|| {
            let branch = self.branches.iter().find_map(|clean| clean.chain.at_hash(&tip).ok());
            Answers::of(&branch.expect("the tip is of one of the branches"))
        });
        assert!(Answers::of(&chain) == *expected, "at height {}", chain.height());
        Some(chain.height().0)
    }
}

/// Shared data beside the repository; says so where there is none.
pub fn shared(path: &str) -> Option<PathBuf> {
    let repository = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").into());
    let found = Path::new(&repository).join("../shared/data").join(path);
    if !found.exists() {
        println!("skipped: no {} beside the repository", found.display());
    }
    found.exists().then_some(found)
}
