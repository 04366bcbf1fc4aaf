"""Traces as a user asks for them: sources, stop sets, limits, what cannot be meant, exposure, comparisons."""

import pickle

import polars as pl
import pytest
import satrail

POLICIES = ["haircut", "poison", "fifo", "lifo", "highest_outputs_first"]
ACCOUNTS = ["account_fifo", "lowest_intermediate_balance"]


@pytest.fixture(scope="module")
def clusters(chain):
    return chain.cluster()


@pytest.fixture(scope="module")
def wallets(clusters):
    return clusters.largest(4)


@pytest.fixture(scope="module")
def tx(chain):
    return chain.block(150).transactions()[0]


def holds(ledger):
    return ledger.source + ledger.joined == sum(ledger.lines.values())


def ends_sum(trace):
    ledger = trace.ledger
    elsewhere = ledger.fees + ledger.unclaimed + ledger.unexplained
    return sum(trace.ends().to_pydict()["amount"]) + elsewhere


# ---- Sources --------------------------------------------------------------------------------------------------------


def test_a_wallet_is_a_source_and_brings_its_clusters(chain, wallets, clusters):
    wallet = wallets[0]
    trace = chain.trace(wallet, max_hops=1)
    members = wallet.members().to_pydict()["address"]
    assert trace.ledger.source == sum(chain.address(text).received() for text in members)
    assert trace.clusters.digest() == clusters.digest()
    assert set(trace.ends().to_pydict()["reason"]) <= {"unspent", "rejoined", "cut_off_hops"}


def test_change_is_no_hop(chain, wallets):
    trace = chain.trace(wallets[0], max_hops=1)
    steps = pl.DataFrame(trace.steps())
    own = steps.filter(pl.col("cluster_id") == wallets[0].cluster_ids[0])
    assert own["hop"].max() == 0
    others = steps.filter(pl.col("cluster_id").is_not_null() & (pl.col("cluster_id") != wallets[0].cluster_ids[0]))
    assert others["hop"].min() == 1


