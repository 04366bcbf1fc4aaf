//! What a user's own rule is shown: outputs with what is known of them and of their transactions.

use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, Int32Array, Int64Array, RecordBatch, StringArray, TimestampSecondArray};

use crate::chain::{BlockFacts, Chain, Facts, OutputFacts};
use crate::error::Result;
use crate::ids::Height;
use crate::sets::outputs::OutputSet;
use crate::table::Table;

/// Outputs after which a batch is full; it holds whole blocks.
const BATCH: usize = 1 << 16;

/// Shows the outputs of all transactions but coinbases, batch by batch in chain order, and keeps those that `choose` marks: it gets a
/// table and returns a mark for each row.
pub fn choose(chain: &Chain, mut choose: impl FnMut(Table) -> Result<Vec<bool>>) -> Result<OutputSet> {
    let (mut chosen, mut rows) = (OutputSet::default(), Rows::default());
    let blocks = chain.counts().blocks;
    for height in 0..blocks {
        rows.add_block(chain, Height(height as u32))?;
        if rows.numbers.len() >= BATCH || height + 1 == blocks && !rows.numbers.is_empty() {
            let shown = std::mem::take(&mut rows);
            let numbers = shown.numbers.clone();
            let marks = choose(shown.table())?;
            numbers.into_iter().zip(marks).filter(|(_, mark)| *mark).for_each(|(number, _)| chosen.push(number as u64));
        }
    }
    Ok(chosen)
}

#[derive(Default)]
struct Rows {
    facts: BlockFacts,
    numbers: Vec<i64>,
    transactions: Vec<i64>,
    heights: Vec<i32>,
    times: Vec<i64>,
    positions: Vec<i32>,
    values: Vec<i64>,
    addresses: Vec<i64>,
    kinds: Vec<&'static str>,
    fresh: Vec<bool>,
    spent_by: Vec<Option<i64>>,
    inputs: Vec<i32>,
    outputs: Vec<i32>,
    value_in: Vec<i64>,
    smallest_input: Vec<i64>,
    fee: Vec<i64>,
    version: Vec<i32>,
    locktime: Vec<i64>,
    fingerprint: Vec<i64>,
}

impl Rows {
    fn add_block(&mut self, chain: &Chain, height: Height) -> Result<()> {
        let mut facts = std::mem::take(&mut self.facts);
        facts.gather(chain, height)?;
        for facts in facts.transactions().filter(|facts| !facts.is_coinbase()) {
            for (position, output) in (0..).zip(facts.outputs) {
                self.add(&facts, position, output);
            }
        }
        self.facts = facts;
        Ok(())
    }

    fn add(&mut self, facts: &Facts<'_>, position: i32, output: &OutputFacts) {
        let inputs = || facts.inputs.iter().map(|input| input.value as i64);
        self.numbers.push(output.number.0 as i64);
        self.transactions.push(facts.number.0 as i64);
        self.heights.push(facts.height.0 as i32);
        self.times.push(facts.time as i64);
        self.positions.push(position);
        self.values.push(output.value as i64);
        self.addresses.push(output.address.0 as i64);
        self.kinds.push(output.kind.name());
        self.fresh.push(output.fresh);
        self.spent_by.push(output.spender.map(|tx| tx.0 as i64));
        self.inputs.push(facts.inputs.len() as i32);
        self.outputs.push(facts.outputs.len() as i32);
        self.value_in.push(inputs().fold(0, i64::saturating_add));
        self.smallest_input.push(inputs().min().unwrap_or(0));
        self.fee.push(facts.fee);
        self.version.push(facts.version);
        self.locktime.push(facts.locktime as i64);
        self.fingerprint.push(facts.fingerprint.0 as i64);
    }

    fn table(self) -> Table {
        let columns: Vec<(&str, ArrayRef, bool)> = vec![
            ("output", Arc::new(Int64Array::from(self.numbers)), false),
            ("transaction", Arc::new(Int64Array::from(self.transactions)), false),
            ("height", Arc::new(Int32Array::from(self.heights)), false),
            ("time", Arc::new(TimestampSecondArray::from(self.times).with_timezone("UTC")), false),
            ("position", Arc::new(Int32Array::from(self.positions)), false),
            ("value", Arc::new(Int64Array::from(self.values)), false),
            ("address_number", Arc::new(Int64Array::from(self.addresses)), false),
            ("kind", Arc::new(StringArray::from(self.kinds)), false),
            ("fresh", Arc::new(BooleanArray::from(self.fresh)), false),
            ("spent_by", Arc::new(Int64Array::from(self.spent_by)), true),
            ("inputs", Arc::new(Int32Array::from(self.inputs)), false),
            ("outputs", Arc::new(Int32Array::from(self.outputs)), false),
            ("value_in", Arc::new(Int64Array::from(self.value_in)), false),
            ("smallest_input", Arc::new(Int64Array::from(self.smallest_input)), false),
            ("fee", Arc::new(Int64Array::from(self.fee)), false),
            ("version", Arc::new(Int32Array::from(self.version)), false),
            ("locktime", Arc::new(Int64Array::from(self.locktime)), false),
            ("fingerprint", Arc::new(Int64Array::from(self.fingerprint)), false),
        ];
        Table::ready(RecordBatch::try_from_iter_with_nullable(columns).expect("the columns have one length"))
    }
}
