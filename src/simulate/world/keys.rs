//! Addresses of the simulated chain. One is a number, from which its keys, its script and what spends it are made again whenever
//! they are needed, so that millions of them take four bytes each.

use bitcoin::hashes::{Hash as _, ripemd160};
use sha2::{Digest, Sha256};

use crate::simulate::world::rng::{Random, split_mix};

/// How an output is locked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(in crate::simulate) enum Lock {
    /// A bare key of 65 bytes.
    P2pkLong,
    /// The hash of a key of 65 bytes.
    P2pkhLong,
    P2pkh,
    /// Two of three keys behind a script hash.
    P2shMultisig,
    P2shWpkh,
    P2wpkh,
    /// Two of three keys behind a witness script hash.
    P2wsh,
    P2tr,
}

impl Lock {
    const ALL: [Lock; 8] =
        [Lock::P2pkLong, Lock::P2pkhLong, Lock::P2pkh, Lock::P2shMultisig, Lock::P2shWpkh, Lock::P2wpkh, Lock::P2wsh, Lock::P2tr];

    pub fn has_witness(self) -> bool {
        matches!(self, Lock::P2shWpkh | Lock::P2wpkh | Lock::P2wsh | Lock::P2tr)
    }

    /// The weight of an input that spends it, with signatures of the usual size.
    pub fn input_weight(self) -> u64 {
        match self {
            Lock::P2pkLong => 456,
            Lock::P2pkhLong => 720,
            Lock::P2pkh => 592,
            Lock::P2shMultisig => 1_188,
            Lock::P2shWpkh => 364,
            Lock::P2wpkh => 272,
            Lock::P2wsh => 418,
            Lock::P2tr => 230,
        }
    }

    /// The weight of an output with it.
    pub fn output_weight(self) -> u64 {
        match self {
            Lock::P2pkLong => 304,
            Lock::P2pkhLong | Lock::P2pkh => 136,
            Lock::P2shMultisig | Lock::P2shWpkh => 128,
            Lock::P2wpkh => 124,
            Lock::P2wsh | Lock::P2tr => 172,
        }
    }
}

/// Which keys, and how they lock: 4 bits and 28.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(in crate::simulate) struct Address(u32);

/// So many addresses there can be.
pub(in crate::simulate) const MOST_ADDRESSES: u32 = (1 << 28) - 1;

impl Address {
    pub const NONE: Address = Address(u32::MAX);

    pub fn new(lock: Lock, number: u32) -> Address {
        Address((lock as u32) << 28 | number)
    }

    pub fn lock(self) -> Lock {
        Lock::ALL[(self.0 >> 28) as usize]
    }

    pub fn number(self) -> u32 {
        self.0 & MOST_ADDRESSES
    }

    pub fn is_none(self) -> bool {
        self == Address::NONE
    }
}

/// All keys of a chain.
pub(in crate::simulate) struct Keys {
    seed: u64,
}

const SIGHASH_ALL: u8 = 1;
const TWO_OF_THREE: usize = 3 + 3 * 34;

impl Keys {
    pub fn new(seed: u64) -> Keys {
        Keys { seed }
    }

    fn stream(&self, address: Address, which: u64) -> u64 {
        self.seed ^ ((address.number() as u64) << 8 | which).wrapping_mul(0xd134_2543_de82_ef95)
    }

    /// A compressed key; which of the address's is counted from 0.
    #[inline]
    fn key(&self, address: Address, which: u64) -> [u8; 33] {
        let mut state = self.stream(address, which);
        let mut key = [0; 33];
        key[0] = 2 | (split_mix(&mut state) & 1) as u8;
        key[1..].as_chunks_mut::<8>().0.iter_mut().for_each(|word| *word = split_mix(&mut state).to_le_bytes());
        key
    }

    fn long_key(&self, address: Address) -> [u8; 65] {
        let mut state = self.stream(address, 0);
        let mut key = [4; 65];
        key[1..].as_chunks_mut::<8>().0.iter_mut().for_each(|word| *word = split_mix(&mut state).to_le_bytes());
        key
    }

    fn two_of_three(&self, address: Address) -> [u8; TWO_OF_THREE] {
        let mut script = [0x52; TWO_OF_THREE];
        for which in 0..3 {
            let at = 1 + 34 * which;
            script[at] = 33;
            script[at + 1..at + 34].copy_from_slice(&self.key(address, which as u64));
        }
        script[TWO_OF_THREE - 2..].copy_from_slice(&[0x53, 0xae]);
        script
    }

