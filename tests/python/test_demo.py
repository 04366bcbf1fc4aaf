"""The demo and the notebook: what they say adds up, and both, which are written apart, say the same."""

from __future__ import annotations

import contextlib
import io
import json
import re
import tempfile
from pathlib import Path

import polars as pl
import pytest
import satrail
import satrail.cli
from conftest import ROOT
from satrail import _demo
from satrail._demo import demo
from satrail._demo.case import read_tags

NOTEBOOK = ROOT / "examples" / "hidden_service.ipynb"
#: Small, but with every kind of cash-out and payer in it.
SCALE = 0.02


def walk(folder: Path | None, scale: float) -> list[str]:
    """What the demo prints, line by line."""
    with contextlib.redirect_stdout(io.StringIO()) as out:
        demo(folder, scale=scale)
    return out.getvalue().splitlines()


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("demo") / "case"


@pytest.fixture(scope="module")
def lines(folder) -> list[str]:
    return walk(folder, SCALE)


def code_cells() -> list[str]:
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


@pytest.fixture(scope="module")
def notebook(tmp_path_factory) -> dict[str, object]:
    """The names of the notebook after all its cells ran, on the same case as the demo's."""
    first, *others = code_cells()
    assert first.count("SCALE = 0.05") == 1
    names: dict[str, object] = {"__name__": "notebook"}
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(io.StringIO()):
        patch.setattr(tempfile, "tempdir", str(tmp_path_factory.mktemp("notebook")))
        for code in [first.replace("SCALE = 0.05", f"SCALE = {SCALE}"), *others]:
            exec(compile(code, NOTEBOOK.name, "exec"), names)
    return names


def section(lines: list[str], number: int) -> list[str]:
    """The lines of a step."""
    begins = {int(line.split(".")[0]): i for i, line in enumerate(lines) if re.match(r"\d+\. ", line)}
    return lines[begins[number] : begins.get(number + 1)]


def satoshi(text: str) -> int:
    return int(text.replace(",", "").replace(".", ""))


def amounts(text: str) -> list[int]:
    """All amounts in BTC of a text, in satoshi."""
    return [satoshi(found) for found in re.findall(r"(-?[\d,]+\.\d{8}) BTC", text)]


def ledgers(lines: list[str]) -> list[dict[str, int]]:
    """All ledgers that are printed."""
    found: list[dict[str, int]] = []
    for line in lines:
        match = re.fullmatch(r" +(\S.*?)  +([\d,]+) +\d+\.\d\d", line)
        if match and match[1] == "source":
            found.append({})
        if match:
            found[-1][match[1]] = satoshi(match[2])
    return found


def truth(folder: Path, table: str) -> pl.DataFrame:
    return pl.read_parquet(folder / "truth" / f"{table}.parquet")


# ---- The walk -------------------------------------------------------------------------------------------------------


def test_the_walk_has_eight_steps_and_names_the_calls_of_each(lines):
    titles = [line for line in lines if re.match(r"\d", line)]
    assert [int(title.split(".")[0]) for title in titles] == list(range(1, 9))
    for call in re.findall(r"(?:chain|satrail|clusters|trace)\.\w+", " ".join(titles)):
        place, name = call.split(".")
        thing = {"chain": satrail.Chain, "clusters": satrail.Clusters, "trace": satrail.Trace, "satrail": satrail}[
            place
        ]
        assert hasattr(thing, name)


def test_what_was_received_is_what_was_moved_on_paid_as_fees_and_left(lines):
    received, sent, fees, left = amounts(next(line for line in lines if line.strip().startswith("Received ")))
    assert received == sent + fees + left > 0


def test_the_months_add_up_to_what_was_received(folder, lines):
    months = [line.split()[1:] for line in section(lines, 2) if re.match(r" +20\d\d ", line)]
    assert {len(year) for year in months} == {12}
    total = sum(float(month) for year in months for month in year if month != ".")
    outputs = truth(folder, "payers")["amount"].sum() + pl.read_csv(folder / "test_payments.csv")["amount"].sum()
    count = sum(month != "." for year in months for month in year)
    assert total == pytest.approx(outputs / 1e8, abs=0.0005 * count)


def test_every_ledger_that_is_printed_adds_up(lines):
    found = ledgers(section(lines, 5))
    assert len(found) == 2
    for ledger in found:
        source = ledger.pop("source")
        assert source == sum(ledger.values()) > 0
    assert found[0] != found[1]


def test_the_exposure_that_is_printed_is_all_that_was_received(folder, lines):
    rows = [amounts(line) for line in section(lines, 7) if len(amounts(line)) == 3]
    assert all(direct + indirect == amount for direct, indirect, amount in rows)
    assert sum(amount for *_, amount in rows) == amounts(section(lines, 2)[2])[0]


def test_the_payments_to_ask_about_are_those_that_the_truth_judges(folder, lines):
    named, total = map(int, re.search(r"Of (\d+) payments (\d+) ", " ".join(section(lines, 7))).groups()[::-1])
    asked = [int(line.split()[-1]) for line in section(lines, 7) if re.match(r" +(exchange|custodian) \d+ +\d+$", line)]
    assert sum(asked) == named <= total
    assert total == truth(folder, "payers").height + pl.read_csv(folder / "test_payments.csv").height


def test_the_last_step_counts_every_cash_out_and_every_payer_once(folder, lines):
    last = " ".join(section(lines, 8))
    for route, count, amount in truth(folder, "cashouts").group_by("route").agg(pl.len(), pl.sum("amount")).rows():
        rows = re.findall(rf" {route} +(\d+) +([\d.,]+) BTC +(\d+) +(\d+) ", last)
        assert [(int(row[0]), satoshi(row[1])) for row in rows] == [(count, amount)] * 2
        assert all(int(found) + int(wrong) <= count for _, _, found, wrong in rows)
    funded = dict(truth(folder, "payers").group_by("funded").len().rows())
    for steps in ("2 steps", "4 steps", "any number of steps"):
        [row] = [line for line in section(lines, 8) if line.strip().startswith(steps)]
        assert sorted(int(of) for of in re.findall(r"/ (\d+)(?:  |$)", row)) == sorted(funded.values())


