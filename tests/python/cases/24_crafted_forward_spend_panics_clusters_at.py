"""Inputs that spend later outputs (a crafted store): Clusters.at must raise StoreError, not panic."""

import sys

import satrail
from made import demo_store

NONE = b"\xff" * 5

store = demo_store()
outputs = satrail.open(store).counts["outputs"]
column = store / "inputs.spends.0"
cells = bytearray(column.read_bytes())
for i in range(len(cells) // 5):
    if cells[5 * i : 5 * i + 5] != NONE:
        cells[5 * i : 5 * i + 5] = (outputs - 1 - i % outputs).to_bytes(5, "little")
column.write_bytes(cells)
code = 0
try:
    clusters = satrail.open(store).cluster(coinjoin="include")
    clusters.at(clusters.height // 2).table().to_pydict()
    print("no error")
except Exception as error:
    print("right:", type(error).__name__, error)
except BaseException as error:
    print("PANIC", type(error).__name__, error)
    code = 1
sys.exit(code)
