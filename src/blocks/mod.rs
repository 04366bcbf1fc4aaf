//! From a node's block files to blocks in chain order: files and their XOR key, the records in them, the tree of headers,
//! and the parsing of one block. Nothing here knows the store.

pub mod files;
pub mod fingerprint;
pub mod hash;
pub mod headers;
pub mod parse;
pub mod scan;

pub use files::{BlockFiles, Location};
pub use headers::{HeaderTree, Work};
pub use parse::{Fault, ParsedBlock};
pub use scan::{Magic, Record, Scan};
