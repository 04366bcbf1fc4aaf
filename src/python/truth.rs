//! Truths: what is known of a chain's owners, purposes and change.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, StringArray, StructArray};
use arrow_schema::DataType;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{IntoPyDict, PyDict, PyList, PyString, PyTuple};
use pyo3_arrow::input::AnyArray;

use crate::chain::{Chain, txid_named};
use crate::evaluate::{Folder, GivenOwners, GivenTransactions, Revealed, Truth};
use crate::ids::hash_text;
use crate::python::chain::PyChain;
use crate::python::convert;
use crate::python::given::named::texts;
use crate::python::progress::while_not_interrupted;
use crate::python::show;
use crate::python::table::PyTable;

/// What is known to be true of a chain: who owns addresses, what transactions are for, which outputs are change. Made by
/// `satrail.truth.read`, `Truth.of` and `satrail.truth.from_chain`; `satrail.evaluate` holds rules against it.
///
/// Examples
/// --------
/// >>> payments = chain.block(300).transactions()[1:4]
/// >>> truth = satrail.Truth.of(chain, transactions={"payment": [tx.txid for tx in payments]})
/// >>> truth.tables
/// []
/// >>> satrail.evaluate("joinmarket", truth).true_negative
/// 3
#[pyclass(name = "Truth", module = "satrail", frozen)]
pub struct PyTruth(Source);

enum Source {
    /// A simulated chain's folder, with what was read for a chain last.
    Folder(Folder, Mutex<Option<Arc<Truth>>>),
    /// With what it was made of.
    Given(Arc<Truth>, Option<Box<GivenOwners>>, Option<Box<GivenTransactions>>),
    /// With the parts of the payers' clusters that it is about.
    Revealed(Revealed, Option<BTreeSet<u32>>),
}

