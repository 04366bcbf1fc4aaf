"""Tables say what the objects say, and every library that knows Arrow takes them.

A table of the chain comes in batches of 65,536 rows, which this chain is too small to fill.
"""

import csv
import os
import shutil
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from itertools import groupby

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import satrail

X = "\N{MULTIPLICATION SIGN}"
TABLES = ["blocks", "transactions", "inputs", "outputs"]
ARROW_TYPES = {
    "int32": pa.int32(),
    "int64": pa.int64(),
    "text": pa.string(),
    "bool": pa.bool_(),
    "time": pa.timestamp("us", "UTC"),
}
#: Column and type; a question mark for those that can be null.
COLUMNS = {
    "blocks": """height int32, hash text, parent text, merkle_root text, time time, median_time time, version int32,
        bits int64, nonce int64, size int32, weight int32, transactions int32, inputs int64, outputs int64,
        value_out int64, fees int64""",
    "transactions": """transaction int64, txid text, height int32, position int32, time time, version int32,
        locktime int64, size int32, vsize int32, weight int32, inputs int32, outputs int32, value_in int64?,
        value_out int64, fee int64?, is_coinbase bool, fingerprint int64""",
    "inputs": """transaction int64, txid text, height int32, time time, position int32, sequence int64, spends int64?,
        spends_txid text?, spends_position int32?, value int64?, address_number int64?, address text?, kind text?""",
    "outputs": """output int64, transaction int64, txid text, height int32, time time, position int32, value int64,
        address_number int64, address text?, kind text, spent_by int64?, spent_by_txid text?, spent_height int32?,
        is_lost bool""",
}


def row_of_block(block):
    word = [int.from_bytes(block.header[at : at + 4], "little") for at in (0, 72, 76)]
    txs = block.transactions()
    return {
        "height": block.height,
        "hash": block.hash,
        "parent": block.parent,
        "merkle_root": block.merkle_root,
        "time": block.time,
        "median_time": block.median_time,
        "version": int.from_bytes(block.header[:4], "little", signed=True),
        "bits": word[1],
        "nonce": word[2],
        "size": block.size,
        "weight": block.weight,
        "transactions": len(block),
        "inputs": sum(len(tx.inputs()) for tx in txs),
        "outputs": sum(len(tx.outputs()) for tx in txs),
        "value_out": sum(output.value for tx in txs for output in tx.outputs()),
        "fees": sum(tx.fee() or 0 for tx in txs),
    }


def row_of_transaction(tx):
    value_out = sum(output.value for output in tx.outputs())
    return {
        "transaction": tx.number,
        "txid": tx.txid,
        "height": tx.height,
        "position": tx.position,
        "time": tx.time,
        "version": tx.version,
        "locktime": tx.locktime,
        "size": tx.size,
        "vsize": tx.vsize,
        "weight": tx.weight,
        "inputs": len(tx.inputs()),
        "outputs": len(tx.outputs()),
        "value_in": None if tx.is_coinbase else sum(spent.value for spent in tx.inputs()),
        "value_out": value_out,
        "fee": tx.fee(),
        "is_coinbase": tx.is_coinbase,
        "fingerprint": tx.fingerprint.bits,
    }


def row_of_input(tx, spent):
    coin = spent.spends
    return {
        "transaction": tx.number,
        "txid": tx.txid,
        "height": tx.height,
        "time": tx.time,
        "position": spent.position,
        "sequence": spent.sequence,
        "spends": coin and coin.number,
        "spends_txid": coin and coin.transaction.txid,
        "spends_position": coin and coin.position,
        "value": spent.value,
        "address_number": coin and coin.address.number,
        "address": coin and coin.address.text,
        "kind": coin and coin.kind,
    }


def row_of_output(tx, output):
    spender = output.spent_by and output.spent_by.transaction
    return {
        "output": output.number,
        "transaction": tx.number,
        "txid": tx.txid,
        "height": tx.height,
        "time": tx.time,
        "position": output.position,
        "value": output.value,
        "address_number": output.address.number,
        "address": output.address.text,
        "kind": output.kind,
        "spent_by": spender and spender.number,
        "spent_by_txid": spender and spender.txid,
        "spent_height": spender and spender.height,
        "is_lost": output.is_lost,
    }


