"""Are these two addresses in one wallet, asked as everybody asks it.

Addresses, outputs, transactions and blocks compare by what they are, and so must wallets.
"""

import sys

from made import demo

chain, _ = demo()
clusters = chain.cluster()
a, b = clusters.largest(1)[0].members().to_pydict()["address"][:2]
print("b is in the wallet of a:", b in clusters[a])
print("address equal to itself:", chain.address(a) == chain.address(a))
print("wallet equal:", clusters[a] == clusters[b], "; to itself:", clusters[a] == clusters[a])
print("found as a key:", {clusters[a]: "x"}.get(clusters[b]), "; in a set of two:", len({clusters[a], clusters[b]}))
sys.exit(not (clusters[a] == clusters[b] and len({clusters[a], clusters[b]}) == 1))
