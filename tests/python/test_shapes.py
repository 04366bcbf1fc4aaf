"""Shapes are found where the truth is known, say why, and go into tables; Boltzmann counts what trying all counts."""

import gzip
import json
import re
import zipfile
from collections import Counter
from fractions import Fraction
from itertools import product
from math import log2

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import satrail
from conftest import DATA, ROOT
from hypothesis import given
from hypothesis import strategies as st

SHARED = ROOT.parent / "shared" / "data"
#: In the order of the table's columns.
SHAPES = [
    *["equal_output_coinjoin", "joinmarket", "wasabi_1_0", "wasabi_1_1", "wasabi_2_0", "whirlpool", "whirlpool_tx0"],
    *["stonewall", "payjoin_warning", "peeling", "consolidation", "batch_payment", "self_transfer"],
    *["lightning_open", "lightning_close"],
]
#: Those that say that the inputs are of several owners.
JOINT = ["equal_output_coinjoin", "joinmarket", "wasabi_1_0", "wasabi_1_1", "wasabi_2_0", "whirlpool"]


def script(n):
    return f"0014{n:040x}"


def joint(participants, denomination=1_000_000):
    inputs = [(denomination + 300_000 + 1000 * n, script(n)) for n in range(participants)]
    change = [(299_500 + 1000 * n, script(200 + n)) for n in range(participants)]
    return inputs, [(denomination, script(100 + n)) for n in range(participants)] + change


@pytest.fixture(scope="session")
def labels():
    return json.loads(gzip.decompress((DATA / "ground-truth.json.gz").read_bytes()))["tx_labels"]


@pytest.fixture(scope="session")
def by_kind(chain, labels):
    """For each kind of transaction of the bundled chain, how often it has each shape."""
    table = chain.shapes(columns=["txid", *SHAPES]).to_pydict()
    kinds = [labels.get(txid, {"kind": "coinbase"})["kind"] for txid in table["txid"]]
    return {name: Counter(zip(kinds, table[name], strict=True)) for name in SHAPES}


# ---- The bundled chain, whose truth is known -----------------------------------------------------------------------


@pytest.mark.parametrize("shape", ["equal_output_coinjoin", "joinmarket"])
def test_the_coinjoins_that_wallets_made_are_found_and_nothing_else(by_kind, shape):
    assert {key: count for key, count in by_kind[shape].items() if key[1] != "no"} == {("coinjoin", "yes"): 69}


@pytest.mark.parametrize("shape", ["wasabi_1_0", "wasabi_1_1", "wasabi_2_0", "whirlpool", "whirlpool_tx0", "stonewall"])
def test_what_is_not_there_is_not_found(by_kind, shape):
    assert {verdict for _, verdict in by_kind[shape]} == {"no"}


def test_payments_by_their_counts_are_what_the_wallets_meant(by_kind):
    assert by_kind["peeling"]["peel", "yes"] == 608
    assert by_kind["consolidation"]["consolidation", "yes"] == 113
    assert by_kind["batch_payment"]["batch_payout", "yes"] == 54  # the three others pay fewer than five
    assert {kind for kind, verdict in by_kind["batch_payment"] if verdict != "no"} == {"batch_payout", "weird_scripts"}


def test_a_transaction_says_alone_what_the_table_says(chain):
    columns = ["txid", *(f"{name}{end}" for name in SHAPES for end in ("", "_decided_by"))]
    table = chain.shapes(280, 300, columns=columns).to_pydict()
    for i, txid in enumerate(table["txid"]):
        judgements = chain.tx(txid).shapes()
        assert [judgement.shape for judgement in judgements] == SHAPES
        for judgement in judgements:
            said = table[judgement.shape][i], table[f"{judgement.shape}_decided_by"][i]
            assert (judgement.verdict, judgement.decided_by) == said


def test_a_judgement_is_what_its_predicates_say(chain):
    for tx in chain.block(300).transactions():
        for judgement in tx.shapes():
            passed = [predicate.passed for predicate in judgement.predicates]
            first = False if False in passed else None if None in passed else True
            assert judgement.verdict == {False: "no", None: "undecided", True: "yes"}[first]
            by = "all" if first else judgement.predicates[passed.index(first)].name
            assert judgement.decided_by == by