    /// Writes the script of outputs to an address.
    pub fn script(&self, address: Address, out: &mut Vec<u8>) {
        let hash = |out: &mut Vec<u8>, before: &[u8], hash: &[u8], after: &[u8]| {
            [before, hash, after].iter().for_each(|part| out.extend_from_slice(part));
        };
        match address.lock() {
            Lock::P2pkLong => hash(out, &[65], &self.long_key(address), &[0xac]),
            Lock::P2pkhLong => hash(out, &[0x76, 0xa9, 20], &hash160(&self.long_key(address)), &[0x88, 0xac]),
            Lock::P2pkh => hash(out, &[0x76, 0xa9, 20], &hash160(&self.key(address, 0)), &[0x88, 0xac]),
            Lock::P2shMultisig => hash(out, &[0xa9, 20], &hash160(&self.two_of_three(address)), &[0x87]),
            Lock::P2shWpkh => hash(out, &[0xa9, 20], &hash160(&self.nested(address)), &[0x87]),
            Lock::P2wpkh => hash(out, &[0, 20], &hash160(&self.key(address, 0)), &[]),
            Lock::P2wsh => hash(out, &[0, 32], &Sha256::digest(self.two_of_three(address)), &[]),
            Lock::P2tr => hash(out, &[0x51, 32], &self.key(address, 0)[1..], &[]),
        }
    }

    fn nested(&self, address: Address) -> [u8; 22] {
        let mut script = [0; 22];
        script[1] = 20;
        script[2..].copy_from_slice(&hash160(&self.key(address, 0)));
        script
    }

    /// Writes what spends an output to an address: the script with its length, and the stack of its witness.
    pub fn unlock(&self, address: Address, low_r: bool, random: &mut Random, script: &mut Vec<u8>, witness: &mut Vec<u8>) {
        let start = script.len();
        script.push(0);
        match address.lock() {
            Lock::P2pkLong => sign(low_r, random, script),
            Lock::P2pkhLong => {
                sign(low_r, random, script);
                push(&self.long_key(address), script);
            }
            Lock::P2pkh => {
                sign(low_r, random, script);
                push(&self.key(address, 0), script);
            }
            Lock::P2shMultisig => {
                script.push(0);
                sign(low_r, random, script);
                sign(low_r, random, script);
                script.push(0x4c);
                push(&self.two_of_three(address), script);
            }
            Lock::P2shWpkh => push(&self.nested(address), script),
            Lock::P2wpkh | Lock::P2wsh | Lock::P2tr => {}
        }
        self.witness(address, low_r, random, witness);
        close_length(script, start);
    }

    fn witness(&self, address: Address, low_r: bool, random: &mut Random, witness: &mut Vec<u8>) {
        match address.lock() {
            Lock::P2shWpkh | Lock::P2wpkh => {
                witness.push(2);
                sign(low_r, random, witness);
                push(&self.key(address, 0), witness);
            }
            Lock::P2wsh => {
                witness.extend_from_slice(&[4, 0]);
                sign(low_r, random, witness);
                sign(low_r, random, witness);
                push(&self.two_of_three(address), witness);
            }
            Lock::P2tr => {
                witness.extend_from_slice(&[1, 64]);
                random.fill(witness, 64);
            }
            _ => witness.push(0),
        }
    }
}

/// Puts in the length of a script whose place was kept by one byte.
fn close_length(script: &mut Vec<u8>, start: usize) {
    match script.len() - start - 1 {
        length @ 0..253 => script[start] = length as u8,
        length => {
            script[start] = 0xfd;
            let low_high = (length as u16).to_le_bytes();
            script.splice(start + 1..start + 1, low_high);
        }
    }
}

#[inline]
fn push(bytes: &[u8], out: &mut Vec<u8>) {
    out.push(bytes.len() as u8);
    out.extend_from_slice(bytes);
}

