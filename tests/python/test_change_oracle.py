"""The oracle of change rules, held against transactions made by hand."""

from __future__ import annotations

import pytest
from chains.by_hand import address, chain_of, in_chain, mint, pay
from chains.random_blocks import op_return, p2wpkh, random_chain
from oracles.chain import OracleChain, OracleTx
from oracles.change import (
    RULES,
    address_reuse,
    address_type,
    fingerprint,
    fixed_fee,
    fresh,
    is_peeling,
    locktime,
    one_time_change,
    optimal,
    peeling,
    power_of_ten,
    spent,
)

A, B, C, D, E, F = (address(number) for number in range(6))
W = p2wpkh(bytes(20))
NOTE = op_return(b"a note")


def other(note: int) -> OracleTx:
    """A coinbase that nobody cares about."""
    return mint([(F, 1)], note)


# ---- Rules that nothing later changes -------------------------------------------------------------------------------

MONEY = mint([(A, 3_000_000), (B, 2_000_000), (W, 500)])


def alone(tx: OracleTx) -> tuple[OracleChain, OracleTx]:
    """The chain in which block 2 spends MONEY, and its copy of the transaction."""
    chain = chain_of([MONEY], [other(1), tx])
    return chain, in_chain(chain, tx)


def test_power_of_ten_leaves_what_is_not_round() -> None:
    outputs = [(C, 1_000_000), (D, 1_234_000), (NOTE, 7), (E, 0), (C, 999_999)]
    chain, tx = alone(pay([(MONEY, 0), (MONEY, 1)], outputs))
    assert power_of_ten(chain, tx, 2) == {1, 4}
    assert power_of_ten(chain, tx, 2, digits=3) == {4}
    assert power_of_ten(chain, tx, 2, digits=0) == set()


def test_optimal_leaves_what_is_below_the_smallest_input() -> None:
    outputs = [(C, 2_000_000), (D, 1_999_999), (NOTE, 5), (E, 999_000)]
    chain, tx = alone(pay([(MONEY, 0), (MONEY, 1)], outputs))
    assert tx.fee == 996
    assert optimal(chain, tx, 2) == {1, 3}
    assert optimal(chain, tx, 2, fee=True) == {3}


def test_optimal_with_the_fee_is_strict_too() -> None:
    chain, tx = alone(pay([(MONEY, 0), (MONEY, 1)], [(C, 3_000_900), (D, 1_999_050)]))
    assert tx.fee == 50
    assert optimal(chain, tx, 2, fee=True) == {1}
    chain, tx = alone(pay([(MONEY, 0), (MONEY, 1)], [(C, 3_000_000), (D, 1_999_950)]))
    assert tx.fee == 50
    assert optimal(chain, tx, 2, fee=True) == set()


def test_address_type_leaves_the_kind_of_all_inputs() -> None:
    outputs = [(C, 100), (p2wpkh(bytes(19) + b"x"), 100), (NOTE, 0)]
    assert address_type(*alone(pay([(MONEY, 0), (MONEY, 1)], outputs)), 2) == {0}
    assert address_type(*alone(pay([(MONEY, 2)], outputs)), 2) == {1}
    assert address_type(*alone(pay([(MONEY, 0), (MONEY, 2)], outputs)), 2) == set()


def test_address_reuse_leaves_what_returns() -> None:
    outputs = [(B, 100), (C, 100), (A, 100), (W, 100)]
    assert address_reuse(*alone(pay([(MONEY, 0), (MONEY, 1)], outputs)), 2) == {0, 2}


def test_fresh_leaves_what_was_never_paid_before() -> None:
    """Twice in one transaction is fresh both times; an address that later transactions pay stays fresh in the first."""
    first = pay([(MONEY, 0)], [(C, 100), (C, 100), (B, 100), (NOTE, 0), (D, 100)])
    second = pay([(MONEY, 1)], [(C, 100), (D, 100), (E, 100)])
    chain = chain_of([MONEY], [other(1), first, second])
    assert fresh(chain, in_chain(chain, first), 2) == {0, 1, 4}
    assert fresh(chain, in_chain(chain, second), 2) == {2}


def test_a_coinbase_has_no_change() -> None:
    chain = chain_of([MONEY], [other(1), pay([(MONEY, 0)], [(C, 1)])])
    for rule in RULES.values():
        assert rule(chain, in_chain(chain, MONEY), 2) == set()
    assert optimal(chain, in_chain(chain, MONEY), 2, fee=True) == set()


# ---- Rules that look at what came later -----------------------------------------------------------------------------


def test_only_spends_up_to_the_height_count() -> None:
    first = pay([(MONEY, 0)], [(C, 100), (D, 100), (NOTE, 0)], locktime=1)
    second = pay([(first, 1)], [(E, 100)])
    third = pay([(first, 0)], [(E, 100)], locktime=7)
    chain = chain_of([MONEY], [other(1), first], [other(2), second], [other(3), third])
    tx = in_chain(chain, first)
    assert [spent(chain, tx, height) for height in (2, 3, 4)] == [set(), {1}, {0, 1}]
    assert [locktime(chain, tx, height) for height in (2, 3, 4)] == [{0, 1}, {0}, {0}]


