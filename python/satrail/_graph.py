"""A trace's graph for other tools: objects of networkx, rustworkx and igraph, and files that they and Gephi read.

Everything is made of the graph's two tables. What is null there is left out here; times are datetimes in objects, and
ISO 8601 in files. In GEXF and DOT, where a node has a label of its own, the label of the stop set is called stop_label;
in DOT the name is the tooltip.
"""

from __future__ import annotations

import importlib
import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from satrail._files import replace
from satrail._table import plain, rows_to_csv

Facts = dict[str, Any]

#: What XML cannot hold, not even escaped.
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def to_networkx(graph: Any) -> Any:
    """A networkx.DiGraph: nodes by number, with the columns of the tables as attributes."""
    networkx = _import("networkx")
    made = networkx.DiGraph(**_about(graph))
    made.add_nodes_from((facts.pop("node"), facts) for facts in _rows(graph.nodes()))
    made.add_edges_from((facts.pop("from"), facts.pop("to"), facts) for facts in _rows(graph.edges()))
    return made


def to_rustworkx(graph: Any) -> Any:
    """A rustworkx.PyDiGraph: indices are the numbers of the nodes, weights are dicts of the columns of the tables."""
    rustworkx = _import("rustworkx")
    made = rustworkx.PyDiGraph(attrs=_about(graph), multigraph=False)
    made.add_nodes_from(
        [{name: fact for name, fact in facts.items() if name != "node"} for facts in _rows(graph.nodes())]
    )
    made.add_edges_from([(facts.pop("from"), facts.pop("to"), facts) for facts in _rows(graph.edges())])
    return made


def to_igraph(graph: Any) -> Any:
    """A directed igraph.Graph: vertices are numbered as the nodes, with the columns of the tables as attributes."""
    igraph = _import("igraph")
    nodes, edges = graph.nodes().to_pydict(), graph.edges().to_pydict()
    made = igraph.Graph(n=len(nodes.pop("node")), directed=True, graph_attrs=_about(graph), vertex_attrs=nodes)
    made.add_edges(list(zip(edges.pop("from"), edges.pop("to"), strict=True)), attributes=edges)
    return made


def write(graph: Any, path: str | os.PathLike[str], overwrite: bool) -> None:
    """Write the graph to a file of the kind that the path's suffix says."""
    target = Path(path).expanduser()
    suffix = target.suffix.lower()
    tables = {".csv": _write_csv, ".parquet": _write_parquet}
    if suffix in tables:
        beside = target.with_name(f"{target.stem}.nodes{target.suffix}")
        replace(
            {
                target: lambda file: tables[suffix](graph, "edges", file),
                beside: lambda file: tables[suffix](graph, "nodes", file),
            },
            overwrite,
        )
    elif suffix in _TEXTS:
        replace({target: lambda file: _write_text(_TEXTS[suffix](graph), file)}, overwrite)
    else:
        known = ", ".join([*_TEXTS, *tables])
        raise ValueError(f"{str(target)!r} does not say by its suffix what to write; it is one of {known}")


