//! Traces on whole chains.

mod chains;
mod oracle;

use std::collections::{BTreeMap, HashMap};

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int32Type, Int64Type};
use arrow_array::{Array, RecordBatch};
use chains::{Ingested, Made, demo, demo_until, made};
use proptest::prelude::*;
use satrail::Error;
use satrail::chain::{Chain, End};
use satrail::ids::{AddrNum, OutNum, TxNum};
use satrail::table::Table;
use satrail::trace::{
    Direction, Fees, Ledger, Movement, Outcome, Place, Policy, Reason, Source, SourceItem, Step, Trace, TraceOptions,
};

const BOTH: [Direction; 2] = [Direction::Out, Direction::In];

fn options(direction: Direction, max_tx_hops: Option<u32>) -> TraceOptions {
    TraceOptions { direction, max_tx_hops, ..TraceOptions::default() }
}

fn trace(chain: &Chain, source: &[OutNum], direction: Direction, max_tx_hops: Option<u32>) -> Trace {
    chain.trace(&source_of(chain, source), &options(direction, max_tx_hops), |_| true).unwrap()
}

fn source_of(chain: &Chain, outputs: &[OutNum]) -> Source {
    Source::of(chain, outputs.iter().copied().map(SourceItem::Output)).unwrap()
}

fn outputs(numbers: &[u64]) -> Vec<OutNum> {
    numbers.iter().copied().map(OutNum).collect()
}

/// Sources of many sizes, spread over the chain.
fn sources(chain: &Chain) -> Vec<Vec<OutNum>> {
    let count = chain.counts().outputs;
    let spread = |first: u64, every: u64| (first..count).step_by(every as usize).map(OutNum).collect();
    let mut sources: Vec<Vec<OutNum>> = [(1, 9), (3, 80), (5, 700), (700, 3000)].map(|(first, every)| spread(first, every)).into();
    sources.extend((20..count).step_by(397).map(|output| outputs(&[output])));
    sources
}

/// A block whose coinbase pays 100.
fn block(spends: &[u64], pays: &[u64]) -> Made {
    Made { coinbase: 100, spends: spends.to_vec(), pays: pays.to_vec() }
}

/// The ledger of a source with these lines.
fn sums<const N: usize>(source: u64, lines: [(Reason, u64); N]) -> Ledger {
    let mut ledger = Ledger { source, ..Ledger::default() };
    lines.into_iter().for_each(|(reason, amount)| ledger[reason] = amount);
    ledger
}

fn check_against_oracle(chain: &Chain, source: &[OutNum], direction: Direction, max_tx_hops: Option<u32>) {
    let trace = trace(chain, source, direction, max_tx_hops);
    let expected = oracle::rows(chain, source, direction, max_tx_hops);
    assert_eq!(oracle::rows_of(&trace), expected, "{direction:?} {max_tx_hops:?}");
    let ledger = trace.ledger();
    let lines = [("source", ledger.source)].into_iter().chain(ledger.plain_lines()).filter(|(_, amount)| *amount > 0);
    assert_eq!(lines.collect::<BTreeMap<_, _>>(), oracle::sums(&expected));
    assert!(ledger.balances());
}

#[test]
fn a_sparse_sweep_finds_what_a_dense_one_finds() {
    let demo = demo();
    for source in sources(&demo.chain) {
        for direction in BOTH {
            for max_tx_hops in [None, Some(0), Some(1), Some(2), Some(7)] {
                check_against_oracle(&demo.chain, &source, direction, max_tx_hops);
            }
        }
    }
}

