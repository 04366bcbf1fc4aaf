//! A hidden service inside a city: an address for every user, nearly all never paid; payments from June 2015 to March 2018; its wallet,
//! and the ways out of it.

pub mod agenda;
pub mod cash_out;
pub mod files;
pub mod payers;

use crate::error::Result;
use crate::simulate::city::City;
use crate::simulate::city::exchange::Withdrawal;
use crate::simulate::city::person::Person;
use crate::simulate::hidden_service::agenda::{Numbers, Planned};
use crate::simulate::plan::Scenario;
use crate::simulate::truth::Place;
use crate::simulate::truth::words::{Category, Role, Route, What, Why};
use crate::simulate::world::clock::{EARLY_BLOCKS, year_of};
use crate::simulate::world::draft::Pay;
use crate::simulate::world::keys::{Address, Lock};
use crate::simulate::world::profile::MAKER_LEGACY;
use crate::simulate::world::wallet::{Coin, Purse};

/// What the service's own software is: a node of that time, whose addresses are all of one kind.
const SOFTWARE: u8 = 2;

/// So many makers, the first of the list, are kept rich enough for the service's own CoinJoins.
pub(in crate::simulate) const RICH_MAKERS: usize = 10;

/// As a part of a year.
const TWELVE_DAYS: f64 = 12.0 / 365.0;

pub(in crate::simulate) struct HiddenService {
    pub numbers: Numbers,
    /// The number of the first address that users were given.
    pub first_address: u32,
    /// Which of the addresses given were ever paid.
    pub paid: Vec<bool>,
    /// Payments of users that are not gathered yet.
    pub till: Purse,
    pub wallet: Purse,
    /// What is on its way out by a peel chain.
    pub peeling: Purse,
    /// Coins that came out of a CoinJoin.
    pub washed: Vec<Coin>,
    pub accounts: [Account; 3],
    pub users: Vec<User>,
    pub agenda: std::vec::IntoIter<Planned>,
    /// Payments that are under way.
    pub under_way: Vec<Step>,
    pub investigator: Purse,
    pub tests: Vec<(Place, u64)>,
    pub next_cash_out: f64,
    /// How often money was sent out.
    pub turn: usize,
    /// A usual step of the peel chain, in satoshi.
    pub peel_size: u64,
    next_ticket: u32,
}

/// An account at an exchange that takings are sold through, and whose it is.
#[derive(Clone, Copy)]
pub(in crate::simulate) struct Account {
    pub exchange: usize,
    pub deposit: Address,
    pub customer: u32,
    pub route: Route,
}

/// Somebody who pays the service.
#[derive(Clone, Copy)]
pub(in crate::simulate) struct User {
    /// Which of the addresses given is theirs.
    pub address: u32,
    /// None for those who pay with whatever coins they have: they are found when they pay.
    pub person: Option<u32>,
    /// Whether a payment is under way.
    pub is_busy: bool,
}

/// A payment under way.
#[derive(Clone, Copy)]
pub(in crate::simulate) struct Step {
    pub planned: Planned,
    pub ticket: u32,
    /// The withdrawal that paid for it, once it has come.
    pub withdrawal: Option<Place>,
    /// What is to be spent next.
    pub coin: Option<Coin>,
    pub tries: u32,
}

impl HiddenService {
    pub fn found(city: &mut City, scale: f64) -> HiddenService {
        let numbers = Numbers::at(scale);
        let agenda = numbers.agenda(&mut city.world.random);
        let world = &mut city.world;
        let country = world.country();
        let service = world.service(Category::HiddenService, "hidden service", country, SOFTWARE, false);
        let operator = world.service(Category::Person, "operator", country, SOFTWARE, false);
        let associates = ["associate 1", "associate 2"].map(|name| world.service(Category::Person, name, country, SOFTWARE, false));
        let investigator = world.service(Category::Investigator, "investigator", 0, SOFTWARE, false);
        let account = |exchange, customer, route| Account { exchange, deposit: Address::NONE, customer, route };
        let accounts = [
            account(0, operator, Route::Direct),
            account(1, associates[0], Route::PeelChain),
            account(3, associates[1], Route::CoinJoin),
        ];
        let users = agenda.iter().map(|planned| planned.user as usize + 1).max().unwrap_or(0);
        let users = vec![User { address: u32::MAX, person: None, is_busy: false }; users];
        let mut hidden = HiddenService {
            first_address: world.addresses(numbers.issued),
            paid: vec![false; numbers.issued as usize],
            till: world.purse(service, SOFTWARE, Role::Change),
            wallet: world.purse(service, SOFTWARE, Role::Change),
            peeling: world.purse(service, SOFTWARE, Role::Change),
            washed: Vec::new(),
            accounts,
            users,
            under_way: Vec::new(),
            investigator: world.purse(investigator, SOFTWARE, Role::Change),
            tests: Vec::new(),
            next_cash_out: 2015.55,
            turn: 0,
            peel_size: 0,
            next_ticket: 1,
            agenda: Vec::new().into_iter(),
            numbers,
        };
        hidden.sign_up(&agenda, city);
        hidden.agenda = agenda.into_iter();
        hidden
    }

