//! Output scripts of every kind, and spends of them that have the right form: hashes fit, signatures only look like some.

use bitcoin::ScriptBuf;
use bitcoin::hashes::{Hash, hash160, sha256};

use super::Rng;

/// An output script, and what an input shows to spend it.
#[derive(Clone, Debug)]
pub struct Lock {
    pub script: ScriptBuf,
    pub spendable: bool,
    script_sig: Vec<Item>,
    witness: Vec<Item>,
}

/// What an input pushes or has in its witness.
#[derive(Clone, Debug)]
enum Item {
    Ecdsa,
    Schnorr,
    Bytes(Vec<u8>),
}

use Item::{Bytes, Ecdsa, Schnorr};

impl Lock {
    pub fn uses_witness(&self) -> bool {
        !self.witness.is_empty()
    }

    /// The script and the witness of an input that spends it.
    pub fn spend(&self, rng: &mut Rng) -> (ScriptBuf, Vec<Vec<u8>>) {
        let script_sig = self.script_sig.iter().flat_map(|item| push(&item.bytes(rng))).collect::<Vec<u8>>();
        let mut witness: Vec<_> = self.witness.iter().map(|item| item.bytes(rng)).collect();
        if self.script.is_p2tr() && rng.one_in(4) {
            witness.push([vec![0x50], rng.bytes(5)].concat());
        }
        (script_sig.into(), witness)
    }

    /// A lock of any kind.
    pub fn random(rng: &mut Rng) -> Lock {
        match rng.below(20) {
            0 => p2pk(key(rng)),
            1 | 2 => p2pkh(key(rng)),
            3 | 4 => p2sh(inner_script(rng)),
            5 => multisig(rng),
            6 | 7 => p2wpkh(compressed(rng)),
            8 | 9 => p2wsh(inner_script(rng)),
            10 => wrapped(p2wpkh(compressed(rng))),
            11 => wrapped(p2wsh(inner_script(rng))),
            12 => taproot(rng, vec![Schnorr]),
            13 => {
                let (script, depth) = (rng.bytes(20), rng.below(4));
                let control = [vec![0xc0], rng.bytes(32 + 32 * depth)].concat();
                taproot(rng, vec![Schnorr, Bytes(script), Bytes(control)])
            }
            14 => plain(vec![0x51, 2, 0x4e, 0x73]),
            15 => witness_unknown(rng),
            16 => op_return(rng),
            17 => plain(vec![]),
            18 => odd(rng),
            _ => huge(rng),
        }
    }
}

impl Item {
    fn bytes(&self, rng: &mut Rng) -> Vec<u8> {
        match self {
            Ecdsa => ecdsa(rng),
            Schnorr if rng.one_in(2) => rng.bytes(64),
            Schnorr => rng.bytes(65),
            Bytes(bytes) => bytes.clone(),
        }
    }
}

/// A push of any form that holds the bytes.
fn push(bytes: &[u8]) -> Vec<u8> {
    let head = match bytes.len() {
        short @ 0..76 => vec![short as u8],
        medium @ 76..256 => vec![0x4c, medium as u8],
        long => [vec![0x4d], (long as u16).to_le_bytes().to_vec()].concat(),
    };
    [head, bytes.to_vec()].concat()
}

/// The shape of a DER signature, with a low or a high r.
fn ecdsa(rng: &mut Rng) -> Vec<u8> {
    let mut integer = || {
        let mut bytes = rng.bytes(32);
        bytes[0] = bytes[0].max(1);
        if bytes[0] >= 0x80 { [vec![0], bytes].concat() } else { bytes }
    };
    let (r, s) = (integer(), integer());
    let body = [vec![2, r.len() as u8], r, vec![2, s.len() as u8], s].concat();
    [vec![0x30, body.len() as u8], body, vec![1]].concat()
}

fn compressed(rng: &mut Rng) -> Vec<u8> {
    [vec![2 + rng.below(2) as u8], rng.bytes(32)].concat()
}

/// A key in any of its forms.
fn key(rng: &mut Rng) -> Vec<u8> {
    match rng.below(4) {
        0 => [vec![*rng.pick(&[4, 4, 6, 7])], rng.bytes(64)].concat(),
        _ => compressed(rng),
    }
}

fn lock(script: Vec<u8>, script_sig: Vec<Item>, witness: Vec<Item>) -> Lock {
    Lock { script: script.into(), spendable: true, script_sig, witness }
}

