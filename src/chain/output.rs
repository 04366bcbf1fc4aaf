//! An output of a transaction: a coin, as a thing that moves.

use crate::chain::{Address, Chain, Input, Transaction};
use crate::error::{Error, Result};
use crate::ids::{AddrNum, OutNum, TxNum, hash_text};
use crate::store::reader::{spender_below, transaction_of_output};

#[derive(Clone)]
pub struct Output {
    chain: Chain,
    number: OutNum,
}

/// What became of an output.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    Unspent,
    Spent(TxNum),
    /// It can never be spent: the genesis block's, or replaced by a coinbase of the same id (BIP30), which is named.
    Lost(TxNum),
}

impl End {
    /// The transaction that spends it.
    #[inline]
    pub fn spender(self) -> Option<TxNum> {
        if let End::Spent(tx) = self { Some(tx) } else { None }
    }
}

impl Chain {
    /// What became of an output.
    #[inline]
    pub fn end_of(&self, output: OutNum) -> Result<End> {
        Ok(match self.stated_spender(output)? {
            None => End::Unspent,
            // No coinbase spends anything, so a coinbase here says that the coin ended without being spent. Most transactions cannot be one
            // that did that, and are told from the others by their numbers, without a look at their inputs.
            Some(tx) if self.store.may_end_unspent(tx) && self.is_coinbase(tx)? => End::Lost(tx),
            Some(tx) => End::Spent(tx),
        })
    }

    /// The transaction by which a store says that an output ended, without asking whether it spends it.
    #[inline]
    pub fn stated_spender(&self, output: OutNum) -> Result<Option<TxNum>> {
        Ok(spender_below(self.columns().outputs_spender.get(output.row())?, self.counts.transactions))
    }

    /// Satoshi in an output.
    #[inline]
    pub fn value_of(&self, output: OutNum) -> Result<u64> {
        self.columns().outputs_value.get(output.row())
    }

    /// The address that an output pays.
    #[inline]
    pub fn address_of(&self, output: OutNum) -> Result<AddrNum> {
        Ok(AddrNum(self.columns().outputs_address.get(output.row())?))
    }

    /// The transaction that an output belongs to.
    #[inline]
    pub fn transaction_of(&self, output: OutNum) -> Result<TxNum> {
        transaction_of_output(self.columns(), output.row())
    }
}

impl Output {
    pub(crate) fn new(chain: Chain, number: OutNum) -> Output {
        Output { chain, number }
    }

    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    pub fn number(&self) -> OutNum {
        self.number
    }

    pub fn transaction(&self) -> Result<Transaction> {
        Ok(Transaction::new(self.chain.clone(), self.chain.transaction_of(self.number)?))
    }

    /// Its place among the transaction's outputs, from 0.
    pub fn position(&self) -> Result<u32> {
        Ok((self.number.0 - self.transaction()?.output_numbers()?.start().0) as u32)
    }

    /// The output as a text, "txid:n".
    pub fn outpoint(&self) -> Result<String> {
        Ok(format!("{}:{}", hash_text(&self.transaction()?.txid()?), self.position()?))
    }

    /// Satoshi.
    pub fn value(&self) -> Result<u64> {
        self.chain.value_of(self.number)
    }

    pub fn address(&self) -> Result<Address> {
        self.chain.address_at(self.chain.address_of(self.number)?)
    }

    pub fn end(&self) -> Result<End> {
        self.chain.end_of(self.number)
    }

    /// The input that spends it, as of the chain's height.
    pub fn spent_by(&self) -> Result<Option<Input>> {
        let End::Spent(tx) = self.end()? else { return Ok(None) };
        for input in Transaction::new(self.chain.clone(), tx).inputs()? {
            if self.chain.spends(input.number())? == Some(self.number) {
                return Ok(Some(input));
            }
        }
        let what = format!("says that transaction number {tx} spends output number {}, which it does not", self.number);
        Err(Error::corrupt(self.chain.store().folder(), what))
    }
}
