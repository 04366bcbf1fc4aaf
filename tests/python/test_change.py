"""Change rules: against slow, obvious ones, by their laws, and on a chain whose owners are known."""

from __future__ import annotations

import gzip
import inspect
import itertools
import json
import pickle
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy
import pandas
import polars
import pyarrow
import pytest
import satrail
from chains.by_hand import address, chain_of, mint, pay
from chains.random_blocks import random_chain
from conftest import DATA, ROOT, write_blocks
from oracles import change as change_oracle
from oracles.chain import OracleChain
from oracles.change import RULES
from satrail import ChangeRule, change

DAY = 86_400

#: Rules with options, and what the oracle calls them.
WITH_OPTIONS: dict[str, tuple[ChangeRule, Callable[..., set[int]]]] = {
    "power_of_ten(digits=3)": (change.power_of_ten(3), lambda *at: change_oracle.power_of_ten(*at, digits=3)),
    "power_of_ten(digits=0)": (change.power_of_ten(0), lambda *at: change_oracle.power_of_ten(*at, digits=0)),
    "optimal(with_fee=True)": (change.optimal(with_fee=True), lambda *at: change_oracle.optimal(*at, fee=True)),
    **{
        f"one_time_change(wait={wait})": (
            change.one_time_change(wait=wait),
            lambda *at, wait=wait: change_oracle.one_time_change(*at, wait=wait),
        )
        for wait in (0, 600, DAY, 4_000_000_000)
    },
    "one_time_change(skip_self_change=True)": (
        change.one_time_change(skip_self_change=True),
        lambda *at: change_oracle.one_time_change(*at, skip_self_change=True),
    ),
    "one_time_change(wait=3600, skip_self_change=True)": (
        change.one_time_change(wait=3600, skip_self_change=True),
        lambda *at: change_oracle.one_time_change(*at, wait=3600, skip_self_change=True),
    ),
}
ALL = {name: (change.named(name), rule) for name, rule in RULES.items()} | WITH_OPTIONS
REFINED = [name for name in ALL if "wait" in name or "skip" in name]
RANDOM = range(4)


def store_of(folder: Path, truth: OracleChain, until: int | None = None) -> satrail.Chain:
    """A store of an oracle's chain."""
    name = "store" if until is None else f"store-{until}"
    if not (folder / "blocks").exists():
        write_blocks(folder / "blocks", truth.blocks)
    satrail.ingest(folder / "blocks", folder / name, until=until, progress=False)
    return satrail.open(folder / name)


@pytest.fixture(scope="module")
def randoms(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[OracleChain, satrail.Chain, Path]]:
    """Random chains, the last of them with a coinbase that takes over an id."""
    made = []
    for seed in RANDOM:
        truth = OracleChain(random_chain(seed, duplicate_coinbase=seed == RANDOM[-1]), "regtest")
        folder = tmp_path_factory.mktemp("random")
        made.append((truth, store_of(folder, truth), folder))
    return made


def chosen(chain: satrail.Chain, rule: ChangeRule | str, **options: object) -> set[tuple[str, int]]:
    """(txid, position) of what a rule leaves."""
    columns = chain.change(rule, **options).to_pydict()
    return set(zip(columns["txid"], columns["position"], strict=True))


def joined(lists: Iterable[list]) -> list:
    return list(itertools.chain.from_iterable(lists))


def expected(truth: OracleChain, rule: Callable[..., set[int]], height: int) -> set[tuple[str, int]]:
    """The same by an oracle's rule; an id that two coinbases share has no change."""
    txs = (tx for block in truth.blocks[: height + 1] for tx in block.txs if not tx.is_coinbase)
    return {(tx.txid, position) for tx in txs for position in rule(truth, tx, height)}


