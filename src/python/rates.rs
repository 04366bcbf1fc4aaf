//! Error rates of rules and shapes, and what was measured of them for docs/cards.

use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::chain::Chain;
use crate::error::Error;
use crate::evaluate::{self as core, Card, Figures, Proportion, Rates};
use crate::python::recipe::made_by_recipe;
use crate::python::show;
use crate::python::table::PyTable;
use crate::python::truth::PyTruth;
use crate::recipe::Recipe;

/// How often a change rule or a shape is right. Positives are outputs that are change, or transactions of the kind; negatives are the others
/// of which it is known. Of what it cannot tell there are counts apart, which are in the rates' denominators.
///
/// Examples
/// --------
/// >>> rates = satrail.evaluate(satrail.change.fresh(), satrail.truth.from_chain(chain))
/// >>> low, high = rates.interval("true_positive_rate")
/// >>> low <= rates.true_positive_rate <= high
/// True
/// >>> sum(rates.years().to_pydict()["true_positive"]) == rates.true_positive
/// True
#[pyclass(name = "Rates", module = "satrail", frozen)]
pub struct PyRates {
    pub rates: Rates,
    /// The chain that was looked at.
    pub chain: Chain,
    pub recipe: Recipe,
    pub truth: Py<PyTruth>,
}

made_by_recipe!(PyRates, |made| &made.chain, |made| Ok(made.recipe.clone()), |made| Some(&made.truth));

#[pymethods]
impl PyRates {
    /// The rule's or shape's text.
    #[getter]
    fn name(&self) -> &str {
        &self.rates.name
    }

    /// What tells the rule or shape from all others, versions and thresholds included.
    #[getter]
    fn identity(&self) -> &str {
        &self.rates.identity
    }

    /// The height that they are as of.
    #[getter]
    fn height(&self) -> u32 {
        self.rates.height.0
    }

    /// Positives that it says are positives.
    #[getter]
    fn true_positive(&self) -> u64 {
        self.rates.overall().true_positive
    }

    /// Positives that it says are none.
    #[getter]
    fn false_negative(&self) -> u64 {
        self.rates.overall().false_negative
    }

    /// Positives of which it cannot tell: outputs of a transaction of which the rule leaves none or several; undecided verdicts.
    #[getter]
    fn cannot_tell_positive(&self) -> u64 {
        self.rates.overall().untold_positive
    }

    /// Negatives that it says are positives.
    #[getter]
    fn false_positive(&self) -> u64 {
        self.rates.overall().false_positive
    }

    /// Negatives that it says are none.
    #[getter]
    fn true_negative(&self) -> u64 {
        self.rates.overall().true_negative
    }

    /// Negatives of which it cannot tell.
    #[getter]
    fn cannot_tell_negative(&self) -> u64 {
        self.rates.overall().untold_negative
    }

    /// Of all positives, the share that it finds; None where there are none.
    #[getter]
    fn true_positive_rate(&self) -> Option<f64> {
        self.rates.overall().true_positive_rate().value()
    }

    /// Of all negatives, the share that it takes for positives; None where there are none.
    #[getter]
    fn false_positive_rate(&self) -> Option<f64> {
        self.rates.overall().false_positive_rate().value()
    }

    /// Of what it says is a positive, the share that is one; None where it never says so.
    #[getter]
    fn precision(&self) -> Option<f64> {
        self.rates.overall().precision().value()
    }

    /// The 95 % interval of a rate ("true_positive_rate", "false_positive_rate" or "precision") after Wilson (1927); None where there is no
    /// rate. It takes draws for independent; outputs of one wallet are not, so the truth may be farther off.
    #[pyo3(signature = (rate, /) -> "tuple[float, float] | None")]
    fn interval(&self, rate: &str) -> PyResult<Option<(f64, f64)>> {
        let counts = self.rates.overall();
        let share: Proportion = match rate {
            "true_positive_rate" => counts.true_positive_rate(),
            "false_positive_rate" => counts.false_positive_rate(),
            "precision" => counts.precision(),
            _ => {
                let known = vec!["true_positive_rate", "false_positive_rate", "precision"];
                return Err(Error::UnknownName { what: "rate", name: rate.to_string(), known }.into());
            }
        };
        Ok(share.interval())
    }

    /// By year of the block's header, UTC.
    ///
    /// Columns: year, the six counts, and true_positive_rate, false_positive_rate and precision, each with the ends of its interval (_low,
    /// _high); a rate of nothing is null.
    fn years(&self) -> PyTable {
        PyTable(self.rates.years_table())
    }

