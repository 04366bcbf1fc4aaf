//! What a caller names, recognised once.

use std::path::PathBuf;

use arrow_array::StringArray;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyFloat, PyFrozenSet, PyInt, PyMapping, PySet, PyString};

use crate::chain::{Chain, Transaction};
use crate::error::Error;
use crate::ids::hash_text;
use crate::python::chain::PyChain;
use crate::python::chain::address::PyAddress;
use crate::python::chain::address_set::PyAddressSet;
use crate::python::chain::output::PyOutput;
use crate::python::chain::transaction::PyTransaction;
use crate::python::cluster::PyClusters;
use crate::python::convert;
use crate::python::given::columns::{Columns, Rows};
use crate::python::given::{check_chain, shown};
use crate::python::wallet::PyWallet;

/// Lists in lists that are gone into; a list that holds itself has no end.
const DEEPEST: u32 = 8;

/// Items between two looks at whether Ctrl-C was pressed.
const BREATH: usize = 1 << 12;

/// Endings of texts that are paths of files.
const FILES: [&str; 4] = [".csv", ".tsv", ".txt", ".parquet"];

/// Something that a caller names, or several such things, all of them taken out of the iterators that gave them.
pub enum Named<'py> {
    Output(Bound<'py, PyOutput>),
    Transaction(Bound<'py, PyTransaction>),
    Address(Bound<'py, PyAddress>),
    AddressSet(Bound<'py, PyAddressSet>),
    Wallet(Bound<'py, PyWallet>),
    Clusters(Bound<'py, PyClusters>),
    Text(Bound<'py, PyString>),
    Number(Bound<'py, PyAny>),
    /// None, or what pandas puts where a text is missing.
    Missing(Bound<'py, PyAny>),
    /// A column of texts.
    Column(Bound<'py, PyAny>, StringArray),
    Table(Bound<'py, PyAny>, Rows),
    Mapping(Bound<'py, PyAny>, Vec<(Named<'py>, Named<'py>)>),
    Iterable(Bound<'py, PyAny>, Vec<Named<'py>>),
    Other(Bound<'py, PyAny>),
}

impl<'py> FromPyObject<'_, 'py> for Named<'py> {
    type Error = PyErr;

    fn extract(given: Borrowed<'_, 'py, PyAny>) -> PyResult<Named<'py>> {
        recognise(&given, 0)
    }
}

/// What is given, all of it of this chain and not later than its height.
pub fn named<'py>(chain: &Chain, given: &Bound<'py, PyAny>) -> PyResult<Named<'py>> {
    let named: Named = given.extract()?;
    named.check(chain)?;
    Ok(named)
}

fn recognise<'py>(given: &Bound<'py, PyAny>, depth: u32) -> PyResult<Named<'py>> {
    if let Ok(text) = given.cast::<PyString>() {
        // Items of a list are names: whoever wrote the list does not choose files to read.
        return match depth == 0 && is_file(&text.to_cow()?) {
            true => file(given, convert::path(given)?),
            false => Ok(Named::Text(text.clone())),
        };
    }
    macro_rules! object {
        ($($kind:ident: $class:ty),*) => {
            $(if let Ok(object) = given.cast::<$class>() {
                return Ok(Named::$kind(object.clone()));
            })*
        };
    }
    object!(Output: PyOutput, Transaction: PyTransaction, Address: PyAddress, AddressSet: PyAddressSet, Wallet: PyWallet, Clusters: PyClusters);
    if given.is_none()
        || given.cast::<PyFloat>().is_ok_and(|number| number.value().is_nan())
        || given.get_type().name()? == "NAType"
    {
        return Ok(Named::Missing(given.clone()));
    }
    // A chain is not a list of what is in it: to go through it would take hours.
    if given.cast::<PyBool>().is_ok() || given.cast::<PyBytes>().is_ok() || given.cast::<PyChain>().is_ok() {
        return Ok(Named::Other(given.clone()));
    }
    // NumPy's arrays of one number have an index, too.
    if given.cast::<PyInt>().is_ok() || given.hasattr("__index__")? && !given.hasattr("__iter__")? {
        return Ok(Named::Number(given.clone()));
    }
    if given.hasattr("__fspath__")? {
        return file(given, convert::path(given)?);
    }
    match Columns::of(given)? {
        Some(Columns::Texts(texts)) => return Ok(Named::Column(given.clone(), texts)),
        Some(Columns::Table(rows)) => return Ok(Named::Table(given.clone(), rows)),
        None => {}
    }
    several(given, depth)
}

fn several<'py>(given: &Bound<'py, PyAny>, depth: u32) -> PyResult<Named<'py>> {
    let mapping = given.cast::<PyMapping>();
    if mapping.is_err() && given.try_iter().is_err() {
        return Ok(Named::Other(given.clone()));
    }
    if depth == DEEPEST {
        let what =
            format!("lists in lists are gone into {DEEPEST} deep, and this one goes deeper or holds itself; give a flat list");
        return Err(PyValueError::new_err(what));
    }
    if let Ok(mapping) = mapping {
        let pair = |pair: Bound<'py, PyAny>| {
            let (key, value) = pair.extract::<(Bound<'py, PyAny>, Bound<'py, PyAny>)>()?;
            Ok((recognise(&key, depth + 1)?, recognise(&value, depth + 1)?))
        };
        return Ok(Named::Mapping(given.clone(), mapping.items()?.iter().map(pair).collect::<PyResult<_>>()?));
    }
    let mut items = Vec::new();
    for item in given.try_iter()? {
        items.push(recognise(&item?, depth + 1)?);
        if items.len() % BREATH == 0 {
            given.py().check_signals()?;
        }
    }
    // A set has no order, and answers must have one.
    if given.cast::<PySet>().is_ok() || given.cast::<PyFrozenSet>().is_ok() {
        let mut keyed = items.into_iter().map(|item| Ok((item.text()?, item))).collect::<PyResult<Vec<_>>>()?;
        keyed.sort_by(|a, b| a.0.cmp(&b.0));
        items = keyed.into_iter().map(|(_, item)| item).collect();
    }
    Ok(Named::Iterable(given.clone(), items))
}

fn is_file(text: &str) -> bool {
    let end = text.trim_end().to_ascii_lowercase();
    FILES.iter().any(|suffix| end.ends_with(suffix))
}

fn file<'py>(given: &Bound<'py, PyAny>, path: PathBuf) -> PyResult<Named<'py>> {
    Ok(match given.py().detach(|| Columns::of_file(&path))? {
        Columns::Texts(texts) => Named::Column(given.clone(), texts),
        Columns::Table(rows) => Named::Table(given.clone(), rows),
    })
}

impl<'py> Named<'py> {
    /// What was given.
    pub fn given(&self) -> &Bound<'py, PyAny> {
        match self {
            Named::Output(given) => given.as_any(),
            Named::Transaction(given) => given.as_any(),
            Named::Address(given) => given.as_any(),
            Named::AddressSet(given) => given.as_any(),
            Named::Wallet(given) => given.as_any(),
            Named::Clusters(given) => given.as_any(),
            Named::Text(given) => given.as_any(),
            Named::Number(given) | Named::Missing(given) | Named::Other(given) => given,
            Named::Column(given, _) | Named::Table(given, _) | Named::Mapping(given, _) | Named::Iterable(given, _) => given,
        }
    }

    /// The error that says what a call takes.
    pub fn refused(&self, takes: &str) -> PyErr {
        PyTypeError::new_err(format!("{} cannot be used here; give {takes}", shown(self.given())))
    }

    /// Refuses what is of another chain, or of blocks above the chain's height.
    fn check(&self, chain: &Chain) -> PyResult<()> {
        match self {
            Named::Output(given) => {
                let output = &given.get().0;
                check_chain(chain, output.chain(), given)?;
                if output.number().row() >= chain.counts().outputs {
                    return Err(not_yet(chain, &output.transaction()?));
                }
            }
            Named::Transaction(given) => {
                let tx = &given.get().0;
                check_chain(chain, tx.chain(), given)?;
                if tx.number().row() >= chain.counts().transactions {
                    return Err(not_yet(chain, tx));
                }
            }
            Named::Address(given) => {
                let address = &given.get().address;
                check_chain(chain, address.chain(), given)?;
                if address.number().row() >= chain.counts().addresses {
                    return Err(Error::UnknownAddress { text: address.name()?, height: chain.height().0 }.into());
                }
            }
            Named::AddressSet(given) => check_chain(chain, given.get().0.chain(), given)?,
            Named::Wallet(given) => check_chain(chain, given.get().0.clusters().chain(), given)?,
            Named::Clusters(given) => check_chain(chain, given.get().0.chain(), given)?,
            Named::Mapping(_, pairs) => {
                pairs.iter().try_for_each(|(key, value)| key.check(chain).and_then(|()| value.check(chain)))?
            }
            Named::Iterable(_, items) => items.iter().try_for_each(|item| item.check(chain))?,
            _ => {}
        }
        Ok(())
    }

    /// A text by which the items of a set are put in order: what it is called on the chain, else what Python shows.
    fn text(&self) -> PyResult<String> {
        Ok(match self {
            Named::Output(given) => given.get().0.outpoint()?,
            Named::Transaction(given) => hash_text(&given.get().0.txid()?),
            Named::Address(given) => given.get().address.name()?,
            Named::Wallet(given) => format!("wallet {:?}", given.get().0.names()),
            Named::Text(given) => given.to_cow()?.trim().to_string(),
            // So that numbers stand in their order.
            Named::Number(given) => format!("{:>20}", given.str()?.to_cow()?),
            Named::Iterable(_, items) => items.iter().map(Named::text).collect::<PyResult<Vec<_>>>()?.join("\n"),
            Named::AddressSet(given) => (0..given.get().0.len()).map(|i| given.get().0.text(i)).collect::<Vec<_>>().join("\n"),
            _ => shown(self.given()),
        })
    }

    /// What a pair of a mapping names, where keys are only names: the value; the key, where there is no value.
    pub fn of_pair<'a>((key, value): &'a (Named<'py>, Named<'py>)) -> &'a Named<'py> {
        if let Named::Missing(_) = value { key } else { value }
    }

    /// The first wallet in it.
    pub fn wallet(&self) -> Option<&Bound<'py, PyWallet>> {
        match self {
            Named::Wallet(wallet) => Some(wallet),
            Named::Mapping(_, pairs) => pairs.iter().find_map(|(key, value)| key.wallet().or_else(|| value.wallet())),
            Named::Iterable(_, items) => items.iter().find_map(Named::wallet),
            _ => None,
        }
    }
}