# ---- Tables --------------------------------------------------------------------------------------------------------


def test_the_columns_are_those_that_are_documented(chain):
    table = chain.shapes()
    pairs = [column for name in SHAPES for column in (name, f"{name}_decided_by")]
    assert table.columns == ["transaction", "height", "time", *pairs]
    schema = pa.table(table).schema
    types = [pa.int64(), pa.int32(), pa.timestamp("us", "UTC"), *[pa.dictionary(pa.int8(), pa.string())] * len(pairs)]
    assert schema.types == types
    assert len(table) == chain.counts["transactions"]
    others = chain.transactions(columns=["transaction", "height", "time"]).to_pydict()
    assert chain.shapes(columns=["transaction", "height", "time"]).to_pydict() == others


def test_every_library_takes_the_columns_of_texts(chain):
    shapes = chain.shapes(100, 160, columns=["height", "peeling", "peeling_decided_by"])
    expected = shapes.to_pydict()
    assert pl.DataFrame(shapes).to_dict(as_series=False) == expected
    assert pd.DataFrame.from_arrow(shapes).to_dict("list") == expected
    assert pa.table(shapes).to_pydict() == expected
    count = duckdb.sql("select count(*) from shapes where peeling = 'yes'").fetchall()
    assert count == [(expected["peeling"].count("yes"),)]


def test_a_range_of_blocks_is_a_part_of_the_table(chain):
    whole = chain.shapes(columns=["height", "peeling", "stonewall_decided_by"]).to_pydict()
    rows = [i for i, height in enumerate(whole["height"]) if 250 <= height < 253]
    part = chain.shapes(250, 253, columns=["height", "peeling", "stonewall_decided_by"]).to_pydict()
    assert part == {name: [values[i] for i in rows] for name, values in whole.items()}
    assert len(chain.shapes(10, 10)) == len(chain.shapes(600)) == 0
    assert chain.shapes(10, 10).to_pydict()["joinmarket"] == []


def test_a_table_shows_itself(chain):
    table = chain.shapes(columns=["transaction", "consolidation"])
    assert "consolidation" in repr(table)
    assert "<table>" in table._repr_html_()


def test_a_judgement_shows_itself(chain):
    judgement = chain.block(300).transactions()[0].shapes(only=["consolidation"])[0]
    assert repr(judgement) == "Judgement(consolidation: no, decided by inputs: found 0, wanted at least 3)"
    assert "<caption" in judgement._repr_html_() and "inputs" in judgement._repr_html_()
    assert repr(judgement.predicates[0]) == "Predicate(inputs: failed, found 0, wanted at least 3)"


def test_what_happened_later_is_not_looked_at(chain):
    columns = ["transaction", "peeling"]
    then, now = chain.at(250).shapes(columns=columns), chain.shapes(0, 251, columns=columns)
    then, now = then.to_pydict()["peeling"], now.to_pydict()["peeling"]
    assert then != now
    assert {old for old, new in zip(then, now, strict=True) if old != new} == {"undecided"}


# ---- Transactions that are in no store -------------------------------------------------------------------------------


def test_addresses_and_scripts_are_the_same():
    text, same = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "0014751e76e8199196d454941c45d1b3a323f1433bd6"
    for address in (text, same):
        judgement = satrail.shapes.judge([(10, text)], [(9, address)], only=["self_transfer"])[0]
        assert judgement.verdict == "yes"


def test_heights_count_on_the_main_network_where_they_are_given():
    pool = [(1_000_000, script(n)) for n in range(3)]
    inputs, outputs = (
        [(1_005_000, script(3)), (1_005_000, script(4)), *pool],
        [(1_000_000, script(9 + n)) for n in range(5)],
    )
    verdict = lambda **known: satrail.shapes.judge(inputs, outputs, only=["whirlpool"], **known)[0].verdict  # noqa: E731
    assert (verdict(), verdict(height=569_999), verdict(height=570_000)) == ("yes", "no", "yes")
    assert verdict(height=1, network="regtest") == "yes"
    assert verdict(height=1, whirlpool_first_height=0) == "yes"


