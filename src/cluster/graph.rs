//! The graph of all evidence, not only of that which joined: which transactions join an address with which others. It is looked up as it
//! is walked, address by address.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet, VecDeque};
use std::ops::Range;
use std::rc::Rc;

use crate::chain::pieces::{go_on_or_stop, in_order};
use crate::chain::{Chain, End};
use crate::cluster::edges::Edges;
use crate::cluster::forest::JoinEdge;
use crate::cluster::proof::ProofStep;
use crate::cluster::{Clusters, Rule};
use crate::error::{Error, Result};
use crate::ids::{AddrNum, TxNum};

pub(super) struct Graph<'a> {
    chain: &'a Chain,
    edges: Edges<'a>,
    co_spend: Option<u8>,
    /// Where addresses are taken for change, and same-key edges at both of their ends; by address.
    change: Vec<(AddrNum, TxNum)>,
    same_key: Vec<(AddrNum, JoinEdge)>,
    refused: HashSet<(TxNum, AddrNum, AddrNum)>,
    /// What transactions join, as far as it was asked for.
    joined: RefCell<HashMap<TxNum, Joined>>,
}

/// Addresses that a transaction joins, the one that all edges begin at first, with the rules.
type Joined = Rc<[(AddrNum, u8)]>;

/// What leads from an address to others.
enum Way {
    /// All that a transaction joins.
    Transaction(TxNum),
    /// One other address, whatever transactions there are.
    Key(JoinEdge),
}

