//! What will be paid to the hidden service: how much, when, by which user, and out of what.

use crate::simulate::truth::words::Funded;
use crate::simulate::world::rng::Random;

/// One payment to come.
#[derive(Clone, Copy, Debug)]
pub(in crate::simulate) struct Planned {
    /// As a year and a part of it.
    pub year: f64,
    pub amount: u64,
    /// Which of the paying users.
    pub user: u32,
    pub funded: Funded,
    /// Whether it is the investigator's.
    pub is_test: bool,
}

/// The published numbers of the case, at scale 1.
pub(in crate::simulate) struct Numbers {
    pub issued: u32,
    pub payments: usize,
    /// Satoshi in all.
    pub total: u64,
    pub tests: usize,
}

/// June 2015 to March 2018.
pub(in crate::simulate) const OPEN: (f64, f64) = (2015.415, 2018.175);

/// When the investigator's payments are made: two groups of them.
const TESTS: [f64; 2] = [2017.80, 2018.04];

/// What access costs, in satoshi, and how often it is bought; until a year. The largest is half a year of everything.
const PRICES: [(f64, [(u64, u32); 5]); 3] = [
    (2016.5, [(2_000_000, 25), (3_000_000, 20), (5_000_000, 30), (10_000_000, 15), (30_000_000, 10)]),
    (2017.5, [(1_000_000, 15), (2_000_000, 35), (5_000_000, 28), (10_000_000, 14), (30_000_000, 8)]),
    (2100.0, [(500_000, 20), (1_000_000, 30), (2_000_000, 30), (5_000_000, 15), (30_000_000, 5)]),
];

impl Numbers {
    pub fn at(scale: f64) -> Numbers {
        let of = |number: f64| number * scale;
        let payments = (of(7_300.0) as usize).max(40);
        Numbers {
            issued: (of(1_000_000.0) as u32).max(2_000),
            payments,
            total: (of(42_000_000_000.0) as u64).max(240_000_000),
            tests: if scale < 0.1 { 4 } else { 8 },
        }
    }

    /// All payments, in the order of their times.
    pub fn agenda(&self, random: &mut Random) -> Vec<Planned> {
        let mut planned: Vec<Planned> = (0..self.payments).map(|i| self.planned(i, random)).collect();
        self.make_the_total(&mut planned, random);
        planned.sort_by(|a, b| a.year.total_cmp(&b.year));
        assign_users(&mut planned, random);
        planned
    }

    fn planned(&self, i: usize, random: &mut Random) -> Planned {
        let is_test = i < self.tests;
        let (open, closed) = OPEN;
        let year = match is_test {
            true => TESTS[i % 2] + random.real() * 0.01,
            // Slowly more.
            false => open + (closed - open) * random.real().max(random.real() * random.real()),
        };
        let amount = if is_test { 2_000_000 } else { price(year, random) };
        let funded = match random.below(100) {
            0..44 => Funded::Exchange,
            44..74 => Funded::OneHop,
            74..80 => Funded::Mixer,
            _ => Funded::OwnCoins,
        };
        Planned { year, amount, user: 0, funded, is_test }
    }

    /// Draws prices again until the sum is what it must be; the last difference makes one payment an odd one.
    fn make_the_total(&self, planned: &mut [Planned], random: &mut Random) {
        let mut sum: u64 = planned.iter().map(|planned| planned.amount).sum();
        while sum.abs_diff(self.total) > 1_000_000 {
            let at = self.tests + random.index(planned.len() - self.tests);
            let one = &mut planned[at];
            let other = price(one.year, random);
            if (other > one.amount) == (sum < self.total) {
                sum = sum - one.amount + other;
                one.amount = other;
            }
        }
        let odd = planned[self.tests..].iter_mut().max_by_key(|planned| planned.amount).expect("there are payments");
        odd.amount = odd.amount + self.total - sum;
    }
}

fn price(year: f64, random: &mut Random) -> u64 {
    let (_, prices) = PRICES.iter().find(|(until, _)| year < *until).expect("the last is for all years");
    let weights = prices.map(|(_, weight)| weight);
    let (price, _) = prices[random.weighted(&weights)];
    // Some exchanges took their fee out of what was sent.
    if random.chance(40) { price - 50_000 } else { price }
}

/// Most pay once; some come again, and they are those who pay often. A user pays the same way every time.
fn assign_users(planned: &mut [Planned], random: &mut Random) {
    let mut regulars: Vec<(u32, Funded)> = Vec::new();
    let mut users = 0;
    for one in planned.iter_mut() {
        if !one.is_test && !regulars.is_empty() && random.chance(370) {
            (one.user, one.funded) = random.pick(&regulars);
            continue;
        }
        one.user = users;
        users += 1;
        if !one.is_test && random.chance(300) {
            regulars.push((one.user, one.funded));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_is_exact_and_the_tests_are_there() {
        for scale in [0.001, 0.02, 1.0] {
            let numbers = Numbers::at(scale);
            let agenda = numbers.agenda(&mut Random::new(5));
            assert_eq!(agenda.iter().map(|planned| planned.amount).sum::<u64>(), numbers.total);
            assert_eq!((agenda.len(), agenda.iter().filter(|planned| planned.is_test).count()), (numbers.payments, numbers.tests));
            assert!(agenda.is_sorted_by(|a, b| a.year <= b.year));
        }
    }

    #[test]
    fn at_full_scale_the_numbers_are_the_published_ones() {
        let numbers = Numbers::at(1.0);
        assert_eq!((numbers.issued, numbers.payments, numbers.total), (1_000_000, 7_300, 42_000_000_000));
    }
}
