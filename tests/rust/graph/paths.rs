//! Paths are those that a search through all of them finds to be the best.

use std::collections::HashSet;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type};
use satrail::Error;
use satrail::ids::{AddrNum, OutNum, TxNum};
use satrail::trace::graph::{Best, Movements, Path, Which};
use satrail::trace::{Direction, Movement, Place};

use super::made::{self, Kind, Rows, demo, random, two, which, with_clusters};
use crate::build::Rng;

const ALL: [Best; 3] = [Best::FewestHops, Best::MostValue, Best::Earliest];

fn paths(movements: &Movements, from: Place, to: Place, best: Best, k: usize) -> Vec<Path> {
    movements.paths(&which(from), &which(to), best, k, &mut || true).unwrap()
}

/// Every path, by the numbers of its movements in time.
fn every(rows: &Rows, from: Place, to: Place) -> Vec<Vec<usize>> {
    let (count, mut found) = (rows.rows.len(), Vec::new());
    let mut open: Vec<Vec<usize>> = (0..count).filter(|i| rows.rows[*i].from == from).map(|i| vec![i]).collect();
    while let Some(path) = open.pop() {
        let last = *path.last().unwrap();
        if rows.rows[last].to == to {
            found.push(path);
        } else if rows.rows[last].to != from {
            let next = (last + 1..count).filter(|i| rows.follows(Some(last), *i));
            open.extend(next.map(|i| [&path[..], &[i]].concat()));
        }
    }
    found
}

/// What paths are compared by: less is better.
fn key(best: Best, rows: &[Movement], path: &[usize]) -> (u64, usize) {
    let bottleneck = path.iter().map(|i| rows[*i].amount).min().unwrap();
    let passages = |row: usize| (1..=row).filter(|i| rows[*i].by != rows[*i - 1].by).count();
    match best {
        Best::FewestHops => (0, path.len()),
        Best::MostValue => (u64::MAX - bottleneck, path.len()),
        Best::Earliest => (passages(*path.last().unwrap()) as u64, path.len()),
    }
}

#[test]
fn the_best_paths_are_found() {
    let mut found = 0;
    for seed in 0..150 {
        for (kind, direction) in [(Kind::Outputs, Direction::Out), (Kind::Outputs, Direction::In), (Kind::Accounts, Direction::Out)]
        {
            let movements = random(seed, kind, direction);
            let all = Rows::in_time(&movements);
            let rows = &all.rows;
            let mut rng = Rng::new(seed + 1000);
            for (from, to) in (0..3).filter_map(|_| two(&movements, &mut rng)) {
                let every = every(&all, from, to);
                for (best, k) in ALL.into_iter().flat_map(|best| [(best, 1), (best, 3), (best, 50)]) {
                    let ours = paths(&movements, from, to, best, k);
                    let ours: Vec<Vec<usize>> = ours.iter().map(|path| numbers(&all, path)).collect();
                    assert_eq!(ours.iter().collect::<HashSet<_>>().len(), ours.len(), "no path comes twice");
                    assert!(ours.iter().all(|path| every.contains(path)));
                    let mut theirs: Vec<_> = every.iter().map(|path| key(best, rows, path)).collect();
                    theirs.sort_unstable();
                    theirs.truncate(k);
                    let ours: Vec<_> = ours.iter().map(|path| key(best, rows, path)).collect();
                    assert_eq!(ours, theirs, "{seed} {kind:?} {direction:?} {best:?} {k}");
                    found += ours.len();
                }
            }
        }
    }
    assert!(found > 1_500, "{found}");
}

/// The numbers of a path's movements; no two of a list are equal.
fn numbers(rows: &Rows, path: &Path) -> Vec<usize> {
    let mut after = 0;
    let number = |step: &Movement| {
        let mut later = after..rows.rows.len();
        let found = later.find(|i| rows.rows[*i] == *step).expect("a step is a movement, and later than the one before");
        after = found + 1;
        found
    };
    path.steps.iter().map(number).collect()
}

