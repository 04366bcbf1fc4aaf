"""Flows of a set: against the oracle, the balances of the chain, and bad input."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
import satrail
from chains.by_hand import address, chain_of, in_chain, mint, pay
from chains.random_blocks import random_chain
from conftest import BLOCKS, write_blocks
from oracles import chain as oracle
from oracles import flows as flows_oracle
from oracles.chain import OracleChain, address_text, output_kind
from oracles.cluster import address_numbers

PERIODS = ["day", "week", "month", "year"]


def scripts_of(chain: OracleChain, height: int) -> list[bytes]:
    return list(address_numbers(chain, height))


def check(
    truth: OracleChain, chain: satrail.Chain, scripts: list[bytes], clusters: satrail.Clusters | None, by: str
) -> None:
    """Holds all tables against the oracle."""
    height = chain.height
    numbers = address_numbers(truth, height)
    labels = None if clusters is None else of_numbers(clusters, numbers)
    name = (lambda script: numbers[script]) if labels is None else (lambda script: labels[numbers[script]])
    expected = flows_oracle.flows(truth, set(scripts), name, height, by)
    found = chain.flows([script.hex() for script in scripts], by=by, clusters=clusters)
    check_transactions(found, expected)
    check_periods(found, expected)
    check_counterparties(found, expected, {n: s for s, n in numbers.items()}, clusters is not None)
    deposits = found.deposits().to_pydict()
    assert list(zip(deposits["txid"], deposits["position"], strict=True)) == expected.deposits
    names = ("txid", "set_inputs", "inputs", "amount", "position", "inside")
    for least in (2, 3, 5):
        table = found.consolidations(min_inputs=least).to_pydict()
        rows = list(zip(*(table[column] for column in names), strict=True))
        assert rows == [row for row in expected.consolidations if row[1] >= least]
        gathered = found.deposits(min_inputs=least).to_pydict()
        consolidations = {row[0] for row in rows}
        for spent, is_gathered in zip(gathered["spent_txid"], gathered["gathered"], strict=True):
            assert is_gathered == (None if spent is None else spent in consolidations)


def of_numbers(clusters: satrail.Clusters, numbers: dict[bytes, int]) -> list[int]:
    """The name of each address's cluster, by the address's number; the empty script has no text, and is alone."""
    table = clusters.of([script.hex() for script in numbers if script]).to_pydict()
    names = iter(table["cluster_id"])
    return [next(names) if script else number for script, number in numbers.items()]


def check_transactions(found: satrail.Flows, expected: flows_oracle.Flows) -> None:
    table, balance = found.transactions().to_pydict(), 0
    assert table["txid"] == [txid for txid, _ in expected.transactions]
    columns = (table[name] for name in ("received", "sent", "fees", "internal", "lost"))
    for row, balance_then, (txid, net) in zip(
        zip(*columns, strict=True), table["balance"], expected.transactions, strict=True
    ):
        balance += net.balance
        assert (row, balance_then) == (net.row(), balance), txid
    assert found.balance == balance == found.received - found.sent - found.fees - found.lost


def check_periods(found: satrail.Flows, expected: flows_oracle.Flows) -> None:
    table, balance = found.table().to_pydict(), 0
    assert table["period"] == list(expected.periods)
    for at, (net, count) in enumerate(expected.periods.values()):
        balance += net.balance
        row = tuple(table[name][at] for name in ("received", "sent", "fees", "internal", "lost"))
        assert (row, table["transactions"][at], table["balance"][at]) == (net.row(), count, balance)


def check_counterparties(
    found: satrail.Flows, expected: flows_oracle.Flows, scripts: dict[int, bytes], as_wallets: bool
) -> None:
    table = found.counterparties().to_pydict()
    totals = expected.paid + expected.got
    order = sorted(totals, key=lambda party: (-totals[party], (1, 0) if party == "mined" else (0, party)))
    assert table["rank"] == list(range(1, len(order) + 1))
    assert table["amount_in"] == [expected.paid[party] for party in order]
    assert table["amount_out"] == [expected.got[party] for party in order]
    assert table["transactions_in"] == [expected.payments[party] for party in order]
    assert table["transactions_out"] == [expected.withdrawals[party] for party in order]
    for at, party in enumerate(order):
        if party == "mined":
            assert (table["kind"][at], table["address"][at], table["cluster_id"][at]) == ("mined", None, None)
        else:
            script = scripts[party]
            kind = output_kind(script)
            assert table["address"][at] == address_text(script, kind, "regtest")
            assert table["cluster_id"][at] == (party if as_wallets else None)
    assert (sum(table["amount_in"]), sum(table["amount_out"])) == (found.received, found.sent)


@pytest.mark.parametrize("size", [1, 20, 400])
@pytest.mark.parametrize("as_wallets", [False, True])
def test_flows_are_those_of_the_oracle(chain: satrail.Chain, truth: OracleChain, size: int, as_wallets: bool) -> None:
    rng, scripts = random.Random(size), scripts_of(truth, chain.height)
    clusters = chain.cluster() if as_wallets else None
    for by in PERIODS:
        check(truth, chain, rng.sample(scripts, size), clusters, by)


def test_as_of_a_height_they_are_those_of_a_chain_that_ends_there(chain: satrail.Chain, truth: OracleChain) -> None:
    past = chain.at(260)
    scripts = random.Random(5).sample(scripts_of(truth, 260), 100)
    check(truth, past, scripts, past.cluster(), "day")


@pytest.mark.parametrize("seed", range(4))
def test_random_chains_flow_as_the_oracle_says(seed: int, tmp_path: Path) -> None:
    """With coins that are lost, for a coinbase is repeated."""
    blocks = random_chain(seed, blocks=25, duplicate_coinbase=seed % 2 == 1)
    satrail.ingest(write_blocks(tmp_path / "blocks", blocks), tmp_path / "store", progress=False)
    truth, chain = oracle.read_chain(tmp_path / "blocks"), satrail.open(tmp_path / "store")
    rng, scripts = random.Random(seed), scripts_of(truth, chain.height)
    for size in (1, 5, len(scripts) // 2, len(scripts)):
        for clusters in (None, chain.cluster()):
            check(truth, chain, rng.sample(scripts, size), clusters, rng.choice(PERIODS))


def test_the_balance_is_what_the_addresses_have(chain: satrail.Chain) -> None:
    watch = chain.addresses(BLOCKS / "charity.csv")
    flows, summary = chain.flows(watch), watch.summary().to_pydict()
    assert flows.balance == sum(summary["balance"])
    assert flows.received + flows.internal == sum(summary["received"])
    assert flows.sent + flows.fees + flows.internal == sum(summary["sent"])
    assert flows.table().to_pydict()["balance"][-1] == flows.transactions().to_pydict()["balance"][-1] == flows.balance


def test_a_wallet_has_the_flows_of_its_addresses(chain: satrail.Chain) -> None:
    wallet = chain.cluster().largest(1)[0]
    of_wallet, of_texts = chain.flows(wallet), chain.flows(wallet.members().to_pydict()["address"])
    assert of_wallet.table().to_pydict() == of_texts.table().to_pydict()
    assert of_wallet.balance == wallet.balance() and of_wallet.addresses == wallet.size()
    assert any(number is not None for number in of_wallet.counterparties().to_pydict()["cluster_id"])
    assert chain.at(200).flows(wallet).counterparties().to_pydict()["cluster_id"].count(None) > 0


def test_the_whole_chain_receives_what_is_mined_and_sends_nothing(chain: satrail.Chain) -> None:
    everything = chain.flows([output for block in chain for tx in block.transactions() for output in tx.outputs()])
    coinbases = chain.blocks(columns=["height"]).to_pydict()["height"]
    mined = sum(o.value for height in coinbases for o in chain.block(height).transactions()[0].outputs())
    assert (everything.received, everything.sent) == (mined, 0)
    assert everything.fees == sum(chain.blocks(columns=["fees"]).to_pydict()["fees"])
    assert everything.counterparties().to_pydict()["kind"] == ["mined"]


# ---- By hand --------------------------------------------------------------------------------------------------------

A, B, C, D, E = (address(number) for number in range(5))


def opened(truth: OracleChain, folder: Path) -> satrail.Chain:
    satrail.ingest(write_blocks(folder / "blocks", truth.blocks), folder / "store", progress=False)
    return satrail.open(folder / "store")


def test_who_gets_back_what_he_put_in_pays_no_more_than_the_fee(tmp_path: Path) -> None:
    """A and B put 100 each into one transaction and get 97 each: the set {A, C} pays 3, of which a part may be D's."""
    money = mint([(A, 100), (B, 100)])
    mix = pay([(money, 0), (money, 1)], [(C, 97), (D, 97)])
    chain = opened(chain_of([money], [mint([(E, 1)], 1), mix]), tmp_path)
    flows = chain.flows([A.hex(), C.hex()])
    assert (flows.received, flows.sent, flows.fees, flows.internal, flows.balance) == (100, 3, 0, 97, 97)
    both = chain.flows([A.hex(), B.hex(), C.hex(), D.hex()])
    assert (both.received, both.sent, both.fees, both.internal, both.balance) == (200, 0, 6, 194, 194)


