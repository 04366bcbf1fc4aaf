"""A slow, obvious reader of Bitcoin block files, for tests to hold the fast reader against.

It uses the standard library alone and keeps the whole chain in memory as plain objects. It trusts the blocks: it
checks Merkle roots, and that every input spends a coin that exists, but no proof of work, script or signature.
Amounts are whole satoshi; transaction and block ids are hex in display order (the reverse of the bytes in the file).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

NETWORKS = {  # record magic; address prefixes of p2pkh, p2sh and segwit
    "mainnet": (bytes.fromhex("f9beb4d9"), 0, 5, "bc"),
    "testnet": (bytes.fromhex("0b110907"), 111, 196, "tb"),
    "testnet3": (bytes.fromhex("0b110907"), 111, 196, "tb"),
    "testnet4": (bytes.fromhex("1c163f28"), 111, 196, "tb"),
    "signet": (bytes.fromhex("0a03cf40"), 111, 196, "tb"),
    "regtest": (bytes.fromhex("fabfb5da"), 111, 196, "bcrt"),
}
MAX_SCRIPT_SIZE = 10_000
NO_ID = "00" * 32
OP_PUSHDATA1, OP_1, OP_16, OP_RETURN, OP_CHECKSIG, OP_CHECKMULTISIG = 0x4C, 0x51, 0x60, 0x6A, 0xAC, 0xAE


# ---- Rows -----------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class OracleInput:
    """One input. A coinbase input spends nothing: its prev_txid, prev_vout, value, script and address are None."""

    prev_txid: str | None
    prev_vout: int | None
    sequence: int
    script_sig: bytes
    witness: list[bytes]
    value: int | None = None
    script: bytes | None = None
    address: str | None = None


@dataclass(slots=True)
class OracleOutput:
    """One output; spent_by is the (txid, input index) that spends it in this chain, or None."""

    value: int
    script: bytes
    kind: str
    address: str | None
    spent_by: tuple[str, int] | None = None


@dataclass(slots=True)
class OracleTx:
    """One transaction; size counts its witness, fee is None for a coinbase, raw is as in the block."""

    txid: str
    version: int
    locktime: int
    size: int
    weight: int
    vsize: int
    is_coinbase: bool
    inputs: list[OracleInput]
    outputs: list[OracleOutput]
    raw: bytes
    fee: int | None = None

    @property
    def spends(self) -> list[OracleInput]:
        """The inputs that spend an output: all, or none of a coinbase."""
        return [] if self.is_coinbase else self.inputs


@dataclass(slots=True)
class OracleBlock:
    """One block; height and median_time are None until it stands in a chain."""

    hash: str
    header: bytes
    txs: list[OracleTx]
    height: int | None = None
    median_time: int | None = None

    @property
    def prev_hash(self) -> str:
        return display(self.header[4:36])

    @property
    def time(self) -> int:
        return int.from_bytes(self.header[68:72], "little")

    @property
    def work(self) -> int:
        """Expected number of hashes to find a header at this header's target."""
        bits = int.from_bytes(self.header[72:76], "little")
        target = (bits & 0x7FFFFF) << 8 * (bits >> 24) >> 24
        return 2**256 // (target + 1)


@dataclass(slots=True)
class OracleHistory:
    """What one script received and sent. All payments count, also those that can never be spent."""

    received: int
    sent: int
    balance: int
    output_count: int
    txids: list[str]
    first_height: int | None
    last_height: int | None


