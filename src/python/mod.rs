//! The Python face: a thin layer that converts, releases the interpreter, makes one call of the core, and wraps what it returns.

mod address;
mod address_set;
mod block;
mod chain;
mod change;
mod cluster;
mod convert;
mod error;
mod info;
mod ingest;
mod output;
mod progress;
mod shapes;
mod show;
mod simulate;
mod table;
mod trace;
mod transaction;
mod verify;

/// The compiled part of satrail; use it through the package `satrail`.
#[pyo3::pymodule]
mod _core {
    #[pymodule_export]
    use super::address::{PyAddress, PyRevealed};
    #[pymodule_export]
    use super::address_set::PyAddressSet;
    #[pymodule_export]
    use super::block::{PyBlock, PyBlocks};
    #[pymodule_export]
    use super::chain::{PyChain, open, restore_chain};
    #[pymodule_export]
    use super::change::PyChangeRule;
    #[pymodule_export]
    use super::cluster::{PyClusters, PyComparison, PyProof, PyWallet};
    #[pymodule_export]
    use super::info::info;
    #[pymodule_export]
    use super::ingest::ingest;
    #[pymodule_export]
    use super::output::PyOutput;
    #[pymodule_export]
    use super::shapes::{
        PyBoltzmann, PyJudgement, PyPredicate, boltzmann, restore_boltzmann, restore_judgement, restore_predicate, shapes_of,
        thresholds,
    };
    #[pymodule_export]
    use super::simulate::simulate;
    #[pymodule_export]
    use super::table::{PyTable, restore_table};
    #[pymodule_export]
    use super::trace::{PyLedger, PyTrace};
    #[pymodule_export]
    use super::transaction::{PyFingerprint, PyInput, PyTransaction};

    #[pymodule_export]
    use super::verify::verify;

    /// The version of the package.
    #[pymodule_export]
    const VERSION: &str = env!("CARGO_PKG_VERSION");
}
