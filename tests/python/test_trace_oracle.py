"""satrail's traces, held against a slow oracle that was written from docs/traces.md alone."""

from __future__ import annotations

import random
from collections import Counter

import pytest
import satrail
from chains.trace_cases import ACCOUNTS, Case, World, random_case
from oracles.account import AccountTrace, account_trace
from oracles.book import Book
from oracles.policies import POLICIES
from oracles.trace import OracleTrace, Step, trace

SEEDS = range(7)
TRACES = 60


@pytest.fixture(scope="module", params=SEEDS)
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(request.param, tmp_path_factory.mktemp("world"))


def ledger(found: satrail.Trace) -> dict[str, int]:
    """The lines of the right side that are not 0."""
    lines = found.ledger.lines
    return {line: amount for line, amount in lines.items() if amount and line not in ("source", "joined")}


def oracle_steps(case: Case, expected: OracleTrace) -> list[dict[str, object]]:
    book = case.view.book
    return [
        step_row(case, book, expected.source, step) | {"step": number} for number, step in enumerate(expected.steps)
    ]


def step_row(case: Case, book: Book, source: int, step: Step) -> dict[str, object]:
    """What trace.steps should say of a step, but for its number."""
    coin = book.coins[step.slot.number] if step.slot.kind == "output" else None
    transfer = None if step.transaction is None else book.transfers[step.transaction]
    senders = [book.coins[number].script for number in transfer.inputs] if transfer else []
    return {
        "hop": step.hop,
        "tx_hop": step.tx_hop,
        "transaction": step.transaction,
        "txid": transfer and transfer.txid,
        "height": transfer and transfer.height,
        "from_cluster_id": only({case.settings.wallet(script) for script in senders}),
        "output": coin and step.slot.number,
        "output_txid": coin and coin.txid,
        "output_position": coin and coin.position,
        "cluster_id": coin and case.settings.wallet(coin.script),
        "value": coin and coin.value,
        "amount": step.amount,
        "outcome": step.outcome,
        "label": step.label,
    }


def only(things: set[int | None]) -> int | None:
    return next(iter(things)) if len(things) == 1 else None


def test_every_trace_is_the_oracle_s(world: World) -> None:
    rng = random.Random(world.seed)
    for _ in range(TRACES):
        case = random_case(rng, world, list(POLICIES))
        expected = trace(case.view.book, case.items, case.settings)
        found = case.run()
        assert (found.ledger.source, found.ledger.joined) == (expected.source, expected.joined), case
        assert ledger(found) == expected.lines(), case
        rows = oracle_steps(case, expected)
        assert rows_of(found.steps(), rows[0]) == rows, case
        assert Counter(end_rows(found)) == Counter(oracle_ends(case, expected)), case
        assert by_source(found) == expected.ends_by_source(), case


def rows_of(table: satrail.Table, like: dict[str, object]) -> list[dict[str, object]]:
    columns = table.to_pydict()
    return [dict(zip(like, row, strict=True)) for row in zip(*(columns[name] for name in like), strict=True)]


END_COLUMNS = ("output", "txid", "position", "cluster_id", "reason", "label", "amount", "value", "hop", "tx_hop")


def end_rows(found: satrail.Trace) -> list[tuple[object, ...]]:
    columns = found.ends().to_pydict()
    return list(zip(*(columns[name] for name in END_COLUMNS), strict=True))


def oracle_ends(case: Case, expected: OracleTrace) -> list[tuple[object, ...]]:
    rows = []
    for step in expected.ends():
        coin = case.view.book.coins[step.slot.number]
        wallet = case.settings.wallet(coin.script)
        place = (step.slot.number, coin.txid, coin.position, wallet)
        rows.append((*place, step.outcome, step.label, step.amount, coin.value, step.hop, step.tx_hop))
    return rows


def by_source(found: satrail.Trace) -> Counter[tuple[int, int | None, str, str | None]]:
    rows: Counter[tuple[int, int | None, str, str | None]] = Counter()
    columns = found.ends_by_source().to_pydict()
    names = ("source", "output", "reason", "label", "amount")
    for source, output, reason, label, amount in zip(*(columns[name] for name in names), strict=True):
        rows[source, output, reason, label] += amount
    return rows


# ---- Accounts -------------------------------------------------------------------------------------------------------


def test_every_trace_of_accounts_is_the_oracle_s(world: World) -> None:
    rng = random.Random(-1 - world.seed)
    for _ in range(TRACES // 2):
        case = random_case(rng, world, ACCOUNTS)
        expected = account_trace(case.view.book, case.items, case.settings)
        found = case.run()
        assert (found.ledger.source, found.ledger.joined) == (expected.source, 0), case
        assert ledger(found) == expected.lines(), case
        assert account_ends(found) == account_ends_of(case, expected), case


def account_ends(found: satrail.Trace) -> Counter[tuple[int, int | None, str, str | None]]:
    """(source, wallet, reason, label) -> amount."""
    columns = found.ends_by_source().to_pydict()
    rows: Counter[tuple[int, int | None, str, str | None]] = Counter()
    names = ("source", "cluster_id", "reason", "label", "amount")
    for source, wallet, reason, label, amount in zip(*(columns[name] for name in names), strict=True):
        rows[source, wallet, reason, label] += amount
    return rows


def account_ends_of(case: Case, expected: AccountTrace) -> Counter[tuple[int, int | None, str, str | None]]:
    """An address in no wallet has no name that a table could say."""
    rows: Counter[tuple[int, int | None, str, str | None]] = Counter()
    for (source, wallet, reason, label), amount in expected.ends.items():
        rows[source, wallet if isinstance(wallet, int) else None, reason, label] += amount
    return rows
