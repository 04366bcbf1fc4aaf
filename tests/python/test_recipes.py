"""Recipes: every result says which call made it, and is made again from that; equality and pickles stand on it."""

from __future__ import annotations

import json
import multiprocessing
import pickle
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import satrail
from conftest import BLOCKS
from satrail import change

CHARITY = BLOCKS / "charity.csv"


def coinbase(chain: satrail.Chain, height: int) -> satrail.Output:
    return chain.output(f"{first(chain, height)}:0")


def first(chain: satrail.Chain, height: int) -> str:
    return chain.transactions(height, height + 1, columns=["txid"]).to_pydict()["txid"][0]


def everybody(chain: satrail.Chain) -> satrail.Clusters:
    return chain.cluster(["co_spend", "same_key"])


def two_largest(chain: satrail.Chain) -> tuple[satrail.Wallet, satrail.Wallet]:
    a, b = everybody(chain).largest(2)
    return a, b


def proof(chain: satrail.Chain, shortest: bool) -> satrail.Proof:
    members = chain.cluster().largest(1)[0].members().to_pydict()["address"]
    return chain.cluster().why(members[0], members[-1], shortest=shortest)


def never_together(chain: satrail.Chain) -> dict[str, list[str]]:
    members = chain.cluster().largest(1)[0].members().to_pydict()["address"]
    return {"a": members[:1], "b": members[-1:]}


#: One result of every class that a call on a chain makes, some in several ways.
RESULTS: dict[str, Callable[[satrail.Chain], Any]] = {
    "clusters": lambda chain: chain.cluster(),
    "clusters of an earlier height": lambda chain: chain.cluster().at(200),
    "clusters by several rules": everybody,
    "clusters with CoinJoins": lambda chain: chain.cluster(coinjoin="include"),
    "clusters with constraints": lambda chain: chain.cluster(cannot_link=never_together(chain)),
    "clusters by a change rule": lambda chain: chain.cluster(["co_spend", "optimal"]),
    "clusters by combined change rules": lambda chain: chain.cluster(
        (change.fresh() & change.power_of_ten(3) | change.optimal(with_fee=True) - change.spent()).unique()
    ),
    "clusters by a rule with a list": lambda chain: chain.cluster(
        change.one_time_change(wait=3600, gambling=[coinbase(chain, 120).address.text], skip_self_change=True)
    ),
    "clusters by features": lambda chain: chain.cluster(change.fingerprint(["version", "locktime"])),
    "clusters by prices": lambda chain: chain.cluster(
        change.round_fiat({"2011-01-01": 0.3, "2024-01-01": 40_000.5}, unit=5, tolerance=0.002)
    ),
    "clusters by a table": lambda chain: chain.cluster(
        change.table("mine", [(first(chain, height), 0) for height in (150, 151)])
    ),
    "wallet": lambda chain: two_largest(chain)[0],
    "wallet of several clusters": lambda chain: everybody(chain)[chain.addresses(CHARITY)],
    "proof": lambda chain: proof(chain, shortest=False),
    "shortest proof": lambda chain: proof(chain, shortest=True),
    "comparison": lambda chain: chain.cluster().compare(chain.cluster(coinjoin="include")),
    "trace": lambda chain: chain.trace(coinbase(chain, 150), max_tx_hops=4),
    "trace back": lambda chain: chain.at(300).trace(first(chain, 150), direction="in", policy="fifo", max_tx_hops=3),
    "trace of a table": lambda chain: chain.trace(chain.outputs(150, 152, columns=["txid", "position"]), max_tx_hops=2),
    "trace with everything": lambda chain: chain.trace(
        {"first": coinbase(chain, 110), "second": chain.addresses(CHARITY)},
        stop_at={two_largest(chain)[1]: "somebody"},
        clusters=everybody(chain),
        policy="lifo",
        max_hops=3,
        min_value=1000,
        since="2012-01-01",
        until=400,
    ),
    "exposure": lambda chain: chain.exposure(two_largest(chain)[0], {two_largest(chain)[1]: "somebody"}),
    "trace of an exposure": lambda chain: (
        chain.exposure(coinbase(chain, 150), {two_largest(chain)[1]: "somebody"}).trace
    ),
    "policies": lambda chain: chain.compare_policies(coinbase(chain, 150), ["haircut", "fifo"], max_tx_hops=3),
    "policies and clusterings": lambda chain: chain.compare_policies(
        coinbase(chain, 150), ["haircut"], clusters={"both": everybody(chain), "one": chain.cluster()}, max_tx_hops=3
    ),
    "graph": lambda chain: chain.trace(coinbase(chain, 150), max_tx_hops=3).graph("address"),
    "graph of wallets": lambda chain: chain.trace(two_largest(chain)[0], max_tx_hops=1).graph(),
    "flows": lambda chain: chain.flows(chain.addresses(CHARITY), by="year"),
    "flows of a wallet": lambda chain: chain.flows(two_largest(chain)[0], labels={two_largest(chain)[1]: "somebody"}),
    "peel chain": lambda chain: chain.peel_chain(coinbase(chain, 150), direction="both", max_steps=5),
    "peel chain with clusters": lambda chain: chain.peel_chain(
        coinbase(chain, 150), clusters=everybody(chain), stop_at=two_largest(chain)[1], features=["version", "locktime"]
    ),
    "convergence": lambda chain: chain.convergence([coinbase(chain, h) for h in (110, 111, 111)]),
    "convergence in wallets": lambda chain: chain.convergence(
        [coinbase(chain, h) for h in (110, 111)], clusters=everybody(chain), max_tx_hops=5
    ),
}