def test_a_table_with_amounts_is_a_source(chain, tx):
    value = tx.outputs()[0].value
    whole = pl.DataFrame({"txid": [tx.txid], "position": [0]})
    part = whole.with_columns(amount=pl.Series([value // 3]))
    assert chain.trace(whole).ledger == chain.trace(tx.outputs()[0]).ledger
    assert chain.trace(part).ledger.source == value // 3
    for amount in (0, -1, value + 1):
        with pytest.raises(ValueError, match=r"amount|negative"):
            chain.trace(whole.with_columns(amount=pl.Series([amount])))


def test_a_table_without_the_columns_is_told_which_it_needs(chain):
    with pytest.raises(ValueError, match='no "txid" with "position"'):
        chain.trace(pl.DataFrame({"tx": ["00"], "place": ["0"]}))
    with pytest.raises(ValueError, match="row 0 of the table has no txid"):
        chain.trace(pl.DataFrame({"txid": pl.Series([None], dtype=pl.String), "position": [0]}))


def test_a_table_is_read_exactly_or_not_at_all(chain, tx):
    rows = {"txid": [tx.txid, tx.txid], "position": [0, 1]}
    for amounts in (["7", "12x"], [1.9, 2.0], [float("nan"), 1.0]):
        with pytest.raises(ValueError, match=r'column "amount" of the table holds .*; give whole numbers'):
            chain.trace(pl.DataFrame({**rows, "amount": amounts}))
    with pytest.raises(ValueError, match='column "position" of the table holds'):
        chain.trace(pl.DataFrame({**rows, "position": [0.5, 1.0]}))
    chunks = pl.concat([pl.DataFrame(rows), pl.DataFrame({"txid": [tx.txid, None], "position": [0, 0]})], rechunk=False)
    with pytest.raises(ValueError, match="row 3 of the table has no txid"):
        chain.trace(chunks)


def test_overlapping_sources_count_once_and_say_so(chain, tx):
    trace = chain.trace([tx, tx.outputs()[0], tx.outputs()[0].outpoint])
    assert trace.overlapping == 2
    assert trace.ledger == chain.trace(tx).ledger


def test_an_unspent_source_has_a_trace_of_length_zero_with_its_ledger(chain):
    unspent = next(
        o for tx in reversed(chain.tip.transactions()) for o in tx.outputs() if o.spent_by is None and o.value
    )
    for policy in POLICIES:
        trace = chain.trace(unspent, policy=policy)
        assert trace.transactions == 0
        assert trace.ledger.unspent == trace.ledger.source == unspent.value
        assert len(trace.ends()) == 1


def test_a_source_may_be_the_whole_graph(chain):
    everything = [tx for block in chain for tx in block.transactions()]
    for policy in POLICIES:
        trace = chain.trace(everything, policy=policy)
        assert holds(trace.ledger)
        assert trace.ledger.rejoined > 0
        spendable = trace.ledger.unspent + trace.ledger.lost
        assert spendable + trace.ledger.fees == trace.ledger.source + trace.ledger.joined - trace.ledger.rejoined


@pytest.mark.parametrize("policy", [*POLICIES, *ACCOUNTS])
def test_each_source_keeps_its_share(chain, clusters, policy):
    sources = {f"coinbase {height}": chain.block(height).transactions()[0] for height in range(120, 140)}
    trace = chain.trace(sources, policy=policy, clusters=clusters, max_tx_hops=6)
    shares = pl.DataFrame(trace.ends_by_source())
    assert set(shares["name"]) == set(sources)
    if policy == "poison":
        for name, tx in list(sources.items())[:3]:
            alone = pl.DataFrame(chain.trace(tx, policy=policy, clusters=clusters, max_tx_hops=6).ends())
            both = shares.filter((pl.col("name") == name) & pl.col("output").is_not_null())
            assert set(alone["output"]) >= set(both["output"])
        return
    ledger = trace.ledger
    by_reason = dict(shares.group_by("reason").agg(pl.col("amount").sum()).iter_rows())
    lines = {name: amount for name, amount in ledger.lines.items() if amount}
    assert by_reason == lines
    for name, tx in sources.items():
        found = shares.filter(pl.col("name") == name)["amount"].sum()
        assert found == sum(output.value for output in tx.outputs()) or ledger.rejoined > 0


# ---- Stop sets ------------------------------------------------------------------------------------------------------


def test_a_trace_stops_at_labelled_wallets(chain, wallets):
    target, a, b = wallets[:3]
    trace = chain.trace(target, stop_at={a: "a", b: "b"})
    ends = pl.DataFrame(trace.ends()).filter(pl.col("reason") == "stopped")
    for wallet, label in ((a, "a"), (b, "b")):
        there = ends.filter(pl.col("label") == label)
        assert there["amount"].sum() == trace.ledger.ends.get(label, 0)
        assert set(there["cluster_id"]) <= set(wallet.cluster_ids)
    assert holds(trace.ledger)
    assert trace.ledger.ends


def test_labels_can_be_keys_or_values(chain, wallets, clusters):
    target, a, b = wallets[:3]
    expected = chain.trace(target, stop_at={a: "x", b: "y"}).ledger
    assert chain.trace(target, stop_at={"x": [a], "y": [b]}).ledger == expected
    assert chain.trace(target, stop_at={a.cluster_ids[0]: "x", b.cluster_ids[0]: "y"}).ledger == expected
    texts = {w.members().to_pydict()["address"][3]: label for w, label in ((a, "x"), (b, "y"))}
    assert chain.trace(target, stop_at=texts).ledger == expected
    together = chain.trace(target, stop_at=[a, b]).ledger
    assert together.ends == {"stop_at": sum(expected.ends.values())}


def test_what_has_two_labels_gets_both(chain, wallets):
    target, a = wallets[:2]
    members = a.members().to_pydict()["address"]
    trace = chain.trace(target, stop_at={members[0]: "b", members[1]: "a"})
    assert list(trace.ledger.ends) == ["a | b"]


def test_without_clusters_only_the_address_itself_stops(chain, wallets):
    target, a = wallets[:2]
    members = target.members().to_pydict()["address"]
    text = a.members().to_pydict()["address"][0]
    narrow = chain.trace([chain.address(m) for m in members], stop_at={text: "a"})
    wide = chain.trace(target, stop_at={text: "a"})
    assert narrow.ledger.ends.get("a", 0) < wide.ledger.ends["a"]


def test_what_was_not_paid_yet_is_refused_as_a_stop_and_passed_over_in_a_set(chain):
    last = chain.tip.transactions()[0].outputs()[0].address
    later = (
        last
        if last.first_height() > 300
        else next(
            o.address
            for h in range(480, 496)
            for t in chain.block(h).transactions()
            for o in t.outputs()
            if o.address.first_height() > 300
        )
    )
    past = chain.at(300)
    source = past.block(150).transactions()[0]
    with pytest.raises(satrail.NotInChainError, match="not in the chain up to height 300"):
        past.trace(source, stop_at={later: "x"})
    for passed_over in (later.text or later.script, chain.addresses([later])):
        assert past.trace(source, stop_at={passed_over: "x"}).ledger == past.trace(source).ledger


def test_labels_for_clusters_that_are_none_are_refused(chain, wallets, clusters):
    wallet = wallets[0]
    second = wallet.members().to_pydict()["address_number"][1]
    with pytest.raises(ValueError, match="is not a cluster's name: that address belongs to cluster"):
        chain.trace(wallet, stop_at={second: "x"})
    with pytest.raises(ValueError, match="not among the first"):
        chain.trace(wallet, stop_at={10**9: "x"})
    with pytest.raises(ValueError, match="give them as clusters="):
        chain.trace(chain.tip.transactions()[0], stop_at={3: "x"})
    with pytest.raises(TypeError, match="labels nothing"):
        chain.trace(wallet, stop_at={3: 4})
    with pytest.raises(TypeError, match="give addresses, outputs"):
        chain.trace(wallet, stop_at=2.5)
    with pytest.raises(ValueError, match="is not an address"):
        chain.trace(wallet, stop_at={"nobody": "x"})


# ---- Limits ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("direction", ["out", "in"])
@pytest.mark.parametrize("policy", POLICIES)
def test_ledgers_hold_under_every_limit(chain, clusters, policy, direction):
    source = [chain.block(height).transactions()[-1] for height in range(300, 420, 9)]
    limits = [
        {},
        {"max_hops": 2},
        {"max_tx_hops": 3},
        {"min_value": 100_000},
        {"since": 250, "until": 400},
        {"budget": 50},
        {"fees": "follow"},
        {"fees": "follow", "budget": 200},
        {"max_hops": 3, "max_tx_hops": 5, "min_value": 1000, "until": 450, "fees": "follow"},
    ]
    for limit in limits:
        trace = chain.trace(source, direction=direction, policy=policy, clusters=clusters, **limit)
        assert holds(trace.ledger), limit
        assert trace.limits == {name: value for name, value in limit.items() if name != "fees"}
        if "fees" not in limit:
            assert ends_sum(trace) == trace.ledger.source + trace.ledger.joined, limit


@pytest.mark.parametrize("policy", ACCOUNTS)
def test_accounts_have_ledgers_that_hold(chain, wallets, policy):
    for limit in (
        {},
        {"max_hops": 1},
        {"min_value": 10**6},
        {"until": 450},
        {"budget": 40},
        {"stop_at": {wallets[1]: "x"}},
    ):
        trace = chain.trace(wallets[3], policy=policy, **limit)
        assert holds(trace.ledger), limit
        held = pl.DataFrame(trace.ends()).filter(pl.col("output").is_null())
        ledger = trace.ledger
        assert held["amount"].sum() == ledger.source - ledger.fees, limit


def test_a_budget_leaves_the_rest_cut_off_and_the_ledger_whole(chain, tx):
    whole = chain.trace(tx)
    steps = whole.steps().to_pydict()
    for budget in (1, 5, 40, 10**6):
        trace = chain.trace(tx, budget=budget)
        assert holds(trace.ledger)
        found = trace.steps().to_pydict()
        assert found["output"] == steps["output"][: len(trace)]
        assert found["amount"] == steps["amount"][: len(trace)]
    assert chain.trace(tx, budget=10**6).ledger == whole.ledger
    assert chain.trace(tx, budget=1).ledger.cut_off_budget == whole.ledger.source


def test_dates_bound_what_is_passed(chain, tx):
    until = chain.block(400)
    by_height = chain.trace(tx, until=400)
    assert chain.trace(tx, until=until.hash).ledger == by_height.ledger
    assert by_height.ledger.cut_off_date > 0
    heights = [h for h in by_height.steps().to_pydict()["height"] if h is not None]
    assert max(heights) < 400
    assert chain.trace(tx, since=450).ledger.cut_off_date == chain.trace(tx).ledger.source


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"since": 300, "until": 300}, "no block is from height 300 on and before height 300"),
        ({"since": 300, "until": 20}, "give a since before until"),
        ({"budget": 0}, "budget=0: give a whole number from 1"),
        ({"budget": -3}, "budget=-3"),
        ({"budget": 10**12}, "the number of steps that the trace may make"),
        ({"min_value": -1}, "min_value=-1: give a whole number from 0"),
        ({"max_tx_hops": -1}, "max_tx_hops=-1: give a number from 0"),
        ({"max_hops": 2}, "max_hops counts steps between wallets, so it needs clusters="),
        ({"policy": "fiffo"}, "unknown policy 'fiffo'|unknown policy \"fiffo\"; did you mean fifo"),
        ({"direction": "back"}, "unknown direction"),
        ({"fees": "ignore"}, "it is one of report, follow"),
        ({"policy": "account_fifo"}, "needs clusters="),
    ],
)
def test_what_cannot_be_meant_is_told(chain, tx, limits, message):
    with pytest.raises(ValueError, match=message):
        chain.trace(tx, **limits)


