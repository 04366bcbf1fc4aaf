//! The ends of paths, from what a caller names.

use pyo3::prelude::*;

use crate::error::Error;
use crate::ids::AddrNum;
use crate::python::given::addresses::output;
use crate::python::given::{Named, named};
use crate::trace::graph::{Movements, Which};
use crate::trace::{Direction, SourceItem};

const TAKES: &str = "\"source\", \"ends\", a label, an output, a transaction, an address, an address set, a wallet, a text that names one, a table with txid \
                     and position or with address, or a list or mapping of these";

/// Two ends as they are given.
pub type Ends<'a, 'py> = (Option<&'a Bound<'py, PyAny>>, Option<&'a Bound<'py, PyAny>>);

/// Two ends in the direction of time; without others, those of the trace.
pub fn both(movements: &Movements, (from, to): Ends<'_, '_>) -> PyResult<(Which, Which)> {
    let (first, last) = match movements.direction() {
        Direction::Out => (Which::Source, Which::Ends),
        Direction::In => (Which::Ends, Which::Source),
    };
    Ok((end(movements, from, first)?, end(movements, to, last)?))
}

/// The places that are named; another end where none are.
pub fn end(movements: &Movements, given: Option<&Bound<'_, PyAny>>, other: Which) -> PyResult<Which> {
    given.map_or(Ok(other), |given| which(movements, &named(movements.chain(), given)?))
}

fn which(movements: &Movements, named: &Named<'_>) -> PyResult<Which> {
    Ok(match named {
        Named::Output(output) => Which::Output(output.get().0.number()),
        Named::Transaction(tx) => Which::Transaction(tx.get().0.number()),
        Named::Address(address) => Which::Addresses(vec![address.get().address.number()]),
        Named::AddressSet(set) => addresses(set.get().0.known()),
        Named::Wallet(wallet) => addresses(wallet.get().0.members()),
        Named::Text(text) => text_of(movements, &text.to_cow()?)?,
        Named::Column(_, texts) => {
            Which::Any(texts.iter().map(|text| text_of(movements, text.unwrap_or(""))).collect::<PyResult<_>>()?)
        }
        Named::Table(_, rows) => {
            let row = |(number, row): (usize, super::columns::Row<'_>)| match (row.txid, row.position, row.address) {
                (Some(txid), Some(position), _) => Ok(Which::Output(output(movements.chain(), txid, position)?)),
                (None, _, Some(address)) => text_of(movements, address),
                _ => Err(rows.lacks(number, if rows.has_txids() { "txid or no position" } else { "address" })),
            };
            Which::Any(rows.iter().enumerate().map(row).collect::<PyResult<_>>()?)
        }
        Named::Mapping(_, pairs) => {
            Which::Any(pairs.iter().map(|pair| which(movements, Named::of_pair(pair))).collect::<PyResult<_>>()?)
        }
        Named::Iterable(_, items) => Which::Any(items.iter().map(|item| which(movements, item)).collect::<PyResult<_>>()?),
        Named::Clusters(_) | Named::Number(_) | Named::Missing(_) | Named::Other(_) => return Err(named.refused(TAKES)),
    })
}

fn addresses(given: impl Iterator<Item = AddrNum>) -> Which {
    let mut addresses: Vec<AddrNum> = given.collect();
    addresses.sort_unstable();
    Which::Addresses(addresses)
}

fn text_of(movements: &Movements, text: &str) -> PyResult<Which> {
    let is_label = |label: &str| label == text || label.split(" | ").any(|part| part == text);
    if movements.known_labels().iter().any(|label| is_label(label)) {
        return Ok(Which::Label(text.to_string()));
    }
    match (text, SourceItem::named(movements.chain(), text)) {
        ("source", _) => Ok(Which::Source),
        ("ends", _) => Ok(Which::Ends),
        (_, Ok(Some(SourceItem::Output(output) | SourceItem::Part(output, _)))) => Ok(Which::Output(output)),
        (_, Ok(Some(SourceItem::Transaction(tx)))) => Ok(Which::Transaction(tx)),
        (_, Ok(Some(SourceItem::Address(address)))) => Ok(Which::Addresses(vec![address])),
        (_, Ok(None)) => Ok(Which::Any(vec![])),
        (_, Err(Error::BadAddress { source, .. })) => {
            let labels: Vec<&str> = movements.known_labels().iter().map(|label| &**label).collect();
            let known = if labels.is_empty() { "this trace has none".to_string() } else { format!("it has {}", labels.join(", ")) };
            let what = format!(
                "{text:?} is not a label of the trace ({known}), and not an address: {source}; give one of these, or an object of the chain"
            );
            Err(Error::Invalid { what }.into())
        }
        (_, Err(error)) => Err(error.into()),
    }
}
