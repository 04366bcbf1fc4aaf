"""Peel chains: against the oracle, and how often they are right where owners are known (docs/peel_chain.md)."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path

import pytest
import satrail
from chains.random_blocks import random_chain
from conftest import DATA, ROOT, write_blocks
from oracles import chain as oracle
from oracles import peel_chain as peel_chain_oracle
from oracles.chain import OracleChain
from oracles.peel_chain import Options

SETTINGS = [
    Options(),
    Options(rule_out_unspent=True),
    Options(features=()),
    Options(features=("version", "low_r"), max_outputs=5),
    Options(max_inputs=4, max_outputs=9),
    Options(max_steps=2),
]


def peel(chain: satrail.Chain, start: tuple[str, int], direction: str, options: Options) -> satrail.PeelChain:
    return chain.peel_chain(
        f"{start[0]}:{start[1]}",
        direction=direction,
        features=list(options.features),
        max_inputs=options.max_inputs,
        max_outputs=options.max_outputs,
        max_steps=options.max_steps,
        rule_out_unspent=options.rule_out_unspent,
    )


def rows(found: satrail.Peel) -> list[tuple[int, str, int]]:
    steps = found.steps().to_pydict()
    return list(zip(steps["step"], steps["txid"], steps["change_position"], strict=True))


def check(truth: OracleChain, chain: satrail.Chain, start: tuple[str, int], options: Options, height: int) -> int:
    """Holds both directions against the oracle; how many steps they have."""
    walks = {"out": peel_chain_oracle.forward, "in": peel_chain_oracle.backward}
    steps = 0
    for direction, walk in walks.items():
        expected = walk(truth, chain, start, options, height)
        found = peel(chain, start, direction, options)
        assert (rows(found), found.stopped) == (expected.steps, {direction: expected.reason}), (
            start,
            direction,
            options,
        )
        steps += len(found)
    return steps


def coins(chain: satrail.Chain, every: int) -> list[tuple[str, int]]:
    table = chain.outputs(columns=["txid", "position", "is_lost"]).to_pydict()
    rows = list(zip(table["txid"], table["position"], table["is_lost"], strict=True))
    return [(txid, position) for txid, position, lost in rows[1::every] if not lost]


@pytest.mark.parametrize("options", SETTINGS, ids=lambda options: str(SETTINGS.index(options)))
def test_peel_chains_are_those_of_the_oracle(chain: satrail.Chain, truth: OracleChain, options: Options) -> None:
    assert sum(check(truth, chain, start, options, chain.height) for start in coins(chain, 29)) > 50


def test_as_of_a_height_they_are_those_of_a_chain_that_ends_there(chain: satrail.Chain, truth: OracleChain) -> None:
    for height in (250, 400):
        past = chain.at(height)
        assert sum(check(truth, past, start, Options(), height) for start in coins(past, 17)) > 10


@pytest.mark.parametrize("seed", range(3))
def test_random_chains_peel_as_the_oracle_says(seed: int, tmp_path: Path) -> None:
    blocks = random_chain(seed, blocks=40, transactions=10)
    satrail.ingest(write_blocks(tmp_path / "blocks", blocks), tmp_path / "store", progress=False)
    truth, chain = oracle.read_chain(tmp_path / "blocks"), satrail.open(tmp_path / "store")
    steps = sum(check(truth, chain, start, options, chain.height) for start in coins(chain, 3) for options in SETTINGS)
    assert steps > 20


# ---- Where owners are known -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def labels() -> dict[str, dict[str, object]]:
    """Txid -> the wallet that peeled, and the hop, for every transaction of a peel chain that a wallet made."""
    truth = json.loads(gzip.decompress((DATA / "ground-truth.json.gz").read_bytes()))
    return {txid: label for txid, label in truth["tx_labels"].items() if label["kind"] == "peel"}


def followed(chain: satrail.Chain, labels: dict[str, dict[str, object]], owners: dict[str, str], **options) -> str:
    """Every labelled chain from its first coin on: a row of the table in docs/peel_chain.md."""
    counts: Counter[str] = Counter()
    for first in (txid for txid, label in labels.items() if label["hop"] == 0):
        found = chain.peel_chain(chain.tx(first).inputs()[0].spends, **options)
        steps = found.steps().to_pydict()
        owner = labels[first]["from"]
        right = [owners.get(address) == owner for address in steps["change_address"]]
        # What comes after a wrong step is another wallet's chain.
        until = right.index(False) if False in right else len(right)
        reached = steps["txid"][:until]
        hops = hops_of(chain, labels, first)
        counts["chains"] += 1
        counts["hops"] += len(hops)
        counts["right"] += sum(txid in reached for txid in hops)
        counts["wrong"] += steps["txid"][until : until + 1] != [] and steps["txid"][until] in hops
        counts["beyond right"] += sum(txid not in hops for txid in reached)
        counts["beyond wrong"] += steps["txid"][until : until + 1] != [] and steps["txid"][until] not in hops
    undecided = counts["hops"] - counts["right"] - counts["wrong"]
    return f"{counts['right']} | {counts['wrong']} | {undecided} | {counts['beyond right']} | {counts['beyond wrong']}"


def hops_of(chain: satrail.Chain, labels: dict[str, dict[str, object]], first: str) -> list[str]:
    """The transactions of a labelled chain whose change a further one of it spends."""
    hops, txid = [], first
    while True:
        after = [output.spent_by.transaction.txid for output in chain.tx(txid).outputs() if output.spent_by]
        label = labels[txid]
        further = [
            t
            for t in after
            if t in labels and (labels[t]["from"], labels[t]["hop"]) == (label["from"], label["hop"] + 1)
        ]
        if not further:
            return hops
        hops.append(txid)
        (txid,) = further


def measured(chain: satrail.Chain, labels: dict[str, dict[str, object]], owners: dict[str, str]) -> list[str]:
    without_kinds = [feature for feature in peel_chain_oracle.ALL if feature not in peel_chain_oracle.OF_COINS]
    settings = {
        "as it is": {},
        "`rule_out_unspent=True`": {"rule_out_unspent": True},
        "`clusters=chain.cluster()`": {"clusters": chain.cluster()},
        "without segwit and input_kinds": {"features": without_kinds},
        "`features=[]`": {"features": []},
    }
    lines = ["| | right | wrong | undecided | right beyond | wrong beyond |", "|---|---:|---:|---:|---:|---:|"]
    lines += [f"| {name} | {followed(chain, labels, owners, **options)} |" for name, options in settings.items()]
    return lines


def test_the_measured_hops_stand_in_the_documentation(
    chain: satrail.Chain, labels: dict[str, dict[str, object]], owners: dict[str, str]
) -> None:
    lines = measured(chain, labels, owners)
    print("\n" + "\n".join(lines))
    assert lines[2].split(" | ")[2] == "0", "a hop of a labelled chain is wrong"
    text = (ROOT / "docs" / "peel_chain.md").read_text(encoding="utf-8")
    assert "\n".join(lines) in text, "docs/peel_chain.md says something else; put in what is printed above"


def test_what_was_peeled_off_is_never_the_wallets_within_labelled_chains(
    chain: satrail.Chain, labels: dict[str, dict[str, object]], owners: dict[str, str]
) -> None:
    for first in [txid for txid, label in labels.items() if label["hop"] == 0]:
        peeled = chain.peel_chain(chain.tx(first).inputs()[0].spends).peeled().to_pydict()
        rows = [row for row in zip(peeled["txid"], peeled["address"], strict=True) if row[0] in labels]
        assert all(owners.get(address) == labels[txid]["to"] for txid, address in rows)


# ---- Tables, laws and bad input -------------------------------------------------------------------------------------

FIRST = "7365607599a4b749bc84cd9929d488307dfe59d3bcf0c9e7bbbba5cdf8f1c282"


@pytest.fixture(scope="module")
def first(chain: satrail.Chain) -> satrail.Output:
    found = chain.tx(FIRST).inputs()[0].spends
    assert found is not None
    return found


def test_every_satoshi_of_a_step_is_change_peeled_or_fee(chain: satrail.Chain, first: satrail.Output) -> None:
    found = chain.peel_chain(first, direction="both", rule_out_unspent=True)
    steps, peeled = found.steps().to_pydict(), found.peeled().to_pydict()
    assert len(found) > 5
    for at, txid in enumerate(steps["txid"]):
        assert steps["input_value"][at] == steps["change_value"][at] + steps["peeled"][at] + chain.tx(txid).fee()
        amounts = [a for t, a in zip(peeled["txid"], peeled["amount"], strict=True) if t == txid]
        assert sum(amounts) == steps["peeled"][at]
    assert steps["peeled_total"][-1] == found.peeled_total() == sum(peeled["amount"])


def test_both_directions_are_one_after_the_other(chain: satrail.Chain) -> None:
    for start in coins(chain, 211):
        both = peel(chain, start, "both", Options())
        parts = [peel(chain, start, direction, Options()) for direction in ("in", "out")]
        assert rows(both) == [row for part in parts for row in rows(part)]
        assert both.stopped == parts[0].stopped | parts[1].stopped


def test_a_chain_is_the_same_from_each_of_its_coins_on(chain: satrail.Chain, first: satrail.Output) -> None:
    steps = chain.peel_chain(first).steps().to_pydict()
    for at in range(1, len(steps["txid"])):
        before = f"{steps['txid'][at - 1]}:{steps['change_position'][at - 1]}"
        assert chain.peel_chain(before).steps().to_pydict()["txid"][: len(steps["txid"]) - at] == steps["txid"][at:]


def test_it_stops_at_labelled_wallets_but_not_at_its_start(chain: satrail.Chain, first: satrail.Output) -> None:
    steps = chain.peel_chain(first).steps().to_pydict()
    shop = steps["change_address"][2]
    stopped = chain.peel_chain(first, stop_at={first.address: "start", "shop": [shop]})
    assert len(stopped) == 3 and stopped.stopped == {"out": "stop_at"}
    assert stopped.stop().to_pydict()["explanation"] == ["the coin is of shop"]
    assert chain.peel_chain(first, stop_at=[shop]).stop().to_pydict()["explanation"] == ["the coin is of stop_at"]
    peeled = chain.peel_chain(first).peeled().to_pydict()["address"][0]
    named = chain.peel_chain(first, stop_at={peeled: "payee"})
    assert named.peeled().to_pydict()["label"][0] == "payee" and len(named) == len(steps["txid"])


def test_reasons_are_told_for_each_output(chain: satrail.Chain, first: satrail.Output) -> None:
    found = chain.peel_chain(first, max_steps=1)
    steps, peeled = found.steps().to_pydict(), found.peeled().to_pydict()
    form = "is spent by a transaction of 12 inputs and 1 output"
    assert steps["reason"] == [f"output 0 {form}; output 1 is spent as the chain's coins are"]
    assert (steps["decided_by"], steps["features"]) == (["spender"], ["version, locktime, sequence"])
    assert (peeled["ruled_out_by"], peeled["reason"]) == (["form"], [f"it {form}"])


def test_a_chain_without_a_step_says_why(chain: satrail.Chain) -> None:
    unspent = chain.tip.transactions()[0].outputs()[0]
    found = chain.peel_chain(unspent, direction="both")
    assert (len(found), found.stopped) == (0, {"in": "coinbase", "out": "unspent"})
    assert bool(found) and len(found.steps()) == len(found.peeled()) == 0 and found.peeled_total() == 0
    assert "nothing spends the coin" in repr(found) and "<table>" in found._repr_html_()
    assert found.stop().to_pydict()["candidates"] == [None, None]
    assert chain.peel_chain(chain.block(0).transactions()[0].outputs()[0]).stopped == {"out": "lost"}
    assert chain.peel_chain(unspent, max_steps=0).stopped == {"out": "max_steps"}


def test_clusters_tell_that_change_went_back(chain: satrail.Chain) -> None:
    """Where an output pays the payer's own wallet, no other can be the change."""
    clusters = chain.cluster()
    seen: Counter[str] = Counter()
    for start in coins(chain, 7):
        found = chain.peel_chain(f"{start[0]}:{start[1]}", clusters=clusters, max_steps=1, max_inputs=50, max_outputs=3)
        for decided, address, txid in zip(
            *(found.steps().to_pydict()[name] for name in ("decided_by", "change_address", "txid")), strict=True
        ):
            seen[decided] += 1
            if decided == "same_wallet":
                payer = clusters[chain.tx(txid).inputs()[0].address]
                assert address in payer
    assert seen["same_wallet"] > 0 and seen["spender"] > 0


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"output": "no output"}, ValueError, "txid:n"),
        ({"output": 5}, TypeError, "give one output"),
        ({"output": "00" * 32 + ":0"}, satrail.NotInChainError, "no transaction"),
        ({"output": FIRST + ":7"}, satrail.NotInChainError, "none is number 7"),
        ({"direction": "up"}, ValueError, "out, in, both"),
        ({"features": ["versoin"]}, ValueError, "version"),
        ({"max_steps": -1}, ValueError, "max_steps"),
        ({"max_steps": "two"}, TypeError, "max_steps"),
        ({"max_inputs": 0}, ValueError, "max_inputs"),
        ({"max_outputs": 1}, ValueError, "max_outputs"),
        ({"clusters": 5}, TypeError, "chain.cluster()"),
        ({"stop_at": "no address"}, ValueError, "is not an address"),
        ({"stop_at": {1: 2}}, TypeError, "labels nothing"),
    ],
)
def test_bad_input_is_told(chain: satrail.Chain, arguments: dict[str, object], error: type, text: str) -> None:
    with pytest.raises(error, match=text.replace("(", r"\(").replace(")", r"\)")):
        chain.peel_chain(**({"output": FIRST + ":0"} | arguments))


def test_what_is_of_another_time_or_chain_is_refused(
    chain: satrail.Chain, stale: satrail.Chain, first: satrail.Output
) -> None:
    with pytest.raises(ValueError, match="as of height 495"):
        chain.at(300).peel_chain(first, clusters=chain.cluster())
    with pytest.raises(satrail.NotInChainError):
        chain.at(100).peel_chain(first)
    with pytest.raises(ValueError, match="another chain"):
        chain.peel_chain(stale.tip.transactions()[0].outputs()[0])


def test_never_paid_addresses_stop_nothing(chain: satrail.Chain, first: satrail.Output) -> None:
    never = "bcrt1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqdku202"
    assert rows(chain.peel_chain(first, stop_at=[never])) == rows(chain.peel_chain(first))
