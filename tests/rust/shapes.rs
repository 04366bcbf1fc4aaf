//! Shapes: each predicate on transactions made by hand, laws on random ones, and the table on chains.

mod hand;

use std::collections::{BTreeSet, HashMap};

use bitcoin::hashes::{Hash, sha256};
use bitcoin::{Amount, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Witness, absolute, transaction};
use proptest::prelude::*;
use satrail::Error;
use satrail::chain::{Chain, Facts};
use satrail::ids::TxNum;
use satrail::script::Network;
use satrail::shapes::{Decision, GivenThreshold, Nothing, Outline, Shape, Thresholds, Verdict, coinjoin, explain, judge};

use crate::build::work::Clean;
use crate::build::{Rng, Tree, seal};
use crate::cases;
use crate::common::DemoStore;
use hand::Tx;

fn judged(shape: Shape, tx: &Tx) -> (Verdict, &'static str) {
    let outline = tx.outline();
    let (facts, decision) = (outline.facts(), shape.judge(&outline.facts(), &tx.thresholds, &tx.around).unwrap());
    let explanation = shape.explain(&facts, &tx.thresholds, &tx.around).unwrap();
    assert_eq!((explanation.verdict, explanation.decided_by), (decision.verdict, shape.decided_by(decision)));
    (decision.verdict, explanation.decided_by)
}

#[test]
fn every_predicate_of_every_shape_can_decide() {
    for shape in Shape::ALL {
        let mut decided: BTreeSet<&str> = hand::cases(shape).into_iter().map(|(by, _)| by).collect();
        decided.extend(hand::undecided().into_iter().filter(|(of, ..)| *of == shape).map(|(_, by, _)| by));
        let known: BTreeSet<&str> = shape.predicates().iter().copied().chain(["all"]).collect();
        assert_eq!(decided, known, "{}", shape.name());
    }
}

#[test]
fn a_shape_is_there_until_one_of_its_predicates_fails() {
    for shape in Shape::ALL {
        for (by, tx) in hand::cases(shape) {
            let expected = if by == "all" { Verdict::Yes } else { Verdict::No };
            assert_eq!(judged(shape, &tx), (expected, by), "{} {tx:?}", shape.name());
        }
    }
}

#[test]
fn what_cannot_be_told_is_undecided() {
    for (shape, by, tx) in hand::undecided() {
        assert_eq!(judged(shape, &tx), (Verdict::Undecided, by), "{} {tx:?}", shape.name());
    }
}

#[test]
fn one_predicate_that_fails_weighs_more_than_one_that_cannot_be_decided() {
    let tx = hand::channel_close().but(|tx| (tx.around.hidden, tx.locktime) = (satrail::shapes::Hidden::Unknown, 0));
    assert_eq!(judged(Shape::LightningClose, &tx), (Verdict::No, "commitment"));
}

#[test]
fn half_of_the_denomination_counts_in_the_first_version_of_wasabi() {
    assert_eq!(judged(Shape::Wasabi10, &hand::joint(12, 5_003_000)).0, Verdict::Yes);
    assert_eq!(judged(Shape::Wasabi10, &hand::joint(12, 5_300_000)).1, "denomination");
}

#[test]
fn wallets_began_at_known_heights_on_the_main_network_only() {
    let main = Thresholds::of(Network::Mainnet);
    assert_eq!((main.wasabi_1_first_height, main.whirlpool_first_height, main.wasabi_2_first_height), (530_500, 570_000, 741_213));
    assert_eq!(Thresholds::of(Network::Regtest), Thresholds::default());
    let tx = hand::whirlpool().but(|tx| (tx.thresholds, tx.height) = (main, 569_999));
    assert_eq!(judged(Shape::Whirlpool, &tx), (Verdict::No, "height"));
    assert_eq!(judged(Shape::Whirlpool, &tx.but(|tx| tx.height = 570_000)).0, Verdict::Yes);
}

