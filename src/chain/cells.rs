//! Columns of tables about rows that name transactions, outputs and addresses by their numbers.

use crate::chain::Chain;
use crate::error::{Error, Result};
use crate::ids::{AddrNum, OutNum, TxNum, hash_text};
use crate::table::Table;
use crate::table::columns::{self, TableColumn, always, nullable};

/// Some rows of a table, and what their cells are made from.
pub struct Cells<'a, T> {
    pub chain: &'a Chain,
    pub rows: &'a [T],
}

/// A table of what `columns` makes of some rows, a batch at a time.
pub fn table<T>(chain: &Chain, rows: &[T], columns: impl Fn(&Cells<T>) -> Result<Vec<TableColumn>>) -> Result<Table> {
    columns::batches(rows, |rows| columns(&Cells { chain, rows }))
}

/// The place of an output among those of its transaction.
pub fn position_of(chain: &Chain, output: OutNum) -> Result<i64> {
    let first = chain.outputs_of(chain.transaction_of(output)?)?.start().0;
    let position = output.0.checked_sub(first).map(|position| position as i64);
    position
        .ok_or_else(|| Error::corrupt(chain.store().folder(), format!("has output {output} before the first of its transaction")))
}

impl<T> Cells<'_, T> {
    pub fn int64(&self, name: &'static str, cell: impl Fn(&T) -> Result<Option<i64>>) -> Result<TableColumn> {
        Ok(nullable::int64(name, self.each(cell)?))
    }

    pub fn int32(&self, name: &'static str, cell: impl Fn(&T) -> Result<Option<i64>>) -> Result<TableColumn> {
        Ok(nullable::int32(name, self.each(cell)?.into_iter().map(|cell| cell.map(|n| n as i32))))
    }

    pub fn float64(&self, name: &'static str, cell: impl Fn(&T) -> Result<Option<f64>>) -> Result<TableColumn> {
        Ok(nullable::float64(name, self.each(cell)?))
    }

    pub fn text<S: AsRef<str>>(&self, name: &'static str, cell: impl Fn(&T) -> Result<Option<S>>) -> Result<TableColumn> {
        Ok(nullable::text(name, self.each(cell)?))
    }

    /// A text that every row has.
    pub fn word<S: AsRef<str>>(&self, name: &'static str, cell: impl Fn(&T) -> S) -> TableColumn {
        columns::text(name, self.rows.iter().map(cell))
    }

    pub fn flag(&self, name: &'static str, cell: impl Fn(&T) -> Result<Option<bool>>) -> Result<TableColumn> {
        Ok(nullable::flag(name, self.each(cell)?))
    }

    /// Satoshi, or another number that every row has.
    pub fn amount(&self, name: &'static str, cell: impl Fn(&T) -> i64) -> Result<TableColumn> {
        Ok(columns::int64(name, self.rows.iter().map(cell)))
    }

    pub fn moment(&self, name: &'static str, cell: impl Fn(&T) -> Result<Option<i64>>) -> Result<TableColumn> {
        Ok(nullable::time(name, self.each(cell)?))
    }

    pub fn txid(&self, name: &'static str, tx: impl Fn(&T) -> Option<TxNum>) -> Result<TableColumn> {
        self.text(name, |row| tx(row).map(|tx| Ok(hash_text(&self.chain.txid(tx)?))).transpose())
    }

    pub fn height(&self, name: &'static str, tx: impl Fn(&T) -> Option<TxNum>) -> Result<TableColumn> {
        self.int32(name, |row| tx(row).map(|tx| Ok(self.chain.height_of(tx)?.0 as i64)).transpose())
    }

    /// The time in the header of the transaction's block.
    pub fn time(&self, name: &'static str, tx: impl Fn(&T) -> Option<TxNum>) -> Result<TableColumn> {
        let time = |tx| Ok(self.chain.time_at(self.chain.height_of(tx)?)? as i64);
        self.moment(name, |row| tx(row).map(time).transpose())
    }

    pub fn position(&self, name: &'static str, output: impl Fn(&T) -> Option<OutNum>) -> Result<TableColumn> {
        self.int32(name, |row| output(row).map(|output| position_of(self.chain, output)).transpose())
    }

    /// The id of the transaction that an output belongs to.
    pub fn output_txid(&self, name: &'static str, output: impl Fn(&T) -> Option<OutNum>) -> Result<TableColumn> {
        let txid = |output| Ok(hash_text(&self.chain.txid(self.chain.transaction_of(output)?)?));
        self.text(name, |row| output(row).map(txid).transpose())
    }

    /// The height of the block that an output was made in.
    pub fn output_height(&self, name: &'static str, output: impl Fn(&T) -> Option<OutNum>) -> Result<TableColumn> {
        let height = |output| Ok(self.chain.height_of(self.chain.transaction_of(output)?)?.0 as i64);
        self.int32(name, |row| output(row).map(height).transpose())
    }

    /// The time in that block's header.
    pub fn output_time(&self, name: &'static str, output: impl Fn(&T) -> Option<OutNum>) -> Result<TableColumn> {
        let height = |output| self.chain.height_of(self.chain.transaction_of(output)?);
        self.moment(name, |row| output(row).map(|output| Ok(self.chain.time_at(height(output)?)? as i64)).transpose())
    }

    /// The satoshi in an output.
    pub fn value(&self, name: &'static str, output: impl Fn(&T) -> Option<OutNum>) -> Result<TableColumn> {
        self.int64(name, |row| output(row).map(|output| Ok(self.chain.value_of(output)? as i64)).transpose())
    }

    /// The text of an address; null where its kind has none.
    pub fn address(&self, name: &'static str, address: impl Fn(&T) -> Result<Option<AddrNum>>) -> Result<TableColumn> {
        self.text(name, |row| Ok(address(row)?.map(|address| self.chain.address_text(address)).transpose()?.flatten()))
    }

    /// The text of an address, or its script where its kind has no text.
    pub fn named(&self, name: &'static str, address: impl Fn(&T) -> AddrNum) -> Result<TableColumn> {
        self.text(name, |row| self.chain.address_at(address(row))?.name().map(Some)).map(always)
    }

    /// The text of the address that an output pays.
    pub fn paid(&self, name: &'static str, output: impl Fn(&T) -> Option<OutNum>) -> Result<TableColumn> {
        self.address(name, |row| output(row).map(|output| self.chain.address_of(output)).transpose())
    }

    fn each<C>(&self, cell: impl Fn(&T) -> Result<Option<C>>) -> Result<Vec<Option<C>>> {
        self.rows.iter().map(cell).collect()
    }
}
