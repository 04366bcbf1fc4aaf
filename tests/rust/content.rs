//! What a store says about a chain is what the blocks say.

use bitcoin::absolute::LockTime;
use bitcoin::{Amount, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Witness, transaction};
use proptest::prelude::*;
use satrail::chain::Chain;
use satrail::ingest::IngestOptions;

use crate::build::work::{Answers, Clean, bring_with, options, scratch};
use crate::build::{Layout, Rng, Shape, Tree, seal, write};
use crate::oracle::Oracle;

proptest! {
    #![proptest_config(crate::cases(8))]
    #[test]
    fn a_chain_says_what_its_blocks_say(seed: u64, threads in 1usize..4) {
        let mut rng = Rng::new(seed);
        let tree = Tree::random(Shape { seed, blocks: 40, transactions: 7, branches: 2, depth: 4 });
        let folder = scratch();
        let (files, store) = (folder.path().join("blocks"), folder.path().join("store"));
        write(&files, &tree.all(), Layout::random(&mut rng), &mut rng);
        bring_with(&files, &store, &IngestOptions { threads: Some(threads), ..options() });
        let oracle = Oracle::of(&tree.chain(tree.best()), bitcoin::Network::Regtest);
        oracle.check(&Chain::open(&store).unwrap());
    }
}

/// A transaction that spends an output, or a coinbase, with two outputs.
fn simple(previous_output: OutPoint, script_sig: &[u8]) -> Transaction {
    let script_sig = ScriptBuf::from_bytes(script_sig.to_vec());
    let input = TxIn { previous_output, script_sig, sequence: Sequence::MAX, witness: Witness::new() };
    let output = |n: u8| TxOut { value: Amount::from_sat(n as u64), script_pubkey: vec![0x51, n].into() };
    Transaction {
        version: transaction::Version::ONE,
        lock_time: LockTime::ZERO,
        input: vec![input],
        output: vec![output(7), output(9)],
    }
}

/// Before BIP30 not only coinbases could come again: with the same coinbase there, its spend could be repeated too.
#[test]
fn a_repeated_spend_of_a_repeated_coinbase_replaces_the_earlier_one() {
    let (mut tree, branch) = Tree::with_genesis();
    let repeated = simple(OutPoint::null(), b"again");
    let coin = |tx: &Transaction, vout| OutPoint { txid: tx.compute_txid(), vout };
    let spend = simple(coin(&repeated, 0), b"spend");
    let later = [simple(coin(&spend, 0), b"first"), simple(coin(&spend, 0), b"second"), simple(coin(&repeated, 1), b"third")];
    let own = |height: u8| simple(OutPoint::null(), &[3, height, 0, 0]);
    let blocks = [
        vec![repeated.clone()],
        vec![own(2), spend.clone()],
        vec![own(3), later[0].clone()],
        vec![repeated.clone()],
        vec![own(5), spend.clone()],
        vec![own(6), later[1].clone(), later[2].clone()],
        vec![repeated],
    ];
    let mut tip = branch.tip;
    for (height, txs) in blocks.into_iter().enumerate() {
        let block = seal(tree.hash(tip), tree.nodes[0].block.header.time + 600 * (height as u32 + 1), 1, txs, None);
        tip = tree.push(block, Some(tip));
    }
    let clean = Clean::of(&tree.chain(tip));
    Oracle::of(&tree.chain(tip), bitcoin::Network::Regtest).check(&clean.chain);
    // And so it is when the repeated ones are taken back.
    for height in (2..7).rev() {
        let shorter = Clean::of(&tree.chain(tip)[..height + 1]);
        assert!(Answers::of(&shorter.chain) == Answers::of(&clean.chain.at_height(height as i64).unwrap()), "height {height}");
    }
}
