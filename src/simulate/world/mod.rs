//! Everything that all actors share: the chain as it grows, the purses, the entities, and the truth.

pub mod block;
pub mod books;
pub mod clock;
pub mod commit;
pub mod draft;
pub mod files;
pub mod keys;
pub mod mine;
pub mod payment;
pub mod profile;
pub mod rng;
pub mod wallet;

use std::collections::{HashSet, VecDeque};
use std::path::Path;

use crate::error::Result;
use crate::simulate::truth::words::{COUNTRIES, Category, Movement, Role, What};
use crate::simulate::truth::{Place, Truth};
use crate::simulate::world::block::Block;
use crate::simulate::world::books::Books;
use crate::simulate::world::clock::{usual_fee, year_of};
use crate::simulate::world::commit::Parts;
use crate::simulate::world::draft::Pay;
use crate::simulate::world::files::BlockFiles;
use crate::simulate::world::keys::{Address, Keys, Lock, MOST_ADDRESSES};
use crate::simulate::world::profile::PROFILES;
use crate::simulate::world::rng::Random;
use crate::simulate::world::wallet::{Coin, Purse, Wallet};

/// Somebody who holds keys.
pub(in crate::simulate) struct Entity {
    pub category: Category,
    /// A place in [`COUNTRIES`], or beyond them where there is none.
    pub country: u8,
    pub profile: u8,
    pub is_public: bool,
}

/// No country.
pub(in crate::simulate) const NOWHERE: u8 = COUNTRIES.len() as u8;

/// What everybody knows at the moment.
#[derive(Clone, Copy)]
pub(in crate::simulate) struct Now {
    pub height: u32,
    pub time: u32,
    pub year: f64,
    /// Satoshi for a thousand units of weight.
    pub rate: u64,
}

/// Makes streams of random numbers for different ends from one seed.
const FOR_KEYS: u64 = 0x006b_6579_7300_0001;
const FOR_MASK: u64 = 0x006d_6173_6b00_0002;

pub(in crate::simulate) struct World {
    pub random: Random,
    pub keys: Keys,
    pub now: Now,
    pub wallets: Vec<Wallet>,
    pub entities: Vec<Entity>,
    /// Names of those who are not just anybody.
    pub names: Vec<(u32, String)>,
    /// Addresses that everybody knows to be somebody's.
    pub public: Vec<(u32, Address)>,
    /// The same addresses, to be asked and never to be gone through: its order is not the same everywhere.
    is_public: HashSet<Address>,
    pub books: Books,
    pub block: Block,
    pub parts: Parts,
    pub truth: Truth,
    pub files: BlockFiles,
    pub tip: [u8; 32],
    pub immature: VecDeque<(u32, Purse, Coin)>,
    /// Where the outputs of the last transaction stand, in the order of its draft.
    pub placed: Vec<u32>,
    /// Coins of the last transaction that are in no purse yet, in the order of its draft.
    pub kept: Vec<Coin>,
    /// The address of the first coin that the last transaction spent.
    pub first_input: Address,
    /// Who the coins are booked for that nobody can spend.
    pub burner: u32,
    pub has_burnt: bool,
    /// A usual payment, in satoshi: there is only so much money for so many people.
    pub unit: u64,
    /// Transactions so far.
    pub made: u64,
    next_address: u32,
}

impl World {
    pub fn new(seed: u64, unit: u64, folder: &Path, with_service: bool) -> Result<World> {
        let truth = folder.join("truth");
        std::fs::create_dir(&truth).map_err(crate::Error::io("create", &truth))?;
        let key = Random::new(seed ^ FOR_MASK).next().to_le_bytes();
        let mut world = World {
            random: Random::new(seed),
            keys: Keys::new(Random::new(seed ^ FOR_KEYS).next()),
            now: Now { height: 0, time: 0, year: 2011.0, rate: 250 },
            wallets: Vec::new(),
            entities: Vec::new(),
            names: Vec::new(),
            public: Vec::new(),
            is_public: HashSet::new(),
            books: Books::default(),
            block: Block::default(),
            parts: Parts::default(),
            truth: Truth::create(&truth, with_service)?,
            files: BlockFiles::create(&folder.join("blocks"), key)?,
            tip: [0; 32],
            immature: VecDeque::new(),
            placed: Vec::new(),
            kept: Vec::new(),
            first_input: Address::NONE,
            burner: 0,
            has_burnt: false,
            unit,
            made: 1,
            next_address: 0,
        };
        world.burner = world.service(Category::Burn, "no key", NOWHERE, 0, false);
        world.genesis()?;
        Ok(world)
    }

