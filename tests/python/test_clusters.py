"""Clusters: who is joined, why, and what the clusters did; held against the slow oracle on random chains."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
import satrail
from chains.random_blocks import DescribedChain, described_chain
from conftest import write_blocks
from oracles import cluster as slow
from oracles.chain import OracleChain

SEEDS = [1, 2, 3]
COINJOINS = ["equal_output_coinjoin", "joinmarket", "wasabi_1_0", "wasabi_1_1", "wasabi_2_0", "whirlpool"]


@dataclass
class Random:
    """A random chain, as the oracle and as satrail have it."""

    seed: int
    described: DescribedChain
    truth: OracleChain
    chain: satrail.Chain
    folder: Path

    def joint(self) -> set[str]:
        """The transactions whose shape is a CoinJoin's."""
        table = self.chain.shapes(columns=["txid", *COINJOINS]).to_pydict()
        rows = zip(table["txid"], *(table[name] for name in COINJOINS), strict=True)
        return {txid for txid, *verdicts in rows if "yes" in verdicts}

    def co_spend(self, height: int | None = None, exclude: bool = True) -> list[slow.Edge]:
        at = self.chain.height if height is None else height
        return slow.co_spend_edges(self.truth, at, self.joint() if exclude else ())

    def addresses(self, height: int | None = None) -> int:
        return len(slow.address_numbers(self.truth, self.chain.height if height is None else height))


