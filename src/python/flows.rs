//! Money in and out of a set of addresses.

use pyo3::prelude::*;

use crate::chain::Chain;
use crate::flows::{Flows, FlowsOptions, Period};
use crate::python::chain::PyChain;
use crate::python::convert;
use crate::python::given::clusters::given_or_brought;
use crate::python::given::{addresses, named, stops};
use crate::python::progress::while_not_interrupted;
use crate::python::recipe::made_by_recipe;
use crate::python::show;
use crate::python::table::PyTable;

#[pymethods]
impl PyChain {
    /// Money in and out of a set of addresses as a whole; what moves inside the set is netted out. docs/flows.md says what each word means.
    ///
    /// Parameters
    /// ----------
    /// addresses : an `Address`, `AddressSet` or `Wallet`, an `Output` (for the address that it pays), a text, a table with address, a file, or a
    ///     list or mapping of these. Addresses that were never paid are passed over.
    /// by : how long a row of `Flows.table` is: "day", "week", "month" or "year", in UTC, by the times of headers.
    /// clusters : of this chain at this height, to rank counterparties as wallets; a wallet among addresses or labels brings its own.
    /// labels : names for `Flows.counterparties`, given as `stop_at` of `trace`.
    ///
    /// Raises
    /// ------
    /// ValueError : a text that is not an address, an unknown period, clusters of another height, something of another chain.
    ///
    /// Examples
    /// --------
    /// >>> wallet = chain.cluster().largest(1)[0]
    /// >>> flows = chain.flows(wallet, by="day")
    /// >>> flows.balance == wallet.balance()
    /// True
    /// >>> sum(flows.counterparties().to_pydict()["amount_in"]) == flows.received
    /// True
    #[pyo3(signature = (
        addresses: "Addresses", *, by: "Period" = "month", clusters: "Clusters | None" = None, labels: "Labels | None" = None
    ) -> "Flows")]
    fn flows(
        &self,
        addresses: &Bound<'_, PyAny>,
        by: &str,
        clusters: Option<&Bound<'_, PyAny>>,
        labels: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<PyFlows> {
        flows(&self.0, addresses, by, clusters, labels)
    }
}

/// Money in and out of a set of addresses as a whole, as of a height; what moves inside the set is netted out.
///
/// In satoshi, received - sent - fees - lost = balance, for all of it and up to each row of its tables. docs/flows.md says what each word means.
///
/// Examples
/// --------
/// >>> flows = chain.flows(chain.addresses(blocks / "charity.csv"), by="year")
/// >>> flows.received - flows.sent - flows.fees - flows.lost == flows.balance
/// True
/// >>> flows.table().columns
/// ['period', 'received', 'sent', 'fees', 'internal', 'lost', 'balance', 'transactions']
#[pyclass(name = "Flows", module = "satrail", frozen)]
pub struct PyFlows(pub Flows);

made_by_recipe!(PyFlows, |flows| flows.0.chain(), |flows| flows.0.recipe());

#[pymethods]
impl PyFlows {
    /// The chain that they are of, at its height.
    #[getter]
    fn chain(&self) -> PyChain {
        PyChain(self.0.chain().clone())
    }

    /// How many addresses of the set are in the chain.
    #[getter]
    fn addresses(&self) -> usize {
        self.0.addresses()
    }

