//! Traces.

use std::collections::BTreeMap;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::chain::Chain;
use crate::error::Error;
use crate::python::chain::PyChain;
use crate::python::cluster::PyClusters;
use crate::python::given::clusters::given_or_brought;
use crate::python::given::trace_parameters::takes_trace_parameters;
use crate::python::given::{named, source};
use crate::python::graph::{self, PyTraceGraph};
use crate::python::recipe::made_by_recipe;
use crate::python::show;
use crate::python::table::PyTable;
use crate::trace::{BUDGET, Fees, Ledger, Policy, Reason, Source, Trace, TraceOptions};

takes_trace_parameters! {
    /// Follows money: where that of a source went, or where it came from, every satoshi accounted for, as of the chain's height.
    ///
    /// Parameters
    /// ----------
    /// source : an `Output`; a `Transaction` (all its outputs); an `Address`, `AddressSet` or `Wallet` (all outputs that pay them, spent or not);
    ///     a text that names an output ("txid:n"), a transaction or an address; a table with the columns txid, position and perhaps amount
    ///     (satoshi that are meant), or with a column address; or any iterable or mapping of these (docs/given.md). Outputs named more than once
    ///     count once. Each item of a list, each key of a mapping, each address of a set and each row of a table is a source of its own for
    ///     `Trace.ends_by_source`.
    /// direction : "out", where it went, or "in", where it came from.
    /// policy : how a transaction divides traced money. "haircut": pro rata over its outputs and its fee (direction "in": over its
    ///     inputs), in whole satoshi by the largest remainder, ties to the output with the smaller position, the fee last. "poison": whatever
    ///     it touches is traced whole, which makes money (`Ledger.joined`): an upper bound. "fifo": the satoshi of the inputs, in order, go to
    ///     the outputs in order, the fee takes the last (Clayton's Case 1816; Anderson et al. 2018). "lifo": the same with the inputs in reverse
    ///     order. "highest_outputs_first": to the outputs of the highest values first (TIHO, Tironsakkul et al. 2019). Two keep an account
    ///     for each wallet, as courts do: "account_fifo" pays out what came first; "lowest_intermediate_balance" pays out what is not traced
    ///     first (Roscoe v Winder 1915). They need clusters, and go "out" only.
    /// stop_at : where the trace stops: addresses, address sets, wallets, cluster ids; a mapping of these to labels, or of labels to lists of
    ///     these; or a table with address (or txid and position) and label (docs/given.md). The ledger has a line for each label. With clusters an address stands for its wallet.
    /// clusters : who belongs together (`Chain.cluster`), as of the chain's height: for hops, accounts, and whole wallets in stop_at. A wallet
    ///     among source or stop_at brings its own.
    /// max_hops : outputs so many steps between wallets from the source are not followed; change is not a step.
    /// max_tx_hops : outputs so many transactions from the source are not followed.
    /// min_value : outputs with less traced money, in satoshi, are not followed.
    /// since, until : heights, dates or block hashes; transactions outside the half-open range of blocks [since, until) are not
    ///     followed. A date means the first block whose median time past is not earlier.
    /// fees : "report" ends the trace at fees (and at coinbases, going in); "follow" goes on into the coinbase of the block (going in, to those
    ///     who paid the fees): the subsidy stands first, then the fees in the order of their transactions.
    /// budget : steps after which no transaction is passed any more; the rest is in the ledger as cut_off_budget. 100 million when not given,
    ///     which take up to 3.2 GB of memory, and 16 bytes for each transaction of the chain at the most.
    ///
    /// Raises
    /// ------
    /// ValueError : an empty source, an unknown direction, policy or cluster, limits that contradict each other, max_hops without clusters, a text
    ///     that names nothing, something of another chain.
    /// NotInChainError : an output or transaction that is not in the chain.
    ///
    /// Examples
    /// --------
    /// >>> print(chain.trace(chain.block(495).transactions()[0].outputs()[0]).ledger.lines["fees"])
    /// 0
    /// >>> chain.trace(chain.tip.transactions()[0], direction="in").ledger.mined > 0
    /// True
    /// >>> clusters = chain.cluster()
    /// >>> big, other = clusters.largest(2)
    /// >>> trace = chain.trace(big, policy="fifo", stop_at={other: "other"}, max_hops=3)
    /// >>> trace.ledger.source == sum(trace.ledger.lines.values())
    /// True
    fn trace(&self, given, source: &Bound<'py, PyAny>, policy: &str, stop_at: Option<&Bound<'py, PyAny>>) -> PyResult<PyTrace>
    where signature = (source: "Source", *, policy: "Policy" = "haircut", stop_at: "StopAt | None" = None), clusters = "Clusters | None", returns = "Trace"
    {
        let (py, chain) = (source.py(), &self.0);
        let (source, stop_at) = (named(chain, source)?, stop_at.map(|given| named(chain, given)).transpose()?);
        let clusters = given_or_brought(chain, given.clusters, &[Some(&source), stop_at.as_ref()])?;
        let options = TraceOptions { policy: Policy::from_name(policy)?, ..given.options(chain, stop_at.as_ref(), clusters)? };
        trace(py, chain, &source::source(chain, &source)?, &options)
    }
}

