"""Writes docs/cards, a page for each rule with what was measured of it, and src/evaluate/rates.json, the figures that
are compiled in.

Two chains are measured: "city", which is simulated from a seed, and "core", the chain that comes with the package, made
by Bitcoin Core's wallets. Everything is counted in whole numbers, so the pages are the same on any machine.
"""

from __future__ import annotations

import gzip
import json
import re
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import satrail

ROOT = Path(__file__).parents[1]
CARDS = ROOT / "docs" / "cards"
#: What the next build compiles in.
RATES = ROOT / "src" / "evaluate" / "rates.json"
CORE = ROOT / "tests" / "data" / "regtest-core" / "ground-truth.json.gz"

#: The simulated chain of the cards; its digest stands in every card.
SEED, SCALE = 2026, 1.0

CLUSTER_RULES = ["co_spend", "same_key"]
CHANGE_RULES = [
    "address_reuse",
    "address_type",
    "fingerprint",
    "fixed_fee",
    "fresh",
    "locktime",
    "none",
    "one_time_change",
    "optimal",
    "peeling",
    "power_of_ten",
    "spent",
]
SHAPES = [
    "coinjoin",
    "equal_output_coinjoin",
    "joinmarket",
    "wasabi",
    "wasabi_1_0",
    "wasabi_1_1",
    "wasabi_2_0",
    "whirlpool",
    "whirlpool_tx0",
    "payjoin_warning",
]
DEFINITIONS = {
    "coinjoin": "The strongest verdict among the shapes of CoinJoins: whether the inputs are of several owners.",
    "joinmarket": "An equal-output CoinJoin with change, of two proportions when it is large, and no Wasabi 1.",
    "wasabi": "The strongest verdict among the shapes of Wasabi's versions.",
}
#: What the labels of the Core-made chain are called in a truth.
PURPOSES = {"coinjoin": "coinjoin_joinmarket", "batch_payout": "batch", "op_return": "data"}
COUNTS = [
    "true_positive",
    "false_negative",
    "cannot_tell_positive",
    "false_positive",
    "true_negative",
    "cannot_tell_negative",
]
PAIRS = ["true_positive", "false_positive", "false_negative"]
#: Lines of what fools a rule.
MOST = 6


@dataclass
class Measured:
    """A chain with known truth."""

    name: str
    chain: satrail.Chain
    truth: satrail.Truth
    facts: dict[str, object]
    again: str


def core_truth(chain: satrail.Chain) -> satrail.Truth:
    """What the node that made the bundled chain says of its wallets and of what it sent."""
    known = json.loads(gzip.decompress(CORE.read_bytes()))
    owners: dict[str, list[str]] = {}
    for address, fact in known["addresses"].items():
        if fact.get("wallet"):
            owners.setdefault(fact["wallet"], []).append(address)
    there = set(chain.transactions(columns=["txid"]).to_pydict()["txid"])
    purposes: dict[str, list[str]] = {}
    for txid, label in known["tx_labels"].items():
        if txid in there:
            purposes.setdefault(PURPOSES.get(label["kind"], label["kind"]), []).append(txid)
    return satrail.Truth.of(chain, owners, transactions=purposes)


def core(folder: Path) -> Measured:
    satrail.ingest(ROOT / "python" / "satrail" / "demo_chain", folder / "core", progress=False)
    chain = satrail.open(folder / "core")
    truth = core_truth(chain)
    facts: dict[str, object] = {"made by": "Bitcoin Core 28.1 wallets on regtest", "digest": truth.digest}
    facts |= {"transactions": chain.counts["transactions"], "addresses": chain.counts["addresses"]}
    again = (
        "chain = satrail.open(store)  # of python/satrail/demo_chain\n"
        "truth = cards.core_truth(chain)  # scripts/cards.py"
    )
    return Measured("core", chain, truth, facts, again)


def city(folder: Path) -> Measured:
    satrail.simulate("city", folder / "city", seed=SEED, scale=SCALE, progress=False)
    satrail.ingest(folder / "city" / "blocks", folder / "city.satrail", progress=False)
    chain, truth = satrail.open(folder / "city.satrail"), satrail.truth.read(folder / "city")
    facts: dict[str, object] = {
        "made by": f'satrail.simulate("city", seed={SEED}, scale={SCALE})',
        "digest": truth.digest,
    }
    facts |= {"transactions": chain.counts["transactions"], "addresses": chain.counts["addresses"]}
    again = (
        f'satrail.simulate("city", "city", seed={SEED}, scale={SCALE})\n'
        'satrail.ingest("city/blocks", "city.satrail")\n'
        'chain, truth = satrail.open("city.satrail"), satrail.truth.read("city")'
    )
    return Measured("city", chain, truth, facts, again)


def rule_named(name: str) -> satrail.ChangeRule:
    return getattr(satrail.change, name)()


