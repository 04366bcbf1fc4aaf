//! What a few shapes must know beyond the transaction itself.

use crate::chain::{Chain, Facts};
use crate::error::Result;
use crate::ids::{AddrNum, OutNum, TxNum};
use crate::script::InnerKind;

/// What stands around a transaction, as of a height. None is where it cannot be known.
pub trait Around {
    /// Shows the transaction that made an output, where it is known.
    fn show_maker(&self, output: OutNum, look: &mut dyn FnMut(&Facts)) -> Result<()>;

    /// The inputs and outputs that the transaction has which made an output; a coinbase has no inputs.
    fn maker_size(&self, output: OutNum) -> Result<Option<(u64, u64)>>;

    /// The inputs and outputs that a transaction has.
    fn size(&self, transaction: TxNum) -> Result<Option<(u64, u64)>>;

    /// What was revealed of an address.
    fn hidden(&self, address: AddrNum) -> Result<Hidden>;

    /// Whether it is known which outputs were spent.
    fn knows_spends(&self) -> bool;
}

/// What stands behind a script hash.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Hidden {
    /// Two signatures of two compressed keys, which stand in the order of their bytes: as Lightning has it.
    Channel,
    Other,
    /// Nothing was spent from it yet.
    Unknown,
}

/// For a transaction that is in no chain.
pub struct Nothing;

impl Around for Nothing {
    fn show_maker(&self, _: OutNum, _: &mut dyn FnMut(&Facts)) -> Result<()> {
        Ok(())
    }

    fn maker_size(&self, _: OutNum) -> Result<Option<(u64, u64)>> {
        Ok(None)
    }

    fn size(&self, _: TxNum) -> Result<Option<(u64, u64)>> {
        Ok(None)
    }

    fn hidden(&self, _: AddrNum) -> Result<Hidden> {
        Ok(Hidden::Unknown)
    }

    fn knows_spends(&self) -> bool {
        false
    }
}

impl Around for Chain {
    fn show_maker(&self, output: OutNum, look: &mut dyn FnMut(&Facts)) -> Result<()> {
        self.facts(self.transaction_of(output)?)?.transactions().for_each(|facts| look(&facts));
        Ok(())
    }

    fn maker_size(&self, output: OutNum) -> Result<Option<(u64, u64)>> {
        self.size(self.transaction_of(output)?)
    }

    fn size(&self, transaction: TxNum) -> Result<Option<(u64, u64)>> {
        Ok(Some(self.size_of(transaction)?))
    }

    fn hidden(&self, address: AddrNum) -> Result<Hidden> {
        let address = self.address_at(address)?;
        Ok(match address.revealed()? {
            None => Hidden::Unknown,
            Some(keys) => {
                let compressed = keys.keys.iter().all(|key| matches!(key[0], 2 | 3));
                let of_two = keys.inner == InnerKind::Multisig && (keys.required, keys.total) == (2, 2) && keys.keys.len() == 2;
                if of_two && compressed && keys.keys.is_sorted() { Hidden::Channel } else { Hidden::Other }
            }
        })
    }

    fn knows_spends(&self) -> bool {
        true
    }
}
