//! Figures that are measured inside the process, on a store that is there: `cargo bench --bench store -- STORE`.
//! One line a figure: its name and its number, in the unit that the name says. benches/bench.py sets them beside their targets.

#[path = "traces.rs"]
mod traces;

use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use arrow_array::StringArray;
use petgraph::Direction;
use petgraph::visit::{IntoEdgeReferences, IntoNeighborsDirected, IntoNodeIdentifiers};
use satrail::blocks::hash::double_sha256;
use satrail::chain::pieces::all_threads;
use satrail::chain::{Chain, Feature};
use satrail::change::{ChangeRule, OneTimeChange, Optimal, RoundFiat, SameSoftware, named};
use satrail::cluster::{CoinJoins, Settings};
use satrail::ids::{AddrNum, OutNum, TxNum};
use satrail::script::parse;
use satrail::shapes::Thresholds;

/// Look-ups of one kind that are timed.
const LOOKUPS: usize = 200_000;
const REPEATS: usize = 5;

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| !argument.starts_with("--"));
    let Some(store) = arguments.next() else {
        println!("cargo bench --bench store -- STORE [traces]: a store is needed");
        return;
    };
    let store = Path::new(&store);
    if arguments.next().is_some_and(|only| only == "traces") {
        return traces::traces(&Chain::open(store).expect("the store opens"));
    }
    say("open_ms", least(REPEATS, || time(|| Chain::open(store).expect("the store opens")) * 1e3));
    let chain = Chain::open(store).expect("the store opens");
    transactions(&chain);
    addresses(&chain);
    outputs(&chain);
    sets(&chain);
    hashing();
    clusters(&chain);
    shapes(&chain);
    graph(&chain);
    change_rules(&chain);
    traces::traces(&chain);
}

fn say(name: &str, figure: f64) {
    println!("{name} {figure:.4}");
}

fn time<T>(work: impl FnOnce() -> T) -> f64 {
    let start = Instant::now();
    black_box(work());
    start.elapsed().as_secs_f64()
}

fn least(repeats: usize, mut measure: impl FnMut() -> f64) -> f64 {
    (0..repeats).map(|_| measure()).fold(f64::INFINITY, f64::min)
}

/// Numbers below `end`, scattered, the same in every run.
fn scattered(end: u64, count: usize) -> Vec<u64> {
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        ((state as u128 * end as u128) >> 64) as u64
    };
    (0..count).map(|_| next()).collect()
}

fn transactions(chain: &Chain) {
    let numbers = scattered(chain.counts().transactions, LOOKUPS);
    let txids: Vec<[u8; 32]> = numbers.iter().map(|n| chain.txid(TxNum(*n as u32)).expect("it is there")).collect();
    let find = || txids.iter().for_each(|txid| _ = black_box(chain.store().find_transaction(txid, chain.counts().transactions)));
    say("txid_to_number_ns", least(REPEATS, || time(find) * 1e9 / LOOKUPS as f64));
}

fn addresses(chain: &Chain) {
    let numbers = scattered(chain.counts().addresses, LOOKUPS);
    let texts: Vec<String> =
        numbers.iter().map(|n| chain.address_at(AddrNum(*n as u32)).and_then(|a| a.name()).expect("it is there")).collect();
    let find = || {
        for text in &texts {
            let (kind, payload) = parse(chain.network(), text).expect("it is an address");
            black_box(chain.store().find_address(kind, payload.as_ref(), chain.counts().addresses));
        }
    };
    say("address_to_number_ns", least(REPEATS, || time(find) * 1e9 / LOOKUPS as f64));
}

/// What the outputs of an address cost at once, and more for each of them.
fn outputs(chain: &Chain) {
    let mut list = Vec::new();
    let numbers = scattered(chain.counts().addresses, LOOKUPS);
    let mut found = 0;
    let seconds = least(REPEATS, || {
        found = 0;
        time(|| {
            for n in &numbers {
                chain.outputs_to(AddrNum(*n as u32), &mut list);
                found += list.len();
            }
        })
    });
    say("address_to_outputs_ns", seconds * 1e9 / LOOKUPS as f64);
    say("outputs_each", found as f64 / LOOKUPS as f64);
    let most = (0..chain.counts().outputs.min(1 << 20)).map(|o| chain.address_of(OutNum(o)).expect("it is there"));
    let mut paid = std::collections::HashMap::new();
    most.for_each(|address| *paid.entry(address).or_insert(0u32) += 1);
    let busiest = paid.into_iter().max_by_key(|(address, count)| (*count, address.0)).expect("there are outputs").0;
    let seconds = least(REPEATS, || time(|| chain.outputs_to(busiest, &mut list)));
    say("busiest_address_outputs", list.len() as f64);
    say("output_of_busiest_ns", seconds * 1e9 / list.len().max(1) as f64);
}

