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
    Input,
    Judgement,
    Ledger,
    Output,
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
    simulate,
    thresholds,
    verify,
)
from satrail._demo import demo
from satrail.errors import BlockFilesError, LockedError, NotInChainError, NotJoinedError, SatrailError, StoreError
from satrail.report import Check, Gap, IngestReport, InvalidBlock, Problem, SimulationReport, StoreInfo, VerifyReport

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
    "Gap",
    "IngestReport",
    "Input",
    "InvalidBlock",
    "Judgement",
    "Ledger",
    "LockedError",
    "NotInChainError",
    "NotJoinedError",
    "Output",
    "Predicate",
    "Problem",
    "Proof",
    "Revealed",
    "SatrailError",
    "SimulationReport",
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
    "simulate",
    "thresholds",
    "verify",
]
