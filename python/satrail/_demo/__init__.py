"""The main job on a simulated case: a hidden service with an address for every user, in the middle of a city.

The walk knows what an investigator knows: the list of addresses, their own test payments, public tags. Only its last
step opens the truth.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from satrail._core import ingest, simulate
from satrail._demo import found, money, right
from satrail._demo.case import open_case
from satrail._demo.show import say, step

#: A case that an unoptimised build walks through in seconds.
SCALE = 0.05
SEED = 1


def demo(folder: str | os.PathLike[str] | None = None, *, scale: float = SCALE) -> None:
    """Simulate the case of a hidden service and walk through it.

    Each step prints what it asks, by which call, and what the chain says: what was ever paid to its addresses,
    whose wallet they are in, where test payments gather, where the money went and where it came from. The last step
    holds all of it against the truth of the simulation, with what was missed. The same scale gives the same chain on
    every machine. examples/hidden_service.ipynb is the same walk as a notebook.

    Parameters
    ----------
    folder : where to keep the chain, its truth and the store: a folder that is empty or not there yet; a temporary one,
        which is removed, when not given.
    scale : how large the case is, as in `satrail.simulate`: 1 is the size of the real one. Below 0.02 there is little
        to see.

    Raises
    ------
    FileExistsError : the folder is not empty.
    ValueError : a scale that is out of range.

    Examples
    --------
    >>> satrail._demo.demo(scale=0.008)  # doctest: +ELLIPSIS
    1. From block files to a store
    ...
    """
    if folder is None:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
            return _walk(Path(temporary) / "case", scale)
    return _walk(Path(folder), scale)


def _walk(folder: Path, scale: float) -> None:
    _prepare(folder, scale)
    case = open_case(folder)
    found.the_list(case)
    found.the_wallet(case)
    found.test_payments(case)
    ends = money.the_way_out(case)
    money.peel_chains(case, ends["fifo"])
    payers = money.the_payers(case)
    right.what_is_true(case, ends, payers)


def _prepare(folder: Path, scale: float) -> None:
    step("From block files to a store", first=True)
    say(
        "A simulated hidden service inside a city of people, exchanges and merchants, 2013 to 2018."
        " Whose each key is, is known, and kept for the last step."
    )
    made = simulate("hidden-service", folder, seed=SEED, scale=scale, progress=False)
    say(f"{made.transactions:,} transactions in {made.height + 1:,} blocks, digest {made.digest[:16]}...")
    report = ingest(folder / "blocks", folder / "store", progress=False)
    say(f"satrail.ingest took them from the block files into a store, up to height {report.height:,}.")
