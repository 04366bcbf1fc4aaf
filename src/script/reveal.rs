//! What spending an output reveals that the output itself hides: the public keys, and the terms on which it could be spent.

use bitcoin::hashes::{Hash, hash160, sha256};

use super::keys::{Keys, is_public_key};
use super::kind::{Kind, MultisigTerms, classify, multisig_keys, script_of, witness_program};
use super::ops::script_pushes;

/// What stands behind a hash or an output key. The numbers are stable: stores keep them on disk.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u8)]
pub enum InnerKind {
    /// A public key, without a script: p2pkh, p2wpkh and p2wpkh inside p2sh.
    Key = 0,
    /// A script of the p2pk form.
    P2pk = 1,
    /// A script of the p2pkh form; the key is revealed as well.
    P2pkh = 2,
    /// A script of the multisig form.
    Multisig = 3,
    /// Any other script: time locks, hash locks, other programs.
    Other = 4,
    /// Taproot, spent by a signature alone. How many people made it cannot be seen.
    KeyPath = 5,
    /// Taproot, spent by one of its scripts.
    ScriptPath = 6,
}

impl InnerKind {
    /// Every inner kind, in the order of its number.
    pub const ALL: [InnerKind; 7] = [
        InnerKind::Key,
        InnerKind::P2pk,
        InnerKind::P2pkh,
        InnerKind::Multisig,
        InnerKind::Other,
        InnerKind::KeyPath,
        InnerKind::ScriptPath,
    ];

    /// The name that tables and files use.
    pub const fn name(self) -> &'static str {
        match self {
            InnerKind::Key => "key",
            InnerKind::P2pk => "p2pk",
            InnerKind::P2pkh => "p2pkh",
            InnerKind::Multisig => "multisig",
            InnerKind::Other => "other",
            InnerKind::KeyPath => "key_path",
            InnerKind::ScriptPath => "script_path",
        }
    }

    /// The inner kind with this number, if there is one.
    pub fn from_u8(number: u8) -> Option<InnerKind> {
        InnerKind::ALL.get(usize::from(number)).copied()
    }
}

/// What one spend reveals. With the kind of the output it says everything: a p2sh with `wrapped` and [`InnerKind::Key`] is
/// p2sh-p2wpkh, with `wrapped` and any other it is p2sh-p2wsh.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reveal<'a> {
    /// What stands behind the output.
    pub inner: InnerKind,
    /// Whether a p2sh output turned out to hold a witness program.
    pub wrapped: bool,
    /// Signatures needed: m of a multisig, 1 for a single key, 0 where it cannot be told.
    pub required: u8,
    /// Keys listed: n of a multisig, 1 for a single key, 0 where it cannot be told; always as many as `keys` gives.
    pub total: u8,
    /// The public keys.
    pub keys: Keys<'a>,
    /// The script that was revealed: redeem script, witness script or the leaf of a taproot script path; else empty.
    pub script: &'a [u8],
}

impl<'a> Reveal<'a> {
    fn one_key(inner: InnerKind, key: &'a [u8], script: &'a [u8]) -> Self {
        Reveal { inner, wrapped: false, required: 1, total: 1, keys: Keys::single(key), script }
    }

    fn no_key(inner: InnerKind, script: &'a [u8]) -> Self {
        Reveal { inner, wrapped: false, required: 0, total: 0, keys: Keys::none(), script }
    }

    fn wrapped(self) -> Self {
        Reveal { wrapped: true, ..self }
    }
}

