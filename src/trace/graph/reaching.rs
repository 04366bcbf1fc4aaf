//! The part of a trace's money that reaches certain ends: a flow within the net, in whole satoshi.
//!
//! It is found backwards: what reaches the ends from a node is what ends there and what its edges bring to them, and it is
//! divided over what came to the node in proportion, by the largest remainder. Within one place money is one money: which part of
//! it went on to the ends is not asked. So is it forwards, where an end is not an end of the trace: what went through it before is
//! left out.

use std::collections::HashSet;

use crate::apportion::Divider;
use crate::error::Result;
use crate::trace::graph::movements::add;
use crate::trace::graph::net::Net;
use crate::trace::place::Place;

/// Which places are the ends.
pub(in crate::trace) enum Ends {
    /// Outputs and accounts, with what the trace left there.
    Held,
    /// These, with what reaches one of them for the first time.
    At(HashSet<Place>),
}

/// What reaches the ends: of every edge, what begins and what ends at every node, and all together.
pub(in crate::trace) struct Reaching {
    pub edges: Vec<u64>,
    pub own: Vec<u64>,
    pub ends: Vec<u64>,
    pub total: u64,
}

impl Ends {
    /// Whether nothing is asked of what lies beyond a place.
    pub fn stop(&self, place: &Place) -> bool {
        matches!(self, Ends::At(places) if places.contains(place))
    }
}

impl Reaching {
    pub fn of(net: &Net, ends: &Ends, go_on: &mut dyn FnMut() -> bool) -> Result<Reaching> {
        let (amounts, ends) = match ends {
            Ends::At(places) => first_reach(net, places, go_on)?,
            Ends::Held => {
                let held = net.nodes.iter().map(|node| if node.place.is_coin() { node.held } else { 0 });
                (net.edges.iter().map(|edge| edge.amount).collect(), held.collect())
            }
        };
        let mut total = 0;
        ends.iter().try_for_each(|amount| add(&mut total, *amount))?;
        let mut reaching = Reaching { edges: vec![0; net.edges.len()], own: vec![0; net.nodes.len()], ends, total };
        net.backward(go_on, |node, divider| reaching.divide(net, &amounts, node, divider))?;
        Ok(reaching)
    }

    /// All at a node that reaches the ends.
    pub fn at(&self, net: &Net, node: usize) -> u64 {
        self.own[node] + sum(&self.edges, net.to.of_node(node))
    }

    /// Divides what reaches the ends from a node over what came to it.
    fn divide(&mut self, net: &Net, amounts: &[u64], node: usize, divider: &mut Divider) {
        let edges = net.to.of_node(node);
        let values: Vec<u64> = edges.iter().map(|edge| amounts[*edge as usize]).chain([net.nodes[node].own]).collect();
        let mut shares = Vec::with_capacity(values.len());
        divider.divide(self.ends[node] + sum(&self.edges, net.from.of_node(node)), &values, &mut shares);
        self.own[node] = shares[edges.len()];
        edges.iter().zip(shares).for_each(|(edge, share)| self.edges[*edge as usize] = share);
    }
}

/// What moves before it was at one of some places, for each edge, and what reaches them for the first time, for each node.
fn first_reach(net: &Net, places: &HashSet<Place>, go_on: &mut dyn FnMut() -> bool) -> Result<(Vec<u64>, Vec<u64>)> {
    let (mut edges, mut ends) = (vec![0; net.edges.len()], vec![0; net.nodes.len()]);
    net.forward(go_on, |node, divider| {
        let here = net.nodes[node].own + sum(&edges, net.to.of_node(node));
        if places.contains(&net.nodes[node].place) {
            ends[node] = here;
            return;
        }
        let out = net.from.of_node(node);
        let values: Vec<u64> = out.iter().map(|edge| net.edges[*edge as usize].amount).chain([net.nodes[node].held]).collect();
        let mut shares = Vec::with_capacity(values.len());
        divider.divide(here, &values, &mut shares);
        out.iter().zip(shares).for_each(|(edge, share)| edges[*edge as usize] = share);
    })?;
    Ok((edges, ends))
}

/// The sum of some edges.
pub(in crate::trace) fn sum(amounts: &[u64], edges: &[u32]) -> u64 {
    edges.iter().map(|edge| amounts[*edge as usize]).sum()
}
