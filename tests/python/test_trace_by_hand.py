"""The oracle of traces, held against traces that were computed by hand from docs/traces.md."""

from __future__ import annotations

from typing import Any

import pytest
from chains.by_hand import address, mint, pay
from chains.random_blocks import op_return
from chains.traces_by_hand import Hand, amounts
from oracles.book import COIN
from oracles.policies import POLICIES, largest_remainder
from oracles.trace import OracleTrace

A, B, C, D, E = (address(number) for number in range(5))
SUBSIDY = 50 * COIN


# ---- Policies -------------------------------------------------------------------------------------------------------

MONEY = mint([(A, 100), (B, 50)])
#: B and A pay C and D and a fee of 20.
SPEND = pay([(MONEY, 1), (MONEY, 0)], [(C, 90), (D, 40)])
SIMPLE = Hand([MONEY], [mint([(E, 1)], 2), SPEND])


@pytest.mark.parametrize(
    ("policy", "moved", "joined"),
    [
        ("haircut", [("C", 60), ("D", 27), ("fee", 13)], 0),
        ("poison", [("C", 90), ("D", 40), ("fee", 20)], 50),
        ("fifo", [("C", 40), ("D", 40), ("fee", 20)], 0),
        ("lifo", [("C", 90), ("D", 10)], 0),
        ("highest_outputs_first", [("C", 90), ("D", 10)], 0),
    ],
)
def test_going_out_each_policy_moves_its_own_part(policy: str, moved: list[tuple[str, int]], joined: int) -> None:
    found = SIMPLE.trace(SIMPLE.item((MONEY, 0)), policy=policy)
    assert amounts(found, SPEND, SIMPLE.book) == moved
    assert (found.source, found.joined) == (100, joined)
    fees = dict(moved).get("fee", 0)
    lines = {"unspent": 100 + joined - fees, "fees": fees}
    assert found.lines() == {line: amount for line, amount in lines.items() if amount}


@pytest.mark.parametrize(
    ("policy", "moved", "joined"),
    [
        ("haircut", [("B", 13), ("A", 27)], 0),
        ("poison", [("B", 50), ("A", 100)], 110),
        ("fifo", [("A", 40)], 0),
        ("lifo", [("B", 30), ("A", 10)], 0),
        ("highest_outputs_first", [("A", 40)], 0),
    ],
)
def test_going_in_each_policy_moves_its_own_part(policy: str, moved: list[tuple[str, int]], joined: int) -> None:
    found = SIMPLE.trace(SIMPLE.item((SPEND, 1)), policy=policy, direction="in")
    assert amounts(found, SPEND, SIMPLE.book) == moved
    assert (found.source, found.joined, found.lines()) == (40, joined, {"mined": 40 + joined})


def test_a_part_of_an_output_is_traced_from_its_first_satoshi_on() -> None:
    found = SIMPLE.trace(SIMPLE.item((MONEY, 0, 45)), policy="fifo")
    assert amounts(found, SPEND, SIMPLE.book) == [("C", 40), ("D", 5)]
    found = SIMPLE.trace(SIMPLE.item((SPEND, 0, 60)), policy="fifo", direction="in")
    assert amounts(found, SPEND, SIMPLE.book) == [("B", 50), ("A", 10)]


def test_satoshi_left_over_go_to_the_largest_fractions_and_of_equal_ones_to_the_earlier() -> None:
    assert largest_remainder(5, [1, 1, 1]) == [2, 2, 1]
    assert largest_remainder(7, [1, 3, 3, 0]) == [1, 3, 3, 0]
    assert largest_remainder(8, [1, 3, 3]) == [1, 4, 3]
    assert largest_remainder(0, [0, 0]) == [0, 0]


def test_highest_outputs_first_takes_the_earlier_of_equal_outputs_and_the_fee_last() -> None:
    money = mint([(A, 100), (B, 50)])
    spend = pay([(money, 0), (money, 1)], [(C, 30), (D, 30), (E, 40)])
    hand = Hand([money], [mint([(E, 1)], 2), spend])
    found = hand.trace(hand.item((money, 1)), policy="highest_outputs_first")
    assert amounts(found, spend, hand.book) == [("C", 10), ("E", 40)]
    found = hand.trace(hand.item((money, 0), (money, 1)), policy="highest_outputs_first")
    assert amounts(found, spend, hand.book) == [("C", 30), ("D", 30), ("E", 40), ("fee", 50)]


