//! What a trace begins at, and where it stops, from what a caller gives.

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, ArrayRef, Int64Array, StringArray, StructArray};
use arrow_cast::CastOptions;
use arrow_schema::DataType;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};
use pyo3_arrow::input::AnyArray;

use crate::chain::{Chain, Transaction, txid_named};
use crate::cluster::Clusters;
use crate::error::Error;
use crate::ids::AddrNum;
use crate::python::chain::address::PyAddress;
use crate::python::chain::address_set::PyAddressSet;
use crate::python::chain::output::PyOutput;
use crate::python::chain::transaction::PyTransaction;
use crate::python::cluster::PyWallet;
use crate::python::trace::check_chain;
use crate::trace::{Source, SourceItem, StopItem};

/// Lists in lists that a source may be made of; a list that holds itself has no end.
const DEEPEST: u32 = 8;

/// The label of what is given without one.
const UNLABELLED: &str = "stop_at";

/// A source by its name and what it is made of.
type Group = (Option<String>, Vec<SourceItem>);

/// The source that an output, a transaction, an address, an address set, a wallet, a text that names one of these, a table of outputs, or
/// a list or mapping of these means.
pub fn source(chain: &Chain, given: &Bound<'_, PyAny>) -> PyResult<Source> {
    let groups = groups(chain, given)?;
    Ok(given.py().detach(|| Source::of_groups(chain, groups))?)
}

fn groups(chain: &Chain, given: &Bound<'_, PyAny>) -> PyResult<Vec<Group>> {
    if let Ok(mapping) = given.cast::<PyDict>() {
        let group = |(name, given): (Bound<'_, PyAny>, Bound<'_, PyAny>)| group(chain, Some(name.str()?.to_string()), &given);
        return mapping.iter().map(group).collect();
    }
    if let Ok(set) = given.cast::<PyAddressSet>() {
        let set = &set.get().0;
        check_chain(chain, set.chain(), given)?;
        let known = (0..set.len()).filter_map(|i| Some((set.number(i)?, set.text(i))));
        return Ok(known.map(|(number, text)| (Some(text.to_string()), vec![SourceItem::Address(number)])).collect());
    }
    if is_arrow(given)? {
        return outputs_of_table(chain, given);
    }
    if is_one(given) {
        return Ok(vec![group(chain, None, given)?]);
    }
    match given.try_iter() {
        Ok(list) => list.map(|item| group(chain, None, &item?)).collect(),
        Err(_) => Err(no_source(given)),
    }
}

fn group(chain: &Chain, name: Option<String>, given: &Bound<'_, PyAny>) -> PyResult<Group> {
    let mut items = Vec::new();
    collect(chain, given, &mut items, 0)?;
    let own = || given.cast::<PyString>().ok().map(|text| text.to_string());
    Ok((name.or_else(own), items))
}

fn is_one(given: &Bound<'_, PyAny>) -> bool {
    given.cast::<PyString>().is_ok()
        || given.cast::<PyOutput>().is_ok()
        || given.cast::<PyTransaction>().is_ok()
        || given.cast::<PyAddress>().is_ok()
        || given.cast::<PyWallet>().is_ok()
}

fn is_arrow(given: &Bound<'_, PyAny>) -> PyResult<bool> {
    Ok(given.hasattr("__arrow_c_stream__")? || given.hasattr("__arrow_c_array__")?)
}

fn collect(chain: &Chain, given: &Bound<'_, PyAny>, items: &mut Vec<SourceItem>, depth: u32) -> PyResult<()> {
    if let Ok(output) = given.cast::<PyOutput>() {
        let output = &output.get().0;
        check_chain(chain, output.chain(), given)?;
        if output.number().row() >= chain.counts().outputs {
            return Err(not_yet(chain, &output.transaction()?));
        }
        items.push(SourceItem::Output(output.number()));
    } else if let Ok(tx) = given.cast::<PyTransaction>() {
        let tx = &tx.get().0;
        check_chain(chain, tx.chain(), given)?;
        if tx.number().row() >= chain.counts().transactions {
            return Err(not_yet(chain, tx));
        }
        items.push(SourceItem::Transaction(tx.number()));
    } else if let Ok(address) = given.cast::<PyAddress>() {
        let address = &address.get().address;
        check_chain(chain, address.chain(), given)?;
        items.push(SourceItem::Address(address.number()));
    } else if let Ok(set) = given.cast::<PyAddressSet>() {
        let set = &set.get().0;
        check_chain(chain, set.chain(), given)?;
        items.extend(set.known().map(SourceItem::Address));
    } else if let Ok(wallet) = given.cast::<PyWallet>() {
        let wallet = &wallet.get().0;
        check_chain(chain, wallet.clusters().chain(), given)?;
        items.extend(wallet.members().map(SourceItem::Address));
    } else if let Ok(text) = given.cast::<PyString>() {
        items.extend(SourceItem::named(chain, &text.to_cow()?)?);
    } else if is_arrow(given)? {
        items.extend(outputs_of_table(chain, given)?.into_iter().flat_map(|(_, items)| items));
    } else if let (Ok(list), true) = (given.try_iter(), depth < DEEPEST) {
        for item in list {
            collect(chain, &item?, items, depth + 1)?;
        }
    } else {
        return Err(no_source(given));
    }
    Ok(())
}