#[test]
fn inputs_of_one_address_are_one_participant() {
    // Each address alone cannot pay; the two of the last participant together can.
    let tx = hand::joint(4, hand::POOL);
    let split = tx.but(|tx| {
        tx.inputs[3].0 /= 2;
        tx.inputs.push(tx.inputs[3].clone());
    });
    assert_eq!(judged(Shape::EqualOutputCoinjoin, &split).0, Verdict::Yes);
    // With another participant's address in place of it, three are left.
    let shared = tx.but(|tx| tx.inputs[3].1 = tx.inputs[2].1.clone());
    assert_eq!(judged(Shape::EqualOutputCoinjoin, &shared).1, "input_addresses");
}

#[test]
fn whoever_takes_part_may_be_paid_for_it_within_the_slack() {
    // The last participant gets more than he puts in, and the first pays for it.
    let paid = |more: u64| {
        let changes = [999_500, 699_500, 399_500, 199_500 + more];
        Tx::of([2_000_000 + more, 1_700_000, 1_400_000, 1_200_000], [hand::POOL; 4].into_iter().chain(changes))
    };
    assert_eq!(judged(Shape::Joinmarket, &paid(10_000)).0, Verdict::Yes);
    assert_eq!(judged(Shape::Joinmarket, &paid(11_000)).1, "value_assignment");
    let more = paid(11_000).but(|tx| tx.thresholds.fee_slack = 11_000);
    assert_eq!(judged(Shape::Joinmarket, &more).0, Verdict::Yes);
}

#[test]
fn a_threshold_is_known_by_its_name_and_kept_in_its_range() {
    let mut thresholds = Thresholds::default();
    thresholds.set("min_participants", &GivenThreshold::Number(5)).unwrap();
    thresholds.set("fee_slack_share", &GivenThreshold::Real(0.5)).unwrap();
    thresholds.set("wasabi_2_sorted", &GivenThreshold::Flag(false)).unwrap();
    assert_eq!((thresholds.min_participants, thresholds.fee_slack_share, thresholds.wasabi_2_sorted), (5, 0.5, false));
    let mut error = |name: &str, given| thresholds.set(name, &given).unwrap_err();
    assert!(matches!(error("min_participants", GivenThreshold::Number(1)), Error::ThresholdValue { .. }));
    assert!(matches!(error("min_participants", GivenThreshold::Number(-1)), Error::ThresholdValue { .. }));
    assert!(matches!(error("min_participants", GivenThreshold::Number(i128::MAX)), Error::ThresholdValue { .. }));
    assert!(matches!(error("min_participants", GivenThreshold::Real(3.0)), Error::ThresholdType { .. }));
    assert!(matches!(error("min_participants", GivenThreshold::Flag(true)), Error::ThresholdType { .. }));
    assert!(matches!(error("fee_slack_share", GivenThreshold::Real(f64::NAN)), Error::ThresholdValue { .. }));
    assert!(matches!(error("fee_slack_share", GivenThreshold::Number(2)), Error::ThresholdValue { .. }));
    assert!(matches!(error("wasabi_2_sorted", GivenThreshold::Number(1)), Error::ThresholdType { .. }));
    let text = error("min_particpants", GivenThreshold::Number(5)).to_string();
    assert!(text.contains("did you mean min_participants?"), "{text}");
}

#[test]
fn every_threshold_can_be_set_to_what_it_is() {
    for threshold in Thresholds::ALL {
        let mut changed = Thresholds::default();
        changed.set(threshold.name, &(threshold.get)(&Thresholds::default())).unwrap();
        assert_eq!(changed, Thresholds::default());
        assert!(!threshold.meaning.trim().is_empty());
    }
}

// ---- Laws -----------------------------------------------------------------------------------------------------------

