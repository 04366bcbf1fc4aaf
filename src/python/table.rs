//! A table, as it leaves: an Arrow stream.

use std::sync::{Arc, Mutex};

use arrow_array::{ArrayRef, RecordBatch, StructArray};
use arrow_schema::{ArrowError, DataType, Field, TimeUnit};
use pyo3::exceptions::PyKeyError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyCapsule, PyDict, PyIterator, PyList, PyTuple};
use pyo3_arrow::ffi::{ArrayIterator, to_schema_pycapsule, to_stream_pycapsule};

use crate::chain::pieces::go_on_or_stop;
use crate::python::convert::{self, append_values};
use crate::python::progress::while_not_interrupted;
use crate::python::show;
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
/// >>> table["height"].to_list()
/// [0, 1, 2]
/// >>> sum(len(batch) for batch in chain.outputs()) == len(chain.outputs())
/// True
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

    /// A column by its name. Of a table of the chain only that column is read.
    ///
    /// Raises
    /// ------
    /// KeyError : there is no such column.
    fn __getitem__(&self, column: &str) -> PyResult<PyColumn> {
        let missing = || PyKeyError::new_err(format!("there is no column {column:?}; there are {}", self.columns().join(", ")));
        Ok(PyColumn(self.0.column(column).ok_or_else(missing)?))
    }

    /// The batches of the table one after the other, each a table of up to 65,536 rows. Rows are made when their batch is asked for.
    fn __iter__(&self) -> PyBatches {
        PyBatches(Mutex::new(self.0.batches()))
    }

    /// The first `n` rows.
    ///
    /// Examples
    /// --------
    /// >>> len(chain.outputs().head(3))
    /// 3
    #[pyo3(signature = (n = 5))]
    fn head(&self, n: u64) -> PyTable {
        PyTable(self.0.head(n))
    }

    /// The table as a `polars.DataFrame`, read batch by batch, so that Ctrl-C can end it.
    ///
    /// Raises
    /// ------
    /// ImportError : polars is not installed.
    #[pyo3(signature = () -> "polars.DataFrame")]
    fn to_polars(slf: &Bound<'_, Self>) -> PyResult<Py<PyAny>> {
        by_package(slf.as_any(), "to_polars")
    }

    /// The table as a `pandas.DataFrame`; pandas reads Arrow tables with the help of pyarrow.
    ///
    /// Raises
    /// ------
    /// ImportError : pandas or pyarrow is not installed.
    #[pyo3(signature = () -> "pandas.DataFrame")]
    fn to_pandas(slf: &Bound<'_, Self>) -> PyResult<Py<PyAny>> {
        by_package(slf.as_any(), "to_pandas")
    }

    /// The table as a `pyarrow.Table`, read batch by batch, so that Ctrl-C can end it.
    ///
    /// Raises
    /// ------
    /// ImportError : pyarrow is not installed.
    #[pyo3(signature = () -> "pyarrow.Table")]
    fn to_arrow(slf: &Bound<'_, Self>) -> PyResult<Py<PyAny>> {
        by_package(slf.as_any(), "to_arrow")
    }

    /// Writes the rows to a CSV file, batch by batch. Times are written in ISO 8601, null is an empty cell.
    ///
    /// Raises
    /// ------
    /// FileExistsError : the file is there already, and overwrite is False.
    ///
    /// Examples
    /// --------
    /// >>> chain.blocks(0, 2, columns=["height", "time"]).write_csv("blocks.csv")
    /// >>> print(open("blocks.csv").read().splitlines()[0])
    /// height,time
    #[pyo3(signature = (path: "str | PathLike[str]", *, overwrite = false) -> "None")]
    fn write_csv(slf: &Bound<'_, Self>, path: &Bound<'_, PyAny>, overwrite: bool) -> PyResult<()> {
        slf.py().import("satrail._table")?.call_method1("write_csv", (slf, convert::path(path)?, overwrite)).map(drop)
    }

    /// Writes the rows to a Parquet file, batch by batch.
    ///
    /// Raises
    /// ------
    /// FileExistsError : the file is there already, and overwrite is False.
    #[pyo3(signature = (path: "str | PathLike[str]", *, overwrite = false) -> "None")]
    fn write_parquet(slf: &Bound<'_, Self>, path: &Bound<'_, PyAny>, overwrite: bool) -> PyResult<()> {
        slf.py().import("satrail._table")?.call_method1("write_parquet", (slf, convert::path(path)?, overwrite)).map(drop)
    }

    /// Writes the rows to a Parquet file, which is replaced.
    #[pyo3(signature = (path: "str | PathLike[str]") -> "None")]
    fn _write_parquet(&self, path: &Bound<'_, PyAny>) -> PyResult<()> {
        let target = convert::path(path)?;
        while_not_interrupted(path.py(), |go_on| self.0.write_parquet_while(&target, go_on))
    }

    /// The columns as lists of Python values (int, str, bool, datetime, None). For small tables; it needs no other package.
    #[pyo3(signature = () -> "dict[str, list[Value]]")]
    fn to_pydict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let batches = read(py, &self.0)?;
        let columns = PyDict::new(py);
        for (i, name) in self.columns().into_iter().enumerate() {
            let values = PyList::empty(py);
            for batch in &batches {
                append_values(&values, batch.column(i))?;
            }
            columns.set_item(name, values)?;
        }
        Ok(columns)
    }

    /// The Arrow stream of the table's batches (Arrow PyCapsule interface).
    #[pyo3(signature = (requested_schema: "CapsuleType | None" = None) -> "CapsuleType")]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyCapsule>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let field = Arc::new(Field::new_struct("", self.0.schema().fields().clone(), false));
        let arrays = Reader(self.0.batches()).map(|batch| batch.map(|b| Arc::new(StructArray::from(b)) as ArrayRef));
        Ok(to_stream_pycapsule(py, Box::new(ArrayIterator::new(arrays, field)), requested_schema)?)
    }

    /// The Arrow schema of the table (Arrow PyCapsule interface).
    #[pyo3(signature = () -> "CapsuleType")]
    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        Ok(to_schema_pycapsule(py, self.0.schema().as_ref())?)
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
        let bytes = py.detach(|| self.0.to_bytes())?;
        let restore = py.import("satrail._core")?.getattr("_restore_table")?;
        PyTuple::new(py, [restore, PyTuple::new(py, [PyBytes::new(py, &bytes)])?.into_any()])
    }
}

