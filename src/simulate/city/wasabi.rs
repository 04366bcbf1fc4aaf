//! Rounds with a coordinator: first of one denomination, then of some that double, then of many.

use crate::error::Result;
use crate::simulate::city::City;
use crate::simulate::city::mixers::Share;
use crate::simulate::truth::words::{Role, What, Why};
use crate::simulate::world::draft::{Arrange, Pay};
use crate::simulate::world::profile::{MIXER_ROUNDS, Order};
use crate::simulate::world::wallet::Purse;

const BASE: u64 = 10_000_000;
/// Denominations of the second version: so many times doubled.
const LEVELS: u32 = 6;
/// When the versions began.
const DOUBLING_FROM: f64 = 2019.9;
const MANY_FROM: f64 = 2022.45;
/// The coordinator's part of what is mixed: one of so many.
const FEE_PART: u64 = 333;

/// Outputs that a participant gets in the third version at most, and the least of them.
const MOST_PIECES: usize = 12;
const LEAST_OUTPUT: u64 = 5_000;

impl City {
    pub fn wasabi(&mut self) -> Result<bool> {
        let members = std::mem::take(&mut self.mixers.rounds);
        let count = self.world.random.between(10, 60).min(members.len() as u64 * 2 / 3) as usize;
        let mixed = match self.world.now.year {
            MANY_FROM.. => self.many_denominations(&members, count.max(12)),
            _ => self.few_denominations(&members, count),
        };
        self.mixers.rounds = members;
        Ok(mixed)
    }

    /// A round of the first two versions.
    fn few_denominations(&mut self, members: &[Purse], count: usize) -> bool {
        let mut shares = Vec::new();
        self.join_in(&mut shares, members, count, BASE * 11 / 10 + self.participant_cost(), 3);
        self.bring_more(&mut shares, 700);
        let inputs: usize = shares.iter().map(|share| share.coins.len()).sum();
        if shares.len() < 5 || inputs < 10 {
            self.put_back(shares);
            return false;
        }
        let doubles = self.world.now.year >= DOUBLING_FROM;
        let denomination = BASE + self.world.random.below(BASE / 40);
        let highest = if doubles { common_level(&shares) } else { 0 };
        self.round(shares, denomination, highest)
    }

    /// So many of a thousand participants bring some more of their coins.
    fn bring_more(&mut self, shares: &mut [Share], permille: u32) {
        for share in shares {
            if self.world.random.chance(permille)
                && let Some(more) = self.share(share.purse, 1, 3)
            {
                share.sum += more.sum;
                share.coins.extend(more.coins);
            }
        }
    }

    /// What a participant pays at most.
    fn participant_cost(&self) -> u64 {
        2 * self.world.now.rate + BASE / FEE_PART + 10_000
    }

    /// A round in which each participant gets the denominations that they can pay, and the rest.
    fn round(&mut self, shares: Vec<Share>, denomination: u64, highest: u32) -> bool {
        let fees = self.participant_cost() - BASE / FEE_PART;
        let (mut outputs, mut for_coordinator) = (Vec::new(), 0);
        for share in &shares {
            let mixed = ladder(denomination, highest, share.sum - self.participant_cost());
            let sum: u64 = mixed.iter().sum();
            for value in mixed {
                outputs.push(self.mixed(share.purse, value, What::Mix));
            }
            for_coordinator += sum / FEE_PART;
            let rest = (share.sum - sum).saturating_sub(sum / FEE_PART + fees / 4);
            if City::is_worth(rest) {
                outputs.push(self.mixed(share.purse, rest, What::MixChange));
            }
        }
        self.close_round(shares, outputs, for_coordinator, Arrange::As(Order::Random))
    }

