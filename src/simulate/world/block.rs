//! The block in progress: its transactions as bytes, and the rows of the truth that go with them. The rows wait until the coinbase,
//! which comes first and is made last, is known.

use crate::simulate::truth::words::{Role, What, Why};

/// A transaction of the block.
pub(in crate::simulate) struct TransactionRow {
    pub txid: [u8; 32],
    pub entity: Option<u32>,
    pub why: Why,
    pub profile: u8,
    /// How many outputs it has: they follow those of the transaction before.
    pub outputs: u32,
}

pub(in crate::simulate) struct OutputRow {
    pub value: u64,
    pub entity: Option<u32>,
    pub what: What,
}

pub(in crate::simulate) struct AddressRow {
    /// Where its script ends; it begins where that of the address before ends.
    pub script_end: u32,
    pub entity: u32,
    pub role: Role,
    pub customer: Option<u32>,
}

#[derive(Default)]
pub(in crate::simulate) struct Block {
    pub bytes: Vec<u8>,
    pub txids: Vec<[u8; 32]>,
    pub wtxids: Vec<[u8; 32]>,
    pub weight: u64,
    pub fees: u64,
    pub has_witness: bool,
    pub transactions: Vec<TransactionRow>,
    pub outputs: Vec<OutputRow>,
    pub addresses: Vec<AddressRow>,
    pub scripts: Vec<u8>,
}

/// A block that is so heavy takes no more; the limit is 4,000,000, and what has begun must still fit.
const FULL: u64 = 3_200_000;

impl Block {
    /// Empties it, but for the coinbase's places, which come first.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.txids.clear();
        self.wtxids.clear();
        self.transactions.clear();
        self.outputs.clear();
        self.addresses.clear();
        self.scripts.clear();
        (self.weight, self.fees, self.has_witness) = (0, 0, false);
        self.txids.push([0; 32]);
        self.wtxids.push([0; 32]);
    }

    pub fn is_full(&self) -> bool {
        self.weight > FULL
    }
}

pub(in crate::simulate) fn compact_size(number: u64, out: &mut Vec<u8>) {
    match number {
        0..253 => out.push(number as u8),
        253..0x1_0000 => {
            out.push(0xfd);
            out.extend_from_slice(&(number as u16).to_le_bytes());
        }
        _ => {
            out.push(0xfe);
            out.extend_from_slice(&(number as u32).to_le_bytes());
        }
    }
}
