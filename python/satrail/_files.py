"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path


def replace(writers: dict[Path, Callable[[Path], None]], overwrite: bool) -> None:
    """Write files under other names first, so that none is there in part, and what is there is lost to no error."""
    for path in writers:
        if path.exists() and not overwrite:
            raise FileExistsError(f"{str(path)!r} is there already; give overwrite=True, or another name")
    written: dict[Path, Path] = {}
    try:
        for path, writer in writers.items():
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
            os.close(handle)
            written[path] = Path(name)
            writer(Path(name))
        for path, file in written.items():
            os.chmod(file, _mode())
            os.replace(file, path)
    finally:
        for file in written.values():
            file.unlink(missing_ok=True)


def _mode() -> int:
    """The permissions that a new file has here."""
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