/// One run of following money: where it went (direction "out"), or where it came from (direction "in"). docs/traces.md defines every word.
///
/// Examples
/// --------
/// >>> trace = chain.trace(chain.block(150).transactions()[0], max_tx_hops=2)
/// >>> trace.ledger.source == sum(trace.ledger.lines.values())
/// True
/// >>> trace.ends().columns[:3]
/// ['output', 'txid', 'position']
#[pyclass(name = "Trace", module = "satrail", frozen)]
pub struct PyTrace(pub Trace);

made_by_recipe!(PyTrace, |trace| trace.0.chain(), |trace| trace.0.recipe());

#[pymethods]
impl PyTrace {
    /// "out" or "in".
    #[getter]
    fn direction(&self) -> &'static str {
        self.0.options().direction.name()
    }

    /// The policy by which the money was divided.
    #[getter]
    fn policy(&self) -> &'static str {
        self.0.options().policy.name()
    }

    /// What was done with fees: "report" or "follow".
    #[getter]
    fn fees(&self) -> &'static str {
        self.0.options().fees.name()
    }

    /// The clusters that say who belongs together, or None.
    #[getter]
    fn clusters(&self) -> Option<PyClusters> {
        self.0.options().clusters.clone().map(PyClusters)
    }

    /// The limits that were given, by name: max_hops, max_tx_hops, min_value (satoshi), since and until (heights), budget (steps).
    #[getter]
    fn limits(&self) -> BTreeMap<&'static str, u64> {
        let options = self.0.options();
        let limits = [
            ("max_hops", options.max_hops.map(u64::from)),
            ("max_tx_hops", options.max_tx_hops.map(u64::from)),
            ("min_value", options.min_value),
            ("since", options.since),
            ("until", options.until),
            ("budget", Some(options.budget).filter(|budget| *budget != BUDGET)),
        ];
        limits.into_iter().filter_map(|(name, limit)| Some((name, limit?))).collect()
    }

    /// The chain that it was done on, at its height.
    #[getter]
    fn chain(&self) -> PyChain {
        PyChain(self.0.chain().clone())
    }

    /// What became of the money, in sums that add up exactly.
    #[getter]
    fn ledger(&self) -> PyLedger {
        PyLedger(self.0.ledger().clone())
    }

    /// How often the source named an output that it had named already; each counts once.
    #[getter]
    fn overlapping(&self) -> u64 {
        self.0.source().overlapping()
    }

    /// How many transactions it passed.
    #[getter]
    fn transactions(&self) -> u64 {
        self.0.transactions()
    }

    /// One row a step: an output (or, under policies of accounts, a wallet) that traced money arrived at, or a part of it that none took.
    ///
    /// Columns: step, hop (steps between wallets from the source on; null without clusters), tx_hop (transactions from the source on; 0 for
    /// the source); transaction, txid, height, time of the transaction that moved the money, null for the source; from_address, from_cluster_id of
    /// its inputs, where all have the same; output, output_txid, output_position, address, cluster_id, kind, value
    /// (satoshi) of where it arrived, null for a fee; amount (satoshi of traced money), share (amount / value), outcome ("followed", or why
    /// the trace ends here), label (of the stop set), and next, next_txid, the transaction by which it is followed.
    ///
    /// A row stands for a transaction and an output, not for a pair of input and output.
    fn steps(&self) -> PyTable {
        PyTable(self.0.steps())
    }

    /// One row an output, or a wallet under policies of accounts, at which the trace ends: output, txid, position, address, cluster_id, kind,
    /// reason ("unspent", "stopped", "lost", "mined", "rejoined" or a limit, "cut_off_..."), label (where it stopped), amount (satoshi of
    /// traced money), value (satoshi in the output), height, time, hop, tx_hop (from the source to it).
    fn ends(&self, py: Python<'_>) -> PyResult<PyTable> {
        Ok(PyTable(py.detach(|| self.0.ends())?))
    }

    /// How much of each end came from which source: source (number of the item that was given), name (of a mapping's key, a text, an address of
    /// a set or an output of a table; else null), output, txid, position, cluster_id, reason, label, amount (satoshi). What ended in fees and
    /// the like has no output. The trace is done once more for it, with an eye on whose money it is.
    ///
    /// Examples
    /// --------
    /// >>> a, b = chain.block(150).transactions()[0], chain.block(151).transactions()[0]
    /// >>> trace = chain.trace({"a": a, "b": b}, policy="fifo", max_tx_hops=3)
    /// >>> table = trace.ends_by_source().to_pydict()
    /// >>> sum(table["amount"]) == trace.ledger.source
    /// True
    /// >>> set(table["name"]) == {"a", "b"}
    /// True
    #[pyo3(signature = () -> "Table")]
    fn ends_by_source(&self, py: Python<'_>) -> PyResult<PyTable> {
        Ok(PyTable(interruptible(py, |progress| self.0.ends_by_source(progress))?))
    }

    /// Where the money of each step came from: one row a movement from place to place, in the order and direction of the trace.
    ///
    /// Columns: transaction, txid, height, time of what moved it; from, to (outputs as txid:n, or what else it is: a fee, an
    /// account, ...), from_address, to_address, amount (satoshi). The trace is done once more for it, with an eye on that. What
    /// poison adds comes from nowhere.
    ///
    /// Examples
    /// --------
    /// >>> trace = chain.trace(chain.block(150).transactions()[0], max_tx_hops=3)
    /// >>> trace.movements().columns[4:]
    /// ['from', 'from_address', 'to', 'to_address', 'amount']
    #[pyo3(signature = () -> "Table")]
    fn movements(&self, py: Python<'_>) -> PyResult<PyTable> {
        graph::movements(py, &self.0)
    }

    /// Who paid whom, as a graph of transactions, addresses or wallets.
    ///
    /// Raises
    /// ------
    /// ValueError : level "wallet" without clusters, another level under a policy of accounts, or no such level.
    ///
    /// Examples
    /// --------
    /// >>> chain.trace(chain.block(150).transactions()[0], max_tx_hops=3).graph("transaction").level
    /// 'transaction'
    #[pyo3(signature = (level: "Level" = "wallet") -> "TraceGraph")]
    fn graph(&self, py: Python<'_>, level: &str) -> PyResult<PyTraceGraph> {
        graph::graph(py, &self.0, level)
    }

    /// The best ways that the traced money took from one end to another, in the direction in which it moved.
    ///
    /// Parameters
    /// ----------
    /// start, end : where the trace begins and ended, when not given; else "source", "ends" (outputs and accounts where the trace
    ///     ended), a label of the stop set, an output, a transaction (its outputs), an address, an address set, a wallet, a text
    ///     that names one, or a list of these. A path leaves the one and goes to where it first reaches the other; it touches
    ///     neither in between.
    /// k : how many paths at most; 10 when not given.
    /// best : "fewest_hops" (steps between wallets where the trace has clusters, else transactions), "most_value" (the largest
    ///     smallest amount on the way, then fewest hops) or "earliest" (the earliest arrival, then fewest hops).
    ///
    /// Returns
    /// -------
    /// One row a step: path, step (from 1), transaction, txid, height, time, from, from_address, to, to_address (outputs as
    /// txid:n), amount (satoshi), hop (so far), bottleneck (the least amount of the path).
    ///
    /// Examples
    /// --------
    /// >>> trace = chain.trace(chain.block(150).transactions()[0], max_tx_hops=3)
    /// >>> table = trace.paths("source", "ends", k=1, best="most_value").to_pydict()
    /// >>> table["bottleneck"][0] == min(table["amount"])
    /// True
    #[pyo3(signature = (start: "End | None" = None, end: "End | None" = None, *, k: "int | None" = None, best: "Best" = "fewest_hops") -> "Table")]
    fn paths(
        &self,
        py: Python<'_>,
        start: Option<&Bound<'_, PyAny>>,
        end: Option<&Bound<'_, PyAny>>,
        k: Option<&Bound<'_, PyAny>>,
        best: &str,
    ) -> PyResult<PyTable> {
        graph::paths(py, &self.0, (start, end), k, best)
    }

    /// What at least a share of the traced money passes that reaches certain ends, the largest amount first.
    ///
    /// Parameters
    /// ----------
    /// ends : as in `paths`; without it, all outputs and accounts where the trace ended (but no fees).
    /// level : "transaction", "address" or "wallet". A transaction is passed by what it moves, an address or a wallet by what is
    ///     ever in it, so those of the source and of the ends are among them.
    /// share : above 0, and 1 for all.
    ///
    /// Returns
    /// -------
    /// One row each: kind, name, number, amount (satoshi that reach the ends and pass it), share, on_every_way (whether every way
    /// from the source to the ends leads through it, whatever the amounts), first_height, last_height, first_time, last_time (of
    /// what moves that money by or into it). Within an output money is one money: the part of it that goes on to the ends came in
    /// proportion to what came.
    ///
    /// Examples
    /// --------
    /// >>> points = chain.trace(chain.block(150).transactions()[0], max_tx_hops=3).choke_points(share=0.5).to_pydict()
    /// >>> points["share"] == sorted(points["share"], reverse=True)
    /// True
    #[pyo3(signature = (ends: "End | None" = None, *, level: "Level" = "transaction", share = 1.0) -> "Table")]
    fn choke_points(&self, py: Python<'_>, ends: Option<&Bound<'_, PyAny>>, level: &str, share: f64) -> PyResult<PyTable> {
        graph::choke_points(py, &self.0, ends, level, share)
    }

    /// The movements with the smallest sum whose removal separates one end from another, both as in `paths`; among equal ones the
    /// nearest to `start`. Columns as in `movements`. The sum is also as much as could come from the one to the other.
    ///
    /// Raises
    /// ------
    /// ValueError : something belongs to both ends.
    ///
    /// Examples
    /// --------
    /// >>> trace = chain.trace(chain.block(150).transactions()[0], max_tx_hops=3)
    /// >>> sum(trace.min_cut("source", "ends").to_pydict()["amount"]) == trace.ledger.source - trace.ledger.fees
    /// True
    #[pyo3(signature = (start: "End | None" = None, end: "End | None" = None) -> "Table")]
    fn min_cut(&self, py: Python<'_>, start: Option<&Bound<'_, PyAny>>, end: Option<&Bound<'_, PyAny>>) -> PyResult<PyTable> {
        graph::min_cut(py, &self.0, (start, end))
    }

    fn __len__(&self) -> usize {
        self.0.len() as usize
    }

    fn __bool__(&self) -> bool {
        true
    }

    fn __repr__(&self) -> String {
        let limits: String = self.limits().into_iter().map(|(name, limit)| format!(", {name}={limit}")).collect();
        let fees = if self.0.options().fees == Fees::Follow { ", fees=follow" } else { "" };
        let repeated = match self.overlapping() {
            0 => String::new(),
            times => format!(", overlapping={times}"),
        };
        let (direction, policy, ledger) = (self.direction(), self.policy(), self.0.ledger());
        format!(
            "Trace(direction={direction}, policy={policy}{fees}{limits}, height={}, steps={}{repeated})\n{ledger}",
            self.0.chain().height(),
            self.0.len()
        )
    }

    fn _repr_html_(&self) -> String {
        let mut facts = vec![("direction", self.direction().to_string()), ("policy", self.policy().to_string())];
        facts.extend(self.limits().into_iter().map(|(name, limit)| (name, show::number(limit))));
        facts.push(("as of height", self.0.chain().height().to_string()));
        facts.push(("transactions", show::number(self.transactions())));
        show::facts("Trace", &facts) + &self.ledger()._repr_html_()
    }
}