def test_intervals_keep_their_places_over_two_transactions() -> None:
    later = pay([(SPEND, 0)], [(E, 70), (A, 20)])
    hand = Hand([MONEY], [mint([(E, 1)], 2), SPEND, later])
    # C has 50 of B, then 40 of A, under fifo; 90 of A under lifo.
    found = hand.trace(hand.item((MONEY, 0)), policy="fifo")
    assert amounts(found, later, hand.book) == [("E", 20), ("A", 20)]
    found = hand.trace(hand.item((MONEY, 1)), policy="fifo")
    assert amounts(found, later, hand.book) == [("E", 50)]
    assert found.lines() == {"unspent": 50}
    found = hand.trace(hand.item((later, 1)), direction="in", policy="fifo")
    assert amounts(found, SPEND, hand.book) == [("A", 20)]


def test_who_pays_out_more_than_he_has_has_no_fee_and_going_in_something_is_unexplained() -> None:
    spend = pay([(MONEY, 0), (MONEY, 1)], [(C, 120), (D, 80)])
    hand = Hand([MONEY], [mint([(E, 1)], 2), spend])
    sources = {
        "haircut": ([("A", 40), ("B", 20), ("unexplained", 20)], [("C", 60), ("D", 40)]),
        "poison": ([("A", 100), ("B", 50), ("unexplained", 50)], [("C", 120), ("D", 80)]),
        "fifo": ([("B", 30), ("unexplained", 50)], [("C", 100)]),
        "lifo": ([("A", 30), ("unexplained", 50)], [("C", 70), ("D", 30)]),
        "highest_outputs_first": ([("A", 80)], [("C", 100)]),
    }
    for policy, (back, on) in sources.items():
        found = hand.trace(hand.item((spend, 1)), direction="in", policy=policy)
        assert amounts(found, spend, hand.book) == back, policy
        found = hand.trace(hand.item((MONEY, 0)), policy=policy)
        assert amounts(found, spend, hand.book) == on, policy
        assert "fees" not in found.lines()


@pytest.mark.parametrize(("policy", "rest"), [("haircut", "unspent"), ("fifo", "cut_off_budget")])
def test_a_step_counts_as_often_as_it_has_intervals(policy: str, rest: str) -> None:
    money = mint([(A, 10), (B, 10), (C, 10)])
    gather = pay([(money, 0), (money, 1), (money, 2)], [(D, 30)])
    on = pay([(gather, 0)], [(E, 30)])
    hand = Hand([money], [mint([(E, 1)], 2), gather, on])
    found = hand.trace(hand.item((money, 0), (money, 2)), policy=policy, budget=4)
    assert found.lines() == {rest: 20}
    assert hand.trace(hand.item((money, 0), (money, 2)), policy=policy, budget=5).lines() == {"unspent": 20}
    assert hand.trace(hand.item((money, 0), (money, 1)), policy="fifo", budget=4).lines() == {"unspent": 20}


# ---- Fees and coinbases ---------------------------------------------------------------------------------------------

#: The coinbase claims the subsidy and 15 of the 30 of fees; B's transaction, with 10, stands before A's, with 20.
FIRST = pay([(MONEY, 1)], [(C, 40)])
SECOND = pay([(MONEY, 0)], [(D, 80)])
CLAIM = mint([(E, SUBSIDY + 5), (A, 10)], 3)
AFTER = pay([(CLAIM, 1)], [(B, 10)])
FEES = Hand([MONEY], [CLAIM, FIRST, SECOND], [mint([(E, 1)], 4), AFTER])


def test_followed_fees_go_to_the_outputs_of_the_coinbase_and_what_it_leaves_is_unclaimed() -> None:
    fifo = FEES.trace(FEES.item((MONEY, 0)), policy="fifo", fees="follow")
    assert amounts(fifo, SECOND, FEES.book) == [("D", 80), ("fee", 20)]
    assert amounts(fifo, CLAIM, FEES.book) == [("A", 5), ("unclaimed", 15)]
    assert amounts(fifo, AFTER, FEES.book) == [("B", 5)]
    assert fifo.lines() == {"unspent": 85, "unclaimed": 15}
    # The last fee comes first: the first 20 satoshi of E are A's.
    lifo = FEES.trace(FEES.item((MONEY, 0)), policy="lifo", fees="follow")
    assert amounts(lifo, CLAIM, FEES.book) == [("E", 20)]
    assert FEES.trace(FEES.item((MONEY, 0)), policy="fifo").lines() == {"unspent": 80, "fees": 20}


