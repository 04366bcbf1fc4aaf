//! Change rules: laws of what they leave, on random chains and random rules, and what they are called.

use std::collections::BTreeSet;

use proptest::prelude::*;
use satrail::Error;
use satrail::chain::{BlockFacts, Chain, Feature};
use satrail::change::{
    ChangeRule, Choice, ChosenBy, OneTimeChange, Optimal, PowerOfTen, RULES, RoundFiat, SameSoftware, named, outputs_of_rows, table,
};
use satrail::ids::{Height, OutNum};
use satrail::ingest::Until;
use satrail::script::Kind;
use satrail::sets::outputs::OutputSet;
use tempfile::TempDir;

use crate::build::work::{bring, bring_with, scratch, until};
use crate::build::{Layout, Rng, Shape, Tree, write};
use crate::cases;
use crate::common::DemoStore;

/// A random chain in a folder that is gone after the test.
struct Made {
    chain: Chain,
    folder: TempDir,
}

fn made(seed: u64) -> Made {
    let tree = Tree::random(Shape { seed, blocks: 30, transactions: 6, branches: 0, depth: 0 });
    let folder = scratch();
    write(&folder.path().join("blocks"), &tree.all(), Layout::random(&mut Rng::new(seed)), &mut Rng::new(1));
    bring(&folder.path().join("blocks"), &folder.path().join("store"));
    Made { chain: Chain::open(&folder.path().join("store")).unwrap(), folder }
}

impl Made {
    /// A store that ends at a height.
    fn then(&self, height: u32) -> Chain {
        let store = self.folder.path().join(format!("then-{height}"));
        bring_with(&self.folder.path().join("blocks"), &store, &until(Until::Height(height)));
        Chain::open(&store).unwrap()
    }
}

fn left(chain: &Chain, rule: &ChangeRule, threads: usize) -> BTreeSet<u64> {
    rule.evaluate(chain, 0..chain.counts().blocks, threads, &mut || true).unwrap().iter().collect()
}

/// Every rule that needs no options.
fn plain() -> Vec<ChangeRule> {
    named().map(|definition| ChangeRule::named(definition.name).unwrap()).collect()
}

fn primitives() -> impl Strategy<Value = ChangeRule> {
    let features = prop::sample::subsequence(Feature::ALL.to_vec(), 1..=8);
    let prices = |cents: u64| RoundFiat::new((0..5000).map(|day| (day * 86_400 * 5, cents)).collect(), 1000, 2000).unwrap();
    prop_oneof![
        4 => prop::sample::select(plain()),
        1 => (0..21u32).prop_map(|digits| PowerOfTen { digits }.into()),
        1 => Just(Optimal { with_fee: true }.into()),
        1 => features.prop_map(|features| SameSoftware::new(features).unwrap().into()),
        1 => (prop::option::of(0..1_000_000u32), any::<bool>())
            .prop_map(|(wait, skip)| OneTimeChange::new(wait, vec![], skip).unwrap().into()),
        1 => (1..10_000_000u64).prop_map(move |cents| prices(cents).into()),
        1 => prop::collection::vec(0..400u64, 0..100)
            .prop_map(|numbers| Choice::new(ChosenBy::Table, "some".into(), OutputSet::of(numbers)).into()),
    ]
}

fn rules() -> impl Strategy<Value = ChangeRule> {
    primitives().prop_recursive(4, 12, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| a.union(&b)),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| a.intersection(&b)),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| a.difference(&b)),
            inner.prop_map(|rule| rule.unique()),
        ]
    })
}

