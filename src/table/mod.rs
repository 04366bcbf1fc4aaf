//! Tables of named columns that leave as Arrow record batches: finished ones, and those whose rows are made batch by batch when
//! they are read.
//!
//! Numbers and amounts are signed, so that differences of columns do not wrap; times are timestamps in microseconds UTC.

mod bytes;
pub mod columns;
mod parquet;

use std::ops::Range;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;

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
    Made { maker: Arc<dyn Maker>, rows: Range<u64> },
    Batches(Arc<[RecordBatch]>),
}

/// Makes the rows of a table when they are read.
pub trait Maker: Send + Sync {
    /// Some rows, with the columns of the table's schema.
    fn batch(&self, rows: Range<u64>) -> Result<RecordBatch>;

    /// A maker of the same rows with the columns of another schema, which are some of this one's; none where all are made at once.
    fn only(&self, _schema: SchemaRef) -> Option<Arc<dyn Maker>> {
        None
    }
}

/// One column of rows that are made at once.
struct Picked {
    maker: Arc<dyn Maker>,
    column: usize,
}

impl Maker for Picked {
    fn batch(&self, rows: Range<u64>) -> Result<RecordBatch> {
        Ok(self.maker.batch(rows)?.project(&[self.column]).expect("the column was found in the schema"))
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
            Rows::Made { rows, .. } => rows.end - rows.start,
            Rows::Batches(batches) => batches.iter().map(|batch| batch.num_rows() as u64).sum(),
        }
    }

    /// The batches, made as they are asked for.
    pub fn batches(&self) -> Batches {
        let next = match &self.rows {
            Rows::Made { rows, .. } => rows.start,
            Rows::Batches(_) => 0,
        };
        Batches { table: self.clone(), next }
    }

    /// Some rows as one batch per piece that they lie in, to be shown.
    pub fn slice(&self, start: u64, length: u64) -> Result<Vec<RecordBatch>> {
        match &self.rows {
            Rows::Made { rows, .. } => {
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

    /// The first rows, not made before they are read.
    pub fn head(&self, rows: u64) -> Table {
        let kept = match &self.rows {
            Rows::Made { maker, rows: all } => {
                Rows::Made { maker: maker.clone(), rows: all.start..all.start.saturating_add(rows).min(all.end) }
            }
            Rows::Batches(_) => {
                let mut batches = self.slice(0, rows).expect("finished rows are only cut");
                batches.retain(|batch| batch.num_rows() > 0);
                Rows::Batches(batches.into())
            }
        };
        Table { schema: self.schema.clone(), rows: kept }
    }

    /// One column as a table; where rows are made when they are read, only that column is made, if it can be alone.
    pub fn column(&self, name: &str) -> Option<Table> {
        let column = self.schema.index_of(name).ok()?;
        let schema: SchemaRef = Arc::new(self.schema.project(&[column]).expect("the column was found in the schema"));
        let rows = match &self.rows {
            Rows::Made { maker, rows } => {
                let maker = maker.only(schema.clone()).unwrap_or_else(|| Arc::new(Picked { maker: maker.clone(), column }));
                Rows::Made { maker, rows: rows.clone() }
            }
            Rows::Batches(batches) => {
                let picked = |batch: &RecordBatch| batch.project(&[column]).expect("the column was found in the schema");
                Rows::Batches(batches.iter().map(picked).collect())
            }
        };
        Some(Table { schema, rows })
    }

    /// Makes some rows of a table that is not finished.
    fn make(&self, part: Range<u64>) -> Result<RecordBatch> {
        match &self.rows {
            Rows::Made { maker, .. } => maker.batch(part),
            Rows::Batches(_) => unreachable!("its rows are there"),
        }
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
            Rows::Made { rows, .. } => {
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