fn sets(chain: &Chain) {
    let numbers = scattered(chain.counts().addresses, 1_000_000);
    let names = numbers.iter().map(|n| chain.address_at(AddrNum(*n as u32)).and_then(|a| a.name()).expect("it is there"));
    let texts = StringArray::from_iter_values(names);
    say("million_addresses_s", least(3, || time(|| chain.addresses(&texts))));
    let set = chain.addresses(&texts);
    say("million_summary_s", least(3, || time(|| set.summary().expect("the store is sound"))));
}

/// Guards the build: some combinations of optimisations made hashing many times slower.
fn hashing() {
    let bytes = vec![7u8; 266];
    let hash = || (0..LOOKUPS).for_each(|_| _ = black_box(double_sha256(&[black_box(&bytes)])));
    say("txid_of_266_bytes_ns", least(REPEATS, || time(hash) * 1e9 / LOOKUPS as f64));
}

/// Each change rule over the whole chain, on all threads.
fn clusters(chain: &Chain) {
    let settings = || Settings::of(chain.network());
    let anew = |settings| chain.cluster_anew(settings, all_threads(), &mut || true).expect("the store is sound");
    say("clusters_s", least(3, || time(|| anew(settings()))));
    let include = || Settings { coinjoins: CoinJoins::Include, ..settings() };
    say("clusters_with_coinjoins_s", least(3, || time(|| anew(include()))));
    let clusters = anew(settings());
    say("clusters", clusters.count() as f64);
    let [largest] = clusters.largest(1)[..] else { return };
    let members: Vec<AddrNum> = clusters.members(largest).collect();
    let pairs = scattered(members.len() as u64, 2000);
    let address = |i: u64| members[i as usize];
    let why = |pair: &[u64]| time(|| clusters.why(address(pair[0]), address(pair[1])).expect("they are joined")) * 1e3;
    say("why_largest_ms", pairs.chunks(2).map(why).fold(0.0, f64::max));
    say("clusters_summed_s", time(|| clusters.totals(&clusters.names(2), &mut || true).expect("the store is sound")));
}

fn shapes(chain: &Chain) {
    let blocks = chain.counts().blocks;
    let table = || chain.shapes(0..blocks, None, &Thresholds::of(chain.network())).expect("the store is sound");
    let rows = || table().batches().map(|batch| batch.expect("the store is sound").num_rows()).sum::<usize>();
    say("shapes_s", least(2, || time(rows)));
}

/// Every edge of the chain as a graph, from both of its ends.
fn graph(chain: &Chain) {
    let out = || chain.edge_references().map(|edge| edge.value as u128).sum::<u128>();
    let back = || chain.node_identifiers().flat_map(|node| chain.neighbors_directed(node, Direction::Incoming)).count();
    say("graph_edges_out_s", least(2, || time(out)));
    say("graph_edges_in_s", least(2, || time(back)));
}

fn change_rules(chain: &Chain) {
    let default = |name| ChangeRule::named(name).expect("it is a rule");
    let mut rules: Vec<(String, ChangeRule)> = named().map(|rule| (rule.name.to_string(), default(rule.name))).collect();
    let one_time = |strict| OneTimeChange::new(Some(7 * 86_400), vec![], strict).expect("it can wait");
    let time = chain.tip().time().expect("it is there") as i64;
    let prices = (0..5000).map(|day| (time - day * 86_400, 5_000_000)).collect();
    let prices = RoundFiat::new(prices, 1000, 2000).expect("they are prices");
    let more = [
        ("optimal_with_fee", Optimal { with_fee: true }.into()),
        ("one_time_change_wait", one_time(false).into()),
        ("one_time_change_wait_skip_self_change", one_time(true).into()),
        ("fingerprint_all", SameSoftware::new(Feature::ALL.to_vec()).expect("there are some").into()),
        ("round_fiat", prices.into()),
    ];
    rules.extend(more.map(|(name, rule): (&str, ChangeRule)| (name.to_string(), rule)));
    for (name, rule) in &rules {
        let blocks = chain.counts().blocks;
        let all = || rule.evaluate(chain, 0..blocks, all_threads(), &mut || true).expect("the store is sound").len();
        say(&format!("change_{name}_s"), least(3, || crate::time(all)));
    }
}
