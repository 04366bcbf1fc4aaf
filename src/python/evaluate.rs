//! Evaluations of clusters and traces, and error rates of rules and shapes.

use std::collections::BTreeMap;

use pyo3::IntoPyObjectExt;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::chain::Chain;
use crate::error::Error;
use crate::evaluate::{Asked, Claims, Evaluation, Pairs, Rates};
use crate::python::chain::PyChain;
use crate::python::change::{self, PyChangeRule};
use crate::python::cluster::PyClusters;
use crate::python::convert;
use crate::python::progress::while_not_interrupted;
use crate::python::rates::{PyRates, percent};
use crate::python::shapes::with_thresholds;
use crate::python::show;
use crate::python::table::PyTable;
use crate::python::trace::PyTrace;
use crate::python::trace_evaluation;
use crate::python::truth::{PyTruth, name_of};
use crate::shapes::Thresholds;

/// Holds clusters, a change rule, a shape or a trace against what is known to be true.
///
/// Clusters give an `Evaluation`, as of their height. Change rules (objects of `satrail.change`) and shapes (a name of `chain.shapes`;
/// "wasabi": any of its versions; "coinjoin": whether the inputs are of several owners, as clusterings ask) give `Rates`. A trace going out
/// gives a `TraceEvaluation`: of what truly came to each owner, how much it finds. docs/evaluate.md defines every figure.
///
/// Parameters
/// ----------
/// what : clusters, a change rule, the name of a shape, or a trace.
/// truth : what is known.
/// chain : for rules and shapes, the chain at the height that is asked about; the truth's own when not given. A simulated chain's truth needs
///     it.
/// threads : how many threads to use; all processors when not given. The result is the same.
/// labels : for traces, whom the labels of the stop set mean, by the owners' names in the truth; None for one that claims nothing, and then
///     the money counts for those whose the addresses are. Labels that are not given mean the owner of that name.
/// thresholds : for shapes, other thresholds than the network's, as in `Chain.shapes`.
///
/// Raises
/// ------
/// ValueError : the truth does not fit the chain, or does not know what is asked; an unknown shape; a label that is nobody's name.
///
/// Examples
/// --------
/// >>> truth = satrail.truth.from_chain(chain)
/// >>> satrail.evaluate(satrail.change.none(), truth).true_positive
/// 0
#[pyfunction]
#[pyo3(signature = (what: "Clusters | ChangeRule | Trace | str", truth, *, chain: "Chain | None" = None, threads: "int | None" = None, labels: "dict[str, str | None] | None" = None, **thresholds: "float") -> "Evaluation | Rates | TraceEvaluation")]
pub fn evaluate<'py>(
    what: &Bound<'py, PyAny>,
    truth: &Bound<'py, PyTruth>,
    chain: Option<&Bound<'py, PyChain>>,
    threads: Option<&Bound<'py, PyAny>>,
    labels: Option<Claims>,
    thresholds: Option<&Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyAny>> {
    let (truth, chain) = (truth.get(), chain.map(|chain| &chain.get().0));
    if labels.is_some() && what.cast::<PyTrace>().is_err() {
        return Err(PyTypeError::new_err("labels are for traces only; leave them out"));
    }
    let threads = convert::threads(threads)?.unwrap_or_else(crate::chain::pieces::all_threads);
    if let Some(name) = name_of(what) {
        let rates = rates_of_shape(what.py(), &name, truth, chain, thresholds, threads)?;
        return PyRates(rates).into_bound_py_any(what.py());
    }
    if thresholds.is_some() {
        return Err(PyTypeError::new_err("thresholds are for shapes only; leave them out"));
    }
    if let Ok(trace) = what.cast::<PyTrace>() {
        return trace_evaluation::of_trace(trace, truth, chain, &labels.unwrap_or_default())?.into_bound_py_any(what.py());
    }
    match what.cast::<PyClusters>() {
        Ok(clusters) => PyEvaluation(of_clusters(clusters, truth, chain)?).into_bound_py_any(what.py()),
        Err(_) => PyRates(rates_of_rule(what, truth, chain, threads)?).into_bound_py_any(what.py()),
    }
}

fn of_clusters(clusters: &Bound<'_, PyClusters>, truth: &PyTruth, chain: Option<&Chain>) -> PyResult<Evaluation> {
    if chain.is_some() {
        return Err(PyTypeError::new_err("clusters know their chain and height; leave chain out"));
    }
    let (py, clusters) = (clusters.py(), &clusters.get().0);
    let (known, _) = truth.known(py, Some(clusters.chain()))?;
    while_not_interrupted(py, |go_on| clusters.evaluate(known, go_on))
}

