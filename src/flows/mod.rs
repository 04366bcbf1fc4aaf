//! Money in and out of a set of addresses as a whole: a list of deposit addresses, or a wallet.
//!
//! Only transactions that touch the set are looked at, by the postings of its addresses. In each of them the set has a net, so what
//! moves inside the set is neither received nor sent. docs/flows.md defines each word. For every period, and in all
//!
//! ```text
//! received - sent - fees - lost = balance
//! ```

mod members;
mod period;
pub mod recipe;
mod sides;
mod tables;

use std::collections::HashMap;
use std::sync::Arc;

use crate::chain::Chain;
use crate::chain::pieces::go_on_or_stop;
use crate::cluster::Clusters;
use crate::error::Result;
use crate::ids::{AddrNum, OutNum, TxNum};
use crate::table::Table;
use crate::trace::StopSet;
use members::{Members, Touched};
pub use period::Period;
pub use sides::Party;
use sides::{Net, Sides};

/// Transactions between two questions whether to go on.
const EVERY: usize = 1024;

/// How flows are told.
#[derive(Clone, Default)]
pub struct FlowsOptions {
    pub period: Period,
    /// Counterparties are wallets of these; without them, addresses.
    pub clusters: Option<Clusters>,
    pub labels: Arc<StopSet>,
}

/// Satoshi that moved.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Sums {
    /// What others paid the set.
    pub received: u64,
    /// What others got of it.
    pub sent: u64,
    /// What it paid miners.
    pub fees: u64,
    /// What went from the set to the set.
    pub internal: u64,
    /// What it can never spend (genesis, BIP30).
    pub lost: u64,
    pub transactions: u64,
}

/// What one transaction did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FlowMovement {
    pub transaction: TxNum,
    pub sums: Sums,
}

/// Somebody whom the set has money from or to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Counterparty {
    pub party: Party,
    /// Satoshi that it paid the set, in so many transactions; and that it got of it.
    pub paid: u64,
    pub payments: u64,
    pub got: u64,
    pub withdrawals: u64,
    pub first: TxNum,
    pub last: TxNum,
}

/// A transaction that spends coins of the set into one output.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Consolidation {
    pub transaction: TxNum,
    /// Inputs of the set, all inputs, and satoshi in those of the set.
    pub set_inputs: u64,
    pub inputs: u64,
    pub amount: u64,
    pub output: OutNum,
}

/// Money in and out of a set of addresses, as of the height of a chain.
#[derive(Clone)]
pub struct Flows {
    chain: Chain,
    options: FlowsOptions,
    members: Members,
    sums: Sums,
    /// In chain order.
    movements: Vec<FlowMovement>,
    /// The largest sum first.
    counterparties: Vec<Counterparty>,
    consolidations: Vec<Consolidation>,
    deposits: Vec<OutNum>,
}

impl Sums {
    /// Satoshi that are still there. Of a part of the chain it may be below zero: what it spends may have come before.
    pub fn balance(&self) -> i64 {
        self.received as i64 - self.sent as i64 - self.fees as i64 - self.lost as i64
    }

    fn add(&mut self, other: &Sums) -> Option<()> {
        let parts = [
            (&mut self.received, other.received),
            (&mut self.sent, other.sent),
            (&mut self.fees, other.fees),
            (&mut self.internal, other.internal),
            (&mut self.lost, other.lost),
            (&mut self.transactions, other.transactions),
        ];
        for (sum, part) in parts {
            *sum = sum.checked_add(part).filter(|sum| *sum <= i64::MAX as u64)?;
        }
        Some(())
    }
}

impl Chain {
    /// Money in and out of some addresses as a whole. Now and then `go_on` is asked, and ends it when it returns false.
    pub fn flows(
        &self,
        addresses: impl IntoIterator<Item = AddrNum>,
        options: FlowsOptions,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Result<Flows> {
        let members = Members::of(self, addresses);
        let Touched { transactions, lost } = members.touched(self, &mut || go_on_or_stop(go_on))?;
        let mut work = Work::new(self, &members, options.clusters.as_ref());
        for (i, tx) in transactions.into_iter().enumerate() {
            if i % EVERY == 0 {
                go_on_or_stop(go_on)?;
            }
            work.transaction(tx, &lost)?;
        }
        let Work { sums, movements, parties, consolidations, deposits, .. } = work;
        let mut counterparties: Vec<Counterparty> = parties.into_values().collect();
        counterparties.sort_unstable_by_key(|party| (std::cmp::Reverse(party.paid.saturating_add(party.got)), party.party));
        Ok(Flows { chain: self.clone(), options, members, sums, movements, counterparties, consolidations, deposits })
    }
}

/// What was found so far.
struct Work<'a> {
    chain: &'a Chain,
    members: &'a Members,
    sides: Sides<'a>,
    sums: Sums,
    movements: Vec<FlowMovement>,
    parties: HashMap<Party, Counterparty>,
    consolidations: Vec<Consolidation>,
    deposits: Vec<OutNum>,
}

