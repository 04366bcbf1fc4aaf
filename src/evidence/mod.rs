//! Evidence that can be checked without satrail: raw transactions, Merkle branches, and what they show.

mod document;
pub mod merkle;
