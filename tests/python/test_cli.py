"""The command `satrail`: what it prints where, and what it returns. It says in one line what a call would raise."""

import csv
import dataclasses
import json
import os
import subprocess
import sys

import pytest
import satrail
import satrail.cli
from conftest import BLOCKS


def satrail_command(*arguments, **options):
    """The command as a process: (exit code, lines on stdout, lines on stderr)."""
    command = [sys.executable, "-m", "satrail", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, **options)
    return done.returncode, done.stdout.splitlines(), done.stderr.splitlines()


@pytest.fixture
def call(capsys):
    """The command in this process, which is faster."""

    def call(*arguments):
        capsys.readouterr()
        try:
            code = satrail.cli.main([str(argument) for argument in arguments])
        except SystemExit as exit:
            code = exit.code
        shown = capsys.readouterr()
        return code, shown.out.splitlines(), shown.err.splitlines()

    return call


# ---- What it does ---------------------------------------------------------------------------------------------------


def test_ingest_says_what_it_made_and_added(chain, tmp_path):
    code, out, errors = satrail_command("ingest", BLOCKS, tmp_path / "store")
    assert (code, errors) == (0, [])
    assert out[0] == f"{tmp_path / 'store'}: regtest, height 495, block {chain.tip.hash}"
    assert out[1].startswith("added 496 blocks and 3,476 transactions in ")
    assert out[1].endswith(" MB/s); 11 stale blocks")
    assert len(out) == 2
    code, out, _ = satrail_command("ingest", BLOCKS, tmp_path / "store")
    assert code == 0
    assert out[1].startswith("added 0 blocks and 0 transactions in ")
    assert satrail.open(tmp_path / "store").digest() == chain.digest()


def test_quiet_prints_nothing_when_all_is_well(tmp_path):
    assert satrail_command("ingest", BLOCKS, tmp_path / "store", "--quiet") == (0, [], [])


def test_the_options_of_ingest_are_those_of_the_call(call, chain, tmp_path):
    options = ["--network", "regtest", "--threads", 2, "--memory-limit", "1 GB", "--no-verify"]
    for until in (10, "2024-01-03"):
        assert call("ingest", BLOCKS, tmp_path / "store", "--until", until, *options)[0] == 0
        assert satrail.open(tmp_path / "store").height == chain.at(until).height


def test_notes_go_to_stderr_also_when_it_is_quiet(call, tmp_path):
    (tmp_path / "blocks").mkdir()
    for path in BLOCKS.glob("*.dat"):
        if path.name != "blk00020.dat":
            (tmp_path / "blocks" / path.name).symlink_to(path)
    report = satrail.ingest(tmp_path / "blocks", tmp_path / "other", progress=False)
    assert report.notes
    for quiet in ([], ["--quiet"]):
        code, out, errors = call("ingest", tmp_path / "blocks", tmp_path / f"store{len(quiet)}", *quiet)
        assert (code, bool(out)) == (0, not quiet)
        assert errors == [f"note: {note}" for note in report.notes]


def test_an_ingest_that_ends_without_a_block_is_no_success(call, tmp_path):
    code, out, _ = call("ingest", BLOCKS, tmp_path / "store", "--until", "1990-01-01")
    assert (code, out[0]) == (1, f"{tmp_path / 'store'}: regtest, no block")


def test_inspect_prints_what_the_call_returns(store):
    code, out, errors = satrail_command("inspect", store)
    assert (code, errors) == (0, [])
    said = dict(line.split(maxsplit=1) for line in out)
    info = satrail.inspect(store)
    assert list(said) == list(info.__slots__)
    assert (said["network"], said["height"], said["tip"]) == ("regtest", "495", info.tip)
    assert (said["outputs"], said["sources"]) == (f"{info.outputs:,}", str(BLOCKS))


def test_the_version_and_the_help_are_printed():
    assert satrail_command("--version") == (0, [f"satrail {satrail.__version__}"], [])
    code, out, errors = satrail_command("--help")
    assert (code, errors) == (0, [])
    for command in ("ingest", "inspect", "verify", "demo"):
        assert any(line.split()[:1] == [command] for line in out)


