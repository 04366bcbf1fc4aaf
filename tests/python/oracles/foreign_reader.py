"""A reader of stores written from docs/format.md alone, with the standard library: what a stranger could do.

It knows nothing of satrail. XXH3 is not in the standard library, so it checks no checksums, and finds a script by
looking at all of them; transactions are found through their index, whose tags need no hash.
"""

from __future__ import annotations

import hashlib
import mmap
from dataclasses import dataclass
from pathlib import Path

try:
    import fcntl
except ImportError:  # not on Unix
    fcntl = None

NONE_32, NONE_40 = 2**32 - 1, 2**40 - 1

# name, bytes of a row, which table's rows, role; in the order of the format
COLUMNS = [
    ("blocks.hash", 32, "blocks", "content"),
    ("blocks.header", 80, "blocks", "content"),
    ("blocks.work", 32, "blocks", "content"),
    ("blocks.median_time", 4, "blocks", "content"),
    ("blocks.size", 4, "blocks", "content"),
    ("blocks.weight", 4, "blocks", "content"),
    ("blocks.transactions_end", 4, "blocks", "content"),
    ("blocks.addresses_end", 4, "blocks", "content"),
    ("blocks.reveals_end", 4, "blocks", "content"),
    ("blocks.source", 2, "blocks", "local"),
    ("blocks.file", 4, "blocks", "local"),
    ("blocks.offset", 8, "blocks", "local"),
    ("transactions.txid", 32, "transactions", "content"),
    ("transactions.inputs_end", 5, "transactions", "content"),
    ("transactions.outputs_end", 5, "transactions", "content"),
    ("transactions.version", 4, "transactions", "content"),
    ("transactions.locktime", 4, "transactions", "content"),
    ("transactions.size", 4, "transactions", "content"),
    ("transactions.weight", 4, "transactions", "content"),
    ("transactions.offset", 4, "transactions", "content"),
    ("transactions.fee", 8, "transactions", "content"),
    ("transactions.fingerprint", 4, "transactions", "content"),
    ("inputs.spends", 5, "inputs", "content"),
    ("inputs.sequence", 4, "inputs", "content"),
    ("outputs.value", 8, "outputs", "content"),
    ("outputs.address", 4, "outputs", "content"),
    ("outputs.spender", 4, "outputs", "mutable"),
    ("outputs.sample", 4, "samples", "local"),
    ("addresses.kind", 1, "addresses", "content"),
    ("addresses.payload_end", 5, "addresses", "content"),
    ("addresses.payload", 1, "payload_bytes", "content"),
    ("addresses.reveal", 4, "addresses", "mutable"),
    ("reveals.address", 4, "reveals", "content"),
    ("reveals.inner", 1, "reveals", "content"),
    ("reveals.required", 1, "reveals", "content"),
    ("reveals.total", 1, "reveals", "content"),
    ("reveals.keys_end", 5, "reveals", "content"),
    ("keys.key", 33, "keys", "content"),
]
SIGNED = {"transactions.version", "transactions.fee"}
TABLES = ["blocks", "transactions", "inputs", "outputs", "addresses", "payload_bytes", "reveals", "keys"]
KINDS = [
    "p2pk",
    "p2pkh",
    "p2sh",
    "multisig",
    "p2wpkh",
    "p2wsh",
    "p2tr",
    "anchor",
    "witness_unknown",
    "op_return",
    "nonstandard",
]
FRAMES = {  # what stands around the payload; of the other kinds it is the script
    "p2pkh": ("76a914", "88ac"),
    "p2sh": ("a914", "87"),
    "p2wpkh": ("0014", ""),
    "p2wsh": ("0020", ""),
    "p2tr": ("5120", ""),
}
INNER_KINDS = ["key", "p2pk", "p2pkh", "multisig", "other", "key_path", "script_path"]


@dataclass(frozen=True)
class Run:
    """Postings of the outputs from start up to and without valid_below."""

    start: int
    end: int
    valid_below: int
    posts: dict[int, list[int]]


@dataclass(frozen=True)
class Reveal:
    """What the first spend from an address showed."""

    inner: str
    wrapped: bool
    required: int
    total: int
    keys: list[bytes]