/// Blocks whose transactions may pay out more than they take in, pay nothing, and leave more than one output of a transaction, or
/// all outputs, to the next.
fn made_chains() -> impl Strategy<Value = Vec<Made>> {
    let amount = || prop_oneof![4 => 0..12u64, 1 => 0..2_100_000_000_000_000u64];
    let block = (amount(), prop::collection::vec(any::<u16>(), 0..5), prop::collection::vec(amount(), 1..5));
    prop::collection::vec(block, 1..40).prop_map(|blocks| {
        let (mut unspent, mut outputs) = (Vec::new(), 1);
        let made = |(coinbase, picks, pays): (u64, Vec<u16>, Vec<u64>)| {
            let inputs = picks.len().min(unspent.len());
            let take = |pick: u16| unspent.swap_remove(pick as usize % unspent.len());
            let spends = picks.into_iter().take(inputs).map(take).collect();
            let made = Made { coinbase, spends, pays };
            let new = 1 + if made.spends.is_empty() { 0 } else { made.pays.len() as u64 };
            unspent.extend(outputs..outputs + new);
            outputs += new;
            made
        };
        blocks.into_iter().map(made).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn so_it_does_on_chains_that_no_node_accepts(
        blocks in made_chains(), picks in prop::collection::vec(any::<u16>(), 1..6), max_tx_hops in prop::option::of(0..6u32),
    ) {
        let made = made(&blocks);
        let count = made.chain.counts().outputs;
        let source: Vec<OutNum> = picks.into_iter().map(|pick| OutNum(pick as u64 % count)).collect();
        for direction in BOTH {
            check_against_oracle(&made.chain, &source, direction, max_tx_hops);
        }
    }
}

fn batches(table: Table) -> Vec<RecordBatch> {
    table.batches().map(|batch| batch.unwrap()).collect()
}

#[test]
fn a_trace_in_the_past_is_one_on_a_store_that_ends_there() {
    let demo = demo();
    for height in [0, 120, 301, 495] {
        let (past, then) = (demo.chain.at_height(height as i64).unwrap(), demo_until(Some(height)));
        let count = past.counts().outputs;
        let source: Vec<OutNum> = (0..count).step_by(1 + count as usize / 40).map(OutNum).collect();
        for direction in BOTH {
            let (past, then) = (trace(&past, &source, direction, None), trace(&then.chain, &source, direction, None));
            assert_eq!(past.rows().unwrap(), then.rows().unwrap());
            assert_eq!(past.ledger(), then.ledger());
            assert_eq!(batches(past.steps()), batches(then.steps()));
            assert_eq!(batches(past.ends().unwrap()), batches(then.ends().unwrap()));
        }
    }
}

/// Satoshi of traced money by output, without what rejoined.
fn amounts(trace: &Trace) -> HashMap<u64, i64> {
    let at = |step: &Step| {
        step.place.output().filter(|_| step.outcome != Outcome::Ended(Reason::Rejoined)).map(|o| (o.0, step.amount as i64))
    };
    trace.rows().unwrap().iter().filter_map(at).collect()
}

#[test]
fn two_sources_together_trace_to_the_sum_of_both_but_for_rounding() {
    let Ingested { chain, .. } = &demo();
    let mut compared = 0;
    for (a, b) in [(300, 2_900), (1_000, 1_001), (2_000, 5_000), (4_001, 6_000), (7_000, 7_500), (350, 351)] {
        for direction in BOTH {
            let both = trace(chain, &outputs(&[a, b]), direction, None);
            if both.ledger()[Reason::Rejoined] > 0 {
                continue;
            }
            let (a, b) = (trace(chain, &outputs(&[a]), direction, None), trace(chain, &outputs(&[b]), direction, None));
            let bound = 3 * both.len() as i64;
            let (a, b, both) = (amounts(&a), amounts(&b), amounts(&both));
            for output in a.keys().chain(b.keys()).chain(both.keys()) {
                let of = |amounts: &HashMap<u64, i64>| amounts.get(output).copied().unwrap_or(0);
                assert!((of(&a) + of(&b) - of(&both)).abs() <= bound);
            }
            compared += 1;
        }
    }
    assert!(compared >= 6, "{compared}");
}

#[test]
fn what_went_from_one_output_to_another_is_what_the_other_has_from_it_but_for_rounding() {
    let Ingested { chain, .. } = &demo();
    let mut compared = 0;
    for from in (200..chain.counts().outputs).step_by(611) {
        let there = trace(chain, &outputs(&[from]), Direction::Out, None);
        for step in
            there.rows().unwrap().iter().filter(|step| step.outcome == Outcome::Ended(Reason::Unspent) && step.tx_hop > 0).take(4)
        {
            let back = trace(chain, &[step.place.output().unwrap()], Direction::In, None);
            let found = amounts(&back).get(&from).copied().unwrap_or(0);
            let bound = (there.len() + back.len()) as i64;
            assert!((found - step.amount as i64).abs() <= bound, "{from} {step:?} {found}");
            compared += 1;
        }
    }
    assert!(compared >= 20, "{compared}");
}

#[test]
fn an_unspent_source_goes_nowhere() {
    let Ingested { chain, .. } = &demo();
    let unspent = (0..chain.counts().outputs).map(OutNum).find(|o| chain.end_of(*o).unwrap() == End::Unspent).unwrap();
    let trace = trace(chain, &[unspent], Direction::Out, None);
    let value = chain.value_of(unspent).unwrap();
    assert_eq!(*trace.ledger(), sums(value, [(Reason::Unspent, value)]));
    assert_eq!((trace.transactions(), trace.len()), (0, 1));
    assert_eq!(trace.ends().unwrap().num_rows(), 1);
}

#[test]
fn a_source_that_can_never_be_spent_is_lost() {
    let Ingested { chain, .. } = &demo();
    let genesis = 5_000_000_000;
    let there = trace(chain, &outputs(&[0]), Direction::Out, None);
    assert_eq!(*there.ledger(), sums(genesis, [(Reason::Lost, genesis)]));
    let back = trace(chain, &outputs(&[0]), Direction::In, Some(0));
    assert_eq!(*back.ledger(), sums(genesis, [(Reason::Mined, genesis)]));
}

#[test]
fn an_output_on_its_way_is_cut_off_at_the_last_hop_and_one_at_its_end_is_not() {
    // The coinbases are 1, 2 and 5; 1 pays 3 and 4, and 3 pays 6.
    let Ingested { chain, .. } = &made(&[block(&[], &[]), block(&[1], &[60, 30]), block(&[3], &[55])]);
    let ledger = |max_tx_hops| trace(chain, &outputs(&[1]), Direction::Out, max_tx_hops).ledger().clone();
    assert_eq!(ledger(Some(0)), sums(100, [(Reason::CutOffTxHops, 100)]));
    assert_eq!(ledger(Some(1)), sums(100, [(Reason::CutOffTxHops, 60), (Reason::Unspent, 30), (Reason::Fees, 10)]));
    assert_eq!(ledger(Some(2)), sums(100, [(Reason::Unspent, 85), (Reason::Fees, 15)]));
    assert_eq!(ledger(None), ledger(Some(2)));
    let back = |max_tx_hops| trace(chain, &outputs(&[6]), Direction::In, max_tx_hops).ledger().clone();
    assert_eq!(back(Some(1)), sums(55, [(Reason::CutOffTxHops, 55)]));
    assert_eq!(back(Some(2)), sums(55, [(Reason::Mined, 55)]));
}

#[test]
fn money_from_nothing_is_unexplained_and_goes_all_to_outputs() {
    let Ingested { chain, .. } = &made(&[block(&[], &[]), block(&[1], &[150, 50])]);
    let there = trace(chain, &outputs(&[1]), Direction::Out, None);
    assert_eq!(there.rows().unwrap().iter().map(|step| step.amount).collect::<Vec<_>>(), [100, 75, 25]);
    assert_eq!(*there.ledger(), sums(100, [(Reason::Unspent, 100)]));
    let back = trace(chain, &outputs(&[3, 4]), Direction::In, None);
    assert_eq!(*back.ledger(), sums(200, [(Reason::Mined, 100), (Reason::Unexplained, 100)]));
    let part = trace(chain, &outputs(&[4]), Direction::In, None);
    assert_eq!(*part.ledger(), sums(50, [(Reason::Mined, 25), (Reason::Unexplained, 25)]));
}

#[test]
fn what_comes_back_to_the_source_ends_there_and_is_not_traced_twice() {
    // 1 (100) -> 3 (90) -> 5 (81), each with a fee.
    let Ingested { chain, .. } = &made(&[block(&[], &[]), block(&[1], &[90]), block(&[3], &[81])]);
    let there = trace(chain, &outputs(&[1, 3]), Direction::Out, None);
    assert_eq!(*there.ledger(), sums(190, [(Reason::Rejoined, 90), (Reason::Unspent, 81), (Reason::Fees, 19)]));
    let back = trace(chain, &outputs(&[3, 5]), Direction::In, None);
    assert_eq!(*back.ledger(), sums(171, [(Reason::Rejoined, 81), (Reason::Mined, 90)]));
}

#[test]
fn a_source_is_named_by_outputs_transactions_and_addresses() {
    let Ingested { chain, .. } = &demo();
    let output = chain.output_at(OutNum(2_000)).unwrap();
    let tx = output.transaction().unwrap();
    let txid = satrail::ids::hash_text(&tx.txid().unwrap());
    let address = output.address().unwrap();
    let named = |text: &str| SourceItem::named(chain, text).unwrap();
    assert_eq!(named(&format!(" {txid}:{} ", output.position().unwrap())), Some(SourceItem::Output(output.number())));
    assert_eq!(named(&txid), Some(SourceItem::Transaction(tx.number())));
    assert_eq!(named(&address.name().unwrap()), Some(SourceItem::Address(address.number())));
    assert_eq!(named("bcrt1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqdku202"), None);
    assert!(matches!(SourceItem::named(chain, "nobody"), Err(Error::BadAddress { .. })));
    assert!(matches!(SourceItem::named(chain, "12:0"), Err(Error::BadTxid { .. })));
    assert!(matches!(SourceItem::named(chain, &"0".repeat(64)), Err(Error::UnknownTransaction { .. })));
}

#[test]
fn sources_that_overlap_count_once() {
    let Ingested { chain, .. } = &demo();
    let output = chain.output_at(OutNum(2_000)).unwrap();
    let tx = output.transaction().unwrap();
    let items = [SourceItem::Output(output.number()), SourceItem::Transaction(tx.number()), SourceItem::Output(output.number())];
    let source = Source::of(chain, items).unwrap();
    assert_eq!(
        source.outputs().iter().map(|given| given.output.0).collect::<Vec<_>>(),
        tx.output_numbers().unwrap().rows().collect::<Vec<_>>()
    );
    let trace = chain.trace(&source, &TraceOptions::default(), |_| true).unwrap();
    assert_eq!(trace.source().overlapping(), 2);
    assert_eq!(trace.ledger().source, tx.outputs().unwrap().map(|o| o.value().unwrap()).sum::<u64>());
    let once = chain.trace(&Source::of(chain, [items[1]]).unwrap(), &TraceOptions::default(), |_| true).unwrap();
    assert_eq!((once.rows().unwrap(), once.source().overlapping()), (trace.rows().unwrap(), 0));
}

#[test]
fn an_address_stands_for_what_was_paid_to_it_up_to_the_height() {
    let Ingested { chain, .. } = &demo();
    let counts = |address: u32, chain: &Chain| Source::of(chain, [SourceItem::Address(AddrNum(address))]).unwrap().outputs().len();
    let most = (0..chain.counts().addresses as u32).max_by_key(|address| counts(*address, chain)).unwrap();
    let all = Source::of(chain, [SourceItem::Address(AddrNum(most))]).unwrap();
    let (first, last) = (all.outputs()[0].output, all.outputs()[all.outputs().len() - 1].output);
    let height = |output| chain.height_of(chain.transaction_of(output).unwrap()).unwrap().0 as i64;
    let (before, between) = (chain.at_height(height(first) - 1).unwrap(), chain.at_height(height(last) - 1).unwrap());
    assert_eq!(counts(most, &before), 0);
    assert!((1..all.outputs().len()).contains(&counts(most, &between)));
}

#[test]
fn a_source_without_outputs_is_an_error() {
    let Ingested { chain, .. } = &demo();
    let empty = chain.trace(&Source::default(), &TraceOptions::default(), |_| true);
    assert!(matches!(empty, Err(Error::EmptySource)));
    let early = chain.at_height(1).unwrap();
    let unpaid = Source::of(&early, [SourceItem::Address(AddrNum(5_000))]).unwrap();
    assert!(matches!(early.trace(&unpaid, &TraceOptions::default(), |_| true), Err(Error::EmptySource)));
}

#[test]
fn what_the_chain_does_not_have_yet_is_no_source() {
    let Ingested { chain, .. } = &demo();
    let early = chain.at_height(100).unwrap();
    let (output, tx) = (OutNum(early.counts().outputs), TxNum(early.counts().transactions as u32));
    assert!(early.trace(&source_of(chain, &[output]), &TraceOptions::default(), |_| true).is_err());
    assert!(Source::of(&early, [SourceItem::Output(output)]).is_err());
    assert!(Source::of(&early, [SourceItem::Transaction(tx)]).is_err());
    assert!(Source::of(chain, [SourceItem::Output(output), SourceItem::Transaction(tx)]).is_ok());
}

#[test]
fn a_long_trace_can_be_interrupted() {
    let Ingested { chain, .. } = &demo();
    let source = source_of(chain, &(0..chain.counts().outputs).step_by(10).map(OutNum).collect::<Vec<_>>());
    let mut told = Vec::new();
    let whole = chain.trace(&source, &TraceOptions::default(), |done| {
        told.push(done);
        true
    });
    assert_eq!(told, [1024, 2048]);
    assert!(whole.unwrap().transactions() > 2048);
    let error = chain.trace(&source, &TraceOptions::default(), |done| done < 2048).unwrap_err();
    assert!(matches!(error, Error::TraceInterrupted { transactions: 2048 }), "{error}");
}

#[test]
fn its_tables_say_the_same_as_its_ledger() {
    let Ingested { chain, .. } = &demo();
    for source in sources(chain).into_iter().take(4) {
        for direction in BOTH {
            let trace = trace(chain, &source, direction, Some(5));
            let ledger = trace.ledger();
            let ends = batches(trace.ends().unwrap());
            let ended: i64 = ends.iter().map(|batch| numbers(batch, "amount").into_iter().flatten().sum::<i64>()).sum();
            assert_eq!(ended as u64 + ledger[Reason::Fees] + ledger[Reason::Unexplained], ledger.source);
            for (name, amount) in ledger.plain_lines().into_iter().filter(|(name, _)| !["fees", "unexplained"].contains(name)) {
                assert_eq!(ends.iter().map(|batch| sum_where(batch, "reason", name)).sum::<i64>() as u64, amount, "{name}");
            }
            let steps = batches(trace.steps());
            steps.iter().for_each(through_each_transaction_goes_what_comes_to_it);
            assert_eq!(steps.iter().map(|batch| sum_where(batch, "outcome", "fees")).sum::<i64>() as u64, ledger[Reason::Fees]);
        }
    }
}

fn numbers(batch: &RecordBatch, name: &str) -> Vec<Option<i64>> {
    batch.column_by_name(name).unwrap().as_primitive::<Int64Type>().iter().collect()
}

fn texts<'a>(batch: &'a RecordBatch, name: &str) -> Vec<Option<&'a str>> {
    batch.column_by_name(name).unwrap().as_string::<i32>().iter().collect()
}

