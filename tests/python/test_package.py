"""What is installed, and what importing it brings along."""

import importlib.metadata
import importlib.resources
import inspect
import subprocess
import sys
import tomllib

import pytest
import satrail
from conftest import ROOT


def test_the_package_is_typed():
    files = importlib.resources.files("satrail")
    assert (files / "py.typed").is_file()
    stub = (files / "_core.pyi").read_text()
    for name, thing in vars(satrail._core).items():
        if not name.startswith("__"):
            assert f"{name}" in stub
        if inspect.isclass(thing):
            assert f"class {name}" in stub


def test_the_chain_that_comes_with_it_is_there():
    names = {path.name for path in (importlib.resources.files("satrail") / "demo_chain").iterdir()}
    assert {"blk00000.dat", "xor.dat", "charity.csv"} <= names


def test_all_names_are_there_and_all_that_is_there_is_named():
    public = {n for n, v in vars(satrail).items() if not n.startswith("_") and not inspect.ismodule(v)}
    assert set(satrail.__all__) == public | {"change", "shapes", "truth"}
    assert satrail.__all__ == sorted(satrail.__all__)


@pytest.mark.parametrize("name", [n for n in satrail.__all__ if not inspect.ismodule(getattr(satrail, n))])
def test_each_name_knows_where_it_is_imported_from(name):
    thing = getattr(satrail, name)
    module = sys.modules[thing.__module__]
    assert getattr(module, thing.__qualname__) is thing


def test_importing_it_imports_no_table_library():
    heavy = ["pandas", "polars", "pyarrow", "numpy", "duckdb", "tqdm", "IPython"]
    code = f"import sys, satrail, satrail.cli; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_the_version_is_the_crates():
    crate = tomllib.loads((ROOT / "Cargo.toml").read_text())["package"]["version"]
    assert satrail.__version__ == satrail._core.VERSION == importlib.metadata.version("satrail") == crate
