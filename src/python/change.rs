//! Change rules.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use arrow_array::cast::AsArray;
use arrow_array::types::TimestampSecondType;
use arrow_array::{Array, BooleanArray, Float64Array, Int64Array, StringArray, StructArray};
use arrow_schema::{DataType, TimeUnit};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};
use pyo3_arrow::input::AnyArray;

use crate::chain::pieces::all_threads;
use crate::chain::{Chain, Feature, Transaction, time, txid_named};
use crate::change::{self as core, Given, OneTime, Prices, Primitive, Rule, Source};
use crate::ids::{OutNum, hash_text};
use crate::python::chain::PyChain;
use crate::python::chain::output::PyOutput;
use crate::python::chain::transaction::PyTransaction;
use crate::python::convert::{self, Moment};
use crate::python::progress::while_not_interrupted;
use crate::python::rates::headline;
use crate::python::table::PyTable;
use crate::table::Table;

#[pymethods]
impl PyChain {
    /// What a change rule leaves in the blocks from `start` up to, and without, `stop`, one row an output, in chain order. The rule is
    /// asked about all of it before this returns; rows are made when they are read. docs/rules.md says what each rule is, and how often
    /// it is right on a chain whose owners are known.
    ///
    /// Columns: transaction (number, int64), txid (text), height (int32), time (of the block's header, seconds UTC), output (number, int64),
    /// position (int32), address (text; null where the kind has none), value (int64, satoshi), and as of the chain's height spent (bool).
    ///
    /// Parameters
    /// ----------
    /// rule : a rule of `satrail.change`, or the name of one. Rules that look at later spends are evaluated as of the chain's height.
    /// start, stop : heights, dates or block hashes, as for `blocks`; the whole chain when not given.
    /// threads : how many threads to use; all processors when not given. The result is the same.
    ///
    /// Raises
    /// ------
    /// ValueError : an unknown rule; names that are near are offered. A user's function that returns another number of marks than there are
    ///     outputs, or a user's table with outputs that are not in the chain.
    /// TypeError : what is given is no rule, or a user's function returns no bools.
    ///
    /// Examples
    /// --------
    /// >>> found = chain.change(satrail.change.optimal() & satrail.change.fresh())
    /// >>> found.columns
    /// ['transaction', 'txid', 'height', 'time', 'output', 'position', 'address', 'value', 'spent']
    /// >>> len(chain.change("optimal")) > len(found) > 0
    /// True
    #[pyo3(signature = (
        rule: "ChangeRule | str",
        start: "int | str | date | None" = None,
        stop: "int | str | date | None" = None,
        *,
        threads: "int | None" = None
    ) -> "Table")]
    fn change(
        &self,
        rule: &Bound<'_, PyAny>,
        start: Option<&Bound<'_, PyAny>>,
        stop: Option<&Bound<'_, PyAny>>,
        threads: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<PyTable> {
        let heights = convert::heights(&self.0, start, stop)?;
        let threads = convert::threads(threads)?.unwrap_or_else(all_threads);
        change(rule.py(), &self.0, rule, heights, threads)
    }
}

#[pymethods]
impl PyTransaction {
    /// The outputs that a change rule cannot rule out.
    ///
    /// Examples
    /// --------
    /// >>> chain.block(300).transactions()[1].change("fresh") == [
    /// ...     output for output in chain.block(300).transactions()[1].outputs() if output.address.first_height() == 300
    /// ... ]
    /// True
    #[pyo3(signature = (rule: "ChangeRule | str", /) -> "list[Output]")]
    fn change(&self, rule: &Bound<'_, PyAny>) -> PyResult<Vec<PyOutput>> {
        change_of(&self.0, rule)
    }
}

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
pub struct PyChangeRule(Arc<Tree>);

/// A rule, some parts of which are understood only when a chain is there.
enum Tree {
    Leaf { options: Py<PyDict>, leaf: Leaf },
    Pair(&'static str, Arc<Tree>, Arc<Tree>, u32),
    Unique(Arc<Tree>, u32),
}

enum Leaf {
    Core(Primitive),
    Function { name: String, function: Py<PyAny>, known: Answer },
    Table { name: String, outputs: Vec<([u8; 32], u64)>, known: Answer },
}

/// What a user's rule chose, with the hash of the tip of the chain that it was asked about last.
type Answer = Mutex<Option<([u8; 32], Arc<Given>)>>;

/// Rules in rules; more than anybody writes, and few enough to go through.
const DEEPEST: u32 = 200;

#[pymethods]
impl PyChangeRule {
    /// Its text: what it is made of.
    #[getter]
    fn name(&self) -> String {
        self.0.text()
    }

    /// Whether what it leaves can change when outputs are spent, or addresses paid, later. Such a rule is evaluated as of the chain's height.
    #[getter]
    fn dynamic(&self) -> bool {
        self.0.is_dynamic()
    }

