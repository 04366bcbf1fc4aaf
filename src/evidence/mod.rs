//! Evidence that can be checked without satrail: raw transactions, Merkle branches, and what they show.

pub mod merkle;
mod proof;
