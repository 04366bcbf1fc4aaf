"""What an investigator begins with: the list, test payments and public tags; and clusters by two sets of rules."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path

from satrail._core import AddressSet, Chain, Clusters, open

#: Who knows their customers, as TagPacks call it: these can be asked who an account belongs to.
_KNOW_CUSTOMERS = {"exchange", "wallet_service"}
_TAG = re.compile(r"- address: (\S+)\n +label: (.+)\n(?: +actor: .+\n)? +category: (\S+)")


@dataclass(frozen=True, slots=True)
class Case:
    """The case: `narrow` are clusters by co-spend alone, `clusters` by co-spend and a change rule."""

    folder: Path
    chain: Chain
    watch: AddressSet
    tests: list[str]
    tags: dict[str, list[str]]
    exchanges: set[str]
    narrow: Clusters
    clusters: Clusters
    #: Names of clusters with a tag in them, and its label.
    labels: dict[int, str]


def open_case(folder: Path) -> Case:
    """Read what lies in the folder, the truth left out, and cluster the chain."""
    chain = open(folder / "store")
    tags, exchanges = read_tags(folder / "tags.yaml")
    with (folder / "test_payments.csv").open(encoding="utf-8", newline="") as file:
        tests = [f"{row['txid']}:{row['position']}" for row in csv.DictReader(file)]
    clusters = chain.cluster(["co_spend", "one_time_change"], cannot_link=tags)
    labels = {name: label for label, addresses in tags.items() for name in clusters[addresses].cluster_ids}
    watch = chain.addresses(folder / "watch.csv")
    return Case(folder, chain, watch, tests, tags, exchanges, chain.cluster(), clusters, labels)


def read_tags(path: Path) -> tuple[dict[str, list[str]], set[str]]:
    """Each label's addresses, of a TagPack as the simulator writes it, and the labels of who knows their customers."""
    tags: dict[str, list[str]] = {}
    exchanges = set()
    for address, label, category in _TAG.findall(path.read_text(encoding="utf-8")):
        tags.setdefault(label, []).append(address)
        if category in _KNOW_CUSTOMERS:
            exchanges.add(label)
    return tags, exchanges