fn sum_where(batch: &RecordBatch, name: &str, text: &str) -> i64 {
    let rows = texts(batch, name).into_iter().zip(numbers(batch, "amount"));
    rows.filter(|(found, _)| *found == Some(text)).filter_map(|(_, amount)| amount).sum()
}

fn through_each_transaction_goes_what_comes_to_it(steps: &RecordBatch) {
    let mut balance: HashMap<i64, i64> = HashMap::new();
    let rows = numbers(steps, "transaction").into_iter().zip(numbers(steps, "next")).zip(numbers(steps, "amount"));
    for ((by, next), amount) in rows {
        by.into_iter().for_each(|tx| *balance.entry(tx).or_default() += amount.unwrap());
        next.into_iter().for_each(|tx| *balance.entry(tx).or_default() -= amount.unwrap());
    }
    assert!(balance.values().all(|sum| *sum == 0));
}

#[test]
fn a_row_of_its_tables_tells_where_when_and_how_much() {
    let Ingested { chain, .. } = &made(&[block(&[], &[]), block(&[], &[]), block(&[1, 2], &[150, 40]), block(&[4], &[1])]);
    let trace = trace(chain, &outputs(&[1]), Direction::Out, Some(1));
    let steps = &batches(trace.steps())[0];
    assert_eq!(numbers(steps, "step"), [0, 1, 2, 3].map(Some));
    assert_eq!(numbers(steps, "transaction"), [None, Some(4), Some(4), Some(4)]);
    assert_eq!(numbers(steps, "output"), [Some(1), Some(4), Some(5), None]);
    assert_eq!(numbers(steps, "value"), [Some(100), Some(150), Some(40), None]);
    assert_eq!(numbers(steps, "amount"), [100, 75, 20, 5].map(Some));
    assert_eq!(numbers(steps, "next"), [Some(4), None, None, None]);
    assert_eq!(texts(steps, "outcome"), ["followed", "cut_off_tx_hops", "unspent", "fees"].map(Some));
    let shares: Vec<Option<f64>> = steps.column_by_name("share").unwrap().as_primitive::<Float64Type>().iter().collect();
    assert_eq!(shares, [Some(1.0), Some(0.5), Some(0.5), None]);
    let ends = &batches(trace.ends().unwrap())[0];
    let output = chain.output_at(OutNum(5)).unwrap();
    let txid = satrail::ids::hash_text(&output.transaction().unwrap().txid().unwrap());
    assert_eq!((texts(ends, "txid")[1], texts(ends, "reason")[1]), (Some(txid.as_str()), Some("unspent")));
    assert_eq!(texts(ends, "address")[1], output.address().unwrap().text().unwrap().as_deref());
    let int32 = |name| ends.column_by_name(name).unwrap().as_primitive::<Int32Type>().value(1);
    assert_eq!((int32("position"), int32("height"), int32("tx_hop")), (1, 3, 1));
    assert_eq!(ends.column_by_name("time").unwrap().null_count(), 0);
}

