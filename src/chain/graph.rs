//! The chain as a graph of transactions, for any algorithm that asks for petgraph's visit traits; nothing is copied.
//!
//! A node is a transaction ([`TxNum`]), an edge is an output that was spent ([`Spend`]): it leads from the transaction that made
//! the output to the one that spends it, and weighs its value in satoshi. Two transactions have an edge for each output between
//! them. Nodes are numbered in chain order, so every edge leads to a greater number, and the numbers are a topological order. All
//! is as of the chain's height.
//!
//! petgraph's traits know no errors, so what a damaged store cannot tell is not an edge here: nothing panics, and a walk is short.
//! Run `verify` on a store whose answers matter. A node beyond the chain's last has no edges.
//!
//! ```no_run
//! use petgraph::visit::{Bfs, Reversed};
//! # let chain = satrail::chain::Chain::open(std::path::Path::new("mainnet.satrail")).unwrap();
//! let mut before = Bfs::new(Reversed(&chain), satrail::ids::TxNum(300));
//! while let Some(transaction) = before.next(Reversed(&chain)) {
//!     println!("{transaction}");
//! }
//! ```

use std::ops::Range;

use petgraph::visit::{
    Data, EdgeCount, EdgeIndexable, EdgeRef, GraphBase, GraphProp, IntoEdgeReferences, IntoEdges, IntoEdgesDirected, IntoNeighbors,
    IntoNeighborsDirected, IntoNodeIdentifiers, IntoNodeReferences, NodeCompactIndexable, NodeCount, NodeIndexable, VisitMap,
    Visitable,
};
use petgraph::{Directed, Direction};

use crate::chain::{Chain, End};
use crate::error::Result;
use crate::ids::{InNum, OutNum, TxNum};

/// An output that was spent, as an edge.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Spend {
    pub output: OutNum,
    /// The transaction that made the output, and the one that spends it.
    pub from: TxNum,
    pub to: TxNum,
    /// Satoshi.
    pub value: u64,
}

impl Chain {
    /// The edge of an output of a transaction, if it was spent.
    #[inline]
    fn spend_of(&self, from: TxNum, output: OutNum) -> Result<Option<Spend>> {
        let End::Spent(to) = self.end_of(output)? else { return Ok(None) };
        Ok((from < to).then_some(Spend { output, from, to, value: self.value_of(output)? }))
    }

    /// The edge of an input of a transaction, if it is not that of a coinbase.
    #[inline]
    fn spend_by(&self, to: TxNum, input: InNum) -> Result<Option<Spend>> {
        let Some(output) = self.spends(input)? else { return Ok(None) };
        let from = self.transaction_of(output)?;
        Ok((from < to).then_some(Spend { output, from, to, value: self.value_of(output)? }))
    }

    /// The outputs or the inputs of a transaction; none where there is no such transaction.
    fn rows_of(&self, node: TxNum, direction: Direction) -> Range<u64> {
        if node.row() >= self.counts().transactions {
            return 0..0;
        }
        let rows = match direction {
            Direction::Outgoing => self.outputs_of(node).map(|outputs| outputs.rows()),
            Direction::Incoming => self.inputs_of(node).map(|inputs| inputs.rows()),
        };
        rows.unwrap_or(0..0)
    }
}

/// The edges of a transaction, in the order of its outputs or its inputs.
#[derive(Clone)]
pub struct Spends<'a> {
    chain: &'a Chain,
    node: TxNum,
    direction: Direction,
    rows: Range<u64>,
}

impl Iterator for Spends<'_> {
    type Item = Spend;

    #[inline]
    fn next(&mut self) -> Option<Spend> {
        let (chain, node, direction) = (self.chain, self.node, self.direction);
        self.rows.find_map(|row| {
            let edge = match direction {
                Direction::Outgoing => chain.spend_of(node, OutNum(row)),
                Direction::Incoming => chain.spend_by(node, InNum(row)),
            };
            edge.unwrap_or(None)
        })
    }
}

/// The transactions at the other ends of a transaction's edges, one for each edge.
#[derive(Clone)]
pub struct Neighbors<'a>(Spends<'a>);

impl Iterator for Neighbors<'_> {
    type Item = TxNum;

    #[inline]
    fn next(&mut self) -> Option<TxNum> {
        let edge = self.0.next()?;
        Some(if self.0.direction == Direction::Outgoing { edge.to } else { edge.from })
    }
}

/// All transactions, in chain order.
#[derive(Clone)]
pub struct Transactions(Range<u32>);

impl Iterator for Transactions {
    type Item = TxNum;

