//! A transaction that is in no store, by the amounts and scripts of its inputs and outputs.

use std::collections::HashMap;

use crate::blocks::fingerprint::Fingerprint;
use crate::chain::{Facts, InputFacts, OutputFacts};
use crate::ids::{AddrNum, Height, OutNum, TxNum};
use crate::script::classify;

/// What is known of such a transaction.
#[derive(Clone, Debug, Default)]
pub struct Outline {
    pub height: u32,
    pub version: i32,
    pub locktime: u32,
    inputs: Vec<InputFacts>,
    outputs: Vec<OutputFacts>,
    addresses: HashMap<Vec<u8>, AddrNum>,
}

impl Outline {
    /// Adds an input that spends so many satoshi of a script.
    pub fn input(&mut self, value: u64, script: &[u8], sequence: u32) {
        let (spends, address) = (OutNum(self.inputs.len() as u64), self.address(script));
        self.inputs.push(InputFacts { spends, value, address, kind: classify(script).0, sequence });
    }

    /// Adds an output that pays so many satoshi to a script.
    pub fn output(&mut self, value: u64, script: &[u8]) {
        let fresh = !self.addresses.contains_key(script);
        let (number, address) = (OutNum(self.outputs.len() as u64), self.address(script));
        self.outputs.push(OutputFacts { number, value, address, kind: classify(script).0, fresh, spender: None });
    }

    fn address(&mut self, script: &[u8]) -> AddrNum {
        let next = AddrNum(self.addresses.len() as u32);
        *self.addresses.entry(script.to_vec()).or_insert(next)
    }

    /// What shapes look at. What is not known is 0.
    pub fn facts(&self) -> Facts<'_> {
        let sum = |values: &mut dyn Iterator<Item = u64>| values.fold(0, u64::saturating_add) as i64;
        let paid = sum(&mut self.outputs.iter().map(|output| output.value));
        Facts {
            number: TxNum(0),
            height: Height(self.height),
            time: 0,
            version: self.version,
            locktime: self.locktime,
            weight: 0,
            fee: if self.inputs.is_empty() {
                0
            } else {
                sum(&mut self.inputs.iter().map(|input| input.value)).saturating_sub(paid)
            },
            fingerprint: Fingerprint::default(),
            inputs: &self.inputs,
            outputs: &self.outputs,
        }
    }
}
