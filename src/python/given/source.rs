//! What a trace begins at, from what a caller names.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::chain::{Chain, txid_named};
use crate::ids::OutNum;
use crate::python::given::Named;
use crate::python::given::columns::{Row, Rows};
use crate::trace::{Source, SourceItem};

const TAKES: &str = "an output, a transaction, an address, an address set, a wallet, a text that names one (\"txid:n\", a txid, an address), a table \
                     with txid and position or with address, or a list or mapping of these";

/// A source by its name and what it is made of.
type Group = (Option<String>, Vec<SourceItem>);

/// The source that is named. Each item of a list, key of a mapping, address of a set and row of a table is a source of its own.
pub fn source(chain: &Chain, named: &Named<'_>) -> PyResult<Source> {
    let groups = groups(chain, named)?;
    Ok(named.given().py().detach(|| Source::of_groups(chain, groups))?)
}

/// The outputs that are named, in the order given.
pub fn outputs(chain: &Chain, named: &Named<'_>) -> PyResult<Vec<OutNum>> {
    let mut outputs = Vec::new();
    for (_, items) in groups(chain, named)? {
        for item in items {
            item.outputs(chain, |output, _| outputs.push(output))?;
        }
    }
    Ok(outputs)
}

/// The one output that is named.
pub fn output(chain: &Chain, named: &Named<'_>) -> PyResult<OutNum> {
    match named {
        Named::Output(output) => Ok(output.get().0.number()),
        Named::Text(text) => Ok(chain.output_named(&text.to_cow()?)?.number()),
        _ => Err(named.refused("one output, as an Output or a text like \"txid:n\"")),
    }
}

fn groups(chain: &Chain, named: &Named<'_>) -> PyResult<Vec<Group>> {
    match named {
        Named::Mapping(_, pairs) => {
            pairs.iter().map(|pair| Ok((Some(pair.0.given().str()?.to_string()), items(chain, Named::of_pair(pair))?))).collect()
        }
        Named::AddressSet(set) => {
            let set = &set.get().0;
            let known = (0..set.len()).filter_map(|i| Some((set.number(i)?, set.text(i))));
            Ok(known.map(|(number, text)| (Some(text.to_string()), vec![SourceItem::Address(number)])).collect())
        }
        Named::Table(_, rows) => rows_of(chain, rows),
        Named::Column(_, texts) => {
            let text = |text: Option<&str>| {
                let text = text.ok_or_else(|| PyValueError::new_err("a text of the column is missing; leave it out"))?;
                Ok((Some(text.to_string()), SourceItem::named(chain, text)?.into_iter().collect()))
            };
            texts.iter().map(text).collect()
        }
        Named::Iterable(_, list) => list.iter().map(|one| group(chain, one)).collect(),
        one => Ok(vec![group(chain, one)?]),
    }
}

fn group(chain: &Chain, named: &Named<'_>) -> PyResult<Group> {
    let name = match named {
        Named::Text(text) => Some(text.to_string()),
        _ => None,
    };
    Ok((name, items(chain, named)?))
}

fn items(chain: &Chain, named: &Named<'_>) -> PyResult<Vec<SourceItem>> {
    Ok(match named {
        Named::Output(output) => vec![SourceItem::Output(output.get().0.number())],
        Named::Transaction(tx) => vec![SourceItem::Transaction(tx.get().0.number())],
        Named::Address(address) => vec![SourceItem::Address(address.get().address.number())],
        Named::AddressSet(set) => set.get().0.known().map(SourceItem::Address).collect(),
        Named::Wallet(wallet) => wallet.get().0.members().map(SourceItem::Address).collect(),
        Named::Text(text) => SourceItem::named(chain, &text.to_cow()?)?.into_iter().collect(),
        Named::Table(..) | Named::Column(..) | Named::Mapping(..) | Named::Iterable(..) => {
            groups(chain, named)?.into_iter().flat_map(|(_, items)| items).collect()
        }
        Named::Clusters(_) | Named::Number(_) | Named::Missing(_) | Named::Other(_) => return Err(named.refused(TAKES)),
    })
}

fn rows_of(chain: &Chain, rows: &Rows) -> PyResult<Vec<Group>> {
    let item = |(number, row): (usize, Row<'_>)| match (row.txid, row.position, row.address) {
        (Some(txid), Some(position), _) => part(chain, txid, position, row.amount),
        (None, _, Some(address)) => Ok((Some(address.to_string()), SourceItem::named(chain, address)?.into_iter().collect())),
        _ => Err(rows.lacks(number, if rows.has_txids() { "txid or no position" } else { "address" })),
    };
    rows.iter().enumerate().map(item).collect()
}

/// The output of a row, or some satoshi of it.
fn part(chain: &Chain, txid: &str, place: i64, amount: Option<i64>) -> PyResult<Group> {
    let name = format!("{txid}:{place}");
    let output = chain.output(&txid_named(txid)?, not_negative(&name, place)?)?.number();
    let item = match amount {
        None => SourceItem::Output(output),
        Some(amount) => SourceItem::Part(output, not_negative(&name, amount)?),
    };
    Ok((Some(name), vec![item]))
}

fn not_negative(name: &str, number: i64) -> PyResult<u64> {
    number
        .try_into()
        .map_err(|_| PyValueError::new_err(format!("the row of {name} has a negative number; positions and amounts have none")))
}
