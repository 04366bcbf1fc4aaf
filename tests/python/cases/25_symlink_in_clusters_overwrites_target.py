"""A store from somebody else has a symlink in its folder "clusters".

The reading call Chain.cluster() must not write through it. The victim is a file of this program's own temporary folder.
"""

import sys

import satrail
from made import demo_store

PRECIOUS = b"precious\n" * 10

store = demo_store()
victim = store.parent / "victim.txt"
satrail.open(store).cluster()
key = next((store / "clusters").iterdir()).name.split(".")[0]
code = 0
for kind in ("refused", "links", "text.new", "text", "lock"):
    victim.write_bytes(PRECIOUS)
    for file in list((store / "clusters").iterdir()):
        file.unlink()
    (store / "clusters" / f"{key}.{kind}").symlink_to(victim)
    satrail.open(store).cluster()
    now = victim.read_bytes()
    print(f"{kind:9} victim", "unchanged" if now == PRECIOUS else f"OVERWRITTEN: {len(now)} bytes")
    code |= now != PRECIOUS
sys.exit(int(code))
