"""One wallet moves three coins of 10,000 satoshi, the usual postage of inscriptions.

A fourth coin pays the fee. Each coin is on an address of its own.
"""

import sys

import satrail


def script(n):
    return "5120" + f"{n:064x}"


inputs = [(10_000, script(n)) for n in (1, 2, 3)] + [(80_000, script(4))]
outputs = [(10_000, script(n)) for n in (11, 12, 13)] + [(75_000, script(14))]
judgements = satrail.shapes.judge(inputs, outputs, network="mainnet", height=900_000)
verdicts = {j.shape: j.verdict for j in judgements if j.verdict != "no"}
print(verdicts)
sys.exit(verdicts.get("joinmarket") == "yes")