    /// "day", "week", "month" or "year": how long a row of `table` is.
    #[getter]
    fn by(&self) -> &'static str {
        self.0.options().period.name()
    }

    /// Satoshi that others paid the set.
    #[getter]
    fn received(&self) -> u64 {
        self.0.sums().received
    }

    /// Satoshi that others got of it.
    #[getter]
    fn sent(&self) -> u64 {
        self.0.sums().sent
    }

    /// Satoshi that it paid as fees.
    #[getter]
    fn fees(&self) -> u64 {
        self.0.sums().fees
    }

    /// Satoshi that went from the set to the set: change, and consolidations.
    #[getter]
    fn internal(&self) -> u64 {
        self.0.sums().internal
    }

    /// Satoshi that can never be spent (genesis, BIP30).
    #[getter]
    fn lost(&self) -> u64 {
        self.0.sums().lost
    }

    /// Satoshi that can still be spent.
    #[getter]
    fn balance(&self) -> i64 {
        self.0.sums().balance()
    }

    /// One row a period in which something moved, by header time.
    ///
    /// Columns: period (its beginning, microseconds UTC; weeks begin on Monday), received, sent, fees, internal, lost, balance (satoshi; at the period's
    /// end), transactions. Headers' times are not in chain order, so a balance in between can be below zero.
    fn table(&self, py: Python<'_>) -> PyResult<PyTable> {
        Ok(PyTable(py.detach(|| self.0.table())?))
    }

    /// One row a transaction that touches the set, in chain order: transaction, txid, height, time, received, sent, fees, internal, lost, balance
    /// (after it).
    fn transactions(&self, py: Python<'_>) -> PyResult<PyTable> {
        Ok(PyTable(py.detach(|| self.0.transactions_table())?))
    }

    /// Whom the set has money from and to, the largest sum of both first.
    ///
    /// Columns: rank, cluster_id (null without clusters), address (of a cluster the first), kind (of that address; or
    /// "mined", or "unexplained" where a transaction pays more than it takes in), label (of `labels`, or null), amount_in (satoshi from it to the
    /// set), amount_out (from the set to it), transactions_in, transactions_out, first_height, last_height, first_time, last_time.
    ///
    /// The amounts add up to `received` and `sent`.
    fn counterparties(&self, py: Python<'_>) -> PyResult<PyTable> {
        Ok(PyTable(py.detach(|| self.0.counterparties_table())?))
    }

    /// One row an output of the set in a transaction to which the set gave nothing, in chain order.
    ///
    /// Columns: txid, position, height, time, address, amount (satoshi); spent_txid, spent_height (null while unspent); gathered (whether that
    /// transaction is one of `consolidations`; null while unspent).
    #[pyo3(signature = (*, min_inputs: "int | None" = None) -> "Table")]
    fn deposits(&self, py: Python<'_>, min_inputs: Option<&Bound<'_, PyAny>>) -> PyResult<PyTable> {
        let min_inputs = least(min_inputs)?;
        Ok(PyTable(py.detach(|| self.0.deposits_table(min_inputs))?))
    }

    /// Where deposits gather: one row a transaction that spends at least `min_inputs` outputs of the set into a single output (data not
    /// counted), in chain order. A payment without change looks the same.
    ///
    /// Columns: txid, height, time, set_inputs, inputs (of all, where others take part), amount (satoshi of the set's inputs), position, address,
    /// cluster_id (null without clusters), value (satoshi of the output), inside (whether its address is of the set).
    #[pyo3(signature = (*, min_inputs: "int | None" = None) -> "Table")]
    fn consolidations(&self, py: Python<'_>, min_inputs: Option<&Bound<'_, PyAny>>) -> PyResult<PyTable> {
        let min_inputs = least(min_inputs)?;
        Ok(PyTable(py.detach(|| self.0.consolidations_table(min_inputs))?))
    }

    fn __repr__(&self) -> String {
        let sums = self.0.sums();
        let amounts = [("received", sums.received), ("sent", sums.sent), ("fees", sums.fees), ("internal", sums.internal)];
        let mut lines = vec![format!(
            "Flows({} addresses, {} transactions, height={})",
            show::number(self.0.addresses() as u64),
            show::number(sums.transactions),
            self.0.chain().height()
        )];
        lines.extend(amounts.map(|(name, amount)| format!("{name:<9} {}", show::satoshi(amount))));
        if sums.lost > 0 {
            lines.push(format!("{:<9} {}", "lost", show::satoshi(sums.lost)));
        }
        lines.push(format!("{:<9} {}", "balance", show::satoshi(sums.balance().max(0) as u64)));
        lines.join("\n")
    }

    fn _repr_html_(&self, py: Python<'_>) -> PyResult<String> {
        let sums = self.0.sums();
        let facts = [
            ("addresses", show::number(self.0.addresses() as u64)),
            ("transactions", show::number(sums.transactions)),
            ("received", show::bitcoin(sums.received)),
            ("sent", show::bitcoin(sums.sent)),
            ("fees", show::bitcoin(sums.fees)),
            ("internal", show::bitcoin(sums.internal)),
            ("lost", show::bitcoin(sums.lost)),
            ("balance", show::bitcoin(sums.balance().max(0) as u64)),
            ("as of height", self.0.chain().height().to_string()),
        ];
        Ok(show::facts("Flows", &facts) + &show::html(&self.table(py)?.0)?)
    }
}

/// Inputs from which on a transaction into one output counts as a consolidation, where nobody says.
const MIN_INPUTS: u32 = 3;

fn least(given: Option<&Bound<'_, PyAny>>) -> PyResult<u64> {
    let given = given.map(|given| convert::count("min_inputs", given, 2..=u32::MAX)).transpose()?;
    Ok(given.unwrap_or(MIN_INPUTS) as u64)
}

/// Sums the flows of a set without the interpreter; Ctrl-C ends it.
pub fn flows(
    chain: &Chain,
    set: &Bound<'_, PyAny>,
    by: &str,
    clusters: Option<&Bound<'_, PyAny>>,
    labels: Option<&Bound<'_, PyAny>>,
) -> PyResult<PyFlows> {
    let period = Period::from_name(by)?;
    let (py, set, labels) = (set.py(), named(chain, set)?, labels.map(|given| named(chain, given)).transpose()?);
    let clusters = given_or_brought(chain, clusters, &[Some(&set), labels.as_ref()])?;
    let labels = stops::stops(chain, labels.as_ref(), clusters.as_ref())?;
    let addresses = addresses::addresses(chain, &set)?;
    let options = FlowsOptions { period, clusters, labels };
    Ok(PyFlows(while_not_interrupted(py, |go_on| chain.flows(addresses, options, go_on))?))
}
