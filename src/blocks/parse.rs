//! One block's bytes to flat rows, without copying scripts: the hot path of the ingest, run by all threads at once.
//!
//! Everything that a block shows by itself is checked and computed here: transaction ids, Merkle root, witness commitment,
//! sizes, the kind of every output script, and the part of the fingerprint that needs no previous output.

use std::ops::Range;

use crate::blocks::fingerprint::Fingerprint;
use crate::blocks::hash::{Hash, double_sha256, merkle_root};
use crate::script::{self, Kind};

/// 21 million bitcoin, the most that can exist.
pub const MAX_MONEY: u64 = 2_100_000_000_000_000;

/// Why a block is not valid.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    #[error("its bytes end in the middle of {0}")]
    Short(&'static str),
    #[error("{0} bytes are left over behind its last transaction")]
    LeftOver(usize),
    #[error("transaction {tx} has {what}")]
    Transaction { tx: usize, what: &'static str },
    #[error("its first transaction is not a coinbase")]
    NoCoinbase,
    #[error("its Merkle root does not fit its transactions")]
    MerkleRoot,
    #[error("its witness commitment does not fit its witnesses")]
    WitnessCommitment,
    #[error("its bytes are of another block than its header said when the files were scanned")]
    HeaderChanged,
    #[error("input {input} of transaction {tx} spends {txid}:{output}, which is not in the chain before it")]
    UnknownOutput { tx: usize, input: usize, txid: String, output: u32 },
    #[error("input {input} of transaction {tx} spends {txid}:{output}, which is spent already")]
    SpentAlready { tx: usize, input: usize, txid: String, output: u32 },
}

/// A transaction in a [`ParsedBlock`]; its inputs and outputs end at the given places in the block's lists.
#[derive(Clone, Debug)]
pub struct ParsedTx {
    pub txid: Hash,
    pub version: i32,
    pub locktime: u32,
    /// Where its bytes begin in the block.
    pub offset: u32,
    pub size: u32,
    pub weight: u32,
    pub inputs_end: u32,
    pub outputs_end: u32,
    pub fingerprint: Fingerprint,
}

#[derive(Clone, Debug)]
pub struct ParsedInput {
    pub txid: Hash,
    pub position: u32,
    pub sequence: u32,
    pub script: Range<u32>,
    /// The witness items, as a range of [`ParsedBlock::witness_items`].
    pub witness: Range<u32>,
}

#[derive(Clone, Debug)]
pub struct ParsedOutput {
    pub value: u64,
    pub kind: Kind,
    pub payload: Range<u32>,
    /// The hash by which the address index finds the script.
    pub hash: u64,
}

/// A block, its bytes and what they say.
#[derive(Debug)]
pub struct ParsedBlock {
    pub hash: Hash,
    pub bytes: Vec<u8>,
    pub weight: u32,
    pub txs: Vec<ParsedTx>,
    pub inputs: Vec<ParsedInput>,
    pub outputs: Vec<ParsedOutput>,
    pub witness_items: Vec<Range<u32>>,
}

impl ParsedBlock {
    pub fn header(&self) -> &[u8; 80] {
        self.bytes[..80].try_into().expect("a parsed block has a header")
    }

    #[inline]
    pub fn slice(&self, range: &Range<u32>) -> &[u8] {
        &self.bytes[range.start as usize..range.end as usize]
    }

    pub fn payload(&self, output: &ParsedOutput) -> &[u8] {
        self.slice(&output.payload)
    }

    pub fn witness(&self, input: &ParsedInput) -> impl DoubleEndedIterator<Item = &[u8]> {
        self.witness_items[input.witness.start as usize..input.witness.end as usize].iter().map(|item| self.slice(item))
    }
}

/// How [`parse`] works.
#[derive(Clone, Copy, Debug)]
pub struct ParseOptions {
    /// Check the Merkle root and the witness commitment.
    pub verify: bool,
    /// The seed of the store's address index.
    pub seed: u64,
}

/// Parses and checks a block. Leftover bytes are a fault.
pub fn parse(bytes: Vec<u8>, options: ParseOptions) -> Result<ParsedBlock, Fault> {
    let mut cursor = Cursor { bytes: &bytes, position: 0 };
    let header: [u8; 80] = cursor.array("its header")?;
    let count = cursor.count("the number of transactions", 60)?;
    let mut rows = Rows { options, ..Rows::with_capacity(count) };
    let prefix = cursor.position;
    for tx in 0..count {
        rows.transaction(&mut cursor, tx)?;
    }
    if cursor.position != bytes.len() {
        return Err(Fault::LeftOver(bytes.len() - cursor.position));
    }
    rows.check_coinbases()?;
    if options.verify {
        let mut txids: Vec<Hash> = rows.txs.iter().map(|tx| tx.txid).collect();
        if merkle_root(&mut txids) != Some(header[36..68].try_into().expect("32 bytes")) {
            return Err(Fault::MerkleRoot);
        }
        rows.check_witness_commitment(&bytes)?;
    }
    let weight = 4 * prefix as u32 + rows.txs.iter().map(|tx| tx.weight).sum::<u32>();
    let Rows { txs, inputs, outputs, witness_items, .. } = rows;
    Ok(ParsedBlock { hash: double_sha256(&[&header]), bytes, weight, txs, inputs, outputs, witness_items })
}

/// The id of the transaction that some bytes are; `None` when they are not just one.
pub fn parse_transaction_id(bytes: &[u8], options: ParseOptions) -> Option<Hash> {
    let mut cursor = Cursor { bytes, position: 0 };
    let mut rows = Rows { options, ..Rows::with_capacity(1) };
    rows.transaction(&mut cursor, 0).ok()?;
    (cursor.position == bytes.len()).then(|| rows.txs[0].txid)
}

struct Rows {
    options: ParseOptions,
    txs: Vec<ParsedTx>,
    inputs: Vec<ParsedInput>,
    outputs: Vec<ParsedOutput>,
    witness_items: Vec<Range<u32>>,
    /// Of each transaction, the hash that covers its witness too; empty when nothing is verified.
    witness_txids: Vec<Hash>,
    any_witness: bool,
}

impl Rows {
    fn with_capacity(txs: usize) -> Rows {
        Rows {
            options: ParseOptions { verify: true, seed: 0 },
            txs: Vec::with_capacity(txs),
            inputs: Vec::with_capacity(txs * 2),
            outputs: Vec::with_capacity(txs * 3),
            witness_items: Vec::with_capacity(txs * 2),
            witness_txids: Vec::with_capacity(txs),
            any_witness: false,
        }
    }

    fn transaction(&mut self, cursor: &mut Cursor<'_>, tx: usize) -> Result<(), Fault> {
        let bytes = cursor.bytes;
        let start = cursor.position;
        let version = i32::from_le_bytes(cursor.array("a transaction")?);
        let segwit = bytes.get(cursor.position) == Some(&0) && bytes.get(cursor.position + 1) == Some(&1);
        if segwit {
            cursor.position += 2;
        }
        let body = cursor.position;
        let first_input = self.inputs.len();
        let first_output = self.outputs.len();
        self.read_inputs(cursor, tx)?;
        self.read_outputs(cursor, tx)?;
        let body = body..cursor.position;
        if segwit {
            self.read_witnesses(cursor, tx, first_input)?;
        }
        let locktime: [u8; 4] = cursor.array("a transaction")?;
        let size = cursor.position - start;
        let stripped = body.len() + 8;

        let version_bytes = &bytes[start..start + 4];
        let txid = double_sha256(&[version_bytes, &bytes[body], &locktime]);
        if self.options.verify {
            self.witness_txids.push(if segwit { double_sha256(&[&bytes[start..cursor.position]]) } else { txid });
        }
        self.any_witness |= segwit;
        let fingerprint = self.fingerprint(bytes, first_input, first_output, segwit);
        self.txs.push(ParsedTx {
            txid,
            version,
            locktime: u32::from_le_bytes(locktime),
            offset: start as u32,
            size: size as u32,
            weight: (3 * stripped + size) as u32,
            inputs_end: self.inputs.len() as u32,
            outputs_end: self.outputs.len() as u32,
            fingerprint,
        });
        Ok(())
    }

    fn read_inputs(&mut self, cursor: &mut Cursor<'_>, tx: usize) -> Result<(), Fault> {
        let count = cursor.count("the inputs of a transaction", 41)?;
        if count == 0 {
            return Err(Fault::Transaction { tx, what: "no inputs" });
        }
        for _ in 0..count {
            let txid = cursor.array("an input")?;
            let position = u32::from_le_bytes(cursor.array("an input")?);
            let script = cursor.script("an input")?;
            let sequence = u32::from_le_bytes(cursor.array("an input")?);
            self.inputs.push(ParsedInput { txid, position, sequence, script, witness: 0..0 });
        }
        Ok(())
    }

    fn read_outputs(&mut self, cursor: &mut Cursor<'_>, tx: usize) -> Result<(), Fault> {
        let count = cursor.count("the outputs of a transaction", 9)?;
        if count == 0 {
            return Err(Fault::Transaction { tx, what: "no outputs" });
        }
        let mut sum = 0;
        for _ in 0..count {
            let value = u64::from_le_bytes(cursor.array("an output")?);
            if value > MAX_MONEY {
                return Err(Fault::Transaction { tx, what: "an output of more than 21 million bitcoin" });
            }
            sum += value;
            if sum > MAX_MONEY {
                return Err(Fault::Transaction { tx, what: "outputs of more than 21 million bitcoin together" });
            }
            let range = cursor.script("an output")?;
            let script = &cursor.bytes[range.start as usize..range.end as usize];
            let (kind, payload) = script::classify(script);
            let hash = script_hash(kind, &script[payload.clone()], self.options.seed);
            let payload = range.start + payload.start as u32..range.start + payload.end as u32;
            self.outputs.push(ParsedOutput { value, kind, payload, hash });
        }
        Ok(())
    }

    fn read_witnesses(&mut self, cursor: &mut Cursor<'_>, tx: usize, first_input: usize) -> Result<(), Fault> {
        let before = self.witness_items.len();
        for input in &mut self.inputs[first_input..] {
            let start = self.witness_items.len() as u32;
            for _ in 0..cursor.count("a witness", 1)? {
                self.witness_items.push(cursor.script("a witness")?);
            }
            input.witness = start..self.witness_items.len() as u32;
        }
        if self.witness_items.len() == before {
            return Err(Fault::Transaction { tx, what: "a witness marker without a witness" });
        }
        Ok(())
    }

    /// The first transaction, and no other one, has the input of a coinbase, and that is its only one.
    fn check_coinbases(&self) -> Result<(), Fault> {
        let is_coinbase = |input: &ParsedInput| input.txid == [0; 32] && input.position == u32::MAX;
        if self.txs.first().is_none_or(|tx| tx.inputs_end != 1) || !is_coinbase(&self.inputs[0]) {
            return Err(Fault::NoCoinbase);
        }
        match self.inputs[1..].iter().position(is_coinbase) {
            None => Ok(()),
            Some(input) => {
                let tx = self.txs.partition_point(|tx| tx.inputs_end as usize <= input + 1);
                Err(Fault::Transaction { tx, what: "the input of a coinbase, but is not the first" })
            }
        }
    }

    /// BIP141: the last output of the coinbase that begins so commits to the witnesses. Before the rule was active a block
    /// could carry such an output by chance; it then has no reserved value in the coinbase's witness.
    fn check_witness_commitment(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        let coinbase = &self.inputs[0];
        let outputs = &self.outputs[..self.txs[0].outputs_end as usize];
        let slice = |r: &Range<u32>| &bytes[r.start as usize..r.end as usize];
        let marker = [0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed];
        let scripts = outputs.iter().rev().filter(|o| matches!(o.kind, Kind::OpReturn | Kind::Nonstandard));
        let commitment = scripts.map(|o| slice(&o.payload)).find(|s| s.len() >= 38 && s.starts_with(&marker));
        let reserved = match &self.witness_items[coinbase.witness.start as usize..coinbase.witness.end as usize] {
            [item] if item.len() == 32 => Some(slice(item)),
            _ => None,
        };
        match (commitment, reserved) {
            (Some(commitment), Some(reserved)) => {
                self.witness_txids[0] = [0; 32];
                let root = merkle_root(&mut self.witness_txids).ok_or(Fault::WitnessCommitment)?;
                let expected = double_sha256(&[&root, reserved]);
                if commitment[6..38] == expected { Ok(()) } else { Err(Fault::WitnessCommitment) }
            }
            _ if self.any_witness => Err(Fault::WitnessCommitment),
            _ => Ok(()),
        }
    }

    fn fingerprint(&self, bytes: &[u8], first_input: usize, first_output: usize, segwit: bool) -> Fingerprint {
        let slice = |r: &Range<u32>| &bytes[r.start as usize..r.end as usize];
        let (inputs, outputs) = (&self.inputs[first_input..], &self.outputs[first_output..]);
        let mut print = Fingerprint::default();
        print.set_segwit(segwit);
        for input in inputs {
            print.add_sequence(input.sequence);
            for push in script::script_pushes(slice(&input.script)) {
                print.add_item(push);
            }
            let items = &self.witness_items[input.witness.start as usize..input.witness.end as usize];
            items.iter().for_each(|item| print.add_item(slice(item)));
        }
        outputs.iter().for_each(|output| print.add_output_kind(output.kind));
        let outpoint = |i: &ParsedInput| (i.txid, i.position);
        print.set_sorted_inputs(inputs.is_sorted_by(|a, b| {
            let (a, b) = (outpoint(a), outpoint(b));
            a.0.iter().rev().cmp(b.0.iter().rev()).then(a.1.cmp(&b.1)).is_le()
        }));
        print.set_sorted_outputs(outputs.is_sorted_by(|a, b| {
            a.value < b.value || (a.value == b.value && self.script_bytes(bytes, a) <= self.script_bytes(bytes, b))
        }));
        print
    }

    fn script_bytes(&self, bytes: &[u8], output: &ParsedOutput) -> Vec<u8> {
        script::script_of(output.kind, &bytes[output.payload.start as usize..output.payload.end as usize])
    }
}

/// The hash by which the address index finds a script: XXH3 of the payload, seeded with the store's seed and the kind.
#[inline]
pub fn script_hash(kind: Kind, payload: &[u8], seed: u64) -> u64 {
    xxhash_rust::xxh3::xxh3_64_with_seed(payload, seed.wrapping_add(kind as u64))
}

/// Reads forward; says what it was reading when the bytes end.
struct Cursor<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl Cursor<'_> {
    #[inline]
    fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], Fault> {
        let array = self.bytes.get(self.position..self.position + N).ok_or(Fault::Short(what))?;
        self.position += N;
        Ok(array.try_into().expect("the slice has N bytes"))
    }

    #[inline]
    fn compact_size(&mut self, what: &'static str) -> Result<u64, Fault> {
        Ok(match self.array::<1>(what)?[0] {
            0xfd => u16::from_le_bytes(self.array(what)?) as u64,
            0xfe => u32::from_le_bytes(self.array(what)?) as u64,
            0xff => u64::from_le_bytes(self.array(what)?),
            small => small as u64,
        })
    }

    /// A number of things of which each takes at least `least` bytes, so that no false number makes us reserve memory.
    fn count(&mut self, what: &'static str, least: usize) -> Result<usize, Fault> {
        let count = self.compact_size(what)?;
        let room = (self.bytes.len() - self.position) / least;
        if count > room as u64 { Err(Fault::Short(what)) } else { Ok(count as usize) }
    }

    /// A length and that many bytes.
    #[inline]
    fn script(&mut self, what: &'static str) -> Result<Range<u32>, Fault> {
        let length = self.compact_size(what)?;
        let start = self.position;
        if length > (self.bytes.len() - start) as u64 {
            return Err(Fault::Short(what));
        }
        self.position += length as usize;
        Ok(start as u32..self.position as u32)
    }
}
