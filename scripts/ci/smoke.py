"""What an installed satrail must do by itself: the bundled chain, the command line, and no GIL where none is needed."""

import importlib.metadata
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

import satrail


def main() -> None:
    """Ask the package that is installed."""
    package = Path(satrail.__file__).parent
    assert Path(sys.prefix) in package.parents, f"{package} is not the installed one"
    assert satrail.__version__ == importlib.metadata.version("satrail")
    assert (package / "py.typed").is_file()
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "demo.satrail"
        report = satrail.ingest(package / "demo_chain", store, progress=False)
        chain = satrail.open(store)
        assert (report.height, chain.counts["transactions"]) == (495, 3476)
        charity = chain.addresses(package / "demo_chain" / "charity.csv")
        ledger = chain.trace(charity, direction="out", max_tx_hops=3).ledger
        assert ledger.source > 0
        assert len(chain.cluster().largest(1)) == 1
        command = [sys.executable, "-m", "satrail", "verify", str(store), "--quiet"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        del chain, charity, ledger
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        assert not sys._is_gil_enabled(), "importing satrail has switched the GIL on"
    print(f"{sys.argv[1]}: satrail {satrail.__version__} on {sys.platform}, Python {sys.version.split()[0]}: all right")


if __name__ == "__main__":
    main()
