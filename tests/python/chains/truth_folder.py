"""A folder as the simulator writes it, of a chain whose owners are known: both ways in must lead to the same."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import satrail

JOINT = "coinjoin"
TEXTS = {"name", "category", "country", "profile", "address", "script", "role", "txid", "purpose"}


class Folder:
    """The rows of the truth of a chain, to be changed before they are written."""

    def __init__(self, chain: satrail.Chain, owners: dict[str, str], labels: dict[str, dict]) -> None:
        self.scenario: dict[str, object] = {
            "format": 1,
            "scenario": "by hand",
            "seed": 1,
            "scale": 1.0,
            "digest": "ab" * 32,
        }
        names = sorted(set(owners.values()))
        self.number = {name: 10 * i + 3 for i, name in enumerate(names)}
        self.tables: dict[str, dict[str, list]] = {
            "entities": {
                "entity": list(self.number.values()),
                "name": names,
                "category": ["pool" if name == "pool" else "person" for name in names],
            },
            "addresses": self.addresses(chain, owners),
            "transactions": {name: [] for name in ["txid", "height", "entity", "purpose", "profile"]},
            "outputs": {name: [] for name in ["txid", "position", "value", "entity", "purpose"]},
        }
        for block in chain:
            for tx in block.transactions():
                self.add(tx, owners, labels)

    def addresses(self, chain: satrail.Chain, owners: dict[str, str]) -> dict[str, list]:
        known = [(text, owner) for text, owner in owners.items() if chain.addresses([text]).known]
        rows: dict[str, list] = {
            "address": [text for text, _ in known],
            "script": [chain.address(text).script for text, _ in known],
            "entity": [self.number[owner] for _, owner in known],
            "role": ["receive" if i % 3 else "cold" for i in range(len(known))],
            "is_paid": [True] * len(known),
        }
        unpaid = [None, "0014" + "77" * 20, self.number[known[0][1]], "receive", False]
        for column, value in zip(rows.values(), unpaid, strict=True):
            column.append(value)
        return rows

    def add(self, tx: satrail.Transaction, owners: dict[str, str], labels: dict[str, dict]) -> None:
        senders = {owners.get(i.address.text or "") for i in tx.inputs() if i.address}
        sender = senders.pop() if len(senders) == 1 else None
        kind = labels.get(tx.txid, {"kind": "coinbase"})["kind"]
        purpose = "coinjoin_joinmarket" if kind == JOINT else kind
        row = [tx.txid, tx.height, self.number.get(sender or ""), purpose, "core" if tx.height % 2 else "knots"]
        for column, value in zip(self.tables["transactions"].values(), row, strict=True):
            column.append(value)
        of = [owners.get(o.address.text or "") for o in tx.outputs()]
        pays = any(owner != sender for owner, o in zip(of, tx.outputs(), strict=True) if o.kind != "op_return")
        for output, owner in zip(tx.outputs(), of, strict=True):
            purpose = (
                "data" if output.kind == "op_return" else "change" if sender and owner == sender and pays else "payment"
            )
            row = [tx.txid, output.position, output.value, self.number.get(owner or ""), purpose]
            for column, value in zip(self.tables["outputs"].values(), row, strict=True):
                column.append(value)

    def write(self, folder: Path) -> Path:
        (folder / "truth").mkdir(parents=True)
        (folder / "scenario.json").write_text(json.dumps(self.scenario))
        for name, columns in self.tables.items():
            pq.write_table(
                pa.table({of: array(of, values) for of, values in columns.items()}),
                folder / "truth" / f"{name}.parquet",
            )
        return folder


def array(name: str, values: list) -> pa.Array:
    if name in TEXTS:
        return pa.array(values, pa.string()).dictionary_encode()
    return pa.array(values, pa.bool_() if name == "is_paid" else pa.int64() if name == "value" else pa.int32())
