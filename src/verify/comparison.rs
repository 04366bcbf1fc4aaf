//! One block's rows against the block as it was read again.

use std::fmt::Display;
use std::ops::Range;

use crate::blocks::parse::{ParsedBlock, ParsedInput, ParsedOutput, ParsedTx};
use crate::error::Result;
use crate::ids::{NONE_40, hash_text};
use crate::ingest::resolve::key_row;
use crate::script::{self, Kind, Reveal};
use crate::store::reader::{payload_of, transaction_of_output};
use crate::store::{Columns, Counts, Store};
use crate::verify::inspection::Inspection;

pub struct BlockComparison<'a> {
    columns: &'a Columns,
    counts: &'a Counts,
    /// The next row of the block's reveals.
    reveal: u64,
}

impl<'a> BlockComparison<'a> {
    pub fn new(store: &'a Store) -> BlockComparison<'a> {
        BlockComparison { columns: &store.columns, counts: store.counts(), reveal: 0 }
    }

    pub fn block(&mut self, height: u64, block: &ParsedBlock, inspection: &mut Inspection<'_>) -> Result<()> {
        let part = self.columns.blocks_transactions_end.part(height, self.counts.transactions)?;
        let mut rows = Rows { columns: self.columns, block, inspection };
        rows.same("blocks.hash", height, hash_text(&self.columns.blocks_hash.value(height)), hash_text(&block.hash));
        rows.same("blocks.weight", height, self.columns.blocks_weight.value(height), block.weight);
        if !rows.same("blocks.transactions_end", height, part.end - part.start, block.txs.len() as u64) {
            return Ok(());
        }
        let reveals = self.columns.blocks_reveals_end.part(height, self.counts.reveals)?;
        self.reveal = reveals.start;
        let (mut inputs_end, mut outputs_end) = (0, 0);
        for (tx, parsed) in part.zip(&block.txs) {
            let inputs = inputs_end..parsed.inputs_end as usize;
            let outputs = outputs_end..parsed.outputs_end as usize;
            (inputs_end, outputs_end) = (inputs.end, outputs.end);
            rows.transaction(tx, parsed);
            let first_input = self.columns.transactions_inputs_end.part(tx, self.counts.inputs)?;
            let first_output = self.columns.transactions_outputs_end.part(tx, self.counts.outputs)?;
            if rows.same("transactions.inputs_end", tx, first_input.end - first_input.start, inputs.len() as u64) {
                rows.inputs(tx, parsed, first_input.clone().zip(&block.inputs[inputs.clone()]));
                self.reveals(first_input.zip(&block.inputs[inputs]), &mut rows)?;
            }
            if rows.same("transactions.outputs_end", tx, first_output.end - first_output.start, outputs.len() as u64) {
                first_output.zip(&block.outputs[outputs]).for_each(|(output, parsed)| rows.output(output, parsed));
            }
        }
        rows.same("blocks.reveals_end", height, reveals.end, self.reveal);
        Ok(())
    }

    /// The first spend from an address that reveals something is the one whose reveal is kept.
    fn reveals<'b>(&mut self, inputs: impl Iterator<Item = (u64, &'b ParsedInput)>, rows: &mut Rows<'_, '_, '_>) -> Result<()> {
        for (input, parsed) in inputs {
            let Ok(address) = self.columns.outputs_address.get(self.columns.inputs_spends.value(input).0) else { continue };
            let kept = self.columns.addresses_reveal.get(address as u64)? as u64;
            let kind = Kind::from_u8(self.columns.addresses_kind.get(address as u64)?);
            if kept < self.reveal || kind.is_none() {
                continue;
            }
            let witness: Vec<&[u8]> = rows.block.witness(parsed).collect();
            let found = kind.and_then(|kind| script::reveal(kind, rows.block.slice(&parsed.script), &witness));
            let Some(found) = found else { continue };
            if kept != self.reveal || !self.is_kept(kept, address, found)? {
                rows.inspection.problem(
                    "reveals.address",
                    self.reveal,
                    format_args!("is not what input {input} reveals of address {address}"),
                );
            }
            self.reveal += 1;
        }
        Ok(())
    }

    fn is_kept(&self, row: u64, address: u32, found: Reveal<'_>) -> Result<bool> {
        let columns = self.columns;
        let keys = columns.reveals_keys_end.part(row, self.counts.keys)?;
        Ok(columns.reveals_address.get(row)? == address
            && columns.reveals_inner.get(row)? == found.inner as u8 | (found.wrapped as u8) << 7
            && columns.reveals_required.get(row)? == found.required
            && columns.reveals_total.get(row)? == found.total
            && keys.map(|key| columns.keys_key.value(key)).eq(found.keys.map(key_row)))
    }
}

