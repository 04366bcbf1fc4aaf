"""Named workloads, each in a process of its own: what scripts/compare.py measures two builds by.

python benches/workloads.py NAME BLOCKS STORE
python benches/workloads.py make-blocks FOLDER SCALE
python benches/workloads.py make-store BLOCKS STORE
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import satrail


def sources(chain: satrail.Chain, count: int) -> list[satrail.Output]:
    """Return the first outputs of coinbases."""
    return [chain.block(height).transactions()[0].outputs()[0] for height in range(1, min(count, chain.height))]


def ingest(blocks: str, _: str) -> None:
    """Make a store, all checks included."""
    with tempfile.TemporaryDirectory() as folder:
        satrail.ingest(blocks, Path(folder) / "store", threads=1, progress=False)


def verify(_: str, store: str) -> None:
    """Check a store against itself."""
    satrail.verify(store, check_blocks=False, progress=False)


def cluster(_: str, store: str) -> None:
    """Cluster from nothing: another order of rules is other settings, which nothing is kept of."""
    with tempfile.TemporaryDirectory() as folder:
        satrail.open(store).cluster(rules=["same_key", "co_spend"], threads=1).table(min_size=2)
        kept = Path(store) / "clusters"
        kept.rename(Path(folder) / "clusters")


def trace(policy: str) -> Callable[[str, str], None]:
    """Follow the coins of a thousand coinbases to their ends."""

    def follow(_: str, store: str) -> None:
        chain = satrail.open(store)
        chain.trace(sources(chain, 1000), direction="out", policy=policy).ends()

    return follow


def exposure(_: str, store: str) -> None:
    """Find who paid the largest wallet."""
    chain = satrail.open(store)
    wallets = chain.cluster(threads=1).largest(20)
    chain.exposure(wallets[0], {wallet: str(n) for n, wallet in enumerate(wallets[1:])}, direction="in")


def flows(_: str, store: str) -> None:
    """Add up what went in and out of the largest wallets."""
    chain = satrail.open(store)
    for wallet in chain.cluster(threads=1).largest(50):
        chain.flows(wallet)


def shapes(_: str, store: str) -> None:
    """Judge every transaction's shape."""
    satrail.open(store).shapes().to_pydict()


WORKLOADS = {
    "ingest": ingest,
    "verify": verify,
    "cluster": cluster,
    "trace": trace("haircut"),
    "trace-fifo": trace("fifo"),
    "exposure": exposure,
    "flows": flows,
    "shapes": shapes,
}


def main() -> None:
    """Run one workload, or make what they need."""
    name, first, second = sys.argv[1:]
    if name == "make-blocks":
        satrail.simulate("city", first, seed=7, scale=float(second), progress=False)
    elif name == "make-store":
        satrail.ingest(first, second, progress=False)
    elif name in WORKLOADS:
        WORKLOADS[name](first, second)
    else:
        sys.exit(f"there is no workload {name!r}; there are {', '.join(WORKLOADS)}")


if __name__ == "__main__":
    main()
