//! The order in which a trace passes transactions, and those that wait for their turn.
//!
//! Going out it is the chain's order, going in the reverse. Where fees are followed, a coinbase stands behind all other transactions of
//! its block: they pay it, though it is numbered before them.

use crate::chain::Chain;
use crate::error::{Error, Result};
use crate::ids::TxNum;
use crate::store::mapping::prefetch;
use crate::trace::Direction;

/// Turns of the transactions of a chain.
pub(in crate::trace) struct Order<'a> {
    chain: &'a Chain,
    direction: Direction,
    /// Whether coinbases stand behind their blocks.
    coinbases_last: bool,
    transactions: u32,
}

impl<'a> Order<'a> {
    pub fn new(chain: &'a Chain, direction: Direction, coinbases_last: bool) -> Order<'a> {
        Order { chain, direction, coinbases_last, transactions: chain.counts().transactions as u32 }
    }

    /// When a transaction is passed: those with smaller turns come earlier.
    #[inline]
    pub fn turn_of(&self, tx: TxNum) -> Result<u32> {
        let place = if self.coinbases_last { self.place_of(tx)? } else { tx.0 };
        if place >= self.transactions {
            return Err(self.unknown(tx));
        }
        Ok(self.mirrored(place))
    }

    #[cold]
    fn unknown(&self, tx: TxNum) -> Error {
        let what = format!("names transaction number {tx}, and the chain has {}", self.transactions);
        Error::corrupt(self.chain.store().folder(), what)
    }

    pub fn direction(&self) -> Direction {
        self.direction
    }

    /// The turn of a transaction that is no coinbase, or one next to it: enough to ask for memory.
    #[inline]
    pub fn likely_turn_of(&self, tx: TxNum) -> u32 {
        self.mirrored(tx.0.saturating_sub(self.coinbases_last as u32))
    }

    /// The transaction that is passed at a turn.
    #[inline]
    pub fn transaction_at(&self, turn: u32) -> Result<TxNum> {
        let place = self.mirrored(turn);
        if self.coinbases_last { self.at_place(place) } else { Ok(TxNum(place)) }
    }

    #[inline]
    fn mirrored(&self, place: u32) -> u32 {
        match self.direction {
            Direction::Out => place,
            Direction::In => (self.transactions - 1).wrapping_sub(place),
        }
    }

    /// All others move one place up, as the coinbase before them has moved behind them.
    fn place_of(&self, tx: TxNum) -> Result<u32> {
        if !self.chain.is_coinbase(tx)? {
            return tx.0.checked_sub(1).ok_or_else(|| self.unknown(tx));
        }
        let block = self.chain.block(self.chain.height_of(tx)?.0 as i64)?.transaction_numbers()?;
        Ok(block.end - 1)
    }

    fn at_place(&self, place: u32) -> Result<TxNum> {
        let next = TxNum(place.saturating_add(1));
        if next.0 < self.transactions && !self.chain.is_coinbase(next)? {
            return Ok(next);
        }
        let block = self.chain.block(self.chain.height_of(TxNum(place))?.0 as i64)?.transaction_numbers()?;
        Ok(TxNum(block.start))
    }
}

/// Bits of a piece of a [`Marks`].
const PIECE: usize = 1 << 16;

/// A set of numbers, in pieces that are made when something is put into them.
pub(in crate::trace) struct Marks {
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

/// Rows of a piece of a [`Rows`].
const ROWS: usize = 1 << 14;

/// A row of two words for each of many numbers, zero until it is written, in pieces that are made when they are written to.
pub(in crate::trace) struct Rows {
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
