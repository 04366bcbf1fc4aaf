//! The order in which a trace passes transactions.
//!
//! Going out it is the chain's order, going in the reverse. Where fees are followed, a coinbase stands behind all other transactions of
//! its block: they pay it, though it is numbered before them.

use crate::chain::Chain;
use crate::error::{Error, Result};
use crate::ids::TxNum;
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

    /// The turn of a transaction that is not a coinbase, or one next to it: enough to ask for memory.
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
        let block = self.chain.transactions_in(self.chain.height_of(tx)?)?;
        Ok(block.end().0 - 1)
    }

    fn at_place(&self, place: u32) -> Result<TxNum> {
        let next = TxNum(place.saturating_add(1));
        if next.0 < self.transactions && !self.chain.is_coinbase(next)? {
            return Ok(next);
        }
        let block = self.chain.transactions_in(self.chain.height_of(TxNum(place))?)?;
        Ok(block.start())
    }
}
