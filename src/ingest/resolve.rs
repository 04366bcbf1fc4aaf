//! Adds one parsed block to the store: finds the outputs that its inputs spend and the addresses of its outputs, and writes its
//! rows. This runs in chain order on one thread, so every random look-up is asked for some steps before it is needed: a block's
//! look-ups wait for memory together and not one after the other.

use crate::blocks::headers::Work;
use crate::blocks::parse::{Fault, MAX_MONEY, ParsedBlock, ParsedInput};
use crate::error::Error;
use crate::ids::{NONE_32, NONE_40, TxNum, hash_text};
use crate::ingest::memory::stay_within;
use crate::script::{self, Kind};
use crate::store::column::U40;
use crate::store::columns::SAMPLE;
use crate::store::reader::{find_transaction, is_address, latest_of, start_of, tag_of_script, tag_of_txid};
use crate::store::rollback::outputs_of_transaction;
use crate::store::{Counts, Writer};

/// What the store keeps of a block besides its content.
pub struct BlockEntry {
    pub work: Work,
    pub median_time: u32,
    pub source: u16,
    pub file: u32,
    pub offset: u64,
}

/// Why a block was not added.
pub enum RefusedBlock {
    /// The block contradicts the chain; nothing of it is left in the store.
    Fault(Fault),
    /// The store could not be written.
    Error(Error),
}

impl From<Error> for RefusedBlock {
    fn from(error: Error) -> RefusedBlock {
        RefusedBlock::Error(error)
    }
}

/// Lists that are used again for every block.
pub struct Scratch {
    /// Bytes of memory that the process is to stay within.
    memory_limit: u64,
    /// Of each input, the transaction whose output it spends, and then that output.
    spent: Vec<u64>,
    /// Of each output, an address that it may be of.
    addresses: Vec<u32>,
}

impl Scratch {
    pub fn new(memory_limit: u64) -> Scratch {
        Scratch { memory_limit, spent: Vec::new(), addresses: Vec::new() }
    }
}

/// Blocks of fewer bytes touch too little memory to look at it.
const SMALL_BLOCK: usize = 1 << 16;

/// The first bytes of the key rows: 2 and 3 as in compressed keys, 4 and 5 for an uncompressed key with even and odd y.
const UNCOMPRESSED: u8 = 4;

/// Adds a block on top of the store's last one, or leaves the store as it was.
///
/// Returns the number of transactions that pay out more than they take in. No node accepts such a block, but simulated chains have
/// them, and nothing here depends on it.
pub fn add_block(writer: &mut Writer, scratch: &mut Scratch, block: &ParsedBlock, facts: &BlockEntry) -> Result<u64, RefusedBlock> {
    let before = writer.counts();
    let result = Adding { writer, scratch, block, before, overspent: 0 }.add(facts);
    if result.is_err() {
        writer.truncate(&before);
    }
    result
}

struct Adding<'a> {
    writer: &'a mut Writer,
    scratch: &'a mut Scratch,
    block: &'a ParsedBlock,
    before: Counts,
    overspent: u64,
}