# ---- Against the oracle ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", RANDOM)
@pytest.mark.parametrize("name", ALL)
def test_a_rule_leaves_what_the_oracle_leaves_at_every_height(name, seed, randoms):
    truth, chain, _ = randoms[seed]
    rule, slow = ALL[name]
    for height in (chain.height, chain.height * 2 // 3, 4):
        assert chosen(chain.at(height), rule) == expected(truth, slow, height)


# The oracle's one-time change looks through the whole chain for each transaction, so it is asked about fewer there.
@pytest.mark.parametrize("name", [name for name in ALL if name not in REFINED])
def test_a_rule_leaves_what_the_oracle_leaves_on_the_chain_of_a_node(name, chain, truth):
    rule, slow = ALL[name]
    for height in (chain.height, 320):
        assert chosen(chain.at(height), rule) == expected(truth, slow, height)


@pytest.mark.parametrize("name", REFINED)
def test_refined_one_time_change_leaves_what_the_oracle_leaves_on_the_chain_of_a_node(name, chain, truth):
    rule, slow = ALL[name]
    plain, found = chosen(chain, "one_time_change"), chosen(chain, rule)
    assert found <= plain
    txs = change_oracle.all_transactions(truth)
    for txid, position in sorted(plain)[::40]:
        assert (slow(truth, txs[txid][1], chain.height) == {position}) == ((txid, position) in found)


def test_a_transaction_gives_the_outputs_that_the_table_has(randoms):
    _, chain, _ = randoms[0]
    for rule, _ in ALL.values():
        found = {
            (tx.txid, output.position) for block in chain for tx in block.transactions() for output in tx.change(rule)
        }
        assert found == chosen(chain, rule)


def test_features_of_fingerprints_are_compared_as_the_objects_show_them(randoms):
    _, chain, _ = randoms[1]

    def agrees(feature: str, ours: satrail.Transaction, theirs: satrail.Transaction) -> bool:
        a, b = ours.fingerprint, theirs.fingerprint
        if feature in ("low_r", "compressed_keys"):
            values = {getattr(a, feature), getattr(b, feature)} - {None}
            return len(values) < 2
        ways = {
            "version": ours.version == theirs.version,
            "locktime": (ours.locktime > 0) == (theirs.locktime > 0),
            "sequence": a.sequences == b.sequences,
        }
        return ways[feature] if feature in ways else getattr(a, feature) == getattr(b, feature)

    features = ["version", "locktime", "sequence", "segwit", "bip69", "low_r", "compressed_keys", "input_kinds"]
    for some in [[feature] for feature in features] + [features, features[2:5]]:
        found = {
            (tx.txid, output.position)
            for block in chain
            for tx in block.transactions()[1:]
            for output in tx.outputs()
            if output.kind != "op_return"
            and (output.spent_by is None or all(agrees(f, tx, output.spent_by.transaction) for f in some))
        }
        assert chosen(chain, change.fingerprint(some)) == found


# ---- Laws -----------------------------------------------------------------------------------------------------------

PAIRS = list(itertools.combinations(["optimal", "fresh", "locktime", "power_of_ten", "spent", "one_time_change"], 2))


@pytest.mark.parametrize(("a", "b"), PAIRS)
def test_rules_combine_as_sets_do(a, b, randoms):
    _, chain, _ = randoms[2]
    one, other = change.named(a), change.named(b)
    x, y = chosen(chain, one), chosen(chain, other)
    assert chosen(chain, one | other) == chosen(chain, other | one) == x | y
    assert chosen(chain, one & other) == chosen(chain, other & one) == x & y
    assert chosen(chain, one - other) == x - y
    assert chosen(chain, one - one) == set()
    assert chosen(chain, one & one) == chosen(chain, one | one) == x


@pytest.mark.parametrize("name", ALL)
def test_unique_leaves_the_only_output_or_none(name, randoms):
    _, chain, _ = randoms[2]
    rule = ALL[name][0]
    by_transaction: dict[str, set[int]] = {}
    for txid, position in chosen(chain, rule):
        by_transaction.setdefault(txid, set()).add(position)
    alone = {(txid, *positions) for txid, positions in by_transaction.items() if len(positions) == 1}
    assert chosen(chain, rule.unique()) == alone == chosen(chain, rule.unique().unique())


@pytest.mark.parametrize("seed", RANDOM)
def test_a_chain_in_the_past_is_a_store_that_ends_there(seed, randoms):
    truth, chain, folder = randoms[seed]
    for height in (5, 17):
        then = store_of(folder, truth, until=height)
        for rule, _ in ALL.values():
            assert chain.at(height).change(rule).to_pydict() == then.change(rule).to_pydict()


def test_the_answer_is_the_same_for_any_number_of_threads_and_in_parts(chain):
    for rule, _ in ALL.values():
        whole = chain.change(rule, threads=1).to_pydict()
        assert whole == chain.change(rule, threads=2).to_pydict() == chain.change(rule, threads=7).to_pydict()
        parts = [chain.change(rule, start, stop).to_pydict() for start, stop in ((0, 101), (101, 300), (300, None))]
        assert whole == {name: joined(part[name] for part in parts) for name in whole}


@pytest.mark.parametrize("name", ALL)
def test_only_rules_that_say_so_change_with_later_blocks(name, randoms):
    rule = ALL[name][0]
    changed = any(chosen(chain.at(20), rule) != chosen(chain, rule, stop=21) for _, chain, _ in randoms)
    assert rule.dynamic or not changed
    assert changed or not rule.dynamic or name in ("one_time_change(wait=0)", "one_time_change(wait=600)")


# ---- Tables ---------------------------------------------------------------------------------------------------------


def test_the_columns_say_what_the_objects_say(chain):
    found = chain.change("fresh", 290, 302)
    assert len(found) > 50
    columns = found.to_pydict()
    for row in (dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)):
        output = chain.output(f"{row['txid']}:{row['position']}")
        assert row["output"] == output.number
        assert row["transaction"] == output.transaction.number
        assert (row["height"], row["time"]) == (output.transaction.height, output.transaction.time)
        assert (row["address"], row["value"]) == (output.address.text, output.value)
        assert row["spent"] == (output.spent_by is not None)


