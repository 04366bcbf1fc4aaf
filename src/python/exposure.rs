//! Exposure, and comparisons of policies.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::chain::Chain;
use crate::cluster::Clusters;
use crate::python::given::clusters::{brought, given_or_brought, rule_sets};
use crate::python::given::trace_parameters::{TraceParameters, takes_trace_parameters};
use crate::python::given::{Named, named, source};
use crate::python::recipe::made_by_recipe;
use crate::python::show;
use crate::python::table::PyTable;
use crate::python::trace::{PyLedger, PyTrace, trace};
use crate::text::grouped;
use crate::trace::compare::{Run, conclusions, conclusions_table, runs_table};
use crate::trace::recipe::comparison;
use crate::trace::{Policy, Trace, TraceOptions};

takes_trace_parameters! {
    /// Which share of the money of a target went to (direction "out") or came from ("in") whom: the first labelled wallets on every way,
    /// directly (in one transaction) or by others. A trace with the labels as its stop set; see `trace` for the parameters.
    ///
    /// Parameters
    /// ----------
    /// target : what a trace can begin at; for a wallet all that it was ever paid.
    /// labels : as `stop_at` of `trace`; with clusters, or wallets among target or labels, whole wallets are labelled.
    ///
    /// Raises
    /// ------
    /// ValueError : as for `trace`.
    ///
    /// Examples
    /// --------
    /// >>> clusters = chain.cluster()
    /// >>> target, other = clusters.largest(2)
    /// >>> chain.exposure(target, {other: "other"}, direction="in").table().columns
    /// ['kind', 'label', 'direct', 'indirect', 'amount', 'share']
    fn exposure(&self, given, target: &Bound<'py, PyAny>, labels: &Bound<'py, PyAny>, policy: &str) -> PyResult<PyExposure>
    where signature = (target: "Source", labels: "Labels", *, policy: "Policy" = "haircut"), clusters = "Clusters | None", returns = "Exposure"
    {
        let (py, chain) = (target.py(), &self.0);
        let (target, labels) = (named(chain, target)?, named(chain, labels)?);
        let clusters = given_or_brought(chain, given.clusters, &[Some(&target), Some(&labels)])?;
        let options = given.options(chain, Some(&labels), clusters)?;
        // Nobody asks for hops here, and counting them takes longer than all the rest.
        let options = TraceOptions { policy: Policy::from_name(policy)?, hops: false, ..options };
        Ok(PyExposure(trace(py, chain, &source::source(chain, &target)?, &options)?.0))
    }
}

takes_trace_parameters! {
    /// Traces one source under several policies, and by several rules of who belongs together, side by side: a conclusion that does not hold
    /// under all of them depends on a convention. See `trace` for the parameters that are not named here.
    ///
    /// Parameters
    /// ----------
    /// policies : their names; all that can be used when not given (those of accounts with clusters, direction "out", reported fees and no since).
    /// clusters : clusters, a list of them, or a mapping of names to them; None among them means that nobody says who belongs together. Those that
    ///     a wallet among source and stop_at brings when not given.
    ///
    /// Raises
    /// ------
    /// ValueError : as for `trace`.
    ///
    /// Examples
    /// --------
    /// >>> clusters = [chain.cluster(), chain.cluster(coinjoin="include")]
    /// >>> compared = chain.compare_policies(chain.block(200).transactions()[0], ["haircut", "account_fifo"], clusters=clusters, max_hops=3)
    /// >>> len(compared)
    /// 4
    fn compare_policies(
        &self, given, source: &Bound<'py, PyAny>, policies: Option<Vec<String>>, stop_at: Option<&Bound<'py, PyAny>>
    ) -> PyResult<PyPolicyComparison>
    where signature = (source: "Source", policies: "list[Policy] | tuple[Policy, ...] | None" = None, *, stop_at: "StopAt | None" = None),
        clusters = "Clusters | list[Clusters | None] | Mapping[str, Clusters | None] | None", returns = "PolicyComparison"
    {
        let chain = &self.0;
        let (source, stop_at) = (named(chain, source)?, stop_at.map(|given| named(chain, given)).transpose()?);
        compare(chain, &source, policies, stop_at.as_ref(), given)
    }
}

/// Which share of the money of a target went to, or came from, whom: the first labelled wallets on every way.
///
/// Examples
/// --------
/// >>> clusters = chain.cluster()
/// >>> target, a, b = clusters.largest(3)
/// >>> exposure = chain.exposure(target, {a: "a", b: "b"})
/// >>> round(sum(exposure.table().to_pydict()["share"]), 9)
/// 1.0
#[pyclass(name = "Exposure", module = "satrail", frozen)]
pub struct PyExposure(pub Trace);

made_by_recipe!(PyExposure, |exposure| exposure.0.chain(), |exposure| exposure.0.exposure_recipe());

#[pymethods]
impl PyExposure {
    /// One row a label, the largest first; then "held" (direction "out": what the target itself still has), and last "unattributed" (all else:
    /// unspent elsewhere, mined, fees, cut off; the ledger tells them apart). Columns: kind ("label", "held", "unattributed"), label, direct
    /// (satoshi whose least way between target and label is one transaction), indirect, amount (both), share (of the whole). Amounts add up to the
    /// money of the target, each satoshi once.
    fn table(&self) -> PyTable {
        PyTable(self.0.exposure_table())
    }