#[pymethods]
impl PyTruth {
    /// A truth that you know: owners of addresses, what transactions are for, or both.
    ///
    /// Parameters
    /// ----------
    /// chain : the chain that it is about.
    /// owners : a mapping of owners to their addresses, or a table (Arrow by protocol, or a dict of lists) with the columns address and owner,
    ///     and role where you like. Addresses that were never paid count for nothing.
    /// transactions : a mapping of purposes to transaction ids, or a table with the columns txid and purpose, and profile (the software
    ///     that made it) where you like. docs/evaluate.md says which purposes make a transaction one of a shape.
    ///
    /// Raises
    /// ------
    /// ValueError : it does not fit the chain: no address was ever paid, or a transaction is not in it; or it contradicts itself.
    ///
    /// Examples
    /// --------
    /// >>> first, second = (chain.block(h).transactions()[0].outputs()[0].address.text for h in (150, 151))
    /// >>> truth = satrail.Truth.of(chain, {"ann": [first], "bob": [second]})
    /// >>> truth
    /// Truth(the truth that was given: 2 owners of 2 addresses, height=495)
    #[staticmethod]
    #[pyo3(signature = (chain, owners: "Columns | None" = None, *, transactions: "Columns | None" = None) -> "Truth")]
    fn of(
        chain: &Bound<'_, PyChain>,
        owners: Option<&Bound<'_, PyAny>>,
        transactions: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<PyTruth> {
        if owners.is_none() && transactions.is_none() {
            return Err(PyTypeError::new_err("nothing is given; give owners of addresses, transactions with purposes, or both"));
        }
        let owners = owners.map(given_owners).transpose()?;
        let transactions = transactions.map(given_transactions).transpose()?;
        let (py, chain) = (chain.py(), &chain.get().0);
        let known = py.detach(|| Truth::given(chain, owners.clone(), transactions.clone()))?;
        Ok(PyTruth(Source::Given(known.into(), owners.map(Box::new), transactions.map(Box::new))))
    }

    /// The names of its tables.
    #[getter]
    fn tables(&self) -> PyResult<Vec<String>> {
        Ok(match &self.0 {
            Source::Folder(folder, _) => folder.tables()?,
            Source::Given(..) => Vec::new(),
            Source::Revealed(_, _) => vec!["changes".to_string(), "left_out".to_string()],
        })
    }

    /// One of its tables. Those of a simulated chain are as docs/simulate.md describes them. The chain's own truth has "changes" (one row a
    /// transaction: transaction, txid, height, time, output, position of the change, value, cluster of the payer, fold) and "left_out"
    /// (reason, transactions).
    ///
    /// Raises
    /// ------
    /// ValueError : there is no such table; a file cannot be read.
    ///
    /// Examples
    /// --------
    /// >>> satrail.truth.from_chain(chain).table("left_out").columns
    /// ['reason', 'transactions']
    #[pyo3(signature = (name, /) -> "Table")]
    fn table(&self, py: Python<'_>, name: &str) -> PyResult<PyTable> {
        Ok(PyTable(match (&self.0, name) {
            (Source::Folder(folder, _), name) => py.detach(|| folder.table(name))?,
            (Source::Revealed(revealed, _), "changes") => py.detach(|| revealed.changes_table())?,
            (Source::Revealed(revealed, _), "left_out") => revealed.left_out_table(),
            _ => {
                let known = self.tables()?.join(", ");
                let known = if known.is_empty() { "none".to_string() } else { known };
                return Err(PyValueError::new_err(format!("the truth has no table {name:?}; it has {known}")));
            }
        }))
    }

    /// A digest of it: the one that the simulator wrote down, or the SHA-256 over the tip's hash and all that is known.
    #[getter]
    fn digest(&self) -> String {
        match &self.0 {
            Source::Folder(folder, _) => folder.fact("digest").unwrap_or_default(),
            Source::Given(known, ..) => known.digest().to_string(),
            Source::Revealed(revealed, _) => revealed.known.digest().to_string(),
        }
    }

    fn __eq__(&self, other: &PyTruth) -> bool {
        self.digest() == other.digest()
    }

    fn __hash__(&self) -> u64 {
        u64::from_str_radix(self.digest().get(..16).unwrap_or_default(), 16).unwrap_or_default()
    }

    /// Pickles carry what it was made of: a folder's path, the owners and purposes that were given, or the chain that reveals it.
    #[pyo3(signature = () -> "tuple[object, ...]")]
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let module = py.import("satrail.truth")?;
        let (make, arguments, named) = match &self.0 {
            Source::Folder(folder, _) => (module.getattr("read")?, (folder.path(),).into_pyobject(py)?, PyDict::new(py)),
            Source::Given(known, owners, transactions) => {
                let named = PyDict::new(py);
                named.set_item("owners", owners.as_ref().map(|owners| owners_table(py, owners)).transpose()?)?;
                named.set_item("transactions", transactions.as_ref().map(|given| transactions_table(py, given)).transpose()?)?;
                (py.get_type::<PyTruth>().getattr("of")?, (PyChain(known.chain().clone()),).into_pyobject(py)?, named)
            }
            Source::Revealed(revealed, folds) => {
                let named = [("folds", folds.clone().map(Vec::from_iter))].into_py_dict(py)?;
                (module.getattr("from_chain")?, (PyChain(revealed.known.chain().clone()),).into_pyobject(py)?, named)
            }
        };
        let make = py.import("functools")?.getattr("partial")?.call((make,), Some(&named))?;
        PyTuple::new(py, [make, arguments.into_any()])
    }

