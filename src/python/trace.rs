//! Traces.

use std::collections::BTreeMap;
use std::sync::Arc;

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

use crate::chain::{Chain, Transaction};
use crate::error::Error;
use crate::flow::{Direction, Ledger, Policy, Source, SourceItem, Trace, TraceOptions};
use crate::python::address::PyAddress;
use crate::python::address_set::PyAddressSet;
use crate::python::chain::PyChain;
use crate::python::output::PyOutput;
use crate::python::show;
use crate::python::table::PyTable;
use crate::python::transaction::PyTransaction;

/// Lists in lists that a source may be made of; a list that holds itself has no end.
const DEEPEST: u32 = 8;

/// One run of following money: where it went (direction "out"), or where it came from (direction "in").
///
/// Examples
/// --------
/// >>> trace = chain.trace(chain.block(150).transactions[0], max_hops=2)
/// >>> trace.ledger.source == sum(trace.ledger.lines.values())
/// True
/// >>> trace.ends.columns[:3]
/// ['output', 'txid', 'position']
#[pyclass(name = "Trace", module = "satrail", frozen)]
pub struct PyTrace(pub Trace);

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

    /// The limit of hops, or None.
    #[getter]
    fn max_hops(&self) -> Option<u32> {
        self.0.options().max_hops
    }

    /// The chain that it was done on, at its height.
    #[getter]
    fn chain(&self) -> PyChain {
        PyChain(self.0.chain().clone())
    }

    /// What became of the money, in sums that add up exactly.
    #[getter]
    fn ledger(&self) -> PyLedger {
        PyLedger(*self.0.ledger())
    }

    /// How often the source named an output that it had named already; each counts once.
    #[getter]
    fn overlapping(&self) -> u64 {
        self.0.overlapping()
    }

    /// How many transactions it went through.
    #[getter]
    fn transactions(&self) -> u64 {
        self.0.transactions()
    }

    /// One row a step: an output that traced money arrived at, or a part of it that no output took (fee, unexplained).
    ///
    /// Columns: step, hop (transactions from the source on; 0 for the source); transaction, txid, height, time of the transaction that
    /// moved the money, null for the source; output, output_txid, output_position, address, kind, value (satoshi) of where it arrived,
    /// null for a fee; amount (satoshi of traced money), share (amount / value), outcome ("followed", or why the trace ends here), and
    /// next, next_txid, the transaction by which it is followed.
    ///
    /// A row stands for a transaction and an output, not for a pair of input and output: haircut mixes the money of all inputs.
    #[getter]
    fn steps(&self, py: Python<'_>) -> PyResult<PyTable> {
        Ok(PyTable(py.detach(|| self.0.steps())?))
    }

    /// One row an output at which the trace ends: output, txid, position, address, kind, reason ("unspent", "lost", "cut_off_hops", "mined"
    /// or "rejoined"), amount (satoshi of traced money), value (satoshi in the output), height, time, hops (from the source to it).
    #[getter]
    fn ends(&self, py: Python<'_>) -> PyResult<PyTable> {
        Ok(PyTable(py.detach(|| self.0.ends())?))
    }

    fn __repr__(&self) -> String {
        let hops = self.max_hops().map_or(String::new(), |hops| format!(", max_hops={hops}"));
        let (direction, policy, ledger) = (self.direction(), self.policy(), self.0.ledger());
        format!(
            "Trace(direction={direction}, policy={policy}{hops}, height={}, steps={})\n{ledger}",
            self.0.chain().height(),
            self.0.rows().len()
        )
    }

    fn _repr_html_(&self) -> String {
        let facts = [
            ("direction", self.direction().to_string()),
            ("policy", self.policy().to_string()),
            ("max_hops", self.max_hops().map_or("none".to_string(), |hops| hops.to_string())),
            ("as of height", self.0.chain().height().to_string()),
            ("transactions", show::number(self.transactions())),
        ];
        show::facts("Trace", &facts) + &self.ledger()._repr_html_()
    }

    /// Pickles carry the source and the settings; the trace is done again when they are read.
    #[pyo3(signature = () -> "tuple[object, ...]")]
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let source = self.0.rows().iter().filter(|step| step.by.is_none()).filter_map(|step| step.output);
        let mut source: Vec<u64> = source.map(|output| output.0).collect();
        // What was named again is named again.
        source.extend(vec![source[0]; self.overlapping() as usize]);
        let arguments = (source, self.direction(), self.policy(), self.max_hops()).into_pyobject(py)?;
        PyTuple::new(py, [self.chain().into_pyobject(py)?.getattr("_trace")?, arguments.into_any()])
    }
}

/// The sums of a trace, in satoshi. `source` is exactly the sum of the lines.
///
/// Examples
/// --------
/// >>> ledger = chain.trace(chain.block(495).transactions[0]).ledger
/// >>> ledger.unspent == ledger.source
/// True
#[pyclass(name = "Ledger", module = "satrail", frozen, eq, hash)]
#[derive(PartialEq, Eq, Hash, Clone, Copy)]
pub struct PyLedger(pub Ledger);