/// Amounts, scripts and sequences of which many are equal, so that random transactions come near the shapes.
fn transactions() -> impl Strategy<Value = Tx> {
    let amount =
        || prop_oneof![3 => Just(hand::POOL), 1 => Just(10_000_000u64), 1 => 0u64..3_000_000, 1 => Just(hand::POOL + 5_000)];
    let script = || {
        let kind = prop_oneof![6 => Just(hand::wpkh as fn(usize) -> Vec<u8>), 1 => Just(hand::wsh as _), 1 => Just(hand::pkh as _)];
        prop_oneof![12 => (kind, 0usize..40).prop_map(|(kind, n)| kind(n)), 1 => Just(hand::data())]
    };
    let sequence = prop_oneof![Just(u32::MAX), Just(0x8000_0001)];
    let inputs = prop::collection::vec((amount(), script(), sequence), 0..14);
    let outputs = prop::collection::vec((amount(), script()), 0..20);
    let hidden = {
        use satrail::shapes::Hidden::*;
        prop_oneof![Just(Channel), Just(Other), Just(Unknown)]
    };
    let before = prop_oneof![Just(None), Just(Some((1, 2))), Just(Some((2, 2)))];
    (inputs, outputs, hidden, before, prop_oneof![Just(0), Just(0x2000_0001)]).prop_map(
        |(inputs, outputs, hidden, before, locktime)| Tx {
            inputs,
            outputs,
            locktime,
            ..Tx::of([], []).but(|tx| (tx.around.hidden, tx.around.before) = (hidden, before))
        },
    )
}

/// Random transactions, and those that have a shape with something changed.
fn near_the_shapes() -> impl Strategy<Value = Tx> {
    let near = (0..Shape::ALL.len(), any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0u64..3_000_000);
    let near = near.prop_map(|(shape, case, at, amount)| {
        let cases = hand::cases(Shape::ALL[shape]);
        cases[case.index(cases.len())].1.but(|tx| {
            if !tx.outputs.is_empty() && amount % 3 > 0 {
                let at = at.index(tx.outputs.len());
                tx.outputs[at].0 = amount;
            }
        })
    });
    prop_oneof![transactions(), near]
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn an_explanation_says_what_the_quick_answer_says(tx in near_the_shapes()) {
        let outline = tx.outline();
        let quick = judge(&outline.facts(), &tx.thresholds, &tx.around).unwrap();
        let full = explain(&Shape::ALL, &outline.facts(), &tx.thresholds, &tx.around).unwrap();
        for (decision, explanation) in quick.into_iter().zip(full) {
            let shape = explanation.shape;
            prop_assert_eq!((decision.verdict, shape.decided_by(decision)), (explanation.verdict, explanation.decided_by));
            let names: Vec<&str> = explanation.predicates.iter().map(|predicate| predicate.name).collect();
            prop_assert_eq!(names, shape.predicates());
            prop_assert_eq!(decision, shape.judge(&outline.facts(), &tx.thresholds, &tx.around).unwrap());
        }
    }

    #[test]
    fn the_order_of_inputs_and_outputs_changes_no_verdict(tx in near_the_shapes(), seed in any::<u64>()) {
        // One wallet is known by its order; without asking for it, it is as any other.
        let tx = tx.but(|tx| (tx.thresholds.wasabi_2_sorted, tx.thresholds.whirlpool_lineage) = (false, false));
        let mut rng = Rng::new(seed);
        let other = tx.but(|tx| {
            rng.shuffle(&mut tx.inputs);
            rng.shuffle(&mut tx.outputs);
        });
        let verdicts = |tx: &Tx| judge(&tx.outline().facts(), &tx.thresholds, &tx.around).unwrap().map(|decision| decision.verdict);
        prop_assert_eq!(verdicts(&tx), verdicts(&other));
    }

    #[test]
    fn whether_inputs_are_of_several_owners_is_the_strongest_verdict_on_coinjoins(tx in near_the_shapes()) {
        let outline = tx.outline();
        let verdict = |shape: Shape| shape.judge(&outline.facts(), &tx.thresholds, &Nothing).unwrap().verdict;
        let strongest = Shape::JOINT.into_iter().map(verdict).max().unwrap();
        prop_assert_eq!(coinjoin(&outline.facts(), &tx.thresholds), strongest);
    }
}

#[test]
fn random_transactions_have_every_shape_at_times() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut yes: HashMap<Shape, u32> = HashMap::new();
    for _ in 0..3_000 {
        let tx = near_the_shapes().new_tree(&mut runner).unwrap().current();
        let decisions = judge(&tx.outline().facts(), &tx.thresholds, &tx.around).unwrap();
        for shape in Shape::ALL {
            *yes.entry(shape).or_default() += u32::from(decisions[shape as usize].verdict == Verdict::Yes);
        }
    }
    assert!(yes.values().all(|count| *count > 0), "{yes:?}");
}

