//! Wallets.

use pyo3::prelude::*;

use crate::chain::Chain;
use crate::cluster::{Clusters, Wallet};
use crate::ids::AddrNum;
use crate::python::cluster::PyClusters;
use crate::python::given::addresses::{self};
use crate::python::given::named;
use crate::python::progress::while_not_interrupted;
use crate::python::proof::PyProof;
use crate::python::proof::why;
use crate::python::recipe::made_by_recipe;
use crate::python::show;
use crate::python::table::PyTable;

/// The wallets of clusters, one after the other.
#[pyclass(name = "Wallets", module = "satrail", frozen)]
pub struct PyWallets {
    clusters: Clusters,
    ids: Vec<AddrNum>,
    next: std::sync::atomic::AtomicUsize,
}

impl PyWallets {
    pub fn new(clusters: Clusters, ids: Vec<AddrNum>) -> PyWallets {
        PyWallets { clusters, ids, next: 0.into() }
    }
}

#[pymethods]
impl PyWallets {
    fn __iter__(this: PyRef<'_, Self>) -> PyRef<'_, Self> {
        this
    }

    fn __next__(&self) -> PyResult<Option<PyWallet>> {
        let place = self.next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        self.ids.get(place).map(|id| Ok(PyWallet(self.clusters.wallet([*id])?))).transpose()
    }
}

/// One or several clusters seen as somebody's purse.
///
/// Examples
/// --------
/// >>> wallet = chain.cluster().largest(1)[0]
/// >>> wallet.balance() == wallet.received() - wallet.sent()
/// True
#[pyclass(name = "Wallet", module = "satrail", frozen)]
pub struct PyWallet(pub Wallet);

made_by_recipe!(PyWallet, |wallet| wallet.0.clusters().chain(), |wallet| wallet.0.recipe());

#[pymethods]
impl PyWallet {
    /// The clusters that it is of.
    #[getter]
    fn clusters(&self) -> PyClusters {
        PyClusters(self.0.clusters().clone())
    }

    /// The ids of its clusters, ascending.
    #[getter]
    fn cluster_ids(&self) -> Vec<u32> {
        self.0.names().iter().map(|name| name.0).collect()
    }

    /// How many addresses it has.
    fn size(&self, py: Python<'_>) -> u64 {
        py.detach(|| self.0.size())
    }

    /// Satoshi of all outputs that pay it; what moves within it counts, too.
    fn received(&self, py: Python<'_>) -> PyResult<u64> {
        self.sum(py, |totals| totals.received)
    }

    /// Satoshi of those that were spent.
    fn sent(&self, py: Python<'_>) -> PyResult<u64> {
        self.sum(py, |totals| totals.sent)
    }

    /// Satoshi that can still be spent.
    fn balance(&self, py: Python<'_>) -> PyResult<u64> {
        self.sum(py, |totals| totals.balance())
    }

    /// Its addresses: cluster_id, address_number, address.
    #[pyo3(signature = () -> "Table")]
    fn members(&self, py: Python<'_>) -> PyResult<PyTable> {
        Ok(PyTable(py.detach(|| self.0.clusters().members_table(self.0.names()))?))
    }

    /// Its clusters, one row each, with the columns of `Clusters.table`.
    #[pyo3(signature = () -> "Table")]
    fn table(&self, py: Python<'_>) -> PyResult<PyTable> {
        Ok(PyTable(while_not_interrupted(py, |go_on| self.0.table(go_on))?))
    }

    /// Why two of its addresses are together; see `Clusters.why`.
    #[pyo3(signature = (a: "Address | Output | str", b: "Address | Output | str", /, *, shortest = false) -> "Proof")]
    fn why(&self, a: &Bound<'_, PyAny>, b: &Bound<'_, PyAny>, shortest: bool) -> PyResult<PyProof> {
        why(self.0.clusters(), a, b, shortest)
    }

    /// Whether an address is one of it; False for one that was never paid.
    fn __contains__(&self, address: &Bound<'_, PyAny>) -> PyResult<bool> {
        Ok(known_number(self.0.clusters().chain(), address)?.is_some_and(|number| self.0.contains(number)))
    }

    fn __len__(&self) -> usize {
        self.0.size() as usize
    }

    fn __repr__(&self) -> PyResult<String> {
        let clusters = self.0.clusters();
        Ok(match self.0.names() {
            [name] => format!(
                "Wallet({} addresses, cluster {name} of {}, height={})",
                show::number(self.0.size()),
                show::cut(&clusters.chain().address_at(*name)?.name()?),
                clusters.chain().height()
            ),
            names => format!(
                "Wallet({} addresses in {} clusters, height={})",
                show::number(self.0.size()),
                names.len(),
                clusters.chain().height()
            ),
        })
    }

    fn _repr_html_(&self, py: Python<'_>) -> PyResult<String> {
        let facts = [
            ("addresses", show::number(self.size(py))),
            ("clusters", show::number(self.0.names().len() as u64)),
            ("received", show::bitcoin(self.received(py)?)),
            ("sent", show::bitcoin(self.sent(py)?)),
            ("balance", show::bitcoin(self.balance(py)?)),
            ("as of height", self.0.clusters().chain().height().to_string()),
        ];
        Ok(show::facts("Wallet", &facts))
    }
}

impl PyWallet {
    fn sum(&self, py: Python<'_>, part: impl Fn(&crate::cluster::Totals) -> u64) -> PyResult<u64> {
        let totals = while_not_interrupted(py, |go_on| self.0.totals(go_on))?;
        Ok(totals.iter().map(part).sum())
    }
}

/// The number of an address; none where it was never paid.
pub fn known_number(chain: &Chain, address: &Bound<'_, PyAny>) -> PyResult<Option<AddrNum>> {
    match named(chain, address).and_then(|named| addresses::address(chain, &named)) {
        Ok(number) => Ok(Some(number)),
        Err(error) if error.is_instance_of::<crate::python::error::NotInChainError>(address.py()) => Ok(None),
        Err(error) => Err(error),
    }
}
