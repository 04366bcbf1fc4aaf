//! Proofs that two addresses belong together.

use pyo3::prelude::*;

use crate::cluster::{Clusters, Proof};
use crate::ids::hash_text;
use crate::python::given::addresses::address;
use crate::python::given::named;
use crate::python::progress::while_not_interrupted;
use crate::python::recipe::made_by_recipe;
use crate::python::show;
use crate::python::table::PyTable;

/// Steps that lead from one address to another, each with a transaction that says that the two belong together.
///
/// Examples
/// --------
/// >>> members = chain.cluster().largest(1)[0].members().to_pydict()["address"]
/// >>> proof = chain.cluster().why(members[0], members[-1])
/// >>> proof.height == max(proof.steps().to_pydict()["height"])
/// True
#[pyclass(name = "Proof", module = "satrail", frozen)]
pub struct PyProof(pub Proof);

made_by_recipe!(PyProof, |proof| proof.0.chain(), |proof| proof.0.recipe());

#[pymethods]
impl PyProof {
    /// One row a step: step (from 1), from, to (addresses), rule, txid (of the transaction that joins the two), height, time (microseconds UTC).
    /// A step by "same_key" follows from the addresses alone; its transaction is the one since which both are there.
    fn steps(&self, py: Python<'_>) -> PyResult<PyTable> {
        Ok(PyTable(py.detach(|| self.0.table())?))
    }

    /// The height from which on these steps join the two; None where they are one address.
    #[getter]
    fn height(&self) -> PyResult<Option<u32>> {
        Ok(self.0.height()?.map(|height| height.0))
    }

    /// How many steps there are.
    fn __len__(&self) -> usize {
        self.0.steps().len()
    }

    /// A proof is there even where there is nothing to prove.
    fn __bool__(&self) -> bool {
        true
    }

    /// The proof as a JSON document that can be checked without satrail: raw transactions, and Merkle branches to the headers of their
    /// blocks. The block files must be at hand. docs/proof.md says what each part is; python/satrail/check_proof.py checks it.
    ///
    /// Raises
    /// ------
    /// BlockFilesError : the block files are not there any more.
    fn json(&self, py: Python<'_>) -> PyResult<String> {
        Ok(py.detach(|| self.0.json())?)
    }

    /// Checks the proof from its JSON alone against block headers, by code that knows nothing of the store.
    ///
    /// Parameters
    /// ----------
    /// headers : the headers of the chain from the genesis block on, 80 bytes each, as `Chain.headers` and nodes give them.
    ///
    /// Raises
    /// ------
    /// ValueError : it does not hold; the message says where.
    #[pyo3(signature = (headers: "bytes") -> "None")]
    fn verify(&self, py: Python<'_>, headers: &Bound<'_, PyAny>) -> PyResult<()> {
        py.import("satrail.check_proof")?.call_method1("check", (self.json(py)?, headers)).map(drop)
    }

    fn __repr__(&self) -> PyResult<String> {
        let chain = self.0.chain();
        let mut lines = vec![match self.0.steps().len() {
            0 => "Proof of 0 steps: they are one address".to_string(),
            1 => "Proof of 1 step".to_string(),
            steps => format!("Proof of {steps} steps"),
        }];
        for step in self.0.steps().iter().take(20) {
            let shown = |number| Ok::<_, PyErr>(show::cut(&chain.address_at(number)?.name()?));
            let (from, to) = (shown(step.from)?, shown(step.to)?);
            let txid = hash_text(&chain.txid(step.transaction)?);
            let rule = self.0.rule_name(step);
            lines.push(format!("{from} and {to}: {rule} in {txid}, height {}", chain.height_of(step.transaction)?));
        }
        if self.0.steps().len() > 20 {
            lines.push(format!("... and {} more", self.0.steps().len() - 20));
        }
        Ok(lines.join("\n"))
    }

    fn _repr_html_(&self, py: Python<'_>) -> PyResult<String> {
        Ok(show::html(&self.steps(py)?.0)?)
    }
}

/// Why two addresses are together.
pub fn why(clusters: &Clusters, a: &Bound<'_, PyAny>, b: &Bound<'_, PyAny>, shortest: bool) -> PyResult<PyProof> {
    let (py, chain) = (a.py(), clusters.chain());
    let (a, b) = (address(chain, &named(chain, a)?)?, address(chain, &named(chain, b)?)?);
    Ok(PyProof(match shortest {
        false => py.detach(|| clusters.why(a, b))?,
        true => while_not_interrupted(py, |go_on| clusters.why_shortest(a, b, go_on))?,
    }))
}
