"""Slow, obvious traces by the account policies of docs/traces.md: a queue of satoshi for each wallet.

Every wallet's account is kept from the first block on, with the money that is not traced. Where the page leaves a
choice, this is what was chosen:

- An address in no wallet (OP_RETURN) has an account of its own. Coins that are lost stay in their account.
- The account is the unit. What is in it is spent when its wallet pays: the next transaction in which its net is
  negative is the next transaction of all that is in the account by then, and lines 4 to 8 are looked at for all of
  that. What is in an account that pays no more is `unspent`. What ended stays in the account, and is not traced any
  more.
- `min_value` is compared with what arrived at the wallet in one transaction, or with the source output.
- Where several outputs of a transaction are of the source and of one wallet, the newest satoshi are theirs in the order
  of the outputs. What is `rejoined` is of the source that it was to be marked for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from oracles.book import Book
from oracles.trace import Item, Settings, at_least, merged

#: The name of a cluster, or the script of an address that is in none.
Wallet = int | bytes


@dataclass
class Arrival:
    """Traced money that came to a wallet: by a transaction (None at the source); output: of the source."""

    wallet: Wallet | None
    amount: int
    transaction: int | None
    hop: int
    tx_hop: int
    output: int | None = None


class Piece(NamedTuple):
    """Satoshi in a row; those that are traced have a source, and know how they came here."""

    length: int
    source: int | None = None
    arrival: Arrival | None = None


Queue = list[Piece]


@dataclass
class AccountTrace:
    """ends: (source, wallet or None for fees, reason, label) -> amount."""

    source: int
    steps: list[Arrival] = field(default_factory=list)
    ends: Counter[tuple[int, Wallet | None, str, str | None]] = field(default_factory=Counter)

    def lines(self) -> dict[str, int]:
        """The lines of the ledger that are not 0, those of labels as "stopped: LABEL"."""
        sums: Counter[str] = Counter()
        for (_, _, reason, label), amount in self.ends.items():
            sums[reason if label is None else f"stopped: {label}"] += amount
        return dict(+sums)


def account_trace(book: Book, items: Sequence[Item], settings: Settings) -> AccountTrace:
    return Bank(book, merged(items), settings).run()


def split(queue: Queue, length: int) -> tuple[Queue, Queue]:
    """The first so many satoshi, and the rest."""
    first: Queue = []
    rest = list(queue)
    while length and rest:
        piece = rest.pop(0)
        first.append(piece._replace(length=min(length, piece.length)))
        if piece.length > length:
            rest.insert(0, piece._replace(length=piece.length - length))
        length -= first[-1].length
    return first, rest


def size(queue: Queue) -> int:
    return sum(piece.length for piece in queue)


def account_fifo(account: Queue, amount: int) -> tuple[Queue, Queue]:
    """What is paid, and what stays."""
    return split(account, amount)


def lowest_intermediate_balance(account: Queue, amount: int) -> tuple[Queue, Queue]:
    """Pays all that is not traced first; what stays keeps its order."""
    clean = sum(piece.length for piece in account if piece.source is None)
    paid: dict[bool, Queue] = {False: [], True: []}
    left = {False: min(amount, clean), True: max(0, amount - clean)}
    rest: Queue = []
    for piece in account:
        is_traced = piece.source is not None
        first, second = split([piece], left[is_traced])
        left[is_traced] -= size(first)
        paid[is_traced] += first
        rest += second
    return paid[False] + paid[True], rest


PAYMENTS = {"account_fifo": account_fifo, "lowest_intermediate_balance": lowest_intermediate_balance}


class Bank:
    """Passes one transaction after the other, in chain order."""

    def __init__(self, book: Book, source: dict[int, tuple[int, int]], settings: Settings):
        assert settings.direction == "out" and settings.since is None and settings.fees == "report"
        self.book = book
        self.source = source
        self.settings = settings
        self.accounts: dict[Wallet, Queue] = {}
        self.trace = AccountTrace(sum(amount for _, amount in source.values()))
        for output, (_, amount) in source.items():
            self.trace.steps.append(Arrival(self.wallet(output), amount, None, 0, 0, output))

    def run(self) -> AccountTrace:
        for transaction in range(len(self.book.transfers)):
            self.passes(transaction)
            self.mark(transaction)
        for wallet, account in self.accounts.items():
            for piece in account:
                self.end(piece, wallet, "unspent")
        return self.trace

    def wallet(self, output: int) -> Wallet:
        script = self.book.coins[output].script
        wallet = self.settings.wallet(script)
        return script if wallet is None else wallet

    def nets(self, transaction: int) -> tuple[dict[Wallet, int], dict[Wallet, int]]:
        """What each payer pays, in the order of their inputs, and what each taker gets, in that of their outputs."""
        transfer = self.book.transfers[transaction]
        gets: Counter[Wallet] = Counter()
        pays: Counter[Wallet] = Counter()
        for output in transfer.outputs:
            gets[self.wallet(output)] += self.book.coins[output].value
        for output in transfer.inputs:
            pays[self.wallet(output)] += self.book.coins[output].value
        payers = {wallet: amount - gets[wallet] for wallet, amount in pays.items() if amount > gets[wallet]}
        takers = {wallet: amount - pays[wallet] for wallet, amount in gets.items() if amount > pays[wallet]}
        return payers, takers

    def passes(self, transaction: int) -> None:
        payers, takers = self.nets(transaction)
        paid: Queue = []
        for wallet, amount in payers.items():
            account = [self.still_traced(piece, wallet, transaction) for piece in self.accounts[wallet]]
            pieces, self.accounts[wallet] = PAYMENTS[self.settings.policy](account, amount)
            paid += pieces
        arrivals = [piece.arrival for piece in paid if piece.arrival is not None]
        hop, tx_hop = min((a.hop for a in arrivals), default=0), min((a.tx_hop for a in arrivals), default=0)
        for wallet, amount in takers.items():
            pieces, paid = split(paid, amount)
            pieces.append(Piece(amount - size(pieces)))
            arrival = Arrival(wallet, traced(pieces), transaction, hop + 1, tx_hop + 1)
            self.accounts.setdefault(wallet, []).extend(self.arrive(pieces, arrival))
        fee = Arrival(None, traced(paid), transaction, hop, tx_hop + 1)
        self.arrive(paid, fee)

    def still_traced(self, piece: Piece, wallet: Wallet, transaction: int) -> Piece:
        """The piece when its wallet pays: what a limit cuts off stays where it is, but is not traced any more."""
        reason = piece.arrival and self.cut_off(piece.arrival, transaction)
        if not reason:
            return piece
        self.end(piece, wallet, reason)
        return Piece(piece.length)

    def cut_off(self, arrival: Arrival, transaction: int) -> str | None:
        """The first of lines 4 to 8 that fits."""
        limits = self.settings
        if at_least(arrival.hop, limits.max_hops):
            return "cut_off_hops"
        if at_least(arrival.tx_hop, limits.max_tx_hops):
            return "cut_off_tx_hops"
        if limits.min_value is not None and arrival.amount < limits.min_value:
            return "cut_off_value"
        if at_least(self.book.transfers[transaction].height, limits.until):
            return "cut_off_date"
        return "cut_off_budget" if at_least(len(self.trace.steps), limits.budget) else None

    def arrive(self, pieces: Queue, arrival: Arrival) -> Queue:
        """The pieces as they stand in their new account."""
        if not arrival.amount:
            return pieces
        self.trace.steps.append(arrival)
        label = arrival.wallet is not None and self.label(arrival.wallet)
        reason = "fees" if arrival.wallet is None else "stopped" if label else None
        if reason is None:
            return [piece if piece.source is None else piece._replace(arrival=arrival) for piece in pieces]
        for piece in pieces:
            self.end(piece, arrival.wallet, reason, label or None)
        return [Piece(piece.length) for piece in pieces]

    def label(self, wallet: Wallet) -> str | None:
        """All labels of all addresses of the wallet."""
        if isinstance(wallet, bytes):
            return self.settings.label(wallet)
        assert self.settings.clusters is not None
        script = next(script for script, name in self.settings.clusters.items() if name == wallet)
        return self.settings.label(script)

    def mark(self, transaction: int) -> None:
        """The newest satoshi of the wallets become those of the source outputs of this transaction."""
        outputs: dict[Wallet, list[int]] = {}
        for output in self.book.transfers[transaction].outputs:
            if output in self.source:
                outputs.setdefault(self.wallet(output), []).append(output)
        for wallet, marks in outputs.items():
            account = self.accounts.get(wallet, [])
            amount = sum(self.source[output][1] for output in marks)
            older, newest = split(account, max(0, size(account) - amount))
            for output in marks:
                taken, newest = split(newest, self.source[output][1])
                older += self.marked(taken, output)
            self.accounts[wallet] = older

    def marked(self, pieces: Queue, output: int) -> Queue:
        """The satoshi of one source output; those that are traced already stay what they are."""
        source, amount = self.source[output]
        arrival = next(step for step in self.trace.steps if step.output == output)
        fresh = [piece.length for piece in pieces if piece.source is None]
        self.end(Piece(amount - sum(fresh), source), self.wallet(output), "rejoined")
        return [piece if piece.source is not None else Piece(piece.length, source, arrival) for piece in pieces]

    def end(self, piece: Piece, wallet: Wallet | None, reason: str, label: str | None = None) -> None:
        if piece.source is not None and piece.length:
            self.trace.ends[piece.source, wallet, reason, label] += piece.length


def traced(queue: Queue) -> int:
    return sum(piece.length for piece in queue if piece.source is not None)
