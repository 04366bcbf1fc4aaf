//! Blocks.

use chrono::{DateTime, Utc};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::chain::{Block, Chain};
use crate::ids::{Height, hash_text};
use crate::python::chain::pickle::reduce;
use crate::python::chain::transaction::PyTransaction;
use crate::python::convert::datetime;
use crate::python::show;

/// A block of a chain.
///
/// Examples
/// --------
/// >>> block = chain.block(1)
/// >>> block.height, len(block), block.parent == chain.block(0).hash
/// (1, 1, True)
#[pyclass(name = "Block", module = "satrail", frozen)]
pub struct PyBlock(pub Block);

#[pymethods]
impl PyBlock {
    /// Its distance from the genesis block.
    #[getter]
    fn height(&self) -> u32 {
        self.0.height().0
    }

    /// Its hash, as hex.
    #[getter]
    fn hash(&self) -> PyResult<String> {
        Ok(hash_text(&self.0.hash()?))
    }

    /// The hash of the block before it; zeros for the genesis block.
    #[getter]
    fn parent(&self) -> PyResult<String> {
        Ok(hash_text(&self.0.parent()?))
    }

    /// The Merkle root of its transactions, as hex.
    #[getter]
    fn merkle_root(&self) -> PyResult<String> {
        Ok(hash_text(&self.0.header()?[36..68].try_into().expect("32 bytes")))
    }

    /// The 80 bytes of its header.
    #[getter]
    fn header(&self) -> PyResult<std::borrow::Cow<'static, [u8]>> {
        Ok(self.0.header()?.to_vec().into())
    }

    /// The time in its header (UTC). It may be earlier than that of the block before.
    #[getter]
    fn time(&self) -> PyResult<DateTime<Utc>> {
        Ok(datetime(self.0.time()?))
    }

    /// The median of the last eleven header times, its own included (UTC); dates are compared with it.
    #[getter]
    fn median_time(&self) -> PyResult<DateTime<Utc>> {
        Ok(datetime(self.0.median_time()?))
    }

    /// Bytes, witnesses included.
    #[getter]
    fn size(&self) -> PyResult<u32> {
        Ok(self.0.size()?)
    }

    /// Weight units (BIP141).
    #[getter]
    fn weight(&self) -> PyResult<u32> {
        Ok(self.0.weight()?)
    }

    /// The expected number of hashes done for the chain up to this block.
    #[getter]
    fn chain_work(&self) -> PyResult<u128> {
        let work = self.0.chain_work()?;
        Ok(u128::from_be_bytes(work[16..].try_into().expect("16 bytes")))
    }

    /// Its transactions, the coinbase first.
    fn transactions(&self) -> PyResult<Vec<PyTransaction>> {
        Ok(self.0.transactions()?.map(PyTransaction).collect())
    }

    fn __len__(&self) -> PyResult<usize> {
        Ok(self.0.transaction_numbers()?.len())
    }

    fn __repr__(&self) -> PyResult<String> {
        Ok(format!("Block(height={}, hash={}, transactions={})", self.height(), self.hash()?, self.__len__()?))
    }

    fn _repr_html_(&self) -> PyResult<String> {
        let facts = [
            ("hash", self.hash()?),
            ("parent", self.parent()?),
            ("time", crate::chain::time::text(self.0.time()? as i64)),
            ("transactions", show::number(self.__len__()? as u64)),
            ("size", format!("{} bytes", show::number(self.size()? as u64))),
        ];
        Ok(show::facts(&format!("Block {}", self.height()), &facts))
    }

    fn __eq__(&self, other: &PyBlock) -> PyResult<bool> {
        Ok(self.0.hash()? == other.0.hash()?)
    }

    fn __hash__(&self) -> PyResult<u64> {
        let hash = self.0.hash()?;
        Ok(u64::from_le_bytes(hash[..8].try_into().expect("eight bytes")))
    }

    #[pyo3(signature = () -> "tuple[object, ...]")]
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        reduce(py, self.0.chain(), "block", self.0.height().row())
    }
}

/// The blocks of a chain, one after the other.
#[pyclass(name = "Blocks", module = "satrail", frozen)]
pub struct PyBlocks {
    chain: Chain,
    next: std::sync::atomic::AtomicU64,
}

impl PyBlocks {
    pub fn new(chain: Chain) -> PyBlocks {
        PyBlocks { chain, next: 0.into() }
    }
}

#[pymethods]
impl PyBlocks {
    fn __iter__(this: PyRef<'_, Self>) -> PyRef<'_, Self> {
        this
    }

    fn __next__(&self) -> PyResult<Option<PyBlock>> {
        let height = self.next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Ok(if height < self.chain.counts().blocks { Some(PyBlock(self.chain.block(Height(height as u32))?)) } else { None })
    }
}
