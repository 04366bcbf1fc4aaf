//! What rules look at in a transaction: its inputs and outputs with their amounts, addresses and kinds, gathered a block at a time so
//! that the look-ups wait for memory together.

use crate::blocks::fingerprint::Fingerprint;
use crate::chain::Chain;
use crate::error::Result;
use crate::ids::{AddrNum, Height, NONE_40, OutNum, TxNum};
use crate::script::Kind;

/// What rules look at in one transaction.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    pub number: TxNum,
    pub height: Height,
    /// Of the block's header, in seconds UTC.
    pub time: u32,
    pub version: i32,
    pub locktime: u32,
    pub weight: u32,
    /// What the inputs have more than the outputs, in satoshi; 0 for a coinbase.
    pub fee: i64,
    pub fingerprint: Fingerprint,
    /// None for a coinbase.
    pub inputs: &'a [InputFacts],
    pub outputs: &'a [OutputFacts],
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InputFacts {
    pub spends: OutNum,
    /// Satoshi.
    pub value: u64,
    pub address: AddrNum,
    pub kind: Kind,
    pub sequence: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OutputFacts {
    pub number: OutNum,
    /// Satoshi.
    pub value: u64,
    pub address: AddrNum,
    pub kind: Kind,
    /// Whether its address appears in the chain for the first time in this transaction.
    pub fresh: bool,
    /// The transaction that spends it, as of the chain's height.
    pub spender: Option<TxNum>,
}

impl Facts<'_> {
    pub fn is_coinbase(&self) -> bool {
        self.inputs.is_empty()
    }

    /// A quarter of the weight, rounded up.
    pub fn vsize(&self) -> u32 {
        self.weight.div_ceil(4)
    }
}

/// What rules look at in the transactions of one block, or of a part of it.
#[derive(Default)]
pub struct BlockFacts {
    inputs: Vec<InputFacts>,
    outputs: Vec<OutputFacts>,
    heads: Vec<Head>,
}

/// What a transaction has besides inputs and outputs, and where those end.
struct Head {
    number: TxNum,
    height: Height,
    time: u32,
    version: i32,
    locktime: u32,
    weight: u32,
    fee: i64,
    fingerprint: Fingerprint,
    inputs_end: usize,
    outputs_end: usize,
}