def test_spent_lists_outputs_of_every_kind() -> None:
    """Nobody can spend an OP_RETURN output, but a chain without script checks may hold it."""
    first = pay([(MONEY, 0)], [(NOTE, 50), (C, 100)])
    chain = chain_of([MONEY], [other(1), first, pay([(first, 0)], [(D, 50)])])
    assert spent(chain, in_chain(chain, first), 2) == {0}
    assert locktime(chain, in_chain(chain, first), 2) == {1}


def test_locktime_compares_whether_there_is_one() -> None:
    first = pay([(MONEY, 0)], [(C, 100), (D, 100), (E, 100)])
    spends = [pay([(first, 0)], [(F, 100)]), pay([(first, 1)], [(F, 100)], locktime=500)]
    chain = chain_of([MONEY], [other(1), first, *spends])
    assert locktime(chain, in_chain(chain, first), 2) == {0, 2}


def test_fixed_fee_compares_the_rate_in_whole_satoshi_for_a_thousand_virtual_bytes() -> None:
    """The rate is rounded down: 2006.54 and 2006.02 are the same, 2005.99 is another."""
    first = pay([(MONEY, 0)], [(C, 1_000_000), (D, 1_000_000), (E, 3_000_000 - 2_000_000 - 307)])
    spends = [pay([(first, 0)], [(F, 1_000_000 - 333)], script_sig=bytes(81))]
    spends += [pay([(first, 1)], [(F, 1_000_000 - 335)], script_sig=bytes(82))]
    assert [tx.vsize for tx in (first, *spends)] == [153, 166, 167]
    chain = chain_of([MONEY], [other(1), first, *spends])
    assert [in_chain(chain, tx).fee for tx in (first, *spends)] == [307, 333, 335]
    assert fixed_fee(chain, in_chain(chain, first), 2) == {0, 2}


FINGERPRINTS = [
    ({"version": 2, "locktime": 9, "sequence": 0xFFFFFFFE}, True),
    ({"version": 1, "locktime": 9, "sequence": 0xFFFFFFFE}, False),
    ({"version": 2, "locktime": 0, "sequence": 0xFFFFFFFE}, False),
    ({"version": 2, "locktime": 9, "sequence": 0xFFFFFFFF}, False),
    ({"version": 2, "locktime": 9, "sequence": 0xFFFFFFFE, "witness": (b"x",)}, False),
]


@pytest.mark.parametrize(("options", "fits"), FINGERPRINTS)
def test_fingerprint_compares_version_locktime_witness_and_sequences(options: dict[str, int], fits: bool) -> None:
    first = pay([(MONEY, 0)], [(C, 100), (D, 100)], version=2, locktime=1, sequence=0xFFFFFFFE)
    second = pay([(first, 1)], [(E, 100)], **options)  # type: ignore[arg-type]
    chain = chain_of([MONEY], [other(1), first], [other(2), second])
    assert fingerprint(chain, in_chain(chain, first), 2) == {0, 1}
    assert fingerprint(chain, in_chain(chain, first), 3) == ({0, 1} if fits else {0})


@pytest.mark.parametrize(
    ("first", "second", "alike"),
    [
        (0x80000000, 0xFFFFFFFD, True),
        (0xFFFFFFFD, 0xFFFFFFFE, False),
        (0xFFFFFFFE, 0xFFFFFFFF, False),
        (0x7FFFFFFF, 0x80000000, False),
        (0, 0x7FFFFFFF, True),
    ],
)
def test_sequences_are_of_four_classes(first: int, second: int, alike: bool) -> None:
    start = pay([(MONEY, 0)], [(C, 100)], sequence=first)
    chain = chain_of([MONEY], [other(1), start, pay([(start, 0)], [(D, 100)], sequence=second)])
    assert fingerprint(chain, in_chain(chain, start), 2) == ({0} if alike else set())


# ---- Peeling --------------------------------------------------------------------------------------------------------


def test_a_link_of_a_peeling_chain_has_a_neighbour_that_looks_like_one() -> None:
    lone = pay([(MONEY, 0)], [(A, 10), (B, 90)])
    sweep = pay([(lone, 0)], [(C, 10)])
    link = pay([(lone, 1)], [(D, 50), (E, 40)])
    end = pay([(link, 0)], [(A, 50)])
    more = pay([(link, 1)], [(A, 5), (NOTE, 35)])
    chain = chain_of([MONEY], [other(1), lone, sweep], [other(2), link], [other(3), end], [other(4), more])
    first, second = in_chain(chain, lone), in_chain(chain, link)
    assert not is_peeling(chain, first, 2) and peeling(chain, first, 2) == set()
    assert is_peeling(chain, first, 3) and peeling(chain, first, 3) == {1}
    assert [peeling(chain, second, height) for height in (3, 4, 5)] == [{0, 1}, {1}, {1}]
    assert peeling(chain, in_chain(chain, sweep), 5) == set()
    assert peeling(chain, in_chain(chain, more), 5) == {0}


