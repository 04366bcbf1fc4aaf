"""The moments that pandas, NumPy and Python's own isoformat() give."""

import datetime
import sys

import numpy as np
from made import demo

chain, _ = demo()
moment = datetime.datetime(2024, 1, 1, 15, 13, 59, 500_000)
wanted, bad = chain.at(moment).height, False
for value in (np.datetime64(moment), moment.isoformat(), str(moment), "2024-01-01T15:13:59+0000"):
    try:
        got = chain.at(value).height
    except (TypeError, ValueError) as error:
        got = f"{type(error).__name__}: {error}"
    print(repr(value), "->", got)
    bad |= got != wanted
sys.exit(bad)