def test_what_only_a_chain_shows_is_undecided():
    wsh = "0020" + "11" * 32
    known = {j.shape: j.verdict for j in satrail.shapes.judge([(9, script(1))], [(4, wsh), (4, script(2))])}
    assert known["lightning_open"] == known["peeling"] == "undecided"
    close = satrail.shapes.judge(
        [(9, wsh)], [(4, wsh)], locktime=0x20123456, sequences=[0x80123456], only=["lightning_close"]
    )
    assert (close[0].verdict, close[0].decided_by) == ("undecided", "two_of_two")
    assert close[0].predicates[-1].passed


def test_thresholds_are_what_the_answer_is_held_against():
    inputs, outputs = joint(4)
    verdict = lambda **given: satrail.shapes.judge(inputs, outputs, only=["joinmarket"], **given)[0]  # noqa: E731
    assert verdict().verdict == "yes"
    assert verdict(min_participants=5).decided_by == "inputs"
    assert verdict(min_denomination=1_000_001).decided_by == "denomination"
    assert (verdict(search_budget=0).verdict, verdict(search_budget=0).decided_by) == ("undecided", "value_assignment")


def test_the_thresholds_are_those_that_are_documented():
    text = (ROOT / "docs" / "shapes.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| ([\w.,]+) \|", text, re.MULTILINE))
    assert {name: value.replace(",", "") for name, value in rows.items()} == {
        name: str(value) for name, value in satrail.shapes.thresholds("regtest").items()
    }
    changed = {n: v for n, v in satrail.shapes.thresholds().items() if v != satrail.shapes.thresholds("regtest")[n]}
    assert set(changed) == {"wasabi_1_first_height", "wasabi_2_first_height", "whirlpool_first_height"}
    assert all(f"{height:,}" in text for height in changed.values())


# ---- Bad input -----------------------------------------------------------------------------------------------------


@pytest.fixture(params=["chain", "transaction", "alone"])
def ask(request, chain):
    """Ask for shapes in each of the three ways."""
    return {
        "chain": lambda **given: chain.shapes(0, 1, **given),
        "transaction": chain.block(1).transactions()[0].shapes,
        "alone": lambda **given: satrail.shapes.judge([], [], **given),
    }[request.param]


def test_unknown_thresholds_are_told_which_is_near(ask):
    with pytest.raises(
        ValueError, match=r'unknown threshold "min_particpants"; did you mean min_participants\? it is one'
    ):
        ask(min_particpants=3)
    with pytest.raises(ValueError, match=r'unknown threshold "colour"; it is one of min_inputs, min_participants'):
        ask(colour=3)


@pytest.mark.parametrize("value", [-1, 0, 1, 2**52 + 1, 2**70, 10**50])
def test_thresholds_out_of_range_are_told_the_range(ask, value):
    message = "threshold min_participants=.* give a whole number from 2 on"
    with pytest.raises(TypeError if value == 10**50 else ValueError, match=message):
        ask(min_participants=value)


@pytest.mark.parametrize("value", [2.5, "3", None, True, [3], 3.0])
def test_thresholds_of_another_type_are_a_type_error(ask, value):
    with pytest.raises(
        TypeError, match=r"threshold min_participants=.* is of another type; give a whole number from 2 on"
    ):
        ask(min_participants=value)


def test_shares_and_flags_have_their_own_types(ask):
    for value in (-0.1, 1.1, float("nan"), float("inf"), 2):
        with pytest.raises(ValueError, match=r"threshold fee_slack_share=.* give a number from 0 to 1"):
            ask(fee_slack_share=value)
    with pytest.raises(TypeError, match=r"threshold wasabi_2_sorted=1 is of another type; give True or False"):
        ask(wasabi_2_sorted=1)
    ask(fee_slack_share=1, wasabi_2_sorted=False)


def test_unknown_shapes_are_told_which_is_near(chain):
    for ask in (chain.block(1).transactions()[0].shapes, lambda **given: satrail.shapes.judge([], [], **given)):
        with pytest.raises(ValueError, match=r'unknown shape "joinmaket"; did you mean joinmarket\? it is one of'):
            ask(only=["joinmaket"])
        for wrong in ("joinmarket", 5, [5], [None]):
            with pytest.raises(TypeError, match="give a list of names of shapes"):
                ask(only=wrong)
    with pytest.raises(
        ValueError, match=r'unknown column "joinmaket"; did you mean joinmarket\? shapes has transaction'
    ):
        chain.shapes(columns=["joinmaket"])