    /// Gives every user who will pay an address, in the order in which they come: those who never pay are in between.
    fn sign_up(&mut self, agenda: &[Planned], city: &mut City) {
        let (given, paying) = (self.paid.len() as u64, self.users.len() as u64);
        for planned in agenda {
            let user = planned.user as u64;
            let slot = (user * given / paying)..((user + 1) * given / paying);
            if self.users[user as usize].address == u32::MAX {
                self.users[user as usize].address = city.world.random.between(slot.start, slot.end - 1) as u32;
            }
        }
    }

    /// An output to the address of a user.
    pub fn pay_user(&self, user: u32, amount: u64) -> Pay {
        let (address, known) = self.address_of(user);
        match known {
            true => Pay::again(address, self.till, amount, What::Payment),
            false => Pay::fresh(address, self.till, amount, What::Payment, Role::Receive),
        }
    }

    /// The address of a user, and whether it was paid before.
    pub fn address_of(&self, user: u32) -> (Address, bool) {
        let given = self.users[user as usize].address;
        (Address::new(Lock::P2pkh, self.first_address + given), self.paid[given as usize])
    }

    pub fn ticket(&mut self) -> u32 {
        self.next_ticket += 1;
        self.next_ticket
    }

    /// What happens around the service in a block.
    pub fn block(&mut self, city: &mut City) -> Result<()> {
        let year = city.world.now.year;
        if year < 2014.9 {
            return Ok(());
        }
        self.keep_makers_rich(city)?;
        self.fund_tests(city)?;
        self.go_on_paying(city)?;
        self.begin_payments(city)?;
        self.consolidate(city);
        self.cash_out(city)
    }

    /// People who only lend their coins to CoinJoins, with enough for large ones.
    fn keep_makers_rich(&mut self, city: &mut City) -> Result<()> {
        let wanted = self.numbers.total / 40;
        let rich =
            city.mixers.makers.iter().take(RICH_MAKERS).filter(|maker| city.world.wallets[maker.0 as usize].balance() > wanted / 2);
        if rich.count() >= 8 || !city.world.random.chance(200) {
            return Ok(());
        }
        if city.mixers.makers.len() < RICH_MAKERS {
            let country = city.world.country();
            let entity = city.world.entity(Category::Person, country, MAKER_LEGACY);
            let purse = city.world.purse(entity, MAKER_LEGACY, Role::Change);
            city.people.push(Person { purse, exchange: 0, deposit: Address::NONE, account: 0 });
            city.mixers.makers.insert(0, purse);
        }
        let maker = city.mixers.makers[city.world.random.index(RICH_MAKERS.min(city.mixers.makers.len()))];
        if city.world.wallet(maker).balance() < wanted / 2 { city.fill_up(maker, wanted) } else { Ok(()) }
    }

    /// The investigator buys coins for the test payments.
    fn fund_tests(&mut self, city: &mut City) -> Result<()> {
        let left = self.numbers.tests - self.tests.len();
        let need = left as u64 * (2_000_000 + 40 * city.world.now.rate);
        let is_time = (2017.55..2018.3).contains(&city.world.now.year);
        if is_time && left > 0 && city.world.wallet(self.investigator).balance() < need && city.world.random.chance(300) {
            city.fill_up(self.investigator, need)?;
        }
        Ok(())
    }

    /// Gathers what users have paid into the service's wallet, every other week or so.
    fn consolidate(&mut self, city: &mut City) {
        let (from, to) = Scenario::HiddenService.years();
        let blocks = (to - from) / (city.size.blocks - EARLY_BLOCKS) as f64;
        let waiting = city.world.wallet(self.till).coins.len();
        if waiting < 3 || !city.world.random.chance((1000.0 * blocks / TWELVE_DAYS) as u32) {
            return;
        }
        while city.world.wallet(self.till).coins.len() >= 2 && !city.world.block.is_full() {
            let coins = city.world.wallet(self.till).take_some(220);
            let address = city.world.address(Lock::P2pkh);
            let to = Pay::fresh(address, self.wallet, 0, What::Sweep, Role::Hot);
            if city.world.gather(self.till, coins, to, Why::Consolidation).is_none() {
                return;
            }
        }
    }

    /// A withdrawal whose coming will be told.
    pub fn withdrawal(&mut self, city: &City, to: Purse, address: Option<(Address, bool)>, amount: u64) -> Withdrawal {
        Withdrawal { customer: city.world.entity_of(to), to, address, amount, ticket: self.ticket() }
    }

    /// The date of a block as a year, which planned payments are compared with.
    pub fn now(city: &City) -> f64 {
        year_of(city.world.now.time)
    }
}
