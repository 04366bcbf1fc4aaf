//! Numbers that mean something. All of them count from zero in chain order, so a smaller number is earlier in the chain,
//! and none of them changes when blocks are added.

use std::marker::PhantomData;
use std::ops::Range;

macro_rules! number {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
        pub struct $name(pub $inner);

        impl $name {
            /// The number as an index into a column.
            #[inline]
            pub fn row(self) -> u64 {
                self.0 as u64
            }
        }

        impl Number for $name {
            #[inline]
            fn of_row(row: u64) -> $name {
                $name(row as $inner)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

/// A number that has a place in a column.
pub trait Number: Copy {
    fn of_row(row: u64) -> Self;
}

/// Numbers that follow each other, such as those of a transaction's outputs: an iterator, and a half-open range.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Numbers<N> {
    rows: Range<u64>,
    of: PhantomData<N>,
}

impl<N: Number> Numbers<N> {
    #[inline]
    pub fn of(rows: Range<u64>) -> Numbers<N> {
        Numbers { rows, of: PhantomData }
    }

    #[inline]
    pub fn start(&self) -> N {
        N::of_row(self.rows.start)
    }

    /// The first number behind them.
    #[inline]
    pub fn end(&self) -> N {
        N::of_row(self.rows.end)
    }

    /// They as rows of a column.
    #[inline]
    pub fn rows(&self) -> Range<u64> {
        self.rows.clone()
    }

    /// The number at a position, from 0.
    #[inline]
    pub fn at(&self, position: u64) -> Option<N> {
        (position < self.rows.end.saturating_sub(self.rows.start)).then(|| N::of_row(self.rows.start + position))
    }
}

impl<N: Number> Iterator for Numbers<N> {
    type Item = N;

    #[inline]
    fn next(&mut self) -> Option<N> {
        self.rows.next().map(N::of_row)
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.rows.size_hint()
    }
}

impl<N: Number> DoubleEndedIterator for Numbers<N> {
    #[inline]
    fn next_back(&mut self) -> Option<N> {
        self.rows.next_back().map(N::of_row)
    }
}

impl<N: Number> ExactSizeIterator for Numbers<N> {}

number! {
    /// A block's distance from the genesis block. Lasts for as long as blocks do.
    Height(u32)
}
number! {
    /// A transaction in chain order. 32 bits hold 4.29 billion; the main chain had 1.3 billion in 2026 and adds about 0.2
    /// billion a year, so this lasts past 2040.
    TxNum(u32)
}
number! {
    /// An output in chain order; stored in 40 bits, which hold a trillion.
    OutNum(u64)
}
number! {
    /// An input in chain order; stored in 40 bits, which hold a trillion.
    InNum(u64)
}
number! {
    /// A distinct output script, in order of first appearance. 32 bits hold 4.29 billion.
    AddrNum(u32)
}

/// "No such number" in a 32-bit column.
pub const NONE_32: u32 = u32::MAX;
/// "No such number" in a 40-bit column.
pub const NONE_40: u64 = (1 << 40) - 1;

/// A block hash or transaction id as text: byte-reversed hex, as everybody writes it.
pub fn hash_text(hash: &[u8; 32]) -> String {
    digits(hash.iter().rev())
}

fn digits<'a>(bytes: impl ExactSizeIterator<Item = &'a u8>) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        text.push(DIGITS[(byte >> 4) as usize] as char);
        text.push(DIGITS[(byte & 15) as usize] as char);
    }
    text
}

/// The inverse of [`hash_text`]; says what is wrong with a text that is not 64 hex digits.
pub fn parse_hash(text: &str) -> Result<[u8; 32], String> {
    let digits = text.trim().as_bytes();
    if let Some(position) = digits.iter().position(|c| !c.is_ascii_hexdigit()) {
        let found = text.trim()[..].chars().find(|c| !c.is_ascii_hexdigit()).unwrap_or('?');
        return Err(format!("character {found:?} at position {position} is not a hex digit"));
    }
    if digits.len() != 64 {
        return Err(format!("it has {} hex digits, not 64", digits.len()));
    }
    let nibble = |c: u8| if c <= b'9' { c - b'0' } else { (c | 32) - b'a' + 10 };
    let mut hash = [0; 32];
    for (i, pair) in digits.chunks_exact(2).enumerate() {
        hash[31 - i] = nibble(pair[0]) << 4 | nibble(pair[1]);
    }
    Ok(hash)
}

/// Bytes as lower-case hex, in their own order.
pub fn hex(bytes: &[u8]) -> String {
    digits(bytes.iter())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_counted_from_either_end() {
        let outputs = Numbers::<OutNum>::of(3..6);
        assert_eq!(outputs.clone().rev().collect::<Vec<_>>(), [OutNum(5), OutNum(4), OutNum(3)]);
        assert_eq!((outputs.len(), outputs.start(), outputs.end()), (3, OutNum(3), OutNum(6)));
        assert_eq!([outputs.at(0), outputs.at(2), outputs.at(3)], [Some(OutNum(3)), Some(OutNum(5)), None]);
    }

    #[test]
    fn a_hash_survives_its_text() {
        let hash: [u8; 32] = std::array::from_fn(|i| i as u8 * 7);
        assert_eq!(parse_hash(&hash_text(&hash)), Ok(hash));
        assert_eq!(parse_hash(&hash_text(&hash).to_uppercase()), Ok(hash));
    }

    #[test]
    fn a_text_that_is_no_hash_is_told_why() {
        assert!(parse_hash("12").unwrap_err().contains("2 hex digits"));
        assert!(parse_hash("é").unwrap_err().contains("'é'"));
        assert!(parse_hash(&"0".repeat(65)).unwrap_err().contains("65"));
    }
}
