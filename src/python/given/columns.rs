//! Columns and tables that a caller gives, by protocol or as files.

use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, ArrayRef, Int64Array, StringArray, StructArray};
use arrow_cast::CastOptions;
use arrow_schema::DataType;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use pyo3::exceptions::{PyImportError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3_arrow::input::AnyArray;

use crate::error::Error;

/// One column of texts, or the rows of a table.
pub enum Columns {
    Texts(StringArray),
    Table(Rows),
}

/// The rows of a table, of which the columns address, txid, position, amount and label mean something.
pub struct Rows {
    chunks: Vec<Chunk>,
}

#[derive(Default)]
struct Chunk {
    rows: usize,
    address: Option<StringArray>,
    txid: Option<StringArray>,
    position: Option<Int64Array>,
    amount: Option<Int64Array>,
    label: Option<StringArray>,
}

/// A row of a table; None where a column is missing or null.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    pub address: Option<&'a str>,
    pub txid: Option<&'a str>,
    pub position: Option<i64>,
    pub amount: Option<i64>,
    pub label: Option<&'a str>,
}

impl Columns {
    /// What an Arrow column or table holds; None where it is neither.
    pub fn of(given: &Bound<'_, PyAny>) -> PyResult<Option<Columns>> {
        if !given.hasattr("__arrow_c_stream__")? && !given.hasattr("__arrow_c_array__")? {
            return Ok(None);
        }
        let arrays = match given.extract::<AnyArray>() {
            // A column of pandas, where pyarrow is not installed, is a list.
            Err(e) if e.is_instance_of::<PyImportError>(given.py()) && !given.hasattr("columns")? => return Ok(None),
            arrays => arrays.and_then(|arrays| Ok(arrays.into_chunked_array()?)),
        };
        let unreadable = |e| PyTypeError::new_err(format!("the column cannot be read: {e}; give a list of texts"));
        let chunks = arrays.map_err(unreadable)?;
        Ok(Some(Columns::of_chunks(chunks.chunks(), chunks.data_type())?))
    }

    /// What a file of addresses holds: a table as Parquet, or text or CSV, of which the column of addresses is read.
    pub fn of_file(path: &Path) -> PyResult<Columns> {
        if path.extension().is_none_or(|suffix| !suffix.eq_ignore_ascii_case("parquet")) {
            return Ok(Columns::Texts(crate::chain::read_texts(path)?));
        }
        let opened = std::fs::File::open(path).map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound => Error::NotFound { what: "file of addresses", path: path.to_path_buf() },
            _ => Error::io("read", path)(e),
        })?;
        let wrong = |e: &dyn std::fmt::Display| {
            PyValueError::new_err(format!("{} cannot be read as Parquet: {e}; write it again, or give a CSV file", path.display()))
        };
        let reader = ParquetRecordBatchReaderBuilder::try_new(opened).and_then(|builder| builder.build()).map_err(|e| wrong(&e))?;
        let batches = reader.map(|batch| Ok(std::sync::Arc::new(StructArray::from(batch.map_err(|e| wrong(&e))?)) as ArrayRef));
        let chunks = batches.collect::<PyResult<Vec<_>>>()?;
        Columns::of_chunks(&chunks, &DataType::Struct(arrow_schema::Fields::empty()))
    }

    fn of_chunks(chunks: &[ArrayRef], of: &DataType) -> PyResult<Columns> {
        if !matches!(of, DataType::Struct(_)) {
            let texts = chunks.iter().map(text_column).collect::<PyResult<Vec<_>>>()?;
            return Ok(Columns::Texts(texts.iter().flat_map(|texts| texts.iter()).collect()));
        }
        let chunks = chunks.iter().map(|chunk| Chunk::of(chunk.as_struct())).collect::<PyResult<Vec<_>>>()?;
        Ok(Columns::Table(Rows { chunks }))
    }
}

impl Chunk {
    fn of(table: &StructArray) -> PyResult<Chunk> {
        let text = |name: &str| table.column_by_name(name).map(text_column).transpose();
        let number = |name: &str| table.column_by_name(name).map(|column| number_column(name, column)).transpose();
        let mut chunk =
            Chunk { rows: table.len(), address: text("address")?, txid: text("txid")?, label: text("label")?, ..Chunk::default() };
        if chunk.txid.is_some() {
            (chunk.position, chunk.amount) = (number("position")?, number("amount")?);
        }
        if chunk.address.is_none() && chunk.txid.is_none() {
            let texts: Vec<&ArrayRef> = table.columns().iter().filter(|column| holds_texts(column.data_type())).collect();
            let [only] = texts[..] else {
                let what = "the table has no column \"address\", and no \"txid\" with \"position\"; give the column itself, for example table[\"name\"]";
                return Err(PyValueError::new_err(what));
            };
            chunk.address = Some(text_column(only)?);
        }
        Ok(chunk)
    }
}

impl Rows {
    /// Whether it has a column of addresses.
    pub fn has_addresses(&self) -> bool {
        self.chunks.iter().any(|chunk| chunk.address.is_some())
    }

    /// Whether it has columns that name outputs or transactions.
    pub fn has_txids(&self) -> bool {
        self.chunks.iter().any(|chunk| chunk.txid.is_some())
    }

    pub fn has_labels(&self) -> bool {
        self.chunks.iter().any(|chunk| chunk.label.is_some())
    }

    pub fn iter(&self) -> impl Iterator<Item = Row<'_>> {
        self.chunks.iter().flat_map(|chunk| (0..chunk.rows).map(|row| chunk.row(row)))
    }

    /// The error of a row that lacks something.
    pub fn lacks(&self, row: usize, what: &str) -> PyErr {
        PyValueError::new_err(format!("row {row} of the table has no {what}; leave it out"))
    }
}

impl Chunk {
    fn row(&self, row: usize) -> Row<'_> {
        fn text(column: &Option<StringArray>, row: usize) -> Option<&str> {
            column.as_ref().filter(|column| column.is_valid(row)).map(|column| column.value(row))
        }
        let number =
            |column: &Option<Int64Array>| column.as_ref().filter(|column| column.is_valid(row)).map(|column| column.value(row));
        Row {
            address: text(&self.address, row),
            txid: text(&self.txid, row),
            position: number(&self.position),
            amount: number(&self.amount),
            label: text(&self.label, row),
        }
    }
}

/// An array of texts.
fn text_column(array: &ArrayRef) -> PyResult<StringArray> {
    let of = array.data_type();
    if !holds_texts(of) && *of != DataType::Null {
        return Err(PyTypeError::new_err(format!("a column of {of} holds no texts; addresses are given as texts")));
    }
    let text = arrow_cast::cast(array, &DataType::Utf8).map_err(|e| PyValueError::new_err(e.to_string()))?;
    Ok(text.as_string::<i32>().clone())
}

fn holds_texts(of: &DataType) -> bool {
    match of {
        DataType::Dictionary(_, values) => holds_texts(values),
        _ => matches!(of, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View),
    }
}

/// A column of whole numbers.
fn number_column(name: &str, column: &ArrayRef) -> PyResult<Int64Array> {
    let wrong = || PyValueError::new_err(format!("column {name:?} of the table holds {}; give whole numbers", column.data_type()));
    if !column.data_type().is_integer() && *column.data_type() != DataType::Null {
        return Err(wrong());
    }
    let options = CastOptions { safe: false, ..CastOptions::default() };
    let numbers = arrow_cast::cast_with_options(column, &DataType::Int64, &options).map_err(|_| wrong())?;
    Ok(numbers.as_primitive::<Int64Type>().clone())
}