    fn __repr__(&self) -> String {
        match &self.0 {
            Source::Folder(folder, _) => {
                let fact = |name| folder.fact(name).unwrap_or_else(|| "?".to_string());
                format!("Truth({}, seed={}, scale={}, digest {})", fact("scenario"), fact("seed"), fact("scale"), fact("digest"))
            }
            Source::Given(known, ..) => {
                let owners = known.owners().map(|owners| {
                    let addresses = owners.of.iter().filter(|owner| **owner != crate::ids::NONE_32).count();
                    format!("{} owners of {} addresses", show::number(owners.names.len() as u64), show::number(addresses as u64))
                });
                let purposes =
                    known.purposes().map(|purposes| format!("{} purposes of transactions", purposes.purposes.words.len()));
                let parts: Vec<String> = owners.into_iter().chain(purposes).collect();
                format!("Truth({}: {}, height={})", known.name(), parts.join(", "), known.chain().height())
            }
            Source::Revealed(revealed, _) => {
                let (clusters, largest) = revealed.clusters();
                format!(
                    "Truth({}: {} transactions of {} clusters, {} of the largest, height={})",
                    revealed.known.name(),
                    show::number(revealed.transactions()),
                    show::number(clusters),
                    show::number(largest),
                    revealed.known.chain().height()
                )
            }
        }
    }
}

impl PyTruth {
    /// What is known, in the numbers of a chain; of the chain that the truth is of when none is given.
    pub fn known(&self, py: Python<'_>, chain: Option<&Chain>) -> PyResult<(Arc<Truth>, Chain)> {
        let known = match (&self.0, chain) {
            (Source::Given(known, ..), _) => known.clone(),
            (Source::Revealed(revealed, _), _) => revealed.known.clone(),
            (Source::Folder(folder, last), Some(chain)) => read(py, folder, last, chain)?,
            (Source::Folder(..), None) => {
                let what = "a simulated chain's truth does not say where its store is; give the chain: evaluate(..., chain=chain)";
                return Err(PyTypeError::new_err(what));
            }
        };
        let chain = chain.unwrap_or(known.chain()).clone();
        Ok((known, chain))
    }
}

/// What was read for a chain last, or what is read for it now.
fn read(py: Python<'_>, folder: &Folder, last: &Mutex<Option<Arc<Truth>>>, chain: &Chain) -> PyResult<Arc<Truth>> {
    let locked = || last.lock().unwrap_or_else(PoisonError::into_inner);
    let tip = chain.tip().hash()?;
    let kept = locked().clone();
    if let Some(known) = kept
        && known.chain().tip().hash()? == tip
    {
        return Ok(known);
    }
    let known = Arc::new(while_not_interrupted(py, |go_on| folder.known(chain, go_on))?);
    *locked() = Some(known.clone());
    Ok(known)
}

/// The truth of a simulated chain, from the folder that `satrail.simulate` has made. Its tables are read when they are needed.
///
/// Parameters
/// ----------
/// folder : path of the folder with scenario.json and truth/.
///
/// Raises
/// ------
/// FileNotFoundError : there is no such folder.
/// ValueError : it is not a folder of a simulated chain, or of another format.
///
/// Examples
/// --------
/// >>> truth = satrail.truth.read("no such folder")
/// Traceback (most recent call last):
///   ...
/// FileNotFoundError: no such folder of a simulated chain: no such folder; check the path
#[pyfunction]
#[pyo3(signature = (folder: "str | PathLike[str]") -> "Truth")]
pub fn read_truth(folder: &Bound<'_, PyAny>) -> PyResult<PyTruth> {
    Ok(PyTruth(Source::Folder(Folder::open(&convert::path(folder)?)?, Mutex::default())))
}

