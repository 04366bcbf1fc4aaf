//! Recipes, and what is built on them: equality, hashes, pickles, and making a result again.

use std::sync::{Mutex, PoisonError};

use pyo3::IntoPyObjectExt;
use pyo3::exceptions::PyKeyError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};
use serde_json::Value;

use crate::chain::{Chain, Identity};
use crate::change::ChangeRule;
use crate::cluster::{self, Clusters, Settings};
use crate::convergence::{self, ConvergenceOptions};
use crate::error::Error;
use crate::evaluate::recipe as evaluate;
use crate::flows::{self, FlowsOptions};
use crate::peel_chain::{self, PeelChainOptions};
use crate::python::chain::PyChain;
use crate::python::cluster::PyClusters;
use crate::python::comparison::PyComparison;
use crate::python::convergence::PyConvergence;
use crate::python::evaluate::{of_clusters, rates_of_rule, rates_of_shape};
use crate::python::exposure::{PyExposure, PyPolicyComparison};
use crate::python::flows::PyFlows;
use crate::python::graph;
use crate::python::peel_chain::PyPeelChain;
use crate::python::progress::while_not_interrupted;
use crate::python::proof::PyProof;
use crate::python::trace::{PyTrace, trace};
use crate::python::trace_evaluation::of_trace;
use crate::python::truth::PyTruth;
use crate::python::wallet::PyWallet;
use crate::recipe::{Recipe, check_version};
use crate::shapes::Thresholds;
use crate::trace::compare::Run;
use crate::trace::{self as traces, Source, TraceOptions};

/// The call that made a result, as one canonical JSON value (RFC 8785): the chain by network, height and block hash, the function, and its
/// arguments; inputs and other results by their digest, and beside the arguments in full. docs/recipes.md defines it.
///
/// It reads like a mapping: `recipe["call"]`, `dict(recipe)`; `str(recipe)` is the JSON. Two results are equal where their recipes are.
///
/// Examples
/// --------
/// >>> recipe = chain.cluster().recipe
/// >>> recipe["call"], recipe["arguments"]["coinjoin"]
/// ('chain.cluster', 'exclude')
/// >>> satrail.Recipe(str(recipe)) == recipe
/// True
#[pyclass(name = "Recipe", module = "satrail", frozen, mapping)]
pub struct PyRecipe(pub Recipe);

#[pymethods]
impl PyRecipe {
    /// Reads a recipe from its JSON, as a text or as the mapping that the text stands for.
    #[new]
    #[pyo3(signature = (json: "str | Mapping[str, Any]", /))]
    fn new(json: &Bound<'_, PyAny>) -> PyResult<PyRecipe> {
        read(json)
    }

    /// SHA-256, as hex, of the canonical JSON of version, chain, call and arguments; inputs and results are covered by their digests.
    #[getter]
    fn digest(&self) -> PyResult<String> {
        Ok(self.0.digest()?)
    }

    /// Whether `satrail.rerun` can make the result again. It cannot where a Python function was used as a rule.
    #[getter]
    fn rerunnable(&self) -> bool {
        self.0.obstacle().is_none()
    }

    /// The names of its parts: "recipe" (its version), "chain", "call", "arguments", and where there are any "inputs", "results", "as_given".
    #[pyo3(signature = () -> "list[str]")]
    fn keys(&self) -> Vec<String> {
        let Value::Object(parts) = self.0.value() else { return Vec::new() };
        parts.into_iter().map(|(name, _)| name).collect()
    }