class OracleChain:
    """The blocks of one chain from genesis to its tip, with every input resolved."""

    def __init__(self, blocks: list[OracleBlock], network: str):
        self.blocks = blocks
        self.network = network
        connect(blocks)

    def utxos(self, height: int | None = None) -> dict[tuple[str, int], tuple[int, bytes, int]]:
        """(txid, vout) -> (value, script, height) of the coins that exist after the block at `height`."""
        coins = {}
        for block in self.blocks[1:] if height is None else self.blocks[1 : height + 1]:
            for tx in block.txs:
                for spent in tx.spends:
                    del coins[spent.prev_txid, spent.prev_vout]
                for vout, output in enumerate(tx.outputs):
                    if not unspendable(output.script):
                        coins[tx.txid, vout] = (output.value, output.script, block.height)
        return coins

    def address_history(self, script: bytes, height: int | None = None) -> OracleHistory:
        """Everything that happened to a script up to and including `height`; each transaction is listed once."""
        rows = [row for row in self._touches.get(script, []) if height is None or row[0] <= height]
        received, sent = sum(row[2] for row in rows), sum(row[3] for row in rows)
        return OracleHistory(
            received=received,
            sent=sent,
            balance=received - sent,
            output_count=sum(row[4] for row in rows),
            txids=[row[1] for row in rows],
            first_height=rows[0][0] if rows else None,
            last_height=rows[-1][0] if rows else None,
        )

    @cached_property
    def _touches(self) -> dict[bytes, list[tuple[int, str, int, int, int]]]:
        """script -> one (height, txid, received, sent, outputs) for each transaction with it, in chain order."""
        touches = {}
        for block in self.blocks:
            for tx in block.txs:
                sums = {}
                for output in tx.outputs:
                    received, sent, outputs = sums.get(output.script, (0, 0, 0))
                    sums[output.script] = (received + output.value, sent, outputs + 1)
                for spent in tx.spends:
                    received, sent, outputs = sums.get(spent.script, (0, 0, 0))
                    sums[spent.script] = (received, sent + spent.value, outputs)
                for script, row in sums.items():
                    touches.setdefault(script, []).append((block.height, tx.txid, *row))
        return touches


# ---- From a folder to a chain ---------------------------------------------------------------------------------------


def read_chain(folder, network: str = "regtest", magic: bytes | None = None, tip: str | None = None) -> OracleChain:
    """Reads the chain with most work (of equals the first in file order), or the one that ends at block `tip`."""
    blocks = {}
    for block in read_blocks(folder, network, magic):
        blocks.setdefault(block.hash, block)
    work = work_from_genesis(blocks)
    if not work:
        raise ValueError(f"no first block of a {network} chain in {folder}")
    if tip is None:
        tip = max((hash for hash in blocks if hash in work), key=work.get)
    elif tip not in work:
        raise ValueError(f"block {tip} does not follow from a first block in {folder}")
    path = []
    while tip != NO_ID:
        path.append(blocks[tip])
        tip = blocks[tip].prev_hash
    return OracleChain(path[::-1], network)


def read_blocks(folder, network: str = "regtest", magic: bytes | None = None) -> Iterator[OracleBlock]:
    """Every whole block in the folder's blk*.dat files, in file order, with duplicates and stale blocks."""
    folder = Path(folder)
    paths = sorted(folder.glob("blk*.dat"))
    if not paths:
        raise FileNotFoundError(f"no blk*.dat files in {folder}")
    key_path = folder / "xor.dat"
    key = key_path.read_bytes() if key_path.exists() else bytes(8)
    if len(key) != 8:
        raise ValueError(f"{key_path} holds {len(key)} bytes instead of 8")
    for path in paths:
        yield from blocks_in(xor(path.read_bytes(), key), network, magic or NETWORKS[network][0])


