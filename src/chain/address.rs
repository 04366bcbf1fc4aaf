//! An address: one distinct output script, and all that happened to it.

use crate::chain::{Chain, End, Output, Transaction};
use crate::error::{Error, Result};
use crate::ids::{AddrNum, Height, NONE_32, OutNum, TxNum};
use crate::script::{self, InnerKind, Kind};
use crate::store::reader::payload_of;

#[derive(Clone)]
pub struct Address {
    chain: Chain,
    number: AddrNum,
}

/// What came to an address and left it, as of a height.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct AddressTotals {
    /// Satoshi of all outputs that pay it.
    pub received: u64,
    /// Satoshi of those that were spent.
    pub sent: u64,
    /// Satoshi of those that can never be spent (genesis, BIP30).
    pub lost: u64,
    /// Outputs that pay it.
    pub outputs: u64,
    /// Outputs of those that were spent.
    pub spent_outputs: u64,
    /// The first transaction that pays it, and the last that pays it or spends from it.
    pub first: Option<TxNum>,
    pub last: Option<TxNum>,
}

impl AddressTotals {
    /// Satoshi that can still be spent.
    pub fn balance(&self) -> u64 {
        self.received - self.sent - self.lost
    }
}

/// What the first spend from an address revealed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RevealedKeys {
    pub inner: InnerKind,
    /// Whether a p2sh address turned out to hold a witness program.
    pub wrapped: bool,
    /// Signatures needed, of so many keys; 0 where it cannot be told.
    pub required: u8,
    pub total: u8,
    /// Public keys of 33 bytes. One that was shown uncompressed begins with 4 or 5 (even or odd y) in place of 2 or 3.
    pub keys: Vec<[u8; 33]>,
}

impl Chain {
    /// The kind of an address.
    #[inline]
    pub fn kind_of(&self, address: AddrNum) -> Result<Kind> {
        let number = self.columns().addresses_kind.get(address.row())?;
        Kind::from_u8(number)
            .ok_or_else(|| Error::corrupt(self.store().folder(), format!("has an address of the unknown kind {number}")))
    }

    /// What an address's output script has besides its form: a key, a hash, or all of it.
    #[inline]
    pub fn payload_of(&self, address: AddrNum) -> Result<&[u8]> {
        payload_of(self.columns(), address.0)
    }

    /// The output script of an address.
    pub fn script_of(&self, address: AddrNum) -> Result<Vec<u8>> {
        Ok(script::script_of(self.kind_of(address)?, self.payload_of(address)?))
    }

    /// The text of an address on the chain's network; none for kinds that have no text.
    pub fn address_text(&self, address: AddrNum) -> Result<Option<String>> {
        Ok(script::address_text(self.network(), self.kind_of(address)?, self.payload_of(address)?))
    }

    /// The numbers of the outputs that pay an address, ascending, into a list that is cleared first.
    pub fn outputs_to(&self, address: AddrNum, outputs: &mut Vec<OutNum>) {
        self.store().outputs_of(address, self.counts().outputs, outputs);
    }

    /// What came to an address and left it; `outputs` is a list to be used again.
    pub fn totals_of(&self, address: AddrNum, outputs: &mut Vec<OutNum>) -> Result<AddressTotals> {
        let mut totals = AddressTotals::default();
        self.outputs_to(address, outputs);
        for output in outputs.iter().copied() {
            let value = self.value_of(output)?;
            // What was sent and lost is part of what was received, so the other sums fit when this one does.
            totals.received = totals.received.checked_add(value).ok_or_else(|| self.too_much())?;
            totals.outputs += 1;
            totals.last = totals.last.max(Some(self.transaction_of(output)?));
            match self.end_of(output)? {
                End::Unspent => {}
                End::Lost(_) => totals.lost += value,
                End::Spent(tx) => {
                    totals.sent += value;
                    totals.spent_outputs += 1;
                    totals.last = totals.last.max(Some(tx));
                }
            }
        }
        if let Some(first) = outputs.first() {
            totals.first = Some(self.transaction_of(*first)?);
        }
        Ok(totals)
    }

    /// The transactions that pay an address or spend from it, ascending.
    pub fn transactions_touching(&self, address: AddrNum) -> Result<Vec<TxNum>> {
        let mut outputs = Vec::new();
        self.outputs_to(address, &mut outputs);
        let mut transactions = Vec::with_capacity(outputs.len() * 2);
        for output in outputs {
            transactions.push(self.transaction_of(output)?);
            if let End::Spent(tx) = self.end_of(output)? {
                transactions.push(tx);
            }
        }
        transactions.sort_unstable();
        transactions.dedup();
        Ok(transactions)
    }
}

impl Address {
    pub(super) fn new(chain: Chain, number: AddrNum) -> Address {
        Address { chain, number }
    }

    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    pub fn number(&self) -> AddrNum {
        self.number
    }

    pub fn kind(&self) -> Result<Kind> {
        self.chain.kind_of(self.number)
    }

    pub fn script(&self) -> Result<Vec<u8>> {
        self.chain.script_of(self.number)
    }

    /// Its text on the chain's network; none for kinds that have no text.
    pub fn text(&self) -> Result<Option<String>> {
        self.chain.address_text(self.number)
    }

    /// Its text, or its output script in hex: what `Chain::address` takes.
    pub fn name(&self) -> Result<String> {
        self.text()?.map_or_else(|| Ok(crate::ids::hex(&self.script()?)), Ok)
    }

    pub fn totals(&self) -> Result<AddressTotals> {
        self.chain.totals_of(self.number, &mut Vec::new())
    }

    pub fn outputs(&self) -> Vec<Output> {
        let mut outputs = Vec::new();
        self.chain.outputs_to(self.number, &mut outputs);
        outputs.into_iter().map(|output| Output::new(self.chain.clone(), output)).collect()
    }

    pub fn transactions(&self) -> Result<Vec<Transaction>> {
        let numbers = self.chain.transactions_touching(self.number)?;
        Ok(numbers.into_iter().map(|n| Transaction::new(self.chain.clone(), n)).collect())
    }

    /// The heights of the first and the last transaction that touch it.
    pub fn seen(&self) -> Result<Option<(Height, Height)>> {
        let totals = self.totals()?;
        let (Some(first), Some(last)) = (totals.first, totals.last) else { return Ok(None) };
        Ok(Some((self.chain.height_of(first)?, self.chain.height_of(last)?)))
    }

    /// What its first spend revealed; none before it, and for kinds that hide nothing.
    pub fn revealed(&self) -> Result<Option<RevealedKeys>> {
        let columns = self.chain.columns();
        let row = columns.addresses_reveal.get(self.number.row())?;
        let known = columns.blocks_reveals_end.get(self.chain.height().row())?;
        if row == NONE_32 || row >= known {
            return Ok(None);
        }
        let inner = columns.reveals_inner.get(row as u64)?;
        let keys = columns.reveals_keys_end.part(row as u64, columns.keys_key.rows())?;
        let kind = InnerKind::from_u8(inner & 0x7f)
            .ok_or_else(|| Error::corrupt(self.chain.store().folder(), "has a reveal of an unknown kind"))?;
        Ok(Some(RevealedKeys {
            inner: kind,
            wrapped: inner & 0x80 != 0,
            required: columns.reveals_required.get(row as u64)?,
            total: columns.reveals_total.get(row as u64)?,
            keys: keys.map(|key| columns.keys_key.get(key)).collect::<Result<_>>()?,
        }))
    }
}
