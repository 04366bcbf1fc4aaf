//! What a transaction's shape tells about the software that made it, in 32 bits. Version and locktime have columns of their own.
//!
//! | bits | set when |
//! |---|---|
//! | 0 | an input's sequence is 0xffffffff (final) |
//! | 1 | an input's sequence is 0xfffffffe (locktime without replacement) |
//! | 2 | an input's sequence is 0xfffffffd or less, from 0x80000000 on (replaceable, BIP125) |
//! | 3 | an input's sequence is below 0x80000000 (a relative locktime where the version is 2 or more, BIP68; replaceable too) |
//! | 4 | it has a witness |
//! | 5 | its inputs are in the order of BIP69 |
//! | 6 | its outputs are in the order of BIP69 |
//! | 7 | an ECDSA signature has a low R (32 bytes or fewer) |
//! | 8 | an ECDSA signature has a high R (33 bytes) |
//! | 9 | an input spends a taproot output by its key, with a Schnorr signature |
//! | 10 | an input shows a compressed public key |
//! | 11 | an input shows an uncompressed public key |
//! | 12-20 | kinds of the outputs that it spends, see [`INPUT_KINDS`] |
//! | 21-30 | kinds of its own outputs, see [`OUTPUT_KINDS`] |

use crate::script::{Kind, signature_traits};

/// A transaction's fingerprint.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Fingerprint(pub u32);

/// The kinds of spent outputs, in the order of their bits from 12 on.
pub const INPUT_KINDS: [&str; 9] =
    ["p2pk", "p2pkh", "p2sh", "multisig", "p2wpkh", "p2wsh", "p2tr", "witness_unknown", "nonstandard"];
/// The kinds of outputs, in the order of their bits from 21 on.
pub const OUTPUT_KINDS: [&str; 10] =
    ["p2pk", "p2pkh", "p2sh", "multisig", "p2wpkh", "p2wsh", "p2tr", "witness_unknown", "nonstandard", "op_return"];

const SEGWIT: u32 = 4;
const SORTED_INPUTS: u32 = 5;
const SORTED_OUTPUTS: u32 = 6;
const LOW_R: u32 = 7;
const HIGH_R: u32 = 8;
const SCHNORR: u32 = 9;
const COMPRESSED: u32 = 10;
const UNCOMPRESSED: u32 = 11;
const FIRST_INPUT_KIND: u32 = 12;
const FIRST_OUTPUT_KIND: u32 = 21;

impl Fingerprint {
    fn has(self, bit: u32) -> bool {
        self.0 >> bit & 1 == 1
    }

    fn set(&mut self, bit: u32, on: bool) {
        self.0 |= (on as u32) << bit;
    }

    pub fn add_sequence(&mut self, sequence: u32) {
        self.0 |= match sequence {
            u32::MAX => 1,
            0xffff_fffe => 2,
            0x8000_0000.. => 4,
            _ => 8,
        };
    }

    /// Takes note of a push or witness item that looks like a signature or a public key.
    #[inline]
    pub fn add_item(&mut self, item: &[u8]) {
        match (item.len(), item.first()) {
            (33, Some(2 | 3)) => self.set(COMPRESSED, true),
            (65, Some(4)) => self.set(UNCOMPRESSED, true),
            (9..=73, Some(0x30)) => {
                let traits = signature_traits(item, false);
                self.set(LOW_R, traits.low_r);
                self.set(HIGH_R, traits.high_r);
            }
            _ => {}
        }
    }

    /// Takes note of an input that spends an output of `kind` with these witness items.
    pub fn add_spend(&mut self, kind: Kind, mut witness: impl DoubleEndedIterator<Item = impl AsRef<[u8]>>) {
        self.set(FIRST_INPUT_KIND + kind_bit(kind), true);
        if kind == Kind::P2tr {
            let (first, last) = (witness.next(), witness.next_back());
            let annex = last.as_ref().is_some_and(|item| item.as_ref().first() == Some(&0x50));
            let by_key = first.is_some() && witness.next().is_none();
            self.set(SCHNORR, by_key && (annex || last.is_none()));
        }
    }

