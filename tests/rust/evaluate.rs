//! Evaluations: laws of what is counted, on random chains; and what a broken rule looks like.

use std::sync::Arc;

use arrow_array::StringArray;
use proptest::prelude::*;
use satrail::Error;
use satrail::chain::Chain;
use satrail::change::{self, ChangeRule, Choice};
use satrail::cluster::{CoinJoins, Settings};
use satrail::evaluate::{Claims, FOLDS, Folder, GivenOwners, GivenTransactions, Revealed, Truth, fold_of};
use satrail::ids::{AddrNum, NONE_32, OutNum, TxNum};
use satrail::trace::{Direction, Policy, Reason, Source, SourceItem, StopItem, StopSet, TraceOptions};
use tempfile::TempDir;

use crate::build::work::{bring, scratch};
use crate::build::{Layout, Rng, Shape, Tree, write};
use crate::cases;
use crate::common::DemoStore;

/// A random chain in a folder that is gone after the test.
struct Made {
    chain: Chain,
    _folder: TempDir,
}

fn made(seed: u64) -> Made {
    let tree = Tree::random(Shape { seed, blocks: 40, transactions: 8, branches: 0, depth: 0 });
    let folder = scratch();
    write(&folder.path().join("blocks"), &tree.all(), Layout::random(&mut Rng::new(seed)), &mut Rng::new(1));
    bring(&folder.path().join("blocks"), &folder.path().join("store"));
    Made { chain: Chain::open(&folder.path().join("store")).unwrap(), _folder: folder }
}

/// Every address is of one of some owners, by chance.
fn owners(chain: &Chain, count: usize, rng: &mut Rng) -> GivenOwners {
    let numbers = 0..chain.counts().addresses as u32;
    let texts: Vec<String> = numbers.map(|n| script_text(chain, n)).collect();
    let names: Vec<String> = texts.iter().map(|_| rng.below(count).to_string()).collect();
    let known = texts.into_iter().zip(names).filter(|(text, _)| !text.is_empty());
    let (texts, names): (Vec<String>, Vec<String>) = known.unzip();
    GivenOwners { addresses: texts.into(), owners: names.into(), roles: None }
}

fn script_text(chain: &Chain, number: u32) -> String {
    let script = chain.script_of(satrail::ids::AddrNum(number)).unwrap();
    satrail::ids::hex(&script)
}

fn by_names(chain: &Chain, given: GivenOwners) -> Arc<Truth> {
    Truth::given(chain, Some(given), None).unwrap().into()
}

