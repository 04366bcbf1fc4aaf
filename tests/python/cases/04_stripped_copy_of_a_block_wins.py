"""A node that was upgraded after segwit has a block twice (bitcoin/bitcoin#20643, #21009).

First as old peers sent it, without witnesses, then whole.
"""

import hashlib
import struct
import sys

from made import GENESIS, GENESIS_TIME, header, opened, record, sha256d


def tx(prev, n, script, outputs, witness=b""):
    """A transaction without and with its witness; outputs are (script, satoshi)."""
    pays = b"".join(struct.pack("<q", value) + bytes([len(pay)]) + pay for pay, value in outputs)
    spends = b"\1" + prev + struct.pack("<I", n) + bytes([len(script)]) + script + b"\xff" * 4
    body = spends + bytes([len(outputs)]) + pays
    return b"\2\0\0\0" + body + bytes(4), b"\2\0\0\0\0\1" + body + witness + bytes(4)


key = b"\2" * 33
wpkh = b"\0\x14" + hashlib.sha256(key).digest()[:20]
h0 = header(bytes(32), sha256d(GENESIS), GENESIS_TIME, version=1, nonce=2)
c1 = tx(bytes(32), 2**32 - 1, b"\4\1\0\0\0", [(wpkh, 5 * 10**9)])[0]
h1 = header(sha256d(h0), sha256d(c1), GENESIS_TIME + 600)
pay = tx(sha256d(c1), 0, b"", [(wpkh, 4 * 10**9)], b"\2\x48" + b"\x30" * 72 + b"\x21" + key)
commitment = b"\x6a\x24\xaa\x21\xa9\xed" + sha256d(sha256d(bytes(32) + sha256d(pay[1])) + bytes(32))
c2 = tx(bytes(32), 2**32 - 1, b"\4\2\0\0\0", [(wpkh, 5 * 10**9), (commitment, 0)], b"\1\x20" + bytes(32))
h2 = header(sha256d(h1), sha256d(sha256d(c2[0]) + sha256d(pay[0])), GENESIS_TIME + 1200)
first = record(h0 + b"\1" + GENESIS) + record(h1 + b"\1" + c1)
stripped, whole = (record(h2 + b"\2" + c2[n] + pay[n]) for n in (0, 1))
a, b = opened(first + whole + stripped), opened(first + stripped + whole)
for chain in (a, b):
    segwit = chain.tip.transactions()[1].fingerprint.segwit
    print("height", chain.height, "weight", chain.tip.weight, "segwit", segwit, "digest", chain.digest()[:16])
sys.exit((a.digest(), a.tip.weight) != (b.digest(), b.tip.weight))
