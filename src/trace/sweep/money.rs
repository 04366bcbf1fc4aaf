//! What a sweep must know of the traced money that waits for a transaction, and how a policy divides it there.

use crate::trace::place::Place;
use crate::trace::sweep::slots::Slots;

/// Traced money that waits, and its division. What waits for a transaction is kept behind one word, which is 0 when nothing does.
pub(in crate::trace) trait Money {
    /// Whether a division looks at where money comes from.
    const NEEDS_LEFT: bool;

    /// Puts money of a source where its next transaction finds it.
    fn begin(&mut self, word: &mut u64, place: Place, amount: u64, source: u32);

    /// Puts what the last division gave to a slot where its next transaction finds it.
    fn wait(&mut self, word: &mut u64, place: Place, slot: usize);

    /// Satoshi that wait.
    fn amount(&self, word: u64) -> u64;

    /// Divides what waits over the right slots. None if it waits at a place that is not a left slot.
    fn divide(&mut self, word: u64, slots: &Slots) -> Option<Divided>;

    /// What the last division gave to each right slot, in satoshi.
    fn shares(&self) -> &[u64];

    /// Whose money the last division gave to a slot.
    fn parts(&self, slot: usize) -> &[Piece];
}

/// What a division comes to besides its shares, in satoshi.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(in crate::trace) struct Divided {
    /// What the right slots have no room for.
    pub beyond: u64,
    /// What is traced from here on, and was not before.
    pub joined: u64,
}

/// Some satoshi of one owner next to each other. Where a policy does not know places, the start means nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::trace) struct Piece {
    /// From the first satoshi of the output on.
    pub start: u64,
    pub length: u64,
    /// The number of the source, or of the left slot that it came from.
    pub owner: u32,
}
