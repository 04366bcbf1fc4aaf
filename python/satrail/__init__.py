"""satrail follows bitcoin: an indexed transaction graph from a node's block files, with answers that can be checked.

>>> import satrail
>>> satrail.ingest("~/.bitcoin/blocks", "mainnet.satrail")  # doctest: +SKIP
>>> chain = satrail.open("mainnet.satrail")  # doctest: +SKIP
"""

from satrail import change
from satrail._core import VERSION as _VERSION
from satrail._core import (
    Address,
    AddressSet,
    Block,
    Blocks,
    Boltzmann,
    Chain,
    ChangeRule,
    Clusters,
    Comparison,
    Fingerprint,
    Flows,
    Gathering,
    Input,
    Judgement,
    Ledger,
    Output,
    Peel,
    Predicate,
    Proof,
    Revealed,
    Table,
    Trace,
    Transaction,
    Wallet,
    boltzmann,
    info,
    ingest,
    open,
    shapes,
    thresholds,
    verify,
)
from satrail._demo import demo
from satrail.errors import BlockFilesError, LockedError, NotInChainError, NotJoinedError, SatrailError, StoreError
from satrail.report import Check, Gap, IngestReport, InvalidBlock, Problem, StoreInfo, VerifyReport

__version__: str = _VERSION

__all__ = [
    "Address",
    "AddressSet",
    "Block",
    "BlockFilesError",
    "Blocks",
    "Boltzmann",
    "Chain",
    "ChangeRule",
    "Check",
    "Clusters",
    "Comparison",
    "Fingerprint",
    "Flows",
    "Gap",
    "Gathering",
    "IngestReport",
    "Input",
    "InvalidBlock",
    "Judgement",
    "Ledger",
    "LockedError",
    "NotInChainError",
    "NotJoinedError",
    "Output",
    "Peel",
    "Predicate",
    "Problem",
    "Proof",
    "Revealed",
    "SatrailError",
    "StoreError",
    "StoreInfo",
    "Table",
    "Trace",
    "Transaction",
    "VerifyReport",
    "Wallet",
    "boltzmann",
    "change",
    "demo",
    "info",
    "ingest",
    "open",
    "shapes",
    "thresholds",
    "verify",
]