def test_accounts_go_out_only_from_their_beginning_and_report_fees(chain, wallets):
    for limit, message in (
        ({"direction": "in"}, "only goes"),
        ({"fees": "follow"}, "only reports fees"),
        ({"since": 3}, "takes no since"),
    ):
        with pytest.raises(ValueError, match=message):
            chain.trace(wallets[0], policy="account_fifo", **limit)


def test_a_limit_of_another_type_is_a_type_error(chain, tx):
    for limit in ({"budget": "x"}, {"min_value": 1.5}, {"max_tx_hops": "1"}):
        with pytest.raises(TypeError, match="give a "):
            chain.trace(tx, **limit)


def test_clusters_of_another_height_are_refused(chain, clusters, tx):
    with pytest.raises(ValueError, match=r"take clusters.at\(300\) or chain.at\(495\)"):
        chain.at(300).trace(tx, clusters=clusters)
    assert holds(chain.at(300).trace(tx, clusters=clusters.at(300), max_hops=2).ledger)


def test_a_wallet_of_a_later_height_brings_its_clusters_as_of_the_chain(chain, clusters, wallets):
    past = chain.at(400)
    trace = past.trace(wallets[0], max_hops=1)
    assert trace.clusters.height == 400
    assert trace.ledger == past.trace(wallets[0], max_hops=1, clusters=clusters.at(400)).ledger


