"""scripts/compare.py decides as its documentation says, with costs that are made up."""

import importlib.util
import random
import sys

import pytest
from conftest import ROOT

SPEC = importlib.util.spec_from_file_location("compare", ROOT / "scripts" / "compare.py")
compare = importlib.util.module_from_spec(SPEC)
sys.modules["compare"] = compare
SPEC.loader.exec_module(compare)

Cost = compare.Cost


def costs(factor, noise, *, pairs=8, seed=1, instructions=None):
    """Pairs of runs on a machine that becomes slower all the while; AFTER takes `factor` times as long."""
    chance = random.Random(seed)
    made = []
    for pair in range(pairs):
        pace = 1 + pair / 10
        before, after = pace * chance.gauss(1, noise), pace * factor * chance.gauss(1, noise)
        counts = (None, None) if instructions is None else (10**9, round(10**9 * instructions))
        made.append((Cost(before, counts[0]), Cost(after, counts[1])))
    return made


@pytest.mark.parametrize(
    ("pairs", "ranks"),
    [(6, (0, 5)), (8, (0, 7)), (9, (1, 7)), (12, (2, 9)), (16, (3, 12)), (20, (5, 14)), (100, (39, 60))],
)
def test_the_ranks_are_those_of_the_sign_test(pairs, ranks):
    # Conover, Practical Nonparametric Statistics, and any table of the binomial distribution.
    assert compare.interval_ranks(pairs) == ranks


def test_five_pairs_give_no_interval():
    with pytest.raises(ValueError, match="5 pairs are too few"):
        compare.interval_ranks(5)


def test_the_interval_holds_the_true_median_as_often_as_it_says():
    chance = random.Random(5)
    held = 0
    for _ in range(2000):
        ratios = [chance.lognormvariate(0, 0.3) for _ in range(12)]
        ratio = compare.ratio_of([1.0] * 12, ratios)
        held += ratio.low <= 1 <= ratio.high
    assert held / 2000 >= 0.95


def test_each_pair_begins_with_what_the_last_one_ended_with():
    runs = [turn for turns in compare.order(4) for turn in turns]
    assert runs == [0, 1, 1, 0, 0, 1, 1, 0]


def test_a_machine_that_becomes_slower_changes_nothing():
    steady = compare.ratio_of([1.0] * 8, [1.2] * 8)
    drifting = compare.ratio_of([1 + n / 10 for n in range(8)], [1.2 * (1 + n / 10) for n in range(8)])
    assert drifting.median == pytest.approx(steady.median)


@pytest.mark.parametrize(
    ("factor", "noise", "code"),
    [(1.0, 0.02, 0), (1.02, 0.02, 0), (1.2, 0.02, 1), (1.06, 0.3, 0), (0.8, 0.02, 0)],
    ids=["the same", "within the limit", "slower", "too noisy to tell", "faster"],
)
def test_only_an_interval_above_the_limit_fails(factor, noise, code, capsys):
    assert compare.report(costs(factor, noise), limit=0.03) == code
    assert ("slower than" if code else "within") in capsys.readouterr().out


@pytest.mark.parametrize(
    ("factor", "instructions", "code"),
    [(1.04, 1.0, 0), (1.0, 1.04, 1), (1.2, 1.0, 1), (1.04, None, 1)],
    ids=["time alone", "instructions alone", "more than 5 % in time", "nothing counts instructions"],
)
def test_instructions_decide_small_differences(factor, instructions, code):
    assert compare.report(costs(factor, 0.001, instructions=instructions), limit=0.03) == code


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("# started\n\n12345,,instructions:u,1000,100.00,,\n", 12345),
        ("<not counted>,,instructions:u,0,100.00,,\n", None),
        ("<not supported>,,instructions:u,0,100.00,,\n", None),
        ("0,,instructions:u,0,100.00,,\n", None),
        ("", None),
    ],
)
def test_what_perf_reports_is_read(text, count):
    assert compare.counted_in(text) == count


def test_what_valgrind_reports_is_read():
    assert compare.refs_in("==12== \n==12== I refs:        1,234,567\n") == 1_234_567
    assert compare.refs_in("==12== I   refs:      42\n") == 42
    with pytest.raises(SystemExit, match="did not say"):
        compare.refs_in("==12== \n")


POSIX = pytest.mark.skipif(sys.platform == "win32", reason="there a process does not report its children's times")


@POSIX
def test_a_process_is_measured_with_all_that_it_does():
    busy = compare.run([sys.executable, "-c", "sum(range(3_000_000))"], counted=False)
    idle = compare.run([sys.executable, "-c", "import time; time.sleep(0.2)"], counted=False)
    assert busy.seconds > idle.seconds > 0


@POSIX
def test_a_command_that_fails_ends_the_comparison():
    with pytest.raises(SystemExit, match="failed: 3"):
        compare.run([sys.executable, "-c", "raise SystemExit(3)"], counted=False)


def test_the_command_explains_itself(capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["compare.py", "--help"])
    with pytest.raises(SystemExit) as ended:
        compare.arguments()
    assert ended.value.code == 0
    assert "BEFORE AFTER" in capsys.readouterr().out
