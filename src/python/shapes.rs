//! Shapes of transactions, and the links of their inputs and outputs.

use pyo3::IntoPyObjectExt;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyString, PyTuple};
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::chain::Transaction;
use crate::error::Error;
use crate::python::chain::PyChain;
use crate::python::chain::transaction::PyTransaction;
use crate::python::given::moment;
use crate::python::show;
use crate::python::table::PyTable;
use crate::script::{self, Network};
use crate::shapes::{self, Found, GivenThreshold, Judgement, Nothing, Outline, Predicate, Shape, Thresholds, Verdict};

/// Satoshi that there will ever be.
pub const MOST_SATOSHI: u64 = 21_000_000 * 100_000_000;

#[pymethods]
impl PyChain {
    /// A table of the shapes of the transactions of a range of blocks, which is given as for `blocks`: CoinJoins of several kinds, and
    /// payments that are known by their form, as of the chain's height. docs/shapes.md says what each shape is, after which
    /// publication, and how often each is right on real transactions.
    ///
    /// Columns: transaction (number, int64), height (int32), time (of the block's header, microseconds UTC); two for each shape, "no", "undecided"
    /// or "yes", and what decided (text, dictionary-encoded): the first predicate that failed, or the first that could not be decided, or "all";
    /// and, only where it is named, txid (text). The shapes: equal_output_coinjoin, joinmarket, wasabi_1_0, wasabi_1_1, wasabi_2_0, whirlpool,
    /// whirlpool_tx0, stonewall, payjoin_warning, peeling, consolidation, batch_payment, self_transfer, lightning_open, lightning_close; the
    /// second column of a shape has "_decided_by" behind its name.
    ///
    /// Parameters
    /// ----------
    /// columns : names of columns; only shapes that they are about are looked for.
    /// thresholds : by name, see `satrail.shapes.thresholds`; the defaults are those of the chain's network.
    ///
    /// Raises
    /// ------
    /// ValueError : an unknown column or threshold, or a value out of range.
    /// TypeError : a value of another type.
    ///
    /// Examples
    /// --------
    /// >>> chain.shapes(columns=["equal_output_coinjoin"]).to_pydict()["equal_output_coinjoin"].count("yes")
    /// 69
    /// >>> chain.shapes(0, 1, columns=["joinmarket", "joinmarket_decided_by"]).to_pydict()
    /// {'joinmarket': ['no'], 'joinmarket_decided_by': ['outputs']}
    #[pyo3(signature = (start: "Moment | None" = None, stop: "Moment | None" = None, *, columns: "list[str] | None" = None, **thresholds: "float") -> "Table")]
    fn shapes(
        &self,
        start: Option<&Bound<'_, PyAny>>,
        stop: Option<&Bound<'_, PyAny>>,
        columns: Option<Vec<String>>,
        thresholds: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<PyTable> {
        let thresholds = with_thresholds(Thresholds::of(self.0.network()), thresholds)?;
        let heights = moment::heights(&self.0, start, stop)?;
        Ok(PyTable(self.0.shapes(heights, columns.as_deref(), &thresholds)?))
    }
}

#[pymethods]
impl PyTransaction {
    /// Its shapes: of each the verdict, what decided, and all predicates. docs/shapes.md says what each shape is.
    ///
    /// Parameters
    /// ----------
    /// only : names of shapes; all when not given.
    /// thresholds : by name, see `satrail.shapes.thresholds`; the defaults are those of the chain's network.
    ///
    /// Raises
    /// ------
    /// ValueError : an unknown shape or threshold, or a value out of range.
    /// TypeError : a value of another type.
    ///
    /// Examples
    /// --------
    /// >>> table = chain.shapes(columns=["txid", "joinmarket"]).to_pydict()
    /// >>> tx = chain.tx(table["txid"][table["joinmarket"].index("yes")])
    /// >>> tx.shapes(only=["joinmarket"])
    /// [Judgement(joinmarket: yes, decided by all)]
    /// >>> tx.shapes(only=["joinmarket"], min_participants=50)[0].verdict
    /// 'no'
    #[pyo3(signature = (*, only: "Iterable[str] | None" = None, **thresholds: "float") -> "list[Judgement]")]
    fn shapes(
        &self,
        py: Python<'_>,
        only: Option<&Bound<'_, PyAny>>,
        thresholds: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Vec<PyJudgement>> {
        of_transaction(py, &self.0, only, thresholds)
    }
}

/// Whether a transaction has a shape: the verdict, what decided, and every predicate that was looked at.
///
/// Examples
/// --------
/// >>> judgement = chain.block(200).transactions()[0].shapes(only=["consolidation"])[0]
/// >>> judgement.shape, judgement.verdict, judgement.decided_by
/// ('consolidation', 'no', 'inputs')
/// >>> judgement
/// Judgement(consolidation: no, decided by inputs: found 0, wanted at least 3)
#[pyclass(name = "Judgement", module = "satrail", frozen, eq)]
#[derive(PartialEq)]
pub struct PyJudgement(pub Judgement);

#[pymethods]
impl PyJudgement {
    /// The name of the shape.
    #[getter]
    fn shape(&self) -> &'static str {
        self.0.shape.name()
    }

