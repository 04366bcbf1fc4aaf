//! A store with damaged bytes: everything that is asked of it is an answer or an error, never a panic.
#![no_main]

use std::path::Path;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use satrail::chain::Chain;
use satrail::ids::{AddrNum, OutNum, TxNum};
use satrail::ingest::{IngestOptions, ingest};

/// A sound store: the names and bytes of its files.
static SOUND: LazyLock<Vec<(String, Vec<u8>)>> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let blocks = Path::new(env!("CARGO_MANIFEST_DIR")).join("../python/satrail/demo_chain");
    ingest(&blocks, folder.path(), &IngestOptions::default(), |_| true).expect("the bundled chain is good");
    let files = std::fs::read_dir(folder.path()).expect("the store can be listed");
    let read = |entry: std::fs::DirEntry| (entry.file_name().to_string_lossy().into_owned(), std::fs::read(entry.path()).expect("it can be read"));
    let mut files: Vec<_> = files.map(|entry| read(entry.expect("it can be listed"))).collect();
    files.sort();
    files
});

// Each damage is a file, a place in it and a byte.
fuzz_target!(|damages: Vec<(u8, u32, u8)>| {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let mut files = SOUND.clone();
    for (file, place, byte) in damages {
        let count = files.len();
        let bytes = &mut files[file as usize % count].1;
        if !bytes.is_empty() {
            let place = place as usize % bytes.len();
            bytes[place] ^= byte;
        }
    }
    files.iter().for_each(|(name, bytes)| std::fs::write(folder.path().join(name), bytes).expect("it can be written"));
    _ = satrail::verify::verify(folder.path(), None, false, &mut |_| true);
    let Ok(chain) = Chain::open(folder.path()) else { return };
    let counts = *chain.counts();
    for tx in (0..counts.transactions.min(1 << 13)).step_by(7) {
        if let Ok(tx) = chain.transaction_at(TxNum(tx as u32)) {
            _ = (tx.txid(), tx.height(), tx.position(), tx.fee(), tx.inputs().map(|i| i.take(50).for_each(|i| _ = (i.value(), i.address().map(|_| ())))));
        }
    }
    for output in (0..counts.outputs.min(1 << 13)).step_by(11) {
        if let Ok(output) = chain.output_at(OutNum(output)) {
            _ = (output.value(), output.end(), output.spent_by().map(|_| ()), output.position());
        }
    }
    for address in (0..counts.addresses.min(1 << 13)).step_by(13) {
        if let Ok(address) = chain.address_at(AddrNum(address as u32)) {
            _ = (address.name(), address.flows(), address.revealed());
        }
    }
});
