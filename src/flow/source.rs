//! Where a trace begins.

use crate::chain::{Chain, txid_named};
use crate::error::{Error, Result};
use crate::ids::{AddrNum, OutNum, TxNum};

/// What a source can be made of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SourceItem {
    Output(OutNum),
    /// All its outputs.
    Transaction(TxNum),
    /// All outputs that pay it up to the chain's height, spent or not.
    Address(AddrNum),
}

/// The outputs that a trace begins at, each once, in chain order.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Source {
    outputs: Vec<OutNum>,
    overlapping: u64,
}

impl SourceItem {
    /// What a text names: an output as "txid:n", a transaction by its id, or an address of the chain's network. None for an address
    /// that was never paid. 64 hex digits are always a transaction id.
    pub fn named(chain: &Chain, text: &str) -> Result<Option<SourceItem>> {
        let text = text.trim();
        if text.contains(':') {
            return Ok(Some(SourceItem::Output(chain.output_named(text)?.number())));
        }
        if let Ok(txid) = txid_named(text) {
            return Ok(Some(SourceItem::Transaction(chain.transaction(&txid)?.number())));
        }
        match chain.address(text) {
            Ok(address) => Ok(Some(SourceItem::Address(address.number()))),
            Err(Error::UnknownAddress { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl Source {
    /// The outputs that some items stand for. Addresses without an output up to the chain's height add none, so the source may
    /// turn out empty; outputs and transactions that the chain does not have are an error.
    pub fn of(chain: &Chain, items: impl IntoIterator<Item = SourceItem>) -> Result<Source> {
        let (mut outputs, mut paid) = (Vec::new(), Vec::new());
        for item in items {
            match item {
                SourceItem::Output(output) => outputs.push(chain.output_at(output)?.number()),
                SourceItem::Transaction(tx) => outputs.extend(chain.transaction_at(tx)?.output_numbers()?.map(OutNum)),
                SourceItem::Address(address) => {
                    chain.outputs_to(address, &mut paid);
                    outputs.extend(paid.iter().copied().map(OutNum));
                }
            }
        }
        Ok(Source::from(outputs))
    }

    /// The outputs, each once, in chain order.
    pub fn outputs(&self) -> &[OutNum] {
        &self.outputs
    }

    /// How often an output was given that had been given already.
    pub fn overlapping(&self) -> u64 {
        self.overlapping
    }
}

impl From<Vec<OutNum>> for Source {
    fn from(mut outputs: Vec<OutNum>) -> Source {
        let given = outputs.len();
        outputs.sort_unstable();
        outputs.dedup();
        let overlapping = (given - outputs.len()) as u64;
        Source { outputs, overlapping }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_outputs_count_once_and_are_counted() {
        let source = Source::from([7, 3, 7, 5, 3, 7].map(OutNum).to_vec());
        assert_eq!(source.outputs(), [3, 5, 7].map(OutNum));
        assert_eq!(source.overlapping(), 3);
    }

    #[test]
    fn nothing_given_is_an_empty_source() {
        assert_eq!(Source::from(Vec::new()), Source::default());
    }
}
