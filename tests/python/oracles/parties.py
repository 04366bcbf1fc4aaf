"""Who pays whom in a transaction, slowly and obviously, written from docs/flows.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from fractions import Fraction
from typing import TypeVar

K = TypeVar("K")


class Fee(Enum):
    """Whom a payer pays, where it is no party."""

    FEE = "fee"


FEE = Fee.FEE


def payments(gives: Mapping[K, int], gets: Mapping[K, int]) -> dict[tuple[K, K | Fee], int]:
    """What each payer pays each receiver, and the fee, by (payer, receiver).

    `gives` is in the order of the parties' first inputs, `gets` in that of their first outputs.
    """
    payers = {who: gives[who] - gets.get(who, 0) for who in gives if gives[who] > gets.get(who, 0)}
    left: dict[K | Fee, int] = {who: gets[who] - gives.get(who, 0) for who in gets if gets[who] > gives.get(who, 0)}
    left[FEE] = max(sum(gives.values()) - sum(gets.values()), 0)
    paid: dict[tuple[K, K | Fee], int] = {}
    for payer, net in payers.items():
        for payee, share in zip(left, shares(net, list(left.values())), strict=True):
            left[payee] -= share
            if share:
                paid[payer, payee] = share
    return paid


def shares(value: int, weights: Sequence[int]) -> list[int]:
    """Whole parts of the value in proportion to the weights, by largest remainder; of equal ones the first."""
    if not value:
        return [0] * len(weights)
    exact = [Fraction(value * weight, sum(weights)) for weight in weights]
    parts = [int(part) for part in exact]
    by_rest = sorted(range(len(weights)), key=lambda place: parts[place] - exact[place])
    for place in by_rest[: value - sum(parts)]:
        parts[place] += 1
    return parts