fn plain(script: Vec<u8>) -> Lock {
    lock(script, vec![], vec![])
}

fn p2pk(key: Vec<u8>) -> Lock {
    lock([push(&key), vec![0xac]].concat(), vec![Ecdsa], vec![])
}

fn p2pkh(key: Vec<u8>) -> Lock {
    let hash = hash160::Hash::hash(&key).to_byte_array();
    lock([&[0x76, 0xa9, 20], &hash[..], &[0x88, 0xac]].concat(), vec![Ecdsa, Bytes(key)], vec![])
}

fn p2wpkh(key: Vec<u8>) -> Lock {
    let hash = hash160::Hash::hash(&key).to_byte_array();
    lock([&[0, 20], &hash[..]].concat(), vec![], vec![Ecdsa, Bytes(key)])
}

/// Bare m of n.
fn multisig(rng: &mut Rng) -> Lock {
    let total = 1 + rng.below(4);
    let required = 1 + rng.below(total);
    let keys: Vec<u8> = (0..total).flat_map(|_| push(&key(rng))).collect();
    let script = [vec![0x50 + required as u8], keys, vec![0x50 + total as u8, 0xae]].concat();
    let signatures = std::iter::repeat_n(Ecdsa, required);
    lock(script, std::iter::once(Bytes(vec![])).chain(signatures).collect(), vec![])
}

/// A script to stand behind a hash.
fn inner_script(rng: &mut Rng) -> Lock {
    match rng.below(5) {
        0 | 1 => multisig(rng),
        2 => p2pk(key(rng)),
        3 => p2pkh(key(rng)),
        _ => {
            let wait = [push(&rng.array::<3>()), vec![0xb1, 0x75], push(&compressed(rng)), vec![0xac]].concat();
            lock(wait, vec![Ecdsa], vec![])
        }
    }
}

fn p2sh(inner: Lock) -> Lock {
    let redeem = inner.script.to_bytes();
    let hash = hash160::Hash::hash(&redeem).to_byte_array();
    let script_sig = [inner.script_sig, vec![Bytes(redeem)]].concat();
    lock([&[0xa9, 20], &hash[..], &[0x87]].concat(), script_sig, inner.witness)
}

fn p2wsh(inner: Lock) -> Lock {
    let script = inner.script.to_bytes();
    let hash = sha256::Hash::hash(&script).to_byte_array();
    let witness = [inner.script_sig, vec![Bytes(script)]].concat();
    lock([&[0, 32], &hash[..]].concat(), vec![], witness)
}

/// A witness program behind a script hash.
fn wrapped(program: Lock) -> Lock {
    p2sh(program)
}

fn taproot(rng: &mut Rng, witness: Vec<Item>) -> Lock {
    lock([vec![0x51, 32], rng.bytes(32)].concat(), vec![], witness)
}

fn witness_unknown(rng: &mut Rng) -> Lock {
    let (version, length) = (0x52 + rng.below(15) as u8, 2 + rng.below(39));
    let item = rng.bytes(7);
    lock([vec![version, length as u8], rng.bytes(length)].concat(), vec![], vec![Bytes(item)])
}

fn op_return(rng: &mut Rng) -> Lock {
    let length = *rng.pick(&[0, 4, 36, 80, 200]);
    let data = rng.bytes(length);
    let tail = if rng.one_in(4) { vec![0xac] } else { vec![] };
    Lock { spendable: false, ..plain([vec![0x6a], push(&data), tail].concat()) }
}

/// Bytes that mean nothing, some of them nearly a known form.
fn odd(rng: &mut Rng) -> Lock {
    let length = *rng.pick(&[1, 2, 19, 22, 23, 25, 34, 35, 67, 520]);
    let bytes = rng.bytes(length);
    let script = match rng.below(4) {
        0 => [vec![0xa9, 20], rng.bytes(20), vec![0x88]].concat(),
        1 => [vec![0, 21], rng.bytes(21)].concat(),
        _ => [vec![0xb0], bytes].concat(),
    };
    let item = rng.bytes(3);
    lock(script, vec![Bytes(item)], vec![])
}

fn huge(rng: &mut Rng) -> Lock {
    let length = *rng.pick(&[300, 2_000, 10_000, 12_000]);
    let bytes = rng.bytes(length);
    Lock { spendable: length < 10_000, ..plain([vec![0x61], bytes].concat()) }
}