def test_an_unknown_network_is_told_the_known_ones():
    for ask in (satrail.shapes.thresholds, lambda name: satrail.shapes.judge([], [], network=name)):
        with pytest.raises(ValueError, match=r'unknown network "mars"; it is one of mainnet'):
            ask("mars")


@pytest.mark.parametrize(
    ("inputs", "error", "message"),
    [
        (5, TypeError, "inputs are given as a list of amounts and addresses"),
        ([5], TypeError, r"inputs\[0\]: give an amount in satoshi and an address"),
        ([(1, script(1)), (1, 2)], TypeError, r"inputs\[1\]: give an amount"),
        ([(1, script(1), 3)], TypeError, r"inputs\[0\]: give an amount"),
        ([(1.5, script(1))], TypeError, r"inputs\[0\]: 1.5 is not an amount; give whole satoshi"),
        ([(True, script(1))], ValueError, r"inputs\[0\]: True is not an amount"),
        ([(-1, script(1))], ValueError, r"inputs\[0\]: -1 is not an amount"),
        ([(2**64, script(1))], ValueError, r"is not an amount; give whole satoshi, from 0 to 2100000000000000"),
        ([(1, "nowhere")], ValueError, '"nowhere" is not an address'),
        ([(1, "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080")], ValueError, "is not an address"),
    ],
)
def test_inputs_that_are_none_are_told_why(inputs, error, message):
    with pytest.raises(error, match=message):
        satrail.shapes.judge(inputs, [])


def test_sequences_are_as_many_as_inputs():
    with pytest.raises(ValueError, match="2 sequences are given for 1 inputs; give one for each"):
        satrail.shapes.judge([(1, script(1))], [], sequences=[0, 1])
    for wrong in (5, ["x"], [-1], [2**32]):
        with pytest.raises(TypeError, match="give a number from 0 to 4294967295 for each input"):
            satrail.shapes.judge([(1, script(1))], [], sequences=wrong)


# ---- Real CoinJoins --------------------------------------------------------------------------------------------------

SETS = {
    "Wasabi 1 CoinJoins": ("dumplings__end_zksnacks_202405", "WasabiCoinJoins"),
    "Wasabi 2 CoinJoins": ("dumplings__end_zksnacks_202405", "Wasabi2CoinJoins"),
    "Whirlpool CoinJoins": ("dumplings__sw_202403", "SamouraiCoinJoins"),
    "Whirlpool Tx0": ("dumplings__sw_202403", "SamouraiTx0s"),
    "JoinMarket-like": ("dumplings__jm_202406", "OtherCoinJoins"),
    "after Wasabi 1": ("dumplings__end_zksnacks_202405", "WasabiPostMixTxs"),
    "after Wasabi 2": ("dumplings__end_zksnacks_202405", "Wasabi2PostMixTxs"),
    "after Whirlpool": ("dumplings__sw_202403", "SamouraiPostMixTxs"),
    "after JoinMarket-like": ("dumplings__jm_202406", "OtherCoinJoinPostMixTxs"),
}


def read_set(archive, name):
    """The transactions of a file: a line each, of which the fifth and sixth field are inputs and outputs."""
    path = SHARED / "coinjoin" / f"{archive}.zip"
    if not path.exists():
        pytest.skip(f"no {path} beside the repository")
    with zipfile.ZipFile(path) as files:
        found = next(file for file in files.namelist() if file.endswith(f"/{name}.txt"))
        text = files.read(found).decode("utf-8-sig")
    for line in text.split():
        fields = line.split(":::")
        inputs = [coin.split("+")[:2] for coin in fields[4].split("}{")]
        outputs = [coin.split("+")[:2] for coin in fields[5].split("}{")]
        yield [(int(coin.split("-")[2]), to) for coin, to in inputs], [(int(value), to) for value, to in outputs]


