"""Traces held against where the money truly went; the slow way to the same figures is in arrivals_oracle.py."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import polars as pl
import pytest
import satrail
from chains.by_hand import address, chain_of, mint, pay
from conftest import ROOT, write_blocks
from oracles.arrivals import Arrivals, right, said

POLICIES = ["haircut", "poison", "fifo", "lifo", "highest_outputs_first"]
SUMS = ["true", "found", "right", "missed", "blamed"]
SERVICE, SERVICE_2, SERVICE_3, MAKER, MERCHANT, EXCHANGE, OTHER, NOBODY = range(1, 9)
NAMES = {
    "service": [SERVICE, SERVICE_2, SERVICE_3],
    "maker": [MAKER],
    "merchant": [MERCHANT],
    "exchange": [EXCHANGE],
    "other exchange": [OTHER],
}
M = 1_000_000


@pytest.fixture(scope="module")
def by_owner(owners) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for text, owner in owners.items():
        found.setdefault(owner, []).append(text)
    return {owner: found[owner] for owner in sorted(found)}


@pytest.fixture(scope="module")
def known(chain, by_owner) -> satrail.Truth:
    return satrail.Truth.of(chain, by_owner)


def text_of(chain: satrail.Chain, number: int) -> str:
    found = (o.address for b in chain for tx in b.transactions() for o in tx.outputs())
    return next(a.text for a in found if a.script == address(number).hex())


class Hand:
    """A service that peels, mixes and pays a merchant who adds a coin, and a merchant with an account elsewhere."""

    def __init__(self, folder: Path) -> None:
        a = address
        self.paid = mint([(a(SERVICE), 100 * M)], 1)
        makers, merchants = mint([(a(MAKER), 60 * M)], 2), mint([(a(MERCHANT), 5 * M)], 3)
        self.peel = pay([(self.paid, 0)], [(a(EXCHANGE), 10 * M), (a(SERVICE_2), 89 * M)])
        mixed = [(a(SERVICE_3), 50 * M), (a(MAKER), 50 * M), (a(SERVICE), 385 * M // 10), (a(MAKER), 102 * M // 10)]
        self.mix = pay([(self.peel, 1), (makers, 0)], mixed)
        self.sale = pay([(self.mix, 0)], [(a(EXCHANGE), 499 * M // 10)])
        self.payjoin = pay([(merchants, 0), (self.mix, 2)], [(a(MERCHANT), 15 * M), (a(SERVICE_2), 28 * M)])
        self.takings = pay([(self.payjoin, 0)], [(a(OTHER), 149 * M // 10)])
        txs = [self.peel, self.mix, self.sale, self.payjoin, self.takings]
        blocks = [
            [self.paid],
            [makers],
            [merchants],
            *([mint([(a(NOBODY), 1)], 4 + i), tx] for i, tx in enumerate(txs)),
        ]
        satrail.ingest(write_blocks(folder / "blocks", chain_of(*blocks).blocks), folder / "store", progress=False)
        self.chain = satrail.open(folder / "store")
        self.truth = satrail.Truth.of(self.chain, {name: [self.text(n) for n in of] for name, of in NAMES.items()})
        self.source = self.name(self.paid, 0)

    def text(self, number: int) -> str:
        return text_of(self.chain, number)

    def name(self, tx, position: int) -> str:
        return f"{tx.txid}:{position}"

    def stops(self, *names: str) -> dict[str, list[str]]:
        return {name: [self.text(number) for number in NAMES[name]] for name in names}


@pytest.fixture(scope="module")
def hand(tmp_path_factory) -> Hand:
    return Hand(tmp_path_factory.mktemp("hand"))


def by_name(evaluation) -> dict[str | None, dict]:
    return {row["owner"]: row for row in pl.DataFrame(evaluation.owners()).to_dicts()}


# ---- What truly means ------------------------------------------------------------------------------------------------


def test_money_is_its_owners_through_peels_and_coinjoins_until_he_pays_it_away(hand):
    evaluation = satrail.evaluate(hand.chain.trace(hand.source), hand.truth)
    true = {owner: row["true"] for owner, row in by_name(evaluation).items() if row["true"]}
    # The maker's fee, and what the merchant gains in the PayJoin; what he sells at the other exchange is his own.
    assert true == {"exchange": 599 * M // 10, "service": 28 * M, "merchant": 10 * M, "maker": M // 5}
    assert evaluation.true == 701 * M // 10
    assert evaluation.true_fees == 19 * M // 10
    assert by_name(evaluation)["service"]["is_source"] and not by_name(evaluation)["exchange"]["is_source"]


def test_a_part_of_an_owners_money_goes_where_his_money_goes_in_proportion(hand):
    # Half of what came in is what is asked about: half of everything arrives, to the satoshi.
    half = pl.DataFrame({"txid": [hand.source.split(":")[0]], "position": [0], "amount": [50 * M]})
    evaluation = satrail.evaluate(hand.chain.trace(half), hand.truth)
    true = {owner: row["true"] for owner, row in by_name(evaluation).items() if row["true"]}
    assert true == {"exchange": 599 * M // 20, "service": 14 * M, "merchant": 5 * M, "maker": M // 10}


def test_the_truth_is_as_of_the_traces_height(hand):
    early = hand.chain.at(hand.chain.tx(hand.name(hand.mix, 0).split(":")[0]).height)
    evaluation = satrail.evaluate(early.trace(hand.source), hand.truth)
    true = {owner: row["true"] for owner, row in by_name(evaluation).items() if row["true"]}
    assert true == {"service": 885 * M // 10, "exchange": 10 * M, "maker": M // 5}


def test_no_limit_of_the_trace_limits_the_truth(hand):
    whole, short = (hand.chain.trace(hand.source, max_tx_hops=hops) for hops in (None, 1))
    assert satrail.evaluate(whole, hand.truth).true == satrail.evaluate(short, hand.truth).true
    # What is cut off stands in the service's own change.
    assert by_name(satrail.evaluate(short, hand.truth))["service"]["found"] == 89 * M


def test_an_end_counts_for_whom_the_stop_set_names(hand):
    stops = hand.stops("exchange", "merchant", "maker")
    evaluation = satrail.evaluate(
        hand.chain.trace(hand.source, policy="highest_outputs_first", stop_at=stops), hand.truth
    )
    # The CoinJoin's first equal output takes 50 of the 89, the maker's takes the other 39; then 49.9 of 50 arrive.
    assert {owner: (row["found"], row["right"]) for owner, row in by_name(evaluation).items()} == {
        "exchange": (599 * M // 10, 599 * M // 10),
        "maker": (39 * M, M // 5),
        "service": (0, 0),
        "merchant": (0, 0),
    }
    assert (evaluation.found, evaluation.right) == (989 * M // 10, 601 * M // 10)
    assert (evaluation.missed, evaluation.blamed) == (10 * M, 388 * M // 10)
    assert evaluation.recall == evaluation.right / evaluation.true
    assert evaluation.precision == evaluation.right / evaluation.found


def test_a_wrong_stop_set_gets_a_bad_evaluation(hand):
    right, wrong = {"exchange": [hand.text(EXCHANGE)]}, {"other exchange": [hand.text(EXCHANGE)]}
    good = by_name(satrail.evaluate(hand.chain.trace(hand.source, policy="fifo", stop_at=right), hand.truth))
    bad = by_name(satrail.evaluate(hand.chain.trace(hand.source, policy="fifo", stop_at=wrong), hand.truth))
    assert (good["exchange"]["precision"], good["exchange"]["recall"]) == (1.0, 1.0)
    assert (bad["exchange"]["found"], bad["exchange"]["recall"]) == (0, 0.0)
    assert bad["other exchange"]["blamed"] == good["exchange"]["right"] and bad["other exchange"]["precision"] == 0.0


def test_a_service_that_is_not_stopped_at_is_blamed_on_where_its_money_goes(hand):
    # Nobody stops at the merchant, so his sale is taken for the service's.
    found = by_name(satrail.evaluate(hand.chain.trace(hand.source, stop_at=hand.stops("other exchange")), hand.truth))
    assert found["other exchange"]["true"] == 0 < found["other exchange"]["blamed"]
    assert found["other exchange"]["recall"] is None


def test_money_that_its_owner_has_moved_on_is_found_with_him(tmp_path):
    # The exchange sweeps two deposits into its wallet, and only that is known.
    a = address
    paid, others = mint([(a(SERVICE), 10 * M)], 1), mint([(a(MAKER), 10 * M)], 2)
    sold, others_sold = pay([(paid, 0)], [(a(EXCHANGE), 9 * M)]), pay([(others, 0)], [(a(OTHER), 9 * M)])
    sweep = pay([(sold, 0), (others_sold, 0)], [(a(NOBODY), 17 * M)])
    blocks = [[paid], [others], [mint([(a(9), 1)], 3), sold], [mint([(a(9), 1)], 4), others_sold, sweep]]
    satrail.ingest(write_blocks(tmp_path / "blocks", chain_of(*blocks).blocks), tmp_path / "store", progress=False)
    chain = satrail.open(tmp_path / "store")
    text = {number: text_of(chain, number) for number in (SERVICE, MAKER, EXCHANGE, OTHER, NOBODY)}
    of_exchange = [text[number] for number in (EXCHANGE, OTHER, NOBODY)]
    truth = satrail.Truth.of(chain, {"service": [text[SERVICE]], "maker": [text[MAKER]], "exchange": of_exchange})
    trace = chain.trace(text[SERVICE], policy="fifo", stop_at={"exchange": [text[NOBODY]]})
    row = by_name(satrail.evaluate(trace, truth))["exchange"]
    assert (row["true"], row["found"], row["right"], row["blamed"]) == (9 * M, 9 * M, 9 * M, 0)
    # The same of money that came to the service never: what it did not bring there is not right.
    wrong = satrail.Truth.of(
        chain, {"service": [text[SERVICE], text[EXCHANGE]], "exchange": [text[OTHER], text[NOBODY]]}
    )
    row = by_name(satrail.evaluate(trace, wrong))["exchange"]
    assert row["found"] == 9 * M and row["right"] == min(row["true"], 9 * M)


def test_labels_mean_whom_they_are_said_to_mean(hand):
    trace = hand.chain.trace(hand.source, stop_at={"Big Exchange": [hand.text(EXCHANGE)]})
    said = satrail.evaluate(trace, hand.truth, labels={"Big Exchange": "exchange"})
    by_address = satrail.evaluate(trace, hand.truth, labels={"Big Exchange": None})
    unlabelled = satrail.evaluate(hand.chain.trace(hand.source, stop_at=[hand.text(EXCHANGE)]), hand.truth)
    assert by_name(said) == by_name(by_address) == by_name(unlabelled)
    wrong = satrail.evaluate(trace, hand.truth, labels={"Big Exchange": "merchant"})
    assert by_name(wrong)["merchant"]["found"] > by_name(said)["merchant"]["found"]


# ---- Against the oracle ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("height", [200, 330])
@pytest.mark.parametrize("share", [1, 3])
def test_true_arrivals_are_those_of_the_oracle(chain, owners, known, height, share):
    late = chain.at(height)
    outputs = [o for tx in late.block(150).transactions() + late.block(180).transactions() for o in tx.outputs()]
    mine = [o for o in outputs if o.value and o.address.text in owners]
    source = {(o.transaction.txid, o.position): max(1, o.value // share) for o in mine}
    coins = [(*coin, amount) for coin, amount in source.items()]
    table = pl.DataFrame(coins, schema=["txid", "position", "amount"], orient="row")
    oracle = Arrivals(late, owners, source)
    for policy in POLICIES:
        trace = late.trace(table, policy=policy)
        evaluation = satrail.evaluate(trace, known)
        check(evaluation, oracle, owners)
    assert len(oracle.arrived) > 3


def check(evaluation, oracle, owners):
    brought, found = said(evaluation.trace, owners)
    rights = right(oracle, brought, found)
    rows = pl.DataFrame(evaluation.arrivals()).to_dicts()
    for name, expected in [("true", oracle.arrived), ("brought", brought), ("found", found), ("right", rights)]:
        assert {(r["txid"], r["owner"]): r[name] for r in rows if r[name]} == +expected, name
    assert (evaluation.true_fees, evaluation.true_rejoined) == (oracle.fees, oracle.rejoined)
    sums: Counter[str | None] = Counter()
    for (_, owner), amount in rights.items():
        sums[owner] += amount
    assert {owner: row["right"] for owner, row in by_name(evaluation).items() if row["right"]} == +sums


def test_every_satoshi_is_somewhere(chain, owners, known, by_owner):
    for owner, texts in list(by_owner.items())[:3]:
        source = [text for text in texts if chain.addresses([text]).known]
        for policy in POLICIES:
            trace = chain.trace(source, policy=policy)
            evaluation, ledger = satrail.evaluate(trace, known), trace.ledger
            rows = pl.DataFrame(evaluation.owners())
            assert rows["true"].sum() + evaluation.true_fees + evaluation.true_rejoined == ledger.source, owner
            elsewhere = ledger.fees + ledger.unclaimed + ledger.unexplained + ledger.rejoined
            assert rows["found"].sum() + elsewhere == ledger.source + ledger.joined
            assert (rows["true"] == rows["right"] + rows["missed"]).all()
            assert (rows["found"] == rows["right"] + rows["blamed"]).all()
            others = rows.filter(~pl.col("is_source"))
            assert [others[name].sum() for name in SUMS] == [getattr(evaluation, name) for name in SUMS]
            categories = pl.DataFrame(evaluation.categories())
            assert [categories[name].sum() for name in SUMS] == [getattr(evaluation, name) for name in SUMS]


@pytest.mark.parametrize("policy", ["account_fifo", "lowest_intermediate_balance"])
def test_accounts_count_for_whom_their_wallet_is(chain, known, policy):
    clusters = chain.cluster()
    trace = chain.trace(clusters.largest(2)[0], policy=policy, clusters=clusters, stop_at=[clusters.largest(2)[1]])
    evaluation, ledger = satrail.evaluate(trace, known), trace.ledger
    rows = pl.DataFrame(evaluation.owners())
    elsewhere = ledger.fees + ledger.unclaimed + ledger.unexplained + ledger.rejoined
    assert rows["found"].sum() + elsewhere == ledger.source + ledger.joined
    assert pl.DataFrame(evaluation.arrivals())["right"].sum() == rows["right"].sum()
    assert (rows["right"] <= rows["true"]).all() and (rows["right"] <= rows["found"]).all() and rows["right"].sum() > 0


# ---- A simulated service ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def service(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("simulated") / "service"
    satrail.simulate("hidden-service", path, seed=3, scale=0.008, progress=False)
    satrail.ingest(path / "blocks", path.parent / "store", progress=False)
    return path


@pytest.fixture(scope="module")
def simulated(service) -> satrail.Chain:
    return satrail.open(service.parent / "store")


def test_what_truly_reaches_exchanges_are_the_cash_outs(service, simulated):
    truth = satrail.truth.read(service)
    trace = simulated.trace(simulated.addresses(service / "watch.csv"), max_tx_hops=1)
    rows = pl.DataFrame(satrail.evaluate(trace, truth).owners())
    sold = pl.DataFrame(truth.table("cashouts")).group_by("exchange").agg(pl.col("amount").sum())
    exchanges = rows.filter((pl.col("category") == "exchange") & (pl.col("true") > 0))
    assert dict(exchanges.select("entity", "true").iter_rows()) == dict(sold.iter_rows()) and len(sold) > 1
    balances = pl.DataFrame(truth.table("balances"))
    kept = rows.filter(pl.col("is_source")).row(0, named=True)
    assert kept["category"] == "hidden_service"
    assert kept["true"] == balances.filter(pl.col("entity") == kept["entity"])["change"].sum()


def test_better_stop_sets_get_better_evaluations(service, simulated):
    truth = satrail.truth.read(service)
    entities = {row["entity"]: row for row in pl.DataFrame(truth.table("entities")).to_dicts()}
    services = {"exchange", "merchant", "pool", "gambling", "payment_processor", "custodian"}
    stops: dict[str, list[str]] = {}
    for row in pl.DataFrame(truth.table("addresses")).filter(pl.col("is_paid")).to_dicts():
        if row["address"] and entities[row["entity"]]["category"] in services:
            stops.setdefault(entities[row["entity"]]["name"], []).append(row["address"])
    source = simulated.addresses(service / "watch.csv")
    recalls = {}
    for policy in POLICIES:
        full, none = (
            satrail.evaluate(simulated.trace(source, policy=policy, stop_at=at), truth) for at in (stops, None)
        )
        assert full.true == none.true
        exchange = pl.DataFrame(full.categories()).filter(pl.col("category") == "exchange").row(0, named=True)
        recalls[policy] = exchange["recall"]
        assert exchange["recall"] > (none.recall or 0)
    assert recalls["poison"] == max(recalls.values()) > 0.9


def test_the_card_is_what_is_measured(service, monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "scripts")
    import trace_cards

    store = service.parent / "store"
    made = trace_cards.page(service, store, 3, 0.008)
    assert made == trace_cards.page(service, store, 3, 0.008)
    kept = (ROOT / "docs" / "cards" / "traces.md").read_text(encoding="utf-8")
    assert f"seed={trace_cards.SEED}, scale={trace_cards.SCALE})" in kept
    # What was measured differs from chain to chain, what is said of it does not.
    heads = [[line for line in text.splitlines() if line.startswith(("#", "| policy", "```"))] for text in (made, kept)]
    assert heads[0] == heads[1] and made.count("| `lowest_intermediate_balance` |") == 6


# ---- What is refused -------------------------------------------------------------------------------------------------


def test_what_does_not_fit_is_refused(hand, known, chain):
    trace = hand.chain.trace(hand.source, stop_at={"Big Exchange": [hand.text(EXCHANGE)]})
    refused = [
        (trace, hand.truth, {}, ValueError, "Big Exchange. is not an owner of the truth that was given; say whom"),
        (trace, hand.truth, {"labels": {"Big Exchange": "nobody"}}, ValueError, "nobody. is not an owner of"),
        (trace, hand.truth, {"labels": {"Big Exchange": 3}}, TypeError, "labels"),
        (trace, hand.truth, {"chain": hand.chain}, TypeError, "a trace knows its chain"),
        (trace, hand.truth, {"threshold": 1.0}, TypeError, "thresholds are for shapes only"),
        (hand.chain.cluster(), hand.truth, {"labels": {}}, TypeError, "labels are for traces only"),
        (
            hand.chain.trace(hand.source, direction="in"),
            hand.truth,
            {},
            ValueError,
            'this one goes in; trace with direction "out"',
        ),
        (trace, known, {}, ValueError, "another chain"),
    ]
    for what, truth, more, error, message in refused:
        with pytest.raises(error, match=message):
            satrail.evaluate(what, truth, **more)
    unknown = hand.chain.block(4).transactions()[0]
    with pytest.raises(ValueError, match=r"does not say whose output number .* of the trace's source is; trace from"):
        satrail.evaluate(hand.chain.trace(unknown), hand.truth)
    only_change = satrail.truth.from_chain(chain)
    with pytest.raises(ValueError, match="does not say who owns addresses"):
        satrail.evaluate(chain.trace(chain.block(150).transactions()[0]), only_change)


def test_a_name_of_two_owners_is_refused_as_a_label(service, simulated, tmp_path):
    truth = satrail.truth.read(service)
    entities = pl.DataFrame(truth.table("entities"))
    copy = tmp_path / "copy"
    (copy / "truth").mkdir(parents=True)
    for file in [service / "scenario.json", *(service / "truth").iterdir()]:
        (copy / file.relative_to(service)).write_bytes(file.read_bytes())
    name = pl.when(pl.col("category") == "exchange").then(pl.lit("exchange")).otherwise(pl.col("name"))
    entities.with_columns(name.cast(entities["name"].dtype).alias("name")).write_parquet(
        copy / "truth" / "entities.parquet", compression="snappy"
    )
    row = pl.DataFrame(truth.table("cashouts")).row(0, named=True)
    arrived = simulated.tx(row["txid"]).outputs()[row["position"]].address
    trace = simulated.trace(simulated.addresses(service / "watch.csv"), stop_at={"exchange": [arrived]})
    with pytest.raises(ValueError, match='"exchange" is the name of several owners of hidden-service'):
        satrail.evaluate(trace, satrail.truth.read(copy))


def test_evaluations_are_shown_and_traces_come_back(hand):
    trace = hand.chain.trace(hand.source, policy="fifo")
    evaluation = satrail.evaluate(trace, hand.truth)
    assert repr(evaluation).startswith("TraceEvaluation(policy=fifo, the truth that was given: 70,100,000 sat")
    assert "blamed on the wrong ones" in evaluation._repr_html_()
    assert evaluation.trace.ledger == trace.ledger
    kept = satrail.evaluate(hand.chain.at(1).trace(hand.source), hand.truth)
    assert (kept.true, kept.found, kept.recall, kept.precision) == (0, 0, None, None)
