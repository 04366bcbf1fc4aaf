"""Small programs of tests/python/cases: each asks satrail one question and exits 0 where the answer is right, else 1.

Each stands for a kind of fault. Where a name of the package changes, the case's call is changed, not its question. A
case that meets a name that is not there has not been ported, and one that ends in a traceback has no answer: both fail.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent / "cases"
CASES = sorted(path.stem for path in FOLDER.glob("[0-9]*.py"))

#: Many processes, large chains or growth: `make test-slow` runs them, with an optimised build.
SLOW = {"22", "26", "27", "30", "31", "32"}
#: They need signals, limits or kinds of files that Windows does not have.
POSIX = {"25", "26", "29", "30", "31"}
LINUX = {"22"}

#: Cases that are not right yet, and why. A case that becomes right fails its test until its row is removed.
WRONG = {
    "01": "the clusters do not know outputs that anybody can spend",
    "03": "the clusters do not know dust disposals, whose inputs are signed by strangers",
    "04": "of two copies of a block the first one counts, also where it lacks its witnesses",
    "05": "the reader of lists takes all that follows an unclosed quote as one cell",
    "06": "a key that was paid directly is not found by the address of its hash",
    "07": "the ledger does not tell what can never be spent from what is unspent",
    "09": "the reader of lists does not name the encoding that it expects",
    "10": "the message does not consider a lost key of the block files",
    "12": "a transaction's version is read as a signed number",
    "16": "coins of the same size that one wallet moves look like a JoinMarket transaction",
    "17": "the reader of lists decides on the delimiter by the first line alone",
    "21": "an ingest takes a column's last piece into the new checksums without checking it first",
    "22": "a thread that cannot be started is a panic, and the others may wait for ever",
    "23": "the clusters trust the numbers of addresses in the store",
    "24": "the clusters trust that inputs spend earlier outputs",
    "25": "what is kept of clusters is written through symbolic links",
    "26": "files are opened without a look at what they are",
    "28": "a label of any length is padded by the formatter",
    "29": "a mapped file that becomes shorter kills the process",
    "30": "paths keep every alternative of every step",
    "31": "ends by source keep every source of every step",
    "32": "a smallest cut looks for one path at a time",
}


#: What is said where a name of the package is not what it was: it is gone, or it is a method now and was not called.
NOT_PORTED = ("AttributeError", "NameError", "<built-in method", "<bound method")


class NotRightError(Exception):
    """The case ran and says that the answer is wrong."""


def case(name):
    number = name[:2]
    marks = [pytest.mark.slow] if number in SLOW else []
    if number in POSIX:
        marks.append(pytest.mark.skipif(sys.platform == "win32", reason="needs what POSIX systems have"))
    if number in LINUX:
        marks.append(pytest.mark.skipif(sys.platform != "linux", reason="needs a limit that only Linux keeps"))
    if number in WRONG:
        marks.append(pytest.mark.xfail(strict=True, raises=NotRightError, reason=WRONG[number]))
    return pytest.param(name, marks=marks, id=name)


def limited(number):
    """What a new process does first: bound its memory, where the system keeps such a limit."""
    if sys.platform != "linux":
        return None
    import resource

    limit = (8 if number in SLOW else 4) << 30
    return lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


@pytest.mark.parametrize("name", [case(name) for name in CASES])
def test_a_case_is_answered_right(name, tmp_path):
    number = name[:2]
    done = subprocess.run(
        [sys.executable, FOLDER / f"{name}.py"],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=os.environ | {"TMPDIR": str(tmp_path), "TEMP": str(tmp_path)},
        preexec_fn=limited(number),
        timeout=2400 if number in SLOW else 120,
    )
    said = done.stdout + done.stderr
    assert not [words for words in NOT_PORTED if words in said], said
    assert "Traceback (most recent call last)" not in done.stderr, said
    if done.returncode == 1:
        raise NotRightError(said)
    assert done.returncode == 0, said


def test_every_number_of_the_tables_is_a_case():
    assert SLOW | POSIX | LINUX | WRONG.keys() <= {name[:2] for name in CASES}
