//! A table as bytes, to be pickled: a checksum, and an Arrow IPC stream. Arrow's reader of streams takes lengths and offsets as they
//! stand there, and panics where they cannot be, so it sees only what is as it was written.

use arrow_ipc::reader::StreamReader;
use arrow_ipc::writer::StreamWriter;
use arrow_schema::ArrowError;
use xxhash_rust::xxh3::xxh3_64;

use super::Table;
use crate::error::{Error, Result};

/// The length of the checksum.
const SUM: usize = 8;

impl Table {
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let failed = |e: ArrowError| Error::Invalid { what: format!("the table cannot be written: {e}") };
        let mut writer = StreamWriter::try_new(vec![0; SUM], &self.schema).map_err(failed)?;
        for batch in self.batches() {
            writer.write(&batch?).map_err(failed)?;
        }
        let mut bytes = writer.into_inner().map_err(failed)?;
        let sum = xxh3_64(&bytes[SUM..]).to_le_bytes();
        bytes[..SUM].copy_from_slice(&sum);
        Ok(bytes)
    }

    /// A finished table from its bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Table> {
        let wrong = |why: &dyn std::fmt::Display| Error::Invalid { what: format!("these bytes are not a table: {why}") };
        let (sum, stream) = bytes.split_first_chunk::<SUM>().ok_or_else(|| wrong(&"they are too few"))?;
        if xxh3_64(stream).to_le_bytes() != *sum {
            return Err(wrong(&"they are not as satrail has written them"));
        }
        let reader = StreamReader::try_new(stream, None).map_err(|e| wrong(&e))?;
        let schema = reader.schema();
        let batches = reader.collect::<std::result::Result<_, _>>().map_err(|e| wrong(&e))?;
        Ok(Table::from_batches(schema, batches))
    }
}