def test_a_table_can_be_read_by_others_and_pickled(chain):
    found = chain.change("optimal")
    assert polars.DataFrame(found).height == len(found) == len(pickle.loads(pickle.dumps(found)))
    assert chain.change("none").to_pydict() == {name: [] for name in found.columns}
    assert len(chain.change("fresh", 0, 0)) == 0


# ---- Rules as objects -----------------------------------------------------------------------------------------------

SOME = [rule for rule, _ in ALL.values()] + [
    change.fingerprint(["bip69", "version"]),
    change.one_time_change(wait=5, gambling=["mpHRAiNhvkbciHx38rRP2wH68cx5LkkNNK"]),
    change.round_fiat({"2026-01-01": 90_000.5, "2026-01-02T12:00:00Z": 1.25}, unit=5),
    change.function("mine", len),
    change.table("theirs", [("ab" * 32, 1)]),
    (change.optimal() & change.fresh()).unique() | change.spent() - change.none(),
]


def test_the_page_and_the_module_have_the_same_rules():
    page = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8").partition("| rule | leaves |")[2]
    calls = dict(re.findall(r"^\| `(\w+)(?:\((.*?)\))?` \|", page.partition("\n\n")[0], re.MULTILINE))
    made = {name: made for name, made in vars(change).items() if callable(made)}
    assert set(calls) | {"ChangeRule", "named", "card"} == set(made)
    for name, given in calls.items():
        options = [option.partition("=")[0].strip() for option in given.split(",") if option]
        assert options == list(inspect.signature(made[name]).parameters), name


def test_rules_have_texts():
    assert repr((change.optimal() & change.fresh()).unique()) == "ChangeRule((optimal & fresh).unique())"
    assert change.power_of_ten().name == "power_of_ten(digits=6)"
    assert change.fingerprint().name == "fingerprint(version, locktime, sequence, segwit)"
    assert change.fingerprint(["segwit", "version", "segwit"]).name == "fingerprint(version, segwit)"
    assert change.function("mine", len).name == 'function("mine")'
    assert (change.locktime() - change.fresh()).versions == {"locktime": 1, "fresh": 1}
    assert (change.fresh() | change.peeling()).dynamic
    assert not (change.fresh() | change.optimal()).dynamic


def test_rules_are_equal_to_those_of_the_same_parts():
    for i, one in enumerate(SOME):
        for j, other in enumerate(SOME):
            assert (one == other) == (i == j)
    assert change.named("power_of_ten") == change.power_of_ten() == change.power_of_ten(digits=6)
    assert hash(change.fresh()) == hash(change.fresh())


