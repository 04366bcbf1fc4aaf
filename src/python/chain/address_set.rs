//! Sets of addresses.

use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::chain::AddressSet;
use crate::python::chain::PyChain;
use crate::python::show;
use crate::python::table::PyTable;

/// Distinct addresses, in the order in which they were given first; most may never have been paid.
///
/// Examples
/// --------
/// >>> watch = chain.addresses([o.address.text for o in chain.block(300).transactions()[0].outputs() if o.address.text])
/// >>> watch.summary().columns[:4]
/// ['address', 'kind', 'known', 'received']
#[pyclass(name = "AddressSet", module = "satrail", frozen)]
pub struct PyAddressSet(pub AddressSet);

#[pymethods]
impl PyAddressSet {
    /// How many texts were given.
    #[getter]
    fn given(&self) -> u64 {
        self.0.given()
    }

    /// How many of the addresses are in the chain.
    #[getter]
    fn known(&self) -> usize {
        self.0.known().count()
    }

    /// The texts that are not addresses: row (from 0, int64), text, reason.
    #[getter]
    fn rejected(&self) -> PyTable {
        PyTable(self.0.rejected_table())
    }

    /// One row an address, in the order given, as of the chain's height.
    ///
    /// Columns: address, kind (text), known (bool: ever paid), received, sent, balance (int64, satoshi), payments (int64: outputs that pay
    /// it), and null where it was never paid: first_height, last_height (int32), first_time, last_time (header times, microseconds UTC).
    #[pyo3(signature = () -> "Table")]
    fn summary(&self, py: Python<'_>) -> PyResult<PyTable> {
        Ok(PyTable(py.detach(|| self.0.summary())?))
    }

    fn __len__(&self) -> usize {
        self.0.len()
    }

    fn __repr__(&self) -> String {
        format!(
            "AddressSet({} addresses of {} given, {} known, {} rejected)",
            self.0.len(),
            self.given(),
            self.known(),
            self.0.rejected().len()
        )
    }

    fn _repr_html_(&self) -> String {
        let facts = [
            ("given", show::number(self.given())),
            ("distinct addresses", show::number(self.0.len() as u64)),
            ("ever paid", show::number(self.known() as u64)),
            ("rejected", show::number(self.0.rejected().len() as u64)),
        ];
        show::facts("Addresses", &facts)
    }

    /// Pickles carry the texts; they are looked up again when they are read.
    #[pyo3(signature = () -> "tuple[object, ...]")]
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let chain = PyChain(self.0.chain().clone()).into_pyobject(py)?.into_any();
        let texts: Vec<Option<&str>> = self.0.texts_given().iter().collect();
        PyTuple::new(py, [chain.getattr("addresses")?, (texts,).into_pyobject(py)?.into_any()])
    }
}
