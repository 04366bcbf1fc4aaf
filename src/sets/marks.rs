//! A set of numbers that grows while its least members are asked for.

/// Bits of a piece of a [`Marks`].
const PIECE: usize = 1 << 16;

/// A set of numbers, in pieces that are made when something is put into them.
pub struct Marks {
    pieces: Vec<Option<Box<[u64; PIECE / 64]>>>,
    /// The first number that is greater than all in the set.
    end: u64,
}

impl Marks {
    /// A set for numbers below `end`.
    pub fn new(end: u64) -> Marks {
        Marks { pieces: vec![None; end.div_ceil(PIECE as u64) as usize], end: 0 }
    }

    /// Puts a number in; whether it was not there before.
    #[inline]
    pub fn put(&mut self, number: u64) -> bool {
        let piece = self.pieces[number as usize / PIECE].get_or_insert_with(|| Box::new([0; PIECE / 64]));
        let (word, bit) = (&mut piece[number as usize % PIECE / 64], 1 << (number % 64));
        let new = *word & bit == 0;
        *word |= bit;
        self.end = self.end.max(number + 1);
        new
    }

    #[inline]
    pub fn has(&self, number: u64) -> bool {
        let piece = self.pieces.get(number as usize / PIECE).and_then(|piece| piece.as_deref());
        piece.is_some_and(|piece| piece[number as usize % PIECE / 64] >> (number % 64) & 1 == 1)
    }

    /// The least number in the set from `start` on.
    #[inline]
    pub fn next(&self, start: u64) -> Option<u64> {
        if start >= self.end {
            return None;
        }
        let (first, mut word) = (start as usize / PIECE, start as usize % PIECE / 64);
        let mut mask = u64::MAX << (start % 64);
        for (i, piece) in self.pieces.iter().enumerate().skip(first) {
            if let Some(piece) = piece {
                for (j, bits) in piece.iter().enumerate().skip(word) {
                    let bits = bits & mask;
                    if bits != 0 {
                        return Some((i * PIECE + j * 64) as u64 + bits.trailing_zeros() as u64);
                    }
                    mask = u64::MAX;
                }
            }
            (word, mask) = (0, u64::MAX);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn marks_are_found_again_in_order(numbers in vec(0..300_000u64, 0..200)) {
            let (mut marks, mut set) = (Marks::new(300_000), BTreeSet::new());
            for number in numbers {
                prop_assert_eq!(marks.put(number), set.insert(number));
            }
            let (mut found, mut at) = (Vec::new(), 0);
            while let Some(number) = marks.next(at) {
                found.push(number);
                at = number + 1;
            }
            prop_assert_eq!(found, set.iter().copied().collect::<Vec<_>>());
            prop_assert!((0..300_000).step_by(977).all(|n| marks.has(n) == set.contains(&n)));
        }
    }

    #[test]
    fn there_is_nothing_in_an_empty_set_or_beyond_its_end() {
        let marks = Marks::new(5);
        assert_eq!((marks.next(0), marks.next(4), marks.next(1 << 40)), (None, None, None));
        assert!(!marks.has(1 << 40));
    }
}