@pytest.mark.parametrize("rule", SOME, ids=lambda rule: rule.name)
def test_rules_survive_a_pickle(rule):
    copy = pickle.loads(pickle.dumps(rule))
    assert copy == rule
    assert hash(copy) == hash(rule)


def test_the_identity_tells_rules_apart(chain):
    known = [rule for rule in SOME if "theirs" not in rule.name and "mine" not in rule.name]
    assert len({rule.identity(chain) for rule in known}) == len(known)
    prices = [change.round_fiat({"2026-01-01": price}) for price in (1, 2)]
    assert prices[0].identity(chain) != prices[1].identity(chain)


def test_a_rule_that_is_too_deep_is_refused():
    rule = change.fresh()
    with pytest.raises(ValueError, match="200 is the most"):
        for _ in range(300):
            rule = rule | change.none()
    assert pickle.loads(pickle.dumps(rule)) == rule


# ---- One-time change ------------------------------------------------------------------------------------------------

PLAYER, DICE, C, D = (address(number) for number in range(4))


@pytest.fixture(scope="module")
def gamble(tmp_path_factory: pytest.TempPathFactory) -> tuple[satrail.Chain, str, str]:
    """Two transactions with fresh change: to that of the first a gambling service pays back, to the other anybody."""
    money = mint([(PLAYER, 10_000), (PLAYER, 20_000), (DICE, 50_000), (PLAYER, 90_000)])
    bet, buy = pay([(money, 0)], [(DICE, 4000), (C, 5000)]), pay([(money, 1)], [(DICE, 4000), (D, 5000)])
    back, again = pay([(money, 2)], [(C, 8000), (DICE, 100)]), pay([(money, 3)], [(D, 8000), (DICE, 100)])
    truth = chain_of([money], [mint([(DICE, 1)], 1), bet, buy], [mint([(DICE, 1)], 2), back, again])
    return store_of(tmp_path_factory.mktemp("gamble"), truth), bet.txid, buy.txid


def test_what_a_gambling_service_pays_back_is_no_payment(gamble):
    chain, bet, buy = gamble
    dice = chain.address(DICE.hex()).text
    wait = {"wait": 2 * DAY}
    assert {(bet, 1), (buy, 1)} <= chosen(chain, change.one_time_change(), stop=3)
    assert chosen(chain, change.one_time_change(**wait), stop=3) == set()
    assert chosen(chain, change.one_time_change(**wait, gambling=[dice]), stop=3) == {(bet, 1)}
    assert chosen(chain, change.one_time_change(wait=1, gambling=[dice]), stop=3) == {(bet, 1), (buy, 1)}
    with pytest.raises(ValueError, match="given as gambling, is not an address"):
        chain.change(change.one_time_change(**wait, gambling=["dice"]))
    with pytest.raises(ValueError, match="give wait= too"):
        change.one_time_change(gambling=[dice])


# ---- Round amounts in a currency ------------------------------------------------------------------------------------


def test_round_amounts_are_ruled_out_where_there_was_a_price(chain):
    price, unit, tolerance = 90_000.0, 10, 0.002
    block = chain.block(300)
    rule = change.round_fiat({block.time: price}, unit, tolerance)
    until, since = block.time + timedelta(days=1), block.time
    for height in range(290, 310):
        for tx in chain.block(height).transactions()[1:]:
            left = [output.position for output in tx.change(rule)]
            for output in tx.outputs():
                cents = output.value * price / 1e6
                nearest = max(round(cents / (unit * 100)) * unit * 100, unit * 100)
                is_round = abs(cents - nearest) <= cents * tolerance and nearest * tolerance * 2 < unit * 100
                known = since <= tx.time < until
                assert (output.position in left) == (output.kind != "op_return" and not (known and is_round))


