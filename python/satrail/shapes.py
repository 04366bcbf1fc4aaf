"""Shapes of transactions: CoinJoins of several kinds, and payments that are known by their form; docs/shapes.md.

`Chain.shapes` is a table of them, and `Transaction.shapes` explains those of one transaction.

>>> from satrail import shapes
>>> shapes.thresholds()["min_participants"]
3
"""

from satrail._core import Boltzmann, Judgement, Predicate, boltzmann, card, judge, thresholds

__all__ = ["Boltzmann", "Judgement", "Predicate", "boltzmann", "card", "judge", "thresholds"]
