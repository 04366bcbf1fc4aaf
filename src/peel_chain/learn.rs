//! The habits of a coin's wallet, as its cluster shows them.

use std::collections::HashSet;

use crate::chain::End;
use crate::cluster::Clusters;
use crate::error::Result;
use crate::ids::{AddrNum, OutNum, TxNum};
use crate::peel_chain::decide::Judge;
use crate::peel_chain::habits::Habits;

/// Transactions of a cluster that are looked at: enough to know its habits, and soon done for the largest.
const AT_MOST: usize = 1000;

/// Which transactions a wallet's habits were learnt from.
#[derive(Default)]
pub(super) struct Learnt {
    clusters: HashSet<AddrNum>,
    transactions: HashSet<TxNum>,
}

impl Learnt {
    /// Takes note of a transaction of the wallet, once.
    pub fn transaction(&mut self, judge: &Judge, tx: TxNum, habits: &mut Habits) -> Result<()> {
        if self.transactions.insert(tx) { habits.add(judge.chain, tx) } else { Ok(()) }
    }

    /// Takes note of the transactions that spend from a coin's cluster, where there are clusters.
    pub fn wallet_of(&mut self, judge: &Judge, coin: OutNum, habits: &mut Habits) -> Result<()> {
        let Some(clusters) = &judge.options.clusters else { return Ok(()) };
        let name = clusters.name_of(judge.chain.address_of(coin)?)?;
        if clusters.members(name).len() > 1 && self.clusters.insert(name) {
            for tx in self.spends_of(judge, clusters, name)? {
                self.transaction(judge, tx, habits)?;
            }
        }
        Ok(())
    }

    /// Transactions that spend from a cluster and are no CoinJoins, its first addresses first.
    fn spends_of(&self, judge: &Judge, clusters: &Clusters, name: AddrNum) -> Result<Vec<TxNum>> {
        let (mut outputs, mut spends) = (Vec::new(), Vec::new());
        for member in clusters.members(name) {
            judge.chain.outputs_to(member, &mut outputs);
            for output in outputs.iter().copied().take(AT_MOST) {
                if let End::Spent(tx) = judge.chain.end_of(output)? {
                    spends.push(tx);
                }
            }
            if spends.len() >= AT_MOST {
                break;
            }
        }
        spends.sort_unstable();
        spends.dedup();
        spends.truncate(AT_MOST);
        let mut plain = Vec::with_capacity(spends.len());
        for tx in spends {
            if !judge.is_coinjoin(tx)? {
                plain.push(tx);
            }
        }
        Ok(plain)
    }
}
