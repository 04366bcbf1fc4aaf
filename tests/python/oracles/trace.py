"""Slow, obvious traces, for tests to hold the fast ones against. They follow docs/traces.md word by word.

The chain is in trace_book.py, the policies in trace_policies.py; account policies are in account_oracle.py. Where the
page leaves a choice, this is what was chosen:

- What a transaction or a coinbase pays beyond what comes in is one more slot, `unexplained`, behind the inputs, also
  under `lifo`. So both sides of every passage are equally long, and no policy needs another word for it.
- An output of the source is a step even if it holds nothing; everywhere else nothing is no step.
- Traced satoshi that touch are one interval, also where they came from different sources.
- A coinbase that cannot be followed ends a trace as with fees="report": `fees` going out, `mined` going in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from oracles.book import Book, Slot
from oracles.policies import POLICIES, Passage, Run, Tape, by_source, intervals, traced

#: An item of the source: outputs, and how much of each is meant.
Item = Sequence[tuple[int, int]]


@dataclass(frozen=True)
class Settings:
    """What `chain.trace` takes besides its source; stop_at: script -> its labels; clusters: script -> its wallet."""

    direction: str = "out"
    policy: str = "haircut"
    stop_at: Mapping[bytes, frozenset[str]] = field(default_factory=dict)
    clusters: Mapping[bytes, int] | None = None
    max_hops: int | None = None
    max_tx_hops: int | None = None
    min_value: int | None = None
    since: int | None = None
    until: int | None = None
    fees: str = "report"
    budget: int | None = None

    def wallet(self, script: bytes) -> int | None:
        return None if self.clusters is None else self.clusters.get(script)

    def label(self, script: bytes) -> str | None:
        """All labels of the address, or with clusters of its whole wallet; None if there are none."""
        wallet = self.wallet(script)
        same = [stop for stop in self.stop_at if stop == script or (wallet is not None and wallet == self.wallet(stop))]
        labels: frozenset[str] = frozenset().union(*(self.stop_at[stop] for stop in same))
        return " | ".join(sorted(labels)) or None


@dataclass
class Step:
    """Money that arrived in a slot: moved there by a transaction (None at the source), and what became of it."""

    slot: Slot
    tape: Tape
    transaction: int | None
    hop: int | None
    tx_hop: int
    outcome: str = "followed"
    label: str | None = None
    next: int | None = None

    @property
    def amount(self) -> int:
        return traced(self.tape)


@dataclass
class OracleTrace:
    """What a trace found."""

    source: int
    joined: int
    steps: list[Step]

    def lines(self) -> dict[str, int]:
        """The lines of the ledger that are not 0, those of labels as "stopped: LABEL"."""
        sums: Counter[str] = Counter()
        for step in self.ended():
            sums[step.outcome if step.label is None else f"stopped: {step.label}"] += step.amount
        return {line: amount for line, amount in sums.items() if amount}

    def ended(self) -> Iterator[Step]:
        return (step for step in self.steps if step.outcome != "followed")

    def ends(self) -> list[Step]:
        """Where money ended at an output."""
        return [step for step in self.ended() if step.slot.kind == "output"]

    def ends_by_source(self) -> Counter[tuple[int, int | None, str, str | None]]:
        """(source, output or None, reason, label) -> amount."""
        rows: Counter[tuple[int, int | None, str, str | None]] = Counter()
        for step in self.ended():
            output = step.slot.number if step.slot.kind == "output" else None
            for source, amount in by_source([step.tape]).items():
                rows[source, output, step.outcome, step.label] += amount
        return +rows


def whole(book: Book, *outputs: int) -> Item:
    """An item that means all of these outputs."""
    return [(output, book.coins[output].value) for output in outputs]


def merged(items: Sequence[Item]) -> dict[int, tuple[int, int]]:
    """Output -> (the first item that names it, the largest amount that one names), in chain order."""
    found: dict[int, tuple[int, int]] = {}
    for source, item in enumerate(items):
        for output, amount in item:
            first, largest = found.get(output, (source, 0))
            found[output] = first, max(largest, amount)
    return dict(sorted(found.items()))


def trace(book: Book, items: Sequence[Item], settings: Settings) -> OracleTrace:
    return Tracer(book, merged(items), settings).run()


class Tracer:
    """Passes one transaction after the other."""

    def __init__(self, book: Book, source: dict[int, tuple[int, int]], settings: Settings):
        self.book = book
        self.source = source
        self.settings = settings
        self.steps: list[Step] = []
        self.waiting: dict[int, list[Step]] = {}
        self.joined = 0
        self.made = 0

    def run(self) -> OracleTrace:
        for output, (item, amount) in self.source.items():
            hop = None if self.settings.clusters is None else 0
            self.arrive(Step(self.book.slot(output), [Run(amount, frozenset([item]))], None, hop, 0))
        for transaction in self.book.in_order(self.settings.direction):
            steps = self.waiting.pop(transaction, [])
            if self.settings.budget is not None and self.made >= self.settings.budget:
                for step in steps:
                    step.outcome = "cut_off_budget"
            elif sum(step.amount for step in steps):
                self.passes(transaction, [step for step in steps if step.amount])
        return OracleTrace(sum(amount for _, amount in self.source.values()), self.joined, self.steps)

    def passes(self, transaction: int, steps: list[Step]) -> None:
        inputs, outputs = self.book.sides(transaction)
        left, right = (inputs, outputs) if self.settings.direction == "out" else (outputs, inputs)
        held = {step.slot: step.tape for step in steps}
        passage = Passage(left, right, [held.get(slot, []) for slot in left], self.settings.direction)
        tapes = POLICIES[self.settings.policy](passage)
        self.joined += sum(map(traced, tapes)) - sum(step.amount for step in steps)
        for slot, tape in zip(right, tapes, strict=True):
            if traced(tape):
                hop = self.hop(transaction, steps, slot)
                self.arrive(Step(slot, tape, transaction, hop, 1 + min(step.tx_hop for step in steps)))

    def arrive(self, step: Step) -> None:
        step.next = self.next(step)
        step.outcome, step.label = self.outcome(step)
        self.steps.append(step)
        self.made += intervals(step.tape) if self.settings.policy in ("fifo", "lifo") else 1
        if step.outcome == "followed":
            assert step.next is not None
            self.waiting.setdefault(step.next, []).append(step)

    # ---- Hops

    def senders(self, transaction: int) -> set[int]:
        """The wallets of the inputs."""
        wallets = {self.wallet(output) for output in self.book.transfers[transaction].inputs}
        return {wallet for wallet in wallets if wallet is not None}

    def wallet(self, output: int) -> int | None:
        return self.settings.wallet(self.book.coins[output].script)

    def is_paid_away(self, slot: Slot, transaction: int) -> bool:
        """Whether the transaction pays this slot to a wallet that is none of its senders; a fee has no wallet."""
        return slot.kind == "output" and self.wallet(slot.number) not in self.senders(transaction)

    def hop(self, transaction: int, steps: list[Step], slot: Slot) -> int | None:
        """The hop of a slot on the right, which money of these steps reaches."""
        if self.settings.clusters is None:
            return None
        hops = [step.hop for step in steps if step.hop is not None]
        if self.settings.direction == "out":
            return min(hops) + self.is_paid_away(slot, transaction)
        away = [self.is_paid_away(step.slot, transaction) for step in steps]
        return min(hop + one for hop, one in zip(hops, away, strict=True))

    # ---- Where it ends

    def next(self, step: Step) -> int | None:
        """The transaction that would take it on, if there is one and fees are followed where that needs it."""
        book, slot = self.book, step.slot
        if slot.kind not in ("output", "fee"):
            return None
        if slot.kind == "output" and self.settings.direction == "out":
            return book.spender.get(slot.number)
        transaction = book.coins[slot.number].transaction if slot.kind == "output" else slot.number
        coinbase = book.blocks[book.transfers[transaction].height][0]
        is_reported = self.settings.fees == "report" or not book.can_be_followed(coinbase)
        if is_reported and (slot.kind == "fee" or transaction == coinbase):
            return None
        return coinbase if self.settings.direction == "out" else transaction

    def outcome(self, step: Step) -> tuple[str, str | None]:
        """The first line of the table that fits, and the label if it is a stop."""
        slot, limits = step.slot, self.settings
        if slot.kind == "output" and step.transaction is not None:
            label = limits.label(self.book.coins[slot.number].script)
            if slot.number in self.source:
                return "rejoined", None
            if label is not None:
                return "stopped", label
        if step.next is None:
            return self.final(slot), None
        if slot.kind == "output" and step.hop is not None and at_least(step.hop, limits.max_hops):
            return "cut_off_hops", None
        if at_least(step.tx_hop, limits.max_tx_hops):
            return "cut_off_tx_hops", None
        if limits.min_value is not None and step.amount < limits.min_value:
            return "cut_off_value", None
        height = self.book.transfers[step.next].height
        if (limits.since is not None and height < limits.since) or at_least(height, limits.until):
            return "cut_off_date", None
        return "followed", None

    def final(self, slot: Slot) -> str:
        """What becomes of money that no transaction takes on."""
        if slot.kind != "output":
            return {"fee": "fees", "subsidy": "mined"}.get(slot.kind, slot.kind)
        if self.settings.direction == "in":
            return "mined"
        return "lost" if slot.number in self.book.lost else "unspent"


def at_least(number: int, limit: int | None) -> bool:
    return limit is not None and number >= limit
