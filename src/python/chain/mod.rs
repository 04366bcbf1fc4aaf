//! The chain.

pub mod address;
pub mod address_set;
pub mod block;
pub mod output;
pub mod pickle;
mod tables;
pub mod transaction;

use std::path::PathBuf;
use std::sync::OnceLock;

use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::chain::{Chain, txid_named};
use crate::ids::{hash_text, hex};
use crate::python::chain::address::PyAddress;
use crate::python::chain::address_set::PyAddressSet;
use crate::python::chain::block::{PyBlock, PyBlocks};
use crate::python::chain::output::PyOutput;
use crate::python::chain::transaction::PyTransaction;
use crate::python::convert;
use crate::python::given::{self, moment};
use crate::python::progress::while_not_interrupted;
use crate::python::show;

/// The chain of a store, as of a height.
///
/// All that is asked of it is answered as if later blocks did not exist. It can be shared by threads; it keeps showing the
/// version of the store that it was opened at, whatever is ingested meanwhile.
///
/// Examples
/// --------
/// >>> chain.height, chain.network
/// (495, 'regtest')
/// >>> chain.at(100).height
/// 100
/// >>> chain.block(0).hash
/// '0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206'
#[pyclass(name = "Chain", module = "satrail", frozen)]
pub struct PyChain(pub Chain);

/// Opens a store for reading, at the tip of its last commit.
///
/// Parameters
/// ----------
/// store : path of a folder that `satrail.ingest` has made.
/// blocks : path of the node's block files, if they have moved since the ingest. Only raw bytes are read from them.
///
/// Raises
/// ------
/// FileNotFoundError : there is no such folder.
/// StoreError : it is not a store, one of a newer format, a damaged or an empty one.
///
/// Examples
/// --------
/// >>> satrail.open(store).height
/// 495
#[pyfunction]
#[pyo3(signature = (store: "str | PathLike[str]", *, blocks: "str | PathLike[str] | None" = None) -> "Chain")]
pub fn open(store: &Bound<'_, PyAny>, blocks: Option<&Bound<'_, PyAny>>) -> PyResult<PyChain> {
    // The chain outlives a change of the working folder, and so do its pickles.
    let fixed = |path: PathBuf| std::path::absolute(&path).unwrap_or(path);
    let blocks = blocks.map(convert::path).transpose()?.map(fixed);
    Ok(PyChain(Chain::open(&fixed(convert::path(store)?))?.with_blocks(blocks.as_deref())))
}

#[pymethods]
impl PyChain {
    /// The height of the last block.
    #[getter]
    fn height(&self) -> u32 {
        self.0.height().0
    }

    /// The last block.
    #[getter]
    fn tip(&self) -> PyBlock {
        PyBlock(self.0.tip())
    }

    /// What the chain is: its network, height, and the hash of the block at that height. Takes constant time, and is the same whatever
    /// store, files or version it is asked of.
    #[getter]
    fn identity(&self) -> PyResult<(String, u32, String)> {
        let identity = self.0.identity()?;
        Ok((identity.network, identity.height.0, hash_text(&identity.block)))
    }

