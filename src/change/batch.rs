//! What a user's own rule is shown: outputs with what is known of them and of their transactions.

use crate::chain::{BlockFacts, Chain, Facts, OutputFacts};
use crate::error::Result;
use crate::ids::Height;
use crate::sets::outputs::OutputSet;
use crate::table::Table;
use crate::table::columns::{flag, int32, int64, nullable, ready, text, time};

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
        ready([
            int64("output", self.numbers),
            int64("transaction", self.transactions),
            int32("height", self.heights),
            time("time", self.times),
            int32("position", self.positions),
            int64("value", self.values),
            int64("address_number", self.addresses),
            text("kind", self.kinds),
            flag("fresh", self.fresh),
            nullable::int64("spent_by", self.spent_by),
            int32("inputs", self.inputs),
            int32("outputs", self.outputs),
            int64("value_in", self.value_in),
            int64("smallest_input", self.smallest_input),
            int64("fee", self.fee),
            int32("version", self.version),
            int64("locktime", self.locktime),
            int64("fingerprint", self.fingerprint),
        ])
    }
}