proptest! {
    #![proptest_config(cases(12))]

    #[test]
    fn every_output_of_the_truth_is_counted_once_whatever_the_threads(seed in 0..1000u64, count in 1usize..5) {
        let made = made(seed);
        let known = by_names(&made.chain, owners(&made.chain, count, &mut Rng::new(seed)));
        let truth = known.change(2, &mut || true).unwrap();
        for definition in change::named() {
            let rates = |threads| known.rates_of_rule(&made.chain, &ChangeRule::named(definition.name).unwrap(), threads, &mut || true);
            if truth.change.is_empty() && truth.others.is_empty() {
                prop_assert!(rates(1).is_err(), "there is nothing to be counted");
                continue;
            }
            let (one, three) = (rates(1).unwrap(), rates(3).unwrap());
            prop_assert_eq!(one.overall(), three.overall());
            prop_assert_eq!(one.by_year(), three.by_year());
            prop_assert_eq!(one.overall().positives(), truth.change.len());
            prop_assert_eq!(one.overall().negatives(), truth.others.len());
        }
    }

    #[test]
    fn joining_more_finds_more_and_errs_more(seed in 0..1000u64, count in 1usize..5) {
        let made = made(seed);
        let known = by_names(&made.chain, owners(&made.chain, count, &mut Rng::new(seed)));
        let evaluation = |coinjoins, rules| {
            let settings = Settings { coinjoins, rules, ..Settings::of(made.chain.network()) };
            let clusters = made.chain.cluster_anew(settings, 2, &mut || true).unwrap();
            clusters.evaluate(known.clone(), &mut || true).unwrap()
        };
        use satrail::cluster::Rule::{Change, CoSpend};
        let few = evaluation(CoinJoins::Exclude, vec![CoSpend]);
        let fresh = Change(ChangeRule::named("fresh").unwrap().unique());
        let many = evaluation(CoinJoins::Include, vec![CoSpend, fresh]);
        for (few, many) in [(few.by_addresses, many.by_addresses), (few.by_value, many.by_value)] {
            prop_assert!(few.true_positive <= many.true_positive && few.false_positive <= many.false_positive);
            prop_assert_eq!(few.true_positive + few.false_negative, many.true_positive + many.false_negative);
        }
        let (money, shown) = many.money(3, &mut || true).unwrap();
        prop_assert_eq!((money.clone(), shown), many.money(1, &mut || true).unwrap());
        prop_assert!(money.iter().all(|money| money.seen_received <= money.received && money.seen_sent <= money.sent));
    }

    #[test]
    fn every_satoshi_of_a_source_truly_is_somewhere_and_found_somewhere(seed in 0..1000u64, count in 1usize..5) {
        let made = made(seed);
        let (chain, mut rng) = (&made.chain, Rng::new(seed));
        let known = by_names(chain, owners(chain, count, &mut rng));
        let source = some_outputs(chain, &known, &mut rng);
        for policy in [Policy::Haircut, Policy::Poison, Policy::Fifo, Policy::HighestOutputsFirst] {
            let options = TraceOptions { policy, ..TraceOptions::default() };
            let trace = chain.trace(&source, &options, |_| true).unwrap();
            let evaluation = trace.evaluate(known.clone(), &Claims::new(), &mut || true).unwrap();
            let (truth, ledger) = (evaluation.arrivals(), trace.ledger());
            prop_assert_eq!(truth.arrived.values().sum::<u64>() + truth.fees + truth.rejoined, ledger.source);
            prop_assert_eq!(evaluation.owners().values().map(|found| found.truth).sum::<u64>(), truth.arrived.values().sum::<u64>());
            let found = evaluation.owners().values().map(|found| found.found).sum::<u64>();
            let elsewhere = ledger[Reason::Fees] + ledger[Reason::Unclaimed] + ledger[Reason::Unexplained] + ledger[Reason::Rejoined];
            prop_assert_eq!(found + elsewhere, ledger.source + ledger.joined);
            prop_assert!(evaluation.owners().values().all(|found| found.right <= found.truth.min(found.found)));
        }
    }

    #[test]
    fn who_owns_all_addresses_never_pays_anybody(seed in 0..1000u64) {
        let made = made(seed);
        let known = by_names(&made.chain, owners(&made.chain, 1, &mut Rng::new(seed)));
        let source = some_outputs(&made.chain, &known, &mut Rng::new(seed));
        let truth = known.arrivals(&made.chain, &source, &mut || true).unwrap();
        // What nobody can have, as data, is nobody's.
        prop_assert!(truth.arrived.keys().all(|(_, owner)| [0, NONE_32].contains(owner)));
    }

    #[test]
    fn what_the_chain_tells_is_one_change_and_one_payment_for_each_transaction(seed in 0..1000u64) {
        let made = made(seed);
        let revealed = |folds: Option<&std::collections::BTreeSet<u32>>, threads| {
            Revealed::of(&made.chain, folds, threads, &mut || true).unwrap()
        };
        let all = revealed(None, 1);
        let truth = all.known.change(1, &mut || true).unwrap();
        prop_assert_eq!(truth.clone(), revealed(None, 4).known.change(1, &mut || true).unwrap());
        prop_assert_eq!(truth.change.len(), truth.others.len());
        prop_assert_eq!(truth.change.len(), all.transactions());
        for (change, other) in truth.change.iter().zip(truth.others.iter()) {
            prop_assert_eq!(change.min(other) + 1, change.max(other), "they are the two outputs of one transaction");
        }
        let of_folds = (0..FOLDS).map(|fold| revealed(Some(&[fold].into()), 2).transactions());
        prop_assert_eq!(of_folds.sum::<u64>(), all.transactions());
    }
}

