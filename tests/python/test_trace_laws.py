"""What is true of every trace, whoever computes it: satrail's traces obey, and so do the oracle's."""

from __future__ import annotations

import random
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import satrail
from chains.random_blocks import count
from chains.trace_cases import View, World
from conftest import write_blocks
from oracles.book import Book
from oracles.chain import OracleBlock, OracleChain, parse_block
from oracles.policies import POLICIES
from oracles.trace import Settings, trace, whole

SEEDS = range(3)
EXACT = ["fifo", "lifo", "highest_outputs_first", "poison"]


@dataclass
class Row:
    """A step that arrived at an output."""

    output: int
    amount: int
    outcome: str
    transaction: int | None


@dataclass
class Found:
    """What a trace says, whoever made it."""

    source: int
    joined: int
    lines: dict[str, int]
    rows: list[Row]
    parts: dict[tuple[int, int | None, str, str | None], int]

    def reached(self) -> dict[int, int]:
        """Output -> what arrived there; what it holds as a source does not count."""
        return {row.output: row.amount for row in self.rows if row.transaction is not None}


class Teller:
    """Traces the way that is tested: by satrail, or by the oracle."""

    def __init__(self, world: World, name: str):
        self.world = world
        self.name = name

    def trace(self, *sources: int, view: View | None = None, **settings: Any) -> Found:
        """Each source is one output, and an item of its own."""
        view = view or self.world.view()
        if self.name == "oracle":
            return oracle_found(view.book, sources, Settings(**settings))
        if "stop_at" in settings:
            labels = {script.hex(): label for script, (label,) in settings["stop_at"].items()}
            settings = settings | {"stop_at": labels}
        return satrail_found(view.chain.trace([view.output(number) for number in sources], **settings))


def oracle_found(book: Book, sources: tuple[int, ...], settings: Settings) -> Found:
    found = trace(book, [whole(book, number) for number in sources], settings)
    rows = [
        Row(step.slot.number, step.amount, step.outcome, step.transaction)
        for step in found.steps
        if step.slot.kind == "output"
    ]
    return Found(found.source, found.joined, found.lines(), rows, dict(found.ends_by_source()))


def satrail_found(found: satrail.Trace) -> Found:
    steps, ends = found.steps().to_pydict(), found.ends_by_source().to_pydict()
    columns = (steps[name] for name in ("output", "amount", "outcome", "transaction"))
    rows = [Row(*row) for row in zip(*columns, strict=True) if row[0] is not None]
    keys = zip(*(ends[name] for name in ("source", "output", "reason", "label")), strict=True)
    lines = {line: amount for line, amount in found.ledger.lines.items() if amount and line not in ("source", "joined")}
    parts = dict(zip(keys, ends["amount"], strict=True))
    return Found(found.ledger.source, found.ledger.joined, lines, rows, parts)


@pytest.fixture(scope="module", params=SEEDS)
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(request.param, tmp_path_factory.mktemp("world"))


@pytest.fixture(params=["oracle", "satrail"])
def teller(request: pytest.FixtureRequest, world: World) -> Teller:
    return Teller(world, request.param)


@pytest.fixture
def rng(world: World) -> random.Random:
    return random.Random(world.seed)


def some_outputs(rng: random.Random, teller: Teller, count: int) -> list[int]:
    """Outputs that hold something."""
    coins = teller.world.view().book.coins
    return rng.sample([number for number, coin in enumerate(coins) if coin.value], count)


def meeting(rng: random.Random, teller: Teller, direction: str) -> list[int]:
    """Some outputs of which none leads to another, by any way that there is, but some meet in a transaction."""
    book = teller.world.view().book
    sides = [transfer.inputs if direction == "out" else transfer.outputs for transfer in book.transfers]
    sides = [[output for output in side if book.coins[output].value] for side in sides]
    found: list[int] = []
    reached: set[int] = set()
    for output in rng.choice([side for side in sides if len(side) > 2])[:5] + some_outputs(rng, teller, 5):
        way = set(teller.trace(output, policy="poison", direction=direction, fees="follow").reached())
        if output not in reached and output not in found and not way & set(found):
            found.append(output)
            reached |= way
    return found


