"""A stop label of more than 65,535 characters: repr(trace.ledger) must not panic."""

import sys

from made import demo

chain, _ = demo()
output = chain.block(150).transactions()[0].outputs()[0]
ends = chain.trace(output, max_tx_hops=4).ends().to_pydict()["address"]
label = {next(address for address in ends if address): "x" * 70_000}
trace = chain.trace(output, max_tx_hops=4, stop_at=label)
code = 0
for name, show in {
    "repr ledger": lambda: repr(trace.ledger),
    "str ledger": lambda: str(trace.ledger),
    "repr trace": lambda: repr(trace),
    "html": lambda: trace.ledger._repr_html_(),
    "print exposure": lambda: repr(chain.exposure(output, label, max_tx_hops=4)),
}.items():
    try:
        show()
    except Exception as error:
        print(name, type(error).__name__, error)
    except BaseException as error:
        print(name, "PANIC", error)
        code = 1
sys.exit(code)
