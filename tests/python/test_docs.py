"""What is documented runs, and everything is documented."""

import doctest
import inspect
import re
import tempfile

import pytest
import satrail
import satrail.cli
from conftest import BLOCKS, ROOT

#: Lower-case nouns at the top level, that are modules.
MODULES = (satrail.change, satrail.shapes, satrail.truth)


def documented():
    """Every public thing of the package by its full name: functions, classes, and their methods and properties."""
    things = {"satrail": satrail, "satrail.cli.main": satrail.cli.main, "satrail._demo.demo": satrail._demo.demo}
    for module in MODULES:
        things |= {f"{module.__name__}.{name}": getattr(module, name) for name in vars(module) if name[0] != "_"}
    for name in satrail.__all__:
        thing = getattr(satrail, name)
        things[f"satrail.{name}"] = thing
        if inspect.isclass(thing):
            members = {
                n: getattr(thing, n) for n, m in vars(thing).items() if not n.startswith("_") and is_described(m)
            }
            things |= {f"satrail.{name}.{n}": m for n, m in members.items()}
    # The properties of a class of the core are in no order, and pytest-xdist needs the same one in every process.
    return dict(sorted(things.items()))


def is_described(member):
    """A method or property; the fields of a dataclass are described where the class is."""
    return not inspect.ismemberdescriptor(member)


THINGS = documented()
EXAMPLES = [name for name, thing in THINGS.items() if ">>>" in (thing.__doc__ or "")]


def code_blocks():
    """The Python in the README that says on its first line that it runs."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    return re.findall(r"^```python\n(# runs\n.*?)^```", readme, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("name", THINGS)
def test_everything_public_has_a_docstring_of_sentences(name):
    text = inspect.getdoc(THINGS[name])
    assert text
    assert text[0].isupper() or text.startswith(("satrail", '"'))
    assert ". " in text or text.split("\n\n")[0].rstrip().endswith((".", ":"))


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_run(name, store, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {"satrail": satrail, "chain": satrail.open(store), "store": store, "blocks": BLOCKS}
    test = doctest.DocTestParser().get_doctest(inspect.getdoc(THINGS[name]), names, name, None, 0)
    shown = []
    doctest.DocTestRunner(verbose=False).run(test, out=shown.append)
    assert shown == []


def test_every_class_and_function_of_the_chain_has_an_example():
    shown = set(EXAMPLES)
    things = {name: getattr(satrail, name) for name in satrail.__all__}
    classes = {f"satrail.{name}" for name, thing in things.items() if getattr(thing, "__module__", "") == "satrail"}
    names = (
        "open",
        "ingest",
        "inspect",
        "verify",
        "shapes.judge",
        "shapes.thresholds",
        "shapes.boltzmann",
        "change.card",
    )
    functions = {f"satrail.{name}" for name in names}
    assert classes | functions <= shown | {"satrail.Batches", "satrail.Blocks", "satrail.Wallets"}


@pytest.mark.parametrize("code", code_blocks())
def test_the_readme_runs(code, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    exec(compile(code, "README.md", "exec"), {"__name__": "readme"})