def rows(chain, of, heights):
    """What a table of a range of heights must hold, made from the objects."""
    blocks = [chain.block(height) for height in heights]
    txs = [tx for block in blocks for tx in block.transactions()]
    match of:
        case "blocks":
            return [row_of_block(block) for block in blocks]
        case "transactions":
            return [row_of_transaction(tx) for tx in txs]
        case "inputs":
            return [row_of_input(tx, spent) for tx in txs for spent in tx.inputs()]
        case "outputs":
            return [row_of_output(tx, output) for tx in txs for output in tx.outputs()]


def as_rows(table):
    return [dict(zip(table.columns, row, strict=True)) for row in zip(*table.to_pydict().values(), strict=True)]


def table(chain, of, *args, **options):
    return getattr(chain, of)(*args, **options)


# ---- What is in them ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("of", TABLES)
@pytest.mark.parametrize("height", [0, 250, 495])
def test_every_column_says_what_the_objects_say(chain, of, height):
    at = chain.at(height)
    assert as_rows(table(at, of)) == rows(at, of, range(height + 1))


@pytest.mark.parametrize("of", TABLES)
def test_columns_have_the_documented_names_types_and_nulls(chain, of):
    schema = pa.schema(table(chain, of))
    documented = [column.split() for column in COLUMNS[of].split(",")]
    assert schema.names == [name for name, _ in documented]
    for field, (_, kind) in zip(schema, documented, strict=True):
        assert field.type == ARROW_TYPES[kind.rstrip("?")]
        assert field.nullable == kind.endswith("?")


@pytest.mark.parametrize("of", TABLES)
def test_the_docstring_names_every_column(of):
    for column in COLUMNS[of].split(","):
        assert f"{column.split()[0]}" in getattr(satrail.Chain, of).__doc__


@pytest.mark.parametrize("of", TABLES)
@pytest.mark.parametrize("bounds", [(0, 1), (5, 6), (100, 140), (490, 496)])
def test_a_range_of_heights_is_half_open(chain, of, bounds):
    start, stop = bounds
    expected = rows(chain, of, range(start, stop))
    assert as_rows(table(chain, of, start, stop)) == expected
    hashes = [chain.block(start).hash, None if stop == 496 else chain.block(stop).hash]
    assert as_rows(table(chain, of, *hashes)) == expected


@pytest.mark.parametrize("of", TABLES)
def test_a_range_may_lack_either_end(chain, of):
    assert as_rows(table(chain, of, 490)) == as_rows(table(chain, of, start=490, stop=496))
    assert as_rows(table(chain, of, stop=5)) == as_rows(table(chain, of, 0, 5)) == as_rows(table(chain, of, None, 5))


@pytest.mark.parametrize("of", TABLES)
@pytest.mark.parametrize(
    "bounds", [(7, 7), (0, 0), (496, 496), (496, 600), (600, 700), (600, None), ("2100-01-01", None)]
)
def test_empty_ranges_give_empty_tables_with_all_columns(chain, of, bounds):
    empty = table(chain, of, *bounds)
    assert len(empty) == 0
    assert empty.to_pydict() == {name: [] for name in table(chain, of).columns}
    assert pl.DataFrame(empty).shape == pa.table(empty).shape == (0, len(empty.columns))


def test_a_range_may_end_beyond_the_tip(chain):
    assert chain.blocks(490, 10**30).to_pydict()["height"] == list(range(490, 496))


def test_a_date_in_a_range_means_the_first_block_whose_median_time_is_not_earlier(chain):
    medians = [block.median_time for block in chain]
    one = timedelta(seconds=1)
    for moment in {median + shift for median in medians[::17] for shift in (-one, one - one, one)}:
        first = next((height for height, median in enumerate(medians) if median >= moment), 496)
        assert chain.blocks(moment, columns=["height"]).to_pydict()["height"] == list(range(first, 496))
        assert chain.blocks(stop=moment, columns=["height"]).to_pydict()["height"] == list(range(first))


def test_all_ways_to_write_a_date_mean_the_same(chain):
    dates = ["2024-01-03", " 2024-01-03T00:00:00Z", "2024-01-03 00:00", "2024-01-03T01:00:00+01:00", date(2024, 1, 3)]
    dates += [datetime(2024, 1, 3), datetime(2024, 1, 3, tzinfo=UTC), pd.Timestamp("2024-01-03")]
    assert len({len(chain.transactions(moment)) for moment in dates}) == 1
    assert 0 < len(chain.transactions(dates[0])) < len(chain.transactions())