    /// "yes", "no" or "undecided".
    #[getter]
    fn verdict(&self) -> &'static str {
        self.0.verdict.name()
    }

    /// The name of the first predicate that failed; where none did, of the first that could not be decided; else "all".
    #[getter]
    fn decided_by(&self) -> &'static str {
        self.0.decided_by
    }

    /// The predicates, in the order in which they are held against the transaction.
    #[getter]
    fn predicates(&self) -> Vec<PyPredicate> {
        self.0.predicates.iter().cloned().map(PyPredicate).collect()
    }

    fn __repr__(&self) -> String {
        let by = self.0.predicates.iter().find(|predicate| predicate.name == self.0.decided_by);
        let found = by.map_or(String::new(), |by| format!(": found {}, wanted {}", found_text(&by.found), by.wanted));
        format!("Judgement({}: {}, decided by {}{found})", self.shape(), self.verdict(), self.decided_by())
    }

    fn __hash__(&self) -> u64 {
        hash_of(&self.__repr__())
    }

    fn _repr_html_(&self) -> String {
        let line = |predicate: &Predicate| {
            let (found, wanted) = (found_text(&predicate.found), &predicate.wanted);
            (predicate.name, format!("{}: found {found}, wanted {wanted}", passed_text(predicate.passed)))
        };
        let lines: Vec<(&str, String)> = self.0.predicates.iter().map(line).collect();
        show::facts(&format!("{}: {}, decided by {}", self.shape(), self.verdict(), self.decided_by()), &lines)
    }

    #[pyo3(signature = () -> "tuple[object, ...]")]
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let predicates: Vec<Py<PyPredicate>> =
            self.predicates().into_iter().map(|predicate| Py::new(py, predicate)).collect::<PyResult<_>>()?;
        let arguments = (self.shape(), predicates).into_pyobject(py)?;
        PyTuple::new(py, [py.import("satrail._core")?.getattr("_restore_judgement")?, arguments.into_any()])
    }
}

/// Makes a judgement from its pickle.
#[pyfunction]
#[pyo3(name = "_restore_judgement", signature = (shape, predicates) -> "Judgement")]
pub fn restore_judgement(shape: &str, predicates: Vec<Py<PyPredicate>>) -> PyResult<PyJudgement> {
    let predicates = predicates.iter().map(|predicate| predicate.get().0.clone()).collect();
    Ok(PyJudgement(Judgement::of(Shape::from_name(shape)?, predicates)))
}

/// One predicate of a shape, as it was for one transaction.
///
/// Examples
/// --------
/// >>> predicate = chain.block(200).transactions()[0].shapes(only=["joinmarket"])[0].predicates[0]
/// >>> predicate.name, predicate.passed, predicate.found, predicate.wanted
/// ('outputs', False, 2, 'at least 3')
#[pyclass(name = "Predicate", module = "satrail", frozen, eq)]
#[derive(PartialEq)]
pub struct PyPredicate(pub Predicate);

