//! The graph of a trace adds up at every node and over all.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use petgraph::Direction as Way;
use petgraph::visit::EdgeRef;
use satrail::Error;
use satrail::cluster::Settings;
use satrail::ids::{AddrNum, Height, OutNum, TxNum};
use satrail::trace::graph::{Holder, Level, Movements, Node, TraceGraph, Which};
use satrail::trace::{Direction, Fees, Movement, Place, Policy, Reason, StopItem, StopSet, TraceOptions};

use super::made::{self, Kind, demo, random, with_clusters};

const BOTH: [Direction; 2] = [Direction::Out, Direction::In];
const LEVELS: [Level; 3] = [Level::Transaction, Level::Address, Level::Wallet];

fn graph(movements: &Movements, level: Level) -> TraceGraph {
    movements.graph(level, &mut || true).unwrap()
}

/// Money is conserved at every node, and the edges say what the nodes say.
fn check_nodes(graph: &TraceGraph) {
    let inner = graph.graph();
    for index in inner.node_indices() {
        let node = &inner[index];
        let sum = |way| inner.edges_directed(index, way).map(|edge| edge.weight().amount).sum::<u64>();
        assert_eq!((node.amount_in, node.amount_out), (sum(Way::Incoming), sum(Way::Outgoing)), "{node:?}");
        let (came, left) = match graph.direction() {
            Direction::Out => (node.amount_in, node.amount_out),
            Direction::In => (node.amount_out, node.amount_in),
        };
        assert_eq!(node.source + node.joined + came, left + node.held, "{node:?}");
    }
    assert!(inner.edge_references().all(|edge| edge.source() != edge.target()));
}

fn sum(graph: &TraceGraph, amount: impl Fn(&Node) -> u64) -> u64 {
    graph.graph().node_weights().map(amount).sum()
}

/// Traces of the bundled chain in both directions, some with sources before and behind each other.
fn traces() -> Vec<made::Traced> {
    let chain = demo();
    let sources = [vec![301], vec![2_000, 2_001, 5_000], (300..chain.counts().outputs).step_by(150).collect::<Vec<_>>()];
    let mut traces = Vec::new();
    for source in &sources {
        for direction in BOTH {
            for max_hops in [None, Some(4)] {
                traces.push(made::traced(&chain, source, direction, max_hops));
            }
        }
    }
    traces
}

#[test]
fn money_is_conserved_at_every_node_of_every_level() {
    for (trace, movements) in traces() {
        let movements = with_clusters(movements);
        for level in LEVELS {
            let graph = graph(&movements, level);
            check_nodes(&graph);
            let ledger = trace.ledger();
            assert_eq!((sum(&graph, |node| node.source), sum(&graph, |node| node.joined)), (ledger.source, 0));
            assert_eq!(sum(&graph, |node| node.held), ledger.source);
            let of =
                |holder: Holder| graph.graph().node_weights().filter(|node| node.holder == holder).map(|n| n.held).sum::<u64>();
            assert_eq!((of(Holder::Fees), of(Holder::Unexplained)), (ledger[Reason::Fees], ledger[Reason::Unexplained]));
        }
    }
}

#[test]
fn so_it_is_under_every_policy_with_fees_followed_and_a_stop_set() {
    let chain = demo();
    let clusters = made::clusters();
    let address = |output: u64| chain.address_of(OutNum(output)).unwrap();
    let stops = |labels: &[(u64, &str)]| {
        let items = labels.iter().map(|(output, label)| (StopItem::Address(address(*output)), label.to_string()));
        Arc::new(StopSet::of(&chain, Some(&clusters), items).unwrap())
    };
    let mut labelled = 0;
    for policy in Policy::ALL {
        for direction in BOTH.into_iter().filter(|direction| !policy.is_of_accounts() || *direction == Direction::Out) {
            let fees = if policy.is_of_accounts() { Fees::Report } else { Fees::Follow };
            let stops = stops(&[(2_100, "one"), (2_400, "two")]);
            let options =
                TraceOptions { fees, stops, clusters: Some(clusters.clone()), ..made::options(direction, policy, Some(9)) };
            let (trace, movements) = made::trace(&chain, &[1_500, 2_000, 2_003, 2_050], &options);
            let levels: &[Level] = if policy.is_of_accounts() { &[Level::Wallet] } else { &LEVELS };
            for level in levels {
                let graph = graph(&movements, *level);
                check_nodes(&graph);
                let ledger = trace.ledger();
                assert_eq!((sum(&graph, |node| node.source), sum(&graph, |node| node.joined)), (ledger.source, ledger.joined));
                assert_eq!(sum(&graph, |node| node.held), ledger.source + ledger.joined, "{policy:?} {direction:?} {level:?}");
                labelled += graph.graph().node_weights().filter(|node| node.label.is_some()).count();
            }
            assert_eq!(movements.known_labels().len(), 2);
            let found = movements.choke_points(&Which::Ends, Level::Wallet, 0.5, &mut || true).unwrap();
            assert!(found.iter().all(|point| point.amount <= point.total));
        }
    }
    assert!(labelled > 0);
}

