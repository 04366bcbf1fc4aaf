//! The addresses that a caller names, and the clusters that they are in.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use crate::chain::{Chain, txid_named};
use crate::cluster::Clusters;
use crate::error::Error;
use crate::ids::{AddrNum, OutNum};
use crate::python::error::NotInChainError;
use crate::python::given::Named;
use crate::python::given::columns::{Row, Rows};
use crate::python::wallet::PyWallet;

/// One of the addresses or wallets that are named.
pub enum Place<'a, 'py> {
    Address(AddrNum),
    Wallet(&'a Bound<'py, PyWallet>),
    /// A number, which can only be a cluster id.
    Number(&'a Bound<'py, PyAny>),
}

/// What a call takes, and what it does with an address that was never paid.
#[derive(Clone, Copy)]
pub struct Wanted<'a> {
    pub chain: &'a Chain,
    pub takes: &'a str,
    /// Whether an address that was never paid is an error; else it is passed over.
    pub known: bool,
}

const ADDRESSES: &str = "an address, an output (for the address that it pays), an address set, a wallet, a text that names one, a table with address, a \
                         file of addresses, or a list or mapping of these";

/// The numbers of the addresses that are named; those that were never paid are passed over.
pub fn addresses(chain: &Chain, named: &Named<'_>) -> PyResult<Vec<AddrNum>> {
    numbers(Wanted { chain, takes: ADDRESSES, known: false }, named)
}

fn numbers(wanted: Wanted<'_>, named: &Named<'_>) -> PyResult<Vec<AddrNum>> {
    let known = wanted.chain.counts().addresses;
    let mut numbers = Vec::new();
    wanted.each(named, &mut |place| {
        match place {
            Place::Address(number) => numbers.push(number),
            Place::Wallet(wallet) => numbers.extend(wallet.get().0.members().filter(|member| member.row() < known)),
            Place::Number(_) => return Err(named.refused(wanted.takes)),
        }
        Ok(())
    })?;
    Ok(numbers)
}

/// The one address that is named, which must have been paid.
pub fn address(chain: &Chain, named: &Named<'_>) -> PyResult<AddrNum> {
    match named {
        Named::Output(_) | Named::Address(_) | Named::Text(_) => {
            let found = numbers(Wanted { chain, takes: "one address", known: true }, named)?;
            Ok(found[0])
        }
        _ => Err(named.refused("one address, as an Address, an Output that pays it, or its text")),
    }
}

const CLUSTERS: &str = "a wallet, a cluster id, an address, an output (for the address that it pays), an address set, a text that names one, a table \
                        with address, a file of addresses, or a list or mapping of these";

/// The ids of the clusters that are named, by themselves or by addresses in them; ascending.
pub fn cluster_ids(clusters: &Clusters, named: &Named<'_>) -> PyResult<Vec<AddrNum>> {
    let chain = clusters.chain();
    let mut ids = Vec::new();
    Wanted { chain, takes: CLUSTERS, known: true }.each(named, &mut |place| {
        match place {
            Place::Address(number) => ids.push(clusters.name_of(number)?),
            Place::Number(number) => ids.push(cluster_id(clusters, number)?),
            Place::Wallet(wallet) => {
                for id in wallet.get().0.names() {
                    ids.push(clusters.name_of(*id)?);
                }
            }
        }
        Ok(())
    })?;
    if let (true, Named::AddressSet(set)) = (ids.is_empty(), named) {
        let what = format!("none of the {} addresses was ever paid up to height {}", set.get().0.len(), chain.height());
        return Err(NotInChainError::new_err(what));
    }
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}

/// A number as a cluster id, if there is such a cluster.
fn cluster_id(clusters: &Clusters, number: &Bound<'_, PyAny>) -> PyResult<AddrNum> {
    let wrong = || Error::Invalid {
        what: format!(
            "{number} is not a cluster id, which is the smallest address number of a cluster; take one from a table of these clusters"
        ),
    };
    let id = AddrNum(number.extract().map_err(|_| wrong())?);
    match clusters.name_of(id).is_ok_and(|name| name == id) {
        true => Ok(id),
        false => Err(wrong().into()),
    }
}

impl Wanted<'_> {
    /// Tells the addresses, wallets and numbers that are named, in the order given.
    pub fn each<'a, 'py>(self, named: &'a Named<'py>, tell: &mut dyn FnMut(Place<'a, 'py>) -> PyResult<()>) -> PyResult<()> {
        match named {
            Named::Output(output) => tell(Place::Address(self.chain.address_of(output.get().0.number())?)),
            Named::Address(address) => tell(Place::Address(address.get().address.number())),
            Named::AddressSet(set) => {
                let known = self.chain.counts().addresses;
                let mut addresses = set.get().0.known().filter(|number| number.row() < known);
                addresses.try_for_each(|number| tell(Place::Address(number)))
            }
            Named::Wallet(wallet) => tell(Place::Wallet(wallet)),
            Named::Number(number) => tell(Place::Number(number)),
            Named::Text(text) => self.text(&text.to_cow()?)?.map_or(Ok(()), |number| tell(Place::Address(number))),
            Named::Column(_, texts) => {
                for text in texts {
                    if let Some(number) = self.text(text.unwrap_or(""))? {
                        tell(Place::Address(number))?;
                    }
                }
                Ok(())
            }
            Named::Table(_, rows) => {
                for (number, row) in rows.iter().enumerate() {
                    if let Some(number) = self.row(rows, number, row)? {
                        tell(Place::Address(number))?;
                    }
                }
                Ok(())
            }
            Named::Mapping(_, pairs) => pairs.iter().try_for_each(|pair| self.each(Named::of_pair(pair), tell)),
            Named::Iterable(_, items) => items.iter().try_for_each(|item| self.each(item, tell)),
            Named::Transaction(_) => {
                Err(PyTypeError::new_err(format!("a transaction may pay several addresses; give its outputs, or {}", self.takes)))
            }
            Named::Clusters(_) | Named::Missing(_) | Named::Other(_) => Err(named.refused(self.takes)),
        }
    }

    /// The address of a text, or that of the output that it names.
    fn text(self, text: &str) -> PyResult<Option<AddrNum>> {
        if text.contains(':') {
            return Ok(Some(self.chain.address_of(self.chain.output_named(text)?.number())?));
        }
        match self.chain.address(text) {
            Ok(address) => Ok(Some(address.number())),
            Err(Error::UnknownAddress { .. })
                if txid_named(text.trim()).is_ok_and(|txid| self.chain.transaction(&txid).is_ok()) =>
            {
                Err(PyTypeError::new_err(format!("{text:?} is a transaction, which may pay several addresses; give its outputs")))
            }
            Err(Error::UnknownAddress { .. }) if !self.known => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The address of a row, or that of the output that it names where it has none.
    pub fn row(self, rows: &Rows, number: usize, row: Row<'_>) -> PyResult<Option<AddrNum>> {
        match (row.address, row.txid, row.position) {
            (Some(address), ..) => self.text(address),
            (None, Some(txid), Some(position)) => Ok(Some(self.chain.address_of(output(self.chain, txid, position)?)?)),
            _ => Err(rows.lacks(number, if rows.has_txids() { "address, and no txid with position" } else { "address" })),
        }
    }
}

/// The output at a position of a transaction.
pub fn output(chain: &Chain, txid: &str, position: i64) -> crate::Result<OutNum> {
    let bad = || Error::BadOutpoint { text: format!("{txid}:{position}") };
    Ok(chain.output(&txid_named(txid)?, position.try_into().map_err(|_| bad())?)?.number())
}
