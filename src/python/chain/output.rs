//! Outputs.

use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::chain::{End, Output};
use crate::ids::hash_text;
use crate::python::chain::address::PyAddress;
use crate::python::chain::pickle::reduce;
use crate::python::chain::transaction::{PyInput, PyTransaction};
use crate::python::show;

/// An output of a transaction: a coin, as a thing that moves.
///
/// Examples
/// --------
/// >>> coin = chain.output(chain.block(1).transactions()[0].txid + ":0")
/// >>> coin.value, coin.kind, coin.position
/// (5000000000, 'p2pk', 0)
#[pyclass(name = "Output", module = "satrail", frozen)]
pub struct PyOutput(pub Output);

#[pymethods]
impl PyOutput {
    /// Its name: "txid:n".
    #[getter]
    fn outpoint(&self) -> PyResult<String> {
        Ok(self.0.outpoint()?)
    }

    /// Its number in chain order.
    #[getter]
    fn number(&self) -> u64 {
        self.0.number().0
    }

    /// The transaction that it belongs to.
    #[getter]
    fn transaction(&self) -> PyResult<PyTransaction> {
        Ok(PyTransaction(self.0.transaction()?))
    }

    /// Its place among the transaction's outputs, from 0.
    #[getter]
    fn position(&self) -> PyResult<u32> {
        Ok(self.0.position()?)
    }

    /// Satoshi.
    #[getter]
    fn value(&self) -> PyResult<u64> {
        Ok(self.0.value()?)
    }

    /// The address that it pays.
    #[getter]
    fn address(&self) -> PyResult<PyAddress> {
        Ok(PyAddress::new(self.0.address()?))
    }

    /// The kind of its script: "p2pk", "p2pkh", "p2sh", "multisig", "p2wpkh", "p2wsh", "p2tr", "anchor", "witness_unknown", "op_return" or
    /// "nonstandard", as Bitcoin Core tells them apart.
    #[getter]
    fn kind(&self) -> PyResult<&'static str> {
        Ok(self.0.address()?.kind()?.name())
    }

    /// The input that spends it, as of the chain's height; None while it is unspent.
    #[getter]
    fn spent_by(&self) -> PyResult<Option<PyInput>> {
        Ok(self.0.spent_by()?.map(PyInput))
    }

    /// Whether it can never be spent because it is the genesis block's, or was replaced by a coinbase of the same id (BIP30).
    #[getter]
    fn is_lost(&self) -> PyResult<bool> {
        Ok(matches!(self.0.end()?, End::Lost(_)))
    }

    fn __repr__(&self) -> PyResult<String> {
        Ok(format!("Output({}, value={}, kind={})", self.outpoint()?, self.value()?, self.kind()?))
    }

    fn _repr_html_(&self) -> PyResult<String> {
        let spent = match self.0.end()? {
            End::Unspent => "unspent".to_string(),
            End::Lost(_) => "can never be spent".to_string(),
            End::Spent(tx) => format!("by {}", hash_text(&self.0.chain().txid(tx)?)),
        };
        let facts = [
            ("value", show::bitcoin(self.value()?)),
            ("address", self.0.address()?.name()?),
            ("kind", self.kind()?.to_string()),
            ("spent", spent),
        ];
        Ok(show::facts(&format!("Output {}", self.outpoint()?), &facts))
    }

    fn __eq__(&self, other: &PyOutput) -> PyResult<bool> {
        Ok(self.0.number() == other.0.number() && self.outpoint()? == other.outpoint()?)
    }

    fn __hash__(&self) -> u64 {
        self.0.number().row()
    }

    #[pyo3(signature = () -> "tuple[object, ...]")]
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        reduce(py, self.0.chain(), "output", self.0.number().row())
    }
}
