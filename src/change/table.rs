//! What a rule leaves, as a table.

use crate::chain::cells::Cells;
use crate::chain::{Chain, End};
use crate::error::Result;
use crate::ids::{OutNum, TxNum};
use crate::sets::outputs::OutputSet;
use crate::table::Table;
use crate::table::columns::{TableColumn, always, made};

/// One row an output, made when it is read: transaction, txid, height, time, output, position, address, value, spent.
pub fn table(chain: &Chain, outputs: OutputSet) -> Table {
    let chain = chain.clone();
    made(outputs.len(), move |rows| {
        let row = |output: u64| Ok((OutNum(output), chain.transaction_of(OutNum(output))?));
        let rows: Vec<(OutNum, TxNum)> = outputs.part(rows).into_iter().map(row).collect::<Result<_>>()?;
        columns(&Cells { chain: &chain, rows: &rows })
    })
}

fn columns(rows: &Cells<(OutNum, TxNum)>) -> Result<Vec<TableColumn>> {
    let (output, tx) = (|row: &(OutNum, TxNum)| Some(row.0), |row: &(OutNum, TxNum)| Some(row.1));
    let spent = |output| Ok(Some(matches!(rows.chain.end_of(output)?, End::Spent(_))));
    Ok(vec![
        rows.amount("transaction", |row| row.1.0 as i64)?,
        always(rows.txid("txid", tx)?),
        always(rows.height("height", tx)?),
        always(rows.time("time", tx)?),
        rows.amount("output", |row| row.0.0 as i64)?,
        always(rows.position("position", output)?),
        rows.paid("address", output)?,
        always(rows.value("value", output)?),
        always(rows.flag("spent", |row| spent(row.0))?),
    ])
}
