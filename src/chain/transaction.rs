//! A transaction of a chain, and its inputs.

use crate::blocks::fingerprint::Fingerprint;
use crate::chain::{Address, Block, Chain, Output};
use crate::error::Result;
use crate::ids::{Height, InNum, NONE_40, Numbers, OutNum, TxNum};

#[derive(Clone)]
pub struct Transaction {
    chain: Chain,
    number: TxNum,
}

impl Transaction {
    pub(crate) fn new(chain: Chain, number: TxNum) -> Transaction {
        Transaction { chain, number }
    }

    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    pub fn number(&self) -> TxNum {
        self.number
    }

    pub fn txid(&self) -> Result<[u8; 32]> {
        self.chain.txid(self.number)
    }

    pub fn height(&self) -> Result<Height> {
        self.chain.height_of(self.number)
    }

    pub fn block(&self) -> Result<Block> {
        self.chain.block(self.height()?)
    }

    /// Its place in its block, from 0, the coinbase.
    pub fn position(&self) -> Result<u32> {
        let numbers = self.block()?.transaction_numbers()?;
        let position = numbers.rows().contains(&self.number.row()).then(|| self.number.0 - numbers.start().0);
        let ends = &self.chain.columns().blocks_transactions_end;
        position.ok_or_else(|| ends.damaged(format!("does not lead to the block of transaction number {}", self.number)))
    }

    /// The time of its block, in seconds UTC.
    pub fn time(&self) -> Result<u32> {
        self.chain.time_at(self.height()?)
    }

    pub fn version(&self) -> Result<i32> {
        self.chain.columns().transactions_version.get(self.number.row())
    }

    pub fn locktime(&self) -> Result<u32> {
        self.chain.columns().transactions_locktime.get(self.number.row())
    }

    /// Bytes, witnesses included.
    pub fn size(&self) -> Result<u32> {
        self.chain.columns().transactions_size.get(self.number.row())
    }

    pub fn weight(&self) -> Result<u32> {
        self.chain.weight_of(self.number)
    }

    /// A quarter of the weight, rounded up.
    pub fn vsize(&self) -> Result<u32> {
        Ok(self.weight()?.div_ceil(4))
    }

    /// What the inputs have more than the outputs, in satoshi; none for a coinbase.
    pub fn fee(&self) -> Result<Option<i64>> {
        let fee = self.chain.fee_of(self.number)?;
        Ok((!self.is_coinbase()?).then_some(fee))
    }

    pub fn fingerprint(&self) -> Result<Fingerprint> {
        Ok(Fingerprint(self.chain.columns().transactions_fingerprint.get(self.number.row())?))
    }

    pub fn is_coinbase(&self) -> Result<bool> {
        self.chain.is_coinbase(self.number)
    }

    pub fn input_numbers(&self) -> Result<Numbers<InNum>> {
        self.chain.inputs_of(self.number)
    }

    pub fn output_numbers(&self) -> Result<Numbers<OutNum>> {
        self.chain.outputs_of(self.number)
    }

    pub fn inputs(&self) -> Result<impl ExactSizeIterator<Item = Input> + use<>> {
        let tx = self.clone();
        let input = move |(i, number)| Input { number, position: i as u32, tx: tx.clone() };
        Ok(self.input_numbers()?.enumerate().map(input))
    }

    pub fn outputs(&self) -> Result<impl ExactSizeIterator<Item = Output> + use<>> {
        let chain = self.chain.clone();
        Ok(self.output_numbers()?.map(move |number| Output::new(chain.clone(), number)))
    }

    /// Its bytes, read back from the block files and compared with its id.
    pub fn raw(&self) -> Result<Vec<u8>> {
        crate::chain::raw::raw(self)
    }
}

/// The inputs and outputs of a step of a peel chain: a coin comes in, a payment is split off, and the rest goes on.
pub const STEP: (u64, u64) = (1, 2);

impl Chain {
    /// What a transaction's inputs have more than its outputs, in satoshi; without a meaning for a coinbase.
    #[inline]
    pub fn fee_of(&self, number: TxNum) -> Result<i64> {
        self.columns().transactions_fee.get(number.row())
    }

    #[inline]
    pub fn weight_of(&self, number: TxNum) -> Result<u32> {
        self.columns().transactions_weight.get(number.row())
    }

    /// The numbers of a transaction's inputs.
    #[inline]
    pub fn inputs_of(&self, number: TxNum) -> Result<Numbers<InNum>> {
        self.columns().transactions_inputs_end.part(number.row(), self.columns().inputs_spends.rows()).map(Numbers::of)
    }

    /// The numbers of a transaction's outputs.
    #[inline]
    pub fn outputs_of(&self, number: TxNum) -> Result<Numbers<OutNum>> {
        self.columns().transactions_outputs_end.part(number.row(), self.columns().outputs_value.rows()).map(Numbers::of)
    }

    /// The output that an input spends; none for that of a coinbase.
    #[inline]
    pub fn spends(&self, number: InNum) -> Result<Option<OutNum>> {
        let output = self.columns().inputs_spends.get(number.row())?.0;
        Ok((output != NONE_40).then_some(OutNum(output)))
    }

    /// How many inputs and outputs a transaction has; a coinbase has no inputs.
    pub fn size_of(&self, number: TxNum) -> Result<(u64, u64)> {
        let (inputs, outputs) = (self.inputs_of(number)?, self.outputs_of(number)?);
        let inputs = if inputs.len() == 1 && self.is_coinbase(number)? { 0 } else { inputs.len() as u64 };
        Ok((inputs, outputs.len() as u64))
    }

    pub fn is_coinbase(&self, number: TxNum) -> Result<bool> {
        Ok(self.spends(self.inputs_of(number)?.start())?.is_none())
    }
}

/// An input of a transaction.
#[derive(Clone)]
pub struct Input {
    tx: Transaction,
    number: InNum,
    position: u32,
}

impl Input {
    pub fn transaction(&self) -> &Transaction {
        &self.tx
    }

    pub fn number(&self) -> InNum {
        self.number
    }

    /// Its place among the transaction's inputs, from 0.
    pub fn position(&self) -> u32 {
        self.position
    }

    /// The output that it spends; none for the input of a coinbase.
    pub fn spends(&self) -> Result<Option<Output>> {
        Ok(self.tx.chain.spends(self.number)?.map(|output| Output::new(self.tx.chain.clone(), output)))
    }

    /// Satoshi that it brings in; none for the input of a coinbase.
    pub fn value(&self) -> Result<Option<u64>> {
        self.spends()?.map(|output| output.value()).transpose()
    }

    pub fn address(&self) -> Result<Option<Address>> {
        self.spends()?.map(|output| output.address()).transpose()
    }

    pub fn sequence(&self) -> Result<u32> {
        self.tx.chain.columns().inputs_sequence.get(self.number.row())
    }
}
