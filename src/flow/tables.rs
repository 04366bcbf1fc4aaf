//! The steps of a trace as tables.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray, TimestampSecondArray};

use crate::chain::{Chain, Table};
use crate::error::Result;
use crate::flow::{Outcome, Step};
use crate::ids::{AddrNum, OutNum, TxNum, hash_text};

/// Rows of a batch.
const BATCH: usize = 1 << 16;

/// A column with its name and whether it can be null.
type Named = (&'static str, ArrayRef, bool);

pub(super) fn steps(chain: &Chain, steps: &[Step]) -> Result<Table> {
    table(steps, |first, steps| {
        let rows = Rows { chain, steps };
        Ok(vec![
            ("step", Arc::new(Int64Array::from_iter_values((first..first + steps.len()).map(|i| i as i64))), false),
            ("hop", rows.int32(|step| Ok(Some(step.hop as i64)))?, false),
            ("transaction", rows.int64(|step| Ok(step.by.map(|tx| tx.0 as i64)))?, true),
            ("txid", rows.text(|step| rows.txid(step.by))?, true),
            ("height", rows.int32(|step| rows.height(step.by))?, true),
            ("time", rows.time(|step| rows.block_time(step.by))?, true),
            ("output", rows.int64(|step| Ok(step.output.map(|o| o.0 as i64)))?, true),
            ("output_txid", rows.text(|step| rows.txid(rows.maker(step)?))?, true),
            ("output_position", rows.int32(|step| rows.position(step))?, true),
            ("address", rows.text(|step| rows.address(step))?, true),
            ("kind", rows.text(|step| rows.kind(step))?, true),
            ("value", rows.int64(|step| rows.value(step))?, true),
            ("amount", rows.int64(|step| Ok(Some(step.amount as i64)))?, false),
            ("share", rows.share()?, true),
            ("outcome", rows.text(|step| Ok(Some(step.outcome.name().to_string())))?, false),
            ("next", rows.int64(|step| Ok(next(step).map(|tx| tx.0 as i64)))?, true),
            ("next_txid", rows.text(|step| rows.txid(next(step)))?, true),
        ])
    })
}

pub(super) fn ends(chain: &Chain, steps: &[Step]) -> Result<Table> {
    let ends: Vec<Step> = steps.iter().filter(|step| step.output.is_some() && next(step).is_none()).copied().collect();
    table(&ends, |_, steps| {
        let rows = Rows { chain, steps };
        Ok(vec![
            ("output", rows.int64(|step| Ok(step.output.map(|o| o.0 as i64)))?, false),
            ("txid", rows.text(|step| rows.txid(rows.maker(step)?))?, false),
            ("position", rows.int32(|step| rows.position(step))?, false),
            ("address", rows.text(|step| rows.address(step))?, true),
            ("kind", rows.text(|step| rows.kind(step))?, false),
            ("reason", rows.text(|step| Ok(Some(step.outcome.name().to_string())))?, false),
            ("amount", rows.int64(|step| Ok(Some(step.amount as i64)))?, false),
            ("value", rows.int64(|step| rows.value(step))?, false),
            ("height", rows.int32(|step| rows.height(rows.maker(step)?))?, false),
            ("time", rows.time(|step| rows.block_time(rows.maker(step)?))?, false),
            ("hops", rows.int32(|step| Ok(Some(step.hop as i64)))?, false),
        ])
    })
}

/// Batches of what `columns` makes of some steps and the number of the first.
fn table(steps: &[Step], columns: impl Fn(usize, &[Step]) -> Result<Vec<Named>>) -> Result<Table> {
    let batch = |(i, steps): (usize, &[Step])| -> Result<RecordBatch> {
        let columns = columns(i * BATCH, steps)?;
        Ok(RecordBatch::try_from_iter_with_nullable(columns).expect("the columns have one length, and nulls only where they may"))
    };
    let schema = batch((0, &[]))?.schema();
    Ok(Table::from_batches(schema, steps.chunks(BATCH).enumerate().map(batch).collect::<Result<_>>()?))
}

fn next(step: &Step) -> Option<TxNum> {
    match step.outcome {
        Outcome::Followed(tx) => Some(tx),
        _ => None,
    }
}

/// The steps of one batch, and the cells that they give.
struct Rows<'a> {
    chain: &'a Chain,
    steps: &'a [Step],
}

impl Rows<'_> {
    /// The transaction that a step's output belongs to.
    fn maker(&self, step: &Step) -> Result<Option<TxNum>> {
        step.output.map(|output| self.chain.transaction_of(output)).transpose()
    }

    fn txid(&self, tx: Option<TxNum>) -> Result<Option<String>> {
        tx.map(|tx| Ok(hash_text(&self.chain.txid(tx)?))).transpose()
    }

    fn height(&self, tx: Option<TxNum>) -> Result<Option<i64>> {
        tx.map(|tx| Ok(self.chain.height_of(tx)?.0 as i64)).transpose()
    }

    fn block_time(&self, tx: Option<TxNum>) -> Result<Option<i64>> {
        tx.map(|tx| Ok(self.chain.time_at(self.chain.height_of(tx)?)? as i64)).transpose()
    }

    fn position(&self, step: &Step) -> Result<Option<i64>> {
        let position = |output: OutNum| {
            let first = self.chain.outputs_of(self.chain.transaction_of(output)?)?.start;
            Ok((output.0 - first) as i64)
        };
        step.output.map(position).transpose()
    }

    fn owner(&self, step: &Step) -> Result<Option<AddrNum>> {
        step.output.map(|output| self.chain.address_of(output)).transpose()
    }

    fn address(&self, step: &Step) -> Result<Option<String>> {
        Ok(self.owner(step)?.map(|address| self.chain.address_text(address)).transpose()?.flatten())
    }

    fn kind(&self, step: &Step) -> Result<Option<String>> {
        self.owner(step)?.map(|address| Ok(self.chain.kind_of(address)?.name().to_string())).transpose()
    }

    fn value(&self, step: &Step) -> Result<Option<i64>> {
        step.output.map(|output| Ok(self.chain.value_of(output)? as i64)).transpose()
    }

    /// Null where there is no value to have a share of.
    fn share(&self) -> Result<ArrayRef> {
        let share = |step: &Step| Ok(self.value(step)?.filter(|value| *value > 0).map(|value| step.amount as f64 / value as f64));
        Ok(Arc::new(Float64Array::from(self.each(share)?)))
    }

    fn each<T>(&self, cell: impl Fn(&Step) -> Result<Option<T>>) -> Result<Vec<Option<T>>> {
        self.steps.iter().map(cell).collect()
    }

    fn int32(&self, cell: impl Fn(&Step) -> Result<Option<i64>>) -> Result<ArrayRef> {
        Ok(Arc::new(Int32Array::from_iter(self.each(cell)?.into_iter().map(|n| n.map(|n| n as i32)))))
    }

    fn int64(&self, cell: impl Fn(&Step) -> Result<Option<i64>>) -> Result<ArrayRef> {
        Ok(Arc::new(Int64Array::from(self.each(cell)?)))
    }

    fn time(&self, cell: impl Fn(&Step) -> Result<Option<i64>>) -> Result<ArrayRef> {
        Ok(Arc::new(TimestampSecondArray::from(self.each(cell)?).with_timezone("UTC")))
    }

    fn text(&self, cell: impl Fn(&Step) -> Result<Option<String>>) -> Result<ArrayRef> {
        Ok(Arc::new(StringArray::from(self.each(cell)?)))
    }
}
