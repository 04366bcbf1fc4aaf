//! Evaluations of clusters and traces, and error rates of rules and shapes.

use std::collections::BTreeMap;
use std::sync::Arc;

use pyo3::IntoPyObjectExt;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::chain::Chain;
use crate::change::ChangeRule;
use crate::cluster::Clusters;
use crate::error::Error;
use crate::evaluate::{Asked, Claims, Evaluation, Pairs, Truth, recipe};
use crate::python::chain::PyChain;
use crate::python::change::{self, PyChangeRule};
use crate::python::cluster::PyClusters;
use crate::python::convert;
use crate::python::progress::while_not_interrupted;
use crate::python::rates::{PyRates, percent};
use crate::python::recipe::made_by_recipe;
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
    let chain = chain.map(|chain| &chain.get().0);
    if labels.is_some() && what.cast::<PyTrace>().is_err() {
        return Err(PyTypeError::new_err("labels are for traces only; leave them out"));
    }
    let threads = convert::threads(threads)?.unwrap_or_else(crate::chain::pieces::all_threads);
    if let Some(name) = name_of(what) {
        let (known, chain) = truth.get().known(what.py(), chain)?;
        let thresholds = with_thresholds(Thresholds::of(chain.network()), thresholds)?;
        return rates_of_shape(truth, &known, chain, &name, &thresholds, threads)?.into_bound_py_any(what.py());
    }
    if thresholds.is_some() {
        return Err(PyTypeError::new_err("thresholds are for shapes only; leave them out"));
    }
    if let Ok(trace) = what.cast::<PyTrace>() {
        return trace_evaluation::of_trace(trace, truth, chain, labels.unwrap_or_default())?.into_bound_py_any(what.py());
    }
    match what.cast::<PyClusters>() {
        Ok(clusters) if chain.is_none() => of_clusters(what.py(), &clusters.get().0, truth)?.into_bound_py_any(what.py()),
        Ok(_) => Err(PyTypeError::new_err("clusters know their chain and height; leave chain out")),
        Err(_) if what.cast::<PyChangeRule>().is_err() => Err(PyTypeError::new_err(format!(
            "{what:?} cannot be evaluated; give clusters, a rule of satrail.change, the name of a shape, or a trace"
        ))),
        Err(_) => {
            let (known, chain) = truth.get().known(what.py(), chain)?;
            let rule = change::rule(&chain, what)?;
            rates_of_rule(truth, &known, chain, &rule, threads)?.into_bound_py_any(what.py())
        }
    }
}

/// Holds clusters against a truth.
pub fn of_clusters(py: Python<'_>, clusters: &Clusters, truth: &Bound<'_, PyTruth>) -> PyResult<PyEvaluation> {
    let (known, _) = truth.get().known(py, Some(clusters.chain()))?;
    let evaluation = while_not_interrupted(py, |go_on| clusters.evaluate(known, go_on))?;
    Ok(PyEvaluation { evaluation, truth: truth.clone().unbind() })
}

/// Holds a change rule against a truth.
pub fn rates_of_rule(
    truth: &Bound<'_, PyTruth>,
    known: &Arc<Truth>,
    chain: Chain,
    rule: &ChangeRule,
    threads: usize,
) -> PyResult<PyRates> {
    let rates = while_not_interrupted(truth.py(), |go_on| known.rates_of_rule(&chain, rule, threads, go_on))?;
    let recipe = recipe::of_rule(&chain, rule, known.digest())?;
    Ok(PyRates { rates, chain, recipe, truth: truth.clone().unbind() })
}

