//! satrail follows bitcoin: from a node's block files it builds an indexed, memory-mapped transaction graph, and answers where
//! money came from, where it went, and how we know.

pub mod apportion;
pub mod blocks;
pub mod chain;
pub mod change;
pub mod cluster;
pub mod convergence;
pub mod error;
pub mod evaluate;
pub mod evidence;
pub mod flows;
pub mod ids;
pub mod ingest;
pub mod peel_chain;
#[cfg(feature = "python")]
mod python;
pub mod recipe;
pub mod script;
pub mod sets;
pub mod shapes;
pub mod simulate;
pub mod store;
pub mod table;
pub mod text;
pub mod trace;
pub mod verify;

pub use error::{Error, Result};
