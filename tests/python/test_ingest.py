"""The ingest as Python sees it: its options, its report, its progress, and what stops it."""

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import FrozenInstanceError
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import satrail
from conftest import BLOCKS, utc, write_blocks
from oracles import chain as oracle

SCRIPT = "import sys, satrail, satrail.cli, satrail._progress as progress\n"


def ingest(store, blocks=BLOCKS, **options):
    return satrail.ingest(blocks, store, **{"progress": False} | options)


# ---- What it does and says ------------------------------------------------------------------------------------------


def test_the_report_says_what_was_done(chain, tmp_path, truth):
    report = ingest(tmp_path / "store")
    assert (report.store, report.network) == (str(tmp_path / "store"), "regtest")
    assert (report.height, report.tip) == (495, chain.tip.hash)
    assert (report.blocks_added, report.blocks_removed, report.stale_blocks) == (496, 0, 11)
    assert report.transactions_added == chain.counts["transactions"]
    assert report.bytes_added == sum(8 + block.size for block in chain)
    assert (report.invalid_blocks, report.gap, report.notes) == ((), None, ())
    assert report.seconds > 0
    shown = "network='regtest', height=495, blocks_added=496, transactions_added=3476, stale_blocks=11"
    assert repr(report) == f"IngestReport({shown}, seconds={report.seconds:.2f})"
    with pytest.raises(FrozenInstanceError):
        report.height = 1


def test_a_second_ingest_has_nothing_to_do(tmp_path):
    first = ingest(tmp_path / "store")
    before = satrail.inspect(tmp_path / "store")
    again = ingest(tmp_path / "store")
    assert (again.height, again.tip, again.stale_blocks) == (first.height, first.tip, first.stale_blocks)
    assert (again.blocks_added, again.transactions_added, again.bytes_added) == (0, 0, 0)
    assert satrail.inspect(tmp_path / "store") == before


def test_info_says_what_a_store_is(chain, store, truth):
    info = satrail.inspect(store)
    assert (info.store, info.format, info.network) == (str(store), 1, "regtest")
    assert (info.height, info.tip, info.time) == (495, chain.tip.hash, utc(truth.blocks[-1].median_time))
    for name in ("transactions", "inputs", "outputs", "addresses"):
        assert getattr(info, name) == chain.counts[name]
    assert 0 < info.bytes <= sum(path.stat().st_size for path in store.iterdir())
    assert info.commit >= 1
    assert info.sources == [str(BLOCKS)]


def test_reports_show_themselves_in_a_notebook_with_what_they_say_escaped(tmp_path):
    store = tmp_path / "a <b> & c"
    for thing in (ingest(store, until=3), satrail.inspect(store)):
        html = thing._repr_html_()
        assert "a &lt;b&gt; &amp; c" in html
        assert "<b>" not in html
        assert html.count("<tr>") > 10


def test_the_number_of_threads_and_the_memory_change_nothing(chain, tmp_path):
    for number, options in enumerate([{"threads": 1}, {"threads": 5}, {"memory_limit": 256 << 20}, {"verify": False}]):
        ingest(tmp_path / str(number), **options)
        assert satrail.open(tmp_path / str(number)).digest() == chain.digest()


@pytest.mark.parametrize("steps", [[0, 1, 2], [100, 101, 300], ["2024-01-03", "2024-01-05"], [date(2024, 1, 3)]])
def test_a_chain_that_grows_step_by_step_is_the_same_chain(chain, tmp_path, steps):
    for until in steps:
        report = ingest(tmp_path / "store", until=until)
        assert report.height == chain.at(until).height
        assert satrail.open(tmp_path / "store").digest() == chain.at(until).digest()
    assert ingest(tmp_path / "store").height == 495
    assert satrail.open(tmp_path / "store").digest() == chain.digest()


