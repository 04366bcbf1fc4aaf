//! Clusters held against the owners of addresses: pairs, owner by owner, and what an analyst sees who takes the cluster with most of an
//! owner's addresses for all of him.
//!
//! The last follows the three measures of Lubbertsen, van Eeten and van Wegberg (Ghost Clusters, 2025), who held the clusters of a vendor
//! against seized servers: the overlap of addresses, the flows of money, and the roles of addresses.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use crate::chain::pieces::{go_on_or_stop, in_order};
use crate::chain::{BlockFacts, Facts};
use crate::cluster::Clusters;
use crate::error::{Error, Result};
use crate::evaluate::pairs::{Cell, Pairs, cells, count, received};
use crate::evaluate::truth::{Owners, Truth};
use crate::ids::{AddrNum, Height};

/// Clusters, and what is wrong with them.
#[derive(Clone)]
pub struct Evaluation {
    pub(super) clusters: Clusters,
    pub(super) known: Arc<Truth>,
    /// By owner's place: those of whom an address was paid.
    pub(super) owners: Arc<[OwnerFound]>,
    pub(super) received: Arc<[u64]>,
    pub by_addresses: Pairs,
    pub by_value: Pairs,
    /// Addresses of known owners, and how many owners those are.
    pub addresses: u64,
    pub known_owners: u64,
}

/// What became of one owner's addresses.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct OwnerFound {
    pub addresses: u64,
    /// Satoshi that they received.
    pub value: u64,
    /// How many clusters they are spread over.
    pub clusters: u64,
    /// Pairs of them that are together.
    pub pairs: u128,
    /// Addresses of other known owners in those clusters.
    pub foreign: u64,
    /// The cluster with most of them; of several, that with the smallest name.
    pub main: u32,
    /// Those that are in it, and how many of other known owners are.
    pub main_addresses: u64,
    pub main_foreign: u64,
}

/// Money of one owner, transaction by transaction, net of what moved within, in satoshi.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Money {
    pub received: u64,
    pub sent: u64,
    /// What of that came to, and from, his addresses in the main cluster.
    pub seen_received: u64,
    pub seen_sent: u64,
}

/// What a cluster shows, transaction by transaction, net of what moved within, in satoshi.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ShownMoney {
    pub received: u64,
    pub sent: u64,
}

impl Clusters {
    /// Holds them against what is known of the owners.
    pub fn evaluate(&self, known: Arc<Truth>, go_on: &mut dyn FnMut() -> bool) -> Result<Evaluation> {
        known.check(self.chain())?;
        let owners = known.need_owners()?;
        let received = received(self.chain(), go_on)?;
        let cells = cells(self.labels(), owners, &received);
        go_on_or_stop(go_on)?;
        if cells.is_empty() {
            let height = self.chain().height();
            let what = format!("no address of the truth is among those of these clusters, up to height {height}");
            return Err(Error::Invalid { what: format!("{what}; give the truth of this chain") });
        }
        let (by_addresses, by_value) = count(&cells, owners.names.len());
        let found = owners_found(&cells, owners);
        Ok(Evaluation {
            clusters: self.clone(),
            addresses: cells.iter().map(|cell| cell.addresses).sum(),
            known_owners: found.iter().filter(|owner| owner.addresses > 0).count() as u64,
            owners: found.into(),
            received: received.into(),
            known,
            by_addresses,
            by_value,
        })
    }
}

fn owners_found(cells: &[Cell], owners: &Owners) -> Vec<OwnerFound> {
    let mut found = vec![OwnerFound::default(); owners.names.len()];
    for cluster in cells.chunk_by(|a, b| a.cluster == b.cluster) {
        let all: u64 = cluster.iter().map(|cell| cell.addresses).sum();
        for cell in cluster {
            let owner = &mut found[cell.owner as usize];
            owner.addresses += cell.addresses;
            owner.value += cell.value;
            owner.clusters += 1;
            owner.pairs += cell.addresses as u128 * (cell.addresses - 1) as u128 / 2;
            owner.foreign += all - cell.addresses;
            // Clusters come by their names, so the first of several is the one with the smallest.
            if cell.addresses > owner.main_addresses {
                (owner.main, owner.main_addresses, owner.main_foreign) = (cell.cluster, cell.addresses, all - cell.addresses);
            }
        }
    }
    found
}

impl Evaluation {
    pub fn clusters(&self) -> &Clusters {
        &self.clusters
    }

    pub fn known(&self) -> &Truth {
        &self.known
    }

    pub(super) fn owners_of(&self) -> &Owners {
        self.known.owners.as_ref().expect("it was made with owners")
    }

    /// Whether an address of an owner is in his main cluster.
    #[inline]
    fn is_found(&self, address: AddrNum, owner: u32) -> bool {
        self.clusters.labels()[address.0 as usize] == self.owners[owner as usize].main
    }

