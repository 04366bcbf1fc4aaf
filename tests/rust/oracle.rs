//! A chain read in the plainest way: whole blocks of the `bitcoin` crate, one hash map of unspent outputs, lists that are searched
//! from end to end. It shares no code with the library, except the rules for what a spend reveals, which have tests of their own.

use std::collections::HashMap;

use bitcoin::consensus::deserialize;
use bitcoin::hashes::Hash;
use bitcoin::{Address, Block, OutPoint, Script, ScriptBuf, Transaction};
use satrail::chain::{AddressTotals, Chain, End};
use satrail::ids::{AddrNum, Height, OutNum, TxNum};
use satrail::script::{self, InnerKind};

/// The chain's rows, in the order of their numbers.
pub struct Oracle {
    network: bitcoin::Network,
    blocks: Vec<OracleBlock>,
    txs: Vec<OracleTx>,
    outputs: Vec<OracleOutput>,
    scripts: Vec<ScriptBuf>,
    script_numbers: HashMap<ScriptBuf, u32>,
}

struct OracleBlock {
    block: Block,
    bytes: usize,
    /// Transactions and scripts when the block was the last.
    txs_end: usize,
    scripts_end: usize,
    median_time: u32,
}

struct OracleTx {
    tx: Transaction,
    txid: [u8; 32],
    height: usize,
    position: usize,
    first_output: usize,
    /// The outputs that its inputs spend; empty for a coinbase.
    spends: Vec<usize>,
}

struct OracleOutput {
    tx: usize,
    value: u64,
    script: u32,
    end: End,
}

/// What a spend says about the script that it spends.
#[derive(PartialEq, Debug)]
struct Shown {
    inner: InnerKind,
    wrapped: bool,
    required: u8,
    total: u8,
    keys: Vec<Vec<u8>>,
}

impl Oracle {
    pub fn of(blocks: &[&[u8]], network: bitcoin::Network) -> Oracle {
        let (blocks_read, txs, outputs, scripts) = (vec![], vec![], vec![], vec![]);
        let mut oracle = Oracle { network, blocks: blocks_read, txs, outputs, scripts, script_numbers: HashMap::new() };
        let mut unspent: HashMap<OutPoint, usize> = HashMap::new();
        for bytes in blocks {
            oracle.add(bytes, &mut unspent);
        }
        oracle
    }

    fn add(&mut self, bytes: &[u8], unspent: &mut HashMap<OutPoint, usize>) {
        let block: Block = deserialize(bytes).unwrap();
        let (height, coinbase) = (self.blocks.len(), TxNum(self.txs.len() as u32));
        for (position, tx) in block.txdata.iter().enumerate() {
            let (number, txid) = (self.txs.len(), tx.compute_txid());
            let mut spends = Vec::new();
            for input in tx.input.iter().filter(|_| position > 0) {
                let spent = unspent.remove(&input.previous_output).expect("the tree spends what is there");
                self.outputs[spent].end = End::Spent(TxNum(number as u32));
                spends.push(spent);
            }
            let first_output = self.outputs.len();
            for (vout, output) in tx.output.iter().enumerate() {
                let script = self.script_number(&output.script_pubkey);
                // The genesis block's coins are not in any node's set of unspent outputs.
                let end = if height == 0 { End::Lost(TxNum(0)) } else { End::Unspent };
                self.outputs.push(OracleOutput { tx: number, value: output.value.to_sat(), script, end });
                let outpoint = OutPoint { txid, vout: vout as u32 };
                if height > 0
                    && let Some(replaced) = unspent.insert(outpoint, first_output + vout)
                {
                    self.outputs[replaced].end = End::Lost(coinbase);
                }
            }
            self.txs.push(OracleTx { tx: tx.clone(), txid: txid.to_byte_array(), height, position, first_output, spends });
        }
        let mut times: Vec<u32> = self.blocks.iter().rev().take(10).map(|b| b.block.header.time).collect();
        times.push(block.header.time);
        times.sort();
        let median_time = times[times.len() / 2];
        let (txs_end, scripts_end) = (self.txs.len(), self.scripts.len());
        self.blocks.push(OracleBlock { block, bytes: bytes.len(), txs_end, scripts_end, median_time });
    }

    fn script_number(&mut self, script: &ScriptBuf) -> u32 {
        *self.script_numbers.entry(script.clone()).or_insert_with(|| {
            self.scripts.push(script.clone());
            self.scripts.len() as u32 - 1
        })
    }

    /// What became of an output when there were so many transactions.
    fn end_at(&self, output: usize, txs: usize) -> End {
        match self.outputs[output].end {
            End::Spent(tx) | End::Lost(tx) if tx.0 as usize >= txs => End::Unspent,
            end => end,
        }
    }

