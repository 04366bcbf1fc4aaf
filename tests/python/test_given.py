"""What a caller may give: the same thing means the same in every call, or is refused.

The table in docs/given.md is made here: WRITE_PAGES=1 pytest tests/python/test_given.py writes it.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
import satrail
from conftest import ROOT

PAGE = ROOT / "docs" / "given.md"
NEVER = "mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn"

# ---- The calls, by what they take ------------------------------------------------------------------------------------

Ask = Callable[["Scene", Any], object]


@dataclass(frozen=True)
class Scene:
    """A chain, its clusters, and things of it that can be named."""

    chain: satrail.Chain
    clusters: satrail.Clusters
    wallet: satrail.Wallet
    tx: satrail.Transaction
    output: satrail.Output
    trace: satrail.Trace
    folder: Path

    @property
    def address(self) -> satrail.Address:
        return self.output.address


def trace_of(scene: Scene, source: Any, **given: Any) -> object:
    return scene.chain.trace(source, max_tx_hops=3, **given).ledger


def flows_of(scene: Scene, addresses: Any, labels: Any = None) -> object:
    flows = scene.chain.flows(addresses, labels=labels)
    return (flows.received, flows.sent, flows.counterparties().to_pydict())


def compared(scene: Scene, source: Any, **given: Any) -> object:
    return scene.chain.compare_policies(source, ["haircut", "fifo"], max_tx_hops=2, **given).table().to_pydict()


CALLS: dict[str, dict[str, Ask]] = {
    "source": {
        "chain.trace(source)": trace_of,
        "chain.exposure(target)": lambda s, x: (
            s.chain.exposure(x, [s.tx.outputs()[1]], max_tx_hops=3).table().to_pydict()
        ),
        "chain.compare_policies(source)": compared,
    },
    "payments": {
        "chain.convergence(outputs)": lambda s, x: (
            s.chain.convergence(itertools.chain([s.chain.block(9).transactions()[0]], [x]), max_tx_hops=2)
            .payments()
            .to_pydict()
        ),
    },
    "one output": {"chain.peel_chain(output)": lambda s, x: s.chain.peel_chain(x).steps().to_pydict()},
    "stop set, labels": {
        "chain.trace(stop_at)": lambda s, x: trace_of(s, s.tx.inputs()[0].spends, stop_at=x),
        "chain.exposure(labels)": lambda s, x: (
            s.chain.exposure(s.tx.inputs()[0].spends, x, max_tx_hops=3).table().to_pydict()
        ),
        "chain.compare_policies(stop_at)": lambda s, x: compared(s, s.tx.inputs()[0].spends, stop_at=x),
        "chain.convergence(stop_at)": lambda s, x: (
            s.chain.convergence(
                [s.tx.inputs()[0].spends, s.chain.block(9).transactions()[0].outputs()[0]], stop_at=x, max_tx_hops=3
            )
            .meetings()
            .to_pydict()
        ),
        "chain.peel_chain(stop_at)": lambda s, x: (
            s.chain.peel_chain(s.tx.inputs()[0].spends, stop_at=x).stop().to_pydict()
        ),
        "chain.flows(labels)": lambda s, x: flows_of(s, s.tx.inputs()[0].address, x),
    },
    "addresses": {"chain.flows(addresses)": flows_of},
    "list of addresses": {
        "chain.addresses(texts)": lambda s, x: (
            (found := s.chain.addresses(x)).summary().to_pydict(),
            len(found.rejected()) if callable(found.rejected) else len(found.rejected),
        ),
        "clusters.of(addresses)": lambda s, x: s.clusters.of(x).to_pydict(),
    },
    "one address": {
        "clusters.why(a, b)": lambda s, x: len(s.clusters.why(x, s.address)),
        "clusters.bridges(a, b)": lambda s, x: [tx.txid for tx in s.clusters.bridges(x, s.address)],
    },
    "clusters": {
        "clusters[addresses]": lambda s, x: s.clusters[x].cluster_ids,
        "clusters.members(cluster)": lambda s, x: s.clusters.members(x).to_pydict(),
        "clusters.transfers(clusters)": lambda s, x: s.clusters.transfers(x).to_pydict(),
        "clusters.between(a, b)": lambda s, x: s.clusters.between(x, s.wallet).to_pydict(),
    },
    "ends of paths": {
        "trace.paths(end)": lambda s, x: s.trace.paths("source", x, k=2).to_pydict(),
        "trace.choke_points(ends)": lambda s, x: s.trace.choke_points(x, share=0.1).to_pydict(),
        "trace.min_cut(end)": lambda s, x: s.trace.min_cut("source", x).to_pydict(),
    },
    "cannot-link": {
        "chain.cluster(cannot_link)": lambda s, x: s.chain.cluster(cannot_link=x).refused().to_pydict(),
    },
}


@pytest.fixture(scope="session")
def scene(chain: satrail.Chain, tmp_path_factory: pytest.TempPathFactory) -> Scene:
    clusters = chain.cluster()
    wallet = clusters.largest(1)[0]
    # A payment with change to an address of a wallet that was paid more than once: every call has an answer to give.
    for height in range(len(chain)):
        for tx in chain.block(height).transactions()[1:]:
            first, *others = tx.outputs()
            known = len(others) == 1 and first.address in wallet and all(output.address.text for output in tx.outputs())
            if known and len(first.address.outputs()) > 1:
                trace = chain.trace(tx.inputs()[0].spends, max_tx_hops=3)
                return Scene(chain, clusters, wallet, tx, first, trace, tmp_path_factory.mktemp("given"))
    raise AssertionError("no such payment")


# ---- What is given ---------------------------------------------------------------------------------------------------


def later(scene: Scene) -> satrail.Address:
    """An address of another chain object, first paid after its height."""
    return scene.chain.block(scene.chain.height).transactions()[0].outputs()[0].address


def kinds(scene: Scene) -> dict[str, Callable[[], Any]]:
    output, tx, address = scene.output, scene.tx, scene.address
    text = str(address.text)
    (scene.folder / "list.csv").write_text(f"address\n{text}\n")
    pl.DataFrame({"address": [text]}).write_parquet(scene.folder / "list.parquet", compression="snappy")
    return {
        "`Output`": lambda: output,
        '`"txid:n"`': lambda: output.outpoint,
        "`Transaction`": lambda: tx,
        "txid": lambda: tx.txid,
        "`Address`": lambda: address,
        "address text": lambda: text,
        "script hex": lambda: address.script,
        "text never paid": lambda: NEVER,
        "`AddressSet`": lambda: scene.chain.addresses([text]),
        "`Wallet`": lambda: scene.wallet,
        "`Clusters`": lambda: scene.clusters,
        "cluster id (int)": lambda: scene.wallet.cluster_ids[0],
        "table: txid, position": lambda: pl.DataFrame({"txid": [tx.txid], "position": [output.position]}),
        "table: address": lambda: pl.DataFrame({"address": [text]}),
        "table: address, label": lambda: pl.DataFrame({"address": [text], "label": ["x"]}),
        "column of texts": lambda: pl.Series([text]),
        "NumPy array of texts": lambda: np.array([text]),
        "path of CSV": lambda: scene.folder / "list.csv",
        "path of Parquet": lambda: scene.folder / "list.parquet",
        "list": lambda: [address],
        "set": lambda: {address},
        "generator": lambda: (item for item in [address]),
        "mapping name: list": lambda: {"x": [address]},
        "mapping address: label": lambda: {address: "x"},
        "list of tuples": lambda: [(address, scene.tx.outputs()[1])],
        "float, bytes": lambda: 2.5,
        "list that holds itself": lambda: holding_itself(),
    }


def holding_itself() -> list[Any]:
    endless: list[Any] = []
    endless.append(endless)
    return endless


def deep(levels: int = 10_000) -> list[Any]:
    nested: list[Any] = []
    for _ in range(levels):
        nested = [nested]
    return nested


def answer(ask: Ask, scene: Scene, given: Any) -> tuple[str, object]:
    """What came of it: "taken" with the answer, or how it was refused."""
    try:
        return "taken", ask(scene, given)
    except satrail.NotInChainError:
        return "not in chain", None
    except satrail.NotJoinedError:
        return "taken", "not joined"
    except FileNotFoundError:
        return "a path", None
    except (TypeError, ValueError) as error:
        assert "\n" not in str(error)
        return "refused", None


def meanings(scene: Scene) -> dict[str, Callable[[], Any]]:
    """What something can mean, in the most explicit form; the first that gives the same answer is the meaning."""
    members = [str(text) for text in scene.wallet.members().to_pydict()["address"]]
    paying = scene.address.outputs()
    numbers = scene.wallet.members().to_pydict()["address_number"]
    everything = [output for number in numbers for output in scene.chain._object("address", number).outputs()]  # type: ignore[attr-defined]
    return {
        "the output": lambda: [scene.output],
        "its outputs": lambda: scene.tx.outputs(),
        "what pays it": lambda: paying,
        "what pays its addresses": lambda: everything,
        "nobody": lambda: [],
        "the address": lambda: [scene.address],
        "its addresses": lambda: members,
        "the wallet": lambda: [scene.wallet],
        "its cluster": lambda: [scene.wallet.cluster_ids[0]],
        "labelled x": lambda: {"x": [scene.address]},
    }


#: Meanings that are told apart, by what is taken.
TOLD = {
    "source": ["the output", "its outputs", "what pays it", "what pays its addresses"],
    "payments": ["the output", "its outputs", "what pays it", "what pays its addresses"],
    "one output": [],
    "stop set, labels": ["nobody", "the address", "labelled x", "the wallet"],
    "addresses": ["nobody", "the address", "the wallet"],
    "list of addresses": ["nobody", "the address", "its addresses"],
    "one address": [],
    "clusters": ["its cluster"],
    "ends of paths": ["the output", "its outputs", "the address", "the wallet"],
    "cannot-link": [],
}


def verdict(scene: Scene, group: str, given: Callable[[], Any]) -> str:
    """What all calls of a group make of something; they must agree."""
    outcomes, common = set(), set(TOLD[group])
    for ask in CALLS[group].values():
        outcome, found = answer(ask, scene, given())
        outcomes.add(outcome)
        if outcome == "taken":
            common &= {name for name in common if answer(ask, scene, meanings(scene)[name]())[1] == found}
    assert len(outcomes) == 1, (group, outcomes)
    (outcome,) = outcomes
    return next((name for name in TOLD[group] if outcome == "taken" and name in common), outcome)


def table(scene: Scene) -> str:
    groups = list(CALLS)
    rows = [["given", *groups], ["---"] * (len(groups) + 1)]
    for kind, given in kinds(scene).items():
        rows.append([kind, *(verdict(scene, group, given) for group in groups)])
    return "\n".join("| " + " | ".join(row) + " |" for row in rows) + "\n"


def test_the_page_says_what_every_call_makes_of_everything(scene: Scene) -> None:
    text = PAGE.read_text()
    before, after = text.split("<!-- table -->\n")
    found = table(scene)
    if os.environ.get("WRITE_PAGES"):
        PAGE.write_text(f"{before}<!-- table -->\n{found}")
    assert after == found


def test_the_page_names_all_calls() -> None:
    text = PAGE.read_text()
    for calls in CALLS.values():
        for call in calls:
            assert f"`{call}`" in text, call


# ---- Several things, in any form -------------------------------------------------------------------------------------


def forms(items: list[str]) -> dict[str, Callable[[], Any]]:
    """The same texts in every form that holds several, without labels; the list is in the order that a set gets."""
    return {
        "list": lambda: items,
        "tuple": lambda: tuple(items),
        "set": lambda: set(items),
        "frozenset": lambda: frozenset(items),
        "generator": lambda: (item for item in items),
        "dict.values()": lambda: dict(enumerate(items)).values(),
        "list of lists": lambda: [items[:1], [items[1:]]],
        "NumPy array": lambda: np.array(items),
        "NumPy array of objects": lambda: np.array(items, dtype=object),
        "pandas Series": lambda: pd.Series(items),
        "polars Series": lambda: pl.Series(items),
        "categories": lambda: pl.Series(items, dtype=pl.Categorical),
        "polars frame": lambda: pl.DataFrame({"address": items}),
        "pandas frame": lambda: pd.DataFrame({"address": items}),
        "Arrow table": lambda: pl.DataFrame({"address": items}).to_arrow(),
    }


def mappings(items: list[str]) -> dict[str, Callable[[], Any]]:
    """The same texts with labels."""
    labelled = dict.fromkeys(items, "x")
    return {
        "mapping of labels": lambda: {"x": items},
        "proxy of labels": lambda: MappingProxyType({"x": items}),
        "mapping to labels": lambda: labelled,
        "proxy to labels": lambda: MappingProxyType(labelled),
        "list of mappings": lambda: [{item: "x"} for item in items],
        "polars frame": lambda: pl.DataFrame({"address": items, "label": ["x"] * len(items)}),
        "pandas frame": lambda: pd.DataFrame({"address": items, "label": ["x"] * len(items)}),
    }


GROUPED = [(group, call) for group, calls in CALLS.items() for call in calls]


def held_alike(scene: Scene, group: str, call: str, given: dict[str, Callable[[], Any]]) -> str:
    found = {name: answer(CALLS[group][call], scene, make()) for name, make in given.items()}
    first = next(iter(found.values()))
    different = {name: outcome for name, outcome in found.items() if outcome != first}
    assert not different, (first, different)
    return first[0]


@pytest.mark.parametrize(("group", "call"), GROUPED)
def test_all_forms_of_several_things_give_equal_answers(scene: Scene, group: str, call: str) -> None:
    texts = sorted(str(text) for text in scene.wallet.members().to_pydict()["address"][:3])
    given = forms(texts)
    if group == "cannot-link":
        # A list of lists is what it takes.
        del given["list of lists"]
    outcome = held_alike(scene, group, call, given)
    assert outcome == ("refused" if group in ("one output", "one address", "cannot-link") else "taken")


@pytest.mark.parametrize("call", CALLS["stop set, labels"])
def test_all_forms_of_labels_give_equal_answers(scene: Scene, call: str) -> None:
    texts = sorted(str(text) for text in scene.wallet.members().to_pydict()["address"][:3])
    assert held_alike(scene, "stop set, labels", call, mappings(texts)) == "taken"


@pytest.mark.parametrize(
    ("group", "call"), [case for case in GROUPED if case[0] in ("source", "payments", "ends of paths")]
)
def test_tables_of_outputs_are_lists_of_outputs(scene: Scene, group: str, call: str) -> None:
    outputs = sorted(scene.tx.outputs(), key=lambda output: output.outpoint)
    rows = {"txid": [scene.tx.txid] * len(outputs), "position": [output.position for output in outputs]}
    given: dict[str, Callable[[], Any]] = {
        "list": lambda: outputs,
        "set": lambda: set(outputs),
        "texts": lambda: {output.outpoint for output in outputs},
        "mapping": lambda: {output.outpoint: output for output in outputs},
        "polars frame": lambda: pl.DataFrame(rows),
        "pandas frame": lambda: pd.DataFrame(rows),
    }
    assert held_alike(scene, group, call, given) == "taken"


def test_owners_may_be_given_in_any_form(scene: Scene) -> None:
    a, *others, b = (str(text) for text in scene.wallet.members().to_pydict()["address"])
    given: dict[str, Callable[[], Any]] = {
        "mapping": lambda: {"x": [a], "y": [b]},
        "proxy": lambda: MappingProxyType({"x": {a}, "y": (item for item in [b])}),
        "frame": lambda: pl.DataFrame({"address": [a, b], "label": ["x", "y"]}),
        "list": lambda: [(a, b)],
        "set": lambda: {(a, b)},
        "generator": lambda: (pair for pair in [(a, b)]),
        "values": lambda: {"pair": [a, b]}.values(),
    }
    assert held_alike(scene, "cannot-link", "chain.cluster(cannot_link)", given) == "taken"
    assert scene.chain.cluster(cannot_link=[(a, b)]).refused().to_pydict()["txid"]
    assert others


def test_wallets_bring_their_clusters_however_they_are_given(scene: Scene) -> None:
    chain, wallet, start = scene.chain, scene.wallet, scene.tx.inputs()[0].spends
    for given in (
        [wallet],
        (item for item in [wallet]),
        {"x": wallet}.values(),
        {"x": wallet},
        {"x": [wallet]},
        [[wallet]],
    ):
        assert chain.trace(given, max_tx_hops=1).clusters is not None
    for labels in ([wallet], {wallet: "x"}, MappingProxyType({"x": wallet}), {"x": (item for item in [wallet])}):
        assert chain.trace(start, max_tx_hops=1, stop_at=labels).clusters is not None
    wallets = chain.flows(scene.address, labels={"x": wallet}).counterparties().to_pydict()["cluster_id"]
    assert any(number is not None for number in wallets)


@pytest.mark.parametrize(("group", "call"), GROUPED)
def test_endless_and_deep_lists_are_errors(scene: Scene, group: str, call: str) -> None:
    mapping: dict[str, Any] = {}
    mapping["x"] = mapping
    for given in (holding_itself(), deep(), mapping):
        assert answer(CALLS[group][call], scene, given)[0] == "refused"


#: Calls of an earlier height with an address that is first paid later; `start` is there already.
TOO_LATE: dict[str, Callable[[satrail.Chain, satrail.Output, satrail.Address], object]] = {
    "trace": lambda past, start, later: past.trace(later),
    "trace, in a list": lambda past, start, later: past.trace([start, later]),
    "trace, stop_at": lambda past, start, later: past.trace(start, stop_at=[later]),
    "trace, labels": lambda past, start, later: past.trace(start, stop_at={later: "x"}),
    "exposure": lambda past, start, later: past.exposure(start, {"x": {later}}),
    "compare_policies": lambda past, start, later: past.compare_policies(start, stop_at=[later]),
    "convergence": lambda past, start, later: past.convergence([start, start], stop_at=later),
    "peel_chain": lambda past, start, later: past.peel_chain(start, stop_at=later),
    "flows": lambda past, start, later: past.flows(later),
    "flows, labels": lambda past, start, later: past.flows(start, labels={later: "x"}),
    "cannot_link": lambda past, start, later: past.cluster(cannot_link=[(later, start)]),
    "clusters[...]": lambda past, start, later: past.cluster()[later],
    "members": lambda past, start, later: past.cluster().members(later),
    "why": lambda past, start, later: past.cluster().why(later, start),
    "paths": lambda past, start, later: past.trace(start).paths("source", later),
    "min_cut": lambda past, start, later: past.trace(start).min_cut("source", [later]),
}


@pytest.mark.parametrize("call", TOO_LATE)
def test_an_address_above_the_height_is_refused_in_the_same_words(chain: satrail.Chain, call: str) -> None:
    outputs = (output for tx in chain.block(300).transactions() for output in tx.outputs())
    later = next(output.address for output in outputs if output.address.first_height() == 300)
    past = chain.at(299)
    start = past.block(150).transactions()[0].outputs()[0]
    with pytest.raises(
        satrail.NotInChainError, match=r"^address .* is not in the chain up to height 299: nothing was ever paid to it$"
    ):
        TOO_LATE[call](past, start, later)
