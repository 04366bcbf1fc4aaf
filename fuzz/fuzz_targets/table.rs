//! Any bytes as a pickled table: an error, or a table that survives its own bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use satrail::table::Table;

fuzz_target!(|bytes: &[u8]| {
    let Ok(table) = Table::from_ipc(bytes) else { return };
    let rows = table.num_rows();
    assert_eq!(table.batches().map(|batch| batch.expect("it is there").num_rows() as u64).sum::<u64>(), rows);
    _ = table.slice(rows / 2, 5);
    if let Ok(again) = table.to_ipc() {
        let again = Table::from_ipc(&again).expect("a table reads its own bytes");
        assert_eq!((again.schema(), again.num_rows()), (table.schema(), rows));
    }
});
