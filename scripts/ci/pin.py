"""Pin the actions of .github/workflows to the commits that their tags stand for now, with the tag as a comment.

python scripts/ci/pin.py            # writes; needs the network
python scripts/ci/pin.py --check    # exits with 1 if an action is not pinned
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

WORKFLOWS = Path(__file__).resolve().parents[2] / ".github" / "workflows"
USES = re.compile(r"(?P<before>uses: )(?P<action>[\w.-]+/[\w./-]+)@(?P<now>[^\s#]+)(?: # (?P<tag>\S+))?")
COMMIT = re.compile(r"[0-9a-f]{40}")


def commit_of(repository: str, tag: str) -> str:
    """Ask GitHub which commit a tag or branch stands for; an annotated tag stands for the commit behind it."""
    command = ["git", "ls-remote", f"https://github.com/{repository}", f"refs/tags/{tag}", f"refs/tags/{tag}^{{}}"]
    command.append(f"refs/heads/{tag}")
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    found = {name: commit for commit, name in (line.split("\t") for line in lines)}
    for name in (f"refs/tags/{tag}^{{}}", f"refs/tags/{tag}", f"refs/heads/{tag}"):
        if name in found:
            return found[name]
    sys.exit(f"{repository} has no tag or branch {tag}")


def pinned(text: str, resolve: Callable[[str, str], str]) -> str:
    """Return a workflow with each action at its commit; what is pinned already follows its tag."""

    def pin(match: re.Match[str]) -> str:
        tag = match["tag"] if COMMIT.fullmatch(match["now"]) else match["now"]
        if tag is None:
            return match[0]
        repository = "/".join(match["action"].split("/")[:2])
        return f"{match['before']}{match['action']}@{resolve(repository, tag)} # {tag}"

    return USES.sub(pin, text)


def unpinned(text: str) -> list[str]:
    """Return the actions that are named by a tag."""
    return [f"{match['action']}@{match['now']}" for match in USES.finditer(text) if not COMMIT.fullmatch(match["now"])]


def main() -> int:
    """Pin, or check."""
    files = sorted(WORKFLOWS.glob("*.yml"))
    if "--check" in sys.argv:
        loose = [name for file in files for name in unpinned(file.read_text())]
        print("\n".join(loose))
        return int(bool(loose))
    for file in files:
        file.write_text(pinned(file.read_text(), commit_of))
    return 0


if __name__ == "__main__":
    sys.exit(main())
