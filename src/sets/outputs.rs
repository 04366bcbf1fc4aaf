//! A set of outputs: a bit for each, in the stretches of the chain that have any.

use std::ops::Range;

use sha2::{Digest, Sha256};

/// Outputs of a stretch.
const STRETCH: u64 = 1 << 15;
const WORDS: usize = STRETCH as usize / 64;

/// A set of output numbers.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct OutputSet {
    stretches: Vec<Stretch>,
    count: u64,
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct Stretch {
    /// Its place among all stretches of the chain.
    place: u64,
    /// How many members come before it.
    before: u64,
    bits: Box<[u64; WORDS]>,
}

impl OutputSet {
    /// A set from numbers in any order.
    pub fn of(mut numbers: Vec<u64>) -> OutputSet {
        numbers.sort_unstable();
        let mut set = OutputSet::default();
        numbers.into_iter().for_each(|number| set.push(number));
        set
    }

    /// Adds a number that is not below any that is in the set.
    pub fn push(&mut self, number: u64) {
        let place = number / STRETCH;
        if self.stretches.last().is_none_or(|last| last.place != place) {
            self.stretches.push(Stretch { place, before: self.count, bits: Box::new([0; WORDS]) });
        }
        let stretch = self.stretches.last_mut().expect("it was just added");
        let (word, bit) = ((number % STRETCH / 64) as usize, 1 << (number % 64));
        self.count += u64::from(stretch.bits[word] & bit == 0);
        stretch.bits[word] |= bit;
    }

    pub fn len(&self) -> u64 {
        self.count
    }

    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub fn contains(&self, number: u64) -> bool {
        let found = self.stretches.binary_search_by_key(&(number / STRETCH), |stretch| stretch.place);
        found.is_ok_and(|i| self.stretches[i].bits[(number % STRETCH / 64) as usize] >> (number % 64) & 1 == 1)
    }

    /// The numbers, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u64> {
        self.stretches.iter().flat_map(Stretch::numbers)
    }

    /// Some of the numbers, by their ranks.
    pub fn part(&self, ranks: Range<u64>) -> Vec<u64> {
        let first = self.stretches.partition_point(|stretch| stretch.before <= ranks.start).saturating_sub(1);
        let Some(before) = self.stretches.get(first).map(|stretch| stretch.before) else { return Vec::new() };
        let numbers = self.stretches[first..].iter().flat_map(Stretch::numbers);
        numbers.skip((ranks.start - before) as usize).take((ranks.end - ranks.start) as usize).collect()
    }

    /// SHA-256 over the numbers, ascending, as 8 bytes each, the lowest first.
    pub fn digest(&self) -> [u8; 32] {
        let mut digest = Sha256::new();
        self.iter().for_each(|number| digest.update(number.to_le_bytes()));
        digest.finalize().into()
    }
}

impl Stretch {
    fn numbers(&self) -> impl Iterator<Item = u64> {
        let first = self.place * STRETCH;
        self.bits.iter().enumerate().flat_map(move |(i, word)| {
            let mut left = *word;
            std::iter::from_fn(move || {
                let bit = left.trailing_zeros() as u64;
                left &= left.wrapping_sub(1);
                (bit < 64).then_some(first + i as u64 * 64 + bit)
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_gives_back_what_it_was_made_of() {
        let mut numbers: Vec<u64> = (0..5000u64).map(|i| i * i * 37 % (1 << 22)).collect();
        let set = OutputSet::of(numbers.clone());
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(set.iter().collect::<Vec<_>>(), numbers);
        assert_eq!(set.len(), numbers.len() as u64);
        assert!((0..1 << 16).all(|number| set.contains(number) == numbers.binary_search(&number).is_ok()));
        for part in [0..0, 0..1, 17..900, 4000..9000, 90_000..90_001] {
            let expected: Vec<u64> =
                numbers.iter().skip(part.start as usize).take((part.end - part.start) as usize).copied().collect();
            assert_eq!(set.part(part), expected);
        }
        assert!(OutputSet::default().part(0..9).is_empty());
    }
}
