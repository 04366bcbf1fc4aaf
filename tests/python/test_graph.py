"""Graphs of traces: what others read back is what the tables say, and networkx finds the same paths and cuts."""

import csv
import json
import pickle
import re
import subprocess
import sys
from datetime import datetime
from itertools import pairwise

import hypothesis
import networkx as nx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import utc
from hypothesis import given
from hypothesis import strategies as st
from satrail import _graph

#: pydot calls its parser by names that it has given up.
OLD_NAMES = pytest.mark.filterwarnings("ignore:.*deprecated:DeprecationWarning")
LEVELS = ("transaction", "address", "wallet")
SUFFIXES = (".graphml", ".gexf", ".dot", ".json", ".csv", ".parquet")


@pytest.fixture(scope="module")
def clusters(chain):
    return chain.cluster()


@pytest.fixture(scope="module")
def traces(chain, clusters):
    """Both directions, and one that stops at labels."""
    source = chain.block(200).transactions()[-1]
    out = chain.trace(source, clusters=clusters, max_tx_hops=5)
    ends = [address for address in out.ends().to_pydict()["address"] if address]
    stop_at = {'one & <only> "label"': ends[:3], "two": ends[3:5]}
    return {
        "out": out,
        "in": chain.trace(chain.block(300).transactions()[-1], direction="in", clusters=clusters, max_tx_hops=4),
        "labels": chain.trace(source, clusters=clusters, stop_at=stop_at, max_tx_hops=5),
        "fees": chain.trace(source, clusters=clusters, fees="follow", policy="fifo", max_tx_hops=5),
    }


@pytest.fixture(params=("out", "in", "labels", "fees"))
def trace(request, traces):
    return traces[request.param]


def rows(table):
    """The rows without what is null."""
    columns = table.to_pydict()
    cells = zip(*columns.values(), strict=True)
    return [{n: c for n, c in zip(columns, row, strict=True) if c is not None} for row in cells]


def nodes_of(graph):
    return {row.pop("node"): row for row in rows(graph.nodes())}


def edges_of(graph):
    return {(row.pop("from"), row.pop("to")): row for row in rows(graph.edges())}


def texts(facts):
    """As files have it, where times are texts."""
    return {n: f.isoformat() if isinstance(f, datetime) else f for n, f in facts.items()}


@pytest.mark.parametrize("level", LEVELS)
def test_money_is_conserved_at_every_node(trace, level):
    graph = trace.graph(level)
    came, left = ("amount_in", "amount_out") if trace.direction == "out" else ("amount_out", "amount_in")
    for node in nodes_of(graph).values():
        assert node["source"] + node["joined"] + node[came] == node[left] + node["held"]
    held = sum(graph.nodes().to_pydict()["held"])
    assert held == trace.ledger.source == sum(graph.nodes().to_pydict()["source"])
    assert (graph.level, graph.direction, graph.height) == (level, trace.direction, trace.chain.height)


def test_addresses_and_wallets_are_sums_of_the_movements(trace, clusters):
    movements = rows(trace.movements())
    for level in ("address", "wallet"):
        graph = trace.graph(level)
        nodes = nodes_of(graph)

        def name(movement, end, level=level):
            address = movement.get(f"{end}_address")
            if address is None:
                return {"fee": "fees", "sub": "subsidy", "unc": "unclaimed"}[movement[end][:3]]
            return address if level == "address" else clusters[address].cluster_ids[0]

        def called(node, level=level):
            return node["name"] if level == "address" or node["kind"] != "wallet" else node["number"]

        sums = {}
        for movement in movements:
            ends = ("from", "to") if trace.direction == "out" else ("to", "from")
            key = tuple(name(movement, end) for end in ends)
            if key[0] != key[1]:
                sums[key] = sums.get(key, 0) + movement["amount"]
        edges = edges_of(graph)
        assert {(called(nodes[a]), called(nodes[b])): edge["amount"] for (a, b), edge in edges.items()} == sums


def test_labels_stand_at_the_nodes_where_the_trace_stopped(traces):
    trace = traces["labels"]
    ends = rows(trace.ends())
    stopped = {end["address"]: end["label"] for end in ends if end["reason"] == "stopped"}
    labels = {node["name"]: node["label"] for node in nodes_of(trace.graph("address")).values() if "label" in node}
    assert stopped and labels == stopped