impl Adding<'_> {
    fn add(mut self, facts: &BlockEntry) -> Result<u64, RefusedBlock> {
        self.writer.reserve(self.block.txs.len() as u64, self.block.outputs.len() as u64)?;
        self.prefetch_indexes();
        self.add_transactions()?;
        self.find_spent_transactions();
        self.stay_within_memory();
        self.add_outputs();
        self.stay_within_memory();
        self.find_spent_outputs()?;
        self.stay_within_memory();
        self.add_inputs()?;
        self.add_reveals();
        self.add_block_row(facts);
        Ok(self.overspent)
    }

    fn stay_within_memory(&self) {
        if self.block.bytes.len() > SMALL_BLOCK {
            stay_within(self.scratch.memory_limit, || self.writer.release_memory());
        }
    }

    fn prefetch_indexes(&self) {
        let writer = &*self.writer;
        self.block.txs.iter().for_each(|tx| writer.transaction_index.prefetch(tag_of_txid(&tx.txid)));
        self.block.inputs.iter().for_each(|input| writer.transaction_index.prefetch(tag_of_txid(&input.txid)));
        self.block.outputs.iter().for_each(|output| writer.address_index.prefetch(tag_of_script(output.hash)));
    }

    /// Enters the transactions in the index, so that inputs of the same block find them.
    fn add_transactions(&mut self) -> Result<(), RefusedBlock> {
        for (number, tx) in (self.before.transactions as u32..=NONE_32).zip(&self.block.txs) {
            if number == NONE_32 {
                return Err(Error::Invalid { what: "the store is full: it holds 4,294,967,295 transactions".into() }.into());
            }
            let columns = &mut self.writer.columns;
            columns.transactions_txid.push(tx.txid);
            columns.transactions_inputs_end.push(U40(self.before.inputs + tx.inputs_end as u64));
            columns.transactions_outputs_end.push(U40(self.before.outputs + tx.outputs_end as u64));
            let txids = &self.writer.columns.transactions_txid;
            let is_same = |n: u32| n < number && txids.value(n as u64) == tx.txid;
            if let Some(earlier) = self.writer.transaction_index.insert_unless(tag_of_txid(&tx.txid), number, is_same, true) {
                let earlier = latest_of(&self.writer.manifest.duplicates, TxNum(earlier), number as u64);
                self.writer.manifest.duplicates.push((number, earlier.0));
            }
        }
        Ok(())
    }

    /// Of each input, the first transaction that the index offers; most are the right one.
    fn find_spent_transactions(&mut self) {
        let (writer, scratch) = (&*self.writer, &mut *self.scratch);
        scratch.spent.clear();
        for input in &self.block.inputs {
            let candidate = writer.transaction_index.candidates(tag_of_txid(&input.txid)).next().unwrap_or(NONE_32);
            writer.columns.transactions_txid.prefetch(candidate as u64);
            writer.columns.transactions_outputs_end.prefetch(candidate as u64);
            scratch.spent.push(candidate as u64);
        }
    }

    fn add_outputs(&mut self) {
        let (columns, index) = (&self.writer.columns, &self.writer.address_index);
        let candidates = &mut self.scratch.addresses;
        candidates.clear();
        for output in &self.block.outputs {
            let candidate = index.candidates(tag_of_script(output.hash)).next().unwrap_or(NONE_32);
            columns.addresses_kind.prefetch(candidate as u64);
            columns.addresses_payload_end.prefetch(candidate as u64);
            candidates.push(candidate);
        }
        for candidate in candidates.iter().filter(|c| **c != NONE_32) {
            if let Ok(end) = columns.addresses_payload_end.get(*candidate as u64) {
                columns.addresses_payload.prefetch(end.0.saturating_sub(1));
                columns.addresses_payload.prefetch(end.0.saturating_sub(32));
            }
        }
        let (mut tx, mut ends) = (self.before.transactions, self.block.txs.iter().map(|tx| tx.outputs_end));
        let mut end = ends.next().unwrap_or(0);
        for (i, output) in self.block.outputs.iter().enumerate() {
            while i as u32 >= end {
                tx += 1;
                end = ends.next().expect("every output belongs to a transaction");
            }
            let payload = self.block.payload(output);
            let address = find_or_add(self.writer, output.hash, output.kind, payload);
            let columns = &mut self.writer.columns;
            if columns.outputs_value.rows().is_multiple_of(SAMPLE) {
                columns.outputs_sample.push(tx as u32);
            }
            columns.outputs_value.push(output.value);
            columns.outputs_address.push(address);
            // The coins of the genesis block can never be spent, as if its own transaction had ended them.
            columns.outputs_spender.push(if self.before.blocks == 0 { 0 } else { NONE_32 });
        }
    }

    /// Of each input, the output that it spends.
    fn find_spent_outputs(&mut self) -> Result<(), RefusedBlock> {
        let (columns, index) = (&self.writer.columns, &self.writer.transaction_index);
        let mut end = 0;
        for (position, tx) in self.block.txs.iter().enumerate() {
            let number = self.before.transactions + position as u64;
            for i in end..tx.inputs_end as usize {
                let input = &self.block.inputs[i];
                if position == 0 {
                    self.scratch.spent[i] = NONE_40;
                    continue;
                }
                let fault = || unknown_output(position, i - end, input);
                let mut found = self.scratch.spent[i];
                let right = found < number && columns.transactions_txid.value(found) == input.txid;
                if !right {
                    found = find_transaction(index, &columns.transactions_txid, &input.txid, number).ok_or_else(fault)?.row();
                }
                found = latest_of(&self.writer.manifest.duplicates, TxNum(found as u32), number).row();
                let outputs_end = &columns.transactions_outputs_end;
                let output = start_of(found, |row| Ok(outputs_end.value(row).0))? + input.position as u64;
                if output >= outputs_end.value(found).0 {
                    return Err(fault().into());
                }
                columns.outputs_value.prefetch(output);
                columns.outputs_address.prefetch(output);
                columns.outputs_spender.prefetch(output);
                self.scratch.spent[i] = output;
            }
            end = tx.inputs_end as usize;
        }
        for output in self.scratch.spent.iter().filter(|o| **o != NONE_40) {
            let address = columns.outputs_address.value(*output) as u64;
            columns.addresses_kind.prefetch(address);
            columns.addresses_reveal.prefetch(address);
        }
        Ok(())
    }

    fn add_inputs(&mut self) -> Result<(), RefusedBlock> {
        let columns = &mut self.writer.columns;
        let (mut inputs_end, mut outputs_end) = (0, 0);
        for (position, tx) in self.block.txs.iter().enumerate() {
            let number = self.before.transactions as u32 + position as u32;
            let mut fingerprint = tx.fingerprint;
            let mut into = 0;
            for i in inputs_end..tx.inputs_end as usize {
                let (input, output) = (&self.block.inputs[i], self.scratch.spent[i]);
                if output != NONE_40 {
                    into += columns.outputs_value.value(output);
                    if into > MAX_MONEY {
                        let what = "inputs of more than 21 million bitcoin together";
                        return Err(Fault::Transaction { tx: position, what }.into());
                    }
                    let before = columns.outputs_spender.swap(output, number);
                    if before != NONE_32 {
                        columns.outputs_spender.set(output, before);
                        return Err(Fault::SpentAlready {
                            tx: position,
                            input: i - inputs_end,
                            txid: hash_text(&input.txid),
                            output: input.position,
                        }
                        .into());
                    }
                    // From here on nothing may fail until the input's row is there, by which the mark is found again.
                    let kind = columns.addresses_kind.value(columns.outputs_address.value(output) as u64);
                    fingerprint.add_spend(Kind::from_u8(kind).unwrap_or(Kind::Nonstandard), self.block.witness(input));
                }
                columns.inputs_spends.push(U40(output));
                columns.inputs_sequence.push(input.sequence);
            }
            let out = self.block.outputs[outputs_end..tx.outputs_end as usize].iter().map(|o| o.value).sum::<u64>();
            columns.transactions_version.push(tx.version);
            columns.transactions_locktime.push(tx.locktime);
            columns.transactions_size.push(tx.size);
            columns.transactions_weight.push(tx.weight);
            columns.transactions_offset.push(tx.offset);
            // Both sums are at most 21 million bitcoin.
            let fee = if position == 0 { 0 } else { into as i64 - out as i64 };
            self.overspent += (fee < 0) as u64;
            columns.transactions_fee.push(fee);
            columns.transactions_fingerprint.push(fingerprint.0);
            (inputs_end, outputs_end) = (tx.inputs_end as usize, tx.outputs_end as usize);
        }
        self.end_replaced_coins();
        Ok(())
    }

    /// BIP30: a transaction with the id of an earlier one makes the earlier one's coins unspendable. They are marked with the block's
    /// coinbase, which spends nothing; most often that is the later transaction itself.
    fn end_replaced_coins(&mut self) {
        let (columns, coinbase) = (&mut self.writer.columns, self.before.transactions);
        for (_, earlier) in self.writer.manifest.duplicates.iter().filter(|(later, _)| *later as u64 >= coinbase) {
            for output in outputs_of_transaction(columns, *earlier) {
                if columns.outputs_spender.value(output) == NONE_32 {
                    columns.outputs_spender.set(output, coinbase as u32);
                }
            }
        }
    }

    /// What an address's first spend reveals about it.
    fn add_reveals(&mut self) {
        let mut witness: Vec<&[u8]> = Vec::new();
        let columns = &mut self.writer.columns;
        for (input, output) in self.block.inputs.iter().zip(&self.scratch.spent).filter(|(_, output)| **output != NONE_40) {
            let address = columns.outputs_address.value(*output);
            if columns.addresses_reveal.value(address as u64) != NONE_32 {
                continue;
            }
            let kind = Kind::from_u8(columns.addresses_kind.value(address as u64)).unwrap_or(Kind::Nonstandard);
            witness.clear();
            witness.extend(self.block.witness(input));
            let Some(reveal) = script::reveal(kind, self.block.slice(&input.script), &witness) else { continue };
            columns.addresses_reveal.set(address as u64, columns.reveals_address.rows() as u32);
            columns.reveals_address.push(address);
            columns.reveals_inner.push(reveal.inner as u8 | (reveal.wrapped as u8) << 7);
            columns.reveals_required.push(reveal.required);
            columns.reveals_total.push(reveal.total);
            for key in reveal.keys {
                columns.keys_key.push(key_row(key));
            }
            columns.reveals_keys_end.push(U40(columns.keys_key.rows()));
        }
    }

    fn add_block_row(&mut self, facts: &BlockEntry) {
        let counts = self.writer.counts();
        let (block, columns) = (self.block, &mut self.writer.columns);
        columns.blocks_hash.push(block.hash);
        columns.blocks_header.push(*block.header());
        columns.blocks_work.push(facts.work.to_be_bytes());
        columns.blocks_median_time.push(facts.median_time);
        columns.blocks_size.push(block.bytes.len() as u32);
        columns.blocks_weight.push(block.weight);
        columns.blocks_transactions_end.push(counts.transactions as u32);
        columns.blocks_addresses_end.push(counts.addresses as u32);
        columns.blocks_reveals_end.push(counts.reveals as u32);
        columns.blocks_source.push(facts.source);
        columns.blocks_file.push(facts.file);
        columns.blocks_offset.push(facts.offset);
    }
}

