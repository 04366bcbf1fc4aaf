"""trace.min_cut("source", "ends") by the size of the trace: it must not grow much faster than n log n."""

import math
import sys
import tempfile
import time

import satrail

folder, measured = tempfile.mkdtemp(), []
for scale in (0.2, 0.4):
    satrail.simulate("city", f"{folder}/{scale}", scale=scale, progress=False)
    satrail.ingest(f"{folder}/{scale}/blocks", f"{folder}/{scale}/store", progress=False)
    chain = satrail.open(f"{folder}/{scale}/store")
    blocks = (chain.block(height) for height in range(chain.height // 2, chain.height))
    source = next(block.transactions()[1] for block in blocks if len(block) > 1)
    trace = chain.trace(source, clusters=chain.cluster())
    start = time.time()
    trace.min_cut("source", "ends")
    measured.append((len(trace.steps()), time.time() - start))
    print(measured[-1])
(steps, seconds), (more_steps, more_seconds) = measured
power = math.log(more_seconds / seconds) / math.log(more_steps / steps)
print(f"grows like n^{power:.2f}")
sys.exit(power > 1.4)
