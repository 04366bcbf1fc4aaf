//! The transactions in chain order: inputs spend earlier outputs that know of it, outputs pay addresses that are numbered as they
//! come, and what is derived from both (fees, samples, fingerprints) is derived right.

use std::ops::Range;

use crate::blocks::fingerprint::Fingerprint;
use crate::blocks::parse::MAX_MONEY;
use crate::error::Result;
use crate::ids::NONE_40;
use crate::script::Kind;
use crate::store::columns::SAMPLE;
use crate::store::{Columns, Counts, Store};
use crate::verify::inspection::Inspection;

/// The fingerprint's bits that the columns imply: sequences, witness, and kinds on both sides; and the bit that is never set.
const IMPLIED: u32 = 0b11111 | !0 << 12;
/// Inputs ahead, whose outputs are asked for.
const AHEAD: u64 = 32;

pub fn transactions(store: &Store, inspection: &mut Inspection<'_>) -> Result<()> {
    let counts = store.counts();
    inspection.begin("transactions", counts.transactions);
    let mut check = Transactions { columns: &store.columns, counts, inspection, addresses: 0 };
    for height in 0..counts.blocks {
        let part = store.columns.blocks_transactions_end.part(height, counts.transactions)?;
        for tx in part.clone() {
            check.inspection.at(tx)?;
            check.transaction(tx, tx == part.start)?;
        }
        check.addresses_of_block(height);
    }
    inspection.end();
    Ok(())
}

struct Transactions<'a, 'b> {
    columns: &'a Columns,
    counts: &'a Counts,
    inspection: &'a mut Inspection<'b>,
    /// Addresses that outputs have paid so far.
    addresses: u64,
}

/// What the rows of one transaction add up to; amounts are unknown where a row is wrong.
#[derive(Default)]
struct Sums {
    print: Fingerprint,
    into: Option<i128>,
    out: i128,
}

impl Transactions<'_, '_> {
    fn transaction(&mut self, tx: u64, coinbase: bool) -> Result<()> {
        let inputs = self.columns.transactions_inputs_end.part(tx, self.counts.inputs)?;
        let outputs = self.columns.transactions_outputs_end.part(tx, self.counts.outputs)?;
        let mut sums = Sums { into: Some(0), ..Sums::default() };
        if coinbase {
            self.coinbase_input(&inputs, &mut sums);
        } else {
            inputs.for_each(|input| self.input(tx, input, outputs.start, &mut sums));
        }
        outputs.for_each(|output| self.output(tx, output, &mut sums));
        self.derived(tx, coinbase, sums);
        Ok(())
    }

    fn coinbase_input(&mut self, inputs: &Range<u64>, sums: &mut Sums) {
        if inputs.end - inputs.start != 1 || self.columns.inputs_spends.value(inputs.start).0 != NONE_40 {
            self.inspection.problem("inputs.spends", inputs.start, "is a block's first input, and not the only one of a coinbase");
        }
        sums.print.add_sequence(self.columns.inputs_sequence.value(inputs.start));
    }

    fn input(&mut self, tx: u64, input: u64, before: u64, sums: &mut Sums) {
        self.prefetch(input + AHEAD);
        sums.print.add_sequence(self.columns.inputs_sequence.value(input));
        let output = self.columns.inputs_spends.value(input).0;
        if output >= before {
            let spent = if output == NONE_40 { "nothing".to_string() } else { format!("output {output}") };
            self.inspection.problem(
                "inputs.spends",
                input,
                format_args!("spends {spent} in transaction {tx}, which begins at output {before}"),
            );
            sums.into = None;
            return;
        }
        let spender = self.columns.outputs_spender.value(output);
        if spender as u64 != tx {
            self.inspection.problem("outputs.spender", output, format_args!("is {spender}, but transaction {tx} spends it"));
        }
        sums.into = sums.into.map(|sum| sum + self.columns.outputs_value.value(output) as i128);
        if let Some(kind) = self.kind_of_output(output) {
            sums.print.add_spend(kind, std::iter::empty::<&[u8]>());
        }
    }

    fn prefetch(&self, input: u64) {
        if input < self.counts.inputs {
            let output = self.columns.inputs_spends.value(input).0;
            self.columns.outputs_spender.prefetch(output);
            self.columns.outputs_value.prefetch(output);
            self.columns.outputs_address.prefetch(output);
        }
    }

    fn output(&mut self, tx: u64, output: u64, sums: &mut Sums) {
        let (value, address) = (self.columns.outputs_value.value(output), self.columns.outputs_address.value(output) as u64);
        sums.out += value as i128;
        if value > MAX_MONEY {
            self.inspection.problem("outputs.value", output, format_args!("is {value}, more than there can be"));
        }
        match address.cmp(&self.addresses) {
            std::cmp::Ordering::Less => {}
            std::cmp::Ordering::Equal => self.addresses += 1,
            std::cmp::Ordering::Greater => {
                let new = self.addresses;
                self.inspection.problem("outputs.address", output, format_args!("is {address}, and the next new address is {new}"));
            }
        }
        if output.is_multiple_of(SAMPLE) && self.columns.outputs_sample.value(output / SAMPLE) as u64 != tx {
            self.inspection.problem(
                "outputs.sample",
                output / SAMPLE,
                format_args!("is not {tx}, the transaction of output {output}"),
            );
        }
        if let Some(kind) = self.kind_of_output(output) {
            sums.print.add_output_kind(kind);
        }
    }

    fn kind_of_output(&self, output: u64) -> Option<Kind> {
        let address = self.columns.outputs_address.value(output);
        self.columns.addresses_kind.get(address as u64).ok().and_then(Kind::from_u8)
    }

    fn derived(&mut self, tx: u64, coinbase: bool, mut sums: Sums) {
        let fee = if coinbase { Some(0) } else { sums.into.map(|into| into - sums.out) };
        if let Some(fee) = fee.filter(|fee| *fee != self.columns.transactions_fee.value(tx) as i128) {
            self.inspection.problem(
                "transactions.fee",
                tx,
                format_args!("is not {fee}, what the inputs have more than the outputs"),
            );
        }
        let (size, weight) = (self.columns.transactions_size.value(tx) as u64, self.columns.transactions_weight.value(tx) as u64);
        if weight > 4 * size || weight < size || (weight - size) % 3 != 0 {
            self.inspection.problem("transactions.weight", tx, format_args!("is {weight}, which {size} bytes cannot weigh"));
        }
        sums.print.set_segwit(weight != 4 * size);
        let print = self.columns.transactions_fingerprint.value(tx);
        if sums.into.is_some() && print & IMPLIED != sums.print.0 {
            let (print, implied) = (print & IMPLIED, sums.print.0);
            self.inspection.problem(
                "transactions.fingerprint",
                tx,
                format_args!("has {print:#x} where its rows imply {implied:#x}"),
            );
        }
    }

    fn addresses_of_block(&mut self, height: u64) {
        let stated = self.columns.blocks_addresses_end.value(height) as u64;
        if stated != self.addresses {
            let paid = self.addresses;
            self.inspection.problem(
                "blocks.addresses_end",
                height,
                format_args!("is {stated}, and outputs up to it pay {paid} addresses"),
            );
            self.addresses = stated;
        }
    }
}
