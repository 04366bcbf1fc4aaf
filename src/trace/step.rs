//! The steps of a trace, as they are shown.

use crate::ids::TxNum;
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

/// What becomes of traced money after a step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// This transaction takes it on.
    Followed(TxNum),
    /// It is in the account of a wallet, which pays it out later or still has it.
    InAccount,
    /// The output belongs to the source, and is traced as such.
    Rejoined,
    /// It came to the stop set, at the label of this number.
    Stopped(u32),
    /// The output is not spent, as of the chain's height; so also where its script cannot be satisfied.
    Unspent,
    /// The output can never be spent: the genesis block's, or replaced by a coinbase of the same id.
    Lost,
    /// This is where its money began: a coinbase, or its subsidy.
    Mined,
    /// A transaction's fee took it.
    Fee,
    /// A coinbase could have claimed it, and nobody did.
    Unclaimed,
    /// A transaction paid out more than it took in, so this has no origin. No node accepts that; simulated chains may have it.
    Unexplained,
    CutOffHops,
    CutOffTxHops,
    CutOffValue,
    CutOffDate,
    CutOffBudget,
}

impl Outcome {
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Followed(_) => "followed",
            Outcome::InAccount => "in_account",
            Outcome::Rejoined => "rejoined",
            Outcome::Stopped(_) => "stopped",
            Outcome::Unspent => "unspent",
            Outcome::Lost => "lost",
            Outcome::Mined => "mined",
            Outcome::Fee => "fees",
            Outcome::Unclaimed => "unclaimed",
            Outcome::Unexplained => "unexplained",
            Outcome::CutOffHops => "cut_off_hops",
            Outcome::CutOffTxHops => "cut_off_tx_hops",
            Outcome::CutOffValue => "cut_off_value",
            Outcome::CutOffDate => "cut_off_date",
            Outcome::CutOffBudget => "cut_off_budget",
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

    /// Whether the trace ends here.
    pub fn is_end(self) -> bool {
        !matches!(self, Outcome::Followed(_) | Outcome::InAccount)
    }
}
