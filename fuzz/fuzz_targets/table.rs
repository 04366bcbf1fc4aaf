//! Any bytes, or damaged good ones, as a pickled table: an error, or a table that survives its own bytes.
#![no_main]

use std::sync::LazyLock;

use arrow_array::StringArray;
use libfuzzer_sys::fuzz_target;
use satrail::chain::Chain;
use satrail::ids::AddrNum;
use satrail::table::Table;
use satrail_fuzz::{Damage, make_store};

/// A table with texts, numbers, times and missing values.
static SOUND: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    make_store(folder.path());
    let chain = Chain::open(folder.path()).expect("the store is good");
    let names = (0..40).map(|n| chain.address_at(AddrNum(n)).and_then(|address| address.name()).expect("it is there"));
    let unpaid = "bcrt1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqdku202".to_string();
    let texts = StringArray::from_iter_values(names.chain([unpaid]));
    let table = chain.addresses(&texts).summary().expect("the store is good");
    table.to_ipc().expect("it can be written")
});

fn check(bytes: &[u8]) {
    let Ok(table) = Table::from_ipc(bytes) else { return };
    let rows = table.num_rows();
    assert_eq!(table.batches().map(|batch| batch.expect("it is there").num_rows() as u64).sum::<u64>(), rows);
    _ = table.slice(rows / 2, 5);
    if let Ok(again) = table.to_ipc() {
        let again = Table::from_ipc(&again).expect("a table reads its own bytes");
        assert_eq!((again.schema(), again.num_rows()), (table.schema(), rows));
    }
}

fuzz_target!(|given: (&[u8], Vec<Damage>)| {
    let (raw, damages) = given;
    check(raw);
    let mut bytes = SOUND.clone();
    for (_, place, byte) in damages {
        let place = place as usize % bytes.len();
        bytes[place] ^= byte;
    }
    check(&bytes);
});