def test_years_tile_the_chain(chain):
    years = [chain.transactions(f"{year}-01-01", f"{year + 1}-01-01") for year in range(2009, 2030)]
    assert sum(map(len, years)) == chain.counts["transactions"]


@pytest.mark.parametrize("of", TABLES)
def test_chosen_columns_come_in_the_order_in_which_they_are_named(chain, of):
    everything = table(chain, of, 100, 110).to_pydict()
    names = list(everything)[::-2]
    some = table(chain, of, 100, 110, columns=names)
    assert some.columns == names
    assert some.to_pydict() == {name: everything[name] for name in names}


def test_columns_may_be_named_by_any_sequence(chain):
    assert chain.blocks(0, 2, columns=("height",)).to_pydict() == {"height": [0, 1]}


def test_a_table_without_columns_still_has_its_rows(chain):
    table = chain.blocks(0, 3, columns=[])
    assert (len(table), table.columns, table.to_pydict()) == (3, [], {})


@pytest.mark.parametrize("of", TABLES)
def test_an_unknown_column_is_told_the_known_ones(chain, of):
    with pytest.raises(ValueError, match='unknown column "feez"') as error:
        table(chain, of, columns=["height", "feez"])
    assert str(error.value).endswith(f"{of} has " + ", ".join(table(chain, of).columns))


@pytest.mark.parametrize(
    ("bounds", "message"), [((9, 3), "ends at height 3, before it starts at 9"), ((-1, 3), "negative")]
)
def test_a_range_that_cannot_be_meant_is_refused(chain, bounds, message):
    with pytest.raises(ValueError, match=message):
        chain.blocks(*bounds)


# ---- How they are read ----------------------------------------------------------------------------------------------


def test_a_table_makes_its_rows_when_it_is_read(store, tmp_path):
    copy = shutil.copytree(store, tmp_path / "copy")
    table = satrail.open(copy).outputs(columns=["value"])
    column = next(copy.glob("outputs.value.*"))
    with column.open("r+b") as file:
        file.write(bytes(8))
    assert table.to_pydict()["value"][0] == 0


@pytest.mark.parametrize("of", TABLES)
def test_a_table_can_be_read_again_and_again(chain, of):
    some = table(chain, of, 200, 260)
    assert pl.DataFrame(some).equals(pl.DataFrame(some))
    assert some.to_pydict() == some.to_pydict()


@pytest.mark.parametrize("of", TABLES)
def test_polars_pandas_pyarrow_and_duckdb_take_tables(chain, of):
    given = table(chain, of)
    expected = given.to_pydict()
    assert pa.table(given).to_pydict() == expected
    assert pl.DataFrame(given).to_dict(as_series=False) == expected
    frame = pd.DataFrame.from_arrow(given)
    assert list(frame.columns) == given.columns
    assert pa.Table.from_pandas(frame, preserve_index=False).cast(pa.schema(given)).to_pydict() == expected
    assert duckdb.sql("select * from given").to_arrow_table().cast(pa.schema(given)).to_pydict() == expected


def test_fees_per_block_are_a_line_of_polars(chain):
    fees = (
        pl.DataFrame(chain.transactions(columns=["height", "fee"]))
        .group_by("height")
        .agg(pl.col("fee").sum())
        .sort("height")
    )
    assert fees["fee"].to_list() == chain.blocks(columns=["fees"]).to_pydict()["fees"]


def test_a_query_of_duckdb_adds_up_what_a_kind_received(chain):
    outputs = chain.outputs(columns=["kind", "value"])
    sums = dict(duckdb.sql("select kind, sum(value)::bigint from outputs group by kind").fetchall())
    coins = sorted(zip(*outputs.to_pydict().values(), strict=True))
    assert sums == {kind: sum(value for _, value in group) for kind, group in groupby(coins, key=lambda coin: coin[0])}


def test_a_stream_can_be_asked_for_with_and_without_a_schema(chain):
    table = chain.blocks(0, 3, columns=["height", "hash"])
    assert type(table.__arrow_c_stream__()).__name__ == "PyCapsule"
    assert type(table.__arrow_c_stream__(None)).__name__ == "PyCapsule"
    wanted = pa.schema([("height", pa.int64()), ("hash", pa.large_string())])
    read = pa.RecordBatchReader.from_stream(table, schema=wanted).read_all()
    assert read.schema.types == wanted.types
    assert read.to_pydict() == table.to_pydict()


