"""trace.ends_by_source() under haircut and poison by the number of sources: it must do within 6 GB."""

import random
import resource
import subprocess
import sys
import tempfile
import time

import satrail
from made import some_addresses

LIMIT = 6 << 30


def peak():
    """In MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def measure(store, count, policy):
    resource.setrlimit(resource.RLIMIT_AS, (LIMIT, LIMIT))
    chain = satrail.open(store)
    addresses = some_addresses(chain, None)
    random.Random(3).shuffle(addresses)
    trace = chain.trace(addresses[:count], policy=policy)
    before, start = peak(), time.time()
    ends = trace.ends_by_source()
    seconds = time.time() - start
    rows = f"{len(trace.steps())} steps, {len(ends)} rows"
    print(f"{policy} {count} sources: {seconds:.1f} s, peak +{peak() - before} MB, {rows}")


if len(sys.argv) > 1:
    measure(sys.argv[1], int(sys.argv[2]), sys.argv[3])
    sys.exit(0)
folder = tempfile.mkdtemp()
satrail.simulate("city", folder + "/city", scale=0.5, progress=False)
satrail.ingest(folder + "/city/blocks", folder + "/store", progress=False)
bad = False
for policy in ("haircut", "poison"):
    for count in (300, 1200, 4800):
        command = [sys.executable, __file__, folder + "/store", str(count), policy]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300)
        print(done.stdout.strip() or f"{policy} {count} exit {done.returncode} {done.stderr.strip()[-200:]}")
        bad |= done.returncode != 0
sys.exit(bad)
