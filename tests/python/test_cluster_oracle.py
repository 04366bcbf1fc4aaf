"""The oracle of clusters, held against chains and edges that were made by hand, and against other ways to count."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Hashable, Sequence
from fractions import Fraction
from functools import cache
from math import comb

import pytest
from chains.by_hand import address, chain_of, mint, pay
from chains.random_blocks import described_chain, op_return, p2pk, p2pkh, p2sh, p2wpkh, p2wsh, push
from oracles.chain import OracleChain, unspendable
from oracles.cluster import (
    ClusterRow,
    Edge,
    FlowRow,
    address_numbers,
    adjusted_rand,
    apart,
    bridges,
    by_transaction,
    change_edges,
    cluster_table,
    clusters,
    co_spend_edges,
    connected_pairs,
    earliest_join,
    flows_between,
    in_chain_order,
    joined,
    lost_outputs,
    pair_counts,
    rand_index,
    same_key_edges,
    shortest_steps,
)
from oracles.keys import hash160, long_key, short_key, times_g
from oracles.parties import shares

A, B, C, D, E = (address(number) for number in range(5))


def edge(left: int, right: int, txid: str | None = None, height: int = 1) -> Edge:
    return Edge(height, txid if txid is not None else f"{left}-{right}", left, right)


@cache
def random_one(seed: int) -> OracleChain:
    return OracleChain(described_chain(seed, duplicate_coinbase=True).blocks, "regtest")


# ---- Addresses and edges --------------------------------------------------------------------------------------------


def test_addresses_are_numbered_by_their_first_payment_and_are_known_from_its_height_on() -> None:
    first = mint([(B, 50), (A, 30)])
    chain = chain_of([first], [mint([(A, 1)]), pay([(first, 0)], [(C, 20), (B, 30)])])
    (genesis,) = (output.script for output in chain.blocks[0].txs[0].outputs)
    assert address_numbers(chain, 0) == {genesis: 0}
    assert address_numbers(chain, 1) == {genesis: 0, B: 1, A: 2}
    assert address_numbers(chain, 2) == {genesis: 0, B: 1, A: 2, C: 3}


def test_co_spends_make_stars_around_the_first_input() -> None:
    money = mint([(A, 10), (B, 10), (C, 10), (A, 10), (B, 10), (D, 10), (E, 10)])
    star = pay([(money, 1), (money, 0), (money, 4), (money, 2), (money, 3)], [(D, 50)])
    other = pay([(money, 5), (money, 6)], [(A, 20)])
    chain = chain_of([money], [mint([(A, 1)], 1), star], [mint([(A, 1)], 2), other])
    edges = [Edge(2, star.txid, 2, other) for other in (1, 3, 1)]
    assert co_spend_edges(chain, 1) == []
    assert co_spend_edges(chain, 2) == edges
    assert co_spend_edges(chain, 3) == [*edges, Edge(3, other.txid, 4, 5)]
    assert co_spend_edges(chain, 3, {star.txid}) == [Edge(3, other.txid, 4, 5)]
    assert co_spend_edges(chain, 3, [star.txid, other.txid]) == []


def test_change_is_joined_to_the_first_input() -> None:
    money = mint([(A, 10), (B, 10)])
    spend = pay([(money, 1), (money, 0)], [(C, 5), (D, 15)])
    back = pay([(spend, 0)], [(C, 5)])
    chain = chain_of([money], [mint([(A, 1)]), spend], [mint([(A, 1)], 1), back])
    assert change_edges(chain, 3, {spend.txid: 1}) == [Edge(2, spend.txid, 2, 4)]
    assert change_edges(chain, 3, {spend.txid: 0, back.txid: 0, money.txid: 0}) == [Edge(2, spend.txid, 2, 3)]
    assert change_edges(chain, 1, {spend.txid: 1}) == []


def test_edges_are_put_in_chain_order_and_keep_the_order_within_a_transaction() -> None:
    money = mint([(A, 10), (B, 10)])
    first = pay([(money, 0), (money, 1)], [(A, 10), (B, 10)])
    second = pay([(first, 0), (first, 1)], [(C, 20)])
    chain = chain_of([money, first, second])
    spends, change = co_spend_edges(chain, 1), change_edges(chain, 1, {second.txid: 0})
    alike = Edge(1, None, 1, 3)
    assert in_chain_order(chain, [*change, *spends, alike]) == [alike, spends[0], *change, spends[1]]
    assert by_transaction([alike, *spends, *change]) == {first.txid: spends[:1], second.txid: [spends[1], *change]}


# ---- One key in different forms -------------------------------------------------------------------------------------

POINT = times_g(12345)
SHORT, LONG = short_key(POINT), long_key(POINT)
SHORT_HASH, LONG_HASH = hash160(SHORT), hash160(LONG)


def pairs_of(chain: OracleChain, height: int) -> set[tuple[bytes, bytes]]:
    scripts = list(address_numbers(chain, height))
    return {(scripts[found.left], scripts[found.right]) for found in same_key_edges(chain, height)}


def test_every_form_of_a_short_key_is_the_same_key() -> None:
    forms = [p2pkh(SHORT_HASH), p2wpkh(SHORT_HASH), p2sh(p2wpkh(SHORT_HASH)), p2pk(SHORT)]
    chain = chain_of([mint([(form, 1) for form in forms] + [(p2pkh(hash160(b"other")), 1)])])
    assert pairs_of(chain, 1) == {(left, right) for i, left in enumerate(forms) for right in forms[i + 1 :]}
    assert all(found.txid is None and found.height == 1 for found in same_key_edges(chain, 1))


def test_a_long_key_is_known_by_its_hash_and_by_that_of_the_short_one() -> None:
    chain = chain_of([mint([(p2pkh(LONG_HASH), 1), (p2wpkh(SHORT_HASH), 1)])], [mint([(p2pk(LONG), 1)])])
    assert pairs_of(chain, 1) == set()
    assert pairs_of(chain, 2) == {(p2pkh(LONG_HASH), p2pk(LONG)), (p2wpkh(SHORT_HASH), p2pk(LONG))}
    assert [found.height for found in same_key_edges(chain, 2)] == [2, 2]


def test_both_forms_of_a_key_are_one_without_its_hash_being_paid() -> None:
    chain = chain_of([mint([(p2pk(LONG), 1), (p2pk(SHORT), 1), (p2sh(p2wpkh(SHORT_HASH)), 1)])])
    wrapped = p2sh(p2wpkh(SHORT_HASH))
    assert pairs_of(chain, 1) == {(p2pk(LONG), p2pk(SHORT)), (p2pk(LONG), wrapped), (p2pk(SHORT), wrapped)}


def test_the_long_key_behind_a_hash_is_known_from_its_first_spend_on() -> None:
    hidden, wrapped = p2pkh(LONG_HASH), p2sh(p2wpkh(SHORT_HASH))
    money = mint([(hidden, 10), (wrapped, 1)])
    shown = pay([(money, 0)], [(A, 10)], script_sig=push(b"signature") + push(LONG))
    chain = chain_of([money], [mint([(A, 1)], 1), shown], [mint([(p2wpkh(SHORT_HASH), 1)], 2)])
    assert same_key_edges(chain, 1) == []
    assert same_key_edges(chain, 2) == [Edge(2, None, 1, 2)]
    assert same_key_edges(chain, 3) == [Edge(2, None, 1, 2), Edge(3, None, 1, 4), Edge(3, None, 2, 4)]


def test_a_witness_script_is_the_same_when_it_is_wrapped() -> None:
    script = b"\x51"
    chain = chain_of([mint([(p2sh(p2wsh(script)), 1), (p2wsh(script), 1), (p2sh(script), 1)])])
    assert pairs_of(chain, 1) == {(p2sh(p2wsh(script)), p2wsh(script))}


@pytest.mark.parametrize("seed", range(3))
def test_what_is_one_key_at_a_height_stays_so_and_is_dated_to_it(seed: int) -> None:
    chain = random_one(seed)
    known: set[tuple[int, int]] = set()
    for height in range(31):
        edges = same_key_edges(chain, height)
        new = {(found.left, found.right) for found in edges} - known
        assert {(found.left, found.right) for found in edges if found.height == height} == new
        assert len(edges) == len(known | new)
        known |= new
    assert known


# ---- Clusters -------------------------------------------------------------------------------------------------------


def test_a_cluster_is_named_by_its_smallest_address() -> None:
    assert clusters(3, []) == [0, 1, 2]
    assert clusters(7, [edge(5, 6), edge(6, 2), edge(4, 3)]) == [0, 1, 2, 3, 3, 2, 2]
    assert clusters(7, [edge(5, 6), edge(6, 2), edge(4, 3), edge(5, 4)]) == [0, 1, 2, 2, 2, 2, 2]


@pytest.mark.parametrize("seed", range(20))
def test_two_addresses_share_a_cluster_when_edges_lead_from_one_to_the_other(seed: int) -> None:
    rng = random.Random(seed)
    edges = [edge(rng.randrange(16), rng.randrange(16)) for _ in range(rng.randrange(20))]
    names = clusters(16, edges)
    for a in range(16):
        assert names[a] == min(b for b in range(16) if joined(edges, a, b))
        for b in range(16):
            assert (names[a] == names[b]) == joined(edges, a, b)


# ---- What must stay apart -------------------------------------------------------------------------------------------


def test_an_edge_that_joins_two_of_a_tuple_is_refused() -> None:
    edges = [edge(0, 1), edge(2, 3), edge(1, 2), edge(4, 3), edge(4, 0), edge(4, 5), edge(3, 2)]
    names, refused = apart(7, edges, [(0, 3, 6)])
    assert names == [0, 0, 2, 2, 2, 2, 6]
    assert refused == [edge(1, 2), edge(4, 0)]


def test_which_edge_is_refused_depends_on_the_order() -> None:
    edges = [edge(0, 1), edge(1, 2)]
    assert apart(3, edges, [(0, 2)]) == ([0, 0, 2], [edge(1, 2)])
    assert apart(3, edges[::-1], [(0, 2)]) == ([0, 1, 1], [edge(0, 1)])


def test_addresses_under_one_name_may_join_and_those_under_two_may_not() -> None:
    groups = [{"shop": [0, 1], "bank": [2, 3]}]
    names, refused = apart(5, [edge(0, 1), edge(2, 4), edge(4, 1), edge(3, 2)], groups)
    assert names == [0, 0, 2, 2, 2]
    assert refused == [edge(4, 1)]


def test_groups_do_not_mind_each_other() -> None:
    edges = [edge(0, 2), edge(1, 3), edge(2, 3), edge(1, 0)]
    names, refused = apart(4, edges, [(0, 1), {"left": [2], "right": [3]}])
    assert names == [0, 1, 0, 1]
    assert refused == [edge(2, 3), edge(1, 0)]


def test_no_address_can_be_apart_from_itself() -> None:
    with pytest.raises(ValueError, match="address 1 must be apart from itself"):
        apart(3, [], [(1, 1)])
    with pytest.raises(ValueError, match="address 2 must be apart from itself"):
        apart(3, [], [{"a": [1, 2], "b": [2]}])


@pytest.mark.parametrize("seed", range(10))
def test_a_refused_edge_would_join_what_is_apart_and_nothing_apart_is_joined(seed: int) -> None:
    rng = random.Random(seed)
    edges = [edge(rng.randrange(12), rng.randrange(12), height=n) for n in range(15)]
    far = tuple(rng.sample(range(12), 4))
    names, refused = apart(12, edges, [far])
    assert len({names[address] for address in far}) == 4
    accepted = [found for found in edges if found not in refused]
    assert names == clusters(12, accepted)
    for found in refused:
        before = clusters(12, [other for other in accepted if other.height < found.height])
        sides = [{address for address in far if before[address] == before[end]} for end in (found.left, found.right)]
        assert sides[0] and sides[1] and sides[0] != sides[1]


# ---- How two addresses are joined -----------------------------------------------------------------------------------

WAYS = {"t": [edge(0, 1)], "u": [edge(1, 2)], "v": [edge(1, 3), edge(3, 2)], "w": [edge(2, 4), edge(4, 5)]}


def test_bridges_are_the_transactions_that_no_way_avoids() -> None:
    assert bridges(WAYS, 0, 5) == ["t", "w"]
    assert bridges(WAYS, 0, 2) == ["t"]
    assert bridges(WAYS, 1, 2) == []
    assert bridges(WAYS, 1, 3) == ["v"]
    assert bridges(WAYS, 0, 6) == []
    assert bridges(WAYS, 3, 3) == []
    assert bridges(WAYS, 0, 5, [edge(0, 2)]) == ["w"]


def test_an_edge_in_two_transactions_makes_a_bridge_of_neither() -> None:
    assert bridges({"t": [edge(0, 1)], "u": [edge(1, 0)]}, 0, 1) == []


def test_steps_join_all_that_a_transaction_connects() -> None:
    assert shortest_steps(WAYS, 0, 0) == 0
    assert shortest_steps(WAYS, 0, 1) == 1
    assert shortest_steps(WAYS, 1, 2) == 1
    assert shortest_steps(WAYS, 2, 5) == 1
    assert shortest_steps(WAYS, 0, 5) == 3
    assert shortest_steps(WAYS, 5, 0) == 3
    assert shortest_steps(WAYS, 0, 6) is None
    assert shortest_steps(WAYS, 0, 6, [edge(6, 5), edge(5, 0)]) == 2


def test_a_transaction_with_two_separate_edges_joins_each_alone() -> None:
    assert connected_pairs([edge(0, 1), edge(2, 3), edge(3, 4)]) == [(0, 1), (2, 3), (2, 4), (3, 4)]
    assert shortest_steps({"t": [edge(0, 1), edge(2, 3)]}, 0, 3) is None


def test_the_earliest_join_is_the_first_height_at_which_edges_of_that_height_join() -> None:
    money = mint([(A, 10), (B, 10), (C, 10), (A, 10)])
    first = pay([(money, 0), (money, 1)], [(D, 20)])
    second = pay([(money, 3), (money, 2)], [(D, 20)])
    chain = chain_of([money], [mint([(A, 1)], 1), first], [mint([(A, 1)], 2)], [mint([(A, 1)], 3), second])

    def edges_at(height: int) -> list[Edge]:
        return co_spend_edges(chain, height)

    assert earliest_join(chain, edges_at, 1, 2, 4) == 2
    assert earliest_join(chain, edges_at, 2, 3, 4) == 4
    assert earliest_join(chain, edges_at, 2, 3, 3) is None
    assert earliest_join(chain, edges_at, 1, 4, 4) is None
    assert earliest_join(chain, edges_at, 4, 4, 4) == 2


@pytest.mark.parametrize("seed", range(3))
def test_without_a_bridge_and_before_the_join_nothing_is_joined(seed: int) -> None:
    chain = random_one(seed)
    edges = co_spend_edges(chain, 30)
    names = clusters(len(address_numbers(chain, 30)), edges)
    biggest = max(set(names), key=names.count)
    members = [address for address in range(len(names)) if names[address] == biggest]
    rng = random.Random(seed)
    for _ in range(5):
        a, b = rng.sample(members, 2)
        joins = earliest_join(chain, lambda height: co_spend_edges(chain, height), a, b, 30)
        assert joins is not None
        assert not joined([found for found in edges if found.height < joins], a, b)
        found = bridges(by_transaction(edges), a, b)
        steps = shortest_steps(by_transaction(edges), a, b)
        assert steps is not None and len(found) <= steps
        for txid in found:
            assert not joined([other for other in edges if other.txid != txid], a, b)


# ---- What clusters did ----------------------------------------------------------------------------------------------


def test_a_cluster_has_received_sent_and_kept_what_its_addresses_did() -> None:
    money = mint([(A, 100), (B, 50), (p2wpkh(SHORT_HASH), 7)])
    spend = pay([(money, 0), (money, 1)], [(A, 60), (C, 80), (A, 5)])
    later = pay([(spend, 0)], [(B, 60)])
    chain = chain_of([money], [mint([(C, 1)], 1), spend], [mint([(C, 2)], 2), later])
    names = [0, 1, 1, 3, 4]
    rows = cluster_table(chain, names, 3)
    lost = ClusterRow(0, 1, 50 * 10**8, 0, 0, 1, 0, 0, {"p2pk": 1})
    assert rows == [
        lost,
        ClusterRow(1, 2, 275, 210, 65, 3, 1, 3, {"p2pkh": 2}),
        ClusterRow(3, 1, 7, 0, 7, 1, 1, 1, {"p2wpkh": 1}),
        ClusterRow(4, 1, 83, 0, 83, 3, 2, 3, {"p2pkh": 1}),
    ]
    assert cluster_table(chain, [0, 1, 1, 1], 1) == [
        lost,
        ClusterRow(1, 3, 157, 0, 157, 1, 1, 1, {"p2pkh": 2, "p2wpkh": 1}),
    ]
    with pytest.raises(ValueError, match="4 clusters of addresses are given, but 5 addresses exist"):
        cluster_table(chain, [0, 1, 1, 1], 3)


def test_a_repeated_coinbase_loses_what_was_unspent_by_then() -> None:
    twin = mint([(A, 10), (B, 20)])
    spend = pay([(twin, 0)], [(C, 10)])
    again = pay([(twin, 1)], [(C, 20)])
    chain = chain_of([twin], [mint([(D, 1)]), spend], [twin], [mint([(D, 1)], 1), again])
    assert [value for _, value in lost_outputs(chain, 2)] == [50 * 10**8]
    assert lost_outputs(chain, 3)[1:] == [(B, 20)]
    rows = {row.cluster: row for row in cluster_table(chain, [0, 1, 2, 3, 4], 4)}
    assert (rows[1].received, rows[1].sent, rows[1].balance, rows[1].transactions) == (20, 10, 10, 3)
    assert (rows[2].received, rows[2].sent, rows[2].balance, rows[2].transactions) == (40, 20, 0, 3)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("height", [12, 30])
def test_single_addresses_have_their_histories_and_all_together_the_coins(seed: int, height: int) -> None:
    chain = random_one(seed)
    numbers = address_numbers(chain, height)
    lost = lost_outputs(chain, height)
    for script, row in zip(numbers, cluster_table(chain, list(range(len(numbers))), height), strict=True):
        history = chain.address_history(script, height)
        gone = sum(value for other, value in lost if other == script)
        assert (row.received, row.sent, row.balance) == (history.received, history.sent, history.balance - gone)
        assert (row.first_height, row.last_height) == (history.first_height, history.last_height)
        assert row.transactions == len(history.txids)
    burnt = sum(chain.address_history(script, height).received for script in numbers if unspendable(script))
    coins = sum(value for value, _, _ in chain.utxos(height).values())
    (whole,) = cluster_table(chain, [0] * len(numbers), height)
    assert whole.balance == coins + burnt
    assert whole.transactions == sum(len(block.txs) for block in chain.blocks[: height + 1])


# ---- Flows ----------------------------------------------------------------------------------------------------------


def test_shares_are_whole_and_the_rest_goes_to_the_largest_remainders_and_then_to_the_first() -> None:
    assert shares(10, [1, 1]) == [5, 5]
    assert shares(11, [1, 1]) == [6, 5]
    assert shares(10, [1, 1, 1]) == [4, 3, 3]
    assert shares(11, [1, 1, 1]) == [4, 4, 3]
    assert shares(10, [1, 2]) == [3, 7]
    assert shares(0, [3, 4]) == [0, 0]
    assert shares(7, [0, 5]) == [0, 7]


def test_clusters_pay_each_other_their_nets() -> None:
    money = mint([(A, 10), (B, 20), (C, 30)])
    mix = pay([(money, 1), (money, 0), (money, 2)], [(D, 31), (A, 20), (op_return(b"x"), 0)])
    back = pay([(mix, 0)], [(A, 5), (A, 5), (D, 20)])
    chain = chain_of([money], [mint([(A, 1)], 1), mix], [mint([(A, 1)], 2), back])
    # Addresses: the genesis key, A, B, C, D, the note; B and C are one cluster.
    names = [0, 1, 2, 2, 4, 5]
    # A gets more than it puts in, so it pays nothing; what is left of 50 is the fee.
    mixed = [FlowRow(2, 1, 10, 1, 2, 2), FlowRow(2, 4, 31, 1, 2, 2)]
    assert flows_between(chain, names, 2) == mixed
    assert flows_between(chain, names, 3) == [*mixed, FlowRow(4, 1, 10, 1, 3, 3)]
    assert flows_between(chain, [0] * 6, 3) == []


def test_flows_of_several_transactions_are_added() -> None:
    money = mint([(A, 10), (A, 20)])
    first, second = pay([(money, 0)], [(B, 9)]), pay([(money, 1)], [(B, 4), (B, 5)])
    chain = chain_of([money, first], [mint([(A, 1)], 1)], [mint([(A, 1)], 2), second])
    assert flows_between(chain, [0, 1, 2], 3) == [FlowRow(1, 2, 18, 2, 1, 3)]


@pytest.mark.parametrize("seed", range(3))
def test_no_satoshi_of_an_output_is_lost_or_made_by_a_flow(seed: int) -> None:
    """With every address its own cluster, all that an address gets beyond what it puts in is a flow."""
    chain = random_one(seed)
    numbers = address_numbers(chain, 30)
    rows = flows_between(chain, list(range(len(numbers))), 30)
    received = 0
    for block in chain.blocks:
        for tx in block.txs:
            nets: Counter[bytes | None] = Counter()
            for output in tx.outputs if tx.spends else []:
                nets[output.script] += output.value
            for spent in tx.spends:
                nets[spent.script] -= spent.value or 0
            received += sum(net for net in nets.values() if net > 0)
    assert sum(row.amount for row in rows) == received > 0


# ---- How alike two partitions are -----------------------------------------------------------------------------------


def test_pairs_are_together_in_both_in_one_or_in_none() -> None:
    assert pair_counts([0, 0, 0, 3], [0, 0, 2, 2]) == (1, 2, 1, 2)
    assert rand_index([0, 0, 0, 3], [0, 0, 2, 2]) == Fraction(3, 6)
    assert rand_index([0], [0]) == adjusted_rand([0], [0]) == 1
    with pytest.raises(ValueError, match="1 and 2 labels"):
        rand_index([0], [0, 1])


def test_the_same_partition_is_alike_whatever_its_names() -> None:
    assert rand_index([0, 0, 2, 3], [7, 7, 5, 1]) == adjusted_rand([0, 0, 2, 3], [7, 7, 5, 1]) == 1
    assert adjusted_rand([0, 1, 2], [0, 1, 2]) == adjusted_rand([0, 0, 0], [1, 1, 1]) == 1
    assert adjusted_rand([0, 1, 2], [0, 0, 0]) == 0


@pytest.mark.parametrize("seed", range(20))
def test_the_adjusted_index_is_that_of_the_table_of_counts(seed: int) -> None:
    """The usual way: from the sizes of the clusters and of their intersections, without a look at any pair."""
    rng = random.Random(seed)
    first, second = ([rng.randrange(4) for _ in range(12)] for _ in range(2))

    def pairs(labels: Sequence[Hashable]) -> int:
        return sum(comb(labels.count(label), 2) for label in set(labels))

    both, one, other = pairs(list(zip(first, second, strict=True))), pairs(first), pairs(second)
    chance = Fraction(one * other, comb(12, 2))
    assert adjusted_rand(first, second) == (both - chance) / (Fraction(one + other, 2) - chance)
    assert rand_index(first, second) == 1 - Fraction(one + other - 2 * both, comb(12, 2))