#[test]
fn nothing_is_followed_to_nowhere() {
    let Ingested { chain, .. } = &made(&[Made { coinbase: 0, ..block(&[], &[]) }, block(&[1], &[5])]);
    let trace = trace(chain, &outputs(&[1]), Direction::Out, None);
    assert_eq!((trace.ledger(), trace.step(0).unwrap().outcome), (&Ledger::default(), Outcome::Followed(TxNum(3))));
    assert_eq!((trace.steps().num_rows(), trace.ends().unwrap().num_rows()), (1, 0));
    assert_eq!(trace.ends().unwrap().schema().fields().len(), 14);
}

/// All policies that follow outputs.
const POLICIES: [Policy; 5] = [Policy::Haircut, Policy::Poison, Policy::Fifo, Policy::Lifo, Policy::HighestOutputsFirst];

/// Satoshi by place, of the movements that leave it or arrive at it.
fn sums_by(movements: &[Movement], place: fn(&Movement) -> Place) -> BTreeMap<Place, u64> {
    let mut sums = BTreeMap::new();
    movements.iter().for_each(|movement| *sums.entry(place(movement)).or_default() += movement.amount);
    sums
}

#[test]
fn movements_arrive_with_what_steps_have_and_leave_with_all_of_it() {
    let Ingested { chain, .. } = &demo();
    for source in sources(chain).into_iter().take(6) {
        for (policy, direction) in POLICIES.into_iter().flat_map(|policy| BOTH.map(|direction| (policy, direction))) {
            for fees in [Fees::Report, Fees::Follow] {
                let options = TraceOptions { policy, direction, fees, max_tx_hops: Some(9), ..TraceOptions::default() };
                let trace = chain.trace(&source_of(chain, &source), &options, |_| true).unwrap();
                let movements = trace.movements(|_| true).unwrap();
                let steps = trace.rows().unwrap();
                if policy != Policy::Poison {
                    let arrived: BTreeMap<Place, u64> =
                        steps.iter().filter(|step| step.by.is_some()).map(|step| (step.place, step.amount)).collect();
                    assert!(sums_by(&movements, |movement| movement.to) == arrived, "{policy:?} {direction:?}");
                }
                let followed = steps.iter().filter(|step| step.outcome.next().is_some() && step.amount > 0);
                let followed: BTreeMap<Place, u64> = followed.map(|step| (step.place, step.amount)).collect();
                assert!(sums_by(&movements, |movement| movement.from) == followed, "{policy:?} {direction:?} {fees:?}");
            }
        }
    }
}

