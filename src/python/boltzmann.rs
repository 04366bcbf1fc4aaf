//! In how many ways a transaction's inputs can have paid its outputs.

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::chain::Transaction;
use crate::python::chain::transaction::PyTransaction;
use crate::python::show;
use crate::python::table::PyTable;
use crate::shapes::{Boltzmann, BoltzmannOptions, NotComputed, Placed};
use crate::table::columns;

use crate::python::shapes::{MOST_SATOSHI, amount, hash_of};

#[pymethods]
impl PyTransaction {
    /// In how many ways its inputs can have paid its outputs, and how likely each of the links between them is. Outputs of data are
    /// left out.
    ///
    /// Parameters
    /// ----------
    /// budget : steps that the count may take: 16 for each block of coins by amounts, each pair of blocks that is matched and each
    ///     remainder of coins, and one for each pair that is held against a remainder. A hundred million take one to three seconds,
    ///     and up to half a gigabyte. When they are used up, nothing is computed.
    /// merge_addresses : whether inputs of one address are taken as one input.
    /// intrafees : satoshi that one participant may pay another: so much less, or more beyond the fee, may the inputs of a block have.
    ///
    /// Raises
    /// ------
    /// ValueError : a number out of range.
    /// TypeError : something that is not a whole number.
    ///
    /// Examples
    /// --------
    /// >>> tx = next(tx for block in chain for tx in block.transactions() if len(tx.inputs()) == 1 and not tx.is_coinbase)
    /// >>> tx.boltzmann().interpretations
    /// 1
    /// >>> chain.block(200).transactions()[0].boltzmann()
    /// Boltzmann(not computed: it has no inputs)
    #[pyo3(signature = (*, budget = 100_000_000, merge_addresses = false, intrafees = 0) -> "Boltzmann")]
    fn boltzmann(&self, py: Python<'_>, budget: i64, merge_addresses: bool, intrafees: i64) -> PyResult<PyBoltzmann> {
        boltzmann_of(py, &self.0, merge_addresses, &boltzmann_options(budget, intrafees)?)
    }
}

/// In how many ways a transaction's inputs can have paid its outputs, and how likely each of the links between them is.
///
/// An interpretation divides the inputs into blocks and the outputs into as many, and matches them one to one, so that the inputs of each pair
/// of blocks have as much as its outputs, and at most the transaction's fee more. The entropy is the binary logarithm of the number
/// of interpretations; the probability of a link is the share of those in which the input and the output are in one pair.
///
/// Examples
/// --------
/// >>> links = satrail.shapes.boltzmann([50, 50], [50, 50])
/// >>> links.interpretations, round(links.entropy, 3)
/// (3, 1.585)
/// >>> links.link_probabilities().to_pydict()["probability"][0]
/// 0.6666666666666666
/// >>> satrail.shapes.boltzmann([50] * 60, [50] * 60)
/// Boltzmann(not computed: there are more ways than 128 bits can count)
#[pyclass(name = "Boltzmann", module = "satrail", frozen, eq)]
#[derive(PartialEq)]
pub struct PyBoltzmann(Placed);

impl PyBoltzmann {
    fn computed_ones(&self) -> Option<&Boltzmann> {
        self.0.result.as_ref().ok()
    }

    fn of_amounts(inputs: &[u64], outputs: &[u64], options: &BoltzmannOptions) -> PyBoltzmann {
        let result = Boltzmann::of(inputs, outputs, options);
        PyBoltzmann(Placed { result, inputs: (0..inputs.len()).collect(), outputs: (0..outputs.len()).collect() })
    }
}

#[pymethods]
impl PyBoltzmann {
    /// Whether the count was finished within its budget. It is exact then; else there are no numbers at all.
    #[getter]
    fn computed(&self) -> bool {
        self.0.result.is_ok()
    }

    /// Why nothing was computed; None where it was.
    #[getter]
    fn reason(&self) -> Option<&'static str> {
        self.0.result.as_ref().err().map(|reason| reason.reason())
    }

    /// The number of interpretations; None where it was not computed.
    #[getter]
    fn interpretations(&self) -> Option<u128> {
        self.computed_ones().map(|links| links.interpretations)
    }

    /// The entropy in bits; None where it was not computed.
    #[getter]
    fn entropy(&self) -> Option<f64> {
        self.computed_ones().map(Boltzmann::entropy)
    }

    /// One row a pair of an input and an output; None where it was not computed.
    ///
    /// Columns: input, output (their positions, int32), probability (of their link, float64), is_deterministic (bool: they are linked in
    /// every interpretation).
    fn link_probabilities(&self) -> Option<PyTable> {
        let links = self.computed_ones()?;
        let pairs = || self.0.inputs.iter().enumerate().flat_map(|(i, row)| (0..self.0.outputs.len()).map(move |o| (i, *row, o)));
        Some(PyTable(columns::ready([
            columns::int32("input", pairs().map(|(i, ..)| i as i32)),
            columns::int32("output", pairs().map(|(_, _, o)| self.0.outputs[o] as i32)),
            columns::float64("probability", pairs().map(|(_, row, o)| links.probability(row, o))),
            columns::flag("is_deterministic", pairs().map(|(_, row, o)| links.is_deterministic(row, o))),
        ])))
    }

    /// The positions of inputs and outputs that are linked in every interpretation; none where it was not computed.
    fn deterministic_links(&self) -> Vec<(usize, usize)> {
        let Some(links) = self.computed_ones() else { return vec![] };
        let of_input = |(i, row): (usize, &usize)| {
            let row = *row;
            let certain = self.0.outputs.iter().enumerate().filter(move |(o, _)| links.is_deterministic(row, *o));
            certain.map(move |(_, output)| (i, *output))
        };
        self.0.inputs.iter().enumerate().flat_map(of_input).collect()
    }

    fn __repr__(&self) -> String {
        match &self.0.result {
            Ok(links) => format!("Boltzmann(interpretations={}, entropy={:.3})", links.interpretations, links.entropy()),
            Err(reason) => format!("Boltzmann(not computed: {})", reason.reason()),
        }
    }

    fn __hash__(&self) -> u64 {
        hash_of(&self.__repr__())
    }

    fn _repr_html_(&self) -> PyResult<String> {
        let facts = match &self.0.result {
            Err(reason) => vec![("not computed", reason.reason().to_string())],
            Ok(links) => vec![
                ("interpretations", links.interpretations.to_string()),
                ("entropy", format!("{:.3} bits", links.entropy())),
                ("deterministic links", self.deterministic_links().len().to_string()),
            ],
        };
        let table = self.link_probabilities().map(|table| show::html(&table.0)).transpose()?;
        Ok(show::facts("Boltzmann", &facts) + &table.unwrap_or_default())
    }

    #[pyo3(signature = () -> "tuple[object, ...]")]
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let (interpretations, links) = match &self.0.result {
            Ok(found) => (Ok(found.interpretations), found.links.clone()),
            Err(reason) => (Err(*reason as u8), vec![]),
        };
        let (inputs, outputs) = (self.0.inputs.clone(), self.0.outputs.clone());
        let arguments = (interpretations.err(), interpretations.unwrap_or(0), links, inputs, outputs).into_pyobject(py)?;
        PyTuple::new(py, [py.import("satrail._core")?.getattr("_restore_boltzmann")?, arguments.into_any()])
    }
}

