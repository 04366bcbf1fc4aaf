//! Sets of numbers in chain order, sparse and dense.

pub mod outputs;
