//! The graph of a trace: who paid whom how much of the traced money, as an owned graph of petgraph.
//!
//! Edges lead from payer to payee, in the direction of time, whatever the direction of the trace. What a wallet or an address
//! moves to itself, its change, is not an edge; it is counted in the node.

mod balance;
mod choke;
mod choke_table;
mod cut;
mod level;
mod max_flow;
mod movements;
mod net;
mod path_table;
mod paths;
mod reaching;
pub mod recipe;
mod tables;
mod ways;
mod which;

pub use choke::ChokePoint;
pub use cut::Cut;
pub use level::{Holder, Level};
pub use movements::Movements;
pub use paths::{Best, Path};
pub use which::Which;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use petgraph::graph::{DiGraph, EdgeIndex, NodeIndex};

use crate::chain::pieces::go_on_or_stop;
use crate::error::Result;
use crate::ids::{Height, TxNum};
use crate::trace::Direction;
use crate::trace::graph::balance::{Held, held};
use crate::trace::graph::movements::add;
use crate::trace::place::{Movement, Place};

/// Movements between two questions whether to go on.
const EVERY: usize = 4096;

/// A transaction, an address or a wallet that traced money was at; or all fees, subsidies, and what was unclaimed or unexplained.
///
/// Money is conserved: `source + joined + amount_in = amount_out + held` where the trace goes out, and
/// `source + joined + amount_out = amount_in + held` where it goes in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Node {
    pub holder: Holder,
    /// The txid or the address; of a wallet the address that its cluster is named by; else the kind.
    pub name: String,
    /// The labels under which the stop set ended the trace here, joined as "a | b".
    pub label: Option<String>,
    /// Satoshi that the trace begins with here.
    pub source: u64,
    pub is_source: bool,
    /// Satoshi of the edges that lead here and away.
    pub amount_in: u64,
    pub amount_out: u64,
    /// Satoshi that it moved to itself.
    pub kept: u64,
    /// Satoshi with which the trace ended here, whatever the reason; what rejoined an output of the source is a part of it.
    pub held: u64,
    /// Satoshi that poison added here.
    pub joined: u64,
}

/// What moved from one node to another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Edge {
    /// Satoshi.
    pub amount: u64,
    /// How many transactions moved it, and when the first and the last of them were.
    pub transactions: u64,
    pub first_height: Height,
    pub last_height: Height,
    /// Seconds UTC, of the blocks.
    pub first_time: u32,
    pub last_time: u32,
}

/// Who paid whom in a trace.
#[derive(Clone)]
pub struct TraceGraph {
    level: Level,
    direction: Direction,
    graph: DiGraph<Node, Edge>,
}

impl Movements {
    /// The graph of the movements at a level. Nodes and edges stand in the order in which the money came to them, sources first.
    ///
    /// Fails at the level of wallets without clusters, and at the others where the policy keeps accounts of wallets.
    pub fn graph(&self, level: Level, go_on: &mut dyn FnMut() -> bool) -> Result<TraceGraph> {
        level.check(self)?;
        let mut builder = Builder { movements: self, level, graph: DiGraph::new(), nodes: HashMap::new(), edges: HashMap::new() };
        for (place, _) in self.source() {
            let node = builder.node_of(*place)?;
            builder.graph[node].is_source = true;
        }
        for (i, movement) in self.in_time().enumerate() {
            builder.add(&movement)?;
            if i % EVERY == 0 {
                go_on_or_stop(go_on)?;
            }
        }
        builder.finish(go_on)
    }
}

/// An edge before its blocks are looked up.
#[derive(Clone, Copy)]
struct Sum {
    amount: u64,
    transactions: u64,
    first: TxNum,
    last: TxNum,
}

struct Builder<'a> {
    movements: &'a Movements,
    level: Level,
    graph: DiGraph<Node, Sum>,
    nodes: HashMap<Holder, NodeIndex>,
    edges: HashMap<(NodeIndex, NodeIndex), EdgeIndex>,
}

