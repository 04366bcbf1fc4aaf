//! Long work: it runs without the interpreter, which is taken back now and then to tell the progress and to notice Ctrl-C.

use std::cell::RefCell;

use pyo3::prelude::*;
use pyo3::types::PyDict;

/// Does long work whose progress is told to Python as a dict of facts. What is raised then, by the function that is told or by Ctrl-C,
/// ends the work, and is raised again when it has ended.
pub fn with_progress<P, T: Send>(
    py: Python<'_>,
    progress: Option<Bound<'_, PyAny>>,
    facts: for<'py> fn(Python<'py>, &P) -> PyResult<Bound<'py, PyDict>>,
    work: impl FnOnce(&mut dyn FnMut(&P) -> bool) -> crate::Result<T> + Send,
) -> PyResult<T> {
    let reporter = py.import("satrail._progress")?.call_method1("reporter", (progress,))?.unbind();
    let (result, raised) = py.detach(|| {
        let raised = RefCell::new(None);
        let mut tell = |now: &P| {
            if raised.borrow().is_some() {
                return false;
            }
            let told = Python::attach(|py| {
                py.check_signals()?;
                reporter.call1(py, (facts(py, now)?,)).map(drop)
            });
            told.map_err(|error| raised.replace(Some(error))).is_ok()
        };
        (work(&mut tell), raised.into_inner())
    });
    let closed = reporter.call_method0(py, "close");
    if let Some(error) = raised {
        return Err(error);
    }
    let result = result?;
    closed.map(|_| result)
}

/// Does long work without the interpreter, which is taken back whenever the work asks whether to go on; Ctrl-C ends it.
pub fn while_not_interrupted<T: Send>(
    py: Python<'_>,
    work: impl FnOnce(&mut dyn FnMut() -> bool) -> crate::Result<T> + Send,
) -> PyResult<T> {
    let mut raised = None;
    let result = py.detach(|| work(&mut || Python::attach(|py| py.check_signals()).map_err(|error| raised = Some(error)).is_ok()));
    raised.map_or_else(|| Ok(result?), Err)
}
