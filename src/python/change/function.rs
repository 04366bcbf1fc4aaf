//! A change rule that is a user's function.

use std::any::Any;

use arrow_array::cast::AsArray;
use arrow_array::{Array, BooleanArray};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3_arrow::input::AnyArray;

use crate::chain::Chain;
use crate::change::{Chooser, ChosenBy, choose};
use crate::error::Error;
use crate::python::table::PyTable;
use crate::sets::outputs::OutputSet;
use crate::table::Table;

/// A function that gets tables of outputs, and returns for each row whether the output could be the change.
#[derive(Debug)]
pub(super) struct Function {
    pub name: String,
    pub function: Py<PyAny>,
}

impl Chooser for Function {
    fn source(&self) -> ChosenBy {
        ChosenBy::Function
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn choose(&self, chain: &Chain) -> crate::Result<OutputSet> {
        choose(chain, |table| {
            Python::attach(|py| marks(py, &self.name, self.function.bind(py), table))
                .map_err(|error| Error::Raised { error: error.into() })
        })
    }

    /// Functions that cannot be compared are not the same.
    fn equals(&self, other: &dyn Chooser) -> bool {
        let other = (other as &dyn Any).downcast_ref::<Function>();
        other.is_some_and(|other| Python::attach(|py| self.function.bind(py).eq(&other.function)).unwrap_or(false))
    }
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
