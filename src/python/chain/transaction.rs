//! Transactions, their inputs and fingerprints.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::blocks::fingerprint::Fingerprint;
use crate::chain::{Input, Transaction};
use crate::ids::hash_text;
use crate::python::chain::address::PyAddress;
use crate::python::chain::block::PyBlock;
use crate::python::chain::output::PyOutput;
use crate::python::chain::pickle::reduce;
use crate::python::convert::datetime;
use crate::python::show;

/// A transaction of a chain.
///
/// Examples
/// --------
/// >>> tx = chain.block(200).transactions()[0]
/// >>> tx.is_coinbase, tx.fee(), tx.height
/// (True, None, 200)
/// >>> sum(output.value for output in tx.outputs()) > 0
/// True
#[pyclass(name = "Transaction", module = "satrail", frozen)]
pub struct PyTransaction(pub Transaction);

#[pymethods]
impl PyTransaction {
    /// Its id, as hex.
    #[getter]
    fn txid(&self) -> PyResult<String> {
        Ok(hash_text(&self.0.txid()?))
    }

    /// Its number in chain order.
    #[getter]
    fn number(&self) -> u32 {
        self.0.number().0
    }

    /// The height of its block.
    #[getter]
    fn height(&self) -> PyResult<u32> {
        Ok(self.0.height()?.0)
    }

    /// Its block.
    #[getter]
    fn block(&self) -> PyResult<PyBlock> {
        Ok(PyBlock(self.0.block()?))
    }

    /// Its place in its block, from 0.
    #[getter]
    fn position(&self) -> PyResult<u32> {
        Ok(self.0.position()?)
    }

    /// The time in its block's header (UTC).
    #[getter]
    fn time(&self) -> PyResult<DateTime<Utc>> {
        Ok(datetime(self.0.time()?))
    }

    /// Its version; negative ones exist.
    #[getter]
    fn version(&self) -> PyResult<i32> {
        Ok(self.0.version()?)
    }

    /// Its locktime: a height below 500,000,000, else seconds UTC.
    #[getter]
    fn locktime(&self) -> PyResult<u32> {
        Ok(self.0.locktime()?)
    }

    /// Bytes, witnesses included.
    #[getter]
    fn size(&self) -> PyResult<u32> {
        Ok(self.0.size()?)
    }

    /// A quarter of the weight, rounded up.
    #[getter]
    fn vsize(&self) -> PyResult<u32> {
        Ok(self.0.vsize()?)
    }

    /// Weight units (BIP141).
    #[getter]
    fn weight(&self) -> PyResult<u32> {
        Ok(self.0.weight()?)
    }

    /// Satoshi that the inputs have more than the outputs; None for a coinbase.
    fn fee(&self) -> PyResult<Option<i64>> {
        Ok(self.0.fee()?)
    }

    /// Whether it is the first of its block, which spends nothing.
    #[getter]
    fn is_coinbase(&self) -> PyResult<bool> {
        Ok(self.0.is_coinbase()?)
    }

    /// Its inputs.
    fn inputs(&self) -> PyResult<Vec<PyInput>> {
        Ok(self.0.inputs()?.map(PyInput).collect())
    }

    /// Its outputs.
    fn outputs(&self) -> PyResult<Vec<PyOutput>> {
        Ok(self.0.outputs()?.map(PyOutput).collect())
    }

    /// What its shape tells about the software that made it.
    #[getter]
    fn fingerprint(&self) -> PyResult<PyFingerprint> {
        Ok(PyFingerprint(self.0.fingerprint()?))
    }

    /// Its bytes, read back from the block files and compared with its id.
    ///
    /// Raises
    /// ------
    /// BlockFilesError : the files are gone, moved or changed; `satrail.open(store, blocks=...)` says where they are.
    #[pyo3(signature = () -> "bytes")]
    fn raw(&self, py: Python<'_>) -> PyResult<Cow<'static, [u8]>> {
        Ok(py.detach(|| self.0.raw())?.into())
    }

    /// The input at a position; pickles use it.
    fn _input(&self, position: usize) -> PyResult<Option<PyInput>> {
        Ok(self.0.inputs()?.nth(position).map(PyInput))
    }

    fn __repr__(&self) -> PyResult<String> {
        let counts = (self.0.input_numbers()?.len(), self.0.output_numbers()?.len());
        Ok(format!("Transaction({}, height={}, inputs={}, outputs={})", self.txid()?, self.height()?, counts.0, counts.1))
    }

    fn _repr_html_(&self) -> PyResult<String> {
        let (inputs, outputs) = (self.0.input_numbers()?, self.0.output_numbers()?);
        let fee = self.fee()?.map_or("none: coinbase".to_string(), |fee| format!("{fee} sat"));
        let facts = [
            ("block", self.height()?.to_string()),
            ("time", crate::chain::time::text(self.0.time()? as i64)),
            ("inputs", inputs.len().to_string()),
            ("outputs", outputs.len().to_string()),
            ("fee", fee),
            ("size", format!("{} bytes, {} vbytes", self.size()?, self.vsize()?)),
        ];
        Ok(show::facts(&format!("Transaction {}", self.txid()?), &facts))
    }

    fn __eq__(&self, other: &PyTransaction) -> PyResult<bool> {
        Ok(self.0.number() == other.0.number() && self.0.txid()? == other.0.txid()?)
    }

    fn __hash__(&self) -> u64 {
        self.0.number().row()
    }

    #[pyo3(signature = () -> "tuple[object, ...]")]
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        reduce(py, self.0.chain(), "transaction", self.0.number().row())
    }
}

