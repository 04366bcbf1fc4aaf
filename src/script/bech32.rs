//! Bech32 (BIP173) and bech32m (BIP350), as far as addresses use them: a prefix, a witness version and a program.

use super::address_error::Checksum;

/// The most characters a bech32 text may have.
pub(super) const MAX_CHARS: usize = 90;

/// The longest program whose text does not exceed the limit, with room to spare; a witness program has at most 40 bytes.
const MAX_PROGRAM: usize = 56;

const CHARS: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/// The value of each lower-case byte; 255 for bytes that are not in the alphabet.
const VALUES: [u8; 256] = {
    let mut values = [255; 256];
    let mut value = 0;
    while value < CHARS.len() {
        values[CHARS[value] as usize] = value as u8;
        value += 1;
    }
    values
};

/// What each possible top five bits of the checksum add when they are shifted out.
const SHIFTED_OUT: [u32; 32] = {
    const GENERATOR: [u32; 5] = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
    let mut table = [0; 32];
    let mut top = 0;
    while top < 32 {
        let mut bit = 0;
        while bit < 5 {
            if top >> bit & 1 == 1 {
                table[top] ^= GENERATOR[bit];
            }
            bit += 1;
        }
        top += 1;
    }
    table
};

const fn step(sum: u32, value: u8) -> u32 {
    (sum & 0x01ff_ffff) << 5 ^ value as u32 ^ SHIFTED_OUT[(sum >> 25) as usize]
}

impl Checksum {
    /// What the checksum of a whole text comes to.
    const fn residue(self) -> u32 {
        match self {
            Checksum::Bech32 => 1,
            Checksum::Bech32m => 0x2bc8_30a3,
        }
    }

    /// The checksum that a witness version asks for.
    pub(super) const fn of_version(version: u8) -> Checksum {
        match version {
            0 => Checksum::Bech32,
            _ => Checksum::Bech32m,
        }
    }
}

/// A human-readable part, and the checksum after reading it.
pub(super) struct Prefix {
    pub text: &'static str,
    sum: u32,
}

impl Prefix {
    pub(super) const fn new(text: &'static str) -> Self {
        let bytes = text.as_bytes();
        let mut sum = 1;
        let mut at = 0;
        while at < bytes.len() {
            sum = step(sum, bytes[at] >> 5);
            at += 1;
        }
        sum = step(sum, 0);
        at = 0;
        while at < bytes.len() {
            sum = step(sum, bytes[at] & 31);
            at += 1;
        }
        Prefix { text, sum }
    }
}

/// Why the part after the prefix is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fault {
    Character,
    Length,
    Checksum,
    Padding,
}

/// A witness version (0 to 31) and a program of any length, with the checksum that it came with.
pub(super) struct Decoded {
    pub version: u8,
    pub checksum: Checksum,
    bytes: [u8; MAX_PROGRAM],
    len: usize,
}

