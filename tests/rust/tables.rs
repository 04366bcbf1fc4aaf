//! Tables as bytes: what pickles hold.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use satrail::Error;
use satrail::table::Table;

fn table() -> Table {
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("address", Arc::new(StringArray::from(vec![Some("a"), None, Some("of some length")]))),
        ("satoshi", Arc::new(Int64Array::from(vec![Some(1), Some(-2), None]))),
    ];
    let batch = RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true))).unwrap();
    Table::from_batches(batch.schema(), vec![batch.clone(), batch])
}

fn batches(table: &Table) -> Vec<RecordBatch> {
    table.batches().map(Result::unwrap).collect()
}

#[test]
fn a_table_survives_its_own_bytes() {
    let again = Table::from_bytes(&table().to_bytes().unwrap()).unwrap();
    assert_eq!(again.schema(), table().schema());
    assert_eq!(batches(&again), batches(&table()));
}

#[test]
fn bytes_with_any_damage_are_refused_and_never_a_panic() {
    let sound = table().to_bytes().unwrap();
    for place in 0..sound.len() {
        for damage in [0x01, 0x80, 0xff] {
            let mut bytes = sound.clone();
            bytes[place] ^= damage;
            assert!(matches!(Table::from_bytes(&bytes), Err(Error::Invalid { .. })), "byte {place}");
        }
        assert!(matches!(Table::from_bytes(&sound[..place]), Err(Error::Invalid { .. })), "cut at {place}");
    }
}
