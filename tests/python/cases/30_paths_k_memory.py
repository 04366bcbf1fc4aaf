"""trace.paths(k): memory must not grow far beyond the trace.

Under a limit of 6 GB; the peak is measured for k = 10, 100, 400.
"""

import resource
import subprocess
import sys
import tempfile
import time

import satrail

LIMIT = 6 << 30


def peak():
    """In MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def measure(store, k):
    resource.setrlimit(resource.RLIMIT_AS, (LIMIT, LIMIT))
    chain = satrail.open(store)
    trace = chain.trace(chain.block(chain.height // 2).transactions()[1], clusters=chain.cluster())
    before, start = peak(), time.time()
    trace.paths(k=k)
    seconds = time.time() - start
    steps = f"{trace.transactions} transactions, {len(trace.steps())} steps"
    print(f"k={k}: {seconds:.1f} s, peak +{peak() - before} MB, {steps}")


if len(sys.argv) > 1:
    measure(sys.argv[1], int(sys.argv[2]))
    sys.exit(0)
folder = tempfile.mkdtemp()
satrail.simulate("city", folder + "/city", scale=0.2, progress=False)
satrail.ingest(folder + "/city/blocks", folder + "/store", progress=False)
bad, peaks = False, []
for k in (10, 100, 400):
    try:
        command = [sys.executable, __file__, folder + "/store", str(k)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=200)
    except subprocess.TimeoutExpired:
        print(f"k={k}: more than 200 s")
        bad = True
        continue
    print(done.stdout.strip(), "" if done.returncode == 0 else f"exit {done.returncode} {done.stderr.strip()[-200:]}")
    bad |= done.returncode != 0
    if done.returncode == 0:
        peaks.append(int(done.stdout.split("+")[1].split()[0]))
sys.exit(bad or peaks[-1] > 1000)