@pytest.mark.parametrize("level", LEVELS)
def test_networkx_rustworkx_and_igraph_have_what_the_tables_say(trace, level):
    graph = trace.graph(level)
    nodes, edges = nodes_of(graph), edges_of(graph)
    made = graph.to_networkx()
    assert dict(made.nodes(data=True)) == nodes
    assert {(a, b): facts for a, b, facts in made.edges(data=True)} == edges
    assert made.graph == {"level": level, "direction": trace.direction, "height": trace.chain.height}
    rustworkx = pytest.importorskip("rustworkx", reason="rustworkx is not installed")
    made = graph.to_rustworkx()
    assert isinstance(made, rustworkx.PyDiGraph)
    assert dict(enumerate(made.nodes())) == nodes
    assert {(a, b): facts for a, b, facts in made.weighted_edge_list()} == edges
    igraph = pytest.importorskip("igraph", reason="igraph is not installed")
    made = graph.to_igraph()
    assert isinstance(made, igraph.Graph)
    full = {v.index: {n: f for n, f in v.attributes().items() if f is not None} for v in made.vs}
    assert full == nodes and made.is_directed()
    assert {e.tuple: e.attributes() for e in made.es} == edges


@pytest.mark.parametrize("level", LEVELS)
def test_networkx_reads_graphml_gexf_and_json_back(trace, level, tmp_path):
    graph = trace.graph(level)
    nodes = {n: texts(facts) for n, facts in nodes_of(graph).items()}
    edges = {e: texts(facts) for e, facts in edges_of(graph).items()}
    for suffix in (".graphml", ".gexf", ".json"):
        graph.write(tmp_path / f"g{suffix}")
    read = nx.read_graphml(tmp_path / "g.graphml", node_type=int)
    assert isinstance(read, nx.DiGraph) and not read.is_multigraph()
    assert dict(read.nodes(data=True)) == nodes
    assert {(a, b): facts for a, b, facts in read.edges(data=True)} == edges
    read = nx.node_link_graph(json.loads((tmp_path / "g.json").read_text(encoding="utf-8")), edges="edges")
    assert dict(read.nodes(data=True)) == nodes and read.is_directed()
    assert {(a, b): facts for a, b, facts in read.edges(data=True)} == edges
    read = nx.read_gexf(tmp_path / "g.gexf", node_type=int)
    for number, facts in read.nodes(data=True):
        label = nodes[number].get("label", nodes[number]["name"])
        assert facts == {
            **{n: f for n, f in nodes[number].items() if n != "label"},
            **stop_label(nodes[number]),
            "label": label,
        }
    for a, b, facts in read.edges(data=True):
        assert facts.pop("weight") == facts["amount"] and facts.pop("id") is not None
        assert facts == edges[a, b]


def stop_label(facts):
    return {"stop_label": facts["label"]} if "label" in facts else {}


def test_igraph_reads_graphml_back(trace, tmp_path):
    igraph = pytest.importorskip("igraph", reason="igraph is not installed")
    graph = trace.graph("address")
    graph.write(tmp_path / "g.graphml")
    read = igraph.Graph.Read_GraphML(str(tmp_path / "g.graphml"))
    nodes, edges = nodes_of(graph), edges_of(graph)
    assert read.vcount() == len(nodes) and read.is_directed()
    assert read.vs["name"] == [node["name"] for node in nodes.values()]
    assert read.vs["held"] == [node["held"] for node in nodes.values()]
    ids = [int(i) for i in read.vs["id"]]
    assert {(ids[e.source], ids[e.target]): e["amount"] for e in read.es} == {e: f["amount"] for e, f in edges.items()}


@OLD_NAMES
def test_pydot_reads_dot_back(chain, tmp_path):
    pydot = pytest.importorskip("pydot", reason="pydot is not installed")
    # It takes long for many nodes.
    graph = chain.trace(chain.block(200).transactions()[-1], max_tx_hops=1).graph("address")
    graph.write(tmp_path / "g.dot")
    (read,) = pydot.graph_from_dot_data((tmp_path / "g.dot").read_text(encoding="utf-8"))
    nodes, edges = nodes_of(graph), edges_of(graph)
    assert {int(n.get_name()): n.get("tooltip") for n in read.get_nodes()} == {
        number: f'"{node["name"]}"' for number, node in nodes.items()
    }
    assert {(int(e.get_source()), int(e.get_destination())): e.get("amount") for e in read.get_edges()} == {
        ends: f'"{edge["amount"]}"' for ends, edge in edges.items()
    }


