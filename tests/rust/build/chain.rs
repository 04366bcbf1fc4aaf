//! A random tree of blocks.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use bitcoin::absolute::LockTime;
use bitcoin::block::{Header, Version};
use bitcoin::consensus::serialize;
use bitcoin::hashes::Hash;
use bitcoin::{
    Amount, Block, BlockHash, CompactTarget, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxMerkleNode, TxOut, Witness,
    transaction,
};

use super::Rng;
use super::locks::Lock;

const BITS: u32 = 0x207f_ffff;
const COIN: u64 = 100_000_000;

/// How large a random tree is.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    pub seed: u64,
    /// Blocks of the first branch, the genesis block not counted.
    pub blocks: usize,
    /// The most transactions in a block besides its coinbase.
    pub transactions: usize,
    /// Further branches.
    pub branches: usize,
    /// The most blocks of each of them.
    pub depth: usize,
}

/// A block of the tree.
#[derive(Clone, Debug)]
pub struct Node {
    pub block: Block,
    pub bytes: Vec<u8>,
    pub parent: Option<usize>,
    pub height: usize,
}

/// Blocks; a parent stands before its children.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    pub nodes: Vec<Node>,
    locks: HashMap<ScriptBuf, Arc<Lock>>,
}

/// An unspent output, and how to spend it.
#[derive(Clone)]
struct Coin {
    value: u64,
    lock: Arc<Lock>,
}

/// A tip to build on: what its chain leaves.
#[derive(Clone)]
pub struct Branch {
    pub tip: usize,
    times: Vec<u32>,
    coins: Vec<(OutPoint, Coin)>,
    locks: Vec<Arc<Lock>>,
    /// Coinbases of the old kind, which say no height and so can be repeated.
    repeatable: Vec<(Transaction, Vec<Arc<Lock>>)>,
}

impl Tree {
    /// A tree of regtest's genesis block, a first branch and some others that leave it anywhere.
    pub fn random(shape: Shape) -> Tree {
        let mut rng = Rng::new(shape.seed);
        let (mut tree, mut main) = Tree::with_genesis();
        let mut forks: Vec<Branch> = Vec::new();
        let leaves: Vec<usize> = (0..shape.branches).map(|_| rng.below(shape.blocks)).collect();
        for height in 0..shape.blocks {
            forks.extend(leaves.iter().filter(|leave| **leave == height).map(|_| main.clone()));
            tree.extend(&mut main, shape.transactions, &mut rng);
        }
        for mut fork in forks {
            for _ in 0..1 + rng.below(shape.depth) {
                tree.extend(&mut fork, shape.transactions, &mut rng);
            }
        }
        tree
    }

    /// A chain without other branches.
    pub fn line(seed: u64, blocks: usize, transactions: usize) -> Tree {
        Tree::random(Shape { seed, blocks, transactions, branches: 0, depth: 1 })
    }

    pub fn with_genesis() -> (Tree, Branch) {
        let block = bitcoin::constants::genesis_block(bitcoin::Network::Regtest);
        let times = vec![block.header.time];
        let mut tree = Tree::default();
        let tip = tree.push(block, None);
        let branch = Branch { tip, times, coins: vec![], locks: vec![], repeatable: vec![] };
        (tree, branch)
    }

    pub fn push(&mut self, block: Block, parent: Option<usize>) -> usize {
        let height = parent.map_or(0, |parent| self.nodes[parent].height + 1);
        self.nodes.push(Node { bytes: serialize(&block), block, parent, height });
        self.nodes.len() - 1
    }

    pub fn hash(&self, node: usize) -> BlockHash {
        self.nodes[node].block.block_hash()
    }

    pub fn hash_bytes(&self, node: usize) -> [u8; 32] {
        self.hash(node).to_byte_array()
    }

    /// The nodes from the genesis block to a node.
    pub fn path(&self, tip: usize) -> Vec<usize> {
        let mut path: Vec<usize> = std::iter::successors(Some(tip), |node| self.nodes[*node].parent).collect();
        path.reverse();
        path
    }

    /// The bytes of the blocks from the genesis block to a node.
    pub fn chain(&self, tip: usize) -> Vec<&[u8]> {
        self.path(tip).into_iter().map(|node| &self.nodes[node].bytes[..]).collect()
    }

    pub fn all(&self) -> Vec<&[u8]> {
        self.nodes.iter().map(|node| &node.bytes[..]).collect()
    }

    /// Expected hashes of the chain up to a node.
    pub fn work(&self, node: usize) -> u128 {
        let own = |node: usize| self.nodes[node].block.header.work().to_be_bytes()[16..].try_into().expect("16 bytes");
        self.path(node).into_iter().map(|node| u128::from_be_bytes(own(node))).sum()
    }

