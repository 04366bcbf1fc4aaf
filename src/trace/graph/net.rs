//! The movements of a trace as a graph without circles, in which money is conserved at every node.
//!
//! A node is a place. An account is paid again after it has paid, so it becomes several nodes, one after the other in time, and
//! what stays in it is an edge to the next of them. An output of the source that the trace reaches again is entered once: what
//! came to it is a part of what is traced from there, so only the rest begins there.

use std::collections::HashMap;

use crate::apportion::Divider;
use crate::chain::pieces::go_on_or_stop;
use crate::error::{Error, Result};
use crate::trace::graph::EVERY;
use crate::trace::graph::movements::{Movements, add};
use crate::trace::place::Place;

/// Nodes and edges in the direction of the trace. All edges to a node stand before all edges from it.
pub(in crate::trace) struct Net {
    pub nodes: Vec<NetNode>,
    pub edges: Vec<NetEdge>,
    /// For each node, its edges by number.
    pub to: Lists,
    pub from: Lists,
}

/// A place at a time: `own + edges to it = edges from it + held`.
pub(in crate::trace) struct NetNode {
    pub place: Place,
    /// Satoshi that begin here, of the source or joined by poison.
    pub own: u64,
    /// Satoshi that end here.
    pub held: u64,
    pub is_source: bool,
}

pub(in crate::trace) struct NetEdge {
    pub from: u32,
    pub to: u32,
    pub amount: u64,
    /// The number of the movement; none for what stays in an account.
    pub row: Option<u32>,
}

/// Lists of edges, one for each node.
pub(in crate::trace) struct Lists {
    starts: Vec<u32>,
    edges: Vec<u32>,
}

impl Net {
    pub fn of(movements: &Movements) -> Result<Net> {
        let mut builder = Builder { source: movements.source().iter().copied().collect(), ..Builder::default() };
        for (place, _) in movements.source() {
            builder.node(*place, movements);
        }
        for (i, row) in movements.rows().iter().enumerate().filter(|(_, row)| row.amount > 0) {
            let from = builder.node(row.from, movements);
            let to = builder.arrive(row.to, movements)?;
            builder.edge(NetEdge { from, to, amount: row.amount, row: Some(i as u32) })?;
        }
        for place in movements.joined_places() {
            builder.node(place, movements);
        }
        builder.finish()
    }

    /// Visits every node once, after all nodes that have edges to it.
    pub fn forward(&self, go_on: &mut dyn FnMut() -> bool, mut visit: impl FnMut(usize, &mut Divider)) -> Result<()> {
        let (mut done, mut divider) = (vec![false; self.nodes.len()], Divider::default());
        for (i, edge) in self.edges.iter().enumerate() {
            if i % EVERY == 0 {
                go_on_or_stop(go_on)?;
            }
            if !std::mem::replace(&mut done[edge.from as usize], true) {
                visit(edge.from as usize, &mut divider);
            }
        }
        (0..self.nodes.len()).filter(|node| !done[*node]).for_each(|node| visit(node, &mut divider));
        Ok(())
    }

    /// Visits every node once, after all nodes that it has edges to.
    pub fn backward(&self, go_on: &mut dyn FnMut() -> bool, mut visit: impl FnMut(usize, &mut Divider)) -> Result<()> {
        let (mut done, mut divider) = (vec![false; self.nodes.len()], Divider::default());
        for (i, edge) in self.edges.iter().enumerate().rev() {
            if i % EVERY == 0 {
                go_on_or_stop(go_on)?;
            }
            if !std::mem::replace(&mut done[edge.to as usize], true) {
                visit(edge.to as usize, &mut divider);
            }
        }
        (0..self.nodes.len()).filter(|node| !done[*node]).for_each(|node| visit(node, &mut divider));
        Ok(())
    }
}

#[derive(Default)]
struct Builder {
    source: HashMap<Place, u64>,
    /// The node that each place is now.
    at: HashMap<Place, u32>,
    nodes: Vec<Sums>,
    edges: Vec<NetEdge>,
}

struct Sums {
    place: Place,
    source: u64,
    joined: u64,
    is_source: bool,
    came: u64,
    left: u64,
}

impl Sums {
    /// All that is here.
    fn total(&self) -> u64 {
        let came = self.came.saturating_add(self.joined);
        match self.place {
            Place::Account(_) => self.source.saturating_add(came).max(self.left),
            _ => self.source.max(came).max(self.left),
        }
    }
}

impl Builder {
    fn node(&mut self, place: Place, movements: &Movements) -> u32 {
        if let Some(node) = self.at.get(&place) {
            return *node;
        }
        let source = self.source.remove(&place);
        self.nodes.push(Sums {
            place,
            source: source.unwrap_or(0),
            is_source: source.is_some(),
            joined: movements.joined(place),
            came: 0,
            left: 0,
        });
        self.at.insert(place, self.nodes.len() as u32 - 1);
        self.nodes.len() as u32 - 1
    }

    /// The node that money comes to. An account that has paid already is a new one from here on.
    fn arrive(&mut self, place: Place, movements: &Movements) -> Result<u32> {
        let node = self.node(place, movements);
        let sums = &self.nodes[node as usize];
        if sums.left == 0 {
            return Ok(node);
        }
        if !matches!(place, Place::Account(_)) {
            return Err(Error::Invalid {
                what: format!("money comes to {place:?} after it has left; give the movements in the order of the trace"),
            });
        }
        let stays = sums.total() - sums.left;
        self.at.remove(&place);
        let next = self.node(place, movements);
        if stays > 0 {
            self.edge(NetEdge { from: node, to: next, amount: stays, row: None })?;
        }
        Ok(next)
    }

    fn edge(&mut self, edge: NetEdge) -> Result<()> {
        add(&mut self.nodes[edge.from as usize].left, edge.amount)?;
        add(&mut self.nodes[edge.to as usize].came, edge.amount)?;
        self.edges.push(edge);
        Ok(())
    }

    fn finish(self) -> Result<Net> {
        let node = |sums: &Sums| NetNode {
            place: sums.place,
            own: sums.total() - sums.came,
            held: sums.total() - sums.left,
            is_source: sums.is_source,
        };
        let nodes: Vec<NetNode> = self.nodes.iter().map(node).collect();
        let to = Lists::of(nodes.len(), self.edges.iter().map(|edge| edge.to));
        let from = Lists::of(nodes.len(), self.edges.iter().map(|edge| edge.from));
        Ok(Net { nodes, edges: self.edges, to, from })
    }
}

impl Lists {
    /// The numbers of the edges by one of their ends.
    pub fn of(nodes: usize, ends: impl Iterator<Item = u32> + Clone) -> Lists {
        let mut starts = vec![0u32; nodes + 1];
        ends.clone().for_each(|node| starts[node as usize + 1] += 1);
        for i in 1..starts.len() {
            starts[i] += starts[i - 1];
        }
        let (mut next, mut edges) = (starts.clone(), vec![0; starts[nodes] as usize]);
        for (edge, node) in ends.enumerate() {
            let place = &mut next[node as usize];
            edges[*place as usize] = edge as u32;
            *place += 1;
        }
        Lists { starts, edges }
    }

    /// The edges of a node, in their order.
    pub fn of_node(&self, node: usize) -> &[u32] {
        &self.edges[self.starts[node] as usize..self.starts[node + 1] as usize]
    }
}
