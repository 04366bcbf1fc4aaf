//! A city: people with wallets, and the services that they use.

pub mod exchange;
pub mod joinmarket;
pub mod merchant;
pub mod mixers;
pub mod oddities;
pub mod person;
pub mod pool;
pub mod wasabi;
pub mod whirlpool;

use crate::error::Result;
use crate::simulate::city::exchange::Exchange;
use crate::simulate::city::merchant::{Merchant, Processor};
use crate::simulate::city::mixers::Mixers;
use crate::simulate::city::person::Person;
use crate::simulate::city::pool::Pool;
use crate::simulate::truth::words::{Category, Role};
use crate::simulate::world::World;
use crate::simulate::world::clock::{EARLY_BLOCKS, Slot, adoption};
use crate::simulate::world::profile::{SERVICE_LEGACY, SERVICE_SEGWIT};
use crate::simulate::world::wallet::Purse;

pub(in crate::simulate) struct City {
    pub world: World,
    pub people: Vec<Person>,
    /// Those who still have their keys.
    pub living: Vec<u32>,
    pub exchanges: Vec<Exchange>,
    pub merchants: Vec<Merchant>,
    pub processors: Vec<Processor>,
    pub pools: Vec<Pool>,
    pub houses: Vec<Purse>,
    pub charities: Vec<Purse>,
    pub mixers: Mixers,
    pub duster: Purse,
    /// Withdrawals that somebody waits for: a ticket, and where the money came to.
    pub tickets: Vec<(u32, [u8; 32], u32)>,
    pub size: Size,
    /// The part of the story that is over, from 0 to 1.
    pub part: f64,
    /// Transactions that earlier blocks had no room for, and those that they had too many.
    owed: i64,
}

/// How much there is of everything.
#[derive(Clone, Copy, Debug)]
pub(in crate::simulate) struct Size {
    pub people: u64,
    pub blocks: u32,
    pub transactions: u64,
}

/// Transactions that a person makes or sees made, roughly.
const TRANSACTIONS_EACH: u64 = 12;

/// Satoshi that are mined in the early phase, nearly all that there ever are.
pub(in crate::simulate) const SUPPLY: u64 = 1_340_000_000_000;

impl Size {
    pub fn of(transactions: u64, blocks: usize) -> Size {
        Size { people: (transactions / TRANSACTIONS_EACH).max(60), blocks: blocks as u32, transactions }
    }

    /// A usual payment, in satoshi.
    pub fn unit(&self) -> u64 {
        (SUPPLY / self.people / 40).max(12_000)
    }

    /// A number of services that grows slowly with the city: with its square root, from the least to the most.
    fn services(&self, least: u64, most: u64) -> u64 {
        (self.transactions / 2_000).isqrt().clamp(least, most)
    }

    /// Transactions of a usual block.
    pub fn per_block(&self) -> u64 {
        (self.transactions / (self.blocks - EARLY_BLOCKS) as u64).max(1)
    }
}

impl City {
    pub fn new(mut world: World, size: Size) -> City {
        let duster = world.service(Category::Person, "dust sender", 0, SERVICE_LEGACY, false);
        let duster = world.purse(duster, SERVICE_LEGACY, Role::Change);
        let mixers = Mixers::new(&mut world);
        let mut city = City {
            world,
            people: Vec::new(),
            living: Vec::new(),
            exchanges: Vec::new(),
            merchants: Vec::new(),
            processors: Vec::new(),
            pools: Vec::new(),
            houses: Vec::new(),
            charities: Vec::new(),
            mixers,
            duster,
            tickets: Vec::new(),
            size,
            part: 0.0,
            owed: 0,
        };
        city.found();
        city
    }

    /// Founds the services.
    fn found(&mut self) {
        let size = self.size;
        (0..size.services(4, 12)).for_each(|i| self.found_exchange(i as usize, Category::Exchange));
        self.found_exchange(2, Category::Custodian);
        (0..size.services(4, 40)).for_each(|i| self.found_merchant(i as usize));
        (0..size.services(1, 3)).for_each(|i| self.found_processor(i as usize));
        (0..size.services(3, 8)).for_each(|i| self.found_pool(i as usize));
        for i in 0..size.services(2, 5) {
            let house = self.found_purse(Category::Gambling, &format!("casino {}", i + 1), true);
            self.houses.push(house);
        }
        for i in 0..size.services(2, 12) {
            let charity = self.found_purse(Category::Donation, &format!("charity {}", i + 1), i % 4 != 3);
            self.charities.push(charity);
        }
    }

    pub fn found_purse(&mut self, category: Category, name: &str, is_public: bool) -> Purse {
        let country = self.world.country();
        let entity = self.world.service(category, name, country, SERVICE_LEGACY, is_public);
        self.world.purse(entity, SERVICE_LEGACY, Role::Change)
    }

    /// One block: what a scenario does first, then services, then people, until it is as full as it should be.
    pub fn block(&mut self, slot: Slot, first: &mut dyn FnMut(&mut City) -> Result<()>) -> Result<()> {
        self.world.begin(slot.time);
        let height = self.world.now.height;
        if height > EARLY_BLOCKS {
            self.part = (height - EARLY_BLOCKS) as f64 / (self.size.blocks - EARLY_BLOCKS) as f64;
            self.owed += slot.transactions as i64;
            first(self)?;
            self.services()?;
            self.fill()?;
            self.owed -= self.world.block.txids.len() as i64;
            self.lose_keys();
        }
        let (miner, tag) = self.miner();
        self.world.mine(miner, &tag)
    }

    fn services(&mut self) -> Result<()> {
        self.exchange_work()?;
        self.pay_miners()?;
        self.merchant_work()
    }

    /// People do this and that.
    fn fill(&mut self) -> Result<()> {
        let want = self.owed.max(1) as usize;
        for _ in 0..want * 8 + 20 {
            if self.world.block.txids.len() >= want || self.world.block.is_full() {
                break;
            }
            self.live()?;
        }
        Ok(())
    }

    /// How many people there should be by now.
    pub fn expected(&self) -> u64 {
        (self.size.people as f64 * adoption(self.part)) as u64
    }

    /// The profile of a service that goes with the time.
    pub fn modern(&self, since: f64) -> u8 {
        if self.world.now.year >= since { SERVICE_SEGWIT } else { SERVICE_LEGACY }
    }

    /// Tells the truth about everybody; returns the world.
    pub fn close(mut self) -> Result<World> {
        let entities = std::mem::take(&mut self.world.entities);
        for (number, entity) in entities.iter().enumerate() {
            let name = self.world.name(number as u32);
            let country = crate::simulate::truth::words::COUNTRIES.get(entity.country as usize).map_or("", |(country, _)| country);
            self.world.truth.entity(number as u32, &name, entity.category, country, entity.profile, entity.is_public)?;
        }
        self.world.entities = entities;
        Ok(self.world)
    }
}
