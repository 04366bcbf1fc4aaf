//! Addresses.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::OnceLock;

use chrono::{DateTime, Utc};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::chain::{Address, AddressTotals, RevealedKeys};
use crate::ids::{TxNum, hex};
use crate::python::chain::once;
use crate::python::chain::output::PyOutput;
use crate::python::chain::pickle::reduce;
use crate::python::chain::transaction::PyTransaction;
use crate::python::convert::datetime;
use crate::python::show;

/// An address: one distinct output script, and all that happened to it, as of the chain's height. Amounts are satoshi.
///
/// Examples
/// --------
/// >>> address = chain.block(300).transactions()[0].outputs()[0].address
/// >>> address.received() - address.sent() == address.balance()
/// True
/// >>> address.first_height() <= 300 <= address.last_height()
/// True
#[pyclass(name = "Address", module = "satrail", frozen)]
pub struct PyAddress {
    pub address: Address,
    flows: OnceLock<AddressTotals>,
}

impl PyAddress {
    pub fn new(address: Address) -> PyAddress {
        PyAddress { address, flows: OnceLock::new() }
    }

    fn flows(&self, py: Python<'_>) -> PyResult<AddressTotals> {
        Ok(py.detach(|| once(&self.flows, || self.address.totals()))?)
    }

    fn height_of(&self, tx: Option<TxNum>) -> PyResult<Option<u32>> {
        Ok(tx.map(|tx| self.address.chain().height_of(tx)).transpose()?.map(|height| height.0))
    }

    fn time_of(&self, tx: Option<TxNum>) -> PyResult<Option<DateTime<Utc>>> {
        let chain = self.address.chain();
        Ok(tx.map(|tx| chain.height_of(tx).and_then(|height| chain.time_at(height))).transpose()?.map(datetime))
    }
}

#[pymethods]
impl PyAddress {
    /// Its text on the chain's network; None for kinds that have none (p2pk, multisig, op_return, nonstandard).
    #[getter]
    fn text(&self) -> PyResult<Option<String>> {
        Ok(self.address.text()?)
    }

    /// Its output script, as hex.
    #[getter]
    fn script(&self) -> PyResult<String> {
        Ok(hex(&self.address.script()?))
    }

    /// Its number, in order of first appearance in the chain.
    #[getter]
    fn number(&self) -> u32 {
        self.address.number().0
    }