def share(part: int, of: int, interval: tuple[float, float] | None = None) -> str:
    """A share in percent, with its interval, and what it was counted from."""
    if not of:
        return f"- ({part:,} / {of:,})"
    ends = f" [{interval[0] * 100:.3f}, {interval[1] * 100:.3f}]" if interval else ""
    return f"{part / of * 100:.3f} %{ends} ({part:,} / {of:,})"


def most(lines: list[tuple[str, int, int]], what: str, of: str) -> list[str]:
    """The names with most mistakes, as a table."""
    worst = sorted((line for line in lines if line[1]), key=lambda line: (-line[1], line[0]))[:MOST]
    if not worst:
        return []
    return [
        f"| {what} | false positives | of {of} |",
        "|---|---:|---:|",
        *(f"| {n} | {m:,} | {k:,} |" for n, m, k in worst),
        "",
    ]


def of_rates(measured: Measured, what: satrail.ChangeRule | str) -> tuple[dict[str, int], list[str]]:
    """The counts of a rule or shape on a chain, and how they are told."""
    rates = satrail.evaluate(what, measured.truth, chain=measured.chain)
    counts = {name: getattr(rates, name) for name in COUNTS}
    found, wrong = counts["true_positive"], counts["false_positive"]
    positives, negatives = sum(list(counts.values())[:3]), sum(list(counts.values())[3:])
    lines = [
        "| rate | with its 95 % interval, and the counts |",
        "|---|---|",
        f"| true positive rate | {share(found, positives, rates.interval('true_positive_rate'))} |",
        f"| false positive rate | {share(wrong, negatives, rates.interval('false_positive_rate'))} |",
        f"| precision | {share(found, found + wrong, rates.interval('precision'))} |",
        f"| cannot tell | {counts['cannot_tell_positive']:,} positives, {counts['cannot_tell_negative']:,} negatives |",
        "",
    ]
    years = rates.years().to_pydict()
    if len(years["year"]) > 1:
        lines += ["| year | true positive rate | false positive rate |", "|---|---|---|"]
        for i, year in enumerate(years["year"]):
            n = {name: years[name][i] for name in COUNTS}
            of = sum(list(n.values())[:3]), sum(list(n.values())[3:])
            lines.append(f"| {year} | {share(n['true_positive'], of[0])} | {share(n['false_positive'], of[1])} |")
        lines.append("")
    return counts, lines + fools(rates)


def fools(rates: satrail.Rates) -> list[str]:
    lines: list[str] = []
    for name, table in [("purpose", rates.purposes().to_pydict()), ("profile", rates.profiles().to_pydict())]:
        negatives = zip(*(table[count] for count in COUNTS[3:]), strict=True)
        rows = [(who, counts[0], sum(counts)) for who, counts in zip(table[name], negatives, strict=True)]
        lines += most(rows, name, "negatives")
    return lines


def of_clusters(measured: Measured, rule: str) -> tuple[dict[str, int], list[str]]:
    """The pairs of a clustering on a chain, and how they are told."""
    evaluation = satrail.evaluate(measured.chain.cluster(rule), measured.truth)
    right, wrong, missed = (getattr(evaluation, name) for name in PAIRS)
    value = evaluation.by_value
    shown = {name: f"{value[name] * 100:.4f} %" if value[name] is not None else "-" for name in ("precision", "recall")}
    lines = [
        "| pairs of addresses | by number | by value |",
        "|---|---|---|",
        f"| precision | {share(right, right + wrong)} | {shown['precision']} |",
        f"| recall | {share(right, right + missed)} | {shown['recall']} |",
        "",
    ]
    joins = evaluation.wrong_joins().to_pydict()
    total = len(joins["txid"])
    lines += [
        f"{total:,} joins are about addresses of two owners." if total else "No join is about addresses of two owners.",
        "",
    ]
    for name in ("purpose", "profile"):
        found = Counter(word for word in joins[name] if word)
        lines += most([(word, count, total) for word, count in found.items()], name, "wrong joins")
    return {f"pairs_{name}": getattr(evaluation, name) for name in PAIRS}, lines


def definition(name: str) -> str:
    """What docs/rules.md or docs/shapes.md says of a rule, in its tables."""
    if name in DEFINITIONS:
        return DEFINITIONS[name]
    for page in ("rules.md", "shapes.md"):
        for line in (ROOT / "docs" / page).read_text(encoding="utf-8").splitlines():
            found = re.match(rf"\| `{name}[(`]", line)
            cells = [cell.strip() for cell in line.strip()[1:-1].split("|")]
            if found and len(cells) >= 3 and not re.match(r"^[\d.-]+$", cells[1]):
                source = f" Source: {cells[-1]}." if cells[-1] else ""
                text = cells[1] if page == "rules.md" else f"a transaction that {cells[1]}"
                return f"{text[0].upper()}{text[1:]}.{source} (docs/{page})"
    raise SystemExit(f"docs/rules.md and docs/shapes.md do not define {name}")


