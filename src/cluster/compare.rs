//! How much two clusterings of one chain differ.

use crate::cluster::Clusters;
use crate::error::{Error, Result};
use crate::ids::AddrNum;
use crate::table::Table;
use crate::table::columns;

/// Two clusterings of the same addresses: pairs of addresses that are together in one, the other or both.
#[derive(Clone, PartialEq, Debug)]
pub struct Comparison {
    /// The addresses that both know.
    pub addresses: u64,
    /// Pairs that are together in the first, in the second, and in both.
    pub together: (u128, u128),
    pub together_in_both: u128,
    /// Clusters of either that the other takes apart or puts together, those with most pairs moved first.
    pub moved: Vec<Moved>,
}

/// What became of a cluster in the other clustering.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Moved {
    /// Whether it is a cluster of the first clustering, which the second splits; else one of the second, which it joined.
    pub split: bool,
    pub name: AddrNum,
    pub size: u64,
    /// Clusters of the other clustering that its addresses are in.
    pub parts: u64,
    /// Pairs of its addresses that are not together in the other.
    pub pairs: u128,
}

impl Comparison {
    /// Pairs that only the second joins.
    pub fn joined(&self) -> u128 {
        self.together.1 - self.together_in_both
    }

    /// Pairs that only the first joins.
    pub fn split(&self) -> u128 {
        self.together.0 - self.together_in_both
    }

    pub fn pairs(&self) -> u128 {
        pairs(self.addresses)
    }

    /// The share of pairs that both treat alike (Rand 1971); 1 where there are no pairs.
    pub fn rand(&self) -> f64 {
        match self.pairs() {
            0 => 1.0,
            pairs => (pairs - self.joined() - self.split()) as f64 / pairs as f64,
        }
    }

    /// The Rand index less what chance would give (Hubert and Arabie 1985); 1 where both are the same.
    pub fn adjusted_rand(&self) -> f64 {
        let (first, second) = (self.together.0 as f64, self.together.1 as f64);
        if self.joined() == 0 && self.split() == 0 {
            return 1.0;
        }
        let expected = first * second / self.pairs() as f64;
        (self.together_in_both as f64 - expected) / ((first + second) / 2.0 - expected)
    }
}

impl Comparison {
    /// The clusters that moved: change ("split" or "joined"), cluster_id, size, parts, pairs.
    pub fn table(&self) -> Table {
        let amount = |name, value: fn(&Moved) -> u64| columns::amount(name, self.moved.iter().map(value));
        columns::ready([
            columns::text("change", self.moved.iter().map(|moved| if moved.split { "split" } else { "joined" })),
            amount("cluster_id", |moved| moved.name.0 as u64),
            amount("size", |moved| moved.size),
            amount("parts", |moved| moved.parts),
            columns::float64("pairs", self.moved.iter().map(|moved| moved.pairs as f64)),
        ])
    }
}

/// How many clusters that moved are told at most.
const MOVED: usize = 1000;

impl Clusters {
    /// Compares with other clusters of the same chain, over the addresses that both know.
    pub fn compare(&self, other: &Clusters) -> Result<Comparison> {
        if !self.chain().agrees_with(other.chain())? {
            return Err(Error::Invalid { what: "these are clusters of different chains; compare clusters of one".into() });
        }
        let both = self.labels().iter().zip(other.labels());
        let mut labels: Vec<(u32, u32)> = both.map(|(first, second)| (*first, *second)).collect();
        let addresses = labels.len() as u64;
        let (first, in_both, mut moved) = parts(&mut labels, true);
        labels.iter_mut().for_each(|pair| *pair = (pair.1, pair.0));
        let (second, _, joined) = parts(&mut labels, false);
        moved.extend(joined);
        moved.sort_unstable_by_key(|moved| (std::cmp::Reverse(moved.pairs), !moved.split, moved.name));
        moved.truncate(MOVED);
        Ok(Comparison { addresses, together: (first, second), together_in_both: in_both, moved })
    }
}

/// Of (own, other) labels: the pairs that are together by own labels, by both, and the clusters that are not whole in the other.
fn parts(labels: &mut [(u32, u32)], split: bool) -> (u128, u128, Vec<Moved>) {
    labels.sort_unstable();
    let (mut own, mut both, mut moved) = (0, 0, Vec::new());
    for cluster in labels.chunk_by(|a, b| a.0 == b.0) {
        let whole = pairs(cluster.len() as u64);
        let parts = cluster.chunk_by(|a, b| a.1 == b.1);
        let (kept, count) = parts.fold((0, 0), |(kept, count), part| (kept + pairs(part.len() as u64), count + 1));
        own += whole;
        both += kept;
        if count > 1 {
            let size = cluster.len() as u64;
            moved.push(Moved { split, name: AddrNum(cluster[0].0), size, parts: count, pairs: whole - kept });
        }
    }
    (own, both, moved)
}

fn pairs(addresses: u64) -> u128 {
    addresses as u128 * addresses.saturating_sub(1) as u128 / 2
}
