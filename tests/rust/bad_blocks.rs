//! Blocks that no node accepts: each is named with its fault, the chain goes up to it, and another branch is taken where it is
//! better than what is left.

use bitcoin::absolute::LockTime;
use bitcoin::hashes::Hash;
use bitcoin::{Amount, Block, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Txid, Witness, transaction};
use satrail::ingest::{IngestOptions, IngestReport};
use tempfile::TempDir;

use crate::build::work::{Answers, Clean, bring, bring_with, options, scratch};
use crate::build::{Folder, Tree, mine, seal};

const COINS: u64 = 21_000_000 * 100_000_000;

/// A chain of coinbases only, and blocks to be put on it.
struct Place {
    folder: TempDir,
    files: Folder,
    tree: Tree,
    tip: usize,
}

impl Place {
    /// The branch has 8 blocks beside the genesis block.
    fn new() -> Place {
        let (folder, tree) = (scratch(), Tree::line(21, 8, 0));
        let mut files = Folder::create(&folder.path().join("blocks"), [0; 8]);
        tree.all().iter().for_each(|block| _ = files.add(0, block));
        Place { folder, files, tip: tree.best(), tree }
    }

    fn store(&self) -> std::path::PathBuf {
        self.folder.path().join("store")
    }

    fn bring(&self) -> IngestReport {
        bring(&self.files.path, &self.store())
    }

    /// A block on top of a node with these transactions beside a coinbase.
    fn block(&self, on: usize, nonce: u64, txs: Vec<Transaction>) -> Block {
        let parent = &self.tree.nodes[on];
        let witness = txs.iter().any(|tx| tx.input.iter().any(|input| !input.witness.is_empty()));
        let txs = std::iter::once(coinbase(parent.height + 1, nonce)).chain(txs).collect();
        let time = parent.block.header.time.max(self.tree.nodes[self.tip].block.header.time) + 600;
        seal(self.tree.hash(on), time, 0x2000_0000, txs, witness.then_some([7; 32]))
    }

    /// Puts a block into the tree and the files.
    fn put(&mut self, block: Block, on: usize) -> usize {
        let node = self.tree.push(block, Some(on));
        self.files.add(0, &self.tree.nodes[node].bytes);
        node
    }

    /// Adds sound blocks on top of a node.
    fn follow(&mut self, on: usize, count: usize) -> usize {
        (0..count).fold(on, |on, i| {
            let block = self.block(on, i as u64, vec![]);
            self.put(block, on)
        })
    }

    /// The first output of the coinbase at a height.
    fn coin(&self, height: usize) -> OutPoint {
        let node = self.tree.path(self.tip)[height];
        OutPoint { txid: self.tree.nodes[node].block.txdata[0].compute_txid(), vout: 0 }
    }

    /// The store is as one of the chain up to a node.
    fn holds(&self, tip: usize) {
        let chain = satrail::chain::Chain::open(&self.store()).unwrap();
        assert_eq!(chain.tip().hash().unwrap(), self.tree.hash_bytes(tip));
        assert!(Answers::of(&chain) == Answers::of(&Clean::of(&self.tree.chain(tip)).chain));
    }
}

fn coinbase(height: usize, nonce: u64) -> Transaction {
    let script_sig = bitcoin::script::Builder::new().push_int(height as i64).push_slice(nonce.to_le_bytes()).into_script();
    pay(vec![input(OutPoint::null(), script_sig)], &[50 * 100_000_000])
}

fn input(previous_output: OutPoint, script_sig: ScriptBuf) -> TxIn {
    TxIn { previous_output, script_sig, sequence: Sequence::MAX, witness: Witness::new() }
}

fn spend(outpoint: OutPoint) -> TxIn {
    input(outpoint, ScriptBuf::from_bytes(vec![1, 7]))
}

fn pay(input: Vec<TxIn>, values: &[u64]) -> Transaction {
    let script_pubkey = ScriptBuf::from_bytes([&[0, 20], &[values.len() as u8; 20][..]].concat());
    let output = |value: &u64| TxOut { value: Amount::from_sat(*value), script_pubkey: script_pubkey.clone() };
    let version = transaction::Version::TWO;
    Transaction { version, lock_time: LockTime::ZERO, input, output: values.iter().map(output).collect() }
}

/// Spoils a block so that its header is right again.
fn reseal(mut block: Block) -> Block {
    block.header.merkle_root = block.compute_merkle_root().unwrap();
    mine(&mut block.header);
    block
}

