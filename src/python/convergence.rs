//! Where payments meet again.

use pyo3::prelude::*;

use crate::chain::Chain;
use crate::cluster::Wallet;
use crate::convergence::{Convergence, ConvergenceOptions};
use crate::ids::hash_text;
use crate::python::chain::PyChain;
use crate::python::chain::transaction::PyTransaction;
use crate::python::convert;
use crate::python::given::clusters::given_or_brought;
use crate::python::given::{named, source, stops};
use crate::python::progress::while_not_interrupted;
use crate::python::recipe::made_by_recipe;
use crate::python::show;
use crate::python::table::PyTable;
use crate::python::wallet::PyWallet;

#[pymethods]
impl PyChain {
    /// Where several payments meet again, as test payments to a service gather in its wallet: the first transaction that all of them reach, and
    /// with clusters the first wallet. The search ends at the first place where all are together. docs/convergence.md says what each word means.
    ///
    /// Parameters
    /// ----------
    /// outputs : the payments, from 2 to 128, as what a trace can begin at: outputs, texts like "txid:n", a table with txid and position, ...
    ///     Each output that is meant is a payment, whole, in the order given. One that is given twice counts once.
    /// clusters : of this chain at this height, to look for wallets, too. A wallet among outputs or stop_at brings its own.
    /// max_tx_hops : transactions that a payment is followed through at most.
    /// stop_at : whose coins are not followed, given as for `trace`.
    ///
    /// Raises
    /// ------
    /// NotInChainError : an output is not in the chain.
    /// ValueError : fewer than two payments or too many, clusters of another height, something of another chain.
    ///
    /// Examples
    /// --------
    /// >>> payments = [chain.block(height).transactions()[0].outputs()[0] for height in (10, 11)]
    /// >>> chain.convergence(payments, max_tx_hops=0).meet
    /// False
    #[pyo3(signature = (
        outputs: "Source", *, clusters: "Clusters | None" = None, max_tx_hops: "int | None" = None, stop_at: "StopAt | None" = None
    ) -> "Convergence")]
    fn convergence(
        &self,
        outputs: &Bound<'_, PyAny>,
        clusters: Option<&Bound<'_, PyAny>>,
        max_tx_hops: Option<&Bound<'_, PyAny>>,
        stop_at: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<PyConvergence> {
        convergence(&self.0, outputs, clusters, max_tx_hops, stop_at)
    }
}

/// Where several payments meet again: the first transaction that all of them reach, and with clusters the first wallet.
///
/// Reach is an upper bound: whatever a transaction pays out may hold a payment, once an input may.
///
/// Examples
/// --------
/// >>> coinbases = [chain.block(height).transactions()[0].outputs()[0] for height in (110, 111, 112)]
/// >>> gathering = chain.convergence(coinbases)
/// >>> gathering.meet
/// True
/// >>> gathering.meetings().to_pydict()["at_least"]
/// [2, 3]
#[pyclass(name = "Convergence", module = "satrail", frozen)]
pub struct PyConvergence(pub Convergence);

made_by_recipe!(PyConvergence, |met| met.0.chain(), |met| met.0.recipe());

#[pymethods]
impl PyConvergence {
    /// The chain that it is of, at its height.
    #[getter]
    fn chain(&self) -> PyChain {
        PyChain(self.0.chain().clone())
    }

    /// Whether all payments meet, in a transaction or, with clusters, in a wallet.
    #[getter]
    fn meet(&self) -> bool {
        self.0.meeting().is_some() || self.0.wallet().is_some()
    }

    /// The first transaction that all payments reach; None where there is none up to where the search ended.
    #[getter]
    fn transaction(&self) -> PyResult<Option<PyTransaction>> {
        let meeting = self.0.meeting();
        meeting.map(|meeting| Ok(PyTransaction(self.0.chain().transaction_at(meeting.transaction)?))).transpose()
    }

    /// The first wallet that all payments have come to; None where there is none, or no clusters.
    #[getter]
    fn wallet(&self) -> PyResult<Option<PyWallet>> {
        let (Some(meeting), Some(clusters)) = (self.0.wallet(), &self.0.options().clusters) else { return Ok(None) };
        let wallet: Wallet = clusters.wallet([meeting.wallet])?;
        Ok(Some(PyWallet(wallet)))
    }

    /// How often a payment was given that had been given already; each counts once.
    #[getter]
    fn overlapping(&self) -> u64 {
        self.0.overlapping()
    }

    /// How many transactions were passed.
    #[getter]
    fn transactions(&self) -> u64 {
        self.0.transactions()
    }

    /// One row a payment: payment (its place among those given, from 0), txid, position, height, time, address, amount (satoshi), spent (bool),
    /// transactions_reached, tx_hops (to the transaction where most payments meet; null where it does not reach it).
    fn payments(&self, py: Python<'_>) -> PyResult<PyTable> {
        Ok(PyTable(py.detach(|| self.0.payments_table())?))
    }

