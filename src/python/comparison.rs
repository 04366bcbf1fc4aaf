//! Comparisons of clusterings.

use pyo3::prelude::*;

use crate::cluster::{Clusters, Comparison};
use crate::python::recipe::made_by_recipe;
use crate::python::show;
use crate::python::table::PyTable;

/// How much two clusterings differ, over pairs of addresses.
///
/// Examples
/// --------
/// >>> comparison = chain.cluster().compare(chain.cluster("same_key"))
/// >>> comparison.joined, comparison.together_in_both
/// (0, 0)
#[pyclass(name = "Comparison", module = "satrail", frozen)]
pub struct PyComparison {
    comparison: Comparison,
    /// The clusters that are compared.
    of: (Clusters, Clusters),
}

made_by_recipe!(PyComparison, |compared| compared.of.0.chain(), |compared| crate::cluster::recipe::comparison(
    &compared.of.0,
    &compared.of.1
));

impl PyComparison {
    pub fn of(py: Python<'_>, first: Clusters, second: Clusters) -> PyResult<PyComparison> {
        let comparison = py.detach(|| first.compare(&second))?;
        Ok(PyComparison { comparison, of: (first, second) })
    }
}

#[pymethods]
impl PyComparison {
    /// The addresses that both know.
    #[getter]
    fn addresses(&self) -> u64 {
        self.comparison.addresses
    }

    /// Pairs that only the second joins.
    #[getter]
    fn joined(&self) -> u128 {
        self.comparison.joined()
    }

    /// Pairs that only the first joins.
    #[getter]
    fn split(&self) -> u128 {
        self.comparison.split()
    }

    /// Pairs that both join.
    #[getter]
    fn together_in_both(&self) -> u128 {
        self.comparison.together_in_both
    }

    /// The Rand index: the share of pairs that both treat alike (Rand 1971).
    #[getter]
    fn rand(&self) -> f64 {
        self.comparison.rand()
    }

    /// The Rand index less what chance would give: 1 for the same clusters, about 0 for unrelated ones (Hubert and Arabie 1985).
    #[getter]
    fn adjusted_rand(&self) -> f64 {
        self.comparison.adjusted_rand()
    }

    /// The clusters that moved most, up to a thousand: change ("split": one of the first, which the second takes apart; "joined": one of the
    /// second, which the first has in parts), cluster_id, size, parts, pairs (of its addresses that only one of the two joins; as
    /// float64, for there may be very many).
    fn moved(&self) -> PyTable {
        PyTable(self.comparison.table())
    }

    fn __repr__(&self) -> String {
        format!(
            "Comparison({} pairs joined, {} split, {} in both; Rand {:.6}, adjusted {:.6}; {} addresses)",
            self.joined(),
            self.split(),
            self.together_in_both(),
            self.rand(),
            self.adjusted_rand(),
            show::number(self.addresses())
        )
    }
}
