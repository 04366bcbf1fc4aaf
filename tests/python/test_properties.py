"""A property is what the object already holds; whatever reads many rows of the store, or computes, is a method."""

import ast
import re

import pytest
from conftest import ROOT

STUB = ast.parse((ROOT / "python" / "satrail" / "_core.pyi").read_text(encoding="utf-8"))
BINDINGS = sorted((ROOT / "src" / "python").rglob("*.rs"))
GETTER = re.compile(
    r"#\[getter(?:\((\w+)\))?\]\n(?: *#\[[^\n]*\n)* *(?:pub )?fn (?:r#)?(\w+)\(.*?\n    \}\n", re.DOTALL
)

CLASSES = {thing.name: thing for thing in STUB.body if isinstance(thing, ast.ClassDef)}

#: Properties that hand over objects which were made with the object itself, and are not looked up.
HELD = {"AddressSet.rejected", "Judgement.predicates", "PolicyComparison.traces"}


def is_property(member):
    return isinstance(member, ast.FunctionDef) and "property" in [ast.unparse(d) for d in member.decorator_list]


def properties():
    return {
        f"{name}.{member.name}": member.returns
        for name, thing in CLASSES.items()
        for member in thing.body
        if is_property(member)
    }


def is_table_or_objects(returned):
    """Whether an annotation is a table, or a list of objects of the package; perhaps None."""
    names = {node.id for node in ast.walk(returned) if isinstance(node, ast.Name)}
    return "Table" in names or ("list" in names and bool(names & CLASSES.keys()))


def getters_of(path):
    """The code of each getter in a file, by the name that it has in Python."""
    return {found[1] or found[2]: found[0] for found in GETTER.finditer(path.read_text(encoding="utf-8"))}


def test_a_property_is_neither_a_table_nor_a_list_of_objects_unless_it_is_held():
    assert {name for name, returned in properties().items() if is_table_or_objects(returned)} == HELD


@pytest.mark.parametrize("path", BINDINGS, ids=lambda path: path.relative_to(ROOT / "src" / "python").as_posix())
def test_a_property_does_not_release_the_interpreter_because_it_has_nothing_to_compute(path):
    # A recipe stays a property of every result; what it costs is to digest long lists that were given.
    getters = {name: code for name, code in getters_of(path).items() if name != "recipe"}
    assert [name for name, code in getters.items() if "detach" in code or "interrupted" in code] == []


def test_the_getters_that_are_looked_at_are_those_of_the_stub():
    found = {name for path in BINDINGS for name in getters_of(path)}
    assert {name.split(".")[1] for name in properties()} - found == set()
