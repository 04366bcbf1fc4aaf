//! petgraph's own algorithms run on the chain and agree with a graph that was built row by row.

use std::collections::HashMap;

use petgraph::Direction;
use petgraph::algo::{
    connected_components, dijkstra, dominators, is_cyclic_directed, k_shortest_path, page_rank, tarjan_scc, toposort,
};
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::{
    Bfs, Dfs, EdgeCount, EdgeIndexable, EdgeRef, IntoEdgeReferences, IntoEdges, IntoEdgesDirected, IntoNeighbors,
    IntoNeighborsDirected, IntoNodeIdentifiers, IntoNodeReferences, NodeCount, NodeIndexable, NodeRef, Reversed, VisitMap,
    Visitable, Walker,
};
use satrail::chain::Chain;
use satrail::ids::TxNum;

use crate::build::work::{bring, scratch};
use crate::build::{Layout, Rng, Tree, write};
use crate::common::DemoStore;

/// The graph of a chain, made of what its transactions say of their inputs.
fn owned(chain: &Chain) -> DiGraph<TxNum, u64> {
    let mut graph = DiGraph::new();
    for number in 0..chain.counts().transactions {
        let tx = chain.transaction_at(TxNum(number as u32)).unwrap();
        let node = graph.add_node(tx.number());
        for output in tx.inputs().unwrap().filter_map(|input| input.spends().unwrap()) {
            let from = output.transaction().unwrap().number();
            graph.add_edge(NodeIndex::new(from.0 as usize), node, output.value().unwrap());
        }
    }
    graph
}

fn index(node: TxNum) -> NodeIndex {
    NodeIndex::new(node.0 as usize)
}

/// Works on the bundled chain, as of some heights, and on random ones with reorganisations and ids that come twice.
fn on_chains(work: impl Fn(&Chain, &DiGraph<TxNum, u64>)) {
    let demo = DemoStore::new(None);
    let chain = Chain::open(&demo.path).unwrap();
    for height in [0, 130, 495] {
        let chain = chain.at_height(height).unwrap();
        work(&chain, &owned(&chain));
    }
    for seed in 0..4 {
        let folder = scratch();
        let (files, store) = (folder.path().join("blocks"), folder.path().join("store"));
        write(&files, &Tree::line(seed, 25, 6).all(), Layout::default(), &mut Rng::new(seed));
        bring(&files, &store);
        let chain = Chain::open(&store).unwrap();
        work(&chain, &owned(&chain));
    }
}

#[test]
fn it_has_the_nodes_and_edges_of_the_rows() {
    on_chains(|chain, graph| {
        assert_eq!((chain.node_count(), chain.edge_count()), (graph.node_count(), graph.edge_count()));
        assert_eq!((NodeIndexable::node_bound(&chain), chain.edge_bound() as u64), (graph.node_count(), chain.counts().outputs));
        assert!(chain.node_identifiers().eq(graph.node_weights().copied()));
        assert!(chain.node_references().map(|node| node.id()).eq(chain.node_identifiers()));
        let edge = |(from, to, value): (TxNum, TxNum, u64)| (from.0, to.0, value);
        let mut ours: Vec<_> = chain.edge_references().map(|e| edge((e.source(), e.target(), *e.weight()))).collect();
        assert!(chain.edge_references().map(|edge| EdgeIndexable::to_index(&chain, edge.id())).is_sorted());
        let mut theirs: Vec<_> =
            graph.edge_references().map(|e| edge((graph[e.source()], graph[e.target()], *e.weight()))).collect();
        ours.sort_unstable();
        theirs.sort_unstable();
        assert_eq!(ours, theirs);
    });
}

#[test]
fn every_node_has_the_same_neighbours_both_ways() {
    on_chains(|chain, graph| {
        for node in chain.node_identifiers() {
            for direction in [Direction::Outgoing, Direction::Incoming] {
                let mut theirs: Vec<TxNum> = graph.neighbors_directed(index(node), direction).map(|n| graph[n]).collect();
                let mut ours: Vec<TxNum> = chain.neighbors_directed(node, direction).collect();
                theirs.sort_unstable();
                ours.sort_unstable();
                assert_eq!(ours, theirs);
                let amount = |value: u64, edge: u64| value + edge;
                let ours = chain.edges_directed(node, direction).map(|edge| *edge.weight()).fold(0, amount);
                assert_eq!(ours, graph.edges_directed(index(node), direction).map(|edge| *edge.weight()).fold(0, amount));
            }
            assert!(chain.neighbors(node).eq(chain.edges(node).map(|edge| edge.target())));
        }
    });
}

#[test]
fn an_edge_is_the_same_from_both_of_its_ends() {
    on_chains(|chain, _| {
        let mut out: Vec<_> = chain.edge_references().collect();
        let mut back: Vec<_> = chain.node_identifiers().flat_map(|n| chain.edges_directed(n, Direction::Incoming)).collect();
        out.sort_unstable_by_key(|edge| edge.output);
        back.sort_unstable_by_key(|edge| edge.output);
        assert_eq!(out, back);
    });
}

#[test]
fn the_numbers_are_a_topological_order_and_there_is_no_circle() {
    on_chains(|chain, graph| {
        assert!(!is_cyclic_directed(chain));
        let order = toposort(chain, None).unwrap();
        assert_eq!(order.len(), graph.node_count());
        let mut place = vec![0; order.len()];
        order.iter().enumerate().for_each(|(i, node)| place[node.0 as usize] = i);
        assert!(chain.edge_references().all(|edge| edge.from < edge.to && place[edge.from.0 as usize] < place[edge.to.0 as usize]));
        assert_eq!(tarjan_scc(chain).len(), graph.node_count());
    });
}