/// All batches of a table. Ctrl-C ends the reading.
fn read(py: Python<'_>, table: &Table) -> PyResult<Vec<RecordBatch>> {
    while_not_interrupted(py, |go_on| table.batches().map(|batch| go_on_or_stop(go_on).and(batch)).collect())
}

fn by_package(table: &Bound<'_, PyAny>, method: &str) -> PyResult<Py<PyAny>> {
    Ok(table.py().import("satrail._table")?.call_method1(method, (table,))?.unbind())
}

/// The batches of a table, one after the other.
#[pyclass(name = "Batches", module = "satrail", frozen)]
pub struct PyBatches(Mutex<Batches>);

#[pymethods]
impl PyBatches {
    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<PyTable>> {
        let batch = py.detach(|| self.0.lock().expect("no thread panics while it holds the lock").next().transpose())?;
        Ok(batch.map(|batch| PyTable(Table::ready(batch))))
    }
}

/// The type of a column's numbers for NumPy, their bytes, and the bits of which are there.
type Numbers<'py> = (&'static str, Bound<'py, PyBytes>, Bound<'py, PyBytes>);

/// A column of a table, which polars, pyarrow and others take without a copy: `pl.Series(column)`, `pa.chunked_array(column)`.
///
/// Examples
/// --------
/// >>> column = chain.blocks(0, 3)["height"]
/// >>> column.name, len(column), column.to_list()
/// ('height', 3, [0, 1, 2])
#[pyclass(name = "Column", module = "satrail", frozen)]
pub struct PyColumn(Table);

#[pymethods]
impl PyColumn {
    /// Its name.
    #[getter]
    fn name(&self) -> String {
        self.0.schema().field(0).name().clone()
    }