/// The sums of a trace, in satoshi: `source` and `joined` are exactly the sum of the lines.
///
/// Examples
/// --------
/// >>> ledger = chain.trace(chain.block(495).transactions()[0]).ledger
/// >>> ledger.unspent == ledger.source
/// True
#[pyclass(name = "Ledger", module = "satrail", frozen, eq, hash)]
#[derive(PartialEq, Eq, Hash, Clone)]
pub struct PyLedger(pub Ledger);

#[pymethods]
impl PyLedger {
    /// From the amounts by name, as in `lines`; those not given are 0.
    ///
    /// Raises
    /// ------
    /// ValueError : the lines do not add up to the source, or one has an unknown name.
    ///
    /// Examples
    /// --------
    /// >>> satrail.Ledger(source=5, ends={"exchange": 2}, unspent=3).lines["stopped: exchange"]
    /// 2
    #[new]
    #[pyo3(signature = (source = 0, joined = 0, ends: "dict[str, int] | None" = None, **lines: "int"))]
    fn new(source: u64, joined: u64, ends: Option<BTreeMap<String, u64>>, lines: Option<&Bound<'_, PyDict>>) -> PyResult<PyLedger> {
        let mut ledger = Ledger { source, joined, ends: ends.unwrap_or_default(), ..Ledger::default() };
        for (name, amount) in lines.into_iter().flat_map(|lines| lines.iter()) {
            ledger[Reason::from_name(&name.extract::<String>()?)?] = amount.extract()?;
        }
        match ledger.balances() {
            true => Ok(PyLedger(ledger)),
            false => {
                Err(Error::Invalid { what: format!("the lines of a ledger must add up to its source, {source}; these do not") }
                    .into())
            }
        }
    }

