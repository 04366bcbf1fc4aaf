//! Base58 with a checksum, for the one size that addresses have: a version byte, 20 bytes and 4 of checksum.

use sha2::{Digest, Sha256};

/// The most digits that 25 bytes can need.
pub(super) const MAX_DIGITS: usize = 35;

const DIGITS: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/// The value of each byte as a digit; 255 for bytes that are none.
const VALUES: [u8; 256] = {
    let mut values = [255; 256];
    let mut digit = 0;
    while digit < DIGITS.len() {
        values[DIGITS[digit] as usize] = digit as u8;
        digit += 1;
    }
    values
};

/// 58 to the power of 5, the most digits whose value fits 32 bits.
const FIVE_DIGITS: u64 = 58 * 58 * 58 * 58 * 58;

/// Why a text is not a base58 address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fault {
    Character,
    Length,
    Checksum,
}

/// Whether the byte is a base58 digit.
pub(super) fn is_digit(byte: u8) -> bool {
    VALUES[usize::from(byte)] != 255
}

/// Version byte and hash of an address whose checksum holds.
pub(super) fn decode(text: &[u8]) -> Result<(u8, [u8; 20]), Fault> {
    if text.len() > MAX_DIGITS {
        return Err(Fault::Length);
    }
    let bytes = number(text)?;
    let (unused, address) = bytes.split_at(7);
    // Each zero byte in front is written as a digit 1, and nothing else is: one too many or too few is another length.
    let ones = text.iter().take_while(|&&digit| digit == DIGITS[0]).count();
    let zeros = address.iter().take_while(|&&byte| byte == 0).count();
    if ones != zeros || unused.iter().any(|&byte| byte != 0) {
        return Err(Fault::Length);
    }
    let (body, sum) = address.split_at(21);
    if sum != checksum(body) {
        return Err(Fault::Checksum);
    }
    let mut hash = [0; 20];
    hash.copy_from_slice(&body[1..]);
    Ok((body[0], hash))
}

/// The number that at most 35 digits spell, big-endian.
fn number(digits: &[u8]) -> Result<[u8; 32], Fault> {
    let mut limbs = [0u64; 4];
    for group in digits.chunks(10) {
        let (value, scale) = group_value(group).ok_or(Fault::Character)?;
        let mut carry = u128::from(value);
        for limb in &mut limbs {
            carry += u128::from(*limb) * u128::from(scale);
            *limb = carry as u64;
            carry >>= 64;
        }
    }
    let mut bytes = [0; 32];
    for (place, limb) in bytes.rchunks_exact_mut(8).zip(limbs) {
        place.copy_from_slice(&limb.to_be_bytes());
    }
    Ok(bytes)
}

/// The value of at most ten digits, and 58 to the power of their count.
#[inline]
fn group_value(group: &[u8]) -> Option<(u64, u64)> {
    let (mut value, mut scale, mut worst) = (0u64, 1u64, 0u8);
    for &byte in group {
        let digit = VALUES[usize::from(byte)];
        worst = worst.max(digit);
        value = value * 58 + u64::from(digit);
        scale *= 58;
    }
    (worst < 58).then_some((value, scale))
}

/// The first four bytes of the double SHA-256.
fn checksum(body: &[u8]) -> [u8; 4] {
    let hash = Sha256::digest(Sha256::digest(body));
    [hash[0], hash[1], hash[2], hash[3]]
}

/// The address text of a version byte and a hash.
pub(super) fn encode(version: u8, hash: &[u8; 20]) -> String {
    let mut address = [0; 28];
    address[3] = version;
    address[4..24].copy_from_slice(hash);
    let sum = checksum(&address[3..24]);
    address[24..].copy_from_slice(&sum);
    let zeros = address[3..].iter().take_while(|&&byte| byte == 0).count();
    let digits = digits(&address);
    let padding = digits.iter().take_while(|&&digit| digit == 0).count();
    digits[padding - zeros..].iter().map(|&digit| char::from(DIGITS[usize::from(digit)])).collect()
}

/// The base58 digits of a number below 2^200, most significant first, padded with zeros to the full count.
fn digits(number: &[u8; 28]) -> [u8; MAX_DIGITS] {
    let mut limbs = [0u32; 7];
    for (limb, bytes) in limbs.iter_mut().zip(number.as_chunks().0) {
        *limb = u32::from_be_bytes(*bytes);
    }
    let mut digits = [0; MAX_DIGITS];
    for group in digits.rchunks_exact_mut(5) {
        let mut rest = 0;
        for limb in &mut limbs {
            let value = rest << 32 | u64::from(*limb);
            *limb = (value / FIVE_DIGITS) as u32;
            rest = value % FIVE_DIGITS;
        }
        for digit in group.iter_mut().rev() {
            *digit = (rest % 58) as u8;
            rest /= 58;
        }
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;
    use bitcoin::base58;
    use proptest::prelude::*;

    fn bytes(version: u8, hash: &[u8; 20]) -> Vec<u8> {
        [&[version], &hash[..]].concat()
    }

    #[test]
    fn zero_bytes_in_front_are_ones() {
        let text = encode(0, &[0; 20]);
        assert_eq!(text, "1111111111111111111114oLvT2");
        assert_eq!(decode(text.as_bytes()), Ok((0, [0; 20])));
        assert_eq!(decode(&text.as_bytes()[1..]), Err(Fault::Length));
        assert_eq!(decode(format!("1{text}").as_bytes()), Err(Fault::Length));
    }

    #[test]
    fn the_longest_address_has_35_digits() {
        let text = encode(0xff, &[0xff; 20]);
        assert_eq!(text.len(), MAX_DIGITS);
        assert_eq!(decode(text.as_bytes()), Ok((0xff, [0xff; 20])));
        assert_eq!(decode(&[b'z'; MAX_DIGITS]), Err(Fault::Length));
        assert_eq!(decode(&[b'z'; MAX_DIGITS + 1]), Err(Fault::Length));
    }

    #[test]
    fn only_58_bytes_are_digits() {
        assert_eq!((0..=255).filter(|&byte| is_digit(byte)).count(), 58);
        assert!("0OIl".bytes().all(|byte| !is_digit(byte)));
    }

    proptest! {
        #[test]
        fn texts_are_those_of_the_bitcoin_crate(version: u8, zeros in 0..=20usize, mut hash: [u8; 20]) {
            hash[..zeros].fill(0);
            let text = encode(version, &hash);
            prop_assert_eq!(&text, &base58::encode_check(&bytes(version, &hash)));
            prop_assert_eq!(decode(text.as_bytes()), Ok((version, hash)));
        }

        #[test]
        fn whatever_is_accepted_the_bitcoin_crate_accepts(text in "[1-9A-HJ-NP-Za-km-z]{0,40}") {
            let theirs = base58::decode_check(&text).ok().filter(|bytes| bytes.len() == 21);
            let ours = decode(text.as_bytes()).ok().map(|(version, hash)| bytes(version, &hash));
            prop_assert_eq!(ours, theirs);
        }

        #[test]
        fn one_changed_digit_is_noticed(hash: [u8; 20], at: proptest::sample::Index, digit in 0..58usize) {
            let mut text = encode(5, &hash).into_bytes();
            let at = at.index(text.len());
            prop_assume!(text[at] != DIGITS[digit]);
            text[at] = DIGITS[digit];
            prop_assert!(decode(&text).is_err());
        }
    }
}
