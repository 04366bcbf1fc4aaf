"""Simulated chains: made from Python and the command line, read as Parquet, and taken in like any other chain."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import polars as pl
import pyarrow.parquet as pq
import pytest
import satrail
import satrail.cli

TABLES = {
    "entities": ["entity", "name", "category", "country", "profile", "is_public"],
    "addresses": ["address", "script", "entity", "role", "customer", "is_paid"],
    "transactions": ["txid", "height", "time", "entity", "purpose", "profile"],
    "outputs": ["txid", "position", "value", "entity", "purpose"],
    "accounts": ["service", "customer", "kind", "txid", "position", "amount", "time"],
    "balances": ["height", "entity", "change"],
    "cashouts": ["txid", "position", "exchange", "amount", "route", "customer"],
    "payers": ["txid", "position", "payer", "country", "amount", "funded", "exchange", "withdrawal_txid"],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("simulated") / "service"
    satrail.simulate("hidden-service", path, seed=3, scale=0.008, progress=False)
    return path


@pytest.fixture(scope="module")
def simulated(folder) -> satrail.Chain:
    satrail.ingest(folder / "blocks", folder.parent / "store", progress=False)
    return satrail.open(folder.parent / "store")


def read(folder: Path, table: str) -> pl.DataFrame:
    return pl.read_parquet(folder / "truth" / f"{table}.parquet")


def test_the_report_is_what_the_scenario_file_says(tmp_path):
    report = satrail.simulate("city", tmp_path / "a", seed=5, scale=0.004, progress=False)
    told = json.loads((tmp_path / "a" / "scenario.json").read_text())
    for name in ("scenario", "seed", "scale", "network", "digest", "height", "tip", "transactions", "outputs", "bytes"):
        assert told[name] == getattr(report, name)
    assert told["format"] == 1 and told["satrail"] == satrail.__version__
    assert len(report.digest) == 64 and report.digest in report._repr_html_()


def test_the_same_seed_gives_the_same_digest_whatever_is_told_of_progress(tmp_path):
    told = []
    first = satrail.simulate("city", tmp_path / "a", seed=5, scale=0.004, progress=told.append)
    second = satrail.simulate("city", tmp_path / "b", seed=5, scale=0.004, progress=False)
    other = satrail.simulate("city", tmp_path / "c", seed=6, scale=0.004, progress=False)
    assert first.digest == second.digest != other.digest
    assert told[-1]["phase"] == "simulate" and told[-1]["blocks"] == told[-1]["blocks_total"] == first.height


@pytest.mark.parametrize("table", TABLES)
def test_three_readers_see_the_same_truth(folder, table):
    path = folder / "truth" / f"{table}.parquet"
    frame = pl.read_parquet(path)
    assert frame.columns == TABLES[table]
    assert frame.height == pq.read_table(path).num_rows > 0
    assert duckdb.sql(f"select count(*) from '{path}'").fetchall() == [(frame.height,)]


def test_times_are_times_in_utc(folder):
    for name in ("transactions", "accounts"):
        assert read(folder, name).schema["time"] == pl.Datetime("us", "UTC")


def test_it_is_taken_in_like_any_other_chain_and_is_sound(folder, simulated):
    assert satrail.verify(folder.parent / "store", blocks=folder / "blocks", progress=False).is_sound
    told = json.loads((folder / "scenario.json").read_text())
    assert simulated.height == told["height"]


def test_balances_of_owners_are_those_of_the_store(folder, simulated):
    addresses = read(folder, "addresses").filter(pl.col("is_paid") & pl.col("address").is_not_null())
    has_no_text = read(folder, "addresses").filter(pl.col("address").is_null())["entity"].unique()
    booked = read(folder, "balances").group_by("entity").agg(pl.col("change").sum())
    owners = read(folder, "entities").join(booked, on="entity").filter(~pl.col("entity").is_in(has_no_text.implode()))
    for entity, balance in owners.sample(12, seed=1).select("entity", "change").rows():
        texts = addresses.filter(pl.col("entity") == entity)["address"]
        assert sum(simulated.address(text).balance() for text in texts) == balance


def test_the_list_is_what_the_service_gave_and_nearly_none_of_it_was_paid(folder, simulated):
    watch = simulated.addresses(folder / "watch.csv")
    tests = pl.read_csv(folder / "test_payments.csv")
    payers = read(folder, "payers")
    seen = pl.DataFrame(watch.summary()).filter("known")
    assert watch.given == 8000 and seen.height == watch.known < 100
    assert seen["payments"].sum() == payers.height + tests.height == 58
    assert seen["received"].sum() == payers["amount"].sum() + tests["amount"].sum() == 336_000_000


def test_payers_and_cash_outs_are_outputs_of_the_chain(folder, simulated):
    rows = read(folder, "payers").select("txid", "position", "amount").rows()
    rows += read(folder, "cashouts").select("txid", "position", "amount").rows()
    for txid, position, amount in rows:
        assert simulated.tx(txid).outputs()[position].value == amount


def test_withdrawals_that_paid_come_from_the_exchange_that_is_named(folder):
    payers = read(folder, "payers").drop_nulls("withdrawal_txid")
    made = read(folder, "transactions").select("txid", maker="entity")
    joined = payers.join(made, left_on="withdrawal_txid", right_on="txid")
    assert joined.height == payers.height > 0
    assert (joined["maker"] == joined["exchange"]).all()
    straight = payers.filter(pl.col("funded") == "exchange")
    assert (straight["txid"] == straight["withdrawal_txid"]).all()


def test_tags_are_a_pack_of_public_entities_alone(folder):
    text = (folder / "tags.yaml").read_text()
    header, _, tags = text.partition("tags:\n")
    for field in ("title", "creator", "source", "currency", "network", "confidence"):
        assert f"\n{field}: " in "\n" + header
    addresses = [line.split(": ")[1] for line in tags.splitlines() if line.startswith("  - address: ")]
    owners = read(folder, "addresses").join(read(folder, "entities"), on="entity")
    tagged = owners.filter(pl.col("address").is_in(addresses))
    assert tagged.height == len(addresses) > 5
    assert tagged["is_public"].all() and tagged["is_paid"].all()
    assert "exchange" in tagged["category"].to_list()


def test_mixes_are_found_by_their_shapes(tmp_path):
    satrail.simulate("city", tmp_path / "city", seed=2, scale=0.1, progress=False)
    satrail.ingest(tmp_path / "city" / "blocks", tmp_path / "store", progress=False)
    chain = satrail.open(tmp_path / "store")
    made = read(tmp_path / "city", "transactions")
    shapes = {
        "coinjoin_joinmarket": {"joinmarket"},
        "coinjoin_wasabi": {"wasabi_1_0", "wasabi_1_1", "wasabi_2_0"},
        "coinjoin_whirlpool": {"whirlpool"},
        "tx0": {"whirlpool_tx0"},
    }
    for purpose, wanted in shapes.items():
        txids = made.filter(pl.col("purpose") == purpose)["txid"].to_list()
        found = [any(told.verdict == "yes" for told in chain.tx(txid).shapes(only=wanted)) for txid in txids]
        assert len(found) >= 3 and sum(found) >= 0.9 * len(found), (purpose, sum(found), len(found))


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"scenario": "citty"}, ValueError, "did you mean city"),
        ({"scale": 0.0}, ValueError, "scale 0 cannot be simulated"),
        ({"scale": -1}, ValueError, "give a number above 0"),
        ({"scale": float("nan")}, ValueError, "scale NaN"),
        ({"scale": 1e9}, ValueError, "at most 600"),
        ({"seed": -1}, ValueError, "seed -1 is out of range"),
        ({"seed": 2**64}, ValueError, "out of range"),
        ({"seed": "seven"}, TypeError, "seed"),
        ({"seed": 1.5}, TypeError, "seed"),
    ],
)
def test_what_cannot_be_simulated_is_refused_before_anything_is_made(tmp_path, change, error, message):
    asked = {"scenario": "city", "folder": tmp_path / "a", "progress": False, "scale": 0.004} | change
    with pytest.raises(error, match=message):
        satrail.simulate(**asked)
    assert not (tmp_path / "a").exists()


def test_a_folder_that_is_not_empty_is_left_alone(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(FileExistsError, match="is not empty"):
        satrail.simulate("city", tmp_path, progress=False)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_folder_that_is_a_file_is_told_so(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        satrail.simulate("city", tmp_path / "file", progress=False)
    with pytest.raises(OSError, match="file"):
        satrail.simulate("city", tmp_path / "file" / "below", progress=False)


def test_an_error_of_the_progress_function_ends_it_and_leaves_nothing(tmp_path):
    def refuse(_):
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        satrail.simulate("city", tmp_path / "a", scale=0.004, progress=refuse)
    assert not (tmp_path / "a").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="there Ctrl-C is no signal that can be sent to one process")
def test_ctrl_c_on_the_command_line_leaves_nothing(tmp_path):
    command = [sys.executable, "-m", "satrail", "simulate", "city", str(tmp_path / "a"), "--scale", "20", "--quiet"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    while process.poll() is None and not (tmp_path / "a" / "blocks" / "blk00000.dat").exists():
        pass
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=120)
    assert process.returncode == 130 and "interrupted" in told and "Traceback" not in told
    assert not (tmp_path / "a").exists()


def test_the_command_line_says_what_was_made(tmp_path, capsys):
    target = str(tmp_path / "a")
    assert satrail.cli.main(["simulate", "city", target, "--seed", "4", "--scale", "0.004"]) == 0
    told = capsys.readouterr().out
    digest = json.loads((tmp_path / "a" / "scenario.json").read_text())["digest"]
    assert "seed 4" in told and digest in told


def test_the_command_line_tells_mistakes_in_one_line(tmp_path, capsys):
    assert satrail.cli.main(["simulate", "village", str(tmp_path / "a")]) == 1
    assert capsys.readouterr().err.startswith("satrail: unknown scenario")
    with pytest.raises(SystemExit):
        satrail.cli.main(["simulate", "city", str(tmp_path / "a"), "--seed", "many"])
    assert "invalid int value" in capsys.readouterr().err
