//! How far money has come.

/// Hops between wallets, and transactions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::trace) struct Hops {
    pub wallets: u32,
    pub transactions: u32,
}

impl Hops {
    pub const NONE: Hops = Hops { wallets: 0, transactions: 0 };

    /// The lesser of both and of those in a word, which is 0 when there are none.
    #[inline]
    pub fn put(self, word: &mut u64) {
        let least = match *word {
            0 => self,
            packed => {
                let other = Hops::of(packed);
                Hops { wallets: self.wallets.min(other.wallets), transactions: self.transactions.min(other.transactions) }
            }
        };
        *word = (least.wallets as u64) << 32 | (least.transactions as u64 + 1);
    }

    #[inline]
    pub fn of(word: u64) -> Hops {
        Hops { wallets: (word >> 32) as u32, transactions: (word as u32).wrapping_sub(1) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_hops_are_kept() {
        let mut word = 0;
        for (wallets, transactions) in [(3, 5), (4, 2), (7, 9)] {
            Hops { wallets, transactions }.put(&mut word);
        }
        assert_eq!(Hops::of(word), Hops { wallets: 3, transactions: 2 });
    }
}