@pytest.mark.parametrize("until", [10**30, 2**32, "2100-01-01", datetime(2100, 1, 1, tzinfo=UTC)])
def test_a_limit_beyond_the_tip_limits_nothing(tmp_path, until):
    assert ingest(tmp_path / "store", until=until).height == 495


def test_a_limit_below_what_is_there_shortens_nothing(tmp_path):
    ingest(tmp_path / "store", until=50)
    assert ingest(tmp_path / "store", until=10).height == 50


def test_a_longer_branch_replaces_a_stale_one(chain, truth, tmp_path, stale_chain):
    active = {block.hash for block in truth.blocks}
    stale = [block.hash for block in stale_chain.blocks if block.hash not in active]
    assert len(stale) > 1
    files = write_blocks(tmp_path / "stale", stale_chain.blocks)
    before = ingest(tmp_path / "store", files)
    assert (before.tip, before.stale_blocks) == (stale_chain.blocks[-1].hash, 0)
    old = satrail.open(tmp_path / "store")
    old_digest = old.digest()
    report = ingest(tmp_path / "store")
    assert report.blocks_removed == len(stale)
    assert any("rolled back because another branch has more work" in note for note in report.notes)
    assert satrail.open(tmp_path / "store").digest() == chain.digest()
    assert (old.tip.hash, old.digest()) == (before.tip, old_digest)


def test_a_gap_is_named_and_the_chain_goes_up_to_it(tmp_path, truth):
    files = write_blocks(tmp_path / "blocks", truth.blocks[:100] + truth.blocks[101:150])
    report = ingest(tmp_path / "store", files)
    missing = truth.blocks[100]
    assert report.height == 99
    assert report.gap == satrail.Gap(missing=missing.hash, height=100, needed_by=truth.blocks[101].hash)
    assert missing.hash in report.notes[0]
    assert report.notes[0] in repr(report)
    assert missing.hash in report._repr_html_()


def test_an_invalid_block_is_named_and_the_chain_ends_before_it(tmp_path, truth):
    files = write_blocks(tmp_path / "blocks", truth.blocks[:50])
    data = bytearray((files / "blk00000.dat").read_bytes())
    at = data.index(truth.blocks[30].header)
    data[at + 80 + 1 + 50] ^= 1
    (files / "blk00000.dat").write_bytes(data)
    report = ingest(tmp_path / "store", files)
    [bad] = report.invalid_blocks
    assert report.height == 29
    assert (bad.hash, bad.height, bad.file) == (truth.blocks[30].hash, 30, str(files / "blk00000.dat"))
    assert bad.offset == at
    assert "Merkle" in bad.reason
    assert bad.hash in report.notes[0]


# ---- What it is given -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["regtest", "Regtest", "fabfb5da", "FABFB5DA"])
def test_a_network_is_named_or_given_by_its_magic(tmp_path, name):
    assert ingest(tmp_path / "store", network=name, until=1).network == "regtest"


def test_a_custom_magic_names_the_records_of_a_custom_signet(tmp_path, truth):
    files = write_blocks(tmp_path / "blocks", truth.blocks[:3])
    path = files / "blk00000.dat"
    path.write_bytes(path.read_bytes().replace(oracle.NETWORKS["regtest"][0], bytes.fromhex("deadbeef")))
    report = ingest(tmp_path / "store", files, network="deadbeef")
    assert (report.network, report.height) == ("signet", 2)
    assert satrail.open(tmp_path / "store").network == "signet"
    assert ingest(tmp_path / "store", files).height == 2


@pytest.mark.parametrize("name", ["", "bitcoind", "deadbee", "deadbeef00", "zzzzzzzz"])
def test_an_unknown_network_is_told_the_known_ones(tmp_path, name):
    with pytest.raises(
        ValueError, match=r"unknown network .*; it is one of mainnet, testnet3, testnet4, signet, regtest"
    ):
        ingest(tmp_path / "store", network=name)
    assert not (tmp_path / "store").exists()


