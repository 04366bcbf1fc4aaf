//! The ingest.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::ids::hash_text;
use crate::ingest as core;
use crate::ingest::{IngestOptions, IngestReport, Progress, Until};
use crate::python::convert;
use crate::python::given::moment::{self, Moment};
use crate::python::progress::with_progress;

/// Brings a store up to date with a node's block files, and makes it where there is none.
///
/// Blocks are found whatever their order in the files; the chain with the most work is taken. Only what is new is added; after a
/// reorganisation the store goes back to the fork first. A gap or an invalid block is named in the report, and the chain goes up to it.
/// The work can be stopped at any time (Ctrl-C, a crash) and goes on with the next call.
///
/// Parameters
/// ----------
/// blocks : path of the folder with blk*.dat (and xor.dat), "blocks" in a node's data directory. The node may be running.
/// store : path of the store's folder; it is made if it is not there.
/// network : "mainnet", "testnet3", "testnet4", "signet", "regtest", or the 8 hex digits of a custom signet's magic. Found from the
///     data when not given.
/// until : the last height to ingest, or a date: the last block whose median time past is not later.
/// threads : how many threads to use; all processors when not given.
/// memory_limit : bytes that the process should stay within, or a text like "4 GB"; 2 GiB when not given. A store whose indexes, ids
///     and scripts do not fit in it is ingested several times slower.
/// verify : check Merkle roots and witness commitments. Proof of work is always checked.
/// progress : None shows a bar in terminals and notebooks, True always, False never; or a function that is called about ten
///     times a second with a dict of phase ("scan", "blocks", "index"), blocks, blocks_total, bytes, bytes_total, height, seconds.
///
/// Returns
/// -------
/// IngestReport : what was done and found.
///
/// Raises
/// ------
/// FileNotFoundError : no such folder, or no block files in it.
/// ValueError : the files are of another network; an unknown network; a memory limit below 256 MiB.
/// BlockFilesError : xor.dat is damaged, or there is no genesis block.
/// LockedError : somebody else is writing to the store.
/// StoreError : the folder holds something else, or a damaged store.
/// OSError : the disk is full or cannot be written; the store stays at its last commit.
///
/// Examples
/// --------
/// >>> report = satrail.ingest(blocks, store, progress=False)
/// >>> report.height, report.blocks_added
/// (495, 0)
#[pyfunction]
#[pyo3(signature = (
    blocks: "str | PathLike[str]", store: "str | PathLike[str]", *, network: "str | None" = None,
    until: "Moment | None" = None, threads: "int | None" = None,
    memory_limit: "int | str | None" = None, verify = true,
    progress: "Progress" = None
) -> "IngestReport")]
#[allow(clippy::too_many_arguments)]
pub fn ingest<'py>(
    py: Python<'py>,
    blocks: &Bound<'py, PyAny>,
    store: &Bound<'py, PyAny>,
    network: Option<&str>,
    until: Option<&Bound<'py, PyAny>>,
    threads: Option<&Bound<'py, PyAny>>,
    memory_limit: Option<&Bound<'py, PyAny>>,
    verify: bool,
    progress: Option<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let (blocks, store) = (convert::path(blocks)?, convert::path(store)?);
    let options = IngestOptions {
        network: network.map(core::network_named).transpose()?,
        until: until.map(until_moment).transpose()?,
        threads: convert::threads(threads)?,
        memory_limit: memory_limit.map(convert::bytes).transpose()?.unwrap_or(core::MEMORY_LIMIT),
        verify,
        ..IngestOptions::default()
    };
    let result = with_progress(py, progress, facts, |tell| core::ingest(&blocks, &store, &options, tell));
    report_object(py, &result?)
}

fn until_moment(given: &Bound<'_, PyAny>) -> PyResult<Until> {
    match moment::moment(given)? {
        Moment::Height(height) => Ok(Until::Height(moment::not_negative(height)?.try_into().unwrap_or(u32::MAX))),
        Moment::Time(time) => Ok(Until::Time(time)),
        Moment::Hash(_) => Err(PyValueError::new_err("until= takes a height or a date, not a block hash")),
    }
}

fn facts<'py>(py: Python<'py>, now: &Progress) -> PyResult<Bound<'py, PyDict>> {
    let facts = PyDict::new(py);
    facts.set_item("phase", now.phase.name())?;
    facts.set_item("blocks", now.blocks)?;
    facts.set_item("blocks_total", now.blocks_total)?;
    facts.set_item("bytes", now.bytes)?;
    facts.set_item("bytes_total", now.bytes_total)?;
    facts.set_item("height", now.height)?;
    facts.set_item("seconds", now.seconds)?;
    Ok(facts)
}

/// The report as satrail.report.IngestReport, a plain dataclass.
fn report_object<'py>(py: Python<'py>, report: &IngestReport) -> PyResult<Bound<'py, PyAny>> {
    let facts = PyDict::new(py);
    facts.set_item("store", report.store.display().to_string())?;
    facts.set_item("network", report.network.name())?;
    facts.set_item("height", report.height)?;
    facts.set_item("tip", report.tip.map(|tip| hash_text(&tip)))?;
    facts.set_item("blocks_added", report.blocks_added)?;
    facts.set_item("blocks_removed", report.blocks_removed)?;
    facts.set_item("transactions_added", report.transactions_added)?;
    facts.set_item("bytes_added", report.bytes_added)?;
    facts.set_item("stale_blocks", report.stale_blocks)?;
    let invalid =
        report.invalid_blocks.iter().map(|b| (hash_text(&b.hash), b.height, b.path.display().to_string(), b.offset, &b.reason));
    facts.set_item("invalid_blocks", invalid.collect::<Vec<_>>())?;
    facts.set_item("gap", report.gap.as_ref().map(|gap| (hash_text(&gap.missing), gap.height, hash_text(&gap.needed_by))))?;
    facts.set_item("notes", report.notes())?;
    facts.set_item("seconds", report.seconds)?;
    py.import("satrail.report")?.getattr("IngestReport")?.call_method1("_from_core", (facts,))
}
