"""What satrail tells of a store and of its work on it."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, fields
from html import escape
from typing import Any


@dataclass(frozen=True, slots=True)
class InvalidBlock:
    """A block that could not be added, and with it all that follow it."""

    hash: str
    height: int
    file: str
    offset: int
    reason: str


@dataclass(frozen=True, slots=True)
class Gap:
    """A block that is not in the files although others follow it.

    `height` is None where the block that follows does not state its own (before BIP34).
    """

    missing: str
    height: int | None
    needed_by: str


@dataclass(frozen=True, slots=True, repr=False)
class IngestReport:
    """What an ingest did and found.

    Attributes
    ----------
    store : the folder of the store.
    network : "mainnet", "testnet3", "testnet4", "signet" or "regtest".
    height, tip : height and hash of the chain's last block; None when no block is valid.
    blocks_added, transactions_added, bytes_added : what is new.
    blocks_removed : blocks that were rolled back because another branch has more work.
    stale_blocks : blocks in the files that are on branches with less work.
    invalid_blocks : blocks that are not valid, and why.
    gap : the block that is missing although others follow it, or None.
    notes : what one should know besides the numbers, a sentence each.
    seconds : how long it took.
    """

    store: str
    network: str
    height: int | None
    tip: str | None
    blocks_added: int
    blocks_removed: int
    transactions_added: int
    bytes_added: int
    stale_blocks: int
    invalid_blocks: tuple[InvalidBlock, ...]
    gap: Gap | None
    notes: tuple[str, ...]
    seconds: float

    @classmethod
    def _from_core(cls, facts: dict[str, Any]) -> IngestReport:
        facts["invalid_blocks"] = tuple(InvalidBlock(*block) for block in facts["invalid_blocks"])
        facts["gap"] = facts["gap"] and Gap(*facts["gap"])
        facts["notes"] = tuple(facts["notes"])
        return cls(**facts)

    def __repr__(self) -> str:
        shown = ("network", "height", "blocks_added", "transactions_added", "stale_blocks")
        facts = ", ".join(f"{name}={getattr(self, name)!r}" for name in shown)
        notes = "".join(f"\n  note: {note}" for note in self.notes)
        return f"IngestReport({facts}, seconds={self.seconds:.2f}){notes}"

    def _repr_html_(self) -> str:
        rows = [(field.name, getattr(self, field.name)) for field in fields(self) if field.name != "notes"]
        return _html(rows + [("note", note) for note in self.notes])


@dataclass(frozen=True, slots=True)
class StoreInfo:
    """What a store is.

    Attributes
    ----------
    store : its folder.
    format : the version of its format.
    network : "mainnet", "testnet3", "testnet4", "signet" or "regtest".
    height, tip, time : height, hash and median time past (UTC) of the last block; None when it holds no block.
    transactions, inputs, outputs, addresses : how many there are; an address is a distinct output script.
    bytes : the size of all its files.
    commit : the number of its last commit.
    sources : the folders of block files that it was made from.
    """

    store: str
    format: int
    network: str
    height: int | None
    tip: str | None
    time: datetime.datetime | None
    transactions: int
    inputs: int
    outputs: int
    addresses: int
    bytes: int
    commit: int
    sources: list[str]

    def _repr_html_(self) -> str:
        return _html([(field.name, getattr(self, field.name)) for field in fields(self)])


@dataclass(frozen=True, slots=True)
class SimulationReport:
    """What was simulated.

    Attributes
    ----------
    folder : where it is.
    scenario, seed, scale : what was asked for; the same three give the same bytes.
    network : "regtest".
    digest : SHA-256 in hex over the hashes of all blocks and all rows of the truth.
    height, tip : height and hash of the chain's last block.
    transactions, outputs, addresses, entities : rows of the truth; addresses that were given and never paid count too.
    bytes : the size of the block files.
    seconds : how long it took.
    """

    folder: str
    scenario: str
    seed: int
    scale: float
    network: str
    digest: str
    height: int
    tip: str
    transactions: int
    outputs: int
    addresses: int
    entities: int
    bytes: int
    seconds: float

    def _repr_html_(self) -> str:
        return _html([(field.name, getattr(self, field.name)) for field in fields(self)])


@dataclass(frozen=True, slots=True)
class Check:
    """A check that was made, and how many rows (of checksums: bytes) it looked at."""

    name: str
    rows: int


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is not as it must be: the column or file, the row where one is to blame, and what is wrong."""

    place: str
    row: int | None
    what: str


@dataclass(frozen=True, slots=True, repr=False)
class VerifyReport:
    """What the check of a store found.

    Attributes
    ----------
    store : the folder of the store.
    height : the height of its last block; None when it holds none or could not be opened.
    checks : the checks that were made, in their order.
    problems : the first problems found, a hundred at most.
    problems_total : how many were found.
    seconds : how long it took.
    text : all of it to be read.
    """

    store: str
    height: int | None
    checks: tuple[Check, ...]
    problems: tuple[Problem, ...]
    problems_total: int
    seconds: float
    text: str

    @classmethod
    def _from_core(cls, facts: dict[str, Any]) -> VerifyReport:
        facts["checks"] = tuple(Check(*check) for check in facts["checks"])
        facts["problems"] = tuple(Problem(*problem) for problem in facts["problems"])
        return cls(**facts)

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong."""
        return self.problems_total == 0

    def __repr__(self) -> str:
        return self.text.rstrip()

    def _repr_html_(self) -> str:
        return f"<pre>{escape(self.text)}</pre>"


def _html(rows: list[tuple[str, object]]) -> str:
    cells = "".join(
        f'<tr><th style="text-align:left">{escape(name.replace("_", " "))}</th>'
        f'<td style="text-align:left">{escape(_shown(value))}</td></tr>'
        for name, value in rows
    )
    return f"<table>{cells}</table>"


def _shown(value: object) -> str:
    """A value as people read it, and never a page of it."""
    if isinstance(value, datetime.datetime):
        return f"{value:%Y-%m-%d %H:%M:%S} UTC"
    text = f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
    return text if len(text) <= 200 else text[:199] + "…"
