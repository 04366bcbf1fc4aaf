//! What must stay apart, from what a caller names.

use std::collections::BTreeMap;

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use crate::chain::Chain;
use crate::cluster::CannotLink;
use crate::error::Error;
use crate::ids::AddrNum;
use crate::python::given::addresses::{Wanted, addresses};
use crate::python::given::{Named, shown};

const TAKES: &str = "a mapping of owners to their addresses, a table with address and label (the owner), or a list of tuples of addresses of which no two are \
                     one owner's";

/// What must stay apart: the addresses of different owners, or those at different places of a tuple. Addresses that were never paid are
/// passed over.
pub fn cannot_link(chain: &Chain, named: &Named<'_>) -> PyResult<CannotLink> {
    let mut found = CannotLink::default();
    match named {
        Named::Mapping(_, pairs) => {
            let (mut members, mut names) = (Vec::new(), Vec::new());
            for (owner, (name, given)) in (0..).zip(pairs) {
                members.extend(addresses(chain, given)?.into_iter().map(|address| (address, owner)));
                names.push(name.given().str()?.to_string());
            }
            add(chain, &mut found, members, |owner| format!("{:?}", names[owner as usize]))?;
        }
        Named::Table(_, rows) if rows.has_labels() => {
            let (mut members, mut owners) = (Vec::new(), BTreeMap::new());
            for (number, row) in rows.iter().enumerate() {
                let name = row.label.ok_or_else(|| rows.lacks(number, "label"))?;
                let next = owners.len() as u32;
                let owner = *owners.entry(name).or_insert(next);
                let address = Wanted { chain, takes: TAKES, known: false }.row(rows, number, row)?;
                members.extend(address.map(|address| (address, owner)));
            }
            let name = |owner| owners.iter().find(|(_, number)| **number == owner).map_or("", |(name, _)| name);
            add(chain, &mut found, members, |owner| format!("{:?}", name(owner)))?;
        }
        Named::Iterable(_, groups) => {
            for (row, group) in groups.iter().enumerate() {
                let members = group_of(chain, row, group)?;
                add(chain, &mut found, members, |owner| format!("place {owner} of cannot_link[{row}]"))?;
            }
        }
        _ => return Err(named.refused(TAKES)),
    }
    Ok(found)
}

/// The addresses of a tuple, each with its place.
fn group_of(chain: &Chain, row: usize, group: &Named<'_>) -> PyResult<Vec<(AddrNum, u32)>> {
    let mut members = Vec::new();
    match group {
        Named::Iterable(_, items) => {
            for (place, item) in (0..).zip(items) {
                members.extend(addresses(chain, item)?.into_iter().map(|address| (address, place)));
            }
        }
        _ => {
            return Err(PyTypeError::new_err(format!(
                "cannot_link[{row}] is {}; give a tuple of addresses that must stay apart, or a mapping of owners to their addresses",
                shown(group.given())
            )));
        }
    }
    Ok(members)
}

fn add(chain: &Chain, found: &mut CannotLink, group: Vec<(AddrNum, u32)>, owner: impl Fn(u32) -> String) -> PyResult<()> {
    found.add(group).or_else(|contradiction| {
        let (first, second) = contradiction.owners;
        let what = format!(
            "cannot_link contradicts itself: {} is of {} and of {}, which must stay apart; give it to one of them",
            chain.address_at(contradiction.address)?.name()?,
            owner(first),
            owner(second)
        );
        Err(Error::Invalid { what }.into())
    })
}