/// A truth about change that the chain tells itself, after Möser and Narayanan (Resurrecting Address Clustering in Bitcoin, 2022): of a
/// payment with two outputs, one is spent later together with other coins of the payer, so that it ends up in the cluster of the inputs by
/// co-spend, and the other does not. It is worked out as of the chain's height, on any store.
///
/// Left out are CoinJoins and what may be one, payments that return something to an address of their inputs, and those of which both outputs, or
/// none, end up in the cluster. The table "left_out" counts them.
///
/// Its bias: it is about those who spend their change together with other coins, the careless and the busy; change that is spent alone, or
/// never, is not in it, and large services are in it more than once. Where co-spend joined two owners, it is wrong. A rule's rates on
/// it say how the rule does there; they are not rates for the whole chain.
///
/// Parameters
/// ----------
/// folds : only the payers' clusters of these of ten parts, 0 to 9, into which clusters are dealt by a hash of their names. So a rule can
///     be chosen on some and measured on others, and no payer is in both.
/// threads : how many threads to use; all processors when not given. The result is the same.
///
/// Raises
/// ------
/// ValueError : a fold that is not from 0 to 9.
///
/// Examples
/// --------
/// >>> truth = satrail.truth.from_chain(chain)
/// >>> rates = satrail.evaluate(satrail.change.optimal(), truth)
/// >>> rates.true_positive + rates.false_negative + rates.cannot_tell_positive == len(truth.table("changes"))
/// True
#[pyfunction]
#[pyo3(signature = (chain, *, folds: "Iterable[int] | None" = None, threads: "int | None" = None) -> "Truth")]
pub fn truth_from_chain(
    chain: &Bound<'_, PyChain>,
    folds: Option<&Bound<'_, PyAny>>,
    threads: Option<&Bound<'_, PyAny>>,
) -> PyResult<PyTruth> {
    let fold = |fold: PyResult<Bound<'_, PyAny>>| fold?.extract::<u32>();
    let folds = folds.map(|folds| folds.try_iter()?.map(fold).collect::<PyResult<BTreeSet<u32>>>()).transpose()?;
    let threads = convert::threads(threads)?.unwrap_or_else(crate::chain::pieces::all_threads);
    let (py, chain) = (chain.py(), &chain.get().0);
    let revealed = while_not_interrupted(py, |go_on| Revealed::of(chain, folds.as_ref(), threads, go_on))?;
    Ok(PyTruth(Source::Revealed(revealed, folds)))
}

/// Owners as the table that they can be given as.
fn owners_table<'py>(py: Python<'py>, owners: &GivenOwners) -> PyResult<Bound<'py, PyDict>> {
    let GivenOwners { addresses, owners, roles } = owners;
    lists(py, [("address", Some(addresses)), ("owner", Some(owners)), ("role", roles.as_ref())])
}

/// Purposes of transactions as the table that they can be given as.
fn transactions_table<'py>(py: Python<'py>, given: &GivenTransactions) -> PyResult<Bound<'py, PyDict>> {
    let txids = StringArray::from_iter_values(given.txids.iter().map(hash_text));
    lists(py, [("txid", Some(&txids)), ("purpose", Some(&given.purposes)), ("profile", given.profiles.as_ref())])
}

fn lists<'py>(py: Python<'py>, columns: [(&str, Option<&StringArray>); 3]) -> PyResult<Bound<'py, PyDict>> {
    let lists = PyDict::new(py);
    for (name, column) in columns {
        if let Some(column) = column {
            lists.set_item(name, column.iter().collect::<Vec<_>>())?;
        }
    }
    Ok(lists)
}

fn given_owners(given: &Bound<'_, PyAny>) -> PyResult<GivenOwners> {
    if let Some([addresses, owners, roles]) = columns(given, ["address", "owner"], "role")? {
        let (Some(addresses), Some(owners)) = (addresses, owners) else { unreachable!("they are looked for") };
        return Ok(GivenOwners { addresses, owners, roles });
    }
    let (addresses, owners) = listed(given, "owners are given as a mapping of owners to their addresses, or as a table")?;
    Ok(GivenOwners { addresses, owners, roles: None })
}

fn given_transactions(given: &Bound<'_, PyAny>) -> PyResult<GivenTransactions> {
    let (txids, purposes, profiles) = match columns(given, ["txid", "purpose"], "profile")? {
        Some([Some(txids), Some(purposes), profiles]) => (txids, purposes, profiles),
        _ => {
            let (txids, purposes) = listed(given, "transactions are given as a mapping of purposes to their ids, or as a table")?;
            (txids, purposes, None)
        }
    };
    let txids = txids.iter().map(|txid| txid_named(txid.unwrap_or(""))).collect::<crate::Result<_>>()?;
    Ok(GivenTransactions { txids, purposes, profiles })
}

