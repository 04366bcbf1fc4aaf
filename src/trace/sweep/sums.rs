//! Traced money as sums, which is all that most policies look at: the fast way.

use crate::apportion::Divider;
use crate::trace::Policy;
use crate::trace::place::Place;
use crate::trace::sweep::money::{Divided, Money, Piece};
use crate::trace::sweep::slots::Slots;

/// The sums that wait stand in the words themselves.
pub(in crate::trace) struct Sums {
    policy: Policy,
    divider: Divider,
    shares: Vec<u64>,
    order: Vec<usize>,
}

impl Sums {
    pub fn new(policy: Policy) -> Sums {
        Sums { policy, divider: Divider::default(), shares: Vec::new(), order: Vec::new() }
    }
}

impl Money for Sums {
    const NEEDS_LEFT: bool = false;

    #[inline]
    fn begin(&mut self, word: &mut u64, _place: Place, amount: u64, _source: u32) {
        *word = word.saturating_add(amount);
    }

    #[inline]
    fn wait(&mut self, word: &mut u64, _place: Place, slot: usize) {
        *word = word.saturating_add(self.shares[slot]);
    }

    #[inline]
    fn amount(&self, word: u64) -> u64 {
        word
    }

    #[inline]
    fn divide(&mut self, amount: u64, slots: &Slots) -> Option<Divided> {
        Some(match self.policy {
            Policy::Poison => poison(amount, &slots.values, &mut self.shares),
            Policy::HighestOutputsFirst => {
                falling(&slots.values, slots.last, &mut self.order);
                Divided { beyond: fill(amount, &slots.values, &self.order, &mut self.shares), joined: 0 }
            }
            _ => Divided { beyond: self.divider.divide(amount, &slots.values, &mut self.shares), joined: 0 },
        })
    }

    #[inline]
    fn shares(&self) -> &[u64] {
        &self.shares
    }

    fn parts(&self, _slot: usize) -> &[Piece] {
        &[]
    }
}

/// Every slot whole.
pub(in crate::trace) fn poison(amount: u64, values: &[u64], shares: &mut Vec<u64>) -> Divided {
    shares.clear();
    shares.extend_from_slice(values);
    let sum = values.iter().fold(0u64, |sum, value| sum.saturating_add(*value));
    Divided { beyond: amount.saturating_sub(sum), joined: sum.saturating_sub(amount) }
}

/// The places of values in falling order, equal ones as they stand; the last ones stay last.
pub(in crate::trace) fn falling(values: &[u64], last: usize, order: &mut Vec<usize>) {
    order.clear();
    order.extend(0..values.len());
    let first = values.len() - last;
    order[..first].sort_by_key(|i| std::cmp::Reverse(values[*i]));
}

/// Fills the slots one after the other; returns what none has room for.
fn fill(amount: u64, values: &[u64], order: &[usize], shares: &mut Vec<u64>) -> u64 {
    shares.clear();
    shares.resize(values.len(), 0);
    let mut left = amount;
    for i in order {
        shares[*i] = left.min(values[*i]);
        left -= shares[*i];
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    fn divide(policy: Policy, amount: u64, values: &[u64], last: usize) -> (Vec<u64>, Divided) {
        let mut sums = Sums::new(policy);
        let slots = Slots { values: values.to_vec(), last, ..Slots::default() };
        let divided = sums.divide(amount, &slots).unwrap();
        (sums.shares, divided)
    }

    #[test]
    fn the_highest_outputs_are_filled_first_and_the_fee_last() {
        let (shares, divided) = divide(Policy::HighestOutputsFirst, 17, &[3, 10, 5, 10, 90], 1);
        assert_eq!((shares, divided), (vec![0, 10, 0, 7, 0], Divided::default()));
        let (shares, divided) = divide(Policy::HighestOutputsFirst, 30, &[3, 10, 5, 10, 1], 1);
        assert_eq!((shares, divided.beyond), (vec![3, 10, 5, 10, 1], 1));
    }

    #[test]
    fn poison_fills_everything_and_says_what_joined() {
        assert_eq!(divide(Policy::Poison, 1, &[3, 0, 5], 1), (vec![3, 0, 5], Divided { beyond: 0, joined: 7 }));
        assert_eq!(divide(Policy::Poison, 9, &[3, 0, 5], 0).1, Divided { beyond: 1, joined: 0 });
    }
}
