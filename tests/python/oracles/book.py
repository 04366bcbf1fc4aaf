"""A chain as a trace sees it: outputs and transactions numbered in chain order, and the slots of docs/traces.md."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from oracles.chain import OracleChain
from oracles.cluster import spent_value, transactions

COIN = 100_000_000


class Coin(NamedTuple):
    """An output."""

    transaction: int
    txid: str
    position: int
    value: int
    script: bytes


class Transfer(NamedTuple):
    """A transaction; the numbers of the outputs that it spends and makes."""

    txid: str
    height: int
    is_coinbase: bool
    inputs: list[int]
    outputs: list[int]


class Slot(NamedTuple):
    """A place for money in a passage. The number is that of an output, and else that of a transaction."""

    kind: str
    number: int
    value: int


class Book:
    """A chain as of a height."""

    def __init__(self, chain: OracleChain, height: int | None = None):
        self.height = len(chain.blocks) - 1 if height is None else height
        self.halving = 150 if chain.network == "regtest" else 210_000
        self.coins: list[Coin] = []
        self.transfers: list[Transfer] = []
        self.spender: dict[int, int] = {}
        self.lost: set[int] = set()
        self.blocks: list[list[int]] = [[] for _ in range(self.height + 1)]
        unspent: dict[tuple[str | None, int | None], int] = {}
        for at, tx in transactions(chain, self.height):
            inputs = [unspent.pop((spent.prev_txid, spent.prev_vout)) for spent in tx.spends]
            assert [self.coins[number].value for number in inputs] == [spent_value(spent) for spent in tx.spends]
            self.spender.update(dict.fromkeys(inputs, len(self.transfers)))
            outputs = list(range(len(self.coins), len(self.coins) + len(tx.outputs)))
            for position, output in enumerate(tx.outputs):
                if (tx.txid, position) in unspent:
                    self.lost.add(unspent[tx.txid, position])
                unspent[tx.txid, position] = len(self.coins)
                self.coins.append(Coin(len(self.transfers), tx.txid, position, output.value, output.script))
            if at == 0:
                self.lost.update(unspent.values())
                unspent.clear()
            self.blocks[at].append(len(self.transfers))
            self.transfers.append(Transfer(tx.txid, at, tx.is_coinbase, inputs, outputs))

    def fee(self, transaction: int) -> int:
        """What the outputs leave of the inputs; 0 where they pay out more."""
        transfer = self.transfers[transaction]
        return max(0, self.worth(transfer.inputs) - self.worth(transfer.outputs))

    def worth(self, outputs: Iterable[int]) -> int:
        return sum(self.coins[number].value for number in outputs)

    def sides(self, transaction: int) -> tuple[list[Slot], list[Slot]]:
        """The slots on the side of the inputs, and those on the side of the outputs."""
        transfer = self.transfers[transaction]
        inputs, rest = [self.slot(number) for number in transfer.inputs], "fee"
        if transfer.is_coinbase:
            subsidy = 50 * COIN >> transfer.height // self.halving
            others = self.blocks[transfer.height][1:]
            inputs = [Slot("subsidy", transaction, subsidy), *(Slot("fee", tx, self.fee(tx)) for tx in others)]
            rest = "unclaimed"
        outputs = [self.slot(number) for number in transfer.outputs]
        over = sum(slot.value for slot in inputs) - sum(slot.value for slot in outputs)
        unexplained = Slot("unexplained", transaction, max(0, -over))
        return [*inputs, unexplained], [*outputs, Slot(rest, transaction, max(0, over))]

    def slot(self, output: int) -> Slot:
        return Slot("output", output, self.coins[output].value)

    def can_be_followed(self, coinbase: int) -> bool:
        """Whether none of its outputs is spent in its own block."""
        transfer = self.transfers[coinbase]
        spenders = [self.spender[output] for output in transfer.outputs if output in self.spender]
        return all(self.transfers[spender].height > transfer.height for spender in spenders)

    def in_order(self, direction: str) -> list[int]:
        """The transactions in the order of a trace: a coinbase stands behind the others of its block."""
        order = [tx for coinbase, *others in self.blocks for tx in (*others, coinbase)]
        return order if direction == "out" else order[::-1]