#[pymethods]
impl PyPredicate {
    /// Its name.
    #[getter]
    fn name(&self) -> &'static str {
        self.0.name
    }

    /// Whether the transaction passed it; None where it could not be decided, or was not looked at because another had failed.
    #[getter]
    fn passed(&self) -> Option<bool> {
        self.0.passed
    }

    /// What the transaction has: a number (amounts in satoshi), a share, True or False, or a verdict; None where it was not looked for.
    #[getter]
    fn found<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match self.0.found {
            Found::Number(number) => number.into_bound_py_any(py),
            Found::Share(share) => share.into_bound_py_any(py),
            Found::Flag(flag) => flag.into_bound_py_any(py),
            Found::Text(text) => text.into_bound_py_any(py),
            Found::Nothing => Ok(py.None().into_bound(py)),
        }
    }

    /// What that is held against.
    #[getter]
    fn wanted(&self) -> &str {
        &self.0.wanted
    }

    fn __repr__(&self) -> String {
        let (name, passed) = (self.0.name, passed_text(self.0.passed));
        format!("Predicate({name}: {passed}, found {}, wanted {})", found_text(&self.0.found), self.0.wanted)
    }

    fn __hash__(&self) -> u64 {
        hash_of(&self.__repr__())
    }

    #[pyo3(signature = () -> "tuple[object, ...]")]
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let arguments = (self.0.name, self.0.passed, self.found(py)?, self.wanted()).into_pyobject(py)?;
        PyTuple::new(py, [py.import("satrail._core")?.getattr("_restore_predicate")?, arguments.into_any()])
    }
}

/// Makes a predicate from its pickle.
#[pyfunction]
#[pyo3(name = "_restore_predicate", signature = (name, passed: "bool | None", found: "object", wanted) -> "Predicate")]
pub fn restore_predicate(name: &str, passed: Option<bool>, found: &Bound<'_, PyAny>, wanted: String) -> PyResult<PyPredicate> {
    let unknown = || PyValueError::new_err("these are not the parts of a pickled predicate");
    let known = Shape::ALL.iter().flat_map(|shape| shape.predicates());
    let name = *known.into_iter().find(|known| **known == name).ok_or_else(unknown)?;
    let found = match found {
        none if none.is_none() => Found::Nothing,
        flag if flag.cast::<PyBool>().is_ok() => Found::Flag(flag.extract()?),
        share if share.cast::<PyFloat>().is_ok() => Found::Share(share.extract()?),
        text if text.cast::<PyString>().is_ok() => {
            let text: String = text.extract()?;
            Found::Text(Verdict::ALL.into_iter().map(Verdict::name).find(|name| *name == text).ok_or_else(unknown)?)
        }
        number => Found::Number(number.extract()?),
    };
    Ok(PyPredicate(Predicate { name, passed, found, wanted }))
}

/// What is equal shows itself equally.
pub fn hash_of(shown: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    shown.hash(&mut hasher);
    hasher.finish()
}

fn passed_text(passed: Option<bool>) -> &'static str {
    match passed {
        Some(true) => "passed",
        Some(false) => "failed",
        None => "undecided",
    }
}

fn found_text(found: &Found) -> String {
    match found {
        Found::Number(number) => number.to_string(),
        Found::Share(share) => format!("{share:.4}"),
        Found::Flag(true) => "True".to_string(),
        Found::Flag(false) => "False".to_string(),
        Found::Text(text) => text.to_string(),
        Found::Nothing => "None".to_string(),
    }
}

/// The thresholds that shapes are held against, by name, with the defaults of a network. docs/shapes.md says what each means.
///
/// Raises
/// ------
/// ValueError : an unknown network.
///
/// Examples
/// --------
/// >>> satrail.shapes.thresholds()["min_participants"]
/// 3
/// >>> satrail.shapes.thresholds("regtest")["whirlpool_first_height"]
/// 0
#[pyfunction]
#[pyo3(signature = (network = "mainnet") -> "dict[str, int | float | bool]")]
pub fn thresholds<'py>(py: Python<'py>, network: &str) -> PyResult<Bound<'py, PyDict>> {
    let (defaults, all) = (Thresholds::of(network_named(network)?), PyDict::new(py));
    for threshold in Thresholds::ALL {
        match (threshold.get)(&defaults) {
            GivenThreshold::Number(number) => all.set_item(threshold.name, number)?,
            GivenThreshold::Real(number) => all.set_item(threshold.name, number)?,
            GivenThreshold::Flag(flag) => all.set_item(threshold.name, flag)?,
            GivenThreshold::Other(text) => all.set_item(threshold.name, text)?,
        }
    }
    Ok(all)
}

