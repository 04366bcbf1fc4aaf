//! Change rules.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, BooleanArray, Int64Array, StringArray, StructArray};
use arrow_schema::DataType;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDate, PyDateAccess, PyDict, PyString, PyTuple};
use pyo3_arrow::input::AnyArray;

use crate::chain::{Chain, Table, time};
use crate::change::{self as core, Feature, Given, OneTime, Prices, Primitive, Rule};
use crate::error::Error;
use crate::ids::{AddrNum, OutNum};
use crate::python::convert;
use crate::python::progress::while_not_interrupted;
use crate::python::table::PyTable;

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
    Leaf { name: &'static str, options: Py<PyDict>, leaf: Leaf },
    Pair(&'static str, Arc<Tree>, Arc<Tree>),
    Unique(Arc<Tree>),
}

enum Leaf {
    Core(Primitive),
    OneTime { wait: Option<u32>, gambling: Py<PyAny>, skip_self_change: bool },
    Function { name: String, function: Py<PyAny> },
    Table { name: String, outputs: Vec<(String, i64)> },
}

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
    fn unique(&self) -> PyChangeRule {
        PyChangeRule(Arc::new(Tree::Unique(self.0.clone())))
    }

    fn __or__(&self, other: &PyChangeRule) -> PyChangeRule {
        self.with("|", other)
    }

    fn __and__(&self, other: &PyChangeRule) -> PyChangeRule {
        self.with("&", other)
    }

    fn __sub__(&self, other: &PyChangeRule) -> PyChangeRule {
        self.with("-", other)
    }

    /// What tells the rule from all others as of a chain's height: its text, and the versions and digests of what it is made of.
    #[pyo3(signature = (chain: "Chain", /) -> "str")]
    fn identity(&self, chain: &Bound<'_, crate::python::chain::PyChain>) -> PyResult<String> {
        Ok(self.0.resolve(chain.py(), &chain.get().0)?.identity())
    }

    fn __repr__(&self) -> String {
        format!("ChangeRule({})", self.0.text())
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
            Tree::Leaf { name, options, .. } => {
                let partial = py.import("functools")?.getattr("partial")?;
                let make = py.import("satrail.change")?.getattr(*name)?;
                (partial.call((make,), Some(options.bind(py)))?, PyTuple::empty(py))
            }
            Tree::Pair(operator, a, b) => {
                let name = match *operator {
                    "|" => "or_",
                    "&" => "and_",
                    _ => "sub",
                };
                let pair = (PyChangeRule(a.clone()), PyChangeRule(b.clone())).into_pyobject(py)?;
                (py.import("operator")?.getattr(name)?, pair)
            }
            Tree::Unique(rule) => {
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
    /// >>> satrail.change.named("optimal")
    /// ChangeRule(optimal)
    #[staticmethod]
    #[pyo3(signature = (name, /) -> "ChangeRule")]
    fn named(py: Python<'_>, name: &str) -> PyResult<PyChangeRule> {
        let rule = Rule::named(name)?;
        Ok(leaf(PyDict::new(py), Leaf::Core(rule.primitives()[0].clone())))
    }

    /// No output.
    #[staticmethod]
    #[pyo3(signature = () -> "ChangeRule")]
    fn none(py: Python<'_>) -> PyChangeRule {
        leaf(PyDict::new(py), Leaf::Core(Primitive::None))
    }

    /// Outputs that are spent. Rules that look at spenders leave what is unspent; `rule & spent()` drops it.
    #[staticmethod]
    #[pyo3(signature = () -> "ChangeRule")]
    fn spent(py: Python<'_>) -> PyChangeRule {
        leaf(PyDict::new(py), Leaf::Core(Primitive::Spent))
    }

    /// Values that are no multiple of 10 to the `digits` satoshi: what is paid is often round.
    #[staticmethod]
    #[pyo3(signature = (digits = 6) -> "ChangeRule")]
    fn power_of_ten(py: Python<'_>, digits: u32) -> PyResult<PyChangeRule> {
        Ok(leaf(options(py, [("digits", digits)])?, Leaf::Core(Primitive::PowerOfTen { digits })))
    }

    /// Values below the smallest input: with a larger change that input would not have been needed. `with_fee` adds the transaction's fee to
    /// the value. With one input all outputs pass.
    #[staticmethod]
    #[pyo3(signature = (with_fee = false) -> "ChangeRule")]
    fn optimal(py: Python<'_>, with_fee: bool) -> PyResult<PyChangeRule> {
        Ok(leaf(options(py, [("with_fee", with_fee)])?, Leaf::Core(Primitive::Optimal { with_fee })))
    }

    /// Outputs of the inputs' kind of address, where the inputs are all of one; else none.
    #[staticmethod]
    #[pyo3(signature = () -> "ChangeRule")]
    fn address_type(py: Python<'_>) -> PyChangeRule {
        leaf(PyDict::new(py), Leaf::Core(Primitive::AddressType))
    }

    /// Outputs to an address that the transaction spends from.
    #[staticmethod]
    #[pyo3(signature = () -> "ChangeRule")]
    fn address_reuse(py: Python<'_>) -> PyChangeRule {
        leaf(PyDict::new(py), Leaf::Core(Primitive::AddressReuse))
    }

    /// Outputs to an address that appears in the chain for the first time. One transaction can have several.
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
    ///     looks at what comes later.
    /// gambling : addresses of gambling services (texts), which pay back to where a bet came from: what they pay does not count as paid
    ///     again.
    /// skip_self_change : none where an output pays an address that an earlier transaction had among both inputs and outputs.
    #[staticmethod]
    #[pyo3(signature = (wait: "int | None" = None, gambling: "Iterable[str] | None" = None, skip_self_change = false) -> "ChangeRule")]
    fn one_time_change(
        py: Python<'_>,
        wait: Option<u32>,
        gambling: Option<Bound<'_, PyAny>>,
        skip_self_change: bool,
    ) -> PyResult<PyChangeRule> {
        let options = PyDict::new(py);
        options.set_item("wait", wait)?;
        options.set_item("gambling", gambling.clone())?;
        options.set_item("skip_self_change", skip_self_change)?;
        let gambling = gambling.unwrap_or_else(|| PyTuple::empty(py).into_any()).unbind();
        Ok(leaf(options, Leaf::OneTime { wait, gambling, skip_self_change }))
    }

    /// In a peeling chain, unspent outputs and those whose spender is of the chain, too: a transaction of one input and two outputs, before
    /// or behind which is another one.
    #[staticmethod]
    #[pyo3(signature = () -> "ChangeRule")]
    fn peeling(py: Python<'_>) -> PyChangeRule {
        leaf(PyDict::new(py), Leaf::Core(Primitive::Peeling))
    }

    /// Unspent outputs, and those whose spender has a locktime if this transaction has, and none if it has none.
    #[staticmethod]
    #[pyo3(signature = () -> "ChangeRule")]
    fn locktime(py: Python<'_>) -> PyChangeRule {
        leaf(PyDict::new(py), Leaf::Core(Primitive::Locktime))
    }

    /// Unspent outputs, and those whose spender pays the same fee rate, in whole satoshi for 1000 virtual bytes.
    #[staticmethod]
    #[pyo3(signature = () -> "ChangeRule")]
    fn fixed_fee(py: Python<'_>) -> PyChangeRule {
        leaf(PyDict::new(py), Leaf::Core(Primitive::FixedFee))
    }

    /// Unspent outputs, and those whose spender could have been made by the same software.
    ///
    /// Parameters
    /// ----------
    /// features : what must agree: "version", "locktime" (whether there is one), "sequence" (the classes of the inputs' sequences), "segwit",
    ///     "bip69", "low_r", "compressed_keys", "input_kinds". None for the first four.
    #[staticmethod]
    #[pyo3(signature = (features: "Iterable[str] | None" = None) -> "ChangeRule")]
    fn fingerprint(py: Python<'_>, features: Option<Vec<String>>) -> PyResult<PyChangeRule> {
        let options = options(py, [("features", features.clone())])?;
        let features = match features {
            None => Feature::DEFAULT.to_vec(),
            Some(names) if names.is_empty() => return Err(PyValueError::new_err("no feature is given; give at least one")),
            Some(names) => names.iter().map(|name| Feature::from_name(name)).collect::<crate::Result<_>>()?,
        };
        Ok(leaf(options, Leaf::Core(Primitive::Fingerprint(features))))
    }

    /// Values that were not round in a currency at the time; where there is no price, all of them.
    ///
    /// Parameters
    /// ----------
    /// prices : a mapping of days (date, or text like "2018-03-05") to the price of one bitcoin.
    /// unit : multiples of it are round, 10 by default; in the prices' currency.
    /// tolerance : by what share of itself an amount may be off, 0.002 by default.
    #[staticmethod]
    #[pyo3(signature = (prices: "dict[date | str, float]", unit = 10.0, tolerance = 0.002) -> "ChangeRule")]
    fn round_fiat(prices: &Bound<'_, PyDict>, unit: f64, tolerance: f64) -> PyResult<PyChangeRule> {
        let py = prices.py();
        let mut cents = BTreeMap::new();
        for (day, price) in prices {
            let price: f64 = price.extract()?;
            if !(0.0..1e12).contains(&price) {
                return Err(PyValueError::new_err(format!("the price {price} of {day} is no amount of money")));
            }
            cents.insert(day_of(&day)?, (price * 100.0).round() as u64);
        }
        if !((0.0..1e12).contains(&unit) && (0.0..=0.5).contains(&tolerance)) {
            let what =
                format!("unit={unit} or tolerance={tolerance} is out of range; a unit is above 0, a tolerance from 0 to 0.5");
            return Err(PyValueError::new_err(what));
        }
        let core = Prices::new(cents, (unit * 100.0).round() as u64, (tolerance * 1e6).round() as u32)?;
        let options = PyDict::new(py);
        options.set_item("prices", prices)?;
        options.set_item("unit", unit)?;
        options.set_item("tolerance", tolerance)?;
        Ok(leaf(options, Leaf::Core(Primitive::RoundFiat(Arc::new(core)))))
    }

    /// A rule of one's own. It is called with tables of outputs in chain order, in whole blocks, those of coinbases left out, and returns
    /// for each row whether the output could be the change: a list, a numpy array or an Arrow array of bools.
    ///
    /// Columns: output, transaction (numbers), height, time, position, value (satoshi), address_number, kind, fresh (bool), spent_by (number
    /// of the transaction, as of the chain's height, or null), and of its transaction: inputs, outputs (how many), value_in,
    /// smallest_input, fee (satoshi), version, locktime, fingerprint (bits as in the table of transactions).
    ///
    /// What it chose is recorded with the name and a digest; it is evaluated again for each chain and height.
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
        Ok(leaf(options, Leaf::Function { name, function: function.clone().unbind() }))
    }

    /// The outputs of somebody's model: a table (Arrow, polars, pandas) with columns txid and position, or a list of (txid, position).
    ///
    /// Raises
    /// ------
    /// ValueError : when it is used: an output is not in the chain.
    #[staticmethod]
    #[pyo3(signature = (name, outputs: "Iterable[tuple[str, int]] | object") -> "ChangeRule")]
    fn table(name: String, outputs: &Bound<'_, PyAny>) -> PyResult<PyChangeRule> {
        let options = PyDict::new(outputs.py());
        let outputs = outpoints(outputs)?;
        options.set_item("name", &name)?;
        options.set_item("outputs", outputs.clone())?;
        Ok(leaf(options, Leaf::Table { name, outputs }))
    }
}

impl PyChangeRule {
    fn with(&self, operator: &'static str, other: &PyChangeRule) -> PyChangeRule {
        PyChangeRule(Arc::new(Tree::Pair(operator, self.0.clone(), other.0.clone())))
    }
}

fn options<'py, T: IntoPyObject<'py>, const N: usize>(py: Python<'py>, options: [(&str, T); N]) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    options.into_iter().try_for_each(|(name, value)| dict.set_item(name, value))?;
    Ok(dict)
}

fn leaf(options: Bound<'_, PyDict>, leaf: Leaf) -> PyChangeRule {
    let name = leaf.name();
    PyChangeRule(Arc::new(Tree::Leaf { name, options: options.unbind(), leaf }))
}

impl Leaf {
    fn name(&self) -> &'static str {
        match self {
            Leaf::Core(primitive) => primitive.name(),
            Leaf::OneTime { .. } => "one_time_change",
            Leaf::Function { .. } => "function",
            Leaf::Table { .. } => "table",
        }
    }

    fn text(&self) -> String {
        match self {
            Leaf::Core(primitive) => Rule::of(primitive.clone()).to_string(),
            Leaf::OneTime { wait, skip_self_change, .. } => {
                let options = OneTime { wait: *wait, gambling: Vec::new(), skip_self_change: *skip_self_change };
                Rule::of(Primitive::OneTime(options)).to_string()
            }
            Leaf::Function { name, .. } | Leaf::Table { name, .. } => format!("{}({name})", self.name()),
        }
    }

    fn resolve(&self, py: Python<'_>, chain: &Chain) -> PyResult<Primitive> {
        Ok(match self {
            Leaf::Core(primitive) => primitive.clone(),
            Leaf::OneTime { wait, gambling, skip_self_change } => {
                let texts = convert::texts(gambling.bind(py))?;
                let mut gambling: Vec<AddrNum> = chain.addresses(&texts).known().collect();
                gambling.sort_unstable();
                Primitive::OneTime(OneTime { wait: *wait, gambling, skip_self_change: *skip_self_change })
            }
            Leaf::Function { name, function } => {
                let chosen = core::choose(chain, |table| marks(py, name, function.bind(py), table))?;
                Primitive::Given(Arc::new(Given::new(name.clone(), chosen, true)))
            }
            Leaf::Table { name, outputs } => {
                Primitive::Given(Arc::new(Given::new(name.clone(), numbers(chain, name, outputs)?, false)))
            }
        })
    }
}