/// A quarter of the outputs of known owners.
fn some_outputs(chain: &Chain, known: &Truth, rng: &mut Rng) -> Source {
    let is_known = |output: &u64| known.owners().unwrap().of(chain.address_of(OutNum(*output)).unwrap()).is_some();
    let outputs: Vec<u64> = (0..chain.counts().outputs).filter(is_known).filter(|_| rng.below(4) == 0).collect();
    Source::of(chain, outputs.into_iter().map(|output| SourceItem::Output(OutNum(output)))).unwrap()
}

#[test]
fn a_stop_set_that_names_the_wrong_owners_is_wrong() {
    let store = DemoStore::new(Some(250));
    let chain = Chain::open(&store.path).unwrap();
    let known = by_names(&chain, owners(&chain, 30, &mut Rng::new(1)));
    let names = &known.owners().unwrap().names;
    let source = some_outputs(&chain, &known, &mut Rng::new(1));
    let evaluation = |shift: usize, policy| {
        let addresses = (0..chain.counts().addresses as u32).map(AddrNum);
        let owned = addresses.filter_map(|address| known.owners().unwrap().of(address).map(|owner| (address, owner as usize)));
        let items = owned.map(|(address, owner)| (StopItem::Address(address), names[(owner + shift) % names.len()].clone()));
        let stops = Arc::new(StopSet::of(&chain, None, items).unwrap());
        let options = TraceOptions { policy, stops, ..TraceOptions::default() };
        let trace = chain.trace(&source, &options, |_| true).unwrap();
        trace.evaluate(known.clone(), &Claims::new(), &mut || true).unwrap()
    };
    for policy in [Policy::Haircut, Policy::Fifo] {
        let (right, wrong) = (evaluation(0, policy), evaluation(1, policy));
        let sums = |of: &satrail::evaluate::TraceEvaluation| {
            of.owners().values().fold((0, 0), |(right, found), owner| (right + owner.right, found + owner.found))
        };
        let (right, wrong) = (sums(&right), sums(&wrong));
        assert_eq!(right.1, wrong.1, "they stop at the same places");
        // Owners are drawn by lot here, so that the wrong one often has a part in the same transaction.
        assert!(right.0 - wrong.0 > right.1 / 3, "{right:?} {wrong:?}");
    }
}

#[test]
fn only_traces_going_out_of_known_owners_are_evaluated() {
    let store = DemoStore::new(Some(120));
    let chain = Chain::open(&store.path).unwrap();
    let known = by_names(&chain, owners(&chain, 3, &mut Rng::new(1)));
    let genesis = Source::of(&chain, [SourceItem::Output(OutNum(0))]).unwrap();
    let trace = |direction, source| chain.trace(source, &TraceOptions { direction, ..TraceOptions::default() }, |_| true).unwrap();
    let refused = |known: Arc<Truth>, direction| {
        let refused = trace(direction, &genesis).evaluate(known, &Claims::new(), &mut || true);
        refused.err().unwrap().to_string()
    };
    assert!(refused(known.clone(), Direction::In).contains("goes in; trace with direction"));
    let others: GivenOwners =
        GivenOwners { addresses: vec![script_text(&chain, 5)].into(), owners: vec!["somebody".to_string()].into(), roles: None };
    assert!(refused(by_names(&chain, others), Direction::Out).contains("does not say whose output number 0"));
    let source = some_outputs(&chain, &known, &mut Rng::new(1));
    let stopped = trace(Direction::Out, &source).evaluate(known, &Claims::new(), &mut || false);
    assert!(matches!(stopped, Err(Error::Stopped)));
}

