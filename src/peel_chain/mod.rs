//! Peel chains: a coin is spent, a payment is peeled off, and what is left is spent in the same way again.
//!
//! After Kappos, Yousaf, Stütz, Rollet, Haslhofer and Meiklejohn, "How to Peel a Million" (USENIX Security 2022): at each transaction the
//! chain goes on by the one output that can be the change, because its spender keeps the habits of the wallet; where there is none, or
//! more than one, it stops. docs/peel_chain.md says what each word means here, and which details are our choice.

mod decide;
mod habits;
mod learn;
pub mod recipe;
mod tables;
mod walk;

use std::sync::Arc;

use crate::chain::{Chain, Feature};
use crate::cluster::Clusters;
use crate::error::Result;
use crate::ids::{OutNum, TxNum};
use crate::shapes::Thresholds;
use crate::table::Table;
use crate::trace::Direction;
use crate::trace::StopSet;

pub use decide::Reading;
pub use habits::{BY_CHANCE, Habits};

/// How a peel chain is followed.
#[derive(Clone)]
pub struct PeelChainOptions {
    /// Out, in, or both.
    pub directions: Vec<Direction>,
    /// The features that tell a wallet from others.
    pub features: Vec<Feature>,
    pub clusters: Option<Clusters>,
    /// Where it stops.
    pub stop_at: Arc<StopSet>,
    /// Steps in each direction at most.
    pub max_steps: Option<u64>,
    pub max_inputs: u64,
    pub max_outputs: u64,
    /// Whether an output that nothing spends cannot be the change of a transaction.
    pub rule_out_unspent: bool,
}

impl Default for PeelChainOptions {
    fn default() -> PeelChainOptions {
        PeelChainOptions {
            directions: vec![Direction::Out],
            features: Feature::ALL.to_vec(),
            clusters: None,
            stop_at: Arc::default(),
            max_steps: None,
            max_inputs: 1,
            max_outputs: 2,
            rule_out_unspent: false,
        }
    }
}

/// A transaction of the chain, whose change is known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PeelStep {
    /// From 0 on forward, from -1 on backward.
    pub step: i64,
    pub transaction: TxNum,
    /// The coin of the chain that it spends, and the change.
    pub coin: OutNum,
    pub change: OutNum,
    /// One for each output.
    pub readings: Vec<Reading>,
    /// The habits of the wallet, as they were when it was read.
    pub shared: Vec<Feature>,
}

/// Why a chain stops.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum StopReason {
    /// Nothing spends the coin, or the only output that could be the change, as of the height.
    Unspent,
    /// The coin can never be spent.
    Lost,
    /// All outputs are ruled out.
    NoCandidate,
    /// Several are not.
    SeveralCandidates,
    /// The next transaction has other numbers of inputs and outputs than a step.
    Form,
    CoinJoin,
    Coinbase,
    /// The coin's address has a label.
    StopAt,
    /// Backward: the transaction before differs from the chain's.
    Features,
    /// Backward: the coin is not the change of the transaction before, but what was peeled off.
    NotTheChange,
    /// Backward: the transaction before has several inputs, and which of them is of the chain cannot be told.
    SeveralInputs,
    MaxSteps,
}

/// Where a chain stops in one direction, and why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PeelStop {
    pub direction: Direction,
    pub reason: StopReason,
    /// The last coin of the chain.
    pub coin: OutNum,
    /// The transaction that is not a step of it any more; none where there is none.
    pub transaction: Option<TxNum>,
    /// One for each output of that transaction, where they were read.
    pub readings: Vec<Reading>,
    /// The reason in a sentence.
    pub explanation: String,
}

/// A peel chain through one coin, as of the height of a chain.
#[derive(Clone)]
pub struct PeelChain {
    chain: Chain,
    options: PeelChainOptions,
    start: OutNum,
    /// In chain order.
    steps: Vec<PeelStep>,
    stops: Vec<PeelStop>,
}

impl StopReason {
    pub fn name(self) -> &'static str {
        match self {
            StopReason::Unspent => "unspent",
            StopReason::Lost => "lost",
            StopReason::NoCandidate => "no_candidate",
            StopReason::SeveralCandidates => "several_candidates",
            StopReason::Form => "form",
            StopReason::CoinJoin => "coinjoin",
            StopReason::Coinbase => "coinbase",
            StopReason::StopAt => "stop_at",
            StopReason::Features => "features",
            StopReason::NotTheChange => "not_the_change",
            StopReason::SeveralInputs => "several_inputs",
            StopReason::MaxSteps => "max_steps",
        }
    }
}

impl Chain {
    /// Follows the peel chain that a coin is in. Now and then `go_on` is asked, and ends it when it returns false.
    pub fn peel_chain(&self, start: OutNum, options: &PeelChainOptions, go_on: &mut dyn FnMut() -> bool) -> Result<PeelChain> {
        self.output_at(start)?;
        let judge = decide::Judge { chain: self, options, thresholds: Thresholds::of(self.network()) };
        let (mut steps, mut stops) = (Vec::new(), Vec::new());
        for direction in &options.directions {
            let mut walk = walk::Walk::new(&judge, start)?;
            stops.push(walk.run(*direction, go_on)?);
            steps.append(&mut walk.steps);
        }
        steps.sort_unstable_by_key(|step| step.step);
        Ok(PeelChain { chain: self.clone(), options: options.clone(), start, steps, stops })
    }
}

impl PeelChain {
    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    pub fn options(&self) -> &PeelChainOptions {
        &self.options
    }

    /// The coin that it was followed from.
    pub fn start(&self) -> OutNum {
        self.start
    }

    pub fn rows(&self) -> &[PeelStep] {
        &self.steps
    }

    pub fn stops(&self) -> &[PeelStop] {
        &self.stops
    }

    /// Satoshi that were peeled off in all steps.
    pub fn peeled_total(&self) -> Result<u64> {
        self.steps.iter().try_fold(0u64, |sum, step| Ok(sum.saturating_add(step.peeled(&self.chain)?)))
    }

    /// The steps as a table.
    pub fn steps(&self) -> Result<Table> {
        tables::steps(self)
    }

    /// What was peeled off, one row an output.
    pub fn peeled(&self) -> Result<Table> {
        tables::peeled(self)
    }

    /// Where and why it stops, one row a direction.
    pub fn stop(&self) -> Result<Table> {
        tables::stop(self)
    }
}

impl PeelStep {
    /// What the change was decided by: "own_address", "same_wallet" or "spender".
    pub fn decided_by(&self) -> &'static str {
        // Nothing else is a candidate, or it would not be decided.
        self.readings.iter().find(|reading| reading.is_candidate()).map_or("spender", decide::decided_by)
    }

    /// Satoshi in its other outputs.
    pub fn peeled(&self, chain: &Chain) -> Result<u64> {
        let others = chain.outputs_of(self.transaction)?.filter(|output| *output != self.change);
        others.map(|output| chain.value_of(output)).try_fold(0u64, |sum, value| Ok(sum.saturating_add(value?)))
    }
}

impl std::fmt::Debug for PeelChain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PeelChain({} steps, {:?})", self.steps.len(), self.chain)
    }
}
