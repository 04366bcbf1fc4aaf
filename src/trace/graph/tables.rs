//! A trace's graph as two tables.

use petgraph::graph::NodeIndex;

use crate::ids::Height;
use crate::table::Table;
use crate::table::columns::{amount, flag, int32, nullable, ready, text, time};
use crate::trace::graph::{Edge, Node, TraceGraph};

impl TraceGraph {
    /// One row a node.
    ///
    /// | column | |
    /// |---|---|
    /// | `node` | its number, from 0 |
    /// | `kind` | `transaction`, `address`, `wallet`, `fees`, `subsidy`, `unclaimed` or `unexplained` |
    /// | `name` | the txid, the address, or the address that a wallet's cluster is named by |
    /// | `number` | of the transaction or address, or the cluster's name; null for the other kinds |
    /// | `label` | under which the stop set ended the trace here; null where it did not |
    /// | `is_source`, `source` | whether the trace begins here, and with how many satoshi |
    /// | `amount_in`, `amount_out` | satoshi of the edges that lead here and away |
    /// | `kept` | satoshi that it moved to itself |
    /// | `held` | satoshi with which the trace ended here |
    /// | `joined` | satoshi that poison added here |
    pub fn nodes(&self) -> Table {
        let nodes: Vec<&Node> = self.graph().node_weights().collect();
        let amounts = |name, of: fn(&Node) -> u64| amount(name, nodes.iter().map(|node| of(node)));
        let number = nodes.iter().map(|node| node.holder.number().map(i64::from));
        ready([
            amount("node", 0..nodes.len() as u64),
            text("kind", nodes.iter().map(|node| node.holder.kind())),
            text("name", nodes.iter().map(|node| &node.name)),
            nullable::int64("number", number),
            nullable::text("label", nodes.iter().map(|node| node.label.as_deref())),
            flag("is_source", nodes.iter().map(|node| node.is_source)),
            amounts("source", |node| node.source),
            amounts("amount_in", |node| node.amount_in),
            amounts("amount_out", |node| node.amount_out),
            amounts("kept", |node| node.kept),
            amounts("held", |node| node.held),
            amounts("joined", |node| node.joined),
        ])
    }

    /// One row an edge, from payer to payee: `from`, `to` (numbers of nodes), `from_name`, `to_name`, `amount` (satoshi),
    /// `transactions` (how many), `first_height`, `last_height`, `first_time`, `last_time` (microseconds UTC).
    pub fn edges(&self) -> Table {
        let edges = || self.graph().raw_edges().iter();
        let name = |node: NodeIndex| self.graph()[node].name.as_str();
        let height = |name, of: fn(&Edge) -> Height| int32(name, edges().map(|edge| of(&edge.weight).0 as i32));
        let moment = |name, of: fn(&Edge) -> u32| time(name, edges().map(|edge| of(&edge.weight) as i64));
        ready([
            amount("from", edges().map(|edge| edge.source().index() as u64)),
            amount("to", edges().map(|edge| edge.target().index() as u64)),
            text("from_name", edges().map(|edge| name(edge.source()))),
            text("to_name", edges().map(|edge| name(edge.target()))),
            amount("amount", edges().map(|edge| edge.weight.amount)),
            amount("transactions", edges().map(|edge| edge.weight.transactions)),
            height("first_height", |edge| edge.first_height),
            height("last_height", |edge| edge.last_height),
            moment("first_time", |edge| edge.first_time),
            moment("last_time", |edge| edge.last_time),
        ])
    }
}
