//! Who holds traced money, seen at a level: transactions, addresses or wallets.

use crate::error::{Error, Result};
use crate::ids::{AddrNum, TxNum, hash_text};
use crate::trace::graph::movements::Movements;
use crate::trace::graph::which::needs_clusters;
use crate::trace::place::Place;

/// What the nodes of a trace's graph are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Level {
    Transaction,
    Address,
    Wallet,
}

/// Who holds money at a level. What is not an output belongs to one holder for each kind, at every level.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Holder {
    Transaction(TxNum),
    Address(AddrNum),
    /// The wallet of a cluster, by name.
    Wallet(AddrNum),
    Fees,
    Subsidy,
    Unclaimed,
    Unexplained,
}

impl Level {
    pub fn name(self) -> &'static str {
        match self {
            Level::Transaction => "transaction",
            Level::Address => "address",
            Level::Wallet => "wallet",
        }
    }

    pub fn from_name(name: &str) -> Result<Level> {
        let levels = [Level::Transaction, Level::Address, Level::Wallet];
        let unknown = || Error::UnknownName { what: "level", name: name.to_string(), known: levels.map(Level::name).to_vec() };
        levels.into_iter().find(|level| level.name() == name).ok_or_else(unknown)
    }

    /// An error where a trace cannot be seen at this level.
    pub(in crate::trace) fn check(self, movements: &Movements) -> Result<()> {
        if self == Level::Wallet {
            return needs_clusters(movements);
        }
        let is_account = |place: &Place| matches!(place, Place::Account(_));
        let mut places = movements.rows().iter().flat_map(|row| [&row.from, &row.to]);
        match places.any(is_account) || movements.source().iter().any(|(place, _)| is_account(place)) {
            true => Err(Error::Invalid {
                what: format!("a policy that keeps an account for each wallet knows no {}; ask for level=\"wallet\"", self.name()),
            }),
            false => Ok(()),
        }
    }

    /// Who holds the money of a place.
    pub(in crate::trace) fn holder(self, movements: &Movements, place: Place) -> Result<Holder> {
        Ok(match place {
            Place::Fee(_) => Holder::Fees,
            Place::Subsidy(_) => Holder::Subsidy,
            Place::Unclaimed(_) => Holder::Unclaimed,
            Place::Unexplained(_) => Holder::Unexplained,
            Place::Account(name) => Holder::Wallet(name),
            Place::Output(output) => match self {
                Level::Transaction => Holder::Transaction(movements.chain().transaction_of(output)?),
                Level::Address => Holder::Address(movements.chain().address_of(output)?),
                Level::Wallet => movements.wallet_of(place)?.map(Holder::Wallet).expect("the level was checked for clusters"),
            },
        })
    }
}

impl Holder {
    /// "transaction", "address", "wallet", "fees", "subsidy", "unclaimed" or "unexplained".
    pub fn kind(self) -> &'static str {
        match self {
            Holder::Transaction(_) => "transaction",
            Holder::Address(_) => "address",
            Holder::Wallet(_) => "wallet",
            Holder::Fees => "fees",
            Holder::Subsidy => "subsidy",
            Holder::Unclaimed => "unclaimed",
            Holder::Unexplained => "unexplained",
        }
    }

    /// The number of the transaction or the address; of a wallet the name of its cluster.
    pub fn number(self) -> Option<u32> {
        match self {
            Holder::Transaction(tx) => Some(tx.0),
            Holder::Address(number) | Holder::Wallet(number) => Some(number.0),
            _ => None,
        }
    }

    /// The txid or the address; of a wallet the address that its cluster is named by.
    pub(in crate::trace) fn text(self, movements: &Movements) -> Result<String> {
        match self {
            Holder::Transaction(tx) => Ok(hash_text(&movements.chain().txid(tx)?)),
            Holder::Address(address) | Holder::Wallet(address) => movements.chain().address_at(address)?.name(),
            other => Ok(other.kind().to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_found_by_their_names() {
        for level in [Level::Transaction, Level::Address, Level::Wallet] {
            assert_eq!(Level::from_name(level.name()).unwrap(), level);
        }
        let text = Level::from_name("walet").unwrap_err().to_string();
        assert_eq!(text, "unknown level \"walet\"; did you mean wallet? it is one of transaction, address, wallet");
    }
}