    /// The versions of the rules that it is made of, by name. A version is raised when what the rule leaves changes.
    #[getter]
    fn versions(&self) -> BTreeMap<&'static str, u32> {
        let mut versions = BTreeMap::new();
        self.0.versions(&mut versions);
        versions
    }

    /// Keeps the only output that the rule leaves, where it leaves one, and else none.
    #[pyo3(signature = () -> "ChangeRule")]
    fn unique(&self) -> PyResult<PyChangeRule> {
        Ok(PyChangeRule(Arc::new(Tree::Unique(self.0.clone(), deeper([&self.0])?))))
    }

    fn __or__(&self, other: &PyChangeRule) -> PyResult<PyChangeRule> {
        self.with("|", other)
    }

    fn __and__(&self, other: &PyChangeRule) -> PyResult<PyChangeRule> {
        self.with("&", other)
    }

    fn __sub__(&self, other: &PyChangeRule) -> PyResult<PyChangeRule> {
        self.with("-", other)
    }

    /// What tells the rule from all others as of a chain's height: its text, and the versions and digests of what it is made of.
    #[pyo3(signature = (chain: "Chain", /) -> "str")]
    fn identity(&self, chain: &Bound<'_, crate::python::chain::PyChain>) -> PyResult<String> {
        Ok(self.0.resolve(chain.py(), &chain.get().0)?.identity())
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
    fn digests(&self, chain: &Bound<'_, crate::python::chain::PyChain>) -> PyResult<BTreeMap<String, String>> {
        let rule = self.0.resolve(chain.py(), &chain.get().0)?;
        let given = rule.primitives().into_iter().filter_map(|primitive| match primitive {
            Primitive::Given(given) => Some((given.name().to_string(), given.digest().to_string())),
            _ => None,
        });
        Ok(given.collect())
    }

    /// Its text; of a rule by itself, with default options, also what was measured of it (docs/cards).
    fn __repr__(&self) -> PyResult<String> {
        Ok(match self.0.headline()? {
            Some(headline) => format!("ChangeRule({}: {headline})", self.0.text()),
            None => format!("ChangeRule({})", self.0.text()),
        })
    }

    fn __eq__(&self, py: Python<'_>, other: &PyChangeRule) -> PyResult<bool> {
        self.0.equals(py, &other.0)
    }

    fn __hash__(&self) -> u64 {
        xxhash_rust::xxh3::xxh3_64(self.0.text().as_bytes())
    }

    /// Pickles carry what the rule was made of; one with a function is as picklable as that.
    #[pyo3(signature = () -> "tuple[object, ...]")]
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let (function, arguments) = match &*self.0 {
            Tree::Leaf { options, leaf } => {
                let partial = py.import("functools")?.getattr("partial")?;
                let make = py.import("satrail.change")?.getattr(leaf.name())?;
                (partial.call((make,), Some(options.bind(py)))?, PyTuple::empty(py))
            }
            Tree::Pair(operator, a, b, _) => {
                let name = match *operator {
                    "|" => "or_",
                    "&" => "and_",
                    _ => "sub",
                };
                let pair = (PyChangeRule(a.clone()), PyChangeRule(b.clone())).into_pyobject(py)?;
                (py.import("operator")?.getattr(name)?, pair)
            }
            Tree::Unique(rule, _) => {
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
    fn named(py: Python<'_>, name: &str) -> PyResult<PyChangeRule> {
        let rule = Rule::named(name)?;
        Ok(leaf(PyDict::new(py), Leaf::Core(rule.primitives()[0].clone())))
    }

    /// No output.
    ///
    /// Examples
    /// --------
    /// >>> len(chain.change(satrail.change.none()))
    /// 0
    #[staticmethod]
    #[pyo3(signature = () -> "ChangeRule")]
    fn none(py: Python<'_>) -> PyChangeRule {
        leaf(PyDict::new(py), Leaf::Core(Primitive::None))
    }

    /// Outputs that are spent. Rules that look at spenders leave what is unspent; `rule & spent()` drops it.
    ///
    /// Examples
    /// --------
    /// >>> from satrail import change
    /// >>> waiting = chain.change(change.fresh() - change.spent())
    /// >>> any(waiting.to_pydict()["spent"])
    /// False
    #[staticmethod]
    #[pyo3(signature = () -> "ChangeRule")]
    fn spent(py: Python<'_>) -> PyChangeRule {
        leaf(PyDict::new(py), Leaf::Core(Primitive::Spent))
    }

    /// Values that are no multiple of 10 to the `digits` satoshi: what is paid is often round.
    ///
    /// Examples
    /// --------
    /// >>> round_ones = chain.change(satrail.change.power_of_ten(digits=3)).to_pydict()["value"]
    /// >>> any(value % 1000 == 0 for value in round_ones)
    /// False
    #[staticmethod]
    #[pyo3(signature = (digits = 6) -> "ChangeRule")]
    fn power_of_ten(py: Python<'_>, digits: u32) -> PyResult<PyChangeRule> {
        Ok(leaf(options(py, [("digits", digits)])?, Leaf::Core(Primitive::PowerOfTen { digits })))
    }

    /// Values below the smallest input: with a larger change that input would not have been needed (Nick, Data-Driven De-Anonymization
    /// in Bitcoin, 2015). `with_fee` adds the transaction's fee to
    /// the value. With one input all outputs pass.
    ///
    /// Examples
    /// --------
    /// >>> from satrail import change
    /// >>> len(chain.change(change.optimal())) >= len(chain.change(change.optimal(with_fee=True)))
    /// True
    #[staticmethod]
    #[pyo3(signature = (with_fee = false) -> "ChangeRule")]
    fn optimal(py: Python<'_>, with_fee: bool) -> PyResult<PyChangeRule> {
        Ok(leaf(options(py, [("with_fee", with_fee)])?, Leaf::Core(Primitive::Optimal { with_fee })))
    }

    /// Outputs of the inputs' kind of address, where the inputs are all of one; else none.
    ///
    /// Examples
    /// --------
    /// >>> tx = chain.block(300).transactions()[1]
    /// >>> kinds = {i.spends.kind for i in tx.inputs()}
    /// >>> all({output.kind} == kinds for output in tx.change(satrail.change.address_type()))
    /// True
    #[staticmethod]
    #[pyo3(signature = () -> "ChangeRule")]
    fn address_type(py: Python<'_>) -> PyChangeRule {
        leaf(PyDict::new(py), Leaf::Core(Primitive::AddressType))
    }

    /// Outputs to an address that the transaction spends from (Androulaki et al., Evaluating User Privacy in Bitcoin, 2013).
    ///
    /// Examples
    /// --------
    /// >>> len(chain.change(satrail.change.address_reuse()))
    /// 0
    #[staticmethod]
    #[pyo3(signature = () -> "ChangeRule")]
    fn address_reuse(py: Python<'_>) -> PyChangeRule {
        leaf(PyDict::new(py), Leaf::Core(Primitive::AddressReuse))
    }

    /// Outputs to an address that appears in the chain for the first time (Androulaki et al., 2013: shadow addresses). One transaction can
    /// have several.
    ///
    /// Examples
    /// --------
    /// >>> tx = chain.block(300).transactions()[1]
    /// >>> [output.position for output in tx.change(satrail.change.fresh())]
    /// [0, 1]
    #[staticmethod]
    #[pyo3(signature = () -> "ChangeRule")]
    fn fresh(py: Python<'_>) -> PyChangeRule {
        leaf(PyDict::new(py), Leaf::Core(Primitive::Fresh))
    }

    /// The one output to a fresh address, where no output returns to an address of the inputs (Meiklejohn et al., A Fistful of Bitcoins,
    /// 2013, heuristic 2).
    ///
    /// Parameters
    /// ----------
    /// wait : seconds; None where another transaction pays the address again in a block whose header's time is at most so much later. This
    ///     looks at what comes later, up to the chain's height.
    /// gambling : addresses of gambling services (texts), which pay back to where a bet came from: what they pay does not count as paid
    ///     again.
    /// skip_self_change : none where an output pays an address that an earlier transaction had among both inputs and outputs.
    ///
    /// Examples
    /// --------
    /// >>> from satrail import change
    /// >>> rule = change.one_time_change(wait=7 * 24 * 3600)
    /// >>> len(chain.change(rule)) <= len(chain.change(change.one_time_change()))
    /// True
    #[staticmethod]
    #[pyo3(signature = (wait: "int | None" = None, gambling: "Iterable[str] | None" = None, skip_self_change = false) -> "ChangeRule")]
    fn one_time_change(
        py: Python<'_>,
        wait: Option<u32>,
        gambling: Option<Bound<'_, PyAny>>,
        skip_self_change: bool,
    ) -> PyResult<PyChangeRule> {
        let gambling = match gambling {
            Some(given) => convert::texts(&given)?.iter().flatten().map(|text| text.trim().to_string()).collect(),
            None => Vec::new(),
        };
        let core = OneTime::new(wait, gambling, skip_self_change)?;
        let options = PyDict::new(py);
        options.set_item("wait", wait)?;
        options.set_item("gambling", core.gambling.clone())?;
        options.set_item("skip_self_change", skip_self_change)?;
        Ok(leaf(options, Leaf::Core(Primitive::OneTime(core))))
    }

    /// In a peeling chain, unspent outputs and those whose spender is of the chain, too: a transaction of one input and two outputs, before
    /// or behind which is another one (Meiklejohn et al., 2013; Kappos et al., How to Peel a Million, 2022).
    ///
    /// Examples
    /// --------
    /// >>> rule = satrail.change.peeling().unique()
    /// >>> all(len(chain.tx(txid).outputs()) == 2 for txid in chain.change(rule).to_pydict()["txid"][:20])
    /// True
    #[staticmethod]
    #[pyo3(signature = () -> "ChangeRule")]
    fn peeling(py: Python<'_>) -> PyChangeRule {
        leaf(PyDict::new(py), Leaf::Core(Primitive::Peeling))
    }

    /// Unspent outputs, and those whose spender has a locktime if this transaction has, and none if it has none.
    ///
    /// Examples
    /// --------
    /// >>> satrail.change.locktime() & satrail.change.spent()
    /// ChangeRule((locktime & spent))
    #[staticmethod]
    #[pyo3(signature = () -> "ChangeRule")]
    fn locktime(py: Python<'_>) -> PyChangeRule {
        leaf(PyDict::new(py), Leaf::Core(Primitive::Locktime))
    }

    /// Unspent outputs, and those whose spender pays the same fee rate, in whole satoshi for 1000 virtual bytes.
    ///
    /// Examples
    /// --------
    /// >>> satrail.change.fixed_fee().dynamic
    /// True
    #[staticmethod]
    #[pyo3(signature = () -> "ChangeRule")]
    fn fixed_fee(py: Python<'_>) -> PyChangeRule {
        leaf(PyDict::new(py), Leaf::Core(Primitive::FixedFee))
    }

    /// Unspent outputs, and those whose spender could have been made by the same software (Kappos et al., How to Peel a Million, 2022).
    ///
    /// Parameters
    /// ----------
    /// features : what must agree: "version", "locktime" (whether there is one), "sequence" (the classes of the inputs' sequences), "segwit",
    ///     "bip69", "low_r", "compressed_keys", "input_kinds". None for the first four.
    ///
    /// Examples
    /// --------
    /// >>> satrail.change.fingerprint(["version", "low_r"])
    /// ChangeRule(fingerprint(version, low_r))
    #[staticmethod]
    #[pyo3(signature = (features: "Iterable[str] | None" = None) -> "ChangeRule")]
    fn fingerprint(py: Python<'_>, features: Option<Vec<String>>) -> PyResult<PyChangeRule> {
        let options = options(py, [("features", features.clone())])?;
        let features = match features {
            None => Feature::DEFAULT.to_vec(),
            Some(names) if names.is_empty() => return Err(PyValueError::new_err("no feature is given; give at least one")),
            Some(names) => names.iter().map(|name| Feature::from_name(name)).collect::<crate::Result<_>>()?,
        };
        Ok(leaf(options, Leaf::Core(Primitive::fingerprint(features))))
    }

    /// Values that were not round in a currency at the time; where there was no price, all of them.
    ///
    /// Parameters
    /// ----------
    /// prices : what one bitcoin cost: a mapping of days or moments (date, datetime, or text like "2018-03-05" or "2018-03-05T12:30:00Z") to
    ///     prices, or a table (Arrow, polars, pandas) with the columns date or time, and price. A price holds from its moment on, for a
    ///     day or until the next one; all in UTC. A transaction's moment is the time in its block's header.
    /// unit : multiples of it are round, 10 by default; in the prices' currency.
    /// tolerance : by what share of itself an amount may be off, 0.002 by default. Where that is half a unit or more, nothing is round.
    ///
    /// Raises
    /// ------
    /// ValueError : no price, a price that is no amount of money, a unit or tolerance out of range.
    ///
    /// Examples
    /// --------
    /// >>> satrail.change.round_fiat({"2026-01-01": 90_000.0, "2026-01-02": 91_500.0}, unit=5)
    /// ChangeRule(round_fiat(2 prices, unit=5, tolerance=0.002))
    #[staticmethod]
    #[pyo3(signature = (prices: "Mapping[date | str, float] | object", unit = 10.0, tolerance = 0.002) -> "ChangeRule")]
    fn round_fiat(prices: &Bound<'_, PyAny>, unit: f64, tolerance: f64) -> PyResult<PyChangeRule> {
        let cents = prices_of(prices)?;
        if !((0.0..1e12).contains(&unit) && (0.0..=0.5).contains(&tolerance)) {
            let what =
                format!("unit={unit} or tolerance={tolerance} is out of range; a unit is above 0, a tolerance from 0 to 0.5");
            return Err(PyValueError::new_err(what));
        }
        let options = PyDict::new(prices.py());
        let own = PyDict::new(prices.py());
        cents.iter().try_for_each(|(moment, cents)| own.set_item(time::text(*moment), *cents as f64 / 100.0))?;
        options.set_item("prices", own)?;
        options.set_item("unit", unit)?;
        options.set_item("tolerance", tolerance)?;
        let core = Prices::new(cents, (unit * 100.0).round() as u64, (tolerance * 1e6).round() as u32)?;
        Ok(leaf(options, Leaf::Core(Primitive::RoundFiat(Arc::new(core)))))
    }

    /// A rule of one's own. It is called with tables of outputs in chain order, in whole blocks, those of coinbases left out, and returns
    /// for each row whether the output could be the change: a list, a numpy array or an Arrow array of bools.
    ///
    /// Columns: output, transaction (numbers), height, time, position, value (satoshi), address_number, kind, fresh (bool), spent_by (number
    /// of the transaction, as of the chain's height, or null), and of its transaction: inputs, outputs (how many), value_in,
    /// smallest_input, fee (satoshi), version, locktime, fingerprint (bits as in the table of transactions).
    ///
    /// What it chose is recorded with the name and a digest. It is asked about all outputs of a chain when the rule is used there first, and
    /// again for another chain or height.
    ///
    /// Raises
    /// ------
    /// TypeError : when it is used: what it returned holds no bools.
    /// ValueError : when it is used: what it returned has another length than the table.
    ///
    /// Examples
    /// --------
    /// >>> odd = satrail.change.function("odd", lambda outputs: [v % 2 == 1 for v in outputs.to_pydict()["value"]])
    /// >>> all(value % 2 for value in chain.change(odd).to_pydict()["value"])
    /// True
    #[staticmethod]
    #[pyo3(signature = (name, function: "Callable[[Table], object]") -> "ChangeRule")]
    fn function(name: String, function: &Bound<'_, PyAny>) -> PyResult<PyChangeRule> {
        let py = function.py();
        if !function.is_callable() {
            return Err(PyTypeError::new_err(format!("{function:?} is no function; give one that takes a table of outputs")));
        }
        let options = PyDict::new(py);
        options.set_item("name", &name)?;
        options.set_item("function", function)?;
        Ok(leaf(options, Leaf::Function { name, function: function.clone().unbind(), known: Answer::default() }))
    }

    /// The outputs of somebody's model: a table (Arrow, polars, pandas) with columns txid and position, or a list of (txid, position).
    ///
    /// Raises
    /// ------
    /// ValueError : a text that is no transaction id; when it is used, an output that is not in the chain.
    ///
    /// Examples
    /// --------
    /// >>> coinbase, payment = chain.block(300).transactions()[:2]
    /// >>> payment.change(satrail.change.table("model", [(payment.txid, 0)])) == payment.outputs()[:1]
    /// True
    #[staticmethod]
    #[pyo3(signature = (name, outputs: "Iterable[tuple[str, int]] | object") -> "ChangeRule")]
    fn table(name: String, outputs: &Bound<'_, PyAny>) -> PyResult<PyChangeRule> {
        let options = PyDict::new(outputs.py());
        let outputs = outpoints(outputs)?;
        let own: Vec<(String, u64)> = outputs.iter().map(|(txid, position)| (hash_text(txid), *position)).collect();
        options.set_item("name", &name)?;
        options.set_item("outputs", own)?;
        Ok(leaf(options, Leaf::Table { name, outputs, known: Answer::default() }))
    }
}

impl PyChangeRule {
    fn with(&self, operator: &'static str, other: &PyChangeRule) -> PyResult<PyChangeRule> {
        let depth = deeper([&self.0, &other.0])?;
        Ok(PyChangeRule(Arc::new(Tree::Pair(operator, self.0.clone(), other.0.clone(), depth))))
    }
}

/// The depth of a rule that is made of others.
fn deeper<const N: usize>(parts: [&Arc<Tree>; N]) -> PyResult<u32> {
    let depth = parts.iter().map(|part| part.depth()).max().unwrap_or(0) + 1;
    match depth <= DEEPEST {
        true => Ok(depth),
        false => Err(PyValueError::new_err(format!(
            "the rule would be made of rules in rules, {depth} deep, and {DEEPEST} is the most; combine them in pairs, then the pairs"
        ))),
    }
}

fn options<'py, T: IntoPyObject<'py>, const N: usize>(py: Python<'py>, options: [(&str, T); N]) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    options.into_iter().try_for_each(|(name, value)| dict.set_item(name, value))?;
    Ok(dict)
}

fn leaf(options: Bound<'_, PyDict>, leaf: Leaf) -> PyChangeRule {
    PyChangeRule(Arc::new(Tree::Leaf { options: options.unbind(), leaf }))
}

impl Leaf {
    fn name(&self) -> &'static str {
        match self {
            Leaf::Core(primitive) => primitive.name(),
            Leaf::Function { .. } => Source::Function.name(),
            Leaf::Table { .. } => Source::Table.name(),
        }
    }

    fn text(&self) -> String {
        match self {
            Leaf::Core(primitive) => Rule::of(primitive.clone()).to_string(),
            Leaf::Function { name, .. } | Leaf::Table { name, .. } => format!("{}({name:?})", self.name()),
        }
    }

    fn equals(&self, py: Python<'_>, other: &Leaf) -> PyResult<bool> {
        match (self, other) {
            (Leaf::Core(a), Leaf::Core(b)) => Ok(a == b),
            (Leaf::Function { name: a, function: f, .. }, Leaf::Function { name: b, function: g, .. }) => {
                Ok(a == b && f.bind(py).eq(g.bind(py))?)
            }
            (Leaf::Table { name: a, outputs: x, .. }, Leaf::Table { name: b, outputs: y, .. }) => Ok(a == b && x == y),
            _ => Ok(false),
        }
    }

    fn resolve(&self, py: Python<'_>, chain: &Chain) -> PyResult<Primitive> {
        Ok(Primitive::Given(match self {
            Leaf::Core(primitive) => return Ok(primitive.clone()),
            Leaf::Function { name, function, known } => answer(chain, known, || {
                let ask = |table| Python::attach(|py| marks(py, name, function.bind(py), table));
                let chosen = py.detach(|| core::choose(chain, ask))?;
                Ok(Given::new(Source::Function, name.clone(), chosen))
            })?,
            Leaf::Table { name, outputs, known } => {
                answer(chain, known, || Ok(Given::new(Source::Table, name.clone(), core::outputs_of_rows(chain, name, outputs)?)))?
            }
        }))
    }
}

/// What is known of a user's rule for a chain, or what it says now.
fn answer(chain: &Chain, known: &Answer, ask: impl FnOnce() -> PyResult<Given>) -> PyResult<Arc<Given>> {
    let locked = || known.lock().unwrap_or_else(PoisonError::into_inner);
    let tip = chain.tip().hash()?;
    if let Some((_, given)) = locked().as_ref().filter(|(of, _)| *of == tip) {
        return Ok(given.clone());
    }
    // Not locked meanwhile: the user's function may use the rule itself.
    let given = Arc::new(ask()?);
    *locked() = Some((tip, given.clone()));
    Ok(given)
}

impl Tree {
    fn depth(&self) -> u32 {
        match self {
            Tree::Leaf { .. } => 1,
            Tree::Pair(.., depth) | Tree::Unique(_, depth) => *depth,
        }
    }

    fn text(&self) -> String {
        match self {
            Tree::Leaf { leaf, .. } => leaf.text(),
            Tree::Pair(operator, a, b, _) => format!("({} {operator} {})", a.text(), b.text()),
            Tree::Unique(rule, _) => format!("{}.unique()", rule.text()),
        }
    }

    fn is_dynamic(&self) -> bool {
        match self {
            Tree::Leaf { leaf: Leaf::Core(primitive), .. } => Rule::of(primitive.clone()).is_dynamic(),
            Tree::Leaf { leaf: Leaf::Function { .. }, .. } => true,
            Tree::Leaf { leaf: Leaf::Table { .. }, .. } => false,
            Tree::Pair(_, a, b, _) => a.is_dynamic() || b.is_dynamic(),
            Tree::Unique(rule, _) => rule.is_dynamic(),
        }
    }

    /// What its card says, where it is a rule that has one; clusterings take rules as unique ones, and so do cards.
    fn headline(&self) -> crate::Result<Option<String>> {
        match self {
            Tree::Leaf { leaf: Leaf::Core(primitive), .. } if Primitive::named().contains(primitive) => {
                headline(primitive.name(), primitive.version())
            }
            Tree::Unique(rule, _) => rule.headline(),
            _ => Ok(None),
        }
    }

    fn versions(&self, versions: &mut BTreeMap<&'static str, u32>) {
        match self {
            Tree::Leaf { leaf: Leaf::Core(primitive), .. } => _ = versions.insert(primitive.name(), primitive.version()),
            Tree::Leaf { leaf, .. } => _ = versions.insert(leaf.name(), 1),
            Tree::Pair(_, a, b, _) => [a, b].iter().for_each(|rule| rule.versions(versions)),
            Tree::Unique(rule, _) => rule.versions(versions),
        }
    }

    fn equals(&self, py: Python<'_>, other: &Tree) -> PyResult<bool> {
        match (self, other) {
            (Tree::Leaf { leaf: a, .. }, Tree::Leaf { leaf: b, .. }) => a.equals(py, b),
            (Tree::Pair(o, a, b, _), Tree::Pair(p, c, d, _)) => Ok(o == p && a.equals(py, c)? && b.equals(py, d)?),
            (Tree::Unique(a, _), Tree::Unique(b, _)) => a.equals(py, b),
            _ => Ok(false),
        }
    }

    fn resolve(&self, py: Python<'_>, chain: &Chain) -> PyResult<Rule> {
        Ok(match self {
            Tree::Leaf { leaf, .. } => Rule::of(leaf.resolve(py, chain)?),
            Tree::Pair("|", a, b, _) => a.resolve(py, chain)?.union(&b.resolve(py, chain)?),
            Tree::Pair("&", a, b, _) => a.resolve(py, chain)?.intersection(&b.resolve(py, chain)?),
            Tree::Pair(_, a, b, _) => a.resolve(py, chain)?.difference(&b.resolve(py, chain)?),
            Tree::Unique(rule, _) => rule.resolve(py, chain)?.unique(),
        })
    }
}

/// The rule that is given as an object or by name.
pub fn rule(chain: &Chain, given: &Bound<'_, PyAny>) -> PyResult<Rule> {
    if let Ok(rule) = given.cast::<PyChangeRule>() {
        return rule.get().0.resolve(given.py(), chain);
    }
    match given.cast::<PyString>() {
        Ok(name) => Ok(Rule::named(&name.to_cow()?)?),
        Err(_) => Err(PyTypeError::new_err(format!("{given:?} is no rule; give a rule of satrail.change, or its name"))),
    }
}

/// What a rule leaves in some blocks.
pub fn change(
    py: Python<'_>,
    chain: &Chain,
    rule: &Bound<'_, PyAny>,
    heights: std::ops::Range<u64>,
    threads: usize,
) -> PyResult<PyTable> {
    let rule = self::rule(chain, rule)?;
    let outputs = while_not_interrupted(py, |go_on| rule.evaluate(chain, heights, threads, go_on))?;
    Ok(PyTable(core::table(chain, outputs)?))
}

/// What a rule leaves of one transaction.
pub fn change_of(tx: &Transaction, rule: &Bound<'_, PyAny>) -> PyResult<Vec<PyOutput>> {
    let (chain, py) = (tx.chain(), rule.py());
    let rule = self::rule(chain, rule)?;
    let prepared = while_not_interrupted(py, |go_on| rule.prepare(chain, all_threads(), go_on))?;
    let (block, mut positions) = (chain.facts(tx.number())?, Vec::new());
    for facts in block.transactions() {
        prepared.candidates(&facts, &mut positions)?;
    }
    let first = tx.output_numbers()?.start;
    positions.into_iter().map(|position| Ok(PyOutput(chain.output_at(OutNum(first + position as u64))?))).collect()
}

/// What a user's function says of a table of outputs.
fn marks(py: Python<'_>, name: &str, function: &Bound<'_, PyAny>, table: Table) -> PyResult<Vec<bool>> {
    py.check_signals()?;
    let rows = table.num_rows() as usize;
    let returned = function.call1((PyTable(table),)).inspect_err(|error| {
        _ = error.value(py).call_method1("add_note", (format!("raised by the function of the change rule {name:?}"),));
    })?;
    let marks = if returned.hasattr("__arrow_c_array__")? || returned.hasattr("__arrow_c_stream__")? {
        arrow_marks(name, &returned)?
    } else {
        listed_marks(name, &returned)?
    };
    match marks.len() == rows {
        true => Ok(marks),
        false => Err(PyValueError::new_err(format!(
            "the function of the change rule {name:?} returned {} marks for {rows} outputs; return one for each row",
            marks.len()
        ))),
    }
}

fn no_marks(name: &str, what: &str) -> PyErr {
    PyTypeError::new_err(format!("the function of the change rule {name:?} returned {what}; return a bool for each row"))
}

fn arrow_marks(name: &str, returned: &Bound<'_, PyAny>) -> PyResult<Vec<bool>> {
    let array = returned.extract::<AnyArray>().map_err(|_| no_marks(name, "a column that cannot be read"))?;
    let chunks = array.into_chunked_array().map_err(|_| no_marks(name, "a column that cannot be read"))?;
    let mut marks = Vec::new();
    for chunk in chunks.chunks() {
        let chunk: &BooleanArray =
            chunk.as_boolean_opt().ok_or_else(|| no_marks(name, &format!("a column of {}", chunk.data_type())))?;
        if chunk.null_count() > 0 {
            return Err(no_marks(name, "a column with nulls"));
        }
        marks.extend(chunk.values().iter());
    }
    Ok(marks)
}

fn listed_marks(name: &str, returned: &Bound<'_, PyAny>) -> PyResult<Vec<bool>> {
    let kind = returned.get_type().name()?.to_cow()?.into_owned();
    let items = returned.try_iter().map_err(|_| no_marks(name, &format!("an object of type {kind}")))?;
    let mark = |item: PyResult<Bound<'_, PyAny>>| {
        let item = item?;
        item.extract::<bool>().map_err(|_| no_marks(name, &format!("{item:?} among its marks")))
    };
    items.map(mark).collect()
}

/// (txid, position) of each row of a table, or item of a list.
fn outpoints(given: &Bound<'_, PyAny>) -> PyResult<Vec<([u8; 32], u64)>> {
    if given.hasattr("__arrow_c_stream__")? || given.hasattr("__arrow_c_array__")? {
        let wrong = || PyValueError::new_err("the table needs the columns txid (text) and position (whole number)");
        let chunks = given.extract::<AnyArray>()?.into_chunked_array()?;
        let mut outputs = Vec::new();
        for chunk in chunks.chunks() {
            let table = chunk.as_any().downcast_ref::<StructArray>().ok_or_else(wrong)?;
            let column = |name, of: DataType| {
                let column = table.column_by_name(name).ok_or_else(wrong)?;
                arrow_cast::cast(column, &of).map_err(|e| PyValueError::new_err(e.to_string()))
            };
            let (txids, positions) = (column("txid", DataType::Utf8)?, column("position", DataType::Int64)?);
            let (txids, positions): (&StringArray, &Int64Array) = (txids.as_string(), positions.as_primitive());
            if txids.null_count() + positions.null_count() > 0 {
                return Err(PyValueError::new_err("the table has rows without txid or position; leave them out"));
            }
            for (txid, position) in txids.iter().flatten().zip(positions.values()) {
                outputs.push((txid_named(txid)?, position_of(txid, *position)?));
            }
        }
        return Ok(outputs);
    }
    let wrong =
        || PyTypeError::new_err("outputs are given as a table with the columns txid and position, or a list of (txid, position)");
    let row = |pair: PyResult<Bound<'_, PyAny>>| {
        let (txid, position): (String, i64) = pair?.extract().map_err(|_| wrong())?;
        Ok((txid_named(&txid)?, position_of(&txid, position)?))
    };
    given.try_iter().map_err(|_| wrong())?.map(row).collect()
}