    fn outputs_at(&self, txs: usize) -> usize {
        self.outputs.iter().take_while(|output| output.tx < txs).count()
    }

    /// Compares everything that a chain up to the last block says.
    pub fn check(&self, chain: &Chain) {
        assert_eq!(chain.height().row() as usize + 1, self.blocks.len());
        self.check_blocks(chain);
        (0..self.txs.len()).for_each(|number| self.check_transaction(chain, number));
        self.check_as_of(chain);
    }

    fn check_blocks(&self, chain: &Chain) {
        let mut work = bitcoin::Work::from_be_bytes([0; 32]);
        for (height, expected) in self.blocks.iter().enumerate() {
            let block = chain.block(Height(height as u32)).unwrap();
            let header = &expected.block.header;
            work = work + header.work();
            assert_eq!(block.hash().unwrap(), header.block_hash().to_byte_array());
            assert_eq!(block.header().unwrap().to_vec(), bitcoin::consensus::serialize(header));
            assert_eq!(block.parent().unwrap(), header.prev_blockhash.to_byte_array());
            assert_eq!(block.time().unwrap(), header.time);
            assert_eq!(block.median_time().unwrap(), expected.median_time, "median time of block {height}");
            assert_eq!(block.size().unwrap() as usize, expected.bytes);
            assert_eq!(block.weight().unwrap() as u64, expected.block.weight().to_wu());
            assert_eq!(block.chain_work().unwrap(), work.to_be_bytes());
            let first = expected.txs_end - expected.block.txdata.len();
            assert_eq!(block.transaction_numbers().unwrap().rows(), first as u64..expected.txs_end as u64);
            assert_eq!(chain.block_by_hash(&block.hash().unwrap()).unwrap().height().row() as usize, height);
        }
    }

    fn check_transaction(&self, chain: &Chain, number: usize) {
        let expected = &self.txs[number];
        let tx = chain.transaction_at(TxNum(number as u32)).unwrap();
        let txid = expected.txid;
        assert_eq!(tx.txid().unwrap(), txid);
        let latest = self.txs.iter().rposition(|tx| tx.txid == txid);
        assert_eq!(chain.transaction(&txid).unwrap().number().row() as usize, latest.unwrap(), "the later of two with one id");
        assert_eq!(tx.height().unwrap().row() as usize, expected.height);
        assert_eq!(tx.position().unwrap() as usize, expected.position);
        assert_eq!(tx.version().unwrap(), expected.tx.version.0);
        assert_eq!(tx.locktime().unwrap(), expected.tx.lock_time.to_consensus_u32());
        assert_eq!(tx.size().unwrap() as usize, expected.tx.total_size());
        assert_eq!(tx.weight().unwrap() as u64, expected.tx.weight().to_wu());
        assert_eq!(tx.vsize().unwrap() as usize, expected.tx.vsize());
        assert_eq!(tx.raw().unwrap(), bitcoin::consensus::serialize(&expected.tx));
        let value_in: u64 = expected.spends.iter().map(|output| self.outputs[*output].value).sum();
        let value_out: u64 = expected.tx.output.iter().map(|output| output.value.to_sat()).sum();
        let fee = (expected.position > 0).then(|| value_in as i64 - value_out as i64);
        assert_eq!(tx.fee().unwrap(), fee);
        assert_eq!(tx.is_coinbase().unwrap(), expected.position == 0);
        assert_eq!(tx.fingerprint().unwrap().0, self.fingerprint(expected), "fingerprint of {}", expected.tx.compute_txid());
        self.check_inputs(expected, &tx);
        for (vout, (output, given)) in tx.outputs().unwrap().zip(&expected.tx.output).enumerate() {
            let row = expected.first_output + vout;
            assert_eq!(output.number().row() as usize, row);
            assert_eq!(output.position().unwrap() as usize, vout);
            assert_eq!(output.value().unwrap(), given.value.to_sat());
            assert_eq!(output.transaction().unwrap().number().row() as usize, number);
            let address = output.address().unwrap();
            assert_eq!(address.number().0, self.outputs[row].script);
            assert_eq!(address.script().unwrap(), given.script_pubkey.as_bytes());
            assert_eq!(address.text().unwrap(), self.text(&given.script_pubkey));
        }
    }