impl<'a> Work<'a> {
    fn new(chain: &'a Chain, members: &'a Members, clusters: Option<&'a Clusters>) -> Work<'a> {
        let (sums, movements, parties, consolidations, deposits) = Default::default();
        let sides = Sides::new(chain, members, clusters);
        Work { chain, members, sides, sums, movements, parties, consolidations, deposits }
    }

    fn transaction(&mut self, tx: TxNum, lost: &[(TxNum, OutNum)]) -> Result<()> {
        let net = self.sides.look(tx)?;
        let mut sums =
            Sums { received: net.received, sent: net.sent, fees: net.fees, internal: net.internal, lost: 0, transactions: 1 };
        for (_, output) in &lost[lost.partition_point(|(at, _)| *at < tx)..lost.partition_point(|(at, _)| *at <= tx)] {
            sums.lost = sums.lost.saturating_add(self.chain.value_of(*output)?);
        }
        self.sums.add(&sums).ok_or_else(|| self.chain.too_much())?;
        self.movements.push(FlowMovement { transaction: tx, sums });
        self.meet(tx);
        self.note_consolidation(tx, &net);
        if net.set_inputs == 0 { self.note_deposits(tx) } else { Ok(()) }
    }

    fn meet(&mut self, tx: TxNum) {
        let none = |party| Counterparty { party, paid: 0, payments: 0, got: 0, withdrawals: 0, first: tx, last: tx };
        for (party, amount) in self.sides.paid.drain(..) {
            let met = self.parties.entry(party).or_insert_with(|| none(party));
            (met.paid, met.payments, met.last) = (met.paid + amount, met.payments + 1, tx);
        }
        for (party, amount) in self.sides.got.drain(..) {
            let met = self.parties.entry(party).or_insert_with(|| none(party));
            (met.got, met.withdrawals, met.last) = (met.got + amount, met.withdrawals + 1, tx);
        }
    }

    fn note_consolidation(&mut self, transaction: TxNum, net: &Net) {
        let Net { set_inputs, inputs, spent: amount, single_output, .. } = *net;
        if let (Some(output), 2..) = (single_output, set_inputs) {
            self.consolidations.push(Consolidation { transaction, set_inputs, inputs, amount, output });
        }
    }

    fn note_deposits(&mut self, tx: TxNum) -> Result<()> {
        for output in self.chain.outputs_of(tx)? {
            if self.members.contains(self.chain.address_of(output)?) {
                self.deposits.push(output);
            }
        }
        Ok(())
    }
}

impl Flows {
    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    pub fn options(&self) -> &FlowsOptions {
        &self.options
    }

    /// How many addresses the set has in the chain.
    pub fn addresses(&self) -> usize {
        self.members.len()
    }

    /// All of it together.
    pub fn sums(&self) -> &Sums {
        &self.sums
    }

    /// What each transaction did, in chain order.
    pub fn movements(&self) -> &[FlowMovement] {
        &self.movements
    }

    /// Whom the set has money from and to, the largest sum first.
    pub fn counterparties(&self) -> &[Counterparty] {
        &self.counterparties
    }

    /// One row a period in which something moved.
    pub fn table(&self) -> Result<Table> {
        tables::periods(self)
    }

    /// One row a transaction.
    pub fn transactions_table(&self) -> Result<Table> {
        tables::movements(self)
    }

    /// One row a counterparty.
    pub fn counterparties_table(&self) -> Result<Table> {
        tables::counterparties(self)
    }

    /// One row an output that others paid the set, with where it went.
    pub fn deposits_table(&self, min_inputs: u64) -> Result<Table> {
        tables::deposits(self, min_inputs)
    }

    /// One row a transaction that spends at least so many coins of the set into one output.
    pub fn consolidations_table(&self, min_inputs: u64) -> Result<Table> {
        tables::consolidations(self, min_inputs)
    }

    fn consolidations_of(&self, min_inputs: u64) -> Vec<Consolidation> {
        self.consolidations.iter().filter(|found| found.set_inputs >= min_inputs).copied().collect()
    }
}