fn position_of(txid: &str, position: i64) -> PyResult<u64> {
    position.try_into().map_err(|_| {
        PyValueError::new_err(format!("position {position} of transaction {txid} is negative; outputs are counted from 0"))
    })
}

/// Hundredths by the moment from which they hold, of a mapping or a table.
fn prices_of(given: &Bound<'_, PyAny>) -> PyResult<BTreeMap<i64, u64>> {
    let is_table = given.hasattr("__arrow_c_stream__")? || given.hasattr("__arrow_c_array__")?;
    let rows = if is_table { prices_in_table(given)? } else { prices_in_mapping(given)? };
    let mut cents = BTreeMap::new();
    for (moment, price) in rows {
        let text = time::text(moment);
        if !(0.0..1e12).contains(&price) {
            return Err(PyValueError::new_err(format!("the price {price} at {text} is no amount of money; leave it out")));
        }
        if cents.insert(moment, (price * 100.0).round() as u64).is_some() {
            return Err(PyValueError::new_err(format!("there are two prices at {text}; give one")));
        }
    }
    Ok(cents)
}

fn prices_in_mapping(given: &Bound<'_, PyAny>) -> PyResult<Vec<(i64, f64)>> {
    let wrong =
        || PyTypeError::new_err("prices are given as a mapping of dates to prices, or as a table with the columns date and price");
    let items = given.call_method0("items").map_err(|_| wrong())?;
    let row = |item: PyResult<Bound<'_, PyAny>>| {
        let (moment, price): (Bound<'_, PyAny>, Bound<'_, PyAny>) = item?.extract()?;
        let Ok(Moment::Time(time)) = convert::moment(&moment) else {
            return Err(PyValueError::new_err(format!("{moment:?} is no date; write \"2018-03-05\", or give a date")));
        };
        let price = price.extract().map_err(|_| PyTypeError::new_err(format!("the price {price:?} of {moment} is no number")))?;
        Ok((time, price))
    };
    items.try_iter()?.map(row).collect()
}