impl Tree {
    fn text(&self) -> String {
        match self {
            Tree::Leaf { leaf, .. } => leaf.text(),
            Tree::Pair(operator, a, b) => format!("({} {operator} {})", a.text(), b.text()),
            Tree::Unique(rule) => format!("{}.unique()", rule.text()),
        }
    }

    fn is_dynamic(&self) -> bool {
        match self {
            Tree::Leaf { leaf: Leaf::Core(primitive), .. } => Rule::of(primitive.clone()).is_dynamic(),
            Tree::Leaf { leaf: Leaf::OneTime { wait, .. }, .. } => wait.is_some(),
            Tree::Leaf { leaf: Leaf::Function { .. }, .. } => true,
            Tree::Leaf { leaf: Leaf::Table { .. }, .. } => false,
            Tree::Pair(_, a, b) => a.is_dynamic() || b.is_dynamic(),
            Tree::Unique(rule) => rule.is_dynamic(),
        }
    }

    fn versions(&self, versions: &mut BTreeMap<&'static str, u32>) {
        match self {
            Tree::Leaf { leaf: Leaf::Core(primitive), .. } => _ = versions.insert(primitive.name(), primitive.version()),
            Tree::Leaf { leaf, .. } => _ = versions.insert(leaf.name(), 1),
            Tree::Pair(_, a, b) => [a, b].iter().for_each(|rule| rule.versions(versions)),
            Tree::Unique(rule) => rule.versions(versions),
        }
    }

