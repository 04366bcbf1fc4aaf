//! A truth that the chain tells itself: payments whose change is revealed later, when it is spent together with other coins of its owner.
//!
//! After Möser and Narayanan (Resurrecting Address Clustering in Bitcoin, 2022). It needs nobody's word, and has a bias: it is about owners
//! who spend their change together with other coins, and about no others.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use sha2::{Digest, Sha256};
use xxhash_rust::xxh3::xxh3_64;

use crate::chain::cells::table;
use crate::chain::pieces::{go_on_or_stop, in_order};
use crate::chain::{BlockFacts, Chain, Facts};
use crate::cluster::{Clusters, Settings};
use crate::error::{Error, Result};
use crate::evaluate::truth::{ChangeTruth, Truth};
use crate::ids::{Height, OutNum, TxNum, hex};
use crate::script::Kind;
use crate::sets::outputs::OutputSet;
use crate::shapes::{self, Verdict};
use crate::table::Table;
use crate::table::columns::{self, always};

/// The parts that clusters are dealt into, so that a rule can be learned on some and measured on others.
pub const FOLDS: u32 = 10;

/// What the chain reveals.
pub struct Revealed {
    pub known: Arc<Truth>,
    /// The change outputs, ascending, with the clusters of their payers.
    changes: Vec<(OutNum, u32)>,
    /// Transactions that were left out, by the reason.
    left_out: BTreeMap<&'static str, u64>,
}

/// The part that a cluster is dealt to, by the hash of its name.
pub fn fold_of(cluster: u32) -> u32 {
    (xxh3_64(&cluster.to_le_bytes()) % FOLDS as u64) as u32
}

/// What a transaction reveals, or why it is left out.
enum Look {
    Change { change: OutNum, other: OutNum, cluster: u32 },
    LeftOut(&'static str),
}

impl Revealed {
    /// The truth that a chain tells as of its height, of the clusters of some folds, or of all.
    pub fn of(chain: &Chain, folds: Option<&BTreeSet<u32>>, threads: usize, go_on: &mut dyn FnMut() -> bool) -> Result<Revealed> {
        if let Some(fold) = folds.and_then(|folds| folds.iter().find(|fold| **fold >= FOLDS)) {
            return Err(Error::Invalid { what: format!("there is no fold {fold}; they are numbered from 0 to {}", FOLDS - 1) });
        }
        let clusters = chain.cluster(Settings::of(chain.network()), threads, go_on)?;
        let (mut truth, mut changes, mut left_out) = (ChangeTruth::default(), Vec::new(), BTreeMap::new());
        in_order(
            &chain.pieces(0)?,
            threads,
            |heights| in_piece(&clusters, folds, heights.clone()),
            |found| {
                // The two outputs of a transaction come in any order, but those of one kind ascend.
                for look in found {
                    match look {
                        Look::LeftOut(why) => *left_out.entry(why).or_insert(0) += 1,
                        Look::Change { change, other, cluster } => {
                            truth.change.push(change.0);
                            truth.others.push(other.0);
                            changes.push((change, cluster));
                        }
                    }
                }
                go_on_or_stop(go_on)
            },
        )?;
        let digest = digest(chain, &truth)?;
        let known = Truth {
            chain: chain.clone(),
            name: "the truth that the chain tells itself".to_string(),
            digest,
            owners: None,
            purposes: None,
            change: OnceLock::from(Arc::new(truth)),
            folder: None,
        };
        Ok(Revealed { known: known.into(), changes, left_out })
    }

    /// How many transactions it is about.
    pub fn transactions(&self) -> u64 {
        self.changes.len() as u64
    }

    /// Of how many clusters those are, and how many of them are of the largest.
    pub fn clusters(&self) -> (u64, u64) {
        let mut of_cluster: HashMap<u32, u64> = HashMap::new();
        self.changes.iter().for_each(|(_, cluster)| *of_cluster.entry(*cluster).or_default() += 1);
        (of_cluster.len() as u64, of_cluster.values().copied().max().unwrap_or(0))
    }