#[test]
fn steps_join_and_say_their_hops_and_bottleneck() {
    for seed in 0..100 {
        let movements = random(seed, Kind::Outputs, Direction::Out);
        let mut rng = Rng::new(seed);
        let Some((from, to)) = two(&movements, &mut rng) else { continue };
        for path in paths(&movements, from, to, Best::FewestHops, 10) {
            assert_eq!((path.steps[0].from, path.steps.last().unwrap().to), (from, to));
            assert!(path.steps.windows(2).all(|pair| pair[0].to == pair[1].from));
            assert_eq!(path.bottleneck, path.steps.iter().map(|step| step.amount).min().unwrap());
            assert!(path.hops.iter().copied().eq(1..=path.steps.len() as u32));
        }
    }
}

#[test]
fn change_is_no_hop_where_wallets_are_known() {
    let movements = with_clusters(Movements::new(demo(), Direction::Out, vec![], vec![]));
    let wallet = |output: &u64| movements.wallet_of(Place::Output(OutNum(*output))).unwrap().unwrap();
    let outputs: Vec<u64> = (300..3_000).collect();
    // Two outputs of one wallet, and two of two others.
    let pairs = outputs.iter().enumerate().flat_map(|(i, a)| outputs[i + 1..].iter().map(move |b| (*a, *b)));
    let (a, b) = pairs.into_iter().find(|(a, b)| wallet(a) == wallet(b)).unwrap();
    let c = outputs.iter().copied().find(|c| wallet(c) != wallet(&a)).unwrap();
    let d = outputs.iter().copied().find(|d| wallet(d) != wallet(&a) && wallet(d) != wallet(&c)).unwrap();
    let place = |output: u64| Place::Output(OutNum(output));
    let row = |by: u32, from, to, amount| Movement { by: TxNum(by), from: place(from), to: place(to), amount };
    let rows = vec![row(1, a, d, 10), row(1, a, b, 5), row(2, d, c, 10), row(3, b, c, 5)];
    let plain = Movements::new(demo(), Direction::Out, vec![(place(a), 15)], rows);
    let hops = |movements: &Movements| -> Vec<Vec<u32>> {
        paths(movements, place(a), place(c), Best::FewestHops, 5).into_iter().map(|path| path.hops).collect()
    };
    assert_eq!(hops(&plain), [[1, 2], [1, 2]]);
    assert_eq!(hops(&with_clusters(plain)), [[0, 1], [1, 2]]);
}

#[test]
fn ends_are_named_by_address_transaction_wallet_label_or_both_of_two() {
    let chain = demo();
    let (_, movements) = made::traced(&chain, &[2_000], Direction::Out, Some(5));
    let movements = with_clusters(movements);
    let end = movements.rows().iter().rev().map(|row| row.to).find(|place| place.is_coin()).unwrap();
    let Place::Output(output) = end else { panic!() };
    let labels = [(end, "a | b".into())].into();
    let movements = movements.with_labels(labels, vec!["a | b".into(), "c".into()]);
    let address = movements.address_of(end).unwrap().unwrap();
    let wallet = movements.wallet_of(end).unwrap().unwrap();
    let named = [
        Which::Output(output),
        Which::Transaction(chain.transaction_of(output).unwrap()),
        Which::Addresses(vec![address]),
        Which::Wallet(vec![wallet]),
        Which::Label("b".to_string()),
        Which::Label("a | b".to_string()),
        Which::Ends,
        Which::Any(vec![Which::Label("a".to_string()), Which::Output(OutNum(0))]),
    ];
    for to in named {
        let found = movements.paths(&Which::Source, &to, Best::Earliest, 4, &mut || true).unwrap();
        assert!(!found.is_empty(), "{to:?}");
        assert!(found.iter().all(|path| path.steps[0].from == Place::Output(OutNum(2_000))));
    }
    for to in [Which::Label("c".to_string()), Which::Label("".to_string()), Which::Addresses(vec![AddrNum(0)]), Which::Any(vec![])]
    {
        assert_eq!(movements.paths(&Which::Source, &to, Best::MostValue, 4, &mut || true).unwrap(), []);
    }
}