impl<'a> Graph<'a> {
    pub fn of(clusters: &'a Clusters, go_on: &mut dyn FnMut() -> bool) -> Result<Graph<'a>> {
        let (chain, settings, threads) = (clusters.chain(), clusters.settings(), clusters.threads);
        let edges = Edges::prepare(chain, settings, TxNum(0), threads, go_on)?;
        let mut change = Vec::new();
        if edges.has_change() {
            let is_change = |edge: &JoinEdge| matches!(settings.rules[edge.rule as usize], Rule::Change(_));
            let work = |piece: &Range<u64>| edges.of_blocks(piece.clone());
            in_order(&chain.pieces(0)?, threads, work, |edges| {
                change.extend(edges.iter().filter(|edge| is_change(edge)).map(|edge| (edge.right, edge.transaction)));
                go_on_or_stop(go_on)
            })?;
            change.sort_unstable();
        }
        let both_ends = edges.same_key().iter().flat_map(|edge| [(edge.left, *edge), (edge.right, *edge)]);
        let mut same_key: Vec<(AddrNum, JoinEdge)> = both_ends.collect();
        same_key.sort_unstable_by_key(|(address, edge)| (*address, edge.left, edge.right));
        let refused = clusters.refused().iter().map(|refused| key(&refused.edge)).collect();
        Ok(Graph { chain, edges, co_spend: settings.co_spend(), change, same_key, refused, joined: RefCell::default() })
    }

    /// The ways from an address, in chain order.
    fn ways(&self, address: AddrNum) -> Result<Vec<Way>> {
        let mut outputs = Vec::new();
        self.chain.outputs_to(address, &mut outputs);
        let mut transactions: Vec<TxNum> = self.change[range(&self.change, address)].iter().map(|(_, tx)| *tx).collect();
        for output in outputs {
            if let End::Spent(tx) = self.chain.end_of(output)? {
                transactions.push(tx);
            }
        }
        transactions.sort_unstable();
        transactions.dedup();
        let keys = self.same_key[range(&self.same_key, address)].iter().map(|(_, edge)| edge);
        let keys = keys.filter(|edge| !self.refused.contains(&key(edge))).map(|edge| Way::Key(*edge));
        Ok(transactions.into_iter().map(Way::Transaction).chain(keys).collect())
    }

    fn joined_by(&self, transaction: TxNum) -> Result<Joined> {
        if let Some(known) = self.joined.borrow().get(&transaction) {
            return Ok(known.clone());
        }
        let mut edges = Vec::new();
        self.edges.of_transaction(transaction, &mut edges)?;
        edges.retain(|edge| !self.refused.contains(&key(edge)));
        let first = edges.first().map(|edge| (edge.left, self.co_spend.unwrap_or(edge.rule)));
        let joined: Joined = first.into_iter().chain(edges.iter().map(|edge| (edge.right, edge.rule))).collect();
        self.joined.borrow_mut().insert(transaction, joined.clone());
        Ok(joined)
    }

    /// The steps of a way with the fewest.
    pub fn shortest(&self, a: AddrNum, b: AddrNum, go_on: &mut dyn FnMut() -> bool) -> Result<Vec<ProofStep>> {
        let mut before: HashMap<AddrNum, ProofStep> = HashMap::new();
        let (mut taken, mut queue) = (HashSet::new(), VecDeque::from([a]));
        while let Some(from) = queue.pop_front() {
            if from == b {
                break;
            }
            go_on_or_stop(go_on)?;
            let mut step = |to: AddrNum, transaction, rule| {
                if to != a && !before.contains_key(&to) {
                    before.insert(to, ProofStep { from, to, transaction, rule });
                    queue.push_back(to);
                }
            };
            for way in self.ways(from)? {
                match way {
                    Way::Key(edge) => step(other_end(&edge, from), edge.transaction, edge.rule),
                    Way::Transaction(transaction) if taken.insert(transaction) => {
                        let joined = self.joined_by(transaction)?;
                        let Some((_, own)) = joined.iter().find(|(address, _)| *address == from) else { continue };
                        // Where one of the two is an output, its rule is the reason.
                        let reason = |rule: u8| if Some(rule) == self.co_spend { *own } else { rule };
                        joined.iter().for_each(|(to, rule)| step(*to, transaction, reason(*rule)));
                    }
                    Way::Transaction(_) => {}
                }
            }
        }
        let (mut steps, mut at) = (Vec::new(), b);
        while at != a {
            let step = before.get(&at).ok_or_else(|| self.no_way())?;
            steps.push(*step);
            at = step.from;
        }
        steps.reverse();
        Ok(steps)
    }

    /// The transactions on every way. They stand on the shortest one. Along it, what can be reached from a place without the rest of the
    /// way tells how far a detour gets; a place that no detour from before it passes is on every way.
    pub fn bridges(&self, a: AddrNum, b: AddrNum, go_on: &mut dyn FnMut() -> bool) -> Result<Vec<TxNum>> {
        let way = self.places(a, b, go_on)?;
        let place_of: HashMap<Place, usize> = way.iter().enumerate().map(|(i, place)| (*place, i)).collect();
        let (mut seen, mut farthest, mut bridges) = (HashSet::new(), 0, Vec::new());
        for (i, place) in way.iter().enumerate() {
            if let (Place::Transaction(tx), true) = (place, farthest == i) {
                bridges.push(*tx);
            }
            let mut open = vec![*place];
            while let Some(place) = open.pop() {
                go_on_or_stop(go_on)?;
                for next in self.beside(place)? {
                    match place_of.get(&next) {
                        Some(place) => farthest = farthest.max(*place),
                        None if seen.insert(next) => open.push(next),
                        None => {}
                    }
                }
            }
        }
        bridges.sort_unstable();
        Ok(bridges)
    }

    /// The addresses and transactions of a shortest way.
    fn places(&self, a: AddrNum, b: AddrNum, go_on: &mut dyn FnMut() -> bool) -> Result<Vec<Place>> {
        let mut places = vec![Place::Address(a)];
        for step in self.shortest(a, b, go_on)? {
            if !self.is_key_step(&step) {
                places.push(Place::Transaction(step.transaction));
            }
            places.push(Place::Address(step.to));
        }
        Ok(places)
    }

    fn is_key_step(&self, step: &ProofStep) -> bool {
        let edges = &self.same_key[range(&self.same_key, step.from)];
        edges.iter().any(|(_, edge)| other_end(edge, step.from) == step.to && edge.rule == step.rule)
    }

    fn beside(&self, place: Place) -> Result<Vec<Place>> {
        Ok(match place {
            Place::Transaction(tx) => self.joined_by(tx)?.iter().map(|(address, _)| Place::Address(*address)).collect(),
            Place::Address(address) => {
                let ways = self.ways(address)?.into_iter();
                let mut places = Vec::with_capacity(ways.len());
                for way in ways {
                    match way {
                        Way::Key(edge) => places.push(Place::Address(other_end(&edge, address))),
                        // What was refused, or left out as a CoinJoin, joins nothing.
                        Way::Transaction(tx) => {
                            if self.joined_by(tx)?.iter().any(|(joined, _)| *joined == address) {
                                places.push(Place::Transaction(tx));
                            }
                        }
                    }
                }
                places
            }
        })
    }

    fn no_way(&self) -> Error {
        Error::corrupt(self.chain.store().folder(), "has kept clusters that its transactions do not bear out")
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Place {
    Address(AddrNum),
    Transaction(TxNum),
}

fn key(edge: &JoinEdge) -> (TxNum, AddrNum, AddrNum) {
    (edge.transaction, edge.left, edge.right)
}

fn other_end(edge: &JoinEdge, address: AddrNum) -> AddrNum {
    if edge.left == address { edge.right } else { edge.left }
}

/// The rows of an address in a list that is sorted by address.
fn range<T>(rows: &[(AddrNum, T)], address: AddrNum) -> Range<usize> {
    rows.partition_point(|(a, _)| *a < address)..rows.partition_point(|(a, _)| *a <= address)
}
