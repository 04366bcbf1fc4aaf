//! The largest flow through a network, by Dinic's method (1970), and the smallest cut that it proves.
//!
//! petgraph has the method too, but not one that can be interrupted.

use std::collections::VecDeque;

use crate::chain::pieces::go_on_or_stop;
use crate::error::Result;
use crate::trace::graph::net::Lists;

/// No limit to what an edge can carry.
pub(in crate::trace) const ANY: u64 = u64::MAX;

/// Edges with what they can still carry; behind every edge stands the one that takes back what it carries.
#[derive(Default)]
pub(in crate::trace) struct Network {
    to: Vec<u32>,
    room: Vec<u64>,
}

impl Network {
    pub fn add(&mut self, from: u32, to: u32, room: u64) {
        self.to.extend([to, from]);
        self.room.extend([room, 0]);
    }

    /// Sends as much as can be sent, and returns it with the nodes that could still be reached then: the side of the smallest cut
    /// that is nearest to the source. What all edges with a limit can carry together must fit in 64 bits, and every way must have
    /// one of them.
    pub fn cut(&mut self, nodes: usize, source: u32, target: u32, go_on: &mut dyn FnMut() -> bool) -> Result<(u64, Vec<bool>)> {
        let (to, mut flow) = (&self.to, 0);
        let edges = Lists::of(nodes, (0..to.len()).map(|edge| to[edge ^ 1]));
        loop {
            let levels = self.levels(&edges, nodes, source);
            if levels[target as usize].is_none() {
                return Ok((flow, levels.into_iter().map(|level| level.is_some()).collect()));
            }
            let mut next = vec![0; nodes];
            loop {
                go_on_or_stop(go_on)?;
                match self.push(&edges, &levels, &mut next, source, target) {
                    0 => break,
                    pushed => flow += pushed,
                }
            }
        }
    }

    /// How far every node is from the source along edges with room.
    fn levels(&self, edges: &Lists, nodes: usize, source: u32) -> Vec<Option<u32>> {
        let mut levels = vec![None; nodes];
        levels[source as usize] = Some(0);
        let mut queue = VecDeque::from([source]);
        while let Some(node) = queue.pop_front() {
            let beyond = levels[node as usize].map(|level: u32| level + 1);
            for edge in edges.of_node(node as usize).iter().map(|edge| *edge as usize) {
                let to = self.to[edge] as usize;
                if self.room[edge] > 0 && levels[to].is_none() {
                    levels[to] = beyond;
                    queue.push_back(to as u32);
                }
            }
        }
        levels
    }

    /// Sends something along one way that gets farther with every edge; 0 when there is none. `next` are the first edges of the
    /// nodes that are not known to lead nowhere.
    fn push(&mut self, edges: &Lists, levels: &[Option<u32>], next: &mut [usize], source: u32, target: u32) -> u64 {
        let mut way: Vec<usize> = Vec::new();
        let mut node = source as usize;
        while node != target as usize {
            let open = edges.of_node(node)[next[node]..].iter().map(|edge| *edge as usize);
            let farther = levels[node].map(|level| level + 1);
            let found = open.enumerate().find(|(_, edge)| self.room[*edge] > 0 && levels[self.to[*edge] as usize] == farther);
            match (found, way.pop()) {
                (Some((skipped, edge)), last) => {
                    next[node] += skipped;
                    way.extend(last.into_iter().chain([edge]));
                    node = self.to[edge] as usize;
                }
                (None, Some(last)) => {
                    node = self.to[last ^ 1] as usize;
                    next[node] += 1;
                }
                (None, None) => return 0,
            }
        }
        let amount = way.iter().map(|edge| self.room[*edge]).min().unwrap_or(0);
        for edge in way {
            self.room[edge] -= amount;
            self.room[edge ^ 1] += amount;
        }
        amount
    }
}

#[cfg(test)]
mod tests {
    use petgraph::algo::maximum_flow::dinics;
    use petgraph::graph::{DiGraph, NodeIndex};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_as_large_as_another_finds_it_and_no_larger_than_its_cut(
            edges in prop::collection::vec((0..9u32, 0..9u32, 0..50u64), 0..40),
        ) {
            let mut network = Network::default();
            edges.iter().for_each(|(from, to, room)| network.add(*from, *to, *room));
            let (flow, reached) = network.cut(9, 0, 8, &mut || true).unwrap();
            let mut graph = DiGraph::<(), u64>::from_edges(edges.iter().copied());
            while graph.node_count() < 9 {
                graph.add_node(());
            }
            prop_assert_eq!(flow, dinics(&graph, NodeIndex::new(0), NodeIndex::new(8)).0);
            let across = edges.iter().filter(|(from, to, _)| reached[*from as usize] && !reached[*to as usize]);
            prop_assert_eq!(flow, across.map(|(_, _, room)| room).sum::<u64>());
        }
    }
}
