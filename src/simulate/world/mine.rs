//! Ends a block: the coinbase, the Merkle root, the proof of work; and the truth about it.

use crate::blocks::hash::{double_sha256, merkle_root};
use crate::error::Result;
use crate::ids::hash_text;
use crate::simulate::truth::words::{Role, What, Why};
use crate::simulate::world::World;
use crate::simulate::world::block::{AddressRow, Block, OutputRow, TransactionRow, compact_size};
use crate::simulate::world::draft::Pay;
use crate::simulate::world::keys::Lock;
use crate::simulate::world::profile::SERVICE_LEGACY;
use crate::simulate::world::wallet::{Coin, Purse};

/// The least difficulty: half of all hashes will do.
const BITS: u32 = 0x207f_ffff;
const BLOCK_VERSION: u32 = 0x2000_0000;

/// What a block may make, in satoshi, on regtest.
pub(in crate::simulate) fn subsidy(height: u32) -> u64 {
    5_000_000_000u64.checked_shr(height / 150).unwrap_or(0)
}

impl World {
    /// Ends the block; its money goes to an address of a purse, where it can be spent a hundred blocks later.
    pub fn mine(&mut self, to: Purse, tag: &str) -> Result<()> {
        let value = subsidy(self.now.height) + self.block.fees;
        let pay = self.pay_block(to, value);
        let coinbase = self.coinbase(&pay, tag);
        let txid = coinbase.txid;
        if pay.address.lock() != Lock::P2pkLong {
            self.wallet(to).address = pay.address;
        }
        let coin = Coin { txid, value, position: 0, address: pay.address };
        if value > 0 {
            self.immature.push_back((self.now.height, to, coin));
        }
        self.books.change(self.entity_of(to), value as i64);
        let header = self.header(&coinbase);
        self.tip = double_sha256(&[&header]);
        let mut count = Vec::new();
        compact_size(self.block.txids.len() as u64, &mut count);
        self.files.add(&[&header, &count, &coinbase.bytes, &self.block.bytes])?;
        self.made += self.block.txids.len() as u64;
        let block = std::mem::take(&mut self.block);
        self.tell(&block, &coinbase, &pay, to)?;
        self.block = block;
        Ok(())
    }

    fn coinbase(&mut self, pay: &Pay, tag: &str) -> Coinbase {
        let mut script = Vec::new();
        push_height(self.now.height, &mut script);
        script.push(tag.len() as u8 + 8);
        script.extend_from_slice(tag.as_bytes());
        self.random.fill(&mut script, 8);
        let mut body = vec![1];
        body.extend_from_slice(&[0; 32]);
        body.extend_from_slice(&[0xff; 4]);
        body.push(script.len() as u8);
        body.extend_from_slice(&script);
        body.extend_from_slice(&[0xff; 4]);
        let commitment = self.block.has_witness.then(|| self.commitment());
        body.push(1 + u8::from(commitment.is_some()));
        let mut script = Vec::new();
        self.script_of(pay, &mut script);
        body.extend_from_slice(&pay.value.to_le_bytes());
        body.push(script.len() as u8);
        body.extend_from_slice(&script);
        body.extend_from_slice(commitment.as_deref().unwrap_or(&[]));
        Coinbase::new(&body, commitment.is_some(), script)
    }

    /// The output that commits to the witnesses, whose nonce is zeros.
    fn commitment(&mut self) -> Vec<u8> {
        let mut leaves = std::mem::take(&mut self.block.wtxids);
        let root = merkle_root(&mut leaves).expect("no two transactions are the same");
        let mut output = vec![0; 8];
        output.extend_from_slice(&[38, 0x6a, 36, 0xaa, 0x21, 0xa9, 0xed]);
        output.extend_from_slice(&double_sha256(&[&root, &[0; 32]]));
        output
    }

    fn header(&mut self, coinbase: &Coinbase) -> [u8; 80] {
        self.block.txids[0] = coinbase.txid;
        let mut leaves = self.block.txids.clone();
        let root = merkle_root(&mut leaves).expect("no two transactions are the same");
        let mut header = [0; 80];
        header[..4].copy_from_slice(&BLOCK_VERSION.to_le_bytes());
        header[4..36].copy_from_slice(&self.tip);
        header[36..68].copy_from_slice(&root);
        header[68..72].copy_from_slice(&self.now.time.to_le_bytes());
        header[72..76].copy_from_slice(&BITS.to_le_bytes());
        let enough = |header: &[u8; 80]| double_sha256(&[header])[31] < 0x7f;
        for nonce in 0u32.. {
            header[76..].copy_from_slice(&nonce.to_le_bytes());
            if enough(&header) {
                break;
            }
        }
        header
    }