/// A spoilt block, and what the report says of it.
type Spoilt = (&'static str, fn(&Place) -> Vec<u8>);

fn bytes(block: &Block) -> Vec<u8> {
    bitcoin::consensus::serialize(block)
}

const SPOILT: &[Spoilt] = &[
    ("its Merkle root does not fit its transactions", |place| {
        let mut block = place.block(place.tip, 0, vec![]);
        block.header.merkle_root = bitcoin::TxMerkleNode::from_byte_array([9; 32]);
        mine(&mut block.header);
        bytes(&block)
    }),
    ("its Merkle root does not fit its transactions", |place| {
        // A list of transactions whose end is repeated has the same root.
        let txs = vec![pay(vec![spend(place.coin(1))], &[5]), pay(vec![spend(place.coin(2))], &[5])];
        let mut block = place.block(place.tip, 0, txs);
        block.txdata.push(block.txdata[2].clone());
        bytes(&block)
    }),
    ("its witness commitment does not fit its witnesses", |place| {
        let mut tx = pay(vec![spend(place.coin(1))], &[5]);
        tx.input[0].witness = Witness::from_slice(&[[1; 30]]);
        let mut block = place.block(place.tip, 0, vec![tx]);
        block.txdata[1].input[0].witness = Witness::from_slice(&[[2; 30]]);
        bytes(&block)
    }),
    ("its witness commitment does not fit its witnesses", |place| {
        let mut tx = pay(vec![spend(place.coin(1))], &[5]);
        tx.input[0].witness = Witness::from_slice(&[[1; 30]]);
        let mut block = place.block(place.tip, 0, vec![]);
        block.txdata.push(tx);
        bytes(&reseal(block))
    }),
    ("input 0 of transaction 2 spends {coin1}, which is spent already", |place| {
        let spends = [5, 6].map(|value| pay(vec![spend(place.coin(1))], &[value]));
        bytes(&place.block(place.tip, 0, spends.to_vec()))
    }),
    ("input 1 of transaction 1 spends {coin1}, which is spent already", |place| {
        bytes(&place.block(place.tip, 0, vec![pay(vec![spend(place.coin(1)), spend(place.coin(1))], &[5])]))
    }),
    ("input 0 of transaction 1 spends {genesis}, which is spent already", |place| {
        // The genesis block's coin can never be spent.
        bytes(&place.block(place.tip, 0, vec![pay(vec![spend(place.coin(0))], &[5])]))
    }),
    ("input 1 of transaction 1 spends {nowhere}, which is not in the chain before it", |place| {
        let nowhere = OutPoint { txid: Txid::from_byte_array([3; 32]), vout: 1 };
        bytes(&place.block(place.tip, 0, vec![pay(vec![spend(place.coin(1)), spend(nowhere)], &[5])]))
    }),
    ("input 0 of transaction 1 spends {beyond}, which is not in the chain before it", |place| {
        let beyond = OutPoint { vout: 77, ..place.coin(1) };
        bytes(&place.block(place.tip, 0, vec![pay(vec![spend(beyond)], &[5])]))
    }),
    ("which is not in the chain before it", |place| {
        // An output of a later transaction of the same block.
        let later = pay(vec![spend(place.coin(1))], &[9]);
        let outpoint = OutPoint { txid: later.compute_txid(), vout: 0 };
        bytes(&place.block(place.tip, 0, vec![pay(vec![spend(outpoint)], &[5]), later]))
    }),
    ("transaction 2 has the input of a coinbase, but is not the first", |place| {
        bytes(&place.block(place.tip, 0, vec![pay(vec![spend(place.coin(1))], &[5]), coinbase(9, 1)]))
    }),
    ("its first transaction is not a coinbase", |place| {
        let mut block = place.block(place.tip, 0, vec![pay(vec![spend(place.coin(1))], &[5])]);
        block.txdata.remove(0);
        bytes(&reseal(block))
    }),
    ("7 bytes are left over behind its last transaction", |place| [bytes(&place.block(place.tip, 0, vec![])), vec![0; 7]].concat()),
    ("its bytes end in the middle of", |place| {
        let whole = bytes(&place.block(place.tip, 0, vec![]));
        whole[..whole.len() - 1].to_vec()
    }),
    ("transaction 1 has an output of more than 21 million bitcoin", |place| {
        bytes(&place.block(place.tip, 0, vec![pay(vec![spend(place.coin(1))], &[COINS + 1])]))
    }),
    ("transaction 1 has an output of more than 21 million bitcoin", |place| {
        bytes(&place.block(place.tip, 0, vec![pay(vec![spend(place.coin(1))], &[u64::MAX])]))
    }),
    ("transaction 1 has outputs of more than 21 million bitcoin together", |place| {
        bytes(&place.block(place.tip, 0, vec![pay(vec![spend(place.coin(1))], &[COINS, 1])]))
    }),
    ("transaction 0 has outputs of more than 21 million bitcoin together", |place| {
        let mut block = place.block(place.tip, 0, vec![]);
        block.txdata[0] = pay(block.txdata[0].input.clone(), &[COINS; 20_000]);
        bytes(&reseal(block))
    }),
    ("transaction 0 has no outputs", |place| {
        let mut block = place.block(place.tip, 0, vec![]);
        block.txdata[0].output.clear();
        bytes(&reseal(block))
    }),
];

fn filled_in(reason: &str, place: &Place) -> String {
    let nowhere = OutPoint { txid: Txid::from_byte_array([3; 32]), vout: 1 };
    let names = [("{coin1}", place.coin(1)), ("{genesis}", place.coin(0)), ("{nowhere}", nowhere)];
    let names = names.into_iter().chain([("{beyond}", OutPoint { vout: 77, ..place.coin(1) })]);
    names.fold(reason.to_string(), |reason, (name, outpoint)| reason.replace(name, &outpoint.to_string()))
}

#[test]
fn a_bad_block_is_named_with_its_fault_and_the_chain_goes_up_to_it() {
    for (reason, spoil) in SPOILT {
        let mut place = Place::new();
        let bad = spoil(&place);
        let at = place.files.add(1, &bad);
        let header: bitcoin::block::Header = bitcoin::consensus::deserialize(&bad[..80]).unwrap();
        // What follows it does not matter.
        let next = seal(header.block_hash(), header.time + 1, 2, vec![coinbase(10, 0)], None);
        place.files.add(1, &bytes(&next));
        let reason = filled_in(reason, &place);
        for again in [false, true] {
            let report = place.bring();
            let [named] = &report.invalid_blocks[..] else { panic!("{reason}: {report:?}") };
            assert!(named.reason.contains(&reason), "{} is not {reason}", named.reason);
            assert_eq!((named.hash, named.height, named.offset), (header.block_hash().to_byte_array(), 9, at));
            assert_eq!(named.path, place.files.file(1));
            assert_eq!((report.height, &report.gap), (Some(8), &None), "{again}");
            assert!(report.notes()[0].contains(&reason));
        }
        place.holds(place.tip);
    }
}

#[test]
fn a_header_without_its_work_is_no_block_and_leaves_a_gap() {
    let mut place = Place::new();
    let mut lazy = place.block(place.tip, 0, vec![]);
    while lazy.header.validate_pow(lazy.header.target()).is_ok() {
        lazy.header.nonce += 1;
    }
    place.files.add(1, &bytes(&lazy));
    let next = seal(lazy.block_hash(), lazy.header.time + 1, 2, vec![coinbase(10, 0)], None);
    place.files.add(1, &bytes(&next));
    let report = place.bring();
    assert_eq!((report.height, &report.invalid_blocks[..]), (Some(8), &[][..]));
    assert!(report.skipped_bytes > 80, "{report:?}");
    let gap = report.gap.unwrap();
    assert_eq!((gap.missing, gap.height), (lazy.block_hash().to_byte_array(), Some(9)));
    // Another block in its place, which has its work, is taken.
    let block = place.block(place.tip, 1, vec![]);
    let tip = place.put(block, place.tip);
    assert_eq!(place.bring().height, Some(9));
    place.holds(tip);
}

#[test]
fn a_sound_branch_with_less_work_is_taken_when_the_best_one_is_bad() {
    for (reason, spoil) in SPOILT {
        let mut place = Place::new();
        let fork = place.tree.path(place.tip)[5];
        // Two blocks less than the bad branch would have, one more than is left of it.
        let lesser = place.follow(fork, 4);
        let bad = spoil(&place);
        place.files.add(2, &bad);
        let header: bitcoin::block::Header = bitcoin::consensus::deserialize(&bad[..80]).unwrap();
        let mut parent = header.block_hash();
        for height in 10..12 {
            let next = seal(parent, header.time + height, 2, vec![coinbase(height as usize, 0)], None);
            parent = next.block_hash();
            place.files.add(2, &bytes(&next));
        }
        let report = place.bring();
        assert_eq!((report.invalid_blocks.len(), report.tip), (1, Some(place.tree.hash_bytes(lesser))), "{reason}");
        place.holds(lesser);
    }
}

#[test]
fn a_chain_stays_when_a_better_one_is_bad() {
    for (reason, spoil) in SPOILT {
        let mut place = Place::new();
        place.bring();
        // Two better branches: a bad block is the second of the first one, and the last of the second one.
        let fork = place.tree.path(place.tip)[6];
        let tip = place.tip;
        let before = place.follow(fork, 1);
        place.tip = before;
        let bad = spoil(&place);
        place.tip = tip;
        place.files.add(2, &bad);
        let header: bitcoin::block::Header = bitcoin::consensus::deserialize(&bad[..80]).unwrap();
        let next = seal(header.block_hash(), header.time + 1, 2, vec![coinbase(9, 0)], None);
        place.files.add(2, &bytes(&next));
        for _ in 0..2 {
            let report = place.bring();
            assert_eq!((report.invalid_blocks.len(), report.height), (1, Some(8)), "{reason}: {report:?}");
            // What a block shows by itself is seen before the chain is taken back. The rest only shows on its own branch: two blocks
            // go for it, and the sound one of that branch when they come back.
            let seen_in_its_bytes = !reason.contains("which is");
            assert_eq!(report.blocks_removed, if seen_in_its_bytes { 0 } else { 3 }, "{reason}");
            place.holds(tip);
        }
    }
}

#[test]
fn a_branch_on_blocks_that_are_gone_is_not_put_on_what_is_left() {
    let mut place = Place::new();
    place.bring();
    let (old, fork) = (place.tip, place.tree.path(place.tip)[3]);
    // Another folder has a better branch that is bad, and a block on top of the store's chain, but not that chain itself.
    let mut other = Folder::create(&place.folder.path().join("other"), [0; 8]);
    place.tree.chain(fork).iter().for_each(|block| _ = other.add(0, block));
    let sound = place.block(fork, 5, vec![]);
    let sound = place.tree.push(sound, Some(fork));
    let nowhere = OutPoint { txid: Txid::from_byte_array([3; 32]), vout: 1 };
    let bad = place.block(sound, 6, vec![pay(vec![spend(nowhere)], &[5])]);
    let mut tip = place.tree.push(bad, Some(sound));
    for nonce in 0..6 {
        let block = place.block(tip, nonce, vec![]);
        tip = place.tree.push(block, Some(tip));
    }
    place.tree.path(tip)[4..].iter().for_each(|node| _ = other.add(0, &place.tree.nodes[*node].bytes));
    let on_top = place.block(old, 7, vec![]);
    other.add(0, &bytes(&on_top));
    let report = bring(&other.path, &place.store());
    assert_eq!((report.height, report.invalid_blocks.len()), (Some(4), 1), "{report:?}");
    assert_eq!(report.gap.map(|gap| gap.missing), Some(place.tree.hash_bytes(old)));
    place.holds(sound);
    // The first folder has what the other one lacks.
    assert_eq!(place.bring().height, Some(8));
    place.holds(old);
}

#[test]
fn merkle_roots_are_not_looked_at_when_that_is_not_wanted() {
    let mut place = Place::new();
    let mut block = place.block(place.tip, 0, vec![]);
    block.header.merkle_root = bitcoin::TxMerkleNode::from_byte_array([9; 32]);
    mine(&mut block.header);
    place.put(block, place.tip);
    let report = bring_with(&place.files.path, &place.store(), &IngestOptions { verify: false, ..options() });
    assert_eq!((report.height, &report.invalid_blocks[..]), (Some(9), &[][..]));
}

#[test]
fn a_transaction_that_pays_out_too_much_is_counted_and_has_a_negative_fee() {
    let mut place = Place::new();
    let block = place.block(place.tip, 0, vec![pay(vec![spend(place.coin(1))], &[COINS])]);
    let tip = place.put(block, place.tip);
    let report = place.bring();
    assert_eq!((report.height, report.overspent), (Some(9), 1));
    let chain = satrail::chain::Chain::open(&place.store()).unwrap();
    let tx = chain.tip().transactions().unwrap().last().unwrap();
    assert!(tx.fee().unwrap().unwrap() < 0);
    place.holds(tip);
}

#[test]
fn more_coins_than_there_can_be_are_refused_when_they_come_together() {
    let mut place = Place::new();
    // No node accepts these coinbases, but nothing in them alone is wrong.
    let mut tip = place.tip;
    let mut coins = Vec::new();
    for nonce in 0..3 {
        let mut block = place.block(tip, nonce, vec![]);
        block.txdata[0] = pay(block.txdata[0].input.clone(), &[COINS]);
        let block = reseal(block);
        coins.push(OutPoint { txid: block.txdata[0].compute_txid(), vout: 0 });
        tip = place.put(block, tip);
    }
    let block = place.block(tip, 9, vec![pay(coins.into_iter().map(spend).collect(), &[5])]);
    place.put(block, tip);
    let report = place.bring();
    assert_eq!(report.height, Some(11));
    assert!(
        report.invalid_blocks[0].reason.contains("transaction 1 has inputs of more than 21 million bitcoin together"),
        "{report:?}"
    );
    place.holds(tip);
    // No mark of the bad block is left on those coins: a sound one gives its numbers to others.
    let block = place.block(tip, 10, vec![pay(vec![spend(place.coin(1))], &[5])]);
    let tip = place.put(block, tip);
    let tip = place.follow(tip, 1);
    assert_eq!(place.bring().height, Some(13));
    place.holds(tip);
}
