"""Traces over small chains made by hand, for tests that say every amount."""

from __future__ import annotations

from typing import Any

from oracles.book import Book
from oracles.chain import OracleChain, OracleTx
from oracles.trace import Item, OracleTrace, Settings, trace

from chains.by_hand import chain_of


class Hand:
    """A chain made by hand, whose outputs are named by their transaction and position."""

    def __init__(self, *blocks: list[OracleTx], height: int | None = None):
        self.chain: OracleChain = chain_of(*blocks)
        self.book = Book(self.chain, height)
        self.numbers = {(coin.txid, coin.position): number for number, coin in enumerate(self.book.coins)}

    def item(self, *outputs: tuple[OracleTx, int] | tuple[OracleTx, int, int]) -> Item:
        """Each with its whole value or a third part that says how much."""
        found = []
        for tx, position, *amount in outputs:
            number = self.numbers[tx.txid, position]
            found.append((number, amount[0] if amount else self.book.coins[number].value))
        return found

    def trace(self, *items: Item, **settings: Any) -> OracleTrace:
        return trace(self.book, items, Settings(**settings))


def amounts(found: OracleTrace, tx: OracleTx, book: Book) -> list[tuple[str, int]]:
    """What this transaction moved, slot by slot: the output's address (by its number), or the kind of slot."""
    rows = []
    for step in found.steps:
        if step.transaction is not None and book.transfers[step.transaction].txid == tx.txid:
            coin = book.coins[step.slot.number]
            name = "ABCDE"[coin.script[22]] if step.slot.kind == "output" else step.slot.kind
            rows.append((name, step.amount))
    return rows