    /// Of some nodes, the one with the most work whose chain is among them; among equals the smaller hash.
    pub fn best_of(&self, nodes: &[usize]) -> Option<usize> {
        let among: HashSet<usize> = nodes.iter().copied().collect();
        let connected = nodes.iter().copied().filter(|node| self.path(*node).iter().all(|n| among.contains(n)));
        connected.max_by(|a, b| self.work(*a).cmp(&self.work(*b)).then_with(|| self.shown(*b).cmp(&self.shown(*a))))
    }

    pub fn best(&self) -> usize {
        self.best_of(&(0..self.nodes.len()).collect::<Vec<_>>()).expect("there is a genesis block")
    }

    fn shown(&self, node: usize) -> String {
        self.hash(node).to_string()
    }

    /// Adds a random block to a branch.
    pub fn extend(&mut self, branch: &mut Branch, transactions: usize, rng: &mut Rng) -> usize {
        let height = self.nodes[branch.tip].height + 1;
        let legacy = rng.one_in(3);
        // A repeated coinbase comes first: what its block spends is already the later one's.
        let repeated = if legacy && rng.one_in(2) { branch.repeat(rng) } else { None };
        let mut txs = self.taken_over(branch, height, legacy, rng);
        for _ in 0..rng.below(transactions + 1) {
            txs.extend(branch.transaction(legacy, rng));
        }
        let coinbase = repeated.unwrap_or_else(|| branch.coinbase(height, legacy, rng));
        txs.insert(0, coinbase);
        let version = if legacy { 1 } else { 0x2000_0000 + rng.below(9) as i32 };
        // Any time later than the median of the last eleven will do, so times go back as well.
        let time = median(&branch.times) + 1 + rng.below(1_500) as u32;
        let commit = !legacy && (rng.one_in(3) || txs.iter().any(|tx| tx.input.iter().any(|i| !i.witness.is_empty())));
        let block = seal(self.hash(branch.tip), time, version, txs, commit.then(|| rng.array()));
        if commit {
            // With the commitment the coinbase has got another id.
            branch.rename_coinbase(&block.txdata[0]);
        }
        self.locks.extend(branch.locks.iter().map(|lock| (lock.script.clone(), lock.clone())));
        branch.times.push(time);
        branch.tip = self.push(block, Some(branch.tip));
        branch.tip
    }

    /// Transactions of a block at the same height on another branch, as miners of both see the same ones.
    fn taken_over(&self, branch: &mut Branch, height: usize, legacy: bool, rng: &mut Rng) -> Vec<Transaction> {
        let other = self.nodes.iter().find(|node| node.height == height);
        let Some(other) = other.filter(|_| rng.one_in(2)) else { return vec![] };
        let mut taken = Vec::new();
        for tx in &other.block.txdata[1..] {
            let spendable = tx.input.iter().all(|input| {
                (!legacy || input.witness.is_empty()) && branch.coins.iter().any(|(outpoint, _)| *outpoint == input.previous_output)
            });
            if spendable {
                tx.input.iter().for_each(|input| branch.forget(&input.previous_output));
                let locks: Vec<_> = tx.output.iter().map(|output| self.locks[&output.script_pubkey].clone()).collect();
                branch.pay(tx, &locks);
                taken.push(tx.clone());
            }
        }
        taken
    }
}

impl Branch {
    fn forget(&mut self, outpoint: &OutPoint) {
        self.coins.retain(|(own, _)| own != outpoint);
    }

    /// Enters the outputs of a transaction; those of an earlier one with its id are replaced.
    fn pay(&mut self, tx: &Transaction, locks: &[Arc<Lock>]) {
        let txid = tx.compute_txid();
        for (vout, (output, lock)) in tx.output.iter().zip(locks).enumerate() {
            let outpoint = OutPoint { txid, vout: vout as u32 };
            self.forget(&outpoint);
            let coin = Coin { value: output.value.to_sat(), lock: lock.clone() };
            if lock.spendable {
                self.coins.push((outpoint, coin));
            }
        }
    }

    fn lock(&mut self, rng: &mut Rng) -> Arc<Lock> {
        if !self.locks.is_empty() && rng.one_in(3) {
            return rng.pick(&self.locks).clone();
        }
        let lock = Arc::new(Lock::random(rng));
        self.locks.push(lock.clone());
        lock
    }

