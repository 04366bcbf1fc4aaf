"""How the demo prints: numbered steps, indented lines, amounts in bitcoin."""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Iterable
from typing import Any

from satrail._core import Table

_numbers = itertools.count(1)


def step(title: str, *, first: bool = False) -> None:
    """Begin a step; the first one of a walk begins the numbers again."""
    global _numbers
    if first:
        _numbers = itertools.count(1)
    print(f"{'' if first else chr(10)}{next(_numbers)}. {title}")


def say(text: str) -> None:
    """Print a sentence below the step's title."""
    print(textwrap.fill(text, 116, initial_indent="   ", subsequent_indent="   ", break_long_words=False))


def show(text: str) -> None:
    """Print lines as they are, indented."""
    print(textwrap.indent(text, "      "))


def rows(table: Table) -> list[dict[str, Any]]:
    """The rows of a small table, without any other package."""
    columns = table.to_pydict()
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def btc(satoshi: int) -> str:
    """An amount as people write it, exactly."""
    sign = "-" if satoshi < 0 else ""
    return f"{sign}{abs(satoshi) // 10**8:,}.{abs(satoshi) % 10**8:08d} BTC"


def share(part: int, whole: int) -> str:
    """A part of a whole in percent."""
    return f"{100 * part / whole:.1f} %" if whole else "-"


def grid(lines: Iterable[Iterable[object]]) -> None:
    """Print lines in columns; the first one is a heading, and only its first column is text."""
    texts = [[str(cell) for cell in line] for line in lines]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    for first, *others in texts:
        cells = [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        show("  ".join([first.ljust(widths[0]), *cells]))