def xor(data: bytes, key: bytes) -> bytes:
    """Byte i of the file is masked with byte i % 8 of the key."""
    mask = (key * (len(data) // 8 + 1))[: len(data)]
    return (int.from_bytes(data, "little") ^ int.from_bytes(mask, "little")).to_bytes(len(data), "little")


def blocks_in(data: bytes, network: str, magic: bytes) -> Iterator[OracleBlock]:
    """A record is magic, size (4 bytes), block. Whatever is not a whole record of this network is passed over:
    padding (raw zeros, so it looks like the key here), other networks' records, a record that was cut short."""
    at = data.find(magic)
    while at >= 0:
        start, end = at + 8, at + 8 + int.from_bytes(data[at + 4 : at + 8], "little")
        try:
            if end > len(data):
                raise ValueError("the record is cut short")
            yield parse_block(data[start:end], network)
            at = data.find(magic, end)
        except ValueError:
            at = data.find(magic, at + 1)


def work_from_genesis(blocks: dict[str, OracleBlock]) -> dict[str, int]:
    """Work of the chain up to each block; a block with a missing ancestor is left out."""
    children = {}
    for hash, block in blocks.items():
        children.setdefault(block.prev_hash, []).append(hash)
    work = {NO_ID: 0}
    queue = [NO_ID]
    for parent in queue:
        for child in children.get(parent, []):
            work[child] = work[parent] + blocks[child].work
            queue.append(child)
    del work[NO_ID]
    return work


def connect(blocks: list[OracleBlock]) -> None:
    """Fills in heights, median times, what each input spends, who spends each output, and fees.

    The genesis coinbase never becomes a coin. A transaction id seen again (two coinbases before BIP30) replaces the
    coins of the first, which nobody can spend any more.
    """
    coins = {}
    for height, block in enumerate(blocks):
        block.height = height
        times = sorted(b.time for b in blocks[max(0, height - 10) : height + 1])
        block.median_time = times[len(times) // 2]
        for tx in block.txs:
            if not tx.is_coinbase:
                spend(tx, coins, height)
            if height > 0:
                coins.update({(tx.txid, vout): output for vout, output in enumerate(tx.outputs)})


def spend(tx: OracleTx, coins: dict[tuple[str, int], OracleOutput], height: int) -> None:
    """Takes the coins that the inputs name and writes both ends of each spend."""
    for index, spent in enumerate(tx.inputs):
        coin = coins.pop((spent.prev_txid, spent.prev_vout), None)
        if coin is None:
            raise ValueError(
                f"input {index} of {tx.txid} at height {height} spends {spent.prev_txid}:{spent.prev_vout}, "
                "which does not exist or is spent"
            )
        coin.spent_by = (tx.txid, index)
        spent.value, spent.script, spent.address = coin.value, coin.script, coin.address
    tx.fee = sum(spent.value for spent in tx.inputs) - sum(output.value for output in tx.outputs)


# ---- Blocks and transactions ----------------------------------------------------------------------------------------


class Cursor:
    """Reads little-endian fields one after another; too few bytes is a ValueError."""

    def __init__(self, data: bytes):
        self.data = data
        self.at = 0

    def take(self, size: int) -> bytes:
        if size > len(self.data) - self.at:
            raise ValueError(f"{size} bytes wanted at {self.at}, {len(self.data) - self.at} are left")
        self.at += size
        return self.data[self.at - size : self.at]

    def number(self, size: int, signed: bool = False) -> int:
        return int.from_bytes(self.take(size), "little", signed=signed)

    def count(self) -> int:
        """A compact size: one byte, or a byte of 253, 254, 255 and then 2, 4, 8 bytes."""
        first = self.number(1)
        return first if first < 253 else self.number(2 << (first - 253))

    def string(self) -> bytes:
        return self.take(self.count())


def parse_block(data: bytes, network: str = "regtest") -> OracleBlock:
    """Reads one block; bytes left over or another Merkle root than the header's is a ValueError."""
    cursor = Cursor(data)
    header = cursor.take(80)
    txs = [parse_tx(cursor, network) for _ in range(cursor.count())]
    if cursor.at != len(data):
        raise ValueError(f"{len(data) - cursor.at} bytes left over after the last transaction")
    if merkle_root([tx.txid for tx in txs]) != header[36:68]:
        raise ValueError("the transactions do not hash to the header's Merkle root")
    return OracleBlock(display(sha256d(header)), header, txs)


def parse_tx(cursor: Cursor, network: str) -> OracleTx:
    """Reads one transaction; its id and its weight's heavy part leave out marker, flag and witness (BIP141, BIP144)."""
    start = cursor.at
    version = cursor.number(4, signed=True)
    has_witness = cursor.data[cursor.at : cursor.at + 2] == b"\x00\x01"
    cursor.take(2 if has_witness else 0)
    body_start = cursor.at
    inputs = [parse_input(cursor) for _ in range(cursor.count())]
    outputs = [parse_output(cursor, network) for _ in range(cursor.count())]
    body = cursor.data[body_start : cursor.at]
    for spent in inputs if has_witness else []:
        spent.witness = [cursor.string() for _ in range(cursor.count())]
    locktime = cursor.number(4)
    raw = cursor.data[start : cursor.at]
    stripped = raw[:4] + body + raw[-4:]
    weight = 3 * len(stripped) + len(raw)
    return OracleTx(
        txid=display(sha256d(stripped)),
        version=version,
        locktime=locktime,
        size=len(raw),
        weight=weight,
        vsize=-(-weight // 4),
        is_coinbase=len(inputs) == 1 and inputs[0].prev_txid is None,
        inputs=inputs,
        outputs=outputs,
        raw=raw,
    )


def parse_input(cursor: Cursor) -> OracleInput:
    txid, vout = display(cursor.take(32)), cursor.number(4)
    script_sig = cursor.string()
    sequence = cursor.number(4)
    if (txid, vout) == (NO_ID, 0xFFFFFFFF):
        txid = vout = None
    return OracleInput(txid, vout, sequence, script_sig, witness=[])


def parse_output(cursor: Cursor, network: str) -> OracleOutput:
    value, script = cursor.number(8), cursor.string()
    kind = output_kind(script)
    return OracleOutput(value, script, kind, address_text(script, kind, network))


def merkle_root(txids: list[str]) -> bytes:
    """Pairs are hashed together, row by row, until one is left; a row of odd length repeats its last."""
    row = [bytes.fromhex(txid)[::-1] for txid in txids]
    while len(row) > 1:
        row += row[-1:] * (len(row) % 2)
        row = [sha256d(left + right) for left, right in zip(row[::2], row[1::2], strict=True)]
    return row[0] if row else bytes(32)


def sha256d(data: bytes) -> bytes:
    return hashlib.sha256(hashlib.sha256(data).digest()).digest()


def display(digest: bytes) -> str:
    return digest[::-1].hex()


# ---- Output scripts -------------------------------------------------------------------------------------------------


def unspendable(script: bytes) -> bool:
    """Scripts that Core keeps out of its coins: OP_RETURN first, or too long to run."""
    return script[:1] == bytes([OP_RETURN]) or len(script) > MAX_SCRIPT_SIZE


def output_kind(script: bytes) -> str:
    """The script's kind by the same questions in the same order as Bitcoin Core's Solver."""
    if len(script) == 23 and script[:2] == b"\xa9\x14" and script[-1] == 0x87:
        return "p2sh"
    if (witness := witness_program(script)) is not None:
        return witness_kind(*witness)
    if script[:1] == bytes([OP_RETURN]) and is_push_only(script[1:]):
        return "op_return"
    if len(script) in (35, 67) and script[0] == len(script) - 2 and script[-1] == OP_CHECKSIG and is_key(script[1:-1]):
        return "p2pk"
    if len(script) == 25 and script[:3] == b"\x76\xa9\x14" and script[-2:] == b"\x88\xac":
        return "p2pkh"
    return "multisig" if is_multisig(script) else "nonstandard"


def witness_program(script: bytes) -> tuple[int, bytes] | None:
    """(version, program) when the script is a small number and one push of 2 to 40 bytes (BIP141)."""
    if not 4 <= len(script) <= 42 or script[1] != len(script) - 2:
        return None
    if script[0] == 0:
        return 0, script[2:]
    return (script[0] - OP_1 + 1, script[2:]) if OP_1 <= script[0] <= OP_16 else None


def witness_kind(version: int, program: bytes) -> str:
    if version == 0:
        return {20: "p2wpkh", 32: "p2wsh"}.get(len(program), "nonstandard")
    if version == 1 and len(program) == 32:
        return "p2tr"
    return "anchor" if (version, program) == (1, b"\x4e\x73") else "witness_unknown"


def operations(script: bytes) -> list[tuple[int, bytes]] | None:
    """(opcode, pushed data) of each step, or None when the last push is cut short."""
    cursor, steps = Cursor(script), []
    try:
        while cursor.at < len(script):
            opcode, size = cursor.number(1), 0
            if opcode < OP_PUSHDATA1:
                size = opcode
            elif opcode < OP_PUSHDATA1 + 3:
                size = cursor.number(1 << (opcode - OP_PUSHDATA1))
            steps.append((opcode, cursor.take(size)))
    except ValueError:
        return None
    return steps


def is_push_only(script: bytes) -> bool:
    steps = operations(script)
    return steps is not None and all(opcode <= OP_16 for opcode, _ in steps)


def is_key(data: bytes) -> bool:
    """Whether the length is the one that a public key's first byte promises; the point itself is not checked."""
    return (len(data) == 33 and data[0] in (2, 3)) or (len(data) == 65 and data[0] in (4, 6, 7))


def is_multisig(script: bytes) -> bool:
    """m, keys, n, OP_CHECKMULTISIG with 1 <= m <= n <= 20 and n keys."""
    steps = operations(script)
    if steps is None or len(steps) < 4 or steps[-1][0] != OP_CHECKMULTISIG:
        return False
    needed, keys, total = key_count(*steps[0]), [data for _, data in steps[1:-2]], key_count(*steps[-2])
    return 1 <= needed <= total == len(keys) and all(map(is_key, keys))


def key_count(opcode: int, data: bytes) -> int:
    """The number 1 to 20 in its only allowed form: OP_1 to OP_16, or one pushed byte of 17 to 20; else 0."""
    if OP_1 <= opcode <= OP_16:
        return opcode - OP_1 + 1
    return data[0] if opcode == 1 and 17 <= data[0] <= 20 else 0


# ---- Address texts --------------------------------------------------------------------------------------------------

BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
BECH32_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
BECH32_END, BECH32M_END = 1, 0x2BC830A3


def address_text(script: bytes, kind: str, network: str) -> str | None:
    """The address of a script of this kind, None for kinds that have none."""
    _, pubkey_hash, script_hash, human = NETWORKS[network]
    if kind == "p2pkh":
        return base58check(pubkey_hash, script[3:23])
    if kind == "p2sh":
        return base58check(script_hash, script[2:22])
    if kind in ("p2wpkh", "p2wsh", "p2tr", "anchor", "witness_unknown"):
        return segwit_address(human, *witness_program(script))
    return None


def base58check(prefix: int, payload: bytes) -> str:
    """Prefix, payload and 4 bytes of checksum as one number to base 58, each leading zero byte as a 1."""
    data = bytes([prefix]) + payload
    data += sha256d(data)[:4]
    number, text = int.from_bytes(data, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = BASE58[digit] + text
    return "1" * (len(data) - len(data.lstrip(b"\x00"))) + text


def segwit_address(human: str, version: int, program: bytes) -> str:
    """Bech32 for version 0 (BIP173), Bech32m for 1 to 16 (BIP350)."""
    symbols = [version, *fives(program)]
    spread = [ord(c) >> 5 for c in human] + [0] + [ord(c) & 31 for c in human]
    checksum = bech32_rest(spread + symbols + [0] * 6) ^ (BECH32_END if version == 0 else BECH32M_END)
    symbols += [checksum >> shift & 31 for shift in range(25, -1, -5)]
    return human + "1" + "".join(BECH32[symbol] for symbol in symbols)


def fives(data: bytes) -> list[int]:
    """The data's bits in groups of five, the last filled up with zeros."""
    bits = 8 * len(data)
    padding = -bits % 5
    number = int.from_bytes(data, "big") << padding
    return [number >> shift & 31 for shift in range(bits + padding - 5, -1, -5)]


def bech32_rest(symbols: list[int]) -> int:
    """What is left of the symbols, read as a polynomial over GF(32), after division by the code's generator."""
    rest = 1
    for symbol in symbols:
        top, rest = rest >> 25, (rest & 0x1FFFFFF) << 5 ^ symbol
        for bit, multiple in enumerate(BECH32_GENERATOR):
            if top >> bit & 1:
                rest ^= multiple
    return rest