    fn __len__(&self) -> usize {
        self.0.num_rows() as usize
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyIterator>> {
        self.to_list(py)?.try_iter()
    }

    /// Its values as Python objects (int, float, str, bool, datetime, None).
    #[pyo3(signature = () -> "list[Value]")]
    fn to_list<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let values = PyList::empty(py);
        for batch in read(py, &self.0)? {
            append_values(&values, batch.column(0))?;
        }
        Ok(values)
    }

    /// Its values as a NumPy array: whole numbers with nulls become floats with NaN, times become datetime64 in UTC, texts objects.
    ///
    /// Raises
    /// ------
    /// ImportError : NumPy is not installed.
    #[pyo3(signature = () -> "numpy.ndarray")]
    fn to_numpy(slf: &Bound<'_, Self>) -> PyResult<Py<PyAny>> {
        by_package(slf.as_any(), "to_numpy")
    }

    /// Its numbers or times as NumPy's type and bytes, with a byte for each row that says whether it is null; None for other columns.
    #[pyo3(signature = () -> "tuple[str, bytes, bytes] | None")]
    fn _numbers<'py>(&self, py: Python<'py>) -> PyResult<Option<Numbers<'py>>> {
        let Some((kind, width)) = numpy_type(self.0.schema().field(0).data_type()) else { return Ok(None) };
        let (mut values, mut nulls) = (Vec::new(), Vec::new());
        for batch in read(py, &self.0)? {
            let data = batch.column(0).to_data();
            values.extend_from_slice(&data.buffers()[0][data.offset() * width..(data.offset() + data.len()) * width]);
            nulls.extend((0..data.len()).map(|row| data.is_null(row) as u8));
        }
        Ok(Some((kind, PyBytes::new(py, &values), PyBytes::new(py, &nulls))))
    }

    /// The Arrow stream of its batches (Arrow PyCapsule interface).
    #[pyo3(signature = (requested_schema: "CapsuleType | None" = None) -> "CapsuleType")]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyCapsule>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let field = self.0.schema().fields()[0].clone();
        let arrays = Reader(self.0.batches()).map(|batch| batch.map(|batch| batch.column(0).clone()));
        Ok(to_stream_pycapsule(py, Box::new(ArrayIterator::new(arrays, field)), requested_schema)?)
    }

    fn __repr__(&self) -> PyResult<String> {
        Ok(show::text(&self.0)?)
    }

    fn _repr_html_(&self) -> PyResult<String> {
        Ok(show::html(&self.0)?)
    }
}

/// What NumPy calls the values of a type, and the bytes of one.
fn numpy_type(of: &DataType) -> Option<(&'static str, usize)> {
    Some(match of {
        DataType::Int8 => ("<i1", 1),
        DataType::UInt8 => ("<u1", 1),
        DataType::Int16 => ("<i2", 2),
        DataType::UInt16 => ("<u2", 2),
        DataType::Int32 => ("<i4", 4),
        DataType::UInt32 => ("<u4", 4),
        DataType::Int64 => ("<i8", 8),
        DataType::UInt64 => ("<u8", 8),
        DataType::Float64 => ("<f8", 8),
        DataType::Timestamp(TimeUnit::Second, _) => ("<M8[s]", 8),
        DataType::Timestamp(TimeUnit::Microsecond, _) => ("<M8[us]", 8),
        _ => return None,
    })
}

/// Makes a table from the bytes of its pickle.
#[pyfunction]
#[pyo3(name = "_restore_table")]
pub fn restore_table(bytes: &[u8]) -> PyResult<PyTable> {
    Ok(PyTable(Table::from_bytes(bytes)?))
}

/// The batches of a table as Arrow's readers want them. The interpreter is not asked for Ctrl-C here: whoever reads may have let go of it in a
/// way that cannot be seen, or wait for another thread while holding it. What can be interrupted reads batch by batch in Python.
struct Reader(Batches);

impl Iterator for Reader {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|batch| batch.map_err(|e| ArrowError::ExternalError(Box::new(e))))
    }
}