def test_a_python_dict_has_ints_texts_bools_datetimes_and_none(chain):
    row = {name: values[0] for name, values in chain.transactions(1, 2).to_pydict().items()}
    assert {type(row[name]) for name in ("height", "transaction", "version", "value_out")} == {int}
    assert (type(row["txid"]), row["is_coinbase"], row["fee"]) == (str, True, None)
    assert row["time"] == chain.block(1).time
    assert row["time"].tzinfo is not None


def test_amounts_and_counts_are_signed_so_that_differences_do_not_wrap(chain):
    frame = pl.DataFrame(chain.transactions(columns=["fee", "inputs", "outputs"])).drop_nulls()
    assert frame.select((pl.col("inputs") - pl.col("outputs")).min()).item() < 0


# ---- How they show themselves ---------------------------------------------------------------------------------------


def test_a_short_table_shows_all_rows(chain):
    assert repr(chain.blocks(0, 2, columns=["height", "transactions", "time"])) == "\n".join(
        [
            "height  transactions  time",
            "0       1             2011-02-02 23:16:42 UTC",
            f"1       1             {chain.block(1).time:%Y-%m-%d %H:%M:%S} UTC",
            f"[2 rows {X} 3 columns]",
        ]
    )


def test_a_long_table_shows_its_beginning_and_its_end(chain):
    lines = repr(chain.outputs(columns=["output"])).splitlines()
    last = chain.counts["outputs"] - 1
    assert [line.strip() for line in lines[1:-1]] == [*"01234", "…", *(str(last - back) for back in (4, 3, 2, 1, 0))]
    assert lines[-1] == f"[{last + 1:,} rows {X} 1 columns]"


def test_a_table_of_ten_rows_shows_them_all_and_of_eleven_leaves_one_out(chain):
    assert "…" not in repr(chain.blocks(0, 10, columns=["height"]))
    assert "…" in repr(chain.blocks(0, 11, columns=["height"]))


@pytest.mark.parametrize("of", TABLES)
def test_a_wide_table_fits_a_terminal_and_says_what_it_leaves_out(chain, of):
    lines = repr(table(chain, of)).splitlines()
    assert max(map(len, lines)) <= 160
    shown = len(lines[0].split())
    names = table(chain, of).columns
    assert lines[0].split() == names[:shown]
    assert lines[-1].endswith(f", {len(names) - shown} columns not shown]")


def test_an_empty_table_shows_its_columns(chain):
    assert repr(chain.blocks(0, 0, columns=["height", "fees"])) == f"height  fees\n[0 rows {X} 2 columns]"


def test_null_is_shown_as_null(chain):
    assert repr(chain.inputs(0, 1, columns=["value"])) == f"value\nnull\n[1 rows {X} 1 columns]"


def test_in_a_notebook_a_table_is_html_of_its_first_and_last_rows(chain):
    html = chain.blocks(columns=["height", "hash"])._repr_html_()
    assert html.startswith("<table><thead><tr><th")
    assert html.count("<tr>") == 1 + 10 + 1
    assert html.endswith(f"<p>496 rows {X} 2 columns</p>")
    assert chain.block(0).hash in html
    assert chain.tip.hash in html


def test_html_is_escaped(chain):
    rejected = chain.addresses(['<script>alert("1 & 2")</script>']).rejected
    html = rejected._repr_html_()
    assert "&lt;script&gt;alert(&quot;1 &amp; 2&quot;)&lt;/script&gt;" in html
    assert "<script>" not in html


# ---- For other packages and as files --------------------------------------------------------------------------------


def test_a_column_is_found_by_its_name_and_is_what_the_table_has(chain):
    table = chain.outputs()
    for name in table.columns:
        column = table[name]
        assert (column.name, len(column)) == (name, len(table))
        assert column.to_list() == list(column) == table.to_pydict()[name]
    with pytest.raises(KeyError, match='no column "valu"'):
        table["valu"]


