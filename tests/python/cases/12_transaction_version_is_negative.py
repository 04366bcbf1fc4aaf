"""Version bytes 01 00 00 81: Bitcoin Core 28 and later says 2164260865 (bitcoin/bitcoin#29325).

Such transactions are on the main chain.
"""

import sys

from made import block_file, coin, opened, pkh, tx, txid

c = coin(1, (pkh(1), 5 * 10**9))
odd = tx([(c, 0, b"")], [(pkh(2), 3 * 10**9)], 0x81000001)
got = opened(block_file([c], [coin(2, (pkh(9), 1)), odd])).tx(txid(odd)).version
print("version", got)
sys.exit(got != 0x81000001)