def test_prices_come_as_mappings_and_tables():
    prices = {date(2026, 1, 1): 90_000.0, date(2026, 1, 2): 91_000.5}
    rule = change.round_fiat(prices)
    assert rule == change.round_fiat({day.isoformat(): price for day, price in prices.items()})
    assert rule == change.round_fiat(
        {datetime(day.year, day.month, day.day, tzinfo=UTC): p for day, p in prices.items()}
    )
    days, values = list(prices), list(prices.values())
    moments = [datetime(day.year, day.month, day.day, tzinfo=UTC) for day in days]
    assert rule == change.round_fiat(pyarrow.table({"date": days, "price": values}))
    assert rule == change.round_fiat(polars.DataFrame({"time": moments, "price": values}))
    assert rule == change.round_fiat(pandas.DataFrame({"date": [day.isoformat() for day in days], "price": values}))


@pytest.mark.parametrize(
    ("prices", "options", "message"),
    [
        ({}, {}, "no price"),
        ({"2026-01-01": -1.0}, {}, "is not an amount of money"),
        ({"2026-01-01": float("nan")}, {}, "is not an amount of money"),
        ({"2026-01-01": "much"}, {}, "is not a number"),
        ({"yesterday": 1.0}, {}, "yesterday"),
        ({300: 1.0}, {}, "is not a date"),
        ({"2026-01-01": 1.0, date(2026, 1, 1): 2.0}, {}, "two prices"),
        ({"2026-01-01": 1.0}, {"unit": 0}, "unit"),
        ({"2026-01-01": 1.0}, {"tolerance": 0.7}, "tolerance"),
        ([1, 2], {}, "mapping"),
        (pyarrow.table({"day": [1]}), {}, "columns date or time"),
    ],
)
def test_prices_that_cannot_be_used_are_told(prices, options, message):
    with pytest.raises((ValueError, TypeError), match=message):
        change.round_fiat(prices, **options)


# ---- A user's own ---------------------------------------------------------------------------------------------------


def odd(outputs: satrail.Table) -> list[bool]:
    return [value % 2 == 1 for value in outputs.to_pydict()["value"]]


MASKS: dict[str, Callable[[satrail.Table], object]] = {
    "list": odd,
    "numpy": lambda outputs: numpy.array(odd(outputs)),
    "arrow": lambda outputs: pyarrow.array(odd(outputs), pyarrow.bool_()),
    "arrow chunks": lambda outputs: pyarrow.chunked_array([odd(outputs)[:5], odd(outputs)[5:]]),
    "polars": lambda outputs: polars.DataFrame(outputs)["value"] % 2 == 1,
    "pandas": lambda outputs: pandas.DataFrame(outputs.to_pydict())["value"] % 2 == 1,
}


@pytest.mark.parametrize("kind", MASKS)
def test_a_function_gives_a_mask_of_any_kind(kind, randoms):
    _, chain, _ = randoms[0]
    found = chosen(chain, change.function("odd", MASKS[kind]))
    assert found == {
        (tx.txid, output.position)
        for block in chain
        for tx in block.transactions()[1:]
        for output in tx.outputs()
        if output.value % 2 and output.kind != "op_return"
    }
    assert len(found) > 20


def test_a_function_sees_what_the_objects_say(randoms):
    _, chain, _ = randoms[3]
    seen: list[dict[str, list]] = []
    rule = change.function("look", lambda outputs: seen.append(outputs.to_pydict()) or [False] * len(outputs))
    chain.change(rule)
    columns = {name: joined(batch[name] for batch in seen) for name in seen[0]}
    outputs = [o for block in chain for tx in block.transactions()[1:] for o in tx.outputs()]
    assert columns["output"] == [o.number for o in outputs]
    of = {
        "transaction": lambda o: o.transaction.number,
        "height": lambda o: o.transaction.height,
        "time": lambda o: o.transaction.time,
        "position": lambda o: o.position,
        "value": lambda o: o.value,
        "kind": lambda o: o.kind,
        "spent_by": lambda o: o.spent_by and o.spent_by.transaction.number,
        "inputs": lambda o: len(o.transaction.inputs()),
        "outputs": lambda o: len(o.transaction.outputs()),
        "value_in": lambda o: sum(i.value for i in o.transaction.inputs()),
        "smallest_input": lambda o: min(i.value for i in o.transaction.inputs()),
        "fee": lambda o: o.transaction.fee(),
        "version": lambda o: o.transaction.version,
        "locktime": lambda o: o.transaction.locktime,
        "fingerprint": lambda o: o.transaction.fingerprint.bits,
    }
    for name, get in of.items():
        assert columns[name] == [get(o) for o in outputs], name
    fresh = chosen(chain, "fresh")
    pairs = [(o.transaction.txid, o.position) for o in outputs]
    marks = [fresh_ for fresh_, o in zip(columns["fresh"], outputs, strict=True) if o.kind != "op_return"]
    assert marks == [pair in fresh for pair, o in zip(pairs, outputs, strict=True) if o.kind != "op_return"]