    fn coinbase(&mut self, height: usize, legacy: bool, rng: &mut Rng) -> Transaction {
        let repeatable = legacy && rng.one_in(2);
        let script_sig = match repeatable {
            true => ScriptBuf::from_bytes([vec![8], rng.bytes(8)].concat()),
            false => bitcoin::script::Builder::new().push_int(height as i64).push_slice(rng.array::<8>()).into_script(),
        };
        let input = TxIn { previous_output: OutPoint::null(), script_sig, sequence: Sequence::MAX, witness: Witness::new() };
        let locks: Vec<_> = (0..1 + rng.below(3)).map(|_| self.lock(rng)).collect();
        let output = locks.iter().map(|lock| output(25 * COIN + rng.below(1000) as u64, lock)).collect();
        let version = transaction::Version(1 + rng.below(2) as i32);
        let tx = Transaction { version, lock_time: LockTime::ZERO, input: vec![input], output };
        self.pay(&tx, &locks);
        if repeatable {
            self.repeatable.push((tx.clone(), locks));
        }
        tx
    }

    fn repeat(&mut self, rng: &mut Rng) -> Option<Transaction> {
        let (coinbase, locks) = self.repeatable.pop()?;
        self.pay(&coinbase, &locks);
        if rng.one_in(2) {
            self.repeatable.push((coinbase.clone(), locks));
        }
        Some(coinbase)
    }

    fn rename_coinbase(&mut self, coinbase: &Transaction) {
        let mut before = coinbase.clone();
        before.output.pop();
        before.input[0].witness = Witness::new();
        let (old, new) = (before.compute_txid(), coinbase.compute_txid());
        let renamed =
            |outpoint: &OutPoint| OutPoint { txid: if outpoint.txid == old { new } else { outpoint.txid }, vout: outpoint.vout };
        self.coins.iter_mut().for_each(|(outpoint, _)| *outpoint = renamed(outpoint));
    }

    fn transaction(&mut self, legacy: bool, rng: &mut Rng) -> Option<Transaction> {
        let mut inputs = Vec::new();
        for _ in 0..1 + rng.below(4) {
            let usable: Vec<usize> = (0..self.coins.len()).filter(|i| !legacy || !self.coins[*i].1.lock.uses_witness()).collect();
            let late = usable.len().saturating_sub(6);
            let choice = if rng.one_in(2) { &usable[late..] } else { &usable[..] };
            if choice.is_empty() {
                break;
            }
            inputs.push(self.coins.remove(*rng.pick(choice)));
        }
        if inputs.is_empty() {
            return None;
        }
        let mut left: u64 = inputs.iter().map(|(_, coin)| coin.value).sum();
        let count = if rng.one_in(12) { 30 } else { 1 + rng.below(4) };
        let locks: Vec<_> = (0..count).map(|_| self.lock(rng)).collect();
        let mut outputs = Vec::new();
        for lock in &locks {
            let value = if rng.one_in(6) { 0 } else { rng.next() % (left + 1) };
            left -= value;
            outputs.push(output(value, lock));
        }
        // Often no fee, so that the sums are exact at the edge too.
        outputs[0].value += Amount::from_sat(if rng.one_in(3) { left } else { left / 2 });
        let sequences = [0xffff_ffff, 0xffff_fffe, 0xffff_fffd, 0x8000_0000, 0x7fff_ffff, 144, 0];
        let input = inputs.iter().map(|(outpoint, coin)| {
            let (script_sig, witness) = coin.lock.spend(rng);
            let sequence = Sequence(*rng.pick(&sequences));
            TxIn { previous_output: *outpoint, script_sig, sequence, witness: Witness::from_slice(&witness) }
        });
        let mut tx = Transaction {
            input: input.collect(),
            version: transaction::Version(*rng.pick(&[1, 2, 2, 3, -1, i32::MIN, i32::MAX])),
            lock_time: LockTime::from_consensus(*rng.pick(&[0, 0, 100, 499_999_999, 1_600_000_000, u32::MAX])),
            output: outputs,
        };
        if rng.one_in(2) {
            tx.input.sort_by_key(|input| (input.previous_output.txid.to_string(), input.previous_output.vout));
        }
        self.pay(&tx, &locks);
        Some(tx)
    }
}

fn output(value: u64, lock: &Lock) -> TxOut {
    TxOut { value: Amount::from_sat(value), script_pubkey: lock.script.clone() }
}

/// The median that a block's time must exceed.
fn median(times: &[u32]) -> u32 {
    let mut last = times[times.len().saturating_sub(11)..].to_vec();
    last.sort_unstable();
    last[last.len() / 2]
}

