//! What a rule leaves, as a table.

use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::{ArrayRef, BooleanArray, Int32Array, Int64Array, RecordBatch, StringArray, TimestampSecondArray};

use crate::chain::{Chain, Table};
use crate::change::Candidate;
use crate::error::Result;
use crate::ids::hash_text;

/// Rows of a batch.
const BATCH: usize = 1 << 16;

/// One row an output: transaction, txid, height, time, output, position, address, value, spent.
pub fn table(chain: &Chain, candidates: &[Candidate]) -> Result<Table> {
    let schema = batch(chain, &[])?.schema();
    Ok(Table::from_batches(schema, candidates.chunks(BATCH).map(|rows| batch(chain, rows)).collect::<Result<_>>()?))
}

fn batch(chain: &Chain, rows: &[Candidate]) -> Result<RecordBatch> {
    let (mut txids, mut addresses) = (StringBuilder::new(), StringBuilder::new());
    let (mut heights, mut times, mut values) = (Vec::new(), Vec::new(), Vec::new());
    for row in rows {
        let height = chain.height_of(row.transaction)?;
        heights.push(height.0 as i32);
        times.push(chain.time_at(height)? as i64);
        values.push(chain.value_of(row.output)? as i64);
        txids.append_value(hash_text(&chain.txid(row.transaction)?));
        addresses.append_option(chain.address_text(chain.address_of(row.output)?)?);
    }
    let (txids, addresses): (StringArray, StringArray) = (txids.finish(), addresses.finish());
    let columns: Vec<(&str, ArrayRef, bool)> = vec![
        ("transaction", Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.transaction.0 as i64))), false),
        ("txid", Arc::new(txids), false),
        ("height", Arc::new(Int32Array::from(heights)), false),
        ("time", Arc::new(TimestampSecondArray::from(times).with_timezone("UTC")), false),
        ("output", Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.output.0 as i64))), false),
        ("position", Arc::new(Int32Array::from_iter_values(rows.iter().map(|row| row.position as i32))), false),
        ("address", Arc::new(addresses), true),
        ("value", Arc::new(Int64Array::from(values)), false),
        ("spent", Arc::new(rows.iter().map(|row| Some(row.spent)).collect::<BooleanArray>()), false),
    ];
    Ok(RecordBatch::try_from_iter_with_nullable(columns).expect("the columns have one length"))
}
