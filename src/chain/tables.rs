//! The chain's own tables: blocks, transactions, inputs and outputs of a range of heights, made when they are read.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::{ArrayRef, BooleanArray, Int32Array, Int64Array, RecordBatch, RecordBatchOptions};
use arrow_schema::{DataType, Field, Schema, SchemaRef};

use crate::blocks::headers::parent_of;
use crate::chain::{Chain, End};
use crate::error::{Error, Result};
use crate::ids::{AddrNum, InNum, NONE_40, OutNum, TxNum, hash_text};
use crate::store::Counts;
use crate::store::reader::counts_at;
use crate::table::columns::{time_type, times};
use crate::table::{Maker, Table, chosen};

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
        let counts = |blocks| counts_at(self.columns(), blocks);
        let (from, to) = (counts(heights.start)?, counts(heights.end)?);
        let rows = match of {
            Of::Blocks => heights,
            Of::Transactions => from.transactions..to.transactions,
            Of::Inputs => from.inputs..to.inputs,
            Of::Outputs => from.outputs..to.outputs,
        };
        behind(self, rows.end, rows.start)?;
        let schema: SchemaRef = Arc::new(Schema::new(fields));
        Ok(Table::made(schema.clone(), rows, ChainRows { chain: self.clone(), of, schema }))
    }
}

impl Type {
    fn arrow(self) -> DataType {
        match self {
            Int32 => DataType::Int32,
            Int64 => DataType::Int64,
            Time => time_type(),
            Text => DataType::Utf8,
            Flag => DataType::Boolean,
        }
    }
}

/// Makes rows of the chain's tables.
struct ChainRows {
    chain: Chain,
    of: Of,
    schema: SchemaRef,
}

impl Maker for ChainRows {
    fn batch(&self, rows: Range<u64>) -> Result<RecordBatch> {
        batch(&self.chain, self.of, rows, &self.schema)
    }

    fn only(&self, schema: SchemaRef) -> Option<Arc<dyn Maker>> {
        Some(Arc::new(ChainRows { chain: self.chain.clone(), of: self.of, schema }))
    }
}

/// A batch of some rows, with the columns of a schema.
fn batch(chain: &Chain, of: Of, rows: Range<u64>, schema: &SchemaRef) -> Result<RecordBatch> {
    let context = Context::new(chain, of, rows.clone())?;
    let arrays: Vec<ArrayRef> = schema.fields().iter().map(|field| context.column(field.name())).collect::<Result<_>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some((rows.end - rows.start) as usize));
    Ok(RecordBatch::try_new_with_options(schema.clone(), arrays, &options).expect("the columns are made to fit the schema"))
}

/// The rows of one batch, and the transaction and height of each.
struct Context<'a> {
    chain: &'a Chain,
    of: Of,
    rows: Range<u64>,
    transactions: Vec<u32>,
    heights: Vec<u32>,
}

