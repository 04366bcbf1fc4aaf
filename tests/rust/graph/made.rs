//! Movements to ask: those of real traces of the bundled chain, and ones made up here.

use std::sync::OnceLock;

use satrail::chain::Chain;
use satrail::cluster::{Clusters, Settings};
use satrail::ids::{AddrNum, OutNum, TxNum};
use satrail::trace::graph::{Movements, Which};
use satrail::trace::{Direction, Movement, Place, Policy, Source, SourceItem, Trace, TraceOptions};

use crate::build::Rng;
use crate::common::DemoStore;

/// The bundled chain.
pub fn demo() -> Chain {
    static STORE: OnceLock<(DemoStore, Chain)> = OnceLock::new();
    let open = || {
        let store = DemoStore::new(None);
        let chain = Chain::open(&store.path).unwrap();
        (store, chain)
    };
    STORE.get_or_init(open).1.clone()
}

/// With the clusters of the bundled chain.
pub fn with_clusters(movements: Movements) -> Movements {
    movements.with_clusters(Some(clusters())).unwrap()
}

pub fn clusters() -> Clusters {
    static CLUSTERS: OnceLock<Clusters> = OnceLock::new();
    let made = CLUSTERS.get_or_init(|| {
        let chain = demo();
        chain.cluster_anew(Settings::of(chain.network()), 1, &mut || true).unwrap()
    });
    made.clone()
}

/// A trace and its movements.
pub type Traced = (Trace, Movements);

pub fn traced(chain: &Chain, source: &[u64], direction: Direction, max_tx_hops: Option<u32>) -> Traced {
    trace(chain, source, &options(direction, Policy::Haircut, max_tx_hops))
}

/// How a trace is done.
pub fn options(direction: Direction, policy: Policy, max_tx_hops: Option<u32>) -> TraceOptions {
    TraceOptions { direction, policy, max_tx_hops, ..TraceOptions::default() }
}

pub fn trace(chain: &Chain, source: &[u64], options: &TraceOptions) -> Traced {
    let items = source.iter().copied().map(|output| SourceItem::Output(OutNum(output)));
    let trace = chain.trace(&Source::of(chain, items).unwrap(), options, |_| true).unwrap();
    let movements = trace.moved(|_| true).unwrap();
    (trace, movements)
}

/// The parts that two lists of amounts with one sum have in common when both are laid end to end.
pub fn pairs(by: TxNum, left: &[(Place, u64)], right: &[(Place, u64)]) -> Vec<Movement> {
    let (mut left, mut right) = (left.to_vec(), right.to_vec());
    let (mut i, mut j, mut found) = (0, 0, Vec::new());
    while i < left.len() && j < right.len() {
        let amount = left[i].1.min(right[j].1);
        if amount > 0 {
            found.push(Movement { by, from: left[i].0, to: right[j].0, amount });
        }
        left[i].1 -= amount;
        right[j].1 -= amount;
        i += usize::from(left[i].1 == 0);
        j += usize::from(j < right.len() && right[j].1 == 0);
    }
    found
}

/// What a list of random movements may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Outputs,
    /// Wallets that are paid and pay again and again.
    Accounts,
}

/// A few passages over a few places. Numbers are those of rows that the bundled chain has, and mean nothing else.
pub fn random(seed: u64, kind: Kind, direction: Direction) -> Movements {
    let mut rng = Rng::new(seed);
    let mut next = 100;
    let mut fresh = |rng: &mut Rng| match kind {
        Kind::Accounts => Place::Account(AddrNum(rng.below(9) as u32)),
        Kind::Outputs => {
            next += 1;
            Place::Output(OutNum(next))
        }
    };
    let mut here: Vec<(Place, u64)> = Vec::new();
    for _ in 0..1 + rng.below(3) {
        let place = fresh(&mut rng);
        if here.iter().all(|(known, _)| *known != place) {
            here.push((place, 1 + rng.below(60) as u64));
        }
    }
    let (source, mut rows) = (here.clone(), Vec::new());
    for passage in 0..2 + rng.below(7) {
        let by = TxNum(200 + passage as u32);
        let left = taken(&mut here, kind, &mut rng);
        let mut total: u64 = left.iter().map(|(_, amount)| amount).sum();
        let mut right: Vec<(Place, u64)> = Vec::new();
        while total > 0 {
            // Of nine accounts one is always left.
            let amount = if right.len() == 4 || rng.one_in(3) { total } else { 1 + rng.below(total as usize) as u64 };
            let place = if rng.one_in(6) { Place::Fee(by) } else { fresh(&mut rng) };
            if right.iter().chain(&left).all(|(known, _)| *known != place) {
                right.push((place, amount));
                total -= amount;
            }
        }
        rows.extend(pairs(by, &left, &right));
        for (place, amount) in right.into_iter().filter(|(place, _)| place.is_coin()) {
            match here.iter_mut().find(|(known, _)| *known == place) {
                Some((_, sum)) => *sum += amount,
                None => here.push((place, amount)),
            }
        }
    }
    if direction == Direction::In {
        // Passages of a trace that goes in come in descending order.
        rows.iter_mut().for_each(|row: &mut Movement| row.by = TxNum(400 - row.by.0));
    }
    Movements::new(demo(), direction, source, rows)
}

