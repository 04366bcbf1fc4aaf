//! One Parquet file of the truth, written row by row; what is kept in memory does not grow with it.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::builder::{BooleanBuilder, Int32Builder, Int64Builder, StringBuilder, TimestampMicrosecondBuilder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::schema::types::ColumnPath;

use crate::error::{Error, Result};
use crate::table::columns::time_type;

/// Rows that are gathered before they are handed on, and rows of a row group.
const BATCH: usize = 8 << 10;
const ROW_GROUP: usize = 128 << 10;

/// The type of a column.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::simulate) enum Type {
    Int,
    Long,
    Flag,
    /// Seconds in, microseconds out, as all tables have them.
    Time,
    /// One of a few texts, or a text that often comes again.
    Word,
    /// A text that never comes again.
    Text,
}

/// One value of a row.
#[derive(Clone, Copy)]
pub(in crate::simulate) enum Cell<'a> {
    Int(i32),
    Long(i64),
    Flag(bool),
    Time(u32),
    Text(&'a str),
    Null,
}

impl From<Option<u32>> for Cell<'_> {
    fn from(number: Option<u32>) -> Self {
        number.map_or(Cell::Null, |number| Cell::Int(number as i32))
    }
}

impl<'a> From<Option<&'a str>> for Cell<'a> {
    fn from(text: Option<&'a str>) -> Self {
        text.map_or(Cell::Null, Cell::Text)
    }
}

/// A column's name, type, and whether it may be null.
pub(in crate::simulate) type Column = (&'static str, Type, bool);

enum Builder {
    Int(Int32Builder),
    Long(Int64Builder),
    Flag(BooleanBuilder),
    Time(TimestampMicrosecondBuilder),
    Text(StringBuilder),
}

/// A file that is being written.
pub(in crate::simulate) struct Table {
    path: PathBuf,
    schema: SchemaRef,
    writer: ArrowWriter<File>,
    builders: Vec<Builder>,
    waiting: usize,
    pub rows: u64,
}

impl Table {
    pub fn create(folder: &Path, name: &str, columns: &[Column]) -> Result<Table> {
        let path = folder.join(name);
        let fields = columns.iter().map(|(name, of, nullable)| Field::new(*name, data_type(*of), *nullable));
        let schema = Arc::new(Schema::new(fields.collect::<Vec<Field>>()));
        let mut properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_max_row_group_row_count(Some(ROW_GROUP))
            .set_dictionary_page_size_limit(16 << 20)
            .set_statistics_enabled(parquet::file::properties::EnabledStatistics::Chunk);
        for (name, ..) in columns.iter().filter(|(_, of, _)| *of == Type::Text) {
            let column = ColumnPath::from(*name);
            properties = properties.set_column_dictionary_enabled(column.clone(), false);
            properties = properties.set_column_compression(column, Compression::UNCOMPRESSED);
        }
        let file = File::create(&path).map_err(Error::io("create", &path))?;
        let writer = ArrowWriter::try_new(file, schema.clone(), Some(properties.build())).map_err(failed("write", &path))?;
        let builders = columns.iter().map(|(_, of, _)| Builder::new(*of)).collect();
        Ok(Table { path, schema, writer, builders, waiting: 0, rows: 0 })
    }

    /// Adds a row; its cells are of the columns' types.
    pub fn row(&mut self, cells: &[Cell]) -> Result<()> {
        debug_assert_eq!(cells.len(), self.builders.len());
        self.builders.iter_mut().zip(cells).for_each(|(builder, cell)| builder.add(cell));
        self.waiting += 1;
        self.rows += 1;
        if self.waiting == BATCH { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<()> {
        let arrays: Vec<ArrayRef> = self.builders.iter_mut().map(Builder::finish).collect();
        self.waiting = 0;
        let batch = RecordBatch::try_new(self.schema.clone(), arrays).map_err(ParquetError::from);
        batch.and_then(|batch| self.writer.write(&batch)).map_err(failed("write", &self.path))
    }

    pub fn close(mut self) -> Result<u64> {
        self.flush()?;
        self.writer.close().map_err(failed("write", &self.path))?;
        Ok(self.rows)
    }
}

fn data_type(of: Type) -> DataType {
    match of {
        Type::Int => DataType::Int32,
        Type::Long => DataType::Int64,
        Type::Flag => DataType::Boolean,
        Type::Time => time_type(),
        Type::Word | Type::Text => DataType::Utf8,
    }
}

impl Builder {
    fn new(of: Type) -> Builder {
        match of {
            Type::Int => Builder::Int(Int32Builder::new()),
            Type::Long => Builder::Long(Int64Builder::new()),
            Type::Flag => Builder::Flag(BooleanBuilder::new()),
            Type::Time => Builder::Time(TimestampMicrosecondBuilder::new().with_timezone("UTC")),
            Type::Word | Type::Text => Builder::Text(StringBuilder::new()),
        }
    }

    #[inline]
    fn add(&mut self, cell: &Cell) {
        match (self, cell) {
            (Builder::Int(column), Cell::Int(value)) => column.append_value(*value),
            (Builder::Int(column), Cell::Null) => column.append_null(),
            (Builder::Long(column), Cell::Long(value)) => column.append_value(*value),
            (Builder::Flag(column), Cell::Flag(value)) => column.append_value(*value),
            (Builder::Time(column), Cell::Time(value)) => column.append_value(*value as i64 * 1_000_000),
            (Builder::Text(column), Cell::Text(value)) => column.append_value(value),
            (Builder::Text(column), Cell::Null) => column.append_null(),
            _ => unreachable!("a row has its columns' types"),
        }
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Builder::Int(column) => Arc::new(column.finish()),
            Builder::Long(column) => Arc::new(column.finish()),
            Builder::Flag(column) => Arc::new(column.finish()),
            Builder::Time(column) => Arc::new(column.finish()),
            Builder::Text(column) => Arc::new(column.finish()),
        }
    }
}

/// An error of the Parquet writer, which is one of the disk as far as it comes from there.
fn failed(action: &'static str, path: &Path) -> impl FnOnce(ParquetError) -> Error {
    let path = path.to_path_buf();
    move |error| match error {
        ParquetError::External(source) => match source.downcast::<std::io::Error>() {
            Ok(source) => Error::io(action, &path)(*source),
            Err(other) => Error::io(action, &path)(std::io::Error::other(other)),
        },
        other => Error::io(action, &path)(std::io::Error::other(other)),
    }
}