impl BlockFacts {
    /// The transactions, in chain order.
    pub fn transactions(&self) -> impl ExactSizeIterator<Item = Facts<'_>> {
        (0..self.heads.len()).map(|i| self.transaction(i))
    }

    fn transaction(&self, i: usize) -> Facts<'_> {
        let head = &self.heads[i];
        let (inputs, outputs) = if i == 0 { (0, 0) } else { (self.heads[i - 1].inputs_end, self.heads[i - 1].outputs_end) };
        Facts {
            number: head.number,
            height: head.height,
            time: head.time,
            version: head.version,
            locktime: head.locktime,
            weight: head.weight,
            fee: head.fee,
            fingerprint: head.fingerprint,
            inputs: &self.inputs[inputs..head.inputs_end],
            outputs: &self.outputs[outputs..head.outputs_end],
        }
    }

    /// Gathers all transactions of a block in place of what was gathered before.
    pub fn gather(&mut self, chain: &Chain, height: Height) -> Result<()> {
        self.gather_some(chain, height, chain.transactions_in(height)?)
    }

    /// Gathers some transactions of a block, given in ascending order, in place of what was gathered before.
    pub fn gather_some(&mut self, chain: &Chain, height: Height, numbers: impl Iterator<Item = TxNum>) -> Result<()> {
        self.inputs.clear();
        self.outputs.clear();
        self.heads.clear();
        let columns = chain.columns();
        let time = chain.time_at(height)?;
        let mut appeared = Appeared::before(chain, height)?;
        for number in numbers {
            let coinbase = self.add_inputs(chain, number)?;
            self.add_outputs(chain, number, appeared.before_transaction(chain, number)?)?;
            let row = number.row();
            self.heads.push(Head {
                number,
                height,
                time,
                version: columns.transactions_version.get(row)?,
                locktime: columns.transactions_locktime.get(row)?,
                weight: columns.transactions_weight.get(row)?,
                fee: if coinbase { 0 } else { columns.transactions_fee.get(row)? },
                fingerprint: Fingerprint(columns.transactions_fingerprint.get(row)?),
                inputs_end: self.inputs.len(),
                outputs_end: self.outputs.len(),
            });
        }
        self.fill(chain)
    }

    /// Adds what inputs spend, of which the rest is asked for; whether it is the input of a coinbase.
    fn add_inputs(&mut self, chain: &Chain, number: TxNum) -> Result<bool> {
        let columns = chain.columns();
        for row in chain.inputs_of(number)?.rows() {
            let spends = columns.inputs_spends.get(row)?.0;
            if spends == NONE_40 {
                return Ok(true);
            }
            columns.outputs_value.prefetch(spends);
            columns.outputs_address.prefetch(spends);
            let (spends, sequence) = (OutNum(spends), columns.inputs_sequence.get(row)?);
            self.inputs.push(InputFacts { spends, value: 0, address: AddrNum(0), kind: Kind::Nonstandard, sequence });
        }
        Ok(false)
    }

    /// Adds outputs, of whose addresses the kinds are asked for. The first `known` addresses have appeared before them.
    fn add_outputs(&mut self, chain: &Chain, number: TxNum, known: u32) -> Result<()> {
        let columns = chain.columns();
        for row in chain.outputs_of(number)?.rows() {
            let address = columns.outputs_address.get(row)?;
            columns.addresses_kind.prefetch(address as u64);
            self.outputs.push(OutputFacts {
                number: OutNum(row),
                value: columns.outputs_value.get(row)?,
                address: AddrNum(address),
                kind: Kind::Nonstandard,
                fresh: address >= known,
                spender: chain.end_of(OutNum(row))?.spender(),
            });
        }
        Ok(())
    }

    /// Looks up what was asked for.
    fn fill(&mut self, chain: &Chain) -> Result<()> {
        for input in &mut self.inputs {
            input.value = chain.value_of(input.spends)?;
            input.address = chain.address_of(input.spends)?;
            chain.columns().addresses_kind.prefetch(input.address.row());
        }
        for output in &mut self.outputs {
            output.kind = chain.kind_of(output.address)?;
        }
        for input in &mut self.inputs {
            input.kind = chain.kind_of(input.address)?;
        }
        Ok(())
    }
}

/// How many addresses have appeared before an output, in one walk along a block. Addresses are numbered as they appear.
struct Appeared {
    addresses: u32,
    output: u64,
}

impl Appeared {
    fn before(chain: &Chain, height: Height) -> Result<Appeared> {
        let columns = chain.columns();
        let row = height.row();
        let addresses = if row == 0 { 0 } else { columns.blocks_addresses_end.get(row - 1)? };
        let first = chain.transactions_in(height)?.start();
        Ok(Appeared { addresses, output: chain.outputs_of(first)?.start().0 })
    }

    fn before_transaction(&mut self, chain: &Chain, number: TxNum) -> Result<u32> {
        let start = chain.outputs_of(number)?.start().0;
        for output in self.output..start {
            let address = chain.columns().outputs_address.get(output)?;
            self.addresses = self.addresses.max(address.saturating_add(1));
        }
        self.output = start.max(self.output);
        Ok(self.addresses)
    }
}

impl Chain {
    /// What rules look at in one transaction.
    pub fn facts(&self, number: TxNum) -> Result<BlockFacts> {
        let mut facts = BlockFacts::default();
        let height = self.transaction_at(number)?.height()?;
        facts.gather_some(self, height, std::iter::once(number))?;
        Ok(facts)
    }
}
