//! Tables: blocks, transactions, inputs and outputs of a range of heights, and what later floors say of each, made batch by batch when
//! they are read; and tables that are finished results. Either way they leave as Arrow record batches.
//!
//! Numbers and amounts are signed, so that differences of columns do not wrap; times are timestamps in seconds UTC.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_ipc::reader::StreamReader;
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef, TimeUnit};

use crate::chain::Chain;
use crate::chain::table_columns::{batch, behind};
use crate::error::{Error, Result};

/// Rows of a batch.
const BATCH: u64 = 1 << 16;

/// A table of named columns.
#[derive(Clone)]
pub struct Table {
    schema: SchemaRef,
    rows: Rows,
}

#[derive(Clone)]
enum Rows {
    Chain { chain: Chain, of: Of, rows: Range<u64> },
    Made { maker: Arc<dyn Maker>, rows: Range<u64> },
    Batches(Arc<[RecordBatch]>),
}

/// Makes the rows of a table when they are read.
pub trait Maker: Send + Sync {
    /// Some rows, with the columns of the table's schema.
    fn batch(&self, rows: Range<u64>) -> Result<RecordBatch>;
}

/// What the rows of a chain's table are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Of {
    Blocks,
    Transactions,
    Inputs,
    Outputs,
}

/// What a column holds: (name, type, whether it can be null).
type ColumnSpec = (&'static str, Type, bool);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Type {
    Int32,
    Int64,
    Time,
    Text,
    Flag,
}

use Type::{Flag, Int32, Int64, Text, Time};

const BLOCKS: &[ColumnSpec] = &[
    ("height", Int32, false),
    ("hash", Text, false),
    ("parent", Text, false),
    ("merkle_root", Text, false),
    ("time", Time, false),
    ("median_time", Time, false),
    ("version", Int32, false),
    ("bits", Int64, false),
    ("nonce", Int64, false),
    ("size", Int32, false),
    ("weight", Int32, false),
    ("transactions", Int32, false),
    ("inputs", Int64, false),
    ("outputs", Int64, false),
    ("value_out", Int64, false),
    ("fees", Int64, false),
];

const TRANSACTIONS: &[ColumnSpec] = &[
    ("transaction", Int64, false),
    ("txid", Text, false),
    ("height", Int32, false),
    ("position", Int32, false),
    ("time", Time, false),
    ("version", Int32, false),
    ("locktime", Int64, false),
    ("size", Int32, false),
    ("vsize", Int32, false),
    ("weight", Int32, false),
    ("inputs", Int32, false),
    ("outputs", Int32, false),
    ("value_in", Int64, true),
    ("value_out", Int64, false),
    ("fee", Int64, true),
    ("is_coinbase", Flag, false),
    ("fingerprint", Int64, false),
];

const INPUTS: &[ColumnSpec] = &[
    ("transaction", Int64, false),
    ("txid", Text, false),
    ("height", Int32, false),
    ("time", Time, false),
    ("position", Int32, false),
    ("sequence", Int64, false),
    ("spends", Int64, true),
    ("spends_txid", Text, true),
    ("spends_position", Int32, true),
    ("value", Int64, true),
    ("address_number", Int64, true),
    ("address", Text, true),
    ("kind", Text, true),
];

const OUTPUTS: &[ColumnSpec] = &[
    ("output", Int64, false),
    ("transaction", Int64, false),
    ("txid", Text, false),
    ("height", Int32, false),
    ("time", Time, false),
    ("position", Int32, false),
    ("value", Int64, false),
    ("address_number", Int64, false),
    ("address", Text, true),
    ("kind", Text, false),
    ("spent_by", Int64, true),
    ("spent_by_txid", Text, true),
    ("spent_height", Int32, true),
    ("is_lost", Flag, false),
];

impl Of {
    pub fn name(self) -> &'static str {
        match self {
            Of::Blocks => "blocks",
            Of::Transactions => "transactions",
            Of::Inputs => "inputs",
            Of::Outputs => "outputs",
        }
    }

    fn specs(self) -> &'static [ColumnSpec] {
        match self {
            Of::Blocks => BLOCKS,
            Of::Transactions => TRANSACTIONS,
            Of::Inputs => INPUTS,
            Of::Outputs => OUTPUTS,
        }
    }
}

impl Chain {
    /// The rows of the blocks from one height up to, and without, another; of all columns or of those named.
    pub fn table(&self, of: Of, heights: Range<u64>, columns: Option<&[String]>) -> Result<Table> {
        let known = of.specs();
        let specs = chosen(of.name(), known, |spec| spec.0, columns)?;
        let fields: Vec<Field> = specs.iter().map(|(name, of, nullable)| Field::new(*name, of.arrow(), *nullable)).collect();
        let end = heights.end.min(self.counts().blocks);
        let heights = heights.start.min(end)..end;
        let counts = |blocks| crate::store::reader::counts_at(self.columns(), blocks);
        let (from, to) = (counts(heights.start)?, counts(heights.end)?);
        let rows = match of {
            Of::Blocks => heights,
            Of::Transactions => from.transactions..to.transactions,
            Of::Inputs => from.inputs..to.inputs,
            Of::Outputs => from.outputs..to.outputs,
        };
        behind(self, rows.end, rows.start)?;
        Ok(Table { schema: Arc::new(Schema::new(fields)), rows: Rows::Chain { chain: self.clone(), of, rows } })
    }
}