/// Pushes a signature in the form of an ECDSA one with a low S; half of all have a high R where it is not ground away.
fn sign(low_r: bool, random: &mut Random, out: &mut Vec<u8>) {
    let bits = random.next();
    let high = !low_r && bits & 1 == 1;
    let r = 32 + high as u8;
    out.extend_from_slice(&[39 + r, 0x30, 36 + r, 2, r]);
    if high {
        out.extend_from_slice(&[0, 0x80 | (bits >> 8) as u8 & 0x7e]);
    } else {
        out.push(1 + (bits >> 8) as u8 % 0x7f);
    }
    random.fill(out, 31);
    out.extend_from_slice(&[2, 32, 1 + (bits >> 16) as u8 % 0x7e]);
    random.fill(out, 31);
    out.push(SIGHASH_ALL);
}

pub(in crate::simulate) fn hash160(bytes: &[u8]) -> [u8; 20] {
    ripemd160::Hash::hash(&Sha256::digest(bytes)).to_byte_array()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::{Kind, classify, reveal, signature_traits, verify_reveal};

    fn script(lock: Lock, number: u32) -> Vec<u8> {
        let mut script = Vec::new();
        Keys::new(7).script(Address::new(lock, number), &mut script);
        script
    }

    #[test]
    fn every_lock_has_a_script_of_its_kind() {
        let kinds = [Kind::P2pk, Kind::P2pkh, Kind::P2pkh, Kind::P2sh, Kind::P2sh, Kind::P2wpkh, Kind::P2wsh, Kind::P2tr];
        for (lock, kind) in Lock::ALL.into_iter().zip(kinds) {
            assert_eq!(classify(&script(lock, 5)).0, kind, "{lock:?}");
            assert_eq!((9 + script(lock, 5).len() as u64) * 4, lock.output_weight(), "{lock:?}");
            assert_ne!(script(lock, 5), script(lock, 6));
        }
    }

    #[test]
    fn an_input_is_as_heavy_as_it_is_thought_to_be() {
        let keys = Keys::new(7);
        for lock in Lock::ALL {
            let (mut script, mut witness) = (Vec::new(), Vec::new());
            keys.unlock(Address::new(lock, 1), true, &mut Random::new(1), &mut script, &mut witness);
            let length = if script.len() < 253 { 1 } else { 3 };
            let weight = (40 + length + script.len()) * 4 + if lock.has_witness() { witness.len() } else { 0 };
            assert!(weight.abs_diff(lock.input_weight() as usize) <= 8, "{lock:?}: {weight}");
        }
    }

    #[test]
    fn what_spends_an_address_shows_keys_that_hash_to_it() {
        let keys = Keys::new(7);
        for lock in [Lock::P2pkh, Lock::P2pkhLong, Lock::P2shMultisig, Lock::P2shWpkh, Lock::P2wpkh, Lock::P2wsh] {
            let (address, mut input, mut witness) = (Address::new(lock, 9), Vec::new(), Vec::new());
            keys.unlock(address, false, &mut Random::new(3), &mut input, &mut witness);
            let script = script(lock, 9);
            let (kind, payload) = classify(&script);
            let items = stack(&witness);
            let items: Vec<&[u8]> = items.iter().map(|item| &item[..]).collect();
            let found = reveal(kind, plain(&input), &items).unwrap_or_else(|| panic!("{lock:?} reveals nothing"));
            assert!(verify_reveal(kind, &script[payload], &found), "{lock:?}");
        }
    }

    fn plain(script: &[u8]) -> &[u8] {
        if script[0] == 0xfd { &script[3..] } else { &script[1..] }
    }

    fn stack(witness: &[u8]) -> Vec<Vec<u8>> {
        let mut rest = &witness[1..];
        (0..witness[0])
            .map(|_| {
                let length = rest[0] as usize;
                let item = rest[1..1 + length].to_vec();
                rest = &rest[1 + length..];
                item
            })
            .collect()
    }

    #[test]
    fn signatures_are_ground_for_a_low_r_when_asked() {
        let mut random = Random::new(4);
        let mut low = 0;
        for low_r in [true, false].repeat(500) {
            let mut out = Vec::new();
            sign(low_r, &mut random, &mut out);
            assert_eq!(out[0] as usize, out.len() - 1);
            bitcoin::secp256k1::ecdsa::Signature::from_der(&out[1..out.len() - 1]).unwrap();
            let traits = signature_traits(&out[1..], false);
            assert!(traits.low_r != traits.high_r && (traits.low_r || !low_r));
            low += usize::from(traits.low_r && !low_r);
        }
        assert!((150..350).contains(&low));
    }
}
