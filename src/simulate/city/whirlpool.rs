//! Pools of equal coins: a first transaction cuts them to size, then five or more of them are mixed, again and again.

use crate::error::Result;
use crate::simulate::city::City;
use crate::simulate::truth::words::{Role, What, Why};
use crate::simulate::world::draft::{Arrange, BARE_WEIGHT, Draft, Pay};
use crate::simulate::world::keys::Lock;
use crate::simulate::world::payment::settle;
use crate::simulate::world::profile::{MIXER_POOLS, Order};
use crate::simulate::world::wallet::{Coin, Purse};

/// Amounts that are mixed, and what entering costs.
const POOLS: [(u64, u64); 4] = [(100_000, 5_000), (1_000_000, 50_000), (5_000_000, 175_000), (50_000_000, 1_750_000)];

/// Coins of one entry at most.
const MOST_CUT: u64 = 20;

/// Coins that wait to be mixed, for each pool: those that are new, and those that were mixed before.
#[derive(Default)]
pub(in crate::simulate) struct Pools {
    new: [Vec<(Purse, Coin)>; POOLS.len()],
    mixed: [Vec<(Purse, Coin)>; POOLS.len()],
}

/// A mix has an input that pays and costs about so much weight.
const MIX_WEIGHT: u64 = BARE_WEIGHT + 8 * (272 + 124);

impl City {
    /// Somebody cuts their coins to the size of a pool.
    pub fn enter_pool(&mut self) -> Result<bool> {
        if self.mixers.poolers.is_empty() {
            return Ok(false);
        }
        let purse = self.mixers.poolers[self.world.random.index(self.mixers.poolers.len())];
        let balance = self.world.wallet(purse).balance();
        let excess = self.excess();
        let fits = |(amount, fee): &(u64, u64)| balance > 2 * (amount + excess) + 2 * fee;
        let Some(pool) = POOLS.iter().rposition(fits) else { return Ok(false) };
        let (amount, fee) = POOLS[pool];
        let Some(share) = self.share(purse, balance * 9 / 10, 6) else { return Ok(false) };
        let rate = self.world.rate();
        let cost = fee + (BARE_WEIGHT + share.coins.len() as u64 * 592 + 600 + MOST_CUT * 124) * rate / 1000;
        let count = (share.sum.saturating_sub(cost) / (amount + excess)).min(MOST_CUT);
        if count == 0 {
            self.put_back(vec![share]);
            return Ok(false);
        }
        let mut outputs = vec![Pay::data()];
        outputs.push(self.world.pay_static(self.mixers.pool_coordinator, fee, What::CoordinatorFee, Role::Reused));
        outputs.extend((0..count).map(|_| self.pool_output(purse, amount + excess)));
        outputs.push(self.mixed(purse, 0, What::MixChange));
        let mut draft = self.joint(&[share], outputs, Why::Tx0, MIXER_POOLS, Arrange::As(Order::Bip69));
        draft.entity = Some(self.world.entity_of(purse));
        settle(&mut draft, rate);
        self.cut(draft, purse, pool);
        Ok(true)
    }

    /// The pieces wait in the pool from now on.
    fn cut(&mut self, draft: Draft, purse: Purse, pool: usize) {
        let coordinator = draft.outputs[1].address;
        self.world.commit(draft);
        let coins = std::mem::take(&mut self.world.kept);
        self.mixers.pools.new[pool].extend(coins.into_iter().map(|coin| (purse, coin)));
        let entity = self.world.entity_of(self.mixers.pool_coordinator);
        self.world.publish(entity, coordinator);
    }

    /// What a new coin has beyond the pool's amount, to pay for its first mix.
    fn excess(&self) -> u64 {
        (MIX_WEIGHT * self.world.now.rate / 1000).clamp(300, 90_000)
    }

    fn pool_output(&mut self, purse: Purse, value: u64) -> Pay {
        let address = self.world.address(Lock::P2wpkh);
        Pay { kept: true, ..Pay::fresh(address, purse, value, What::Mix, Role::Receive) }
    }

