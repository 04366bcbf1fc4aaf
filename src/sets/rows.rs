//! Two words for each of many numbers, few of which are ever written to.

use crate::sets::prefetch;

/// Rows of a piece of a [`Rows`].
const ROWS: usize = 1 << 14;

/// A row of two words for each of many numbers, zero until it is written, in pieces that are made when they are written to.
pub struct Rows {
    pieces: Vec<Option<Box<[[u64; 2]]>>>,
    /// Pieces that were given back.
    forgotten: usize,
}

impl Rows {
    pub fn new(end: u64) -> Rows {
        Rows { pieces: (0..end.div_ceil(ROWS as u64)).map(|_| None).collect(), forgotten: 0 }
    }

    #[inline]
    pub fn at(&mut self, number: u32) -> &mut [u64; 2] {
        let piece = self.pieces[number as usize / ROWS].get_or_insert_with(|| vec![[0; 2]; ROWS].into_boxed_slice());
        &mut piece[number as usize % ROWS]
    }

    /// Asks for a row.
    #[inline]
    pub fn prefetch(&self, number: u32) {
        if let Some(Some(piece)) = self.pieces.get(number as usize / ROWS) {
            prefetch(&piece[number as usize % ROWS]);
        }
    }

    /// Gives back the pieces before a number, which will not be asked for again.
    #[inline]
    pub fn forget_before(&mut self, number: u32) {
        while self.forgotten < number as usize / ROWS {
            self.pieces[self.forgotten] = None;
            self.forgotten += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_zero_until_written_and_after_they_were_given_back() {
        let mut rows = Rows::new(100_000);
        rows.at(70_000)[1] = 7;
        assert_eq!((*rows.at(70_000), *rows.at(3)), ([0, 7], [0, 0]));
        rows.at(ROWS as u32 - 1)[0] = 1;
        rows.forget_before(ROWS as u32);
        assert_eq!(*rows.at(ROWS as u32 - 1), [0, 0]);
    }
}