@pytest.fixture(scope="session", params=SEEDS)
def random_one(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Random:
    folder = tmp_path_factory.mktemp("clusters")
    described = described_chain(request.param, duplicate_coinbase=True)
    satrail.ingest(write_blocks(folder / "blocks", described.blocks), folder / "store", progress=False)
    truth = OracleChain(described.blocks, "regtest")
    return Random(request.param, described, truth, satrail.open(folder / "store"), folder)


def at(chain: satrail.Chain, number: int) -> satrail.Address:
    """The address with a number; some have no text."""
    address = chain._object("address", number)
    assert isinstance(address, satrail.Address)
    return address


def labels(clusters: satrail.Clusters) -> list[int]:
    """The name of each address's cluster, by its number."""
    counts = clusters.chain.counts["addresses"]
    return [clusters[at(clusters.chain, number)].cluster_ids[0] for number in range(counts)]


# ---- Who is joined ---------------------------------------------------------------------------------------------------


def test_clusters_are_those_of_the_oracle_with_coinjoins_and_without(random_one: Random) -> None:
    addresses = random_one.addresses()
    for coinjoin, exclude in [("exclude", True), ("include", False)]:
        clusters = random_one.chain.cluster(coinjoin=coinjoin)
        assert labels(clusters) == slow.clusters(addresses, random_one.co_spend(exclude=exclude))


def test_the_coinjoins_of_random_chains_are_left_out(random_one: Random) -> None:
    assert set(random_one.described.txids("coinjoin")) <= random_one.joint()


def test_clusters_as_of_every_height_are_those_of_the_oracle(random_one: Random) -> None:
    clusters = random_one.chain.cluster()
    for height in range(0, random_one.chain.height + 1, 3):
        expected = slow.clusters(random_one.addresses(height), random_one.co_spend(height))
        assert labels(clusters.at(height)) == expected
        assert labels(random_one.chain.at(height).cluster()) == expected


def test_addresses_of_one_key_are_joined_as_of_every_height(random_one: Random) -> None:
    clusters = random_one.chain.cluster("same_key")
    both = random_one.chain.cluster(["co_spend", "same_key"])
    for height in [random_one.chain.height, random_one.chain.height // 2, random_one.chain.height // 3]:
        same_key = slow.same_key_edges(random_one.truth, height)
        assert same_key or height < random_one.chain.height
        assert labels(clusters.at(height)) == slow.clusters(random_one.addresses(height), same_key)
        expected = slow.clusters(random_one.addresses(height), [*same_key, *random_one.co_spend(height)])
        assert labels(both.at(height)) == expected


def test_the_change_joins_by_a_change_rule(random_one: Random) -> None:
    chain = random_one.chain
    rule = (satrail.change.optimal() & satrail.change.fresh()).unique()
    table = chain.change(rule).to_pydict()
    change = {txid: position for txid, position in zip(table["txid"], table["position"], strict=True)}
    joint = random_one.joint()
    change = {txid: position for txid, position in change.items() if txid not in joint}
    edges = [*random_one.co_spend(), *slow.change_edges(random_one.truth, chain.height, change)]
    assert change
    assert labels(chain.cluster(["co_spend", rule])) == slow.clusters(random_one.addresses(), edges)


def test_a_cluster_is_named_by_its_smallest_address_and_counted_once(random_one: Random) -> None:
    clusters = random_one.chain.cluster()
    names = labels(clusters)
    kinds = random_one.chain.outputs(columns=["address_number", "kind"]).to_pydict()
    nobodys = {n for n, kind in zip(kinds["address_number"], kinds["kind"], strict=True) if kind == "op_return"}
    assert len(clusters) == len(set(names) - nobodys)
    for name in set(names):
        members = clusters.members(name).to_pydict()["address_number"]
        assert members == [number for number, label in enumerate(names) if label == name]
        assert min(members) == name
        assert clusters[name].size() == len(members)


def test_the_result_is_the_same_for_any_number_of_threads_in_one_go_and_block_by_block(
    random_one: Random, tmp_path: Path
) -> None:
    digests = {random_one.chain.cluster(["co_spend", "same_key"], threads=threads).digest() for threads in (1, 2, 7)}
    assert len(digests) == 1
    for until in range(2, random_one.chain.height + 1, 4):
        satrail.ingest(random_one.folder / "blocks", tmp_path / "store", until=until, progress=False)
        satrail.open(tmp_path / "store").cluster(["co_spend", "same_key"])
    satrail.ingest(random_one.folder / "blocks", tmp_path / "store", progress=False)
    assert {satrail.open(tmp_path / "store").cluster(["co_spend", "same_key"]).digest()} == digests


def test_a_reorganisation_leaves_nothing_of_the_other_branch(random_one: Random, tmp_path: Path) -> None:
    other = described_chain(random_one.seed + 100, blocks=12).blocks
    satrail.ingest(write_blocks(tmp_path / "first", other), tmp_path / "store", progress=False)
    satrail.open(tmp_path / "store").cluster()
    # The longer chain has nothing in common with the first one but the genesis block.
    satrail.ingest(random_one.folder / "blocks", tmp_path / "store", progress=False)
    assert satrail.open(tmp_path / "store").cluster().digest() == random_one.chain.cluster().digest()


# ---- What is kept beside the store -----------------------------------------------------------------------------------


def kept(store: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (store / "clusters").iterdir() if not path.name.endswith(".lock")}


@pytest.fixture
def fresh_store(random_one: Random, tmp_path: Path) -> Path:
    satrail.ingest(random_one.folder / "blocks", tmp_path / "store", progress=False)
    return tmp_path / "store"


def test_what_was_joined_is_found_again_by_its_settings(fresh_store: Path) -> None:
    first = satrail.open(fresh_store).cluster()
    before = kept(fresh_store)
    assert len(before) == 3
    assert satrail.open(fresh_store).cluster().digest() == first.digest()
    assert satrail.open(fresh_store).at(7).cluster().digest() == first.at(7).digest()
    assert kept(fresh_store) == before
    satrail.open(fresh_store).cluster(coinjoin="include")
    assert len(kept(fresh_store)) == 6


def test_damage_to_what_is_kept_costs_only_time(fresh_store: Path) -> None:
    expected = satrail.open(fresh_store).cluster().digest()
    rng = random.Random(5)
    for name, content in kept(fresh_store).items():
        for damaged in [b"", content[: len(content) // 2], content + b"x"]:
            (fresh_store / "clusters" / name).write_bytes(damaged)
            assert satrail.open(fresh_store).cluster().digest() == expected
        for _ in range(8):
            content = kept(fresh_store)[name]
            if content:
                flipped = bytearray(content)
                flipped[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
                (fresh_store / "clusters" / name).write_bytes(flipped)
            assert satrail.open(fresh_store).cluster().digest() == expected


def test_what_another_store_kept_is_not_taken(fresh_store: Path, random_one: Random, tmp_path: Path) -> None:
    other = described_chain(random_one.seed + 50).blocks
    satrail.ingest(write_blocks(tmp_path / "other", other), tmp_path / "other_store", progress=False)
    expected = satrail.open(tmp_path / "other_store").cluster().digest()
    satrail.open(fresh_store).cluster()
    for name, content in kept(fresh_store).items():
        (tmp_path / "other_store" / "clusters" / name).write_bytes(content)
    assert satrail.open(tmp_path / "other_store").cluster().digest() == expected


def test_a_folder_that_cannot_be_written_keeps_nothing_and_joins_all_the_same(fresh_store: Path) -> None:
    (fresh_store / "clusters").write_text("in the way")
    assert len(satrail.open(fresh_store).cluster()) > 1


# ---- Why -------------------------------------------------------------------------------------------------------------


def pairs_of(random_one: Random, clusters: satrail.Clusters, count: int) -> Iterator[tuple[int, int]]:
    rng = random.Random(random_one.seed)
    for wallet in clusters.largest(6):
        members = wallet.members().to_pydict()["address_number"]
        for _ in range(count if len(members) > 1 else 0):
            a, b = rng.sample(members, 2)
            yield a, b


def text(chain: satrail.Chain, number: int) -> str:
    member = chain.cluster().members(chain.cluster()[at(chain, number)].cluster_ids[0]).to_pydict()
    address: str = member["address"][member["address_number"].index(number)]
    return address


def test_a_proof_leads_step_by_step_from_one_address_to_the_other(random_one: Random) -> None:
    chain = random_one.chain
    clusters = chain.cluster(["co_spend", "same_key"])
    edges = random_one.co_spend()
    pairs = {(edge.txid, frozenset((edge.left, edge.right))) for edge in edges}
    for a, b in pairs_of(random_one, clusters, 6):
        steps = clusters.why(at(chain, a), at(chain, b)).steps().to_pydict()
        numbers = [chain.address(address).number for address in steps["from"]]
        assert numbers[0] == a
        assert chain.address(steps["to"][-1]).number == b
        assert steps["to"][:-1] == steps["from"][1:]
        assert steps["step"] == list(range(1, len(numbers) + 1))
        for number, to, rule, txid in zip(numbers, steps["to"], steps["rule"], steps["txid"], strict=True):
            if rule == "co_spend":
                assert (txid, frozenset((number, chain.address(to).number))) in pairs


def test_a_proofs_height_is_the_earliest_at_which_the_two_are_joined(random_one: Random) -> None:
    clusters = random_one.chain.cluster()
    height = random_one.chain.height
    for a, b in pairs_of(random_one, clusters, 3):
        expected = slow.earliest_join(random_one.truth, lambda at: random_one.co_spend(at), a, b, height)
        first, second = at(random_one.chain, a), at(random_one.chain, b)
        assert expected is not None
        assert clusters.why(first, second).height == expected
        assert clusters.at(expected).why(first, second).height == expected
        with pytest.raises((satrail.NotJoinedError, satrail.NotInChainError), match=r"not joined|not in the chain"):
            clusters.at(expected - 1).why(first, second)


def test_the_shortest_proof_has_as_few_steps_as_the_oracle_finds(random_one: Random) -> None:
    chain = random_one.chain
    clusters = chain.cluster(["co_spend", "same_key"])
    by_tx = slow.by_transaction(random_one.co_spend())
    same_key = slow.same_key_edges(random_one.truth, chain.height)
    for a, b in pairs_of(random_one, clusters, 5):
        proof = clusters.why(at(chain, a), at(chain, b), shortest=True)
        assert len(proof) == slow.shortest_steps(by_tx, a, b, same_key)
        proof.verify(chain.headers())


def test_bridges_are_the_transactions_without_which_two_addresses_fall_apart(random_one: Random) -> None:
    chain = random_one.chain
    for rules, always in [(["co_spend"], False), (["co_spend", "same_key"], True)]:
        clusters = chain.cluster(rules)
        same_key = slow.same_key_edges(random_one.truth, chain.height) if always else []
        by_tx = slow.by_transaction(random_one.co_spend())
        found = 0
        for a, b in pairs_of(random_one, clusters, 4):
            bridges = [tx.txid for tx in clusters.bridges(at(chain, a), at(chain, b))]
            assert sorted(bridges) == sorted(slow.bridges(by_tx, a, b, same_key))
            found += len(bridges)
        assert found > 0


def test_addresses_that_are_not_joined_are_told_with_the_sizes_of_their_clusters(random_one: Random) -> None:
    clusters = random_one.chain.cluster()
    first, second = clusters.largest(2)
    for ask in (clusters.why, clusters.bridges, partial(clusters.why, shortest=True)):
        with pytest.raises(satrail.NotJoinedError, match=f"have {first.size()} and {second.size()} addresses"):
            ask(*(at(random_one.chain, wallet.cluster_ids[0]) for wallet in (first, second)))


def test_an_address_is_itself_without_a_step(random_one: Random) -> None:
    proof = random_one.chain.cluster().why(at(random_one.chain, 3), at(random_one.chain, 3))
    assert (len(proof), proof.height, bool(proof)) == (0, None, True)
    proof.verify(random_one.chain.headers())


# ---- What must stay apart --------------------------------------------------------------------------------------------


def groups(random_one: Random) -> list[slow.Group]:
    """Groups that some unions of the chain would violate, and some that none does."""
    rng = random.Random(random_one.seed)
    clusters = random_one.chain.cluster()
    found: list[slow.Group] = []
    for wallet in clusters.largest(3):
        members = wallet.members().to_pydict()["address_number"]
        found.append(tuple(rng.sample(members, min(3, len(members)))))
        half = rng.sample(members, min(6, len(members)))
        found.append({"one": half[::2], "other": half[1::2]})
    found.append((0, 1))
    return found


def as_given(chain: satrail.Chain, group: slow.Group) -> Any:
    if isinstance(group, dict):
        return {name: [at(chain, number) for number in group[name]] for name in group}
    return [tuple(at(chain, number) for number in group)]


def test_unions_that_join_what_must_stay_apart_are_refused_in_chain_order(random_one: Random) -> None:
    chain = random_one.chain
    all_edges = random_one.co_spend()
    refusals = 0
    for group in groups(random_one):
        given = as_given(chain, group)
        clusters = chain.cluster(cannot_link=given)
        expected, refused = slow.apart(random_one.addresses(), all_edges, [group])
        assert labels(clusters) == expected
        table = clusters.refused().to_pydict()
        rows = list(
            zip(
                table["height"],
                table["txid"],
                [chain.address(address).number for address in table["left"]],
                [chain.address(address).number for address in table["right"]],
                strict=True,
            )
        )
        assert list(dict.fromkeys(rows)) == list(dict.fromkeys(tuple(edge) for edge in refused))
        # What is kept says the same.
        assert chain.cluster(cannot_link=given).refused().to_pydict() == table
        half = chain.height // 2
        known = range(chain.at(half).counts["addresses"])
        members = given.values() if isinstance(given, dict) else given
        if all(address.number in known for some in members for address in some):
            assert labels(clusters.at(half)) == labels(chain.at(half).cluster(cannot_link=given))
        refusals += len(rows)
    assert refusals > 0


def test_a_refused_union_is_no_way_in_any_proof(random_one: Random) -> None:
    chain = random_one.chain
    for group in groups(random_one)[:2]:
        given = as_given(chain, group)
        clusters = chain.cluster(cannot_link=given)
        _, refused = slow.apart(random_one.addresses(), random_one.co_spend(), [group])
        by_tx = slow.by_transaction([edge for edge in random_one.co_spend() if edge not in refused])
        for a, b in pairs_of(random_one, clusters, 2):
            assert len(clusters.why(at(chain, a), at(chain, b), shortest=True)) == slow.shortest_steps(by_tx, a, b)
            assert sorted(tx.txid for tx in clusters.bridges(at(chain, a), at(chain, b))) == sorted(
                slow.bridges(by_tx, a, b)
            )


def test_what_must_stay_apart_may_be_any_mapping(chain: satrail.Chain) -> None:
    members = chain.cluster().largest(1)[0].members().to_pydict()["address"]
    given = {"a": [str(members[0])], "b": [str(members[-1])]}
    refused = chain.cluster(cannot_link=MappingProxyType(given)).refused().to_pydict()
    assert refused == chain.cluster(cannot_link=given).refused().to_pydict()
    assert refused["txid"]


def test_contradictions_in_what_must_stay_apart_are_told(chain: satrail.Chain) -> None:
    address = chain.block(300).transactions()[0].outputs()[0].address
    with pytest.raises(ValueError, match=r'cannot_link contradicts itself: .* is of "a" and of "b"'):
        chain.cluster(cannot_link={"a": [address.text or address.script], "b": [address]})
    with pytest.raises(ValueError, match=r"place 0 of cannot_link\[0\] and of place 1"):
        chain.cluster(cannot_link=[(address, address)])
    with pytest.raises(TypeError, match="give a tuple of addresses"):
        chain.cluster(cannot_link=["bcrt1"])  # type: ignore[list-item]


def test_addresses_that_were_never_paid_are_passed_over_in_apart(chain: satrail.Chain) -> None:
    never = "mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn"
    assert labels(chain.cluster(cannot_link=[(never, at(chain, 5))]).at(150)) == labels(chain.cluster().at(150))


# ---- What clusters did -----------------------------------------------------------------------------------------------


def test_the_table_sums_what_each_cluster_did(random_one: Random) -> None:
    for height in [random_one.chain.height, random_one.chain.height // 2]:
        clusters = random_one.chain.at(height).cluster()
        names = labels(clusters)
        expected = {row.cluster: row for row in slow.cluster_table(random_one.truth, names, height)}
        table = clusters.table().to_pydict()
        assert len(table["cluster_id"]) == len(clusters)
        for i, name in enumerate(table["cluster_id"]):
            row = expected[name]
            assert table["size"][i] == row.addresses
            for column in ["received", "sent", "balance", "transactions", "first_height", "last_height"]:
                assert table[column][i] == getattr(row, column), column
            assert set(table["kinds"][i].split(", ")) == set(row.kinds)
            assert clusters[name].table().to_pydict() == {key: [values[i]] for key, values in table.items()}


def test_flows_between_clusters_are_those_of_the_oracle(random_one: Random) -> None:
    clusters = random_one.chain.cluster()
    names = labels(clusters)
    table = clusters.transfers().to_pydict()
    columns = ["from_cluster_id", "to_cluster_id", "amount", "transactions", "first_height", "last_height"]
    rows = list(zip(*(table[column] for column in columns), strict=True))
    expected = slow.flows_between(random_one.truth, names, random_one.chain.height)
    as_rows = [(r.source, r.target, r.amount, r.transactions, r.first_height, r.last_height) for r in expected]
    assert rows == sorted(as_rows)
    largest = clusters.largest(1)[0].cluster_ids[0]
    only = clusters.transfers(largest).to_pydict()
    assert list(zip(*(only[c] for c in columns), strict=True)) == [r for r in rows if largest in r[:2]]
    source, target, amount, transactions = max(rows, key=lambda row: row[3])[:4]
    between = clusters.between(source, target).to_pydict()
    there = [i for i, name in enumerate(between["from_cluster_id"]) if name == source]
    assert sum(between["amount"][i] for i in there) == amount
    assert len({between["txid"][i] for i in there}) == transactions


def test_merges_are_the_joins_of_two_large_clusters(random_one: Random) -> None:
    clusters = random_one.chain.cluster()
    edges = random_one.co_spend()
    expected = []
    for at, edge in enumerate(edges):
        names = slow.clusters(random_one.addresses(), edges[:at])
        sizes = (names.count(names[edge.left]), names.count(names[edge.right]))
        if names[edge.left] != names[edge.right] and min(sizes) >= 4:
            expected.append((edge.txid, edge.left, edge.right, *sizes))
    table = clusters.merges(4).to_pydict()
    numbers = [[random_one.chain.address(a).number for a in table[side]] for side in ("left", "right")]
    assert list(zip(table["txid"], *numbers, table["left_size"], table["right_size"], strict=True)) == expected


def test_a_comparison_counts_the_pairs(random_one: Random) -> None:
    chain = random_one.chain
    first, second = chain.cluster(), chain.cluster(["same_key"], coinjoin="include")
    counts = slow.pair_counts(labels(first), labels(second))
    comparison = first.compare(second)
    assert (comparison.split, comparison.joined, comparison.together_in_both) == (
        counts.split,
        counts.joined,
        counts.both,
    )
    assert comparison.rand == pytest.approx(float(slow.rand_index(labels(first), labels(second))))
    assert comparison.adjusted_rand == pytest.approx(float(slow.adjusted_rand(labels(first), labels(second))))
    moved = comparison.moved().to_pydict()
    assert moved["pairs"] == sorted(moved["pairs"], reverse=True)
    assert sum(p for p, c in zip(moved["pairs"], moved["change"], strict=True) if c == "split") == counts.split
    same = first.compare(first)
    assert (same.split, same.joined, same.rand, same.adjusted_rand, len(same.moved())) == (0, 0, 1.0, 1.0, 0)


def test_clusters_of_different_chains_are_not_compared(chain: satrail.Chain, stale: satrail.Chain) -> None:
    with pytest.raises(ValueError, match="different chains"):
        chain.cluster().compare(stale.cluster())


# ---- Looking up ------------------------------------------------------------------------------------------------------


def test_many_addresses_are_looked_up_at_once_and_unknown_ones_are_null(chain: satrail.Chain) -> None:
    clusters = chain.cluster()
    known = clusters.largest(1)[0].members().to_pydict()["address"]
    never = "mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn"
    table = clusters.of([known[0], never, known[-1]]).to_pydict()
    name = clusters[known[0]].cluster_ids[0]
    assert table == {
        "address": [known[0], never, known[-1]],
        "cluster_id": [name, None, name],
        "size": [len(known), None, len(known)],
    }
    assert clusters.of(chain.addresses([never])).to_pydict()["cluster_id"] == [None]


def test_a_wallet_can_be_of_several_clusters(chain: satrail.Chain) -> None:
    clusters = chain.cluster()
    first, second = clusters.largest(2)
    addresses = [w.members().to_pydict()["address"][0] for w in (first, second)]
    wallet = clusters[addresses]
    assert wallet.cluster_ids == sorted([*first.cluster_ids, *second.cluster_ids])
    assert (wallet.size(), wallet.balance()) == (first.size() + second.size(), first.balance() + second.balance())
    assert addresses[0] in wallet and addresses[0] not in second
    assert "mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn" not in wallet
    assert clusters[chain.addresses(addresses)].cluster_ids == wallet.cluster_ids


def later(chain: satrail.Chain) -> satrail.Address:
    """An address that is first paid at height 300."""
    outputs = (output for tx in chain.block(300).transactions() for output in tx.outputs())
    return next(output.address for output in outputs if output.address.first_height() == 300)


@pytest.mark.parametrize(
    ("ask", "error", "message"),
    [
        (lambda c: c.cluster("co_spent"), ValueError, "did you mean co_spend"),
        (lambda c: c.cluster(["co_spend", "optimall"]), ValueError, "did you mean optimal"),
        (lambda c: c.cluster([]), ValueError, "no rule is given"),
        (lambda c: c.cluster(3), TypeError, "is not a rule"),
        (lambda c: c.cluster(coinjoin="leave out"), ValueError, "exclude, exclude_undecided, include"),
        (lambda c: c.cluster()["mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn"], satrail.NotInChainError, "nothing was ever paid"),
        (lambda c: c.cluster()["no address"], ValueError, "is not an address"),
        (lambda c: c.cluster()[3.5], TypeError, "give a wallet, a cluster id, an address"),
        (
            lambda c: c.cluster()[c.addresses(["mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn"])],
            satrail.NotInChainError,
            "none of the 1",
        ),
        (lambda c: c.cluster()[10**8], ValueError, "is not a cluster id"),
        (lambda c: c.cluster().at(10**6), (ValueError, satrail.SatrailError), "height"),
        (lambda c: c.at(100).cluster().at(101), ValueError, "as of height 100"),
        (lambda c: c.cluster(["co_spend", "spent"]).at(100), ValueError, "look at later spends"),
        (lambda c: c.at(100).cluster()[later(c)], satrail.NotInChainError, "height 100"),
    ],
)
def test_bad_input_is_told_in_one_sentence(
    chain: satrail.Chain, ask: Callable[[satrail.Chain], object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message) as raised:
        ask(chain)
    assert "\n" not in str(raised.value)


# ---- The chain whose owners are known --------------------------------------------------------------------------------


def test_no_two_owners_are_joined_when_coinjoins_are_left_out(chain: satrail.Chain, owners: dict[str, str]) -> None:
    clusters = chain.cluster()
    table = clusters.of(list(owners)).to_pydict()
    of_cluster: dict[int, set[str]] = {}
    for address, name in zip(table["address"], table["cluster_id"], strict=True):
        if name is not None:
            of_cluster.setdefault(name, set()).add(owners[address])
    assert max(len(found) for found in of_cluster.values()) == 1
    joined = chain.cluster(coinjoin="include").of(list(owners)).to_pydict()
    mixed: dict[int, set[str]] = {}
    for address, name in zip(joined["address"], joined["cluster_id"], strict=True):
        if name is not None:
            mixed.setdefault(name, set()).add(owners[address])
    assert max(len(found) for found in mixed.values()) > 1, "without leaving them out, CoinJoins join owners"


def test_clusters_show_what_they_are(chain: satrail.Chain) -> None:
    clusters = chain.cluster()
    assert repr(clusters) == f"Clusters({len(clusters):,} of co_spend, coinjoin=exclude, height=495)"
    wallet = clusters.largest(1)[0]
    assert f"{wallet.size()} addresses" in repr(wallet)
    assert "CoinJoins" in clusters._repr_html_() and "balance" in wallet._repr_html_()
    members = wallet.members().to_pydict()["address"]
    proof = clusters.why(members[0], members[-1])
    assert members[0] in repr(proof) and "<table>" in proof._repr_html_()
    assert json.loads(proof.json())["format"] == "satrail proof 1"
