"""How each policy of docs/traces.md moves money through one transaction, slowly.

The money in a slot is a tape: runs of satoshi, each with the sources that it came from (none: it is not traced). Under
"fifo" and "lifo" a satoshi's place on the tape is its place in the output; the others only need the sums.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from itertools import groupby
from math import floor
from typing import NamedTuple, TypeVar

from oracles.book import Slot

# ---- Tapes ----------------------------------------------------------------------------------------------------------


class Run(NamedTuple):
    """Satoshi in a row that came from the same sources."""

    length: int
    sources: frozenset[int]


Tape = list[Run]
T = TypeVar("T")
UNTRACED: frozenset[int] = frozenset()


def traced(tape: Tape) -> int:
    return sum(run.length for run in tape if run.sources)


def by_source(tapes: Iterable[Tape]) -> Counter[int]:
    """Source -> how much of it there is."""
    sums: Counter[int] = Counter()
    for tape in tapes:
        for run in tape:
            sums.update(dict.fromkeys(run.sources, run.length))
    return sums


def intervals(tape: Tape) -> int:
    """Of how many intervals the traced satoshi are."""
    runs = [run for run in tape if run.length]
    return sum(is_traced for is_traced, _ in groupby(runs, key=lambda run: bool(run.sources)))


def filled(tape: Tape, value: int) -> Tape:
    """The tape of a whole slot of this value."""
    return [*tape, Run(value - sum(run.length for run in tape), UNTRACED)]


def cut(tape: Tape, sizes: Sequence[int]) -> list[Tape]:
    """Pieces of these sizes, one after the other; the last ones are shorter if the tape is."""
    pieces: list[Tape] = []
    runs = list(tape)
    for size in sizes:
        piece: Tape = []
        while size and runs:
            length = min(size, runs[0].length)
            piece.append(Run(length, runs[0].sources))
            runs[0] = Run(runs[0].length - length, runs[0].sources)
            size -= length
            if not runs[0].length:
                runs.pop(0)
        pieces.append(piece)
    return pieces


# ---- Policies: from the left slots' tapes to the right slots' ------------------------------------------------------


class Passage(NamedTuple):
    """One transaction: its slots on both sides, and the money on the left."""

    left: list[Slot]
    right: list[Slot]
    tapes: list[Tape]
    direction: str


def largest_remainder(total: int, weights: Sequence[int]) -> list[int]:
    """Divides in proportion: all rounded down, then the largest fractions get one each, of equal ones the earlier."""
    due = [Fraction(total * weight, sum(weights)) for weight in weights] if total else [Fraction(0)] * len(weights)
    shares = [floor(share) for share in due]
    by_fraction = sorted(range(len(due)), key=lambda place: shares[place] - due[place])
    for place in by_fraction[: total - sum(shares)]:
        shares[place] += 1
    return shares


def haircut(passage: Passage) -> list[Tape]:
    sources = by_source(passage.tapes)
    left_over = largest_remainder(sources.total(), [slot.value for slot in passage.right])
    tapes: list[Tape] = [[] for _ in passage.right]
    for source in sorted(sources):
        shares = largest_remainder(sources[source], left_over)
        for place, share in enumerate(shares):
            tapes[place].append(Run(share, frozenset([source])))
            left_over[place] -= share
    return tapes


def poison(passage: Passage) -> list[Tape]:
    everyone = frozenset(by_source(passage.tapes))
    return [[Run(slot.value, everyone)] for slot in passage.right]


def fifo(passage: Passage) -> list[Tape]:
    whole = [filled(tape, slot.value) for slot, tape in zip(passage.left, passage.tapes, strict=True)]
    return cut([run for tape in whole for run in tape], [slot.value for slot in passage.right])


def lifo(passage: Passage) -> list[Tape]:
    """As `fifo` with the inputs the other way round."""
    left, right, tapes, direction = passage
    if direction == "out":
        return fifo(Passage(last_first(left), right, last_first(tapes), direction))
    return last_first(fifo(Passage(left, last_first(right), tapes, direction)))


def last_first(inputs: list[T]) -> list[T]:
    """The inputs in reverse order; what is unexplained stays behind them."""
    return [*inputs[-2::-1], inputs[-1]]


def highest_outputs_first(passage: Passage) -> list[Tape]:
    *places, last = range(len(passage.right))
    order = [*sorted(places, key=lambda place: -passage.right[place].value), last]
    queue = [run for tape in passage.tapes for run in tape if run.sources]
    pieces = cut(queue, [passage.right[place].value for place in order])
    return [pieces[order.index(place)] for place in range(len(order))]


POLICIES: dict[str, Callable[[Passage], list[Tape]]] = {
    "haircut": haircut,
    "poison": poison,
    "fifo": fifo,
    "lifo": lifo,
    "highest_outputs_first": highest_outputs_first,
}