    fn check_inputs(&self, expected: &OracleTx, tx: &satrail::chain::Transaction) {
        assert_eq!(tx.inputs().unwrap().len(), expected.tx.input.len());
        for (i, (input, given)) in tx.inputs().unwrap().zip(&expected.tx.input).enumerate() {
            assert_eq!(input.position() as usize, i);
            assert_eq!(input.sequence().unwrap(), given.sequence.to_consensus_u32());
            let spends = input.spends().unwrap();
            assert_eq!(spends.as_ref().map(|o| o.number().row() as usize), expected.spends.get(i).copied());
            if let Some(output) = spends {
                assert_eq!(output.spent_by().unwrap().map(|by| by.number()), Some(input.number()));
                assert_eq!(input.value().unwrap(), Some(self.outputs[expected.spends[i]].value));
            }
        }
    }

    /// The text that the `bitcoin` crate gives a script; keys and scripts without an address have none.
    fn text(&self, script: &Script) -> Option<String> {
        Address::from_script(script, self.network).ok().map(|address| address.to_string())
    }

    /// At some heights: what every output and address had come to by then.
    fn check_as_of(&self, chain: &Chain) {
        let tip = self.blocks.len() - 1;
        for height in [0, 1, tip / 3, tip / 2, tip * 4 / 5, tip] {
            let (view, block) = (chain.at_height(height as i64).unwrap(), &self.blocks[height]);
            let outputs = self.outputs_at(block.txs_end);
            assert_eq!(view.counts().transactions as usize, block.txs_end);
            assert_eq!(view.counts().outputs as usize, outputs);
            assert_eq!(view.counts().addresses as usize, block.scripts_end);
            for output in 0..outputs {
                assert_eq!(view.end_of(OutNum(output as u64)).unwrap(), self.end_at(output, block.txs_end), "output {output}");
            }
            let later = self.txs.get(block.txs_end).map(|tx| tx.txid);
            let known = |txid: &[u8; 32]| self.txs[..block.txs_end].iter().any(|tx| tx.txid == *txid);
            if let Some(txid) = later.filter(|txid| !known(txid)) {
                assert!(matches!(view.transaction(&txid), Err(satrail::Error::UnknownTransaction { .. })));
            }
            self.check_addresses(&view, block.txs_end, block.scripts_end, outputs);
        }
    }

    fn check_addresses(&self, view: &Chain, txs: usize, scripts: usize, outputs: usize) {
        let mut paid: Vec<Vec<usize>> = vec![vec![]; self.scripts.len()];
        (0..outputs).for_each(|output| paid[self.outputs[output].script as usize].push(output));
        let shown = self.shown(txs);
        for (number, own) in paid.iter().enumerate() {
            let hex = bitcoin::hex::DisplayHex::to_lower_hex_string(self.scripts[number].as_bytes());
            let name = self.text(&self.scripts[number]).unwrap_or(hex);
            if number >= scripts {
                assert!(own.is_empty());
                // An empty script has no text by which it could be asked for.
                let known = name.is_empty() || matches!(view.address(&name), Err(satrail::Error::UnknownAddress { .. }));
                assert!(known, "{name} is not there yet");
                continue;
            }
            let address = view.address_at(AddrNum(number as u32)).unwrap();
            if !name.is_empty() {
                assert_eq!(view.address(&name).unwrap().number(), address.number());
            }
            let numbers: Vec<usize> = address.outputs().iter().map(|o| o.number().row() as usize).collect();
            assert_eq!(numbers, *own, "outputs of {name}");
            assert_eq!(address.totals().unwrap(), self.flows(own, txs));
            let revealed = address.revealed().unwrap().map(|r| Shown {
                inner: r.inner,
                wrapped: r.wrapped,
                required: r.required,
                total: r.total,
                keys: r.keys.iter().map(|key| key.to_vec()).collect(),
            });
            assert_eq!(revealed.as_ref(), shown.get(&(number as u32)), "what the first spend from {name} shows");
        }
    }

    fn flows(&self, own: &[usize], txs: usize) -> AddressTotals {
        let mut flows = AddressTotals::default();
        for output in own {
            let OracleOutput { tx, value, .. } = self.outputs[*output];
            let tx = TxNum(tx as u32);
            flows.outputs += 1;
            flows.received += value;
            flows.first = flows.first.or(Some(tx));
            flows.last = flows.last.max(Some(tx));
            match self.end_at(*output, txs) {
                End::Unspent => {}
                End::Lost(_) => flows.lost += value,
                End::Spent(by) => {
                    flows.sent += value;
                    flows.spent_outputs += 1;
                    flows.last = flows.last.max(Some(by));
                }
            }
        }
        flows
    }