    /// The ledger of the trace behind it.
    #[getter]
    fn ledger(&self) -> PyLedger {
        PyLedger(self.0.ledger().clone())
    }

    /// The trace behind it; its hops between wallets are only counted where max_hops was given.
    #[getter]
    fn trace(&self) -> PyTrace {
        PyTrace(self.0.clone())
    }

    fn __repr__(&self) -> PyResult<String> {
        let options = self.0.options();
        let head = format!("Exposure(direction={}, policy={})", options.direction.name(), options.policy.name());
        Ok(format!("{head}\n{}", show::text(&self.0.exposure_table())?))
    }

    fn _repr_html_(&self) -> PyResult<String> {
        Ok(show::html(&self.0.exposure_table())?)
    }
}

/// One source traced under several policies, and by several rules of who belongs together: what holds in all of them.
///
/// Examples
/// --------
/// >>> compared = chain.compare_policies(chain.block(200).transactions()[0], ["haircut", "fifo"], max_tx_hops=4)
/// >>> compared.table().columns
/// ['policy', 'rules', 'line', 'amount', 'share']
/// >>> compared.conclusions().columns
/// ['line', 'least', 'most', 'runs', 'of', 'holds']
#[pyclass(name = "PolicyComparison", module = "satrail", frozen)]
pub struct PyPolicyComparison {
    /// One at the least.
    pub runs: Vec<Run>,
}

made_by_recipe!(PyPolicyComparison, |compared| compared.runs[0].trace.chain(), |compared| comparison(&compared.runs));

#[pymethods]
impl PyPolicyComparison {
    /// All runs side by side, one row a run and a line of its ledger: policy, rules (of the clusters), line, amount (satoshi), share (of the
    /// money of the source, each satoshi once).
    fn table(&self) -> PyTable {
        PyTable(runs_table(&self.runs))
    }

    /// What holds whichever policy and rules are chosen, one row a line: line, least, most (satoshi, in any run), runs (how many found money
    /// there), of (how many there are), holds (whether all did).
    fn conclusions(&self) -> PyTable {
        PyTable(conclusions_table(&self.runs))
    }

    /// The traces, in the order in which they were done.
    #[getter]
    fn traces(&self) -> Vec<PyTrace> {
        self.runs.iter().map(|run| PyTrace(run.trace.clone())).collect()
    }

    fn __len__(&self) -> usize {
        self.runs.len()
    }

    fn __repr__(&self) -> String {
        let mut lines = vec![format!("PolicyComparison({} runs)", self.runs.len())];
        for row in conclusions(&self.runs) {
            let range =
                if row.least == row.most { grouped(row.most) } else { format!("{} to {}", grouped(row.least), grouped(row.most)) };
            let held =
                if row.runs == self.runs.len() { "in all".to_string() } else { format!("in {} of {}", row.runs, self.runs.len()) };
            lines.push(format!("{:<40}  {range} sat, {held}", row.line));
        }
        lines.join("\n")
    }

    fn _repr_html_(&self) -> PyResult<String> {
        Ok(show::html(&conclusions_table(&self.runs))?)
    }
}

/// A trace for each policy and each of the rules.
fn compare(
    chain: &Chain,
    from: &Named<'_>,
    policies: Option<Vec<String>>,
    stop_at: Option<&Named<'_>>,
    given: TraceParameters<'_, '_>,
) -> PyResult<PyPolicyComparison> {
    let (source, py) = (source::source(chain, from)?, from.given().py());
    let rule_sets = match given.clusters {
        Some(clusters) => rule_sets(chain, &clusters.extract()?)?,
        None => vec![(None, brought(chain, &[Some(from), stop_at])?)],
    };
    let mut runs = Vec::new();
    for (name, clusters) in rule_sets {
        let options = given.options(chain, stop_at, clusters)?;
        let rules = name.unwrap_or_else(|| rules_of(options.clusters.as_ref()));
        for policy in chosen(policies.as_deref(), chain, &options)? {
            let options = TraceOptions { policy, ..options.clone() };
            runs.push(Run { rules: rules.clone(), trace: trace(py, chain, &source, &options)?.0 });
        }
    }
    if runs.is_empty() {
        return Err(PyValueError::new_err("there is nothing to compare; give at least one policy"));
    }
    Ok(PyPolicyComparison { runs })
}

/// The policies that were named, or all that can be used.
fn chosen(named: Option<&[String]>, chain: &Chain, options: &TraceOptions) -> PyResult<Vec<Policy>> {
    let fits = |policy: &Policy| TraceOptions { policy: *policy, ..options.clone() }.check(chain).is_ok();
    match named {
        Some(names) => Ok(names.iter().map(|name| Policy::from_name(name)).collect::<crate::Result<_>>()?),
        None => Ok(Policy::ALL.into_iter().filter(|policy| !policy.is_of_accounts() || fits(policy)).collect()),
    }
}

/// What clusters are called that nobody gave a name.
fn rules_of(clusters: Option<&Clusters>) -> String {
    let Some(clusters) = clusters else { return "none".to_string() };
    format!("{}, CoinJoins: {}", clusters.settings().names().join(" + "), clusters.settings().coinjoins.name())
}
