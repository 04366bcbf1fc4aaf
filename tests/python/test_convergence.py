"""Where payments gather: against the oracle, by hand, and bad input."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import satrail
from chains.by_hand import address, chain_of, mint, pay
from chains.random_blocks import op_return, random_chain
from conftest import write_blocks
from oracles import chain as oracle
from oracles import convergence as convergence_oracle
from oracles.chain import OracleChain
from oracles.cluster import address_numbers
from test_flows import of_numbers, opened

Coin = tuple[str, int]


def numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(", ")]


def coins(chain: satrail.Chain) -> list[Coin]:
    table = chain.outputs(columns=["txid", "position", "is_lost"]).to_pydict()
    rows = zip(table["txid"], table["position"], table["is_lost"], strict=True)
    return [(txid, position) for txid, position, lost in rows if not lost]


def check(
    truth: OracleChain,
    chain: satrail.Chain,
    payments: list[Coin],
    clusters: satrail.Clusters | None = None,
    max_tx_hops: int | None = None,
    stop_at: tuple[bytes, ...] = (),
) -> satrail.Convergence:
    known = address_numbers(truth, chain.height)
    labels = None if clusters is None else of_numbers(clusters, known)
    stopped = set(stop_at)
    if labels is not None:
        names = {labels[known[script]] for script in stop_at}
        stopped = {script for script, number in known.items() if labels[number] in names}
    expected = convergence_oracle.convergence(
        truth,
        payments,
        chain.height,
        wallet=None if labels is None else lambda script: labels[known[script]],
        max_tx_hops=max_tx_hops,
        stop_at=stopped,
    )
    texts = [f"{txid}:{position}" for txid, position in payments]
    found = chain.convergence(
        texts, clusters=clusters, max_tx_hops=max_tx_hops, stop_at=[script.hex() for script in stop_at]
    )
    table = found.meetings().to_pydict()
    hops = [
        dict(zip(numbers(p), numbers(h), strict=True)) for p, h in zip(table["payments"], table["tx_hops"], strict=True)
    ]
    assert list(zip(table["at_least"], table["txid"], hops, strict=True)) == expected.meetings
    wallets = found.wallets().to_pydict()
    rows = (wallets[name] for name in ("at_least", "cluster_id", "txid"))
    came = [numbers(text) for text in wallets["payments"]]
    assert [(*row, c) for row, c in zip(zip(*rows, strict=True), came, strict=True)] == expected.wallets
    assert found.payments().to_pydict()["transactions_reached"] == expected.reached
    check_paths(chain, found, payments)
    return found


def check_paths(chain: satrail.Chain, found: satrail.Convergence, payments: list[Coin]) -> None:
    """Every way begins at its payment, goes on by coins of the transaction that spends the last one, and ends there."""
    for table, meetings in (
        (found.paths().to_pydict(), found.meetings()),
        (found.wallet_paths().to_pydict(), found.wallets()),
    ):
        last = {name: values[-1:] for name, values in meetings.to_pydict().items()}
        if not last["at_least"]:
            assert table["payment"] == []
            continue
        hops = dict(zip(numbers(last["payments"][0]), numbers(last["tx_hops"][0]), strict=True))
        assert sorted(set(table["payment"])) == sorted(hops)
        for payment, tx_hops in hops.items():
            rows = [at for at, row in enumerate(table["payment"]) if row == payment]
            way = [(table["txid"][at], table["position"][at]) for at in rows]
            assert way[0] == payments[payment] and [table["tx_hop"][at] for at in rows] == list(range(len(rows)))
            nexts = [table["next_txid"][at] for at in rows]
            assert nexts[:-1] == [txid for txid, _ in way[1:]]
            for (txid, position), then in zip(way, nexts, strict=True):
                assert then is None or chain.tx(txid).outputs()[position].spent_by.transaction.txid == then
            if "cluster_id" in last:
                assert (nexts[-1], len(way)) == (None, tx_hops + 1) and table["cluster_id"][rows[-1]] == last[
                    "cluster_id"
                ][0]
            else:
                assert (nexts[-1], len(way)) == (last["txid"][0], tx_hops)


def test_they_meet_where_the_oracle_says(chain: satrail.Chain, truth: OracleChain) -> None:
    rng, all_coins, clusters = random.Random(3), coins(chain), chain.cluster()
    met = 0
    for size in (2, 2, 3, 4, 20):
        for max_tx_hops in (None, 0, 4):
            payments = rng.sample(all_coins, size)
            met += check(truth, chain, payments, max_tx_hops=max_tx_hops).meet
            met += check(truth, chain, payments, clusters, max_tx_hops).meet
    assert 0 < met < 48


def test_coins_of_stop_at_are_not_followed(chain: satrail.Chain, truth: OracleChain) -> None:
    rng, all_coins, clusters = random.Random(8), coins(chain), chain.cluster()
    scripts = list(address_numbers(truth, chain.height))
    for _ in range(6):
        payments, stop_at = rng.sample(all_coins, 3), tuple(rng.sample([s for s in scripts if s], 300))
        check(truth, chain, payments, stop_at=stop_at)
        check(truth, chain, payments, clusters, stop_at=stop_at)


def test_as_of_a_height_they_meet_as_in_a_chain_that_ends_there(chain: satrail.Chain, truth: OracleChain) -> None:
    rng = random.Random(11)
    for height in (150, 300):
        past = chain.at(height)
        for _ in range(4):
            check(truth, past, rng.sample(coins(past), 3), past.cluster())


@pytest.mark.parametrize("seed", range(4))
def test_random_chains_gather_as_the_oracle_says(seed: int, tmp_path: Path) -> None:
    blocks = random_chain(seed, blocks=25)
    satrail.ingest(write_blocks(tmp_path / "blocks", blocks), tmp_path / "store", progress=False)
    truth, chain = oracle.read_chain(tmp_path / "blocks"), satrail.open(tmp_path / "store")
    rng, clusters = random.Random(seed), chain.cluster()
    for size in (2, 2, 3, 5, 9):
        payments = rng.sample(coins(chain), size)
        check(truth, chain, payments)
        check(truth, chain, payments, clusters, max_tx_hops=rng.choice([None, 2]))


# ---- By hand --------------------------------------------------------------------------------------------------------

A, B, C, D, E, F = (address(number) for number in range(6))


def service() -> tuple[OracleChain, list[Coin]]:
    """Three deposits: the first two are swept together, the third joins them two transactions later."""
    money = mint([(A, 10), (B, 10), (C, 10), (F, 5)])
    sweep = pay([(money, 0), (money, 1)], [(D, 20)])
    alone = pay([(money, 2)], [(E, 9)])
    hot = pay([(sweep, 0), (alone, 0)], [(F, 28), (op_return(b"x"), 0)])
    chain = chain_of([money], [mint([(A, 1)], 1), sweep, alone], [mint([(A, 1)], 2), hot])
    return chain, [(money.txid, n) for n in range(4)]


def test_deposits_meet_where_they_are_spent_together(tmp_path: Path) -> None:
    truth, deposits = service()
    chain = opened(truth, tmp_path)
    found = check(truth, chain, deposits[:3])
    sweep, alone = truth.blocks[2].txs[1:]
    hot = truth.blocks[3].txs[1]
    assert found.meet and found.transaction is not None and found.transaction.txid == hot.txid
    table = found.meetings().to_pydict()
    assert (table["txid"], table["tx_hops"]) == ([sweep.txid, hot.txid], ["1, 1", "2, 2, 2"])
    paths = found.paths().to_pydict()
    assert paths["next_txid"] == [sweep.txid, hot.txid, sweep.txid, hot.txid, alone.txid, hot.txid]
    assert found.wallet is None and found.transactions == 4
    assert "all reach transaction " + hot.txid in repr(found) and "<table>" in found._repr_html_()


def test_a_wallet_has_them_together_before_they_are_spent_together(tmp_path: Path) -> None:
    """D and E are one wallet once the last transaction spends them together, so they came to it with the sweeps."""
    truth, deposits = service()
    chain = opened(truth, tmp_path)
    found = check(truth, chain, deposits[:3], chain.cluster())
    assert found.meet and found.transaction is None and found.wallet is not None
    assert D.hex() in found.wallet and E.hex() in found.wallet
    assert found.wallets().to_pydict()["txid"][-1] == truth.blocks[2].txs[2].txid
    assert "all have come to the wallet of" in repr(found)


def test_payments_that_never_meet_are_an_answer(tmp_path: Path) -> None:
    truth, deposits = service()
    chain = opened(truth, tmp_path)
    found = check(truth, chain, [deposits[0], deposits[3]])
    assert (found.meet, found.transaction, found.wallet, bool(found)) == (False, None, None, True)
    assert found.payments().to_pydict()["spent"] == [True, False]
    assert "no two of them do" in repr(found)
    most = check(truth, chain, [deposits[0], deposits[1], deposits[3]])
    assert not most.meet and "at most 2 of them do" in repr(most)
    assert not check(truth, chain, deposits[:3], max_tx_hops=1).meet
    assert not check(truth, chain, deposits[:3], stop_at=(D,)).meet
    assert check(truth, chain, deposits[:3], stop_at=(A, B, C)).meet


def test_a_payment_that_is_given_twice_counts_once(tmp_path: Path) -> None:
    truth, deposits = service()
    chain = opened(truth, tmp_path)
    texts = [f"{txid}:{position}" for txid, position in deposits[:2]]
    found = chain.convergence([texts[0], *texts, chain.output(texts[1])])
    assert (found.overlapping, len(found.payments()), found.meet) == (2, 2, True)


def test_outputs_of_one_transaction_meet_when_they_are_spent(tmp_path: Path) -> None:
    money = mint([(A, 10), (B, 10)])
    first = pay([(money, 0)], [(C, 5), (D, 5)])
    later = pay([(first, 0), (money, 1)], [(E, 15)])
    truth = chain_of([money], [mint([(A, 1)], 1), first], [mint([(A, 1)], 2), later])
    chain = opened(truth, tmp_path)
    # The output of what a payment reaches is a payment, too: both are on that coin.
    found = check(truth, chain, [(money.txid, 0), (first.txid, 0)])
    assert found.transaction is not None and found.transaction.txid == later.txid
    assert found.payments().to_pydict()["tx_hops"] == [2, 1]


@pytest.mark.parametrize(
    ("payments", "error", "text"),
    [
        ([], ValueError, "at least two"),
        ("one", ValueError, "only one payment"),
        (
            ["no output", "txid"],
            ValueError,
            "is not a transaction id|is not an address",
        ),
        ([1, 2], TypeError, "give an output"),
        (5, TypeError, "give an output"),
        (["00" * 32 + ":0"] * 2, satrail.NotInChainError, "no transaction"),
    ],
)
def test_bad_payments_are_told(chain: satrail.Chain, payments: object, error: type, text: str) -> None:
    given = chain.block(10).transactions()[0].outputs()[0] if payments == "one" else payments
    with pytest.raises(error, match=text):
        chain.convergence(given)


def test_other_bad_input_is_told(chain: satrail.Chain, stale: satrail.Chain) -> None:
    payments = [chain.block(height).transactions()[0].outputs()[0] for height in range(1, 140)]
    with pytest.raises(ValueError, match="128"):
        chain.convergence(payments)
    assert chain.convergence(payments[:128]).meetings().columns[0] == "at_least"
    with pytest.raises(ValueError, match="max_tx_hops"):
        chain.convergence(payments[:2], max_tx_hops=-1)
    with pytest.raises(ValueError, match="as of height"):
        chain.at(300).convergence(payments[:2], clusters=chain.cluster())
    with pytest.raises(satrail.NotInChainError):
        chain.at(5).convergence(payments[:9])
    with pytest.raises(ValueError, match="another chain"):
        chain.convergence([payments[0], stale.tip.transactions()[0].outputs()[0]])
