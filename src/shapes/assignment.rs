//! Whether coins can be divided so that each of some goals is covered: an exact search within a budget.

/// Coins beyond which no search is begun.
const MOST_COINS: usize = 400;

/// Whether there is such a division.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    Found,
    Impossible,
    /// The budget was used up first.
    OutOfBudget,
}

impl Answer {
    pub fn known(self) -> Option<bool> {
        match self {
            Answer::Found => Some(true),
            Answer::Impossible => Some(false),
            Answer::OutOfBudget => None,
        }
    }
}

/// A search for disjoint sets of coins, one for each goal, of which each sums up to its goal or more.
///
/// What all coins have beyond all goals is the waste that may be made in total. In a CoinJoin it is little, and that is what keeps
/// the search short: a set that exceeds its goal by more than the waste that is left need not be tried.
pub struct Search {
    /// Descending.
    coins: Vec<u64>,
    /// Descending.
    goals: Vec<u64>,
    used: Vec<bool>,
    steps: u64,
}

impl Search {
    pub fn new(mut coins: Vec<u64>, mut goals: Vec<u64>, budget: u64) -> Search {
        coins.sort_unstable_by(|a, b| b.cmp(a));
        goals.sort_unstable_by(|a, b| b.cmp(a));
        Search { used: vec![false; coins.len()], coins, goals, steps: budget }
    }

    pub fn run(mut self) -> Answer {
        let sum = |amounts: &[u64]| amounts.iter().map(|amount| *amount as u128).sum::<u128>();
        let Some(waste) = sum(&self.coins).checked_sub(sum(&self.goals)) else { return Answer::Impossible };
        let waste = waste.min(u64::MAX as u128) as u64;
        if !self.may_cover(0) {
            return Answer::Impossible;
        }
        if self.coins.len() > MOST_COINS {
            return Answer::OutOfBudget;
        }
        self.goal(0, waste)
    }

    /// Covers the goals from one on.
    fn goal(&mut self, goal: usize, waste: u64) -> Answer {
        match self.goals.get(goal) {
            None | Some(0) => Answer::Found,
            Some(_) if !self.may_cover(goal) => Answer::Impossible,
            Some(need) => self.coin(goal, 0, *need, waste),
        }
    }

    /// Whether the unused coins may cover the goals from one on. The largest so many coins cannot give more than the largest so many
    /// goals take, so the other coins must be enough for the other goals.
    fn may_cover(&self, goal: usize) -> bool {
        let unused = || self.coins.iter().zip(&self.used).filter(|(_, used)| !**used).map(|(coin, _)| *coin as u128);
        let mut coins: u128 = unused().sum();
        let mut goals: u128 = self.goals[goal..].iter().map(|goal| *goal as u128).sum();
        let mut largest = unused();
        self.goals[goal..].iter().all(|goal| {
            let enough = coins >= goals;
            (coins, goals) = (coins - largest.next().unwrap_or(0), goals - *goal as u128);
            enough
        })
    }

    /// Covers what a goal still needs with coins from one on.
    fn coin(&mut self, goal: usize, from: usize, need: u64, waste: u64) -> Answer {
        let (mut tried, coins) = (None, self.coins.len());
        // The smallest of the coins that are enough comes first, then the largest of those that are not.
        let enough = from + self.coins[from..].partition_point(|coin| *coin >= need);
        for i in (from..enough).rev().chain(enough..coins) {
            let coin = self.coins[i];
            if self.used[i] || tried == Some(coin) || coin.saturating_sub(need) > waste {
                continue;
            }
            if self.steps == 0 {
                return Answer::OutOfBudget;
            }
            self.steps -= 1;
            tried = Some(coin);
            self.used[i] = true;
            let answer = match coin.checked_sub(need) {
                Some(more) => self.goal(goal + 1, waste - more),
                None => self.coin(goal, i + 1, need - coin, waste),
            };
            self.used[i] = false;
            if answer != Answer::Impossible {
                return answer;
            }
        }
        Answer::Impossible
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn divide(coins: &[u64], goals: &[u64], budget: u64) -> Answer {
        Search::new(coins.to_vec(), goals.to_vec(), budget).run()
    }

    /// Every way to give each coin to a goal or to none.
    fn slow(coins: &[u64], goals: &[u64]) -> bool {
        match coins {
            [] => goals.iter().all(|goal| *goal == 0),
            [coin, rest @ ..] => (0..=goals.len()).any(|to| {
                let mut goals = goals.to_vec();
                if let Some(goal) = goals.get_mut(to) {
                    *goal = goal.saturating_sub(*coin);
                }
                slow(rest, &goals)
            }),
        }
    }

    #[test]
    fn it_finds_what_trying_everything_finds() {
        let mut random = 7u64;
        let mut next = |limit: u64| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (random >> 33) % limit
        };
        let mut found = 0;
        for _ in 0..2_000 {
            let coins: Vec<u64> = (0..next(7)).map(|_| next(20)).collect();
            let goals: Vec<u64> = (0..next(4)).map(|_| next(25)).collect();
            let expected = slow(&coins, &goals);
            assert_eq!(divide(&coins, &goals, u64::MAX).known(), Some(expected), "{coins:?} {goals:?}");
            found += usize::from(expected);
        }
        assert!((200..1_800).contains(&found));
    }

    #[test]
    fn a_budget_that_is_too_small_is_no_answer() {
        let (coins, goals) = ([9, 8, 7, 6, 5, 4, 3, 2], [12, 11, 11, 10]);
        assert_eq!(divide(&coins, &goals, 2), Answer::OutOfBudget);
        assert_eq!(divide(&coins, &goals, 10_000), Answer::Found);
    }

    #[test]
    fn what_a_look_tells_costs_no_step() {
        assert_eq!(divide(&[5, 5], &[11], 0), Answer::Impossible);
        assert_eq!(divide(&[50, 1, 1], &[20, 2, 2], 0), Answer::Impossible);
    }
}
