"""Damage in a column's last MiB must not be taken into the new checksums by the next ingest.

A check without the block files would say "sound" then.
"""

import sys
import tempfile
from pathlib import Path

import satrail
from made import DEMO

store = Path(tempfile.mkdtemp()) / "store"
satrail.ingest(DEMO, store, until=400, progress=False)
good = satrail.open(store).at(400).digest()
column = store / "outputs.value.0"
values = bytearray(column.read_bytes())
values[8 * 100 + 3] ^= 1
column.write_bytes(values)
before = satrail.verify(store, check_blocks=False, progress=False)
satrail.ingest(DEMO, store, progress=False)
after = satrail.verify(store, check_blocks=False, progress=False)
full = satrail.verify(store, progress=False)
print("sound after the damage:", before.is_sound)
print("sound after the next ingest, without blocks:", after.is_sound, after.problems[:3])
print("sound after it, with blocks:", full.is_sound)
print("digest at 400 as it was:", satrail.open(store).at(400).digest() == good)
sys.exit(after.is_sound)
