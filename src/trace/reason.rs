//! Why a trace ends: the one list that the log, the ledger, the tables and docs/traces.md are made from or held against.

use crate::error::{Error, Result};

macro_rules! reasons {
    ($($(#[$doc:meta])* $reason:ident = $name:literal,)*) => {
        /// Why traced money was not followed further, where it did not come to the stop set. docs/traces.md defines each.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[repr(u8)]
        pub enum Reason {
            $($(#[$doc])* $reason,)*
        }

        impl Reason {
            /// All of them, in the order of the ledger's lines.
            pub const ALL: [Reason; [$(Reason::$reason),*].len()] = [$(Reason::$reason),*];

            /// As ledgers and tables call it.
            pub fn name(self) -> &'static str {
                match self {
                    $(Reason::$reason => $name,)*
                }
            }
        }
    };
}

reasons! {
    /// The output is not spent, as of the chain's height; so also where its script cannot be satisfied.
    Unspent = "unspent",
    /// The output can never be spent: the genesis block's, or replaced by a coinbase of the same id (BIP30).
    Lost = "lost",
    /// This is where the money began: a coinbase, or its subsidy.
    Mined = "mined",
    /// A transaction's fee took it.
    Fees = "fees",
    /// A coinbase could have claimed it, and did not.
    Unclaimed = "unclaimed",
    /// A transaction paid out more than it took in, so this has no origin. No node accepts that; simulated chains may have it.
    Unexplained = "unexplained",
    /// A limit of the trace ended it, the first of these.
    CutOffHops = "cut_off_hops",
    CutOffTxHops = "cut_off_tx_hops",
    CutOffValue = "cut_off_value",
    CutOffDate = "cut_off_date",
    CutOffBudget = "cut_off_budget",
    /// The output belongs to the source, and is traced as such.
    Rejoined = "rejoined",
}

impl Reason {
    pub fn from_name(name: &str) -> Result<Reason> {
        let unknown = || Error::UnknownName { what: "line", name: name.to_string(), known: Reason::ALL.map(Reason::name).to_vec() };
        Reason::ALL.into_iter().find(|reason| reason.name() == name).ok_or_else(unknown)
    }
}

/// Satoshi for each reason.
pub type ByReason = [u64; Reason::ALL.len()];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_found_by_their_names() {
        for (i, reason) in Reason::ALL.into_iter().enumerate() {
            assert_eq!((Reason::from_name(reason.name()).unwrap(), reason as usize), (reason, i));
        }
        assert!(Reason::from_name("spent").unwrap_err().to_string().contains("\"spent\""));
    }
}
