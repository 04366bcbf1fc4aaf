//! The kinds of output script, as Bitcoin Core's `Solver` tells them apart, and the payload that makes each script its own.
//! Kind and payload together give back the whole script, byte for byte.

use std::ops::Range;

use super::keys::{Keys, is_public_key};
use super::ops::{
    CHECKMULTISIG, CHECKSIG, DUP, EQUAL, EQUALVERIFY, HASH160, NUMBER_1, NUMBER_16, Op, RETURN, is_push_only, take_op,
};

/// The kind of an output script. The numbers are stable: stores keep them on disk.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u8)]
pub enum Kind {
    /// A public key and `OP_CHECKSIG`.
    P2pk = 0,
    /// The hash of a public key: addresses that begin with 1.
    P2pkh = 1,
    /// The hash of a script: addresses that begin with 3.
    P2sh = 2,
    /// m of n public keys, bare.
    Multisig = 3,
    /// Witness version 0 with the hash of a public key.
    P2wpkh = 4,
    /// Witness version 0 with the hash of a script.
    P2wsh = 5,
    /// Witness version 1 with a 32-byte key: taproot.
    P2tr = 6,
    /// The one pay-to-anchor script, which anybody may spend.
    Anchor = 7,
    /// A witness program that has no meaning yet.
    WitnessUnknown = 8,
    /// `OP_RETURN` followed by nothing but pushes: data, never spendable.
    OpReturn = 9,
    /// Everything else.
    Nonstandard = 10,
}

impl Kind {
    /// Every kind, in the order of its number.
    pub const ALL: [Kind; 11] = [
        Kind::P2pk,
        Kind::P2pkh,
        Kind::P2sh,
        Kind::Multisig,
        Kind::P2wpkh,
        Kind::P2wsh,
        Kind::P2tr,
        Kind::Anchor,
        Kind::WitnessUnknown,
        Kind::OpReturn,
        Kind::Nonstandard,
    ];

    /// The name that tables and files use.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::P2pk => "p2pk",
            Kind::P2pkh => "p2pkh",
            Kind::P2sh => "p2sh",
            Kind::Multisig => "multisig",
            Kind::P2wpkh => "p2wpkh",
            Kind::P2wsh => "p2wsh",
            Kind::P2tr => "p2tr",
            Kind::Anchor => "anchor",
            Kind::WitnessUnknown => "witness_unknown",
            Kind::OpReturn => "op_return",
            Kind::Nonstandard => "nonstandard",
        }
    }

    /// The kind with this number, if there is one.
    pub fn from_u8(number: u8) -> Option<Kind> {
        Kind::ALL.get(usize::from(number)).copied()
    }
}

/// The kind of a script, and where its payload stands in it: the key of a p2pk, the hash of a p2pkh, p2sh, p2wpkh or p2wsh, the
/// output key of a p2tr, and the whole script for every other kind.
#[inline]
pub fn classify(script: &[u8]) -> (Kind, Range<usize>) {
    match (script.len(), script) {
        (25, [DUP, HASH160, 20, .., EQUALVERIFY, CHECKSIG]) => (Kind::P2pkh, 3..23),
        (23, [HASH160, 20, .., EQUAL]) => (Kind::P2sh, 2..22),
        (22, [0, 20, ..]) => (Kind::P2wpkh, 2..22),
        (34, [0, 32, ..]) => (Kind::P2wsh, 2..34),
        (34, [NUMBER_1, 32, ..]) => (Kind::P2tr, 2..34),
        (35, [33, key @ .., CHECKSIG]) if is_public_key(key) => (Kind::P2pk, 1..34),
        (67, [65, key @ .., CHECKSIG]) if is_public_key(key) => (Kind::P2pk, 1..66),
        _ => (classify_rare(script), 0..script.len()),
    }
}

/// The kinds whose payload is the whole script.
fn classify_rare(script: &[u8]) -> Kind {
    if let Some((version, program)) = witness_program(script) {
        return match (version, program) {
            (0, _) => Kind::Nonstandard,
            (1, [0x4e, 0x73]) => Kind::Anchor,
            _ => Kind::WitnessUnknown,
        };
    }
    match script {
        [RETURN, rest @ ..] if is_push_only(rest) => Kind::OpReturn,
        [.., CHECKMULTISIG] if multisig_keys(script).is_some() => Kind::Multisig,
        _ => Kind::Nonstandard,
    }
}