    fn __getitem__<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
        let value = self.0.value();
        let part = value.get(name).ok_or_else(|| PyKeyError::new_err(name.to_string()))?;
        py.import("json")?.call_method1("loads", (part.to_string(),))
    }

    fn __contains__(&self, name: &str) -> bool {
        self.0.value().get(name).is_some()
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        Ok(self.keys().into_bound_py_any(py)?.try_iter()?.into_any())
    }

    fn __len__(&self) -> usize {
        self.keys().len()
    }

    fn __str__(&self) -> PyResult<String> {
        Ok(self.0.text()?)
    }

    fn __repr__(&self) -> PyResult<String> {
        Ok(format!("Recipe({}, digest={})", self.0.call(), self.0.digest()?))
    }

    fn __eq__(&self, other: &PyRecipe) -> bool {
        self.0 == other.0
    }

    fn __hash__(&self) -> PyResult<u64> {
        hash(&self.0)
    }

    #[pyo3(signature = () -> "tuple[object, ...]")]
    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyTuple>> {
        let arguments = PyTuple::new(slf.py(), [slf.get().0.text()?])?;
        PyTuple::new(slf.py(), [slf.get_type().into_any(), arguments.into_any()])
    }
}

fn read(given: &Bound<'_, PyAny>) -> PyResult<PyRecipe> {
    if let Ok(recipe) = given.cast::<PyRecipe>() {
        return Ok(PyRecipe(recipe.get().0.clone()));
    }
    if let Ok(text) = given.cast::<PyString>() {
        return Ok(PyRecipe(Recipe::parse(&text.to_cow()?)?));
    }
    let mapping = given.py().get_type::<PyDict>().call1((given,))?;
    let text: String = given.py().import("json")?.call_method1("dumps", (mapping,))?.extract()?;
    Ok(PyRecipe(Recipe::parse(&text)?))
}

/// A hash by the digest of a recipe.
pub fn hash(recipe: &Recipe) -> PyResult<u64> {
    let digest = recipe.digest()?;
    Ok(u64::from_str_radix(&digest[..16], 16).expect("a digest is hex"))
}

/// The pickle of what can be made again: the chain and the recipe.
pub fn reduce<'py>(py: Python<'py>, chain: &Chain, recipe: Recipe, truth: Option<&Py<PyTruth>>) -> PyResult<Bound<'py, PyTuple>> {
    if let Some(obstacle) = recipe.obstacle() {
        let what = format!("this result cannot be pickled: {obstacle}; pickle its tables");
        return Err(pyo3::exceptions::PyTypeError::new_err(what));
    }
    let arguments = (PyChain(chain.clone()), PyRecipe(recipe), truth.map(|truth| truth.bind(py))).into_pyobject(py)?;
    PyTuple::new(py, [py.import("satrail._core")?.getattr("rerun")?, arguments.into_any()])
}

/// What is made by a call that its recipe describes.
pub trait Made {
    fn recipe(&self) -> crate::Result<Recipe>;
    fn chain(&self) -> &Chain;

    /// The truth that it was held against, which a recipe only names.
    fn truth(&self) -> Option<&Py<PyTruth>> {
        None
    }
}

/// Gives a class what is built on its recipe.
macro_rules! made_by_recipe {
    ($class:ident, $chain:expr, $recipe:expr $(, $truth:expr)?) => {
        impl $crate::python::recipe::Made for $class {
            fn recipe(&self) -> $crate::Result<$crate::recipe::Recipe> {
                let recipe: fn(&$class) -> $crate::Result<$crate::recipe::Recipe> = $recipe;
                recipe(self)
            }

            fn chain(&self) -> &$crate::chain::Chain {
                let chain: fn(&$class) -> &$crate::chain::Chain = $chain;
                chain(self)
            }

            $(fn truth(&self) -> Option<&pyo3::Py<$crate::python::truth::PyTruth>> {
                let truth: fn(&$class) -> Option<&pyo3::Py<$crate::python::truth::PyTruth>> = $truth;
                truth(self)
            })?
        }

        #[pyo3::pymethods]
        impl $class {
            /// The call that made it: `satrail.rerun` makes it again. Results with equal recipes are equal.
            #[getter]
            fn recipe(&self) -> pyo3::PyResult<$crate::python::recipe::PyRecipe> {
                Ok($crate::python::recipe::PyRecipe($crate::python::recipe::Made::recipe(self)?))
            }

            fn __eq__(&self, other: &$class) -> pyo3::PyResult<bool> {
                use $crate::python::recipe::Made;
                Ok(Made::recipe(self)? == Made::recipe(other)?)
            }

            fn __hash__(&self) -> pyo3::PyResult<u64> {
                $crate::python::recipe::hash(&$crate::python::recipe::Made::recipe(self)?)
            }

            /// Pickles carry the chain and the recipe; the result is made again when they are read.
            #[pyo3(signature = () -> "tuple[object, ...]")]
            fn __reduce__<'py>(&self, py: pyo3::Python<'py>) -> pyo3::PyResult<pyo3::Bound<'py, pyo3::types::PyTuple>> {
                use $crate::python::recipe::Made;
                $crate::python::recipe::reduce(py, Made::chain(self), Made::recipe(self)?, Made::truth(self))
            }
        }
    };
}
pub(crate) use made_by_recipe;

