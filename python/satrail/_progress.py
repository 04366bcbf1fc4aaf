"""How long work shows its progress."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from tqdm.auto import tqdm

Facts = dict[str, Any]

_LABELS = {"scan": "looking for blocks", "blocks": "blocks", "index": "writing", "simulate": "simulating"}


class _Silent:
    def __call__(self, now: Facts) -> None:
        pass

    def close(self) -> None:
        pass


class _Function(_Silent):
    def __init__(self, function: Callable[[Facts], object]) -> None:
        self._function = function

    def __call__(self, now: Facts) -> None:
        self._function(now)


class _Bar(_Silent):
    """A bar of bytes, of rows that are verified, or of blocks that are simulated.

    It appears when there is something to do.
    """

    def __init__(self) -> None:
        self._bar: Any = None

    def __call__(self, now: Facts) -> None:
        verifying = now["phase"] == "verify"
        counted = {"verify": "rows", "simulate": "blocks"}.get(now["phase"], "bytes")
        if self._bar is None:
            self._bar = tqdm(unit="B" if counted == "bytes" else f" {counted}", unit_scale=True)
        self._bar.set_description(now["check"] if verifying else _LABELS[now["phase"]], refresh=False)
        if now["phase"] != "index":
            self._bar.n, self._bar.total = now[counted], now.get(f"{counted}_total") or None
        if now["phase"] == "blocks":
            self._bar.set_postfix_str(f"height {now['height']:,}", refresh=False)
        self._bar.refresh()

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()


def _interactive() -> bool:
    return sys.stderr is not None and (sys.stderr.isatty() or "ipykernel" in sys.modules)


def reporter(progress: bool | Callable[[Facts], object] | None) -> _Silent:
    """Return what the core tells its progress to."""
    if progress is None:
        progress = _interactive()
    if progress is True:
        return _Bar()
    if progress is False:
        return _Silent()
    if callable(progress):
        return _Function(progress)
    raise TypeError(f"progress={progress!r} is none of None, True, False and a function")