#[test]
fn edges_of_transactions_are_the_spends_of_the_chain_in_the_direction_of_time() {
    for (_, movements) in traces() {
        let graph = graph(&movements, Level::Transaction);
        for edge in graph.graph().edge_references() {
            let [from, to] = [edge.source(), edge.target()].map(|node| graph.graph()[node].holder);
            match (from, to) {
                (Holder::Transaction(from), Holder::Transaction(to)) => assert!(from < to),
                (Holder::Transaction(_), Holder::Fees) => {}
                other => panic!("{other:?}"),
            }
        }
    }
}

#[test]
fn edges_of_addresses_are_the_sums_of_the_movements() {
    for (_, movements) in traces() {
        let chain = movements.chain();
        let name = |place: Place| match place {
            Place::Output(output) => chain.address_of(output).unwrap().0.to_string(),
            _ => "fees".to_string(),
        };
        let (mut sums, mut kept) = (BTreeMap::<(String, String), (u64, Vec<TxNum>)>::new(), HashMap::<String, u64>::new());
        for row in movements.in_time() {
            let (from, to) = (name(row.from), name(row.to));
            if from == to {
                *kept.entry(from).or_default() += row.amount;
                continue;
            }
            let sum = sums.entry((from, to)).or_default();
            sum.0 += row.amount;
            sum.1.push(row.by);
        }
        let graph = graph(&movements, Level::Address);
        let text = |node: &Node| node.holder.number().map_or("fees".to_string(), |number| number.to_string());
        assert_eq!(graph.graph().edge_count(), sums.len());
        for edge in graph.graph().edge_references() {
            let key = [edge.source(), edge.target()].map(|node| text(&graph.graph()[node]));
            let (amount, mut by) = sums[&(key[0].clone(), key[1].clone())].clone();
            by.sort_unstable();
            by.dedup();
            let weight = edge.weight();
            assert_eq!((weight.amount, weight.transactions), (amount, by.len() as u64));
            let heights = [by[0], by[by.len() - 1]].map(|tx| chain.height_of(tx).unwrap());
            assert_eq!([weight.first_height, weight.last_height], heights);
            assert_eq!([weight.first_time, weight.last_time], heights.map(|height| chain.time_at(height).unwrap()));
        }
        for node in graph.graph().node_weights() {
            assert_eq!(node.kept, kept.get(&text(node)).copied().unwrap_or(0));
        }
    }
}

#[test]
fn wallets_are_addresses_joined() {
    for (_, movements) in traces() {
        let movements = with_clusters(movements);
        let (wallets, addresses) = (graph(&movements, Level::Wallet), graph(&movements, Level::Address));
        let clusters = movements.clusters().unwrap();
        let mut held = HashMap::<Option<u32>, (u64, u64)>::new();
        for node in addresses.graph().node_weights() {
            let name = node.holder.number().map(|number| clusters.name_of(AddrNum(number)).unwrap().0);
            let sums = held.entry(name).or_default();
            *sums = (sums.0 + node.held, sums.1 + node.source);
        }
        assert_eq!(wallets.graph().node_count(), held.len());
        for node in wallets.graph().node_weights() {
            assert_eq!((node.held, node.source), held[&node.holder.number()]);
        }
    }
}

#[test]
fn an_unspent_source_is_a_node_alone() {
    let chain = demo();
    let last = chain.counts().outputs - 1;
    let (trace, movements) = made::traced(&chain, &[last], Direction::Out, None);
    let graph = graph(&movements, Level::Address);
    let nodes: Vec<&Node> = graph.graph().node_weights().collect();
    assert_eq!((nodes.len(), graph.graph().edge_count()), (1, 0));
    assert!(nodes[0].is_source && nodes[0].held == trace.ledger().source);
}

#[test]
fn a_place_that_stopped_the_trace_gives_its_node_a_label() {
    let chain = demo();
    let (_, movements) = made::traced(&chain, &[2_000], Direction::Out, Some(3));
    let left: HashSet<Place> = movements.rows().iter().map(|row| row.from).collect();
    let ends: Vec<Place> = movements.rows().iter().map(|row| row.to).filter(|to| to.is_coin() && !left.contains(to)).collect();
    let label = |i: usize| Arc::<str>::from(["one", "two"][i % 2]);
    let labels: HashMap<Place, Arc<str>> = ends.iter().enumerate().map(|(i, end)| (*end, label(i))).collect();
    let movements = movements.with_labels(labels.clone(), vec![label(0), label(1)]);
    let graph = graph(&movements, Level::Address);
    for node in graph.graph().node_weights() {
        let mut expected: Vec<&str> = labels
            .iter()
            .filter(|(place, _)| movements.address_of(**place).unwrap().map(|address| address.0) == node.holder.number())
            .map(|(_, label)| &**label)
            .collect();
        expected.sort_unstable();
        expected.dedup();
        assert_eq!(node.label.clone().unwrap_or_default(), expected.join(" | "));
    }
    assert!(graph.graph().node_weights().any(|node| node.label.is_some()));
}