def test_a_function_is_asked_once_for_a_chain(randoms):
    _, chain, _ = randoms[0]
    heights = []

    def count(outputs: satrail.Table) -> list[bool]:
        heights.append(max(outputs.to_pydict()["height"]))
        return odd(outputs)

    rule = change.function("count", count)
    whole = chosen(chain, rule & change.fresh())
    for tx in chain.tip.transactions():
        tx.change(rule)
    assert heights == [chain.height]
    past = chosen(chain.at(20), rule & change.fresh())
    assert heights == [chain.height, 20]
    assert past < whole
    assert rule.dynamic


@pytest.mark.parametrize(
    ("returned", "error", "message"),
    [
        ([True], ValueError, "'odd one' returned 1 marks for|\"odd one\" returned 1 marks for"),
        ([], ValueError, "returned 0 marks"),
        (None, TypeError, "NoneType"),
        (5, TypeError, "type int"),
        (["yes"], TypeError, "'yes' among its marks"),
        ([1, 0], TypeError, "1 among its marks"),
        (pyarrow.array([1, 2]), TypeError, "a column of Int64"),
        (pyarrow.array([True, None]), TypeError, "a column with nulls"),
        (numpy.array([1.0]), TypeError, "among its marks"),
    ],
)
def test_a_function_that_returns_no_mask_is_told(returned, error, message, randoms):
    _, chain, _ = randoms[0]
    with pytest.raises(error, match=message) as raised:
        chain.change(change.function("odd one", lambda _: returned))
    assert "odd one" in str(raised.value)


def test_what_a_function_raises_arrives_with_a_note(randoms):
    _, chain, _ = randoms[0]
    with pytest.raises(KeyError) as raised:
        chain.change(change.function("broken", lambda outputs: outputs.to_pydict()["colour"]))
    assert any("broken" in note for note in raised.value.__notes__)
    with pytest.raises(TypeError, match="is not a function"):
        change.function("none", 5)


def test_a_table_chooses_its_rows(randoms):
    _, chain, _ = randoms[1]
    rows = sorted(chosen(chain, "fresh"))[::3]
    txids, positions = [row[0] for row in rows], [row[1] for row in rows]
    ways = [
        rows + rows,
        iter(rows),
        pyarrow.table({"txid": txids, "position": positions}),
        polars.DataFrame({"position": positions, "txid": txids}),
        pandas.DataFrame({"txid": txids, "position": positions}),
    ]
    digests = set()
    for given in ways:
        rule = change.table("model", given)
        assert chosen(chain, rule) == set(rows)
        digests.add(rule.digests(chain)["model"])
        assert not rule.dynamic
    assert len(digests) == 1
    assert re.fullmatch("[0-9a-f]{64}", digests.pop())
    assert chosen(chain, change.table("nothing", [])) == set()
    # A coinbase has no change, whoever says so.
    assert chosen(chain, change.table("coinbase", [(chain.block(3).transactions()[0].txid, 0)])) == set()


def test_rows_that_the_chain_does_not_have_are_counted_and_told(randoms):
    _, chain, _ = randoms[1]
    txid = chain.block(5).transactions()[0].txid
    with pytest.raises(ValueError, match=r"5 of 6 rows of the table \"model\" have a transaction that is not"):
        chain.change(change.table("model", [(txid, 0), *((f"{n:064x}", 0) for n in range(5))]))
    with pytest.raises(ValueError, match=rf"1 of 2 rows .* have a position that .*{txid}:77"):
        chain.change(change.table("model", [(txid, 0), (txid, 77)]))
    with pytest.raises(ValueError, match="up to height 2"):
        chain.at(2).change(change.table("model", [(txid, 0)]))
    for given, message in [
        ([("ab", 0)], "ab"),
        ([(txid, -1)], "negative"),
        ([txid], "list of"),
        (5, "list of"),
        (pyarrow.table({"txid": [txid]}), "columns txid"),
        (pyarrow.table({"txid": [txid, None], "position": [0, 1]}), "without txid"),
    ]:
        with pytest.raises((ValueError, TypeError), match=message):
            change.table("model", given)


