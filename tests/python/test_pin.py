"""scripts/ci/pin.py rewrites what an action is named by, and nothing else."""

import importlib.util

from conftest import ROOT

SPEC = importlib.util.spec_from_file_location("pin", ROOT / "scripts" / "ci" / "pin.py")
pin = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(pin)

WORKFLOW = """
    steps:
      - uses: actions/checkout@v7
        with:
          persist-credentials: false # not for later steps
      - uses: owner/repository/deep/action@release/v1
      - run: echo uses it
"""


def commit(repository, tag):
    return {("actions/checkout", "v7"): "a" * 40, ("owner/repository", "release/v1"): "b" * 40}[repository, tag]


def test_tags_become_commits_and_stay_as_comments():
    pinned = pin.pinned(WORKFLOW, commit)
    assert f"uses: actions/checkout@{'a' * 40} # v7\n" in pinned
    assert f"uses: owner/repository/deep/action@{'b' * 40} # release/v1\n" in pinned
    assert pin.unpinned(WORKFLOW) == ["actions/checkout@v7", "owner/repository/deep/action@release/v1"]
    assert pin.unpinned(pinned) == []


def test_what_is_pinned_follows_its_tag():
    old = WORKFLOW.replace("@v7", f"@{'0' * 40} # v7")
    assert pin.pinned(old, commit) == pin.pinned(WORKFLOW, commit)


def test_every_workflow_is_understood():
    for file in pin.WORKFLOWS.glob("*.yml"):
        text = file.read_text()
        assert len(pin.unpinned(pin.pinned(text, lambda *_: "c" * 40))) == 0
        assert text.count("uses: ") == len(pin.USES.findall(text))