    /// By the software that made the transaction, where the truth says it; those with most false positives first. Columns: profile, and
    /// those of `years`.
    fn profiles(&self) -> PyTable {
        PyTable(self.rates.profiles_table())
    }

    /// By what the transaction is for, where the truth says it; those with most false positives first. Columns: purpose, and those of
    /// `years`.
    fn purposes(&self) -> PyTable {
        PyTable(self.rates.purposes_table())
    }

    fn __repr__(&self) -> String {
        let counts = self.rates.overall();
        format!(
            "Rates({}: {} of {} {} found, {} of {} {} wrongly named, precision {}, cannot tell {} and {}; {}, height={})",
            self.rates.name,
            with_interval(counts.true_positive_rate()),
            show::number(counts.positives()),
            self.rates.positives,
            with_interval(counts.false_positive_rate()),
            show::number(counts.negatives()),
            self.rates.negatives,
            percent(counts.precision().value()),
            show::number(counts.untold_positive),
            show::number(counts.untold_negative),
            self.rates.known().name(),
            self.rates.height
        )
    }

    fn _repr_html_(&self) -> String {
        let counts = self.rates.overall();
        let line = |share: Proportion| format!("{} = {}", quotient(share), with_interval(share));
        let untold =
            format!("{} {}, {} {}", counts.untold_positive, self.rates.positives, counts.untold_negative, self.rates.negatives);
        let facts = [
            ("truth", self.rates.known().name().to_string()),
            ("true positive rate", line(counts.true_positive_rate())),
            ("false positive rate", line(counts.false_positive_rate())),
            ("precision", line(counts.precision())),
            ("cannot tell", untold),
            ("as of height", self.rates.height.to_string()),
        ];
        show::facts(&format!("Rates of {}", self.rates.name), &facts)
    }
}

fn quotient(share: Proportion) -> String {
    format!("{} / {}", show::number(share.part), show::number(share.of))
}

pub fn percent(share: Option<f64>) -> String {
    share.map_or("none".to_string(), |share| format!("{:.2} %", share * 100.0))
}

fn with_interval(share: Proportion) -> String {
    let ends = share.interval().map_or(String::new(), |(low, high)| format!(" [{:.2}, {:.2}]", low * 100.0, high * 100.0));
    format!("{}{ends}", percent(share.value()))
}

/// What was measured of a rule or shape, as docs/cards has it: exact counts by the chain that they were counted on.
///
/// Parameters
/// ----------
/// name : "co_spend", "same_key", a change rule or a CoinJoin's shape, by name.
///
/// Raises
/// ------
/// ValueError : there is no card of that name.
///
/// Examples
/// --------
/// >>> card = satrail.change.card("optimal")
/// >>> card["kind"], card["version"]
/// ('change rule', 1)
#[pyfunction]
#[pyo3(signature = (name, /) -> "dict[str, Json]")]
pub fn card<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyDict>> {
    let known = core::cards()?.iter().map(|card| card.name.as_str());
    let unknown = || Error::UnknownName { what: "card", name: name.to_string(), known: known.collect() };
    let card = core::card(name)?.ok_or_else(unknown)?;
    let dict = PyDict::new(py);
    dict.set_item("kind", &card.kind)?;
    dict.set_item("version", card.version)?;
    for (chain, figures) in &card.figures {
        dict.set_item(chain, counts_of(py, figures)?)?;
    }
    Ok(dict)
}

fn counts_of<'py>(py: Python<'py>, figures: &Figures) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    match figures {
        Figures::Pairs(pairs) => {
            dict.set_item("pairs_true_positive", pairs.true_positive)?;
            dict.set_item("pairs_false_positive", pairs.false_positive)?;
            dict.set_item("pairs_false_negative", pairs.false_negative)?;
        }
        Figures::Confusion(counts) => {
            dict.set_item("true_positive", counts.true_positive)?;
            dict.set_item("false_negative", counts.false_negative)?;
            dict.set_item("cannot_tell_positive", counts.untold_positive)?;
            dict.set_item("false_positive", counts.false_positive)?;
            dict.set_item("true_negative", counts.true_negative)?;
            dict.set_item("cannot_tell_negative", counts.untold_negative)?;
        }
    }
    Ok(dict)
}

/// The headline of a rule's card, where there is one of its version.
pub fn headline(name: &str, version: u32) -> crate::Result<Option<String>> {
    let card = core::card(name)?.filter(|card: &&Card| card.version == version as u64);
    Ok(card.and_then(Card::headline))
}
