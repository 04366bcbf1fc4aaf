//! Who mixes coins with whom, and what all CoinJoins have in common.

use crate::simulate::city::City;
use crate::simulate::city::whirlpool::Pools;
use crate::simulate::truth::words::{Category, Role, What, Why};
use crate::simulate::world::draft::{Arrange, Draft, Pay};
use crate::simulate::world::payment::LEAST;
use crate::simulate::world::profile::{MAKER_LEGACY, MAKER_SEGWIT, MIXER_POOLS, MIXER_ROUNDS, SERVICE_SEGWIT};
use crate::simulate::world::wallet::{Coin, Purse};
use crate::simulate::world::{NOWHERE, World};

pub(in crate::simulate) struct Mixers {
    /// Whose coins may be had for a CoinJoin with a taker.
    pub makers: Vec<Purse>,
    /// Who takes part in rounds with a coordinator.
    pub rounds: Vec<Purse>,
    /// Who mixes in pools.
    pub poolers: Vec<Purse>,
    pub round_coordinator: Purse,
    pub pool_coordinator: Purse,
    pub pools: Pools,
}

/// Coins of one participant, and their sum.
pub(in crate::simulate) struct Share {
    pub purse: Purse,
    pub coins: Vec<Coin>,
    pub sum: u64,
}

impl Mixers {
    pub fn new(world: &mut World) -> Mixers {
        let mut coordinator = |name| {
            let entity = world.service(Category::CoinJoin, name, NOWHERE, SERVICE_SEGWIT, true);
            world.purse(entity, SERVICE_SEGWIT, Role::Change)
        };
        Mixers {
            makers: Vec::new(),
            rounds: Vec::new(),
            poolers: Vec::new(),
            round_coordinator: coordinator("round coordinator"),
            pool_coordinator: coordinator("pool coordinator"),
            pools: Pools::default(),
        }
    }

    /// Somebody has this software now.
    pub fn welcome(&mut self, purse: Purse, profile: u8) {
        match profile {
            MAKER_LEGACY | MAKER_SEGWIT => self.makers.push(purse),
            MIXER_ROUNDS => self.rounds.push(purse),
            MIXER_POOLS => self.poolers.push(purse),
            _ => {}
        }
    }

    /// Somebody takes part no more.
    pub fn forget(&mut self, purse: Purse) {
        for list in [&mut self.makers, &mut self.rounds, &mut self.poolers] {
            list.retain(|other| *other != purse);
        }
    }
}

/// Whether a profile is that of a mixer.
pub(in crate::simulate) fn is_mixer(profile: u8) -> bool {
    matches!(profile, MAKER_LEGACY | MAKER_SEGWIT | MIXER_ROUNDS | MIXER_POOLS)
}

impl City {
    /// Coins of a purse that have at least so much together, at most a few of them; nothing where there are none.
    pub fn share(&mut self, purse: Purse, least: u64, most_coins: usize) -> Option<Share> {
        let wallet = &mut self.world.wallets[purse.0 as usize];
        wallet.coins.sort_by_key(|coin| (std::cmp::Reverse(coin.value), coin.txid, coin.position));
        let mut sum = 0;
        let count = wallet.coins.iter().take(most_coins).take_while(|coin| {
            let wanted = sum < least;
            sum += if wanted { coin.value } else { 0 };
            wanted
        });
        let count = count.count();
        if sum < least {
            return None;
        }
        let mut coins: Vec<Coin> = wallet.coins.drain(..count).collect();
        // One address, one coin: what is spent together shows who belongs together anyway.
        coins.sort_by_key(|coin| coin.address.number());
        Some(Share { purse, coins, sum })
    }

    pub fn put_back(&mut self, shares: Vec<Share>) {
        for share in shares {
            self.world.wallet(share.purse).coins.extend(share.coins);
        }
    }

    /// Adds shares of different members of a list, of at least so much each, until there are so many.
    pub fn join_in(&mut self, shares: &mut Vec<Share>, members: &[Purse], count: usize, least: u64, most_coins: usize) {
        for _ in 0..count * 3 {
            if shares.len() >= count || members.is_empty() {
                break;
            }
            let purse = self.world.random.pick(members);
            if shares.iter().all(|share| share.purse != purse) {
                shares.extend(self.share(purse, least, most_coins));
            }
        }
    }

    /// The draft of a transaction of several.
    pub fn joint(&self, shares: &[Share], outputs: Vec<Pay>, why: Why, profile: u8, arrange: Arrange) -> Draft {
        let coins = |share: &Share| {
            let entity = self.world.entity_of(share.purse);
            share.coins.iter().map(move |coin| (entity, *coin)).collect::<Vec<(u32, Coin)>>()
        };
        let inputs = shares.iter().flat_map(coins).collect();
        Draft { inputs, outputs, entity: None, why, profile, arrange }
    }

    /// A fresh output of a participant, of a kind that mixers use.
    pub fn mixed(&mut self, purse: Purse, value: u64, what: What) -> Pay {
        let role = if what == What::MixChange { Role::Change } else { Role::Receive };
        let pay = self.own_address(purse);
        Pay { value, what, fresh: Some(role), ..pay }
    }

    /// Whether change is worth having.
    pub fn is_worth(amount: u64) -> bool {
        amount >= 3 * LEAST
    }
}