    fn close_round(&mut self, shares: Vec<Share>, mut outputs: Vec<Pay>, fee: u64, arrange: Arrange) -> bool {
        let coordinator = self.mixers.round_coordinator;
        if fee > 0 {
            outputs.push(self.world.pay_static(coordinator, fee, What::CoordinatorFee, Role::Reused));
        }
        let mut draft = self.joint(&shares, outputs, Why::Wasabi, MIXER_ROUNDS, arrange);
        let left = draft.put_in().checked_sub(draft.paid());
        let least = draft.weight() / 4;
        if left.is_none_or(|left| left < least) {
            if fee == 0 || left.is_none() {
                self.put_back(shares);
                return false;
            }
            draft.outputs.pop();
        }
        let paid_to = draft.outputs.last().filter(|pay| pay.what == What::CoordinatorFee).map(|pay| pay.address);
        self.world.commit(draft);
        if let Some(address) = paid_to {
            let entity = self.world.entity_of(coordinator);
            self.world.publish(entity, address);
        }
        true
    }

    /// A round of the third version: amounts are taken apart into denominations that many others have too.
    fn many_denominations(&mut self, members: &[Purse], count: usize) -> bool {
        let least = 200_000 + 4 * self.world.now.rate;
        let mut shares = Vec::new();
        self.join_in(&mut shares, members, count, least, 4);
        self.bring_more(&mut shares, 1000);
        let inputs: usize = shares.iter().map(|share| share.coins.len()).sum();
        if inputs < 20 {
            self.put_back(shares);
            return false;
        }
        let outputs: Vec<Pay> = shares.iter().flat_map(|share| self.take_apart(share)).collect();
        if !is_mixed(&outputs) {
            self.put_back(shares);
            return false;
        }
        self.close_round(shares, outputs, 0, Arrange::Descending)
    }

    /// One participant's outputs: the largest denominations first, and what is left.
    fn take_apart(&mut self, share: &Share) -> Vec<Pay> {
        let cost = (share.coins.len() as u64 * 280 + 8 * 124) * self.world.now.rate / 1000 + 500;
        let mut left = share.sum.saturating_sub(cost);
        let mut outputs = Vec::new();
        for denomination in DENOMINATIONS.iter().rev() {
            while left >= *denomination && outputs.len() < MOST_PIECES {
                left -= denomination;
                outputs.push(self.mixed(share.purse, *denomination, What::Mix));
            }
        }
        if left >= LEAST_OUTPUT {
            outputs.push(self.mixed(share.purse, left, What::MixChange));
        }
        outputs
    }
}

/// The denominations that a sum is enough for, from the lowest on.
fn ladder(denomination: u64, highest: u32, sum: u64) -> Vec<u64> {
    let mut used = 0;
    (0..=highest)
        .map_while(|level| {
            let value = denomination << level;
            used += value;
            (used + used / 20 < sum).then_some(value)
        })
        .collect()
}

/// The highest level that at least two participants can pay beside all those below it.
fn common_level(shares: &[Share]) -> u32 {
    let mut sums: Vec<u64> = shares.iter().map(|share| share.sum).collect();
    sums.sort_unstable();
    let second = sums[sums.len() - 2];
    (0..LEVELS).rev().find(|level| (BASE << (level + 1)) * 12 / 10 < second).unwrap_or(0)
}

/// Denominations of the third version that are used here: those of 10 and 5 that many amounts are made of.
const DENOMINATIONS: [u64; 14] = [
    10_000,
    20_000,
    50_000,
    100_000,
    200_000,
    500_000,
    1_000_000,
    2_000_000,
    5_000_000,
    10_000_000,
    20_000_000,
    50_000_000,
    100_000_000,
    1_000_000_000,
];

/// Whether half of the outputs have an amount that others have too, some have not, and there are three such amounts.
fn is_mixed(outputs: &[Pay]) -> bool {
    let mut values: Vec<u64> = outputs.iter().map(|pay| pay.value).collect();
    values.sort_unstable();
    let repeated: Vec<usize> = values.chunk_by(|a, b| a == b).map(<[u64]>::len).filter(|count| *count >= 2).collect();
    let mixed: usize = repeated.iter().sum();
    repeated.len() >= 3 && 2 * mixed >= outputs.len() && mixed < outputs.len()
}