/// An input of a transaction.
///
/// Examples
/// --------
/// >>> tx = next(tx for block in chain for tx in block.transactions() if not tx.is_coinbase)
/// >>> tx.inputs()[0].spends.spent_by.transaction == tx
/// True
#[pyclass(name = "Input", module = "satrail", frozen)]
pub struct PyInput(pub Input);

#[pymethods]
impl PyInput {
    /// The transaction that it belongs to.
    #[getter]
    fn transaction(&self) -> PyTransaction {
        PyTransaction(self.0.transaction().clone())
    }

    /// Its place among the transaction's inputs, from 0.
    #[getter]
    fn position(&self) -> u32 {
        self.0.position()
    }

    /// The output that it spends; None for the input of a coinbase.
    #[getter]
    fn spends(&self) -> PyResult<Option<PyOutput>> {
        Ok(self.0.spends()?.map(PyOutput))
    }

    /// Satoshi that it brings in; None for the input of a coinbase.
    #[getter]
    fn value(&self) -> PyResult<Option<u64>> {
        Ok(self.0.value()?)
    }

    /// The address that it spends from; None for the input of a coinbase.
    #[getter]
    fn address(&self) -> PyResult<Option<PyAddress>> {
        Ok(self.0.address()?.map(PyAddress::new))
    }

    /// Its sequence number.
    #[getter]
    fn sequence(&self) -> PyResult<u32> {
        Ok(self.0.sequence()?)
    }

    fn __repr__(&self) -> PyResult<String> {
        let value = self.value()?.map_or("None".to_string(), |value| value.to_string());
        Ok(format!("Input({}, position={}, value={value})", hash_text(&self.0.transaction().txid()?), self.position()))
    }

    fn __eq__(&self, other: &PyInput) -> PyResult<bool> {
        Ok(self.0.number() == other.0.number() && self.0.transaction().txid()? == other.0.transaction().txid()?)
    }

    fn __hash__(&self) -> u64 {
        self.0.number().row()
    }

    #[pyo3(signature = () -> "tuple[object, ...]")]
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let transaction = self.transaction().into_pyobject(py)?.into_any();
        PyTuple::new(py, [transaction.getattr("_input")?, (self.position(),).into_pyobject(py)?.into_any()])
    }
}

/// What a transaction's shape tells about the software that made it. Lists name the classes that occur in it.
///
/// Examples
/// --------
/// >>> print(chain.block(1).transactions()[0].fingerprint.sequences)
/// ['final']
#[pyclass(name = "Fingerprint", module = "satrail", frozen, eq, hash)]
#[derive(PartialEq, Eq, Hash, Clone, Copy)]
pub struct PyFingerprint(Fingerprint);

#[pymethods]
impl PyFingerprint {
    #[new]
    fn new(bits: u32) -> PyFingerprint {
        PyFingerprint(Fingerprint(bits))
    }

    /// All of it as a number; docs/format.md says what each bit means.
    #[getter]
    fn bits(&self) -> u32 {
        self.0.0
    }

    /// Whether it has a witness.
    #[getter]
    fn segwit(&self) -> bool {
        self.0.segwit()
    }

    /// Whether inputs and outputs both stand in the order of BIP69.
    #[getter]
    fn bip69(&self) -> bool {
        self.0.bip69()
    }

    /// Whether it signals that it may be replaced (BIP125).
    #[getter]
    fn replaceable(&self) -> bool {
        self.0.replaceable()
    }

    /// Classes of its inputs' sequences: "final", "locktime", "replaceable", "relative".
    #[getter]
    fn sequences(&self) -> Vec<&'static str> {
        self.0.sequences()
    }

    /// Whether all ECDSA signatures have a low R; None when there are none.
    #[getter]
    fn low_r(&self) -> Option<bool> {
        self.0.low_r()
    }

    /// Whether an input spends a taproot output by its key, with a Schnorr signature.
    #[getter]
    fn schnorr(&self) -> bool {
        self.0.schnorr()
    }

    /// Whether all public keys shown are compressed; None when none is shown.
    #[getter]
    fn compressed_keys(&self) -> Option<bool> {
        self.0.compressed_keys()
    }

    /// Kinds of the outputs that it spends.
    #[getter]
    fn input_kinds(&self) -> Vec<&'static str> {
        self.0.input_kinds()
    }

    /// Kinds of its outputs.
    #[getter]
    fn output_kinds(&self) -> Vec<&'static str> {
        self.0.output_kinds()
    }

    fn __repr__(&self) -> String {
        let flag = |name: &str, on: bool| if on { format!(", {name}") } else { String::new() };
        let flags = flag("segwit", self.segwit()) + &flag("bip69", self.bip69()) + &flag("replaceable", self.replaceable());
        format!("Fingerprint({} -> {}{flags})", self.input_kinds().join("+"), self.output_kinds().join("+"))
    }

    #[pyo3(signature = () -> "tuple[object, ...]")]
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, [py.get_type::<PyFingerprint>().into_any(), (self.bits(),).into_pyobject(py)?.into_any()])
    }
}
