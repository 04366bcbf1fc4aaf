"""Work by wallet in several processes, as with multiprocessing or joblib."""

import pickle
import sys

from made import demo

chain, _ = demo()
clusters = chain.cluster()
wallet, bad = clusters.largest(1)[0], False
for name, thing in {"chain": chain, "clusters": clusters, "wallet": wallet, "flows": chain.flows(wallet)}.items():
    try:
        pickle.loads(pickle.dumps(thing))
        print(name, "ok")
    except TypeError as error:
        print(name, "->", error)
        bad = True
sys.exit(bad)