// ---- Chains ---------------------------------------------------------------------------------------------------------

fn each(chain: &Chain, mut of: impl FnMut(&Facts)) {
    for number in 0..chain.counts().transactions as u32 {
        of(&chain.facts(TxNum(number)).unwrap().transactions().next().unwrap());
    }
}

fn words(chain: &Chain, thresholds: &Thresholds, threads: usize) -> Vec<Vec<String>> {
    let table = chain.shapes_by(0..u64::MAX, None, thresholds, threads).unwrap();
    let mut rows = Vec::new();
    for batch in table.batches() {
        let batch = batch.unwrap();
        for row in 0..batch.num_rows() {
            let word = |name: &str| {
                let column = batch.column_by_name(name).unwrap();
                let column = column.as_any().downcast_ref::<arrow_array::DictionaryArray<arrow_array::types::Int8Type>>().unwrap();
                let values = column.values().as_any().downcast_ref::<arrow_array::StringArray>().unwrap();
                values.value(column.keys().value(row) as usize).to_string()
            };
            rows.push(Shape::ALL.iter().flat_map(|s| [word(s.name()), word(&format!("{}_decided_by", s.name()))]).collect());
        }
    }
    rows
}

#[test]
fn the_table_says_of_each_transaction_what_it_says_alone_at_every_height_and_with_any_number_of_threads() {
    let store = DemoStore::new(None);
    let whole = Chain::open(&store.path).unwrap();
    let thresholds = Thresholds::of(whole.network());
    for height in [495, 260, 0] {
        let chain = whole.at_height(height).unwrap();
        let mut expected = Vec::new();
        each(&chain, |facts| {
            let decisions: [Decision; 15] = judge(facts, &thresholds, &chain).unwrap();
            let words = Shape::ALL.iter().zip(decisions).flat_map(|(s, j)| [j.verdict.name(), s.decided_by(j)]);
            expected.push(words.map(String::from).collect::<Vec<_>>());
        });
        for threads in [1, 3] {
            assert_eq!(words(&chain, &thresholds, threads), expected);
        }
    }
}

#[test]
fn a_step_of_a_peeling_chain_that_no_neighbour_shows_yet_is_undecided_until_its_outputs_are_spent() {
    let store = DemoStore::new(None);
    let whole = Chain::open(&store.path).unwrap();
    let thresholds = Thresholds::default();
    let mut turned = [0; 3];
    each(&whole, |facts| {
        let now = Shape::Peeling.judge(facts, &thresholds, &whole).unwrap();
        let then = whole.at_height(facts.height.0 as i64).unwrap();
        let alone = then.facts(facts.number).unwrap();
        let then = Shape::Peeling.judge(&alone.transactions().next().unwrap(), &thresholds, &then).unwrap();
        // What was decided once stays so.
        assert!(then.verdict == Verdict::Undecided || then == now);
        turned[now.verdict as usize] += u32::from(then.verdict == Verdict::Undecided);
    });
    assert!(turned.iter().all(|count| *count > 0), "{turned:?}");
}