def test_csv_and_parquet_have_nodes_beside_the_edges(trace, tmp_path):
    graph = trace.graph("address")
    graph.write(tmp_path / "g.parquet")
    graph.write(str(tmp_path / "g.csv"))
    for name, table in [("g", graph.edges()), ("g.nodes", graph.nodes())]:
        read = pq.read_table(tmp_path / f"{name}.parquet")
        assert read.to_pydict() == table.to_pydict() and read.num_columns == len(table.columns)
        with open(tmp_path / f"{name}.csv", newline="", encoding="utf-8") as file:
            read = list(csv.DictReader(file))
        columns = table.to_pydict()
        for name_of, column in columns.items():
            told = ["" if c is None else c.isoformat() if isinstance(c, datetime) else str(c) for c in column]
            assert [row[name_of] for row in read] == told


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_is_there_is_replaced_only_when_asked_to(traces, suffix, tmp_path):
    graph, path = traces["out"].graph("address"), tmp_path / f"g{suffix}"
    path.write_bytes(b"precious")
    with pytest.raises(FileExistsError, match="overwrite=True"):
        graph.write(path)
    assert path.read_bytes() == b"precious" and list(tmp_path.iterdir()) == [path]
    graph.write(path, overwrite=True)
    assert path.read_bytes() != b"precious"
    first = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    graph.write(path, overwrite=True)
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == first


def test_nodes_that_are_there_are_not_replaced_either(traces, tmp_path):
    (tmp_path / "g.nodes.csv").write_text("precious")
    with pytest.raises(FileExistsError, match=re.escape("g.nodes.csv")):
        traces["out"].graph("address").write(tmp_path / "g.csv")
    assert [p.name for p in tmp_path.iterdir()] == ["g.nodes.csv"]


def test_what_cannot_be_written_is_told(traces, tmp_path):
    graph = traces["out"].graph("address")
    with pytest.raises(ValueError, match=r"\.graphml, \.gexf"):
        graph.write(tmp_path / "g.xlsx")
    with pytest.raises(ValueError, match="suffix"):
        graph.write(tmp_path / "g")
    with pytest.raises(FileNotFoundError):
        graph.write(tmp_path / "no folder" / "g.json")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["networkx", "rustworkx", "igraph"])
def test_a_package_that_is_missing_is_named(traces, name, monkeypatch):
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match=f"pip install {name}"):
        getattr(traces["out"].graph("address"), f"to_{name}")()


def test_nothing_of_these_is_imported_until_it_is_asked_for():
    code = "import sys, satrail; print([n for n in ('networkx', 'rustworkx', 'igraph') if n in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_a_graph_pickles_and_shows_itself(traces):
    graph = traces["labels"].graph("wallet")
    again = pickle.loads(pickle.dumps(graph))
    assert repr(again) == repr(graph) and repr(graph).startswith("TraceGraph(level=wallet, direction=out, height=495, ")
    assert again.nodes().to_pydict() == graph.nodes().to_pydict()
    assert again.edges().to_pydict() == graph.edges().to_pydict()
    assert "TraceGraph" in graph._repr_html_()


class MadeTable:
    """A table as the writers of graphs see one."""

    def __init__(self, table):
        self.table, self.columns, self.to_pydict = table, table.column_names, table.to_pydict

    def __len__(self):
        return len(self.table)

    def __iter__(self):
        yield self

    def _write_parquet(self, path):
        pq.write_table(self.table, path)


class Made:
    """A graph as the writers see one, of tables that no trace made."""

    level, direction, height = "address", "out", 5

    def __init__(self, nodes, edges):
        self.tables = {"nodes": MadeTable(nodes), "edges": MadeTable(edges)}

    def nodes(self):
        return self.tables["nodes"]

    def edges(self):
        return self.tables["edges"]

    def write(self, path):
        _graph.write(self, path, overwrite=False)


