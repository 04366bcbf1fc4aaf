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
/// StoreError : it is not a store, or one of a newer format.
///
/// Examples
/// --------
/// >>> info = satrail.inspect(store)
/// >>> info.network, info.height, info.format
/// ('regtest', 495, 1)
#[pyfunction]
#[pyo3(signature = (store: "str | PathLike[str]", /) -> "StoreInfo")]
pub fn inspect<'py>(store: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = store.py();
    let info = Store::open(&convert::path(store)?)?.info()?;
    let facts = PyDict::new(py);
    facts.set_item("store", info.folder.display().to_string())?;
    facts.set_item("format", info.format)?;
    facts.set_item("network", info.network.name())?;
    facts.set_item("height", info.counts.blocks.checked_sub(1))?;
    facts.set_item("tip", info.tip.map(|(hash, _)| hash_text(&hash)))?;
    facts.set_item("time", info.tip.map(|(_, time)| datetime(time)))?;
    facts.set_item("transactions", info.counts.transactions)?;
    facts.set_item("inputs", info.counts.inputs)?;
    facts.set_item("outputs", info.counts.outputs)?;
    facts.set_item("addresses", info.counts.addresses)?;
    facts.set_item("bytes", info.bytes)?;
    facts.set_item("commit", info.commit)?;
    facts.set_item("sources", info.sources.iter().map(|source| source.display().to_string()).collect::<Vec<_>>())?;
    py.import("satrail.report")?.getattr("StoreInfo")?.call((), Some(&facts))
}
