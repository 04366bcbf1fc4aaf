//! Any bytes as a block: a fault or rows, never a panic; what was parsed lies within the bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use satrail::blocks::parse::{ParseOptions, parse};

fuzz_target!(|bytes: &[u8]| {
    for verify in [false, true] {
        if let Ok(block) = parse(bytes.to_vec(), ParseOptions { verify, seed: 1 }) {
            block.outputs.iter().for_each(|output| assert!(block.payload(output).len() <= bytes.len()));
            assert_eq!(block.txs.last().map(|tx| tx.inputs_end as usize), Some(block.inputs.len()));
            let size: u32 = block.txs.iter().map(|tx| tx.size).sum();
            assert!((size as usize) < bytes.len());
        }
    }
});
