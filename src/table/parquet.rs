//! Tables as Parquet files.

use std::fs::File;
use std::path::Path;

use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;

use crate::error::{Error, Result};
use crate::table::Table;

impl Table {
    /// Writes the rows to a Parquet file, batch by batch, compressed with Snappy. A file that is there is replaced.
    pub fn write_parquet(&self, path: &Path) -> Result<()> {
        self.write_parquet_while(path, &mut || true)
    }

    /// The same, as long as it is to go on; it is asked before each batch.
    pub fn write_parquet_while(&self, path: &Path, go_on: &mut dyn FnMut() -> bool) -> Result<()> {
        let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
        let file = File::create(path).map_err(Error::io("write", path))?;
        let failed = |error| cannot_write(path, error);
        let mut writer = ArrowWriter::try_new(file, self.schema(), Some(properties)).map_err(failed)?;
        for batch in self.batches() {
            if !go_on() {
                return Err(Error::Stopped);
            }
            writer.write(&batch?).map_err(failed)?;
        }
        writer.close().map_err(failed)?;
        Ok(())
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