/// A chain with an output that two keys open, which its third block spends as a commitment transaction does.
fn channel(keys: [[u8; 33]; 2], sequence: u32, locktime: u32) -> Clean {
    let push = |key: [u8; 33]| [&[33][..], &key].concat();
    let witness_script = [vec![0x52], push(keys[0]), push(keys[1]), vec![0x52, 0xae]].concat();
    let funding = [&[0, 32][..], sha256::Hash::hash(&witness_script).as_byte_array()].concat();
    let pay = |value, script: Vec<u8>| TxOut { value: Amount::from_sat(value), script_pubkey: script.into() };
    let coinbase = |height: u8, outputs| {
        let input = TxIn { script_sig: ScriptBuf::from(vec![1, height, 0]), ..TxIn::default() };
        Transaction { version: transaction::Version::TWO, lock_time: absolute::LockTime::ZERO, input: vec![input], output: outputs }
    };
    let spend = |of: &Transaction, sequence, locktime, witness: Vec<Vec<u8>>, output| Transaction {
        version: transaction::Version::TWO,
        lock_time: absolute::LockTime::from_consensus(locktime),
        input: vec![TxIn {
            previous_output: OutPoint::new(of.compute_txid(), 0),
            script_sig: ScriptBuf::new(),
            sequence: Sequence(sequence),
            witness: Witness::from_slice(&witness),
        }],
        output,
    };
    let (mut tree, branch) = Tree::with_genesis();
    let first = coinbase(1, vec![pay(100_000, vec![0x51])]);
    let open = spend(&first, u32::MAX, 0, vec![], vec![pay(90_000, funding), pay(9_000, hand::wpkh(1))]);
    let signature = [vec![0x30, 68, 2, 32], vec![7; 32], vec![2, 32], vec![7; 32], vec![1]].concat();
    let witness = vec![vec![], signature.clone(), signature, witness_script];
    let to = vec![pay(50_000, hand::wsh(1)), pay(30_000, hand::wpkh(2)), pay(330, hand::wsh(3))];
    let close = spend(&open, sequence, locktime, witness, to);
    let mut tip = branch.tip;
    for (height, txs) in [vec![first], vec![coinbase(2, vec![]), open], vec![coinbase(3, vec![]), close]].into_iter().enumerate() {
        let time = 1_700_000_000 + 600 * height as u32;
        let txs = txs.into_iter().enumerate().map(|(i, tx)| if i == 0 && tx.output.is_empty() { with_output(tx) } else { tx });
        let block = seal(tree.hash(tip), time, 0x2000_0000, txs.collect(), (height == 2).then_some([0; 32]));
        tip = tree.push(block, Some(tip));
    }
    Clean::of(&tree.chain(tip))
}

fn with_output(tx: Transaction) -> Transaction {
    let output = vec![TxOut { value: Amount::ZERO, script_pubkey: ScriptBuf::from(vec![0x51]) }];
    Transaction { output, ..tx }
}

/// Of the chain above, as of a height: the verdicts on whether the transaction opens, and whether the other closes a channel.
fn channel_verdicts(chain: &Chain) -> Vec<(Verdict, Verdict)> {
    let mut verdicts = Vec::new();
    each(chain, |facts| {
        if !facts.is_coinbase() {
            let judge = |shape: Shape| shape.judge(facts, &Thresholds::default(), chain).unwrap().verdict;
            verdicts.push((judge(Shape::LightningOpen), judge(Shape::LightningClose)));
        }
    });
    verdicts
}

#[test]
fn a_channel_shows_when_it_is_closed() {
    use Verdict::{No, Undecided, Yes};
    let (low, high) = ([2; 33], [3; 33]);
    let clean = channel([low, high], 0x8012_3456, 0x2012_3456);
    assert_eq!(channel_verdicts(&clean.chain.at_height(2).unwrap()), [(Undecided, No)]);
    // What the closing transaction pays to script hashes may be a channel again, as far as anybody knows.
    assert_eq!(channel_verdicts(&clean.chain), [(Yes, No), (Undecided, Yes)]);
    let without_marks = channel([low, high], u32::MAX, 0);
    assert_eq!(channel_verdicts(&without_marks.chain), [(Yes, No), (Undecided, No)]);
    // Keys in another order are of another wallet.
    let unsorted = channel([high, low], 0x8012_3456, 0x2012_3456);
    assert_eq!(channel_verdicts(&unsorted.chain), [(No, No), (Undecided, No)]);
}

#[test]
fn the_coinjoins_of_the_bundled_chain_are_found_and_nothing_else_is_taken_for_one() {
    let store = DemoStore::new(None);
    let chain = Chain::open(&store.path).unwrap();
    let mut found = [0; 3];
    each(&chain, |facts| found[coinjoin(facts, &Thresholds::of(chain.network())) as usize] += 1);
    assert_eq!(found, [3_407, 0, 69]);
}

#[test]
fn a_transaction_of_nothing_has_no_shape() {
    let outline = Outline::default();
    let decisions = judge(&outline.facts(), &Thresholds::default(), &Nothing).unwrap();
    assert!(decisions.iter().all(|decision| decision.verdict == Verdict::No));
}
