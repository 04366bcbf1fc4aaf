//! A block of a chain.

use crate::blocks::headers::{parent_of, time_of};
use crate::chain::{Chain, Transaction};
use crate::error::Result;
use crate::ids::{Height, Numbers, TxNum};

#[derive(Clone)]
pub struct Block {
    chain: Chain,
    height: Height,
}

impl Block {
    pub(super) fn new(chain: Chain, height: Height) -> Block {
        Block { chain, height }
    }

    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    pub fn height(&self) -> Height {
        self.height
    }

    pub fn hash(&self) -> Result<[u8; 32]> {
        self.chain.columns().blocks_hash.get(self.height.row())
    }

    pub fn header(&self) -> Result<[u8; 80]> {
        self.chain.columns().blocks_header.get(self.height.row())
    }

    pub fn parent(&self) -> Result<[u8; 32]> {
        Ok(parent_of(&self.header()?))
    }

    /// The time in the header, in seconds UTC. It may be earlier than that of the block before.
    pub fn time(&self) -> Result<u32> {
        Ok(time_of(&self.header()?))
    }

    /// The median of the last eleven header times, this block's included, in seconds UTC. It never goes back.
    pub fn median_time(&self) -> Result<u32> {
        self.chain.columns().blocks_median_time.get(self.height.row())
    }

    /// Bytes, witnesses included.
    pub fn size(&self) -> Result<u32> {
        self.chain.columns().blocks_size.get(self.height.row())
    }

    pub fn weight(&self) -> Result<u32> {
        self.chain.columns().blocks_weight.get(self.height.row())
    }

    /// The work of the chain up to this block: the expected number of hashes, as 256 bits, most significant byte first.
    pub fn chain_work(&self) -> Result<[u8; 32]> {
        self.chain.columns().blocks_work.get(self.height.row())
    }

    /// The numbers of its transactions.
    pub fn transaction_numbers(&self) -> Result<Numbers<TxNum>> {
        self.chain.transactions_in(self.height)
    }

    pub fn transactions(&self) -> Result<impl Iterator<Item = Transaction> + use<>> {
        let chain = self.chain.clone();
        Ok(self.transaction_numbers()?.map(move |number| Transaction::new(chain.clone(), number)))
    }
}

impl Chain {
    /// The numbers of a block's transactions.
    pub fn transactions_in(&self, height: Height) -> Result<Numbers<TxNum>> {
        self.columns().blocks_transactions_end.part(height.row(), self.columns().transactions_txid.rows()).map(Numbers::of)
    }

    /// The hash of the block that the store has at a height, which may be later than the chain's.
    pub fn stored_hash(&self, height: Height) -> Result<[u8; 32]> {
        self.columns().blocks_hash.get(height.row())
    }
}
