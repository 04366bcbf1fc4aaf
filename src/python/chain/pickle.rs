//! Pickles of a chain and its objects.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::chain::{Chain, block_hash_named};
use crate::ids::{AddrNum, OutNum, TxNum, hash_text};
use crate::python::chain::PyChain;
use crate::python::chain::address::PyAddress;
use crate::python::chain::block::PyBlock;
use crate::python::chain::output::PyOutput;
use crate::python::chain::transaction::PyTransaction;
use crate::store::Store;

/// Stores that were opened from pickles, as long as something of them lives: the objects of one pickle share their store.
static RESTORED: Mutex<Vec<Weak<Store>>> = Mutex::new(Vec::new());

/// Opens a chain from its pickle.
#[pyfunction]
#[pyo3(name = "_restore_chain", signature = (store, blocks, height, tip) -> "Chain")]
pub fn restore_chain(store: PathBuf, blocks: Option<PathBuf>, height: i64, tip: &str) -> PyResult<PyChain> {
    let tip = block_hash_named(tip)?;
    let mut restored = RESTORED.lock().unwrap_or_else(PoisonError::into_inner);
    restored.retain(|opened| opened.strong_count() > 0);
    let at_tip = |chain: Chain| chain.at_height(height).ok().filter(|chain| chain.tip().hash().is_ok_and(|hash| hash == tip));
    let same = restored.iter().filter_map(Weak::upgrade).filter(|opened| opened.folder() == store);
    let chain = match same.filter_map(|opened| at_tip(Chain::of(opened).ok()?)).next() {
        Some(chain) => chain,
        None => {
            let chain = Chain::open(&store)?;
            restored.push(Arc::downgrade(chain.store()));
            chain.at_hash(&tip)?
        }
    };
    Ok(PyChain(chain.with_blocks(blocks.as_deref())))
}

#[pymethods]
impl PyChain {
    /// Pickles carry the store's path and the tip's hash; the store must be there when they are read.
    #[pyo3(signature = () -> "tuple[object, ...]")]
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let tip = hash_text(&self.0.tip().hash()?);
        let arguments = (self.0.store().folder(), self.0.blocks_folder(), self.height(), tip).into_pyobject(py)?;
        PyTuple::new(py, [py.import("satrail._core")?.getattr("_restore_chain")?, arguments.into_any()])
    }

    /// An object of the chain by its number; pickles use it.
    #[pyo3(signature = (kind, number) -> "object")]
    fn _object<'py>(&self, py: Python<'py>, kind: &str, number: u64) -> PyResult<Bound<'py, PyAny>> {
        Ok(match kind {
            "block" => PyBlock(self.0.block(self.0.check_height(number as i64)?)?).into_pyobject(py)?.into_any(),
            "transaction" => PyTransaction(self.0.transaction_at(TxNum(number as u32))?).into_pyobject(py)?.into_any(),
            "output" => PyOutput(self.0.output_at(OutNum(number))?).into_pyobject(py)?.into_any(),
            "revealed" => PyAddress::new(self.0.address_at(AddrNum(number as u32))?).revealed()?.into_pyobject(py)?.into_any(),
            _ => PyAddress::new(self.0.address_at(AddrNum(number as u32))?).into_pyobject(py)?.into_any(),
        })
    }
}

/// What a pickle of an object of the chain is: the chain, and the object's kind and number.
pub fn reduce<'py>(py: Python<'py>, chain: &Chain, kind: &str, number: u64) -> PyResult<Bound<'py, PyTuple>> {
    let chain = PyChain(chain.clone()).into_pyobject(py)?.into_any();
    let arguments = (kind, number).into_pyobject(py)?;
    PyTuple::new(py, [chain.getattr("_object")?, arguments.into_any()])
}
