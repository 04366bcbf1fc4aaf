"""How long work shows its progress."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from tqdm.auto import tqdm

_FIELDS = ("phase", "blocks", "blocks_total", "bytes", "bytes_total", "height", "seconds")
_LABELS = {"scan": "looking for blocks", "blocks": "blocks", "index": "writing", "verify": "verifying"}


class _Silent:
    def __call__(self, *now: object) -> None:
        pass

    def close(self) -> None:
        pass


class _Function(_Silent):
    def __init__(self, function: Callable[[dict[str, object]], object]) -> None:
        self._function = function

    def __call__(self, *now: object) -> None:
        self._function(dict(zip(_FIELDS, now, strict=True)))


class _Bar(_Silent):
    """A bar of bytes; it appears when there is something to do."""

    def __init__(self) -> None:
        self._bar: Any = None

    def __call__(self, *now: object) -> None:
        facts: dict[str, Any] = dict(zip(_FIELDS, now, strict=True))
        if self._bar is None:
            self._bar = tqdm(unit="B", unit_scale=True, leave=True)
        bar = self._bar
        bar.set_description(_LABELS[facts["phase"]], refresh=False)
        if facts["bytes_total"]:
            bar.total = facts["bytes_total"]
            bar.set_postfix_str(f"height {facts['height']:,}", refresh=False)
        if facts["phase"] != "index":
            bar.n = facts["bytes"]
        bar.refresh()

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()


def _interactive() -> bool:
    return sys.stderr is not None and (sys.stderr.isatty() or "ipykernel" in sys.modules)


def reporter(progress: bool | Callable[[dict[str, object]], object] | None) -> _Silent:
    """Return what the core tells its progress to."""
    if progress is None:
        progress = _interactive()
    if progress is True:
        return _Bar()
    if callable(progress):
        return _Function(progress)
    if progress is False:
        return _Silent()
    raise TypeError(f"progress={progress!r} is none of None, True, False and a function")
