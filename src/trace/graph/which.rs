//! Places of a trace as somebody names them: the two ends of a path, or what a choke point is asked about.

use std::collections::HashSet;

use crate::error::{Error, Result};
use crate::ids::{AddrNum, OutNum, TxNum};
use crate::trace::graph::balance::held;
use crate::trace::graph::movements::Movements;
use crate::trace::place::Place;

/// Which places of a trace are meant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Which {
    /// Where the trace begins.
    Source,
    /// Outputs and accounts where it ended, whatever the reason.
    Ends,
    Output(OutNum),
    /// All outputs of a transaction.
    Transaction(TxNum),
    /// Outputs and accounts of these, ascending.
    Addresses(Vec<AddrNum>),
    /// Wallets, by the names of their clusters, ascending. Needs the clusters of the trace.
    Wallet(Vec<AddrNum>),
    /// Places where the stop set ended the trace, by their label.
    Label(String),
    Any(Vec<Which>),
}

impl Which {
    /// The places of a trace that are meant. There may be none.
    pub(in crate::trace) fn places(&self, movements: &Movements, found: &mut HashSet<Place>) -> Result<()> {
        match self {
            Which::Source => found.extend(movements.source().iter().map(|(place, _)| *place)),
            Which::Ends => found.extend(ends(movements)?),
            Which::Output(output) => _ = found.insert(Place::Output(*output)),
            Which::Transaction(tx) => found.extend(movements.chain().outputs_of(*tx)?.map(Place::Output)),
            Which::Addresses(addresses) => {
                let is_one = |address: Option<AddrNum>| address.is_some_and(|address| addresses.binary_search(&address).is_ok());
                gather(movements, found, |place| Ok(is_one(movements.address_of(place)?)))?;
            }
            Which::Wallet(names) => {
                needs_clusters(movements)?;
                let is_one = |name: Option<AddrNum>| name.is_some_and(|name| names.binary_search(&name).is_ok());
                gather(movements, found, |place| Ok(is_one(movements.wallet_of(place)?)))?;
            }
            Which::Label(label) => {
                let with_it = movements.labels().filter(|(_, found)| has_label(found, label));
                found.extend(with_it.map(|(place, _)| place));
            }
            Which::Any(many) => many.iter().try_for_each(|which| which.places(movements, found))?,
        }
        Ok(())
    }
}

/// Whether a place's label is, or has among several, one that was asked for.
fn has_label(label: &str, asked: &str) -> bool {
    label == asked || label.split(" | ").any(|part| part == asked)
}

/// An error where wallets are asked for and cannot be told.
pub(in crate::trace) fn needs_clusters(movements: &Movements) -> Result<()> {
    let what = || "this trace knows no wallets; give the trace clusters=chain.cluster(), or ask by address".to_string();
    movements.clusters().map(|_| ()).ok_or_else(|| Error::Invalid { what: what() })
}

/// Every place of a trace.
fn places(movements: &Movements) -> impl Iterator<Item = Place> + '_ {
    movements.source().iter().map(|(place, _)| *place).chain(movements.rows().iter().flat_map(|row| [row.from, row.to]))
}

fn gather(movements: &Movements, found: &mut HashSet<Place>, is_one: impl Fn(Place) -> Result<bool>) -> Result<()> {
    for place in places(movements) {
        if is_one(place)? {
            found.insert(place);
        }
    }
    Ok(())
}

/// Outputs and accounts where some of what came stayed.
fn ends(movements: &Movements) -> Result<Vec<Place>> {
    let ended = held(movements)?.into_iter().filter(|(place, sums)| sums.held > 0 && place.is_coin());
    Ok(ended.map(|(place, _)| place).collect())
}

impl Place {
    /// Whether money there can be spent, or could be: an output or an account.
    pub fn is_coin(self) -> bool {
        matches!(self, Place::Output(_) | Place::Account(_))
    }
}
