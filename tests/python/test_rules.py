"""How well rules join, on the chain whose owners are known; what is measured stands in docs/rules.md."""

from __future__ import annotations

from collections import Counter

import pytest
import satrail
from conftest import ROOT
from satrail import change

RULES: list[tuple[str, list[str | satrail.ChangeRule], str]] = [
    ("co_spend", ["co_spend"], "exclude"),
    ("co_spend", ["co_spend"], "exclude_undecided"),
    ("co_spend", ["co_spend"], "include"),
    ("same_key", ["same_key"], "exclude"),
    *((f"co_spend, {name}", ["co_spend", name], "exclude") for name in ["address_type", "fingerprint", "fixed_fee"]),
    *((f"co_spend, {name}", ["co_spend", name], "exclude") for name in ["fresh", "locktime", "one_time_change"]),
    *((f"co_spend, {name}", ["co_spend", name], "exclude") for name in ["optimal", "peeling", "power_of_ten"]),
    ("co_spend, (optimal & fresh)", ["co_spend", change.optimal() & change.fresh()], "exclude"),
]


def pairs(counts: Counter[int] | Counter[str] | Counter[tuple[int, str]]) -> int:
    return sum(count * (count - 1) // 2 for count in counts.values())


def measured(chain: satrail.Chain, owners: dict[str, str]) -> list[str]:
    """Pairwise precision and recall over the addresses whose owner is known and that were ever paid."""
    lines = ["| rules | coinjoin | precision | recall |", "|---|---|---:|---:|"]
    for name, rules, coinjoin in RULES:
        table = chain.cluster(rules, coinjoin=coinjoin).of(list(owners)).to_pydict()
        rows = zip(table["address"], table["cluster_id"], strict=True)
        known = [(cluster, owners[address]) for address, cluster in rows if cluster is not None]
        together = pairs(Counter(cluster for cluster, _ in known))
        owned = pairs(Counter(owner for _, owner in known))
        right = pairs(Counter(known))
        precision = f"{right / together:.4f}" if together else "-"
        lines.append(f"| `{name}` | {coinjoin} | {precision} | {right / owned:.4f} |")
    return lines


def test_the_measured_joins_stand_in_the_documentation(chain: satrail.Chain, owners: dict[str, str]) -> None:
    lines = measured(chain, owners)
    print("\n" + "\n".join(lines))
    assert lines[2].startswith("| `co_spend` | exclude | 1.0000 |"), "co-spend without CoinJoins joins two owners"
    text = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
    assert "\n".join(lines) in text, "docs/rules.md says something else; put in what is printed above"


@pytest.mark.parametrize("coinjoin", ["exclude", "exclude_undecided"])
def test_co_spend_without_coinjoins_never_joins_two_owners(
    chain: satrail.Chain, owners: dict[str, str], coinjoin: str
) -> None:
    table = chain.cluster(coinjoin=coinjoin).of(list(owners)).to_pydict()
    of_cluster: dict[int, set[str]] = {}
    for address, cluster in zip(table["address"], table["cluster_id"], strict=True):
        if cluster is not None:
            of_cluster.setdefault(cluster, set()).add(owners[address])
    assert len(of_cluster) > 1000
    assert all(len(found) == 1 for found in of_cluster.values())
