"""Traces over small chains made by hand, where satrail must say what the oracle says: one fact, one chain."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import satrail
from chains.by_hand import address, mint, pay
from chains.trace_cases import ACCOUNTS, Case, View
from chains.traces_by_hand import Hand
from conftest import write_blocks
from oracles.account import account_trace
from oracles.chain import OracleTx
from oracles.policies import POLICIES
from oracles.trace import Item, Settings, trace
from test_trace_oracle import account_ends, account_ends_of, by_source, ledger, oracle_steps, rows_of

A, B, C, D, E = (address(number) for number in range(5))
COIN = 100_000_000
SUBSIDY = 50 * COIN


def other(note: int) -> OracleTx:
    """A coinbase that nobody cares about."""
    return mint([(E, 1)], note)


def case_of(folder: Path, hand: Hand, items: list[Item], **settings: Any) -> Case:
    """What satrail and the oracle are to be asked; clusters=True stands for those of co-spends."""
    satrail.ingest(write_blocks(folder / "blocks", hand.chain.blocks), folder / "store", progress=False)
    view = View(satrail.open(folder / "store"), hand.book)
    keywords = dict(settings)
    if settings.get("clusters"):
        keywords["clusters"], settings["clusters"] = view.clusters(False)
    given = [[view.output(output) for output, _ in item] for item in items]
    return Case(view, given, items, Settings(**settings), keywords=keywords)


def check(folder: Path, hand: Hand, *items: Item, **settings: Any) -> satrail.Trace:
    """The trace, if satrail and the oracle agree in everything."""
    case = case_of(folder, hand, list(items), **settings)
    expected, found = trace(hand.book, items, case.settings), case.run()
    rows = oracle_steps(case, expected)
    assert rows_of(found.steps(), rows[0]) == rows
    assert ledger(found) == expected.lines() and found.ledger.joined == expected.joined
    assert by_source(found) == expected.ends_by_source()
    return found


def check_accounts(folder: Path, hand: Hand, *items: Item, **settings: Any) -> satrail.Trace:
    case = case_of(folder, hand, list(items), clusters=True, **settings)
    expected, found = account_trace(hand.book, items, case.settings), case.run()
    assert account_ends(found) == account_ends_of(case, expected)
    assert ledger(found) == expected.lines() and found.ledger.source == expected.source
    return found


# ---- Sources that hold nothing --------------------------------------------------------------------------------------

EMPTY = mint([(A, 100), (B, 0)])
SPEND_EMPTY = pay([(EMPTY, 0), (EMPTY, 1)], [(C, 90), (A, 10)])


@pytest.mark.parametrize("policy", list(POLICIES))
def test_a_source_that_holds_nothing_moves_nothing(policy: str, tmp_path: Path) -> None:
    hand = Hand([EMPTY], [other(2), SPEND_EMPTY])
    found = check(tmp_path, hand, hand.item((EMPTY, 1)), policy=policy)
    assert found.ledger.source == found.ledger.joined == 0 and len(found.steps()) == 1


@pytest.mark.parametrize("clusters", [False, True])
def test_a_source_that_holds_nothing_makes_no_hop_less(clusters: bool, tmp_path: Path) -> None:
    money = mint([(D, 100)])
    first = pay([(money, 0)], [(A, 100)])
    join = pay([(first, 0), (EMPTY, 1)], [(C, 100)])
    hand = Hand([money], [EMPTY, first], [other(3), join])
    found = check(tmp_path, hand, hand.item((money, 0)), hand.item((EMPTY, 1)), clusters=clusters or None)
    assert found.steps().to_pydict()["tx_hop"][-1] == 2


# ---- Fees -----------------------------------------------------------------------------------------------------------


def test_a_followed_fee_has_no_limit_of_hops(tmp_path: Path) -> None:
    money = mint([(A, 100)])
    payer = pay([(money, 0)], [(B, 80)])
    claim = mint([(C, SUBSIDY), (D, 20)], 2)
    hand = Hand([money], [claim, payer])
    settings: dict[str, Any] = {"direction": "in", "policy": "fifo", "fees": "follow", "clusters": True, "max_hops": 1}
    found = check(tmp_path, hand, hand.item((claim, 1)), **settings)
    assert found.steps().to_pydict()["outcome"] == ["followed", "followed", "cut_off_hops"]


# ---- What is unexplained --------------------------------------------------------------------------------------------

MONEY = mint([(A, 100), (B, 50)])
MORE = pay([(MONEY, 0), (MONEY, 1)], [(C, 120), (D, 80)])


@pytest.mark.parametrize("policy", list(POLICIES))
def test_what_a_transaction_cannot_explain_is_told_by_source(policy: str, tmp_path: Path) -> None:
    hand = Hand([MONEY], [other(2), MORE])
    check(tmp_path, hand, hand.item((MORE, 0)), hand.item((MORE, 1)), policy=policy, direction="in")


@pytest.mark.parametrize("policy", ["haircut", "poison"])
def test_what_a_transaction_cannot_explain_has_its_share(policy: str, tmp_path: Path) -> None:
    hand = Hand([MONEY], [other(2), MORE])
    found = check(tmp_path, hand, hand.item((MORE, 1)), policy=policy, direction="in")
    assert found.ledger.unexplained == {"haircut": 20, "poison": 50}[policy]


# ---- Budgets --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("budget", [4, 5])
@pytest.mark.parametrize("sources", [1, 2])
def test_intervals_that_touch_are_one(sources: int, budget: int, tmp_path: Path) -> None:
    money = mint([(A, 10), (B, 10), (C, 10)])
    gather = pay([(money, 0), (money, 1), (money, 2)], [(D, 30)])
    on = pay([(gather, 0)], [(E, 30)])
    hand = Hand([money], [other(2), gather, on])
    outputs = [(money, 0), (money, 1)]
    items = [hand.item(*outputs)] if sources == 1 else [hand.item(output) for output in outputs]
    found = check(tmp_path, hand, *items, policy="fifo", budget=budget - 1)
    assert (found.ledger.cut_off_budget > 0) == (budget == 4)


@pytest.mark.parametrize("policy", list(POLICIES))
@pytest.mark.parametrize("direction", ["out", "in"])
def test_with_a_budget_the_parts_of_the_sources_are_those_of_the_same_steps(
    direction: str, policy: str, tmp_path: Path
) -> None:
    money = mint([(A, 70), (B, 50), (C, 30)])
    txs = [pay([(money, 0), (money, 1), (money, 2)], [(D, 50), (E, 50), (A, 50)])]
    for _ in range(4):
        txs.append(pay([(txs[-1], place) for place in range(3)], [(D, 50), (E, 50), (A, 50)]))
    hand = Hand([money], [other(2), *txs])
    ends = [(txs[-1], 0), (txs[-1], 1), (txs[-1], 2)] if direction == "in" else [(money, 0), (money, 1), (money, 2)]
    items = [hand.item(end) for end in ends]
    for budget in range(1, 20, 3):
        folder = tmp_path / str(budget)
        folder.mkdir()
        check(folder, hand, *items, policy=policy, direction=direction, budget=budget)


# ---- Accounts -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("policy", ACCOUNTS)
def test_what_is_mined_later_is_in_the_account(policy: str, tmp_path: Path) -> None:
    stolen, mined = mint([(A, 40)], 1), mint([(A, 60)], 2)
    on = pay([(mined, 0)], [(C, 50), (A, 10)])
    hand = Hand([stolen], [mined], [other(3), on])
    check_accounts(tmp_path, hand, hand.item((stolen, 0)), policy=policy)


@pytest.mark.parametrize("policy", ACCOUNTS)
def test_a_source_in_a_later_coinbase_is_marked(policy: str, tmp_path: Path) -> None:
    first, second = mint([(A, 100)], 1), mint([(A, 50)], 2)
    on = pay([(first, 0)], [(C, 30), (A, 70)])
    hand = Hand([first], [second], [other(3), on])
    check_accounts(tmp_path, hand, hand.item((first, 0)), hand.item((second, 0)), policy=policy)


@pytest.mark.parametrize("policy", ACCOUNTS)
def test_what_is_rejoined_in_an_account_is_told_by_source(policy: str, tmp_path: Path) -> None:
    money = mint([(A, 100)], 1)
    again = pay([(money, 0)], [(A, 60), (A, 40)])
    hand = Hand([money], [other(2), again])
    found = check_accounts(tmp_path, hand, hand.item((money, 0)), hand.item((again, 0)), policy=policy)
    assert found.ledger.rejoined == 60


@pytest.mark.parametrize(
    "limits", [{"max_hops": 1}, {"max_tx_hops": 1}, {"min_value": 91}, {"until": 3}, {"budget": 2}]
)
@pytest.mark.parametrize("policy", ACCOUNTS)
def test_what_an_account_never_pays_is_unspent_whatever_the_limits(
    policy: str, limits: dict[str, int], tmp_path: Path
) -> None:
    money = mint([(A, 100)], 1)
    spend = pay([(money, 0)], [(B, 90), (A, 10)])
    hand = Hand([money], [other(2), spend], [other(3)])
    found = check_accounts(tmp_path, hand, hand.item((money, 0)), policy=policy, **limits)
    assert found.ledger.unspent == 100


@pytest.mark.parametrize(
    "limits", [{"max_hops": 0}, {"max_tx_hops": 0}, {"min_value": 101}, {"until": 2}, {"budget": 1}]
)
@pytest.mark.parametrize("policy", ACCOUNTS)
def test_limits_hold_for_a_source_in_an_account_too(policy: str, limits: dict[str, int], tmp_path: Path) -> None:
    money = mint([(A, 100)], 1)
    spend = pay([(money, 0)], [(B, 90), (A, 10)])
    hand = Hand([money], [other(2), spend], [other(3)])
    found = check_accounts(tmp_path, hand, hand.item((money, 0)), policy=policy, **limits)
    assert found.ledger.unspent == 0