fn rates_of_rule(what: &Bound<'_, PyAny>, truth: &PyTruth, chain: Option<&Chain>, threads: usize) -> PyResult<Rates> {
    if what.cast::<PyChangeRule>().is_err() {
        let what =
            format!("{what:?} cannot be evaluated; give clusters, a rule of satrail.change, the name of a shape, or a trace");
        return Err(PyTypeError::new_err(what));
    }
    let (known, chain) = truth.known(what.py(), chain)?;
    let rule = change::rule(&chain, what)?;
    while_not_interrupted(what.py(), |go_on| known.rates_of_rule(&chain, &rule, threads, go_on))
}

fn rates_of_shape(
    py: Python<'_>,
    name: &str,
    truth: &PyTruth,
    chain: Option<&Chain>,
    thresholds: Option<&Bound<'_, PyDict>>,
    threads: usize,
) -> PyResult<Rates> {
    let asked = asked(name)?;
    let (known, chain) = truth.known(py, chain)?;
    let thresholds = with_thresholds(Thresholds::of(chain.network()), thresholds)?;
    while_not_interrupted(py, |go_on| known.rates_of_shape(&chain, asked, &thresholds, threads, go_on))
}

/// The shape of a name. Rules are asked for as objects, for some have the name of a shape.
fn asked(name: &str) -> PyResult<Asked> {
    let unknown = Asked::from_name(name);
    if unknown.is_err() {
        let hint = match name {
            _ if crate::change::named().any(|rule| rule.name == name) => Some(format!("satrail.change.{name}()")),
            _ if crate::cluster::NAMES.contains(&name) => Some(format!("chain.cluster({name:?})")),
            _ => None,
        };
        if let Some(hint) = hint {
            return Err(Error::Invalid { what: format!("{name:?} is a rule and no shape; evaluate {hint}") }.into());
        }
    }
    Ok(unknown?)
}

/// Clusters held against the owners of addresses.
///
/// A pair of addresses of known owners is a true positive where the two are together and of one owner, a false positive where they are
/// together and of two, a false negative where they are apart and of one. By value, a pair counts as the product of the satoshi that its
/// two addresses received.
///
/// Examples
/// --------
/// >>> first, second = (chain.block(h).transactions()[0].outputs()[0].address.text for h in (150, 151))
/// >>> truth = satrail.Truth.of(chain, {"ann": [first, second]})
/// >>> evaluation = satrail.evaluate(chain.cluster("same_key"), truth)
/// >>> evaluation.true_positive, evaluation.false_positive, evaluation.false_negative
/// (0, 0, 1)
/// >>> evaluation.owners().to_pydict()["clusters"]
/// [2]
#[pyclass(name = "Evaluation", module = "satrail", frozen)]
pub struct PyEvaluation(pub Evaluation);

#[pymethods]
impl PyEvaluation {
    /// The clusters.
    #[getter]
    fn clusters(&self) -> PyClusters {
        PyClusters(self.0.clusters().clone())
    }

    /// Paid addresses whose owner is known.
    #[getter]
    fn addresses(&self) -> u64 {
        self.0.addresses
    }

    /// Pairs of addresses that are together and of one owner.
    #[getter]
    fn true_positive(&self) -> u128 {
        self.0.by_addresses.true_positive
    }

    /// Pairs that are together and of two owners.
    #[getter]
    fn false_positive(&self) -> u128 {
        self.0.by_addresses.false_positive
    }

    /// Pairs that are apart and of one owner.
    #[getter]
    fn false_negative(&self) -> u128 {
        self.0.by_addresses.false_negative
    }

    /// Of the pairs that are together, the share that is of one owner; None where no pair is.
    #[getter]
    fn precision(&self) -> Option<f64> {
        self.0.by_addresses.precision()
    }

    /// Of the pairs of one owner, the share that is together; None where there is no such pair.
    #[getter]
    fn recall(&self) -> Option<f64> {
        self.0.by_addresses.recall()
    }

