//! The edges of a chain: which addresses each transaction joins, by the rules of the settings.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::chain::pieces::go_on_or_stop;
use crate::chain::{BlockFacts, Chain, Facts};
use crate::change;
use crate::cluster::forest::JoinEdge;
use crate::cluster::same_key;
use crate::cluster::settings::{CoinJoins, Settings};
use crate::error::Result;
use crate::ids::{AddrNum, Height, Numbers, OutNum, TxNum};
use crate::shapes::{self, Verdict};

/// The edges of a chain's transactions from one on, in chain order: within a transaction those of co-spend, in the order of its inputs,
/// then those of same-key, then those of the change rules, in the order of the settings.
pub(super) struct Edges<'a> {
    chain: &'a Chain,
    settings: &'a Settings,
    change: Vec<(u8, change::Prepared)>,
    /// In chain order.
    same_key: Vec<JoinEdge>,
}

impl<'a> Edges<'a> {
    /// Computes what the rules need of the whole chain, for the edges of transactions from `first` on.
    pub fn prepare(
        chain: &'a Chain,
        settings: &'a Settings,
        first: TxNum,
        threads: usize,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Result<Edges<'a>> {
        let mut prepared = Vec::new();
        for (rule, change) in settings.change_rules() {
            prepared.push((rule, change.prepare(chain, threads, go_on)?));
        }
        let same_key = match settings.same_key() {
            Some(rule) => same_key::edges(chain, rule, first, threads, go_on)?,
            None => Vec::new(),
        };
        go_on_or_stop(go_on)?;
        Ok(Edges { chain, settings, change: prepared, same_key })
    }

    /// The edges of the blocks of some heights.
    pub fn of_blocks(&self, heights: Range<u64>) -> Result<Vec<JoinEdge>> {
        let (mut edges, mut work) = (Vec::new(), Work::default());
        for height in heights.map(|height| Height(height as u32)) {
            let transactions = self.chain.transactions_in(height)?;
            let start = edges.len();
            if self.change.is_empty() {
                self.co_spend_of_block(height, transactions.clone(), &mut work, &mut edges)?;
            } else {
                work.facts.gather(self.chain, height)?;
                for facts in work.facts.transactions() {
                    self.of_facts(&facts, &mut work.candidates, &mut edges)?;
                }
            }
            let from = self.same_key.partition_point(|edge| edge.transaction < transactions.start());
            let to = self.same_key.partition_point(|edge| edge.transaction < transactions.end());
            if from < to {
                edges.extend_from_slice(&self.same_key[from..to]);
                edges[start..].sort_by_key(|edge| (edge.transaction, self.order(edge.rule)));
            }
        }
        Ok(edges)
    }

    /// The edges of one transaction, without those of same-key.
    pub fn of_transaction(&self, number: TxNum, edges: &mut Vec<JoinEdge>) -> Result<()> {
        if self.change.is_empty() && !self.may_be_joint(number, &mut Vec::new())? {
            let spent = self.chain.inputs_of(number)?.filter_map(|input| self.chain.spends(input).transpose());
            let addresses = spent.map(|output| self.chain.address_of(output?)).collect::<Result<Vec<_>>>()?;
            self.join_inputs(number, &addresses, edges);
            return Ok(());
        }
        let facts = self.chain.facts(number)?;
        for facts in facts.transactions() {
            self.of_facts(&facts, &mut Vec::new(), edges)?;
        }
        Ok(())
    }

    /// The same-key edges, in chain order.
    pub fn same_key(&self) -> &[JoinEdge] {
        &self.same_key
    }

    /// Whether there are edges to outputs.
    pub fn has_change(&self) -> bool {
        !self.change.is_empty()
    }

    /// Where a rule's edges stand among those of a transaction.
    fn order(&self, rule: u8) -> u8 {
        if Some(rule) == self.settings.co_spend() {
            0
        } else if Some(rule) == self.settings.same_key() {
            1
        } else {
            2 + rule
        }
    }

    fn of_facts(&self, facts: &Facts<'_>, candidates: &mut Vec<u32>, edges: &mut Vec<JoinEdge>) -> Result<()> {
        if facts.is_coinbase() || self.is_joint(facts) {
            return Ok(());
        }
        let addresses: Vec<AddrNum> = facts.inputs.iter().map(|input| input.address).collect();
        self.join_inputs(facts.number, &addresses, edges);
        let first = addresses[0];
        for (rule, change) in &self.change {
            change.candidates(facts, candidates)?;
            if let [only] = candidates[..] {
                let right = facts.outputs[only as usize].address;
                if right != first {
                    edges.push(JoinEdge { transaction: facts.number, left: first, right, rule: *rule });
                }
            }
        }
        Ok(())
    }

