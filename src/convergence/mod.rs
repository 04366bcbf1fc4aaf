//! Where several payments meet again: an investigator's own, made to a service's deposit addresses, gather in its wallet.
//!
//! Each payment is followed forward by reach: whatever a transaction pays out may hold it, once an input may. The transactions that are
//! reached are passed in chain order, so the first in which all payments arrive is known when it is passed, and the search ends there.
//! docs/convergence.md defines each word.

pub mod recipe;
mod sweep;
mod tables;

use std::sync::Arc;

use crate::chain::Chain;
use crate::cluster::Clusters;
use crate::error::{Error, Result};
use crate::ids::{AddrNum, OutNum, TxNum};
use crate::table::Table;
use crate::trace::StopSet;

/// Payments that can be told apart at once.
pub const MOST_PAYMENTS: usize = 128;

/// How payments are followed.
#[derive(Clone, Default)]
pub struct ConvergenceOptions {
    /// To look for wallets in which they meet, too.
    pub clusters: Option<Clusters>,
    /// Transactions that a payment is followed through at most.
    pub max_tx_hops: Option<u32>,
    /// Coins of these addresses are not followed.
    pub stop_at: Arc<StopSet>,
}

/// A payment at a transaction, by the shortest way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Arrival {
    /// The payment's place among those given.
    pub payment: u8,
    /// Transactions from the payment on, this one included.
    pub tx_hops: u32,
    /// The coin by which it came.
    pub coin: OutNum,
}

/// The first transaction that so many payments reach.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Meeting {
    pub at_least: u32,
    pub transaction: TxNum,
    /// All that reach it, by payment.
    pub arrivals: Vec<Arrival>,
}

/// The first wallet that so many payments have come to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WalletMeeting {
    pub at_least: u32,
    /// The name of its cluster.
    pub wallet: AddrNum,
    /// The transaction with which the last of them came.
    pub transaction: TxNum,
    /// All that are there, with the coin by which each came first, in the order in which they came.
    pub arrivals: Vec<Arrival>,
}

/// A coin on the way of a payment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Waypoint {
    pub payment: u8,
    pub hop: u32,
    pub coin: OutNum,
    /// The transaction of the way that spends it; none where the way ends.
    pub next: Option<TxNum>,
}

/// Where some payments meet, as of the height of a chain.
#[derive(Clone)]
pub struct Convergence {
    chain: Chain,
    options: ConvergenceOptions,
    payments: Vec<OutNum>,
    overlapping: u64,
    /// By how many payments, from 2 on.
    meetings: Vec<Meeting>,
    wallets: Vec<WalletMeeting>,
    paths: Vec<Waypoint>,
    wallet_paths: Vec<Waypoint>,
    /// How many transactions each payment reached.
    reached: Vec<u64>,
    transactions: u64,
}

impl Chain {
    /// Where some payments meet again. Now and then `go_on` is asked, and ends it when it returns false.
    pub fn convergence(
        &self,
        payments: &[OutNum],
        options: ConvergenceOptions,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Result<Convergence> {
        let mut distinct: Vec<OutNum> = Vec::new();
        for payment in payments {
            let payment = self.output_at(*payment)?.number();
            if !distinct.contains(&payment) {
                distinct.push(payment);
            }
            if distinct.len() > MOST_PAYMENTS {
                let what = format!("more than {MOST_PAYMENTS} different payments are given; ask about them in parts");
                return Err(Error::Invalid { what });
            }
        }
        if distinct.len() < 2 {
            let what = format!("{} different payments are given, and at least two are needed to meet", distinct.len());
            return Err(Error::Invalid { what: what.replace("1 different payments are", "only one payment is") });
        }
        let overlapping = (payments.len() - distinct.len()) as u64;
        sweep::Sweep::new(self, &distinct, &options).run(go_on)?.into_gathering(overlapping)
    }
}

impl Convergence {
    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    pub fn options(&self) -> &ConvergenceOptions {
        &self.options
    }

    /// The payments, each once, in the order in which they were given.
    pub fn payments(&self) -> &[OutNum] {
        &self.payments
    }

    /// How often a payment was given that had been given already.
    pub fn overlapping(&self) -> u64 {
        self.overlapping
    }

    /// The first transaction for each number of payments, from 2 on.
    pub fn meetings(&self) -> &[Meeting] {
        &self.meetings
    }

    /// The first wallet for each number of payments, from 2 on.
    pub fn wallets(&self) -> &[WalletMeeting] {
        &self.wallets
    }

    /// The first transaction that all payments reach.
    pub fn meeting(&self) -> Option<&Meeting> {
        self.meetings.last().filter(|meeting| meeting.arrivals.len() == self.payments.len())
    }

    /// The first wallet that all payments have come to.
    pub fn wallet(&self) -> Option<&WalletMeeting> {
        self.wallets.last().filter(|meeting| meeting.arrivals.len() == self.payments.len())
    }

    /// How many transactions were passed.
    pub fn transactions(&self) -> u64 {
        self.transactions
    }

    /// The ways to the transaction where most of them meet, coin by coin.
    pub fn paths(&self) -> &[Waypoint] {
        &self.paths
    }

    /// The ways to the wallet where most of them meet, coin by coin.
    pub fn wallet_paths(&self) -> &[Waypoint] {
        &self.wallet_paths
    }

    /// One row a payment.
    pub fn payments_table(&self) -> Result<Table> {
        tables::payments(self)
    }

    /// One row a number of payments, with the first transaction that so many reach.
    pub fn meetings_table(&self) -> Result<Table> {
        tables::meetings(self)
    }

    /// One row a number of payments, with the first wallet that so many have come to.
    pub fn wallets_table(&self) -> Result<Table> {
        tables::wallets(self)
    }

    /// One row a coin on the way of a payment.
    pub fn paths_table(&self, paths: &[Waypoint]) -> Result<Table> {
        tables::paths(self, paths)
    }
}

impl std::fmt::Debug for Convergence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Convergence({} payments, {} transactions, {:?})", self.payments.len(), self.transactions, self.chain)
    }
}