# ---- Bad input ------------------------------------------------------------------------------------------------------


def test_an_unknown_rule_is_told_with_names_that_are_near(chain):
    with pytest.raises(ValueError, match='unknown change rule "optimel"; did you mean optimal'):
        chain.change("optimel")
    with pytest.raises(ValueError, match="did you mean one_time_change"):
        change.named("one-time-change")
    with pytest.raises(ValueError, match="did you mean sequence"):
        change.fingerprint(["sequences"])
    with pytest.raises(ValueError, match="at least one"):
        change.fingerprint([])
    with pytest.raises(TypeError, match="is not a rule"):
        chain.change(5)
    with pytest.raises(TypeError):
        change.fresh() | "optimal"
    with pytest.raises((ValueError, OverflowError)):
        change.power_of_ten(-1)
    with pytest.raises(ValueError, match="threads"):
        chain.change("fresh", threads=0)


# ---- Precision and recall -------------------------------------------------------------------------------------------

#: What is measured: each alone, and some together.
MEASURED: dict[str, ChangeRule] = {
    rule.name: rule
    for rule in (
        change.address_reuse(),
        change.address_type(),
        change.fingerprint(),
        change.fixed_fee(),
        change.fresh(),
        change.locktime(),
        change.none(),
        change.one_time_change(),
        change.one_time_change(wait=DAY),
        change.one_time_change(wait=7 * DAY),
        change.one_time_change(skip_self_change=True),
        change.optimal(),
        change.optimal(with_fee=True),
        change.peeling(),
        change.power_of_ten(),
        change.power_of_ten(3),
        change.spent(),
        change.optimal() & change.fresh(),
        change.address_type() & change.power_of_ten() & change.fresh(),
    )
}


@pytest.fixture(scope="module")
def owners(chain: satrail.Chain) -> dict[str, str]:
    """Whose an address is, as the node's wallets say."""
    known = json.loads(gzip.decompress((DATA / "ground-truth.json.gz").read_bytes()))
    return {text: fact["wallet"] for text, fact in known["addresses"].items() if fact.get("wallet")}


def own_outputs(chain: satrail.Chain, owners: dict[str, str]) -> Iterator[tuple[str, set[int]]]:
    """Of each transaction of one known owner: its id, and which outputs are the owner's."""
    for block in chain:
        for tx in block.transactions()[1:]:
            senders = {owners.get(i.address.text or "") for i in tx.inputs() if i.address}
            if len(senders) == 1 and None not in senders:
                (sender,) = senders
                yield tx.txid, {o.position for o in tx.outputs() if owners.get(o.address.text or "") == sender}


def measured(chain: satrail.Chain, owners: dict[str, str]) -> list[str]:
    own = dict(own_outputs(chain, owners))
    with_change = {txid: positions for txid, positions in own.items() if len(positions) == 1}
    lines = ["| rule | decided | right | precision | recall |", "|---|---:|---:|---:|---:|"]
    for name, rule in MEASURED.items():
        found = {txid: position for txid, position in chosen(chain, rule.unique()) if txid in own}
        right = sum(position in own[txid] for txid, position in found.items())
        recalled = sum(found.get(txid) in positions for txid, positions in with_change.items())
        precision = f"{right / len(found):.3f}" if found else "-"
        lines.append(f"| `{name}` | {len(found)} | {right} | {precision} | {recalled / len(with_change):.3f} |")
    lines += ["", f"{len(own)} transactions, {len(with_change)} of them with exactly one output of the sender's."]
    return lines


def test_the_measured_precision_and_recall_stand_in_the_documentation(chain, owners):
    lines = measured(chain, owners)
    print("\n" + "\n".join(lines))
    text = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
    assert "\n".join(lines) in text, "docs/rules.md says something else; put in what is printed above"
