//! Public keys as they stand in scripts and witnesses.

use super::ops::take_op;

/// Whether the bytes have the shape of a public key: 33 bytes that begin with 2 or 3, or 65 that begin with 4, 6 or 7. Whether they
/// name a point of the curve is not looked at; the chain has keys that do not.
#[inline]
pub fn is_public_key(bytes: &[u8]) -> bool {
    match bytes {
        [2 | 3, ..] => bytes.len() == 33,
        [4 | 6 | 7, ..] => bytes.len() == 65,
        _ => false,
    }
}

/// The public keys of one script or spend, in their order; they are read as they are asked for and never copied.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Keys<'a>(Source<'a>);

#[derive(Clone, PartialEq, Eq, Debug)]
enum Source<'a> {
    Single(Option<&'a [u8]>),
    /// `left` pushes at the front of `rest`, already known to be complete.
    Pushes {
        rest: &'a [u8],
        left: u8,
    },
}

impl<'a> Keys<'a> {
    pub(super) fn none() -> Self {
        Keys(Source::Single(None))
    }

    pub(super) fn single(key: &'a [u8]) -> Self {
        Keys(Source::Single(Some(key)))
    }

    pub(super) fn pushes(rest: &'a [u8], left: u8) -> Self {
        Keys(Source::Pushes { rest, left })
    }
}

impl<'a> Iterator for Keys<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        match &mut self.0 {
            Source::Single(key) => key.take(),
            Source::Pushes { rest, left } => {
                *left = left.checked_sub(1)?;
                take_op(rest).map(|op| op.data)
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = match self.0 {
            Source::Single(key) => usize::from(key.is_some()),
            Source::Pushes { left, .. } => usize::from(left),
        };
        (left, Some(left))
    }
}

impl ExactSizeIterator for Keys<'_> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_byte_tells_the_length() {
        for header in 0..=255u8 {
            for len in [0, 1, 32, 33, 34, 64, 65, 66] {
                let mut bytes = vec![0x11; len];
                if let Some(first) = bytes.first_mut() {
                    *first = header;
                }
                let compressed = len == 33 && matches!(header, 2 | 3);
                let full = len == 65 && matches!(header, 4 | 6 | 7);
                assert_eq!(is_public_key(&bytes), compressed || full, "{header} {len}");
            }
        }
    }

    #[test]
    fn keys_count_down_as_they_are_taken() {
        let mut keys = Keys::pushes(&[1, 7, 1, 8, 0xae], 2);
        assert_eq!(keys.len(), 2);
        assert_eq!(keys.next(), Some(&[7][..]));
        assert_eq!(keys.len(), 1);
        assert_eq!(keys.next(), Some(&[8][..]));
        assert_eq!(keys.next(), None);
        assert_eq!(keys.next(), None);
        assert_eq!(Keys::none().len(), 0);
        assert_eq!(Keys::single(&[9]).collect::<Vec<_>>(), [&[9]]);
    }
}
