//! Which purposes make a transaction one of a shape.

use crate::chain::{Chain, Facts};
use crate::error::{Error, Result};
use crate::shapes::{self, Shape, Thresholds, Verdict};

/// The name for transactions of several owners, of whatever shape.
pub const SEVERAL_OWNERS: &str = "coinjoin";

/// The name for rounds of Wasabi of any version.
pub const WASABI: &str = "wasabi";

/// What is asked of transactions: a shape, whether they are rounds of Wasabi of any version, or whether they are of several owners.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Asked {
    Shape(Shape),
    Wasabi,
    SeveralOwners,
}

impl Asked {
    pub fn from_name(name: &str) -> Result<Asked> {
        match name {
            SEVERAL_OWNERS => Ok(Asked::SeveralOwners),
            WASABI => Ok(Asked::Wasabi),
            _ => Shape::from_name(name).map(Asked::Shape).map_err(|_| Error::UnknownName {
                what: "shape",
                name: name.to_string(),
                known: Shape::ALL.iter().map(|shape| shape.name()).chain([WASABI, SEVERAL_OWNERS]).collect(),
            }),
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Asked::Shape(shape) => shape.name(),
            Asked::Wasabi => WASABI,
            Asked::SeveralOwners => SEVERAL_OWNERS,
        }
    }

    /// What its form says of a transaction.
    pub fn verdict(self, facts: &Facts<'_>, thresholds: &Thresholds, chain: &Chain) -> Result<Verdict> {
        let of = |shape: Shape| Ok(shape.judge(facts, thresholds, chain)?.verdict);
        match self {
            Asked::Shape(shape) => of(shape),
            Asked::SeveralOwners => Ok(shapes::coinjoin(facts, thresholds)),
            Asked::Wasabi => Ok(of(Shape::Wasabi10)?.max(of(Shape::Wasabi11)?).max(of(Shape::Wasabi20)?)),
        }
    }

    /// Whether a transaction of a purpose, made by some software, is what is asked for. None where the purpose does not tell.
    pub fn is(self, purpose: &str, profile: Option<&str>) -> Option<bool> {
        let is_coinjoin = purpose.starts_with("coinjoin");
        Some(match self {
            Asked::SeveralOwners => is_coinjoin || purpose == "payjoin",
            Asked::Wasabi => purpose == "coinjoin_wasabi",
            Asked::Shape(Shape::EqualOutputCoinjoin) => is_coinjoin,
            Asked::Shape(Shape::Joinmarket) => purpose == "coinjoin_joinmarket",
            Asked::Shape(Shape::Wasabi10 | Shape::Wasabi11) => return of_wasabi(purpose, profile, "1"),
            Asked::Shape(Shape::Wasabi20) => return of_wasabi(purpose, profile, "2"),
            Asked::Shape(Shape::Whirlpool) => purpose == "coinjoin_whirlpool",
            Asked::Shape(Shape::WhirlpoolTx0) => purpose == "tx0",
            Asked::Shape(Shape::PayjoinWarning) => purpose == "payjoin",
            Asked::Shape(Shape::Peeling) => purpose == "peel",
            Asked::Shape(Shape::Consolidation) => matches!(purpose, "consolidation" | "sweep"),
            Asked::Shape(Shape::BatchPayment) => matches!(purpose, "batch" | "batch_withdrawal"),
            Asked::Shape(Shape::SelfTransfer) => purpose == "self_transfer",
            Asked::Shape(Shape::Stonewall | Shape::LightningOpen | Shape::LightningClose) => return None,
        })
    }

    /// Whether there is a purpose that says so at all.
    pub fn has_truth(self) -> bool {
        self.is("payment", None).is_some()
    }
}

/// A round of Wasabi is one of a version where the software says its version, and else of either.
fn of_wasabi(purpose: &str, profile: Option<&str>, version: &str) -> Option<bool> {
    if purpose != "coinjoin_wasabi" {
        return Some(false);
    }
    let told = profile.and_then(|profile| profile.split(|c: char| !c.is_ascii_digit()).find(|digits| !digits.is_empty()));
    Some(told.is_none_or(|told| told.starts_with(version)))
}
