//! Peel chains.

use std::collections::BTreeMap;

use pyo3::prelude::*;

use crate::chain::{Chain, Feature};
use crate::error::Error;
use crate::peel_chain::{PeelChain, PeelChainOptions};
use crate::python::chain::PyChain;
use crate::python::chain::output::PyOutput;
use crate::python::convert;
use crate::python::given::clusters::given_or_brought;
use crate::python::given::{named, source, stops};
use crate::python::progress::while_not_interrupted;
use crate::python::recipe::made_by_recipe;
use crate::python::show;
use crate::python::table::PyTable;
use crate::trace::Direction;

#[pymethods]
impl PyChain {
    /// Follows the peel chain that a coin is in: at each transaction on by the one output that can be the change, because nothing rules it out;
    /// else it stops. After Kappos et al. 2022; docs/peel_chain.md has the rules, which of them are our choice, and how often they are right.
    ///
    /// Parameters
    /// ----------
    /// output : an `Output`, or a text like "txid:n".
    /// direction : "out" (by those that spend), "in" (to where it began) or "both".
    /// clusters : of this chain at this height. Then change into the payer's cluster is known to be it, and the cluster's transactions show the
    ///     wallet's habits, too. A wallet in stop_at brings its own.
    /// stop_at : where it stops, given as for `trace`.
    /// features : what tells a wallet from others, of version, locktime, sequence, segwit, bip69, low_r, compressed_keys, input_kinds; all by default.
    /// max_steps : in each direction at most.
    /// max_inputs, max_outputs : of a step, by default 1 and 2: a peel chain. More outputs allow payouts to several.
    /// rule_out_unspent : whether an output that nothing spends as of the height cannot be the change. By default it may be.
    ///
    /// Raises
    /// ------
    /// NotInChainError : the output is not in the chain.
    /// ValueError : an unknown direction or feature, clusters of another height, something of another chain.
    ///
    /// Examples
    /// --------
    /// >>> first = chain.tx("7365607599a4b749bc84cd9929d488307dfe59d3bcf0c9e7bbbba5cdf8f1c282").inputs()[0].spends
    /// >>> peel = chain.peel_chain(first, clusters=chain.cluster())
    /// >>> len(peel), peel.stopped
    /// (6, {'out': 'no_candidate'})
    #[pyo3(signature = (
        output: "Output | str", *, direction: "Direction | Literal['both']" = "out", clusters: "Clusters | None" = None,
        stop_at: "StopAt | None" = None, features: "list[Feature] | None" = None,
        max_steps: "int | None" = None, max_inputs: "int | None" = None, max_outputs: "int | None" = None, rule_out_unspent = false
    ) -> "PeelChain")]
    #[allow(clippy::too_many_arguments)]
    fn peel_chain(
        &self,
        output: &Bound<'_, PyAny>,
        direction: &str,
        clusters: Option<&Bound<'_, PyAny>>,
        stop_at: Option<&Bound<'_, PyAny>>,
        features: Option<Vec<String>>,
        max_steps: Option<&Bound<'_, PyAny>>,
        max_inputs: Option<&Bound<'_, PyAny>>,
        max_outputs: Option<&Bound<'_, PyAny>>,
        rule_out_unspent: bool,
    ) -> PyResult<PyPeelChain> {
        let given = Given { direction, clusters, stop_at, features, max_steps, max_inputs, max_outputs, rule_out_unspent };
        peel_chain(&self.0, output, given)
    }
}

/// A peel chain: a coin is spent, a payment is peeled off, and what is left is spent in the same way again.
///
/// Its tables can be pickled; it itself cannot, because it may hold clusters.
///
/// Examples
/// --------
/// >>> peel = chain.peel_chain(chain.tx("7365607599a4b749bc84cd9929d488307dfe59d3bcf0c9e7bbbba5cdf8f1c282").inputs()[0].spends)
/// >>> peel.steps().columns[:6]
/// ['step', 'txid', 'height', 'time', 'input_value', 'change_position']
/// >>> sum(peel.peeled().to_pydict()["amount"]) == peel.peeled_total()
/// True
#[pyclass(name = "PeelChain", module = "satrail", frozen)]
pub struct PyPeelChain(pub PeelChain);

made_by_recipe!(PyPeelChain, |peel| peel.0.chain(), |peel| peel.0.recipe());

#[pymethods]
impl PyPeelChain {
    /// The coin that it was followed from.
    #[getter]
    fn start(&self) -> PyResult<PyOutput> {
        Ok(PyOutput(self.0.chain().output_at(self.0.start())?))
    }

    /// The chain that it is of, at its height.
    #[getter]
    fn chain(&self) -> PyChain {
        PyChain(self.0.chain().clone())
    }

    /// One row a step, in chain order: a transaction of the chain whose change is known.
    ///
    /// Columns: step (from 0 on forward, from -1 on backward), txid, height, time (microseconds UTC); input_value (satoshi of the coin of the chain),
    /// change_position, change_address, change_value, peeled (satoshi in the other outputs), peeled_total (of this row and those above);
    /// decided_by ("own_address", "same_wallet", "spender"), features (those that the wallet's transactions shared, and
    /// that the spender was held against), reason (what was read of each output, in words).
    fn steps(&self, py: Python<'_>) -> PyResult<PyTable> {
        Ok(PyTable(py.detach(|| self.0.steps())?))
    }

