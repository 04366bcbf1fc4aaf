"""The random chains are chains that satrail takes, and have in them what they were made for."""

from __future__ import annotations

import hashlib
from collections import Counter
from functools import cache
from itertools import combinations, pairwise
from pathlib import Path

import pytest
import satrail
from chains.random_blocks import DescribedChain, described_chain, random_chain
from conftest import write_blocks
from oracles import chain as oracle
from oracles import keys as key_math
from oracles.chain import OracleChain, OracleTx
from oracles.cluster import (
    Edge,
    address_numbers,
    bridges,
    by_transaction,
    clusters,
    co_spend_edges,
    lost_outputs,
    same_key_edges,
    spent_script,
)

SEEDS = range(6)


@cache
def described(seed: int) -> DescribedChain:
    return described_chain(seed, duplicate_coinbase=seed % 2 == 1)


@cache
def chain_of(seed: int) -> OracleChain:
    return OracleChain(described(seed).blocks, "regtest")


def spending(chain: OracleChain) -> list[OracleTx]:
    return [tx for block in chain.blocks for tx in block.txs if not tx.is_coinbase]


@pytest.mark.parametrize("seed", SEEDS)
def test_satrail_takes_the_chain_and_finds_nothing_wrong_with_it(seed: int, tmp_path: Path) -> None:
    truth = chain_of(seed)
    report = satrail.ingest(write_blocks(tmp_path / "blocks", truth.blocks), tmp_path / "store", progress=False)
    assert (report.height, report.invalid_blocks, report.gap, report.notes) == (30, (), None, ())
    verified = satrail.verify(tmp_path / "store", progress=False)
    assert verified.is_sound, verified
    chain = satrail.open(tmp_path / "store")
    assert chain.counts["addresses"] == len(address_numbers(truth, 30))
    for height, block in enumerate(truth.blocks):
        found = chain.block(height)
        assert found.hash == block.hash
        assert [tx.txid for tx in found.transactions()] == [tx.txid for tx in block.txs]
    numbers = address_numbers(truth, 30)
    assert all(chain.address(script.hex()).number == number for script, number in numbers.items())


@pytest.mark.parametrize("size", [(1, 0), (12, 40), (160, 1)])
def test_satrail_takes_small_and_large_chains(size: tuple[int, int], tmp_path: Path) -> None:
    blocks = random_chain(5, *size, owners=3)
    satrail.ingest(write_blocks(tmp_path / "blocks", blocks), tmp_path / "store", progress=False)
    assert satrail.open(tmp_path / "store").height == size[0]
    assert satrail.verify(tmp_path / "store", progress=False).is_sound


def test_the_same_seed_makes_the_same_chain_and_another_seed_another() -> None:
    tips = [random_chain(seed)[-1].hash for seed in (1, 1, 2)]
    assert tips[0] == tips[1] != tips[2]


@pytest.mark.parametrize("seed", SEEDS)
def test_every_coinbase_pays_at_most_the_subsidy_and_the_fees(seed: int) -> None:
    for block in chain_of(seed).blocks[1:]:
        fees = [tx.fee for tx in block.txs[1:] if tx.fee is not None]
        assert len(fees) == len(block.txs) - 1 and min(fees, default=0) >= 0
        assert sum(output.value for output in block.txs[0].outputs) <= 50 * 10**8 + sum(fees)


@pytest.mark.parametrize("seed", SEEDS)
def test_times_go_back_now_and_then_but_not_before_the_median(seed: int) -> None:
    blocks = chain_of(seed).blocks
    assert any(after.time < block.time for block, after in pairwise(blocks))
    for block, after in pairwise(blocks):
        assert block.median_time is not None and after.time > block.median_time


@pytest.mark.parametrize("seed", SEEDS)
def test_the_situations_that_matter_are_there(seed: int) -> None:
    chain, txs = chain_of(seed), spending(chain_of(seed))
    outputs = [output for tx in txs for output in tx.outputs]
    inputs = [[spent_script(spent) for spent in tx.inputs] for tx in txs]
    kinds = {output.kind for output in outputs}
    assert kinds >= {"p2pk", "p2pkh", "p2sh", "p2wpkh", "p2tr", "op_return"}
    assert sum(len(scripts) == 1 for scripts in inputs) > 20
    assert sum(len(scripts) > 4 for scripts in inputs) > 2
    assert sum(len(scripts) > len(set(scripts)) for scripts in inputs) > 5
    assert any(tx.outputs[0].script in scripts for tx, scripts in zip(txs, inputs, strict=True))
    places = {tx.txid: block.height for block in chain.blocks for tx in block.txs}
    assert sum(places[spent.prev_txid] == places[tx.txid] for tx in txs for spent in tx.inputs if spent.prev_txid) > 5
    assert any(tx.locktime for tx in txs) and any(not tx.locktime for tx in txs)
    assert any(spent.witness for tx in txs for spent in tx.inputs)
    assert max(len(scripts) for scripts in inputs) < 30
    assert len({output.script for output in outputs}) < 0.8 * len(outputs)