@pytest.fixture(scope="module")
def real():
    """For each set of real transactions how many there are, and how often each shape is there."""
    found = {}
    for title, (archive, name) in SETS.items():
        verdicts, total = Counter(), 0
        for inputs, outputs in read_set(archive, name):
            judgements = satrail.shapes.judge(
                inputs, outputs, only=[*JOINT, "whirlpool_tx0", "stonewall", "payjoin_warning"]
            )
            total += 1
            verdicts.update((judgement.shape, judgement.verdict) for judgement in judgements)
            by = {judgement.shape: judgement.verdict for judgement in judgements}
            strongest = max((by[shape] for shape in JOINT), key=["no", "undecided", "yes"].index)
            verdicts["any of several owners", strongest] += 1
        found[title] = total, verdicts
    return found


def test_real_coinjoins_are_found(real, capsys):
    with capsys.disabled():
        rows = [*JOINT, "any of several owners", "whirlpool_tx0", "stonewall", "payjoin_warning"]
        print("\n\nyes (undecided) of real transactions, by set")
        for title, (total, verdicts) in real.items():
            counts = {row: (verdicts[row, "yes"], verdicts[row, "undecided"]) for row in rows}
            text = ", ".join(
                f"{row} {yes}" + (f" ({maybe})" if maybe else "")
                for row, (yes, maybe) in counts.items()
                if yes or maybe
            )
            print(f"  {title} ({total}): {text}")
    yes = lambda title, shape: real[title][1][shape, "yes"]  # noqa: E731
    assert [total for total, _ in real.values()] == [152, 35, 1403, 900, 567, 223, 179, 2636, 1055]
    assert yes("Wasabi 1 CoinJoins", "wasabi_1_0") >= 148
    assert yes("Wasabi 2 CoinJoins", "wasabi_2_0") >= 33
    assert yes("Whirlpool CoinJoins", "whirlpool") == 1403
    # 151 of that set are mixes themselves, of which one output is no p2wpkh.
    assert yes("Whirlpool Tx0", "whirlpool_tx0") == 749
    assert yes("Whirlpool Tx0", "whirlpool") == 151
    # 432 of that set have two equal outputs only, and 40 more equal outputs of a token's few satoshi.
    assert yes("JoinMarket-like", "joinmarket") >= 47
    assert yes("JoinMarket-like", "equal_output_coinjoin") >= 51


def test_one_kind_is_seldom_taken_for_another(real):
    yes = lambda title, shape: real[title][1][shape, "yes"]  # noqa: E731
    wasabi_1 = ["wasabi_1_0", "wasabi_1_1"]
    own = {
        "Wasabi 1 CoinJoins": [*wasabi_1, "equal_output_coinjoin"],
        "Wasabi 2 CoinJoins": ["wasabi_2_0"],
        "Whirlpool CoinJoins": ["whirlpool", "equal_output_coinjoin"],
        "Whirlpool Tx0": ["whirlpool_tx0", "whirlpool", "equal_output_coinjoin"],
        "JoinMarket-like": ["joinmarket", "equal_output_coinjoin", "stonewall"],
    }
    wrong = {
        (title, shape): yes(title, shape)
        for title, shapes in own.items()
        for shape in [*JOINT, "whirlpool_tx0", "stonewall"]
        if shape not in shapes and yes(title, shape)
    }
    # One has ten equal outputs of 0.1 bitcoin, as Wasabi 1 has; two cut coins as a Tx0 does.
    allowed = {("JoinMarket-like", shape): 1 for shape in wasabi_1} | {("JoinMarket-like", "whirlpool_tx0"): 2}
    assert all(count <= allowed.get(key, 0) for key, count in wrong.items()), wrong
    assert yes("after Wasabi 2", "joinmarket") == 0


def test_ordinary_transactions_of_real_blocks_are_no_coinjoins(capsys):
    files = sorted((SHARED / "mainnet-json").glob("*.json"))
    if not files:
        pytest.skip(f"no {SHARED / 'mainnet-json'} beside the repository")
    total, found = 0, Counter()
    for file in files:
        for block in json.loads(file.read_text())["blocks"]:
            for tx in block["data"]["transactions"][1:]:
                spent = [coin["previous_output"]["data"] for coin in tx["inputs"]]
                coins = [[(coin["value"], coin["pk_script"][2:]) for coin in side] for side in (spent, tx["outputs"])]
                total += 1
                found.update(
                    j.shape
                    for j in satrail.shapes.judge(*coins, only=[*JOINT, "whirlpool_tx0", "stonewall"])
                    if j.verdict == "yes"
                )
    with capsys.disabled():
        print(f"\n\nyes of {total} ordinary transactions of {len(files)} real blocks: {dict(found)}")
    assert total > 700
    assert sum(found[shape] for shape in JOINT) == 0


