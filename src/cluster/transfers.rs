//! Money between clusters, summed: what the parties of each transaction, taken by cluster, pay each other (`chain::parties`).

use std::collections::HashMap;
use std::ops::Range;

use petgraph::graph::DiGraph;

use crate::chain::cells::table;
use crate::chain::parties::{Parties, Payee};
use crate::chain::pieces::{go_on_or_stop, in_order};
use crate::chain::{BlockFacts, Facts};
use crate::cluster::Clusters;
use crate::error::Result;
use crate::ids::{AddrNum, Height, TxNum};
use crate::table::Table;
use crate::table::columns::always;

/// Money from one cluster to another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Transfer {
    pub from: AddrNum,
    pub to: AddrNum,
    /// Satoshi.
    pub amount: u64,
    /// How many transactions moved it, the first and the last of them.
    pub transactions: u64,
    pub first: TxNum,
    pub last: TxNum,
}

/// What one cluster pays another in one transaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Payment {
    from: AddrNum,
    to: AddrNum,
    amount: u64,
    transaction: TxNum,
}

impl Clusters {
    /// The transfers between different clusters, ordered by from and to. With `only`, those from or to clusters of these names.
    pub fn transfers(&self, only: Option<&[AddrNum]>, go_on: &mut dyn FnMut() -> bool) -> Result<Vec<Transfer>> {
        let mut transfers: HashMap<(AddrNum, AddrNum), Transfer> = HashMap::new();
        self.sweep_payments(
            |payment| only.is_none_or(|only| touches(payment, only)),
            go_on,
            |payment| {
                let new = Transfer {
                    from: payment.from,
                    to: payment.to,
                    amount: 0,
                    transactions: 0,
                    first: payment.transaction,
                    last: TxNum(0),
                };
                let flow = transfers.entry((payment.from, payment.to)).or_insert(new);
                flow.transactions += 1;
                flow.amount += payment.amount;
                flow.last = payment.transaction;
            },
        )?;
        let mut transfers: Vec<Transfer> = transfers.into_values().collect();
        transfers.sort_unstable_by_key(|flow| (flow.from, flow.to));
        Ok(transfers)
    }

    /// The transfers as a table: from_cluster_id, to_cluster_id, from_address, to_address, amount, transactions, first and last height and time.
    pub fn transfers_table(&self, transfers: &[Transfer]) -> Result<Table> {
        table(self.chain(), transfers, |rows| {
            let (first, last) = (|row: &Transfer| Some(row.first), |row: &Transfer| Some(row.last));
            Ok(vec![
                rows.amount("from_cluster_id", |row| row.from.0 as i64)?,
                rows.amount("to_cluster_id", |row| row.to.0 as i64)?,
                rows.named("from_address", |row| row.from)?,
                rows.named("to_address", |row| row.to)?,
                rows.amount("amount", |row| row.amount as i64)?,
                rows.amount("transactions", |row| row.transactions as i64)?,
                always(rows.height("first_height", first)?),
                always(rows.height("last_height", last)?),
                always(rows.time("first_time", first)?),
                always(rows.time("last_time", last)?),
            ])
        })
    }

    /// The transfers as a graph: nodes are clusters by name, edges are transfers.
    pub fn flow_graph(&self, transfers: &[Transfer]) -> DiGraph<AddrNum, Transfer> {
        let (mut graph, mut nodes) = (DiGraph::new(), HashMap::new());
        for flow in transfers {
            let [from, to] = [flow.from, flow.to].map(|name| *nodes.entry(name).or_insert_with(|| graph.add_node(name)));
            graph.add_edge(from, to, *flow);
        }
        graph
    }

    /// What two wallets, given by the sorted names of their clusters, paid each other, one row a transaction and pair of clusters:
    /// transaction, txid, height, time, from_cluster_id, to_cluster_id, amount.
    pub fn between(&self, a: &[AddrNum], b: &[AddrNum], go_on: &mut dyn FnMut() -> bool) -> Result<Table> {
        let mut payments: Vec<Payment> = Vec::new();
        let holds = |names: &[AddrNum], name: AddrNum| names.binary_search(&name).is_ok();
        let pays = |from, to, payment: &Payment| holds(from, payment.from) && holds(to, payment.to);
        let is_between = |payment: &Payment| pays(a, b, payment) || pays(b, a, payment);
        self.sweep_payments(is_between, go_on, |payment| payments.push(*payment))?;
        table(self.chain(), &payments, |rows| {
            let tx = |row: &Payment| Some(row.transaction);
            Ok(vec![
                rows.amount("transaction", |row| row.transaction.0 as i64)?,
                always(rows.txid("txid", tx)?),
                always(rows.height("height", tx)?),
                always(rows.time("time", tx)?),
                rows.amount("from_cluster_id", |row| row.from.0 as i64)?,
                rows.amount("to_cluster_id", |row| row.to.0 as i64)?,
                rows.amount("amount", |row| row.amount as i64)?,
            ])
        })
    }

    /// Tells the payments between different clusters that are wanted, in chain order.
    fn sweep_payments(
        &self,
        wanted: impl Fn(&Payment) -> bool + Sync,
        go_on: &mut dyn FnMut() -> bool,
        mut tell: impl FnMut(&Payment),
    ) -> Result<()> {
        let work = |piece: &Range<u64>| -> Result<Vec<Payment>> {
            let (mut facts, mut parties, mut payments) = (BlockFacts::default(), Parties::default(), Vec::new());
            for height in piece.clone() {
                facts.gather(self.chain(), Height(height as u32))?;
                for facts in facts.transactions() {
                    self.payments_of(&facts, &mut parties, |payment| payments.extend(wanted(&payment).then_some(payment)))?;
                }
            }
            Ok(payments)
        };
        in_order(&self.chain().pieces(0)?, self.threads, work, |payments| {
            payments.iter().for_each(&mut tell);
            go_on_or_stop(go_on)
        })
    }

    fn payments_of(&self, facts: &Facts<'_>, parties: &mut Parties<AddrNum>, mut tell: impl FnMut(Payment)) -> Result<()> {
        parties.clear();
        for input in facts.inputs {
            parties.give(self.name_of(input.address)?, input.value);
        }
        for output in facts.outputs {
            parties.get(self.name_of(output.address)?, output.value);
        }
        parties.settle(self.chain())?;
        parties.payments(|from, to, amount| {
            if let Payee::Party(to) = to {
                tell(Payment { from, to, amount, transaction: facts.number });
            }
        });
        Ok(())
    }
}

fn touches(payment: &Payment, names: &[AddrNum]) -> bool {
    names.binary_search(&payment.from).is_ok() || names.binary_search(&payment.to).is_ok()
}
