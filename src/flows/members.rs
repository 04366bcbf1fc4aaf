//! Which addresses are of a set, as one bit for each address of the chain.

use crate::chain::{Chain, End};
use crate::error::Result;
use crate::ids::{AddrNum, OutNum, TxNum};

#[derive(Clone)]
pub(super) struct Members {
    bits: Vec<u64>,
    /// Each once, ascending.
    addresses: Vec<AddrNum>,
}

/// What touches a set.
pub(super) struct Touched {
    /// The transactions that pay its addresses or spend from them, ascending.
    pub transactions: Vec<TxNum>,
    /// Coins of theirs that can never be spent, with the transaction since which that is so, ascending.
    pub lost: Vec<(TxNum, OutNum)>,
}

impl Members {
    /// Of some addresses of a chain; those that it does not know yet are passed over.
    pub fn of(chain: &Chain, addresses: impl IntoIterator<Item = AddrNum>) -> Members {
        let known = chain.counts().addresses;
        let mut addresses: Vec<AddrNum> = addresses.into_iter().filter(|address| address.row() < known).collect();
        addresses.sort_unstable();
        addresses.dedup();
        let mut bits = vec![0; known.div_ceil(64) as usize];
        addresses.iter().for_each(|address| bits[address.0 as usize / 64] |= 1 << (address.0 % 64));
        Members { bits, addresses }
    }

    #[inline]
    pub fn contains(&self, address: AddrNum) -> bool {
        self.bits.get(address.0 as usize / 64).is_some_and(|word| word >> (address.0 % 64) & 1 == 1)
    }

    /// Each once, ascending.
    pub fn addresses(&self) -> &[AddrNum] {
        &self.addresses
    }

    pub fn len(&self) -> usize {
        self.addresses.len()
    }

    /// What touches the members.
    pub fn touched(&self, chain: &Chain, go_on: &mut dyn FnMut() -> Result<()>) -> Result<Touched> {
        let (mut transactions, mut lost, mut outputs) = (Vec::new(), Vec::new(), Vec::new());
        for (i, address) in self.addresses.iter().enumerate() {
            if i % 4096 == 0 {
                go_on()?;
            }
            chain.outputs_to(*address, &mut outputs);
            for output in outputs.iter().copied() {
                transactions.push(chain.transaction_of(output)?);
                match chain.end_of(output)? {
                    End::Unspent => {}
                    End::Spent(tx) => transactions.push(tx),
                    End::Lost(tx) => {
                        transactions.push(tx);
                        lost.push((tx, output));
                    }
                }
            }
        }
        transactions.sort_unstable();
        transactions.dedup();
        lost.sort_unstable();
        Ok(Touched { transactions, lost })
    }
}
