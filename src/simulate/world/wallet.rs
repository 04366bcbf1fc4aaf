//! Coins and purses. A coin takes 48 bytes: at the largest scales there are many millions.

use crate::simulate::truth::words::Role;
use crate::simulate::world::keys::Address;
use crate::simulate::world::profile::Selection;
use crate::simulate::world::rng::Random;

/// An unspent output.
#[derive(Clone, Copy, Debug)]
pub(in crate::simulate) struct Coin {
    pub txid: [u8; 32],
    pub value: u64,
    pub position: u32,
    pub address: Address,
}

/// The number of a purse.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::simulate) struct Purse(pub u32);

/// Coins that one piece of software spends.
#[derive(Debug)]
pub(in crate::simulate) struct Wallet {
    /// In the order in which they came, as long as none is spent.
    pub coins: Vec<Coin>,
    pub entity: u32,
    /// The address that was given last, or that is given always.
    pub address: Address,
    pub profile: u8,
    /// The role of its change addresses.
    pub change: Role,
}

impl Wallet {
    pub fn balance(&self) -> u64 {
        self.coins.iter().map(|coin| coin.value).sum()
    }

    /// Takes coins out that cover an amount and the fee of spending them; nothing where they cannot. `rate` is satoshi for a thousand
    /// units of weight.
    pub fn select(&mut self, amount: u64, weight: u64, rate: u64, how: Selection, random: &mut Random) -> Option<Vec<Coin>> {
        let cost = |coin: &Coin| coin.address.lock().input_weight() * rate / 1000;
        let mut need = amount + weight * rate / 1000;
        let mut taken = Vec::new();
        for place in self.order(need, how, random) {
            let coin = &self.coins[place as usize];
            if coin.value <= cost(coin) {
                continue;
            }
            taken.push(place);
            need = need.saturating_sub(coin.value - cost(coin));
            if need == 0 {
                return Some(self.take(taken));
            }
        }
        None
    }

    /// The places of the coins in the order in which they are tried.
    fn order(&self, need: u64, how: Selection, random: &mut Random) -> Vec<u32> {
        let mut order: Vec<u32> = (0..self.coins.len() as u32).collect();
        let value = |place: &u32| self.coins[*place as usize].value;
        match how {
            Selection::Oldest => {}
            Selection::Random => random.shuffle(&mut order),
            Selection::Largest => order.sort_by_key(|place| std::cmp::Reverse(value(place))),
            Selection::Closest => {
                order.sort_by_key(|place| std::cmp::Reverse(value(place)));
                // The smallest that is enough, with a little for its own fee.
                let enough = order.partition_point(|place| value(place) >= need + need / 50);
                if let Some(last) = enough.checked_sub(1) {
                    order.swap(0, last);
                }
            }
        }
        order
    }

    /// Takes the coins at some places out, in that order.
    fn take(&mut self, mut places: Vec<u32>) -> Vec<Coin> {
        let coins = places.iter().map(|place| self.coins[*place as usize]).collect();
        places.sort_unstable();
        // Where there are many, their order is given up for speed.
        let many = self.coins.len() > 64;
        for place in places.into_iter().rev() {
            let place = place as usize;
            if many {
                self.coins.swap_remove(place)
            } else {
                self.coins.remove(place)
            };
        }
        coins
    }

    /// Takes up to so many coins out, those that came first where there are few.
    pub fn take_some(&mut self, most: usize) -> Vec<Coin> {
        match self.coins.len() <= most {
            true => std::mem::take(&mut self.coins),
            false => self.coins.drain(..most).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::world::keys::Lock;

    fn wallet(values: &[u64]) -> Wallet {
        let coin = |(position, value): (usize, &u64)| Coin {
            txid: [0; 32],
            value: *value,
            position: position as u32,
            address: Address::new(Lock::P2wpkh, 0),
        };
        let coins = values.iter().enumerate().map(coin).collect();
        Wallet { coins, entity: 0, address: Address::NONE, profile: 0, change: Role::Change }
    }

    #[test]
    fn a_coin_takes_48_bytes() {
        assert_eq!(size_of::<Coin>(), 48);
    }

    #[test]
    fn coins_are_chosen_as_the_profile_says() {
        let chosen = |how| {
            let coins = wallet(&[5, 9, 7, 3]).select(6, 0, 0, how, &mut Random::new(1)).unwrap();
            coins.iter().map(|coin| coin.value).collect::<Vec<u64>>()
        };
        assert_eq!(chosen(Selection::Oldest), [5, 9]);
        assert_eq!(chosen(Selection::Largest), [9]);
        assert_eq!(chosen(Selection::Closest), [7]);
    }

    #[test]
    fn what_cannot_be_paid_takes_nothing() {
        let mut poor = wallet(&[5, 9]);
        assert!(poor.select(15, 0, 0, Selection::Random, &mut Random::new(1)).is_none());
        assert!(poor.select(13, 1000, 10, Selection::Random, &mut Random::new(1)).is_none());
        assert_eq!(poor.coins.len(), 2);
        assert_eq!(poor.select(14, 0, 0, Selection::Random, &mut Random::new(1)).unwrap().len(), 2);
        assert!(poor.coins.is_empty());
    }
}