def graph_of(names):
    """A graph with nodes of any names, in a row."""
    count = len(names)
    nodes = {
        "node": list(range(count)),
        "kind": ["address"] * count,
        "name": names,
        "number": [None] * count,
        "label": [name or None for name in names],
        "is_source": [True] + [False] * (count - 1),
        **{name: [2**62] * count for name in ("source", "amount_in", "amount_out", "kept", "held", "joined")},
    }
    edges = {"from": list(range(count - 1)), "to": list(range(1, count)), "from_name": names[:-1], "to_name": names[1:]}
    edges |= {name: [1] * (count - 1) for name in ("amount", "transactions", "first_height", "last_height")}
    edges |= {name: [utc(1_500_000_000)] * (count - 1) for name in ("first_time", "last_time")}
    parts = []
    for columns in (nodes, edges):
        texts = ("kind", "name", "label", "from_name", "to_name")
        types = {n: pa.string() for n in texts} | dict.fromkeys(("first_time", "last_time"), pa.timestamp("us", "UTC"))
        types |= {"is_source": pa.bool_()}
        parts.append(pa.table({n: pa.array(c, types.get(n, pa.int64())) for n, c in columns.items()}))
    return Made(*parts)


#: Everything but what no text can hold.
NAMES = st.lists(st.text(st.characters(exclude_categories=("Cs",)), max_size=12), min_size=1, max_size=4)


