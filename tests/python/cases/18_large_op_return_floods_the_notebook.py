"""Bitcoin Core 30 relays OP_RETURN of 100,000 bytes: showing such an output or address must not print all of it."""

import struct
import sys

from made import block_file, coin, opened, pkh, tx, txid

c = coin(1, (pkh(1), 5 * 10**9))
large = tx([(c, 0, b"")], [(b"\x6a\x4d" + struct.pack("<H", 50_000) + bytes(50_000), 0), (pkh(2), 49 * 10**8)])
output = opened(block_file([c], [coin(2, (pkh(9), 1)), large])).tx(txid(large)).outputs()[0]
sizes = {
    "repr of the address": len(repr(output.address)),
    "html of the output": len(output._repr_html_()),
    "html of the address": len(output.address._repr_html_()),
}
print(sizes)
sys.exit(max(sizes.values()) > 5_000)
