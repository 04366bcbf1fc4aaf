//! Clusters: addresses joined by rules, with the reason for every join.
//!
//! [`Forest`] is the structure that everything here is read from. [`Clusters`] is a forest as of a height, with a label for each address:
//! the name of its cluster, which is the cluster's smallest address number. So names are the same on any machine, and stay when
//! clusters grow, unless one is joined to a cluster with a smaller name.

mod build;
mod cannot_link;
mod compare;
mod edges;
mod forest;
mod graph;
mod kept;
mod labels;
mod proof;
pub mod recipe;
mod same_key;
mod settings;
mod table;
mod transfers;
mod wallet;

use std::sync::{Arc, OnceLock};

use sha2::{Digest, Sha256};

use crate::chain::Chain;
use crate::error::{Error, Result};
use crate::ids::{AddrNum, TxNum};
use crate::recipe::Recipe;
use crate::script::Kind;

use build::Built;
pub use cannot_link::{CannotLink, Contradiction, Refused};
pub use compare::Comparison;
pub use forest::{Forest, JoinEdge};
use kept::Kept;
use labels::Members;
pub use proof::{Proof, ProofStep};
pub use same_key::{hash_of, shown_uncompressed};
pub use settings::{CoinJoins, NAMES, Rule, Settings};
pub use table::Totals;
pub use transfers::Transfer;
pub use wallet::Wallet;

/// Clusters of a chain's addresses, as of its height.
#[derive(Clone)]
pub struct Clusters {
    chain: Chain,
    settings: Arc<Settings>,
    recipe: Arc<Recipe>,
    threads: usize,
    shared: Arc<Shared>,
    /// How many links of the forest, and refused unions, are as of the chain's height.
    links: u32,
    refused: usize,
    labels: Arc<[u32]>,
    count: u64,
    members: Arc<OnceLock<Members>>,
    /// The sums of the large clusters.
    large: Arc<OnceLock<Vec<Totals>>>,
}

/// What clusters of several heights share.
struct Shared {
    forest: Forest,
    refused: Vec<Refused>,
    /// The chain that it was made of.
    chain: Chain,
}

impl Chain {
    /// Joins the chain's addresses by the rules of the settings. What was kept beside the store is taken up, and what is new is kept.
    pub fn cluster(&self, settings: Settings, threads: usize, go_on: &mut dyn FnMut() -> bool) -> Result<Clusters> {
        let kept = Kept::of(self, &settings)?;
        let loaded = kept.load(self, settings.is_dynamic());
        let further = loaded.as_ref().is_some_and(|loaded| loaded.further);
        let (start, segments) = loaded.map_or_else(Default::default, |loaded| loaded.into_parts());
        let grows = start.blocks < self.counts().blocks;
        let built = if grows { start.extend(self, &settings, threads, go_on)? } else { start };
        if grows && !further {
            kept.save(self, &built, segments);
        }
        Clusters::of(self, settings, threads, built)
    }

    /// The same from nothing, without looking at what is kept, and without keeping it.
    pub fn cluster_anew(&self, settings: Settings, threads: usize, go_on: &mut dyn FnMut() -> bool) -> Result<Clusters> {
        let built = Built::default().extend(self, &settings, threads, go_on)?;
        Clusters::of(self, settings, threads, built)
    }
}

impl Clusters {
    fn of(chain: &Chain, settings: Settings, threads: usize, built: Built) -> Result<Clusters> {
        let shared = Shared { forest: built.forest, refused: built.refused, chain: chain.clone() };
        Clusters::as_of(chain.clone(), Arc::new(settings), threads, Arc::new(shared))
    }

    fn as_of(chain: Chain, settings: Arc<Settings>, threads: usize, shared: Arc<Shared>) -> Result<Clusters> {
        let end = TxNum(chain.counts().transactions as u32);
        let links = shared.forest.links().partition_point(|link| link.transaction < end);
        let refused = shared.refused.partition_point(|refused| refused.edge.transaction < end);
        let labels = labels::labels(&shared.forest, chain.counts().addresses as usize, links as u32);
        let nobodys = (0..chain.counts().addresses as u32).filter(|address| is_nobodys(&chain, AddrNum(*address))).count() as u64;
        let count = chain.counts().addresses - links as u64 - nobodys;
        Ok(Clusters {
            recipe: Arc::new(settings.recipe(&chain)?),
            chain,
            settings,
            threads,
            shared,
            links: links as u32,
            refused,
            labels: labels.into(),
            count,
            members: Arc::default(),
            large: Arc::default(),
        })
    }

