//! Change rules: what a rule is, and what it leaves. rules.rs has each rule's own function, questions.rs what they are asked.

mod function;
mod inputs;
mod questions;
mod rules;

pub use questions::rule;

use std::any::Any;
use std::collections::BTreeMap;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::chain::Chain;
use crate::change::{ChangeRule, Choice, Operator, Primitive, RuleNode, UserRule};
use crate::python::chain::PyChain;
use crate::python::change::function::Function;
use crate::python::rates::headline;

/// A rule that tells, for a transaction, the outputs that it cannot rule out as the change. Made by the functions of `satrail.change`.
///
/// `a | b`, `a & b` and `a - b` leave the union, intersection and difference; `a.unique()` keeps the only output that is left, or none.
/// Data outputs (OP_RETURN) are never left, and a coinbase has no change.
///
/// Examples
/// --------
/// >>> from satrail import change
/// >>> rule = (change.optimal() & change.fresh()).unique()
/// >>> rule
/// ChangeRule((optimal & fresh).unique())
/// >>> rule.dynamic, change.locktime().dynamic
/// (False, True)
#[pyclass(name = "ChangeRule", module = "satrail", frozen)]
pub struct PyChangeRule(ChangeRule);

#[pymethods]
impl PyChangeRule {
    /// Its text: what it is made of.
    #[getter]
    fn name(&self) -> String {
        self.0.to_string()
    }

    /// Whether what it leaves can change when outputs are spent, or addresses paid, later. Such a rule is evaluated as of the chain's height.
    #[getter]
    fn dynamic(&self) -> bool {
        self.0.is_dynamic()
    }

    /// The versions of the rules that it is made of, by name. A version is raised when what the rule leaves changes.
    #[getter]
    fn versions(&self) -> BTreeMap<&'static str, u32> {
        self.0.versions()
    }

    /// Keeps the only output that the rule leaves, where it leaves one, and else none.
    #[pyo3(signature = () -> "ChangeRule")]
    fn unique(&self) -> PyResult<PyChangeRule> {
        Ok(PyChangeRule(self.0.unique().checked()?))
    }

    fn __or__(&self, other: &PyChangeRule) -> PyResult<PyChangeRule> {
        Ok(PyChangeRule(self.0.union(&other.0).checked()?))
    }

    fn __and__(&self, other: &PyChangeRule) -> PyResult<PyChangeRule> {
        Ok(PyChangeRule(self.0.intersection(&other.0).checked()?))
    }

    fn __sub__(&self, other: &PyChangeRule) -> PyResult<PyChangeRule> {
        Ok(PyChangeRule(self.0.difference(&other.0).checked()?))
    }

    /// What tells the rule from all others as of a chain's height: its text, and the versions and digests of what it is made of.
    #[pyo3(signature = (chain: "Chain", /) -> "str")]
    fn identity(&self, chain: &Bound<'_, PyChain>) -> PyResult<String> {
        Ok(self.as_of(chain.py(), &chain.get().0)?.identity())
    }

    /// What functions and tables that it is made of chose as of a chain's height: by their names the SHA-256 over the numbers of the outputs,
    /// ascending, 8 bytes each, the lowest byte first.
    ///
    /// Examples
    /// --------
    /// >>> first = chain.block(200).transactions()[0]
    /// >>> list(satrail.change.table("mine", [(first.txid, 0)]).digests(chain))
    /// ['mine']
    #[pyo3(signature = (chain: "Chain", /) -> "dict[str, str]")]
    fn digests(&self, chain: &Bound<'_, PyChain>) -> PyResult<BTreeMap<String, Option<String>>> {
        let rule = self.as_of(chain.py(), &chain.get().0)?;
        let given = rule.primitives().into_iter().filter_map(|primitive| (primitive as &dyn Any).downcast_ref::<Choice>());
        Ok(given.map(|given| (given.name().to_string(), given.digest())).collect())
    }

    /// Its text; of a rule by itself, with default options, also what was measured of it (docs/cards).
    fn __repr__(&self) -> PyResult<String> {
        Ok(match headline_of(&self.0)? {
            Some(headline) => format!("ChangeRule({}: {headline})", self.0),
            None => format!("ChangeRule({})", self.0),
        })
    }

    fn __eq__(&self, other: &PyChangeRule) -> bool {
        self.0 == other.0
    }

    fn __hash__(&self) -> u64 {
        xxhash_rust::xxh3::xxh3_64(self.0.to_string().as_bytes())
    }

    /// Pickles carry what the rule was made of; one with a function is as picklable as that.
    #[pyo3(signature = () -> "tuple[object, ...]")]
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let (function, arguments) = match self.0.node() {
            RuleNode::Primitive(primitive) => (call_of(py, &**primitive)?, PyTuple::empty(py)),
            RuleNode::Pair(operator, a, b) => {
                let pair = (PyChangeRule(a.clone()), PyChangeRule(b.clone())).into_pyobject(py)?;
                (py.import("operator")?.getattr(name_of(*operator))?, pair)
            }
            RuleNode::Unique(rule) => {
                (py.get_type::<PyChangeRule>().getattr("unique")?, (PyChangeRule(rule.clone()),).into_pyobject(py)?)
            }
        };
        PyTuple::new(py, [function, arguments.into_any()])
    }

    /// The rule of a name, with its default options.
    ///
    /// Raises
    /// ------
    /// ValueError : there is none; names that are near are offered.
    ///
    /// Examples
    /// --------
    /// >>> satrail.change.named("optimal") == satrail.change.optimal()
    /// True
    #[staticmethod]
    #[pyo3(signature = (name, /) -> "ChangeRule")]
    fn named(name: &str) -> PyResult<PyChangeRule> {
        Ok(PyChangeRule(ChangeRule::named(name)?))
    }
}