def _import(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ImportError(f"{name} is not installed; run: pip install {name}", name=name) from error


def _about(graph: Any) -> Facts:
    return {"level": graph.level, "direction": graph.direction, "height": graph.height}


def _rows(table: Any) -> Iterator[Facts]:
    """Each row as a dict of what is not null."""
    columns = table.to_pydict()
    for cells in zip(*columns.values(), strict=True):
        yield {name: cell for name, cell in zip(columns, cells, strict=True) if cell is not None}


def _write_text(lines: Iterator[str], path: Path) -> None:
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        file.writelines(line + "\n" for line in lines)


def _write_csv(graph: Any, name: str, path: Path) -> None:
    rows_to_csv(getattr(graph, name)(), path)


def _write_parquet(graph: Any, name: str, path: Path) -> None:
    getattr(graph, name)()._write_parquet(path)


def _json(graph: Any) -> Iterator[str]:
    """Node-link JSON, as networkx.node_link_graph reads it."""
    nodes = [{"id": facts.pop("node"), **_plain_facts(facts)} for facts in _rows(graph.nodes())]
    edges = [
        {"source": facts.pop("from"), "target": facts.pop("to"), **_plain_facts(facts)}
        for facts in _rows(graph.edges())
    ]
    yield json.dumps(
        {"directed": True, "multigraph": False, "graph": _about(graph), "nodes": nodes, "edges": edges},
        ensure_ascii=False,
    )


def _plain_facts(facts: Facts) -> Facts:
    return {name: plain(fact) for name, fact in facts.items()}


def _xml(cell: Any) -> str:
    """A cell as text that XML can hold; what it cannot becomes a replacement character."""
    return ("true" if cell else "false") if isinstance(cell, bool) else _NO_XML.sub("\ufffd", str(plain(cell)))


def _attribute(cell: Any) -> str:
    return quoteattr(_xml(cell))


def _element(cell: Any) -> str:
    return escape(_xml(cell), {"\r": "&#13;"})


#: Types of the columns in GraphML and in GEXF; all others are text.
_TYPES = {
    **dict.fromkeys(("number", "source", "amount_in", "amount_out", "kept", "held", "joined"), "long"),
    **dict.fromkeys(("amount", "transactions", "first_height", "last_height", "height"), "long"),
    "is_source": "boolean",
}


def _graphml(graph: Any) -> Iterator[str]:
    nodes, edges = graph.nodes().columns[1:], graph.edges().columns[2:]
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">'
    for prefix, kind, names in [("g", "graph", list(_about(graph))), ("n", "node", nodes), ("e", "edge", edges)]:
        for name in names:
            of = f'attr.name="{name}" attr.type="{_TYPES.get(name, "string")}"'
            yield f'  <key id="{prefix}_{name}" for="{kind}" {of}/>'
    yield '  <graph id="trace" edgedefault="directed">'
    yield from (f'    <data key="g_{name}">{_element(fact)}</data>' for name, fact in _about(graph).items())
    for facts in _rows(graph.nodes()):
        yield f'    <node id="{facts.pop("node")}">'
        yield from (f'      <data key="n_{name}">{_element(fact)}</data>' for name, fact in facts.items())
        yield "    </node>"
    for facts in _rows(graph.edges()):
        yield f'    <edge source="{facts.pop("from")}" target="{facts.pop("to")}">'
        yield from (f'      <data key="e_{name}">{_element(fact)}</data>' for name, fact in facts.items())
        yield "    </edge>"
    yield "  </graph>"
    yield "</graphml>"


def _gexf(graph: Any) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield '<gexf xmlns="http://www.gexf.net/1.2draft" version="1.2">'
    yield f"  <meta><creator>satrail</creator><description>{_element(_title(graph))}</description></meta>"
    yield '  <graph defaultedgetype="directed" mode="static">'
    for kind, columns in [("node", graph.nodes().columns[1:]), ("edge", graph.edges().columns[2:])]:
        yield f'    <attributes class="{kind}" mode="static">'
        for name in columns:
            yield f'      <attribute id="{name}" title="{_renamed(name)}" type="{_TYPES.get(name, "string")}"/>'
        yield "    </attributes>"
    yield "    <nodes>"
    for facts in _rows(graph.nodes()):
        yield f'      <node id="{facts.pop("node")}" label={_attribute(_label(facts))}>'
        yield from _values(facts)
        yield "      </node>"
    yield "    </nodes>"
    yield "    <edges>"
    for number, facts in enumerate(_rows(graph.edges())):
        ends = f'source="{facts.pop("from")}" target="{facts.pop("to")}"'
        yield f'      <edge id="{number}" {ends} weight="{facts["amount"]}">'
        yield from _values(facts)
        yield "      </edge>"
    yield "    </edges>"
    yield "  </graph>"
    yield "</gexf>"


def _values(facts: Facts) -> Iterator[str]:
    yield "        <attvalues>"
    yield from (f'          <attvalue for="{name}" value={_attribute(fact)}/>' for name, fact in facts.items())
    yield "        </attvalues>"


def _dot(graph: Any) -> Iterator[str]:
    yield f"digraph {_quoted(_title(graph))} {{"
    for facts in _rows(graph.nodes()):
        number, label = facts.pop("node"), _label(facts)
        tooltip = facts.pop("name")
        yield f"  {number} [label={_quoted(label)}, tooltip={_quoted(tooltip)}, {_list(facts)}];"
    for facts in _rows(graph.edges()):
        ends = f"{facts.pop('from')} -> {facts.pop('to')}"
        yield f"  {ends} [label={_quoted(facts['amount'])}, {_list(facts)}];"
    yield "}"


def _list(facts: Facts) -> str:
    return ", ".join(f"{_renamed(name)}={_quoted(fact)}" for name, fact in facts.items())


def _quoted(cell: Any) -> str:
    text = _xml(cell).replace("\\", "\\\\").replace('"', '\\"').replace("\r", "\\r").replace("\n", "\\n")
    return f'"{text}"'


def _renamed(name: str) -> str:
    return "stop_label" if name == "label" else name


def _label(facts: Facts) -> str:
    """What a node is called where it is drawn."""
    return str(facts.get("label", facts["name"]))


def _title(graph: Any) -> str:
    return f"trace {graph.direction} as of height {graph.height}, by {graph.level}"


_TEXTS: dict[str, Callable[[Any], Iterator[str]]] = {".graphml": _graphml, ".gexf": _gexf, ".dot": _dot, ".json": _json}