#[test]
fn folds_deal_clusters_evenly() {
    let mut counts = [0u32; FOLDS as usize];
    (0..100_000).for_each(|cluster| counts[fold_of(cluster) as usize] += 1);
    assert!(counts.iter().all(|count| (9_000..11_000).contains(count)), "{counts:?}");
}

#[test]
fn a_rule_that_takes_the_payment_is_always_wrong() {
    let store = DemoStore::new(Some(250));
    let chain = Chain::open(&store.path).unwrap();
    let known = by_names(&chain, owners(&chain, 3, &mut Rng::new(1)));
    let truth = known.change(1, &mut || true).unwrap();
    let payments = Choice::new(change::ChosenBy::Table, "payments".into(), truth.others.clone());
    let broken = ChangeRule::from(payments);
    let counts = known.rates_of_rule(&chain, &broken, 1, &mut || true).unwrap().overall();
    assert_eq!((counts.true_positive, counts.precision().value()), (0, Some(0.0)));
    assert!(counts.false_positive > 100 && counts.untold_negative < counts.negatives());
    let change = Choice::new(change::ChosenBy::Table, "change".into(), truth.change.clone());
    let right = known.rates_of_rule(&chain, &ChangeRule::from(change), 1, &mut || true).unwrap().overall();
    assert_eq!((right.false_positive, right.precision().value()), (0, Some(1.0)));
}

#[test]
fn work_that_is_told_to_stop_stops() {
    let store = DemoStore::new(Some(120));
    let chain = Chain::open(&store.path).unwrap();
    let known = by_names(&chain, owners(&chain, 3, &mut Rng::new(1)));
    let clusters = chain.cluster(Settings::of(chain.network()), 1, &mut || true).unwrap();
    let evaluation = clusters.evaluate(known.clone(), &mut || true).unwrap();
    let mut stop = || false;
    assert!(matches!(clusters.evaluate(known.clone(), &mut stop), Err(Error::Stopped)));
    assert!(matches!(evaluation.money(2, &mut stop), Err(Error::Stopped)));
    assert!(matches!(known.change(2, &mut stop), Err(Error::Stopped)));
    assert!(matches!(Revealed::of(&chain, None, 2, &mut stop), Err(Error::Stopped)));
    let rule = ChangeRule::named("fresh").unwrap();
    assert!(matches!(known.rates_of_rule(&chain, &rule, 2, &mut stop), Err(Error::Stopped)));
}

#[test]
fn addresses_of_another_height_are_left_alone() {
    let store = DemoStore::new(Some(200));
    let chain = Chain::open(&store.path).unwrap();
    let known = by_names(&chain.at_height(120).unwrap(), owners(&chain.at_height(120).unwrap(), 3, &mut Rng::new(1)));
    // A truth as of an earlier height says nothing of what came later.
    let late = chain.cluster(Settings::of(chain.network()), 1, &mut || true).unwrap();
    let early = late.at_height(120).unwrap();
    let (late, early) = (late.evaluate(known.clone(), &mut || true).unwrap(), early.evaluate(known.clone(), &mut || true).unwrap());
    assert_eq!(late.addresses, early.addresses);
    let owners = known.owners().unwrap();
    assert_eq!(owners.of.iter().filter(|owner| **owner != NONE_32).count() as u64, late.addresses);
}

#[test]
fn a_truth_of_nothing_in_the_chain_is_refused() {
    let store = DemoStore::new(Some(20));
    let chain = Chain::open(&store.path).unwrap();
    let txids = vec![chain.txid(TxNum(3)).unwrap(), [7; 32]];
    let purposes = StringArray::from(vec!["coinbase", "payment"]);
    let given = GivenTransactions { txids, purposes, profiles: None };
    let refused = Truth::given(&chain, None, Some(given)).err().unwrap().to_string();
    assert!(refused.contains("1 of its 2 transactions are not in it up to height 20: 0707"), "{refused}");
    let nowhere = Folder::open(std::path::Path::new("no such folder")).err().unwrap();
    assert!(matches!(nowhere, Error::NotFound { .. }));
}