    /// What the source had.
    #[getter]
    fn source(&self) -> u64 {
        self.0.source
    }

    /// What the policy poison added by tracing what was not traced; 0 under every other.
    #[getter]
    fn joined(&self) -> u64 {
        self.0.joined
    }

    /// What arrived at the stop set, by label.
    #[getter]
    fn ends(&self) -> BTreeMap<String, u64> {
        self.0.ends.clone()
    }

    /// What stands in outputs that are not spent, as of the chain's height; under policies of accounts, in wallets.
    #[getter]
    fn unspent(&self) -> u64 {
        self.0[Reason::Unspent]
    }

    /// What stands in outputs that can never be spent (genesis, BIP30).
    #[getter]
    fn lost(&self) -> u64 {
        self.0[Reason::Lost]
    }

    /// What came from coinbases (direction "in"); where fees are followed, from subsidies.
    #[getter]
    fn mined(&self) -> u64 {
        self.0[Reason::Mined]
    }

    /// What went to miners as fees.
    #[getter]
    fn fees(&self) -> u64 {
        self.0[Reason::Fees]
    }

    /// What coinbases could have claimed and did not, where fees are followed.
    #[getter]
    fn unclaimed(&self) -> u64 {
        self.0[Reason::Unclaimed]
    }

    /// What transactions pay out beyond what they take in, which no valid chain has.
    #[getter]
    fn unexplained(&self) -> u64 {
        self.0[Reason::Unexplained]
    }