# ---- Boltzmann -----------------------------------------------------------------------------------------------------


def partitions(items):
    """All ways to divide a list into blocks."""
    if not items:
        yield []
        return
    first, *rest = items
    for blocks in partitions(rest):
        yield [[first], *blocks]
        for i, block in enumerate(blocks):
            yield [*blocks[:i], [first, *block], *blocks[i + 1 :]]


def matchings(ins, outs):
    """All ways to match blocks one to one."""
    if not ins:
        yield []
        return
    for i, block in enumerate(outs):
        for rest in matchings(ins[1:], outs[:i] + outs[i + 1 :]):
            yield [(ins[0], block), *rest]


def try_everything(inputs, outputs, intrafees=0):
    """The interpretations, and the share of them in which each input and output are linked."""
    fee, ways, links = sum(inputs) - sum(outputs), 0, Counter()
    for ins, outs in product(partitions(list(range(len(inputs)))), partitions(list(range(len(outputs))))):
        if len(ins) != len(outs):
            continue
        for pairs in matchings(ins, outs):
            rest = [sum(inputs[i] for i in a) - sum(outputs[o] for o in b) for a, b in pairs]
            if all(-intrafees <= r <= fee + intrafees for r in rest):
                ways += 1
                links.update((i, o) for a, b in pairs for i in a for o in b)
    return ways, {link: Fraction(count, ways) for link, count in links.items()}


@pytest.mark.parametrize(
    ("n", "ways"),
    list(enumerate([3, 16, 131, 1496, 22482, 426833, 9934563, 277006192, 9085194458], start=2)),
)
def test_equal_amounts_have_as_many_interpretations_as_the_closed_form_says(n, ways):
    links = satrail.shapes.boltzmann([100] * n, [100] * n)
    assert (links.computed, links.interpretations, links.reason) == (True, ways, None)
    assert links.entropy == pytest.approx(log2(ways))
    assert len(set(links.link_probabilities().to_pydict()["probability"])) == 1
    assert links.deterministic_links() == []


@given(
    st.lists(st.integers(1, 6), min_size=1, max_size=4),
    st.lists(st.integers(0, 6), min_size=1, max_size=4),
    st.integers(0, 3),
)
def test_it_counts_what_trying_everything_counts(inputs, outputs, intrafees):
    links = satrail.shapes.boltzmann(inputs, outputs, intrafees=intrafees)
    if sum(inputs) < sum(outputs):
        assert (links.computed, links.reason) == (False, "its outputs have more than its inputs")
        return
    ways, shares = try_everything(inputs, outputs, intrafees)
    assert links.interpretations == ways
    table = links.link_probabilities().to_pydict()
    pairs = list(zip(table["input"], table["output"], strict=True))
    assert pairs == list(product(range(len(inputs)), range(len(outputs))))
    assert table["probability"] == [pytest.approx(float(shares.get(pair, 0))) for pair in pairs]
    certain = [pair for pair in pairs if shares.get(pair) == 1]
    assert links.deterministic_links() == certain
    assert table["is_deterministic"] == [pair in certain for pair in pairs]


def test_a_mix_of_whirlpool_has_the_entropy_of_equal_amounts():
    mix = satrail.shapes.boltzmann([1_005_000, 1_004_000, 1_000_000, 1_000_000, 1_000_000], [1_000_000] * 5)
    assert (mix.interpretations, round(mix.entropy, 2)) == (1496, 10.55)


