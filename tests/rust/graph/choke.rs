//! Choke points and cuts are what removing them shows them to be.

use std::collections::{BTreeMap, HashMap, HashSet};

use petgraph::algo::dominators;
use petgraph::graph::{DiGraph, NodeIndex};
use satrail::Error;
use satrail::ids::{AddrNum, OutNum, TxNum};
use satrail::trace::graph::{ChokePoint, Holder, Level, Movements, Which};
use satrail::trace::{Direction, Movement, Place, Reason};

use super::made::{self, Kind, Rows, demo, places, random, two, which, with_clusters};
use crate::build::Rng;

const MADE: [(Kind, Direction); 3] =
    [(Kind::Outputs, Direction::Out), (Kind::Outputs, Direction::In), (Kind::Accounts, Direction::Out)];

/// All transactions that any of the money passes.
fn transactions(movements: &Movements, ends: &Which) -> Vec<ChokePoint> {
    movements.choke_points(ends, Level::Transaction, 1e-9, &mut || true).unwrap()
}

fn source(movements: &Movements) -> HashSet<Place> {
    movements.source().iter().map(|(place, _)| *place).collect()
}

/// An end that the source is not.
fn end(movements: &Movements, rng: &mut Rng) -> Option<Place> {
    let coins = places(movements).into_iter().filter(|place| place.is_coin() && !source(movements).contains(place));
    let coins: Vec<Place> = coins.collect();
    (!coins.is_empty()).then(|| *rng.pick(&coins))
}

#[test]
fn a_transaction_is_on_every_way_if_without_it_there_is_none() {
    let mut every = 0;
    for seed in 0..200 {
        for (kind, direction) in MADE {
            let movements = random(seed, kind, direction);
            let Some(end) = end(&movements, &mut Rng::new(seed)) else { continue };
            for point in transactions(&movements, &which(end)) {
                let Holder::Transaction(tx) = point.holder else { panic!() };
                let rows = Rows::in_trace(&movements);
                let others = !rows.lead(|row| rows.rows[row].by != tx, |row| rows.follows(None, row), &[end]);
                assert_eq!(point.is_on_every_way, others, "{seed} {kind:?} {point:?}");
                assert!(point.amount <= point.total && (!others || point.amount == point.total));
                let moved: u64 = movements.rows().iter().filter(|row| row.by == tx).map(|row| row.amount).sum();
                assert!(point.amount <= moved);
                every += usize::from(others);
            }
        }
    }
    assert!(every > 200, "{every}");
}

#[test]
fn they_are_the_dominators_that_petgraph_finds() {
    for seed in 0..200 {
        let movements = random(seed, Kind::Outputs, Direction::Out);
        let Some(end) = end(&movements, &mut Rng::new(seed)) else { continue };
        let mut graph = DiGraph::<Option<TxNum>, ()>::new();
        let root = graph.add_node(None);
        let mut places: HashMap<Place, NodeIndex> = HashMap::new();
        for place in source(&movements) {
            let node = *places.entry(place).or_insert_with(|| graph.add_node(None));
            graph.add_edge(root, node, ());
        }
        // One node for each movement, so that no way is made up; those of one transaction are told by its number.
        for row in movements.rows() {
            let [from, to] = [row.from, row.to].map(|place| *places.entry(place).or_insert_with(|| graph.add_node(None)));
            let by = graph.add_node(Some(row.by));
            graph.add_edge(from, by, ());
            graph.add_edge(by, to, ());
        }
        let found = dominators::simple_fast(&graph, root);
        let theirs: HashSet<TxNum> = found.dominators(places[&end]).into_iter().flatten().filter_map(|node| graph[node]).collect();
        let ours = transactions(&movements, &which(end)).into_iter().filter(|point| point.is_on_every_way);
        let ours: HashSet<Holder> = ours.map(|point| point.holder).collect();
        // A transaction can be on every way by one movement or by several; petgraph sees the first.
        assert!(theirs.into_iter().all(|tx| ours.contains(&Holder::Transaction(tx))), "{seed}");
    }
}

#[test]
fn a_wallet_is_on_every_way_if_without_its_places_there_is_none() {
    let mut every = 0;
    for seed in 0..200 {
        for (kind, direction) in MADE {
            let movements = with_clusters(random(seed, kind, direction));
            let Some(end) = end(&movements, &mut Rng::new(seed)) else { continue };
            let holder = |place: Place| match place {
                Place::Account(name) => Some(Holder::Wallet(name)),
                Place::Output(_) => movements.wallet_of(place).unwrap().map(Holder::Wallet),
                _ => None,
            };
            for point in movements.choke_points(&which(end), Level::Wallet, 1e-9, &mut || true).unwrap() {
                let is_in = |place: Place| holder(place) == Some(point.holder);
                let rows = Rows::in_trace(&movements);
                let kept = |row: usize| !is_in(rows.rows[row].from) && !is_in(rows.rows[row].to);
                let others = !rows.lead(kept, |row| rows.follows(None, row), &[end]);
                assert_eq!(point.is_on_every_way, others, "{seed} {kind:?} {point:?}");
                assert!(point.amount <= point.total && (!others || point.amount == point.total));
                every += usize::from(others);
            }
        }
    }
    assert!(every > 200, "{every}");
}