/// Version and program, when the script is a witness program of any version and length.
pub(super) fn witness_program(script: &[u8]) -> Option<(u8, &[u8])> {
    let (&[version, len], program) = script.split_first_chunk()?;
    let version = match version {
        0 => 0,
        NUMBER_1..=NUMBER_16 => version - NUMBER_1 + 1,
        _ => return None,
    };
    ((2..=40).contains(&len) && usize::from(len) == program.len()).then_some((version, program))
}

/// The script with this kind and payload: the inverse of [`classify`]. A payload of a length that the kind does not have is put in
/// as it is, with the low byte of its length; the result is then a script of another kind.
pub fn script_of(kind: Kind, payload: &[u8]) -> Vec<u8> {
    let len = payload.len() as u8;
    match kind {
        Kind::P2pk => [&[len], payload, &[CHECKSIG]].concat(),
        Kind::P2pkh => [&[DUP, HASH160, len], payload, &[EQUALVERIFY, CHECKSIG]].concat(),
        Kind::P2sh => [&[HASH160, len], payload, &[EQUAL]].concat(),
        Kind::P2wpkh | Kind::P2wsh => [&[0, len], payload].concat(),
        Kind::P2tr => [&[NUMBER_1, len], payload].concat(),
        _ => payload.to_vec(),
    }
}

/// Whether nobody can ever spend an output with this script, by the two rules that nodes use to forget such outputs: it begins with
/// `OP_RETURN`, or it is longer than a script may be.
#[inline]
pub fn is_unspendable(script: &[u8]) -> bool {
    script.first() == Some(&RETURN) || script.len() > 10_000
}

/// How many of how many keys a multisig script asks for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct MultisigTerms {
    /// Signatures needed: at least 1, at most `keys`.
    pub required: u8,
    /// Keys listed: at most 20.
    pub keys: u8,
}

/// Terms and keys of a bare multisig script, or `None` if it is none.
pub fn multisig_keys(script: &[u8]) -> Option<(MultisigTerms, Keys<'_>)> {
    let mut rest = script.strip_suffix(&[CHECKMULTISIG])?;
    let required = key_count(take_op(&mut rest)?)?;
    let list = rest;
    let mut found = 0;
    let keys = loop {
        let op = take_op(&mut rest)?;
        if !is_public_key(op.data) {
            break key_count(op)?;
        }
        found += 1;
    };
    let well_formed = required <= keys && usize::from(keys) == found && rest.is_empty();
    well_formed.then(|| (MultisigTerms { required, keys }, Keys::pushes(list, keys)))
}