#[test]
fn random_movements_are_conserved_too() {
    for seed in 0..150 {
        for direction in BOTH {
            check_nodes(&graph(&random(seed, Kind::Outputs, direction), Level::Address));
            check_nodes(&graph(&random(seed, Kind::Outputs, direction), Level::Transaction));
        }
        check_nodes(&graph(&with_clusters(random(seed, Kind::Accounts, Direction::Out)), Level::Wallet));
    }
}

#[test]
fn fees_that_are_followed_go_through_one_node() {
    let [a, b, c] = [301, 302, 303].map(|output| Place::Output(OutNum(output)));
    let movement = |by: u32, from, to, amount| Movement { by: TxNum(by), from, to, amount };
    let rows = vec![
        movement(350, a, b, 90),
        movement(350, a, Place::Fee(TxNum(350)), 10),
        movement(340, Place::Fee(TxNum(350)), c, 7),
        movement(340, Place::Fee(TxNum(350)), Place::Unclaimed(Height(4)), 3),
    ];
    let movements = Movements::new(demo(), Direction::Out, vec![(a, 100)], rows);
    for level in [Level::Transaction, Level::Address] {
        let graph = graph(&movements, level);
        check_nodes(&graph);
        let fees = graph.graph().node_weights().find(|node| node.holder == Holder::Fees).unwrap();
        assert_eq!((fees.amount_in, fees.amount_out, fees.held), (10, 10, 0));
        let unclaimed = graph.graph().node_weights().find(|node| node.holder == Holder::Unclaimed).unwrap();
        assert_eq!((unclaimed.held, unclaimed.name.as_str()), (3, "unclaimed"));
    }
}

#[test]
fn what_poison_adds_is_told_apart() {
    let [a, b, c] = [301, 302, 303].map(|output| Place::Output(OutNum(output)));
    let rows = [(a, b, 500), (b, c, 400)].map(|(from, to, amount)| Movement { by: TxNum(350 + to_number(to)), from, to, amount });
    let movements = Movements::new(demo(), Direction::Out, vec![(a, 100)], rows.to_vec());
    let graph = graph(&movements, Level::Address);
    check_nodes(&graph);
    assert_eq!((sum(&graph, |node| node.joined), sum(&graph, |node| node.held)), (400, 500));
}

fn to_number(place: Place) -> u32 {
    if let Place::Output(output) = place { output.0 as u32 } else { 0 }
}

#[test]
fn a_level_that_the_trace_does_not_know_is_told() {
    let movements = random(1, Kind::Outputs, Direction::Out);
    let error = movements.graph(Level::Wallet, &mut || true).unwrap_err();
    assert!(error.to_string().contains("chain.cluster()"), "{error}");
    let accounts = random(1, Kind::Accounts, Direction::Out);
    let error = accounts.graph(Level::Address, &mut || true).unwrap_err();
    assert!(error.to_string().contains("level=\"wallet\""), "{error}");
}

#[test]
fn clusters_of_another_height_are_refused() {
    let chain = demo();
    let past = chain.at_height(100).unwrap().cluster_anew(Settings::of(chain.network()), 1, &mut || true).unwrap();
    let error = random(1, Kind::Outputs, Direction::Out).with_clusters(Some(past)).err().unwrap();
    assert!(error.to_string().contains("as of height 100"), "{error}");
}

#[test]
fn amounts_beyond_all_columns_are_an_error() {
    let [a, b] = [301, 302].map(|output| Place::Output(OutNum(output)));
    let row = Movement { by: TxNum(350), from: a, to: b, amount: i64::MAX as u64 };
    let movements = Movements::new(demo(), Direction::Out, vec![(a, i64::MAX as u64)], vec![row, row]);
    assert!(matches!(movements.graph(Level::Address, &mut || true), Err(Error::Invalid { .. })));
}

#[test]
fn it_ends_when_it_is_told_to() {
    let (_, movements) = made::traced(&demo(), &[301], Direction::Out, None);
    assert!(matches!(movements.graph(Level::Address, &mut || false), Err(Error::Stopped)));
}

#[test]
fn its_tables_say_what_it_holds() {
    for (_, movements) in traces() {
        let graph = graph(&movements, Level::Address);
        let [nodes, edges] = [graph.nodes(), graph.edges()].map(|table| table.batches().next().unwrap().unwrap());
        let column = |batch: &arrow_array::RecordBatch, name: &str| -> Vec<i64> {
            batch.column_by_name(name).unwrap().as_primitive::<Int64Type>().values().to_vec()
        };
        assert_eq!(column(&nodes, "held").iter().sum::<i64>() as u64, sum(&graph, |node| node.held));
        let mut amount_in = vec![0; nodes.num_rows()];
        for (to, amount) in column(&edges, "to").into_iter().zip(column(&edges, "amount")) {
            amount_in[to as usize] += amount;
        }
        assert_eq!(column(&nodes, "amount_in"), amount_in);
        let names = nodes.column_by_name("name").unwrap().as_string::<i32>();
        let from = edges.column_by_name("from_name").unwrap().as_string::<i32>();
        assert!(column(&edges, "from").into_iter().zip(from).all(|(node, name)| names.value(node as usize) == name.unwrap()));
    }
}
