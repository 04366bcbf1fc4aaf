"""Two people each pay a fee with a pay-to-anchor output (51 02 4e73) and a coin of their own.

Anybody can spend such an output, so they are not one wallet.
"""

import sys

from made import block_file, coin, opened, pkh, tx

ANCHOR = b"\x51\2\x4e\x73"

c = [coin(i, (pkh(i), 5 * 10**9)) for i in (1, 2, 3, 4)]
p = [tx([(c[i], 0, b"")], [(ANCHOR, 240), (pkh(10 + i), 49 * 10**8)], 3) for i in (0, 1)]
k = [tx([(p[i], 0, b""), (c[2 + i], 0, b"")], [(pkh(20 + i), 49 * 10**8)], 3) for i in (0, 1)]
chain = opened(block_file(*[[x] for x in c], [coin(5, (pkh(9), 1)), *p, *k]))
wallet = chain.cluster()[pkh(3).hex()]
joined = pkh(4).hex() in wallet
print("wallet of one sponsor:", wallet.members().to_pydict()["address"])
print("the other sponsor is in it:", joined)
sys.exit(joined)