struct Rows<'a, 'b, 'c> {
    columns: &'a Columns,
    block: &'a ParsedBlock,
    inspection: &'b mut Inspection<'c>,
}

impl Rows<'_, '_, '_> {
    fn same<T: PartialEq + Display>(&mut self, place: &str, row: u64, stored: T, read: T) -> bool {
        let same = stored == read;
        if !same {
            self.inspection.problem(place, row, format_args!("says {stored}, and the block {read}"));
        }
        same
    }

    fn transaction(&mut self, tx: u64, parsed: &ParsedTx) {
        let columns = self.columns;
        self.same("transactions.txid", tx, hash_text(&columns.transactions_txid.value(tx)), hash_text(&parsed.txid));
        self.same("transactions.version", tx, columns.transactions_version.value(tx), parsed.version);
        self.same("transactions.locktime", tx, columns.transactions_locktime.value(tx), parsed.locktime);
        self.same("transactions.size", tx, columns.transactions_size.value(tx), parsed.size);
        self.same("transactions.weight", tx, columns.transactions_weight.value(tx), parsed.weight);
        self.same("transactions.offset", tx, columns.transactions_offset.value(tx), parsed.offset);
    }

    fn inputs<'d>(&mut self, tx: u64, parsed: &ParsedTx, inputs: impl Iterator<Item = (u64, &'d ParsedInput)>) {
        let mut print = parsed.fingerprint;
        for (input, parsed) in inputs {
            self.same("inputs.sequence", input, self.columns.inputs_sequence.value(input), parsed.sequence);
            let output = self.columns.inputs_spends.value(input).0;
            if !self.is_outpoint(output, parsed) {
                let (txid, position) = (hash_text(&parsed.txid), parsed.position);
                self.inspection.problem("inputs.spends", input, format_args!("is {output}, which is not {txid}:{position}"));
            } else if let Some(kind) = self.kind_of_output(output) {
                print.add_spend(kind, self.block.witness(parsed));
            }
        }
        self.same("transactions.fingerprint", tx, self.columns.transactions_fingerprint.value(tx), print.0);
    }

    /// Whether an output is the one that an input of the block names; "none" is right for what a coinbase names.
    fn is_outpoint(&self, output: u64, named: &ParsedInput) -> bool {
        if named.txid == [0; 32] && named.position == u32::MAX {
            return output == NONE_40;
        }
        let Ok(owner) = transaction_of_output(self.columns, output) else { return false };
        let outputs = self.columns.transactions_outputs_end.part(owner.row(), self.columns.outputs_value.rows());
        let first = outputs.map_or(u64::MAX, |outputs: Range<u64>| outputs.start);
        output.checked_sub(first) == Some(named.position as u64) && self.columns.transactions_txid.value(owner.row()) == named.txid
    }

    fn kind_of_output(&self, output: u64) -> Option<Kind> {
        let address = self.columns.outputs_address.get(output).ok()?;
        self.columns.addresses_kind.get(address as u64).ok().and_then(Kind::from_u8)
    }

    fn output(&mut self, output: u64, parsed: &ParsedOutput) {
        self.same("outputs.value", output, self.columns.outputs_value.value(output), parsed.value);
        let address = self.columns.outputs_address.value(output);
        let kind = self.columns.addresses_kind.get(address as u64).ok();
        let payload = payload_of(self.columns, address).ok();
        if kind != Some(parsed.kind as u8) || payload != Some(self.block.payload(parsed)) {
            self.inspection.problem("outputs.address", output, format_args!("is {address}, which has not the output's script"));
        }
    }
}