def test_what_is_right_and_blamed_is_all_that_the_ledgers_found_at_others(folder, lines, notebook):
    text = " ".join(line.strip() for line in section(lines, 8))
    printed = [
        amounts(found) for found in re.findall(r"Of [\d.,]+ BTC that truly came .*? where it never came to", text)
    ]
    assert [(true, right + blamed) for true, right, blamed in printed] == [
        (held.true, held.found)
        for held in (satrail.evaluate(trace, notebook["truth"]) for trace in notebook["traces"].values())
    ]
    assert {true for true, *_ in printed} == {printed[0][0]}
    assert printed[0][0] >= truth(folder, "cashouts")["amount"].sum()


def test_a_tag_says_what_is_true_and_nothing_of_the_truth_is_read_before_the_last_step(folder, lines):
    tags, exchanges = read_tags(folder / "tags.yaml")
    text = (folder / "tags.yaml").read_text(encoding="utf-8")
    assert sum(map(len, tags.values())) == text.count("- address:") > 0
    known = truth(folder, "addresses").join(truth(folder, "entities"), on="entity").filter("is_public")
    owners = dict(known.select("address", "name").rows())
    assert all(owners[address] == label for label, addresses in tags.items() for address in addresses)
    assert {label.split()[0] for label in exchanges} == {"exchange", "custodian"}
    (folder / "truth").rename(folder / "hidden")
    try:
        case = _demo.open_case(folder)
        with contextlib.redirect_stdout(io.StringIO()):
            _demo.found.the_list(case)
            _demo.found.the_wallet(case)
            _demo.found.test_payments(case)
            _demo.money.peel_chains(case, _demo.money.the_way_out(case)["fifo"])
            _demo.money.the_payers(case)
    finally:
        (folder / "hidden").rename(folder / "truth")


@pytest.mark.parametrize("seed", [2, 3])
def test_a_case_in_which_little_is_found_is_walked_to_its_end(monkeypatch, seed):
    monkeypatch.setattr(_demo, "SEED", seed)
    assert [line[:2] for line in walk(None, 0.004) if line[:1].isdigit()][-1] == "8."


# ---- Where it is kept -----------------------------------------------------------------------------------------------


def test_all_of_the_case_is_kept_in_the_folder(folder, lines):
    assert {"blocks", "store", "truth", "tags.yaml", "watch.csv", "test_payments.csv"} <= {
        p.name for p in folder.iterdir()
    }
    chain = satrail.open(folder / "store")
    assert f"{chain.counts['transactions']:,} transactions" in " ".join(section(lines, 1))
    assert satrail.verify(folder / "store", progress=False).is_sound
    assert satrail.truth.read(folder).digest[:16] in " ".join(section(lines, 1))


def test_a_folder_that_is_not_empty_is_refused_and_left_as_it_was(tmp_path, capsys):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(FileExistsError, match="not empty"):
        demo(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
    assert satrail.cli.main(["demo", str(tmp_path)]) == 1
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("scale", [0, -1, 21, float("nan")])
def test_a_scale_out_of_range_is_refused_before_anything_is_made(tmp_path, scale):
    with pytest.raises(ValueError, match="scale"):
        demo(tmp_path / "case", scale=scale)
    assert list(tmp_path.iterdir()) == []


# ---- The notebook ---------------------------------------------------------------------------------------------------


def test_the_notebook_is_kept_without_outputs():
    book = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    assert (book["nbformat"], book["nbformat_minor"]) == (4, 5)
    assert len({cell["id"] for cell in book["cells"]}) == len(book["cells"])
    assert all(cell["outputs"] == [] for cell in book["cells"] if cell["cell_type"] == "code")


def test_the_notebook_works_on_the_case_of_the_demo(notebook, folder, lines):
    assert notebook["chain"].digest() == satrail.open(folder / "store").digest()
    assert str(notebook["proof"]).splitlines()[0] in " ".join(section(lines, 3))
    assert [dict(trace.ledger.lines) for trace in notebook["traces"].values()] == [
        {name: trace.get(name, 0) for name in notebook["traces"][policy].ledger.lines}
        for policy, trace in zip(("fifo", "haircut"), ledgers(lines), strict=True)
    ]


def test_the_notebook_finds_the_cash_outs_that_the_demo_finds(notebook, lines):
    cash_outs, last = notebook["cash_outs"], " ".join(section(lines, 8))
    printed = {route: re.findall(rf" {route} +\d+ +[\d.,]+ BTC +(\d+) ", last) for route in cash_outs["route"].unique()}
    for place, trace in enumerate(notebook["traces"].values()):
        ends = pl.DataFrame(trace.ends()).filter(pl.col("reason") == "stopped").select("txid", "position", "label")
        right = cash_outs.join(ends, on=["txid", "position"]).filter(pl.col("label") == pl.col("true_label"))
        found = dict(right.group_by("route").len().rows())
        assert {route: int(counts[place]) for route, counts in printed.items()} == {r: found.get(r, 0) for r in printed}
    assert any(int(count) for counts in printed.values() for count in counts)


def test_the_notebook_names_as_many_exchanges_as_the_demo(notebook, lines):
    named = int(re.search(r"payments (\d+) \(", " ".join(section(lines, 7)))[1])
    assert notebook["named"].height == named > 0