/// Makes a result again from its recipe, on any store that has the recipe's chain up to its height.
///
/// Parameters
/// ----------
/// chain : the chain; it may be longer than the recipe's.
/// recipe : the `recipe` of a result, or its JSON.
/// truth : for evaluations, the truth that they were made with; a recipe only has its digest.
///
/// Raises
/// ------
/// ValueError : an evaluation without its truth; the recipe is of another chain, ends later than this one, was made with other versions of rules, was changed, or holds a
///     Python function.
///
/// Examples
/// --------
/// >>> trace = chain.trace(chain.block(150).transactions()[0], max_tx_hops=3)
/// >>> satrail.rerun(chain, str(trace.recipe)) == trace
/// True
#[pyfunction]
#[pyo3(signature = (chain: "Chain", recipe: "Recipe | str | Mapping[str, Any]", truth: "Truth | None" = None) -> "Any")]
pub fn rerun<'py>(
    chain: &Bound<'py, PyChain>,
    recipe: &Bound<'py, PyAny>,
    truth: Option<&Bound<'py, PyTruth>>,
) -> PyResult<Bound<'py, PyAny>> {
    let recipe = read(recipe)?.0;
    if let Some(obstacle) = recipe.obstacle() {
        return Err(Error::Recipe { what: format!("the result cannot be made again: {obstacle}") }.into());
    }
    Kitchen { py: chain.py(), chain: &chain.get().0, truth }.make(&recipe)
}

/// The clusters that were made again last: wallets that are unpickled one by one share them.
static LAST: Mutex<Option<(String, Clusters)>> = Mutex::new(None);

/// Where results are made again.
struct Kitchen<'a, 'py> {
    py: Python<'py>,
    chain: &'a Chain,
    truth: Option<&'a Bound<'py, PyTruth>>,
}

