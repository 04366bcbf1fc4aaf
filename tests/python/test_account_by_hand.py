"""The oracle of account policies, held against traces that were computed by hand from docs/traces.md."""

from __future__ import annotations

from typing import Any

import pytest
from chains.by_hand import address, mint, pay
from chains.traces_by_hand import Hand
from oracles.account import account_trace
from oracles.trace import Settings

A, B, C, D, E = (address(number) for number in range(5))

#: Wallet 0 (A, B) has 60, gets 40 more, pays 50 to C, then 50 to D and a fee.
CLEAN, STOLEN = mint([(A, 60)]), mint([(B, 40)], 2)
PAY_C = pay([(CLEAN, 0), (STOLEN, 0)], [(C, 45), (A, 50)])
PAY_D = pay([(PAY_C, 1)], [(D, 50)])
BANK = Hand([CLEAN], [STOLEN], [mint([(E, 1)], 3), PAY_C], [mint([(E, 1)], 4), PAY_D])
PURSES = {A: 0, B: 0, C: 2, D: 3, E: 4}


@pytest.mark.parametrize(
    ("policy", "settings", "ends"),
    [
        ("account_fifo", {}, {(3, "unspent"): 40}),
        ("lowest_intermediate_balance", {}, {(3, "unspent"): 40}),
        ("account_fifo", {"max_hops": 0}, {(0, "cut_off_hops"): 40}),
        ("account_fifo", {"until": 4}, {(0, "cut_off_date"): 40}),
        ("account_fifo", {"stop_at": {D: frozenset("d")}}, {(3, "stopped"): 40}),
        ("account_fifo", {"budget": 1}, {(0, "cut_off_budget"): 40}),
    ],
)
def test_an_account_pays_from_its_front_or_keeps_what_is_traced(
    policy: str, settings: dict[str, Any], ends: dict[tuple[int, str], int]
) -> None:
    found = account_trace(BANK.book, [BANK.item((STOLEN, 0))], Settings(policy=policy, clusters=PURSES, **settings))
    assert {(wallet, reason): amount for (_, wallet, reason, _), amount in found.ends.items()} == ends


def test_account_fifo_pays_old_money_first_and_the_lowest_balance_keeps_new_money_longest() -> None:
    old = {"account_fifo": {(2, "unspent"): 45, (3, "unspent"): 10, (None, "fees"): 5}}
    old["lowest_intermediate_balance"] = {(2, "unspent"): 5, (3, "unspent"): 50, (None, "fees"): 5}
    for policy, ends in old.items():
        settings = Settings(policy=policy, clusters=PURSES)
        found = account_trace(BANK.book, [BANK.item((CLEAN, 0))], settings)
        assert {(wallet, reason): amount for (_, wallet, reason, _), amount in found.ends.items()} == ends
        assert sum(found.lines().values()) == found.source == 60


def test_what_is_marked_twice_is_rejoined() -> None:
    settings = Settings(policy="account_fifo", clusters=PURSES)
    items = [BANK.item((STOLEN, 0)), BANK.item((PAY_C, 1))]
    found = account_trace(BANK.book, items, settings)
    # When PAY_C is through the account holds 10 of CLEAN and 40 of STOLEN: the second source marks all 50.
    assert found.source == 90
    assert dict(found.ends) == {(0, 3, "unspent", None): 40, (1, 3, "unspent", None): 10, (1, 0, "rejoined", None): 40}


def test_every_payment_to_another_wallet_is_one_hop() -> None:
    start = mint([(A, 100)])
    first = pay([(start, 0)], [(C, 90), (B, 10)])
    second = pay([(first, 0)], [(D, 80), (C, 10)])
    hand = Hand([start], [mint([(E, 1)], 2), first], [mint([(E, 1)], 3), second])
    settings = Settings(policy="account_fifo", clusters=PURSES)
    found = account_trace(hand.book, [hand.item((start, 0))], settings)
    assert [(step.wallet, step.amount, step.hop, step.tx_hop) for step in found.steps] == [
        (0, 100, 0, 0),
        (2, 90, 1, 1),
        (3, 80, 2, 2),
    ]
    cut = Settings(policy="account_fifo", clusters=PURSES, max_hops=1)
    found = account_trace(hand.book, [hand.item((start, 0))], cut)
    assert found.lines() == {"unspent": 10, "cut_off_hops": 90}
