//! The best ways that traced money took from one place to another.
//!
//! A path is a list of movements, each from the place that the one before it led to, and later: the order of the movements is the
//! order of time, so one pass over them sees every path. It begins where money leaves the first end and stops where it first
//! reaches the second, and touches neither in between. Directions are those of time, whatever the direction of the trace.
//!
//! At every place the pass keeps the `k` best ways to it, by hops and then by transactions, and among equal ones the earlier:
//! what is not among them cannot become one of the `k` best later. A bottleneck is not of this kind (a way that is worse now can
//! be as good after a narrow passage, and shorter), so for "most_value" a first pass finds the `k` widest bottlenecks, and one
//! more pass for each of them finds its shortest paths.

use std::collections::{HashMap, HashSet};

use crate::chain::pieces::go_on_or_stop;
use crate::error::{Error, Result};
use crate::trace::graph::EVERY;
use crate::trace::graph::movements::Movements;
use crate::trace::graph::which::Which;
use crate::trace::place::{Movement, Place};

/// What makes a path better than another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Best {
    /// Fewest steps between different wallets, then fewest transactions. Without clusters every transaction is a hop.
    FewestHops,
    /// The largest smallest amount on the way, then fewest hops.
    MostValue,
    /// The earliest last transaction, then fewest hops.
    Earliest,
}

/// A way that traced money took.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Path {
    /// Its movements in the direction of time.
    pub steps: Vec<Movement>,
    /// For each step the hops up to its end.
    pub hops: Vec<u32>,
    /// The least amount of a step.
    pub bottleneck: u64,
}

impl Best {
    pub fn name(self) -> &'static str {
        match self {
            Best::FewestHops => "fewest_hops",
            Best::MostValue => "most_value",
            Best::Earliest => "earliest",
        }
    }

    pub fn from_name(name: &str) -> Result<Best> {
        let all = [Best::FewestHops, Best::MostValue, Best::Earliest];
        let unknown =
            || Error::UnknownName { what: "way to order paths", name: name.to_string(), known: all.map(Best::name).to_vec() };
        all.into_iter().find(|best| best.name() == name).ok_or_else(unknown)
    }
}

impl Movements {
    /// The `k` best paths from one end to another, the best first. There may be fewer, or none.
    pub fn paths(&self, from: &Which, to: &Which, best: Best, k: usize, go_on: &mut dyn FnMut() -> bool) -> Result<Vec<Path>> {
        let search = Search::of(self, from, to)?;
        let mut found = Vec::new();
        if best != Best::MostValue {
            return search.fewest(k, Limit::default(), best == Best::Earliest, go_on);
        }
        let widest = search.widest(k, go_on)?;
        for same in widest.chunk_by(|a, b| a == b) {
            let limit = Limit { least: same[0], met: true };
            found.extend(search.fewest(same.len(), limit, false, go_on)?);
        }
        Ok(found)
    }
}

/// Which paths are looked for: those without an amount below `least`, and if `met`, with one of exactly that.
#[derive(Clone, Copy, Default)]
struct Limit {
    least: u64,
    met: bool,
}

/// A movement that lies between the two ends.
struct Row {
    movement: Movement,
    /// The numbers of its places.
    from: usize,
    to: usize,
    /// The passages before this one.
    rank: u32,
    /// Whether it leads to another wallet.
    is_hop: bool,
}

/// What is known of places by their numbers: whether a path may begin, and whether it ends there.
#[derive(Clone, Copy)]
struct Ends {
    begins: bool,
    ends: bool,
}

struct Search {
    rows: Vec<Row>,
    places: Vec<Ends>,
}

/// Numbers for places. An account that has paid all it had gets another: what it has later is other money.
struct Numbers {
    at: HashMap<Place, usize>,
    /// What the accounts have.
    has: HashMap<Place, u64>,
    places: Vec<Ends>,
    from: HashSet<Place>,
    to: HashSet<Place>,
}