/// The columns of a table that are named, or all.
pub fn chosen<C: Copy>(
    table: &'static str,
    known: &[C],
    name: impl Fn(&C) -> &'static str,
    columns: Option<&[String]>,
) -> Result<Vec<C>> {
    let Some(columns) = columns else { return Ok(known.to_vec()) };
    let find = |asked: &String| {
        let found = known.iter().find(|known| name(known) == asked);
        let names = || known.iter().map(&name).collect();
        found.copied().ok_or_else(|| Error::UnknownColumn { name: asked.clone(), table, known: names() })
    };
    columns.iter().map(find).collect()
}

impl Type {
    fn arrow(self) -> DataType {
        match self {
            Int32 => DataType::Int32,
            Int64 => DataType::Int64,
            Time => DataType::Timestamp(TimeUnit::Second, Some("UTC".into())),
            Text => DataType::Utf8,
            Flag => DataType::Boolean,
        }
    }
}

impl Table {
    /// A finished table of one batch.
    pub fn ready(batch: RecordBatch) -> Table {
        Table { schema: batch.schema(), rows: Rows::Batches([batch].into()) }
    }

    /// A finished table from batches of one schema.
    pub fn from_batches(schema: SchemaRef, batches: Vec<RecordBatch>) -> Table {
        Table { schema, rows: Rows::Batches(batches.into()) }
    }

    /// A table of so many rows, made when they are read.
    pub fn made(schema: SchemaRef, rows: Range<u64>, maker: impl Maker + 'static) -> Table {
        Table { schema, rows: Rows::Made { maker: Arc::new(maker), rows } }
    }

    pub fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    pub fn num_rows(&self) -> u64 {
        match &self.rows {
            Rows::Chain { rows, .. } | Rows::Made { rows, .. } => rows.end - rows.start,
            Rows::Batches(batches) => batches.iter().map(|batch| batch.num_rows() as u64).sum(),
        }
    }

    /// The batches, made as they are asked for.
    pub fn batches(&self) -> Batches {
        let next = match &self.rows {
            Rows::Chain { rows, .. } | Rows::Made { rows, .. } => rows.start,
            Rows::Batches(_) => 0,
        };
        Batches { table: self.clone(), next }
    }

    /// Some rows as one batch per piece that they lie in, to be shown.
    pub fn slice(&self, start: u64, length: u64) -> Result<Vec<RecordBatch>> {
        match &self.rows {
            Rows::Chain { rows, .. } | Rows::Made { rows, .. } => {
                let start = rows.start.saturating_add(start).min(rows.end);
                Ok(vec![self.make(start..start.saturating_add(length).min(rows.end))?])
            }
            Rows::Batches(batches) => {
                let (mut skip, mut left, mut found) = (start as usize, length as usize, Vec::new());
                for batch in batches.iter() {
                    let from = skip.min(batch.num_rows());
                    let take = left.min(batch.num_rows() - from);
                    found.push(batch.slice(from, take));
                    (skip, left) = (skip - from, left - take);
                }
                Ok(found)
            }
        }
    }

    /// Makes some rows of a table that is not finished.
    fn make(&self, part: Range<u64>) -> Result<RecordBatch> {
        match &self.rows {
            Rows::Chain { chain, of, .. } => batch(chain, *of, part, &self.schema),
            Rows::Made { maker, .. } => maker.batch(part),
            Rows::Batches(_) => unreachable!("its rows are there"),
        }
    }
}

impl Table {
    /// The rows as an Arrow IPC stream.
    pub fn to_ipc(&self) -> Result<Vec<u8>> {
        let failed = |e: ArrowError| Error::Invalid { what: format!("the table cannot be written: {e}") };
        let mut writer = StreamWriter::try_new(Vec::new(), &self.schema).map_err(failed)?;
        for batch in self.batches() {
            writer.write(&batch?).map_err(failed)?;
        }
        writer.into_inner().map_err(failed)
    }

    /// A finished table from an Arrow IPC stream.
    pub fn from_ipc(bytes: &[u8]) -> std::result::Result<Table, ArrowError> {
        let reader = StreamReader::try_new(bytes, None)?;
        let schema = reader.schema();
        Ok(Table::from_batches(schema, reader.collect::<std::result::Result<_, _>>()?))
    }
}

/// The batches of a table.
pub struct Batches {
    table: Table,
    next: u64,
}

impl Batches {
    pub fn schema(&self) -> SchemaRef {
        self.table.schema()
    }
}

impl Iterator for Batches {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Result<RecordBatch>> {
        match &self.table.rows {
            Rows::Chain { rows, .. } | Rows::Made { rows, .. } => {
                let part = self.next..(self.next + BATCH).min(rows.end);
                self.next = part.end;
                let batch = (!part.is_empty()).then(|| self.table.make(part))?;
                if batch.is_err() {
                    self.next = rows.end;
                }
                Some(batch)
            }
            Rows::Batches(batches) => {
                self.next += 1;
                batches.get(self.next as usize - 1).cloned().map(Ok)
            }
        }
    }
}
