//! A transaction before it is written: which coins it spends, what it pays, and why.

use crate::simulate::truth::words::{Role, What, Why};
use crate::simulate::world::keys::Address;
use crate::simulate::world::profile::Order;
use crate::simulate::world::wallet::{Coin, Purse};

/// An output to be.
#[derive(Clone, Copy, Debug)]
pub(in crate::simulate) struct Pay {
    /// None for data and for what nobody can spend.
    pub address: Address,
    pub value: u64,
    /// Whose coin it becomes.
    pub purse: Option<Purse>,
    pub what: What,
    /// For an address that was never paid before: what it is for.
    pub fresh: Option<Role>,
    /// Whom a service gave the address to.
    pub customer: Option<u32>,
    /// The coin is not put into the purse, but left in [`World::kept`](super::World).
    pub kept: bool,
}

/// The weight of what a transaction has besides inputs and outputs, with a witness.
pub(in crate::simulate) const BARE_WEIGHT: u64 = 44;

/// Weights of outputs that have no address.
const DATA_WEIGHT: u64 = 4 * (9 + 2 + 40);
const LOST_WEIGHT: u64 = 136;

impl Pay {
    /// To an address that was paid before.
    pub fn again(address: Address, purse: Purse, value: u64, what: What) -> Pay {
        Pay { address, value, purse: Some(purse), what, fresh: None, customer: None, kept: false }
    }

    pub fn fresh(address: Address, purse: Purse, value: u64, what: What, role: Role) -> Pay {
        Pay { fresh: Some(role), ..Pay::again(address, purse, value, what) }
    }

    pub fn data() -> Pay {
        Pay { address: Address::NONE, value: 0, purse: None, what: What::Data, fresh: None, customer: None, kept: false }
    }

    /// To the hash of no key.
    pub fn lost(value: u64, is_first: bool) -> Pay {
        Pay { value, what: What::Lost, fresh: is_first.then_some(Role::Reused), ..Pay::data() }
    }

    pub fn weight(&self) -> u64 {
        match self.what {
            What::Data => DATA_WEIGHT,
            What::Lost => LOST_WEIGHT,
            _ => self.address.lock().output_weight(),
        }
    }
}

/// How inputs and outputs are put in order. The change is the last output of a draft.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::simulate) enum Arrange {
    As(Order),
    /// Both in descending order of their amounts.
    Descending,
}

#[derive(Debug)]
pub(in crate::simulate) struct Draft {
    /// Coins and the entities that they belong to.
    pub inputs: Vec<(u32, Coin)>,
    pub outputs: Vec<Pay>,
    /// Who makes it; none when several do.
    pub entity: Option<u32>,
    pub why: Why,
    pub profile: u8,
    pub arrange: Arrange,
}

impl Draft {
    pub fn weight(&self) -> u64 {
        let inputs: u64 = self.inputs.iter().map(|(_, coin)| coin.address.lock().input_weight()).sum();
        BARE_WEIGHT + inputs + self.outputs.iter().map(Pay::weight).sum::<u64>()
    }

    pub fn put_in(&self) -> u64 {
        self.inputs.iter().map(|(_, coin)| coin.value).sum()
    }

    pub fn paid(&self) -> u64 {
        self.outputs.iter().map(|output| output.value).sum()
    }
}
