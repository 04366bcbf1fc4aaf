"""The types of the public stub: what may be given is accepted, and a wrong word is refused in the editor."""

import re
import subprocess
import sys
from typing import get_args

import pytest
import satrail
from conftest import ROOT
from satrail import types

TYPING = ROOT / "tests" / "typing"


def checked(name: str) -> str:
    command = [sys.executable, "-m", "mypy", "--no-incremental", "--config-file", "pyproject.toml", TYPING / name]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout


def test_what_may_be_given_is_accepted() -> None:
    assert "Success" in (found := checked("accepted.py")), found


def test_every_wrong_word_is_refused() -> None:
    lines = (TYPING / "refused.py").read_text().splitlines()
    first = lines.index('chain = satrail.open("store")') + 2
    refused = {int(line) for line in re.findall(r"refused\.py:(\d+): error", checked("refused.py"))}
    assert refused == set(range(first, len(lines) + 1))


WORDS = {
    "direction": (types.Direction, lambda chain, word: chain.trace(chain.tip.transactions()[0], direction=word)),
    "policy": (types.Policy, lambda chain, word: chain.compare_policies(chain.tip.transactions()[0], [word])),
    "fees": (types.Fees, lambda chain, word: chain.trace(chain.tip.transactions()[0], fees=word)),
    "coinjoin": (types.CoinJoin, lambda chain, word: chain.cluster(coinjoin=word)),
    "by": (types.Period, lambda chain, word: chain.flows([], by=word)),
    "best": (types.Best, lambda chain, word: chain.trace(chain.tip.transactions()[0]).paths(best=word)),
    "level": (types.Level, lambda chain, word: chain.trace(chain.tip.transactions()[0]).graph(word)),
    "features": (
        types.Feature,
        lambda chain, word: chain.peel_chain(chain.tip.transactions()[0].outputs()[0], features=[word]),
    ),
}


@pytest.mark.parametrize("name", WORDS)
def test_the_words_of_the_types_are_those_that_the_call_knows(chain: satrail.Chain, name: str) -> None:
    words, ask = WORDS[name]
    with pytest.raises(ValueError, match="it is one of") as raised:
        ask(chain, "no such word")
    assert set(str(raised.value).split("it is one of ")[1].split(", ")) == set(get_args(words))


def test_the_stub_says_what_may_be_given() -> None:
    stub = (ROOT / "python" / "satrail" / "_core.pyi").read_text()
    parameters = (
        "source",
        "target",
        "labels",
        "stop_at",
        "addresses",
        "outputs",
        "cannot_link",
        "ends",
        "start",
        "end",
        "moment",
    )
    for name in parameters:
        for annotation in re.findall(rf"\b{name}: ([^=,)\n]+)", stub):
            assert not re.search(r"\b(object|Any)\b", annotation), (name, annotation)
