//! satrail follows bitcoin: from a node's block files it builds an indexed, memory-mapped transaction graph, and answers where
//! money came from, where it went, and how we know.

pub mod blocks;
pub mod chain;
pub mod change;
pub mod cluster;
pub mod error;
pub mod evaluate;
pub mod evidence;
pub mod fingerprint;
pub mod flow;
pub mod ids;
pub mod ingest;
pub mod names;
#[cfg(feature = "python")]
mod python;
pub mod script;
pub mod shapes;
pub mod shares;
pub mod simulate;
pub mod store;
pub mod verify;

pub use error::{Error, Result};
