"""Write python/satrail/_core.pyi from the docstrings and signatures in the Rust code, or check that it is up to date.

maturin makes the stubs; here they get the imports that annotations in Rust need, and the project's format.
"""

from __future__ import annotations

import difflib
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
STUB = ROOT / "python" / "satrail" / "_core.pyi"
BIN = Path(sys.executable).parent
IMPORTS = """from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from os import PathLike
from typing import Any, Literal

import igraph
import networkx
import numpy
import pandas
import polars
import pyarrow
import rustworkx
from typing_extensions import CapsuleType

from satrail.types import Addresses, ArrowStream, Best, CannotLink, ClusterIds, CoinJoin, Columns, Direction
from satrail.types import End, Feature, Fees, Labels
from satrail.types import Json, Level, Moment, Period, Policy, Progress, Source, StopAt, Value
from satrail.report import IngestReport, SimulationReport, StoreInfo, VerifyReport

"""

# The signatures of operators, which cannot be written in Rust.
OPERATORS = {
    "__getitem__(self, addresses: Any, /) -> Wallet": "__getitem__(self, addresses: ClusterIds, /) -> Wallet",
    "__and__(self, other: object, /) -> ChangeRule": "__and__(self, other: ChangeRule, /) -> ChangeRule",
    "__or__(self, other: object, /) -> ChangeRule": "__or__(self, other: ChangeRule, /) -> ChangeRule",
    "__sub__(self, other: object, /) -> ChangeRule": "__sub__(self, other: ChangeRule, /) -> ChangeRule",
    "__contains__(self, given: Any, /)": "__contains__(self, given: Wallet | Address | Output | str, /)",
    "def found(self, /) -> Any": "def found(self, /) -> bool | int | float | str | None",
    "def by_value(self, /) -> dict[str, Any]": "def by_value(self, /) -> dict[str, int | float | None]",
    "def __iter__(self, /) -> Iterator: ...": "def __iter__(self, /) -> Iterator[Value]: ...",
    "__contains__(self, address: Any, /)": "__contains__(self, address: Address | Output | str, /)",
}


def generated() -> str:
    """Return the stubs as the Rust code has them now."""
    with tempfile.TemporaryDirectory() as folder:
        command = [BIN / "maturin", "generate-stubs", "--quiet", "--features", "stubs", "--out", folder]
        subprocess.run(command, cwd=ROOT, check=True)
        text = next(Path(folder).rglob("_core.pyi")).read_text()
    head, body = text.split("\nfrom ", 1)
    # Annotations written in Rust arrive as quoted texts; docstrings are left as they are.
    pieces = ("from " + body).split('"""')
    pieces[::2] = [re.sub(r'(: | -> )"([^"\n]*)"', r"\1\2", piece) for piece in pieces[::2]]
    body = '"""'.join(pieces)
    formatted = head + "\n" + IMPORTS + body
    for action in (["check", "--fix-only", "--quiet", "--select", "I,F401,UP"], ["format", "--quiet"]):
        command = [BIN / "ruff", *action, "--stdin-filename", STUB, "-"]
        formatted = subprocess.run(command, input=formatted, capture_output=True, text=True, check=True).stdout
    for old, new in OPERATORS.items():
        formatted = formatted.replace(old, new)
    return formatted


def main() -> int:
    """Write the stubs, or with --check say how they differ."""
    new = generated()
    if "--check" not in sys.argv:
        STUB.write_text(new)
        return 0
    old = STUB.read_text() if STUB.exists() else ""
    sys.stdout.writelines(difflib.unified_diff(old.splitlines(True), new.splitlines(True), "committed", "generated"))
    if old != new:
        print("python/satrail/_core.pyi is out of date: run make stubs", file=sys.stderr)
    return int(old != new)


if __name__ == "__main__":
    sys.exit(main())
