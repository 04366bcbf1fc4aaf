"""xor.dat was lost and Core wrote a null key over it (bitcoin/bitcoin#35938).

The old file cannot be read, the new one can. The message should say so.
"""

import sys
import tempfile
from pathlib import Path

import satrail
from made import MAGIC, block_file, coin, pkh

KEY = bytes(range(1, 9))

data = block_file(*[[coin(i, (pkh(i), 5 * 10**9))] for i in range(1, 9)])
folder = Path(tempfile.mkdtemp())
cut = data.index(MAGIC, 800)
(folder / "blk00000.dat").write_bytes(bytes(b ^ KEY[i % 8] for i, b in enumerate(data[:cut])))
(folder / "blk00001.dat").write_bytes(data[cut:])
(folder / "xor.dat").write_bytes(bytes(8))
try:
    said = " ".join(satrail.ingest(folder, folder / "store", progress=False).notes)
except satrail.SatrailError as error:
    said = str(error)
print(said)
sys.exit("xor" not in said.lower())