/// Holds a shape against a truth.
pub fn rates_of_shape(
    truth: &Bound<'_, PyTruth>,
    known: &Arc<Truth>,
    chain: Chain,
    name: &str,
    thresholds: &Thresholds,
    threads: usize,
) -> PyResult<PyRates> {
    let asked = asked(name)?;
    let rates = while_not_interrupted(truth.py(), |go_on| known.rates_of_shape(&chain, asked, thresholds, threads, go_on))?;
    let recipe = recipe::of_shape(&chain, name, thresholds, known.digest())?;
    Ok(PyRates { rates, chain, recipe, truth: truth.clone().unbind() })
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
pub struct PyEvaluation {
    evaluation: Evaluation,
    truth: Py<PyTruth>,
}

made_by_recipe!(PyEvaluation, |made| made.evaluation.clusters().chain(), |made| made.evaluation.recipe(), |made| Some(&made.truth));

#[pymethods]
impl PyEvaluation {
    /// The clusters.
    #[getter]
    fn clusters(&self) -> PyClusters {
        PyClusters(self.evaluation.clusters().clone())
    }

    /// Paid addresses whose owner is known.
    #[getter]
    fn addresses(&self) -> u64 {
        self.evaluation.addresses
    }

    /// Pairs of addresses that are together and of one owner.
    #[getter]
    fn true_positive(&self) -> u128 {
        self.evaluation.by_addresses.true_positive
    }

    /// Pairs that are together and of two owners.
    #[getter]
    fn false_positive(&self) -> u128 {
        self.evaluation.by_addresses.false_positive
    }

    /// Pairs that are apart and of one owner.
    #[getter]
    fn false_negative(&self) -> u128 {
        self.evaluation.by_addresses.false_negative
    }

    /// Of the pairs that are together, the share that is of one owner; None where no pair is.
    #[getter]
    fn precision(&self) -> Option<f64> {
        self.evaluation.by_addresses.precision()
    }

    /// Of the pairs of one owner, the share that is together; None where there is no such pair.
    #[getter]
    fn recall(&self) -> Option<f64> {
        self.evaluation.by_addresses.recall()
    }

    /// The same by value: "true_positive", "false_positive", "false_negative" (sums of products of satoshi), "precision" and "recall".
    #[getter]
    fn by_value(&self, py: Python<'_>) -> PyResult<BTreeMap<&'static str, Py<PyAny>>> {
        let pairs = self.evaluation.by_value;
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
        PyTable(self.evaluation.owners_table())
    }

    /// What is seen of each owner by who takes the cluster with most of its addresses for all of it (after Lubbertsen et al., Ghost
    /// Clusters, 2025): the addresses.
    ///
    /// Columns: owner, category, cluster_id, cluster_address, size (all its addresses), addresses (the owner's paid ones), found (of
    /// them in it), coverage (their share), foreign (of other known owners in it), unknown (of no known owner in it), false_share (foreign
    /// among those of known owners).
    fn overlap(&self, py: Python<'_>) -> PyResult<PyTable> {
        Ok(PyTable(py.detach(|| self.evaluation.overlap_table())?))
    }

    /// The same for money: what came to an owner from outside and went out, transaction by transaction, net of what moved within, and how
    /// much of it came to and from its addresses in that cluster.
    ///
    /// Columns: owner, category, received, sent, seen_received, seen_sent (satoshi), received_share, sent_share (null where there is
    /// none), cluster_received, cluster_sent (what the cluster as a whole shows, right or wrong).
    #[pyo3(signature = (*, threads: "int | None" = None) -> "Table")]
    fn transfers(&self, py: Python<'_>, threads: Option<&Bound<'_, PyAny>>) -> PyResult<PyTable> {
        let threads = convert::threads(threads)?.unwrap_or_else(crate::chain::pieces::all_threads);
        Ok(PyTable(while_not_interrupted(py, |go_on| self.evaluation.transfers_table(threads, go_on))?))
    }

    /// The joins whose evidence is about addresses of two known owners, in chain order: where the rules were fooled.
    ///
    /// Columns: transaction, txid, height, time, rule, left, right (addresses), left_owner, right_owner, purpose, profile (of the transaction,
    /// where the truth says it).
    fn wrong_joins(&self, py: Python<'_>) -> PyResult<PyTable> {
        Ok(PyTable(py.detach(|| self.evaluation.wrong_joins_table())?))
    }

    /// The same as `overlap` and `transfers` for what addresses are for (deposit, hot, cold, change ...), where the truth says it.
    ///
    /// Columns: owner, category, role, addresses (the owner's paid ones), found (of them in its cluster), coverage (their share), value
    /// (satoshi that they received), found_value.
    fn roles(&self, py: Python<'_>) -> PyTable {
        PyTable(py.detach(|| self.evaluation.roles_table()))
    }

    fn __repr__(&self) -> String {
        format!(
            "Evaluation({} addresses of {} owners in {}: precision {}, recall {}; by value {}, {}; height={})",
            show::number(self.evaluation.addresses),
            show::number(self.evaluation.known_owners),
            self.evaluation.known().name(),
            percent(self.evaluation.by_addresses.precision()),
            percent(self.evaluation.by_addresses.recall()),
            percent(self.evaluation.by_value.precision()),
            percent(self.evaluation.by_value.recall()),
            self.evaluation.clusters().chain().height()
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
            ("rules", self.evaluation.clusters().settings().names().join(", ")),
            ("truth", self.evaluation.known().name().to_string()),
            (
                "addresses",
                format!("{} of {} owners", show::number(self.evaluation.addresses), show::number(self.evaluation.known_owners)),
            ),
            ("pairs", pairs(&self.evaluation.by_addresses)),
            ("by value", pairs(&self.evaluation.by_value)),
            ("as of height", self.evaluation.clusters().chain().height().to_string()),
        ];
        show::facts("Evaluation", &facts)
    }
}
