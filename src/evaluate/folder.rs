//! The folder of a simulated chain: scenario.json and the truth's tables, read as Parquet, piece by piece.

use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{Array, ArrayRef, BooleanArray, Int32Array, RecordBatch, StringArray};
use arrow_schema::{ArrowError, DataType};
use arrow_select::concat::concat_batches;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};

use crate::chain::pieces::go_on_or_stop;
use crate::error::{Error, Result};
use crate::table::Maker;
use crate::table::Table;

/// The format of the truth's files that is read here.
const FORMAT: u64 = 1;
/// Rows that are read together.
const ROWS: usize = 1 << 16;

/// A simulated chain's folder.
#[derive(Clone)]
pub struct Folder {
    path: PathBuf,
    scenario: Arc<serde_json::Value>,
}

impl Folder {
    /// Looks at what it is; the tables are read when they are needed.
    pub fn open(path: &Path) -> Result<Folder> {
        if !path.is_dir() {
            return Err(Error::NotFound { what: "folder of a simulated chain", path: path.to_path_buf() });
        }
        let file = path.join("scenario.json");
        let text = std::fs::read_to_string(&file).map_err(|_| wrong(&file, "is not there or cannot be read"))?;
        let scenario: serde_json::Value = serde_json::from_str(&text).map_err(|e| wrong(&file, format!("is not JSON ({e})")))?;
        let folder = Folder { path: path.to_path_buf(), scenario: scenario.into() };
        match folder.scenario.get("format").and_then(serde_json::Value::as_u64) {
            Some(FORMAT) => Ok(folder),
            Some(other) => Err(wrong(&file, format!("has format {other}, and this satrail reads {FORMAT}"))),
            None => Err(wrong(&file, "does not say its format")),
        }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What scenario.json says.
    pub fn scenario(&self) -> &serde_json::Value {
        &self.scenario
    }

    /// A text or number of scenario.json, as a text.
    pub fn fact(&self, name: &str) -> Option<String> {
        match self.scenario.get(name)? {
            serde_json::Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        }
    }

    /// The names of its tables, in alphabetical order.
    pub fn tables(&self) -> Result<Vec<String>> {
        let folder = self.path.join("truth");
        let entries = std::fs::read_dir(&folder).map_err(|_| wrong(&folder, "is not there or cannot be read"))?;
        let names = entries.flatten().filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            name.strip_suffix(".parquet").map(str::to_string)
        });
        let mut names: Vec<String> = names.collect();
        names.sort();
        Ok(names)
    }

    fn file_of(&self, name: &str) -> Result<PathBuf> {
        let file = self.path.join("truth").join(format!("{name}.parquet"));
        if file.is_file() {
            return Ok(file);
        }
        let known = self.tables()?.join(", ");
        Err(Error::Invalid { what: format!("the truth in {} has no table {name:?}; it has {known}", self.path.display()) })
    }

    /// A table as it stands there, read when its rows are asked for.
    pub fn table(&self, name: &str) -> Result<Table> {
        let file = self.file_of(name)?;
        let builder = open(&file)?;
        let rows = builder.metadata().file_metadata().num_rows().max(0) as u64;
        let schema = builder.schema().clone();
        Ok(Table::made(schema.clone(), 0..rows, Rows { file, schema }))
    }

    /// Reads some columns of a table, batch by batch.
    pub(super) fn read(
        &self,
        name: &str,
        columns: &[&str],
        mut take: impl FnMut(&Columns<'_>) -> Result<()>,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Result<()> {
        let file = self.file_of(name)?;
        let builder = open(&file)?.with_batch_size(ROWS);
        let mask = ProjectionMask::columns(builder.parquet_schema(), columns.iter().copied());
        let reader = builder.with_projection(mask).build().map_err(|e| unreadable(&file, e))?;
        for batch in reader {
            take(&Columns { batch: &batch.map_err(|e| unreadable(&file, e))?, file: &file })?;
            go_on_or_stop(go_on)?;
        }
        Ok(())
    }
}

/// A file of the truth that cannot be used.
pub(super) fn wrong(path: &Path, what: impl std::fmt::Display) -> Error {
    Error::Invalid { what: format!("{} {what}; give the folder that satrail simulate has made, or make it again", path.display()) }
}

fn unreadable(path: &Path, e: impl std::fmt::Display) -> Error {
    wrong(path, format!("cannot be read as Parquet ({e})"))
}