/// What the input with this `script_sig` and `witness` reveals about the output of this kind that it spends. `None` when the kind
/// hides nothing, or when the input does not have the form that a spend of it must have.
///
/// Only the form is looked at. In a block that nodes accept the form is enough, but for one thing: blocks before the activation of
/// p2sh, segwit and taproot could spend such outputs in any way. [`verify_reveal`] hashes, to make sure.
pub fn reveal<'a>(kind: Kind, script_sig: &'a [u8], witness: &[&'a [u8]]) -> Option<Reveal<'a>> {
    match kind {
        Kind::P2pkh => plain_key(script_pushes(script_sig).last()?),
        Kind::P2sh => reveal_p2sh(script_sig, witness),
        Kind::P2wpkh => reveal_p2wpkh(witness),
        Kind::P2wsh => reveal_p2wsh(witness),
        Kind::P2tr => reveal_p2tr(witness),
        _ => None,
    }
}

fn plain_key(key: &[u8]) -> Option<Reveal<'_>> {
    is_public_key(key).then(|| Reveal::one_key(InnerKind::Key, key, &[]))
}

fn reveal_p2sh<'a>(script_sig: &'a [u8], witness: &[&'a [u8]]) -> Option<Reveal<'a>> {
    let (before, redeem) = last_two(script_pushes(script_sig));
    let redeem = redeem?;
    // Without a witness the program is spent as any other script is: that was possible before segwit.
    match witness_program(redeem) {
        Some((0, program)) if program.len() == 20 && !witness.is_empty() => reveal_p2wpkh(witness).map(Reveal::wrapped),
        Some((0, program)) if program.len() == 32 && !witness.is_empty() => reveal_p2wsh(witness).map(Reveal::wrapped),
        _ => reveal_script(redeem, before),
    }
}

/// The last item and the one before it.
fn last_two<T>(items: impl Iterator<Item = T>) -> (Option<T>, Option<T>) {
    items.fold((None, None), |(_, last), item| (last, Some(item)))
}

fn reveal_p2wpkh<'a>(witness: &[&'a [u8]]) -> Option<Reveal<'a>> {
    match witness {
        [_, key] => plain_key(key),
        _ => None,
    }
}

fn reveal_p2wsh<'a>(witness: &[&'a [u8]]) -> Option<Reveal<'a>> {
    let (script, stack) = witness.split_last()?;
    reveal_script(script, stack.last().copied())
}

/// What a script reveals; `top` is the item below it on the stack, where a script of the p2pkh form finds its key.
fn reveal_script<'a>(script: &'a [u8], top: Option<&'a [u8]>) -> Option<Reveal<'a>> {
    match classify(script) {
        (Kind::P2pk, key) => Some(Reveal::one_key(InnerKind::P2pk, &script[key], script)),
        (Kind::P2pkh, _) => {
            let key = top.filter(|top| is_public_key(top))?;
            Some(Reveal::one_key(InnerKind::P2pkh, key, script))
        }
        (Kind::Multisig, _) => {
            let (MultisigTerms { required, keys: total }, keys) = multisig_keys(script)?;
            Some(Reveal { inner: InnerKind::Multisig, wrapped: false, required, total, keys, script })
        }
        _ => Some(Reveal::no_key(InnerKind::Other, script)),
    }
}

fn reveal_p2tr<'a>(witness: &[&'a [u8]]) -> Option<Reveal<'a>> {
    match without_annex(witness) {
        [signature] => matches!(signature.len(), 64 | 65).then(|| Reveal::no_key(InnerKind::KeyPath, &[])),
        [.., script, control] => is_control_block(control).then(|| Reveal::no_key(InnerKind::ScriptPath, script)),
        [] => None,
    }
}

/// The annex is the last of at least two items, and begins with 0x50.
fn without_annex<'a, 'w>(witness: &'w [&'a [u8]]) -> &'w [&'a [u8]] {
    match witness {
        [rest @ .., [0x50, ..]] if !rest.is_empty() => rest,
        _ => witness,
    }
}

/// Leaf version, internal key and up to 128 steps of 32 bytes.
fn is_control_block(item: &[u8]) -> bool {
    item.len() >= 33 && (item.len() - 33).is_multiple_of(32) && item.len() <= 33 + 128 * 32
}

