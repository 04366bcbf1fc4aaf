//! What a signature's encoding says about the software that made it: wallets that grind for a short r value give themselves away.

/// Traits of one stack item. All are false when the item is not a signature in a form known here.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct SignatureTraits {
    /// An ECDSA signature whose r value needs no padding byte: half of all, and nearly all of a wallet that grinds for it.
    pub low_r: bool,
    /// An ECDSA signature whose r value is padded to 33 bytes: never made by a wallet that grinds.
    pub high_r: bool,
    /// A Schnorr signature.
    pub schnorr: bool,
}

/// The traits of a stack item. A Schnorr signature is 64 or 65 bytes like any others, so it is only recognised where one must
/// stand: `taproot_key_path` says that the item is the one witness item of a taproot key-path spend.
pub fn signature_traits(item: &[u8], taproot_key_path: bool) -> SignatureTraits {
    let mut traits = SignatureTraits::default();
    if taproot_key_path {
        traits.schnorr = matches!(item.len(), 64 | 65);
    } else if let Some(r) = der_r(item) {
        traits.high_r = r.len() == 33 && r[0] == 0 && r[1] >= 0x80;
        traits.low_r = r.len() <= 32 && r[0] < 0x80;
    }
    traits
}

/// The r value of a DER signature followed by a hash-type byte, as encoded; never empty.
fn der_r(item: &[u8]) -> Option<&[u8]> {
    if !(9..=73).contains(&item.len()) {
        return None;
    }
    let (&[0x30, all, 2, r_len], rest) = item.split_first_chunk()? else { return None };
    let (r, rest) = rest.split_at_checked(usize::from(r_len))?;
    let (&[2, s_len], rest) = rest.split_first_chunk()? else { return None };
    let lengths_agree = usize::from(all) + 3 == item.len() && usize::from(s_len) + 1 == rest.len();
    (lengths_agree && r_len > 0 && s_len > 0).then_some(r)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bitcoin::secp256k1::ecdsa::Signature;
    use proptest::prelude::*;

    const LOW: SignatureTraits = SignatureTraits { low_r: true, high_r: false, schnorr: false };
    const HIGH: SignatureTraits = SignatureTraits { low_r: false, high_r: true, schnorr: false };
    const NONE: SignatureTraits = SignatureTraits { low_r: false, high_r: false, schnorr: false };

    fn der(r: &[u8], s: &[u8]) -> Vec<u8> {
        let body = [&[2, r.len() as u8], r, &[2, s.len() as u8], s].concat();
        [&[0x30, body.len() as u8], &body[..], &[1]].concat()
    }

    #[test]
    fn a_padded_r_is_high() {
        let r = [[0x7f; 32], [0x80; 32]];
        assert_eq!(signature_traits(&der(&r[0], &[1; 32]), false), LOW);
        assert_eq!(signature_traits(&der(&[&[0], &r[1][..]].concat(), &[1; 32]), false), HIGH);
        assert_eq!(signature_traits(&der(&[1; 20], &[1; 31]), false), LOW);
    }

    #[test]
    fn an_encoding_before_bip66_is_neither_low_nor_high() {
        let negative = der(&[0x80; 32], &[1; 32]);
        let padded = der(&[&[0], &[0x7f; 32][..]].concat(), &[1; 32]);
        assert_eq!(signature_traits(&negative, false), NONE);
        assert_eq!(signature_traits(&padded, false), NONE);
    }

    #[test]
    fn lengths_must_agree() {
        let good = der(&[1; 32], &[1; 32]);
        for at in [0, 1, 2, 3, 36, 37] {
            let mut bad = good.clone();
            bad[at] ^= 1;
            assert_eq!(signature_traits(&bad, false), NONE, "byte {at}");
        }
        for len in 0..good.len() {
            assert_eq!(signature_traits(&good[..len], false), NONE);
        }
        assert_eq!(signature_traits(&der(&[], &[1; 32]), false), NONE);
    }

    #[test]
    fn schnorr_needs_its_place() {
        let schnorr = SignatureTraits { schnorr: true, ..NONE };
        assert_eq!(signature_traits(&[7; 64], true), schnorr);
        assert_eq!(signature_traits(&[7; 65], true), schnorr);
        assert_eq!(signature_traits(&[7; 66], true), NONE);
        assert_eq!(signature_traits(&[7; 64], false), NONE);
    }

    proptest! {
        #[test]
        fn r_is_low_when_its_first_bit_is_clear(r in any::<[u8; 32]>(), s in any::<[u8; 32]>()) {
            let compact = [r, s].concat();
            prop_assume!(r.iter().any(|&b| b != 0) && s.iter().any(|&b| b != 0));
            let Ok(signature) = Signature::from_compact(&compact) else { return Ok(()) };
            let item = [&signature.serialize_der()[..], &[1]].concat();
            prop_assert_eq!(signature_traits(&item, false), if r[0] < 0x80 { LOW } else { HIGH });
        }

        #[test]
        fn no_item_panics(item in proptest::collection::vec(any::<u8>(), 0..80), flag: bool) {
            signature_traits(&item, flag);
        }
    }
}
