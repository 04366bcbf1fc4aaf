//! The table of shapes: a row for each transaction, and two columns for each shape.

use std::ops::Range;
use std::sync::{Arc, LazyLock};

use arrow_array::types::Int8Type;
use arrow_array::{ArrayRef, DictionaryArray, Int8Array, Int32Array, Int64Array, RecordBatch, RecordBatchOptions, StringArray};
use arrow_schema::{DataType, Field, Schema, SchemaRef};

use crate::chain::pieces::{all_threads, in_order};
use crate::chain::{BlockFacts, Chain};
use crate::error::Result;
use crate::ids::{Height, TxNum, hash_text};
use crate::shapes::look::Look;
use crate::shapes::{ALL, Decision, Shape, Thresholds, Verdict, peeling};
use crate::table::columns::{time_type, times};
use crate::table::{Maker, Table, chosen};

/// Transactions of a piece, as far as blocks allow.
const PIECE: u64 = 1 << 12;

#[derive(Clone, Copy, PartialEq, Eq)]
enum ShapeColumn {
    Transaction,
    Txid,
    Height,
    Time,
    Verdict(Shape),
    DecidedBy(Shape),
}

/// Every column by its name; the ids of transactions, which take longest to read, are the last.
static COLUMNS: LazyLock<Vec<(&str, ShapeColumn)>> = LazyLock::new(|| {
    let mut columns = vec![("transaction", ShapeColumn::Transaction), ("height", ShapeColumn::Height), ("time", ShapeColumn::Time)];
    for shape in Shape::ALL {
        columns.push((shape.name(), ShapeColumn::Verdict(shape)));
        columns.push((format!("{}_decided_by", shape.name()).leak(), ShapeColumn::DecidedBy(shape)));
    }
    columns.push(("txid", ShapeColumn::Txid));
    columns
});

impl Chain {
    /// The shapes of the transactions of the blocks from one height up to, and without, another: all columns but the ids of the
    /// transactions, or those named. It is made when it is read, by all threads.
    pub fn shapes(&self, heights: Range<u64>, columns: Option<&[String]>, thresholds: &Thresholds) -> Result<Table> {
        self.shapes_by(heights, columns, thresholds, all_threads())
    }

    /// The same, by so many threads.
    pub fn shapes_by(
        &self,
        heights: Range<u64>,
        columns: Option<&[String]>,
        thresholds: &Thresholds,
        threads: usize,
    ) -> Result<Table> {
        let columns = match columns {
            Some(_) => chosen("shapes", &COLUMNS, |column| column.0, columns)?,
            None => COLUMNS[..COLUMNS.len() - 1].to_vec(),
        };
        let fields: Vec<Field> = columns.iter().map(|(name, column)| Field::new(*name, column.arrow(), false)).collect();
        let schema = Arc::new(Schema::new(fields));
        let first = |height: u64| Ok(self.counts_before(height)?.transactions);
        let rows = first(heights.start)?..first(heights.end)?;
        let rows = rows.start..rows.end.max(rows.start);
        let maker = Rows {
            chain: self.clone(),
            thresholds: thresholds.clone(),
            shapes: Shape::ALL.into_iter().filter(|shape| columns.iter().any(|(_, column)| column.needs(*shape))).collect(),
            columns: columns.into_iter().map(|(_, column)| (column, column.values())).collect(),
            schema: schema.clone(),
            threads,
        };
        Ok(Table::made(schema, rows, maker))
    }
}

impl ShapeColumn {
    fn needs(self, shape: Shape) -> bool {
        self == ShapeColumn::Verdict(shape) || self == ShapeColumn::DecidedBy(shape)
    }

    fn arrow(self) -> DataType {
        match self {
            ShapeColumn::Transaction => DataType::Int64,
            ShapeColumn::Txid => DataType::Utf8,
            ShapeColumn::Height => DataType::Int32,
            ShapeColumn::Time => time_type(),
            ShapeColumn::Verdict(_) | ShapeColumn::DecidedBy(_) => {
                DataType::Dictionary(DataType::Int8.into(), DataType::Utf8.into())
            }
        }
    }

    /// The texts that its numbers stand for.
    fn values(self) -> ArrayRef {
        let texts = match self {
            ShapeColumn::Verdict(_) => Verdict::ALL.map(Verdict::name).to_vec(),
            ShapeColumn::DecidedBy(shape) => shape.predicates().iter().copied().chain([ALL]).collect(),
            _ => vec![],
        };
        Arc::new(StringArray::from(texts))
    }
}

/// Makes the rows, of which each is a transaction.
struct Rows {
    chain: Chain,
    thresholds: Thresholds,
    /// The shapes that some column is about.
    shapes: Vec<Shape>,
    columns: Vec<(ShapeColumn, ArrayRef)>,
    schema: SchemaRef,
    threads: usize,
}