/// Makes the links of a transaction from their pickle.
#[pyfunction]
#[pyo3(name = "_restore_boltzmann", signature = (
    reason: "int | None", interpretations, links: "list[list[int]]", inputs: "list[int]", outputs: "list[int]"
) -> "Boltzmann")]
pub fn restore_boltzmann(
    reason: Option<usize>,
    interpretations: u128,
    links: Vec<Vec<u128>>,
    inputs: Vec<usize>,
    outputs: Vec<usize>,
) -> PyResult<PyBoltzmann> {
    let fits = inputs.iter().all(|row| links.get(*row).is_some_and(|row| row.len() == outputs.len()));
    let result = match reason.map(|reason| NotComputed::ALL.get(reason)) {
        None if fits => Ok(Boltzmann { interpretations, links }),
        Some(Some(reason)) => Err(*reason),
        _ => return Err(PyValueError::new_err("these are not the parts of a pickled Boltzmann")),
    };
    Ok(PyBoltzmann(Placed { result, inputs, outputs }))
}

/// The same as `Transaction.boltzmann`, for amounts in satoshi.
///
/// Parameters
/// ----------
/// inputs, outputs : the amounts in satoshi.
/// budget : steps that the count may take, as there.
/// intrafees : satoshi that one participant may pay another, as there.
///
/// Raises
/// ------
/// ValueError : an amount or a number out of range.
/// TypeError : something that is not a whole number.
///
/// Examples
/// --------
/// >>> satrail.shapes.boltzmann([10, 20], [10, 19]).deterministic_links()
/// [(0, 0), (1, 1)]
/// >>> [satrail.shapes.boltzmann([1] * n, [1] * n).interpretations for n in range(2, 6)]
/// [3, 16, 131, 1496]
#[pyfunction]
#[pyo3(signature = (inputs: "Iterable[int]", outputs: "Iterable[int]", *, budget = 100_000_000, intrafees = 0) -> "Boltzmann")]
pub fn boltzmann(
    py: Python<'_>,
    inputs: &Bound<'_, PyAny>,
    outputs: &Bound<'_, PyAny>,
    budget: i64,
    intrafees: i64,
) -> PyResult<PyBoltzmann> {
    let (inputs, outputs) = (amounts("inputs", inputs)?, amounts("outputs", outputs)?);
    let options = boltzmann_options(budget, intrafees)?;
    Ok(py.detach(|| PyBoltzmann::of_amounts(&inputs, &outputs, &options)))
}

fn amounts(what: &str, given: &Bound<'_, PyAny>) -> PyResult<Vec<u64>> {
    let items = given.try_iter().map_err(|_| PyTypeError::new_err(format!("{what} are given as a list of amounts in satoshi")))?;
    items.enumerate().map(|(i, item)| amount(&format!("{what}[{i}]"), &item?)).collect()
}

/// The links of a transaction of a chain.
pub fn boltzmann_of(py: Python<'_>, tx: &Transaction, merge_addresses: bool, options: &BoltzmannOptions) -> PyResult<PyBoltzmann> {
    py.detach(|| {
        let facts = tx.chain().facts(tx.number())?;
        let facts = facts.transactions().next().expect("it was gathered");
        Ok(PyBoltzmann(Placed::of(&facts, merge_addresses, options)))
    })
}

pub fn boltzmann_options(budget: i64, intrafees: i64) -> PyResult<BoltzmannOptions> {
    let number = |name: &str, given: i64| {
        let wrong = || PyValueError::new_err(format!("{name}={given}: give a whole number from 0 to {MOST_SATOSHI}"));
        u64::try_from(given).ok().filter(|given| *given <= MOST_SATOSHI).ok_or_else(wrong)
    };
    Ok(BoltzmannOptions { budget: number("budget", budget)?, intrafees: number("intrafees", intrafees)? })
}