    pub fn add_output_kind(&mut self, kind: Kind) {
        self.set(FIRST_OUTPUT_KIND + kind_bit(kind), true);
    }

    pub fn set_segwit(&mut self, on: bool) {
        self.set(SEGWIT, on);
    }

    pub fn set_sorted_inputs(&mut self, on: bool) {
        self.set(SORTED_INPUTS, on);
    }

    pub fn set_sorted_outputs(&mut self, on: bool) {
        self.set(SORTED_OUTPUTS, on);
    }

    /// Whether the transaction has a witness.
    pub fn segwit(self) -> bool {
        self.has(SEGWIT)
    }

    /// Whether inputs and outputs both stand in the order of BIP69.
    pub fn bip69(self) -> bool {
        self.has(SORTED_INPUTS) && self.has(SORTED_OUTPUTS)
    }

    /// Whether the inputs stand in the order of BIP69.
    pub fn sorted_inputs(self) -> bool {
        self.has(SORTED_INPUTS)
    }

    /// Whether the outputs stand in the order of BIP69.
    pub fn sorted_outputs(self) -> bool {
        self.has(SORTED_OUTPUTS)
    }

    /// Whether the transaction signals that it may be replaced (BIP125).
    pub fn replaceable(self) -> bool {
        self.0 & (4 | 8) != 0
    }

    /// The classes of its inputs' sequences: "final", "locktime", "replaceable", "relative".
    pub fn sequences(self) -> Vec<&'static str> {
        ["final", "locktime", "replaceable", "relative"]
            .into_iter()
            .enumerate()
            .filter(|(bit, _)| self.has(*bit as u32))
            .map(|(_, n)| n)
            .collect()
    }

    /// The classes of its inputs' sequences, as bits.
    pub fn sequence_bits(self) -> u32 {
        self.0 & 15
    }

    /// The kinds of the outputs that it spends, as bits.
    pub fn input_kind_bits(self) -> u32 {
        self.0 >> FIRST_INPUT_KIND & 0x1ff
    }

    /// `Some(true)` when all ECDSA signatures have a low R, `None` when there is no ECDSA signature.
    pub fn low_r(self) -> Option<bool> {
        (self.has(LOW_R) || self.has(HIGH_R)).then_some(!self.has(HIGH_R))
    }

    pub fn schnorr(self) -> bool {
        self.has(SCHNORR)
    }

    /// `Some(true)` when all public keys shown are compressed, `None` when none is shown.
    pub fn compressed_keys(self) -> Option<bool> {
        (self.has(COMPRESSED) || self.has(UNCOMPRESSED)).then_some(!self.has(UNCOMPRESSED))
    }

    /// The kinds of the outputs that it spends.
    pub fn input_kinds(self) -> Vec<&'static str> {
        names(&INPUT_KINDS, self.0 >> FIRST_INPUT_KIND)
    }

    /// The kinds of its outputs.
    pub fn output_kinds(self) -> Vec<&'static str> {
        names(&OUTPUT_KINDS, self.0 >> FIRST_OUTPUT_KIND)
    }
}

fn names(kinds: &[&'static str], bits: u32) -> Vec<&'static str> {
    kinds.iter().enumerate().filter(|(i, _)| bits >> i & 1 == 1).map(|(_, name)| *name).collect()
}

/// An anchor counts as an unknown witness program here, which it is to software that does not know it.
fn kind_bit(kind: Kind) -> u32 {
    match kind {
        Kind::P2pk => 0,
        Kind::P2pkh => 1,
        Kind::P2sh => 2,
        Kind::Multisig => 3,
        Kind::P2wpkh => 4,
        Kind::P2wsh => 5,
        Kind::P2tr => 6,
        Kind::Anchor | Kind::WitnessUnknown => 7,
        Kind::Nonstandard => 8,
        Kind::OpReturn => 9,
    }
}
