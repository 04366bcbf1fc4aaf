//! What several shapes look at in one transaction, counted when it is first asked for.

use std::cell::OnceCell;

use crate::chain::Facts;
use crate::ids::AddrNum;
use crate::script::Kind;
use crate::shapes::Thresholds;
use crate::shapes::assignment::{Answer, Search};

/// One transaction, and what is held against it.
pub(super) struct Look<'a> {
    pub facts: &'a Facts<'a>,
    pub thresholds: &'a Thresholds,
    amounts: OnceCell<Vec<Amount>>,
    spendable: OnceCell<usize>,
    payers: OnceCell<Payers>,
    paid: OnceCell<usize>,
    shares: OnceCell<Answer>,
}

/// Outputs of one amount.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Amount {
    pub value: u64,
    pub count: usize,
}

/// The addresses that the inputs spend from.
#[derive(Clone, Copy, Default)]
pub(super) struct Payers {
    pub distinct: usize,
    /// Inputs of the address that has most of them.
    pub most: usize,
}

impl<'a> Look<'a> {
    pub fn new(facts: &'a Facts<'a>, thresholds: &'a Thresholds) -> Look<'a> {
        Look {
            facts,
            thresholds,
            amounts: OnceCell::new(),
            spendable: OnceCell::new(),
            payers: OnceCell::new(),
            paid: OnceCell::new(),
            shares: OnceCell::new(),
        }
    }

    pub fn inputs(&self) -> usize {
        self.facts.inputs.len()
    }

    pub fn outputs(&self) -> usize {
        self.facts.outputs.len()
    }

    /// Outputs that are not data.
    pub fn spendable(&self) -> usize {
        *self.spendable.get_or_init(|| self.facts.outputs.iter().filter(|output| output.kind != Kind::OpReturn).count())
    }

    pub fn data_outputs(&self) -> usize {
        self.outputs() - self.spendable()
    }

    /// The amounts of the outputs, ascending.
    pub fn amounts(&self) -> &[Amount] {
        self.amounts.get_or_init(|| {
            let mut values: Vec<u64> = self.facts.outputs.iter().map(|output| output.value).collect();
            values.sort_unstable();
            values.chunk_by(|a, b| a == b).map(|equal| Amount { value: equal[0], count: equal.len() }).collect()
        })
    }

    /// The amount that most outputs have; of several the smallest. None of no outputs.
    pub fn denomination(&self) -> Amount {
        let most = self.amounts().iter().rev().max_by_key(|amount| amount.count);
        most.copied().unwrap_or(Amount { value: 0, count: 0 })
    }

    pub fn payers(&self) -> Payers {
        *self.payers.get_or_init(|| {
            let mut addresses: Vec<AddrNum> = self.facts.inputs.iter().map(|input| input.address).collect();
            addresses.sort_unstable();
            addresses
                .chunk_by(|a, b| a == b)
                .fold(Payers::default(), |all, one| Payers { distinct: all.distinct + 1, most: all.most.max(one.len()) })
        })
    }

    /// Addresses that the outputs pay.
    pub fn paid(&self) -> usize {
        *self.paid.get_or_init(|| {
            let mut addresses: Vec<AddrNum> = self.facts.outputs.iter().map(|output| output.address).collect();
            addresses.sort_unstable();
            addresses.dedup();
            addresses.len()
        })
    }

    /// Whether the inputs can be divided among the participants, of whom each gets one output of the most frequent amount and at most
    /// one of the others.
    pub fn shares(&self) -> Answer {
        *self.shares.get_or_init(|| self.divide())
    }

    fn divide(&self) -> Answer {
        let denomination = self.denomination();
        let others = self.facts.outputs.iter().filter(|output| output.value != denomination.value && output.kind != Kind::OpReturn);
        let mut others: Vec<u64> = others.map(|output| output.value).collect();
        if others.len() > denomination.count {
            return Answer::Impossible;
        }
        others.resize(denomination.count, 0);
        let thresholds = self.thresholds;
        let slack = thresholds.fee_slack.max((denomination.value as f64 * thresholds.fee_slack_share) as u64);
        let goals = others.iter().map(|other| (denomination.value.saturating_add(*other)).saturating_sub(slack)).collect();
        Search::new(self.by_payer(), goals, thresholds.search_budget).run()
    }

    /// What each address puts in.
    pub fn by_payer(&self) -> Vec<u64> {
        let mut inputs: Vec<(AddrNum, u64)> = self.facts.inputs.iter().map(|input| (input.address, input.value)).collect();
        inputs.sort_unstable();
        inputs
            .chunk_by(|a, b| a.0 == b.0)
            .map(|one| one.iter().fold(0, |sum: u64, (_, value)| sum.saturating_add(*value)))
            .collect()
    }
}
