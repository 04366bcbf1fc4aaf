//! When blocks are found, and how the years go by: adoption, activity and fees.

use crate::simulate::world::rng::Random;

/// The time of regtest's genesis block: February 2011.
pub(in crate::simulate) const GENESIS_TIME: u32 = 1_296_688_602;

/// Blocks of the early phase, in which nearly all money is mined: a subsidy of regtest is halved every 150 blocks.
pub(in crate::simulate) const EARLY_BLOCKS: u32 = 600;

const YEAR: f64 = 31_556_952.0;

/// A date of years and parts of them, like 2015.5, in seconds.
pub(in crate::simulate) fn seconds(year: f64) -> u32 {
    ((year - 1970.0) * YEAR) as u32
}

/// Seconds as a year and a part of it.
pub(in crate::simulate) fn year_of(time: u32) -> f64 {
    1970.0 + time as f64 / YEAR
}

/// One block to come.
#[derive(Clone, Copy, Debug)]
pub(in crate::simulate) struct Slot {
    pub time: u32,
    /// How many transactions it will have, the coinbase included.
    pub transactions: u32,
}

/// The blocks after the genesis block. They come at even distances, with a little chance in it.
///
/// Transactions are few and years are long, so blocks are further apart than the main chain's.
pub(in crate::simulate) fn timeline(years: (f64, f64), transactions: u64, random: &mut Random) -> Vec<Slot> {
    let (start, end) = (seconds(years.0), seconds(years.1));
    let story = story_blocks(transactions);
    let mut slots = Vec::with_capacity((EARLY_BLOCKS + story) as usize);
    spread(GENESIS_TIME + 600, start, EARLY_BLOCKS, random, &mut slots);
    spread(start, end, story, random, &mut slots);
    let weights: Vec<f64> = (0..story).map(|i| activity(i as f64 / story as f64) * random.around(1 << 20, 0.35) as f64).collect();
    let each = transactions as f64 / weights.iter().sum::<f64>();
    let mut owed = 0.0;
    for (slot, weight) in slots[EARLY_BLOCKS as usize..].iter_mut().zip(weights) {
        owed += weight * each;
        slot.transactions = (owed as u32).max(1);
        owed -= slot.transactions as f64;
    }
    slots
}

/// Enough blocks that none is too full, and that small chains have some.
fn story_blocks(transactions: u64) -> u32 {
    (transactions / 25).min(4_400).max(transactions / 600).max(600) as u32
}

fn spread(start: u32, end: u32, blocks: u32, random: &mut Random, slots: &mut Vec<Slot>) {
    let interval = (end - start) as f64 / blocks as f64;
    slots.extend((0..blocks).map(|i| {
        let at = start as f64 + interval * (i as f64 + 0.9 * random.real());
        Slot { time: at as u32, transactions: 1 }
    }));
}

/// How much is going on, when so much of the story is over.
fn activity(part: f64) -> f64 {
    0.15 + 0.85 * part * (0.5 + 0.5 * part)
}

/// The share of all people to come who have come, when so much of the story is over.
pub(in crate::simulate) fn adoption(part: f64) -> f64 {
    0.08 + 0.92 * part * (0.4 + 0.6 * part)
}

/// The usual fee of a year, in satoshi for a thousand bytes of virtual size.
pub(in crate::simulate) fn usual_fee(year: f64) -> u64 {
    const RATES: [(f64, u64); 13] = [
        (2012.0, 30_000),
        (2013.0, 25_000),
        (2014.0, 20_000),
        (2015.0, 15_000),
        (2016.0, 25_000),
        (2017.0, 60_000),
        (2017.8, 150_000),
        (2018.2, 20_000),
        (2020.0, 15_000),
        (2021.0, 40_000),
        (2021.6, 8_000),
        (2023.0, 12_000),
        (2100.0, 30_000),
    ];
    RATES.iter().find(|(until, _)| year < *until).map_or(10_000, |(_, rate)| *rate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_rise_and_the_transactions_are_as_many_as_asked() {
        for transactions in [0, 2_000, 100_000, 1_000_000] {
            let slots = timeline((2012.0, 2024.0), transactions, &mut Random::new(3));
            assert!(slots.is_sorted_by(|a, b| a.time < b.time) && slots[0].time > GENESIS_TIME);
            let sum: u64 = slots[EARLY_BLOCKS as usize..].iter().map(|slot| slot.transactions as u64).sum();
            assert!(transactions == 0 || sum.abs_diff(transactions) < transactions / 10 + 300, "{sum}");
        }
    }

    #[test]
    fn no_block_is_asked_for_too_many_transactions() {
        let slots = timeline((2012.0, 2024.0), 30_000_000, &mut Random::new(3));
        assert!(slots.iter().all(|slot| slot.transactions < 6_000));
    }
}
