//! Traces over a whole chain, and of a list of payments.

use std::sync::Arc;

use satrail::chain::Chain;
use satrail::chain::pieces::all_threads;
use satrail::cluster::Settings;
use satrail::ids::{Height, OutNum};
use satrail::trace::{Direction, Policy, Source, SourceItem, StopItem, StopSet, TraceOptions};

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
        let (seconds, passed) = whole(&first, Direction::Out, policy);
        say(&format!("trace_out_{name}_s"), seconds);
        say(&format!("trace_out_{name}_transactions"), passed as f64);
        let (seconds, passed) = whole(&last, Direction::In, policy);
        say(&format!("trace_in_{name}_s"), seconds);
        say(&format!("trace_in_{name}_transactions"), passed as f64);
    }
    exposure(chain);
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

/// Outputs of the wallet whose exposure is measured.
const OUTPUTS: usize = 100_000;

/// Of 100,000 outputs of the largest wallet, to the 100 next largest.
fn exposure(chain: &Chain) {
    let clusters = chain.cluster_anew(Settings::of(chain.network()), all_threads(), &mut || true).expect("the store is sound");
    let largest = clusters.largest(101);
    let Some(target) = largest.first().copied() else { return };
    let (mut outputs, mut paid) = (Vec::new(), Vec::new());
    for member in clusters.members(target) {
        chain.outputs_to(member, &mut paid);
        outputs.extend_from_slice(&paid);
        if outputs.len() >= OUTPUTS {
            break;
        }
    }
    let source = source(chain, outputs.into_iter().take(OUTPUTS));
    say("exposure_outputs", source.outputs().len() as f64);
    let labels = largest[1..].iter().map(|name| (StopItem::Cluster(*name), name.to_string()));
    let stops = Arc::new(StopSet::of(chain, Some(&clusters), labels).expect("they are names of clusters"));
    for direction in [Direction::Out, Direction::In] {
        let options = TraceOptions {
            direction,
            clusters: Some(clusters.clone()),
            hops: false,
            stops: stops.clone(),
            ..TraceOptions::default()
        };
        let exposure = || chain.trace(&source, &options, |_| true).expect("the store is sound").exposure();
        say(&format!("exposure_{}_s", direction.name()), least(3, || time(exposure)));
    }
}

fn source(chain: &Chain, outputs: impl Iterator<Item = OutNum>) -> Source {
    Source::of(chain, outputs.map(SourceItem::Output)).expect("they are outputs of the chain")
}

fn coinbases(chain: &Chain, heights: std::ops::Range<i64>) -> impl Iterator<Item = OutNum> {
    let first = move |height| {
        let block = chain.block(Height(height as u32)).expect("it has so many blocks");
        let coinbase = block.transactions().expect("the store is sound").next().expect("a block has a coinbase");
        coinbase.output_numbers().expect("the store is sound").start()
    };
    heights.take_while(|height| *height <= chain.height().0 as i64).map(first)
}

fn outputs_of_last(chain: &Chain, blocks: i64) -> impl Iterator<Item = OutNum> {
    let before = chain.at_height(chain.height().0 as i64 - blocks).expect("it has so many blocks");
    (before.counts().outputs..chain.counts().outputs).map(OutNum)
}
