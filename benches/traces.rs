//! Traces over a whole chain, and of a list of payments.

use satrail::chain::Chain;
use satrail::flow::{Direction, Policy, Source, SourceItem, TraceOptions};
use satrail::ids::OutNum;

use crate::{REPEATS, least, say, scattered, time};

/// Payments of a list that an investigator might hold.
const PAYMENTS: usize = 10_000;

pub fn traces(chain: &Chain) {
    let first = source(chain, coinbases(chain, 1..1001));
    let last = source(chain, outputs_of_last(chain, 100));
    let whole = |source: &Source, direction, policy| {
        let options = TraceOptions { direction, policy, ..TraceOptions::default() };
        let passed = chain.trace(source, &options, |_| true).expect("the store is sound").transactions();
        (least(3, || time(|| chain.trace(source, &options, |_| true).expect("the store is sound"))), passed)
    };
    for (name, policy) in
        [("haircut", Policy::Haircut), ("poison", Policy::Poison), ("fifo", Policy::Fifo), ("highest", Policy::HighestOutputsFirst)]
    {
        if std::env::var("ONLY").is_ok_and(|only| only != name) {
            continue;
        }
        let (seconds, passed) = whole(&first, Direction::Out, policy);
        say(&format!("trace_out_{name}_s"), seconds);
        say(&format!("trace_out_{name}_transactions"), passed as f64);
        let (seconds, passed) = whole(&last, Direction::In, policy);
        say(&format!("trace_in_{name}_s"), seconds);
        say(&format!("trace_in_{name}_transactions"), passed as f64);
    }
    let payments = source(chain, scattered(chain.counts().outputs, PAYMENTS).into_iter().map(OutNum));
    let hops = |most| TraceOptions { max_tx_hops: Some(most), ..TraceOptions::default() };
    for most in [1, 3] {
        let options = hops(most);
        say(
            &format!("trace_payments_{most}_ms"),
            least(REPEATS, || time(|| chain.trace(&payments, &options, |_| true).expect("the store is sound")) * 1e3),
        );
    }
    let recent = chain.counts().outputs * 19 / 20;
    let late =
        source(chain, scattered(chain.counts().outputs - recent, PAYMENTS).into_iter().map(|output| OutNum(recent + output)));
    let options = TraceOptions::default();
    say(
        "trace_late_payments_ms",
        least(REPEATS, || time(|| chain.trace(&late, &options, |_| true).expect("the store is sound")) * 1e3),
    );
    say(
        "trace_late_payments_transactions",
        chain.trace(&late, &options, |_| true).expect("the store is sound").transactions() as f64,
    );
}

fn source(chain: &Chain, outputs: impl Iterator<Item = OutNum>) -> Source {
    Source::of(chain, outputs.map(SourceItem::Output)).expect("they are outputs of the chain")
}

fn coinbases(chain: &Chain, heights: std::ops::Range<i64>) -> impl Iterator<Item = OutNum> {
    let first = move |height| {
        let block = chain.block(height).expect("it has so many blocks");
        let coinbase = block.transactions().expect("the store is sound").next().expect("a block has a coinbase");
        OutNum(coinbase.output_numbers().expect("the store is sound").start)
    };
    heights.take_while(|height| *height <= chain.height().0 as i64).map(first)
}

fn outputs_of_last(chain: &Chain, blocks: i64) -> impl Iterator<Item = OutNum> {
    let before = chain.at_height(chain.height().0 as i64 - blocks).expect("it has so many blocks");
    (before.counts().outputs..chain.counts().outputs).map(OutNum)
}