    /// "mainnet", "testnet3", "testnet4", "signet" or "regtest".
    #[getter]
    fn network(&self) -> &'static str {
        self.0.network().name()
    }

    /// The median time past of the last block (UTC): the time by which dates are compared.
    #[getter]
    fn time(&self) -> PyResult<chrono::DateTime<chrono::Utc>> {
        Ok(convert::datetime(self.0.tip().median_time()?))
    }

    /// The folder of the store.
    #[getter]
    fn store(&self) -> String {
        self.0.store().folder().display().to_string()
    }

    /// How many blocks, transactions, inputs, outputs and addresses there are; an address is a distinct output script.
    #[getter]
    fn counts(&self) -> std::collections::BTreeMap<&'static str, u64> {
        let counts = self.0.counts();
        [
            ("blocks", counts.blocks),
            ("transactions", counts.transactions),
            ("inputs", counts.inputs),
            ("outputs", counts.outputs),
            ("addresses", counts.addresses),
        ]
        .into()
    }

    /// The chain as it was at a moment: a height, a block hash, or a date (ISO text, date, datetime, numpy.datetime64 or pandas Timestamp;
    /// without a time zone it is UTC), or seconds since 1970 as a float.
    ///
    /// A date means the last block whose median time past is not later. Header times are not used for it, because they can go
    /// back; the median of the last eleven cannot.
    ///
    /// Raises
    /// ------
    /// NotInChainError : a height beyond the tip, an unknown hash, a date before the first block or more than a day after the last.
    /// ValueError : a text that is neither a date nor a hash.
    ///
    /// Examples
    /// --------
    /// >>> chain.at(10).counts["blocks"]
    /// 11
    /// >>> chain.at("2024-01-03").time <= chain.time
    /// True
    #[pyo3(signature = (moment: "Moment", /) -> "Chain")]
    fn at(&self, moment: &Bound<'_, PyAny>) -> PyResult<PyChain> {
        Ok(PyChain(moment::at(&self.0, moment)?))
    }

    /// The block at a height or with a hash; a date means the last block whose median time past is not later.
    ///
    /// Raises
    /// ------
    /// NotInChainError : there is no such block in the chain.
    ///
    /// Examples
    /// --------
    /// >>> chain.block(1).transactions()[0].is_coinbase
    /// True
    #[pyo3(signature = (moment: "Moment", /) -> "Block")]
    fn block(&self, moment: &Bound<'_, PyAny>) -> PyResult<PyBlock> {
        // Not the tip of that moment's chain, which would know nothing of what came later.
        Ok(PyBlock(self.0.block(moment::at(&self.0, moment)?.height())?))
    }

    /// The transaction with an id (64 hex digits).
    ///
    /// Of two with the same id (there are two such pairs of coinbases, see BIP30) it is the later one.
    ///
    /// Raises
    /// ------
    /// ValueError : the text is not a transaction id.
    /// NotInChainError : no such transaction is in the chain.
    ///
    /// Examples
    /// --------
    /// >>> tx = chain.block(200).transactions()[0]
    /// >>> chain.tx(tx.txid) == tx
    /// True
    #[pyo3(signature = (txid, /) -> "Transaction")]
    fn tx(&self, txid: &str) -> PyResult<PyTransaction> {
        Ok(PyTransaction(self.0.transaction(&txid_named(txid)?)?))
    }

    /// The output that "txid:n" names, n being its position from 0.
    ///
    /// Raises
    /// ------
    /// ValueError : the text is not of that form.
    /// NotInChainError : no such transaction is in the chain, or it has no such output.
    ///
    /// Examples
    /// --------
    /// >>> chain.output(chain.block(1).transactions()[0].txid + ":0").value
    /// 5000000000
    #[pyo3(signature = (outpoint, /) -> "Output")]
    fn output(&self, outpoint: &str) -> PyResult<PyOutput> {
        Ok(PyOutput(self.0.output_named(outpoint)?))
    }

    /// The address of a text: an address of the chain's network, or an output script in hex (some scripts have no address text).
    ///
    /// Raises
    /// ------
    /// ValueError : the text is not an address of this network; the message says why.
    /// NotInChainError : the address was never paid, up to the chain's height.
    ///
    /// Examples
    /// --------
    /// >>> address = chain.block(300).transactions()[0].outputs()[0].address
    /// >>> chain.address(address.text) == chain.address(address.script)
    /// True
    #[pyo3(signature = (text, /) -> "Address")]
    fn address(&self, text: &str) -> PyResult<PyAddress> {
        Ok(PyAddress::new(self.0.address(text)?))
    }

    /// A set of addresses, up to millions, of which many may never have been paid.
    ///
    /// Parameters
    /// ----------
    /// texts : a list of texts; a column (of polars, pandas, pyarrow, NumPy), or a table with a column "address"; the path of a text, CSV or
    ///     Parquet file; or what stands for addresses: `Address`, `AddressSet`, `Wallet`, or a list or mapping of these. Texts are addresses
    ///     or output scripts in hex. Repeated ones count once; those that are not an address are kept with the reason in `rejected`.
    ///
    /// Examples
    /// --------
    /// >>> watch = chain.addresses([chain.block(300).transactions()[0].outputs()[0].address.text, "no address"])
    /// >>> len(watch), len(watch.rejected)
    /// (1, 1)
    #[pyo3(signature = (texts: "Addresses | Iterable[str | None]", /) -> "AddressSet")]
    fn addresses(&self, texts: &Bound<'_, PyAny>) -> PyResult<PyAddressSet> {
        let given = given::named::texts(texts)?;
        Ok(texts.py().detach(|| PyAddressSet(self.0.addresses(&given))))
    }

    /// One SHA-256 over all that the chain says up to its height, as hex: the same for the same blocks on any machine, whatever
    /// files they stood in and however they were ingested. docs/format.md has its definition.
    ///
    /// Examples
    /// --------
    /// >>> chain.digest() == satrail.open(store).digest()
    /// True
    fn digest(&self, py: Python<'_>) -> PyResult<String> {
        Ok(hex(&while_not_interrupted(py, |go_on| self.0.digest_while(go_on))?))
    }

    /// The headers of all blocks from the genesis block on, 80 bytes each: what a proof is checked against.
    ///
    /// Examples
    /// --------
    /// >>> len(chain.headers()) == 80 * len(chain)
    /// True
    fn headers<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.0.headers())
    }

    fn __len__(&self) -> usize {
        self.0.counts().blocks as usize
    }

    fn __iter__(&self) -> PyBlocks {
        PyBlocks::new(self.0.clone())
    }

    fn __repr__(&self) -> PyResult<String> {
        let tip = hash_text(&self.0.tip().hash()?);
        Ok(format!("Chain({}, {}, height={}, tip={tip})", self.store(), self.network(), self.height()))
    }

    fn _repr_html_(&self) -> PyResult<String> {
        let tip = self.0.tip();
        let counts = self.0.counts();
        let mut facts = vec![
            ("store", self.store()),
            ("height", show::number(self.height() as u64)),
            ("tip", hash_text(&tip.hash()?)),
            ("median time past", crate::chain::time::text(tip.median_time()? as i64)),
        ];
        let tables = [
            ("transactions", counts.transactions),
            ("inputs", counts.inputs),
            ("outputs", counts.outputs),
            ("addresses", counts.addresses),
        ];
        facts.extend(tables.map(|(name, count)| (name, show::number(count))));
        Ok(show::facts(&format!("Chain of {}", self.network()), &facts))
    }

    fn __eq__(&self, other: &PyChain) -> PyResult<bool> {
        Ok(self.0.identity()? == other.0.identity()?)
    }

    fn __hash__(&self) -> PyResult<u64> {
        let hash = self.0.tip().hash()?;
        Ok(u64::from_le_bytes(hash[..8].try_into().expect("eight bytes")))
    }
}

/// A value that is computed once for an object that never changes.
pub fn once<T: Copy>(cell: &OnceLock<T>, compute: impl FnOnce() -> crate::Result<T>) -> crate::Result<T> {
    match cell.get() {
        Some(value) => Ok(*value),
        None => compute().map(|value| *cell.get_or_init(|| value)),
    }
}