def test_a_column_goes_to_numpy_polars_and_pyarrow(chain):
    table = chain.inputs()
    assert table["position"].to_numpy().dtype == np.dtype("int32")
    assert table["position"].to_numpy().tolist() == table["position"].to_list()
    values = table["value"].to_numpy()
    assert np.isnan(values).tolist() == [value is None for value in table["value"].to_list()]
    times = chain.blocks()["time"].to_numpy()
    assert times.dtype.kind == "M" and times.tolist() == [
        t.replace(tzinfo=None) for t in chain.blocks()["time"].to_list()
    ]
    assert chain.transactions()["is_coinbase"].to_numpy().dtype == np.dtype(bool)
    assert table["txid"].to_numpy().tolist() == table["txid"].to_list()
    assert pl.Series(table["value"]).to_list() == table["value"].to_list()
    assert pa.chunked_array(table["value"]).to_pylist() == table["value"].to_list()


def test_batches_are_the_table_piece_by_piece(chain):
    for table in (chain.outputs(), chain.cluster().table(), chain.blocks(0, 0)):
        batches = list(table)
        assert sum(len(batch) for batch in batches) == len(table)
        assert all(batch.columns == table.columns for batch in batches)
        rows = [row for batch in batches for row in zip(*batch.to_pydict().values(), strict=True)]
        assert rows == list(zip(*table.to_pydict().values(), strict=True))


@pytest.mark.parametrize("n", [0, 1, 5, 10**6])
def test_the_head_of_a_table_is_its_first_rows(chain, n):
    for table in (chain.blocks(columns=["height"]), chain.cluster().table()):
        whole, head = table.to_pydict(), table.head(n)
        assert len(head) == min(n, len(table))
        assert head.to_pydict() == {name: values[:n] for name, values in whole.items()}


def test_a_table_becomes_a_frame_of_polars_pandas_or_arrow(chain):
    table = chain.blocks(columns=["height", "hash", "time"])
    assert table.to_polars()["height"].to_list() == list(range(496))
    assert table.to_pandas()["hash"].tolist() == table["hash"].to_list()
    assert table.to_arrow().column_names == table.columns


def test_pandas_before_version_three_reads_through_arrow(chain, monkeypatch):
    monkeypatch.delattr(pd.DataFrame, "from_arrow")
    assert chain.blocks(columns=["height"]).to_pandas()["height"].tolist() == list(range(496))


@pytest.mark.parametrize("package", ["polars", "pandas", "pyarrow", "numpy"])
def test_a_package_that_is_missing_is_named(chain, monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    table = chain.blocks(columns=["height"])
    convert = {"polars": table.to_polars, "pandas": table.to_pandas, "pyarrow": table.to_arrow}
    with pytest.raises(ImportError, match=f"needs {package}, which is not installed: pip install {package}"):
        convert.get(package, table["height"].to_numpy)()


def test_files_hold_what_the_table_holds(chain, tmp_path):
    table = chain.outputs(columns=["txid", "value", "time", "address", "spent_height"])
    table.write_csv(tmp_path / "t.csv")
    table.write_parquet(tmp_path / "t.parquet")
    assert pl.read_parquet(tmp_path / "t.parquet").to_dict(as_series=False) == table.to_pydict()
    with open(tmp_path / "t.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["value"] for row in rows] == [str(value) for value in table["value"].to_list()]
    assert [row["time"] for row in rows] == [time.isoformat() for time in table["time"].to_list()]
    assert [row["address"] or None for row in rows] == table["address"].to_list()
    for write in (table.write_csv, table.write_parquet):
        path = tmp_path / ("t.csv" if write == table.write_csv else "t.parquet")
        with pytest.raises(FileExistsError):
            write(path)
        write(path, overwrite=True)
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.skipif(os.name == "nt", reason="signals are sent to a process")
@pytest.mark.parametrize(
    "read", ["table.to_pydict()", "table.to_arrow()", "table.to_polars()", "table.write_csv('t.csv')"]
)
def test_reading_is_interrupted_by_ctrl_c(store, tmp_path, read):
    code = f"""
import signal, threading, os, sys, satrail
table = satrail.open(sys.argv[1]).outputs()
threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
try:
    while True:
        {read}
        os.path.exists('t.csv') and os.remove('t.csv')
except BaseException as error:
    print(type(error).__name__, error)
"""
    done = subprocess.run([sys.executable, "-c", code, store], capture_output=True, text=True, timeout=60, cwd=tmp_path)
    assert "KeyboardInterrupt" in done.stdout, done.stderr
