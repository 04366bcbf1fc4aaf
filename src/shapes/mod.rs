//! Shapes of transactions: CoinJoins of several kinds, and payments that are known by their form. Every shape has a verdict of three
//! values, and says which predicate decided.
//!
//! A shape is a list of predicates in a fixed order, of which all must be passed. The verdict is "no" where one fails, else "undecided" where
//! one cannot be decided, else "yes"; what decided is the first that failed, or the first that could not be decided, or all.

mod around;
mod assignment;
mod boltzmann;
mod equal_output;
mod lightning;
mod look;
mod outline;
mod payjoin;
mod payments;
mod peeling;
mod recipe;
mod record;
mod stonewall;
mod table;
mod thresholds;
mod wasabi;
mod whirlpool;

use std::sync::LazyLock;

use crate::blocks::fingerprint::Fingerprint;
use crate::chain::Facts;
use crate::error::{Error, Result};
use crate::ids::{Height, TxNum};
use look::Look;
use record::{Full, Go, Quick, Record, Stop};

pub use around::{Around, Hidden, Nothing};
pub use boltzmann::{Boltzmann, BoltzmannOptions, NotComputed, Placed};
pub use outline::Outline;
pub use record::{Found, Predicate, Verdict};
pub use thresholds::{GivenThreshold, Threshold, Thresholds};

/// Rises whenever [`coinjoin`] may answer differently with the same thresholds.
pub const COINJOIN_VERSION: u32 = 1;

/// What decided where no single predicate did.
pub const ALL: &str = "all";

/// The shapes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u8)]
pub enum Shape {
    EqualOutputCoinjoin = 0,
    Joinmarket = 1,
    Wasabi10 = 2,
    Wasabi11 = 3,
    Wasabi20 = 4,
    Whirlpool = 5,
    WhirlpoolTx0 = 6,
    Stonewall = 7,
    PayjoinWarning = 8,
    Peeling = 9,
    Consolidation = 10,
    BatchPayment = 11,
    SelfTransfer = 12,
    LightningOpen = 13,
    LightningClose = 14,
}

/// Whether a transaction has a shape, in short.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Decision {
    pub verdict: Verdict,
    /// The number of the predicate that decided; their count where all did.
    pub decided_by: u8,
}

/// Whether a transaction has a shape, with everything that was looked at.
#[derive(Clone, PartialEq, Debug)]
pub struct Judgement {
    pub shape: Shape,
    pub verdict: Verdict,
    /// The name of the predicate that decided, or "all".
    pub decided_by: &'static str,
    pub predicates: Vec<Predicate>,
}

impl Judgement {
    /// What some predicates of a shape decide.
    pub fn of(shape: Shape, predicates: Vec<Predicate>) -> Judgement {
        let (verdict, by) = record::verdict(&predicates);
        let decided_by = predicates.get(by).map_or(ALL, |predicate| predicate.name);
        Judgement { shape, verdict, decided_by, predicates }
    }
}

impl Shape {
    /// Every shape, in the order of its number.
    pub const ALL: [Shape; 15] = [
        Shape::EqualOutputCoinjoin,
        Shape::Joinmarket,
        Shape::Wasabi10,
        Shape::Wasabi11,
        Shape::Wasabi20,
        Shape::Whirlpool,
        Shape::WhirlpoolTx0,
        Shape::Stonewall,
        Shape::PayjoinWarning,
        Shape::Peeling,
        Shape::Consolidation,
        Shape::BatchPayment,
        Shape::SelfTransfer,
        Shape::LightningOpen,
        Shape::LightningClose,
    ];

    /// The shapes of which one says that the inputs are of several owners, the quickest first.
    pub const JOINT: [Shape; 6] =
        [Shape::Whirlpool, Shape::Wasabi20, Shape::Wasabi10, Shape::Wasabi11, Shape::Joinmarket, Shape::EqualOutputCoinjoin];