#[test]
fn sources_together_have_what_each_step_has() {
    let Ingested { chain, .. } = &demo();
    for source in sources(chain).into_iter().take(4) {
        for (policy, direction) in POLICIES.into_iter().flat_map(|policy| BOTH.map(|direction| (policy, direction))) {
            let options = TraceOptions { policy, direction, ..TraceOptions::default() };
            let trace = chain.trace(&source_of(chain, &source), &options, |_| true).unwrap();
            let mut by_place: BTreeMap<(Option<TxNum>, Place), u64> = BTreeMap::new();
            for share in trace.source_shares(|_| true).unwrap() {
                let sum = by_place.entry((share.step.by, share.step.place)).or_default();
                *sum = if policy == Policy::Poison { share.amount } else { *sum + share.amount };
            }
            let ends = trace.rows().unwrap().into_iter().filter(|step| step.outcome.is_end() && step.amount > 0);
            let ends: BTreeMap<_, _> = ends.map(|step| ((step.by, step.place), step.amount)).collect();
            by_place.retain(|_, amount| *amount > 0);
            assert!(by_place == ends, "{policy:?} {direction:?}");
        }
    }
}

#[test]
fn places_are_kept_so_that_going_back_undoes_going_out() {
    let Ingested { chain, .. } = &demo();
    let count = chain.counts().outputs;
    for (policy, first) in [(Policy::Fifo, 200), (Policy::Lifo, 211)] {
        let mut compared = 0;
        for from in (first..count).step_by(347) {
            let options = TraceOptions { policy, fees: Fees::Follow, ..TraceOptions::default() };
            let there = chain.trace(&source_of(chain, &[OutNum(from)]), &options, |_| true).unwrap();
            for step in there
                .rows()
                .unwrap()
                .iter()
                .filter(|step| step.outcome == Outcome::Ended(Reason::Unspent) && step.tx_hop > 0)
                .take(3)
            {
                let options = TraceOptions { direction: Direction::In, ..options.clone() };
                let back = chain.trace(&source_of(chain, &[step.place.output().unwrap()]), &options, |_| true).unwrap();
                let found = back.rows().unwrap().into_iter().find(|back| back.place == Place::Output(OutNum(from))).unwrap();
                assert_eq!(found.amount, step.amount);
                compared += 1;
            }
        }
        assert!(compared >= 20, "{compared}");
    }
}