    fn equals(&self, py: Python<'_>, other: &Tree) -> PyResult<bool> {
        match (self, other) {
            (Tree::Leaf { name: a, options: x, .. }, Tree::Leaf { name: b, options: y, .. }) => {
                Ok(a == b && (x.bind(py).eq(y.bind(py))? || self.text() == other.text() && x.bind(py).is_empty()))
            }
            (Tree::Pair(o, a, b), Tree::Pair(p, c, d)) => Ok(o == p && a.equals(py, c)? && b.equals(py, d)?),
            (Tree::Unique(a), Tree::Unique(b)) => a.equals(py, b),
            _ => Ok(false),
        }
    }

    fn resolve(&self, py: Python<'_>, chain: &Chain) -> PyResult<Rule> {
        Ok(match self {
            Tree::Leaf { leaf, .. } => Rule::of(leaf.resolve(py, chain)?),
            Tree::Pair("|", a, b) => a.resolve(py, chain)?.union(&b.resolve(py, chain)?),
            Tree::Pair("&", a, b) => a.resolve(py, chain)?.intersection(&b.resolve(py, chain)?),
            Tree::Pair(_, a, b) => a.resolve(py, chain)?.difference(&b.resolve(py, chain)?),
            Tree::Unique(rule) => rule.resolve(py, chain)?.unique(),
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
    threads: Option<usize>,
) -> PyResult<PyTable> {
    let rule = self::rule(chain, rule)?;
    let threads = threads.unwrap_or_else(crate::chain::pieces::all_threads).max(1);
    let table = while_not_interrupted(py, |go_on| {
        let candidates = rule.evaluate(chain, heights, threads, go_on)?;
        core::table(chain, &candidates)
    });
    Ok(PyTable(table?))
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
fn outpoints(given: &Bound<'_, PyAny>) -> PyResult<Vec<(String, i64)>> {
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
            outputs.extend(txids.iter().flatten().map(str::to_string).zip(positions.values().iter().copied()));
        }
        return Ok(outputs);
    }
    let pairs =
        given.try_iter().map_err(|_| PyTypeError::new_err("outputs are given as a table, or a list of (txid, position)"))?;
    pairs.map(|pair| pair?.extract()).collect()
}

/// The numbers of outputs; those that the chain does not have are told.
fn numbers(chain: &Chain, name: &str, outputs: &[(String, i64)]) -> PyResult<Vec<OutNum>> {
    let (mut numbers, mut unknown) = (Vec::with_capacity(outputs.len()), Vec::new());
    for (txid, position) in outputs {
        match chain.output_named(&format!("{txid}:{position}")) {
            Ok(output) => numbers.push(output.number()),
            Err(_) => unknown.push(format!("{txid}:{position}")),
        }
    }
    if unknown.is_empty() {
        return Ok(numbers);
    }
    let what = format!(
        "{} of {} outputs of the change rule {name:?} are not in the chain up to height {}, the first: {}",
        unknown.len(),
        outputs.len(),
        chain.height(),
        unknown.iter().take(3).cloned().collect::<Vec<_>>().join(", ")
    );
    Err(Error::Invalid { what }.into())
}

/// Days since 1970-01-01 of a date, or of a text like 2018-03-05.
fn day_of(given: &Bound<'_, PyAny>) -> PyResult<u32> {
    let text = match given.cast::<PyDate>() {
        Ok(date) => format!("{:04}-{:02}-{:02}", date.get_year(), date.get_month(), date.get_day()),
        Err(_) => given.extract::<String>()?,
    };
    let seconds = time::parse(&text)?;
    u32::try_from(seconds.div_euclid(86_400))
        .map_err(|_| PyValueError::new_err(format!("{text} is before 1970, when there was no price")))
}
