"""Writes docs/cards/traces.md: of what truly reached each exchange, how much each policy finds and whom it blames.

The chain is a simulated hidden service, whose cash-outs are known. Two stop sets are used: what the public knows, and
everything that is known of services. Everything is counted in whole satoshi, so the page is the same on any machine.
"""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import satrail

CARDS = Path(__file__).parents[1] / "docs" / "cards"

#: The simulated chain of the card; its digest stands there.
SEED, SCALE = 2026, 0.1

#: Who is stopped at where everything is known: those whose own affairs nobody wants to follow.
SERVICES = {"exchange", "custodian", "merchant", "payment_processor", "pool", "gambling", "donation", "coinjoin"}
ROUTES = ["direct", "peel_chain", "coinjoin"]

Rows = dict[str, list[Any]]
Stops = dict[str, list[str]]


def rows(table: Rows) -> list[dict[str, Any]]:
    """A table row by row."""
    return [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]


def public(folder: Path) -> Stops:
    """The addresses of tags.yaml, by name."""
    found: Stops = {}
    for address, label in re.findall(r"- address: (\S+)\n\s+label: (.+)\n", (folder / "tags.yaml").read_text("utf-8")):
        found.setdefault(label, []).append(address)
    return found


def everything(truth: satrail.Truth) -> Stops:
    """All addresses of services that were paid, by name."""
    entities = {row["entity"]: row for row in rows(truth.table("entities").to_pydict())}
    services = {entity: row["name"] for entity, row in entities.items() if row["category"] in SERVICES}
    found: Stops = {}
    for row in rows(truth.table("addresses").to_pydict()):
        if row["entity"] in services and row["address"] and row["is_paid"]:
            found.setdefault(services[row["entity"]], []).append(row["address"])
    return found


def routes(truth: satrail.Truth, evaluation: satrail.TraceEvaluation) -> dict[str, tuple[int, int]]:
    """What truly went by each route, and how much of it was found."""
    route = {row["txid"]: row["route"] for row in rows(truth.table("cashouts").to_pydict())}
    true: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for row in rows(evaluation.arrivals().to_pydict()):
        if row["category"] == "exchange" and row["txid"] in route:
            true[route[row["txid"]]] += row["true"]
            right[route[row["txid"]]] += row["right"]
    return {name: (right[name], true[name]) for name in ROUTES}


def btc(satoshi: int) -> str:
    return f"{satoshi // 10**8:,}.{satoshi % 10**8:08d}"


def percent(part: int, of: int) -> str:
    return f"{part / of * 100:.2f} %" if of else "-"


def tables(truth: satrail.Truth, traces: list[satrail.Trace]) -> list[str]:
    """What the policies find at exchanges: all together, by route, and exchange by exchange."""
    evaluations = [(trace.policy, satrail.evaluate(trace, truth)) for trace in traces]
    return [*by_policy(evaluations), *by_route(truth, evaluations), *by_exchange(evaluations)]


Evaluations = list[tuple[str, satrail.TraceEvaluation]]


def by_policy(evaluations: Evaluations) -> list[str]:
    lines = [
        "| policy | found of what reached exchanges | right of what is found at exchanges | "
        "blamed on exchanges (BTC) | blamed on others (BTC) |",
        "|---|---:|---:|---:|---:|",
    ]
    for policy, evaluation in evaluations:
        categories = {row["category"]: row for row in rows(evaluation.categories().to_pydict())}
        at = categories["exchange"]
        others = evaluation.blamed - at["blamed"]
        shares = f"{percent(at['right'], at['true'])} | {percent(at['right'], at['found'])}"
        lines.append(f"| `{policy}` | {shares} | {btc(at['blamed'])} | {btc(others)} |")
    return [*lines, ""]