    /// What was not followed because of max_hops.
    #[getter]
    fn cut_off_hops(&self) -> u64 {
        self.0[Reason::CutOffHops]
    }

    /// What was not followed because of max_tx_hops.
    #[getter]
    fn cut_off_tx_hops(&self) -> u64 {
        self.0[Reason::CutOffTxHops]
    }

    /// What was not followed because of min_value.
    #[getter]
    fn cut_off_value(&self) -> u64 {
        self.0[Reason::CutOffValue]
    }

    /// What was not followed because of since or until.
    #[getter]
    fn cut_off_date(&self) -> u64 {
        self.0[Reason::CutOffDate]
    }

    /// What was not followed because the budget was used up.
    #[getter]
    fn cut_off_budget(&self) -> u64 {
        self.0[Reason::CutOffBudget]
    }

    /// What arrived at outputs of the source, which are traced from there already: where a source has outputs before and behind each
    /// other, its amount counts the same money more than once, and source less rejoined counts it once.
    #[getter]
    fn rejoined(&self) -> u64 {
        self.0[Reason::Rejoined]
    }

    /// All lines by name, without source and joined; the labels of the stop set as "stopped: LABEL".
    #[getter]
    fn lines(&self) -> BTreeMap<String, u64> {
        self.0.lines().into_iter().collect()
    }