def test_several_payers_share_by_the_largest_remainder(tmp_path: Path) -> None:
    """The set pays 50 of 90, of which 60 go to D, 25 to E and 5 are fee: 33.3, 13.9 and 2.8."""
    money = mint([(A, 50), (B, 40)])
    both = pay([(money, 0), (money, 1)], [(D, 60), (E, 25)])
    chain = opened(chain_of([money], [mint([(C, 1)], 1), both]), tmp_path)
    flows = chain.flows(A.hex())
    assert (flows.sent, flows.fees) == (47, 3)
    table = flows.counterparties().to_pydict()
    assert list(zip(table["kind"], table["amount_in"], table["amount_out"], strict=True)) == [
        ("mined", 50, 0),
        ("p2pkh", 0, 33),
        ("p2pkh", 0, 14),
    ]


def test_deposits_gather_where_they_are_spent_together(tmp_path: Path) -> None:
    money = mint([(E, 90)])
    deposits = pay([(money, 0)], [(A, 30), (B, 30), (C, 20)])
    sweep = pay([(deposits, 0), (deposits, 1), (deposits, 2)], [(D, 70)])
    truth = chain_of([money], [mint([(E, 1)], 1), deposits], [mint([(E, 1)], 2), sweep])
    chain = opened(truth, tmp_path)
    flows = chain.flows([A.hex(), B.hex(), C.hex()], labels={"hot wallet": [D.hex()], E.hex(): "payer"})
    assert flows.deposits().to_pydict()["gathered"] == [True] * 3
    assert flows.deposits(min_inputs=4).to_pydict()["gathered"] == [False] * 3
    table = flows.consolidations().to_pydict()
    assert (table["txid"], table["amount"], table["inside"]) == ([in_chain(truth, sweep).txid], [80], [False])
    assert chain.flows([A.hex(), B.hex(), C.hex(), D.hex()]).consolidations().to_pydict()["inside"] == [True]
    assert dict(zip(*(flows.counterparties().to_pydict()[name] for name in ("label", "amount_out")), strict=True)) == {
        "payer": 0,
        "hot wallet": 70,
    }


