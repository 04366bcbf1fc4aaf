//! Pairs of addresses: which are rightly together, which wrongly, and which are apart and should not be.
//!
//! Counted by sorting: a cluster's addresses of one owner stand side by side then, and make n (n - 1) / 2 pairs. By value, a pair counts as
//! the product of what its two addresses received, so that an address which nobody paid much counts for little; the sum over the pairs
//! of some addresses is half of the square of their sum less the sum of their squares.

use crate::chain::Chain;
use crate::chain::pieces::go_on_or_stop;
use crate::error::Result;
use crate::evaluate::truth::Owners;
use crate::ids::{NONE_32, OutNum};

/// Pairs of addresses of known owners, by number or by value.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Pairs {
    /// Together, and of one owner.
    pub true_positive: u128,
    /// Together, and of two owners.
    pub false_positive: u128,
    /// Apart, and of one owner.
    pub false_negative: u128,
}

impl Pairs {
    /// Of those that are together, the share that is of one owner.
    pub fn precision(&self) -> Option<f64> {
        share(self.true_positive, self.true_positive + self.false_positive)
    }

    /// Of those that are of one owner, the share that is together.
    pub fn recall(&self) -> Option<f64> {
        share(self.true_positive, self.true_positive + self.false_negative)
    }
}

pub(super) fn share(part: u128, of: u128) -> Option<f64> {
    (of > 0).then(|| part as f64 / of as f64)
}

/// The addresses of one owner in one cluster.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cell {
    pub cluster: u32,
    pub owner: u32,
    pub addresses: u64,
    /// What they received, in satoshi, and the sum of its squares.
    pub value: u64,
    pub squares: u128,
}

/// Addresses with what they received, as far as pairs go.
#[derive(Clone, Copy, Default)]
struct Sums {
    addresses: u64,
    value: u64,
    squares: u128,
}

impl Sums {
    fn add(&mut self, cell: &Cell) {
        self.addresses += cell.addresses;
        self.value += cell.value;
        self.squares += cell.squares;
    }

    fn pairs(&self) -> u128 {
        self.addresses as u128 * self.addresses.saturating_sub(1) as u128 / 2
    }

    /// All values together fit in 64 bits, so squares of sums fit in 128.
    fn value_pairs(&self) -> u128 {
        ((self.value as u128 * self.value as u128) - self.squares) / 2
    }
}

/// The cells of the addresses whose owner is known, by cluster and owner.
pub fn cells(labels: &[u32], owners: &Owners, received: &[u64]) -> Vec<Cell> {
    let known = labels.iter().zip(&owners.of).enumerate().filter(|(_, (_, owner))| **owner != NONE_32);
    let mut rows: Vec<(u64, u32)> =
        known.map(|(address, (cluster, owner))| ((*cluster as u64) << 32 | *owner as u64, address as u32)).collect();
    rows.sort_unstable();
    let cell = |rows: &[(u64, u32)]| {
        let values = || rows.iter().map(|(_, address)| received[*address as usize]);
        Cell {
            cluster: (rows[0].0 >> 32) as u32,
            owner: rows[0].0 as u32,
            addresses: rows.len() as u64,
            value: values().sum(),
            squares: values().map(|value| value as u128 * value as u128).sum(),
        }
    };
    rows.chunk_by(|a, b| a.0 == b.0).map(cell).collect()
}

/// The pairs of all addresses in some cells, by number and by value.
pub fn count(cells: &[Cell], owners: usize) -> (Pairs, Pairs) {
    let (mut right, mut together, mut owned) = ([0; 2], [0; 2], [0; 2]);
    let mut of_owner = vec![Sums::default(); owners];
    let add = |pairs: &mut [u128; 2], sums: &Sums| {
        pairs[0] += sums.pairs();
        pairs[1] += sums.value_pairs();
    };
    for cluster in cells.chunk_by(|a, b| a.cluster == b.cluster) {
        let mut all = Sums::default();
        for cell in cluster {
            let mut alone = Sums::default();
            alone.add(cell);
            all.add(cell);
            of_owner[cell.owner as usize].add(cell);
            add(&mut right, &alone);
        }
        add(&mut together, &all);
    }
    of_owner.iter().for_each(|sums| add(&mut owned, sums));
    let pairs = |by: usize| Pairs {
        true_positive: right[by],
        false_positive: together[by] - right[by],
        false_negative: owned[by] - right[by],
    };
    (pairs(0), pairs(1))
}

/// What each address received, in satoshi; a sum beyond 64 bits says that the store is damaged.
pub fn received(chain: &Chain, go_on: &mut dyn FnMut() -> bool) -> Result<Vec<u64>> {
    let mut received = vec![0u64; chain.counts().addresses as usize];
    let damaged = || chain.too_much();
    let mut all = 0u64;
    for output in (0..chain.counts().outputs).map(OutNum) {
        if output.0.is_multiple_of(1 << 20) {
            go_on_or_stop(go_on)?;
        }
        let value = chain.value_of(output)?;
        let address = chain.address_of(output)?.0 as usize;
        all = all.checked_add(value).ok_or_else(damaged)?;
        *received.get_mut(address).ok_or_else(damaged)? += value;
    }
    Ok(received)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every pair, one by one.
    fn slowly(labels: &[u32], owners: &[u32], received: &[u64]) -> (Pairs, Pairs) {
        let (mut number, mut value) = (Pairs::default(), Pairs::default());
        for a in 0..labels.len() {
            for b in (0..a).filter(|b| owners[a] != NONE_32 && owners[*b] != NONE_32) {
                let worth = received[a] as u128 * received[b] as u128;
                for (pairs, worth) in [(&mut number, 1), (&mut value, worth)] {
                    match (labels[a] == labels[b], owners[a] == owners[b]) {
                        (true, true) => pairs.true_positive += worth,
                        (true, false) => pairs.false_positive += worth,
                        (false, true) => pairs.false_negative += worth,
                        (false, false) => {}
                    }
                }
            }
        }
        (number, value)
    }

    #[test]
    fn counting_by_sorting_is_counting_every_pair() {
        let mut state = 7u64;
        let mut random = |below: u64| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) % below
        };
        for size in [0, 1, 2, 17, 120] {
            let labels: Vec<u32> = (0..size).map(|_| random(9) as u32).collect();
            let of: Vec<u32> = (0..size).map(|_| [NONE_32, 0, 1, 2, 3][random(5) as usize]).collect();
            let received: Vec<u64> = (0..size).map(|_| random(1 << 40)).collect();
            let owners = Owners { names: vec![String::new(); 4], of: of.clone(), ..Owners::default() };
            let cells = cells(&labels, &owners, &received);
            assert_eq!(count(&cells, 4), slowly(&labels, &of, &received));
        }
    }
}
