//! What transactions show of the software that made them: the fingerprint, the version and the locktime, feature by feature.

use crate::blocks::fingerprint::Fingerprint;
use crate::chain::{Chain, Facts};
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

    /// Whether two transactions could be of one program, as far as this feature goes. What one of them does not show agrees with anything.
    pub fn agrees(self, a: &Shown, b: &Shown) -> bool {
        a.value(self).zip(b.value(self)).is_none_or(|(a, b)| a == b)
    }
}

/// What one transaction shows of the software that made it.
#[derive(Clone, Copy, Debug)]
pub struct Shown {
    pub version: i32,
    pub locktime: u32,
    pub fingerprint: Fingerprint,
}

impl Shown {
    pub fn of(facts: &Facts<'_>) -> Shown {
        Shown { version: facts.version, locktime: facts.locktime, fingerprint: facts.fingerprint }
    }

    pub fn at(chain: &Chain, number: TxNum) -> Result<Shown> {
        let columns = chain.columns();
        Ok(Shown {
            version: columns.transactions_version.get(number.row())?,
            locktime: columns.transactions_locktime.get(number.row())?,
            fingerprint: Fingerprint(columns.transactions_fingerprint.get(number.row())?),
        })
    }

    /// Asks for what [`Shown::at`] reads.
    pub fn prefetch(chain: &Chain, number: TxNum) {
        let columns = chain.columns();
        columns.transactions_locktime.prefetch(number.row());
        columns.transactions_version.prefetch(number.row());
        columns.transactions_fingerprint.prefetch(number.row());
    }

    /// The value of a feature. None where the transaction does not show it: no ECDSA signature, no public key.
    pub fn value(&self, feature: Feature) -> Option<u32> {
        match feature {
            Feature::Version => Some(self.version as u32),
            Feature::Locktime => Some((self.locktime > 0) as u32),
            Feature::Sequence => Some(self.fingerprint.sequence_bits()),
            Feature::Segwit => Some(self.fingerprint.segwit() as u32),
            Feature::Bip69 => Some(self.fingerprint.bip69() as u32),
            Feature::LowR => self.fingerprint.low_r().map(u32::from),
            Feature::CompressedKeys => self.fingerprint.compressed_keys().map(u32::from),
            Feature::InputKinds => Some(self.fingerprint.input_kind_bits()),
        }
    }
}
