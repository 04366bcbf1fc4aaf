"""Tables for other packages and as files."""

from __future__ import annotations

import csv
import datetime
import importlib
from pathlib import Path
from typing import Any

from satrail._files import replace


def to_polars(table: Any) -> Any:
    """Return a polars.DataFrame."""
    polars = _import("polars", "to_polars")
    frames = [polars.DataFrame(batch) for batch in table]
    return polars.concat(frames) if frames else polars.DataFrame(table)


def to_arrow(table: Any) -> Any:
    """Return a pyarrow.Table."""
    return _arrow(table, "to_arrow")


def to_pandas(table: Any) -> Any:
    """Return a pandas.DataFrame. Before version 3 pandas does not read Arrow tables itself."""
    pandas = _import("pandas", "to_pandas")
    arrow = _arrow(table, "to_pandas")
    from_arrow = getattr(pandas.DataFrame, "from_arrow", None)
    return arrow.to_pandas() if from_arrow is None else from_arrow(arrow)


def _arrow(table: Any, method: str) -> Any:
    pyarrow = _import("pyarrow", method)
    parts = [pyarrow.table(batch) for batch in table]
    return pyarrow.concat_tables(parts) if parts else pyarrow.table(table)


def to_numpy(column: Any) -> Any:
    """Return a numpy.ndarray."""
    numpy = _import("numpy", "to_numpy")
    numbers = column._numbers()
    if numbers is None:
        values = column.to_list()
        return numpy.array(values, dtype=bool if values and all(isinstance(v, bool) for v in values) else object)
    values, nulls = numpy.frombuffer(numbers[1], numbers[0]).copy(), numpy.frombuffer(numbers[2], bool)
    if nulls.any():
        values = values if values.dtype.kind == "M" else values.astype(float)
        values[nulls] = "NaT" if values.dtype.kind == "M" else numpy.nan
    return values


def write_csv(table: Any, path: Path, overwrite: bool) -> None:
    """Write a table batch by batch, so that a long one is never in memory as a whole, and can be interrupted."""
    replace({Path(path): lambda file: rows_to_csv(table, file)}, overwrite)


def rows_to_csv(table: Any, path: Path) -> None:
    """Write the rows to a new file."""
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)  # its \r\n also makes it quote a lone \r
        writer.writerow(table.columns)
        for batch in table:
            columns = batch.to_pydict().values()
            writer.writerows([plain(cell) for cell in row] for row in zip(*columns, strict=True))


def plain(cell: Any) -> Any:
    """Return a cell as JSON and CSV have it."""
    return cell.isoformat() if isinstance(cell, datetime.datetime) else cell


def write_parquet(table: Any, path: Path, overwrite: bool) -> None:
    """Write a table batch by batch."""
    replace({Path(path): table._write_parquet}, overwrite)


def _import(package: str, method: str) -> Any:
    try:
        return importlib.import_module(package)
    except ImportError as error:
        raise ImportError(f"{method}() needs {package}, which is not installed: pip install {package}") from error
