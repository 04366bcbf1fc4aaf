//! The ways out of the hidden service's wallet: straight to an exchange, down a peel chain, and through CoinJoins.

use crate::error::Result;
use crate::simulate::city::City;
use crate::simulate::hidden_service::{Account, HiddenService, RICH_MAKERS};
use crate::simulate::truth::Place;
use crate::simulate::truth::words::{Role, Route, What, Why};
use crate::simulate::world::draft::Pay;
use crate::simulate::world::keys::Lock;
use crate::simulate::world::payment::LEAST;

/// The accounts, in the order in which money is sent to them, again and again.
const TURNS: [usize; 5] = [0, 1, 2, 0, 1];

/// What comes in after this is still there when the service is found.
const LAST: f64 = 2018.09;

/// Steps of a peel chain in one block at most.
const STEPS: usize = 4;

impl HiddenService {
    pub fn cash_out(&mut self, city: &mut City) -> Result<()> {
        self.sell_washed(city)?;
        self.peel_on(city)?;
        let now = HiddenService::now(city);
        let balance = city.world.wallet(self.wallet).balance();
        if now < self.next_cash_out || now > LAST || balance < 5_000_000 || city.world.block.is_full() {
            return Ok(());
        }
        let part = city.world.random.between(50, 85);
        let amount = balance * part / 100;
        let turn = TURNS[self.turn % TURNS.len()];
        let began = match self.accounts[turn].route {
            Route::Direct => self.sell(city, turn, amount)?,
            Route::PeelChain => self.begin_to_peel(city, amount),
            Route::CoinJoin => self.wash(city, amount),
        };
        if began {
            self.turn += 1;
            self.next_cash_out = now + 0.05 + city.world.random.real() * 0.06;
        }
        Ok(())
    }

    /// A payment into one of the accounts.
    fn deposit(&self, city: &mut City, account: usize, amount: u64) -> Pay {
        let Account { exchange, deposit, customer, .. } = self.accounts[account];
        city.deposit(exchange, deposit, customer, amount)
    }

    /// A deposit has come: it is booked, and sold.
    fn sold(&mut self, city: &mut City, account: usize, place: Place, pay: &Pay) -> Result<()> {
        let Account { exchange, customer, route, .. } = self.accounts[account];
        self.accounts[account].deposit = pay.address;
        let entity = city.exchanges[exchange].entity;
        city.deposited(exchange, customer, place, pay.value)?;
        city.transferred(exchange, customer, -(pay.value as i64))?;
        city.world.truth.cashout(place, entity, pay.value, route, customer)
    }

    fn sell(&mut self, city: &mut City, account: usize, amount: u64) -> Result<bool> {
        let pay = self.deposit(city, account, amount);
        let Some(txid) = city.world.send(self.wallet, vec![pay], Why::Payment) else { return Ok(false) };
        let place = city.world.place(txid, 0);
        self.sold(city, account, place, &pay)?;
        Ok(true)
    }

    /// One coin of the whole amount, from which the chain begins.
    fn begin_to_peel(&mut self, city: &mut City, amount: u64) -> bool {
        if !city.world.wallet(self.peeling).coins.is_empty() {
            return false;
        }
        let address = city.world.address(Lock::P2pkh);
        let pay = Pay::fresh(address, self.peeling, amount, What::Payment, Role::Change);
        self.peel_size = amount / city.world.random.between(6, 25);
        city.world.send(self.wallet, vec![pay], Why::SelfTransfer).is_some()
    }

    /// Some steps of a peel chain: a little to the exchange, now and then a little to somebody else, and the rest goes on.
    fn peel_on(&mut self, city: &mut City) -> Result<()> {
        for _ in 0..STEPS {
            let left = city.world.wallet(self.peeling).balance();
            if left == 0 || city.world.block.is_full() {
                return Ok(());
            }
            let step = city.world.random.around(self.peel_size, 0.5).max(10 * LEAST);
            if left < step * 2 {
                return self.end_of_chain(city);
            }
            if city.world.random.chance(150) {
                let somebody = city.payee();
                let somebody = city.purse_of(somebody);
                let pay = city.world.pay(somebody, step / 4, What::Payment);
                city.peel(self.peeling, vec![pay]);
                continue;
            }
            let pay = self.deposit(city, 1, step);
            let Some(txid) = city.peel(self.peeling, vec![pay]) else { return Ok(()) };
            let place = city.world.place(txid, 0);
            self.sold(city, 1, place, &pay)?;
        }
        Ok(())
    }

    fn end_of_chain(&mut self, city: &mut City) -> Result<()> {
        let coins = city.world.wallet(self.peeling).take_some(10);
        let mut pay = self.deposit(city, 1, 0);
        let Some(txid) = city.world.gather(self.peeling, coins, pay, Why::Payment) else {
            return Ok(());
        };
        pay.value = city.world.block.outputs.last().map_or(0, |output| output.value);
        self.sold(city, 1, (txid, 0), &pay)
    }

    /// A CoinJoin of as much as there are others to mix with.
    fn wash(&mut self, city: &mut City, amount: u64) -> bool {
        for part in [1, 2, 3, 5, 8, 16] {
            let amount = amount / part;
            let makers = city.world.random.between(3, 6) as usize;
            let Some(share) = city.share(self.wallet, amount + city.taker_cost(makers as u64), 12) else { continue };
            let Some((coin, _)) = city.join_with(share, amount, makers, RICH_MAKERS) else { continue };
            let coins = &mut city.world.wallet(self.wallet).coins;
            coins.retain(|other| (other.txid, other.position) != (coin.txid, coin.position));
            self.washed.push(coin);
            return true;
        }
        false
    }

    /// What came out of a CoinJoin is sold a while later.
    fn sell_washed(&mut self, city: &mut City) -> Result<()> {
        if self.washed.is_empty() || !city.world.random.chance(300) {
            return Ok(());
        }
        let coins = std::mem::take(&mut self.washed);
        let mut pay = self.deposit(city, 2, 0);
        let Some(txid) = city.world.gather(self.wallet, coins, pay, Why::Payment) else { return Ok(()) };
        pay.value = city.world.block.outputs.last().map_or(0, |output| output.value);
        self.sold(city, 2, (txid, 0), &pay)
    }
}
