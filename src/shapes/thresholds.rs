//! The numbers that shapes are held against, each by its name, with its default and the range that it may be in.

use std::ops::RangeInclusive;

use crate::error::{Error, Result};
use crate::script::Network;

/// A value for a threshold, as it was given.
#[derive(Clone, PartialEq, Debug)]
pub enum GivenThreshold {
    Number(i128),
    Real(f64),
    Flag(bool),
    /// Something else, as a text.
    Other(String),
}

/// One threshold: its name, what it means, and what it is.
#[derive(Clone, Copy, Debug)]
pub struct Threshold {
    pub name: &'static str,
    pub meaning: &'static str,
    /// What it is in some thresholds.
    pub get: fn(&Thresholds) -> GivenThreshold,
}

/// A type of thresholds.
trait Value: Sized + Copy {
    /// None where the type is wrong.
    fn from_given(given: &GivenThreshold) -> Option<Self>;
    fn given(self) -> GivenThreshold;
    fn wanted(allowed: &RangeInclusive<Self>) -> String;
}

impl Value for u64 {
    /// A number that is out of range stays so.
    fn from_given(given: &GivenThreshold) -> Option<u64> {
        if let GivenThreshold::Number(number) = given { Some(u64::try_from(*number).unwrap_or(u64::MAX)) } else { None }
    }

    fn given(self) -> GivenThreshold {
        GivenThreshold::Number(self as i128)
    }

    fn wanted(allowed: &RangeInclusive<u64>) -> String {
        match *allowed.end() {
            MOST => format!("a whole number from {} on", allowed.start()),
            most => format!("a whole number from {} to {most}", allowed.start()),
        }
    }
}

impl Value for f64 {
    fn from_given(given: &GivenThreshold) -> Option<f64> {
        match given {
            GivenThreshold::Number(number) => Some(*number as f64),
            GivenThreshold::Real(number) => Some(*number),
            _ => None,
        }
    }

    fn given(self) -> GivenThreshold {
        GivenThreshold::Real(self)
    }

    fn wanted(allowed: &RangeInclusive<f64>) -> String {
        format!("a number from {} to {}", allowed.start(), allowed.end())
    }
}

impl Value for bool {
    fn from_given(given: &GivenThreshold) -> Option<bool> {
        if let GivenThreshold::Flag(flag) = given { Some(*flag) } else { None }
    }

    fn given(self) -> GivenThreshold {
        GivenThreshold::Flag(self)
    }

    fn wanted(_: &RangeInclusive<bool>) -> String {
        "True or False".to_string()
    }
}

impl std::fmt::Display for GivenThreshold {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            GivenThreshold::Number(number) => number.fmt(f),
            GivenThreshold::Real(number) => number.fmt(f),
            GivenThreshold::Flag(true) => "True".fmt(f),
            GivenThreshold::Flag(false) => "False".fmt(f),
            GivenThreshold::Other(text) => text.fmt(f),
        }
    }
}

/// The largest whole number that a threshold may be.
const MOST: u64 = 1 << 52;