def test_the_script_and_the_module_are_the_same_command():
    script = os.path.join(os.path.dirname(sys.executable), "satrail")
    done = subprocess.run([script, "--version"], capture_output=True, text=True, timeout=60)
    assert done.stdout == f"satrail {satrail.__version__}\n"


@pytest.mark.parametrize("command", ["ingest", "inspect", "verify", "demo"])
def test_every_command_has_help(call, command):
    code, out, _ = call(command, "--help")
    assert code == 0
    assert out[0].startswith("usage: ")
    assert f" {command} " in out[0]


def test_the_demo_walks_through_the_main_job(call, tmp_path):
    code, out, errors = call("demo", tmp_path / "demo", "--scale", 0.004)
    assert (code, errors) == (0, [])
    assert [line[:2] for line in out if line[:1].isdigit()] == [f"{step}." for step in range(1, 9)]
    chain = satrail.open(tmp_path / "demo" / "store")
    assert any(f"{chain.counts['transactions']:,} transactions" in line for line in out)


def test_the_demo_keeps_nothing_unless_it_is_told_where(tmp_path):
    code, out, errors = satrail_command("demo", "--scale", 0.004, env=os.environ | {"TMPDIR": str(tmp_path)})
    assert (code, errors) == (0, [])
    assert len(out) > 10
    assert list(tmp_path.iterdir()) == []


def test_verify_says_whether_a_store_is_sound(call, tmp_path):
    store = tmp_path / "store"
    satrail.ingest(BLOCKS, store, until=50, progress=False)
    for options in ([], ["--no-blocks"], ["--blocks", BLOCKS], ["--quiet"]):
        code, out, errors = call("verify", store, *options)
        assert (code, errors) == (0, [])
        assert bool(out) == (options != ["--quiet"])
    values = next(store.glob("outputs.value.*"))
    data = bytearray(values.read_bytes())
    data[0] ^= 1
    values.write_bytes(data)
    code, out, _ = call("verify", store, "--quiet")
    assert code == 1
    assert out
    code, out, errors = call("verify", tmp_path / "nowhere")
    assert (code, out, len(errors)) == (1, [], 1)
    assert errors[0].startswith("satrail: no such store")


REPORTS = {
    "ingest": ["ingest", BLOCKS, "{store}"],
    "inspect": ["inspect", "{store}"],
    "verify": ["verify", "{store}", "--no-blocks"],
    "simulate": ["simulate", "city", "{city}", "--scale", 0.002],
}


@pytest.mark.parametrize("name", REPORTS)
def test_every_report_is_also_json_csv_and_silence(call, tmp_path, name):
    satrail.ingest(BLOCKS, tmp_path / "store", until=20, progress=False)
    arguments = [str(argument).format(store=tmp_path / "store", city=tmp_path / "city") for argument in REPORTS[name]]
    code, out, errors = call(*arguments, "--json")
    assert (code, len(out), errors) == (0, 1, [])
    facts = json.loads(out[0])
    if name == "inspect":
        info = dataclasses.asdict(satrail.inspect(tmp_path / "store"))
        assert facts == info | {"time": str(info["time"])}
    if name == "simulate":
        arguments[2] += "2"
    code, out, errors = call(*arguments, "--csv")
    assert (code, errors) == (0, [])
    [row] = csv.DictReader(out)
    assert list(row) == list(facts)
    if name == "simulate":
        arguments[2] += "3"
    assert call(*arguments, "--quiet") == (0, [], [])


def test_only_one_form_is_given(call, store):
    code, out, errors = call("inspect", store, "--json", "--csv")
    assert (code, out) == (2, []) and "not allowed with" in errors[-1]