/// Takes up to three of the places that money is at; of accounts, a part of what they have.
fn taken(here: &mut Vec<(Place, u64)>, kind: Kind, rng: &mut Rng) -> Vec<(Place, u64)> {
    let mut left = Vec::new();
    for _ in 0..(1 + rng.below(3)).min(here.len()) {
        let pick = rng.below(here.len());
        let (place, amount) = here.swap_remove(pick);
        left.push((place, amount));
    }
    if kind == Kind::Accounts {
        for (place, amount) in &mut left {
            let stays = rng.below(*amount as usize) as u64;
            *amount -= stays;
            if stays > 0 {
                here.push((*place, stays));
            }
        }
    }
    left
}

/// The places of a trace, in the order in which they first come.
pub fn places(movements: &Movements) -> Vec<Place> {
    let all = movements.source().iter().map(|(place, _)| *place).chain(movements.rows().iter().flat_map(|row| [row.from, row.to]));
    let mut places: Vec<Place> = Vec::new();
    all.for_each(|place| {
        if !places.contains(&place) {
            places.push(place);
        }
    });
    places
}

/// Two different places that the other functions can name.
pub fn two(movements: &Movements, rng: &mut Rng) -> Option<(Place, Place)> {
    let coins: Vec<Place> = places(movements).into_iter().filter(|place| place.is_coin()).collect();
    let (a, b) = (*rng.pick(&coins), *rng.pick(&coins));
    (a != b).then_some((a, b))
}

/// How somebody names one place.
pub fn which(place: Place) -> Which {
    match place {
        Place::Output(output) => Which::Output(output),
        // Without clusters an account is named by its address.
        Place::Account(name) => Which::Addresses(vec![name]),
        other => panic!("{other:?} has no name"),
    }
}

/// Movements in an order, and what stayed in accounts between them.
pub struct Rows {
    pub rows: Vec<Movement>,
    source: Vec<(Place, u64)>,
}

impl Rows {
    pub fn in_trace(movements: &Movements) -> Rows {
        Rows { rows: movements.rows().to_vec(), source: movements.source().to_vec() }
    }

    pub fn in_time(movements: &Movements) -> Rows {
        Rows { rows: movements.in_time().collect(), source: movements.source().to_vec() }
    }

    /// Whether money that one movement brought, or that was there from the beginning, can be in a later one.
    pub fn follows(&self, before: Option<usize>, row: usize) -> bool {
        let place = self.rows[row].from;
        if before.is_some_and(|before| before >= row || self.rows[before].to != place) {
            return false;
        }
        let source = self.source.iter().find(|(known, _)| *known == place).map_or(0, |(_, amount)| *amount);
        let Place::Account(_) = place else { return before.is_some() || source > 0 };
        let mut has = source as i64;
        let mut stays = before.is_some() || source > 0;
        for (i, between) in self.rows[..row].iter().enumerate() {
            has += if between.to == place { between.amount as i64 } else { 0 };
            has -= if between.from == place { between.amount as i64 } else { 0 };
            stays &= before.is_some_and(|before| i < before) || has > 0;
        }
        stays
    }

    /// Whether movements that are kept lead to some places from those that begin.
    pub fn lead(&self, kept: impl Fn(usize) -> bool, begins: impl Fn(usize) -> bool, to: &[Place]) -> bool {
        let mut reached: Vec<usize> = Vec::new();
        for row in (0..self.rows.len()).filter(|row| kept(*row)) {
            let goes_on = |before: &usize| !to.contains(&self.rows[*before].to) && self.follows(Some(*before), row);
            if begins(row) || reached.iter().any(goes_on) {
                reached.push(row);
            }
        }
        reached.into_iter().any(|row| to.contains(&self.rows[row].to))
    }
}
