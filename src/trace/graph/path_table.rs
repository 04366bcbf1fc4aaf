//! Paths and single movements as tables.

use crate::chain::cells::Cells;
use crate::error::Result;
use crate::table::Table;
use crate::table::columns::{TableColumn, always, int32, int64, ready};
use crate::trace::graph::movements::Movements;
use crate::trace::graph::paths::Path;
use crate::trace::place::Movement;

impl Movements {
    /// Paths as a table, one row a step.
    ///
    /// | column | |
    /// |---|---|
    /// | `path`, `step` | their numbers, from 1; the best path is the first |
    /// | `transaction`, `txid`, `height`, `time` | by what and when it moved |
    /// | `from`, `to` | outputs as txid:n; or what else it is |
    /// | `from_address`, `to_address` | null where there is none, as for a fee |
    /// | `amount` | satoshi that moved from the one to the other |
    /// | `hop` | hops from the beginning of the path on, this step included |
    /// | `bottleneck` | the least amount of the path |
    pub fn paths_table(&self, paths: &[Path]) -> Result<Table> {
        let rows = || paths.iter().enumerate().flat_map(|(i, path)| path.steps.iter().enumerate().map(move |(j, _)| (i, path, j)));
        let steps: Vec<Movement> = rows().map(|(_, path, step)| path.steps[step]).collect();
        let mut columns: Vec<TableColumn> =
            vec![int32("path", rows().map(|(i, ..)| i as i32 + 1)), int32("step", rows().map(|(_, _, step)| step as i32 + 1))];
        columns.extend(self.columns(&steps)?);
        columns.extend([
            int32("hop", rows().map(|(_, path, i)| path.hops[i] as i32)),
            int64("bottleneck", rows().map(|(_, path, _)| path.bottleneck as i64)),
        ]);
        Ok(ready(columns))
    }

    /// Movements as a table, with the columns of [`Movements::paths_table`] from `transaction` to `amount`.
    pub fn table(&self, rows: &[Movement]) -> Result<Table> {
        Ok(ready(self.columns(rows)?))
    }

    fn columns(&self, rows: &[Movement]) -> Result<Vec<TableColumn>> {
        let cells = Cells { chain: self.chain(), rows };
        let by = |row: &Movement| Some(row.by);
        Ok(vec![
            cells.amount("transaction", |row| row.by.0 as i64)?,
            always(cells.txid("txid", by)?),
            always(cells.height("height", by)?),
            always(cells.time("time", by)?),
            always(cells.text("from", |row| self.name_of(row.from).map(Some))?),
            cells.text("from_address", |row| self.address_name(row.from))?,
            always(cells.text("to", |row| self.name_of(row.to).map(Some))?),
            cells.text("to_address", |row| self.address_name(row.to))?,
            cells.amount("amount", |row| row.amount as i64)?,
        ])
    }
}