/// The shapes of a transaction that is in no store.
///
/// What only a chain shows (neighbours, what spends revealed) is undecided. docs/shapes.md says what each shape is, after which
/// publication, and how often each is right on real transactions.
///
/// Parameters
/// ----------
/// inputs, outputs : for each its amount in satoshi and its address, or its output script in hex.
/// height : of its block. Without it the heights at which wallets began are not looked at.
/// network : that of the addresses, "mainnet", "testnet3", "testnet4", "signet" or "regtest"; the defaults of thresholds depend on it.
/// locktime : its locktime, which Lightning's shapes look at.
/// sequences : the sequence of each input; final ones when not given.
/// only : names of shapes; all when not given.
/// thresholds : by name, see `satrail.shapes.thresholds`.
///
/// Raises
/// ------
/// ValueError : an unknown shape, threshold or network, a value out of range, a text that is not an address.
/// TypeError : something of another type.
///
/// Examples
/// --------
/// >>> def script(n): return "0014" + f"{n:040x}"
/// >>> inputs = [(1_500_000 + n, script(n)) for n in range(4)]
/// >>> outputs = [(1_000_000, script(10 + n)) for n in range(4)] + [(499_000 + n, script(20 + n)) for n in range(4)]
/// >>> satrail.shapes.judge(inputs, outputs, only=["equal_output_coinjoin"])
/// [Judgement(equal_output_coinjoin: yes, decided by all)]
/// >>> satrail.shapes.judge(inputs, outputs, only=["joinmarket"], min_participants=5)
/// [Judgement(joinmarket: no, decided by inputs: found 4, wanted at least 5)]
#[pyfunction]
#[pyo3(signature = (
    inputs: "Iterable[tuple[int, str]]", outputs: "Iterable[tuple[int, str]]", *, height: "int | None" = None, network = "mainnet",
    locktime = 0, sequences: "Iterable[int] | None" = None, only: "Iterable[str] | None" = None, **thresholds: "float"
) -> "list[Judgement]")]
#[allow(clippy::too_many_arguments)]
pub fn judge(
    py: Python<'_>,
    inputs: &Bound<'_, PyAny>,
    outputs: &Bound<'_, PyAny>,
    height: Option<u32>,
    network: &str,
    locktime: u32,
    sequences: Option<&Bound<'_, PyAny>>,
    only: Option<&Bound<'_, PyAny>>,
    thresholds: Option<&Bound<'_, PyDict>>,
) -> PyResult<Vec<PyJudgement>> {
    let network = network_named(network)?;
    let mut defaults = Thresholds::of(network);
    if height.is_none() {
        (defaults.wasabi_1_first_height, defaults.wasabi_2_first_height, defaults.whirlpool_first_height) = (0, 0, 0);
    }
    let thresholds = with_thresholds(defaults, thresholds)?;
    let only = shapes_named(only)?;
    let inputs = coins(network, "inputs", inputs)?;
    let mut outline = Outline::default();
    (outline.height, outline.locktime) = (height.unwrap_or(0), locktime);
    for ((value, script), sequence) in inputs.iter().zip(sequences_of(sequences, inputs.len())?) {
        outline.input(*value, script, sequence);
    }
    for (value, script) in coins(network, "outputs", outputs)? {
        outline.output(value, &script);
    }
    let judgements = py.detach(|| shapes::explain(&only, &outline.facts(), &thresholds, &Nothing))?;
    Ok(judgements.into_iter().map(PyJudgement).collect())
}

fn network_named(name: &str) -> PyResult<Network> {
    Ok(Network::from_name(name).ok_or_else(|| Error::UnknownNetwork { name: name.to_string() })?)
}

