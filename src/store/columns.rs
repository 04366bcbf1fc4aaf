//! The columns of a store: their names, widths and order are the format. docs/format.md says what each holds.

use std::path::Path;

use crate::error::Result;
use crate::store::column::{AnyColumn, Column, U40};

/// The tables of a store, by whose counts the columns' rows are known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Count {
    Blocks,
    Transactions,
    Inputs,
    Outputs,
    Samples,
    Addresses,
    PayloadBytes,
    Reveals,
    Keys,
}

/// How many rows each table has.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    pub blocks: u64,
    pub transactions: u64,
    pub inputs: u64,
    pub outputs: u64,
    pub addresses: u64,
    pub payload_bytes: u64,
    pub reveals: u64,
    pub keys: u64,
}

/// One sample of [`Columns::outputs_sample`] stands for this many outputs.
pub const SAMPLE: u64 = 64;

impl Counts {
    pub fn of(&self, count: Count) -> u64 {
        match count {
            Count::Blocks => self.blocks,
            Count::Transactions => self.transactions,
            Count::Inputs => self.inputs,
            Count::Outputs => self.outputs,
            Count::Samples => self.outputs.div_ceil(SAMPLE),
            Count::Addresses => self.addresses,
            Count::PayloadBytes => self.payload_bytes,
            Count::Reveals => self.reveals,
            Count::Keys => self.keys,
        }
    }
}

/// What a column is to digests and checksums.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// What the chain says: part of the digest.
    Content,
    /// Where this store found or derived it: checksummed, but not part of the digest.
    Local,
    /// Changed when blocks are added, and implied by other columns: checked against those.
    Mutable,
}

/// A column's place in the format.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    pub name: &'static str,
    pub count: Count,
    pub role: Role,
}

macro_rules! columns {
    ($($field:ident: $type:ty = $name:literal, $count:ident, $role:ident;)*) => {
        /// All columns of a store.
        pub struct Columns { $(pub $field: Column<$type>,)* }

        /// The format's columns, in the order of [`Columns::all`].
        pub const SPECS: &[Spec] = &[$(Spec { name: $name, count: Count::$count, role: Role::$role },)*];

        impl Columns {
            /// Maps all columns for reading.
            pub fn read(folder: &Path, generation: u32, counts: &Counts) -> Result<Columns> {
                Ok(Columns { $($field: Column::read(&folder.join(file_name($name, generation)), counts.of(Count::$count))?,)* })
            }

            /// Maps all columns for writing, and creates them where there are none.
            pub fn write(folder: &Path, generation: u32, counts: &Counts) -> Result<Columns> {
                Ok(Columns { $($field: Column::write(&folder.join(file_name($name, generation)), counts.of(Count::$count), Role::$role == Role::Mutable)?,)* })
            }

            pub fn all(&self) -> Vec<&dyn AnyColumn> {
                vec![$(&self.$field,)*]
            }

            pub fn all_mut(&mut self) -> Vec<&mut dyn AnyColumn> {
                vec![$(&mut self.$field,)*]
            }

            pub fn into_all(self) -> Vec<Box<dyn AnyColumn>> {
                vec![$(Box::new(self.$field),)*]
            }
        }
    };
}

columns! {
    blocks_hash: [u8; 32] = "blocks.hash", Blocks, Content;
    blocks_header: [u8; 80] = "blocks.header", Blocks, Content;
    blocks_work: [u8; 32] = "blocks.work", Blocks, Content;
    blocks_median_time: u32 = "blocks.median_time", Blocks, Content;
    blocks_size: u32 = "blocks.size", Blocks, Content;
    blocks_weight: u32 = "blocks.weight", Blocks, Content;
    blocks_transactions_end: u32 = "blocks.transactions_end", Blocks, Content;
    blocks_addresses_end: u32 = "blocks.addresses_end", Blocks, Content;
    blocks_reveals_end: u32 = "blocks.reveals_end", Blocks, Content;
    blocks_source: u16 = "blocks.source", Blocks, Local;
    blocks_file: u32 = "blocks.file", Blocks, Local;
    blocks_offset: u64 = "blocks.offset", Blocks, Local;

    transactions_txid: [u8; 32] = "transactions.txid", Transactions, Content;
    transactions_inputs_end: U40 = "transactions.inputs_end", Transactions, Content;
    transactions_outputs_end: U40 = "transactions.outputs_end", Transactions, Content;
    transactions_version: i32 = "transactions.version", Transactions, Content;
    transactions_locktime: u32 = "transactions.locktime", Transactions, Content;
    transactions_size: u32 = "transactions.size", Transactions, Content;
    transactions_weight: u32 = "transactions.weight", Transactions, Content;
    transactions_offset: u32 = "transactions.offset", Transactions, Content;
    transactions_fee: i64 = "transactions.fee", Transactions, Content;
    transactions_fingerprint: u32 = "transactions.fingerprint", Transactions, Content;

    inputs_spends: U40 = "inputs.spends", Inputs, Content;
    inputs_sequence: u32 = "inputs.sequence", Inputs, Content;

    outputs_value: u64 = "outputs.value", Outputs, Content;
    outputs_address: u32 = "outputs.address", Outputs, Content;
    outputs_spender: u32 = "outputs.spender", Outputs, Mutable;
    outputs_sample: u32 = "outputs.sample", Samples, Local;

    addresses_kind: u8 = "addresses.kind", Addresses, Content;
    addresses_payload_end: U40 = "addresses.payload_end", Addresses, Content;
    addresses_payload: u8 = "addresses.payload", PayloadBytes, Content;
    addresses_reveal: u32 = "addresses.reveal", Addresses, Mutable;

    reveals_address: u32 = "reveals.address", Reveals, Content;
    reveals_inner: u8 = "reveals.inner", Reveals, Content;
    reveals_required: u8 = "reveals.required", Reveals, Content;
    reveals_total: u8 = "reveals.total", Reveals, Content;
    reveals_keys_end: U40 = "reveals.keys_end", Reveals, Content;
    keys_key: [u8; 33] = "keys.key", Keys, Content;
}

/// A column's file. The generation is raised when rows must be replaced that a reader may still look at.
pub fn file_name(column: &str, generation: u32) -> String {
    format!("{column}.{generation}")
}