    /// The money of each owner, by his place, and what his main cluster shows, by its name.
    pub fn money(&self, threads: usize, go_on: &mut dyn FnMut() -> bool) -> Result<(Vec<Money>, HashMap<u32, ShownMoney>)> {
        let chain = self.clusters.chain();
        let mut main = vec![false; self.clusters.labels().len()];
        let paid = self.owners.iter().filter(|owner| owner.addresses > 0);
        paid.for_each(|owner| main[owner.main as usize] = true);
        let (mut money, mut shown) = (vec![Money::default(); self.owners.len()], HashMap::new());
        in_order(
            &chain.pieces(0)?,
            threads,
            |heights| self.money_in(heights.clone(), &main),
            |(owners, clusters)| {
                owners.into_iter().for_each(|(owner, part)| money[owner as usize].add(&part));
                clusters
                    .into_iter()
                    .for_each(|(cluster, part)| shown.entry(cluster).or_insert_with(ShownMoney::default).add(&part));
                go_on_or_stop(go_on)
            },
        )?;
        Ok((money, shown))
    }

    fn money_in(&self, heights: Range<u64>, main: &[bool]) -> Result<(HashMap<u32, Money>, HashMap<u32, ShownMoney>)> {
        let (mut owners, mut clusters) = (HashMap::<u32, Money>::new(), HashMap::<u32, ShownMoney>::new());
        let (mut block, mut moves) = (BlockFacts::default(), Moves::default());
        for height in heights {
            block.gather(self.clusters.chain(), Height(height as u32))?;
            for facts in block.transactions() {
                self.moves_of(&facts, main, &mut moves);
                for (owner, part) in net(&mut moves.owners) {
                    owners.entry(owner).or_default().add(&part.money());
                }
                for (cluster, part) in net(&mut moves.clusters) {
                    clusters.entry(cluster).or_default().add(&part.shown());
                }
            }
        }
        Ok((owners, clusters))
    }

    fn moves_of(&self, facts: &Facts<'_>, main: &[bool], moves: &mut Moves) {
        moves.owners.clear();
        moves.clusters.clear();
        let (owners, labels) = (self.owners_of(), self.clusters.labels());
        let ins = facts.outputs.iter().map(|output| (output.address, output.value, 0));
        let outs = facts.inputs.iter().map(|input| (input.address, 0, input.value));
        for (address, to, from) in ins.chain(outs) {
            if let Some(owner) = owners.of(address) {
                let seen = u64::from(self.is_found(address, owner));
                moves.owners.push((owner, Move { to, from, seen_to: to * seen, seen_from: from * seen }));
            }
            let label = labels[address.0 as usize];
            if main[label as usize] {
                moves.clusters.push((label, Move { to, from, ..Move::default() }));
            }
        }
    }
}

/// What a transaction moves to and from one owner or cluster, and of that to and from the addresses that are found.
#[derive(Clone, Copy, Default)]
struct Move {
    to: u64,
    from: u64,
    seen_to: u64,
    seen_from: u64,
}

#[derive(Default)]
struct Moves {
    owners: Vec<(u32, Move)>,
    clusters: Vec<(u32, Move)>,
}

/// The moves of a transaction, summed by whose they are.
fn net(moves: &mut [(u32, Move)]) -> impl Iterator<Item = (u32, Move)> {
    moves.sort_by_key(|(whose, _)| *whose);
    moves.chunk_by(|a, b| a.0 == b.0).map(|moves| {
        let sum = moves.iter().fold(Move::default(), |sum, (_, part)| Move {
            to: sum.to + part.to,
            from: sum.from + part.from,
            seen_to: sum.seen_to + part.seen_to,
            seen_from: sum.seen_from + part.seen_from,
        });
        (moves[0].0, sum)
    })
}

impl Move {
    /// Of what came in or went out, no more is seen than what the addresses that are found took or gave.
    fn money(&self) -> Money {
        let (received, sent) = (self.to.saturating_sub(self.from), self.from.saturating_sub(self.to));
        Money { received, sent, seen_received: received.min(self.seen_to), seen_sent: sent.min(self.seen_from) }
    }

    fn shown(&self) -> ShownMoney {
        ShownMoney { received: self.to.saturating_sub(self.from), sent: self.from.saturating_sub(self.to) }
    }
}

impl Money {
    fn add(&mut self, other: &Money) {
        self.received += other.received;
        self.sent += other.sent;
        self.seen_received += other.seen_received;
        self.seen_sent += other.seen_sent;
    }
}

impl ShownMoney {
    fn add(&mut self, other: &ShownMoney) {
        self.received += other.received;
        self.sent += other.sent;
    }
}
