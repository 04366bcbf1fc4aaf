"""Speed, memory and size of satrail, each figure beside its target.

    python benches/bench.py small|big|huge

The data sets are made once by the chain generator of ../shared/tools/chaingen and kept in target/bench. Targets are for
`big` (1,592 MB of blocks); `huge` is ten times that, and `small` is for a quick look. Nothing here passes or fails: the
figures are to be read.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "target" / "bench"
GENERATOR = ROOT.parent / "shared" / "tools" / "chaingen"
SETS = {
    "small": ["--blocks", "420", "--seed", "7"],
    "big": ["--blocks", "2350", "--seed", "11"],
    "huge": ["--blocks", "23500", "--seed", "11"],
}
INGEST = "import json, sys, satrail; satrail.ingest(**json.loads(sys.argv[1]), progress=False)"


def main() -> None:
    """Measure and print."""
    name = sys.argv[1] if len(sys.argv) > 1 else "big"
    if name not in SETS:
        sys.exit(f"no data set {name!r}; there are {', '.join(SETS)}")
    blocks = data_set(name)
    size = sum(file.stat().st_size for file in blocks.glob("blk*.dat"))
    print(f"{name}: {size / 1e6:,.0f} MB of blocks, {os.cpu_count()} processors\n")
    print(f"{'figure':<58}{'measured':>12}{'target':>12}{'ratio':>8}")
    ingest(name, blocks, size)
    if name != "huge":
        store = DATA / f"{name}.satrail"
        incremental(name, blocks, store)
        inside(store)
        from_python(store)


def show(figure: str, measured: float, unit: str, target: float | None = None, *, more_is_better: bool = False) -> None:
    """Print a figure; a ratio of 1 or more means that the target is reached."""
    line = f"{figure:<58}{measured:>8.4g} {unit:<3}"
    if target is not None:
        ratio = measured / target if more_is_better else target / max(measured, 1e-12)
        line += f"{target:>8.4g} {unit:<3}{ratio:>8.2f}"
    print(line, flush=True)


def data_set(name: str) -> Path:
    """Make a data set if it is not there yet."""
    folder = DATA / f"blocks-{name}"
    if (folder / "done").exists():
        return folder
    if not GENERATOR.is_dir():
        sys.exit(f"the chain generator is not there: {GENERATOR}; the bench needs it to make its data")
    source = DATA / "chaingen"
    shutil.copytree(GENERATOR, source, dirs_exist_ok=True, copy_function=shutil.copyfile)
    subprocess.run(["cargo", "build", "--release", "--quiet"], cwd=source, check=True)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    subprocess.run([source / "target/release/chaingen", "--out", folder, *SETS[name]], check=True)
    (folder / "done").touch()
    return folder


def measured_ingest(**arguments: object) -> tuple[float, float, float]:
    """Ingest in a process of its own; return its wall seconds, processor seconds and peak memory in bytes."""
    given = json.dumps({key: str(value) if isinstance(value, Path) else value for key, value in arguments.items()})
    start = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-c", INGEST, given])
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    if status != 0:
        sys.exit("the ingest failed")
    scale = 1 if sys.platform == "darwin" else 1024
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * scale


def ingest(name: str, blocks: Path, size: int) -> None:
    """Ingest with one thread and with two."""
    store = DATA / f"{name}.satrail"
    megabytes = size / 1e6
    for file in sorted(blocks.glob("blk*.dat")) if name != "huge" else []:
        file.read_bytes()  # warm
    limit, memory = ("4 GB", 4e9) if name == "huge" else (None, 2 * 2**30)
    for threads in (1, 2):
        runs = []
        for _ in range(3 if name != "huge" else 1):
            shutil.rmtree(store, ignore_errors=True)
            os.sync()
            runs.append(measured_ingest(blocks=blocks, store=store, threads=threads, memory_limit=limit))
        wall, cpu, peak = (statistics.median(run[i] for run in runs) for i in range(3))
        label = f"ingest, {threads} thread{'s' if threads > 1 else ''}"
        show(
            f"{label}: MB per processor second",
            megabytes / cpu,
            "MB",
            100 if threads == 1 else None,
            more_is_better=True,
        )
        show(f"{label}: MB per second", megabytes / wall, "MB", 180 if threads == 2 else None, more_is_better=True)
        show(f"{label}: peak memory", peak / 1e6, "MB", memory / 1e6)
    stored = sum(file.stat().st_size for file in store.iterdir())
    show("store size over size of blocks", stored / size, "", 0.9)


def incremental(name: str, blocks: Path, store: Path) -> None:
    """Add ten blocks, and none."""
    import satrail

    part = DATA / f"{name}-part.satrail"
    tip = satrail.open(store).height
    shutil.rmtree(part, ignore_errors=True)
    satrail.ingest(blocks, part, until=tip - 50, progress=False)
    ten = [satrail.ingest(blocks, part, until=tip - 50 + more, progress=False).seconds for more in range(10, 60, 10)]
    show("add 10 blocks", statistics.median(ten) * 1e3, "ms", 100)
    none = []
    for _ in range(9):
        start = time.perf_counter()
        satrail.ingest(blocks, part, progress=False)
        none.append(time.perf_counter() - start)
    show("nothing new", statistics.median(none) * 1e3, "ms", 10)
    shutil.rmtree(part)


def inside(store: Path) -> None:
    """Figures that the Rust bench measures."""
    command = ["cargo", "bench", "--quiet", "--bench", "store", "--", str(store)]
    lines = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    figures = {name: float(number) for name, number in (line.split() for line in lines)}
    show("open", figures["open_ms"], "ms", 5)
    show("transaction id to number, Rust", figures["txid_to_number_ns"], "ns", 1000)
    show("address text to number, Rust", figures["address_to_number_ns"], "ns", 1000)
    target = 1000 + 10 * figures["outputs_each"]
    show("address number to its outputs, Rust", figures["address_to_outputs_ns"], "ns", target)
    items = figures["busiest_address_outputs"]
    show(f"address of {items:,.0f} outputs, each, Rust", figures["output_of_busiest_ns"], "ns", 10 + 1000 / items)
    show("a million addresses looked up", figures["million_addresses_s"], "s", 0.5)
    show("a million addresses summed up", figures["million_summary_s"], "s")
    show("txid of a transaction of 266 bytes", figures["txid_of_266_bytes_ns"], "ns", 280)
    show("clusters by co-spend, with their evidence", figures["clusters_s"], "s", 1.0)
    show("  of which CoinJoins are not looked for", figures["clusters_with_coinjoins_s"], "s", 0.5)
    show("  how many", figures["clusters"], "clusters")
    show("  why, the slowest of 1,000 pairs of the largest", figures["why_largest_ms"], "ms", 1)
    show("  sums of all with two addresses or more", figures["clusters_summed_s"], "s")
    show("shapes, all of all transactions", figures["shapes_s"], "s", 3)
    show("chain as a graph: all edges, by outputs", figures["graph_edges_out_s"], "s")
    show("chain as a graph: all neighbours, by inputs", figures["graph_edges_in_s"], "s")
    print("traces of the first 1,000 coinbases (out) and of the last 100 blocks (in), no limits")
    for name, out, back in (
        ("haircut", 0.5, 0.25),
        ("fifo", 1.5, 0.75),
        ("poison", None, None),
        ("highest", None, None),
    ):
        for direction, target in (("out", out), ("in", back)):
            passed = figures[f"trace_{direction}_{name}_transactions"]
            show(
                f"  {name}, {direction}: {passed:,.0f} transactions",
                figures[f"trace_{direction}_{name}_s"],
                "s",
                target,
            )
    show("  10,000 payments, 1 transaction", figures["trace_payments_1_ms"], "ms", 50)
    show("  10,000 payments, 3 transactions", figures["trace_payments_3_ms"], "ms", 50)
    show("  10,000 payments of the last blocks, to the end", figures["trace_late_payments_ms"], "ms", 50)
    outputs = figures["exposure_outputs"]
    show(f"exposure of a wallet of {outputs:,.0f} outputs, out", figures["exposure_out_s"], "s", 1)
    show(f"exposure of a wallet of {outputs:,.0f} outputs, in", figures["exposure_in_s"], "s", 1)
    print("change rules, each over the whole chain")
    for name in (name for name in figures if name.startswith("change_")):
        show(f"  {name.removeprefix('change_').removesuffix('_s')}", figures[name], "s", 2)


def from_python(store: Path) -> None:
    """Look-ups and traces as a user makes them."""
    import satrail

    chain = satrail.open(store)
    heights = range(200, chain.height, max(1, chain.height // 150))
    txids = [tx.txid for height in heights for tx in chain.block(height).transactions()[:200]]
    texts = [tx.outputs()[0].address.text or tx.outputs()[0].address.script for tx in map(chain.tx, txids)]
    show("transaction id to object, Python", per_call(chain.tx, txids) * 1e6, "us", 3)
    show("address text to object, Python", per_call(chain.address, texts) * 1e6, "us", 3)
    clusters = chain.cluster()
    show("address to its wallet, Python", per_call(clusters.__getitem__, texts) * 1e6, "us", 3)
    if hasattr(chain, "trace"):
        sources = [tx.outputs()[0] for tx in map(chain.tx, txids[:10_000])]
        seconds = min(per_call(lambda hops: chain.trace(sources, max_tx_hops=hops).ledger, [1]) for _ in range(5))
        show(f"trace of {len(sources):,} payments, 1 hop", seconds * 1e3, "ms", 50)


def per_call(function: Callable[..., object], arguments: list[object]) -> float:
    """Seconds of one call, the best of five rounds."""
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        for argument in arguments:
            function(argument)
        best = min(best, (time.perf_counter() - start) / len(arguments))
    return best


if __name__ == "__main__":
    main()