# ---- Fees -----------------------------------------------------------------------------------------------------------


def test_fees_can_be_followed_to_who_mined_them_and_back(chain):
    paying = [tx for tx in chain.block(400).transactions() if tx.fee()]
    out = chain.trace(paying[0].inputs()[0].spends, fees="follow", policy="fifo", max_tx_hops=2)
    steps = pl.DataFrame(out.steps())
    coinbase = chain.block(400).transactions()[0]
    fees = steps.filter((pl.col("outcome") == "followed") & pl.col("output").is_null())
    assert coinbase.number in list(fees["next"])
    assert out.ledger.fees == 0
    back = chain.trace(coinbase, direction="in", fees="follow", max_tx_hops=3)
    assert back.ledger.mined > 0
    assert paying[0].number in set(pl.DataFrame(back.steps())["transaction"])
    assert holds(back.ledger)


# ---- Exposure and comparisons ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("direction", ["out", "in"])
def test_exposure_sums_to_the_whole(chain, wallets, direction):
    target, *others = wallets
    exposure = chain.exposure(target, {w: f"w{i}" for i, w in enumerate(others)}, direction=direction)
    rows = pl.DataFrame(exposure.table())
    ledger = exposure.ledger
    assert rows["amount"].sum() == ledger.source - ledger.rejoined
    assert rows["share"].sum() == pytest.approx(1)
    assert (rows["direct"] + rows["indirect"] == rows["amount"]).all()
    assert list(rows["label"])[-1] == "unattributed"
    assert ledger.ends == {row["label"]: row["amount"] for row in rows.filter(pl.col("kind") == "label").to_dicts()}
    assert exposure.trace.ledger == ledger
    assert "unattributed" in repr(exposure)


def test_direct_exposure_is_what_one_transaction_moved(chain, wallets):
    target, other = wallets[1:3]
    exposure = pl.DataFrame(chain.exposure(target, {other: "other"}).table())
    ends = pl.DataFrame(chain.trace(target, stop_at={other: "other"}).ends())
    direct = ends.filter((pl.col("reason") == "stopped") & (pl.col("tx_hop") == 1))["amount"].sum()
    assert exposure.filter(pl.col("label") == "other")["direct"].item() == direct > 0


@pytest.mark.parametrize("policy", ACCOUNTS)
def test_exposure_of_accounts_sums_to_the_whole_and_tells_what_is_held(chain, wallets, policy):
    target, *others = wallets
    exposure = chain.exposure(target, {w: f"w{i}" for i, w in enumerate(others)}, policy=policy)
    rows = pl.DataFrame(exposure.table())
    assert rows["amount"].sum() == exposure.ledger.source - exposure.ledger.rejoined
    held = pl.DataFrame(exposure.trace.ends()).filter(
        (pl.col("cluster_id") == target.cluster_ids[0]) & (pl.col("reason") == "unspent")
    )
    assert rows.filter(pl.col("kind") == "held")["amount"].sum() == held["amount"].sum() > 0


