//! Tables as Parquet files.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{TimestampMillisecondType, TimestampSecondType};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;

use crate::error::{Error, Result};
use crate::table::Table;

impl Table {
    /// Writes the rows to a Parquet file, batch by batch, compressed with Snappy. A file that is there is replaced. Times are in
    /// milliseconds there, because Parquet has no seconds.
    pub fn write_parquet(&self, path: &Path) -> Result<()> {
        let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
        let file = File::create(path).map_err(Error::io("write", path))?;
        let failed = |error| cannot_write(path, error);
        let schema = Arc::new(in_milliseconds(&self.schema()));
        let mut writer = ArrowWriter::try_new(file, schema.clone(), Some(properties)).map_err(failed)?;
        for batch in self.batches() {
            let columns = batch?.columns().iter().map(times_in_milliseconds).collect();
            let batch = RecordBatch::try_new(schema.clone(), columns).expect("only times have another type");
            writer.write(&batch).map_err(failed)?;
        }
        writer.close().map_err(failed)?;
        Ok(())
    }
}

fn in_milliseconds(schema: &Schema) -> Schema {
    let field = |field: &Arc<Field>| match field.data_type() {
        DataType::Timestamp(TimeUnit::Second, zone) => {
            Field::clone(field).with_data_type(DataType::Timestamp(TimeUnit::Millisecond, zone.clone()))
        }
        _ => Field::clone(field),
    };
    Schema::new(schema.fields().iter().map(field).collect::<Vec<_>>())
}

fn times_in_milliseconds(column: &ArrayRef) -> ArrayRef {
    match column.data_type() {
        DataType::Timestamp(TimeUnit::Second, zone) => {
            let times = column.as_primitive::<TimestampSecondType>();
            Arc::new(times.unary::<_, TimestampMillisecondType>(|time| time * 1000).with_timezone_opt(zone.clone()))
        }
        _ => column.clone(),
    }
}

fn cannot_write(path: &Path, error: ParquetError) -> Error {
    let source = match error {
        ParquetError::External(source) => match source.downcast::<std::io::Error>() {
            Ok(source) => *source,
            Err(other) => std::io::Error::other(other),
        },
        other => std::io::Error::other(other),
    };
    Error::io("write", path)(source)
}