    /// Joins the first of a transaction's input addresses with each other one; one that comes several times in a row counts once.
    fn join_inputs(&self, transaction: TxNum, addresses: &[AddrNum], edges: &mut Vec<JoinEdge>) {
        let (Some(rule), Some(left)) = (self.settings.co_spend(), addresses.first().copied()) else { return };
        let different = addresses.windows(2).filter(|pair| pair[0] != pair[1] && pair[1] != left);
        edges.extend(different.map(|pair| JoinEdge { transaction, left, right: pair[1], rule }));
    }

    /// Whether a transaction is to be left out because several owners made it.
    fn is_joint(&self, facts: &Facts<'_>) -> bool {
        match self.settings.coinjoins {
            CoinJoins::Include => false,
            CoinJoins::Exclude => shapes::coinjoin(facts, &self.settings.thresholds) == Verdict::Yes,
            CoinJoins::ExcludeUndecided => shapes::coinjoin(facts, &self.settings.thresholds) != Verdict::No,
        }
    }

    /// Co-spend alone needs no more than the addresses of inputs, but for the few transactions that may be joint ones.
    fn co_spend_of_block(
        &self,
        height: Height,
        transactions: Numbers<TxNum>,
        work: &mut Work,
        edges: &mut Vec<JoinEdge>,
    ) -> Result<()> {
        self.look_at_block(transactions, work)?;
        let left_out = self.joint_ones(height, work)?;
        let mut spent = work.spent.iter();
        let mut addresses = Vec::new();
        for (transaction, inputs) in &work.transactions {
            addresses.clear();
            for output in spent.by_ref().take(*inputs) {
                addresses.push(self.chain.address_of(*output)?);
            }
            if !left_out.contains(transaction) {
                self.join_inputs(*transaction, &addresses, edges);
            }
        }
        Ok(())
    }

    /// Notes the transactions of a block with several inputs, and what those spend, which is asked for.
    fn look_at_block(&self, transactions: Numbers<TxNum>, work: &mut Work) -> Result<()> {
        work.transactions.clear();
        work.spent.clear();
        work.maybe_joint.clear();
        for number in transactions {
            let inputs = self.chain.inputs_of(number)?;
            let count = inputs.len();
            if count < 2 || self.chain.spends(inputs.start())?.is_none() {
                continue;
            }
            work.transactions.push((number, count));
            for input in inputs {
                let output =
                    self.chain.spends(input)?.ok_or_else(|| self.chain.corrupt("has an input that spends nothing among others"))?;
                self.chain.prefetch_address_of(output);
                work.spent.push(output);
            }
            if self.may_be_joint(number, &mut work.values)? {
                work.maybe_joint.push(number);
            }
        }
        Ok(())
    }

    /// Whether a transaction is worth a closer look at whose it is.
    fn may_be_joint(&self, number: TxNum, values: &mut Vec<u64>) -> Result<bool> {
        if self.settings.coinjoins == CoinJoins::Include {
            return Ok(false);
        }
        values.clear();
        for output in self.chain.outputs_of(number)? {
            values.push(self.chain.value_of(output)?);
        }
        Ok(shapes::may_be_coinjoin(self.chain.inputs_of(number)?.len(), values, &self.settings.thresholds))
    }

    fn joint_ones(&self, height: Height, work: &mut Work) -> Result<BTreeSet<TxNum>> {
        if work.maybe_joint.is_empty() {
            return Ok(BTreeSet::new());
        }
        work.facts.gather_some(self.chain, height, work.maybe_joint.iter().copied())?;
        Ok(work.facts.transactions().filter(|facts| self.is_joint(facts)).map(|facts| facts.number).collect())
    }
}

/// Lists that are used again for each block.
#[derive(Default)]
struct Work {
    facts: BlockFacts,
    candidates: Vec<u32>,
    /// Transactions with several inputs, and how many they have.
    transactions: Vec<(TxNum, usize)>,
    /// What those inputs spend.
    spent: Vec<OutNum>,
    maybe_joint: Vec<TxNum>,
    values: Vec<u64>,
}
