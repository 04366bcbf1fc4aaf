//! Movements of traced money, from place to place.

use crate::ids::{AddrNum, Height, OutNum, TxNum};

/// One movement of traced money through a transaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Movement {
    pub by: TxNum,
    /// Where it came from, in the direction of the trace: going in, that is the later place.
    pub from: Place,
    pub to: Place,
    /// Satoshi.
    pub amount: u64,
}

/// Where traced money is between two movements.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Place {
    Output(OutNum),
    /// The fee of a transaction.
    Fee(TxNum),
    /// The new coins of the block at a height.
    Subsidy(Height),
    /// What the coinbase of the block at a height could have claimed, and did not.
    Unclaimed(Height),
    /// What a transaction pays out without having taken it in.
    Unexplained(TxNum),
    /// The account of a wallet, by the name of its cluster.
    Account(AddrNum),
}

impl Place {
    pub fn output(self) -> Option<OutNum> {
        if let Place::Output(output) = self { Some(output) } else { None }
    }

    /// The place as one number of 43 bits.
    #[inline]
    pub(super) fn code(self) -> u64 {
        match self {
            Place::Output(output) => output.0,
            Place::Fee(tx) => 1 << 40 | tx.row(),
            Place::Subsidy(height) => 2 << 40 | height.row(),
            Place::Unclaimed(height) => 3 << 40 | height.row(),
            Place::Unexplained(tx) => 4 << 40 | tx.row(),
            Place::Account(wallet) => 5 << 40 | wallet.row(),
        }
    }

    pub(super) fn of_code(code: u64) -> Place {
        let number = code & ((1 << 40) - 1);
        match code >> 40 & 7 {
            0 => Place::Output(OutNum(number)),
            1 => Place::Fee(TxNum(number as u32)),
            2 => Place::Subsidy(Height(number as u32)),
            3 => Place::Unclaimed(Height(number as u32)),
            4 => Place::Unexplained(TxNum(number as u32)),
            _ => Place::Account(AddrNum(number as u32)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_survive_their_codes() {
        let last = (1 << 40) - 1;
        let places = [
            Place::Output(OutNum(last)),
            Place::Fee(TxNum(u32::MAX)),
            Place::Subsidy(Height(7)),
            Place::Unclaimed(Height(0)),
            Place::Unexplained(TxNum(1)),
            Place::Account(AddrNum(u32::MAX)),
        ];
        assert_eq!(places.map(|place| Place::of_code(place.code())), places);
    }
}