@pytest.fixture(scope="module")
def results(chain: satrail.Chain) -> dict[str, Any]:
    return {name: make(chain) for name, make in RESULTS.items()}


@pytest.fixture(scope="module")
def other_chain(tmp_path_factory: pytest.TempPathFactory) -> satrail.Chain:
    """The same blocks in a store of its own."""
    path = tmp_path_factory.mktemp("other") / "regtest.satrail"
    satrail.ingest(BLOCKS, path, threads=1, progress=False)
    return satrail.open(path)


@pytest.mark.parametrize("name", RESULTS)
def test_a_result_is_made_again_from_its_recipe(chain: satrail.Chain, results: dict[str, Any], name: str) -> None:
    result = results[name]
    again = satrail.rerun(chain, result.recipe)
    assert type(again) is type(result)
    assert again == result
    assert hash(again) == hash(result)
    assert repr(again) == repr(result)


@pytest.mark.parametrize("name", RESULTS)
def test_the_same_call_makes_an_equal_result(chain: satrail.Chain, results: dict[str, Any], name: str) -> None:
    assert RESULTS[name](chain) == results[name]
    assert len({RESULTS[name](chain), results[name]}) == 1


def test_no_two_different_results_are_equal(results: dict[str, Any]) -> None:
    digests = {name: result.recipe.digest for name, result in results.items()}
    assert len(set(digests.values())) == len(digests)
    assert len(set(results.values())) == len(results)
    assert results["trace"] != results["clusters"]
    assert results["trace"] != "trace"


@pytest.mark.parametrize("name", RESULTS)
def test_a_recipe_is_the_same_for_every_store_of_the_chain(
    other_chain: satrail.Chain, results: dict[str, Any], name: str
) -> None:
    assert str(RESULTS[name](other_chain).recipe) == str(results[name].recipe)
    assert satrail.rerun(other_chain, str(results[name].recipe)) == results[name]