impl<'a> Context<'a> {
    fn new(chain: &'a Chain, of: Of, rows: Range<u64>) -> Result<Context<'a>> {
        let columns = chain.columns();
        let (inputs_end, outputs_end) = (&columns.transactions_inputs_end, &columns.transactions_outputs_end);
        let transactions = match of {
            Of::Blocks => Vec::new(),
            Of::Transactions => rows.clone().map(|row| row as u32).collect(),
            Of::Inputs => owners(rows.clone(), chain.counts().transactions, |tx| Ok(inputs_end.get(tx)?.0))?,
            Of::Outputs => owners(rows.clone(), chain.counts().transactions, |tx| Ok(outputs_end.get(tx)?.0))?,
        };
        let heights = match of {
            Of::Blocks => rows.clone().map(|row| row as u32).collect(),
            _ => {
                let mut height = transactions.first().map_or(Ok(0), |tx| chain.height_of(TxNum(*tx)).map(|h| h.row()))?;
                let mut end = columns.blocks_transactions_end.get(height)?;
                let mut heights = Vec::with_capacity(transactions.len());
                for tx in &transactions {
                    while *tx >= end {
                        height += 1;
                        end = columns.blocks_transactions_end.get(height)?;
                    }
                    heights.push(height as u32);
                }
                heights
            }
        };
        Ok(Context { chain, of, rows, transactions, heights })
    }

    fn column(&self, name: &str) -> Result<ArrayRef> {
        match (self.of, name) {
            (_, "height") => self.int32(|i, _| Ok(self.heights[i] as i32)),
            (_, "time") => self.time(|i, _| Ok(self.chain.time_at(crate::ids::Height(self.heights[i]))? as i64)),
            (Of::Blocks, _) => self.block_column(name),
            (_, "transaction") => self.int64(|i, _| Ok(self.transactions[i] as i64)),
            (_, "txid") => self.text(|i, _| Ok(Some(hash_text(&self.chain.txid(self.tx(i))?)))),
            (Of::Transactions, _) => self.transaction_column(name),
            (Of::Inputs, _) => self.input_column(name),
            (Of::Outputs, _) => self.output_column(name),
        }
    }

    fn tx(&self, i: usize) -> TxNum {
        TxNum(self.transactions[i])
    }

    fn block_column(&self, name: &str) -> Result<ArrayRef> {
        let columns = self.chain.columns();
        let header = |row: u64| columns.blocks_header.get(row);
        let word = |row: u64, at: usize| Ok(u32::from_le_bytes(header(row)?[at..at + 4].try_into().expect("four bytes")));
        let counts = |blocks: u64| counts_at(columns, blocks);
        let sum_of_fees = |row: u64| -> Result<i64> {
            let transactions = counts(row)?.transactions..counts(row + 1)?.transactions;
            sum(self.chain, transactions.map(|tx| columns.transactions_fee.get(tx)))
        };
        let sum_of_outputs = |row: u64| -> Result<i64> {
            let outputs = counts(row)?.outputs..counts(row + 1)?.outputs;
            sum(self.chain, outputs.map(|output| Ok(columns.outputs_value.get(output)? as i64)))
        };
        let grown = |row: u64, count: fn(&Counts) -> u64| behind(self.chain, count(&counts(row + 1)?), count(&counts(row)?));
        match name {
            "hash" => self.text(|_, row| Ok(Some(hash_text(&columns.blocks_hash.get(row)?)))),
            "parent" => self.text(|_, row| Ok(Some(hash_text(&parent_of(&header(row)?))))),
            "merkle_root" => self.text(|_, row| Ok(Some(hash_text(&header(row)?[36..68].try_into().expect("32 bytes"))))),
            "median_time" => self.time(|_, row| Ok(columns.blocks_median_time.get(row)? as i64)),
            "version" => self.int32(|_, row| Ok(word(row, 0)? as i32)),
            "bits" => self.int64(|_, row| Ok(word(row, 72)? as i64)),
            "nonce" => self.int64(|_, row| Ok(word(row, 76)? as i64)),
            "size" => self.int32(|_, row| Ok(columns.blocks_size.get(row)? as i32)),
            "weight" => self.int32(|_, row| Ok(columns.blocks_weight.get(row)? as i32)),
            "transactions" => self.int32(|_, row| Ok(grown(row, |counts| counts.transactions)? as i32)),
            "inputs" => self.int64(|_, row| grown(row, |counts| counts.inputs)),
            "outputs" => self.int64(|_, row| grown(row, |counts| counts.outputs)),
            "value_out" => self.int64(|_, row| sum_of_outputs(row)),
            _ => self.int64(|_, row| sum_of_fees(row)),
        }
    }

    fn transaction_column(&self, name: &str) -> Result<ArrayRef> {
        let (chain, columns) = (self.chain, self.chain.columns());
        let value_out = |i| sum(chain, chain.outputs_of(self.tx(i))?.map(|o| Ok(chain.value_of(o)? as i64)));
        let fee = |i, row| -> Result<Option<i64>> {
            Ok(if chain.is_coinbase(self.tx(i))? { None } else { Some(columns.transactions_fee.get(row)?) })
        };
        match name {
            "position" => self.int32(|i, row| {
                let before = counts_at(columns, self.heights[i] as u64)?;
                Ok(behind(chain, row, before.transactions)? as i32)
            }),
            "version" => self.int32(|_, row| columns.transactions_version.get(row)),
            "locktime" => self.int64(|_, row| Ok(columns.transactions_locktime.get(row)? as i64)),
            "size" => self.int32(|_, row| Ok(columns.transactions_size.get(row)? as i32)),
            "vsize" => self.int32(|_, row| Ok(columns.transactions_weight.get(row)?.div_ceil(4) as i32)),
            "weight" => self.int32(|_, row| Ok(columns.transactions_weight.get(row)? as i32)),
            "inputs" => self.int32(|i, _| chain.inputs_of(self.tx(i)).map(|numbers| numbers.len() as i32)),
            "outputs" => self.int32(|i, _| chain.outputs_of(self.tx(i)).map(|numbers| numbers.len() as i32)),
            "value_out" => self.int64(|i, _| value_out(i)),
            "value_in" => self.optional_int64(|i, row| fee(i, row)?.map(|fee| sum(chain, [value_out(i), Ok(fee)])).transpose()),
            "fee" => self.optional_int64(fee),
            "is_coinbase" => {
                let flags: Vec<bool> =
                    (0..self.transactions.len()).map(|i| chain.is_coinbase(self.tx(i))).collect::<Result<_>>()?;
                Ok(Arc::new(BooleanArray::from(flags)))
            }
            _ => self.int64(|_, row| Ok(columns.transactions_fingerprint.get(row)? as i64)),
        }
    }

    fn input_column(&self, name: &str) -> Result<ArrayRef> {
        let (chain, columns) = (self.chain, self.chain.columns());
        let spent = |row: u64| chain.spends(InNum(row));
        let of_spent = |row: u64, get: &dyn Fn(OutNum) -> Result<i64>| spent(row)?.map(get).transpose();
        let owner = |row: u64| -> Result<Option<AddrNum>> { spent(row)?.map(|o| chain.address_of(o)).transpose() };
        match name {
            "position" => self.int32(|i, row| Ok(behind(chain, row, chain.inputs_of(self.tx(i))?.start().0)? as i32)),
            "sequence" => self.int64(|_, row| Ok(columns.inputs_sequence.get(row)? as i64)),
            "spends" => self
                .optional_int64(|_, row| Ok(Some(columns.inputs_spends.get(row)?.0).filter(|o| *o != NONE_40).map(|o| o as i64))),
            "spends_txid" => {
                self.text(|_, row| spent(row)?.map(|o| Ok(hash_text(&chain.txid(chain.transaction_of(o)?)?))).transpose())
            }
            "spends_position" => self.optional_int32(|_, row| {
                of_spent(row, &|o| Ok((o.0 - chain.outputs_of(chain.transaction_of(o)?)?.start().0) as i64))
            }),
            "value" => self.optional_int64(|_, row| of_spent(row, &|o| Ok(chain.value_of(o)? as i64))),
            "address_number" => self.optional_int64(|_, row| Ok(owner(row)?.map(|a| a.0 as i64))),
            "address" => self.text(|_, row| Ok(owner(row)?.map(|a| chain.address_text(a)).transpose()?.flatten())),
            _ => self.text(|_, row| owner(row)?.map(|a| Ok(chain.kind_of(a)?.name().to_string())).transpose()),
        }
    }

    fn output_column(&self, name: &str) -> Result<ArrayRef> {
        let (chain, columns) = (self.chain, self.chain.columns());
        let owner = |row: u64| chain.address_of(OutNum(row));
        let spender = |row: u64| Ok(chain.end_of(OutNum(row))?.spender());
        match name {
            "output" => self.int64(|_, row| Ok(row as i64)),
            "position" => self.int32(|i, row| Ok(behind(chain, row, chain.outputs_of(self.tx(i))?.start().0)? as i32)),
            "value" => self.int64(|_, row| Ok(columns.outputs_value.get(row)? as i64)),
            "address_number" => self.int64(|_, row| Ok(owner(row)?.0 as i64)),
            "address" => self.text(|_, row| chain.address_text(owner(row)?)),
            "kind" => self.text(|_, row| Ok(Some(chain.kind_of(owner(row)?)?.name().to_string()))),
            "spent_by" => self.optional_int64(|_, row| Ok(spender(row)?.map(|tx| tx.0 as i64))),
            "is_lost" => {
                let lost = self.each(|_, row| Ok(matches!(chain.end_of(OutNum(row))?, End::Lost(_))))?;
                Ok(Arc::new(BooleanArray::from(lost)))
            }
            "spent_by_txid" => self.text(|_, row| spender(row)?.map(|tx| Ok(hash_text(&chain.txid(tx)?))).transpose()),
            _ => self.optional_int32(|_, row| spender(row)?.map(|tx| Ok(chain.height_of(tx)?.0 as i64)).transpose()),
        }
    }

    fn each<T>(&self, mut value: impl FnMut(usize, u64) -> Result<T>) -> Result<Vec<T>> {
        self.rows.clone().enumerate().map(|(i, row)| value(i, row)).collect()
    }

    fn int32(&self, value: impl FnMut(usize, u64) -> Result<i32>) -> Result<ArrayRef> {
        Ok(Arc::new(Int32Array::from(self.each(value)?)))
    }

    fn int64(&self, value: impl FnMut(usize, u64) -> Result<i64>) -> Result<ArrayRef> {
        Ok(Arc::new(Int64Array::from(self.each(value)?)))
    }

    fn optional_int32(&self, mut value: impl FnMut(usize, u64) -> Result<Option<i64>>) -> Result<ArrayRef> {
        Ok(Arc::new(Int32Array::from(self.each(|i, row| Ok(value(i, row)?.map(|n| n as i32)))?)))
    }

    fn optional_int64(&self, value: impl FnMut(usize, u64) -> Result<Option<i64>>) -> Result<ArrayRef> {
        Ok(Arc::new(Int64Array::from(self.each(value)?)))
    }

    fn time(&self, value: impl FnMut(usize, u64) -> Result<i64>) -> Result<ArrayRef> {
        Ok(times(self.each(value)?.into_iter().map(Some)))
    }

    fn text(&self, mut value: impl FnMut(usize, u64) -> Result<Option<String>>) -> Result<ArrayRef> {
        let mut texts = StringBuilder::new();
        for (i, row) in self.rows.clone().enumerate() {
            texts.append_option(value(i, row)?);
        }
        Ok(Arc::new(texts.finish()))
    }
}

/// How far a row is behind another that must not be later.
pub(super) fn behind(chain: &Chain, row: u64, first: u64) -> Result<i64> {
    let distance = row.checked_sub(first).map(|distance| distance as i64);
    distance.ok_or_else(|| Error::corrupt(chain.store().folder(), format!("has row {row} where {first} is the first")))
}

/// The sum of amounts, of which every true chain's fits.
fn sum(chain: &Chain, amounts: impl IntoIterator<Item = Result<i64>>) -> Result<i64> {
    amounts.into_iter().try_fold(0i64, |sum, amount| sum.checked_add(amount?).ok_or_else(|| chain.too_much()))
}

/// The transaction that each of the rows belongs to, of which each ends where the next begins.
fn owners(rows: Range<u64>, transactions: u64, end: impl Fn(u64) -> Result<u64>) -> Result<Vec<u32>> {
    let (mut low, mut high) = (0, transactions);
    while low < high {
        let middle = (low + high) / 2;
        if end(middle)? <= rows.start { low = middle + 1 } else { high = middle }
    }
    let mut owners = Vec::with_capacity((rows.end - rows.start) as usize);
    for row in rows {
        while end(low)? <= row {
            low += 1;
        }
        owners.push(low as u32);
    }
    Ok(owners)
}
