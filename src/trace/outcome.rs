//! The steps of a trace, and what becomes of traced money after each.

use crate::ids::TxNum;
use crate::trace::Reason;
use crate::trace::place::Place;

/// A part of the traced money, where a transaction of the trace, or the source, put it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Step {
    /// Steps between wallets from the source on; none where nobody said who belongs together.
    pub hop: Option<u32>,
    /// Transactions from the source on, this one included; 0 for the source.
    pub tx_hop: u32,
    /// The transaction that moved it; none for the source.
    pub by: Option<TxNum>,
    pub place: Place,
    /// Satoshi of traced money.
    pub amount: u64,
    pub outcome: Outcome,
}

/// How much of a step came from one of the sources.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SourceShare {
    pub source: u32,
    pub step: Step,
    /// Satoshi.
    pub amount: u64,
}

/// What becomes of traced money after a step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// This transaction takes it on.
    Followed(TxNum),
    /// It is in the account of a wallet, which pays it out later or still has it.
    InAccount,
    /// It came to the stop set, at the label of this number.
    Stopped(u32),
    /// The trace ends here.
    Ended(Reason),
}

impl Outcome {
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Followed(_) => "followed",
            Outcome::InAccount => "in_account",
            Outcome::Stopped(_) => "stopped",
            Outcome::Ended(reason) => reason.name(),
        }
    }

    /// The transaction by which it goes on.
    pub fn next(self) -> Option<TxNum> {
        if let Outcome::Followed(tx) = self { Some(tx) } else { None }
    }

    /// The number of the label that it stopped at.
    pub fn label(self) -> Option<u32> {
        if let Outcome::Stopped(label) = self { Some(label) } else { None }
    }

    /// Whether the trace ends here, at the stop set or for a reason.
    pub fn is_end(self) -> bool {
        matches!(self, Outcome::Stopped(_) | Outcome::Ended(_))
    }
}