    fn __repr__(&self) -> String {
        self.0.to_string()
    }

    fn _repr_html_(&self) -> String {
        let shown = self.0.shown();
        let facts: Vec<(&str, String)> = shown.iter().map(|(name, amount)| (name.as_str(), show::bitcoin(*amount))).collect();
        show::facts("Ledger", &facts)
    }

    #[pyo3(signature = () -> "tuple[object, ...]")]
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let arguments = (self.0.source, self.0.joined, self.0.ends.clone(), self.0.plain_lines().to_vec());
        PyTuple::new(py, [py.import("satrail._core")?.getattr("_restore_ledger")?, arguments.into_pyobject(py)?.into_any()])
    }
}

/// Makes a ledger from its pickle.
#[pyfunction]
#[pyo3(name = "_restore_ledger", signature = (source, joined, ends, lines) -> "Ledger")]
pub fn restore_ledger(source: u64, joined: u64, ends: BTreeMap<String, u64>, lines: Vec<(String, u64)>) -> PyResult<PyLedger> {
    let mut ledger = Ledger { source, joined, ends, ..Ledger::default() };
    for (name, amount) in lines {
        ledger[Reason::from_name(&name)?] = amount;
    }
    Ok(PyLedger(ledger))
}

/// Follows money without the interpreter; Ctrl-C ends it.
pub fn trace(py: Python<'_>, chain: &Chain, source: &Source, options: &TraceOptions) -> PyResult<PyTrace> {
    Ok(PyTrace(interruptible(py, |progress| chain.trace(source, options, progress))?))
}

/// Does the work of a trace without the interpreter, which is taken back now and then to notice Ctrl-C.
pub fn interruptible<T: Send>(
    py: Python<'_>,
    work: impl FnOnce(&mut dyn FnMut(u64) -> bool) -> crate::Result<T> + Send,
) -> PyResult<T> {
    crate::python::progress::while_not_interrupted(py, |go_on| work(&mut |_| go_on()))
}