proptest! {
    #![proptest_config(cases(16))]

    #[test]
    fn rules_combine_as_sets_do(seed in 0..1000u64, pairs in prop::collection::vec((rules(), rules()), 6)) {
        let made = made(seed);
        for (a, b) in pairs {
            let of = |rule: &ChangeRule| left(&made.chain, rule, 1);
            let (x, y) = (of(&a), of(&b));
            prop_assert_eq!(of(&a.union(&b)), of(&b.union(&a)));
            prop_assert_eq!(of(&a.union(&b)), &x | &y);
            prop_assert_eq!(of(&a.intersection(&b)), &x & &y);
            prop_assert!(of(&a.intersection(&b)).is_subset(&x));
            prop_assert_eq!(of(&a.difference(&b)), &x - &y);
            prop_assert!(of(&a.difference(&a)).is_empty());
            let alone = |output: &&u64| {
                let tx = made.chain.transaction_of(OutNum(**output)).unwrap();
                x.range(made.chain.outputs_of(tx).unwrap().rows()).count() == 1
            };
            prop_assert_eq!(of(&a.unique()), x.iter().filter(alone).copied().collect::<BTreeSet<_>>());
        }
    }

    #[test]
    fn the_answer_is_that_of_a_store_that_ends_there_for_any_number_of_threads(
        seed in 0..1000u64, height in 1..30u32, rules in prop::collection::vec(rules(), 6),
    ) {
        let made = made(seed);
        let (past, then) = (made.chain.at_height(height as i64).unwrap(), made.then(height));
        for rule in rules {
            // What is given is given by numbers, which may be beyond the height.
            prop_assert_eq!(left(&past, &rule, 1), left(&then, &rule, 3));
            prop_assert_eq!(left(&made.chain, &rule, 1), left(&made.chain, &rule, 4));
            if !rule.is_dynamic() {
                let whole = left(&made.chain, &rule, 2);
                let end = past.counts().outputs;
                prop_assert_eq!(left(&past, &rule, 2), whole.range(..end).copied().collect::<BTreeSet<_>>());
            }
        }
    }

    #[test]
    fn a_transaction_gives_what_the_whole_gives_and_no_data(seed in 0..1000u64, rule in rules()) {
        let made = made(seed);
        let (chain, whole) = (&made.chain, left(&made.chain, &rule, 2));
        let prepared = rule.prepare(chain, 1, &mut || true).unwrap();
        let (mut block, mut found, mut again) = (BlockFacts::default(), vec![7; 9], BTreeSet::new());
        for height in 0..chain.counts().blocks {
            block.gather(chain, Height(height as u32)).unwrap();
            for facts in block.transactions() {
                prepared.candidates(&facts, &mut found).unwrap();
                prop_assert!(found.is_sorted() && (found.is_empty() || !facts.is_coinbase()));
                again.extend(found.iter().map(|position| facts.outputs[*position as usize].number.0));
                prop_assert!(found.iter().all(|position| facts.outputs[*position as usize].kind != Kind::OpReturn));
            }
        }
        prop_assert_eq!(again, whole);
    }
}

#[test]
fn rules_say_what_they_are() {
    let of = |name| ChangeRule::named(name).unwrap();
    let rule = of("optimal").intersection(&of("fresh")).unique();
    assert_eq!(rule.to_string(), "(optimal & fresh).unique()");
    assert_eq!(rule.identity(), "(optimal & fresh).unique() [optimal 1, fresh 1]");
    assert_eq!(of("power_of_ten").union(&of("none")).to_string(), "(power_of_ten(digits=6) | none)");
    let given = |numbers: &[u64]| ChangeRule::from(Choice::new(ChosenBy::Table, "m".into(), OutputSet::of(numbers.to_vec())));
    assert_eq!(given(&[1, 2]).identity(), given(&[2, 1, 2]).identity());
    assert_ne!(given(&[1, 2]).identity(), given(&[1, 3]).identity());
    assert_eq!(given(&[1]).to_string(), "table(\"m\")");
    let later = ["peeling", "locktime", "fixed_fee", "spent", "fingerprint"];
    for definition in named() {
        assert_eq!(of(definition.name).is_dynamic(), later.contains(&definition.name), "{}", definition.name);
    }
    assert!(ChangeRule::from(OneTimeChange::new(Some(5), vec![], false).unwrap()).is_dynamic());
}

/// The cells of a line of a Markdown table.
fn cells(line: &str) -> Vec<&str> {
    line.trim().trim_matches('|').split('|').map(str::trim).collect()
}