# ---- What is given --------------------------------------------------------------------------------------------------


def test_what_was_never_paid_has_no_flows(chain: satrail.Chain) -> None:
    for nothing in ([], ["6a00"], chain.addresses(["6a00"]), chain.at(0).block(0).transactions()[0].outputs()[:0]):
        flows = chain.flows(nothing)
        assert (flows.addresses, flows.received, flows.balance, len(flows.table())) == (0, 0, 0, 0)
        assert len(flows.counterparties()) == len(flows.deposits()) == len(flows.consolidations()) == 0
        assert "0 transactions" in repr(flows) and "<table>" in flows._repr_html_()


def test_addresses_that_are_given_twice_count_once(chain: satrail.Chain) -> None:
    watch = chain.addresses(BLOCKS / "charity.csv")
    text = next(
        a for a, known in zip(*(watch.summary().to_pydict()[n] for n in ("address", "known")), strict=True) if known
    )
    once, often = chain.flows(text), chain.flows([text, chain.address(text), text])
    assert once.transactions().to_pydict() == often.transactions().to_pydict()


def test_periods_are_in_utc(chain: satrail.Chain) -> None:
    table = chain.flows(chain.cluster().largest(1)[0], by="week").table().to_pydict()
    assert all(start.weekday() == 0 and start.tzinfo == UTC and start.hour == 0 for start in table["period"])
    assert isinstance(table["period"][0], datetime) and not Counter(table["period"]).most_common(1)[0][1] > 1


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"addresses": "no address"}, ValueError, "is not an address"),
        ({"addresses": 5.5}, TypeError, "give an address"),
        ({"by": "montly"}, ValueError, "month"),
        ({"clusters": "co_spend"}, TypeError, "chain.cluster"),
        ({"labels": {"a": 5.5}}, TypeError, "give addresses, outputs"),
    ],
)
def test_bad_input_is_told(chain: satrail.Chain, arguments: dict[str, object], error: type, text: str) -> None:
    given: dict[str, object] = {"addresses": []} | arguments
    with pytest.raises(error, match=text):
        chain.flows(given.pop("addresses"), **given)


def test_a_consolidation_has_two_inputs_or_more(chain: satrail.Chain) -> None:
    with pytest.raises(ValueError, match="min_inputs"):
        chain.flows([]).consolidations(min_inputs=1)
    with pytest.raises(TypeError, match="min_inputs"):
        chain.flows([]).deposits(min_inputs="many")


def test_clusters_of_another_height_are_refused(chain: satrail.Chain, stale: satrail.Chain) -> None:
    with pytest.raises(ValueError, match="as of height"):
        chain.at(300).flows([], clusters=chain.cluster())
    with pytest.raises(ValueError, match="another chain"):
        chain.flows(stale.tip.transactions()[0].outputs()[0].address)