fn not_yet(chain: &Chain, tx: &Transaction) -> PyErr {
    let unknown = |txid| Error::UnknownTransaction { txid, height: chain.height().0 };
    tx.txid().map_or_else(PyErr::from, |txid| unknown(txid).into())
}

/// The texts of a list of addresses, or of what stands for addresses; null where one is missing.
pub fn texts(given: &Bound<'_, PyAny>) -> PyResult<StringArray> {
    let named: Named = match given.cast::<PyString>() {
        // A list of one would be no list, so a text is where the list is.
        Ok(_) => file(given, convert::address_file(given)?)?,
        Err(_) => given.extract()?,
    };
    let mut texts = Vec::new();
    match named {
        Named::Column(_, column) => return Ok(column),
        Named::Text(_) | Named::Number(_) | Named::Missing(_) | Named::Other(_) => return Err(named.refused(TEXTS)),
        _ => add_texts(&named, &mut texts)?,
    }
    Ok(StringArray::from(texts))
}

const TEXTS: &str = "addresses as a list of texts, a file, a column or table of texts, an address set or a wallet";

fn add_texts(named: &Named<'_>, texts: &mut Vec<Option<String>>) -> PyResult<()> {
    match named {
        Named::Text(text) => texts.push(Some(text.to_cow()?.into_owned())),
        Named::Missing(_) => texts.push(None),
        Named::Output(output) => texts.push(Some(output.get().0.address()?.name()?)),
        Named::Address(address) => texts.push(Some(address.get().address.name()?)),
        Named::AddressSet(set) => texts.extend((0..set.get().0.len()).map(|i| Some(set.get().0.text(i).to_string()))),
        Named::Wallet(wallet) => {
            let wallet = &wallet.get().0;
            for member in wallet.members() {
                texts.push(Some(wallet.clusters().chain().address_at(member)?.name()?));
            }
        }
        Named::Column(_, column) => texts.extend(column.iter().map(|text| text.map(str::to_string))),
        Named::Table(_, rows) => {
            for (row, place) in rows.iter().enumerate() {
                match place.address {
                    None if !rows.has_addresses() => return Err(rows.lacks(row, "address")),
                    address => texts.push(address.map(str::to_string)),
                }
            }
        }
        Named::Mapping(_, pairs) => pairs.iter().try_for_each(|pair| add_texts(Named::of_pair(pair), texts))?,
        Named::Iterable(_, items) => items.iter().try_for_each(|item| add_texts(item, texts))?,
        Named::Transaction(_) | Named::Clusters(_) | Named::Number(_) | Named::Other(_) => return Err(named.refused(TEXTS)),
    }
    Ok(())
}