impl From<Fault> for RefusedBlock {
    fn from(fault: Fault) -> RefusedBlock {
        RefusedBlock::Fault(fault)
    }
}

#[cold]
fn unknown_output(tx: usize, input: usize, spends: &ParsedInput) -> Fault {
    Fault::UnknownOutput { tx, input, txid: hash_text(&spends.txid), output: spends.position }
}

fn find_or_add(writer: &mut Writer, hash: u64, kind: Kind, payload: &[u8]) -> u32 {
    let Writer { columns, address_index, .. } = writer;
    let number = columns.addresses_kind.rows() as u32;
    let is_same = |n: u32| is_address(columns, n, kind, payload, number as u64);
    if let Some(found) = address_index.insert_unless(tag_of_script(hash), number, is_same, false) {
        return found;
    }
    columns.addresses_payload.extend(payload);
    columns.addresses_payload_end.push(U40(columns.addresses_payload.rows()));
    columns.addresses_kind.push(kind as u8);
    columns.addresses_reveal.push(NONE_32);
    number
}

/// A public key in 33 bytes: x, and before it the form and the parity of y.
pub(crate) fn key_row(key: &[u8]) -> [u8; 33] {
    let mut row = [0; 33];
    row.copy_from_slice(&key[..33]);
    if key.len() == 65 {
        row[0] = UNCOMPRESSED | key[64] & 1;
    }
    row
}