class Column:
    """Rows of one width; a row of up to eight bytes is a number."""

    def __init__(self, folder: Path, name: str, generation: str, width: int, rows: int):
        self.width, self.rows, self.signed = width, rows, name in SIGNED
        with open(folder / f"{name}.{generation}", "rb") as file:
            self.bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if rows else b""
        if len(self.bytes) < width * rows:
            raise ValueError(f"{name} is cut short")

    def __getitem__(self, row: int) -> int | bytes:
        if not 0 <= row < self.rows:
            raise IndexError(row)
        value = self.bytes[row * self.width : (row + 1) * self.width]
        return int.from_bytes(value, "little", signed=self.signed) if self.width <= 8 else value

    def part(self, row: int) -> range:
        """Of a column of ends: the rows of the other table that belong to a row."""
        return range(self[row - 1] if row else 0, self[row])


class Store:
    """A store at its last commit, or as of a height."""

    def __init__(self, folder: Path | str, height: int | None = None):
        self.folder = Path(folder)
        self.lock = shared_lock(self.folder / "readers")
        self.manifest = read_manifest(self.folder)
        self.counts = {table: int(self.manifest[table][0]) for table in TABLES}
        self.counts["samples"] = -(-self.counts["outputs"] // 64)
        generation = self.manifest["generation"][0]
        self.columns = {
            name: Column(self.folder, name, generation, width, self.counts[table]) for name, width, table, _ in COLUMNS
        }
        if height is not None:
            self.counts = self.counts_at(height)

    def counts_at(self, height: int) -> dict[str, int]:
        """How many rows each table had after a block."""
        columns = self.columns
        transactions = columns["blocks.transactions_end"][height]
        addresses, reveals = columns["blocks.addresses_end"][height], columns["blocks.reveals_end"][height]
        return {
            "blocks": height + 1,
            "transactions": transactions,
            "inputs": columns["transactions.inputs_end"][transactions - 1],
            "outputs": columns["transactions.outputs_end"][transactions - 1],
            "addresses": addresses,
            "payload_bytes": columns["addresses.payload_end"][addresses - 1] if addresses else 0,
            "reveals": reveals,
            "keys": columns["reveals.keys_end"][reveals - 1] if reveals else 0,
        }

    def __getitem__(self, name: str) -> Column:
        return self.columns[name]

    def digest(self) -> str:
        sha = hashlib.sha256(f"satrail digest 1\n{self.manifest['magic'][0]}\n".encode())
        for name, width, table, role in COLUMNS:
            if role == "content":
                rows = self.counts[table]
                sha.update(f"{name} {rows}\n".encode() + self[name].bytes[: rows * width])
        return sha.hexdigest()

    # ---- Blocks and transactions

    def transactions(self, height: int) -> range:
        return self["blocks.transactions_end"].part(height)

    def inputs(self, transaction: int) -> range:
        return self["transactions.inputs_end"].part(transaction)

    def outputs(self, transaction: int) -> range:
        return self["transactions.outputs_end"].part(transaction)

    def height_of(self, transaction: int) -> int:
        return first_above(self["blocks.transactions_end"], transaction, self.counts["blocks"])

    def transaction_of_output(self, output: int) -> int:
        transaction = self["outputs.sample"][output // 64]
        while self["transactions.outputs_end"][transaction] <= output:
            transaction += 1
        return transaction

    def transaction_of_input(self, number: int) -> int:
        return first_above(self["transactions.inputs_end"], number, self.counts["transactions"])

    def is_coinbase(self, transaction: int) -> bool:
        return self["inputs.spends"][self.inputs(transaction)[0]] == NONE_40

    def spender(self, output: int) -> int | None:
        """The transaction that spends an output; None also for one that was lost."""
        spender = self["outputs.spender"][output]
        return None if spender >= self.counts["transactions"] or self.is_coinbase(spender) else spender

    def find_transaction(self, txid: bytes) -> int | None:
        """The number of the transaction with an id, through the index."""
        limit = self.counts["transactions"]
        for number in self.candidates(int.from_bytes(txid[:4], "little")):
            if number < limit and self["transactions.txid"][number] == txid:
                pairs = [tuple(map(int, line.split())) for line in self.manifest["duplicate"]]
                return max([later for later, earlier in pairs if earlier == number and later < limit], default=number)
        return None

    def candidates(self, tag: int):
        """The numbers that the index of transactions has under a tag."""
        index = (self.folder / self.manifest["transaction_index"][0].split()[1]).read_bytes()
        if index[:8] != b"STINDEX1":
            raise ValueError("no index")
        slots = int.from_bytes(index[8:16], "little")
        for step in range(slots):
            at = 16 + 8 * (((tag * slots >> 32) + step) % slots)
            entry = int.from_bytes(index[at : at + 8], "little")
            if entry == 0:
                return
            if entry >> 32 == tag:
                yield (entry & 0xFFFFFFFF) - 1

    # ---- Addresses

    def kind(self, address: int) -> str:
        return KINDS[self["addresses.kind"][address]]

    def script(self, address: int) -> bytes:
        part, kind = self["addresses.payload_end"].part(address), self.kind(address)
        payload = self["addresses.payload"].bytes[part.start : part.stop]
        if kind == "p2pk":
            return bytes([len(payload)]) + payload + b"\xac"
        before, behind = FRAMES.get(kind, ("", ""))
        return bytes.fromhex(before) + payload + bytes.fromhex(behind)

    def find_address(self, script: bytes) -> int | None:
        return next((address for address in range(self.counts["addresses"]) if self.script(address) == script), None)

    def outputs_to(self, address: int) -> list[int]:
        """The outputs that pay an address, ascending: from the postings, and from the column behind these."""
        found, indexed, limit = [], 0, self.counts["outputs"]
        for run in self.runs():
            found += [output for output in run.posts.get(address, []) if output < min(run.valid_below, limit)]
            indexed = run.valid_below
        column = self["outputs.address"]
        return found + [output for output in range(indexed, limit) if column[output] == address]

    def runs(self) -> list[Run]:
        if not hasattr(self, "read_runs"):
            self.read_runs = [read_run(self.folder, line) for line in self.manifest["run"]]
        return self.read_runs

    def reveal(self, address: int) -> Reveal | None:
        row = self["addresses.reveal"][address]
        if row >= self.counts["reveals"]:
            return None
        inner = self["reveals.inner"][row]
        return Reveal(
            inner=INNER_KINDS[inner & 0x7F],
            wrapped=inner >= 0x80,
            required=self["reveals.required"][row],
            total=self["reveals.total"][row],
            keys=[self["keys.key"][key] for key in self["reveals.keys_end"].part(row)],
        )


def shared_lock(path: Path):
    """The open file, which holds the lock until it is closed; None where it cannot be had."""
    try:
        file = open(path, "rb")  # noqa: SIM115
        if fcntl:
            fcntl.flock(file, fcntl.LOCK_SH)
    except OSError:
        return None
    return file


def read_manifest(folder: Path) -> dict[str, list[str]]:
    """word -> the values of its lines."""
    first, *lines = (folder / "manifest").read_text(encoding="utf-8").removesuffix("\n").split("\n")
    manifest = {word: [] for word in ("run", "source", "duplicate")}
    for line in lines:
        word, value = line.split(" ", 1)
        manifest.setdefault(word, []).append(value)
    if first != "satrail store" or manifest["version"] != ["1"]:
        raise ValueError(f"{folder} is not a store of version 1")
    return manifest


def read_run(folder: Path, line: str) -> Run:
    start, end, valid_below, name = line.split()
    data = (folder / name).read_bytes()
    addresses, outputs = int.from_bytes(data[8:16], "little"), int.from_bytes(data[16:24], "little")
    if data[:8] != b"STPOSTS1" or len(data) != 32 + 9 * addresses + 5 * outputs:
        raise ValueError(f"{name} is not a run of postings")
    ends_at, outputs_at = 32 + 4 * addresses, 32 + 9 * addresses
    posts, begin = {}, 0
    for i in range(addresses):
        address = int.from_bytes(data[32 + 4 * i : 36 + 4 * i], "little")
        end_of_part = int.from_bytes(data[ends_at + 5 * i : ends_at + 5 * i + 5], "little")
        places = range(outputs_at + 5 * begin, outputs_at + 5 * end_of_part, 5)
        posts[address] = [int.from_bytes(data[at : at + 5], "little") for at in places]
        begin = end_of_part
    return Run(int(start), int(end), int(valid_below), posts)


def first_above(ends: Column, number: int, rows: int) -> int:
    """The first row whose end is above a number."""
    low, high = 0, rows
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if ends[middle] <= number else (low, middle)
    return low