@pytest.mark.skipif(os.name == "nt", reason="pipes are closed in another way")
@pytest.mark.parametrize("arguments", [["--help"], ["inspect", "{store}"], ["verify", "{store}", "--no-blocks"]])
def test_a_reader_that_has_seen_enough_is_no_error(store, arguments):
    command = [sys.executable, "-m", "satrail", *(argument.format(store=store) for argument in arguments)]
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, timeout=60)
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_help_says_what_the_exit_codes_mean(call):
    _, out, _ = call("--help")
    start = out.index("exit codes:")
    assert [line.split()[0] for line in out[start + 1 :]] == ["0", "1", "2", "130"]


# ---- What it refuses ------------------------------------------------------------------------------------------------

WRONG = {
    "no block files": (["ingest", "{tmp}", "{tmp}/store"], "no blk*.dat files in {tmp}"),
    "no folder": (["ingest", "{tmp}/nowhere", "{tmp}/store"], "no such folder of block files: {tmp}/nowhere"),
    "other things": (["ingest", "{blocks}", "{tmp}"], "{tmp} is not a satrail store: it is a folder with other files"),
    "other network": (["ingest", "{blocks}", "{tmp}/s", "--network", "signet"], "no block of signet in {blocks}"),
    "no network": (["ingest", "{blocks}", "{tmp}/s", "--network", "x"], 'unknown network "x"'),
    "no date": (["ingest", "{blocks}", "{tmp}/s", "--until", "soon"], '"soon" is not a date'),
    "negative": (["ingest", "{blocks}", "{tmp}/s", "--until=-5"], "height -5 is negative"),
    "no threads": (["ingest", "{blocks}", "{tmp}/s", "--threads", "0"], "threads=0"),
    "less threads": (["ingest", "{blocks}", "{tmp}/s", "--threads=-1"], "threads=-1"),
    "more threads": (["ingest", "{blocks}", "{tmp}/s", "--threads", "9" * 30], "threads=999"),
    "no memory": (["ingest", "{blocks}", "{tmp}/s", "--memory-limit", "lots"], "lots is not an amount of memory"),
    "little memory": (["ingest", "{blocks}", "{tmp}/s", "--memory-limit", "1 MB"], "memory limit 1000000 is too small"),
    "no store": (["inspect", "{tmp}/nowhere"], "no such store: {tmp}/nowhere"),
    "not a store": (["inspect", "{tmp}"], "{tmp} is not a satrail store"),
}


@pytest.mark.parametrize("name", WRONG)
def test_an_error_is_one_line_on_stderr(call, tmp_path, name):
    (tmp_path / "file").touch()
    arguments, message = WRONG[name]
    places = {"tmp": tmp_path, "blocks": BLOCKS}
    code, out, errors = call(*(argument.format(**places) for argument in arguments))
    assert (code, out, len(errors)) == (1, [], 1)
    assert errors[0].startswith(f"satrail: {message.format(**places)}")


def test_an_error_of_the_process_is_no_traceback(tmp_path):
    code, out, errors = satrail_command("inspect", tmp_path)
    assert (code, out, len(errors)) == (1, [], 1)


WRONG_USAGE = [
    [],
    ["eat"],
    ["ingest"],
    ["ingest", "blocks"],
    ["inspect"],
    ["inspect", "a", "b"],
    ["--fast"],
    ["verify"],
]
WRONG_USAGE += [["ingest", "a", "b", "--fast"], ["ingest", "a", "b", "--threads", "all"], ["demo", "a", "b"]]


@pytest.mark.parametrize("arguments", WRONG_USAGE, ids=" ".join)
def test_a_wrong_usage_returns_two_and_shows_the_right_one(call, arguments):
    code, out, errors = call(*arguments)
    assert (code, out) == (2, [])
    assert errors[0].startswith("usage: ")
    assert "error:" in errors[-1]


def test_a_limit_of_digits_is_a_height_however_long(call, tmp_path):
    assert call("ingest", BLOCKS, tmp_path / "store", "--until", "9" * 30, "--quiet") == (0, [], [])
    assert satrail.open(tmp_path / "store").height == 495