def test_policies_are_compared_side_by_side(chain, wallets, clusters):
    target, a, b = wallets[:3]
    with_coinjoins = chain.cluster(coinjoin="include")
    compared = chain.compare_policies(
        target, clusters={"without": clusters, "with": with_coinjoins}, stop_at={a: "a", b: "b"}
    )
    assert len(compared) == 14
    rows = pl.DataFrame(compared.table())
    assert set(rows["rules"]) == {"without", "with"}
    for trace in compared.traces:
        assert holds(trace.ledger)
    conclusions = pl.DataFrame(compared.conclusions())
    for row in conclusions.to_dicts():
        amounts = rows.filter(pl.col("line") == row["line"])["amount"]
        assert row["most"] == amounts.max()
        assert row["runs"] == len(amounts)
        assert row["holds"] == (len(amounts) == 14)
        assert row["least"] == (amounts.min() if row["holds"] else 0)
    assert "in all" in repr(compared)
    nobody = chain.compare_policies(target, ["haircut"], clusters=[None, clusters], stop_at={a: "a"})
    without, by_wallets = nobody.traces
    assert without.clusters is None
    assert by_wallets.clusters.digest() == clusters.digest()
    assert set(pl.DataFrame(nobody.table())["rules"]) == {"none", "co_spend, CoinJoins: exclude"}
    brought = chain.compare_policies(target, stop_at={a: "a"}, fees="follow")
    assert [trace.policy for trace in brought.traces] == POLICIES
    assert all(trace.clusters.digest() == clusters.digest() for trace in brought.traces)
    with pytest.raises(ValueError, match="give at least one policy"):
        chain.compare_policies(target, [])
    with pytest.raises(TypeError, match=r"give what chain\.cluster\(\) returns"):
        chain.compare_policies(target, clusters="co_spend")


# ---- Objects --------------------------------------------------------------------------------------------------------


def test_traces_are_pickled_with_all_that_they_were_told(chain, tx):
    address = tx.outputs()[0].spent_by.transaction.outputs()[0].address
    given = {
        "policy": "fifo",
        "fees": "follow",
        "stop_at": {address.text: "x"},
        "max_tx_hops": 9,
        "min_value": 7,
        "since": 100,
        "until": 470,
        "budget": 5000,
    }
    part = pl.DataFrame({"txid": [tx.txid], "position": [0], "amount": [1000]})
    for source in ({"a": tx, "b": [chain.block(151).transactions()[0]]}, part):
        trace = chain.trace(source, **given)
        again = pickle.loads(pickle.dumps(trace))
        assert repr(again) == repr(trace)
        assert again.steps().to_pydict() == trace.steps().to_pydict()
        assert again.ends_by_source().to_pydict() == trace.ends_by_source().to_pydict()


def test_a_trace_that_knows_clusters_pickles_with_them(chain, wallets):
    trace = chain.trace(wallets[0], max_hops=1)
    again = pickle.loads(pickle.dumps(trace))
    assert again == trace
    assert again.clusters == trace.clusters


def test_ledgers_compare_and_refuse_what_does_not_add_up(chain, tx):
    ledger = chain.trace(tx).ledger
    assert ledger == chain.trace(tx).ledger
    assert hash(ledger) == hash(chain.trace(tx).ledger)
    assert pickle.loads(pickle.dumps(ledger)) == ledger
    assert satrail.Ledger(source=3, unspent=1, ends={"x": 2}).ends == {"x": 2}
    for line in satrail.Ledger().lines:
        assert getattr(satrail.Ledger(**{"source": 7, line: 7}), line) == 7
    with pytest.raises(ValueError, match="must add up"):
        satrail.Ledger(source=3, unspent=1)
    with pytest.raises(ValueError, match='unknown line "unspend"; did you mean unspent'):
        satrail.Ledger(source=1, unspend=1)


def test_a_trace_shows_itself(chain, wallets):
    trace = chain.trace(wallets[0], policy="fifo", fees="follow", max_hops=2, budget=10**6)
    text = repr(trace)
    assert text.startswith("Trace(direction=out, policy=fifo, fees=follow, budget=1000000, max_hops=2, height=495")
    assert "source" in text
    assert "<table>" in trace._repr_html_()
    assert trace
