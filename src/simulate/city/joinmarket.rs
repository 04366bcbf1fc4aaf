//! CoinJoins of a taker with makers who are paid for it: equal outputs, and a change for nearly everybody.

use crate::error::Result;
use crate::simulate::city::City;
use crate::simulate::city::mixers::Share;
use crate::simulate::truth::words::{What, Why};
use crate::simulate::world::draft::{Arrange, Pay};
use crate::simulate::world::payment::LEAST;
use crate::simulate::world::profile::{MAKER_LEGACY, MAKER_SEGWIT, Order};
use crate::simulate::world::wallet::{Coin, Purse};

/// The least amount that is mixed.
const LEAST_MIXED: u64 = 5 * LEAST;

impl City {
    /// Somebody mixes what they have.
    pub fn join_market(&mut self) -> Result<bool> {
        if self.mixers.makers.len() < 5 {
            return Ok(false);
        }
        let taker = self.mixers.makers[self.world.random.index(self.mixers.makers.len())];
        let balance = self.world.wallet(taker).balance();
        let part = self.world.random.between(20, 70);
        let amount = balance * part / 100;
        let reserve = self.taker_cost(6);
        if amount < LEAST_MIXED || amount + reserve > balance {
            return Ok(false);
        }
        let Some(share) = self.share(taker, amount + reserve, 4) else { return Ok(false) };
        let makers = self.world.random.between(3, 8) as usize;
        Ok(self.join_with(share, amount, makers, usize::MAX).is_some())
    }

    /// What a taker pays at most, besides what is mixed.
    pub fn taker_cost(&self, makers: u64) -> u64 {
        2 * self.world.now.rate * 3 * (1 + makers) + 2_000
    }

    /// A CoinJoin of a taker's coins with those of so many makers, out of the first so many of the list; returns the taker's equal output and its place. The coins go
    /// back where too few makers have enough.
    pub fn join_with(&mut self, taker: Share, amount: u64, makers: usize, among: usize) -> Option<(Coin, Purse)> {
        let members = std::mem::take(&mut self.mixers.makers);
        let mut shares = vec![taker];
        self.join_in(&mut shares, &members[..among.min(members.len())], makers + 1, amount + LEAST_MIXED, 3);
        self.mixers.makers = members;
        if shares.len() < 4 {
            self.put_back(shares);
            return None;
        }
        let purse = shares[0].purse;
        let earned = amount / 5_000 + 100;
        let mut outputs = Vec::with_capacity(2 * shares.len());
        for share in &shares[1..] {
            outputs.push(self.mixed(share.purse, amount, What::Mix));
            outputs.push(self.mixed(share.purse, share.sum - amount + earned, What::MixChange));
        }
        outputs.push(Pay { kept: true, ..self.mixed(purse, amount, What::Mix) });
        let profile = if self.world.now.year < 2018.2 { MAKER_LEGACY } else { MAKER_SEGWIT };
        let mut draft = self.joint(&shares, outputs, Why::JoinMarket, profile, Arrange::As(Order::Random));
        let fee = (draft.weight() + 136) * self.world.now.rate / 1000;
        let Some(left) = draft.put_in().checked_sub(draft.paid()).filter(|left| *left >= fee / 3) else {
            self.put_back(shares);
            return None;
        };
        let change = left.saturating_sub(fee);
        if City::is_worth(change) {
            draft.outputs.push(self.mixed(purse, change, What::MixChange));
        }
        self.world.commit(draft);
        let coin = self.world.kept[0];
        self.world.wallet(purse).coins.push(coin);
        Some((coin, purse))
    }
}
