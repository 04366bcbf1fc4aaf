"""A dust disposal transaction of BIP451: dust of strangers, one empty OP_RETURN, all to fees.

Each input is signed ALL|ANYONECANPAY.
"""

import sys

from made import block_file, coin, opened, pkh, tx


def signed(i):
    signature = b"\x47\x30\x44\2\x20" + bytes([i + 1]) * 32 + b"\2\x20" + bytes([i + 9]) * 32 + b"\x81"
    return signature + b"\x21\2" + bytes([i + 1]) * 32


c = coin(1, (pkh(1), 5 * 10**9))
dust = tx([(c, 0, b"")], [(pkh(100 + i), 546) for i in range(6)] + [(pkh(2), 49 * 10**8)])
disposal = tx([(dust, i, signed(i)) for i in range(6)], [(b"\x6a\0", 0)])
chain = opened(block_file([c], [coin(2, (pkh(9), 1)), dust], [coin(3, (pkh(9), 1)), disposal]))
size = chain.cluster()[pkh(100).hex()].size()
print("addresses joined by the disposal:", size)
sys.exit(size != 1)
