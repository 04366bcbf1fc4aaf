"""Slow, obvious clusters of addresses, for tests to hold the fast ones against.

An address is a distinct output script; addresses are numbered by their first appearance among the outputs, in chain
order, so that those of a height are the first so many of all. Everything is as of a height: later blocks do not exist.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import combinations
from typing import NamedTuple

from oracles.chain import OracleChain, OracleInput, OracleTx, is_key, operations, output_kind
from oracles.keys import compressed, hash160
from oracles.parties import FEE, payments

Outpoint = tuple[str, int]


class Edge(NamedTuple):
    """Two addresses that belong together, the height from which on they do, and the transaction that says so.

    Two addresses of one key have no such transaction.
    """

    height: int
    txid: str | None
    left: int
    right: int


# ---- Addresses ------------------------------------------------------------------------------------------------------


def transactions(chain: OracleChain, height: int) -> Iterator[tuple[int, OracleTx]]:
    """(height, transaction) in chain order, up to and including `height`."""
    for at, block in enumerate(chain.blocks[: height + 1]):
        for tx in block.txs:
            yield at, tx


@cache
def address_numbers(chain: OracleChain, height: int) -> dict[bytes, int]:
    """Output script -> the number of its address."""
    numbers: dict[bytes, int] = {}
    for _, tx in transactions(chain, height):
        for output in tx.outputs:
            numbers.setdefault(output.script, len(numbers))
    return numbers


def spent_script(spent: OracleInput) -> bytes:
    """The script of the output that the input spends."""
    assert spent.script is not None, "a coinbase spends nothing"
    return spent.script


def spent_value(spent: OracleInput) -> int:
    assert spent.value is not None, "a coinbase spends nothing"
    return spent.value


# ---- Edges ----------------------------------------------------------------------------------------------------------


def co_spend_edges(chain: OracleChain, height: int, excluded_txids: Collection[str] = ()) -> list[Edge]:
    """From the address of the first input to that of each further input, of transactions that are not excluded.

    In input order, an address as often as it stands there; the first one is not joined to itself.
    """
    numbers = address_numbers(chain, height)
    edges = []
    for at, tx in transactions(chain, height):
        if tx.txid in excluded_txids:
            continue
        addresses = [numbers[spent_script(spent)] for spent in tx.spends]
        for address in addresses[1:]:
            if address != addresses[0]:
                edges.append(Edge(at, tx.txid, addresses[0], address))
    return edges


def change_edges(chain: OracleChain, height: int, change: Mapping[str, int]) -> list[Edge]:
    """From the address of the first input to that of the change; `change` maps a txid to the output's position.

    Coinbases have no change, and an address is not joined to itself.
    """
    numbers = address_numbers(chain, height)
    edges = []
    for at, tx in transactions(chain, height):
        if tx.txid in change and not tx.is_coinbase:
            left = numbers[spent_script(tx.inputs[0])]
            right = numbers[tx.outputs[change[tx.txid]].script]
            if left != right:
                edges.append(Edge(at, tx.txid, left, right))
    return edges


def same_key_edges(chain: OracleChain, height: int) -> list[Edge]:
    """Every two addresses that are one key (or one witness script) in different forms, ordered by their numbers.

    The edge's height is the one from which on that is known, its txid None.
    """
    numbers = address_numbers(chain, height)
    since: dict[tuple[int, int], int] = {}
    for forms in same_key_forms(chain, height).values():
        for left, right in combinations(sorted(forms, key=numbers.__getitem__), 2):
            pair = numbers[left], numbers[right]
            known = max(forms[left], forms[right])
            since[pair] = min(known, since.get(pair, known))
    return [Edge(known, None, left, right) for (left, right), known in sorted(since.items())]


def same_key_forms(chain: OracleChain, height: int) -> dict[bytes, dict[bytes, int]]:
    """Name -> the scripts it stands behind, each with the height from which on that is known.

    A name is the hash of a key (20 bytes) or of a witness script (32 bytes). A key of 65 bytes has two names: its hash
    and that of its 33 bytes. That a P2PKH address is such a key is known when its first spend shows the key.
    """
    paid: dict[bytes, int] = {}
    for at, tx in transactions(chain, height):
        for output in tx.outputs:
            paid.setdefault(output.script, at)
    forms: dict[bytes, dict[bytes, int]] = {}
    for script, at in paid.items():
        kind = output_kind(script)
        if kind == "p2pkh":
            forms.setdefault(script[3:23], {})[script] = at
        elif kind == "p2wpkh" or kind == "p2wsh":
            forms.setdefault(script[2:], {})[script] = at
        elif kind == "p2pk":
            forms.setdefault(hash160(script[1:-1]), {})[script] = at
            forms.setdefault(hash160(compressed(script[1:-1])), {})[script] = at
    for script, (at, key) in first_keys(chain, height).items():
        if len(key) == 65:
            forms.setdefault(hash160(compressed(key)), {})[script] = at
    for name, scripts in forms.items():
        inner = bytes([0, len(name)]) + name
        outer = b"\xa9\x14" + hash160(inner) + b"\x87"
        if outer in paid:
            scripts[outer] = paid[outer]
    return forms


def first_keys(chain: OracleChain, height: int) -> dict[bytes, tuple[int, bytes]]:
    """P2PKH script -> (height, key) of the first spend whose last push is a key."""
    keys: dict[bytes, tuple[int, bytes]] = {}
    for at, tx in transactions(chain, height):
        for spent in tx.spends:
            script = spent_script(spent)
            key = last_push(spent.script_sig)
            if output_kind(script) == "p2pkh" and is_key(key) and script not in keys:
                keys[script] = at, key
    return keys


def last_push(script: bytes) -> bytes:
    pushes = [data for opcode, data in operations(script) or [] if opcode <= 0x60]
    return pushes[-1] if pushes else b""


def in_chain_order(chain: OracleChain, edges: Iterable[Edge]) -> list[Edge]:
    """Those of no transaction first, then transaction by transaction; those of one transaction as they were given."""
    places = {tx.txid: place for place, (_, tx) in enumerate(transactions(chain, len(chain.blocks)))}
    return sorted(edges, key=lambda edge: -1 if edge.txid is None else places[edge.txid])


def by_transaction(edges: Iterable[Edge]) -> dict[str, list[Edge]]:
    """Txid -> its edges, in the order given; edges of no transaction are left out."""
    found: dict[str, list[Edge]] = {}
    for edge in edges:
        if edge.txid is not None:
            found.setdefault(edge.txid, []).append(edge)
    return found


# ---- Clusters -------------------------------------------------------------------------------------------------------


def clusters(addresses: int, edges: Iterable[Edge]) -> list[int]:
    """Address -> the smallest address of its cluster. Of so many addresses: len(address_numbers(chain, height))."""
    names = list(range(addresses))
    edges = list(edges)
    changed = True
    while changed:
        changed = False
        for edge in edges:
            if names[edge.left] != names[edge.right]:
                names[edge.left] = names[edge.right] = min(names[edge.left], names[edge.right])
                changed = True
    return names


#: Addresses of which no two may share a cluster; or names and their addresses, where those of one name may.
Group = tuple[int, ...] | Mapping[str, Iterable[int]]


def apart(addresses: int, edges: Iterable[Edge], groups: Sequence[Group]) -> tuple[list[int], list[Edge]]:
    """The clusters when the edges are taken in the order given, without those that join what must stay apart.

    The edges that were refused come second. Every edge is tried on all that was accepted before it.
    """
    sides = [side_of(group) for group in groups]
    accepted: list[Edge] = []
    refused: list[Edge] = []
    for edge in edges:
        if conflicts(clusters(addresses, [*accepted, edge]), sides):
            refused.append(edge)
        else:
            accepted.append(edge)
    return clusters(addresses, accepted), refused


def side_of(group: Group) -> dict[int, str]:
    """Address -> the name of its side in this group."""
    named = group if isinstance(group, Mapping) else {str(place): [address] for place, address in enumerate(group)}
    sides: dict[int, str] = {}
    for name, members in named.items():
        for address in members:
            if sides.setdefault(address, name) != name:
                raise ValueError(f"address {address} must be apart from itself")
    return sides


def conflicts(names: Sequence[int], sides: Sequence[Mapping[int, str]]) -> bool:
    """Whether two addresses of a cluster are on different sides of a group."""
    return any(
        names[left] == names[right] and group[left] != group[right]
        for group in sides
        for left, right in combinations(group, 2)
    )


# ---- How two addresses are joined -----------------------------------------------------------------------------------


def joined(edges: Iterable[Edge], a: int, b: int) -> bool:
    """Whether a way of edges leads from one address to the other."""
    reached, grows = {a}, True
    edges = list(edges)
    while grows:
        more = {address for e in edges if e.left in reached or e.right in reached for address in (e.left, e.right)}
        grows = not more <= reached
        reached |= more
    return b in reached


def bridges(edges_by_tx: Mapping[str, Sequence[Edge]], a: int, b: int, always: Sequence[Edge] = ()) -> list[str]:
    """The transactions without any one of which (all its edges gone) a and b are no longer joined.

    In the mapping's order; none where they are not joined at all. `always` are edges of no transaction, which stay.
    """

    def all_but(left_out: str | None) -> list[Edge]:
        return [*always, *(edge for txid, edges in edges_by_tx.items() if txid != left_out for edge in edges)]

    if not joined(all_but(None), a, b):
        return []
    return [txid for txid in edges_by_tx if not joined(all_but(txid), a, b)]


def earliest_join(
    chain: OracleChain, edges_at: Callable[[int], Iterable[Edge]], a: int, b: int, height: int
) -> int | None:
    """The first height up to `height` at which both addresses exist and the edges as of that height join them."""
    for at in range(height + 1):
        if max(a, b) < len(address_numbers(chain, at)) and joined(edges_at(at), a, b):
            return at
    return None


def shortest_steps(
    edges_by_tx: Mapping[str, Sequence[Edge]], a: int, b: int, always: Sequence[Edge] = ()
) -> int | None:
    """How many steps lead from a to b at least; None where none do.

    A step joins any two addresses that the edges of one transaction connect with each other. Each edge of `always`,
    which belongs to no transaction, is a step of its own.
    """
    links = [set(pair) for edges in edges_by_tx.values() for pair in connected_pairs(edges)]
    links += [{edge.left, edge.right} for edge in always]
    steps, reached = 0, {a}
    while b not in reached:
        more = {address for link in links if link & reached for address in link} - reached
        if not more:
            return None
        reached |= more
        steps += 1
    return steps


def connected_pairs(edges: Sequence[Edge]) -> list[tuple[int, int]]:
    """Any two addresses that these edges join, directly or not."""
    addresses = sorted({address for edge in edges for address in (edge.left, edge.right)})
    return [(left, right) for left, right in combinations(addresses, 2) if joined(edges, left, right)]


# ---- What clusters did ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ClusterRow:
    """What the addresses of a cluster did. Amounts are satoshi.

    received: all outputs that pay them; sent: those of them that were spent; balance: those that were neither spent
    nor lost; transactions: how many distinct ones pay them or spend from them; kinds: how many addresses of each kind.
    """

    cluster: int
    addresses: int
    received: int
    sent: int
    balance: int
    transactions: int
    first_height: int
    last_height: int
    kinds: dict[str, int]


def cluster_table(chain: OracleChain, names: Sequence[int], height: int) -> list[ClusterRow]:
    """One row a cluster, by its name; `names` are the clusters of all addresses as of the height."""
    numbers = address_numbers(chain, height)
    if len(names) != len(numbers):
        raise ValueError(f"{len(names)} clusters of addresses are given, but {len(numbers)} addresses exist")
    kinds: dict[int, list[str]] = {}
    for script, number in numbers.items():
        kinds.setdefault(names[number], []).append(output_kind(script))
    touches: dict[int, list[tuple[int, int, int]]] = {}  # the (height, received, sent) of each transaction
    for at, tx in transactions(chain, height):
        paid = [(names[numbers[output.script]], output.value) for output in tx.outputs]
        spent = [(names[numbers[spent_script(spent)]], spent_value(spent)) for spent in tx.spends]
        for cluster in {name for name, _ in paid + spent}:
            received = sum(value for name, value in paid if name == cluster)
            sent = sum(value for name, value in spent if name == cluster)
            touches.setdefault(cluster, []).append((at, received, sent))
    lost = dict.fromkeys(names, 0)
    for script, value in lost_outputs(chain, height):
        lost[names[numbers[script]]] += value
    rows = []
    for cluster in sorted(set(names)):
        heights = [at for at, _, _ in touches[cluster]]
        received, sent = sum(row[1] for row in touches[cluster]), sum(row[2] for row in touches[cluster])
        rows.append(
            ClusterRow(
                cluster=cluster,
                addresses=len(kinds[cluster]),
                received=received,
                sent=sent,
                balance=received - sent - lost[cluster],
                transactions=len(heights),
                first_height=heights[0],
                last_height=heights[-1],
                kinds={kind: kinds[cluster].count(kind) for kind in kinds[cluster]},
            )
        )
    return rows


@cache
def lost_outputs(chain: OracleChain, height: int) -> list[tuple[bytes, int]]:
    """(script, value) of what can never be spent: the genesis coins, and those replaced by a transaction of the same
    id (BIP30)."""
    coins: dict[Outpoint, tuple[bytes, int]] = {}
    lost = []
    for at, tx in transactions(chain, height):
        for spent in tx.spends:
            assert spent.prev_txid is not None and spent.prev_vout is not None
            del coins[spent.prev_txid, spent.prev_vout]
        for vout, output in enumerate(tx.outputs):
            if (tx.txid, vout) in coins:
                lost.append(coins[tx.txid, vout])
            coins[tx.txid, vout] = output.script, output.value
            if at == 0:
                lost.append(coins.pop((tx.txid, vout)))
    return lost


@dataclass(frozen=True)
class FlowRow:
    """What went from one cluster to another, in satoshi, in how many transactions, and the first and last heights."""

    source: int
    target: int
    amount: int
    transactions: int
    first_height: int
    last_height: int


def flows_between(chain: OracleChain, names: Sequence[int], height: int) -> list[FlowRow]:
    """What clusters paid each other, by (source, target); what a cluster pays itself is left out.

    The parties of a transaction are clusters, and pay each other their nets (docs/flows.md).
    """
    numbers = address_numbers(chain, height)
    flows: dict[tuple[int, int], list[tuple[int, int]]] = {}  # the (height, amount) of each transaction
    for at, tx in transactions(chain, height):
        gives: dict[int, int] = {}
        for spent in tx.spends:
            source = names[numbers[spent_script(spent)]]
            gives[source] = gives.get(source, 0) + spent_value(spent)
        gets: dict[int, int] = {}
        for output in tx.outputs:
            target = names[numbers[output.script]]
            gets[target] = gets.get(target, 0) + output.value
        for (source, payee), amount in payments(gives, gets).items():
            if payee is not FEE:
                flows.setdefault((source, payee), []).append((at, amount))
    return [
        FlowRow(source, target, sum(amount for _, amount in rows), len(rows), rows[0][0], rows[-1][0])
        for (source, target), rows in sorted(flows.items())
    ]


# ---- How alike two partitions are -----------------------------------------------------------------------------------


class PairCounts(NamedTuple):
    """Of all pairs: together in both, in the first alone (they were split), in the second alone (joined), in none."""

    both: int
    split: int
    joined: int
    neither: int


def pair_counts(labels1: Sequence[int], labels2: Sequence[int]) -> PairCounts:
    """By a look at every pair."""
    if len(labels1) != len(labels2):
        raise ValueError(f"{len(labels1)} and {len(labels2)} labels are not of the same addresses")
    found = {(True, True): 0, (True, False): 0, (False, True): 0, (False, False): 0}
    for i, j in combinations(range(len(labels1)), 2):
        found[labels1[i] == labels1[j], labels2[i] == labels2[j]] += 1
    return PairCounts(found[True, True], found[True, False], found[False, True], found[False, False])


def rand_index(labels1: Sequence[int], labels2: Sequence[int]) -> Fraction:
    """The part of all pairs on which both agree; 1 where there is no pair."""
    counts = pair_counts(labels1, labels2)
    return Fraction(counts.both + counts.neither, sum(counts)) if sum(counts) else Fraction(1)


def adjusted_rand(labels1: Sequence[int], labels2: Sequence[int]) -> Fraction:
    """How much more pairs are together in both than by chance, as a part of how many more could be (Hubert, Arabie).

    1 where no more could be: then both put all together, or both none.
    """
    counts = pair_counts(labels1, labels2)
    first, second, pairs = counts.both + counts.split, counts.both + counts.joined, sum(counts)
    if pairs == 0:
        return Fraction(1)
    chance, most = Fraction(first * second, pairs), Fraction(first + second, 2)
    return (counts.both - chance) / (most - chance) if most != chance else Fraction(1)