impl Numbers {
    fn of(movements: &Movements, from: &Which, to: &Which) -> Result<Numbers> {
        let has = movements.source().iter().copied().collect();
        let mut numbers = Numbers { at: HashMap::new(), has, places: Vec::new(), from: HashSet::new(), to: HashSet::new() };
        from.places(movements, &mut numbers.from)?;
        to.places(movements, &mut numbers.to)?;
        Ok(numbers)
    }

    fn number(&mut self, place: Place) -> usize {
        let next = self.places.len();
        let number = *self.at.entry(place).or_insert(next);
        if number == next {
            self.places.push(Ends { begins: self.from.contains(&place), ends: self.to.contains(&place) });
        }
        number
    }

    /// The numbers of the places that a movement leads from and to.
    fn moved(&mut self, movement: &Movement) -> (usize, usize) {
        let (from, to) = (self.number(movement.from), self.number(movement.to));
        if let Place::Account(_) = movement.from {
            let has = self.has.entry(movement.from).or_default();
            *has = has.saturating_sub(movement.amount);
            if *has == 0 {
                self.at.remove(&movement.from);
            }
        }
        if let Place::Account(_) = movement.to {
            let has = self.has.entry(movement.to).or_default();
            *has = has.saturating_add(movement.amount);
        }
        (from, to)
    }
}

/// A way from the first end to where a movement leads.
#[derive(Clone, Copy)]
struct Way {
    hops: u32,
    length: u32,
    /// The movement, and the way before it.
    row: u32,
    before: Option<u32>,
    /// Whether it has an amount of exactly the least that is allowed.
    met: bool,
}

impl Search {
    fn of(movements: &Movements, from: &Which, to: &Which) -> Result<Search> {
        let mut numbers = Numbers::of(movements, from, to)?;
        let (mut rows, mut rank, mut last) = (Vec::new(), 0, None);
        for movement in movements.in_time() {
            rank += u32::from(last.is_some_and(|last| last != movement.by));
            last = Some(movement.by);
            let (from, to) = numbers.moved(&movement);
            rows.push(Row { movement, from, to, rank, is_hop: false });
        }
        let mut search = Search { rows, places: numbers.places };
        search.keep_useful();
        for row in &mut search.rows {
            row.is_hop = is_hop(movements, &row.movement)?;
        }
        Ok(search)
    }

    /// Drops the movements that do not lead on to the second end.
    fn keep_useful(&mut self) {
        let (mut leads, mut useful) = (vec![false; self.places.len()], Vec::with_capacity(self.rows.len()));
        for row in self.rows.iter().rev() {
            let to = self.places[row.to];
            let is_useful = to.ends || leads[row.to] && !to.begins;
            leads[row.from] |= is_useful;
            useful.push(is_useful);
        }
        self.rows.retain(|_| useful.pop().expect("there is one for each row"));
    }

    /// The paths of a limit with the fewest hops, or of those that arrive earliest.
    fn fewest(&self, k: usize, limit: Limit, earliest: bool, go_on: &mut dyn FnMut() -> bool) -> Result<Vec<Path>> {
        let mut ways = Ways { all: Vec::new(), at: vec![Default::default(); self.places.len()], k };
        let mut arrived: Vec<u32> = Vec::new();
        for (i, row) in self.rows.iter().enumerate() {
            if i % EVERY == 0 {
                go_on_or_stop(go_on)?;
            }
            let arrives = self.places[row.to].ends;
            if row.movement.amount < limit.least {
                continue;
            }
            for way in ways.over(self, i, row.movement.amount == limit.least) {
                if !arrives {
                    ways.put(row.to, way);
                } else if way.met || !limit.met {
                    ways.all.push(way);
                    arrived.push(ways.all.len() as u32 - 1);
                }
            }
            if arrived.len() > 4 * k + 64 {
                self.keep_best(&ways, &mut arrived, earliest);
            }
        }
        self.keep_best(&ways, &mut arrived, earliest);
        Ok(arrived.into_iter().map(|way| self.path(&ways, way)).collect())
    }