/// Whether the hashes confirm that `reveal` belongs to the output with this kind and payload. A taproot spend reveals nothing that
/// a hash alone could confirm: for it the answer is yes.
pub fn verify_reveal(kind: Kind, payload: &[u8], reveal: &Reveal<'_>) -> bool {
    let key_hash = reveal.keys.clone().next().map(key_hash);
    if let (InnerKind::P2pkh, (_, hash)) = (reveal.inner, classify(reveal.script))
        && key_hash.is_none_or(|key_hash| key_hash != reveal.script[hash])
    {
        return false;
    }
    match kind {
        Kind::P2tr => matches!(reveal.inner, InnerKind::KeyPath | InnerKind::ScriptPath),
        _ => hiding_payload(kind, key_hash, reveal).is_some_and(|hiding| hiding == payload),
    }
}

/// The payload of an output of this kind that hides what `reveal` shows; `None` where such an output cannot hide it.
fn hiding_payload(kind: Kind, key: Option<[u8; 20]>, reveal: &Reveal<'_>) -> Option<Vec<u8>> {
    let wrap = |kind, program: &[u8]| key_hash(&script_of(kind, program)).to_vec();
    let script = reveal.script;
    match (kind, reveal.inner, reveal.wrapped) {
        (_, InnerKind::KeyPath | InnerKind::ScriptPath, _) => None,
        (Kind::P2pkh | Kind::P2wpkh, InnerKind::Key, false) => Some(key?.to_vec()),
        (Kind::P2sh, InnerKind::Key, true) => Some(wrap(Kind::P2wpkh, &key?)),
        (_, InnerKind::Key, _) => None,
        (Kind::P2sh, _, true) => Some(wrap(Kind::P2wsh, &script_hash(script))),
        (Kind::P2sh, _, false) => Some(key_hash(script).to_vec()),
        (Kind::P2wsh, _, false) => Some(script_hash(script).to_vec()),
        _ => None,
    }
}

/// The hash that stands for a key, and for a script in p2sh.
fn key_hash(bytes: &[u8]) -> [u8; 20] {
    hash160::Hash::hash(bytes).to_byte_array()
}