#[pymethods]
impl PyLedger {
    /// From the amounts by name; those not given are 0.
    ///
    /// Raises
    /// ------
    /// ValueError : the lines do not add up to the source.
    #[new]
    #[pyo3(signature = (source = 0, unspent = 0, lost = 0, fees = 0, mined = 0, unexplained = 0, cut_off_hops = 0, rejoined = 0))]
    #[allow(clippy::too_many_arguments)]
    fn new(
        source: u64,
        unspent: u64,
        lost: u64,
        fees: u64,
        mined: u64,
        unexplained: u64,
        cut_off_hops: u64,
        rejoined: u64,
    ) -> PyResult<PyLedger> {
        let ledger = Ledger { source, unspent, lost, fees, mined, unexplained, cut_off_hops, rejoined };
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

    /// What stands in outputs that are not spent, as of the chain's height.
    #[getter]
    fn unspent(&self) -> u64 {
        self.0.unspent
    }

    /// What stands in outputs that can never be spent (genesis, BIP30).
    #[getter]
    fn lost(&self) -> u64 {
        self.0.lost
    }

    /// What went to miners as fees.
    #[getter]
    fn fees(&self) -> u64 {
        self.0.fees
    }

    /// What came from coinbases (direction "in").
    #[getter]
    fn mined(&self) -> u64 {
        self.0.mined
    }

    /// What transactions pay out beyond what they take in, which no valid chain has.
    #[getter]
    fn unexplained(&self) -> u64 {
        self.0.unexplained
    }

    /// What was not followed because of max_hops.
    #[getter]
    fn cut_off_hops(&self) -> u64 {
        self.0.cut_off_hops
    }

    /// What arrived at outputs of the source, which are traced with their whole value already: where a source has outputs before and
    /// behind each other, its amount counts the same money more than once, and source less rejoined counts it once.
    #[getter]
    fn rejoined(&self) -> u64 {
        self.0.rejoined
    }

    /// All lines by name, without the source.
    #[getter]
    fn lines(&self) -> BTreeMap<&'static str, u64> {
        self.0.lines().into()
    }

    fn __repr__(&self) -> String {
        self.0.to_string()
    }

    fn _repr_html_(&self) -> String {
        let lines = self.0.lines().into_iter().filter(|(_, amount)| *amount > 0);
        let facts: Vec<(&str, String)> =
            [("source", self.0.source)].into_iter().chain(lines).map(|(name, amount)| (name, show::satoshi(amount))).collect();
        show::facts("Ledger", &facts)
    }

    #[pyo3(signature = () -> "tuple[object, ...]")]
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let amounts = [self.0.source].into_iter().chain(self.0.lines().map(|(_, amount)| amount));
        PyTuple::new(py, [py.get_type::<PyLedger>().into_any(), PyTuple::new(py, amounts.collect::<Vec<u64>>())?.into_any()])
    }
}

/// Follows money without the interpreter; Ctrl-C ends it.
pub fn trace(
    py: Python<'_>,
    chain: &Chain,
    source: &Source,
    direction: &str,
    policy: &str,
    max_hops: Option<u32>,
) -> PyResult<PyTrace> {
    let options = TraceOptions { direction: Direction::from_name(direction)?, policy: Policy::from_name(policy)?, max_hops };
    let mut raised = None;
    let result = py.detach(|| {
        chain.trace(source, &options, |_| Python::attach(|py| py.check_signals()).map_err(|error| raised = Some(error)).is_ok())
    });
    raised.map_or_else(|| Ok(PyTrace(result?)), Err)
}

/// The source that an output, a transaction, an address, an address set, a text that names one of them, or a list of these means.
pub fn source(chain: &Chain, given: &Bound<'_, PyAny>) -> PyResult<Source> {
    let mut items = Vec::new();
    collect(chain, given, &mut items, 0)?;
    Ok(Source::of(chain, items)?)
}

fn collect(chain: &Chain, given: &Bound<'_, PyAny>, items: &mut Vec<SourceItem>, depth: u32) -> PyResult<()> {
    if let Ok(output) = given.cast::<PyOutput>() {
        let output = &output.get().0;
        check_chain(chain, output.chain(), given)?;
        if output.number().row() >= chain.counts().outputs {
            return Err(not_yet(chain, &output.transaction()?));
        }
        items.push(SourceItem::Output(output.number()));
    } else if let Ok(tx) = given.cast::<PyTransaction>() {
        let tx = &tx.get().0;
        check_chain(chain, tx.chain(), given)?;
        if tx.number().row() >= chain.counts().transactions {
            return Err(not_yet(chain, tx));
        }
        items.push(SourceItem::Transaction(tx.number()));
    } else if let Ok(address) = given.cast::<PyAddress>() {
        let address = &address.get().address;
        check_chain(chain, address.chain(), given)?;
        items.push(SourceItem::Address(address.number()));
    } else if let Ok(set) = given.cast::<PyAddressSet>() {
        let set = &set.get().0;
        check_chain(chain, set.chain(), given)?;
        items.extend(set.known().map(SourceItem::Address));
    } else if let Ok(text) = given.cast::<PyString>() {
        items.extend(SourceItem::named(chain, &text.to_cow()?)?);
    } else if let (Ok(list), true) = (given.try_iter(), depth < DEEPEST) {
        for item in list {
            collect(chain, &item?, items, depth + 1)?;
        }
    } else {
        return Err(PyTypeError::new_err(format!(
            "{given:?} is no source; give an output, a transaction, an address, an address set, a text that names one, or a list of these"
        )));
    }
    Ok(())
}

/// Notices what is of another chain, where its number means something else.
pub fn check_chain(ours: &Chain, theirs: &Chain, given: &Bound<'_, PyAny>) -> PyResult<()> {
    if Arc::ptr_eq(ours.store(), theirs.store()) {
        return Ok(());
    }
    let common = ours.height().min(theirs.height()).0 as i64;
    match ours.block(common)?.hash()? == theirs.block(common)?.hash()? {
        true => Ok(()),
        false => Err(PyValueError::new_err(format!("{given:?} is of another chain; look it up in this one"))),
    }
}

pub fn not_yet(chain: &Chain, tx: &Transaction) -> PyErr {
    let unknown = |txid| Error::UnknownTransaction { txid, height: chain.height().0 };
    tx.txid().map_or_else(PyErr::from, |txid| unknown(txid).into())
}
