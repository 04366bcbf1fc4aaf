//! Where a trace begins.

use crate::chain::{Chain, txid_named};
use crate::error::{Error, Result};
use crate::ids::{AddrNum, OutNum, TxNum};

/// What a source can be made of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SourceItem {
    Output(OutNum),
    /// Some satoshi of an output, the first ones.
    Part(OutNum, u64),
    /// All its outputs.
    Transaction(TxNum),
    /// All outputs that pay it up to the chain's height, spent or not.
    Address(AddrNum),
}

/// An output of a source.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SourceOutput {
    pub output: OutNum,
    /// Satoshi that are traced: all, or some of it.
    pub amount: u64,
    /// Which of the sources it belongs to.
    pub source: u32,
}

/// The outputs that a trace begins at, each once, in chain order; and the sources that they belong to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Source {
    outputs: Vec<SourceOutput>,
    names: Vec<Option<String>>,
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

    /// Tells the outputs that it stands for, with the satoshi that are meant.
    pub fn outputs(self, chain: &Chain, mut tell: impl FnMut(OutNum, u64)) -> Result<()> {
        let mut paid = Vec::new();
        match self {
            SourceItem::Output(output) => tell(output, chain.output_at(output)?.value()?),
            SourceItem::Part(output, amount) => {
                let value = chain.output_at(output)?.value()?;
                if amount == 0 || amount > value {
                    return Err(Error::Invalid {
                        what: format!(
                            "{amount} satoshi of output number {output} cannot be traced: it has {value}; give an amount from 1 to that"
                        ),
                    });
                }
                tell(output, amount);
            }
            SourceItem::Transaction(tx) => {
                for output in chain.transaction_at(tx)?.output_numbers()? {
                    tell(output, chain.value_of(output)?);
                }
            }
            SourceItem::Address(address) => {
                chain.outputs_to(address, &mut paid);
                for output in paid {
                    tell(output, chain.value_of(output)?);
                }
            }
        }
        Ok(())
    }
}

impl Source {
    /// The outputs that some items stand for, each item a source of its own. Addresses without an output up to the chain's height add
    /// none, so there may turn out to be none; outputs and transactions that the chain does not have are an error.
    pub fn of(chain: &Chain, items: impl IntoIterator<Item = SourceItem>) -> Result<Source> {
        Source::of_groups(chain, items.into_iter().map(|item| (None, vec![item])))
    }

    /// The outputs of several sources, each of some items and perhaps with a name.
    pub fn of_groups(chain: &Chain, groups: impl IntoIterator<Item = (Option<String>, Vec<SourceItem>)>) -> Result<Source> {
        let (mut outputs, mut names) = (Vec::new(), Vec::new());
        for (name, items) in groups {
            let source = names.len() as u32;
            names.push(name);
            for item in items {
                item.outputs(chain, |output, amount| outputs.push(SourceOutput { output, amount, source }))?;
            }
        }
        Ok(Source::each_once(outputs, names))
    }

    /// An output that is given several times belongs to the first source that gives it, with the largest amount given.
    fn each_once(mut outputs: Vec<SourceOutput>, names: Vec<Option<String>>) -> Source {
        let given = outputs.len();
        outputs.sort_by_key(|given| (given.output, given.source));
        outputs.dedup_by(|later, kept| {
            let same = later.output == kept.output;
            if same {
                kept.amount = kept.amount.max(later.amount);
            }
            same
        });
        let overlapping = (given - outputs.len()) as u64;
        Source { outputs, names, overlapping }
    }

    /// The outputs, each once, in chain order.
    pub fn outputs(&self) -> &[SourceOutput] {
        &self.outputs
    }

    /// The names of the sources.
    pub fn names(&self) -> &[Option<String>] {
        &self.names
    }

    /// How often an output was given that had been given already.
    pub fn overlapping(&self) -> u64 {
        self.overlapping
    }

    /// A source that was written down: its outputs, ascending, with amounts that they have.
    pub fn of_outputs(chain: &Chain, outputs: Vec<SourceOutput>, names: Vec<Option<String>>, overlapping: u64) -> Result<Source> {
        for given in &outputs {
            let whole = chain.value_of(given.output)? == given.amount;
            let item = if whole { SourceItem::Output(given.output) } else { SourceItem::Part(given.output, given.amount) };
            item.outputs(chain, |_, _| {})?;
        }
        let source = Source::each_once(outputs, names);
        Ok(Source { overlapping: source.overlapping + overlapping, ..source })
    }

    /// Satoshi of all outputs together.
    pub(super) fn sum(&self) -> Result<u64> {
        let sum = self.outputs.iter().try_fold(0u64, |sum, given| sum.checked_add(given.amount));
        sum.ok_or_else(|| Error::Invalid {
            what: format!("the outputs of the source hold more than {} satoshi together; trace them in parts", u64::MAX),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(output: u64, amount: u64, source: u32) -> SourceOutput {
        SourceOutput { output: OutNum(output), amount, source }
    }

    #[test]
    fn repeated_outputs_count_once_for_the_first_source_with_the_largest_amount() {
        let outputs = vec![given(7, 5, 0), given(3, 1, 1), given(7, 9, 2), given(5, 2, 1), given(3, 1, 2), given(7, 1, 2)];
        let source = Source::each_once(outputs, vec![None; 3]);
        assert_eq!(source.outputs(), [given(3, 1, 1), given(5, 2, 1), given(7, 9, 0)]);
        assert_eq!(source.overlapping(), 3);
    }

    #[test]
    fn amounts_beyond_all_sums_are_refused() {
        let source = Source::each_once(vec![given(1, u64::MAX, 0), given(2, 1, 0)], vec![None]);
        assert!(source.sum().unwrap_err().to_string().contains("in parts"));
    }
}
