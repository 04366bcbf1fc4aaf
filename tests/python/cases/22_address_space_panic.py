"""An ingest under a tight limit of address space must end in an OSError or MemoryError, not in a panic, and in time."""

import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from made import DEMO


def ingest(store, kibibytes):
    """With so much address space beyond what the interpreter and the package take."""
    import satrail

    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + (kibibytes << 10)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    try:
        satrail.ingest(DEMO, store, progress=False)
        print("ok")
    except Exception as error:
        print(type(error).__name__, error)
    except BaseException as error:
        print("PANIC", type(error).__name__, error)
        sys.exit(7)


def outcome(kibibytes):
    """None if it is right, else what happened."""
    command = [sys.executable, __file__, tempfile.mkdtemp() + "/store", str(kibibytes)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20)
    except subprocess.TimeoutExpired:
        return "hang"
    return (done.returncode, (done.stdout + done.stderr)[-200:]) if done.returncode else None


if len(sys.argv) > 1:
    ingest(sys.argv[1], int(sys.argv[2]))
    sys.exit(0)
bad = {limit: what for limit in range(0, 80_000, 2000) if (what := outcome(limit))}
print(len(bad), bad)
sys.exit(bool(bad))
