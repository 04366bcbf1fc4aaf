from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import hypothesis
import oracle
import pytest
import satrail

ROOT = Path(__file__).parents[2]

# A debug build on a busy machine is not what a deadline is for.
hypothesis.settings.register_profile("satrail", deadline=None)
hypothesis.settings.load_profile("satrail")

#: The chain that comes with the package; DATA has the same one in other layouts, and what the node says of it.
BLOCKS = ROOT / "python" / "satrail" / "demo_chain"
DATA = ROOT / "tests" / "data" / "regtest-core"


@pytest.fixture(scope="session")
def blocks() -> Path:
    return BLOCKS


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("store") / "regtest.satrail"
    satrail.ingest(BLOCKS, path, progress=False)
    return path


@pytest.fixture(scope="session")
def chain(store: Path) -> satrail.Chain:
    return satrail.open(store)


@pytest.fixture(scope="session")
def truth() -> oracle.OracleChain:
    """The same chain as a slow, obvious reader of the files has it."""
    return oracle.read_chain(BLOCKS)


def utc(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
