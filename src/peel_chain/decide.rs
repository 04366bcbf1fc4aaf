//! Which output of a transaction is the change: the only one that nothing rules out, or none. A guess is never made.

use crate::chain::{Chain, Facts, Feature, OutputFacts};
use crate::error::Result;
use crate::ids::TxNum;
use crate::peel_chain::PeelChainOptions;
use crate::peel_chain::habits::Habits;
use crate::script::Kind;
use crate::shapes::{Thresholds, Verdict, coinjoin};

/// What speaks for an output being the change, or against it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reading {
    /// It pays an address that the transaction spends from.
    OwnAddress,
    /// Its address is in the cluster of an input.
    SameWallet,
    /// It is spent by a transaction of the chain's form and habits.
    Fits,
    /// Nothing spends it as of the height, so it cannot be ruled out, and nothing speaks for it.
    Open,
    /// Nothing spends it, and the options say that this rules it out.
    Unspent,
    Data,
    /// Its address was paid before.
    Reused,
    /// Another output goes back to the payer for certain.
    AnotherIsOwn,
    /// It is spent by a transaction of so many inputs and outputs, which is not a step of a peel chain.
    Form(u64, u64),
    CoinJoin,
    /// It is spent by a transaction that differs from all of the chain's in these.
    Differs(Vec<Feature>),
}

/// Which output is the change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Change {
    At(usize),
    /// All but one are ruled out, but nothing spends that one, so nothing speaks for it.
    Open,
    NoCandidate,
    SeveralCandidates,
}

impl Reading {
    /// Whether it leaves the output a candidate.
    pub fn is_candidate(&self) -> bool {
        matches!(self, Reading::OwnAddress | Reading::SameWallet | Reading::Fits | Reading::Open)
    }

    fn is_own(&self) -> bool {
        matches!(self, Reading::OwnAddress | Reading::SameWallet)
    }

    /// One word, for tables.
    pub fn name(&self) -> &'static str {
        match self {
            Reading::OwnAddress => "own_address",
            Reading::SameWallet => "same_wallet",
            Reading::Fits => "fits",
            Reading::Open => "open",
            Reading::Unspent => "unspent",
            Reading::Data => "data",
            Reading::Reused => "reused_address",
            Reading::AnotherIsOwn => "another_is_own",
            Reading::Form(..) => "form",
            Reading::CoinJoin => "coinjoin",
            Reading::Differs(_) => "features",
        }
    }
}

/// "is spent by a transaction that differs in segwit": what stands behind "output 1".
impl std::fmt::Display for Reading {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Reading::OwnAddress => f.write_str("pays an address of the inputs"),
            Reading::SameWallet => f.write_str("pays the wallet of the inputs"),
            Reading::Fits => f.write_str("is spent as the chain's coins are"),
            Reading::Open => f.write_str("is unspent, which leaves it open"),
            Reading::Unspent => f.write_str("is unspent"),
            Reading::Data => f.write_str("is data"),
            Reading::Reused => f.write_str("pays an address that was paid before"),
            Reading::AnotherIsOwn => f.write_str("stands beside one that goes back to the payer"),
            Reading::Form(inputs, outputs) => {
                write!(f, "is spent by a transaction of {}", form(*inputs, *outputs))
            }
            Reading::CoinJoin => f.write_str("is spent by a CoinJoin"),
            Reading::Differs(features) => write!(f, "is spent by a transaction that differs in {}", names(features)),
        }
    }
}

/// "1 input and 2 outputs"
pub(super) fn form(inputs: u64, outputs: u64) -> String {
    format!("{} and {}", counted(inputs, "input"), counted(outputs, "output"))
}

/// "version, segwit"
pub(super) fn names(features: &[Feature]) -> String {
    features.iter().map(|feature| feature.name()).collect::<Vec<_>>().join(", ")
}

fn counted(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// What is held against the outputs of a chain's transactions.
pub(super) struct Judge<'a> {
    pub chain: &'a Chain,
    pub options: &'a PeelChainOptions,
    pub thresholds: Thresholds,
}

