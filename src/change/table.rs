//! What a rule leaves, as a table.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::{ArrayRef, BooleanArray, Int32Array, Int64Array, RecordBatch, TimestampSecondArray};

use crate::chain::{Chain, End};
use crate::error::Result;
use crate::ids::{OutNum, hash_text};
use crate::sets::outputs::OutputSet;
use crate::table::Maker;
use crate::table::Table;

/// One row an output, made when it is read: transaction, txid, height, time, output, position, address, value, spent.
pub fn table(chain: &Chain, outputs: OutputSet) -> Result<Table> {
    let rows = 0..outputs.len();
    let maker = Rows { chain: chain.clone(), outputs };
    Ok(Table::made(maker.batch(0..0)?.schema(), rows, maker))
}

struct Rows {
    chain: Chain,
    outputs: OutputSet,
}

impl Maker for Rows {
    fn batch(&self, rows: Range<u64>) -> Result<RecordBatch> {
        let (chain, outputs) = (&self.chain, self.outputs.part(rows));
        let (mut txids, mut addresses) = (StringBuilder::new(), StringBuilder::new());
        let (mut transactions, mut positions, mut heights, mut times) = (vec![], vec![], vec![], vec![]);
        let (mut values, mut spent) = (vec![], vec![]);
        for output in outputs.iter().map(|output| OutNum(*output)) {
            let tx = chain.transaction_of(output)?;
            let height = chain.height_of(tx)?;
            transactions.push(tx.0 as i64);
            txids.append_value(hash_text(&chain.txid(tx)?));
            heights.push(height.0 as i32);
            times.push(chain.time_at(height)? as i64);
            positions.push((output.0 - chain.outputs_of(tx)?.start().0) as i32);
            addresses.append_option(chain.address_text(chain.address_of(output)?)?);
            values.push(chain.value_of(output)? as i64);
            spent.push(matches!(chain.end_of(output)?, End::Spent(_)));
        }
        let columns: [(&str, ArrayRef, bool); 9] = [
            ("transaction", Arc::new(Int64Array::from(transactions)), false),
            ("txid", Arc::new(txids.finish()), false),
            ("height", Arc::new(Int32Array::from(heights)), false),
            ("time", Arc::new(TimestampSecondArray::from(times).with_timezone("UTC")), false),
            ("output", Arc::new(Int64Array::from_iter_values(outputs.iter().map(|output| *output as i64))), false),
            ("position", Arc::new(Int32Array::from(positions)), false),
            ("address", Arc::new(addresses.finish()), true),
            ("value", Arc::new(Int64Array::from(values)), false),
            ("spent", Arc::new(BooleanArray::from(spent)), false),
        ];
        Ok(RecordBatch::try_from_iter_with_nullable(columns).expect("the columns have one length, and nulls only where they may"))
    }
}