    #[inline]
    fn next(&mut self) -> Option<TxNum> {
        self.0.next().map(TxNum)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

/// All transactions as nodes without weights.
#[derive(Clone)]
pub struct Nodes(Transactions);

impl Iterator for Nodes {
    type Item = (TxNum, ());

    fn next(&mut self) -> Option<(TxNum, ())> {
        self.0.next().map(|node| (node, ()))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

/// All edges, in the order of their outputs.
#[derive(Clone)]
pub struct AllSpends<'a> {
    nodes: Transactions,
    edges: Spends<'a>,
}

impl Iterator for AllSpends<'_> {
    type Item = Spend;

    fn next(&mut self) -> Option<Spend> {
        loop {
            if let Some(edge) = self.edges.next() {
                return Some(edge);
            }
            self.edges = self.edges.chain.edges(self.nodes.next()?);
        }
    }
}

/// A bit for each transaction.
#[derive(Clone, Debug, Default)]
pub struct Visited(Vec<u64>);

impl VisitMap<TxNum> for Visited {
    fn visit(&mut self, node: TxNum) -> bool {
        let (word, bit) = (node.0 as usize / 64, 1 << (node.0 % 64));
        if word >= self.0.len() {
            self.0.resize(word + 1, 0);
        }
        let is_new = self.0[word] & bit == 0;
        self.0[word] |= bit;
        is_new
    }

    fn is_visited(&self, node: &TxNum) -> bool {
        self.0.get(node.0 as usize / 64).is_some_and(|word| word >> (node.0 % 64) & 1 == 1)
    }

    fn unvisit(&mut self, node: TxNum) -> bool {
        let was_visited = self.is_visited(&node);
        if was_visited {
            self.0[node.0 as usize / 64] &= !(1 << (node.0 % 64));
        }
        was_visited
    }
}

impl EdgeRef for Spend {
    type NodeId = TxNum;
    type EdgeId = OutNum;
    type Weight = u64;

    fn source(&self) -> TxNum {
        self.from
    }

    fn target(&self) -> TxNum {
        self.to
    }

    fn weight(&self) -> &u64 {
        &self.value
    }

    fn id(&self) -> OutNum {
        self.output
    }
}

impl GraphBase for Chain {
    type NodeId = TxNum;
    type EdgeId = OutNum;
}

impl GraphProp for Chain {
    type EdgeType = Directed;
}

impl Data for Chain {
    type NodeWeight = ();
    type EdgeWeight = u64;
}

impl NodeCount for Chain {
    fn node_count(&self) -> usize {
        self.counts().transactions as usize
    }
}

impl NodeIndexable for Chain {
    fn node_bound(&self) -> usize {
        self.node_count()
    }

    fn to_index(&self, node: TxNum) -> usize {
        node.0 as usize
    }

    fn from_index(&self, index: usize) -> TxNum {
        TxNum(index as u32)
    }
}

impl NodeCompactIndexable for Chain {}

/// Every input but the one of each block's coinbase spends an output.
impl EdgeCount for Chain {
    fn edge_count(&self) -> usize {
        self.counts().inputs.saturating_sub(self.counts().blocks) as usize
    }
}

impl EdgeIndexable for Chain {
    fn edge_bound(&self) -> usize {
        self.counts().outputs as usize
    }

    fn to_index(&self, edge: OutNum) -> usize {
        edge.0 as usize
    }

    fn from_index(&self, index: usize) -> OutNum {
        OutNum(index as u64)
    }
}

impl Visitable for Chain {
    type Map = Visited;

    fn visit_map(&self) -> Visited {
        Visited(vec![0; self.node_count().div_ceil(64)])
    }

    fn reset_map(&self, map: &mut Visited) {
        *map = self.visit_map();
    }
}

impl IntoNodeIdentifiers for &Chain {
    type NodeIdentifiers = Transactions;

    fn node_identifiers(self) -> Transactions {
        Transactions(0..self.counts().transactions as u32)
    }
}

impl IntoNodeReferences for &Chain {
    type NodeRef = (TxNum, ());
    type NodeReferences = Nodes;

    fn node_references(self) -> Nodes {
        Nodes(self.node_identifiers())
    }
}

impl<'a> IntoNeighbors for &'a Chain {
    type Neighbors = Neighbors<'a>;

    fn neighbors(self, node: TxNum) -> Neighbors<'a> {
        Neighbors(self.edges(node))
    }
}

impl<'a> IntoNeighborsDirected for &'a Chain {
    type NeighborsDirected = Neighbors<'a>;

    fn neighbors_directed(self, node: TxNum, direction: Direction) -> Neighbors<'a> {
        Neighbors(self.edges_directed(node, direction))
    }
}

impl<'a> IntoEdgeReferences for &'a Chain {
    type EdgeRef = Spend;
    type EdgeReferences = AllSpends<'a>;

    fn edge_references(self) -> AllSpends<'a> {
        let none = Spends { chain: self, node: TxNum(0), direction: Direction::Outgoing, rows: 0..0 };
        AllSpends { nodes: self.node_identifiers(), edges: none }
    }
}

impl<'a> IntoEdges for &'a Chain {
    type Edges = Spends<'a>;

    fn edges(self, node: TxNum) -> Spends<'a> {
        self.edges_directed(node, Direction::Outgoing)
    }
}

impl<'a> IntoEdgesDirected for &'a Chain {
    type EdgesDirected = Spends<'a>;

    fn edges_directed(self, node: TxNum, direction: Direction) -> Spends<'a> {
        Spends { chain: self, node, direction, rows: self.rows_of(node, direction) }
    }
}