impl Decoded {
    pub(super) fn program(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

/// Whether the byte is in the alphabet, in lower case.
pub(super) fn is_char(byte: u8) -> bool {
    VALUES[usize::from(byte)] != 255
}

/// Reads what follows the prefix and its separator, in lower case.
pub(super) fn decode(prefix: &Prefix, data: &[u8]) -> Result<Decoded, Fault> {
    let count = data.len();
    if count < 7 || prefix.text.len() + 1 + count > MAX_CHARS {
        return Err(Fault::Length);
    }
    let mut values = [0; MAX_CHARS];
    let (mut sum, mut worst) = (prefix.sum, 0);
    for (place, &byte) in values.iter_mut().zip(data) {
        let value = VALUES[usize::from(byte)];
        worst |= value;
        sum = step(sum, value & 31);
        *place = value;
    }
    if worst > 31 {
        return Err(Fault::Character);
    }
    let checksum = [Checksum::Bech32, Checksum::Bech32m].into_iter().find(|kind| kind.residue() == sum);
    let checksum = checksum.ok_or(Fault::Checksum)?;
    let (bytes, len) = to_bytes(&values[1..count - 6]).ok_or(Fault::Padding)?;
    Ok(Decoded { version: values[0], checksum, bytes, len })
}

/// Groups of five bits as bytes; `None` when what is left over is more than four bits or not zero.
fn to_bytes(values: &[u8]) -> Option<([u8; MAX_PROGRAM], usize)> {
    let mut bytes = [0; MAX_PROGRAM];
    for (place, group) in bytes.chunks_exact_mut(5).zip(values.chunks(8)) {
        let bits = group.iter().fold(0, |bits, &value| bits << 5 | u64::from(value)) << (40 - 5 * group.len());
        place.copy_from_slice(&bits.to_be_bytes()[3..]);
    }
    let bits = 5 * values.len();
    let left_over_is_zero = bytes[bits / 8] == 0;
    (bits % 8 < 5 && left_over_is_zero).then_some((bytes, bits / 8))
}

/// The text of a witness version and a program of at most 40 bytes.
pub(super) fn encode(prefix: &Prefix, version: u8, program: &[u8]) -> String {
    let checksum = Checksum::of_version(version);
    let mut text = String::with_capacity(prefix.text.len() + 8 + (program.len() * 8).div_ceil(5));
    text.push_str(prefix.text);
    text.push('1');
    let mut sum = prefix.sum;
    let mut put = |value: u8| {
        sum = step(sum, value);
        text.push(char::from(CHARS[usize::from(value)]));
    };
    put(version & 31);
    for group in program.chunks(5) {
        let bits = group.iter().fold(0, |bits, &byte| bits << 8 | u64::from(byte)) << (40 - 8 * group.len());
        (0..(group.len() * 8).div_ceil(5)).for_each(|at| put((bits >> (35 - 5 * at)) as u8 & 31));
    }
    let sum = (0..6).fold(sum, |sum, _| step(sum, 0)) ^ checksum.residue();
    text.extend((0..6).rev().map(|at| char::from(CHARS[(sum >> (5 * at)) as usize & 31])));
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use bitcoin::bech32::{Fe32, Hrp, segwit};
    use proptest::prelude::*;

    const BC: Prefix = Prefix::new("bc");
    const BCRT: Prefix = Prefix::new("bcrt");

    fn program() -> impl Strategy<Value = (u8, Vec<u8>)> {
        let zero = prop_oneof![Just(20usize), Just(32)].prop_flat_map(|len| proptest::collection::vec(any::<u8>(), len));
        let later = (1..=16u8, proptest::collection::vec(any::<u8>(), 2..=40));
        prop_oneof![zero.prop_map(|program| (0, program)), later]
    }

    #[test]
    fn more_than_four_bits_or_a_set_bit_left_over_is_a_fault() {
        assert!(to_bytes(&[0; 1]).is_none());
        assert!(to_bytes(&[0; 3]).is_none());
        assert!(to_bytes(&[0, 1]).is_none());
        assert_eq!(to_bytes(&[0, 4]).map(|found| (found.0[0], found.1)), Some((1, 1)));
        assert_eq!(to_bytes(&[31; 8]).map(|found| found.1), Some(5));
        assert_eq!(to_bytes(&[]).map(|found| found.1), Some(0));
    }

    #[test]
    fn the_longest_text_fits() {
        for count in 7..=87 {
            let fault = decode(&BC, &vec![b'q'; count]).err();
            assert_eq!(fault, Some(Fault::Checksum), "{count}");
        }
        assert_eq!(decode(&BC, &[b'q'; 88]).err(), Some(Fault::Length));
        assert_eq!(decode(&BC, &[b'q'; 6]).err(), Some(Fault::Length));
    }

    proptest! {
        #[test]
        fn texts_are_those_of_the_bitcoin_crate((version, program) in program(), regtest: bool) {
            let prefix = if regtest { &BCRT } else { &BC };
            let text = encode(prefix, version, &program);
            let fe = Fe32::try_from(version).unwrap();
            prop_assert_eq!(&text, &segwit::encode(Hrp::parse(prefix.text).unwrap(), fe, &program).unwrap());
            let data = &text.as_bytes()[prefix.text.len() + 1..];
            let decoded = decode(prefix, data).ok().unwrap();
            prop_assert_eq!(decoded.version, version);
            prop_assert_eq!(decoded.checksum, Checksum::of_version(version));
            prop_assert_eq!(decoded.program(), program);
        }

        #[test]
        fn one_changed_character_is_noticed((version, program) in program(), at: proptest::sample::Index, value in 0..32usize) {
            let mut text = encode(&BC, version, &program).into_bytes();
            let at = 3 + at.index(text.len() - 3);
            prop_assume!(text[at] != CHARS[value]);
            text[at] = CHARS[value];
            prop_assert_eq!(decode(&BC, &text[3..]).err(), Some(Fault::Checksum));
        }

        #[test]
        fn no_bytes_panic(data in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = decode(&BC, &data);
        }
    }
}