fn open(file: &Path) -> Result<ParquetRecordBatchReaderBuilder<File>> {
    let opened = File::open(file).map_err(Error::io("read", file))?;
    ParquetRecordBatchReaderBuilder::try_new(opened).map_err(|e| unreadable(file, e))
}

/// Makes the rows of a table from its file.
struct Rows {
    file: PathBuf,
    schema: arrow_schema::SchemaRef,
}

impl Maker for Rows {
    fn batch(&self, rows: Range<u64>) -> Result<RecordBatch> {
        let count = (rows.end - rows.start) as usize;
        let builder = open(&self.file)?.with_offset(rows.start as usize).with_limit(count).with_batch_size(count.max(1));
        let reader: ParquetRecordBatchReader = builder.build().map_err(|e| unreadable(&self.file, e))?;
        let batches: Vec<RecordBatch> =
            reader.collect::<std::result::Result<_, ArrowError>>().map_err(|e| unreadable(&self.file, e))?;
        concat_batches(&self.schema, &batches).map_err(|e| unreadable(&self.file, e))
    }
}

/// Some columns of some rows of a table.
pub(super) struct Columns<'a> {
    batch: &'a RecordBatch,
    file: &'a Path,
}

/// One of them.
pub(super) struct Values<'a, A> {
    array: A,
    name: &'a str,
    file: &'a Path,
}

impl<'a> Columns<'a> {
    pub fn rows(&self) -> Range<usize> {
        0..self.batch.num_rows()
    }

    pub fn texts(&self, name: &'a str) -> Result<Values<'a, StringArray>> {
        self.values(name, "texts", texts)
    }

    pub fn numbers(&self, name: &'a str) -> Result<Values<'a, Int32Array>> {
        self.values(name, "whole numbers of 32 bits", |column| column.as_primitive_opt::<Int32Type>().cloned())
    }

    pub fn flags(&self, name: &'a str) -> Result<Values<'a, BooleanArray>> {
        self.values(name, "flags", |column| column.as_boolean_opt().cloned())
    }

    fn values<A>(&self, name: &'a str, what: &str, read: impl Fn(&ArrayRef) -> Option<A>) -> Result<Values<'a, A>> {
        let column = self.batch.column_by_name(name).ok_or_else(|| wrong(self.file, format!("has no column {name:?}")))?;
        let array = read(column)
            .ok_or_else(|| wrong(self.file, format!("has no {what} in its column {name:?}, but {}", column.data_type())))?;
        Ok(Values { array, name, file: self.file })
    }
}

impl<A: Array> Values<'_, A> {
    pub fn array(&self) -> &A {
        &self.array
    }

    fn there<T>(&self, value: Option<T>) -> Result<T> {
        value.ok_or_else(|| wrong(self.file, format!("has a row without {}", self.name)))
    }
}

impl Values<'_, StringArray> {
    pub fn get(&self, row: usize) -> Option<&str> {
        self.array.is_valid(row).then(|| self.array.value(row))
    }

    /// A text that must not be missing.
    pub fn need(&self, row: usize) -> Result<&str> {
        self.there(self.get(row))
    }
}

impl Values<'_, Int32Array> {
    pub fn get(&self, row: usize) -> Option<i32> {
        self.array.is_valid(row).then(|| self.array.value(row))
    }

    /// A number that must not be missing.
    pub fn need(&self, row: usize) -> Result<i32> {
        self.there(self.get(row))
    }
}

impl Values<'_, BooleanArray> {
    /// A flag that must not be missing.
    pub fn need(&self, row: usize) -> Result<bool> {
        self.there(self.array.is_valid(row).then(|| self.array.value(row)))
    }
}

/// The texts of a column, however they are written down.
fn texts(column: &ArrayRef) -> Option<StringArray> {
    match column.data_type() {
        DataType::Utf8 => Some(column.as_string::<i32>().clone()),
        DataType::LargeUtf8 => Some(column.as_string::<i64>().iter().collect()),
        DataType::Utf8View => Some(column.as_string_view().iter().collect()),
        DataType::Dictionary(_, _) => {
            let coded = column.as_any_dictionary();
            let (values, keys) = (texts(coded.values())?, coded.normalized_keys());
            let text = |(row, key): (usize, usize)| (!coded.is_null(row) && values.len() > key).then(|| values.value(key));
            Some(keys.into_iter().enumerate().map(text).collect())
        }
        _ => None,
    }
}