def test_a_coinbase_is_no_link() -> None:
    money = mint([(A, 10), (B, 90)])
    lone = pay([(money, 1)], [(C, 40), (D, 50)])
    chain = chain_of([money], [other(1), lone])
    assert peeling(chain, in_chain(chain, lone), 2) == set()


# ---- One-time change ------------------------------------------------------------------------------------------------


def test_one_time_change_is_the_only_fresh_output() -> None:
    assert one_time_change(*alone(pay([(MONEY, 0)], [(B, 10), (C, 10)])), 2) == {1}
    assert one_time_change(*alone(pay([(MONEY, 0)], [(B, 10), (C, 10), (NOTE, 0)])), 2) == {1}
    assert one_time_change(*alone(pay([(MONEY, 0)], [(C, 10)])), 2) == {0}
    assert one_time_change(*alone(pay([(MONEY, 0)], [(C, 10), (D, 10)])), 2) == set()
    assert one_time_change(*alone(pay([(MONEY, 0)], [(C, 10), (C, 10)])), 2) == set()
    assert one_time_change(*alone(pay([(MONEY, 0)], [(B, 10), (W, 10)])), 2) == set()


def test_one_time_change_is_none_where_an_output_returns() -> None:
    assert one_time_change(*alone(pay([(MONEY, 0)], [(A, 10), (C, 10)])), 2) == set()
    assert one_time_change(*alone(pay([(MONEY, 0), (MONEY, 1)], [(B, 10), (C, 10)])), 2) == set()


def test_with_wait_one_time_change_must_not_be_paid_again_in_that_time() -> None:
    change = pay([(MONEY, 0)], [(B, 10), (C, 10)])
    again = pay([(MONEY, 1)], [(C, 10)])
    chain = chain_of([MONEY], [other(1), change], [other(2)], [other(3), again], step=1000)
    tx = in_chain(chain, change)
    assert one_time_change(chain, tx, 4) == {1}
    assert one_time_change(chain, tx, 4, wait=1999) == {1}
    assert one_time_change(chain, tx, 4, wait=2000) == set()
    assert one_time_change(chain, tx, 3, wait=2000) == {1}


def test_with_wait_a_payment_of_the_same_block_counts() -> None:
    change = pay([(MONEY, 0)], [(B, 10), (C, 10)])
    again = pay([(MONEY, 1)], [(C, 10)])
    chain = chain_of([MONEY], [other(1), change, again])
    assert one_time_change(chain, in_chain(chain, change), 2, wait=0) == set()


def test_transactions_with_an_output_that_was_self_change_before_can_be_skipped() -> None:
    returns = pay([(MONEY, 0)], [(A, 10), (B, 20)])
    to_it = pay([(MONEY, 1)], [(A, 10), (C, 10)])
    not_to_it = pay([(returns, 1)], [(W, 10), (D, 10)])
    chain = chain_of([MONEY], [other(1), returns, to_it, not_to_it])
    for tx, skipped in ((to_it, set()), (not_to_it, {1})):
        assert one_time_change(chain, in_chain(chain, tx), 2) == {1}
        assert one_time_change(chain, in_chain(chain, tx), 2, skip_self_change=True) == skipped


def test_what_becomes_self_change_later_is_not_skipped() -> None:
    to_it = pay([(MONEY, 1)], [(A, 10), (C, 10)])
    returns = pay([(MONEY, 0)], [(A, 10), (B, 20)])
    chain = chain_of([MONEY], [other(1), to_it, returns])
    assert one_time_change(chain, in_chain(chain, to_it), 2, skip_self_change=True) == {1}


# ---- All rules ------------------------------------------------------------------------------------------------------

LATER = {"fingerprint", "fixed_fee", "locktime", "peeling", "spent"}


def test_on_a_random_chain_every_rule_finds_and_rules_out_and_only_those_of_later_spends_change() -> None:
    chain = OracleChain(random_chain(7), "regtest")
    answers: dict[str, set[str]] = {name: set() for name in RULES}
    for height, block in enumerate(chain.blocks):
        for tx in block.txs:
            for name, rule in RULES.items():
                first, last = rule(chain, tx, height), rule(chain, tx, 30)
                answers[name] |= {"some"} if last else {"none"}
                answers[name] |= {"changes"} if first != last else set()
                assert last <= set(range(len(tx.outputs)))
    assert answers.pop("none") == {"none"}
    for name, found in answers.items():
        assert found == ({"some", "none", "changes"} if name in LATER else {"some", "none"}), name


@pytest.mark.parametrize("seed", range(3))
def test_one_time_change_with_its_refinements_finds_less_but_something(seed: int) -> None:
    chain = OracleChain(random_chain(seed), "regtest")
    txs = [tx for block in chain.blocks for tx in block.txs]
    plain, waited, skipped = (
        {tx.txid for tx in txs if one_time_change(chain, tx, 30, wait, skip)}
        for wait, skip in ((None, False), (86400, False), (None, True))
    )
    assert waited and waited < plain
    assert skipped and skipped < plain