    /// The block's rows of the truth, in chain order.
    fn tell(&mut self, block: &Block, coinbase: &Coinbase, pay: &Pay, to: Purse) -> Result<()> {
        self.truth.block(&self.tip);
        let entity = Some(self.entity_of(to));
        if let (Some(role), Some(entity)) = (pay.fresh, entity) {
            self.truth.address(&coinbase.script, entity, role, None, true)?;
        }
        let row =
            TransactionRow { txid: coinbase.txid, entity, why: Why::Coinbase, profile: SERVICE_LEGACY, outputs: coinbase.outputs };
        let mut outputs = vec![OutputRow { value: pay.value, entity, what: What::Coinbase }];
        outputs.resize_with(coinbase.outputs as usize, || OutputRow { value: 0, entity: None, what: What::Data });
        self.tell_transaction(&row, &outputs)?;
        let mut rest = &block.outputs[..];
        for row in &block.transactions {
            let (own, others) = rest.split_at(row.outputs as usize);
            self.tell_transaction(row, own)?;
            rest = others;
        }
        self.tell_addresses(&block.addresses, &block.scripts)?;
        self.tell_balances()
    }

    fn tell_addresses(&mut self, addresses: &[AddressRow], scripts: &[u8]) -> Result<()> {
        let mut start = 0;
        for row in addresses {
            let end = row.script_end as usize;
            self.truth.address(&scripts[start..end], row.entity, row.role, row.customer, true)?;
            start = end;
        }
        Ok(())
    }

    fn tell_transaction(&mut self, row: &TransactionRow, outputs: &[OutputRow]) -> Result<()> {
        let text = hash_text(&row.txid);
        self.truth.transaction((&row.txid, &text), self.now.height, self.now.time, row.entity, row.why, row.profile)?;
        for (position, output) in outputs.iter().enumerate() {
            self.truth.output(&text, position as u32, output.value, output.entity, output.what)?;
        }
        Ok(())
    }

    fn tell_balances(&mut self) -> Result<()> {
        for (entity, change) in self.books.take() {
            self.truth.balance(self.now.height, entity, change)?;
        }
        Ok(())
    }

    /// The first block, which is the same on every regtest. Its coins can never be spent.
    pub(in crate::simulate) fn genesis(&mut self) -> Result<()> {
        let block = bitcoin::constants::genesis_block(bitcoin::Network::Regtest);
        self.files.add(&[&bitcoin::consensus::serialize(&block)])?;
        self.tip = bitcoin::hashes::Hash::to_byte_array(block.block_hash());
        self.now.time = block.header.time;
        self.truth.block(&self.tip);
        let coinbase = &block.txdata[0];
        let txid = bitcoin::hashes::Hash::to_byte_array(coinbase.compute_txid());
        let (burner, value) = (self.burner, coinbase.output[0].value.to_sat());
        self.truth.address(coinbase.output[0].script_pubkey.as_bytes(), burner, Role::Coinbase, None, true)?;
        let row = TransactionRow { txid, entity: Some(burner), why: Why::Coinbase, profile: 0, outputs: 1 };
        self.tell_transaction(&row, &[OutputRow { value, entity: None, what: What::Lost }])?;
        self.books.change(burner, value as i64);
        self.tell_balances()
    }
}

struct Coinbase {
    bytes: Vec<u8>,
    txid: [u8; 32],
    /// The script that it pays.
    script: Vec<u8>,
    outputs: u32,
}

impl Coinbase {
    fn new(body: &[u8], has_witness: bool, script: Vec<u8>) -> Coinbase {
        let (version, locktime) = (1u32.to_le_bytes(), [0; 4]);
        let txid = double_sha256(&[&version, body, &locktime]);
        let bytes = match has_witness {
            true => [&version[..], &[0, 1], body, &[1, 32], &[0; 32], &locktime].concat(),
            false => [&version[..], body, &locktime].concat(),
        };
        Coinbase { bytes, txid, script, outputs: 1 + u32::from(has_witness) }
    }
}

/// A height at the beginning of a coinbase's script, as BIP34 wants it.
fn push_height(height: u32, script: &mut Vec<u8>) {
    if height <= 16 {
        script.push(0x50 + height as u8);
        return;
    }
    let bytes = height.to_le_bytes();
    let mut length = 4 - height.leading_zeros() as usize / 8;
    // The highest bit is a sign.
    length += usize::from(bytes[length - 1] & 0x80 != 0);
    script.push(length as u8);
    script.extend_from_slice(&bytes[..length]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_subsidy_is_halved_every_150_blocks() {
        assert_eq!([0, 149, 150, 600, 4_949, 9_601].map(subsidy), [5_000_000_000, 5_000_000_000, 2_500_000_000, 312_500_000, 1, 0]);
        assert_eq!(subsidy(1_000_000), 0);
    }

    #[test]
    fn heights_are_pushed_as_the_bitcoin_crate_does() {
        for height in [1, 16, 17, 127, 128, 255, 256, 32_767, 32_768, 70_000, 9_000_000] {
            let mut script = Vec::new();
            push_height(height, &mut script);
            assert_eq!(script, bitcoin::script::Builder::new().push_int(height as i64).into_bytes(), "{height}");
        }
    }
}
