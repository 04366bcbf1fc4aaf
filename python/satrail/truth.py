"""What is known to be true of a chain, for `satrail.evaluate` to hold rules and traces against; docs/evaluate.md.

>>> from satrail import truth
>>> truth.from_chain(chain).table("left_out").columns
['reason', 'transactions']
"""

from satrail._core import Truth
from satrail._core import read_truth as read
from satrail._core import truth_from_chain as from_chain

__all__ = ["Truth", "from_chain", "read"]