    /// Begins the next block.
    pub fn begin(&mut self, time: u32) {
        let year = year_of(time);
        let usual = usual_fee(year) * self.unit.clamp(30_000, 1_000_000) / 1_000_000;
        let rate = self.random.around(usual, 0.5).max(1_000) / 4;
        self.now = Now { height: self.now.height + 1, time, year, rate };
        self.block.clear();
        while self.immature.front().is_some_and(|(height, ..)| height + 100 <= self.now.height) {
            let (_, purse, coin) = self.immature.pop_front().expect("there is a front");
            self.wallet(purse).coins.push(coin);
        }
    }

    pub fn entity(&mut self, category: Category, country: u8, profile: u8) -> u32 {
        self.entities.push(Entity { category, country, profile, is_public: false });
        self.entities.len() as u32 - 1
    }

    /// An entity with a name of its own.
    pub fn service(&mut self, category: Category, name: &str, country: u8, profile: u8, is_public: bool) -> u32 {
        let entity = self.entity(category, country, profile);
        self.entities[entity as usize].is_public = is_public;
        self.names.push((entity, name.to_string()));
        entity
    }

    pub fn purse(&mut self, entity: u32, profile: u8, change: Role) -> Purse {
        self.wallets.push(Wallet { coins: Vec::new(), entity, address: Address::NONE, profile, change });
        Purse(self.wallets.len() as u32 - 1)
    }

    pub fn wallet(&mut self, purse: Purse) -> &mut Wallet {
        &mut self.wallets[purse.0 as usize]
    }

    pub fn entity_of(&self, purse: Purse) -> u32 {
        self.wallets[purse.0 as usize].entity
    }

    pub fn country(&mut self) -> u8 {
        let weights = COUNTRIES.map(|(_, people)| people);
        self.random.weighted(&weights) as u8
    }

    /// An address that nobody has seen. There are as many as there can be keys of 28 bits.
    pub fn address(&mut self, lock: Lock) -> Address {
        assert!(self.next_address < MOST_ADDRESSES, "the scale is limited so that addresses last");
        self.next_address += 1;
        Address::new(lock, self.next_address - 1)
    }

    /// Sets aside so many addresses of one kind; returns the number of the first.
    pub fn addresses(&mut self, count: u32) -> u32 {
        self.next_address += count;
        self.next_address - count
    }

    /// A payment to a purse at an address that its software gives: mostly a fresh one.
    pub fn pay(&mut self, to: Purse, value: u64, what: What) -> Pay {
        let Wallet { profile, address, .. } = self.wallets[to.0 as usize];
        let profile = &PROFILES[profile as usize];
        if !address.is_none() && self.random.chance(profile.reuse) {
            return Pay::again(address, to, value, what);
        }
        let role = if profile.reuse >= 500 { Role::Reused } else { Role::Receive };
        let fresh = self.address(profile.lock);
        Pay::fresh(fresh, to, value, what, role)
    }

    /// A payment for a block: to the one address of a pool, or to a bare key of somebody who mines alone.
    pub fn pay_block(&mut self, to: Purse, value: u64) -> Pay {
        let wallet = &self.wallets[to.0 as usize];
        if wallet.change == Role::Payout || !wallet.address.is_none() {
            return self.pay_static(to, value, What::Coinbase, Role::Coinbase);
        }
        let key = self.address(Lock::P2pkLong);
        Pay::fresh(key, to, value, What::Coinbase, Role::Coinbase)
    }

    /// A payment to the one address that a purse always gives.
    pub fn pay_static(&mut self, to: Purse, value: u64, what: What, role: Role) -> Pay {
        let address = self.wallets[to.0 as usize].address;
        if !address.is_none() {
            return Pay::again(address, to, value, what);
        }
        let lock = PROFILES[self.wallets[to.0 as usize].profile as usize].lock;
        let fresh = self.address(lock);
        Pay::fresh(fresh, to, value, what, role)
    }

    /// Makes an address known as somebody's.
    pub fn publish(&mut self, entity: u32, address: Address) {
        if self.entities[entity as usize].is_public && self.is_public.insert(address) {
            self.public.push((entity, address));
        }
    }

    /// Notes a movement on the books of a service.
    pub fn account(&mut self, service: u32, customer: u32, kind: Movement, place: Option<Place>, amount: i64) -> Result<()> {
        self.truth.account(service, customer, kind, place, amount, self.now.time)
    }

    pub fn name(&self, entity: u32) -> String {
        let named = self.names.binary_search_by_key(&entity, |(entity, _)| *entity);
        named.map_or_else(|_| format!("person {entity}"), |at| self.names[at].1.clone())
    }
}
