//! The ways from a trace's source to certain ends, whatever the amounts, and what lies on all of them.
//!
//! A transaction is passed at one moment, and on any way money is at every moment either in a place or in a transaction. So a way
//! that avoids a transaction is, at its moment, in a place that it came to before and leaves after; and each place that lies on a
//! way and is such, gives a way that avoids it. One sweep over these spans tells it for all transactions.

use std::collections::HashMap;

use crate::error::Result;
use crate::ids::TxNum;
use crate::trace::graph::movements::Movements;
use crate::trace::graph::net::{Net, NetEdge};
use crate::trace::graph::reaching::{Ends, Reaching};

pub(in crate::trace) struct Ways {
    /// Whether an edge lies on a way, whether a node is where one begins, and where one may end.
    edges: Vec<bool>,
    begins: Vec<bool>,
    ends: Vec<bool>,
    /// The moment of each transaction, and how many places span it.
    moments: HashMap<TxNum, usize>,
    spans: Vec<u32>,
}

impl Ways {
    pub fn of(movements: &Movements, net: &Net, ends: &Ends, reaching: &Reaching, go_on: &mut dyn FnMut() -> bool) -> Result<Ways> {
        let begins = net.nodes.iter().map(|node| node.is_source).collect();
        let ended = reaching.ends.iter().map(|amount| *amount > 0).collect();
        let mut ways =
            Ways { edges: vec![false; net.edges.len()], begins, ends: ended, moments: HashMap::new(), spans: Vec::new() };
        ways.find_edges(net, ends, go_on)?;
        ways.find_spans(movements, net);
        Ok(ways)
    }

    /// Keeps the edges that can be reached from the source, and from which the ends can be reached.
    fn find_edges(&mut self, net: &Net, ends: &Ends, go_on: &mut dyn FnMut() -> bool) -> Result<()> {
        let mut reached = self.begins.clone();
        net.forward(go_on, |node, _| {
            if reached[node] && !ends.stop(&net.nodes[node].place) {
                net.from.of_node(node).iter().for_each(|edge| reached[net.edges[*edge as usize].to as usize] = true);
            }
        })?;
        let mut leads = self.ends.clone();
        net.backward(go_on, |node, _| {
            for edge in net.to.of_node(node).iter().map(|edge| *edge as usize) {
                let from = net.edges[edge].from as usize;
                if leads[node] && reached[from] && !ends.stop(&net.nodes[from].place) {
                    self.edges[edge] = true;
                    leads[from] = true;
                }
            }
        })
    }

    fn find_spans(&mut self, movements: &Movements, net: &Net) {
        let moment_of = self.moments_of(movements, net);
        // Before the first moment, which is 1, is the beginning of every way, and after the last its end.
        let last = self.moments.len() + 1;
        let mut changes = vec![0i64; last + 2];
        for node in 0..net.nodes.len() {
            let moments = |edges: &[u32]| -> Vec<usize> {
                edges.iter().map(|edge| *edge as usize).filter(|edge| self.edges[*edge]).map(|edge| moment_of[edge]).collect()
            };
            let begin = moments(net.to.of_node(node)).into_iter().chain(self.begins[node].then_some(0)).min();
            let end = moments(net.from.of_node(node)).into_iter().chain(self.ends[node].then_some(last)).max();
            if let (Some(begin), Some(end)) = (begin, end) {
                changes[begin + 1] += 1;
                changes[end] -= 1;
            }
        }
        // What stays in an account while a transaction pays it is not in that transaction.
        for (_, moment) in moment_of.iter().enumerate().filter(|(edge, _)| self.edges[*edge] && net.edges[*edge].row.is_none()) {
            changes[*moment] += 1;
            changes[*moment + 1] -= 1;
        }
        let mut open = 0;
        let count = |change: i64| {
            open += change;
            open as u32
        };
        self.spans = changes.into_iter().map(count).collect();
    }

    /// The moment of every edge. What stays in an account does so at that of the movement behind it, which pays the account.
    fn moments_of(&mut self, movements: &Movements, net: &Net) -> Vec<usize> {
        let mut behind = 0;
        let mut moment = |edge: &NetEdge| {
            let Some(row) = edge.row else { return behind };
            let next = self.moments.len() + 1;
            behind = *self.moments.entry(movements.rows()[row as usize].by).or_insert(next);
            behind
        };
        // Backwards, so that the movement behind is known; the moments are turned round below.
        let mut moments: Vec<usize> = net.edges.iter().rev().map(&mut moment).collect();
        let last = self.moments.len() + 1;
        moments.reverse();
        moments.iter_mut().for_each(|moment| *moment = last - *moment);
        self.moments.values_mut().for_each(|moment| *moment = last - *moment);
        moments
    }

    /// Whether every way leads through a transaction.
    pub fn all_lead_through(&self, by: TxNum) -> bool {
        self.moments.get(&by).is_some_and(|moment| self.spans[*moment] == 0)
    }

    /// Whether any way avoids some nodes.
    pub fn any_avoids(&self, net: &Net, is_one: impl Fn(usize) -> bool, go_on: &mut dyn FnMut() -> bool) -> Result<bool> {
        let (mut reached, mut found) = (self.begins.clone(), false);
        net.forward(go_on, |node, _| {
            if !reached[node] || is_one(node) {
                return;
            }
            found |= self.ends[node];
            let edges = net.from.of_node(node).iter().map(|edge| *edge as usize).filter(|edge| self.edges[*edge]);
            edges.for_each(|edge| reached[net.edges[edge].to as usize] = true);
        })?;
        Ok(found)
    }
}