    /// One row an output that was peeled off: who got it.
    ///
    /// Columns: step, txid, position, address, cluster_id (null without clusters), label (of `stop_at`, or null), amount
    /// (satoshi), height, time, ruled_out_by ("data", "reused_address", "another_is_own", "form", "coinjoin", "features", "unspent"), reason
    /// (the same in words).
    fn peeled(&self, py: Python<'_>) -> PyResult<PyTable> {
        Ok(PyTable(py.detach(|| self.0.peeled())?))
    }

    /// Where it stops and why, one row a direction.
    ///
    /// Columns: direction ("out" or "in"), reason (see `stopped`), coin_txid, coin_position, coin_address, coin_value (the last coin of the
    /// chain); txid, height, time of the transaction that is not a step of it any more, null where there is none; candidates (outputs of that
    /// transaction that are not ruled out, null where they were not looked at), explanation (the reason in a sentence).
    fn stop(&self, py: Python<'_>) -> PyResult<PyTable> {
        Ok(PyTable(py.detach(|| self.0.stop())?))
    }

    /// Why it stops, by direction: "unspent", "lost", "no_candidate", "several_candidates", "form", "coinjoin", "coinbase", "stop_at", "features",
    /// "not_the_change", "several_inputs" or "max_steps"; docs/peel_chain.md says what each means.
    #[getter]
    fn stopped(&self) -> BTreeMap<&'static str, &'static str> {
        self.0.stops().iter().map(|stop| (stop.direction.name(), stop.reason.name())).collect()
    }

    /// Satoshi that were peeled off in all steps.
    fn peeled_total(&self, py: Python<'_>) -> PyResult<u64> {
        Ok(py.detach(|| self.0.peeled_total())?)
    }

    /// How many steps it has.
    fn __len__(&self) -> usize {
        self.0.rows().len()
    }

    /// A peel chain is an answer even where it has no step.
    fn __bool__(&self) -> bool {
        true
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let steps = match self.0.rows().len() {
            1 => "1 step".to_string(),
            steps => format!("{} steps", show::number(steps as u64)),
        };
        let peeled = show::satoshi(self.peeled_total(py)?);
        let mut lines = vec![format!("PeelChain({steps}, {peeled} peeled off, height={})", self.0.chain().height())];
        for stop in self.0.stops() {
            lines.push(format!("{}: stops, {} ({})", stop.direction.name(), stop.reason.name(), stop.explanation));
        }
        Ok(lines.join("\n"))
    }

    fn _repr_html_(&self, py: Python<'_>) -> PyResult<String> {
        let mut facts = vec![
            ("steps", show::number(self.0.rows().len() as u64)),
            ("peeled off", show::bitcoin(self.peeled_total(py)?)),
            ("as of height", self.0.chain().height().to_string()),
        ];
        for stop in self.0.stops() {
            let name = if stop.direction == Direction::Out { "stops going out" } else { "stops going in" };
            facts.push((name, format!("{}: {}", stop.reason.name(), stop.explanation)));
        }
        Ok(show::facts("Peel chain", &facts) + &show::html(&self.steps(py)?.0)?)
    }
}

/// What a peel chain is followed with, as it is given in Python.
pub struct Given<'a, 'py> {
    pub direction: &'a str,
    pub clusters: Option<&'a Bound<'py, PyAny>>,
    pub stop_at: Option<&'a Bound<'py, PyAny>>,
    pub features: Option<Vec<String>>,
    pub max_steps: Option<&'a Bound<'py, PyAny>>,
    pub max_inputs: Option<&'a Bound<'py, PyAny>>,
    pub max_outputs: Option<&'a Bound<'py, PyAny>>,
    pub rule_out_unspent: bool,
}

/// Follows a peel chain without the interpreter; Ctrl-C ends it.
pub fn peel_chain(chain: &Chain, output: &Bound<'_, PyAny>, given: Given) -> PyResult<PyPeelChain> {
    let start = source::output(chain, &named(chain, output)?)?;
    let options = options(chain, given)?;
    Ok(PyPeelChain(while_not_interrupted(output.py(), |go_on| chain.peel_chain(start, &options, go_on))?))
}

fn options(chain: &Chain, given: Given) -> PyResult<PeelChainOptions> {
    let stop_at = given.stop_at.map(|given| named(chain, given)).transpose()?;
    let clusters = given_or_brought(chain, given.clusters, &[stop_at.as_ref()])?;
    let size = |name, given: Option<&Bound<'_, PyAny>>, least: u32| -> PyResult<u64> {
        given.map_or(Ok(least), |given| convert::count(name, given, least..=u32::MAX)).map(u64::from)
    };
    let features = given.features.map(|names| names.iter().map(|name| Feature::from_name(name)).collect::<crate::Result<_>>());
    Ok(PeelChainOptions {
        directions: directions(given.direction)?,
        stop_at: stops::stops(chain, stop_at.as_ref(), clusters.as_ref())?,
        clusters,
        features: features.transpose()?.unwrap_or(Feature::ALL.to_vec()),
        max_steps: given.max_steps.map(|steps| convert::count("max_steps", steps, 0..=u32::MAX)).transpose()?.map(u64::from),
        max_inputs: size("max_inputs", given.max_inputs, 1)?,
        max_outputs: size("max_outputs", given.max_outputs, 2)?,
        rule_out_unspent: given.rule_out_unspent,
    })
}

fn directions(name: &str) -> PyResult<Vec<Direction>> {
    match name {
        "both" => Ok(vec![Direction::In, Direction::Out]),
        "in" | "out" => Ok(vec![Direction::from_name(name)?]),
        _ => {
            let known = vec!["out", "in", "both"];
            Err(Error::UnknownName { what: "direction", name: name.to_string(), known }.into())
        }
    }
}
