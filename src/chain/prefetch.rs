//! Asking for what look-ups will read, so that many of them wait for memory together. It is only about speed.

use crate::chain::Chain;
use crate::error::Result;
use crate::ids::{OutNum, TxNum};
use crate::store::reader::{near_owner, prefetch_owner};

/// Rows of a column of 40 bits in a line of the processor's cache.
const LINE: u64 = 64 / 5;

impl Chain {
    /// Asks for what [`Chain::value_of`] reads.
    #[inline]
    pub fn prefetch_value_of(&self, output: OutNum) {
        self.columns().outputs_value.prefetch(output.row());
    }

    /// Asks for what [`Chain::address_of`] reads.
    #[inline]
    pub fn prefetch_address_of(&self, output: OutNum) {
        self.columns().outputs_address.prefetch(output.row());
    }

    /// Asks for what [`Chain::end_of`] reads.
    #[inline]
    pub fn prefetch_end_of(&self, output: OutNum) {
        self.columns().outputs_spender.prefetch(output.row());
    }

    /// Asks for what [`Chain::outputs_of`] reads.
    #[inline]
    pub fn prefetch_outputs_of(&self, number: TxNum) {
        self.columns().transactions_outputs_end.prefetch(number.row());
    }

    /// Asks for what [`Chain::fee_of`] reads.
    #[inline]
    pub fn prefetch_fee_of(&self, number: TxNum) {
        self.columns().transactions_fee.prefetch(number.row());
    }

    /// Asks for the first of what [`Chain::transaction_of`] reads.
    #[inline]
    pub fn prefetch_maker_of(&self, output: OutNum) {
        prefetch_owner(self.columns(), output.row());
    }

    /// Asks for the rest of what [`Chain::transaction_of`] reads, when the first is there.
    #[inline]
    pub fn prefetch_makers_outputs(&self, output: OutNum) -> Result<()> {
        let near = near_owner(self.columns(), output.row())?;
        self.columns().transactions_outputs_end.prefetch(near);
        self.columns().transactions_outputs_end.prefetch(near + LINE);
        Ok(())
    }

    /// Asks for what [`Chain::inputs_of`] and [`Chain::outputs_of`] look up of the transactions that made some outputs and of others, so
    /// that those look-ups wait for memory together.
    pub fn prefetch_sizes(&self, makers_of: &[OutNum], others: &[TxNum]) -> Result<()> {
        let columns = self.columns();
        let ask = |tx: u64| {
            columns.transactions_outputs_end.prefetch(tx);
            columns.transactions_inputs_end.prefetch(tx);
        };
        makers_of.iter().for_each(|output| prefetch_owner(columns, output.row()));
        others.iter().for_each(|tx| ask(tx.row()));
        for output in makers_of {
            ask(near_owner(columns, output.row())?);
        }
        for tx in makers_of.iter().map(|output| self.transaction_of(*output)).chain(others.iter().map(|tx| Ok(*tx))) {
            columns.inputs_spends.prefetch(self.inputs_of(tx?)?.start().row());
        }
        Ok(())
    }
}
