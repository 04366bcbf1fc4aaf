//! A table, as it leaves: an Arrow stream.

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StructArray};
use arrow_schema::{ArrowError, Field};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyCapsule, PyDict, PyTuple};
use pyo3_arrow::ffi::{ArrayIterator, to_schema_pycapsule, to_stream_pycapsule};

use crate::python::convert::append_values;
use crate::python::{convert, show};
use crate::table::Batches;
use crate::table::Table;

/// A table of named columns, which polars, pandas, pyarrow and DuckDB take without a copy: `pl.DataFrame(table)`,
/// `pd.DataFrame.from_arrow(table)`, `pa.table(table)`.
///
/// Tables of the chain make their rows when they are read, so a table of all inputs costs nothing until then. Amounts are
/// 64-bit satoshi, times are timestamps in microseconds UTC, hashes are hex as everybody writes it.
///
/// Examples
/// --------
/// >>> table = chain.blocks(0, 3, columns=["height", "transactions"])
/// >>> table.columns
/// ['height', 'transactions']
/// >>> len(table)
/// 3
/// >>> table.to_pydict()
/// {'height': [0, 1, 2], 'transactions': [1, 1, 1]}
#[pyclass(name = "Table", module = "satrail", frozen)]
pub struct PyTable(pub Table);

#[pymethods]
impl PyTable {
    /// The names of the columns.
    #[getter]
    fn columns(&self) -> Vec<String> {
        self.0.schema().fields().iter().map(|field| field.name().clone()).collect()
    }

    fn __len__(&self) -> usize {
        self.0.num_rows() as usize
    }

    /// The columns as lists of Python values (int, str, bool, datetime, None). For small tables; it needs no other package.
    #[pyo3(signature = () -> "dict[str, list[object]]")]
    fn to_pydict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let batches = py.detach(|| self.0.batches().collect::<crate::Result<Vec<_>>>())?;
        let columns = PyDict::new(py);
        for (i, name) in self.columns().into_iter().enumerate() {
            let values = pyo3::types::PyList::empty(py);
            for batch in &batches {
                append_values(&values, batch.column(i))?;
            }
            columns.set_item(name, values)?;
        }
        Ok(columns)
    }

    /// The Arrow stream of the table's batches (Arrow PyCapsule interface).
    #[pyo3(signature = (requested_schema: "object" = None) -> "object")]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyCapsule>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let (schema, batches) = (self.0.schema(), self.0.batches());
        let field = Arc::new(Field::new_struct("", schema.fields().clone(), false));
        let arrays = Reader(batches).map(|batch| batch.map(|b| Arc::new(StructArray::from(b)) as ArrayRef));
        Ok(to_stream_pycapsule(py, Box::new(ArrayIterator::new(arrays, field)), requested_schema)?)
    }

    /// The Arrow schema of the table (Arrow PyCapsule interface).
    #[pyo3(signature = () -> "object")]
    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        Ok(to_schema_pycapsule(py, self.0.schema().as_ref())?)
    }

    /// Writes the rows to a Parquet file, batch by batch; a file that is there is replaced.
    #[pyo3(signature = (path: "str | PathLike[str]", /) -> "None")]
    fn write_parquet(&self, path: &Bound<'_, PyAny>) -> PyResult<()> {
        let target = convert::path(path)?;
        Ok(path.py().detach(|| self.0.write_parquet(&target))?)
    }

    fn __repr__(&self) -> PyResult<String> {
        Ok(show::text(&self.0)?)
    }

    fn _repr_html_(&self) -> PyResult<String> {
        Ok(show::html(&self.0)?)
    }

    /// Pickles carry the rows.
    #[pyo3(signature = () -> "tuple[object, ...]")]
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let bytes = py.detach(|| self.0.to_ipc())?;
        let restore = py.import("satrail._core")?.getattr("_restore_table")?;
        PyTuple::new(py, [restore, PyTuple::new(py, [PyBytes::new(py, &bytes)])?.into_any()])
    }
}

/// Makes a table from the bytes of its pickle.
#[pyfunction]
#[pyo3(name = "_restore_table")]
pub fn restore_table(bytes: &[u8]) -> PyResult<PyTable> {
    Table::from_ipc(bytes).map(PyTable).map_err(|e| PyValueError::new_err(format!("these bytes are no pickled table: {e}")))
}

/// The batches of a table as Arrow's readers want them.
struct Reader(Batches);

impl Iterator for Reader {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|batch| batch.map_err(|e| ArrowError::ExternalError(Box::new(e))))
    }
}
