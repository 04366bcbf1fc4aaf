//! Round amounts in a currency: somebody who pays ten dollars does not pay a round number of satoshi.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::chain::{Chain, Facts, time};
use crate::change::marks::mark;
use crate::change::primitive::{Definition, Primitive};
use crate::error::{Error, Result};
use crate::ids::hex;

/// Seconds for which a price holds.
const HOLDS: i64 = 86_400;
const COIN: u128 = 100_000_000;

/// Values that were not round in a currency at the time.
#[derive(Debug)]
pub struct RoundFiat {
    /// Hundredths of the currency for one bitcoin, by the moment from which they hold, for a day or until the next; in seconds UTC.
    cents: BTreeMap<i64, u64>,
    /// Multiples of so many hundredths are round.
    unit: u64,
    /// Parts of a million of the amount that it may be off by.
    tolerance: u32,
}

impl RoundFiat {
    /// Of prices, in hundredths of the currency for one bitcoin by the moment from which they hold; a unit in hundredths, and a tolerance
    /// in parts of a million.
    pub fn new(cents: BTreeMap<i64, u64>, unit: u64, tolerance: u32) -> Result<RoundFiat> {
        let bad = |what: &str| Error::Invalid { what: what.to_string() };
        if cents.is_empty() {
            return Err(bad("no price is given; give at least one"));
        }
        if unit == 0 {
            return Err(bad("a unit of 0 makes nothing round; give one of at least 0.01"));
        }
        if tolerance > 500_000 {
            return Err(bad("a tolerance above 0.5 tells nothing; give a smaller one"));
        }
        Ok(RoundFiat { cents, unit, tolerance })
    }

    /// Hundredths of the currency for one bitcoin, by the moment from which they hold, in seconds UTC.
    pub fn cents(&self) -> &BTreeMap<i64, u64> {
        &self.cents
    }

    /// Multiples of so many hundredths are round.
    pub fn unit(&self) -> u64 {
        self.unit
    }

    /// Parts of a million of an amount that it may be off by.
    pub fn tolerance(&self) -> u32 {
        self.tolerance
    }

    fn at(&self, moment: i64) -> Option<u64> {
        let (since, cents) = self.cents.range(..=moment).next_back()?;
        (moment - since < HOLDS).then_some(*cents)
    }

    /// Whether an amount is, up to the tolerance, a multiple of the unit above zero at a price. Where the tolerance reaches halfway to the
    /// next multiple, nothing is round.
    fn is_round(&self, value: u64, cents: u64) -> bool {
        // In hundred-millionths of a hundredth, so that nothing is lost.
        let (amount, unit) = (value as u128 * cents as u128, self.unit as u128 * COIN);
        let nearest = (amount + unit / 2) / unit * unit;
        let tells = nearest * self.tolerance as u128 * 2 < unit * 1_000_000;
        nearest > 0 && tells && amount.abs_diff(nearest) * 1_000_000 <= amount * self.tolerance as u128
    }
}

/// The line of the rule in docs/rules.md.
pub(super) static DEFINITION: Definition = Definition {
    name: "round_fiat",
    version: 1,
    dynamic: false,
    leaves: "values that are not round in a currency",
    source: "practice",
    default: None,
};

impl Primitive for RoundFiat {
    fn definition(&self) -> &'static Definition {
        &DEFINITION
    }

    fn options(&self) -> String {
        let (unit, tolerance) = (self.unit as f64 / 100.0, self.tolerance as f64 / 1e6);
        format!("({} prices, unit={unit}, tolerance={tolerance})", self.cents.len())
    }

    fn arguments(&self) -> Value {
        let prices: BTreeMap<String, f64> =
            self.cents.iter().map(|(moment, cents)| (time::text(*moment), *cents as f64 / 100.0)).collect();
        json!({"prices": prices, "unit": self.unit as f64 / 100.0, "tolerance": self.tolerance as f64 / 1e6})
    }

    fn digest(&self) -> Option<String> {
        let mut hash = Sha256::new();
        for (moment, cents) in &self.cents {
            hash.update(moment.to_le_bytes());
            hash.update(cents.to_le_bytes());
        }
        Some(hex(&hash.finalize()))
    }

    /// Where there was no price, all outputs are marked.
    fn mark(&self, _: &Chain, facts: &Facts<'_>, marks: &mut Vec<bool>) -> Result<()> {
        let price = self.at(facts.time as i64);
        mark(facts, marks, |output| price.is_none_or(|cents| !self.is_round(output.value, cents)));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prices(unit: u64, tolerance: u32) -> RoundFiat {
        RoundFiat::new([(0, 5_000_000)].into(), unit, tolerance).unwrap()
    }

    #[test]
    fn ten_dollars_at_fifty_thousand_are_twenty_thousand_satoshi() {
        let prices = prices(1000, 1000);
        assert!(prices.is_round(20_000, 5_000_000) && prices.is_round(40_000, 5_000_000));
        assert!(prices.is_round(20_010, 5_000_000) && prices.is_round(19_990, 5_000_000));
        assert!(!prices.is_round(20_100, 5_000_000) && !prices.is_round(19_900, 5_000_000));
        assert!(!prices.is_round(1, 5_000_000) && !prices.is_round(0, 5_000_000) && !prices.is_round(30_000, 5_000_000));
    }

    #[test]
    fn a_large_amount_is_not_round_where_every_one_would_be() {
        let prices = prices(1000, 1000);
        // A thousandth of 4,990 is just below half of 10, and one of 5,000 reaches it.
        assert!(prices.is_round(9_980_000, 5_000_000) && !prices.is_round(10_000_000, 5_000_000));
    }

    #[test]
    fn a_price_holds_for_a_day_or_until_the_next() {
        let prices = RoundFiat::new([(100, 5), (200, 7)].into(), 1000, 0).unwrap();
        let at = |moment| prices.at(moment);
        assert_eq!((at(99), at(100), at(199), at(200)), (None, Some(5), Some(5), Some(7)));
        assert_eq!((at(200 + HOLDS - 1), at(200 + HOLDS)), (Some(7), None));
    }
}
