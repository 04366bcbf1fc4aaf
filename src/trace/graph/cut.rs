//! The smallest part of a trace's movements whose removal separates two ends.

use std::collections::HashSet;

use crate::error::{Error, Result};
use crate::trace::Direction;
use crate::trace::graph::max_flow::{ANY, Network};
use crate::trace::graph::movements::{Movements, add};
use crate::trace::graph::net::Net;
use crate::trace::graph::which::Which;
use crate::trace::place::Movement;

/// Movements that all money from one end to another goes through, with the smallest sum of amounts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cut {
    /// Satoshi: the sum of their amounts, and as much as the movements could bring from the one end to the other.
    pub amount: u64,
    /// In the order and direction of time. None where nothing leads from the one end to the other.
    pub movements: Vec<Movement>,
}

impl Movements {
    /// The smallest cut between two ends, given in the direction of time; among equal ones that nearest to `from`.
    pub fn min_cut(&self, from: &Which, to: &Which, go_on: &mut dyn FnMut() -> bool) -> Result<Cut> {
        let (mut begin, mut end) = (HashSet::new(), HashSet::new());
        from.places(self, &mut begin)?;
        to.places(self, &mut end)?;
        if let Some(both) = begin.intersection(&end).min() {
            let what =
                format!("nothing can be cut between the two ends: {} belongs to both; give ends apart", self.name_of(*both)?);
            return Err(Error::Invalid { what });
        }
        let net = Net::of(self)?;
        let (mut network, nodes) = (Network::default(), net.nodes.len() as u32);
        let mut sum = 0;
        for edge in &net.edges {
            let is_free = edge.row.is_none_or(|row| {
                let row = &self.rows()[row as usize];
                row.is_entry() && !end.contains(&row.to)
            });
            let room = if is_free { ANY } else { edge.amount };
            let (from, to) = self.in_time_order(edge.from, edge.to);
            network.add(from, to, room);
            add(&mut sum, edge.row.map_or(0, |_| edge.amount))?;
        }
        let (source, target) = (nodes, nodes + 1);
        for (node, at) in net.nodes.iter().enumerate() {
            if begin.contains(&at.place) {
                network.add(source, node as u32, ANY);
            } else if end.contains(&at.place) {
                network.add(node as u32, target, ANY);
            }
        }
        let (amount, reached) = network.cut(nodes as usize + 2, source, target, go_on)?;
        Ok(Cut { amount, movements: self.across(&net, &reached) })
    }

    fn in_time_order<T>(&self, from: T, to: T) -> (T, T) {
        match self.direction() {
            Direction::Out => (from, to),
            Direction::In => (to, from),
        }
    }

    /// The movements from what can be reached to what cannot.
    fn across(&self, net: &Net, reached: &[bool]) -> Vec<Movement> {
        let is_cut = |from: u32, to: u32| reached[from as usize] && !reached[to as usize];
        let edges = net.edges.iter().filter(|edge| {
            let (from, to) = self.in_time_order(edge.from, edge.to);
            is_cut(from, to)
        });
        let mut movements: Vec<Movement> = edges.filter_map(|edge| edge.row).map(|row| self.row_in_time(row as usize)).collect();
        if self.direction() == Direction::In {
            movements.reverse();
        }
        movements
    }
}
