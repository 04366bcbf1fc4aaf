"""Slow, obvious reach of payments, written from docs/convergence.md, for tests to hold the fast one against."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, field

from oracles.chain import OracleChain
from oracles.cluster import transactions

Coin = tuple[str, int]


@dataclass
class Convergence:
    """Meetings are (at least, txid, {payment: tx hops}), wallets (at least, wallet, txid, payments as they came)."""

    meetings: list[tuple[int, str, dict[int, int]]] = field(default_factory=list)
    wallets: list[tuple[int, int, str, list[int]]] = field(default_factory=list)
    reached: list[int] = field(default_factory=list)


def convergence(
    chain: OracleChain,
    payments: Sequence[Coin],
    height: int,
    *,
    wallet: Callable[[bytes], int] | None = None,
    max_tx_hops: int | None = None,
    stop_at: Set[bytes] = frozenset(),
) -> Convergence:
    found = Convergence(reached=[0] * len(payments))
    carried: dict[Coin, dict[int, int]] = {}  # coin -> payment -> tx hops so far
    purses: dict[int, list[int]] = {}
    for _, tx in transactions(chain, height):
        here: dict[int, int] = {}
        for spent in tx.spends:
            assert spent.prev_txid is not None and spent.prev_vout is not None
            for payment, hops in carried.get((spent.prev_txid, spent.prev_vout), {}).items():
                if max_tx_hops is None or hops < max_tx_hops:
                    here[payment] = min(here.get(payment, hops + 1), hops + 1)
        for payment in here:
            found.reached[payment] += 1
        most = found.meetings[-1][0] if found.meetings else 1
        found.meetings += [(n, tx.txid, dict(sorted(here.items()))) for n in range(most + 1, len(here) + 1)]
        for position, output in enumerate(tx.outputs):
            coin = (tx.txid, position)
            own = {payments.index(coin): 0} if coin in payments else {}
            if output.kind == "op_return" or not here | own:
                continue
            if wallet is not None:
                come_to_wallet(found, purses, wallet(output.script), tx.txid, [*sorted(here), *own])
            if own or output.script not in stop_at:
                carried[coin] = here | own
        together = max(found.meetings[-1][0] if found.meetings else 0, found.wallets[-1][0] if found.wallets else 0)
        if together == len(payments):
            break
    return found


def come_to_wallet(found: Convergence, purses: dict[int, list[int]], name: int, txid: str, payments: list[int]) -> None:
    there = purses.setdefault(name, [])
    there += [payment for payment in payments if payment not in there]
    most = found.wallets[-1][0] if found.wallets else 1
    found.wallets += [(n, name, txid, list(there)) for n in range(most + 1, len(there) + 1)]