impl Builder<'_> {
    fn node_of(&mut self, place: Place) -> Result<NodeIndex> {
        let holder = self.level.holder(self.movements, place)?;
        self.node(holder)
    }

    fn node(&mut self, holder: Holder) -> Result<NodeIndex> {
        if let Some(node) = self.nodes.get(&holder) {
            return Ok(*node);
        }
        let node = self.graph.add_node(Node {
            holder,
            name: holder.text(self.movements)?,
            label: None,
            source: 0,
            is_source: false,
            amount_in: 0,
            amount_out: 0,
            kept: 0,
            held: 0,
            joined: 0,
        });
        self.nodes.insert(holder, node);
        Ok(node)
    }

    /// Adds a movement; at the level of transactions it goes through the one that made it.
    fn add(&mut self, movement: &Movement) -> Result<()> {
        let (from, to) = (self.node_of(movement.from)?, self.node_of(movement.to)?);
        if self.level != Level::Transaction {
            return self.pay(from, to, movement);
        }
        let by = self.node(Holder::Transaction(movement.by))?;
        for (from, to) in [(from, by), (by, to)].into_iter().filter(|(from, to)| from != to) {
            self.pay(from, to, movement)?;
        }
        Ok(())
    }

    fn pay(&mut self, from: NodeIndex, to: NodeIndex, movement: &Movement) -> Result<()> {
        if from == to && movement.is_entry() {
            return Ok(());
        }
        if from == to {
            return add(&mut self.graph[from].kept, movement.amount);
        }
        add(&mut self.graph[from].amount_out, movement.amount)?;
        add(&mut self.graph[to].amount_in, movement.amount)?;
        let none = Sum { amount: 0, transactions: 0, first: movement.by, last: movement.by };
        let graph = &mut self.graph;
        let edge = *self.edges.entry((from, to)).or_insert_with(|| graph.add_edge(from, to, none));
        let sum = &mut self.graph[edge];
        sum.transactions += u64::from(sum.transactions == 0 || sum.last != movement.by);
        sum.last = movement.by;
        add(&mut sum.amount, movement.amount)
    }

    fn finish(mut self, go_on: &mut dyn FnMut() -> bool) -> Result<TraceGraph> {
        // In the order of the places, so that the sums cannot depend on that of a hash table.
        for (place, sums) in held(self.movements)?.into_iter().collect::<BTreeMap<_, _>>() {
            let node = self.node_of(place)?;
            self.graph[node].take(&sums)?;
        }
        let mut labels: BTreeMap<NodeIndex, BTreeSet<&str>> = BTreeMap::new();
        for (place, label) in self.movements.labels() {
            let holder = self.level.holder(self.movements, place)?;
            if let Some(node) = self.nodes.get(&holder) {
                labels.entry(*node).or_default().insert(label);
            }
        }
        for (node, labels) in labels {
            self.graph[node].label = Some(labels.into_iter().collect::<Vec<_>>().join(" | "));
        }
        go_on_or_stop(go_on)?;
        let edges = self.graph.edge_weights().map(|sum| sum.edge(self.movements)).collect::<Result<Vec<_>>>()?;
        let graph = self.graph.map_owned(|_, node| node, |edge, _| edges[edge.index()]);
        Ok(TraceGraph { level: self.level, direction: self.movements.direction(), graph })
    }
}

impl Node {
    fn take(&mut self, sums: &Held) -> Result<()> {
        add(&mut self.source, sums.source)?;
        add(&mut self.held, sums.held)?;
        add(&mut self.joined, sums.joined)
    }
}

impl Sum {
    fn edge(&self, movements: &Movements) -> Result<Edge> {
        let chain = movements.chain();
        let (first_height, last_height) = (chain.height_of(self.first)?, chain.height_of(self.last)?);
        Ok(Edge {
            amount: self.amount,
            transactions: self.transactions,
            first_height,
            last_height,
            first_time: chain.time_at(first_height)?,
            last_time: chain.time_at(last_height)?,
        })
    }
}

impl TraceGraph {
    pub fn level(&self) -> Level {
        self.level
    }

    /// The direction of the trace; the edges lead in the direction of time in both.
    pub fn direction(&self) -> Direction {
        self.direction
    }

    /// The graph itself, for petgraph's algorithms.
    pub fn graph(&self) -> &DiGraph<Node, Edge> {
        &self.graph
    }
}

impl std::fmt::Debug for TraceGraph {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (nodes, edges) = (self.graph.node_count(), self.graph.edge_count());
        write!(f, "TraceGraph({}, {nodes} nodes, {edges} edges)", self.level.name())
    }
}