fn prices_in_table(given: &Bound<'_, PyAny>) -> PyResult<Vec<(i64, f64)>> {
    let wrong = || {
        PyValueError::new_err(
            "the table of prices needs the columns date or time (a date, timestamp or text) and price (a number), without nulls",
        )
    };
    let mut rows = Vec::new();
    for chunk in given.extract::<AnyArray>()?.into_chunked_array()?.chunks() {
        let table = chunk.as_any().downcast_ref::<StructArray>().ok_or_else(wrong)?;
        let moments = table.column_by_name("date").or(table.column_by_name("time")).ok_or_else(wrong)?;
        let prices = arrow_cast::cast(table.column_by_name("price").ok_or_else(wrong)?, &DataType::Float64).map_err(|_| wrong())?;
        let moments: Vec<i64> = match moments.data_type() {
            DataType::Date32 | DataType::Date64 | DataType::Timestamp(..) => {
                let seconds = arrow_cast::cast(moments, &DataType::Timestamp(TimeUnit::Second, None)).map_err(|_| wrong())?;
                seconds
                    .as_primitive::<TimestampSecondType>()
                    .iter()
                    .map(|moment| moment.ok_or_else(wrong))
                    .collect::<PyResult<_>>()?
            }
            _ => {
                let texts = arrow_cast::cast(moments, &DataType::Utf8).map_err(|_| wrong())?;
                let texts: &StringArray = texts.as_string();
                texts.iter().map(|text| Ok(time::parse(text.ok_or_else(wrong)?)?)).collect::<PyResult<_>>()?
            }
        };
        let prices: &Float64Array = prices.as_primitive();
        if prices.null_count() > 0 {
            return Err(wrong());
        }
        rows.extend(moments.into_iter().zip(prices.values().iter().copied()));
    }
    Ok(rows)
}