/// The items of a mapping's lists, and the keys that they stand under.
fn listed(given: &Bound<'_, PyAny>, wrong: &str) -> PyResult<(StringArray, StringArray)> {
    let wrong = || PyTypeError::new_err(wrong.to_string());
    let (mut items, mut keys) = (Vec::new(), Vec::new());
    for pair in given.call_method0("items").map_err(|_| wrong())?.try_iter()? {
        let (key, list): (Bound<'_, PyAny>, Bound<'_, PyAny>) = pair?.extract()?;
        let key = key.str()?.to_cow()?.into_owned();
        for text in &texts(&list)? {
            items.push(text.map(str::to_string));
            keys.push(key.clone());
        }
    }
    Ok((StringArray::from(items), StringArray::from(keys)))
}

/// Two columns and perhaps a third of a table, as texts; none where it is not a table.
fn columns(given: &Bound<'_, PyAny>, needed: [&str; 2], optional: &str) -> PyResult<Option<[Option<StringArray>; 3]>> {
    if given.hasattr("__arrow_c_stream__")? || given.hasattr("__arrow_c_array__")? {
        return arrow_columns(given, needed, optional).map(Some);
    }
    let Ok(lists) = given.cast::<PyDict>() else { return Ok(None) };
    let is_list = |name: &str| -> PyResult<bool> {
        let list = lists.get_item(name)?;
        Ok(list.is_some_and(|list| list.cast::<PyList>().is_ok() || list.cast::<PyTuple>().is_ok()))
    };
    if !(is_list(needed[0])? && is_list(needed[1])?) {
        return Ok(None);
    }
    let column = |name: &str| -> PyResult<Option<StringArray>> {
        let Some(list) = lists.get_item(name)? else { return Ok(None) };
        let text = |item: PyResult<Bound<'_, PyAny>>| {
            let item = item?;
            if item.is_none() { Ok(None) } else { Ok(Some(item.str()?.to_cow()?.into_owned())) }
        };
        Ok(Some(list.try_iter()?.map(text).collect::<PyResult<Vec<Option<String>>>>()?.into()))
    };
    let found = [column(needed[0])?, column(needed[1])?, column(optional)?];
    let lengths: BTreeSet<usize> = found.iter().flatten().map(Array::len).collect();
    match lengths.len() {
        1 => Ok(Some(found)),
        _ => Err(PyValueError::new_err(format!("the columns {}, {} and {optional} differ in length", needed[0], needed[1]))),
    }
}

fn arrow_columns(given: &Bound<'_, PyAny>, needed: [&str; 2], optional: &str) -> PyResult<[Option<StringArray>; 3]> {
    let wrong = || PyValueError::new_err(format!("the table needs the columns {} and {} (texts)", needed[0], needed[1]));
    let mut found: [Vec<Option<String>>; 3] = Default::default();
    let mut has_third = true;
    for chunk in given.extract::<AnyArray>()?.into_chunked_array()?.chunks() {
        let table = chunk.as_any().downcast_ref::<StructArray>().ok_or_else(wrong)?;
        let texts = |column: &ArrayRef| -> PyResult<Vec<Option<String>>> {
            let column = arrow_cast::cast(column, &DataType::Utf8).map_err(|_| wrong())?;
            Ok(column.as_string::<i32>().iter().map(|text| text.map(str::to_string)).collect())
        };
        for (found, name) in found.iter_mut().zip(needed) {
            found.extend(texts(table.column_by_name(name).ok_or_else(wrong)?)?);
        }
        match table.column_by_name(optional) {
            Some(column) => found[2].extend(texts(column)?),
            None => has_third = false,
        }
    }
    let [first, second, third] = found.map(StringArray::from);
    Ok([Some(first), Some(second), has_third.then_some(third)])
}

/// The name of a shape, where what is given is a text.
pub fn name_of(given: &Bound<'_, PyAny>) -> Option<String> {
    given.cast::<PyString>().ok().and_then(|text| text.to_cow().ok().map(|text| text.into_owned()))
}