/// The shapes of a transaction of a chain.
pub fn of_transaction(
    py: Python<'_>,
    tx: &Transaction,
    only: Option<&Bound<'_, PyAny>>,
    thresholds: Option<&Bound<'_, PyDict>>,
) -> PyResult<Vec<PyJudgement>> {
    let thresholds = with_thresholds(Thresholds::of(tx.chain().network()), thresholds)?;
    let only = shapes_named(only)?;
    let judgements = py.detach(|| {
        let facts = tx.chain().facts(tx.number())?;
        let facts = facts.transactions().next().expect("it was gathered");
        shapes::explain(&only, &facts, &thresholds, tx.chain())
    })?;
    Ok(judgements.into_iter().map(PyJudgement).collect())
}

fn shapes_named(only: Option<&Bound<'_, PyAny>>) -> PyResult<Vec<Shape>> {
    let Some(only) = only else { return Ok(Shape::ALL.into()) };
    let wrong = || PyTypeError::new_err(format!("only={only:?}: give a list of names of shapes"));
    if only.cast::<PyString>().is_ok() {
        return Err(wrong());
    }
    let names = only.try_iter().map_err(|_| wrong())?;
    names.map(|name| Ok(Shape::from_name(&name?.extract::<String>().map_err(|_| wrong())?)?)).collect()
}

/// Defaults, but for the thresholds that are given.
pub fn with_thresholds(mut thresholds: Thresholds, given: Option<&Bound<'_, PyDict>>) -> PyResult<Thresholds> {
    for (name, value) in given.into_iter().flatten() {
        let value = match &value {
            flag if flag.cast::<PyBool>().is_ok() => GivenThreshold::Flag(flag.extract()?),
            real if real.cast::<PyFloat>().is_ok() => GivenThreshold::Real(real.extract()?),
            other => other.extract().map_or_else(|_| GivenThreshold::Other(format!("{other:?}")), GivenThreshold::Number),
        };
        thresholds.set(&name.extract::<String>()?, &value)?;
    }
    Ok(thresholds)
}

/// A whole number up to all satoshi that there will ever be.
pub fn whole(wrong: impl Fn() -> String, given: &Bound<'_, PyAny>) -> PyResult<u64> {
    match given.extract() {
        Ok(value) if value <= MOST_SATOSHI && given.cast::<PyBool>().is_err() => Ok(value),
        Err(e) if e.is_instance_of::<PyTypeError>(given.py()) => Err(PyTypeError::new_err(wrong())),
        _ => Err(PyValueError::new_err(wrong())),
    }
}

pub fn amount(place: &str, given: &Bound<'_, PyAny>) -> PyResult<u64> {
    whole(|| format!("{place}: {given:?} is not an amount; give whole satoshi, from 0 to {MOST_SATOSHI}"), given)
}

/// Amounts and output scripts.
fn coins(network: Network, what: &str, given: &Bound<'_, PyAny>) -> PyResult<Vec<(u64, Vec<u8>)>> {
    let wrong =
        |i: usize| PyTypeError::new_err(format!("{what}[{i}]: give an amount in satoshi and an address or a script in hex"));
    let items =
        given.try_iter().map_err(|_| PyTypeError::new_err(format!("{what} are given as a list of amounts and addresses")))?;
    let coin = |(i, item): (usize, PyResult<Bound<'_, PyAny>>)| {
        let (value, text): (Bound<'_, PyAny>, String) = item?.extract().map_err(|_| wrong(i))?;
        let bad = |source| PyErr::from(Error::BadAddress { text: text.clone(), source });
        let (kind, payload) = script::parse(network, &text).map_err(bad)?;
        Ok((amount(&format!("{what}[{i}]"), &value)?, script::script_of(kind, payload.as_ref())))
    };
    items.enumerate().map(coin).collect()
}

fn sequences_of(given: Option<&Bound<'_, PyAny>>, inputs: usize) -> PyResult<Vec<u32>> {
    let Some(given) = given else { return Ok(vec![u32::MAX; inputs]) };
    let wrong = || PyTypeError::new_err(format!("sequences={given:?}: give a number from 0 to {} for each input", u32::MAX));
    let sequences: Vec<u32> =
        given.try_iter().map_err(|_| wrong())?.map(|s| s?.extract().map_err(|_| wrong())).collect::<PyResult<_>>()?;
    match sequences.len() == inputs {
        true => Ok(sequences),
        false => {
            Err(PyValueError::new_err(format!("{} sequences are given for {inputs} inputs; give one for each", sequences.len())))
        }
    }
}
