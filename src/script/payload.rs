//! The payload of a parsed script, held in place when it is short, as it is for every address.

use std::fmt;

/// The longest payload held in place: any witness program fits, and so does any hash.
const IN_PLACE: usize = 46;

/// The payload of a script (see [`classify`](super::classify)): up to 46 bytes without allocation, any length with it.
#[derive(Clone)]
pub struct ScriptPayload(Bytes);

#[derive(Clone)]
enum Bytes {
    InPlace { len: u8, bytes: [u8; IN_PLACE] },
    Boxed(Box<[u8]>),
}

impl From<&[u8]> for ScriptPayload {
    #[inline]
    fn from(payload: &[u8]) -> Self {
        let mut bytes = [0; IN_PLACE];
        match bytes.get_mut(..payload.len()) {
            Some(place) => {
                place.copy_from_slice(payload);
                ScriptPayload(Bytes::InPlace { len: payload.len() as u8, bytes })
            }
            None => ScriptPayload(Bytes::Boxed(payload.into())),
        }
    }
}

impl AsRef<[u8]> for ScriptPayload {
    #[inline]
    fn as_ref(&self) -> &[u8] {
        match &self.0 {
            Bytes::InPlace { len, bytes } => &bytes[..usize::from(*len)],
            Bytes::Boxed(bytes) => bytes,
        }
    }
}

impl PartialEq for ScriptPayload {
    fn eq(&self, other: &Self) -> bool {
        self.as_ref() == other.as_ref()
    }
}

impl Eq for ScriptPayload {}

impl fmt::Debug for ScriptPayload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ScriptPayload(")?;
        self.as_ref().iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_str(")")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_is_kept_as_given() {
        for len in [0, 1, 20, 32, 42, 46, 47, 65, 10_000] {
            let bytes: Vec<u8> = (0..len).map(|at| at as u8).collect();
            assert_eq!(ScriptPayload::from(&bytes[..]).as_ref(), bytes);
        }
    }

    #[test]
    fn a_payload_fits_a_cache_line() {
        assert_eq!(size_of::<ScriptPayload>(), 48);
    }

    #[test]
    fn debug_is_hex() {
        assert_eq!(format!("{:?}", ScriptPayload::from(&[0x4e, 0x73][..])), "ScriptPayload(4e73)");
    }
}