@pytest.mark.parametrize("name", RESULTS)
def test_a_recipe_is_canonical_json_without_floats_and_paths(results: dict[str, Any], name: str) -> None:
    text = str(results[name].recipe)
    value = json.loads(text, parse_float=lambda number: pytest.fail(f"{number} is not whole"))
    assert value["recipe"] == 1
    # Keys here are ASCII, so Python's order of texts is that of UTF-16 code units.
    assert text == json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert str(BLOCKS) not in text
    assert ".satrail" not in text


@pytest.mark.parametrize("name", RESULTS)
def test_the_digest_is_that_of_the_parts_that_docs_name(results: dict[str, Any], name: str) -> None:
    recipe = results[name].recipe

    def digest(value: object) -> str:
        text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return sha256(text.encode()).hexdigest()

    def check(value: dict[str, Any]) -> str:
        for name, content in value.get("inputs", {}).items():
            assert digest(content) == name
        for name, part in value.get("results", {}).items():
            assert check(part) == name
        return digest({name: value[name] for name in ("recipe", "chain", "call", "arguments")})

    assert check(json.loads(str(recipe))) == recipe.digest


def pickled(data: bytes) -> tuple[int, str, bytes]:
    """What another process makes of a pickle."""
    result = pickle.loads(data)
    return hash(result), result.recipe.digest, pickle.dumps(result)


@pytest.mark.parametrize("method", ["spawn", "fork"] if hasattr(multiprocessing, "get_context") else ["spawn"])
def test_every_result_goes_to_another_process_and_back(results: dict[str, Any], method: str) -> None:
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"this system has no {method}")
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context(method)) as pool:
        answers = list(pool.map(pickled, [pickle.dumps(result) for result in results.values()]))
    for (name, result), (there, digest, data) in zip(results.items(), answers, strict=True):
        assert (there, digest) == (hash(result), result.recipe.digest), name
        assert pickle.loads(data) == result, name


def test_a_rule_that_is_a_python_function_cannot_be_made_again(chain: satrail.Chain) -> None:
    rule = satrail.change.function("the last one", lambda table: [False] * len(table))
    clusters = chain.cluster(["co_spend", rule])
    assert not clusters.recipe.rerunnable
    assert clusters == chain.cluster(["co_spend", rule])
    with pytest.raises(ValueError, match='Python function "the last one"'):
        satrail.rerun(chain, clusters.recipe)
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(clusters)


def test_a_recipe_reads_like_a_mapping(chain: satrail.Chain) -> None:
    recipe = chain.cluster().recipe
    value = json.loads(str(recipe))
    assert dict(recipe) == value == {name: recipe[name] for name in recipe}
    assert len(recipe) == len(value)
    assert "call" in recipe
    assert "caller" not in recipe
    with pytest.raises(KeyError):
        recipe["caller"]
    assert satrail.Recipe(value) == satrail.Recipe(str(recipe)) == recipe == pickle.loads(pickle.dumps(recipe))
    assert hash(satrail.Recipe(value)) == hash(recipe)


def test_the_identity_of_a_chain_is_its_network_height_and_block(
    chain: satrail.Chain, other_chain: satrail.Chain
) -> None:
    assert chain.identity == ("regtest", chain.height, chain.tip.hash) == other_chain.identity
    assert chain == other_chain
    assert chain.at(100).identity == ("regtest", 100, chain.block(100).hash)
    assert chain.cluster().recipe["chain"] == {"network": "regtest", "height": chain.height, "block": chain.tip.hash}


def changed(recipe: satrail.Recipe, /, **parts: object) -> dict[str, object]:
    return {**dict(recipe), **parts}


def test_a_recipe_of_another_chain_or_a_later_height_is_refused(chain: satrail.Chain) -> None:
    recipe = chain.cluster().recipe
    where = recipe["chain"]
    with pytest.raises(ValueError, match="as of height 495, and this chain ends at 100"):
        satrail.rerun(chain.at(100), recipe)
    with pytest.raises(ValueError, match=r"chain of regtest, and the recipe is of mainnet"):
        satrail.rerun(chain, changed(recipe, chain={**where, "network": "mainnet"}))
    with pytest.raises(ValueError, match="of another chain: its block at height 495"):
        satrail.rerun(chain, changed(recipe, chain={**where, "block": "00" * 32}))
    with pytest.raises(ValueError, match="by network, height and block"):
        satrail.rerun(chain, changed(recipe, chain={}))