    /// The clusters as they were at an earlier height. Not for rules that look at later spends: what those join as of a height is not
    /// a part of what they join as of a later one.
    pub fn at_height(&self, height: i64) -> Result<Clusters> {
        let chain = &self.shared.chain;
        if height > chain.height().0 as i64 {
            return Err(Error::Invalid {
                what: format!(
                    "these clusters are as of height {}, so they do not tell those of height {height}; cluster a chain of that height",
                    chain.height()
                ),
            });
        }
        if self.settings.is_dynamic() && height != self.chain.height().0 as i64 {
            return Err(Error::Invalid {
                what: format!(
                    "these clusters come from rules that look at later spends, so they do not tell those of another height; use chain.at({height}).cluster(...)"
                ),
            });
        }
        Clusters::as_of(chain.at_height(height)?, self.settings.clone(), self.threads, self.shared.clone())
    }

    /// Whether they are of this chain at this height, in this store.
    pub fn is_of(&self, chain: &Chain) -> bool {
        Arc::ptr_eq(self.chain.store(), chain.store()) && self.chain.height() == chain.height()
    }

    /// Whether others are as of the same height, by the same rules.
    pub fn is_same(&self, other: &Clusters) -> bool {
        self.recipe == other.recipe
    }

    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    /// The call that makes them again.
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// How many clusters there are, those of one address included. Data outputs (OP_RETURN) are nobody's, and no clusters.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The label of each address: its cluster's name.
    pub fn labels(&self) -> &[u32] {
        &self.labels
    }

    /// The name of an address's cluster.
    #[inline]
    pub fn name_of(&self, address: AddrNum) -> Result<AddrNum> {
        let label = self.labels.get(address.0 as usize);
        label.map(|label| AddrNum(*label)).ok_or_else(|| Error::Invalid {
            what: format!("address number {address} is not among the first {} of these clusters", self.labels.len()),
        })
    }

    /// The members of the cluster of a name, ascending; none for a number that is not a name.
    pub fn members(&self, name: AddrNum) -> impl ExactSizeIterator<Item = AddrNum> + use<'_> {
        let members = if (name.0 as usize) < self.labels.len() { self.index().of_cluster(name) } else { &[] };
        members.iter().copied().map(AddrNum)
    }

    /// How many addresses the cluster of an address has.
    pub fn size_of(&self, address: AddrNum) -> Result<u32> {
        Ok(self.index().size(self.name_of(address)?))
    }

    fn index(&self) -> &Members {
        self.members.get_or_init(|| Members::of(&self.labels))
    }

    /// The forest that the clusters are read from; only its links made until the height count.
    pub fn forest(&self) -> &Forest {
        &self.shared.forest
    }

    /// The edges that joined two clusters, in chain order.
    pub fn links(&self) -> &[JoinEdge] {
        &self.shared.forest.links()[..self.links as usize]
    }

    /// The unions that were refused, in chain order.
    pub fn refused(&self) -> &[Refused] {
        &self.shared.refused[..self.refused]
    }

    /// The rule of an edge, by name.
    pub fn rule_name(&self, edge: &JoinEdge) -> String {
        self.settings.rules.get(edge.rule as usize).map_or_else(String::new, |rule| rule.name())
    }

    /// SHA-256 over the recipe, the labels and the evidence: the same for any number of threads, on any machine.
    pub fn digest(&self) -> Result<[u8; 32]> {
        let mut hash = Sha256::new();
        hash.update(format!("satrail clusters 2\n{}\n", self.recipe.digest()?));
        let mut numbers = Vec::new();
        for labels in self.labels.chunks(1 << 16) {
            numbers.clear();
            numbers.extend(labels.iter().flat_map(|label| label.to_le_bytes()));
            hash.update(&numbers);
        }
        for edge in self.links().iter().chain(self.refused().iter().map(|refused| &refused.edge)) {
            [edge.transaction.0, edge.left.0, edge.right.0, edge.rule as u32].iter().for_each(|n| hash.update(n.to_le_bytes()));
        }
        Ok(hash.finalize().into())
    }
}

/// Whether an address is a script that nobody can ever spend from.
fn is_nobodys(chain: &Chain, address: AddrNum) -> bool {
    chain.kind_of(address).is_ok_and(|kind| kind == Kind::OpReturn)
}
