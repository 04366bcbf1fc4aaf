//! Evaluations of traces.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use crate::chain::Chain;
use crate::evaluate::{Claims, FoundMoney, TraceEvaluation};
use crate::python::progress::while_not_interrupted;
use crate::python::rates::percent;
use crate::python::recipe::made_by_recipe;
use crate::python::show;
use crate::python::table::PyTable;
use crate::python::trace::PyTrace;
use crate::python::truth::PyTruth;

/// A trace held against where the money truly went: money is its owner's until they pay it to somebody else, through however many
/// transactions and CoinJoins of their own, and what the payee does with it is the payee's business. docs/evaluate.md defines it.
///
/// What is *right* is found at the owner to whom it truly came, by the transaction that brought it, or where the owner has moved it since and the
/// trace went with it. The sums are of all that came to others than the owners of the source.
///
/// Examples
/// --------
/// >>> miner, payee = (chain.block(h).transactions()[0].outputs()[0].address.text for h in (150, 151))
/// >>> truth = satrail.Truth.of(chain, {"ann": [miner], "bob": [payee]})
/// >>> trace = chain.trace(chain.block(150).transactions()[0].outputs()[0])
/// >>> evaluation = satrail.evaluate(trace, truth)
/// >>> evaluation.true == evaluation.right + evaluation.missed
/// True
/// >>> evaluation.found == evaluation.right + evaluation.blamed
/// True
#[pyclass(name = "TraceEvaluation", module = "satrail", frozen)]
pub struct PyTraceEvaluation {
    evaluation: TraceEvaluation,
    claims: Claims,
    truth: Py<PyTruth>,
}

made_by_recipe!(PyTraceEvaluation, |made| made.evaluation.trace().chain(), |made| made.evaluation.recipe(&made.claims), |made| {
    Some(&made.truth)
});

#[pymethods]
impl PyTraceEvaluation {
    /// The trace.
    #[getter]
    fn trace(&self) -> PyTrace {
        PyTrace(self.evaluation.trace().clone())
    }

    /// Satoshi that truly came to others.
    #[getter]
    fn r#true(&self) -> u64 {
        self.evaluation.total().truth
    }

    /// Satoshi that the trace says came to others: what stopped at labels, and what ended at their addresses.
    #[getter]
    fn found(&self) -> u64 {
        self.evaluation.total().found
    }

    /// Satoshi that are both.
    #[getter]
    fn right(&self) -> u64 {
        self.evaluation.total().right
    }

    /// Satoshi that truly came to others and were not found there.
    #[getter]
    fn missed(&self) -> u64 {
        self.evaluation.total().missed()
    }

    /// Satoshi that were found at somebody to whom they never came.
    #[getter]
    fn blamed(&self) -> u64 {
        self.evaluation.total().blamed()
    }

    /// Of what was found, the share that is right; None where nothing was.
    #[getter]
    fn precision(&self) -> Option<f64> {
        self.evaluation.total().precision()
    }

    /// Of what truly came, the share that was found; None where nothing did.
    #[getter]
    fn recall(&self) -> Option<f64> {
        self.evaluation.total().recall()
    }

    /// Satoshi that truly went to miners on the way. They count for nobody.
    #[getter]
    fn true_fees(&self) -> u64 {
        self.evaluation.arrivals().fees
    }

    /// Satoshi that truly came back to outputs of the source, from where they are followed anyway.
    #[getter]
    fn true_rejoined(&self) -> u64 {
        self.evaluation.arrivals().rejoined
    }

    /// One row an owner, those to whom most came first.
    ///
    /// Columns: owner, category (null for addresses of whom nobody knows), entity (the number in a simulated chain's truth), is_source
    /// (whether the trace began with the owner's money: then the row is what they kept), true, found, right, missed, blamed (satoshi), precision,
    /// recall (null where there is nothing).
    fn owners(&self) -> PyTable {
        PyTable(self.evaluation.owners_table())
    }

    /// The same sums by the owners' category, without the owners of the source. Columns: category, true, found, right, missed, blamed,
    /// precision, recall.
    fn categories(&self) -> PyTable {
        PyTable(self.evaluation.categories_table())
    }

    /// One row for what one transaction brought to one owner, truly or by the trace, in chain order. What a trace by a policy of accounts
    /// leaves in an account came by no transaction in particular and has no row.
    ///
    /// Columns: transaction, txid, height, time, owner, category, entity, true, brought (by the trace, whether it ends there or goes on),
    /// found (what ends there), right (what of the truth is found, here or where the owner has moved it), missed (satoshi).
    fn arrivals(&self, py: Python<'_>) -> PyResult<PyTable> {
        Ok(PyTable(py.detach(|| self.evaluation.arrivals_table())?))
    }

    fn __repr__(&self) -> String {
        let (options, total) = (self.evaluation.trace().options(), self.evaluation.total());
        format!(
            "TraceEvaluation(policy={}, {}: {} truly came to others, {} of it found; {} of what was found is right; height={})",
            options.policy.name(),
            self.evaluation.known().name(),
            show::satoshi(total.truth),
            percent(total.recall()),
            percent(total.precision()),
            self.evaluation.trace().chain().height()
        )
    }

    fn _repr_html_(&self) -> String {
        let FoundMoney { truth, found, right } = self.evaluation.total();
        let of = |amount: u64, share: Option<f64>, of: &str| format!("{}, {} of what {of}", show::bitcoin(amount), percent(share));
        let facts = [
            ("policy", self.evaluation.trace().options().policy.name().to_string()),
            ("truth", self.evaluation.known().name().to_string()),
            ("truly came to others", show::bitcoin(truth)),
            ("found at others", show::bitcoin(found)),
            ("right", of(right, self.evaluation.total().recall(), "truly came")),
            (
                "blamed on the wrong ones",
                of(found - right, self.evaluation.total().precision().map(|right| 1.0 - right), "was found"),
            ),
            ("as of height", self.evaluation.trace().chain().height().to_string()),
        ];
        show::facts("TraceEvaluation", &facts)
    }
}

/// Holds a trace against a truth, as of the trace's height.
pub fn of_trace(
    trace: &Bound<'_, PyTrace>,
    truth: &Bound<'_, PyTruth>,
    chain: Option<&Chain>,
    claims: Claims,
) -> PyResult<PyTraceEvaluation> {
    if chain.is_some() {
        return Err(PyTypeError::new_err("a trace knows its chain and height; leave chain out"));
    }
    let (py, trace) = (trace.py(), &trace.get().0);
    let (known, _) = truth.get().known(py, Some(trace.chain()))?;
    let evaluation = while_not_interrupted(py, |go_on| trace.evaluate(known, &claims, go_on))?;
    Ok(PyTraceEvaluation { evaluation, claims, truth: truth.clone().unbind() })
}