#[test]
fn all_that_reaches_the_ends_is_counted_once() {
    for seed in 0..100 {
        let movements = random(seed, Kind::Outputs, Direction::Out);
        let held: u64 = movements.source().iter().map(|(_, amount)| amount).sum::<u64>()
            - movements.rows().iter().filter(|row| !row.to.is_coin()).map(|row| row.amount).sum::<u64>();
        let all = transactions(&movements, &Which::Ends);
        assert!(all.iter().all(|point| point.total == held));
        // To all ends together go all movements, but for what becomes fees.
        let fees = movements.rows().iter().any(|row| !row.to.is_coin());
        let moved = |tx: TxNum| movements.rows().iter().filter(|row| row.by == tx).map(|row| row.amount).sum::<u64>();
        for point in all.iter().filter(|_| !fees) {
            let Holder::Transaction(tx) = point.holder else { panic!() };
            assert_eq!(point.amount, moved(tx));
        }
        assert!(all.is_sorted_by(|a, b| a.amount >= b.amount));
    }
}

#[test]
fn a_share_leaves_out_what_less_passes() {
    for seed in 0..100 {
        let movements = random(seed, Kind::Outputs, Direction::Out);
        let all = transactions(&movements, &Which::Ends);
        for share in [1.0, 0.5, 0.25] {
            let found = movements.choke_points(&Which::Ends, Level::Transaction, share, &mut || true).unwrap();
            let enough = all.iter().filter(|point| point.amount as f64 >= share * point.total as f64);
            assert!(found.iter().eq(enough), "{seed} {share}");
        }
    }
}

#[test]
fn what_went_through_an_end_before_is_not_counted_again() {
    let place = |n: u64| Place::Output(OutNum(300 + n));
    let row = |by: u32, from, to, amount| Movement { by: TxNum(by), from: place(from), to: place(to), amount };
    // The ends are 1 and 3; 3 gets 6 that were in 1 and 4 that were not.
    let rows = vec![row(1, 0, 1, 6), row(1, 0, 2, 4), row(2, 1, 3, 6), row(2, 2, 3, 4)];
    let movements = Movements::new(demo(), Direction::Out, vec![(place(0), 10)], rows);
    let ends = Which::Any(vec![which(place(1)), which(place(3))]);
    let found = transactions(&movements, &ends);
    let amounts: Vec<_> = found.iter().map(|point| (point.holder, point.amount, point.total, point.is_on_every_way)).collect();
    assert_eq!(amounts, [(Holder::Transaction(TxNum(1)), 10, 10, true), (Holder::Transaction(TxNum(2)), 4, 10, false)]);
}

#[test]
fn an_output_of_the_source_that_is_reached_again_is_entered_once() {
    let place = |n: u64| Place::Output(OutNum(300 + n));
    let row = |by: u32, from, to, amount| Movement { by: TxNum(by), from: place(from), to: place(to), amount };
    let rows = vec![row(1, 0, 1, 10), row(2, 1, 2, 10)];
    let movements = Movements::new(demo(), Direction::Out, vec![(place(0), 10), (place(1), 10)], rows);
    let found = transactions(&movements, &which(place(2)));
    let amounts: Vec<_> = found.iter().map(|point| (point.holder, point.amount, point.is_on_every_way)).collect();
    assert_eq!(amounts, [(Holder::Transaction(TxNum(1)), 10, false), (Holder::Transaction(TxNum(2)), 10, true)]);
}

#[test]
fn choke_points_of_real_traces_are_found_in_both_directions() {
    let chain = demo();
    for (source, direction) in [(2_000, Direction::Out), (5_000, Direction::In)] {
        let (_, movements) = made::traced(&chain, &[source], direction, Some(6));
        let movements = with_clusters(movements);
        for level in [Level::Transaction, Level::Address, Level::Wallet] {
            let found = movements.choke_points(&Which::Ends, level, 0.5, &mut || true).unwrap();
            // All money passes the first transaction, and was in the source's address.
            assert!(found.iter().any(|point| point.amount == point.total && point.is_on_every_way), "{level:?}");
            let table = movements.choke_points_table(&found).unwrap();
            assert_eq!(table.num_rows() as usize, found.len());
            assert_eq!(table.batches().next().unwrap().unwrap().num_rows(), found.len());
        }
    }
}

