//! Tests of the library as a whole, on chains that the tests make themselves and on real blocks.

mod bad_blocks;
mod bad_stores;
mod build;
mod change;
mod common;
mod content;
mod damaged_files;
mod disk;
mod evaluate;
mod facts;
mod flow;
mod format;
mod graph;
mod imports;
mod kills;
mod layouts;
mod mainnet;
mod one_chain;
mod oracle;
mod questions;
mod readers;
mod reasons;
mod shapes;
mod simulate;
mod tables;
mod verify;

/// So many cases of a law; what failed is told by its seed, so no file remembers it.
fn cases(cases: u32) -> proptest::test_runner::Config {
    let cases = std::env::var("PROPTEST_CASES").map_or(cases, |asked| asked.parse().expect("PROPTEST_CASES is a number"));
    proptest::test_runner::Config { cases, failure_persistence: None, max_shrink_iters: 40, ..Default::default() }
}
