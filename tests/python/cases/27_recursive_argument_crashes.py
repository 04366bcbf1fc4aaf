"""A list that contains itself, or one nested deeply, as an argument.

An exception is right, a crash of the interpreter is not.
"""

import subprocess
import sys

from made import demo_store

CALLS = {
    "trace": "c.trace(v)",
    "stop_at": "c.trace(o, stop_at=v)",
    "stop_at_map": "c.trace(o, stop_at={'x': v})",
    "exposure": "c.exposure(o, v)",
    "flows": "c.flows(v)",
    "flows_labels": "c.flows(a, labels=v)",
    "convergence": "c.convergence(v)",
    "peel_chain_stop": "c.peel_chain(o, stop_at=v)",
    "between": "k.between(v, v)",
    "getitem": "k[v]",
    "why": "k.why(v, v)",
    "bridges": "k.bridges(v, v)",
    "members": "k.members(v)",
    "of": "k.of(v)",
    "addresses": "c.addresses(v)",
    "cannot_link": "c.cluster(cannot_link=v)",
    "paths": "t.paths(v)",
    "choke_points": "t.choke_points(v)",
    "min_cut": "t.min_cut(v, v)",
    "contains": "v in k",
    "compare": "c.compare_policies(v)",
    "compare_clusters": "c.compare_policies(o, clusters=v)",
}
ASK = """
import os, sys, satrail
c = satrail.open(sys.argv[1])
k = c.cluster()
o = c.block(200).transactions()[0].outputs()[0]
a = o.address
t = c.trace(o, max_tx_hops=2)
if sys.argv[2] == "self":
    v = []
    v.append(v)
elif sys.argv[2] == "map":
    v = {}
    v["a"] = v
else:
    v = []
    for _ in range(100000):
        v = [v]
try:
    %s
except Exception as e:
    print(type(e).__name__, str(e)[:200])
sys.stdout.flush()
os._exit(0)
"""
NOT_PORTED = ("AttributeError", "NameError", "unexpected keyword argument")


def outcome(store, call, kind):
    """None if it is right, else what happened."""
    try:
        command = [sys.executable, "-c", ASK % call, str(store), kind]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    except subprocess.TimeoutExpired:
        return "hang"
    if any(word in done.stdout for word in NOT_PORTED):
        print("not ported:", call, done.stdout.strip())
        return done.stdout
    return done.returncode or None


store = demo_store()
asked = [(name, call, kind) for name, call in CALLS.items() for kind in ("self", "map", "deep")]
bad = [(name, kind, what) for name, call, kind in asked if (what := outcome(store, call, kind))]
print(len(asked), "calls, crashed:", bad)
sys.exit(bool(bad))