/// What is told of some transactions, in chain order.
#[derive(Default)]
struct Part {
    heights: Vec<i32>,
    times: Vec<i64>,
    decisions: Vec<Judgements>,
}

/// Of one shape, in the order of the transactions.
#[derive(Default)]
struct Judgements {
    verdicts: Vec<i8>,
    decided_by: Vec<i8>,
}

/// Some transactions of a block.
type BlockPart = (Height, Range<u64>);

impl Maker for Rows {
    fn batch(&self, rows: Range<u64>) -> Result<RecordBatch> {
        let mut all = self.part(0);
        in_order(
            &self.pieces(rows.clone())?,
            self.threads,
            |piece| self.judge(piece),
            |part| {
                all.add(part);
                Ok(())
            },
        )?;
        let arrays = self.columns.iter().map(|(column, values)| self.array(*column, values, &rows, &all)).collect::<Result<_>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some((rows.end - rows.start) as usize));
        Ok(RecordBatch::try_new_with_options(self.schema.clone(), arrays, &options)
            .expect("the columns are made to fit the schema"))
    }
}

impl Rows {
    fn part(&self, transactions: usize) -> Part {
        let decisions = self
            .shapes
            .iter()
            .map(|_| Judgements { verdicts: Vec::with_capacity(transactions), decided_by: Vec::with_capacity(transactions) });
        Part { decisions: decisions.collect(), ..Part::default() }
    }

    /// The transactions in pieces of whole blocks, but for the first and the last.
    fn pieces(&self, rows: Range<u64>) -> Result<Vec<Vec<BlockPart>>> {
        let (mut pieces, mut piece, mut size) = (Vec::new(), Vec::new(), 0);
        let mut from = rows.start;
        while from < rows.end {
            let height = match piece.last() {
                Some((Height(height), _)) => Height(height + 1),
                None => self.chain.height_of(TxNum(from as u32))?,
            };
            let block = self.chain.transactions_in(height)?;
            let part = from..block.rows().end.min(rows.end);
            (from, size) = (part.end, size + part.end.saturating_sub(part.start));
            piece.push((height, part));
            if size >= PIECE {
                pieces.push(std::mem::take(&mut piece));
                size = 0;
            }
        }
        pieces.push(piece);
        Ok(pieces)
    }

    fn judge(&self, piece: &Vec<BlockPart>) -> Result<Part> {
        let mut part = self.part(PIECE as usize);
        let mut block = BlockFacts::default();
        for (height, transactions) in piece {
            block.gather_some(&self.chain, *height, transactions.clone().map(|number| TxNum(number as u32)))?;
            if self.shapes.contains(&Shape::Peeling) {
                peeling::prefetch_neighbours(&self.chain, &block)?;
            }
            for facts in block.transactions() {
                let look = Look::new(&facts, &self.thresholds);
                part.heights.push(facts.height.0 as i32);
                part.times.push(facts.time as i64);
                for (shape, decisions) in self.shapes.iter().zip(&mut part.decisions) {
                    decisions.push(shape.quickly(&look, &self.chain)?);
                }
            }
        }
        Ok(part)
    }

    fn array(&self, column: ShapeColumn, values: &ArrayRef, rows: &Range<u64>, part: &Part) -> Result<ArrayRef> {
        let numbers = || rows.clone().map(|row| TxNum(row as u32));
        let of = |shape| &part.decisions[self.shapes.iter().position(|of| *of == shape).expect("it is judged")];
        let texts = |keys: &Vec<i8>| {
            let keys = Int8Array::from(keys.clone());
            Arc::new(DictionaryArray::<Int8Type>::new(keys, values.clone())) as ArrayRef
        };
        Ok(match column {
            ShapeColumn::Transaction => Arc::new(Int64Array::from_iter_values(numbers().map(|tx| tx.0 as i64))),
            ShapeColumn::Txid => {
                let ids = numbers().map(|tx| Ok(hash_text(&self.chain.txid(tx)?)));
                Arc::new(StringArray::from(ids.collect::<Result<Vec<String>>>()?))
            }
            ShapeColumn::Height => Arc::new(Int32Array::from(part.heights.clone())),
            ShapeColumn::Time => times(part.times.iter().copied().map(Some)),
            ShapeColumn::Verdict(shape) => texts(&of(shape).verdicts),
            ShapeColumn::DecidedBy(shape) => texts(&of(shape).decided_by),
        })
    }
}

impl Part {
    fn add(&mut self, part: Part) {
        self.heights.extend(part.heights);
        self.times.extend(part.times);
        for (all, part) in self.decisions.iter_mut().zip(part.decisions) {
            all.verdicts.extend(part.verdicts);
            all.decided_by.extend(part.decided_by);
        }
    }
}

impl Judgements {
    fn push(&mut self, decision: Decision) {
        self.verdicts.push(decision.verdict as i8);
        self.decided_by.push(decision.decided_by as i8);
    }
}
