//! Any bytes as a file of addresses: an error, or texts of which each is an address, rejected with a reason, or there already.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use satrail::chain::{Chain, read_texts};
use satrail_fuzz::make_store;
use tempfile::TempDir;

static PLACE: LazyLock<(TempDir, Chain)> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    make_store(&folder.path().join("store"));
    let chain = Chain::open(&folder.path().join("store")).expect("the store is good");
    (folder, chain)
});

fuzz_target!(|bytes: &[u8]| {
    let (folder, chain) = &*PLACE;
    let file = folder.path().join("list.csv");
    std::fs::write(&file, bytes).expect("it can be written");
    let Ok(texts) = read_texts(&file) else { return };
    let found = chain.addresses(&texts);
    assert!(found.len() + found.rejected().len() <= arrow_array::Array::len(&texts));
    found.rejected().iter().for_each(|rejected| assert!(!rejected.reason.is_empty()));
    _ = found.summary().map(|table| table.num_rows());
});
