"""A FIFO where a block file or xor.dat is expected: an error is right, waiting for ever is not."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from made import DEMO

INGEST = "import satrail, sys; satrail.ingest(sys.argv[1] + '/blocks', sys.argv[1] + '/store', progress=False)"

bad = []
for name in ("blk00003.dat", "xor.dat"):
    folder = Path(tempfile.mkdtemp())
    shutil.copytree(DEMO, folder / "blocks")
    (folder / "blocks" / name).unlink()
    os.mkfifo(folder / "blocks" / name)
    try:
        subprocess.run([sys.executable, "-c", INGEST, str(folder)], timeout=8, capture_output=True)
    except subprocess.TimeoutExpired:
        bad.append(name)
print("hangs:", bad)
sys.exit(bool(bad))