def test_a_coinjoin_of_the_bundled_chain_is_told_apart_by_its_change(chain, labels):
    coinjoins = [txid for txid, label in labels.items() if label["kind"] == "coinjoin"]
    tx = min((chain.tx(txid) for txid in coinjoins), key=lambda tx: len(tx.inputs()))
    links, label = tx.boltzmann(), labels[tx.txid]
    assert links.computed and links.interpretations > 1
    certain = set(links.deterministic_links())
    change = {(i, o) for i, o in certain if label["output_role"][o] == "change"}
    assert change
    assert all(label["input_owner"][i] == label["output_owner"][o] for i, o in change)


def test_outputs_of_data_are_left_out(chain, labels):
    txid = next(txid for txid, label in labels.items() if label["kind"] == "op_return")
    tx = chain.tx(txid)
    places = [i for i, output in enumerate(tx.outputs()) if output.kind != "op_return"]
    assert len(places) < len(tx.outputs())
    assert sorted(set(tx.boltzmann().link_probabilities().to_pydict()["output"])) == places


def test_inputs_of_one_address_can_be_taken_together(chain):
    txs = (tx for block in chain for tx in block.transactions() if 1 < len(tx.inputs()) < 6 and not tx.is_coinbase)
    tx = next(tx for tx in txs if len({coin.address.number for coin in tx.inputs()}) == 1 and len(tx.outputs()) == 2)
    together = tx.boltzmann(merge_addresses=True)
    assert together.interpretations == 1
    assert len(together.link_probabilities()) == 2 * len(tx.inputs())
    assert len(together.deterministic_links()) == 2 * len(tx.inputs())


def test_what_is_beyond_the_budget_is_not_computed_and_says_so(chain):
    amounts = [i * 7919 % 104_729 + 1 for i in range(60)]
    links = satrail.shapes.boltzmann(amounts, amounts)
    assert not links.computed
    assert (links.interpretations, links.entropy, links.link_probabilities(), links.deterministic_links()) == (
        None,
        None,
        None,
        [],
    )
    assert repr(links) == "Boltzmann(not computed: the budget was used up)"
    assert "not computed" in links._repr_html_()
    assert satrail.shapes.boltzmann([5, 5], [5, 5], budget=95).reason == "the budget was used up"
    assert satrail.shapes.boltzmann([5] * 60, [5] * 60).reason == "there are more ways than 128 bits can count"
    assert chain.block(1).transactions()[0].boltzmann().reason == "it has no inputs"


def test_what_was_computed_shows_itself():
    links = satrail.shapes.boltzmann([5, 5], [5, 5])
    assert repr(links) == "Boltzmann(interpretations=3, entropy=1.585)"
    assert "1.585 bits" in links._repr_html_() and "probability" in links._repr_html_()


def test_amounts_that_are_none_are_told_why(chain):
    for wrong, error in (
        (5, TypeError),
        (["x"], TypeError),
        ([1.5], TypeError),
        ([-1], ValueError),
        ([2**64], ValueError),
    ):
        with pytest.raises(error, match="satoshi"):
            satrail.shapes.boltzmann(wrong, [1])
    for tx in (satrail.shapes.boltzmann, lambda *_, **given: chain.block(1).transactions()[0].boltzmann(**given)):
        with pytest.raises(ValueError, match="budget=-1: give a whole number from 0"):
            tx([1], [1], budget=-1)
        with pytest.raises(ValueError, match="intrafees=-1: give a whole number from 0"):
            tx([1], [1], intrafees=-1)
        with pytest.raises(TypeError):
            tx([1], [1], budget="much")


def test_damaged_pickles_are_value_errors(chain):
    judgement = chain.block(1).transactions()[0].shapes()[0]
    damaged = [
        (judgement, 0, "nothing"),
        (judgement.predicates[0], 0, "nothing"),
        (judgement.predicates[0], 2, "nothing"),
        (satrail.shapes.boltzmann([5, 5], [5, 5]), 0, 99),
        (satrail.shapes.boltzmann([5, 5], [5, 5]), 2, [[1], [1]]),
        (satrail.shapes.boltzmann([5, 5], [5, 5]), 3, [7, 7]),
    ]
    for thing, place, value in damaged:
        restore, arguments = thing.__reduce__()
        with pytest.raises(ValueError, match=r"not the parts of a pickled|unknown shape"):
            restore(*arguments[:place], value, *arguments[place + 1 :])