#[test]
fn no_paths_are_asked_for_and_none_are_found() {
    let movements = random(3, Kind::Outputs, Direction::Out);
    let to = movements.rows()[0].to;
    for best in ALL {
        assert_eq!(movements.paths(&Which::Source, &which(to), best, 0, &mut || true).unwrap(), []);
    }
}

#[test]
fn a_trace_that_came_in_has_its_paths_in_the_direction_of_time() {
    let chain = demo();
    let (_, movements) = made::traced(&chain, &[5_000], Direction::In, Some(4));
    let found = movements.paths(&Which::Ends, &Which::Source, Best::FewestHops, 3, &mut || true).unwrap();
    assert!(!found.is_empty());
    for path in found {
        assert_eq!(path.steps.last().unwrap().to, Place::Output(OutNum(5_000)));
        assert!(path.steps.windows(2).all(|pair| pair[0].by < pair[1].by));
    }
}

#[test]
fn its_table_has_a_row_for_every_step() {
    let chain = demo();
    let (_, movements) = made::traced(&chain, &[2_000], Direction::Out, Some(5));
    let found = movements.paths(&Which::Source, &Which::Ends, Best::MostValue, 4, &mut || true).unwrap();
    let table = movements.paths_table(&found).unwrap().batches().next().unwrap().unwrap();
    let steps: Vec<(usize, usize, &Movement)> = found
        .iter()
        .enumerate()
        .flat_map(|(i, path)| path.steps.iter().enumerate().map(move |(j, step)| (i + 1, j + 1, step)))
        .collect();
    assert_eq!(table.num_rows(), steps.len());
    let number = |name: &str, row: usize| table.column_by_name(name).unwrap().as_primitive::<Int32Type>().value(row) as usize;
    let text = |name: &str, row: usize| table.column_by_name(name).unwrap().as_string::<i32>().value(row).to_string();
    for (row, (path, step, movement)) in steps.into_iter().enumerate() {
        assert_eq!((number("path", row), number("step", row)), (path, step));
        assert_eq!(table.column_by_name("amount").unwrap().as_primitive::<Int64Type>().value(row) as u64, movement.amount);
        let Place::Output(from) = movement.from else { panic!() };
        assert_eq!(chain.output_named(&text("from", row)).unwrap().number(), from);
        let address = chain.address(&text("from_address", row)).unwrap().number();
        assert_eq!(address, chain.address_of(from).unwrap());
        assert_eq!(satrail::chain::txid_named(&text("txid", row)).unwrap(), chain.txid(movement.by).unwrap());
    }
}

#[test]
fn they_end_when_they_are_told_to() {
    let (_, movements) = made::traced(&demo(), &[2_000], Direction::Out, None);
    for best in ALL {
        let found = movements.paths(&Which::Source, &Which::Ends, best, 4, &mut || false);
        assert!(matches!(found, Err(Error::Stopped)));
    }
}

#[test]
fn what_is_best_is_found_by_its_name() {
    for best in ALL {
        assert_eq!(Best::from_name(best.name()).unwrap(), best);
    }
    assert!(Best::from_name("most_valu").unwrap_err().to_string().contains("did you mean most_value?"));
}

#[test]
fn a_wide_way_that_a_narrow_passage_follows_does_not_hide_a_short_one() {
    let place = |n: u64| Place::Output(OutNum(300 + n));
    let row = |by: u32, from, to, amount| Movement { by: TxNum(by), from: place(from), to: place(to), amount };
    // From 0 to 4: a long way over 1 and 2 that is wide, a short one over none, and then a narrow passage for both.
    let rows = vec![row(1, 0, 1, 10), row(1, 0, 3, 5), row(2, 1, 2, 10), row(3, 2, 3, 10), row(4, 3, 4, 5), row(4, 3, 5, 10)];
    let movements = Movements::new(demo(), Direction::Out, vec![(place(0), 15)], rows);
    let lengths = |k: usize| -> Vec<(usize, u64)> {
        let found = paths(&movements, place(0), place(4), Best::MostValue, k);
        found.iter().map(|path| (path.steps.len(), path.bottleneck)).collect()
    };
    assert_eq!((lengths(1), lengths(5)), (vec![(2, 5)], vec![(2, 5), (4, 5)]));
}