# ---- Back and forth -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fees", ["report", "follow"])
@pytest.mark.parametrize("policy", ["fifo", "lifo"])
def test_backwards_from_any_output_gives_what_forwards_put_there(
    policy: str, fees: str, teller: Teller, rng: random.Random
) -> None:
    settings = {"policy": policy, "fees": fees}
    starts = {number: teller.trace(number, **settings) for number in some_outputs(rng, teller, 12)}
    goals = {output for start in starts.values() for output in list(start.reached())[:10]}
    goals |= set(some_outputs(rng, teller, 10))
    compared = 0
    for goal in goals:
        back = teller.trace(goal, direction="in", **settings).reached()
        for start, found in starts.items():
            assert back.get(start, 0) == found.reached().get(goal, 0), (start, goal)
            compared += start in back
    assert compared > 20


# ---- Policies compared ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("direction", ["out", "in"])
@pytest.mark.parametrize("policy", [policy for policy in POLICIES if policy != "poison"])
def test_poison_reaches_whatever_another_policy_reaches(
    policy: str, direction: str, teller: Teller, rng: random.Random
) -> None:
    beyond = 0
    for fees in ("report", "follow"):
        for output in some_outputs(rng, teller, 6):
            settings = {"direction": direction, "fees": fees}
            found = teller.trace(output, policy=policy, **settings).reached()
            poisoned = teller.trace(output, policy="poison", **settings).reached()
            assert found.keys() <= poisoned.keys()
            assert all(amount <= poisoned[reached] for reached, amount in found.items())
            beyond += len(poisoned) - len(found)
    assert beyond >= 0 if policy == "haircut" else beyond > 0


def doubts(book: Book, sources: list[int], direction: str, fees: str) -> dict[int, Fraction]:
    """Output -> how far what a haircut puts there may be from the exact fraction.

    Every division moves a slot by less than one satoshi, and passes on the doubt about what came in, in proportion.
    """
    doubt = {book.slot(output): Fraction(0) for output in sources}
    for transaction in book.in_order(direction):
        inputs, outputs = book.sides(transaction)
        left, right = (inputs, outputs) if direction == "out" else (outputs, inputs)
        came = [doubt[slot] for slot in left if slot in doubt]
        total = sum(slot.value for slot in right)
        for slot in right if came and total else []:
            if slot.kind == "output" or fees == "follow":
                doubt.setdefault(slot, sum(came) * slot.value / total + 1)
    return {slot.number: most for slot, most in doubt.items() if slot.kind == "output"}


@pytest.mark.parametrize("fees", ["report", "follow"])
@pytest.mark.parametrize("direction", ["out", "in"])
def test_haircut_is_linear_in_its_sources_up_to_the_rounding(
    direction: str, fees: str, teller: Teller, rng: random.Random
) -> None:
    settings = {"policy": "haircut", "direction": direction, "fees": fees}
    sources = meeting(rng, teller, direction)
    joint = teller.trace(*sources, **settings)
    alone = [teller.trace(source, **settings).reached() for source in sources]
    doubt = doubts(teller.world.view().book, sources, direction, fees)
    for output in joint.reached().keys() | {output for found in alone for output in found}:
        parts = [found.get(output, 0) for found in alone]
        assert abs(joint.reached().get(output, 0) - sum(parts)) <= (len(sources) + 1) * doubt[output]
    assert any(sum(output in found for found in alone) > 1 for output in joint.reached())


@pytest.mark.parametrize("direction", ["out", "in"])
def test_of_several_sources_each_has_its_own_haircut_up_to_the_rounding(
    direction: str, teller: Teller, rng: random.Random
) -> None:
    sources = meeting(rng, teller, direction)
    joint = teller.trace(*sources, policy="haircut", direction=direction)
    doubt = doubts(teller.world.view().book, sources, direction, "report")
    for number, source in enumerate(sources):
        alone = teller.trace(source, policy="haircut", direction=direction).parts
        ends = {output for _, output, _, _ in [*alone, *joint.parts] if output is not None}
        for output in ends:
            here = sum(amount for (of, at, _, _), amount in joint.parts.items() if (of, at) == (number, output))
            there = sum(amount for (_, at, _, _), amount in alone.items() if at == output)
            # It is dealt out after those before it, each of which moves what is left by less than one satoshi.
            assert abs(here - there) <= (len(sources) + 2) * doubt[output]


# ---- Stops, moments, order, budget ----------------------------------------------------------------------------------


