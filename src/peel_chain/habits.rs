//! What the transactions of one wallet have in common, and what of it a further transaction breaks.
//!
//! A feature that all of them share is a habit, and a transaction without it is another wallet's. Two features are met by chance, too: half of
//! all signatures have a low R without anybody trying, and two outputs stand in order half of the time. These are habits only where a
//! number of transactions keep them, and where a wallet has no such habit, nothing can break it.
//!
//! The kinds of the coins that a transaction spends, and with them whether it has a witness, tell how the wallet was paid, unless these coins are
//! its change. So they count only for those that spend change.

use crate::chain::{Chain, Feature, Shown};
use crate::error::Result;
use crate::ids::TxNum;

/// Transactions that must keep a feature, which each of them meets by chance one time in two, before it counts as a habit: by chance that
/// happens once in 256 times.
pub const BY_CHANCE: u32 = 8;

/// What is known of one feature.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Habit {
    #[default]
    Unknown,
    /// So many transactions had this.
    Always(u32, u32),
    Varies,
}

/// The habits of a wallet, from its transactions so far.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Habits {
    features: Vec<Feature>,
    habits: [Habit; Feature::ALL.len()],
}

impl Habits {
    /// Of no transaction yet; only these features will be looked at.
    pub fn new(features: &[Feature]) -> Habits {
        let features = Feature::ALL.into_iter().filter(|feature| features.contains(feature)).collect();
        Habits { features, habits: Default::default() }
    }

    /// Takes note of a transaction of the wallet, whatever it spends.
    pub fn add(&mut self, chain: &Chain, tx: TxNum) -> Result<()> {
        self.note(chain, tx, |feature| !is_of_coins(feature))
    }

    /// Takes note of what a transaction of the wallet shows of the change that it spends.
    pub fn add_change(&mut self, chain: &Chain, spender: TxNum) -> Result<()> {
        self.note(chain, spender, is_of_coins)
    }

    fn note(&mut self, chain: &Chain, tx: TxNum, counts: impl Fn(Feature) -> bool) -> Result<()> {
        let shown = Shown::at(chain, tx)?;
        for feature in self.features.iter().copied().filter(|feature| counts(*feature)) {
            let habit = &mut self.habits[feature as usize];
            if let Some(value) = shown.value(feature) {
                *habit = habit.and(value);
            }
        }
        Ok(())
    }

    /// The features by which a transaction differs from all of the wallet's, if what it spends is change.
    pub fn broken_by_spender(&self, chain: &Chain, spender: TxNum) -> Result<Vec<Feature>> {
        self.broken_by(chain, spender, |_| true)
    }

    /// The same, whatever it spends.
    pub fn broken_by_transaction(&self, chain: &Chain, tx: TxNum) -> Result<Vec<Feature>> {
        self.broken_by(chain, tx, |feature| !is_of_coins(feature))
    }

    fn broken_by(&self, chain: &Chain, tx: TxNum, counts: impl Fn(Feature) -> bool) -> Result<Vec<Feature>> {
        let shown = Shown::at(chain, tx)?;
        let breaks = |feature| shown.value(feature).is_some_and(|value| self.is_broken_by(feature, value));
        Ok(self.features.iter().copied().filter(|feature| counts(*feature) && breaks(*feature)).collect())
    }

    fn is_broken_by(&self, feature: Feature, value: u32) -> bool {
        match self.habits[feature as usize] {
            Habit::Unknown | Habit::Varies => false,
            Habit::Always(kept, count) if is_by_chance(feature) => kept == 1 && count >= BY_CHANCE && value == 0,
            Habit::Always(kept, _) => kept != value,
        }
    }

    /// The features that all of the wallet's transactions share, and that a further one could break.
    pub fn shared(&self) -> Vec<Feature> {
        self.features.iter().copied().filter(|feature| self.is_habit(*feature)).collect()
    }

    fn is_habit(&self, feature: Feature) -> bool {
        match self.habits[feature as usize] {
            Habit::Always(kept, count) if is_by_chance(feature) => kept == 1 && count >= BY_CHANCE,
            habit => matches!(habit, Habit::Always(..)),
        }
    }
}

impl Habit {
    fn and(self, value: u32) -> Habit {
        match self {
            Habit::Unknown => Habit::Always(value, 1),
            Habit::Always(kept, count) if kept == value => Habit::Always(kept, count + 1),
            _ => Habit::Varies,
        }
    }
}

/// Whether a feature follows from the coins that are spent.
fn is_of_coins(feature: Feature) -> bool {
    matches!(feature, Feature::Segwit | Feature::InputKinds)
}

fn is_by_chance(feature: Feature) -> bool {
    matches!(feature, Feature::Bip69 | Feature::LowR)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn habits(feature: Feature, values: &[u32]) -> Habits {
        let mut habits = Habits::new(&[feature]);
        for value in values {
            let habit = &mut habits.habits[feature as usize];
            *habit = habit.and(*value);
        }
        habits
    }

    #[test]
    fn what_all_share_is_broken_by_what_differs() {
        let shared = habits(Feature::Version, &[2, 2]);
        assert!(shared.is_broken_by(Feature::Version, 1) && !shared.is_broken_by(Feature::Version, 2));
        assert_eq!(shared.shared(), [Feature::Version]);
    }

    #[test]
    fn what_varies_cannot_be_broken() {
        let varied = habits(Feature::Version, &[2, 1, 2]);
        assert!(!varied.is_broken_by(Feature::Version, 3));
        assert_eq!(varied.shared(), []);
        assert!(!habits(Feature::Version, &[]).is_broken_by(Feature::Version, 3));
    }

    #[test]
    fn what_chance_explains_is_no_habit_until_it_was_kept_often() {
        for feature in [Feature::LowR, Feature::Bip69] {
            let few = vec![1; BY_CHANCE as usize - 1];
            assert!(!habits(feature, &few).is_broken_by(feature, 0));
            let enough = vec![1; BY_CHANCE as usize];
            assert!(habits(feature, &enough).is_broken_by(feature, 0));
            assert!(!habits(feature, &enough).is_broken_by(feature, 1));
        }
    }

    #[test]
    fn a_wallet_that_does_not_care_is_never_told_by_chance() {
        let never = habits(Feature::LowR, &[0; 20]);
        assert!(!never.is_broken_by(Feature::LowR, 1) && !never.is_broken_by(Feature::LowR, 0));
        assert_eq!(never.shared(), []);
    }

    #[test]
    fn only_the_features_that_were_asked_for_count() {
        assert_eq!(Habits::new(&[Feature::LowR, Feature::Version, Feature::LowR]).features, [Feature::Version, Feature::LowR]);
    }
}