def positives(kind: str) -> str:
    return {
        "cluster rule": "A pair of addresses is right where both are of one owner.",
        "change rule": (
            "A positive is an output that is change, a negative one that pays somebody else; the rule names an output "
            "where it leaves exactly one, and cannot tell where it leaves none or several."
        ),
        "shape": (
            "A positive is a transaction of the kind, a negative any other but coinbases; it cannot tell where the "
            "verdict is undecided."
        ),
    }[kind]


def page(name: str, kind: str, version: int, chains: list[Measured]) -> tuple[str, dict[str, Any]]:
    """One card, and its figures."""
    figures: dict[str, Any] = {"kind": kind, "version": version}
    lines = [f"# {name}", "", f"A {kind}, version {version}. {definition(name)}", "", positives(kind), ""]
    call = {
        "cluster rule": f'chain.cluster("{name}")',
        "change rule": f"satrail.change.{name}()",
        "shape": f'"{name}"',
    }[kind]
    for measured in chains:
        try:
            what = rule_named(name) if kind == "change rule" else name
            of = of_clusters(measured, name) if kind == "cluster rule" else of_rates(measured, what)
        except ValueError as why:
            lines += [f"## On {measured.name}", "", f"Not measured: {why}.", ""]
            continue
        figures[measured.name] = of[0]
        facts = ", ".join(
            f"{name} {value:,}" if isinstance(value, int) else f"{name} {value}"
            for name, value in measured.facts.items()
        )
        lines += [f"## On {measured.name}", "", f"{facts[0].upper()}{facts[1:]}.", "", *of[1]]
        chain = "" if kind == "cluster rule" else ", chain=chain"
        lines += ["```python", *measured.again.splitlines(), f"satrail.evaluate({call}, truth{chain})", "```", ""]
    return "\n".join(lines).rstrip("\n") + "\n", figures


def version_of(name: str, kind: str, chain: satrail.Chain) -> int:
    if kind == "change rule":
        return rule_named(name).versions[name]
    if kind == "cluster rule":
        found = re.search(rf"rule {name} (\d+)", chain.cluster(name).settings)
        assert found
        return int(found[1])
    found = re.search(r"coinjoin exclude (\d+)", chain.cluster().settings)
    assert found
    return int(found[1])


def main() -> None:
    import trace_cards  # beside this script, which tests load by its path

    rules = {name: "cluster rule" for name in CLUSTER_RULES} | {name: "change rule" for name in CHANGE_RULES}
    rules |= {name: "shape" for name in SHAPES}
    with tempfile.TemporaryDirectory() as scratch:
        chains = [city(Path(scratch)), core(Path(scratch))]
        datasets = {measured.name: measured.facts for measured in chains}
        figures = {}
        CARDS.mkdir(exist_ok=True)
        for name, kind in rules.items():
            text, figures[name] = page(name, kind, version_of(name, kind, chains[0].chain), chains)
            (CARDS / f"{name}.md").write_text(text, encoding="utf-8", newline="\n")
    document = {
        "format": 1,
        "satrail": satrail.__version__,
        "order": list(datasets),
        "datasets": datasets,
        "rules": figures,
    }
    RATES.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8", newline="\n")
    (CARDS / "README.md").write_text(contents(document), encoding="utf-8", newline="\n")
    trace_cards.main()


def contents(document: dict[str, Any]) -> str:
    """All cards in one table."""
    lines = [
        "# Cards",
        "",
        "What was measured of each rule, written by `make cards`; docs/evaluate.md says how. Of traces, policy by "
        "policy: [traces](traces.md).",
        "",
    ]
    for title, kind, names in [
        ("Joining addresses: precision and recall of pairs", "cluster rule", ("precision", "recall")),
        ("Change rules: true and false positive rates", "change rule", ("true positives", "false positives")),
        ("Shapes: true and false positive rates", "shape", ("true positives", "false positives")),
    ]:
        chains = document["order"]
        head = [f"{name}, {chain}" for chain in chains for name in names]
        lines += [f"## {title}", "", f"| | {' | '.join(head)} |", f"|---|{'---:|' * len(head)}"]
        for name, card in document["rules"].items():
            if card["kind"] == kind:
                cells = [cell for chain in chains for cell in headline(card.get(chain))]
                lines.append(f"| [{name}]({name}.md) | {' | '.join(cells)} |")
        lines.append("")
    return "\n".join(lines)


def headline(counts: dict[str, int] | None) -> tuple[str, str]:
    def percent(part: int, of: int) -> str:
        return f"{part / of * 100:.2f} %" if of else "-"

    if counts is None:
        return "-", "-"
    if "pairs_true_positive" in counts:
        right, wrong, missed = (counts[f"pairs_{name}"] for name in PAIRS)
        return percent(right, right + wrong), percent(right, right + missed)
    numbers = [counts[name] for name in COUNTS]
    return percent(numbers[0], sum(numbers[:3])), percent(numbers[3], sum(numbers[3:]))


if __name__ == "__main__":
    main()
