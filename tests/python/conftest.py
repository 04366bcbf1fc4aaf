from __future__ import annotations

import sys
from pathlib import Path

import pytest
import satrail

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE))

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