    fn keep_best(&self, ways: &Ways, arrived: &mut Vec<u32>, earliest: bool) {
        let order = |number: &u32| {
            let way = &ways.all[*number as usize];
            let rank = self.rows[way.row as usize].rank;
            (if earliest { rank } else { 0 }, way.hops, way.length, *number)
        };
        arrived.sort_unstable_by_key(order);
        arrived.truncate(ways.k);
    }

    fn path(&self, ways: &Ways, way: u32) -> Path {
        let (mut steps, mut hops, mut next) = (Vec::new(), Vec::new(), Some(way));
        while let Some(number) = next {
            let way = &ways.all[number as usize];
            steps.push(self.rows[way.row as usize].movement);
            hops.push(way.hops);
            next = way.before;
        }
        steps.reverse();
        hops.reverse();
        let bottleneck = steps.iter().map(|step| step.amount).min().unwrap_or(0);
        Path { steps, hops, bottleneck }
    }

    /// The bottlenecks of the `k` paths with the widest, descending.
    fn widest(&self, k: usize, go_on: &mut dyn FnMut() -> bool) -> Result<Vec<u64>> {
        let (mut at, mut arrived) = (vec![Vec::new(); self.places.len()], Vec::new());
        for (i, row) in self.rows.iter().enumerate() {
            if i % EVERY == 0 {
                go_on_or_stop(go_on)?;
            }
            let Ends { begins, ends } = self.places[row.from];
            let widths: Vec<u64> = match () {
                _ if begins => vec![row.movement.amount],
                _ if ends => continue,
                _ => at[row.from].iter().map(|width: &u64| row.movement.amount.min(*width)).collect(),
            };
            let there = if self.places[row.to].ends { &mut arrived } else { &mut at[row.to] };
            there.extend(widths);
            there.sort_unstable_by(|a, b| b.cmp(a));
            there.truncate(k);
        }
        Ok(arrived)
    }
}

/// The best ways to every place, as far as the pass has come.
struct Ways {
    all: Vec<Way>,
    /// For each place, the best ways that have met the limit and those that have not.
    at: Vec<[Vec<u32>; 2]>,
    k: usize,
}

impl Ways {
    /// The ways that a movement makes of those to the place that it leads from.
    fn over(&self, search: &Search, row: usize, meets: bool) -> Vec<Way> {
        let Row { from, is_hop, .. } = &search.rows[row];
        let on = |before: Option<u32>, hops: u32, length: u32, met: bool| Way {
            hops: hops + u32::from(*is_hop),
            length: length + 1,
            row: row as u32,
            before,
            met: met || meets,
        };
        let Ends { begins, ends } = search.places[*from];
        if begins {
            return vec![on(None, 0, 0, false)];
        }
        if ends {
            return Vec::new();
        }
        let there = self.at[*from].iter().flatten();
        let way = |number: &u32| (*number, self.all[*number as usize]);
        there.map(way).map(|(number, way)| on(Some(number), way.hops, way.length, way.met)).collect()
    }

    /// Keeps a way if it is one of the best to its place.
    fn put(&mut self, place: usize, way: Way) {
        let best = &mut self.at[place][usize::from(way.met)];
        let key = |way: &Way| (way.hops, way.length);
        // Behind equal ones, which came earlier.
        let position = best.partition_point(|known| key(&self.all[*known as usize]) <= key(&way));
        if position < self.k {
            best.insert(position, self.all.len() as u32);
            best.truncate(self.k);
            self.all.push(way);
        }
    }
}

/// Whether a movement leads to another wallet. A fee is nobody's and no hop.
fn is_hop(movements: &Movements, movement: &Movement) -> Result<bool> {
    if movements.clusters().is_none() {
        return Ok(true);
    }
    Ok(movement.to.is_coin() && movements.wallet_of(movement.from)? != movements.wallet_of(movement.to)?)
}
