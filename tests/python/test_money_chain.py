"""The random chains of money are chains that satrail takes, and have in them what they were made for."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
import satrail
from chains.money import money_chain
from conftest import write_blocks
from oracles.book import Book
from oracles.chain import OracleChain

SEEDS = range(6)


@cache
def chain_of(seed: int) -> OracleChain:
    """Every third chain has nothing in it that a node would not accept, as far as amounts go."""
    return money_chain(seed, invalid=seed % 3 != 2)


@cache
def book_of(seed: int) -> Book:
    return Book(chain_of(seed))


@pytest.mark.parametrize("seed", SEEDS)
def test_satrail_takes_the_chain_and_numbers_it_the_same_way(seed: int, tmp_path: Path) -> None:
    book = book_of(seed)
    report = satrail.ingest(
        write_blocks(tmp_path / "blocks", chain_of(seed).blocks), tmp_path / "store", progress=False
    )
    assert (report.height, report.invalid_blocks, report.gap) == (30, (), None)
    chain = satrail.open(tmp_path / "store")
    rows = chain.outputs(columns=["txid", "position", "value", "is_lost"]).to_pydict()
    assert rows["txid"] == [coin.txid for coin in book.coins]
    assert rows["position"] == [coin.position for coin in book.coins]
    assert rows["value"] == [coin.value for coin in book.coins]
    assert {number for number, is_lost in enumerate(rows["is_lost"]) if is_lost} == book.lost


def test_the_same_seed_makes_the_same_chain_and_another_seed_another() -> None:
    tips = [money_chain(seed).blocks[-1].hash for seed in (1, 1, 2)]
    assert tips[0] == tips[1] != tips[2]


@pytest.mark.parametrize("seed", SEEDS)
def test_every_chain_has_the_situations_that_matter(seed: int) -> None:
    book = book_of(seed)
    values = [coin.value for coin in book.coins]
    heights = [book.transfers[coin.transaction].height for coin in book.coins]
    same_block = [book.transfers[by].height == heights[output] for output, by in book.spender.items()]
    assert 150 < len(book.transfers) < 500
    assert sum(book.fee(tx) > 0 for tx in range(len(book.transfers))) > 50
    assert sum(0 < value < 600 for value in values) > 50 and values.count(0) > 20
    assert any(coin.value == 0 for number, coin in enumerate(book.coins) if number in book.spender)
    assert sum(same_block) > 50
    assert max(len(transfer.inputs) for transfer in book.transfers) > 12
    assert max(len(transfer.outputs) for transfer in book.transfers) > 20
    assert {coin.value for coin in book.coins if coin.script[:1] == b"\x6a"} == {0, 1000}
    assert len(book.lost) > 1 and len(book.spender) < len(book.coins) - 50
    left = [book.sides(coinbase)[1][-1] for coinbase, *_ in book.blocks]
    assert sum(slot.value > 0 for slot in left) > 5 and all(slot.kind == "unclaimed" for slot in left)


@pytest.mark.parametrize("seed", SEEDS)
def test_amounts_that_no_node_accepts_are_in_the_chains_that_are_to_have_them(seed: int) -> None:
    book = book_of(seed)
    coinbases = [coinbase for coinbase, *_ in book.blocks]
    unexplained = [tx for tx in range(len(book.transfers)) if book.sides(tx)[0][-1].value]
    if seed % 3 == 2:
        assert not unexplained and all(map(book.can_be_followed, coinbases))
    else:
        assert any(tx in coinbases for tx in unexplained) and any(tx not in coinbases for tx in unexplained)


def test_some_chain_has_a_coinbase_that_is_spent_in_its_own_block() -> None:
    assert not all(book_of(seed).can_be_followed(coinbase) for seed in SEEDS for coinbase, *_ in book_of(seed).blocks)