@pytest.mark.parametrize("direction", ["out", "in"])
@pytest.mark.parametrize("policy", list(POLICIES))
def test_a_stop_set_only_shortens(policy: str, direction: str, teller: Teller, rng: random.Random) -> None:
    book = teller.world.view().book
    stopped = 0
    for fees in ("report", "follow"):
        for output in some_outputs(rng, teller, 8):
            settings = {"policy": policy, "direction": direction, "fees": fees}
            free = teller.trace(output, **settings).reached()
            scripts = [book.coins[reached].script for reached in free if book.coins[reached].script[:1] != b"\x6a"]
            stops = dict.fromkeys(rng.sample(scripts, min(2, len(scripts))), frozenset(["x"]))
            short = teller.trace(output, stop_at=stops, **settings)
            doubt = doubts(book, [output], direction, fees) if policy == "haircut" else {}
            for reached, amount in short.reached().items():
                assert amount <= free.get(reached, 0) + 2 * doubt.get(reached, 0)
            stopped += short.lines.get("stopped: x", 0) > 0
            beyond = [row for row in short.rows if row.outcome == "stopped"]
            assert all(book.coins[row.output].script in stops for row in beyond)
            passed = [row for row in short.rows if row.transaction is not None and row.outcome != "stopped"]
            assert not any(book.coins[row.output].script in stops and row.output != output for row in passed)
    assert stopped > 1


@pytest.mark.parametrize("height", [9, 20])
def test_as_of_a_height_a_trace_is_that_of_a_chain_that_ends_there(
    height: int, teller: Teller, rng: random.Random, tmp_path: Path
) -> None:
    whole_world = teller.world
    ended = OracleChain(oracle_copy(whole_world, height), "regtest")
    satrail.ingest(write_blocks(tmp_path / "blocks", ended.blocks), tmp_path / "store", progress=False)
    short = View(satrail.open(tmp_path / "store"), Book(ended))
    view = whole_world.view(height)
    for _ in range(12):
        outputs = rng.sample(range(len(view.book.coins)), 3)
        policy, direction, fees = (
            rng.choice(choices) for choices in (list(POLICIES), ["out", "in"], ["report", "follow"])
        )
        settings = {"policy": policy, "direction": direction, "fees": fees}
        assert teller.trace(*outputs, view=view, **settings) == teller.trace(*outputs, view=short, **settings)


def oracle_copy(world: World, height: int) -> list[OracleBlock]:
    """The first blocks, read again: those of the chain know who spends them later."""
    raws = [(block.header, [tx.raw for tx in block.txs]) for block in world.truth.blocks[: height + 1]]
    return [parse_block(header + count(len(txs)) + b"".join(txs)) for header, txs in raws]


@pytest.mark.parametrize("direction", ["out", "in"])
@pytest.mark.parametrize("policy", list(POLICIES))
def test_the_order_of_the_sources_changes_nothing(
    policy: str, direction: str, teller: Teller, rng: random.Random
) -> None:
    outputs = some_outputs(rng, teller, 8)
    order = rng.sample(range(8), 8)
    first = teller.trace(*outputs, policy=policy, direction=direction)
    second = teller.trace(*(outputs[place] for place in order), policy=policy, direction=direction)
    assert (first.source, first.joined, first.lines) == (second.source, second.joined, second.lines)
    assert first.rows == second.rows
    if policy != "haircut":  # whose parts are dealt out in the order of the sources
        parts = {(order[source], *end): amount for (source, *end), amount in second.parts.items()}
        assert first.parts == parts


@pytest.mark.parametrize("policy", list(POLICIES))
def test_a_budget_only_takes_steps_off_the_end(policy: str, teller: Teller, rng: random.Random) -> None:
    cut = 0
    for direction in ("out", "in"):
        for budget in (1, 2, 5, 20):
            outputs = some_outputs(rng, teller, 3)
            settings = {"policy": policy, "direction": direction, "fees": "follow"}
            full = teller.trace(*outputs, **settings)
            short = teller.trace(*outputs, budget=budget, **settings)
            assert short.rows[: len(outputs)] and len(short.rows) <= len(full.rows)
            for row, other in zip(short.rows, full.rows, strict=False):
                assert (row.output, row.amount, row.transaction) == (other.output, other.amount, other.transaction)
                assert row.outcome == other.outcome or (row.outcome, other.outcome) == ("cut_off_budget", "followed")
            assert short.source + short.joined == sum(short.lines.values())
            cut += "cut_off_budget" in short.lines
    assert cut > 3
