//! Round amounts in a currency: somebody who pays ten dollars does not pay a round number of satoshi.

use std::collections::BTreeMap;
use std::fmt;

use sha2::{Digest, Sha256};

use crate::chain::Facts;
use crate::change::values::mark;
use crate::error::{Error, Result};
use crate::ids::hex;

const DAY: u32 = 86_400;
const COIN: u128 = 100_000_000;

/// Daily prices, and what counts as round.
#[derive(PartialEq, Eq, Debug)]
pub struct Prices {
    /// Hundredths of the currency for one bitcoin, by days since 1970-01-01 (UTC).
    cents: BTreeMap<u32, u64>,
    /// Multiples of so many hundredths are round.
    unit: u64,
    /// Parts of a million of the amount that it may be off by.
    tolerance: u32,
}

impl Prices {
    pub fn new(cents: BTreeMap<u32, u64>, unit: u64, tolerance: u32) -> Result<Prices> {
        let bad = |what: &str| Error::Invalid { what: what.to_string() };
        match () {
            () if cents.is_empty() => Err(bad("no price is given; give at least one day's")),
            () if unit == 0 => Err(bad("a unit of 0 makes nothing round; give one of at least 0.01")),
            () if tolerance > 500_000 => Err(bad("a tolerance above 0.5 makes everything round; give a smaller one")),
            () => Ok(Prices { cents, unit, tolerance }),
        }
    }

    pub(super) fn digest(&self) -> String {
        let mut hash = Sha256::new();
        for (day, cents) in &self.cents {
            hash.update(day.to_le_bytes());
            hash.update(cents.to_le_bytes());
        }
        hex(&hash.finalize()[..8])
    }

    /// Whether an amount is, up to the tolerance, a multiple of the unit above zero at a price.
    fn is_round(&self, value: u64, cents: u64) -> bool {
        // In hundred-millionths of a hundredth, so that nothing is lost.
        let (amount, unit) = (value as u128 * cents as u128, self.unit as u128 * COIN);
        let nearest = (amount + unit / 2) / unit * unit;
        nearest > 0 && amount.abs_diff(nearest) * 1_000_000 <= amount * self.tolerance as u128
    }

    /// Marks the outputs that were not round; all of them where the day has no price.
    pub(super) fn mark(&self, facts: &Facts<'_>, marks: &mut Vec<bool>) {
        let price = self.cents.get(&(facts.time / DAY));
        mark(facts, marks, |output| price.is_none_or(|cents| !self.is_round(output.value, *cents)));
    }
}

impl fmt::Display for Prices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Prices { cents, unit, tolerance } = self;
        write!(f, "({} prices, unit={}.{:02}, tolerance={tolerance}ppm)", cents.len(), unit / 100, unit % 100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prices(unit: u64, tolerance: u32) -> Prices {
        Prices::new([(0, 5_000_000)].into(), unit, tolerance).unwrap()
    }

    #[test]
    fn ten_dollars_at_fifty_thousand_are_twenty_thousand_satoshi() {
        let prices = prices(1000, 1000);
        assert!(prices.is_round(20_000, 5_000_000) && prices.is_round(40_000, 5_000_000));
        assert!(prices.is_round(20_010, 5_000_000) && prices.is_round(19_990, 5_000_000));
        assert!(!prices.is_round(20_100, 5_000_000) && !prices.is_round(19_900, 5_000_000));
        assert!(!prices.is_round(1, 5_000_000) && !prices.is_round(0, 5_000_000) && !prices.is_round(30_000, 5_000_000));
    }
}
