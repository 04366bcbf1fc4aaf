"""How long work shows its progress."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from typing import Any

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
        counted = _counted(now)
        if self._bar is None:
            self._bar = _tqdm()(unit="B" if counted == "bytes" else f" {counted}", unit_scale=True)
        self._bar.set_description(_label(now), refresh=False)
        if now["phase"] != "index":
            self._bar.n, self._bar.total = now[counted], now.get(f"{counted}_total") or None
        if now["phase"] == "blocks":
            self._bar.set_postfix_str(f"height {now['height']:,}", refresh=False)
        self._bar.refresh()

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()


class _Lines(_Silent):
    """A line for each kind of work and each tenth of it, for files, where a bar would be drawn over and over."""

    def __init__(self) -> None:
        self._told: set[tuple[str, int]] = set()

    def __call__(self, now: Facts) -> None:
        counted, label = _counted(now), _label(now)
        total = now.get(f"{counted}_total") or 0
        tenth = min(10 * now.get(counted, 0) // total, 10) if total else 0
        if (label, tenth) in self._told:
            return
        self._told |= {(label, earlier) for earlier in range(tenth + 1)}
        height = f", height {now['height']:,}" if now["phase"] == "blocks" else ""
        print(f"{label}: {10 * tenth} %{height}", file=sys.stderr, flush=True)


def _counted(now: Facts) -> str:
    return {"verify": "rows", "simulate": "blocks"}.get(now["phase"], "bytes")


def _label(now: Facts) -> str:
    return str(now["check"]) if now["phase"] == "verify" else _LABELS[now["phase"]]


def _tqdm() -> Any:
    """Return the bar for this place: in a notebook that of ipywidgets where it is installed, else one of text."""
    with warnings.catch_warnings():
        # Without ipywidgets the bar of text works as well, so nobody need be told to install them.
        warnings.filterwarnings("ignore", message="IProgress not found")
        from tqdm.auto import tqdm
    return tqdm


def _in_notebook() -> bool:
    return "ipykernel" in sys.modules


def _in_terminal() -> bool:
    return sys.stderr is not None and sys.stderr.isatty()


def reporter(progress: bool | Callable[[Facts], object] | None) -> _Silent:
    """Return what the core tells its progress to."""
    seen = _in_notebook() or _in_terminal()
    if progress is None:
        progress = seen
    if progress is True:
        return _Bar() if seen else _Lines()
    if progress is False:
        return _Silent()
    if callable(progress):
        return _Function(progress)
    raise TypeError(f"progress={progress!r} is not None, True, False or a function")