#[test]
fn an_end_that_is_not_reached_has_no_choke_points() {
    let movements = random(1, Kind::Outputs, Direction::Out);
    assert_eq!(transactions(&movements, &Which::Output(OutNum(9_000))), []);
    assert_eq!(transactions(&movements, &Which::Label("nobody".to_string())), []);
}

#[test]
fn movements_that_are_out_of_order_are_refused() {
    let place = |n: u64| Place::Output(OutNum(300 + n));
    let row = |by: u32, from, to| Movement { by: TxNum(by), from: place(from), to: place(to), amount: 5 };
    let movements = Movements::new(demo(), Direction::Out, vec![(place(0), 5)], vec![row(2, 1, 2), row(1, 0, 1)]);
    let error = movements.choke_points(&Which::Ends, Level::Transaction, 1.0, &mut || true).unwrap_err();
    assert!(error.to_string().contains("in the order of the trace"), "{error}");
}

/// The least sum of movements without which nothing leads from one place to another.
fn least_cut(rows: &Rows, from: Place, to: Place) -> u64 {
    let is_removed = |removed: u32, row: usize| removed >> row & 1 == 1;
    let leads = |removed: &u32| rows.lead(|row| !is_removed(*removed, row), |row| rows.rows[row].from == from, &[to]);
    let sum = |removed: u32| (0..rows.rows.len()).filter(|row| is_removed(removed, *row)).map(|row| rows.rows[row].amount).sum();
    (0..1 << rows.rows.len()).filter(|removed| !leads(removed)).map(sum).min().unwrap()
}

#[test]
fn a_cut_separates_and_none_is_smaller() {
    let (mut looked_at, mut amounts) = (0, BTreeMap::new());
    for seed in 0..150 {
        for (kind, direction) in MADE {
            let movements = random(seed, kind, direction);
            let rows = Rows::in_time(&movements);
            let Some((from, to)) = two(&movements, &mut Rng::new(seed)) else { continue };
            let cut = movements.min_cut(&which(from), &which(to), &mut || true).unwrap();
            assert_eq!(cut.amount, cut.movements.iter().map(|row| row.amount).sum::<u64>());
            let places: Vec<usize> = cut.movements.iter().map(|row| rows.rows.iter().position(|r| r == row).unwrap()).collect();
            assert!(places.is_sorted(), "a cut is in the order of time: {seed} {kind:?}");
            assert!(!rows.lead(|row| !places.contains(&row), |row| rows.rows[row].from == from, &[to]));
            if rows.rows.len() <= 8 {
                assert_eq!(cut.amount, least_cut(&rows, from, to), "{seed} {kind:?} {direction:?}");
                looked_at += 1;
                *amounts.entry(cut.amount > 0).or_insert(0) += 1;
            }
        }
    }
    assert!(looked_at > 50 && amounts[&true] > 20, "{looked_at} {amounts:?}");
}

#[test]
fn ends_that_overlap_cannot_be_cut() {
    let movements = random(2, Kind::Outputs, Direction::Out);
    let error = movements.min_cut(&Which::Source, &Which::Source, &mut || true).unwrap_err();
    assert!(error.to_string().contains("belongs to both"), "{error}");
}

#[test]
fn cuts_of_real_traces_carry_what_reaches_the_end() {
    let chain = demo();
    for (source, direction) in [(2_000, Direction::Out), (5_000, Direction::In)] {
        let (trace, movements) = made::traced(&chain, &[source], direction, Some(6));
        let (from, to) = match direction {
            Direction::Out => (Which::Source, Which::Ends),
            Direction::In => (Which::Ends, Which::Source),
        };
        let cut = movements.min_cut(&from, &to, &mut || true).unwrap();
        let ledger = trace.ledger();
        assert_eq!(cut.amount, ledger.source - ledger[Reason::Fees]);
        assert_eq!(movements.cut_table(&cut).unwrap().num_rows() as usize, cut.movements.len());
    }
}

#[test]
fn they_end_when_they_are_told_to() {
    let (_, movements) = made::traced(&demo(), &[2_000], Direction::Out, None);
    let found = movements.choke_points(&Which::Ends, Level::Transaction, 1.0, &mut || false);
    assert!(matches!(found, Err(Error::Stopped)));
    let found = movements.min_cut(&Which::Source, &Which::Ends, &mut || false);
    assert!(matches!(found, Err(Error::Stopped)));
}

#[test]
fn wallets_without_clusters_are_an_error() {
    let movements = random(1, Kind::Outputs, Direction::Out);
    assert!(movements.choke_points(&Which::Ends, Level::Wallet, 1.0, &mut || true).is_err());
    assert!(movements.choke_points(&Which::Wallet(vec![AddrNum(0)]), Level::Transaction, 1.0, &mut || true).is_err());
}
