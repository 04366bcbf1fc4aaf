//! What a store is.

use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::ids::hash_text;
use crate::python::convert::{self, datetime};
use crate::store::Store;

/// What a store is, without looking at its rows.
///
/// Raises
/// ------
/// FileNotFoundError : there is no such folder.
/// StoreError : it is no store, or one of a newer format.
///
/// Examples
/// --------
/// >>> info = satrail.info(store)
/// >>> info.network, info.height, info.format
/// ('regtest', 495, 1)
#[pyfunction]
#[pyo3(signature = (store: "str | PathLike[str]", /) -> "StoreInfo")]
pub fn info<'py>(store: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = store.py();
    let opened = Store::open(&convert::path(store)?)?;
    let (info, columns) = (opened.info()?, &opened.columns);
    let tip = info.counts.blocks.checked_sub(1);
    let facts = PyDict::new(py);
    facts.set_item("store", info.folder.display().to_string())?;
    facts.set_item("format", info.format)?;
    facts.set_item("network", info.network.name())?;
    facts.set_item("height", tip)?;
    facts.set_item("tip", tip.map(|tip| columns.blocks_hash.get(tip)).transpose()?.map(|hash| hash_text(&hash)))?;
    facts.set_item("time", tip.map(|tip| columns.blocks_median_time.get(tip)).transpose()?.map(datetime))?;
    facts.set_item("transactions", info.counts.transactions)?;
    facts.set_item("inputs", info.counts.inputs)?;
    facts.set_item("outputs", info.counts.outputs)?;
    facts.set_item("addresses", info.counts.addresses)?;
    facts.set_item("bytes", info.bytes)?;
    facts.set_item("commit", info.commit)?;
    facts.set_item("sources", info.sources.iter().map(|source| source.display().to_string()).collect::<Vec<_>>())?;
    py.import("satrail.report")?.getattr("StoreInfo")?.call((), Some(&facts))
}