#[test]
fn the_page_has_the_definition_of_every_rule_and_no_other() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/rules.md")).unwrap();
    let lines = page.lines().skip_while(|line| !line.starts_with("| rule | leaves |")).skip(2);
    let told: BTreeSet<(&str, &str, &str, bool)> = lines
        .take_while(|line| line.starts_with('|'))
        .map(|line| {
            let [call, leaves, later, source] = cells(line)[..] else { panic!("{line}") };
            (call.trim_matches('`').split('(').next().unwrap(), leaves, source, later.contains("yes"))
        })
        .collect();
    let defined = RULES.iter().map(|rule| (rule.name, rule.leaves, rule.source, rule.dynamic));
    assert_eq!(told, defined.collect());
    assert!(RULES.is_sorted_by_key(|rule| rule.name));
}

#[test]
fn two_rules_are_equal_when_they_are_made_of_the_same() {
    let of = |name: &str| ChangeRule::named(name).unwrap();
    assert_eq!(of("optimal"), Optimal { with_fee: false }.into());
    assert_ne!(of("optimal"), Optimal { with_fee: true }.into());
    let rule = |a: &'static str, b: &'static str| of(a).union(&of(b)).unique();
    assert_eq!(rule("fresh", "spent"), rule("fresh", "spent"));
    assert_ne!(rule("fresh", "spent"), rule("spent", "fresh"));
    assert_ne!(of("fresh").union(&of("spent")), of("fresh").difference(&of("spent")));
}

#[test]
fn rules_in_rules_are_refused_when_they_are_too_deep() {
    let mut rule = ChangeRule::named("fresh").unwrap();
    (1..200).for_each(|_| rule = rule.unique().checked().unwrap());
    assert!(rule.unique().checked().unwrap_err().to_string().contains("201 deep, and 200 is the most"));
}

#[test]
fn an_unknown_name_is_told_with_near_ones() {
    let error = ChangeRule::named("optimum").unwrap_err().to_string();
    assert!(error.starts_with("unknown change rule \"optimum\"; did you mean optimal? it is one of address_reuse, "), "{error}");
    assert!(Feature::from_name("low_R ").unwrap_err().to_string().contains("did you mean low_r?"));
}

#[test]
fn it_stops_when_it_is_told_to() {
    let demo = DemoStore::new(None);
    let chain = Chain::open(&demo.path).unwrap();
    for rule in plain() {
        let stopped = rule.evaluate(&chain, 0..chain.counts().blocks, 2, &mut || false);
        assert!(matches!(stopped, Err(Error::Stopped)));
    }
    let skip = ChangeRule::from(OneTimeChange::new(None, vec![], true).unwrap());
    assert!(matches!(skip.prepare(&chain, 2, &mut || false), Err(Error::Stopped)));
}

#[test]
fn a_table_has_a_row_for_each_output_and_rows_are_found_by_id() {
    let demo = DemoStore::new(None);
    let chain = Chain::open(&demo.path).unwrap();
    let fresh = ChangeRule::named("fresh").unwrap().evaluate(&chain, 250..320, 2, &mut || true).unwrap();
    let rows = |output: u64| {
        let tx = chain.transaction_of(OutNum(output)).unwrap();
        (chain.txid(tx).unwrap(), output - chain.outputs_of(tx).unwrap().start().0)
    };
    let named: Vec<_> = fresh.iter().map(rows).collect();
    assert_eq!(outputs_of_rows(&chain, "all", &named).unwrap(), fresh);
    let table = table(&chain, fresh.clone());
    assert_eq!(table.num_rows(), fresh.len());
    let outputs = table.batches().flat_map(|batch| {
        let column = batch.unwrap().column_by_name("output").unwrap().clone();
        column.as_any().downcast_ref::<arrow_array::Int64Array>().unwrap().values().to_vec()
    });
    assert_eq!(outputs.map(|output| output as u64).collect::<Vec<_>>(), fresh.iter().collect::<Vec<_>>());
}
