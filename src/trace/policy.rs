//! How traced money divides where it mixes with other money. docs/traces.md defines every word.
//!
//! What all policies have in common: they divide whole satoshi, and nothing ever holds more traced money than its value. They know only
//! amounts and their order, never the chain.

use crate::error::{Error, Result};

/// The rule by which a transaction's traced money is divided.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[non_exhaustive]
pub enum Policy {
    /// In proportion to values (pro rata). Traced money T in a transaction goes to its outputs and its fee, each getting T times its value
    /// over the sum of their values; going in, to what its inputs spend in the same way. Fractions are rounded by the largest
    /// remainder: all are rounded down, and the satoshi that are left over go one each to the largest fractions, among equal ones to the
    /// first; the fee is the last. Möser, Böhme and Breuker 2014; the rounding is ours.
    #[default]
    Haircut,
    /// Whatever traced money touches is traced whole. It makes money: what was not traced before stands in the ledger as joined. An upper
    /// bound of what any other policy reaches. Möser, Böhme and Breuker 2014.
    Poison,
    /// First in, first out: the satoshi of the inputs, in their order, go to the outputs in their order, and the fee takes the last. Traced
    /// money has its place inside an output. Clayton's Case (1816); Anderson, Shumailov, Ahmed and Rietmann 2018.
    Fifo,
    /// The same with the inputs in reverse order.
    Lifo,
    /// Traced money goes to the outputs of the highest values first, and to the fee last (TIHO); going in, it comes from the inputs of the
    /// highest values first. Tironsakkul et al. 2019.
    HighestOutputsFirst,
    /// First in, first out in the account of each wallet, as courts do for bank accounts: Clayton's Case (1816).
    AccountFifo,
    /// In the account of each wallet, money that is not traced goes out first, so that what is left of the traced is never more than the
    /// lowest balance since: Roscoe v Winder (1915) 1 Ch 62.
    LowestIntermediateBalance,
}

impl Policy {
    pub const ALL: [Policy; 7] = [
        Policy::Haircut,
        Policy::Poison,
        Policy::Fifo,
        Policy::Lifo,
        Policy::HighestOutputsFirst,
        Policy::AccountFifo,
        Policy::LowestIntermediateBalance,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Policy::Haircut => "haircut",
            Policy::Poison => "poison",
            Policy::Fifo => "fifo",
            Policy::Lifo => "lifo",
            Policy::HighestOutputsFirst => "highest_outputs_first",
            Policy::AccountFifo => "account_fifo",
            Policy::LowestIntermediateBalance => "lowest_intermediate_balance",
        }
    }

    pub fn from_name(name: &str) -> Result<Policy> {
        let found = Policy::ALL.into_iter().find(|policy| policy.name() == name);
        found.ok_or_else(|| Error::UnknownName {
            what: "policy",
            name: name.to_string(),
            known: Policy::ALL.map(Policy::name).to_vec(),
        })
    }

    /// Whether it keeps accounts of wallets, not of outputs.
    pub fn is_of_accounts(self) -> bool {
        matches!(self, Policy::AccountFifo | Policy::LowestIntermediateBalance)
    }

    /// Whether traced money has a place inside an output.
    pub fn knows_places(self) -> bool {
        matches!(self, Policy::Fifo | Policy::Lifo)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_are_found_by_their_names() {
        for policy in Policy::ALL {
            assert_eq!(Policy::from_name(policy.name()).unwrap(), policy);
        }
        let error = Policy::from_name("fiffo").unwrap_err().to_string();
        assert!(error.contains("did you mean fifo"), "{error}");
    }
}