fn no_source(given: &Bound<'_, PyAny>) -> PyErr {
    PyTypeError::new_err(format!(
        "{given:?} is no source; give an output, a transaction, an address, an address set, a wallet, a text that names one, a table with txid \
         and position, or a list or mapping of these"
    ))
}

pub fn not_yet(chain: &Chain, tx: &Transaction) -> PyErr {
    let unknown = |txid| Error::UnknownTransaction { txid, height: chain.height().0 };
    tx.txid().map_or_else(PyErr::from, |txid| unknown(txid).into())
}

/// One source a row of a table with the columns txid, position and perhaps amount.
fn outputs_of_table(chain: &Chain, given: &Bound<'_, PyAny>) -> PyResult<Vec<Group>> {
    let wrong = || {
        PyValueError::new_err("the table needs the columns txid (text) and position, and may have amount (satoshi; whole numbers)")
    };
    let (mut groups, mut before) = (Vec::new(), 0);
    for chunk in given.extract::<AnyArray>()?.into_chunked_array()?.chunks() {
        let table = chunk.as_any().downcast_ref::<StructArray>().ok_or_else(wrong)?;
        let cast = |name: &str, of: DataType| table.column_by_name(name).map(|column| exactly(name, column, &of));
        let txids = cast("txid", DataType::Utf8).ok_or_else(wrong)??;
        let positions = cast("position", DataType::Int64).ok_or_else(wrong)??;
        let amounts = cast("amount", DataType::Int64).transpose()?;
        let (txids, positions): (&StringArray, &Int64Array) = (txids.as_string(), positions.as_primitive());
        let amounts = amounts.as_ref().map(|amounts| amounts.as_primitive::<Int64Type>());
        for row in 0..table.len() {
            if txids.is_null(row) || positions.is_null(row) {
                return Err(PyValueError::new_err(format!(
                    "row {} of the table has no txid or no position; leave it out",
                    before + row
                )));
            }
            let name = format!("{}:{}", txids.value(row), positions.value(row));
            let output = chain.output(&txid_named(txids.value(row))?, position(&name, positions.value(row))?)?.number();
            let amount = amounts.filter(|amounts| amounts.is_valid(row)).map(|amounts| amounts.value(row));
            let item = match amount {
                None => SourceItem::Output(output),
                Some(amount) => SourceItem::Part(output, position(&name, amount)?),
            };
            groups.push((Some(name), vec![item]));
        }
        before += table.len();
    }
    Ok(groups)
}

/// A column as another type, if that says exactly the same.
fn exactly(name: &str, column: &ArrayRef, of: &DataType) -> PyResult<ArrayRef> {
    let wrong = || {
        let what = if *of == DataType::Int64 { "whole numbers" } else { "texts" };
        PyValueError::new_err(format!("column {name:?} of the table holds {}; give {what}", column.data_type()))
    };
    if column.data_type().is_floating()
        || *of == DataType::Int64 && !column.data_type().is_integer() && *column.data_type() != DataType::Null
    {
        return Err(wrong());
    }
    let options = CastOptions { safe: false, ..CastOptions::default() };
    arrow_cast::cast_with_options(column, of, &options).map_err(|_| wrong())
}

fn position(name: &str, number: i64) -> PyResult<u64> {
    number
        .try_into()
        .map_err(|_| PyValueError::new_err(format!("the row of {name} has a negative number; positions and amounts have none")))
}

