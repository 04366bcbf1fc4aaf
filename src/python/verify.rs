//! Checking a store.

use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::python::convert;
use crate::python::progress::with_progress;
use crate::verify::{self as core, VerifyProgress, VerifyReport};

/// Checks a store: the checksums of its files, every reference from one table to another, its indexes and postings; and against the
/// block files, every block, transaction, input and output.
///
/// Damage never raises: it is a problem in the report.
///
/// Parameters
/// ----------
/// store : path of the store's folder.
/// blocks : path of the block files, if they have moved since the ingest.
/// check_blocks : False leaves the block files alone.
/// progress : as in `ingest`; a function gets a dict of phase ("verify"), check, rows, rows_total, problems, seconds.
///
/// Returns
/// -------
/// VerifyReport : which checks were made, and the problems found.
///
/// Raises
/// ------
/// FileNotFoundError : there is no such folder.
/// StoreError : it is not a store, or one of a newer format.
///
/// Examples
/// --------
/// >>> satrail.verify(store, progress=False).is_sound
/// True
#[pyfunction]
#[pyo3(signature = (
    store: "str | PathLike[str]", *, blocks: "str | PathLike[str] | None" = None, check_blocks = true,
    progress: "Progress" = None
) -> "VerifyReport")]
pub fn verify<'py>(
    py: Python<'py>,
    store: &Bound<'py, PyAny>,
    blocks: Option<&Bound<'py, PyAny>>,
    check_blocks: bool,
    progress: Option<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let (store, blocks) = (convert::path(store)?, blocks.map(convert::path).transpose()?);
    let result = with_progress(py, progress, facts, |tell| core::verify(&store, blocks.as_deref(), check_blocks, tell));
    report_object(py, &result?)
}

fn facts<'py>(py: Python<'py>, now: &VerifyProgress) -> PyResult<Bound<'py, PyDict>> {
    let facts = PyDict::new(py);
    facts.set_item("phase", "verify")?;
    facts.set_item("check", now.check)?;
    facts.set_item("rows", now.rows)?;
    facts.set_item("rows_total", now.rows_total)?;
    facts.set_item("problems", now.problems)?;
    facts.set_item("seconds", now.seconds)?;
    Ok(facts)
}

/// The report as satrail.report.VerifyReport, a plain dataclass.
fn report_object<'py>(py: Python<'py>, report: &VerifyReport) -> PyResult<Bound<'py, PyAny>> {
    let facts = PyDict::new(py);
    facts.set_item("store", report.store.display().to_string())?;
    facts.set_item("height", report.height)?;
    facts.set_item("checks", report.checks.iter().map(|check| (check.name, check.rows)).collect::<Vec<_>>())?;
    let problems = report.problems.iter().map(|problem| (&problem.place, problem.row, &problem.what));
    facts.set_item("problems", problems.collect::<Vec<_>>())?;
    facts.set_item("problems_total", report.problems_total)?;
    facts.set_item("seconds", report.seconds)?;
    facts.set_item("text", report.to_string())?;
    py.import("satrail.report")?.getattr("VerifyReport")?.call_method1("_from_core", (facts,))
}