    /// One row a transaction, in chain order: transaction, txid, height, time, output, position (of the change), value (satoshi), cluster
    /// (of the payer), fold.
    pub fn changes_table(&self) -> Result<Table> {
        let chain = self.known.chain();
        let row = |change: &(OutNum, u32)| Ok((change.0, chain.transaction_of(change.0)?, change.1));
        let rows: Vec<(OutNum, TxNum, u32)> = self.changes.iter().map(row).collect::<Result<_>>()?;
        table(chain, &rows, |rows| {
            type Change = (OutNum, TxNum, u32);
            let (output, tx) = (|row: &Change| Some(row.0), |row: &Change| Some(row.1));
            Ok(vec![
                rows.amount("transaction", |row| row.1.0 as i64)?,
                always(rows.txid("txid", tx)?),
                always(rows.height("height", tx)?),
                always(rows.time("time", tx)?),
                rows.amount("output", |row| row.0.0 as i64)?,
                always(rows.position("position", output)?),
                always(rows.value("value", output)?),
                rows.amount("cluster_id", |row| row.2 as i64)?,
                always(rows.int32("fold", |row| Ok(Some(fold_of(row.2) as i64)))?),
            ])
        })
    }

    /// One row a reason: reason, transactions (that were left out for it; the first of several counts).
    pub fn left_out_table(&self) -> Table {
        columns::ready([
            columns::text("reason", self.left_out.keys()),
            columns::amount("transactions", self.left_out.values().copied()),
        ])
    }
}

fn in_piece(clusters: &Clusters, folds: Option<&BTreeSet<u32>>, heights: Range<u64>) -> Result<Vec<Look>> {
    let (mut block, mut found) = (BlockFacts::default(), Vec::new());
    for height in heights {
        block.gather(clusters.chain(), Height(height as u32))?;
        let payments = block.transactions().filter(|facts| !facts.is_coinbase());
        found.extend(payments.map(|facts| look(clusters, folds, &facts)));
    }
    Ok(found)
}

/// The first reason to leave a transaction out that holds, or what it reveals.
fn look(clusters: &Clusters, folds: Option<&BTreeSet<u32>>, facts: &Facts<'_>) -> Look {
    let [a, b] = facts.outputs else { return Look::LeftOut("not two outputs") };
    if a.kind == Kind::OpReturn || b.kind == Kind::OpReturn {
        return Look::LeftOut("an output of data");
    }
    if shapes::coinjoin(facts, &clusters.settings().thresholds) != Verdict::No {
        return Look::LeftOut("perhaps a CoinJoin");
    }
    if facts.inputs.iter().any(|input| input.address == a.address || input.address == b.address) {
        return Look::LeftOut("an output to an address of the inputs");
    }
    let cluster = clusters.labels()[facts.inputs[0].address.0 as usize];
    let is_own = |output: &crate::chain::OutputFacts| clusters.labels()[output.address.0 as usize] == cluster;
    let (change, other) = match (is_own(a), is_own(b)) {
        (true, false) => (a.number, b.number),
        (false, true) => (b.number, a.number),
        (true, true) => return Look::LeftOut("both outputs in the inputs' cluster"),
        (false, false) => return Look::LeftOut("no output in the inputs' cluster"),
    };
    match folds.is_none_or(|folds| folds.contains(&fold_of(cluster))) {
        true => Look::Change { change, other, cluster },
        false => Look::LeftOut("of another fold"),
    }
}

fn digest(chain: &Chain, truth: &ChangeTruth) -> Result<String> {
    let mut hash = Sha256::new();
    hash.update("satrail change truth 1\n");
    hash.update(chain.tip().hash()?);
    let sets: [&OutputSet; 2] = [&truth.change, &truth.others];
    sets.iter().for_each(|set| hash.update(set.digest()));
    Ok(hex(&hash.finalize()))
}
