//! Any bytes as a block file behind a good genesis block: the ingest ends with a report or an error, and the store opens and is sound.
#![no_main]

use libfuzzer_sys::fuzz_target;
use satrail::chain::Chain;
use satrail::ingest::{IngestOptions, ingest};

const GENESIS: &[u8] = include_bytes!("../genesis.dat");

fuzz_target!(|bytes: &[u8]| {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let blocks = folder.path().join("blocks");
    std::fs::create_dir(&blocks).expect("a folder can be made");
    std::fs::write(blocks.join("blk00000.dat"), [GENESIS, bytes].concat()).expect("a file can be written");
    let store = folder.path().join("store");
    let options = IngestOptions { threads: Some(1), ..IngestOptions::default() };
    if ingest(&blocks, &store, &options, |_| true).is_ok() {
        let chain = Chain::open(&store).expect("the genesis block is there");
        let sound = satrail::verify::verify(&store, None, true, &mut |_| true).expect("a new store can be verified");
        assert!(sound.is_sound(), "{sound} at height {}", chain.height());
    }
});
