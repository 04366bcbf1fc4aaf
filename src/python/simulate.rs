//! Simulations.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::ids::hash_text;
use crate::python::convert;
use crate::python::progress::with_progress;
use crate::simulate as core;
use crate::simulate::{Plan, Report, Scenario, SimulationProgress};

/// Simulates a chain whose truth is known: real block files of regtest, and beside them who owns what and why it moved.
///
/// The folder gets `blocks` (for [ingest](satrail.ingest)), `truth` with tables as Parquet (entities, addresses, transactions, outputs,
/// accounts, balances; for a hidden service also payers and cashouts), `tags.yaml`, a TagPack of what is publicly known, and
/// `scenario.json`, which is written last. The same scenario, seed and scale give the same bytes on every machine. What is modelled,
/// and what is not, stands in docs/simulate.md, with every column.
///
/// Parameters
/// ----------
/// scenario : "city" (people, exchanges, merchants, pools, casinos and mixers, 2012 to 2024; about 100,000 transactions at scale 1), or
///     "hidden-service" (a service with an address for every user inside a city, 2013 to 2018; at scale 1 with 1,000,000 addresses,
///     7,300 payments of 420 BTC and about 250,000 transactions; `watch.csv` and `test_payments.csv` are what an investigator has).
/// folder : path of a folder that is empty or not there yet.
/// seed : a whole number from 0 to 2**64 - 1.
/// scale : how large it is; above 0, and at most 600 (city) or 20 (hidden-service).
/// progress : None shows a bar in terminals and notebooks, True always, False never; or a function that is called about ten
///     times a second with a dict of phase ("simulate"), blocks, blocks_total, bytes, transactions, seconds.
///
/// Returns
/// -------
/// SimulationReport : what was made, with the digest over all blocks and all rows of the truth.
///
/// Raises
/// ------
/// ValueError : an unknown scenario; a scale or a seed that is out of range.
/// TypeError : a seed that is not a whole number.
/// FileExistsError : the folder is not empty.
/// OSError : the disk is full or cannot be written. What was made so far is removed, as it is on Ctrl-C.
///
/// Examples
/// --------
/// >>> report = satrail.simulate("city", "a-city", seed=1, scale=0.004, progress=False)
/// >>> report.height, report.network
/// (1200, 'regtest')
#[pyfunction]
#[pyo3(signature = (
    scenario, folder: "str | PathLike[str]", *, seed = 0, scale = 1.0,
    progress: "Progress" = None
) -> "SimulationReport")]
pub fn simulate<'py>(
    py: Python<'py>,
    scenario: &str,
    folder: &Bound<'py, PyAny>,
    seed: i128,
    scale: f64,
    progress: Option<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let folder = convert::path(folder)?;
    let plan = Plan { scenario: Scenario::from_name(scenario)?, seed: number(seed)?, scale };
    let result = with_progress(py, progress, facts, |tell| core::simulate(&plan, &folder, tell));
    report_object(py, &result?)
}

/// A seed of 64 bits.
fn number(seed: i128) -> PyResult<u64> {
    u64::try_from(seed)
        .map_err(|_| PyValueError::new_err(format!("seed {seed} is out of range; give a number from 0 to 2**64 - 1")))
}

fn facts<'py>(py: Python<'py>, now: &SimulationProgress) -> PyResult<Bound<'py, PyDict>> {
    let facts = PyDict::new(py);
    facts.set_item("phase", "simulate")?;
    facts.set_item("blocks", now.blocks)?;
    facts.set_item("blocks_total", now.blocks_total)?;
    facts.set_item("bytes", now.bytes)?;
    facts.set_item("transactions", now.transactions)?;
    facts.set_item("seconds", now.seconds)?;
    Ok(facts)
}

/// The report as satrail.report.SimulationReport, a plain dataclass.
fn report_object<'py>(py: Python<'py>, report: &Report) -> PyResult<Bound<'py, PyAny>> {
    let facts = PyDict::new(py);
    facts.set_item("folder", report.folder.display().to_string())?;
    facts.set_item("scenario", report.plan.scenario.name())?;
    facts.set_item("seed", report.plan.seed)?;
    facts.set_item("scale", report.plan.scale)?;
    facts.set_item("network", report.network.name())?;
    facts.set_item("digest", &report.digest)?;
    facts.set_item("height", report.height)?;
    facts.set_item("tip", hash_text(&report.tip))?;
    facts.set_item("transactions", report.transactions)?;
    facts.set_item("outputs", report.outputs)?;
    facts.set_item("addresses", report.addresses)?;
    facts.set_item("entities", report.entities)?;
    facts.set_item("bytes", report.bytes)?;
    facts.set_item("seconds", report.seconds)?;
    py.import("satrail.report")?.getattr("SimulationReport")?.call((), Some(&facts))
}