    /// What the first spend from each script shows, confirmed by its hashes.
    fn shown(&self, txs: usize) -> HashMap<u32, Shown> {
        let mut shown = HashMap::new();
        for tx in &self.txs[..txs] {
            for (input, spent) in tx.tx.input.iter().zip(&tx.spends) {
                let number = self.outputs[*spent].script;
                let (kind, payload) = script::classify(self.scripts[number as usize].as_bytes());
                let payload = &self.scripts[number as usize].as_bytes()[payload];
                let witness: Vec<&[u8]> = input.witness.iter().collect();
                let Some(reveal) = script::reveal(kind, input.script_sig.as_bytes(), &witness) else { continue };
                assert!(script::verify_reveal(kind, payload, &reveal), "{reveal:?}");
                let keys = reveal.keys.clone().map(stored_key).collect();
                let script::Reveal { inner, wrapped, required, total, .. } = reveal;
                shown.entry(number).or_insert(Shown { inner, wrapped, required, total, keys });
            }
        }
        shown
    }

    /// The fingerprint, bit by bit as its documentation says.
    fn fingerprint(&self, row: &OracleTx) -> u32 {
        let tx = &row.tx;
        let mut bits = 0;
        let mut set = |bit: u32, on: bool| bits |= (on as u32) << bit;
        let sequences: Vec<u32> = tx.input.iter().map(|input| input.sequence.to_consensus_u32()).collect();
        set(0, sequences.contains(&0xffff_ffff));
        set(1, sequences.contains(&0xffff_fffe));
        set(2, sequences.iter().any(|s| (0x8000_0000..=0xffff_fffd).contains(s)));
        set(3, sequences.iter().any(|s| *s < 0x8000_0000));
        set(4, tx.input.iter().any(|input| !input.witness.is_empty()));
        let inputs: Vec<(String, u32)> =
            tx.input.iter().map(|i| (i.previous_output.txid.to_string(), i.previous_output.vout)).collect();
        set(5, inputs.is_sorted());
        let outputs: Vec<(u64, &[u8])> = tx.output.iter().map(|o| (o.value.to_sat(), o.script_pubkey.as_bytes())).collect();
        set(6, outputs.is_sorted());
        for item in tx.input.iter().flat_map(items) {
            match signature_r(&item) {
                Some(r) => set(if r[0] < 0x80 { 7 } else { 8 }, true),
                None if item.len() == 33 && (item[0] == 2 || item[0] == 3) => set(10, true),
                None if item.len() == 65 && item[0] == 4 => set(11, true),
                None => {}
            }
        }
        for (input, spent) in tx.input.iter().zip(&row.spends) {
            let script = &self.scripts[self.outputs[*spent].script as usize];
            set(12 + kind_bit(script), true);
            let items: Vec<&[u8]> = input.witness.iter().collect();
            let alone = items.len() == 1 || (items.len() == 2 && items[1].first() == Some(&0x50));
            set(9, script.is_p2tr() && alone);
        }
        tx.output.iter().for_each(|output| set(21 + kind_bit(&output.script_pubkey), true));
        bits
    }
}

/// A key as the store keeps it: 33 bytes, the first of which tells an uncompressed one.
fn stored_key(key: &[u8]) -> Vec<u8> {
    match key.len() {
        65 => [&[4 + (key[64] & 1)], &key[1..33]].concat(),
        _ => key.to_vec(),
    }
}

/// What an input pushes and has in its witness.
fn items(input: &bitcoin::TxIn) -> Vec<Vec<u8>> {
    let pushes = input.script_sig.instructions().map_while(Result::ok);
    let pushes = pushes.filter_map(|instruction| instruction.push_bytes().map(|bytes| bytes.as_bytes().to_vec()));
    pushes.chain(input.witness.iter().map(<[u8]>::to_vec)).collect()
}

/// The r of an ECDSA signature with its hash type, in 32 bytes.
fn signature_r(item: &[u8]) -> Option<[u8; 32]> {
    let der = item.get(..item.len().checked_sub(1)?)?;
    let signature = bitcoin::secp256k1::ecdsa::Signature::from_der(der).ok()?;
    signature.serialize_compact()[..32].try_into().ok()
}

fn kind_bit(script: &Script) -> u32 {
    let bytes = script.as_bytes();
    match () {
        _ if script.is_p2pk() => 0,
        _ if script.is_p2pkh() => 1,
        _ if script.is_p2sh() => 2,
        _ if script.is_multisig() => 3,
        _ if script.is_p2wpkh() => 4,
        _ if script.is_p2wsh() => 5,
        _ if script.is_p2tr() => 6,
        _ if script.is_witness_program() && bytes[0] != 0 => 7,
        _ if script.is_op_return() && Script::from_bytes(&bytes[1..]).is_push_only() => 9,
        _ => 8,
    }
}