    /// The same by value: "true_positive", "false_positive", "false_negative" (sums of products of satoshi), "precision" and "recall".
    #[getter]
    fn by_value(&self, py: Python<'_>) -> PyResult<BTreeMap<&'static str, Py<PyAny>>> {
        let pairs = self.0.by_value;
        let counts = [
            ("true_positive", pairs.true_positive),
            ("false_positive", pairs.false_positive),
            ("false_negative", pairs.false_negative),
        ];
        let shares = [("precision", pairs.precision()), ("recall", pairs.recall())];
        let counts = counts.into_iter().map(|(name, count)| Ok((name, count.into_pyobject(py)?.into_any().unbind())));
        counts.chain(shares.into_iter().map(|(name, share)| Ok((name, share.into_pyobject(py)?.into_any().unbind())))).collect()
    }

    /// One row an owner of whom an address was paid, those with most addresses first.
    ///
    /// Columns: owner, category, addresses (its paid ones), clusters (that they are spread over), largest_share (of them in one cluster),
    /// recall (share of their pairs that are together; null for one address), foreign (addresses of other known owners in those clusters),
    /// value (satoshi that they received).
    fn owners(&self) -> PyTable {
        PyTable(self.0.owners_table())
    }

    /// What is seen of each owner by who takes the cluster with most of its addresses for all of it (after Lubbertsen et al., Ghost
    /// Clusters, 2025): the addresses.
    ///
    /// Columns: owner, category, cluster_id, cluster_address, size (all its addresses), addresses (the owner's paid ones), found (of
    /// them in it), coverage (their share), foreign (of other known owners in it), unknown (of no known owner in it), false_share (foreign
    /// among those of known owners).
    fn overlap(&self, py: Python<'_>) -> PyResult<PyTable> {
        Ok(PyTable(py.detach(|| self.0.overlap_table())?))
    }

    /// The same for money: what came to an owner from outside and went out, transaction by transaction, net of what moved within, and how
    /// much of it came to and from its addresses in that cluster.
    ///
    /// Columns: owner, category, received, sent, seen_received, seen_sent (satoshi), received_share, sent_share (null where there is
    /// none), cluster_received, cluster_sent (what the cluster as a whole shows, right or wrong).
    #[pyo3(signature = (*, threads: "int | None" = None) -> "Table")]
    fn transfers(&self, py: Python<'_>, threads: Option<&Bound<'_, PyAny>>) -> PyResult<PyTable> {
        let threads = convert::threads(threads)?.unwrap_or_else(crate::chain::pieces::all_threads);
        Ok(PyTable(while_not_interrupted(py, |go_on| self.0.transfers_table(threads, go_on))?))
    }

    /// The joins whose evidence is about addresses of two known owners, in chain order: where the rules were fooled.
    ///
    /// Columns: transaction, txid, height, time, rule, left, right (addresses), left_owner, right_owner, purpose, profile (of the transaction,
    /// where the truth says it).
    fn wrong_joins(&self, py: Python<'_>) -> PyResult<PyTable> {
        Ok(PyTable(py.detach(|| self.0.wrong_joins_table())?))
    }

    /// The same as `overlap` and `transfers` for what addresses are for (deposit, hot, cold, change ...), where the truth says it.
    ///
    /// Columns: owner, category, role, addresses (the owner's paid ones), found (of them in its cluster), coverage (their share), value
    /// (satoshi that they received), found_value.
    fn roles(&self, py: Python<'_>) -> PyTable {
        PyTable(py.detach(|| self.0.roles_table()))
    }

    fn __repr__(&self) -> String {
        format!(
            "Evaluation({} addresses of {} owners in {}: precision {}, recall {}; by value {}, {}; height={})",
            show::number(self.0.addresses),
            show::number(self.0.known_owners),
            self.0.known().name(),
            percent(self.0.by_addresses.precision()),
            percent(self.0.by_addresses.recall()),
            percent(self.0.by_value.precision()),
            percent(self.0.by_value.recall()),
            self.0.clusters().chain().height()
        )
    }

    fn _repr_html_(&self) -> String {
        let pairs = |pairs: &Pairs| {
            format!(
                "{} of joined pairs are right, {} of right pairs are joined",
                percent(pairs.precision()),
                percent(pairs.recall())
            )
        };
        let facts = [
            ("rules", self.0.clusters().settings().names().join(", ")),
            ("truth", self.0.known().name().to_string()),
            ("addresses", format!("{} of {} owners", show::number(self.0.addresses), show::number(self.0.known_owners))),
            ("pairs", pairs(&self.0.by_addresses)),
            ("by value", pairs(&self.0.by_value)),
            ("as of height", self.0.clusters().chain().height().to_string()),
        ];
        show::facts("Evaluation", &facts)
    }
}