#[test]
fn components_distances_and_searches_agree() {
    on_chains(|chain, graph| {
        assert_eq!(connected_components(chain), connected_components(graph));
        for start in [0, graph.node_count() / 3, graph.node_count() - 1].map(|n| TxNum(n as u32)) {
            let ours = dijkstra(chain, start, None, |edge| *edge.weight());
            let theirs = dijkstra(graph, index(start), None, |edge| *edge.weight());
            let theirs: HashMap<TxNum, u64> = theirs.into_iter().map(|(node, distance)| (graph[node], distance)).collect();
            assert_eq!(ours.into_iter().collect::<HashMap<_, _>>(), theirs);
            let mut ours: Vec<TxNum> = Bfs::new(chain, start).iter(chain).collect();
            let mut theirs: Vec<TxNum> = Bfs::new(graph, index(start)).iter(graph).map(|node| graph[node]).collect();
            ours.sort_unstable();
            theirs.sort_unstable();
            assert_eq!(ours, theirs);
            let mut ours: Vec<TxNum> = Dfs::new(Reversed(chain), start).iter(Reversed(chain)).collect();
            let back = Reversed(graph);
            let mut theirs: Vec<TxNum> = Dfs::new(back, index(start)).iter(back).map(|node| graph[node]).collect();
            ours.sort_unstable();
            theirs.sort_unstable();
            assert_eq!(ours, theirs);
        }
    });
}

#[test]
fn dominators_and_shortest_paths_agree() {
    on_chains(|chain, graph| {
        for start in (0..graph.node_count() as u32).step_by(17).map(TxNum) {
            let (ours, theirs) = (dominators::simple_fast(chain, start), dominators::simple_fast(graph, index(start)));
            for node in chain.node_identifiers() {
                assert_eq!(ours.immediate_dominator(node), theirs.immediate_dominator(index(node)).map(|node| graph[node]));
            }
        }
        let ours = k_shortest_path(chain, TxNum(0), None, 1, |_| 1);
        let theirs = k_shortest_path(graph, index(TxNum(0)), None, 1, |_| 1);
        assert_eq!(ours.len(), theirs.len());
    });
}

#[test]
fn ranks_of_pages_agree() {
    let folder = scratch();
    let (files, store) = (folder.path().join("blocks"), folder.path().join("store"));
    write(&files, &Tree::line(9, 12, 4).all(), Layout::default(), &mut Rng::new(9));
    bring(&files, &store);
    let chain = Chain::open(&store).unwrap();
    let (ours, theirs) = (page_rank(&chain, 0.85f64, 4), page_rank(&owned(&chain), 0.85, 4));
    assert_eq!(ours.len(), theirs.len());
    assert!(ours.iter().zip(&theirs).all(|(a, b)| (a - b).abs() < 1e-12));
}

#[test]
fn the_past_has_the_edges_of_its_time() {
    let demo = DemoStore::new(None);
    let chain = Chain::open(&demo.path).unwrap();
    for height in [50, 301] {
        let (past, then) = (chain.at_height(height).unwrap(), DemoStore::new(Some(height as u32)));
        assert!(past.edge_references().eq(Chain::open(&then.path).unwrap().edge_references()));
        let beyond = TxNum(past.counts().transactions as u32);
        assert_eq!((past.edges(beyond).count(), past.edges_directed(beyond, Direction::Incoming).count()), (0, 0));
        assert_eq!(past.edges(TxNum(u32::MAX)).count(), 0);
    }
}

#[test]
fn what_was_visited_can_be_asked_and_taken_back() {
    let demo = DemoStore::new(Some(3));
    let chain = Chain::open(&demo.path).unwrap();
    let mut map = chain.visit_map();
    for node in [TxNum(0), TxNum(2), TxNum(200)] {
        assert!(!map.is_visited(&node) && !map.unvisit(node));
        assert!(map.visit(node) && !map.visit(node) && map.is_visited(&node));
        assert!(map.unvisit(node) && !map.is_visited(&node));
    }
    map.visit(TxNum(1));
    chain.reset_map(&mut map);
    assert!(!map.is_visited(&TxNum(1)));
}

/// Columns that edges are read from.
const COLUMNS: [&str; 6] =
    ["outputs.spender", "outputs.sample", "outputs.value", "inputs.spends", "transactions.inputs_end", "transactions.outputs_end"];

#[test]
fn a_damaged_store_makes_walks_short_and_no_circles() {
    let mut rng = Rng::new(5);
    let (mut opened, mut shorter) = (0, 0);
    for column in COLUMNS {
        for _ in 0..6 {
            let demo = DemoStore::new(Some(200));
            let edges = Chain::open(&demo.path).unwrap().edge_references().count();
            let name = demo.files().into_iter().find(|name| name.starts_with(column)).unwrap();
            let mut bytes = std::fs::read(demo.path.join(&name)).unwrap();
            for _ in 0..12 {
                let at = rng.below(bytes.len());
                bytes[at] ^= 1 << rng.below(8);
            }
            std::fs::write(demo.path.join(&name), bytes).unwrap();
            let Ok(chain) = Chain::open(&demo.path) else { continue };
            opened += 1;
            let found = chain.edge_references().inspect(|edge| assert!(edge.from < edge.to)).count();
            shorter += usize::from(found < edges);
            assert!(!is_cyclic_directed(&chain) && !is_cyclic_directed(Reversed(&chain)));
            let mut back = chain.node_identifiers().flat_map(|node| chain.edges_directed(node, Direction::Incoming));
            assert!(back.all(|edge| edge.from < edge.to));
        }
    }
    assert!(opened > 20 && shorter > 5, "{opened} could be opened, and {shorter} of them had fewer edges");
}
