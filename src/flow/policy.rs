//! How traced money divides where it mixes with other money.
//!
//! What all policies have in common: the unit is the output; they divide whole satoshi, and an output never holds more traced money
//! than its value. They know only amounts, never the chain.

use crate::error::{Error, Result};

/// The rule by which a transaction's traced money is divided.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub enum Policy {
    /// In proportion to values.
    ///
    /// Where it went: traced money T in a transaction goes to its outputs and its fee, each getting T times its value over the sum
    /// of their values, which is the value of all inputs. Where it came from: T comes from its inputs, each giving T times its value
    /// over the sum of theirs. Fractions are rounded by the largest remainder: all are rounded down, and the satoshi that are left
    /// over go one each to the largest fractions, among equal ones to the first; the fee is the last. The fee itself ends in the
    /// ledger: it is not followed into the coinbase that collects it, and no coinbase is followed back into fees.
    #[default]
    Haircut,
}

impl Policy {
    pub fn name(self) -> &'static str {
        match self {
            Policy::Haircut => "haircut",
        }
    }

    pub fn from_name(name: &str) -> Result<Policy> {
        match name {
            "haircut" => Ok(Policy::Haircut),
            _ => Err(Error::UnknownName { what: "policy", name: name.to_string(), known: vec!["haircut"] }),
        }
    }
}