def test_going_in_a_coinbase_leads_to_the_subsidy_and_to_those_who_paid_its_fees() -> None:
    found = FEES.trace(FEES.item((AFTER, 0)), direction="in", policy="fifo", fees="follow")
    assert amounts(found, CLAIM, FEES.book) == [("fee", 5), ("fee", 5)]
    assert amounts(found, FIRST, FEES.book) == [("B", 5)]
    assert amounts(found, SECOND, FEES.book) == [("A", 5)]
    whole = FEES.trace(FEES.item((CLAIM, 0)), direction="in", policy="fifo", fees="follow")
    assert amounts(whole, CLAIM, FEES.book) == [("subsidy", SUBSIDY), ("fee", 5)]
    # MONEY itself is of a coinbase: of its subsidy.
    assert whole.lines() == {"mined": SUBSIDY + 5}
    assert FEES.trace(FEES.item((AFTER, 0)), direction="in", policy="fifo").lines() == {"mined": 10}


def test_what_a_coinbase_pays_beyond_subsidy_and_fees_is_unexplained() -> None:
    greedy = mint([(E, SUBSIDY + 100)])
    hand = Hand([greedy])
    for policy in POLICIES:
        found = hand.trace(hand.item((greedy, 0)), direction="in", policy=policy, fees="follow")
        assert found.lines() == {"mined": SUBSIDY, "unexplained": 100}
    assert hand.trace(hand.item((greedy, 0)), direction="in").lines() == {"mined": SUBSIDY + 100}


def test_a_coinbase_that_is_spent_in_its_own_block_is_not_followed() -> None:
    claim = mint([(E, SUBSIDY)], 3)
    early = pay([(claim, 0)], [(D, SUBSIDY - 7)])
    hand = Hand([MONEY], [claim, early])
    found = hand.trace(hand.item((claim, 0)), fees="follow")
    assert found.lines() == {"unspent": SUBSIDY - 7, "fees": 7}
    assert hand.trace(hand.item((early, 0)), direction="in", fees="follow").lines() == {"mined": SUBSIDY - 7}


