//! Rules that look at who spends an output. As of the chain's height: one that is unspent cannot be ruled out.

use crate::chain::{Chain, Facts};
use crate::change::around::{Habits, fee_rate, fee_rate_of, looks_like_peeling, made_by};
use crate::error::{Error, Result};
use crate::ids::TxNum;

/// Something that wallet software does in all its transactions.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Feature {
    /// The transaction's version.
    Version,
    /// Whether there is a locktime.
    Locktime,
    /// The classes of the inputs' sequences.
    Sequence,
    /// Whether there is a witness.
    Segwit,
    /// Whether inputs and outputs stand in the order of BIP69.
    Bip69,
    /// Whether ECDSA signatures have a low R; a transaction without one agrees with any.
    LowR,
    /// Whether public keys are compressed; a transaction that shows none agrees with any.
    CompressedKeys,
    /// The kinds of the outputs that are spent.
    InputKinds,
}

impl Feature {
    pub const ALL: [Feature; 8] = [
        Feature::Version,
        Feature::Locktime,
        Feature::Sequence,
        Feature::Segwit,
        Feature::Bip69,
        Feature::LowR,
        Feature::CompressedKeys,
        Feature::InputKinds,
    ];
    pub const DEFAULT: [Feature; 4] = [Feature::Version, Feature::Locktime, Feature::Sequence, Feature::Segwit];

    pub fn name(self) -> &'static str {
        match self {
            Feature::Version => "version",
            Feature::Locktime => "locktime",
            Feature::Sequence => "sequence",
            Feature::Segwit => "segwit",
            Feature::Bip69 => "bip69",
            Feature::LowR => "low_r",
            Feature::CompressedKeys => "compressed_keys",
            Feature::InputKinds => "input_kinds",
        }
    }

    pub fn from_name(name: &str) -> Result<Feature> {
        let known = || Feature::ALL.map(Feature::name).to_vec();
        let found = Feature::ALL.into_iter().find(|feature| feature.name() == name);
        found.ok_or_else(|| Error::UnknownName { what: "feature of a fingerprint", name: name.to_string(), known: known() })
    }

    fn agrees(self, a: &Habits, b: &Habits) -> bool {
        let both = |a: Option<bool>, b: Option<bool>| a.zip(b).is_none_or(|(a, b)| a == b);
        match self {
            Feature::Version => a.version == b.version,
            Feature::Locktime => (a.locktime > 0) == (b.locktime > 0),
            Feature::Sequence => a.fingerprint.sequence_bits() == b.fingerprint.sequence_bits(),
            Feature::Segwit => a.fingerprint.segwit() == b.fingerprint.segwit(),
            Feature::Bip69 => a.fingerprint.bip69() == b.fingerprint.bip69(),
            Feature::LowR => both(a.fingerprint.low_r(), b.fingerprint.low_r()),
            Feature::CompressedKeys => both(a.fingerprint.compressed_keys(), b.fingerprint.compressed_keys()),
            Feature::InputKinds => a.fingerprint.input_kind_bits() == b.fingerprint.input_kind_bits(),
        }
    }
}

/// Marks the outputs that are unspent, or whose spender fits.
fn mark_by_spender(facts: &Facts<'_>, marks: &mut Vec<bool>, mut fits: impl FnMut(TxNum) -> Result<bool>) -> Result<()> {
    marks.clear();
    for output in facts.outputs {
        marks.push(output.spender.map_or(Ok(true), &mut fits)?);
    }
    Ok(())
}

pub(super) fn spent(facts: &Facts<'_>, marks: &mut Vec<bool>) {
    marks.clear();
    marks.extend(facts.outputs.iter().map(|output| output.spender.is_some()));
}

pub(super) fn locktime(chain: &Chain, facts: &Facts<'_>, marks: &mut Vec<bool>) -> Result<()> {
    let locktimes = &chain.columns().transactions_locktime;
    mark_by_spender(facts, marks, |spender| Ok((locktimes.get(spender.row())? > 0) == (facts.locktime > 0)))
}

pub(super) fn fixed_fee(chain: &Chain, facts: &Facts<'_>, marks: &mut Vec<bool>) -> Result<()> {
    let own = fee_rate(facts.fee, facts.weight);
    mark_by_spender(facts, marks, |spender| Ok(fee_rate_of(chain, spender)? == own))
}

pub(super) fn fingerprint(chain: &Chain, features: &[Feature], facts: &Facts<'_>, marks: &mut Vec<bool>) -> Result<()> {
    let own = Habits::of(facts);
    mark_by_spender(facts, marks, |spender| {
        let theirs = Habits::at(chain, spender)?;
        Ok(features.iter().all(|feature| feature.agrees(&own, &theirs)))
    })
}

/// A spender that looks like a step of the chain is one: the transaction before it, this one, looks like one, too.
pub(super) fn peeling(chain: &Chain, facts: &Facts<'_>, marks: &mut Vec<bool>) -> Result<()> {
    let ([input], [_, _]) = (facts.inputs, facts.outputs) else {
        marks.clear();
        marks.resize(facts.outputs.len(), false);
        return Ok(());
    };
    mark_by_spender(facts, marks, |spender| looks_like_peeling(chain, spender))?;
    let goes_on = facts.outputs.iter().zip(&*marks).any(|(output, mark)| *mark && output.spender.is_some());
    if !goes_on && !looks_like_peeling(chain, made_by(chain, input.spends)?)? {
        marks.fill(false);
    }
    Ok(())
}