    /// Five to eight coins of different people become as many equal ones.
    pub fn whirlpool(&mut self) -> Result<bool> {
        let pool = self.world.random.index(POOLS.len());
        let size = self.world.random.pick(&[5, 5, 5, 6, 8]);
        let new = self.world.random.between(1, 3) as usize;
        let mut inputs = take(&mut self.mixers.pools.new[pool], new, &[]);
        let mixed = take(&mut self.mixers.pools.mixed[pool], size - inputs.len(), &inputs);
        let first_mix = self.mixers.pools.mixed[pool].is_empty() && mixed.is_empty() && !inputs.is_empty();
        inputs.extend(mixed);
        if first_mix {
            self.seed_pool(pool, inputs);
            return Ok(false);
        }
        let amount = POOLS[pool].0;
        let count_new = inputs.iter().filter(|(_, coin)| coin.value > amount).count();
        if inputs.len() < 5 || count_new == 0 || count_new == inputs.len() {
            self.return_coins(pool, inputs);
            return Ok(false);
        }
        let outputs = inputs.iter().map(|(purse, _)| *purse).collect::<Vec<Purse>>();
        let outputs: Vec<Pay> = outputs.into_iter().map(|purse| self.pool_output(purse, amount)).collect();
        let owners: Vec<Purse> = inputs.iter().map(|(purse, _)| *purse).collect();
        let inputs = inputs.into_iter().map(|(purse, coin)| (self.world.entity_of(purse), coin)).collect();
        let draft =
            Draft { inputs, outputs, entity: None, why: Why::Whirlpool, profile: MIXER_POOLS, arrange: Arrange::As(Order::Bip69) };
        self.world.commit(draft);
        for (purse, coin) in owners.into_iter().zip(std::mem::take(&mut self.world.kept)) {
            match self.world.random.chance(250) {
                true => self.world.wallet(purse).coins.push(coin),
                false => self.mixers.pools.mixed[pool].push((purse, coin)),
            }
        }
        Ok(true)
    }

    /// A pool's first coins of the exact amount are those that somebody pays to themselves.
    fn seed_pool(&mut self, pool: usize, waiting: Vec<(Purse, Coin)>) {
        self.return_coins(pool, waiting);
        let amount = POOLS[pool].0;
        let members = std::mem::take(&mut self.mixers.poolers);
        let (rate, mut shares) = (self.world.rate(), Vec::new());
        self.join_in(&mut shares, &members, 8, amount + 4 * rate + 10_000, 3);
        self.mixers.poolers = members;
        for share in shares {
            let pay = self.pool_output(share.purse, amount);
            self.world.spend(share.purse, share.coins, vec![pay], Why::SelfTransfer, rate);
            let coins = std::mem::take(&mut self.world.kept);
            self.mixers.pools.mixed[pool].extend(coins.into_iter().map(|coin| (share.purse, coin)));
        }
    }

    fn return_coins(&mut self, pool: usize, coins: Vec<(Purse, Coin)>) {
        let amount = POOLS[pool].0;
        let (new, mixed): (Vec<_>, Vec<_>) = coins.into_iter().partition(|(_, coin)| coin.value > amount);
        self.mixers.pools.new[pool].extend(new);
        self.mixers.pools.mixed[pool].extend(mixed);
    }
}

/// Takes up to so many coins out of a queue, the oldest first, of people who are not among the others and only once each.
fn take(queue: &mut Vec<(Purse, Coin)>, count: usize, others: &[(Purse, Coin)]) -> Vec<(Purse, Coin)> {
    let mut taken: Vec<(Purse, Coin)> = Vec::with_capacity(count);
    let mut at = 0;
    while at < queue.len().min(200) && taken.len() < count {
        let purse = queue[at].0;
        if others.iter().chain(&taken).any(|(other, _)| *other == purse) {
            at += 1;
        } else {
            taken.push(queue.remove(at));
        }
    }
    taken
}