/// A number from 1 to 20 in the one form that Core accepts: `OP_1` to `OP_16`, and a one-byte push above that.
fn key_count(op: Op<'_>) -> Option<u8> {
    match (op.code, op.data) {
        (NUMBER_1..=NUMBER_16, _) => Some(op.code - NUMBER_1 + 1),
        (1, &[number @ 17..=20]) => Some(number),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::ops::{PUSHDATA1, PUSHDATA2};
    use super::*;
    use bitcoin::Script;
    use bitcoin::opcodes::all::OP_CHECKMULTISIG;
    use bitcoin::script::Instruction;
    use proptest::prelude::*;

    fn kind(script: &[u8]) -> Kind {
        classify(script).0
    }

    fn key(header: u8) -> Vec<u8> {
        let len = if header < 4 { 33 } else { 65 };
        [vec![header], vec![0x11; len - 1]].concat()
    }

    fn push(bytes: &[u8]) -> Vec<u8> {
        [&[bytes.len() as u8], bytes].concat()
    }

    /// An m-of-n script with the numbers in minimal form.
    fn multisig(required: u8, keys: &[Vec<u8>]) -> Vec<u8> {
        let number = |n: u8| if n <= 16 { vec![0x50 + n] } else { vec![1, n] };
        let list: Vec<u8> = keys.iter().flat_map(|key| push(key)).collect();
        [number(required), list, number(keys.len() as u8), vec![CHECKMULTISIG]].concat()
    }

    #[test]
    fn names_and_numbers_are_those_of_the_format() {
        for (number, kind) in Kind::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, number);
            assert_eq!(Kind::from_u8(number as u8), Some(kind));
        }
        assert_eq!(Kind::from_u8(11), None);
        assert_eq!(Kind::from_u8(255), None);
        assert_eq!(Kind::WitnessUnknown.name(), "witness_unknown");
    }

    #[test]
    fn a_key_needs_the_header_of_its_length() {
        for header in [2, 3, 4, 6, 7] {
            let script = [push(&key(header)), vec![CHECKSIG]].concat();
            assert_eq!(classify(&script), (Kind::P2pk, 1..script.len() - 1));
        }
        assert_eq!(kind(&[push(&[5; 65]), vec![CHECKSIG]].concat()), Kind::Nonstandard);
        assert_eq!(kind(&[push(&[4; 33]), vec![CHECKSIG]].concat()), Kind::Nonstandard);
        assert_eq!(kind(&[push(&[2; 65]), vec![CHECKSIG]].concat()), Kind::Nonstandard);
    }

    #[test]
    fn version_zero_programs_are_20_or_32_bytes_and_others_are_free() {
        for len in 0..=45u8 {
            let program = |opcode: u8| [vec![opcode, len], vec![7; usize::from(len)]].concat();
            let valid = (2..=40).contains(&len);
            let zero = match len {
                20 => Kind::P2wpkh,
                32 => Kind::P2wsh,
                _ => Kind::Nonstandard,
            };
            let later = if valid { Kind::WitnessUnknown } else { Kind::Nonstandard };
            assert_eq!(kind(&program(0)), zero);
            assert_eq!(kind(&program(0x51)), if len == 32 { Kind::P2tr } else { later });
            assert_eq!(kind(&program(0x60)), later);
            assert_eq!(kind(&program(0x50)), Kind::Nonstandard);
            assert_eq!(kind(&program(0x61)), Kind::Nonstandard);
        }
    }

    #[test]
    fn the_anchor_is_one_script() {
        assert_eq!(classify(&[0x51, 2, 0x4e, 0x73]), (Kind::Anchor, 0..4));
        assert_eq!(kind(&[0x52, 2, 0x4e, 0x73]), Kind::WitnessUnknown);
        assert_eq!(kind(&[0x51, 2, 0x4e, 0x74]), Kind::WitnessUnknown);
    }

    #[test]
    fn op_return_is_followed_by_complete_pushes() {
        assert_eq!(kind(&[0x6a]), Kind::OpReturn);
        assert_eq!(kind(&[0x6a, 1, 7, 0x50, 0x60]), Kind::OpReturn);
        assert_eq!(kind(&[0x6a, 2, 7]), Kind::Nonstandard);
        assert_eq!(kind(&[0x6a, 0x61]), Kind::Nonstandard);
        assert_eq!(kind(&[]), Kind::Nonstandard);
    }

    #[test]
    fn unspendable_is_op_return_or_too_long() {
        assert!(is_unspendable(&[0x6a, 0x61]));
        assert!(is_unspendable(&[0x51; 10_001]));
        assert!(!is_unspendable(&[0x51; 10_000]));
        assert!(!is_unspendable(&[]));
    }

    #[test]
    fn multisig_goes_up_to_twenty_keys() {
        for n in 1..=20u8 {
            for m in 1..=n {
                let keys = vec![key(2 + n % 2); usize::from(n)];
                let script = multisig(m, &keys);
                let (terms, found) = multisig_keys(&script).unwrap();
                assert_eq!(terms, MultisigTerms { required: m, keys: n });
                assert_eq!(found.collect::<Vec<_>>(), keys);
                assert_eq!(classify(&script), (Kind::Multisig, 0..script.len()));
            }
        }
        assert_eq!(kind(&multisig(1, &vec![key(2); 21])), Kind::Nonstandard);
        assert_eq!(kind(&multisig(3, &vec![key(2); 2])), Kind::Nonstandard);
        assert_eq!(kind(&multisig(0, &vec![key(2); 2])), Kind::Nonstandard);
        assert_eq!(kind(&multisig(1, &[])), Kind::Nonstandard);
    }

    #[test]
    fn multisig_numbers_are_minimal_but_key_pushes_need_not_be() {
        let list = push(&key(2));
        let one = [vec![1, 1], list.clone(), vec![1, 1, CHECKMULTISIG]].concat();
        assert_eq!(kind(&one), Kind::Nonstandard);
        let wide = [vec![0x51, PUSHDATA1], list.clone(), vec![0x51, CHECKMULTISIG]].concat();
        assert_eq!(kind(&wide), Kind::Multisig);
        let wider = [vec![0x51, PUSHDATA2, 33, 0], key(3), vec![0x51, CHECKMULTISIG]].concat();
        assert_eq!(kind(&wider), Kind::Multisig);
        assert_eq!(multisig_keys(&wider).unwrap().1.collect::<Vec<_>>(), [key(3)]);
        let verify = [vec![0x51], list, vec![0x51, 0x61, CHECKMULTISIG]].concat();
        assert_eq!(kind(&verify), Kind::Nonstandard);
    }

    #[test]
    fn a_count_pushed_wide_is_not_a_count() {
        let keys = vec![key(2); 17];
        let list: Vec<u8> = keys.iter().flat_map(|key| push(key)).collect();
        let script = |n: &[u8]| [&[0x51], &list[..], n, &[CHECKMULTISIG]].concat();
        assert_eq!(kind(&script(&[1, 17])), Kind::Multisig);
        assert_eq!(kind(&script(&[PUSHDATA1, 1, 17])), Kind::Nonstandard);
        assert_eq!(kind(&script(&[2, 17, 0])), Kind::Nonstandard);
    }

    /// The terms of a multisig script, found by taking the whole script apart first.
    fn slow_terms(script: &[u8]) -> Option<(u8, u8)> {
        let parts: Result<Vec<_>, _> = Script::from_bytes(script).instruction_indices().collect();
        let parts = parts.ok()?;
        let [(_, first), (from, _), .., (last_at, last), (end, Instruction::Op(OP_CHECKMULTISIG))] = parts[..] else { return None };
        let number = |part, width| match part {
            Instruction::Op(op) if (0x51..=0x60).contains(&op.to_u8()) => Some(op.to_u8() - 0x50),
            Instruction::PushBytes(bytes) => (17..=20).find(|&n| width == 2 && bytes.as_bytes() == [n]),
            Instruction::Op(_) => None,
        };
        let (required, total) = (number(first, from)?, number(last, end - last_at)?);
        let keys = &parts[1..parts.len() - 2];
        let all_keys = keys.iter().all(|(_, part)| part.push_bytes().is_some_and(|bytes| is_public_key(bytes.as_bytes())));
        (all_keys && keys.len() == usize::from(total) && required <= total).then_some((required, total))
    }

    /// Scripts of every shape with a few bytes changed, so that the edges of each kind are met.
    fn near_scripts() -> impl Strategy<Value = Vec<u8>> {
        let payload = proptest::collection::vec(any::<u8>(), 0..70);
        let shaped = (0..11u8, payload).prop_map(|(kind, payload)| script_of(Kind::from_u8(kind).unwrap(), &payload));
        let sized = (0..11u8, prop_oneof![Just(20), Just(32), Just(33), Just(65)], any::<u8>())
            .prop_map(|(kind, len, byte)| script_of(Kind::from_u8(kind).unwrap(), &vec![byte % 8; len]));
        let keys = proptest::collection::vec(prop_oneof![Just(2u8), Just(3), Just(4), Just(6)].prop_map(key), 0..22);
        let several = (0..22u8, keys).prop_map(|(required, keys)| multisig(required, &keys));
        let changes = proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 0..3);
        (prop_oneof![shaped, sized, several], changes).prop_map(|(mut script, changes)| {
            for (at, byte) in changes {
                if !script.is_empty() {
                    let at = at.index(script.len());
                    script[at] = byte;
                }
            }
            script
        })
    }

    proptest! {
        #[test]
        fn kind_and_payload_give_back_the_script(script in near_scripts()) {
            let (kind, payload) = classify(&script);
            prop_assert_eq!(script_of(kind, &script[payload]), script);
        }

        #[test]
        fn kinds_are_those_of_the_bitcoin_crate(script in near_scripts()) {
            let (kind, _) = classify(&script);
            let theirs = Script::from_bytes(&script);
            prop_assert_eq!(kind == Kind::P2pkh, theirs.is_p2pkh());
            prop_assert_eq!(kind == Kind::P2sh, theirs.is_p2sh());
            prop_assert_eq!(kind == Kind::P2wpkh, theirs.is_p2wpkh());
            prop_assert_eq!(kind == Kind::P2wsh, theirs.is_p2wsh());
            prop_assert_eq!(kind == Kind::P2tr, theirs.is_p2tr());
            prop_assert_eq!(witness_program(&script).is_some(), theirs.is_witness_program());
            prop_assert!(kind != Kind::P2pk || theirs.is_p2pk());
            prop_assert!(kind != Kind::OpReturn || theirs.is_op_return());
        }

        #[test]
        fn multisig_terms_are_those_of_a_slow_reading(script in near_scripts()) {
            let fast = multisig_keys(&script).map(|(terms, _)| (terms.required, terms.keys));
            prop_assert_eq!(fast, slow_terms(&script));
        }

        #[test]
        fn any_payload_makes_some_script(kind in 0..11u8, payload in proptest::collection::vec(any::<u8>(), 0..600)) {
            let script = script_of(Kind::from_u8(kind).unwrap(), &payload);
            prop_assert!(script.len() >= payload.len());
            let (kind, payload) = classify(&script);
            prop_assert_eq!(script_of(kind, &script[payload]), script);
        }
    }
}