def test_what_a_recipe_cannot_be_is_told_in_a_sentence(chain: satrail.Chain) -> None:
    recipe = chain.trace(coinbase(chain, 150), max_tx_hops=2).recipe
    arguments = recipe["arguments"]
    for value, reason in [
        (changed(recipe, call="chain.guess"), 'no call "chain.guess"'),
        (changed(recipe, recipe=2), "version 2"),
        (changed(recipe, more=1), 'no member "more"'),
        (changed(recipe, inputs={}), "does not hold it"),
        (changed(recipe, arguments={}), "has no source"),
        (changed(recipe, arguments={**arguments, "budget": -1}), "budget=-1"),
        (changed(recipe, arguments={**arguments, "policy": "fair"}), 'unknown policy "fair"'),
        (changed(recipe, inputs={name: [] for name in recipe["inputs"]}), "does not have this digest"),
        ("no JSON", "not JSON"),
        ("[]", "JSON object"),
        ({}, "no version"),
    ]:
        with pytest.raises(ValueError, match=reason):
            satrail.rerun(chain, value)
    clusters = chain.cluster().recipe
    rules = [{"rule": "co_spend", "version": 99}]
    with pytest.raises(ValueError, match="version 99 of co_spend, and this satrail has version"):
        satrail.rerun(chain, changed(clusters, arguments={**clusters["arguments"], "rules": rules}))


def test_deep_nesting_is_refused_and_does_no_harm(chain: satrail.Chain) -> None:
    for text in ["[" * 100_000, '{"recipe":1,"results":' * 50_000]:
        with pytest.raises(ValueError, match="not JSON"):
            satrail.Recipe(text)


def test_clusters_are_iterated_wallet_by_wallet_each_once(chain: satrail.Chain) -> None:
    clusters = chain.cluster()
    wallets = list(clusters)
    assert len(wallets) == len(set(wallets)) == len(clusters)
    assert sum(wallet.size() for wallet in wallets) == sum(clusters.table().to_pydict()["size"])
    assert all(wallet in clusters for wallet in wallets[:5])
    assert wallets[0] not in chain.at(300).cluster()
    address = wallets[0].members().to_pydict()["address"][0]
    assert address in clusters
    assert clusters[address] == wallets[0]
    assert {clusters[address]: "x"}[wallets[0]] == "x"


def test_what_the_constraints_are_is_part_of_the_recipe(chain: satrail.Chain) -> None:
    groups = never_together(chain)
    clusters = chain.cluster(cannot_link=groups)
    swapped = {"b": groups["b"], "a": groups["a"]}
    assert clusters.recipe["arguments"]["cannot_link"].keys() == {"input"}
    assert clusters != chain.cluster()
    assert len(chain.cluster(cannot_link=swapped).refused()) == len(clusters.refused())


def test_the_kept_clusters_are_found_by_the_recipe(tmp_path: Path) -> None:
    satrail.ingest(BLOCKS, tmp_path / "store", progress=False)
    chain = satrail.open(tmp_path / "store")
    clusters = chain.cluster()
    names = {path.stem for path in (tmp_path / "store" / "clusters").glob("*.text")}
    text = json.dumps(clusters.recipe["arguments"], sort_keys=True, separators=(",", ":"))
    assert names == {sha256(text.encode()).hexdigest()[:16]}