@pytest.mark.parametrize("seed", SEEDS)
def test_coinjoins_have_different_addresses_and_as_many_equal_outputs_as_inputs(seed: int) -> None:
    txs = {tx.txid: tx for tx in spending(chain_of(seed))}
    coinjoins = [txs[txid] for txid in described(seed).txids("coinjoin")]
    assert len(coinjoins) > 2
    for tx in coinjoins:
        values = [output.value for output in tx.outputs]
        most = max(values.count(value) for value in values)
        assert 3 <= len(tx.inputs) <= most <= 6 and len(tx.outputs) == 2 * len(tx.inputs)
        assert len({spent.script for spent in tx.inputs}) == len(tx.inputs)
        assert len({output.script for output in tx.outputs}) == len(tx.outputs)


@pytest.mark.parametrize("seed", SEEDS)
def test_one_key_is_paid_in_different_forms(seed: int) -> None:
    chain = chain_of(seed)
    kind_of = {output.script: output.kind for tx in spending(chain) for output in tx.outputs}
    kinds = [kind_of.get(script) for script in address_numbers(chain, 30)]
    pairs = {(kinds[edge.left], kinds[edge.right]) for edge in same_key_edges(chain, 30)}
    for pair in (("p2pkh", "p2wpkh"), ("p2pkh", "p2sh"), ("p2wpkh", "p2sh"), ("p2pk", "p2pkh")):
        assert pair in pairs or pair[::-1] in pairs


def test_in_some_chain_a_witness_script_is_wrapped_and_bare_and_a_long_key_is_shown_late() -> None:
    wrapped = late = 0
    for seed in SEEDS:
        chain = chain_of(seed)
        scripts = list(address_numbers(chain, 30))
        for edge in same_key_edges(chain, 30):
            pair = scripts[edge.left], scripts[edge.right]
            wrapped += any(oracle.output_kind(script) == "p2wsh" for script in pair)
            late += edge.height > 0 and len(address_numbers(chain, edge.height - 1)) > max(edge.left, edge.right)
    assert wrapped > 0
    assert late > 0


def test_in_most_chains_large_clusters_merge_late() -> None:
    merged = 0
    for seed in SEEDS:
        count, edges = co_spends(seed)
        early, final = clusters(count, [edge for edge in edges if edge.height <= 20]), clusters(count, edges)
        large = [name for name in set(early) if early.count(name) > 4]
        merged += len({final[name] for name in large}) < len(large)
    assert merged > len(SEEDS) / 2


@pytest.mark.parametrize("seed", SEEDS)
def test_of_some_pairs_the_cluster_hangs_on_one_transaction_and_of_some_it_does_not(seed: int) -> None:
    count, edges = co_spends(seed)
    names = clusters(count, edges)
    biggest = max(set(names), key=names.count)
    assert names.count(biggest) > 10
    linked = Counter(end for edge in edges for end in {edge.left, edge.right})
    found = []
    for cluster in set(names):
        members = [address for address, _ in linked.most_common() if names[address] == cluster]
        ways = by_transaction(edge for edge in edges if names[edge.left] == cluster)
        found += [bridges(ways, left, right) for left, right in combinations(members[:4], 2)]
    assert any(found) and not all(found)


def co_spends(seed: int) -> tuple[int, list[Edge]]:
    """The number of addresses, and the edges without the CoinJoins'."""
    chain = chain_of(seed)
    return len(address_numbers(chain, 30)), co_spend_edges(chain, 30, described(seed).txids("coinjoin"))


def test_the_coins_of_a_repeated_coinbase_are_lost() -> None:
    for seed in SEEDS:
        assert (len(lost_outputs(chain_of(seed), 30)) > 1) == (seed % 2 == 1)


# ---- Keys -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "digest"),
    [
        (b"", "9c1185a5c5e9fc54612808977ee8f548b2258d31"),
        (b"abc", "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc"),
        (b"abcdefghijklmnopqrstuvwxyz", "f71c27109c692c1b56bbdceb5b9d2865b3708dbc"),
        (b"1234567890" * 8, "9b752e45573d4b39f4dbd3323cab82bf63326bfb"),
    ],
)
def test_ripemd160_gives_its_authors_examples(text: bytes, digest: str) -> None:
    assert key_math.ripemd160(text).hex() == digest


def test_ripemd160_is_that_of_hashlib_where_there_is_one() -> None:
    if "ripemd160" not in hashlib.algorithms_available:
        pytest.skip("this hashlib has no RIPEMD-160")
    for length in range(130):
        assert key_math.ripemd160(bytes(length)) == hashlib.new("ripemd160", bytes(length)).digest()


def test_points_are_on_the_curve_and_their_sums_agree() -> None:
    for left in (1, 2, 3, 7, 2**64 + 5):
        x, y = key_math.times_g(left)
        assert (y * y - x * x * x - 7) % key_math.P == 0
        assert key_math.plus((x, y), key_math.times_g(11)) == key_math.times_g(left + 11)


def test_a_key_has_one_short_form() -> None:
    for factor in range(1, 9):
        point = key_math.times_g(factor)
        assert key_math.compressed(key_math.long_key(point)) == key_math.short_key(point)
        assert key_math.compressed(key_math.short_key(point)) == key_math.short_key(point)
    assert key_math.short_key(key_math.G).hex().startswith("0279be667e")
