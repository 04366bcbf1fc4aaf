//! A store whose note of what was scanned is damaged: the next ingest scans again, and the chain is the same.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use satrail::chain::Chain;
use satrail_fuzz::{Damage, Files, make_store};
use tempfile::TempDir;

static SOUND: LazyLock<(TempDir, u32, Files)> = LazyLock::new(|| {
    let store = tempfile::tempdir().expect("a temporary folder can be made");
    make_store(store.path());
    let height = Chain::open(store.path()).expect("the store is good").height().0;
    let scan = Files::of(store.path()).only(|name| name.starts_with("scan."));
    (store, height, scan)
});

fuzz_target!(|damages: Vec<Damage>| {
    let (store, height, scan) = &*SOUND;
    scan.damaged(&damages).write(store.path());
    make_store(store.path());
    assert_eq!(Chain::open(store.path()).expect("the store is good").height().0, *height);
});