def truths(chain: satrail.Chain, folder: Path) -> dict[str, satrail.Truth]:
    miner, payee = (coinbase(chain, height).address.text for height in (150, 151))
    payments = chain.transactions(300, 301, columns=["txid"]).to_pydict()["txid"][1:4]
    return {
        "given": satrail.Truth.of(chain, {"ann": [miner], "bob": [payee]}, transactions={"payment": payments}),
        "of the chain": satrail.truth.from_chain(chain, folds=[0, 1, 2, 3, 4]),
        "simulated": satrail.truth.read(folder),
    }


def evaluations(chain: satrail.Chain, folder: Path) -> dict[str, tuple[Any, satrail.Truth]]:
    known = truths(chain, folder)
    made = {
        "clusters": (chain.cluster(), known["given"]),
        "a trace": (chain.trace(coinbase(chain, 150), max_tx_hops=3), known["given"]),
        "a shape": ("joinmarket", known["given"]),
        "a rule": (change.optimal() - change.fresh(), known["of the chain"]),
    }
    return {name: (satrail.evaluate(what, truth), truth) for name, (what, truth) in made.items()}


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("simulated") / "city"
    satrail.simulate("city", folder, seed=3, scale=0.02, progress=False)
    return folder


def test_truths_compare_by_content_and_pickle(chain: satrail.Chain, simulated: Path) -> None:
    known, again = truths(chain, simulated), truths(chain, simulated)
    for name, truth in known.items():
        assert truth == again[name] == pickle.loads(pickle.dumps(truth)), name
        assert len({truth, again[name]}) == 1, name
    assert len(set(known.values())) == len(known)


def test_evaluations_are_made_again_with_their_truth(chain: satrail.Chain, simulated: Path) -> None:
    for name, (evaluation, truth) in evaluations(chain, simulated).items():
        again = satrail.rerun(chain, str(evaluation.recipe), truth)
        assert type(again) is type(evaluation), name
        assert again == evaluation == pickle.loads(pickle.dumps(evaluation)), name
        assert hash(again) == hash(evaluation), name
        assert repr(again) == repr(evaluation), name
        assert evaluation.recipe["arguments"]["truth"] == truth.digest, name
        with pytest.raises(ValueError, match=f"made with the truth {truth.digest}; give it as truth="):
            satrail.rerun(chain, evaluation.recipe)
        with pytest.raises(ValueError, match="and the one that is given is"):
            satrail.rerun(chain, evaluation.recipe, satrail.Truth.of(chain, {"x": [coinbase(chain, 160).address.text]}))


def test_rates_of_a_simulated_chain_pickle_with_its_folder(simulated: Path, tmp_path: Path) -> None:
    satrail.ingest(simulated / "blocks", tmp_path / "store", progress=False)
    chain, truth = satrail.open(tmp_path / "store"), satrail.truth.read(simulated)
    rates = satrail.evaluate(change.power_of_ten(4), truth, chain=chain)
    assert pickle.loads(pickle.dumps(rates)) == rates
    assert rates != satrail.evaluate(change.power_of_ten(5), truth, chain=chain)


def test_a_date_stands_in_the_recipe_as_its_height_and_as_it_was_written(chain: satrail.Chain) -> None:
    at = chain.block(200).median_time
    by_date = chain.trace(coinbase(chain, 150), since=at.isoformat(), until="2024-01-05")
    by_height = chain.trace(coinbase(chain, 150), since=by_date.limits["since"], until=10**30)
    assert by_date.recipe["as_given"] == {"since": at.isoformat(), "until": "2024-01-05"}
    assert "as_given" not in by_height.recipe
    assert by_date == by_height
    assert by_date.recipe.digest == by_height.recipe.digest
    assert by_date.limits["until"] == len(chain)
    assert satrail.rerun(chain, str(by_date.recipe)).recipe["as_given"] == by_date.recipe["as_given"]


def test_the_largest_limits_have_recipes(chain: satrail.Chain) -> None:
    trace = chain.trace(coinbase(chain, 150), min_value=2**64 - 1, until=2**63)
    assert satrail.rerun(chain, trace.recipe) == trace
