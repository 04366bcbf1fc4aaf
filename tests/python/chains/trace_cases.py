"""Random traces over random chains, as satrail and as the oracle are asked for them."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import satrail
from conftest import write_blocks
from oracles.book import Book
from oracles.trace import Item, Settings, whole

from chains.money import money_chain

#: The owner of every address of a money chain; what no wallet may hold addresses of two of.
OWNERS = 7
ACCOUNTS = ["account_fifo", "lowest_intermediate_balance"]


class World:
    """A money chain, ingested and numbered.

    Every third has only amounts that a node accepts. The sixth is long, so that its subsidy is halved.
    """

    def __init__(self, seed: int, folder: Path):
        self.seed = seed
        size = (160, 1) if seed == 6 else (30, 7)
        self.truth = money_chain(seed, *size, owners=OWNERS, invalid=seed % 3 != 2)
        satrail.ingest(write_blocks(folder / "blocks", self.truth.blocks), folder / "store", progress=False)
        self.chain = satrail.open(folder / "store")

    @cache  # noqa: B019  there are a few of them, as long as the tests run
    def view(self, height: int | None = None) -> View:
        """Both as of a height."""
        chain = self.chain if height is None else self.chain.at(height)
        return View(chain, Book(self.truth, height))


class View:
    """satrail's chain and the oracle's book, as of one height."""

    def __init__(self, chain: satrail.Chain, book: Book):
        self.chain = chain
        self.book = book

    def transaction(self, number: int) -> satrail.Transaction:
        block = self.book.blocks[self.book.transfers[number].height]
        return self.chain.block(self.book.transfers[number].height).transactions()[block.index(number)]

    def output(self, number: int) -> satrail.Output:
        """The output by its place, as some have the id of another (BIP30)."""
        coin = self.book.coins[number]
        return self.transaction(coin.transaction).outputs()[coin.position]

    def scripts(self) -> list[bytes]:
        """The addresses that have payments, in order."""
        return list(dict.fromkeys(coin.script for coin in self.book.coins))

    @cache  # noqa: B019
    def clusters(self, apart: bool) -> tuple[satrail.Clusters, dict[bytes, int]]:
        """Clusters, and the wallet of each script; apart: no wallet is of two owners."""
        scripts = self.scripts()
        owners: dict[str, list[str]] = {}
        for script in scripts:
            if len(script) == 25:
                owners.setdefault(str(script[22] // 10), []).append(script.hex())
        clusters = self.chain.cluster(coinjoin="include", cannot_link=owners if apart else None)
        names = clusters.of([script.hex() for script in scripts]).to_pydict()["cluster_id"]
        return clusters, dict(zip(scripts, names, strict=True))


@dataclass
class Case:
    """One trace: what satrail is given, and what the oracle is."""

    view: View
    given: object
    items: list[Item]
    settings: Settings
    names: list[str] | None = None
    keywords: dict[str, Any] = field(default_factory=dict)

    def run(self, **changes: Any) -> satrail.Trace:
        return self.view.chain.trace(self.given, **(self.keywords | changes))

    def __str__(self) -> str:
        return f"{self.given} {self.keywords}"


def random_case(rng: random.Random, world: World, policies: list[str]) -> Case:
    last = len(world.truth.blocks) - 1
    view = world.view(rng.choice([None, None, None, rng.randint(8, last - 1)]))
    policy = rng.choice(policies)
    is_account = policy in ACCOUNTS
    case = Case(view, None, [], Settings(policy=policy))
    case.given, case.items, case.names = random_source(rng, view)
    draw_wallets(rng, case, always=is_account)
    draw_limits(rng, case)
    if is_account:
        case.settings = replace(case.settings, since=None)
    else:
        choices = {"direction": rng.choice(["out", "in"]), "fees": rng.choice(["report", "follow"])}
        case.settings = replace(case.settings, **choices)
    names = ("direction", "policy", "max_hops", "max_tx_hops", "min_value", "fees", "budget")
    case.keywords |= {name: getattr(case.settings, name) for name in names}
    case.keywords |= {name: moment(rng, world, getattr(case.settings, name)) for name in ("since", "until")}
    return case


def moment(rng: random.Random, world: World, height: int | None) -> int | datetime | None:
    """The height, or now and then a time that stands for it: that of the median at the first block that has it."""
    times = [block.median_time for block in world.truth.blocks]
    if height is None or times.index(times[height]) < height or rng.random() < 0.5:
        return height
    time = times[height]
    return time and datetime.fromtimestamp(time, UTC)


# ---- Sources --------------------------------------------------------------------------------------------------------


def random_source(rng: random.Random, view: View) -> tuple[object, list[Item], list[str] | None]:
    """A source as satrail takes it, its items, and their names if they have any."""
    shape = rng.choice(["one", "list", "list", "mapping", "table"])
    if shape == "table":
        return (*amounts(rng, view), None)
    parts = [random_part(rng, view) for _ in range(1 if shape == "one" else rng.randint(1, 6))]
    items = [item for _, item in parts]
    if shape == "one":
        return parts[0][0], items, None
    if shape == "list":
        return [given for given, _ in parts], items, None
    names = [f"item {number}" for number in range(len(parts))]
    return {name: given for name, (given, _) in zip(names, parts, strict=True)}, items, names


def random_part(rng: random.Random, view: View) -> tuple[object, Item]:
    """An output, a transaction or an address, as an object or as text."""
    book = view.book
    shape = rng.choice(["output", "output", "output", "transaction", "address"])
    if shape == "output":
        number = rng.randrange(len(book.coins))
        return view.output(number), whole(book, number)
    if shape == "transaction":
        number = rng.randrange(len(book.transfers))
        return view.transaction(number), whole(book, *book.transfers[number].outputs)
    script = rng.choice(view.scripts())
    outputs = [number for number, coin in enumerate(book.coins) if coin.script == script]
    return view.chain.address(script.hex()), whole(book, *outputs)


def amounts(rng: random.Random, view: View) -> tuple[object, list[Item]]:
    """A table of outputs and parts of outputs, some of them twice, but none that shares its id with another."""
    coins = view.book.coins
    twins = {coins[number].txid for number in view.book.lost}
    numbers = [number for number, coin in enumerate(coins) if coin.value and coin.txid not in twins]
    chosen = [rng.choice(numbers) for _ in range(rng.randint(1, 8))]
    chosen += chosen[: rng.randint(0, 2)]
    parts = [rng.choice([coins[number].value, rng.randint(1, coins[number].value)]) for number in chosen]
    columns = {
        "txid": [coins[number].txid for number in chosen],
        "position": [coins[number].position for number in chosen],
        "amount": parts,
    }
    return pa.table(columns), [[(number, amount)] for number, amount in zip(chosen, parts, strict=True)]


# ---- Clusters, stop sets, limits ------------------------------------------------------------------------------------


def draw_wallets(rng: random.Random, case: Case, always: bool) -> None:
    """Clusters (or none), and a stop set of addresses or wallets in one of the forms there are."""
    apart = rng.choice([True, True, False] if always else [True, True, False, None])
    clusters = None
    if apart is not None:
        clusters, wallets = case.view.clusters(apart)
        case.settings = replace(case.settings, clusters=wallets)
        case.keywords["clusters"] = clusters
    scripts = [script for script in case.view.scripts() if len(script) == 25]
    chosen = rng.sample(scripts, min(len(scripts), rng.choice([0, 0, 1, 2, 4])))
    shape = rng.choice(["list", "to labels", "by label"])
    labels: Mapping[bytes, frozenset[str]] = {
        script: frozenset(["stop_at"] if shape == "list" else rng.sample("abc", 1 + (shape == "by label")))
        for script in chosen
    }
    case.settings = replace(case.settings, stop_at=labels)
    named = {script: case.view.chain.address(script.hex()) for script in chosen}
    if clusters is not None and rng.random() < 0.3:
        named = {script: clusters[script.hex()] for script in chosen}
    case.keywords["stop_at"] = stop_set(shape, labels, named) if chosen else None


def stop_set(shape: str, labels: Mapping[bytes, frozenset[str]], named: Mapping[bytes, object]) -> object:
    if shape == "list":
        return list(named.values())
    if shape == "to labels":
        return {script.hex(): label for script, (label,) in labels.items()}
    found: dict[str, list[object]] = {}
    for script, names in labels.items():
        for name in names:
            found.setdefault(name, []).append(named[script])
    return found


def draw_limits(rng: random.Random, case: Case) -> None:
    """Mostly no limit, else one or two of them."""
    since, until = sorted(rng.sample(range(case.view.book.height + 1), 2))
    limits = {
        "max_hops": rng.randint(0, 4),
        "max_tx_hops": rng.randint(0, 5),
        "min_value": rng.choice([0, 1, 2, 10, 1000, 10**6]),
        "since": since,
        "until": until,
        "budget": rng.randint(1, 60),
    }
    if case.settings.clusters is None:
        del limits["max_hops"]
    chosen = rng.sample(sorted(limits), rng.choice([0, 0, 1, 1, 2]))
    if case.settings.policy in ACCOUNTS and "since" in chosen:
        chosen.remove("since")
    case.settings = replace(case.settings, **{name: limits[name] for name in chosen})