impl<P: Primitive> From<P> for PyChangeRule {
    fn from(primitive: P) -> PyChangeRule {
        PyChangeRule(primitive.into())
    }
}

impl PyChangeRule {
    /// The rule with users' functions and tables as what they chose.
    fn as_of(&self, py: Python<'_>, chain: &Chain) -> PyResult<ChangeRule> {
        Ok(py.detach(|| self.0.as_of(chain))?)
    }
}

/// The name in Python's operator module.
fn name_of(operator: Operator) -> &'static str {
    match operator {
        Operator::Union => "or_",
        Operator::Intersection => "and_",
        Operator::Difference => "sub",
    }
}

/// The call of `satrail.change` that makes a rule.
fn call_of<'py>(py: Python<'py>, primitive: &dyn Primitive) -> PyResult<Bound<'py, PyAny>> {
    let make = py.import("satrail.change")?.getattr(primitive.definition().name)?;
    let arguments = py.import("json")?.call_method1("loads", (primitive.arguments().to_string(),))?.cast_into::<PyDict>()?;
    let asked = (primitive as &dyn Any).downcast_ref::<UserRule>();
    if let Some(function) = asked.and_then(|asked| (asked.chooser() as &dyn Any).downcast_ref::<Function>()) {
        arguments.set_item("function", &function.function)?;
    }
    py.import("functools")?.getattr("partial")?.call((make,), Some(&arguments))
}

/// What the card of a rule says, where it has one; clusterings take rules as unique ones, and so do cards.
fn headline_of(rule: &ChangeRule) -> crate::Result<Option<String>> {
    match rule.node() {
        RuleNode::Unique(rule) => headline_of(rule),
        RuleNode::Primitive(primitive) => {
            let definition = primitive.definition();
            match definition.default {
                Some(default) if primitive.equals(&*default()) => headline(definition.name, definition.version),
                _ => Ok(None),
            }
        }
        RuleNode::Pair(..) => Ok(None),
    }
}