    /// The first transaction that at least so many of the payments reach, one row for each number from 2 on, as far as they meet.
    ///
    /// Columns: at_least, transaction (number), txid, height, time, count (how many reach it), payments (which, as text), tx_hops (of each, in the
    /// same order: transactions from the payment on, that one included).
    fn meetings(&self, py: Python<'_>) -> PyResult<PyTable> {
        Ok(PyTable(py.detach(|| self.0.meetings_table())?))
    }

    /// The first wallet that at least so many of the payments have come to, one row for each number from 2 on; no row without clusters.
    ///
    /// Columns: at_least, cluster_id, address (the first of the cluster), txid, height, time (of the transaction with which the last of
    /// them came), count, payments (which, in the order in which they came), tx_hops (of each, to its coming there first).
    fn wallets(&self, py: Python<'_>) -> PyResult<PyTable> {
        Ok(PyTable(py.detach(|| self.0.wallets_table())?))
    }

    /// The shortest way of each payment to the transaction where most of them meet, one row a coin.
    ///
    /// Columns: payment, tx_hop (0 for the payment itself), txid, position, height, time, address, cluster_id (null without clusters), amount (satoshi in
    /// the coin), next_txid, next_height (of the transaction that spends it on the way).
    fn paths(&self, py: Python<'_>) -> PyResult<PyTable> {
        Ok(PyTable(py.detach(|| self.0.paths_table(self.0.paths()))?))
    }

    /// The same to the wallet where most of them meet; the last row of each is the coin by which it came there first.
    fn wallet_paths(&self, py: Python<'_>) -> PyResult<PyTable> {
        Ok(PyTable(py.detach(|| self.0.paths_table(self.0.wallet_paths()))?))
    }

    /// An answer is there even where the payments do not meet.
    fn __bool__(&self) -> bool {
        true
    }

    fn __repr__(&self) -> PyResult<String> {
        let chain = self.0.chain();
        let head = format!("Convergence({} payments, height={})", self.0.payments().len(), chain.height());
        let mut lines = vec![head];
        if let Some(meeting) = self.0.meeting() {
            let (txid, height) = (hash_text(&chain.txid(meeting.transaction)?), chain.height_of(meeting.transaction)?);
            lines.push(format!("all reach transaction {txid}, height {height}"));
        }
        if let Some(meeting) = self.0.wallet() {
            let (name, height) = (show::cut(&chain.address_at(meeting.wallet)?.name()?), chain.height_of(meeting.transaction)?);
            lines.push(format!("all have come to the wallet of {name}, height {height}"));
        }
        if !self.meet() {
            let most = self.0.meetings().last().map_or(1, |meeting| meeting.arrivals.len());
            let most = self.0.wallets().last().map_or(most, |meeting| most.max(meeting.arrivals.len()));
            let together = if most < 2 { "no two of them do".to_string() } else { format!("at most {most} of them do") };
            lines.push(format!("they do not meet up to where the search ended; {together}"));
        }
        Ok(lines.join("\n"))
    }

    fn _repr_html_(&self, py: Python<'_>) -> PyResult<String> {
        let facts = [
            ("payments", self.0.payments().len().to_string()),
            ("all meet", if self.meet() { "yes" } else { "no" }.to_string()),
            ("transactions passed", show::number(self.transactions())),
            ("as of height", self.0.chain().height().to_string()),
        ];
        Ok(show::facts("Convergence", &facts) + &show::html(&self.meetings(py)?.0)?)
    }
}

/// Looks for where payments meet without the interpreter; Ctrl-C ends it.
fn convergence(
    chain: &Chain,
    payments: &Bound<'_, PyAny>,
    clusters: Option<&Bound<'_, PyAny>>,
    max_tx_hops: Option<&Bound<'_, PyAny>>,
    stop_at: Option<&Bound<'_, PyAny>>,
) -> PyResult<PyConvergence> {
    let py = payments.py();
    let (payments, stop_at) = (named(chain, payments)?, stop_at.map(|given| named(chain, given)).transpose()?);
    let clusters = given_or_brought(chain, clusters, &[Some(&payments), stop_at.as_ref()])?;
    let stop_at = stops::stops(chain, stop_at.as_ref(), clusters.as_ref())?;
    let max_tx_hops = max_tx_hops.map(|hops| convert::count("max_tx_hops", hops, 0..=u32::MAX)).transpose()?;
    let (outputs, options) = (source::outputs(chain, &payments)?, ConvergenceOptions { clusters, max_tx_hops, stop_at });
    Ok(PyConvergence(while_not_interrupted(py, |go_on| chain.convergence(&outputs, options, go_on))?))
}