/// What a stop set is made of, with its labels: addresses, address sets, wallets, cluster ids; a list of these; a mapping of these to
/// labels; or a mapping of labels to these.
pub fn stops(chain: &Chain, clusters: Option<&Clusters>, given: &Bound<'_, PyAny>) -> PyResult<Vec<(StopItem, String)>> {
    let mut stops = Stops { chain, clusters, found: Vec::new() };
    let Ok(mapping) = given.cast::<PyDict>() else {
        stops.collect(given, UNLABELLED, 0)?;
        return Ok(stops.found);
    };
    for (key, value) in mapping.iter() {
        match (value.cast::<PyString>(), key.cast::<PyString>()) {
            // Where both are texts, the key is what is labelled.
            (Ok(label), _) => stops.collect(&key, &label.to_cow()?, 0)?,
            (Err(_), Ok(label)) => stops.collect(&value, &label.to_cow()?, 0)?,
            (Err(_), Err(_)) => {
                return Err(PyTypeError::new_err(format!(
                    "{key:?}: {value:?} labels nothing; map what is labelled to its label, or labels to lists"
                )));
            }
        }
    }
    Ok(stops.found)
}

/// A stop set while it is gathered.
struct Stops<'a> {
    chain: &'a Chain,
    clusters: Option<&'a Clusters>,
    found: Vec<(StopItem, String)>,
}

impl Stops<'_> {
    fn collect(&mut self, given: &Bound<'_, PyAny>, label: &str, depth: u32) -> PyResult<()> {
        let chain = self.chain;
        let mut add = |item| self.found.push((item, label.to_string()));
        if let Ok(address) = given.cast::<PyAddress>() {
            let address = &address.get().address;
            check_chain(chain, address.chain(), given)?;
            // What was never paid as of the chain's height cannot be come to.
            if address.number().row() < chain.counts().addresses {
                add(StopItem::Address(address.number()));
            }
        } else if let Ok(set) = given.cast::<PyAddressSet>() {
            let set = &set.get().0;
            check_chain(chain, set.chain(), given)?;
            // Those that were never paid as of the chain's height cannot be come to.
            set.known().filter(|number| number.row() < chain.counts().addresses).for_each(|number| add(StopItem::Address(number)));
        } else if let Ok(wallet) = given.cast::<PyWallet>() {
            let wallet = &wallet.get().0;
            check_chain(chain, wallet.clusters().chain(), given)?;
            // By the rules that made it, its name stands for it; by others, its members may be of several wallets.
            let same = self.clusters.is_some_and(|clusters| clusters.is_same(wallet.clusters()));
            let members: Vec<AddrNum> = if same { wallet.names().to_vec() } else { wallet.members().collect() };
            let known = members.into_iter().filter(|member| member.row() < chain.counts().addresses);
            self.found.extend(known.map(|member| (StopItem::Address(member), label.to_string())));
        } else if let Ok(text) = given.cast::<PyString>() {
            match chain.address(&text.to_cow()?) {
                Ok(address) => add(StopItem::Address(address.number())),
                Err(Error::UnknownAddress { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        } else if let Ok(name) = given.extract::<u32>() {
            add(StopItem::Cluster(AddrNum(name)));
        } else if let (Ok(list), true) = (given.try_iter(), depth < DEEPEST) {
            for item in list {
                self.collect(&item?, label, depth + 1)?;
            }
        } else {
            return Err(PyTypeError::new_err(format!(
                "{given:?} is nothing to stop at; give addresses, address sets, wallets, cluster ids, or a mapping of these to labels"
            )));
        }
        Ok(())
    }
}

/// The clusters of the first wallet in what is given, as of the chain's height.
pub fn clusters_in(chain: &Chain, given: &Bound<'_, PyAny>, depth: u32) -> PyResult<Option<Clusters>> {
    if let Ok(wallet) = given.cast::<PyWallet>() {
        let clusters = wallet.get().0.clusters();
        let same = clusters.chain().height() <= chain.height();
        return Ok(Some(if same { clusters.clone() } else { clusters.at_height(chain.height().0 as i64)? }));
    }
    let is_list = given.cast::<pyo3::types::PyList>().is_ok() || given.cast::<pyo3::types::PyTuple>().is_ok();
    let mapping = given.cast::<PyDict>();
    if depth >= DEEPEST || !is_list && mapping.is_err() {
        return Ok(None);
    }
    for item in given.try_iter()? {
        let item = item?;
        if let Some(found) = clusters_in(chain, &item, depth + 1)? {
            return Ok(Some(found));
        }
        if let Ok(mapping) = mapping
            && let Some(value) = mapping.get_item(&item)?
            && let Some(found) = clusters_in(chain, &value, depth + 1)?
        {
            return Ok(Some(found));
        }
    }
    Ok(None)
}