impl Judge<'_> {
    /// Reads each output of a transaction of a chain with these habits.
    pub fn readings(&self, facts: &Facts, habits: &Habits) -> Result<Vec<Reading>> {
        let own: Vec<Option<Reading>> = facts.outputs.iter().map(|output| self.own(facts, output)).collect::<Result<_>>()?;
        if own.iter().any(Option::is_some) {
            let beside = |output: &OutputFacts| if output.kind == Kind::OpReturn { Reading::Data } else { Reading::AnotherIsOwn };
            return Ok(own.into_iter().zip(facts.outputs).map(|(own, output)| own.unwrap_or(beside(output))).collect());
        }
        facts.outputs.iter().map(|output| self.reading(output, habits)).collect()
    }

    /// Whether an output goes back to the payer by what is known of its address.
    fn own(&self, facts: &Facts, output: &OutputFacts) -> Result<Option<Reading>> {
        if output.kind == Kind::OpReturn {
            return Ok(None);
        }
        if facts.inputs.iter().any(|input| input.address == output.address) {
            return Ok(Some(Reading::OwnAddress));
        }
        let Some(clusters) = &self.options.clusters else { return Ok(None) };
        let name = clusters.name_of(output.address)?;
        for input in facts.inputs {
            if clusters.name_of(input.address)? == name {
                return Ok(Some(Reading::SameWallet));
            }
        }
        Ok(None)
    }

    fn reading(&self, output: &OutputFacts, habits: &Habits) -> Result<Reading> {
        if output.kind == Kind::OpReturn {
            return Ok(Reading::Data);
        }
        if !output.fresh {
            return Ok(Reading::Reused);
        }
        match output.spender {
            None if self.options.rule_out_unspent => Ok(Reading::Unspent),
            None => Ok(Reading::Open),
            Some(spender) => self.reading_of_spender(spender, habits),
        }
    }

    fn reading_of_spender(&self, spender: TxNum, habits: &Habits) -> Result<Reading> {
        let (inputs, outputs) = self.chain.size_of(spender)?;
        if !self.is_form(inputs, outputs) {
            return Ok(Reading::Form(inputs, outputs));
        }
        if self.is_coinjoin(spender)? {
            return Ok(Reading::CoinJoin);
        }
        let differs = habits.broken_by_spender(self.chain, spender)?;
        Ok(if differs.is_empty() { Reading::Fits } else { Reading::Differs(differs) })
    }

    /// Whether a step of a chain may have so many inputs and outputs.
    pub fn is_form(&self, inputs: u64, outputs: u64) -> bool {
        (1..=self.options.max_inputs).contains(&inputs) && (2..=self.options.max_outputs).contains(&outputs)
    }

    pub fn is_coinjoin(&self, tx: TxNum) -> Result<bool> {
        let (inputs, outputs) = self.chain.size_of(tx)?;
        if inputs < 2 || outputs < 3 {
            return Ok(false);
        }
        let facts = self.chain.facts(tx)?;
        Ok(facts.transactions().any(|facts| coinjoin(&facts, &self.thresholds) == Verdict::Yes))
    }
}

/// The change, by what was read of the outputs. Something must speak for it: that all others are ruled out is not enough.
pub(super) fn change(readings: &[Reading]) -> Change {
    let mut candidates = readings.iter().enumerate().filter(|(_, reading)| reading.is_candidate());
    match (candidates.next(), candidates.next()) {
        (None, _) => Change::NoCandidate,
        (Some((_, Reading::Open)), None) => Change::Open,
        (Some((at, _)), None) => Change::At(at),
        _ => Change::SeveralCandidates,
    }
}

/// What the change was decided by: its address, its wallet or its spender.
pub(super) fn decided_by(reading: &Reading) -> &'static str {
    if reading.is_own() { reading.name() } else { "spender" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_single_candidate_is_the_change() {
        let (fits, form) = (Reading::Fits, Reading::Form(5, 2));
        assert_eq!(change(&[form.clone(), fits.clone()]), Change::At(1));
        assert_eq!(change(&[form.clone(), Reading::Open]), Change::Open);
        assert_eq!(change(&[Reading::Open, fits.clone()]), Change::SeveralCandidates);
        assert_eq!(change(&[Reading::Unspent, fits]), Change::At(1));
        assert_eq!(change(&[form, Reading::Reused, Reading::Data]), Change::NoCandidate);
    }

    #[test]
    fn readings_are_told_in_words() {
        assert_eq!(Reading::Form(1, 3).to_string(), "is spent by a transaction of 1 input and 3 outputs");
        let differs = Reading::Differs(vec![Feature::Version, Feature::Segwit]);
        assert_eq!(differs.to_string(), "is spent by a transaction that differs in version, segwit");
    }
}