def by_route(truth: satrail.Truth, evaluations: Evaluations) -> list[str]:
    found = [(policy, routes(truth, evaluation)) for policy, evaluation in evaluations]
    head = [f"{name.replace('_', ' ')}, of {btc(found[0][1][name][1])}" for name in ROUTES]
    lines = [f"| found, by route | {' | '.join(head)} |", f"|---|{'---:|' * len(ROUTES)}"]
    for policy, parts in found:
        lines.append(f"| `{policy}` | {' | '.join(percent(*parts[name]) for name in ROUTES)} |")
    return [*lines, ""]


def by_exchange(evaluations: Evaluations) -> list[str]:
    exchanges = [
        {row["owner"]: row for row in rows(evaluation.owners().to_pydict()) if row["category"] == "exchange"}
        for _, evaluation in evaluations
    ]
    names = sorted({name for found in exchanges for name, row in found.items() if row["true"]})
    head = [f"{name}, of {btc(exchanges[0][name]['true'])}" for name in names]
    lines = [f"| found; blamed (BTC) | {' | '.join(head)} | other exchanges |", f"|---|{'---:|' * (len(names) + 1)}"]
    for (policy, _), found in zip(evaluations, exchanges, strict=True):
        cells = [f"{percent(found[n]['right'], found[n]['true'])}; {btc(found[n]['blamed'])}" for n in names]
        others = sum(row["blamed"] for name, row in found.items() if name not in names)
        lines.append(f"| `{policy}` | {' | '.join(cells)} | {btc(others)} |")
    return [*lines, ""]


def page(folder: Path, store: Path, seed: int, scale: float) -> str:
    """The card of a simulated hidden service."""
    chain, truth = satrail.open(store), satrail.truth.read(folder)
    clusters = chain.cluster()
    source = chain.addresses(folder / "watch.csv")
    lines = [
        "# Traces",
        "",
        "Of the money that truly reached each exchange, how much does each policy find, and how much does it blame "
        "on the wrong one? docs/evaluate.md says what truly means, docs/traces.md what the policies are. Written by "
        "`make cards`.",
        "",
        f'Made by satrail.simulate("hidden-service", seed={seed}, scale={scale}), digest {truth.digest}, transactions '
        f"{chain.counts['transactions']:,}, addresses {chain.counts['addresses']:,}. The source is what the "
        f"{source.known:,} addresses of watch.csv were paid; clusters are by co-spend, CoinJoins left out.",
        "",
    ]
    for title, what, name, stops in [
        (
            "Stopping at what is public",
            "the addresses of tags.yaml and their clusters",
            'public(Path("service"))',
            public(folder),
        ),
        ("Stopping at all services", "all addresses of services", "everything(truth)", everything(truth)),
    ]:
        compared = chain.compare_policies(source, clusters=clusters, stop_at=stops)
        names = len(stops)
        lines += [f"## {title}", "", f"The stop set is {what}: {names} names.", "", *tables(truth, compared.traces)]
        lines += [
            "```python",
            f'satrail.simulate("hidden-service", "service", seed={seed}, scale={scale})',
            'satrail.ingest("service/blocks", "service.satrail")',
            'chain, truth = satrail.open("service.satrail"), satrail.truth.read("service")',
            f"stops = trace_cards.{name}  # scripts/trace_cards.py",
            'source = chain.addresses("service/watch.csv")',
            "compared = chain.compare_policies(source, clusters=chain.cluster(), stop_at=stops)",
            "[satrail.evaluate(trace, truth) for trace in compared.traces]",
            "```",
            "",
        ]
    return "\n".join(lines).rstrip("\n") + "\n"


def measured(scratch: Path, seed: int = SEED, scale: float = SCALE) -> str:
    """The card, from a chain that is made for it."""
    folder, store = scratch / "service", scratch / "service.satrail"
    satrail.simulate("hidden-service", folder, seed=seed, scale=scale, progress=False)
    satrail.ingest(folder / "blocks", store, progress=False)
    return page(folder, store, seed, scale)


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        (CARDS / "traces.md").write_text(measured(Path(scratch)), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
