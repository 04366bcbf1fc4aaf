//! A trace's graph as two tables.

use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, Int32Array, Int64Array, RecordBatch, StringArray, TimestampSecondArray};
use petgraph::graph::NodeIndex;

use crate::ids::Height;
use crate::table::Table;
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
        let texts =
            |text: fn(&Node) -> Option<&str>| -> ArrayRef { Arc::new(StringArray::from_iter(nodes.iter().map(|node| text(node)))) };
        let amounts = |amount: fn(&Node) -> u64| int64(nodes.iter().map(|node| amount(node)));
        let number = nodes.iter().map(|node| node.holder.number().map(i64::from));
        ready(vec![
            ("node", int64(0..nodes.len() as u64), false),
            ("kind", texts(|node| Some(node.holder.kind())), false),
            ("name", texts(|node| Some(&node.name)), false),
            ("number", Arc::new(Int64Array::from_iter(number)), true),
            ("label", texts(|node| node.label.as_deref()), true),
            ("is_source", Arc::new(BooleanArray::from_iter(nodes.iter().map(|node| Some(node.is_source)))), false),
            ("source", amounts(|node| node.source), false),
            ("amount_in", amounts(|node| node.amount_in), false),
            ("amount_out", amounts(|node| node.amount_out), false),
            ("kept", amounts(|node| node.kept), false),
            ("held", amounts(|node| node.held), false),
            ("joined", amounts(|node| node.joined), false),
        ])
    }

    /// One row an edge, from payer to payee: `from`, `to` (numbers of nodes), `from_name`, `to_name`, `amount` (satoshi),
    /// `transactions` (how many), `first_height`, `last_height`, `first_time`, `last_time` (seconds UTC).
    pub fn edges(&self) -> Table {
        let edges = || self.graph().raw_edges().iter();
        let name = |node: NodeIndex| Some(self.graph()[node].name.as_str());
        let height = |height: fn(&Edge) -> Height| -> ArrayRef {
            Arc::new(Int32Array::from_iter_values(edges().map(|edge| height(&edge.weight).0 as i32)))
        };
        let time = |time: fn(&Edge) -> u32| -> ArrayRef {
            let times = edges().map(|edge| time(&edge.weight) as i64);
            Arc::new(TimestampSecondArray::from_iter_values(times).with_timezone("UTC"))
        };
        ready(vec![
            ("from", int64(edges().map(|edge| edge.source().index() as u64)), false),
            ("to", int64(edges().map(|edge| edge.target().index() as u64)), false),
            ("from_name", Arc::new(StringArray::from_iter(edges().map(|edge| name(edge.source())))), false),
            ("to_name", Arc::new(StringArray::from_iter(edges().map(|edge| name(edge.target())))), false),
            ("amount", int64(edges().map(|edge| edge.weight.amount)), false),
            ("transactions", int64(edges().map(|edge| edge.weight.transactions)), false),
            ("first_height", height(|edge| edge.first_height), false),
            ("last_height", height(|edge| edge.last_height), false),
            ("first_time", time(|edge| edge.first_time), false),
            ("last_time", time(|edge| edge.last_time), false),
        ])
    }
}

fn int64(numbers: impl Iterator<Item = u64>) -> ArrayRef {
    Arc::new(Int64Array::from_iter_values(numbers.map(|number| number as i64)))
}

/// A finished table of columns with their names and whether they can be null.
pub(in crate::trace) fn ready(columns: Vec<(&'static str, ArrayRef, bool)>) -> Table {
    Table::ready(
        RecordBatch::try_from_iter_with_nullable(columns).expect("the columns have one length, and nulls only where they may"),
    )
}
