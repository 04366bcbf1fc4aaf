"""What calls take, as types: for annotations, and so that editors complete words.

docs/given.md says what each of these means.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from os import PathLike
from typing import Literal, Protocol, TypeAlias

from satrail._core import Address, AddressSet, Output, Transaction, Wallet


class ArrowStream(Protocol):
    """A table or a column that leaves through the Arrow protocol: of polars, pandas, pyarrow, DuckDB, or satrail."""

    def __arrow_c_stream__(self) -> object:
        """Give the table as a stream of record batches."""


class NumpyDate(Protocol):
    """A date of NumPy, numpy.datetime64."""

    def astype(self, dtype: str, /) -> NumpyDate:
        """Give the date in another unit."""


#: A height (int), a date (text, date, datetime, numpy.datetime64, or seconds since 1970 as a float), or a block hash.
Moment: TypeAlias = int | float | str | date | NumpyDate

#: A table of polars, pandas or pyarrow, or a file.
Frame: TypeAlias = ArrowStream | PathLike[str]

#: One thing that a trace can begin at; a text is "txid:n", a txid or an address.
Named: TypeAlias = Output | Transaction | Address | AddressSet | Wallet | str
#: What a trace can begin at.
Source: TypeAlias = Named | Frame | Mapping[str, Named | Iterable[Named]] | Iterable[Named | Iterable[Named]]

#: One thing that names addresses.
Place: TypeAlias = Output | Address | AddressSet | Wallet | str
#: Addresses.
Addresses: TypeAlias = Place | Frame | Mapping[str, Place | Iterable[Place]] | Iterable[Place | Iterable[Place]]
#: Clusters, by their ids or by what is in them.
ClusterIds: TypeAlias = int | Place | Frame | Iterable[int | Place | Iterable[int | Place]]

#: What can be labelled, or stopped at; an int is a cluster id.
Stop: TypeAlias = Place | int
#: What can be labelled, with or without labels.
Labels: TypeAlias = (
    Stop | Frame | Mapping[Stop, str] | Mapping[str, Stop | Iterable[Stop]] | Iterable[Stop | Iterable[Stop]]
)
#: Where a trace stops, with or without labels.
StopAt: TypeAlias = Labels
#: An end of a path: "source", "ends", a label, or what is named.
End: TypeAlias = Source

#: What must stay apart: owners and their addresses, or tuples of addresses of which no two are one owner's.
CannotLink: TypeAlias = Mapping[str, Addresses] | ArrowStream | Iterable[Iterable[Place | Iterable[Place]]]

#: A cell of a table.
Value: TypeAlias = int | float | str | bool | datetime | bytes | None
#: What JSON can say.
Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
#: What a long call tells of its progress: the phase, and counts by name.
Progress: TypeAlias = bool | Callable[[dict[str, int | float | str]], None] | None
#: Columns by name.
Columns: TypeAlias = ArrowStream | Mapping[str, Iterable[str]]

Direction: TypeAlias = Literal["out", "in"]
Policy: TypeAlias = Literal[
    "haircut",
    "poison",
    "fifo",
    "lifo",
    "highest_outputs_first",
    "account_fifo",
    "lowest_intermediate_balance",
]
Fees: TypeAlias = Literal["report", "follow"]
CoinJoin: TypeAlias = Literal["exclude", "exclude_undecided", "include"]
Period: TypeAlias = Literal["day", "week", "month", "year"]
Level: TypeAlias = Literal["transaction", "address", "wallet"]
Best: TypeAlias = Literal["fewest_hops", "most_value", "earliest"]
Feature: TypeAlias = Literal[
    "version", "locktime", "sequence", "segwit", "bip69", "low_r", "compressed_keys", "input_kinds"
]