    /// The kind of its script, as in `Output.kind`.
    #[getter]
    fn kind(&self) -> PyResult<&'static str> {
        Ok(self.address.kind()?.name())
    }

    /// Satoshi that it received and that were neither sent on nor lost for good.
    fn balance(&self, py: Python<'_>) -> PyResult<u64> {
        Ok(self.flows(py)?.balance())
    }

    /// Satoshi of all outputs that pay it.
    fn received(&self, py: Python<'_>) -> PyResult<u64> {
        Ok(self.flows(py)?.received)
    }

    /// Satoshi of its outputs that were spent.
    fn sent(&self, py: Python<'_>) -> PyResult<u64> {
        Ok(self.flows(py)?.sent)
    }

    /// The number of outputs that pay it.
    fn payments(&self, py: Python<'_>) -> PyResult<u64> {
        Ok(self.flows(py)?.outputs)
    }

    /// The height of the first transaction that pays it.
    fn first_height(&self, py: Python<'_>) -> PyResult<Option<u32>> {
        self.height_of(self.flows(py)?.first)
    }

    /// The height of the last transaction that pays it or spends from it.
    fn last_height(&self, py: Python<'_>) -> PyResult<Option<u32>> {
        self.height_of(self.flows(py)?.last)
    }

    /// The time of the first block that pays it (UTC).
    fn first_time(&self, py: Python<'_>) -> PyResult<Option<DateTime<Utc>>> {
        self.time_of(self.flows(py)?.first)
    }

    /// The time of the last block that pays it or spends from it (UTC).
    fn last_time(&self, py: Python<'_>) -> PyResult<Option<DateTime<Utc>>> {
        self.time_of(self.flows(py)?.last)
    }

    /// The outputs that pay it, in chain order.
    fn outputs(&self, py: Python<'_>) -> Vec<PyOutput> {
        py.detach(|| self.address.outputs()).into_iter().map(PyOutput).collect()
    }

    /// The transactions that pay it or spend from it, in chain order.
    fn transactions(&self, py: Python<'_>) -> PyResult<Vec<PyTransaction>> {
        let transactions = py.detach(|| self.address.transactions())?;
        Ok(transactions.into_iter().map(PyTransaction).collect())
    }

    /// What its first spend revealed; None before it, and for kinds that hide nothing.
    #[getter]
    pub fn revealed(&self) -> PyResult<Option<PyRevealed>> {
        let revealed = self.address.revealed()?;
        Ok(revealed.map(|keys| PyRevealed { address: self.address.clone(), keys }))
    }

    fn __repr__(&self) -> PyResult<String> {
        Ok(format!("Address({}, {})", show::cut(&self.address.name()?), self.kind()?))
    }

    fn _repr_html_(&self, py: Python<'_>) -> PyResult<String> {
        let flows = self.flows(py)?;
        let height =
            |tx| self.height_of(tx).map(|height| height.map_or("never".to_string(), |height| format!("at height {height}")));
        let facts = [
            ("kind", self.kind()?.to_string()),
            ("balance", show::bitcoin(flows.balance())),
            ("received", format!("{} in {} payments", show::bitcoin(flows.received), show::number(flows.outputs))),
            ("sent", show::bitcoin(flows.sent)),
            ("first seen", height(flows.first)?),
            ("last seen", height(flows.last)?),
        ];
        Ok(show::facts(&format!("Address {}", self.address.name()?), &facts))
    }

    fn __eq__(&self, other: &PyAddress) -> PyResult<bool> {
        Ok(self.address.number() == other.address.number() && self.address.script()? == other.address.script()?)
    }

    fn __hash__(&self) -> u64 {
        self.address.number().row()
    }

    #[pyo3(signature = () -> "tuple[object, ...]")]
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        reduce(py, self.address.chain(), "address", self.address.number().row())
    }
}

/// What the first spend from an address revealed. It is taken from the spend's form: before the soft forks that made p2sh, segwit and
/// taproot rules, such outputs could be spent in any way.
///
/// Examples
/// --------
/// >>> spent = next(o for b in chain for t in b.transactions() for o in t.outputs() if o.kind == "p2wpkh" and o.spent_by)
/// >>> spent.address.revealed.inner, len(spent.address.revealed.keys)
/// ('key', 1)
#[pyclass(name = "Revealed", module = "satrail", frozen)]
pub struct PyRevealed {
    address: Address,
    keys: RevealedKeys,
}

#[pymethods]
impl PyRevealed {
    /// What stood behind the address: "key", "p2pk", "p2pkh", "multisig", "other", "key_path" or "script_path".
    #[getter]
    fn inner(&self) -> &'static str {
        self.keys.inner.name()
    }

    /// Whether a p2sh address turned out to hold a witness program.
    #[getter]
    fn wrapped(&self) -> bool {
        self.keys.wrapped
    }

    /// Signatures needed; 0 where it cannot be told.
    #[getter]
    fn required(&self) -> u8 {
        self.keys.required
    }

    /// Keys listed; 0 where it cannot be told.
    #[getter]
    fn total(&self) -> u8 {
        self.keys.total
    }

    /// The public keys as hex of 33 bytes. One that was shown uncompressed begins with 04 or 05 (even or odd y) in place of 02 or 03.
    #[getter]
    fn keys(&self) -> Vec<String> {
        self.keys.keys.iter().map(|key| hex(key)).collect()
    }

    fn __repr__(&self) -> String {
        format!(
            "Revealed({}, wrapped={}, {} of {})",
            self.inner(),
            if self.wrapped() { "True" } else { "False" },
            self.required(),
            self.total()
        )
    }

    fn __eq__(&self, other: &PyRevealed) -> bool {
        self.keys == other.keys
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.inner(), self.wrapped(), self.required(), self.total(), &self.keys.keys).hash(&mut hasher);
        hasher.finish()
    }

    #[pyo3(signature = () -> "tuple[object, ...]")]
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        reduce(py, self.address.chain(), "revealed", self.address.number().row())
    }
}