def test_files_of_another_network_are_told_whose_they_are(tmp_path):
    with pytest.raises(ValueError, match=r"no block of mainnet in .*: its records are of regtest"):
        ingest(tmp_path / "store", network="mainnet")
    assert not (tmp_path / "store").exists()


def test_a_store_keeps_its_network(tmp_path):
    ingest(tmp_path / "store", until=1)
    with pytest.raises(ValueError, match="use a store for each"):
        ingest(tmp_path / "store", network="mainnet")


@pytest.mark.parametrize(
    "limit", [256 << 20, "256 MiB", "300mb", "1 GB", " 0.5 GiB ", "4 tb", "268435456", "999999999 TiB"]
)
def test_memory_is_bytes_or_a_text_with_a_unit(tmp_path, limit):
    assert ingest(tmp_path / "store", memory_limit=limit, until=1).height == 1


@pytest.mark.parametrize(
    "limit", ["", "much", "4 XB", "-4 GB", "GB", "1.2.3 GB", -1, 2**64, 1.5e9, ["4 GB"], "4 GB each"]
)
def test_what_is_no_amount_of_memory_is_told_how_to_write_one(tmp_path, limit):
    with pytest.raises(ValueError, match='is not an amount of memory; give bytes, or a text like "4 GB"'):
        ingest(tmp_path / "store", memory_limit=limit)


@pytest.mark.parametrize("limit", [0, 1, "255 MiB"])
def test_too_little_memory_is_told_the_least(tmp_path, limit):
    with pytest.raises(ValueError, match="is too small: at least 268435456 bytes are needed"):
        ingest(tmp_path / "store", memory_limit=limit)


@pytest.mark.parametrize("threads", [0, -1, 1025, 10**30, 1.5, "all"])
def test_a_number_of_threads_that_cannot_be_is_refused(tmp_path, threads):
    kind = ValueError if isinstance(threads, int) else TypeError
    with pytest.raises(kind, match=r"threads=.*: give a number from 1 to 1024, or None"):
        ingest(tmp_path / "store", threads=threads)


@pytest.mark.parametrize(
    ("until", "kind", "message"),
    [
        (-1, ValueError, "negative"),
        ("soon", ValueError, "is not a date"),
        ("00" * 32, ValueError, "not a block hash"),
        (True, TypeError, "neither a height"),
        (1.5, TypeError, "neither a height"),
    ],
)
def test_a_limit_that_is_neither_height_nor_date_is_refused(tmp_path, until, kind, message):
    with pytest.raises(kind, match=message):
        ingest(tmp_path / "store", until=until)
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize("progress", [1, "yes", {}, 0])
def test_a_progress_that_is_neither_yes_nor_no_nor_a_function_is_refused(tmp_path, progress):
    with pytest.raises(TypeError, match="is not None, True, False or a function"):
        ingest(tmp_path / "store", progress=progress)


