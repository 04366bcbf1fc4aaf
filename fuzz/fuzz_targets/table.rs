//! Any bytes, or damaged good ones, as a pickled table: refused, unless nothing was changed.
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
    table.to_bytes().expect("it can be written")
});

fuzz_target!(|given: (&[u8], Vec<Damage>)| {
    let (raw, damages) = given;
    assert!(Table::from_bytes(raw).is_err());
    let mut bytes = SOUND.clone();
    for (_, place, byte) in damages {
        let place = place as usize % bytes.len();
        bytes[place] ^= byte;
    }
    assert_eq!(Table::from_bytes(&bytes).is_ok(), bytes == *SOUND);
});
