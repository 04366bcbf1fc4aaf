"""Rules held against what is known to be true; the slow way to every figure is in evaluate_oracle.py."""

from __future__ import annotations

import gzip
import importlib.util
import json
import sys
from collections import Counter
from fractions import Fraction
from pathlib import Path

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import satrail
from chains.random_blocks import described_chain
from chains.truth_folder import Folder
from conftest import DATA, ROOT, write_blocks
from oracles import evaluate as oracle
from oracles.evaluate import COUNTS
from satrail import change

#: What the cards were written from.
RATES = ROOT / "src" / "evaluate" / "rates.json"

RULES = [
    change.optimal(),
    change.fresh(),
    change.locktime(),
    change.peeling(),
    change.none(),
    change.spent(),
    change.one_time_change(wait=86_400),
    (change.optimal() & change.fresh()) | change.address_type(),
]


@pytest.fixture(scope="module")
def labels() -> dict[str, dict]:
    return json.loads(gzip.decompress((DATA / "ground-truth.json.gz").read_bytes()))["tx_labels"]


@pytest.fixture(scope="module")
def by_owner(owners: dict[str, str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for address, owner in owners.items():
        found.setdefault(owner, []).append(address)
    return found


@pytest.fixture(scope="module")
def known(chain: satrail.Chain, by_owner: dict[str, list[str]]) -> satrail.Truth:
    return satrail.Truth.of(chain, by_owner)


@pytest.fixture(scope="module")
def rows(chain: satrail.Chain, owners: dict[str, str], labels: dict[str, dict]) -> Folder:
    return Folder(chain, owners, labels)


@pytest.fixture(scope="module")
def folder(rows: Folder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return rows.write(tmp_path_factory.mktemp("truth") / "folder")


@pytest.fixture(scope="module")
def early(chain: satrail.Chain) -> satrail.Chain:
    """A part of the chain that is short enough to look at every pair."""
    return chain.at(190)


def counts_of(rates: satrail.Rates) -> dict[str, int]:
    return {name: getattr(rates, name) for name in COUNTS}


def cards():
    """scripts/cards.py as a module."""
    spec = importlib.util.spec_from_file_location("cards", ROOT / "scripts" / "cards.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["cards"] = module
    spec.loader.exec_module(module)
    return module


# ---- Clusters ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rules", "coinjoin"), [("co_spend", "exclude"), ("co_spend", "include"), ("fresh", "include")]
)
def test_pairs_are_those_of_every_two_addresses(early, owners, known, rules, coinjoin):
    clusters = early.cluster(["co_spend", rules], coinjoin=coinjoin)
    evaluation = satrail.evaluate(clusters, known)
    found = oracle.labels_of(clusters, owners)
    right, wrong, missed = oracle.pairs(found, owners)
    assert evaluation.addresses == len(found) > 500
    assert (evaluation.true_positive, evaluation.false_positive, evaluation.false_negative) == (right, wrong, missed)
    assert evaluation.precision == float(Fraction(right, right + wrong))
    assert evaluation.recall == float(Fraction(right, right + missed))
    right, wrong, missed = oracle.pairs(found, owners, oracle.received(early))
    value = evaluation.by_value
    assert (value["true_positive"], value["false_positive"], value["false_negative"]) == (right, wrong, missed)
    assert value["precision"] == pytest.approx(float(Fraction(right, right + wrong)), rel=1e-12)
    assert value["recall"] == pytest.approx(float(Fraction(right, right + missed)), rel=1e-12)


def test_owners_are_told_one_by_one(early, owners, known):
    clusters = early.cluster(["co_spend", "address_type"])
    table = satrail.evaluate(clusters, known).owners().to_pydict()
    labels, received = oracle.labels_of(clusters, owners), oracle.received(early)
    for i, owner in enumerate(table["owner"]):
        own = {address: label for address, label in labels.items() if owners[address] == owner}
        sizes = Counter(own.values())
        foreign = sum(label in sizes for address, label in labels.items() if owners[address] != owner)
        together = sum(n * (n - 1) // 2 for n in sizes.values())
        assert (table["addresses"][i], table["clusters"][i], table["foreign"][i]) == (len(own), len(sizes), foreign)
        assert table["largest_share"][i] == max(sizes.values()) / len(own)
        assert table["value"][i] == sum(received[address] for address in own)
        pairs = len(own) * (len(own) - 1) // 2
        assert table["recall"][i] == (together / pairs if pairs else None)
    assert set(table["owner"]) == {owners[address] for address in labels}
    assert table["addresses"] == sorted(table["addresses"], reverse=True)


def test_overlap_is_that_of_the_cluster_with_most_addresses(early, owners, known):
    clusters = early.cluster(["co_spend", "address_type"])
    table = satrail.evaluate(clusters, known).overlap().to_pydict()
    labels = oracle.labels_of(clusters, owners)
    main = oracle.main_clusters(labels, owners)
    for i, owner in enumerate(table["owner"]):
        own = [address for address in labels if owners[address] == owner]
        found = sum(labels[address] == main[owner] for address in own)
        foreign = sum(label == main[owner] for address, label in labels.items() if owners[address] != owner)
        size = len(clusters.members(main[owner]))
        assert (table["cluster_id"][i], table["size"][i], table["addresses"][i]) == (main[owner], size, len(own))
        assert (table["found"][i], table["foreign"][i], table["unknown"][i]) == (found, foreign, size - found - foreign)
        assert table["coverage"][i] == found / len(own)
        assert table["false_share"][i] == foreign / (found + foreign)
    assert sum(table["foreign"]) > 0


@pytest.mark.parametrize("threads", [1, 3])
def test_flows_are_those_of_every_transaction(early, owners, known, threads):
    clusters = early.cluster(["co_spend", "address_type"])
    table = satrail.evaluate(clusters, known).transfers(threads=threads).to_pydict()
    expected = oracle.flows(early, clusters, owners)
    names = ["received", "sent", "seen_received", "seen_sent", "cluster_received", "cluster_sent"]
    found = {owner: [table[name][i] for name in names] for i, owner in enumerate(table["owner"])}
    assert found == expected
    shares = zip(table["seen_sent"], table["sent"], table["sent_share"], strict=True)
    assert all(share == (seen / sent if sent else None) for seen, sent, share in shares)


def test_roles_are_those_of_the_truth(early, owners, rows, folder):
    evaluation = satrail.evaluate(early.cluster(["co_spend", "address_type"]), satrail.truth.read(folder))
    table = evaluation.roles().to_pydict()
    labels, received = oracle.labels_of(evaluation.clusters, owners), oracle.received(early)
    main = oracle.main_clusters(labels, owners)
    role = dict(zip(rows.tables["addresses"]["address"], rows.tables["addresses"]["role"], strict=True))
    expected: Counter[tuple[str, str, str]] = Counter()
    for address, label in labels.items():
        key, here = (owners[address], role[address]), label == main[owners[address]]
        expected[*key, "addresses"] += 1
        expected[*key, "found"] += here
        expected[*key, "value"] += received[address]
        expected[*key, "found_value"] += here * received[address]
    for i, key in enumerate(zip(table["owner"], table["role"], strict=True)):
        for name in ("addresses", "found", "value", "found_value"):
            assert table[name][i] == expected[*key, name]
    assert len(table["role"]) == len({key[:2] for key in expected})
    categories = zip(table["owner"], table["category"], strict=True)
    assert all(category == ("pool" if owner == "pool" else "person") for owner, category in categories)


def test_wrong_joins_are_those_of_two_owners(chain, owners, labels, by_owner):
    purposes = {txid: label["kind"] for txid, label in labels.items()}
    known = satrail.Truth.of(chain, by_owner, transactions=cards_transactions(chain, purposes))
    clusters = chain.cluster(coinjoin="include")
    wrong = satrail.evaluate(clusters, known).wrong_joins().to_pydict()
    joins = clusters.merges(1).to_pydict()
    of = [(owners.get(a), owners.get(b)) for a, b in zip(joins["left"], joins["right"], strict=True)]
    expected = [txid for txid, (a, b) in zip(joins["txid"], of, strict=True) if a and b and a != b]
    assert wrong["txid"] == expected
    assert set(wrong["purpose"]) == {"coinjoin"} and wrong["profile"] == [None] * len(expected)
    assert all(owners[a] == owner for a, owner in zip(wrong["left"], wrong["left_owner"], strict=True))
    assert satrail.evaluate(chain.cluster(), known).wrong_joins().to_pydict()["txid"] == []


def cards_transactions(chain, purposes):
    there = chain.transactions(columns=["txid"]).to_pydict()["txid"]
    rows = [(txid, purposes[txid]) for txid in there if txid in purposes]
    return {"txid": [txid for txid, _ in rows], "purpose": [purpose for _, purpose in rows]}


def test_a_folder_and_a_mapping_of_the_same_owners_say_the_same(chain, known, folder):
    clusters = chain.cluster(["co_spend", "fresh"])
    mapped, read = satrail.evaluate(clusters, known), satrail.evaluate(clusters, satrail.truth.read(folder))
    assert mapped.addresses == read.addresses
    assert mapped.by_value == read.by_value
    for name in ("true_positive", "false_positive", "false_negative"):
        assert getattr(mapped, name) == getattr(read, name)
    first, second = (pl.DataFrame(evaluation.owners()).drop("category").sort("owner") for evaluation in (mapped, read))
    assert first.equals(second)


# ---- Change rules --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_a_rule_is_counted_output_by_output(chain, owners, known, rule):
    truth = oracle.change_truth(chain, owners)
    rates = satrail.evaluate(rule, known)
    counts = oracle.rates(chain, rule, truth)
    assert counts_of(rates) == counts
    positives, negatives = sum(list(counts.values())[:3]), sum(list(counts.values())[3:])
    assert positives > 2000 and negatives > 2000
    assert rates.true_positive_rate == counts["true_positive"] / positives
    assert rates.false_positive_rate == counts["false_positive"] / negatives
    named = counts["true_positive"] + counts["false_positive"]
    assert rates.precision == (counts["true_positive"] / named if named else None)
    assert oracle.is_wilson(counts["true_positive"], positives, rates.interval("true_positive_rate"))
    assert oracle.is_wilson(counts["false_positive"], negatives, rates.interval("false_positive_rate"))
    assert named == 0 or oracle.is_wilson(counts["true_positive"], named, rates.interval("precision"))


def test_an_earlier_height_is_counted_as_of_then(chain, owners, known):
    for rule in (change.locktime(), change.fresh()):
        early = chain.at(300)
        truth = oracle.change_truth(early, owners)
        assert counts_of(satrail.evaluate(rule, known, chain=early)) == oracle.rates(early, rule, truth)


def test_threads_do_not_matter(chain, known):
    one, three = (satrail.evaluate(change.peeling(), known, threads=threads) for threads in (1, 3))
    assert counts_of(one) == counts_of(three)
    assert one.years().to_pydict() == three.years().to_pydict()


def test_years_and_profiles_are_parts_of_the_whole(chain, folder, rows):
    rates = satrail.evaluate(change.optimal(), satrail.truth.read(folder), chain=chain)
    whole = counts_of(rates)
    for table, column in [(rates.years(), "year"), (rates.profiles(), "profile"), (rates.purposes(), "purpose")]:
        parts = table.to_pydict()
        assert {name: sum(parts[name]) for name in COUNTS} == whole
        assert len(set(parts[column])) == len(parts[column])
        n = {name: parts[name][0] for name in COUNTS}
        positives = n["true_positive"] + n["false_negative"] + n["cannot_tell_positive"]
        if positives:
            ends = parts["true_positive_rate_low"][0], parts["true_positive_rate_high"][0]
            assert oracle.is_wilson(n["true_positive"], positives, ends)
    assert set(rates.profiles().to_pydict()["profile"]) == {"core", "knots"}
    mistakes = rates.purposes().to_pydict()["false_positive"]
    assert mistakes == sorted(mistakes, reverse=True)


@pytest.mark.parametrize("rule", [change.optimal(), change.locktime(), change.one_time_change()], ids=str)
def test_a_folder_counts_what_owners_count(chain, known, folder, rule):
    mapped = counts_of(satrail.evaluate(rule, known))
    read = counts_of(satrail.evaluate(rule, satrail.truth.read(folder), chain=chain))
    # In the folder, outputs of nobody known are others, too: they can only add negatives.
    assert all(read[name] == mapped[name] for name in COUNTS[:3])
    assert all(read[name] >= mapped[name] for name in COUNTS[3:])


def test_a_rule_that_takes_the_payment_gets_a_bad_card(chain, owners, known):
    payments = [
        (txid, position)
        for txid, outputs in oracle.change_truth(chain, owners).items()
        for position, is_change in outputs.items()
        if not is_change
    ]
    bad = satrail.evaluate(change.table("payments", payments), known)
    good = satrail.evaluate(change.optimal() & change.fresh(), known)
    assert bad.true_positive == 0 and bad.precision == 0.0
    assert bad.false_positive_rate > 0.5 > 0.05 > good.false_positive_rate
    assert good.precision > 0.9


def test_joining_the_payment_makes_bad_clusters(chain, owners, known):
    payments = change.function("payments", lambda outputs: [not fresh for fresh in outputs.to_pydict()["fresh"]])
    bad = satrail.evaluate(chain.cluster(["co_spend", payments]), known)
    good = satrail.evaluate(chain.cluster(), known)
    assert good.precision == 1.0 and bad.precision < 0.5


# ---- Shapes --------------------------------------------------------------------------------------------------------


def test_a_shape_is_counted_transaction_by_transaction(chain, folder, labels):
    truth = satrail.truth.read(folder)
    for shape in ("joinmarket", "equal_output_coinjoin", "coinjoin"):
        rates = satrail.evaluate(shape, truth, chain=chain)
        assert (rates.true_positive, rates.false_negative, rates.cannot_tell_positive) == (69, 0, 0)
        assert (rates.false_positive, rates.cannot_tell_negative) == (0, 0)
        assert rates.true_negative == chain.counts["transactions"] - chain.counts["blocks"] - 69
    table = chain.shapes(columns=["txid", "consolidation"]).to_pydict()
    said = Counter(
        (labels[txid]["kind"] == "consolidation", verdict)
        for txid, verdict in zip(table["txid"], table["consolidation"], strict=True)
        if txid in labels
    )
    rates = satrail.evaluate("consolidation", truth, chain=chain)
    assert (rates.true_positive, rates.false_positive) == (said[True, "yes"], said[False, "yes"])
    assert (rates.cannot_tell_positive, rates.cannot_tell_negative) == (
        said[True, "undecided"],
        said[False, "undecided"],
    )


def test_other_thresholds_give_other_rates(chain, folder):
    truth = satrail.truth.read(folder)
    strict = satrail.evaluate("joinmarket", truth, chain=chain, min_participants=6)
    assert 0 < strict.true_positive < 69 and strict.false_negative == 69 - strict.true_positive
    with pytest.raises(ValueError, match="min_participants"):
        satrail.evaluate("joinmarket", truth, chain=chain, min_participant=6)


def test_rounds_of_wasabi_are_told_by_the_version_of_the_software(chain):
    txids = [tx.txid for block in chain for tx in block.transactions()[1:]][:4]
    rows = {
        "txid": txids,
        "purpose": ["coinjoin_wasabi"] * 3 + ["payment"],
        "profile": ["wasabi_1", "wasabi-2.0", "other", None],
    }
    truth = satrail.Truth.of(chain, transactions=rows)
    missed = {
        shape: satrail.evaluate(shape, truth).false_negative for shape in ("wasabi_1_0", "wasabi_1_1", "wasabi_2_0")
    }
    assert missed == {"wasabi_1_0": 2, "wasabi_1_1": 2, "wasabi_2_0": 2}


# ---- The truth that the chain tells itself -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def revealed(chain):
    return oracle.revealed(chain)


def test_the_chain_tells_which_outputs_were_change(chain, revealed):
    found, clusters, left_out = revealed
    truth = satrail.truth.from_chain(chain)
    table = truth.table("changes").to_pydict()
    positions = {txid: next(p for p, own in outputs.items() if own) for txid, outputs in found.items()}
    assert dict(zip(table["txid"], table["position"], strict=True)) == positions
    assert dict(zip(table["txid"], table["cluster_id"], strict=True)) == clusters
    assert len(found) == 22, "few wallets here spend change together with other coins"
    reasons = truth.table("left_out").to_pydict()
    assert dict(zip(reasons["reason"], reasons["transactions"], strict=True)) == left_out


def test_what_the_chain_tells_is_true_where_owners_are_known(chain, owners, revealed):
    known = oracle.change_truth(chain, owners)
    both = {txid: outputs for txid, outputs in revealed[0].items() if txid in known}
    assert len(both) > 10
    assert all(own == known[txid].get(p, own) for txid, outputs in both.items() for p, own in outputs.items())


@pytest.mark.parametrize("rule", RULES[:4], ids=str)
def test_rules_are_measured_on_what_the_chain_tells(chain, revealed, rule):
    rates = satrail.evaluate(rule, satrail.truth.from_chain(chain, threads=2))
    assert counts_of(rates) == oracle.rates(chain, rule, revealed[0])


def test_folds_share_no_payer_and_are_the_whole(chain):
    whole = satrail.truth.from_chain(chain).table("changes").to_pydict()
    parts = [satrail.truth.from_chain(chain, folds=folds) for folds in ([0, 1, 2, 3, 4], range(5, 10))]
    tables = [truth.table("changes").to_pydict() for truth in parts]
    assert not set(tables[0]["cluster_id"]) & set(tables[1]["cluster_id"])
    assert sorted(tables[0]["txid"] + tables[1]["txid"]) == sorted(whole["txid"])
    assert set(tables[0]["fold"]) <= {0, 1, 2, 3, 4} and tables[0]["txid"]
    with pytest.raises(ValueError, match="fold 10"):
        satrail.truth.from_chain(chain, folds=[10])


def test_an_earlier_chain_tells_less(chain):
    early, late = satrail.truth.from_chain(chain.at(300)), satrail.truth.from_chain(chain)
    first = set(early.table("changes").to_pydict()["txid"])
    assert 0 < len(first) < len(late.table("changes"))


# ---- Ways in, and what does not fit --------------------------------------------------------------------------------


def test_owners_come_as_a_mapping_or_as_any_table(chain, owners, known):
    columns = {"address": list(owners), "owner": list(owners.values())}
    for given in (columns, pa.table(columns), pl.DataFrame(columns), pd.DataFrame(columns)):
        truth = satrail.Truth.of(chain, given)
        assert satrail.evaluate(chain.cluster(), truth).by_value == satrail.evaluate(chain.cluster(), known).by_value
    roles = satrail.Truth.of(chain, columns | {"role": ["some"] * len(owners)})
    assert set(satrail.evaluate(chain.cluster(), roles).roles().to_pydict()["role"]) == {"some"}
    assert len(satrail.evaluate(chain.cluster(), known).roles()) == 0


def test_the_same_address_may_be_named_twice_for_one_owner_and_not_for_two(chain, owners):
    first = next(address for address in owners if chain.addresses([address]).known)
    twice = satrail.Truth.of(chain, {"ann": [first, first]})
    assert satrail.evaluate(chain.cluster(), twice).addresses == 1
    with pytest.raises(ValueError, match=f'{first} is of "ann" and of "bob"'):
        satrail.Truth.of(chain, {"ann": [first], "bob": [first]})


def test_a_truth_of_another_chain_is_refused(chain, stale, by_owner, folder):
    known = satrail.Truth.of(stale, by_owner)
    with pytest.raises(ValueError, match="truth of another chain"):
        satrail.evaluate(chain.cluster(), known)
    with pytest.raises(ValueError, match=r"does not fit the chain: .* transactions are not in it"):
        satrail.evaluate(stale.cluster(), satrail.truth.read(folder))


def test_owners_of_whom_nothing_was_paid_are_refused(chain):
    never = "0014" + "77" * 20
    with pytest.raises(ValueError, match="none of the 1 addresses was ever paid"):
        satrail.Truth.of(chain, {"ann": [never]})
    with pytest.raises(ValueError, match="does not fit the chain: 1 of its 1 transactions"):
        satrail.Truth.of(chain, transactions={"payment": ["ab" * 32]})
    with pytest.raises(ValueError, match='has no address in one of its rows, but "nonsense"'):
        satrail.Truth.of(chain, {"ann": ["nonsense"]})
    with pytest.raises(ValueError, match="is not a transaction id"):
        satrail.Truth.of(chain, transactions={"payment": ["nonsense"]})
    with pytest.raises(TypeError, match="nothing is given"):
        satrail.Truth.of(chain)
    with pytest.raises(TypeError, match="mapping of owners"):
        satrail.Truth.of(chain, 5)
    with pytest.raises(ValueError, match="columns address and owner"):
        satrail.Truth.of(chain, pa.table({"address": ["x"]}))
    with pytest.raises(ValueError, match="differ in length"):
        satrail.Truth.of(chain, {"address": ["x", "y"], "owner": ["ann"]})


def test_what_cannot_be_asked_is_said_so(chain, known, folder):
    with pytest.raises(ValueError, match="does not say what transactions are for"):
        satrail.evaluate("joinmarket", known)
    with pytest.raises(ValueError, match="does not say who owns addresses"):
        satrail.evaluate(chain.cluster(), satrail.truth.from_chain(chain))
    with pytest.raises(ValueError, match="no purpose of the truth is that of the shape"):
        satrail.evaluate("lightning_open", satrail.truth.read(folder), chain=chain)
    with pytest.raises(ValueError, match=r"is a rule and no shape; evaluate satrail\.change\.optimal\(\)"):
        satrail.evaluate("optimal", known)
    with pytest.raises(ValueError, match=r"evaluate chain\.cluster"):
        satrail.evaluate("co_spend", known)
    with pytest.raises(ValueError, match="did you mean joinmarket"):
        satrail.evaluate("joinmarkt", known)
    with pytest.raises(TypeError, match="give the chain"):
        satrail.evaluate(change.optimal(), satrail.truth.read(folder))
    with pytest.raises(TypeError, match="leave chain out"):
        satrail.evaluate(chain.cluster(), known, chain=chain)
    with pytest.raises(TypeError, match="cannot be evaluated"):
        satrail.evaluate(5, known)
    with pytest.raises(TypeError, match="thresholds are for shapes"):
        satrail.evaluate(change.optimal(), known, min_participants=3)
    with pytest.raises(ValueError, match="knows nothing of what"):
        satrail.evaluate(change.optimal(), known, chain=chain.at(3))
    with pytest.raises(ValueError, match="did you mean precision"):
        satrail.evaluate(change.optimal(), known).interval("precison")


def test_a_folder_that_is_none_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such folder of a simulated chain"):
        satrail.truth.read(tmp_path / "nowhere")
    with pytest.raises(ValueError, match=r"scenario\.json is not there"):
        satrail.truth.read(tmp_path)
    scenario = tmp_path / "scenario.json"
    for text, wrong in [("{", "is not JSON"), ("{}", "does not say its format"), ('{"format": 7}', "has format 7")]:
        scenario.write_text(text)
        with pytest.raises(ValueError, match=wrong):
            satrail.truth.read(tmp_path)


def spoiled(rows: Folder, table: str, column: str, change_to) -> Folder:
    """The same rows, a column of which is changed."""
    other = object.__new__(Folder)
    other.scenario, other.number = rows.scenario, rows.number
    other.tables = {name: dict(columns) for name, columns in rows.tables.items()}
    change_to(other.tables[table], column)
    return other


SPOILED = [
    ("addresses", "role", lambda table, name: table.pop(name), 'has no column "role"'),
    ("addresses", "entity", lambda table, name: table.update({name: [99, *table[name][1:]]}), "has no entity 99"),
    (
        "addresses",
        "is_paid",
        lambda table, name: table.update({name: [True] * len(table[name])}),
        "says was paid, is not in it",
    ),
    (
        "addresses",
        "script",
        lambda table, name: table.update({name: ["xyz", *table[name][1:]]}),
        "has no address in one of its rows, but",
    ),
    (
        "transactions",
        "txid",
        lambda table, name: table.update({name: ["ab" * 32, *table[name][1:]]}),
        "1 of its .* transactions",
    ),
    (
        "transactions",
        "height",
        lambda table, name: table.update({name: [5, *table[name][1:]]}),
        "1 of its .* transactions",
    ),
    (
        "transactions",
        "purpose",
        lambda table, name: table.update({name: [None, *table[name][1:]]}),
        "a row without purpose",
    ),
    ("entities", "entity", lambda table, name: table.update({name: [3, 3, *table[name][2:]]}), "has entity 3 twice"),
    ("outputs", "position", lambda table, name: table.update({name: [77, *table[name][1:]]}), "which is not there"),
    ("outputs", "entity", lambda table, name: table.update({name: [1, *table[name][1:]]}), "has no entity 1 "),
]


@pytest.mark.parametrize(
    ("table", "column", "change_to", "wrong"), SPOILED, ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_truth_that_does_not_fit_is_refused(chain, rows, tmp_path, table, column, change_to, wrong):
    folder = spoiled(rows, table, column, change_to).write(tmp_path / "folder")
    with pytest.raises(ValueError, match=wrong) as raised:
        satrail.evaluate(change.optimal(), satrail.truth.read(folder), chain=chain)
    assert "\n" not in str(raised.value)


def test_files_that_are_damaged_or_missing_are_refused(chain, rows, tmp_path):
    folder = rows.write(tmp_path / "folder")
    truth = satrail.truth.read(folder)
    file = folder / "truth" / "entities.parquet"
    whole = file.read_bytes()
    for bad in (b"", b"PAR1", whole[: len(whole) // 2], b"\0" * len(whole)):
        file.write_bytes(bad)
        with pytest.raises(ValueError, match="cannot be read as Parquet"):
            satrail.evaluate(chain.cluster(), truth)
    file.unlink()
    with pytest.raises(ValueError, match='has no table "entities"'):
        satrail.evaluate(chain.cluster(), truth)


def test_the_tables_of_a_folder_are_as_they_were_written(folder, rows):
    truth = satrail.truth.read(folder)
    assert truth.tables == sorted(rows.tables)
    for name, columns in rows.tables.items():
        assert truth.table(name).to_pydict() == columns
        assert pl.DataFrame(truth.table(name)).height == len(next(iter(columns.values())))
    assert truth.digest == "ab" * 32 and "by hand" in repr(truth)
    with pytest.raises(ValueError, match='has no table "nothing"'):
        truth.table("nothing")


def test_what_was_found_shows_itself(chain, known, folder):
    evaluation = satrail.evaluate(chain.cluster(), known)
    assert "precision 100.00 %" in repr(evaluation) and "<caption" in evaluation._repr_html_()
    rates = satrail.evaluate(change.optimal(), known)
    assert repr(rates).startswith("Rates(optimal: ") and "change outputs found" in repr(rates)
    assert "<caption" in rates._repr_html_()
    assert "owners of" in repr(known)
    assert "transactions of" in repr(satrail.truth.from_chain(chain))


# ---- Cards ---------------------------------------------------------------------------------------------------------


def test_the_cards_are_what_is_measured(chain):
    module = cards()
    measured = module.Measured("core", chain, module.core_truth(chain), {}, "")
    kept = json.loads(RATES.read_text(encoding="utf-8"))
    assert kept["datasets"]["core"]["digest"] == measured.truth.digest
    for name, card in kept["rules"].items():
        if card["kind"] == "cluster rule":
            counts, lines = module.of_clusters(measured, name)
        else:
            counts, lines = module.of_rates(
                measured, module.rule_named(name) if card["kind"] == "change rule" else name
            )
        assert counts == card["core"], f"{name}: run make cards"
        text = (ROOT / "docs" / "cards" / f"{name}.md").read_text(encoding="utf-8")
        assert "\n".join(lines).strip() in text, f"{name}: run make cards"


def test_a_rule_shows_what_was_measured_of_it():
    first = next(iter(json.loads(RATES.read_text())["order"]))
    assert repr(change.optimal()).startswith(f"ChangeRule(optimal: on {first} names ")
    assert "of change outputs" in repr(change.optimal().unique())
    assert repr(change.optimal(with_fee=True)) == "ChangeRule(optimal(with_fee=True))"


def test_a_card_has_the_counts():
    kept = json.loads(RATES.read_text(encoding="utf-8"))
    for name, card in kept["rules"].items():
        assert satrail.change.card(name) == card
    with pytest.raises(ValueError, match="did you mean optimal"):
        satrail.change.card("optimla")


def test_clusters_by_one_rule_show_what_was_measured_of_it(chain):
    assert "of joined pairs right" in chain.cluster()._repr_html_()
    assert "measured" not in chain.cluster(["co_spend", "optimal"])._repr_html_()


# ---- Random chains -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [3, 5, 8])
def test_random_chains_are_counted_as_the_slow_way_counts_them(seed, tmp_path):
    described = described_chain(seed, blocks=45, transactions=7)
    satrail.ingest(write_blocks(tmp_path / "blocks", described.blocks), tmp_path / "store", progress=False)
    chain = satrail.open(tmp_path / "store")
    texts = {script: chain.addresses([script.hex()]) for script in described.owners}
    owners = {
        oracle.name_of(chain.address(script.hex())): str(owner)
        for script, owner in described.owners.items()
        if texts[script].known
    }
    known = satrail.Truth.of(chain, {"address": list(owners), "owner": list(owners.values())})
    for rules in (["co_spend"], ["co_spend", "same_key", "fresh"]):
        clusters = chain.cluster(rules)
        evaluation = satrail.evaluate(clusters, known)
        found = oracle.pairs(oracle.labels_of(clusters, owners), owners)
        assert (evaluation.true_positive, evaluation.false_positive, evaluation.false_negative) == found
        table = evaluation.transfers().to_pydict()
        names = ["received", "sent", "seen_received", "seen_sent", "cluster_received", "cluster_sent"]
        flows = {owner: [table[name][i] for name in names] for i, owner in enumerate(table["owner"])}
        assert flows == oracle.flows(chain, clusters, owners)
    told, _, left_out = oracle.revealed(chain)
    truth = satrail.truth.from_chain(chain)
    reasons = truth.table("left_out").to_pydict()
    assert dict(zip(reasons["reason"], reasons["transactions"], strict=True)) == left_out
    for rule in RULES:
        assert counts_of(satrail.evaluate(rule, known)) == oracle.rates(chain, rule, oracle.change_truth(chain, owners))
        if told:
            assert counts_of(satrail.evaluate(rule, truth)) == oracle.rates(chain, rule, told)
