"""Evaluations of a simulated city, whose truth says more than any other."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
import satrail
from satrail import change


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("city") / "city"
    satrail.simulate("city", folder, seed=5, scale=0.02, progress=False)
    satrail.ingest(folder / "blocks", folder.parent / "store", progress=False)
    return folder


@pytest.fixture(scope="module")
def truth(city: Path) -> satrail.Truth:
    return satrail.truth.read(city)


@pytest.fixture(scope="module")
def simulated(city: Path) -> satrail.Chain:
    return satrail.open(city.parent / "store")


def test_what_came_in_less_what_went_out_is_what_the_owners_have(simulated, truth):
    evaluation = satrail.evaluate(simulated.cluster(), truth)
    flows = pl.DataFrame(evaluation.transfers())
    entities = pl.DataFrame(truth.table("entities")).select("entity", pl.col("name").cast(pl.String).alias("owner"))
    balances = pl.DataFrame(truth.table("balances")).group_by("entity").agg(pl.col("change").sum())
    known = flows.join(entities, on="owner").join(balances, on="entity", how="left").fill_null(0)
    assert len(known) == len(flows) > 100
    assert (known["received"] - known["sent"]).to_list() == known["change"].to_list()


def test_owners_have_the_addresses_that_the_truth_says_were_paid(simulated, truth):
    evaluation = satrail.evaluate(simulated.cluster(), truth)
    entities = pl.DataFrame(truth.table("entities")).with_columns(pl.col("category").cast(pl.String))
    paid = pl.DataFrame(truth.table("addresses")).filter(pl.col("is_paid")).join(entities, on="entity")
    paid = paid.filter(pl.col("category") != "burn")
    assert evaluation.addresses == len(paid)
    expected = dict(paid.group_by(pl.col("name").cast(pl.String)).len().iter_rows())
    owners = pl.DataFrame(evaluation.owners())
    assert dict(owners.select("owner", "addresses").iter_rows()) == expected
    assert pl.DataFrame(evaluation.roles())["addresses"].sum() == len(paid)


def test_change_is_what_the_truth_calls_so(simulated, truth):
    transactions = pl.DataFrame(truth.table("transactions")).select("txid", pl.col("entity").alias("maker"), "purpose")
    outputs = pl.DataFrame(truth.table("outputs")).rename({"purpose": "what"})
    rows = outputs.with_columns(pl.col("txid").cast(pl.String), pl.col("what").cast(pl.String))
    rows = rows.join(transactions.with_columns(pl.col("txid").cast(pl.String)), on="txid")
    rows = rows.filter(pl.col("maker").is_not_null() & (pl.col("purpose").cast(pl.String) != "coinbase"))
    others = rows.filter((pl.col("what") != "change") & (pl.col("what") != "data"))
    others = others.filter(pl.col("entity").is_null() | (pl.col("entity") != pl.col("maker")))
    rates = satrail.evaluate(change.none(), truth, chain=simulated)
    assert rates.cannot_tell_positive == (rows["what"] == "change").sum() > 500
    assert rates.cannot_tell_negative == len(others) > 500


def test_shapes_are_asked_about_all_but_coinbases(simulated, truth):
    purposes = pl.DataFrame(truth.table("transactions"))["purpose"].cast(pl.String)
    payments = len(purposes) - (purposes == "coinbase").sum()
    for shape, of in [("joinmarket", "coinjoin_joinmarket"), ("peeling", "peel"), ("whirlpool_tx0", "tx0")]:
        rates = satrail.evaluate(shape, truth, chain=simulated)
        positives = rates.true_positive + rates.false_negative + rates.cannot_tell_positive
        assert positives == (purposes == of).sum()
        assert positives + rates.false_positive + rates.true_negative + rates.cannot_tell_negative == payments


def test_a_truth_tells_as_much_as_the_chain_has_by_then(simulated, truth):
    early = simulated.at(simulated.height * 3 // 4)
    rates = [satrail.evaluate(change.optimal(), truth, chain=chain) for chain in (early, simulated)]
    assert 0 < rates[0].true_positive < rates[1].true_positive
    evaluation = satrail.evaluate(simulated.cluster().at(early.height), truth)
    assert evaluation.addresses < satrail.evaluate(simulated.cluster(), truth).addresses


def test_the_truth_of_another_seed_is_refused(simulated, tmp_path):
    satrail.simulate("city", tmp_path / "other", seed=6, scale=0.02, progress=False)
    with pytest.raises(ValueError, match="does not fit the chain"):
        satrail.evaluate(simulated.cluster(), satrail.truth.read(tmp_path / "other"))
