"""A column file is truncated by another process while a chain is open.

The reader must get an exception, not die of SIGBUS.
"""

import os
import subprocess
import sys

import satrail
from made import demo_store

if len(sys.argv) > 1:
    chain = satrail.open(sys.argv[1])
    os.truncate(sys.argv[1] + "/transactions.txid.0", 4096)
    try:
        chain.digest()
        print("no error")
    except Exception as error:
        print(type(error).__name__, error)
    sys.exit(0)
done = subprocess.run([sys.executable, __file__, str(demo_store())], capture_output=True, text=True)
print(done.returncode, done.stdout, done.stderr[-300:])
sys.exit(done.returncode < 0)