def test_the_subsidy_is_halved_in_block_150() -> None:
    blocks = [[mint([(A, 1)], height)] for height in range(1, 151)]
    hand = Hand(*blocks)
    subsidies = [hand.book.sides(transaction)[0][0].value for transaction in (0, 149, 150)]
    assert subsidies == [SUBSIDY, SUBSIDY, SUBSIDY // 2]


# ---- Where a trace ends ---------------------------------------------------------------------------------------------

#: A chain of payments A -> B -> C -> D, one block each; each keeps 10 of change.
START = mint([(A, 100)])
TO_B = pay([(START, 0)], [(B, 90), (A, 10)])
TO_C = pay([(TO_B, 0)], [(C, 80), (B, 10)])
TO_D = pay([(TO_C, 0)], [(D, 70), (C, 10)])
LINE = Hand([START], [mint([(E, 1)], 2), TO_B], [mint([(E, 1)], 3), TO_C], [mint([(E, 1)], 4), TO_D])
WALLETS = {A: 0, B: 1, C: 2, D: 3, E: 4}


@pytest.mark.parametrize(
    ("settings", "lines"),
    [
        ({}, {"unspent": 100}),
        ({"max_tx_hops": 0}, {"cut_off_tx_hops": 100}),
        ({"max_tx_hops": 1}, {"unspent": 10, "cut_off_tx_hops": 90}),
        ({"max_tx_hops": 3}, {"unspent": 100}),
        ({"min_value": 90}, {"unspent": 20, "cut_off_value": 80}),
        ({"min_value": 101}, {"cut_off_value": 100}),
        ({"until": 4}, {"unspent": 20, "cut_off_date": 80}),
        ({"since": 3}, {"cut_off_date": 100}),
        ({"since": 2, "until": 3}, {"unspent": 10, "cut_off_date": 90}),
        ({"budget": 1}, {"cut_off_budget": 100}),
        ({"budget": 2}, {"unspent": 10, "cut_off_budget": 90}),
        ({"budget": 4}, {"unspent": 20, "cut_off_budget": 80}),
        ({"budget": 6}, {"unspent": 100}),
        ({"stop_at": {C: frozenset(["x"])}}, {"unspent": 20, "stopped: x": 80}),
        ({"stop_at": {C: frozenset("yx"), A: frozenset("z")}}, {"unspent": 10, "stopped: x | y": 80, "stopped: z": 10}),
        ({"max_hops": 1, "clusters": WALLETS}, {"unspent": 10, "cut_off_hops": 90}),
        ({"max_hops": 1, "clusters": WALLETS | {B: 0}}, {"unspent": 20, "cut_off_hops": 80}),
        ({"max_hops": 0, "clusters": WALLETS}, {"cut_off_hops": 100}),
        ({"stop_at": {A: frozenset("a"), B: frozenset("b")}, "clusters": WALLETS | {B: 0}}, {"stopped: a | b": 100}),
    ],
)
def test_limits_and_stops_going_out(settings: dict[str, Any], lines: dict[str, int]) -> None:
    assert LINE.trace(LINE.item((START, 0)), **settings).lines() == lines


@pytest.mark.parametrize(
    ("settings", "lines"),
    [
        ({}, {"mined": 70}),
        ({"max_tx_hops": 2}, {"cut_off_tx_hops": 70}),
        ({"max_tx_hops": 3}, {"mined": 70}),
        ({"min_value": 71}, {"cut_off_value": 70}),
        ({"since": 3}, {"cut_off_date": 70}),
        ({"until": 4}, {"cut_off_date": 70}),
        ({"budget": 2}, {"cut_off_budget": 70}),
        ({"stop_at": {B: frozenset("b"), D: frozenset("d")}}, {"stopped: b": 70}),
        ({"max_hops": 2, "clusters": WALLETS}, {"cut_off_hops": 70}),
        ({"max_hops": 2, "clusters": WALLETS | {C: 3}}, {"mined": 70}),
    ],
)
def test_limits_and_stops_going_in(settings: dict[str, Any], lines: dict[str, int]) -> None:
    assert LINE.trace(LINE.item((TO_D, 0)), direction="in", **settings).lines() == lines


def test_a_chain_that_ends_earlier_leaves_it_unspent() -> None:
    early = Hand([START], [mint([(E, 1)], 2), TO_B], [mint([(E, 1)], 3), TO_C], height=2)
    found = early.trace(early.item((START, 0)))
    assert found.lines() == {"unspent": 100} and len(found.steps) == 3


def test_change_is_no_hop_and_a_payment_is_one() -> None:
    found = LINE.trace(LINE.item((START, 0)), clusters=WALLETS)
    assert [(step.hop, step.tx_hop) for step in found.steps] == [(0, 0), (1, 1), (0, 1), (2, 2), (1, 2), (3, 3), (2, 3)]
    found = LINE.trace(LINE.item((TO_D, 1), (TO_D, 0)), clusters=WALLETS, direction="in")
    assert [(step.hop, step.tx_hop) for step in found.steps] == [(0, 0), (0, 0), (0, 1), (1, 2), (2, 3)]
    assert [step.hop for step in LINE.trace(LINE.item((TO_C, 0))).steps] == [None, None, None]


def test_the_least_hop_of_what_meets_counts() -> None:
    other = mint([(B, 5)], 2)
    meet = pay([(TO_B, 0), (other, 0)], [(B, 60), (C, 35)])
    hand = Hand([START], [other, TO_B], [mint([(E, 1)], 3), meet])
    found = hand.trace(hand.item((START, 0), (other, 0)), clusters=WALLETS)
    assert [(step.hop, step.tx_hop) for step in found.steps[-2:]] == [(0, 1), (1, 1)]
    found = hand.trace(hand.item((START, 0)), clusters=WALLETS)
    assert [(step.hop, step.tx_hop) for step in found.steps[-2:]] == [(1, 2), (2, 2)]
    found = hand.trace(hand.item((meet, 0), (meet, 1)), clusters=WALLETS, direction="in", policy="fifo")
    assert [(step.hop, step.tx_hop) for step in found.steps[-3:]] == [(0, 1), (0, 1), (1, 2)]


def test_a_fee_is_not_cut_off_by_hops() -> None:
    settings: dict[str, Any] = {"direction": "in", "fees": "follow", "clusters": WALLETS, "max_hops": 2}
    found = FEES.trace(FEES.item((AFTER, 0)), policy="fifo", **settings)
    assert [(step.hop, step.outcome) for step in found.steps if step.slot.kind == "fee"] == [(2, "followed")] * 2
    assert found.lines() == {"cut_off_hops": 10}


def test_a_source_that_reaches_itself_is_counted_twice_and_rejoined_once() -> None:
    found = LINE.trace(LINE.item((START, 0), (TO_C, 0)))
    assert (found.source, found.lines()) == (180, {"unspent": 100, "rejoined": 80})
    assert [step.outcome for step in found.steps[:2]] == ["followed", "followed"]


def test_the_coins_of_genesis_and_of_a_repeated_coinbase_are_lost() -> None:
    repeated = mint([(A, 100), (B, 5)])
    spend = pay([(repeated, 1)], [(C, 5)])
    hand = Hand([repeated], [mint([(E, 1)], 2), spend], [repeated])
    assert hand.trace([(0, SUBSIDY)]).lines() == {"lost": SUBSIDY}
    assert hand.trace([(1, 100), (2, 5)]).lines() == {"lost": 100, "unspent": 5}
    before = Hand([repeated], [mint([(E, 1)], 2), spend], [repeated], height=2)
    assert before.trace([(1, 100), (2, 5)]).lines() == {"unspent": 105}


def test_a_note_with_money_on_it_is_unspent() -> None:
    spend = pay([(START, 0)], [(op_return(b"note"), 100)])
    hand = Hand([START], [mint([(E, 1)], 2), spend])
    assert hand.trace(hand.item((START, 0))).lines() == {"unspent": 100}


# ---- Several sources ------------------------------------------------------------------------------------------------


def sources(found: OracleTrace) -> dict[tuple[int, int | None], int]:
    return {(source, output): amount for (source, output, _, _), amount in found.ends_by_source().items()}


@pytest.mark.parametrize(
    ("policy", "of_a", "of_b"),
    [
        # 150 go to C 90, D 40, fee 20. A (source 0) has 100, B (source 1) 50, and B's input is the first.
        ("haircut", (60, 27, 13), (30, 13, 7)),
        ("poison", (90, 40, 20), (90, 40, 20)),
        ("fifo", (40, 40, 20), (50, 0, 0)),
        ("lifo", (90, 10, 0), (0, 30, 20)),
        ("highest_outputs_first", (40, 40, 20), (50, 0, 0)),
    ],
)
def test_every_end_says_how_much_came_from_which_source(
    policy: str, of_a: tuple[int, ...], of_b: tuple[int, ...]
) -> None:
    found = SIMPLE.trace(SIMPLE.item((MONEY, 0)), SIMPLE.item((MONEY, 1)), policy=policy)
    outputs = [SIMPLE.numbers[SPEND.txid, 0], SIMPLE.numbers[SPEND.txid, 1], None]
    rows = {(0, output): amount for output, amount in zip(outputs, of_a, strict=True) if amount}
    rows |= {(1, output): amount for output, amount in zip(outputs, of_b, strict=True) if amount}
    assert sources(found) == rows


def test_haircut_deals_what_is_left_to_one_source_after_the_other() -> None:
    money = mint([(A, 1), (B, 1), (C, 1)])
    spend = pay([(money, 0), (money, 1), (money, 2)], [(D, 1), (E, 1)])
    hand = Hand([money], [mint([(E, 1)], 2), spend])
    found = hand.trace(hand.item((money, 2)), hand.item((money, 0)), hand.item((money, 1)))
    outputs = [hand.numbers[spend.txid, 0], hand.numbers[spend.txid, 1], None]
    assert sources(found) == {(source, output): 1 for source, output in enumerate(outputs)}


def test_an_output_belongs_to_the_first_that_names_it_with_the_larger_amount() -> None:
    found = SIMPLE.trace(SIMPLE.item((MONEY, 0, 10)), SIMPLE.item((MONEY, 0, 30), (MONEY, 1, 7)), policy="fifo")
    assert found.source == 37
    assert sum(amount for (source, _), amount in sources(found).items() if source == 0) == 30
    found = SIMPLE.trace(SIMPLE.item((MONEY, 0, 30)), SIMPLE.item((MONEY, 0, 10)), policy="fifo")
    assert sum(sources(found).values()) == found.source == 30