/// The hash that stands for a script in p2wsh.
fn script_hash(script: &[u8]) -> [u8; 32] {
    sha256::Hash::hash(script).to_byte_array()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SIGNATURE: &[u8] = &[0x30; 71];

    fn key(header: u8) -> Vec<u8> {
        vec![header; if header < 4 { 33 } else { 65 }]
    }

    fn script_sig(items: &[&[u8]]) -> Vec<u8> {
        let push = |item: &&[u8]| match item.len() {
            0..=75 => [&[item.len() as u8], *item].concat(),
            _ => [&[0x4c, item.len() as u8], *item].concat(),
        };
        items.iter().flat_map(push).collect()
    }

    fn two_of_three() -> (Vec<u8>, [Vec<u8>; 3]) {
        let keys = [key(2), key(4), key(3)];
        let list: Vec<u8> = keys.iter().flat_map(|key| script_sig(&[key])).collect();
        ([&[0x52], &list[..], &[0x53, 0xae]].concat(), keys)
    }

    fn p2wsh(script: &[u8]) -> Vec<u8> {
        script_of(Kind::P2wsh, &script_hash(script))
    }

    fn p2wpkh(key: &[u8]) -> Vec<u8> {
        script_of(Kind::P2wpkh, &key_hash(key))
    }

    /// Inner kind, wrapped, terms and keys, after the hashes have confirmed it.
    fn checked(kind: Kind, payload: &[u8], sig: &[u8], witness: &[&[u8]]) -> (InnerKind, bool, u8, u8, Vec<Vec<u8>>) {
        let reveal = reveal(kind, sig, witness).expect("well formed");
        assert!(verify_reveal(kind, payload, &reveal));
        assert!(!verify_reveal(kind, &payload[1..], &reveal) || kind == Kind::P2tr);
        let keys: Vec<Vec<u8>> = reveal.keys.map(<[u8]>::to_vec).collect();
        assert_eq!(keys.len(), usize::from(reveal.total));
        (reveal.inner, reveal.wrapped, reveal.required, reveal.total, keys)
    }

    #[test]
    fn names_and_numbers_are_those_of_the_format() {
        for (number, inner) in InnerKind::ALL.into_iter().enumerate() {
            assert_eq!(inner as usize, number);
            assert_eq!(InnerKind::from_u8(number as u8), Some(inner));
        }
        assert_eq!(InnerKind::from_u8(7), None);
    }

    #[test]
    fn a_key_hash_reveals_its_key() {
        for header in [2, 3, 4, 6, 7] {
            let key = key(header);
            let expected = (InnerKind::Key, false, 1, 1, vec![key.clone()]);
            let sig = script_sig(&[SIGNATURE, &key]);
            assert_eq!(checked(Kind::P2pkh, &key_hash(&key), &sig, &[]), expected);
            assert_eq!(checked(Kind::P2wpkh, &key_hash(&key), &[], &[SIGNATURE, &key]), expected);
        }
        assert_eq!(reveal(Kind::P2pkh, &script_sig(&[SIGNATURE, &[5; 33]]), &[]), None);
        assert_eq!(reveal(Kind::P2wpkh, &[], &[&key(2)]), None);
    }

    #[test]
    fn a_wrapped_key_is_a_key() {
        let key = key(3);
        let redeem = p2wpkh(&key);
        let sig = script_sig(&[&redeem]);
        let expected = (InnerKind::Key, true, 1, 1, vec![key.clone()]);
        assert_eq!(checked(Kind::P2sh, &key_hash(&redeem), &sig, &[SIGNATURE, &key]), expected);
        assert_eq!(reveal(Kind::P2sh, &sig, &[SIGNATURE]), None);
    }

    #[test]
    fn multisig_is_seen_behind_every_script_hash() {
        let (script, keys) = two_of_three();
        let expected = |wrapped| (InnerKind::Multisig, wrapped, 2, 3, keys.to_vec());
        let legacy = script_sig(&[&[], SIGNATURE, SIGNATURE, &script]);
        assert_eq!(checked(Kind::P2sh, &key_hash(&script), &legacy, &[]), expected(false));
        let witness = [&[], SIGNATURE, SIGNATURE, &script[..]];
        assert_eq!(checked(Kind::P2wsh, &script_hash(&script), &[], &witness), expected(false));
        let redeem = p2wsh(&script);
        assert_eq!(checked(Kind::P2sh, &key_hash(&redeem), &script_sig(&[&redeem]), &witness), expected(true));
    }

    #[test]
    fn single_key_scripts_are_one_of_one() {
        let key = key(2);
        let p2pk = script_of(Kind::P2pk, &key);
        let witness = [SIGNATURE, &p2pk];
        let expected = (InnerKind::P2pk, false, 1, 1, vec![key.clone()]);
        assert_eq!(checked(Kind::P2wsh, &script_hash(&p2pk), &[], &witness), expected);
        let p2pkh = script_of(Kind::P2pkh, &key_hash(&key));
        let sig = script_sig(&[SIGNATURE, &key, &p2pkh]);
        let expected = (InnerKind::P2pkh, false, 1, 1, vec![key.clone()]);
        assert_eq!(checked(Kind::P2sh, &key_hash(&p2pkh), &sig, &[]), expected);
        assert_eq!(reveal(Kind::P2sh, &script_sig(&[&p2pkh]), &[]), None);
    }

    #[test]
    fn other_scripts_reveal_no_keys() {
        let expected = (InnerKind::Other, false, 0, 0, vec![]);
        let script = [0x51];
        assert_eq!(checked(Kind::P2sh, &key_hash(&script), &script_sig(&[&script]), &[]), expected);
        assert_eq!(checked(Kind::P2wsh, &script_hash(&script), &[], &[&script]), expected);
        assert_eq!(checked(Kind::P2sh, &key_hash(&[]), &[0x51, 0], &[]), expected);
        let program = p2wpkh(&key(2));
        assert_eq!(checked(Kind::P2sh, &key_hash(&program), &script_sig(&[&program]), &[]), expected);
    }

    #[test]
    fn taproot_inside_p2sh_has_no_meaning() {
        let program = script_of(Kind::P2tr, &[7; 32]);
        let expected = (InnerKind::Other, false, 0, 0, vec![]);
        assert_eq!(checked(Kind::P2sh, &key_hash(&program), &script_sig(&[&program]), &[]), expected);
    }

    #[test]
    fn another_key_is_not_confirmed() {
        let script = script_of(Kind::P2pkh, &key_hash(&key(2)));
        let sig = script_sig(&[SIGNATURE, &key(3), &script]);
        let found = reveal(Kind::P2sh, &sig, &[]).expect("well formed");
        assert!(!verify_reveal(Kind::P2sh, &key_hash(&script), &found));
        let plain = reveal(Kind::P2pkh, &sig[..106], &[]).expect("well formed");
        assert!(verify_reveal(Kind::P2pkh, &key_hash(&key(3)), &plain));
        assert!(!verify_reveal(Kind::P2pkh, &key_hash(&key(2)), &plain));
        assert!(!verify_reveal(Kind::P2sh, &key_hash(&key(3)), &plain));
    }

    #[test]
    fn taproot_tells_key_path_from_script_path() {
        let inner = |witness: &[&[u8]]| {
            let reveal = reveal(Kind::P2tr, &[], witness)?;
            assert!(verify_reveal(Kind::P2tr, &[7; 32], &reveal));
            assert_eq!((reveal.required, reveal.total, reveal.keys.len()), (0, 0, 0));
            Some((reveal.inner, reveal.script.to_vec()))
        };
        let (annex, control, leaf) = (&[0x50, 1, 2][..], &[0xc0; 33 + 64][..], &[0x51][..]);
        let key_path = Some((InnerKind::KeyPath, vec![]));
        let script_path = Some((InnerKind::ScriptPath, leaf.to_vec()));
        assert_eq!(inner(&[&[7; 64]]), key_path);
        assert_eq!(inner(&[&[7; 65]]), key_path);
        assert_eq!(inner(&[&[7; 64], annex]), key_path);
        assert_eq!(inner(&[leaf, control]), script_path);
        assert_eq!(inner(&[SIGNATURE, leaf, control, annex]), script_path);
        assert_eq!(inner(&[&[0x50; 64]]), key_path);
        assert_eq!(inner(&[&[7; 63]]), None);
        assert_eq!(inner(&[leaf, &[0xc0; 34]]), None);
        assert_eq!(inner(&[leaf, &[0xc0; 33 + 129 * 32]]), None);
        assert_eq!(inner(&[]), None);
    }

    #[test]
    fn kinds_that_hide_nothing_reveal_nothing() {
        let sig = script_sig(&[SIGNATURE, &key(2)]);
        for kind in [Kind::P2pk, Kind::Multisig, Kind::Anchor, Kind::WitnessUnknown, Kind::OpReturn, Kind::Nonstandard] {
            assert_eq!(reveal(kind, &sig, &[SIGNATURE, &key(2)]), None);
        }
    }

    proptest! {
        #[test]
        fn no_input_panics(
            kind in 0..11u8,
            payload in proptest::collection::vec(any::<u8>(), 0..40),
            sig in proptest::collection::vec(any::<u8>(), 0..120),
            witness in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..80), 0..5),
        ) {
            let items: Vec<&[u8]> = witness.iter().map(Vec::as_slice).collect();
            let kind = Kind::from_u8(kind).unwrap();
            if let Some(found) = reveal(kind, &sig, &items) {
                prop_assert_eq!(found.keys.len(), usize::from(found.total));
                verify_reveal(kind, &payload, &found);
            }
        }
    }
}
