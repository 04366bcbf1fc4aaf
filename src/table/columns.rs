//! Columns of tables by their names: what they hold, and whether they can be null.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::{
    Array, ArrayRef, BooleanArray, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow_schema::{DataType, TimeUnit};

use crate::error::Result;
use crate::table::{Maker, Table};

/// Rows of a batch.
const BATCH: usize = 1 << 16;

/// A column with its name and whether it can be null.
pub type TableColumn = (&'static str, ArrayRef, bool);

pub fn int32(name: &'static str, values: impl IntoIterator<Item = i32>) -> TableColumn {
    (name, Arc::new(Int32Array::from_iter_values(values)), false)
}

pub fn int64(name: &'static str, values: impl IntoIterator<Item = i64>) -> TableColumn {
    (name, Arc::new(Int64Array::from_iter_values(values)), false)
}

/// Satoshi, or something else that is counted; signed, so that differences of columns do not wrap.
pub fn amount(name: &'static str, values: impl IntoIterator<Item = u64>) -> TableColumn {
    int64(name, values.into_iter().map(|value| value as i64))
}

pub fn float64(name: &'static str, values: impl IntoIterator<Item = f64>) -> TableColumn {
    (name, Arc::new(Float64Array::from_iter_values(values)), false)
}

pub fn text(name: &'static str, values: impl IntoIterator<Item = impl AsRef<str>>) -> TableColumn {
    (name, Arc::new(StringArray::from_iter_values(values)), false)
}

pub fn flag(name: &'static str, values: impl IntoIterator<Item = bool>) -> TableColumn {
    (name, Arc::new(values.into_iter().map(Some).collect::<BooleanArray>()), false)
}

/// Moments, in seconds since 1970, UTC.
pub fn time(name: &'static str, seconds: impl IntoIterator<Item = i64>) -> TableColumn {
    (name, times(seconds.into_iter().map(Some)), false)
}

/// Columns that can be null.
pub mod nullable {
    use super::*;

    pub fn int32(name: &'static str, values: impl IntoIterator<Item = Option<i32>>) -> TableColumn {
        (name, Arc::new(Int32Array::from_iter(values)), true)
    }

    pub fn int64(name: &'static str, values: impl IntoIterator<Item = Option<i64>>) -> TableColumn {
        (name, Arc::new(Int64Array::from_iter(values)), true)
    }

    pub fn float64(name: &'static str, values: impl IntoIterator<Item = Option<f64>>) -> TableColumn {
        (name, Arc::new(Float64Array::from_iter(values)), true)
    }

    pub fn text(name: &'static str, values: impl IntoIterator<Item = Option<impl AsRef<str>>>) -> TableColumn {
        (name, Arc::new(StringArray::from_iter(values)), true)
    }

    pub fn flag(name: &'static str, values: impl IntoIterator<Item = Option<bool>>) -> TableColumn {
        (name, Arc::new(BooleanArray::from_iter(values)), true)
    }

    pub fn time(name: &'static str, seconds: impl IntoIterator<Item = Option<i64>>) -> TableColumn {
        (name, times(seconds), true)
    }
}

/// The type of columns of moments: microseconds UTC, which Parquet, databases and data frames all have; blocks tell whole seconds.
pub fn time_type() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

/// Moments of [`time_type`], from seconds since 1970, UTC.
pub fn times(seconds: impl IntoIterator<Item = Option<i64>>) -> ArrayRef {
    let microseconds = seconds.into_iter().map(|time| time.map(|time| time * 1_000_000));
    Arc::new(TimestampMicrosecondArray::from_iter(microseconds).with_timezone("UTC"))
}

/// A column that has a value in every row.
pub fn always((name, column, _): TableColumn) -> TableColumn {
    debug_assert_eq!(column.null_count(), 0, "{name} has a value in every row");
    (name, column, false)
}

/// Some rows of a table.
pub fn batch(columns: impl IntoIterator<Item = TableColumn>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns).expect("the columns have one length, and nulls only where they may")
}

/// A finished table of one batch.
pub fn ready(columns: impl IntoIterator<Item = TableColumn>) -> Table {
    Table::ready(batch(columns))
}

/// A finished table of what `columns` makes of some rows, batch by batch.
pub fn batches<T>(rows: &[T], columns: impl Fn(&[T]) -> Result<Vec<TableColumn>>) -> Result<Table> {
    let schema = batch(columns(&[])?).schema();
    let made = rows.chunks(BATCH).map(|rows| Ok(batch(columns(rows)?)));
    Ok(Table::from_batches(schema, made.collect::<Result<_>>()?))
}

/// A table of so many rows, of which `columns` makes those of a range when they are read.
pub fn made(rows: u64, columns: impl Fn(Range<u64>) -> Result<Vec<TableColumn>> + Send + Sync + 'static) -> Table {
    let schema = batch(columns(0..0).expect("no rows look at nothing that can fail")).schema();
    Table::made(schema, 0..rows, Made(columns))
}

struct Made<F>(F);

impl<F: Fn(Range<u64>) -> Result<Vec<TableColumn>> + Send + Sync> Maker for Made<F> {
    fn batch(&self, rows: Range<u64>) -> Result<RecordBatch> {
        Ok(batch((self.0)(rows)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_say_whether_they_can_be_null() {
        let columns = [amount("value", [5, 6]), nullable::text("label", [Some("a"), None]), flag("spent", [true, false])];
        let schema = batch(columns).schema();
        let fields: Vec<(&str, bool)> = schema.fields().iter().map(|field| (field.name().as_str(), field.is_nullable())).collect();
        assert_eq!(fields, [("value", false), ("label", true), ("spent", false)]);
        assert_eq!(batch([time("time", [0])]).schema().field(0).data_type(), &time_type());
    }

    #[test]
    fn rows_are_made_of_the_range_that_is_read() {
        let table = made(100_000, |rows| Ok(vec![int64("row", rows.map(|row| row as i64))]));
        let lengths: Vec<usize> = table.batches().map(|batch| batch.unwrap().num_rows()).collect();
        assert_eq!((table.num_rows(), lengths), (100_000, vec![BATCH, 100_000 - BATCH]));
    }
}
