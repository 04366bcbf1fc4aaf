//! Paths and single movements as tables.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int32Array, Int64Array, StringArray, TimestampSecondArray};

use crate::error::Result;
use crate::ids::hash_text;
use crate::table::Table;
use crate::trace::graph::movements::Movements;
use crate::trace::graph::paths::Path;
use crate::trace::graph::tables::ready;
use crate::trace::place::Movement;

type Column = (&'static str, ArrayRef, bool);

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
        let mut columns: Vec<Column> = vec![
            ("path", Arc::new(Int32Array::from_iter_values(rows().map(|(i, ..)| i as i32 + 1))), false),
            ("step", Arc::new(Int32Array::from_iter_values(rows().map(|(_, _, step)| step as i32 + 1))), false),
        ];
        columns.extend(self.columns(&steps)?);
        columns.extend([
            ("hop", Arc::new(Int32Array::from_iter_values(rows().map(|(_, path, i)| path.hops[i] as i32))) as ArrayRef, false),
            ("bottleneck", Arc::new(Int64Array::from_iter_values(rows().map(|(_, path, _)| path.bottleneck as i64))), false),
        ]);
        Ok(ready(columns))
    }

    /// Movements as a table, with the columns of [`Movements::paths_table`] from `transaction` to `amount`.
    pub fn table(&self, rows: &[Movement]) -> Result<Table> {
        Ok(ready(self.columns(rows)?))
    }

    fn columns(&self, rows: &[Movement]) -> Result<Vec<Column>> {
        let heights = rows.iter().map(|row| self.chain().height_of(row.by)).collect::<Result<Vec<_>>>()?;
        let times = heights.iter().map(|height| Ok(self.chain().time_at(*height)? as i64)).collect::<Result<Vec<_>>>()?;
        Ok(vec![
            ("transaction", Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.by.0 as i64))), false),
            ("txid", texts(rows, |row| Ok(Some(hash_text(&self.chain().txid(row.by)?))))?, false),
            ("height", Arc::new(Int32Array::from_iter_values(heights.iter().map(|height| height.0 as i32))), false),
            ("time", Arc::new(TimestampSecondArray::from(times).with_timezone("UTC")), false),
            ("from", texts(rows, |row| self.name_of(row.from).map(Some))?, false),
            ("from_address", texts(rows, |row| self.address_name(row.from))?, true),
            ("to", texts(rows, |row| self.name_of(row.to).map(Some))?, false),
            ("to_address", texts(rows, |row| self.address_name(row.to))?, true),
            ("amount", Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.amount as i64))), false),
        ])
    }
}

fn texts(rows: &[Movement], text: impl Fn(&Movement) -> Result<Option<String>>) -> Result<ArrayRef> {
    Ok(Arc::new(StringArray::from(rows.iter().map(text).collect::<Result<Vec<_>>>()?)))
}