impl<'py> Kitchen<'_, 'py> {
    fn make(&self, recipe: &Recipe) -> PyResult<Bound<'py, PyAny>> {
        let py = self.py;
        match recipe.call() {
            cluster::recipe::CLUSTER => PyClusters(self.clusters(recipe)?).into_bound_py_any(py),
            cluster::recipe::WALLET => self.wallet(recipe)?.into_bound_py_any(py),
            cluster::recipe::WHY => self.why(recipe)?.into_bound_py_any(py),
            cluster::recipe::COMPARE => self.comparison(recipe)?.into_bound_py_any(py),
            traces::recipe::TRACE => self.trace(recipe)?.into_bound_py_any(py),
            traces::recipe::EXPOSURE => PyExposure(self.trace(recipe)?.0).into_bound_py_any(py),
            traces::recipe::TRACE_OF_EXPOSURE => self.trace(self.part(recipe, "exposure")?)?.into_bound_py_any(py),
            traces::recipe::COMPARE_POLICIES => self.policies(recipe)?.into_bound_py_any(py),
            traces::graph::recipe::GRAPH => self.graph(recipe),
            flows::recipe::FLOWS => self.flows(recipe)?.into_bound_py_any(py),
            peel_chain::recipe::PEEL_CHAIN => self.peel_chain(recipe)?.into_bound_py_any(py),
            convergence::recipe::CONVERGENCE => self.convergence(recipe)?.into_bound_py_any(py),
            evaluate::EVALUATE => self.evaluation(recipe),
            call => {
                Err(Error::Recipe { what: format!("this satrail has no call {call:?}; use the one that made the recipe") }.into())
            }
        }
    }

    /// The chain that a recipe is of.
    fn chain_of(&self, recipe: &Recipe) -> PyResult<Chain> {
        Ok(self.chain.identified(&Identity::from_value(recipe.chain())?)?)
    }

    fn part<'r>(&self, recipe: &'r Recipe, name: &str) -> PyResult<&'r Recipe> {
        let lacking = || Error::Recipe { what: format!("the recipe of {} does not name its {name}", recipe.call()) };
        Ok(recipe.result(recipe.argument(name))?.ok_or_else(lacking)?)
    }

    fn clusters(&self, recipe: &Recipe) -> PyResult<Clusters> {
        let digest = recipe.digest()?;
        let chain = self.chain_of(recipe)?;
        let last = || LAST.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, clusters)) = last().as_ref().filter(|(made, clusters)| *made == digest && clusters.is_of(&chain)) {
            return Ok(clusters.clone());
        }
        let settings = Settings::of_recipe(&chain, recipe)?;
        let threads = crate::chain::pieces::all_threads();
        let clusters = while_not_interrupted(self.py, |go_on| chain.cluster(settings, threads, go_on))?;
        *last() = Some((digest, clusters.clone()));
        Ok(clusters)
    }

    fn evaluation(&self, recipe: &Recipe) -> PyResult<Bound<'py, PyAny>> {
        let (py, chain) = (self.py, self.chain_of(recipe)?);
        let refused = |what: String| PyErr::from(Error::Recipe { what });
        let wanted = recipe.argument("truth").as_str().unwrap_or_default();
        let truth =
            self.truth.ok_or_else(|| refused(format!("the evaluation was made with the truth {wanted}; give it as truth=")))?;
        let (known, _) = truth.get().known(py, Some(&chain))?;
        if known.digest() != wanted {
            return Err(refused(format!(
                "the evaluation was made with the truth {wanted}, and the one that is given is {}",
                known.digest()
            )));
        }
        let (what, threads) = (recipe.argument("what"), crate::chain::pieces::all_threads());
        if let Some(part) = recipe.result(what)? {
            if part.call() == cluster::recipe::CLUSTER {
                return of_clusters(py, &self.clusters(part)?, truth)?.into_bound_py_any(py);
            }
            let trace = self.make(part)?.cast_into::<PyTrace>()?;
            return of_trace(&trace, truth, None, evaluate::claims(recipe)?)?.into_bound_py_any(py);
        }
        if let Some(rule) = what.get("change") {
            let rule = ChangeRule::of_form(&chain, rule, recipe)?;
            return rates_of_rule(truth, &known, chain, &rule, threads)?.into_bound_py_any(py);
        }
        check_version("the shapes", recipe.argument("shapes_version"), crate::shapes::COINJOIN_VERSION)?;
        let thresholds = Thresholds::of_form(recipe.argument("thresholds"))?;
        let name = what.get("shape").and_then(Value::as_str).unwrap_or_default();
        rates_of_shape(truth, &known, chain, name, &thresholds, threads)?.into_bound_py_any(py)
    }

    /// The clusters that a recipe names, if it does.
    fn clusters_in(&self, recipe: &Recipe) -> PyResult<Option<Clusters>> {
        recipe.result(recipe.argument("clusters"))?.map(|clusters| self.clusters(clusters)).transpose()
    }

    fn wallet(&self, recipe: &Recipe) -> PyResult<PyWallet> {
        let clusters = self.clusters(self.part(recipe, "clusters")?)?;
        let addresses = cluster::recipe::addresses(clusters.chain(), recipe)?;
        Ok(PyWallet(clusters.wallet(addresses)?))
    }

    fn why(&self, recipe: &Recipe) -> PyResult<PyProof> {
        let clusters = self.clusters(self.part(recipe, "clusters")?)?;
        let end = |name: &str| clusters.chain().address(recipe.argument(name).as_str().unwrap_or_default());
        let (a, b) = (end("a")?.number(), end("b")?.number());
        let shortest = recipe.argument("shortest").as_bool().unwrap_or_default();
        let proof =
            while_not_interrupted(self.py, |go_on| if shortest { clusters.why_shortest(a, b, go_on) } else { clusters.why(a, b) });
        Ok(PyProof(proof?))
    }

    fn comparison(&self, recipe: &Recipe) -> PyResult<PyComparison> {
        let [first, second] = ["first", "second"].map(|name| self.part(recipe, name).and_then(|part| self.clusters(part)));
        PyComparison::of(self.py, first?, second?)
    }

    fn trace(&self, recipe: &Recipe) -> PyResult<PyTrace> {
        let (chain, clusters) = (self.chain_of(recipe)?, self.clusters_in(recipe)?);
        let source = Source::of_recipe(&chain, recipe)?;
        trace(self.py, &chain, &source, &TraceOptions::of_recipe(&chain, recipe, clusters)?)
    }

    fn policies(&self, recipe: &Recipe) -> PyResult<PyPolicyComparison> {
        let lacking = || Error::Recipe { what: "the recipe of a comparison does not name its runs".to_string() };
        let list = |name| recipe.argument(name).as_array().ok_or_else(lacking);
        let run = |(rules, trace): (&Value, &Value)| -> PyResult<Run> {
            let trace = recipe.result(trace)?.ok_or_else(lacking)?;
            Ok(Run { rules: rules.as_str().unwrap_or_default().to_string(), trace: self.trace(trace)?.0 })
        };
        let runs = list("rules")?.iter().zip(list("traces")?).map(run).collect::<PyResult<Vec<_>>>()?;
        if runs.is_empty() { Err(lacking().into()) } else { Ok(PyPolicyComparison { runs }) }
    }

    fn graph(&self, recipe: &Recipe) -> PyResult<Bound<'py, PyAny>> {
        let trace = self.part(recipe, "trace")?;
        let trace = self.make(trace)?.cast_into::<PyTrace>()?;
        let level = traces::recipe::text(recipe, "level")?;
        graph::graph(self.py, &trace.get().0, level)?.into_bound_py_any(self.py)
    }

    fn flows(&self, recipe: &Recipe) -> PyResult<PyFlows> {
        let (chain, clusters) = (self.chain_of(recipe)?, self.clusters_in(recipe)?);
        let addresses = flows::recipe::addresses_of_recipe(&chain, recipe)?;
        let options = FlowsOptions::of_recipe(&chain, recipe, clusters)?;
        Ok(PyFlows(while_not_interrupted(self.py, |go_on| chain.flows(addresses, options, go_on))?))
    }

    fn peel_chain(&self, recipe: &Recipe) -> PyResult<PyPeelChain> {
        let (chain, clusters) = (self.chain_of(recipe)?, self.clusters_in(recipe)?);
        let start = chain.output_named(traces::recipe::text(recipe, "output")?)?.number();
        let options = PeelChainOptions::of_recipe(&chain, recipe, clusters)?;
        Ok(PyPeelChain(while_not_interrupted(self.py, |go_on| chain.peel_chain(start, &options, go_on))?))
    }

    fn convergence(&self, recipe: &Recipe) -> PyResult<PyConvergence> {
        let (chain, clusters) = (self.chain_of(recipe)?, self.clusters_in(recipe)?);
        let payments = traces::recipe::outputs(&chain, recipe, "outputs")?;
        let options = ConvergenceOptions::of_recipe(&chain, recipe, clusters)?;
        let found = while_not_interrupted(self.py, |go_on| chain.convergence(&payments, options, go_on))?;
        Ok(PyConvergence(found.with_overlapping(recipe.number("overlapping")?.unwrap_or_default())))
    }
}