    /// The name that tables use.
    pub const fn name(self) -> &'static str {
        match self {
            Shape::EqualOutputCoinjoin => "equal_output_coinjoin",
            Shape::Joinmarket => "joinmarket",
            Shape::Wasabi10 => "wasabi_1_0",
            Shape::Wasabi11 => "wasabi_1_1",
            Shape::Wasabi20 => "wasabi_2_0",
            Shape::Whirlpool => "whirlpool",
            Shape::WhirlpoolTx0 => "whirlpool_tx0",
            Shape::Stonewall => "stonewall",
            Shape::PayjoinWarning => "payjoin_warning",
            Shape::Peeling => "peeling",
            Shape::Consolidation => "consolidation",
            Shape::BatchPayment => "batch_payment",
            Shape::SelfTransfer => "self_transfer",
            Shape::LightningOpen => "lightning_open",
            Shape::LightningClose => "lightning_close",
        }
    }

    /// The shape with a name.
    pub fn from_name(name: &str) -> Result<Shape> {
        Shape::ALL.into_iter().find(|shape| shape.name() == name).ok_or_else(|| Error::UnknownName {
            what: "shape",
            name: name.to_string(),
            known: Shape::ALL.iter().map(|shape| shape.name()).collect(),
        })
    }

    /// The names of its predicates, in their order.
    pub fn predicates(self) -> &'static [&'static str] {
        static NAMES: LazyLock<Vec<Vec<&'static str>>> = LazyLock::new(|| Shape::ALL.map(names).into());
        &NAMES[self as usize]
    }

    /// The name of what decided.
    pub fn decided_by(self, decision: Decision) -> &'static str {
        self.predicates().get(decision.decided_by as usize).copied().unwrap_or(ALL)
    }

    /// Whether a transaction has this shape.
    pub fn judge(self, facts: &Facts, thresholds: &Thresholds, around: &dyn Around) -> Result<Decision> {
        self.quickly(&Look::new(facts, thresholds), around)
    }

    /// Whether a transaction has this shape, and why.
    pub fn explain(self, facts: &Facts, thresholds: &Thresholds, around: &dyn Around) -> Result<Judgement> {
        self.fully(&Look::new(facts, thresholds), around)
    }

    fn quickly(self, look: &Look, around: &dyn Around) -> Result<Decision> {
        let mut record = Quick::default();
        if let Err(Stop::Failed(error)) = self.rule(look, around, &mut record) {
            return Err(error);
        }
        let (verdict, decided_by) = record.verdict();
        Ok(Decision { verdict, decided_by })
    }

    fn fully(self, look: &Look, around: &dyn Around) -> Result<Judgement> {
        let mut record = Full::default();
        if let Err(Stop::Failed(error)) = self.rule(look, around, &mut record) {
            return Err(error);
        }
        Ok(Judgement::of(self, record.predicates))
    }

    fn rule(self, look: &Look, around: &dyn Around, record: &mut impl Record) -> Go {
        match self {
            Shape::EqualOutputCoinjoin => equal_output::equal_output_coinjoin(look, record),
            Shape::Joinmarket => equal_output::joinmarket(look, record),
            Shape::Wasabi10 => wasabi::wasabi_1_0(look, record),
            Shape::Wasabi11 => wasabi::wasabi_1_1(look, record),
            Shape::Wasabi20 => wasabi::wasabi_2_0(look, record),
            Shape::Whirlpool => whirlpool::whirlpool(look, around, record),
            Shape::WhirlpoolTx0 => whirlpool::whirlpool_tx0(look, record),
            Shape::Stonewall => stonewall::stonewall(look, record),
            Shape::PayjoinWarning => payjoin::payjoin_warning(look, record),
            Shape::Peeling => peeling::peeling(look, around, record),
            Shape::Consolidation => payments::consolidation(look, record),
            Shape::BatchPayment => payments::batch_payment(look, record),
            Shape::SelfTransfer => payments::self_transfer(look, record),
            Shape::LightningOpen => lightning::lightning_open(look, around, record),
            Shape::LightningClose => lightning::lightning_close(look, around, record),
        }
    }
}

/// Whether a transaction has each of the shapes, in the order of [`Shape::ALL`].
pub fn judge(facts: &Facts, thresholds: &Thresholds, around: &dyn Around) -> Result<[Decision; 15]> {
    let look = Look::new(facts, thresholds);
    let mut decisions = [Decision::default(); 15];
    for shape in Shape::ALL {
        decisions[shape as usize] = shape.quickly(&look, around)?;
    }
    Ok(decisions)
}

/// Whether a transaction has each of some shapes, and why.
pub fn explain(shapes: &[Shape], facts: &Facts, thresholds: &Thresholds, around: &dyn Around) -> Result<Vec<Judgement>> {
    let look = Look::new(facts, thresholds);
    shapes.iter().map(|shape| shape.fully(&look, around)).collect()
}

/// Whether the inputs of a transaction are of several owners, as far as its shape says: the strongest verdict among the shapes of
/// CoinJoins. It looks at nothing but the transaction itself, so a lineage that is asked for is undecided.
pub fn coinjoin(facts: &Facts, thresholds: &Thresholds) -> Verdict {
    if facts.inputs.len() < 2 || facts.outputs.len() < 3 {
        return Verdict::No;
    }
    joint(&Look::new(facts, thresholds))
}

fn joint(look: &Look) -> Verdict {
    if !may_be_joint(look) {
        return Verdict::No;
    }
    let mut strongest = Verdict::No;
    for shape in Shape::JOINT {
        let decision = shape.quickly(look, &Nothing).expect("nothing around it, nothing that can fail");
        strongest = strongest.max(decision.verdict);
        if strongest == Verdict::Yes {
            break;
        }
    }
    strongest
}

/// Whether what all shapes of CoinJoins have in common is there, by the number of inputs and the values of the outputs alone. It sets
/// nearly all transactions aside without asking for memory.
pub fn may_be_coinjoin(inputs: usize, values: &[u64], thresholds: &Thresholds) -> bool {
    if inputs < 2 || values.len() < 3 {
        return false;
    }
    // Wasabi 1 has amounts that are nearly equal; all others have at least two that are the same.
    inputs as u64 >= thresholds.wasabi_1_min_inputs
        || values.len() > FEW
        || values.iter().enumerate().any(|(i, value)| values[..i].contains(value))
}

/// Outputs up to which a look for two equal ones is quick.
const FEW: usize = 16;

fn may_be_joint(look: &Look) -> bool {
    let outputs = look.facts.outputs;
    let mut values = [0; FEW + 1];
    let count = outputs.len().min(values.len());
    values.iter_mut().zip(outputs).for_each(|(value, output)| *value = output.value);
    may_be_coinjoin(look.facts.inputs.len(), &values[..count], look.thresholds)
}

/// The predicates of a shape, as they are noted for a transaction of nothing.
fn names(shape: Shape) -> Vec<&'static str> {
    let facts = Facts {
        number: TxNum(0),
        height: Height(0),
        time: 0,
        version: 0,
        locktime: 0,
        weight: 0,
        fee: 0,
        fingerprint: Fingerprint::default(),
        inputs: &[],
        outputs: &[],
    };
    let explanation = shape.explain(&facts, &Thresholds::default(), &Nothing).expect("there is nothing that can fail");
    explanation.predicates.iter().map(|predicate| predicate.name).collect()
}
