//! The slots of a passage: where a transaction takes traced money from, and where it can put it.

use crate::chain::Chain;
use crate::error::Result;
use crate::ids::{Height, TxNum};
use crate::script::Network;
use crate::trace::Direction;
use crate::trace::place::Place;

/// The slots of one passage, kept from one to the next for their memory.
#[derive(Default)]
pub(in crate::trace) struct Slots {
    /// Where money comes from, with its value in satoshi; only where it was asked for.
    pub left: Vec<(Place, u64)>,
    /// Where it goes.
    pub right: Vec<Place>,
    /// Satoshi of each of those.
    pub values: Vec<u64>,
    /// How many at the end of those come last under every policy: a fee, what is not claimed, or what is not explained.
    pub last: usize,
}

impl Slots {
    /// Gathers the slots of a transaction, of a coinbase only that its fees are not followed into.
    #[inline]
    pub fn load(&mut self, chain: &Chain, direction: Direction, tx: TxNum, with_left: bool) -> Result<()> {
        self.clear();
        match direction {
            Direction::Out => {
                add_outputs(chain, tx, &mut self.right, &mut self.values)?;
                self.right.push(Place::Fee(tx));
                self.values.push(fee(chain, tx)?);
                self.last = 1;
            }
            Direction::In => {
                add_inputs(chain, tx, &mut self.right, &mut self.values)?;
                self.add_unexplained(tx, missing(chain, tx)?);
            }
        }
        if with_left { self.load_left(chain, direction, tx) } else { Ok(()) }
    }

    fn load_left(&mut self, chain: &Chain, direction: Direction, tx: TxNum) -> Result<()> {
        let (mut places, mut values) = (Vec::new(), Vec::new());
        match direction {
            Direction::Out => add_inputs(chain, tx, &mut places, &mut values)?,
            Direction::In => {
                add_outputs(chain, tx, &mut places, &mut values)?;
                places.push(Place::Fee(tx));
                values.push(fee(chain, tx)?);
            }
        }
        self.left.extend(places.into_iter().zip(values));
        Ok(())
    }

    /// Gathers the slots of the coinbase of a block into which its fees are followed.
    pub fn load_coinbase(&mut self, chain: &Chain, direction: Direction, height: Height) -> Result<()> {
        self.clear();
        let block = chain.transactions_in(height)?;
        let (mut payers, mut paid) = (vec![Place::Subsidy(height)], vec![subsidy(chain.network(), height)]);
        for tx in block.clone().skip(1) {
            payers.push(Place::Fee(tx));
            paid.push(fee(chain, tx)?);
        }
        let (mut outputs, mut values) = (Vec::new(), Vec::new());
        add_outputs(chain, block.start(), &mut outputs, &mut values)?;
        let (due, claimed): (u128, u128) = (sum(&paid), sum(&values));
        outputs.push(Place::Unclaimed(height));
        values.push(due.saturating_sub(claimed).min(u64::MAX as u128) as u64);
        let ((left, of_left), (right, of_right)) = match direction {
            Direction::Out => ((payers, paid), (outputs, values)),
            Direction::In => ((outputs, values), (payers, paid)),
        };
        self.left.extend(left.into_iter().zip(of_left));
        (self.right, self.values) = (right, of_right);
        match direction {
            Direction::Out => self.last = 1,
            Direction::In => self.add_unexplained(block.start(), claimed.saturating_sub(due).min(u64::MAX as u128) as u64),
        }
        Ok(())
    }

    /// What a transaction pays out without having taken it in comes from nowhere, behind all that it takes in.
    #[inline]
    fn add_unexplained(&mut self, tx: TxNum, amount: u64) {
        if amount > 0 {
            self.right.push(Place::Unexplained(tx));
            self.values.push(amount);
            self.last = 1;
        }
    }

    fn clear(&mut self) {
        self.left.clear();
        self.right.clear();
        self.values.clear();
        self.last = 0;
    }
}

fn sum(values: &[u64]) -> u128 {
    values.iter().map(|value| *value as u128).sum()
}

#[inline]
fn add_outputs(chain: &Chain, tx: TxNum, places: &mut Vec<Place>, values: &mut Vec<u64>) -> Result<()> {
    for output in chain.outputs_of(tx)? {
        places.push(Place::Output(output));
        values.push(chain.value_of(output)?);
    }
    Ok(())
}

#[inline]
fn add_inputs(chain: &Chain, tx: TxNum, places: &mut Vec<Place>, values: &mut Vec<u64>) -> Result<()> {
    for input in chain.inputs_of(tx)? {
        if let Some(output) = chain.spends(input)? {
            places.push(Place::Output(output));
            values.push(chain.value_of(output)?);
        }
    }
    Ok(())
}

/// One that pays out more than it takes in has a negative fee, and all of its money is in its outputs.
#[inline]
fn fee(chain: &Chain, tx: TxNum) -> Result<u64> {
    Ok(chain.fee_of(tx)?.max(0) as u64)
}

/// What a transaction pays out beyond what it takes in.
#[inline]
fn missing(chain: &Chain, tx: TxNum) -> Result<u64> {
    Ok(chain.fee_of(tx)?.min(0).unsigned_abs())
}

/// What a block may make, in satoshi: 50 BTC, halved every so many blocks.
fn subsidy(network: Network, height: Height) -> u64 {
    let halvings = height.0 / if network == Network::Regtest { 150 } else { 210_000 };
    5_000_000_000u64.checked_shr(halvings).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_subsidy_is_halved_until_nothing_is_left() {
        let at = |name: &str, height| subsidy(Network::from_name(name).unwrap(), Height(height));
        assert_eq!(
            [at("mainnet", 209_999), at("mainnet", 210_000), at("mainnet", 840_000)],
            [5_000_000_000, 2_500_000_000, 312_500_000]
        );
        assert_eq!([at("regtest", 149), at("regtest", 150)], [5_000_000_000, 2_500_000_000]);
        assert_eq!([at("mainnet", 6_930_000), at("regtest", u32::MAX)], [0, 0]);
    }
}
