"""Who pays whom: what docs/flows.md calls equal is, on the bundled chain and on random ones, and the rule by hand."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import satrail
from chains.by_hand import address, chain_of, mint, pay
from chains.random_blocks import random_chain
from conftest import BLOCKS, write_blocks
from oracles.parties import FEE, payments

#: (from, to) -> (satoshi, transactions).
Transfers = dict[tuple[int, int], tuple[int, int]]


@pytest.fixture(scope="module", params=["bundled", "random 1", "random 2"])
def clusters(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> satrail.Clusters:
    blocks, store = BLOCKS, tmp_path_factory.mktemp("pays") / "store"
    if request.param != "bundled":
        blocks = write_blocks(store.parent / "blocks", random_chain(int(request.param[-1]), 60))
    satrail.ingest(blocks, store, progress=False)
    return satrail.open(store).cluster()


@pytest.fixture(scope="module")
def transfers(clusters: satrail.Clusters) -> Transfers:
    table = clusters.transfers().to_pydict()
    rows = zip(*(table[name] for name in ("from_cluster_id", "to_cluster_id", "amount", "transactions")), strict=True)
    return {(source, target): (amount, count) for source, target, amount, count in rows}


def busiest(transfers: Transfers, n: int) -> list[int]:
    """The clusters with most transfers, and those that are bundled chains' examples of CoinJoins."""
    count = Counter(cluster for pair in transfers for cluster in pair)
    return [cluster for cluster, _ in count.most_common(n)]


def counterparties(clusters: satrail.Clusters, cluster: int) -> dict[str, dict[int, tuple[int, int]]]:
    """What others paid a cluster, and what it paid them."""
    flows = clusters.chain.flows(clusters[cluster], clusters=clusters)
    table = flows.counterparties().to_pydict()
    found: dict[str, dict[int, tuple[int, int]]] = {}
    for way in ("in", "out"):
        rows = zip(table["cluster_id"], table[f"amount_{way}"], table[f"transactions_{way}"], strict=True)
        found[way] = {wallet: (amount, count) for wallet, amount, count in rows if wallet is not None and amount}
    return found


def test_the_counterparties_of_a_cluster_are_its_transfers(clusters: satrail.Clusters, transfers: Transfers) -> None:
    several = 0
    for cluster in busiest(transfers, 60):
        found = counterparties(clusters, cluster)
        assert found["in"] == {source: row for (source, target), row in transfers.items() if target == cluster}
        assert found["out"] == {target: row for (source, target), row in transfers.items() if source == cluster}
        several += len(found["in"]) > 1
    assert several > 5


def test_what_one_pays_another_gets(clusters: satrail.Clusters, transfers: Transfers) -> None:
    some = busiest(transfers, 12)
    found = {cluster: counterparties(clusters, cluster) for cluster in some}
    pairs = [(a, b) for a in some for b in some if a != b]
    assert all(found[a]["out"].get(b) == found[b]["in"].get(a) for a, b in pairs)
    assert any(b in found[a]["out"] for a, b in pairs)


def test_payments_between_two_clusters_add_up_to_their_transfers(
    clusters: satrail.Clusters, transfers: Transfers
) -> None:
    for source, target in sorted(transfers, key=lambda pair: -transfers[pair][1])[:10]:
        table = clusters.between(source, target).to_pydict()
        sums: Transfers = {}
        for pair in ((source, target), (target, source)):
            rows = zip(table["from_cluster_id"], table["to_cluster_id"], table["amount"], strict=True)
            amounts = [amount for a, b, amount in rows if (a, b) == pair]
            sums |= {pair: (sum(amounts), len(amounts))} if amounts else {}
        assert sums == {pair: transfers[pair] for pair in sums}
        assert (source, target) in sums


def test_where_one_cluster_pays_account_policies_move_the_same(
    clusters: satrail.Clusters, transfers: Transfers
) -> None:
    """All of a cluster's outputs are traced, so all that it pays is."""
    compared = 0
    for cluster in busiest(transfers, 8):
        trace = clusters.chain.trace(clusters[cluster], policy="account_fifo", clusters=clusters)
        names = ("txid", "from_cluster_id", "cluster_id", "amount")
        moved: Counter[tuple[str, int]] = Counter()
        alone = set()
        for txid, payer, wallet, amount in zip(*(trace.steps().to_pydict()[name] for name in names), strict=True):
            if payer == cluster:
                alone.add(txid)
                if wallet is not None:
                    moved[txid, wallet] += amount
        paid: Counter[tuple[str, int]] = Counter()
        for other in {target for source, target in transfers if source == cluster}:
            table = clusters.between(cluster, other).to_pydict()
            for txid, source, amount in zip(table["txid"], table["from_cluster_id"], table["amount"], strict=True):
                if source == cluster and txid in alone:
                    paid[txid, other] += amount
        assert moved == paid
        compared += len(moved)
    assert compared > 20


def test_payers_take_turns_and_rounding_is_made_up_for() -> None:
    assert payments({"a": 100}, {"b": 60, "a": 30}) == {("a", "b"): 60, ("a", FEE): 10}
    both = payments({"a": 5, "b": 5}, {"c": 3, "d": 6})
    assert both == {("a", "c"): 2, ("a", "d"): 3, ("b", "c"): 1, ("b", "d"): 3, ("b", FEE): 1}
    # Who gets back what they put in pays nothing; who gets more than that is paid the difference.
    assert payments({"a": 10, "b": 10, "c": 4}, {"a": 10, "c": 9, "b": 4}) == {("b", "c"): 5, ("b", FEE): 1}


def test_a_coinjoin_by_hand_is_told_the_same_by_transfers_and_flows(tmp_path: Path) -> None:
    a, b, c, d = (address(number) for number in range(4))
    money = mint([(a, 5), (b, 5), (b, 100)])
    mix = pay([(money, 0), (money, 1)], [(c, 3), (d, 6)])
    truth = chain_of([money], [mint([(d, 7)], 1), mix])
    satrail.ingest(write_blocks(tmp_path / "blocks", truth.blocks), tmp_path / "store", progress=False)
    chain = satrail.open(tmp_path / "store")
    clusters = chain.cluster(rules=["same_key"])
    cluster = {name: clusters[script.hex()].cluster_ids[0] for name, script in zip("abcd", (a, b, c, d), strict=True)}
    table = clusters.transfers().to_pydict()
    found = dict(zip(zip(table["from_cluster_id"], table["to_cluster_id"], strict=True), table["amount"], strict=True))
    expected = {("a", "c"): 2, ("a", "d"): 3, ("b", "c"): 1, ("b", "d"): 3}
    assert found == {(cluster[source], cluster[target]): amount for (source, target), amount in expected.items()}
    assert [chain.flows(script.hex()).fees for script in (a, b)] == [0, 1]
