//! Movements to ask: those of real traces of the bundled chain, and ones made up here.

use std::collections::HashMap;
use std::sync::OnceLock;

use satrail::chain::Chain;
use satrail::cluster::{Clusters, Settings};
use satrail::flow::{Direction, Movement, Movements, Outcome, Place, Source, Trace, TraceOptions, Which};
use satrail::ids::{AddrNum, OutNum, TxNum};

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

fn trace(chain: &Chain, source: &[u64], direction: Direction, max_hops: Option<u32>) -> Trace {
    let source = Source::from(source.iter().copied().map(OutNum).collect::<Vec<_>>());
    chain.trace(&source, &TraceOptions { direction, max_hops, ..TraceOptions::default() }, |_| true).unwrap()
}

/// With the clusters of the bundled chain.
pub fn with_clusters(movements: Movements) -> Movements {
    static CLUSTERS: OnceLock<Clusters> = OnceLock::new();
    let clusters = CLUSTERS.get_or_init(|| {
        let chain = demo();
        chain.cluster_anew(Settings::of(chain.network()), 1, &mut || true).unwrap()
    });
    movements.with_clusters(Some(clusters.clone())).unwrap()
}

/// A trace and its movements.
pub type Traced = (Trace, Movements);

pub fn traced(chain: &Chain, source: &[u64], direction: Direction, max_hops: Option<u32>) -> Traced {
    let trace = trace(chain, source, direction, max_hops);
    let movements = movements(&trace);
    (trace, movements)
}

/// The movements of a trace: what comes to each of its transactions is laid end to end, and so is what leaves it.
fn movements(trace: &Trace) -> Movements {
    let (mut source, mut came, mut leaves) = (Vec::new(), HashMap::new(), Vec::<(TxNum, Vec<(Place, u64)>)>::new());
    for step in trace.rows() {
        let place = match (step.output, step.outcome) {
            (Some(output), _) => Place::Output(output),
            (None, Outcome::Fee) => Place::Fee(step.by.unwrap()),
            (None, _) => Place::Unexplained(step.by.unwrap()),
        };
        match step.by {
            None => source.push((place, step.amount)),
            Some(by) if leaves.last().is_some_and(|(last, _)| *last == by) => {
                leaves.last_mut().unwrap().1.push((place, step.amount))
            }
            Some(by) => leaves.push((by, vec![(place, step.amount)])),
        }
        if let Outcome::Followed(next) = step.outcome {
            came.entry(next).or_insert_with(Vec::new).push((place, step.amount));
        }
    }
    let rows = leaves.into_iter().flat_map(|(by, leaves)| pairs(by, &came[&by], &leaves)).collect();
    Movements::new(trace.chain().clone(), trace.options().direction, source, rows)
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
        Kind::Accounts => Place::Account(AddrNum(rng.below(6) as u32)),
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
            let amount = if rng.one_in(3) { total } else { 1 + rng.below(total as usize) as u64 };
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
        Place::Account(name) => Which::Address(name),
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
