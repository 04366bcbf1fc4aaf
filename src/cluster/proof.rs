//! Why two addresses are together.
//!
//! The forest's links are a spanning tree of the evidence, made in chain order; the way between two addresses in it is the one whose
//! latest step is as early as can be. So its last step tells since when the two are joined.

use crate::chain::Chain;
use crate::chain::cells::table;
use crate::cluster::forest::JoinEdge;
use crate::cluster::graph::Graph;
use crate::cluster::{Clusters, Forest};
use crate::error::{Error, Result};
use crate::ids::{AddrNum, Height, TxNum};
use crate::table::Table;
use crate::table::columns::always;

/// A step from one address to another, and the evidence that they belong together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ProofStep {
    pub from: AddrNum,
    pub to: AddrNum,
    pub transaction: TxNum,
    /// The rule's place in the settings' list of rules.
    pub rule: u8,
}

/// Steps that lead from one address to another.
#[derive(Clone)]
pub struct Proof {
    clusters: Clusters,
    from: AddrNum,
    to: AddrNum,
    steps: Vec<ProofStep>,
    shortest: bool,
}

impl Clusters {
    /// Why two addresses are together: the steps with the earliest evidence.
    pub fn why(&self, a: AddrNum, b: AddrNum) -> Result<Proof> {
        self.check_joined(a, b)?;
        Ok(self.proof(a, b, steps(self.forest(), a, b), false))
    }

    /// Why two addresses are together, in as few steps as can be. That takes a search through their cluster.
    pub fn why_shortest(&self, a: AddrNum, b: AddrNum, go_on: &mut dyn FnMut() -> bool) -> Result<Proof> {
        self.check_joined(a, b)?;
        let graph = Graph::of(self, go_on)?;
        Ok(self.proof(a, b, graph.shortest(a, b, go_on)?, true))
    }

    /// The transactions without any one of which two addresses that are joined would not be; in chain order.
    pub fn bridges(&self, a: AddrNum, b: AddrNum, go_on: &mut dyn FnMut() -> bool) -> Result<Vec<TxNum>> {
        self.check_joined(a, b)?;
        Graph::of(self, go_on)?.bridges(a, b, go_on)
    }

    fn proof(&self, from: AddrNum, to: AddrNum, steps: Vec<ProofStep>, shortest: bool) -> Proof {
        Proof { clusters: self.clone(), from, to, steps, shortest }
    }

    fn check_joined(&self, a: AddrNum, b: AddrNum) -> Result<()> {
        let (name_a, name_b) = (self.name_of(a)?, self.name_of(b)?);
        if name_a == name_b {
            return Ok(());
        }
        let text = |address| -> Result<String> { self.chain().address_at(address)?.name() };
        Err(Error::NotJoined {
            a: text(a)?,
            b: text(b)?,
            sizes: (self.size_of(a)?, self.size_of(b)?),
            height: self.chain().height().0,
        })
    }
}

impl Proof {
    pub fn clusters(&self) -> &Clusters {
        &self.clusters
    }

    pub fn chain(&self) -> &Chain {
        self.clusters.chain()
    }

    pub fn from(&self) -> AddrNum {
        self.from
    }

    pub fn to(&self) -> AddrNum {
        self.to
    }

    /// Whether the steps are as few as can be; else they are those with the earliest evidence.
    pub fn is_shortest(&self) -> bool {
        self.shortest
    }

    pub fn steps(&self) -> &[ProofStep] {
        &self.steps
    }

    /// The rule of a step, by name.
    pub fn rule_name(&self, step: &ProofStep) -> String {
        self.clusters.settings().rules.get(step.rule as usize).map_or_else(String::new, |rule| rule.name())
    }

    /// One row a step: step (from 1), from, to, rule, txid, height, time.
    pub fn table(&self) -> Result<Table> {
        let numbered: Vec<(i64, ProofStep)> = (1..).zip(self.steps.iter().copied()).collect();
        table(self.chain(), &numbered, |rows| {
            let tx = |row: &(i64, ProofStep)| Some(row.1.transaction);
            Ok(vec![
                always(rows.int32("step", |row| Ok(Some(row.0)))?),
                rows.named("from", |row| row.1.from)?,
                rows.named("to", |row| row.1.to)?,
                rows.word("rule", |row| self.rule_name(&row.1)),
                always(rows.txid("txid", tx)?),
                always(rows.height("height", tx)?),
                always(rows.time("time", tx)?),
            ])
        })
    }

    /// The height from which on these steps join the two; none where they are the same address.
    pub fn height(&self) -> Result<Option<Height>> {
        let last = self.steps.iter().map(|step| step.transaction).max();
        last.map(|last| self.chain().height_of(last)).transpose()
    }
}

/// The way between two joined addresses: the last link between them, with the way from one to its one end and from its other end to the
/// other, which consist of earlier links.
fn steps(forest: &Forest, a: AddrNum, b: AddrNum) -> Vec<ProofStep> {
    enum Part {
        Way(AddrNum, AddrNum),
        ProofStep(ProofStep),
    }
    let (mut steps, mut parts) = (Vec::new(), vec![Part::Way(a, b)]);
    while let Some(part) = parts.pop() {
        match part {
            Part::ProofStep(step) => steps.push(step),
            Part::Way(a, b) => {
                let Some(link) = forest.last_link(a, b) else { continue };
                let JoinEdge { transaction, left, right, rule } = forest.links()[link as usize];
                let forward = forest.root_before(a, link) == forest.root_before(left, link);
                let (from, to) = if forward { (left, right) } else { (right, left) };
                let step = ProofStep { from, to, transaction, rule };
                parts.extend([Part::Way(to, b), Part::ProofStep(step), Part::Way(a, from)]);
            }
        }
    }
    steps
}