macro_rules! thresholds {
    ($($(#[doc = $meaning:literal])* $name:ident: $of:ty = $default:expr, $allowed:expr;)*) => {
        /// What shapes are held against. The default is that of networks on which no wallet began at a known height;
        /// [`Thresholds::of`] gives that of a network.
        #[derive(Clone, Debug, PartialEq)]
        pub struct Thresholds {
            $($(#[doc = $meaning])* pub $name: $of,)*
        }

        impl Default for Thresholds {
            fn default() -> Thresholds {
                Thresholds { $($name: $default,)* }
            }
        }

        impl Thresholds {
            /// All of them, in the order in which they are documented.
            pub const ALL: &'static [Threshold] = &[$(Threshold {
                name: stringify!($name),
                meaning: concat!($($meaning),*),
                get: |thresholds| thresholds.$name.given(),
            },)*];

            /// Changes the threshold with a name.
            pub fn set(&mut self, name: &str, given: &GivenThreshold) -> Result<()> {
                match name {
                    $(stringify!($name) => self.$name = take(name, given, $allowed)?,)*
                    _ => return Err(Error::UnknownName {
                        what: "threshold",
                        name: name.to_string(),
                        known: Thresholds::ALL.iter().map(|threshold| threshold.name).collect(),
                    }),
                }
                Ok(())
            }
        }
    };
}

fn take<T: Value + PartialOrd>(name: &str, given: &GivenThreshold, allowed: RangeInclusive<T>) -> Result<T> {
    let (name, given_text, wanted) = (name.to_string(), given.to_string(), T::wanted(&allowed));
    match T::from_given(given) {
        Some(value) if allowed.contains(&value) => Ok(value),
        Some(_) => Err(Error::ThresholdValue { name, given: given_text, wanted }),
        None => Err(Error::ThresholdType { name, given: given_text, wanted }),
    }
}

thresholds! {
    /// Inputs that an equal-output CoinJoin has at least.
    min_inputs: u64 = 2, 2..=MOST;
    /// Equal outputs that an equal-output CoinJoin or a JoinMarket transaction has at least.
    min_participants: u64 = 3, 2..=MOST;
    /// Satoshi of an equal output at least: equal amounts of 546 or 2,730 are marks of token protocols.
    min_denomination: u64 = 2_731, 1..=MOST;
    /// Satoshi by which a participant's outputs may exceed his inputs, because others pay him for taking part.
    fee_slack: u64 = 3_000, 0..=MOST;
    /// The same as a share of the denomination; the larger of both counts.
    fee_slack_share: f64 = 0.01, 0.0..=1.0;
    /// Steps of the search for an assignment of inputs to participants, after which it is undecided.
    search_budget: u64 = 100_000, 0..=MOST;
    /// Inputs from which on a JoinMarket transaction must keep the two proportions that follow.
    joinmarket_large: u64 = 50, 1..=MOST;
    /// Inputs for each equal output at most, in a large JoinMarket transaction.
    joinmarket_max_inputs_each: f64 = 20.0, 0.0..=1e9;
    /// Outputs for each equal output at least, in a large JoinMarket transaction.
    joinmarket_min_outputs_each: f64 = 1.7, 0.0..=1e9;
    /// Share of a Wasabi transaction's inputs that one address may have at most.
    wasabi_max_address_share: f64 = 0.1, 0.0..=1.0;
    /// Height from which on there are Wasabi 1 transactions.
    wasabi_1_first_height: u64 = 0, 0..=MOST;
    /// Inputs of a Wasabi 1 transaction at least.
    wasabi_1_min_inputs: u64 = 10, 2..=MOST;
    /// Equal outputs of a Wasabi 1 transaction at least.
    wasabi_1_min_participants: u64 = 3, 2..=MOST;
    /// Input addresses for each equal output at most, in a Wasabi 1 transaction.
    wasabi_1_max_inputs_each: f64 = 7.0, 0.0..=1e9;
    /// Satoshi of the lowest denomination of Wasabi 1; half of it counts in version 1.0, whose first rounds used it.
    wasabi_1_denomination: u64 = 10_000_000, 1..=MOST;
    /// Share by which the amounts of Wasabi 1 may differ from its denominations.
    wasabi_1_tolerance: f64 = 0.05, 0.0..=0.3;
    /// Denominations with at least two outputs that a Wasabi 1.1 transaction has at least.
    wasabi_1_1_min_levels: u64 = 2, 1..=20;
    /// Inputs below which a Wasabi 1.1 transaction must not be a payment of equal shares.
    wasabi_1_1_large: u64 = 20, 0..=MOST;
    /// Height from which on there are Wasabi 2 transactions.
    wasabi_2_first_height: u64 = 0, 0..=MOST;
    /// Inputs of a Wasabi 2 transaction at least.
    wasabi_2_min_inputs: u64 = 20, 2..=MOST;
    /// Satoshi of the smallest output of a Wasabi 2 transaction at least.
    wasabi_2_min_output: u64 = 5_000, 0..=MOST;
    /// Different amounts that appear more than once in a Wasabi 2 transaction at least.
    wasabi_2_min_denominations: u64 = 3, 1..=MOST;
    /// Whether the inputs and outputs of a Wasabi 2 transaction must stand in descending order of their amounts.
    wasabi_2_sorted: bool = true, false..=true;
    /// Height from which on there are Whirlpool transactions.
    whirlpool_first_height: u64 = 0, 0..=MOST;
    /// Inputs, and outputs, of a Whirlpool transaction at least.
    whirlpool_min_participants: u64 = 5, 2..=MOST;
    /// Inputs, and outputs, of a Whirlpool transaction at most.
    whirlpool_max_participants: u64 = 10, 2..=MOST;
    /// Satoshi that a new participant's input has beyond the pool's amount at least, in Whirlpool and its Tx0.
    whirlpool_min_excess: u64 = 100, 0..=MOST;
    /// Satoshi that a new participant's input has beyond the pool's amount at most, in Whirlpool and its Tx0.
    whirlpool_max_excess: u64 = 110_000, 0..=MOST;
    /// Whether the inputs of a Whirlpool transaction must come from a Tx0 (new ones) or another mix (the others).
    whirlpool_lineage: bool = false, false..=true;
    /// Outputs of a Tx0 that are to be mixed, at most.
    tx0_max_premix: u64 = 70, 1..=MOST;
    /// Further outputs of a Tx0 at most: the pool's fee and the change.
    tx0_max_others: u64 = 2, 0..=MOST;
    /// The fee that a Tx0 pays, as a share of the pool's, at least.
    tx0_min_fee_share: f64 = 0.5, 0.0..=1e9;
    /// The fee that a Tx0 pays, as a share of the pool's, at most.
    tx0_max_fee_share: f64 = 3.0, 0.0..=1e9;
    /// Satoshi of the two equal outputs of a Stonewall at least.
    stonewall_min_value: u64 = 5_000, 0..=MOST;
    /// Share of its outputs' sum that a step of a peeling chain splits off at most.
    peeling_max_share: f64 = 0.5, 0.0..=0.5;
    /// Inputs of a consolidation at least.
    consolidation_min_inputs: u64 = 3, 1..=MOST;
    /// Outputs of a consolidation at most.
    consolidation_max_outputs: u64 = 1, 1..=MOST;
    /// Addresses that a batch payment pays at least.
    batch_min_outputs: u64 = 5, 2..=MOST;
    /// Inputs for each output of a batch payment at most.
    batch_max_inputs_each: f64 = 1.0, 0.0..=1e9;
}

impl Thresholds {
    /// The defaults of a network: on the main network wallets began at known heights.
    pub fn of(network: Network) -> Thresholds {
        let heights = match network {
            Network::Mainnet => (530_500, 741_213, 570_000),
            _ => (0, 0, 0),
        };
        Thresholds {
            wasabi_1_first_height: heights.0,
            wasabi_2_first_height: heights.1,
            whirlpool_first_height: heights.2,
            ..Thresholds::default()
        }
    }
}
