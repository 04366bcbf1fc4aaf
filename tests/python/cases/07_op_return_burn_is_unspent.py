"""40 BTC go to an OP_RETURN output, which no node will ever let anybody spend.

The ledger must not call them unspent.
"""

import sys

from made import block_file, coin, opened, pkh, tx, txid

c = coin(1, (pkh(1), 5 * 10**9))
burn = tx([(c, 0, b"")], [(b"\x6a\4burn", 4 * 10**9), (pkh(2), 10**9)])
chain = opened(block_file([c], [coin(2, (pkh(9), 1)), burn]))
ledger = chain.trace(pkh(1).hex(), direction="out").ledger
print(ledger)
print("balance of the OP_RETURN script:", chain.address("6a046275726e").balance())
print("is_lost:", chain.tx(txid(burn)).outputs()[0].is_lost)
sys.exit(ledger.unspent != 10**9)
