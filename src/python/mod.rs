//! The Python face: a thin layer that converts, releases the interpreter, makes one call of the core, and wraps what it returns.

mod boltzmann;
mod chain;
mod change;
mod cluster;
mod comparison;
mod convergence;
mod convert;
mod error;
mod evaluate;
mod exposure;
mod flows;
mod given;
mod graph;

mod ingest;
mod inspect;
mod peel_chain;
mod progress;
mod proof;
mod rates;
mod recipe;
mod shapes;
mod show;
mod simulate;
mod table;
mod trace;
mod trace_evaluation;
mod truth;
mod verify;
mod wallet;

/// The compiled part of satrail; use it through the package `satrail`.
#[pyo3::pymodule]
mod _core {
    #[pymodule_export]
    use super::boltzmann::{PyBoltzmann, boltzmann, restore_boltzmann};
    #[pymodule_export]
    use super::chain::address::{PyAddress, PyRevealed};
    #[pymodule_export]
    use super::chain::address_set::PyAddressSet;
    #[pymodule_export]
    use super::chain::block::{PyBlock, PyBlocks};
    #[pymodule_export]
    use super::chain::output::PyOutput;
    #[pymodule_export]
    use super::chain::pickle::restore_chain;
    #[pymodule_export]
    use super::chain::transaction::{PyFingerprint, PyInput, PyTransaction};
    #[pymodule_export]
    use super::chain::{PyChain, open};
    #[pymodule_export]
    use super::change::PyChangeRule;
    #[pymodule_export]
    use super::cluster::PyClusters;
    #[pymodule_export]
    use super::comparison::PyComparison;
    #[pymodule_export]
    use super::convergence::PyConvergence;
    #[pymodule_export]
    use super::evaluate::{PyEvaluation, evaluate};
    #[pymodule_export]
    use super::exposure::{PyExposure, PyPolicyComparison};
    #[pymodule_export]
    use super::flows::PyFlows;
    #[pymodule_export]
    use super::graph::PyTraceGraph;
    #[pymodule_export]
    use super::ingest::ingest;
    #[pymodule_export]
    use super::inspect::inspect;
    #[pymodule_export]
    use super::peel_chain::PyPeelChain;
    #[pymodule_export]
    use super::proof::PyProof;
    #[pymodule_export]
    use super::rates::{PyRates, card};
    #[pymodule_export]
    use super::recipe::{PyRecipe, rerun};
    #[pymodule_export]
    use super::shapes::{PyJudgement, PyPredicate, judge, restore_judgement, restore_predicate, thresholds};
    #[pymodule_export]
    use super::simulate::simulate;
    #[pymodule_export]
    use super::table::{PyBatches, PyColumn, PyTable, restore_table};
    #[pymodule_export]
    use super::trace::{PyLedger, PyTrace, restore_ledger};
    #[pymodule_export]
    use super::trace_evaluation::PyTraceEvaluation;
    #[pymodule_export]
    use super::truth::{PyTruth, read_truth, truth_from_chain};
    #[pymodule_export]
    use super::verify::verify;
    #[pymodule_export]
    use super::wallet::{PyWallet, PyWallets};

    /// The version of the package.
    #[pymodule_export]
    const VERSION: &str = env!("CARGO_PKG_VERSION");
}
