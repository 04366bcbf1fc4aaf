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
