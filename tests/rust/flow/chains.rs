//! Chains to follow money on: the bundled one, and small ones made up here, which may do what no node accepts.

use std::path::{Path, PathBuf};

use bitcoin::blockdata::constants::genesis_block;
use bitcoin::blockdata::transaction::Version;
use bitcoin::hashes::Hash;
use bitcoin::{
    Amount, Block, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxMerkleNode, TxOut, WPubkeyHash, Witness, absolute,
};
use satrail::chain::Chain;
use satrail::ingest::{IngestOptions, Until, ingest};
use tempfile::TempDir;

/// A chain and the folder that it is in.
pub struct Ingested {
    pub chain: Chain,
    _folder: TempDir,
}

/// The bundled chain, up to a height.
pub fn demo_until(height: Option<u32>) -> Ingested {
    let blocks: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("python/satrail/demo_chain");
    ingested(&blocks, tempfile::tempdir().unwrap(), height.map(Until::Height))
}

pub fn demo() -> Ingested {
    demo_until(None)
}

fn ingested(blocks: &Path, folder: TempDir, until: Option<Until>) -> Ingested {
    let store = folder.path().join("store");
    ingest(blocks, &store, &IngestOptions { until, threads: Some(1), ..IngestOptions::default() }, |_| true).unwrap();
    Ingested { chain: Chain::open(&store).unwrap(), _folder: folder }
}

/// A block: what its coinbase pays, and a transaction that spends outputs, by number, and pays amounts.
#[derive(Clone, Debug)]
pub struct Made {
    pub coinbase: u64,
    pub spends: Vec<u64>,
    pub pays: Vec<u64>,
}

/// A chain of such blocks. The genesis block has output 0, then each block has that of its coinbase and those of its transaction.
/// One that spends nothing has no transaction.
pub fn made(blocks: &[Made]) -> Ingested {
    let mut chain = vec![genesis_block(bitcoin::Network::Regtest)];
    let mut outputs = vec![OutPoint::new(chain[0].txdata[0].compute_txid(), 0)];
    for block in blocks {
        let height = chain.len() as u32;
        let mut transactions = vec![transaction(vec![mined_at(height)], &[block.coinbase], outputs.len())];
        if !block.spends.is_empty() {
            let inputs = block.spends.iter().map(|output| spend(outputs[*output as usize])).collect();
            transactions.push(transaction(inputs, &block.pays, outputs.len() + 1));
        }
        for tx in &transactions {
            let txid = tx.compute_txid();
            outputs.extend((0..tx.output.len() as u32).map(|position| OutPoint::new(txid, position)));
        }
        chain.push(on_top_of(chain.last().unwrap(), transactions));
    }
    let folder = tempfile::tempdir().unwrap();
    let files = folder.path().join("blocks");
    std::fs::create_dir(&files).unwrap();
    std::fs::write(files.join("blk00000.dat"), chain.iter().flat_map(framed).collect::<Vec<u8>>()).unwrap();
    ingested(&files, folder, None)
}

fn transaction(input: Vec<TxIn>, pays: &[u64], first_output: usize) -> Transaction {
    let output = pays.iter().enumerate().map(|(i, value)| {
        let mut hash = [0; 20];
        hash[..8].copy_from_slice(&(first_output as u64 + i as u64).to_le_bytes());
        TxOut { value: Amount::from_sat(*value), script_pubkey: ScriptBuf::new_p2wpkh(&WPubkeyHash::from_byte_array(hash)) }
    });
    Transaction { version: Version::TWO, lock_time: absolute::LockTime::ZERO, input, output: output.collect() }
}

fn mined_at(height: u32) -> TxIn {
    TxIn { script_sig: ScriptBuf::from_bytes([[4].to_vec(), height.to_le_bytes().to_vec()].concat()), ..spend(OutPoint::null()) }
}

fn spend(previous_output: OutPoint) -> TxIn {
    TxIn { previous_output, script_sig: ScriptBuf::new(), sequence: Sequence::MAX, witness: Witness::new() }
}

fn on_top_of(parent: &Block, txdata: Vec<Transaction>) -> Block {
    let mut header = parent.header;
    header.prev_blockhash = parent.block_hash();
    header.time += 600;
    let mut block = Block { header, txdata };
    block.header.merkle_root = block.compute_merkle_root().unwrap_or(TxMerkleNode::all_zeros());
    while block.header.validate_pow(block.header.target()).is_err() {
        block.header.nonce += 1;
    }
    block
}

fn framed(block: &Block) -> Vec<u8> {
    let bytes = bitcoin::consensus::serialize(block);
    let magic = bitcoin::Network::Regtest.magic().to_bytes();
    [&magic[..], &(bytes.len() as u32).to_le_bytes(), &bytes].concat()
}