/// A block of some transactions, with its Merkle root, its work, and a witness commitment over `reserved` where that is given.
pub fn seal(parent: BlockHash, time: u32, version: i32, mut txdata: Vec<Transaction>, reserved: Option<[u8; 32]>) -> Block {
    if let Some(reserved) = reserved {
        txdata[0].input[0].witness = Witness::from_slice(&[reserved]);
        txdata[0].output.push(TxOut { value: Amount::ZERO, script_pubkey: ScriptBuf::new() });
        let leaves = std::iter::once([0; 32]).chain(txdata[1..].iter().map(|tx| tx.compute_wtxid().to_byte_array()));
        let leaves = leaves.map(bitcoin::hash_types::WitnessMerkleNode::from_byte_array);
        let root = bitcoin::merkle_tree::calculate_root(leaves).expect("there is a coinbase");
        let commitment = Block::compute_witness_commitment(&root, &reserved).to_byte_array();
        let script = [&[0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed], &commitment[..]].concat();
        txdata[0].output.last_mut().expect("it was just added").script_pubkey = script.into();
    }
    let header = Header {
        version: Version::from_consensus(version),
        prev_blockhash: parent,
        merkle_root: TxMerkleNode::all_zeros(),
        time,
        bits: CompactTarget::from_consensus(BITS),
        nonce: 0,
    };
    let mut block = Block { header, txdata };
    block.header.merkle_root = block.compute_merkle_root().expect("there is a coinbase");
    mine(&mut block.header);
    block
}

/// Finds a nonce that meets the header's own target.
pub fn mine(header: &mut Header) {
    while header.validate_pow(header.target()).is_err() {
        header.nonce += 1;
    }
}

#[test]
fn random_chains_have_all_that_they_are_made_for() {
    use satrail::script::{Kind, classify};
    let trees: Vec<Tree> =
        (0..6).map(|seed| Tree::random(Shape { seed, blocks: 40, transactions: 7, branches: 3, depth: 6 })).collect();
    let paths: Vec<Vec<&Block>> =
        trees.iter().map(|tree| tree.path(tree.best()).into_iter().map(|node| &tree.nodes[node].block).collect()).collect();
    let some = |what: &str, found: &dyn Fn(&[&Block]) -> bool| assert!(paths.iter().any(|path| found(path)), "no {what}");
    let txs = |path: &[&Block]| path.iter().flat_map(|block| block.txdata.clone()).collect::<Vec<_>>();
    let script = |path: &[&Block], is: &dyn Fn(&[u8]) -> bool| {
        txs(path).iter().any(|tx| tx.output.iter().any(|output| is(output.script_pubkey.as_bytes())))
    };
    for kind in Kind::ALL {
        some(kind.name(), &|path| script(path, &|script| classify(script).0 == kind));
    }
    some("empty script", &|path| script(path, &|script| script.is_empty()));
    some("huge script", &|path| script(path, &|script| script.len() > 10_000));
    some("negative version", &|path| txs(path).iter().any(|tx| tx.version.0 < 0));
    some("value of zero", &|path| txs(path)[1..].iter().any(|tx| tx.output.iter().any(|output| output.value == Amount::ZERO)));
    some("time that goes back", &|path| path.windows(2).any(|pair| pair[1].header.time < pair[0].header.time));
    some("spend in the same block", &|path| {
        path.iter().any(|block| {
            let made: HashSet<_> = block.txdata.iter().map(|tx| tx.compute_txid()).collect();
            block.txdata.iter().any(|tx| tx.input.iter().any(|input| made.contains(&input.previous_output.txid)))
        })
    });
    some("block without a witness but with a commitment", &|path| {
        path.iter().any(|block| block.witness_root().is_some() && block.txdata.len() == 1 && block.txdata[0].output.len() > 1)
    });
    let most_repeated = |path: &[&Block]| {
        let mut counts: HashMap<_, usize> = HashMap::new();
        path.iter().for_each(|block| *counts.entry(block.txdata[0].compute_txid()).or_default() += 1);
        counts.into_values().max()
    };
    some("coinbase that stands in two blocks", &|path| most_repeated(path) == Some(2));
    some("coinbase that stands in three blocks", &|path| most_repeated(path) > Some(2));
    some("repeated coinbase that was spent before", &|path| {
        let position = |is: &dyn Fn(&Transaction) -> bool, from: usize| {
            path.iter().skip(from).position(|block| block.txdata.iter().any(is)).map(|i| i + from)
        };
        (1..path.len()).any(|height| {
            let id = path[height].txdata[0].compute_txid();
            let spent = position(&|tx| tx.input.iter().any(|input| input.previous_output.txid == id), height);
            spent.is_some_and(|spent| position(&|tx| tx.compute_txid() == id, spent + 1).is_some())
        })
    });
    assert!(trees.iter().any(|tree| tree.best() != 40), "the first branch is not always the best");
    let shared = trees.iter().any(|tree| {
        let mut seen: HashMap<_, usize> = HashMap::new();
        tree.nodes.iter().flat_map(|node| &node.block.txdata[1..]).for_each(|tx| *seen.entry(tx.compute_txid()).or_default() += 1);
        seen.into_values().any(|count| count > 1)
    });
    assert!(shared, "no transaction stands on two branches");
}
