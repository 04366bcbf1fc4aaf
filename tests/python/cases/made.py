"""Small chains made by hand, and the bundled chain in a store of its own: what most of the cases ask satrail about."""

import hashlib
import struct
import tempfile
from pathlib import Path

import satrail

DEMO = Path(satrail.__file__).parent / "demo_chain"
MAGIC = bytes.fromhex("fabfb5da")
GENESIS_TIME = 1296688602
GENESIS = bytes.fromhex(
    "01000000010000000000000000000000000000000000000000000000000000000000000000ffffffff4d04ffff001d0104455468652054696d"
    "65732030332f4a616e2f32303039204368616e63656c6c6f72206f6e206272696e6b206f66207365636f6e64206261696c6f757420666f7220"
    "62616e6b73ffffffff0100f2052a01000000434104678afdb0fe5548271967f1a67130b7105cd6a828e03909a67962e0ea1f61deb649f6bc3f"
    "4cef38c4f35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5fac00000000"
)


def sha256d(data):
    return hashlib.sha256(hashlib.sha256(data).digest()).digest()


def size(number):
    """A count or length as transactions have it."""
    return bytes([number]) if number < 253 else b"\xfd" + struct.pack("<H", number)


def tx(inputs, outputs, version=2):
    """A transaction; inputs are (raw transaction or None, position, script_sig), outputs are (script, satoshi)."""
    spends = [(sha256d(raw) if raw else bytes(32)) + struct.pack("<I", n) + size(len(s)) + s for raw, n, s in inputs]
    pays = [struct.pack("<q", value) + size(len(script)) + script for script, value in outputs]
    spent = b"".join(spend + b"\xff" * 4 for spend in spends)
    return struct.pack("<I", version) + size(len(inputs)) + spent + size(len(outputs)) + b"".join(pays) + bytes(4)


def coin(height, *outputs):
    """A coinbase transaction."""
    return tx([(None, 2**32 - 1, b"\4" + struct.pack("<I", height))], outputs)


def pkh(number):
    """A pay-to-public-key-hash script; every number is an owner of its own."""
    return b"\x76\xa9\x14" + number.to_bytes(20, "big") + b"\x88\xac"


def txid(raw):
    return sha256d(raw)[::-1].hex()


def header(prev, root, time, version=4, nonce=0):
    """A header with the work that regtest asks for."""
    for number in range(nonce, 10**6):
        made = struct.pack("<I", version) + prev + root + struct.pack("<III", time, 0x207FFFFF, number)
        if sha256d(made)[31] < 127:
            return made
    raise AssertionError("no nonce does it")


def block(prev, time, txs, version=4, nonce=0):
    level = [sha256d(raw) for raw in txs]
    while len(level) > 1:
        level = [sha256d(a + b) for a, b in zip(level[::2], level[1::2] + level[-1:] * (len(level) % 2), strict=True)]
    return header(prev, level[0], time, version, nonce) + size(len(txs)) + b"".join(txs)


def record(raw):
    """A block as a block file has it."""
    return MAGIC + struct.pack("<I", len(raw)) + raw


def block_file(*lists):
    """A block file of the genesis block and of one block for every list of transactions."""
    blocks = [block(bytes(32), GENESIS_TIME, [GENESIS], version=1, nonce=2)]
    for txs in lists:
        blocks.append(block(sha256d(blocks[-1][:80]), GENESIS_TIME + 600 * len(blocks), txs))
    return b"".join(map(record, blocks))


def opened(data):
    """The chain of one block file."""
    folder = Path(tempfile.mkdtemp())
    (folder / "blk00000.dat").write_bytes(data)
    satrail.ingest(folder, folder / "store", progress=False)
    return satrail.open(folder / "store")


def demo_store():
    """A new store of the bundled chain."""
    store = Path(tempfile.mkdtemp()) / "store"
    satrail.ingest(DEMO, store, progress=False)
    return store


def demo():
    """The bundled chain, and a folder for files."""
    store = demo_store()
    return satrail.open(store), store.parent


def some_addresses(chain, count):
    texts = chain.outputs(columns=["address"]).to_pydict()["address"]
    return [text for text in dict.fromkeys(texts) if text][:count]