def test_paths_may_begin_with_a_tilde_and_be_of_any_kind(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    shutil.copytree(BLOCKS, tmp_path / "blocks")
    assert satrail.ingest("~/blocks", Path("~/store"), until=1, progress=False).height == 1
    assert satrail.open("~/store") == satrail.open(tmp_path / "store")
    assert satrail.open(Path("~/store"), blocks="~/blocks").tip.transactions()[0].raw()
    assert satrail.inspect("~/store").store == str(tmp_path / "store")


def test_a_folder_without_block_files_is_told_which_to_give(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no blk\*\.dat files in .*; give the folder \"blocks\""):
        ingest(tmp_path / "store", tmp_path)
    with pytest.raises(FileNotFoundError, match=r"no such folder of block files: .*nowhere; check the path"):
        ingest(tmp_path / "store", tmp_path / "nowhere")
    assert not (tmp_path / "store").exists()


def test_a_damaged_key_and_a_missing_genesis_block_are_block_files_errors(tmp_path, truth):
    files = write_blocks(tmp_path / "blocks", truth.blocks[1:9])
    with pytest.raises(satrail.BlockFilesError, match="genesis block is missing"):
        ingest(tmp_path / "store", files)
    (files / "xor.dat").write_bytes(bytes(7))
    with pytest.raises(satrail.BlockFilesError, match="has 7 bytes, but a key of 8 is needed"):
        ingest(tmp_path / "store", files)


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path):
    (tmp_path / "photo.jpg").write_bytes(b"me")
    with pytest.raises(satrail.StoreError, match="it is a folder with other files in it"):
        ingest(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["photo.jpg"]
    with pytest.raises(satrail.StoreError, match=r"photo\.jpg is not a satrail store: it is a file"):
        ingest(tmp_path / "photo.jpg")


# ---- Progress -------------------------------------------------------------------------------------------------------


def test_a_function_is_told_the_progress_in_dicts(tmp_path):
    told = []
    ingest(tmp_path / "store", progress=told.append)
    assert {tuple(now) for now in told} == {
        ("phase", "blocks", "blocks_total", "bytes", "bytes_total", "height", "seconds")
    }
    last = [now for now in told if now["phase"] == "blocks"][-1]
    assert (last["blocks"], last["blocks_total"], last["height"]) == (496, 496, 495)
    assert last["bytes"] == last["bytes_total"] > 0
    assert told[-1]["phase"] == "index"
    assert {now["phase"] for now in told} <= {"scan", "blocks", "index"}


@pytest.mark.parametrize("kind", [ZeroDivisionError, KeyboardInterrupt, SystemExit])
def test_what_the_function_raises_ends_the_work_which_is_kept(chain, tmp_path, kind):
    # While block files are scanned, which a busy machine may be told of, there is nothing yet to keep.
    def stop(now):
        if now["phase"] == "blocks":
            raise kind("mine")

    with pytest.raises(kind, match="mine"):
        ingest(tmp_path / "store", progress=stop)
    kept = satrail.open(tmp_path / "store")
    assert kept.digest() == chain.at(kept.height).digest()
    report = ingest(tmp_path / "store")
    assert (report.height, report.blocks_added) == (495, 495 - kept.height)
    assert satrail.open(tmp_path / "store").digest() == chain.digest()


def test_a_function_that_raised_is_not_called_again(tmp_path):
    calls = []

    def stop(now):
        calls.append(now)
        raise ZeroDivisionError(len(calls))

    with pytest.raises(ZeroDivisionError, match="1"):
        ingest(tmp_path / "store", progress=stop)
    assert len(calls) == 1


def test_true_shows_a_bar_in_a_terminal(tmp_path, capfd, monkeypatch):
    monkeypatch.setattr("satrail._progress._in_terminal", lambda: True)
    ingest(tmp_path / "store", progress=True)
    shown = capfd.readouterr()
    assert "height 495" in shown.err
    assert "B/s" in shown.err
    assert shown.out == ""


@pytest.mark.parametrize("progress", [None, False])
def test_no_bar_is_shown_where_nobody_looks(tmp_path, capfd, progress):
    ingest(tmp_path / "store", progress=progress)
    assert capfd.readouterr() == ("", "")


def test_in_a_file_progress_is_a_few_lines(tmp_path):
    code = f"import satrail; satrail.ingest({str(BLOCKS)!r}, {str(tmp_path / 'store')!r}, progress=True)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    lines = done.stderr.splitlines()
    assert 2 <= len(lines) <= 40 and "\r" not in done.stderr
    assert len(set(lines)) == len(lines)
    assert any(line.startswith("blocks: 100 %, height 495") for line in lines)


def test_a_notebook_without_widgets_has_a_bar_and_no_warning(tmp_path):
    """ipykernel is there and ipywidgets are not, as in a plain JupyterLab."""
    code = f"""
import sys, types, warnings
class Kernel:
    config = {{"IPKernelApp": {{}}}}
sys.modules["ipykernel"] = types.ModuleType("ipykernel")
sys.modules["IPython"] = types.ModuleType("IPython")
sys.modules["IPython"].get_ipython = Kernel
sys.modules["ipywidgets"] = None
warnings.simplefilter("error")
import satrail
satrail.ingest({str(BLOCKS)!r}, {str(tmp_path / "store")!r}, progress=None)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "blocks: 100%" in done.stderr and "IProgress" not in done.stderr


# ---- What stops it, and others --------------------------------------------------------------------------------------


def test_ctrl_c_ends_the_command_with_one_line_and_the_next_ingest_goes_on(chain, tmp_path):
    interrupt = """
import os, signal
def stop(self, now):
    if now["phase"] == "blocks":
        os.kill(os.getpid(), signal.SIGINT)
progress._Silent.__call__ = stop
"""
    code = SCRIPT + interrupt + "sys.exit(satrail.cli.main(sys.argv[1:]))"
    command = [sys.executable, "-c", code, "ingest", BLOCKS, tmp_path / "store"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr == "satrail: interrupted; the work so far is kept\n"
    kept = satrail.open(tmp_path / "store")
    assert kept.digest() == chain.at(kept.height).digest()
    ingest(tmp_path / "store")
    assert satrail.open(tmp_path / "store").digest() == chain.digest()


@pytest.mark.skipif(os.name == "nt", reason="signals are sent to a process")
def test_ctrl_c_at_any_time_ends_the_work(chain, tmp_path):
    work = """
code = 0
print("ready", flush=True)
for number in range(1000):
    code = code or satrail.cli.main(["ingest", sys.argv[1], f"{sys.argv[2]}/{number}", "--quiet"])
sys.exit(code)
"""
    command = [sys.executable, "-c", SCRIPT + work, BLOCKS, tmp_path]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        while not (tmp_path / "0").exists():
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors == "satrail: interrupted; the work so far is kept\n"
    for store in tmp_path.iterdir():
        ingest(store)
        assert satrail.open(store).digest() == chain.digest()


HOLD = (
    SCRIPT
    + """
def hold(now):
    if now["phase"] == "blocks":
        print("holding", flush=True)
        sys.stdin.readline()
satrail.ingest(sys.argv[1], sys.argv[2], progress=hold)
"""
)


def test_a_second_writer_is_told_who_is_writing_and_readers_keep_what_they_opened(chain, tmp_path):
    store = tmp_path / "store"
    ingest(store, until=100)
    reader = satrail.open(store)
    digest = reader.digest()
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, BLOCKS, store], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "holding\n"
        with pytest.raises(
            satrail.LockedError, match=f"is being written by process {process.pid}; wait until that is done"
        ):
            ingest(store)
        assert satrail.open(store).height == 100
        process.communicate("\n" * 100, timeout=60)
    assert process.returncode == 0
    assert (reader.height, reader.digest()) == (100, digest)
    assert len(reader.outputs()) == reader.counts["outputs"] == chain.at(100).counts["outputs"]
    assert satrail.open(store).digest() == chain.digest()


def test_a_writer_in_the_same_process_is_noticed(tmp_path):
    ingest(tmp_path / "store", until=10)
    raised = []

    def again(_):
        try:
            ingest(tmp_path / "store")
        except satrail.LockedError as error:
            raised.append(str(error))

    ingest(tmp_path / "store", progress=again)
    assert raised
    assert f"process {os.getpid()}" in raised[0]


def test_a_killed_ingest_leaves_a_store_that_the_next_one_completes(chain, tmp_path):
    store = tmp_path / "store"
    ingest(store, until=100)
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, BLOCKS, store], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "holding\n"
        process.kill()
    assert satrail.open(store).digest() == chain.at(100).digest()
    assert ingest(store).blocks_added == 395
    assert satrail.open(store).digest() == chain.digest()
