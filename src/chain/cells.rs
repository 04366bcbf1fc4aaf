//! Columns of tables about rows that name transactions, outputs and addresses by their numbers.

use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, Int32Array, Int64Array, RecordBatch, StringArray, TimestampSecondArray};

use crate::chain::Chain;
use crate::error::{Error, Result};
use crate::ids::{AddrNum, OutNum, TxNum, hash_text};
use crate::table::Table;

/// Rows of a batch.
const BATCH: usize = 1 << 16;

/// A column with its name and whether it can be null.
pub type Column = (&'static str, ArrayRef, bool);

/// Some rows of a table, and what their cells are made from.
pub struct Cells<'a, T> {
    pub chain: &'a Chain,
    pub rows: &'a [T],
}

/// A table of what `columns` makes of some rows, a batch at a time.
pub fn table<T>(chain: &Chain, rows: &[T], columns: impl Fn(&Cells<T>) -> Result<Vec<Column>>) -> Result<Table> {
    let batch = |rows: &[T]| -> Result<RecordBatch> {
        let columns = columns(&Cells { chain, rows })?;
        Ok(RecordBatch::try_from_iter_with_nullable(columns).expect("the columns have one length, and nulls only where they may"))
    };
    let schema = batch(&[])?.schema();
    Ok(Table::from_batches(schema, rows.chunks(BATCH).map(batch).collect::<Result<_>>()?))
}

/// The place of an output among those of its transaction.
pub fn position_of(chain: &Chain, output: OutNum) -> Result<i64> {
    let first = chain.outputs_of(chain.transaction_of(output)?)?.start().0;
    let position = output.0.checked_sub(first).map(|position| position as i64);
    position
        .ok_or_else(|| Error::corrupt(chain.store().folder(), format!("has output {output} before the first of its transaction")))
}

impl<T> Cells<'_, T> {
    pub fn int64(&self, name: &'static str, cell: impl Fn(&T) -> Result<Option<i64>>) -> Result<Column> {
        let column = Int64Array::from(self.each(cell)?);
        Ok((name, Arc::new(column), true))
    }

    pub fn int32(&self, name: &'static str, cell: impl Fn(&T) -> Result<Option<i64>>) -> Result<Column> {
        let column = Int32Array::from_iter(self.each(cell)?.into_iter().map(|cell| cell.map(|n| n as i32)));
        Ok((name, Arc::new(column), true))
    }

    pub fn text(&self, name: &'static str, cell: impl Fn(&T) -> Result<Option<String>>) -> Result<Column> {
        let column = StringArray::from(self.each(cell)?);
        Ok((name, Arc::new(column), true))
    }

    pub fn flag(&self, name: &'static str, cell: impl Fn(&T) -> Result<Option<bool>>) -> Result<Column> {
        let column = BooleanArray::from(self.each(cell)?);
        Ok((name, Arc::new(column), true))
    }

    /// Satoshi, or another number that every row has.
    pub fn amount(&self, name: &'static str, cell: impl Fn(&T) -> i64) -> Result<Column> {
        self.int64(name, |row| Ok(Some(cell(row)))).map(always)
    }

    pub fn moment(&self, name: &'static str, cell: impl Fn(&T) -> Result<Option<i64>>) -> Result<Column> {
        let column = TimestampSecondArray::from(self.each(cell)?).with_timezone("UTC");
        Ok((name, Arc::new(column), true))
    }

    pub fn txid(&self, name: &'static str, tx: impl Fn(&T) -> Option<TxNum>) -> Result<Column> {
        self.text(name, |row| tx(row).map(|tx| Ok(hash_text(&self.chain.txid(tx)?))).transpose())
    }

    pub fn height(&self, name: &'static str, tx: impl Fn(&T) -> Option<TxNum>) -> Result<Column> {
        self.int32(name, |row| tx(row).map(|tx| Ok(self.chain.height_of(tx)?.0 as i64)).transpose())
    }

    /// The time in the header of the transaction's block.
    pub fn time(&self, name: &'static str, tx: impl Fn(&T) -> Option<TxNum>) -> Result<Column> {
        let time = |tx| Ok(self.chain.time_at(self.chain.height_of(tx)?)? as i64);
        self.moment(name, |row| tx(row).map(time).transpose())
    }

    pub fn position(&self, name: &'static str, output: impl Fn(&T) -> Option<OutNum>) -> Result<Column> {
        self.int32(name, |row| output(row).map(|output| position_of(self.chain, output)).transpose())
    }

    /// The id of the transaction that an output belongs to.
    pub fn output_txid(&self, name: &'static str, output: impl Fn(&T) -> Option<OutNum>) -> Result<Column> {
        let txid = |output| Ok(hash_text(&self.chain.txid(self.chain.transaction_of(output)?)?));
        self.text(name, |row| output(row).map(txid).transpose())
    }

    /// The height of the block that an output was made in.
    pub fn output_height(&self, name: &'static str, output: impl Fn(&T) -> OutNum) -> Result<Column> {
        let height = |output| Ok(Some(self.chain.height_of(self.chain.transaction_of(output)?)?.0 as i64));
        self.int32(name, |row| height(output(row))).map(always)
    }

    /// The time in that block's header.
    pub fn output_time(&self, name: &'static str, output: impl Fn(&T) -> OutNum) -> Result<Column> {
        let height = |output| self.chain.height_of(self.chain.transaction_of(output)?);
        self.moment(name, |row| Ok(Some(self.chain.time_at(height(output(row))?)? as i64))).map(always)
    }

    /// The satoshi in an output.
    pub fn value(&self, name: &'static str, output: impl Fn(&T) -> Option<OutNum>) -> Result<Column> {
        self.int64(name, |row| output(row).map(|output| Ok(self.chain.value_of(output)? as i64)).transpose())
    }

    /// The text of an address; null where its kind has none.
    pub fn address(&self, name: &'static str, address: impl Fn(&T) -> Result<Option<AddrNum>>) -> Result<Column> {
        self.text(name, |row| Ok(address(row)?.map(|address| self.chain.address_text(address)).transpose()?.flatten()))
    }

    /// The text of the address that an output pays.
    pub fn paid(&self, name: &'static str, output: impl Fn(&T) -> Option<OutNum>) -> Result<Column> {
        self.address(name, |row| output(row).map(|output| self.chain.address_of(output)).transpose())
    }

    fn each<C>(&self, cell: impl Fn(&T) -> Result<Option<C>>) -> Result<Vec<Option<C>>> {
        self.rows.iter().map(cell).collect()
    }
}

/// A column that has a value in every row.
pub fn always((name, column, _): Column) -> Column {
    debug_assert_eq!(column.null_count(), 0, "{name} has a value in every row");
    (name, column, false)
}