@OLD_NAMES
@hypothesis.settings(max_examples=40)
@given(NAMES)
def test_every_name_survives_every_format(tmp_path_factory, names):
    folder = tmp_path_factory.mktemp("names")
    graph = graph_of(names)
    for suffix in SUFFIXES:
        graph.write(folder / f"g{suffix}")
    # XML cannot hold some characters.
    told = [re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", name) for name in names]
    read = nx.read_graphml(folder / "g.graphml", node_type=int)
    assert [read.nodes[i].get("name") or "" for i in range(len(names))] == told
    read = nx.read_gexf(folder / "g.gexf", node_type=int)
    assert [read.nodes[i]["name"] for i in range(len(names))] == told
    read = nx.node_link_graph(json.loads((folder / "g.json").read_text(encoding="utf-8")), edges="edges")
    assert [read.nodes[i]["name"] for i in range(len(names))] == names
    with open(folder / "g.nodes.csv", newline="", encoding="utf-8") as file:
        assert [row["name"] for row in csv.DictReader(file)] == names
    assert pq.read_table(folder / "g.nodes.parquet")["name"].to_pylist() == names
    pydot = pytest.importorskip("pydot", reason="pydot is not installed")
    assert pydot.graph_from_dot_data((folder / "g.dot").read_text(encoding="utf-8"))


def in_time(trace):
    """The movements as (from, to, amount, txid) in the direction of time."""
    movements = [(m["from"], m["to"], m["amount"], m["txid"]) for m in rows(trace.movements())]
    return movements if trace.direction == "out" else [(b, a, amount, by) for a, b, amount, by in reversed(movements)]


def some_places(trace):
    """Pairs of outputs of a trace, by the names that it gives them."""
    places = [place for place in dict.fromkeys(p for m in in_time(trace) for p in m[:2]) if ":" in place]
    step = max(1, len(places) // 6)
    return [(a, b) for a in places[::step] for b in places[1::step] if a != b]


def test_networkx_finds_no_shorter_wider_or_other_paths(trace):
    graph = nx.MultiDiGraph()
    for a, b, amount, by in in_time(trace):
        graph.add_edge(a, b, key=by, amount=amount)
    found = 0
    for a, b in some_places(trace):
        paths = list(nx.all_simple_paths(graph, a, b)) if a in graph and nx.has_path(graph, a, b) else []
        table = trace.paths(a, b, k=len(paths) + 5).to_pydict()
        steps = {}
        for path, start, end in zip(table["path"], table["from"], table["to"], strict=True):
            steps.setdefault(path, [start]).append(end)
        assert sorted(steps.values()) == sorted(paths)
        widths = [min(graph[u][v][by]["amount"] for u, v in pairwise(p) for by in graph[u][v]) for p in paths]
        told = trace.paths(a, b, k=2, best="most_value").to_pydict()
        by_path = dict(zip(told["path"], told["bottleneck"], strict=True))
        assert list(by_path.values()) == sorted(widths, reverse=True)[:2]
        found += len(paths)
    assert found


def test_networkx_finds_no_smaller_cut(trace):
    graph = nx.DiGraph()
    for a, b, amount, _ in in_time(trace):
        graph.add_edge(a, b, capacity=amount)
    for a, b in some_places(trace):
        cut = rows(trace.min_cut(a, b))
        assert sum(movement["amount"] for movement in cut) == nx.maximum_flow_value(graph, a, b)
        without = graph.copy()
        without.remove_edges_from((movement["from"], movement["to"]) for movement in cut)
        assert not nx.has_path(without, a, b)


def test_networkx_finds_the_same_dominators(trace):
    """Of places, each of which but those of the source is entered by one transaction."""
    movements = [(m["from"], m["to"], m["txid"]) for m in rows(trace.movements())]
    source = [row["from"] for row in rows(trace.movements())]
    graph = nx.DiGraph()
    for a, b, by in movements:
        graph.add_edge(a, by)
        graph.add_edge(by, b)
    entered = {b for _, b, _ in movements}
    for place in dict.fromkeys(source):
        if place not in entered:
            graph.add_edge("begin", place)
    for _, end, _ in movements[:: max(1, len(movements) // 10)]:
        if ":" not in end:
            continue
        dominators, at, tree = set(), end, nx.immediate_dominators(graph, "begin")
        while at != "begin":
            dominators.add(at)
            at = tree[at]
        points = rows(trace.choke_points(end, share=1e-9))
        every = {point["name"] for point in points if point["on_every_way"]}
        # Under fifo a transaction's inputs do not all go to all of its outputs, so there can be more.
        assert every >= {name for name in dominators if ":" not in name and name in {by for *_, by in movements}}
        assert {point["name"] for point in rows(trace.choke_points(end))} >= every


def test_ends_are_named_in_many_ways(traces, chain, clusters):
    trace = traces["labels"]
    end = next(row for row in rows(trace.ends()) if row["reason"] == "stopped")
    address = chain.address(end["address"])
    output = chain.output(f"{end['txid']}:{end['position']}")
    named = [
        end["label"],
        address,
        end["address"],
        clusters[address],
        chain.addresses([end["address"]]),
        [address, "two"],
    ]
    named += [f"{end['txid']}:{end['position']}", end["txid"], chain.tx(end["txid"]), "ends"]
    for to in [*named, output]:
        assert len(trace.paths("source", to, k=3)), to
        assert len(trace.choke_points(to, share=1e-9)), to
        assert len(trace.min_cut("source", to)), to
    assert trace.paths(k=1).to_pydict() == trace.paths("source", "ends", k=1).to_pydict()


def test_bad_questions_are_told(traces, chain):
    trace = traces["labels"]
    with pytest.raises(ValueError, match=r"nobody.*not a label of the trace.*two.*not an address"):
        trace.paths("source", "nobody")
    with pytest.raises(ValueError, match="did you mean most_value"):
        trace.paths(best="most_valu")
    with pytest.raises(ValueError, match="did you mean wallet"):
        trace.graph("wallets")
    with pytest.raises(ValueError, match="belongs to both"):
        trace.min_cut("source", "source")
    for share in (0, -1, 1.5, float("nan")):
        with pytest.raises(ValueError, match="above 0"):
            trace.choke_points(share=share)
    for k in (0, -1, 10**9, 10**30):
        with pytest.raises(ValueError, match="k="):
            trace.paths(k=k)
    with pytest.raises(TypeError, match='"source", "ends", a label'):
        trace.paths(3.5)
    with pytest.raises(TypeError, match="k="):
        trace.paths(k="two")
    plain = chain.trace(chain.block(150).transactions()[0], max_tx_hops=2)
    with pytest.raises(ValueError, match=r"chain\.cluster\(\)"):
        plain.graph()
    endless = []
    endless.append(endless)
    with pytest.raises(ValueError, match="flat list"):
        trace.paths("source", endless)


def test_policies_of_accounts_know_wallets_only(chain, clusters):
    trace = chain.trace(chain.block(200).transactions()[-1], policy="account_fifo", clusters=clusters, max_hops=3)
    graph = trace.graph()
    assert sum(graph.nodes().to_pydict()["held"]) == trace.ledger.source
    with pytest.raises(ValueError, match='level="wallet"'):
        trace.graph("address")
    assert set(trace.choke_points(level="wallet", share=0.5).to_pydict()["kind"]) <= {"wallet"}
