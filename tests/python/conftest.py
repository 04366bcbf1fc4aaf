from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

import hypothesis
import pytest
import satrail
from oracles import chain as oracle

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


@pytest.fixture(scope="session")
def owners() -> dict[str, str]:
    """Address -> the wallet of the node that made the chain, for all addresses whose wallet is known."""
    truth = json.loads(gzip.decompress((DATA / "ground-truth.json.gz").read_bytes()))
    return {address: entry["wallet"] for address, entry in truth["addresses"].items() if entry.get("wallet")}


def utc(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def write_blocks(folder: Path, blocks: list[oracle.OracleBlock]) -> Path:
    """Files of these blocks of the oracle, as a node without a key writes them."""
    folder.mkdir()
    records = b""
    for block in blocks:
        count = len(block.txs)
        size = bytes([count]) if count < 253 else b"\xfd" + count.to_bytes(2, "little")
        data = block.header + size + b"".join(tx.raw for tx in block.txs)
        records += oracle.NETWORKS["regtest"][0] + len(data).to_bytes(4, "little") + data
    (folder / "blk00000.dat").write_bytes(records)
    return folder


@pytest.fixture(scope="session")
def stale_chain() -> oracle.OracleChain:
    """The chain up to the tip of the longest stale branch."""
    reorgs = json.loads(gzip.decompress((DATA / "ground-truth.json.gz").read_bytes()))["reorgs"]
    branch = max((reorg["stale_branch"] for reorg in reorgs), key=len)
    return oracle.read_chain(DATA / "noxor", tip=branch[-1])


@pytest.fixture(scope="session")
def stale(stale_chain: oracle.OracleChain, tmp_path_factory: pytest.TempPathFactory) -> satrail.Chain:
    """A chain whose last blocks are on another branch."""
    path = tmp_path_factory.mktemp("stale")
    satrail.ingest(write_blocks(path / "blocks", stale_chain.blocks), path / "store", progress=False)
    return satrail.open(path / "store")
