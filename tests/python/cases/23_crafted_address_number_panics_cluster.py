"""A store with one outputs.address cell beyond the addresses: Chain.cluster must raise StoreError, not panic."""

import sys

import satrail
from made import demo_store

store = demo_store()
column = store / "outputs.address.0"
cells = bytearray(column.read_bytes())
transactions = (tx for block in satrail.open(store) for tx in block.transactions() if len(tx.inputs()) > 1)
n = next(i.spends.number for tx in transactions for i in tx.inputs()[1:])
cells[4 * n : 4 * n + 4] = (2**32 - 1).to_bytes(4, "little")
column.write_bytes(cells)
code = 0
for ask in (lambda: satrail.open(store).cluster(), lambda: satrail.truth.from_chain(satrail.open(store))):
    try:
        ask()
        print("no error")
    except Exception as error:
        print("right:", type(error).__name__, error)
    except BaseException as error:
        print("PANIC", type(error).__name__, error)
        code = 1
sys.exit(code)
