"""Traces over the chain that Bitcoin Core made, held against what is known of who paid whom."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import satrail
from conftest import DATA
from oracles.chain import OracleChain, OracleTx
from oracles.policies import POLICIES

LABELS: dict[str, dict[str, Any]] = json.loads(gzip.decompress((DATA / "ground-truth.json.gz").read_bytes()))[
    "tx_labels"
]
#: Kinds of transactions in which one wallet pays one other and keeps the change.
KINDS = {"payment", "peel", "donation", "op_return", "rbf_original", "rbf_replacement"}
WALLETS = sorted({label["from"] for label in LABELS.values() if label["kind"] in KINDS} - {"satoshi"})


@pytest.fixture(scope="module")
def txs(truth: OracleChain) -> dict[str, OracleTx]:
    return {tx.txid: tx for block in truth.blocks for tx in block.txs}


def payments(wallet: str, txs: dict[str, OracleTx]) -> Iterator[tuple[OracleTx, str]]:
    """The wallet's payments to others that are in the chain, and whom they pay."""
    for txid, label in LABELS.items():
        if label["kind"] in KINDS and label["from"] == wallet != label["to"] and txid in txs:
            yield txs[txid], label["to"]


def by_owner(found: satrail.Trace, owners: dict[str, str]) -> Counter[str | None]:
    """How much ended at outputs of each owner; None: nobody knows whose."""
    ends: Counter[str | None] = Counter()
    columns = found.ends().to_pydict()
    for address, amount in zip(columns["address"], columns["amount"], strict=True):
        ends[owners.get(address)] += amount
    return ends


def paid(tx: OracleTx, owners: dict[str, str]) -> Counter[str | None]:
    amounts: Counter[str | None] = Counter()
    for output in tx.outputs:
        amounts[owners.get(output.address or "")] += output.value
    return +amounts


@pytest.mark.parametrize("wallet", WALLETS)
def test_one_transaction_on_the_money_is_with_the_owner_who_was_paid(
    wallet: str, chain: satrail.Chain, txs: dict[str, OracleTx], owners: dict[str, str]
) -> None:
    checked = 0
    for number, (tx, payee) in enumerate(payments(wallet, txs)):
        spent = [f"{spent.prev_txid}:{spent.prev_vout}" for spent in tx.inputs]
        found = chain.trace(spent, policy=list(POLICIES)[number % len(POLICIES)], max_tx_hops=1)
        ends = by_owner(found, owners)
        assert ends == paid(tx, owners), tx.txid
        assert ends.keys() - {wallet, None} == {payee}, tx.txid
        lines = {line for line, amount in found.ledger.lines.items() if amount and line not in ("source", "joined")}
        assert lines <= {"unspent", "cut_off_tx_hops", "fees"}
        assert (found.ledger.fees, found.ledger.joined) == (tx.fee, 0)
        checked += 1
    assert checked > 20


@pytest.mark.parametrize("wallet", WALLETS)
def test_one_transaction_back_the_money_is_with_the_owner_who_paid(
    wallet: str, chain: satrail.Chain, txs: dict[str, OracleTx], owners: dict[str, str]
) -> None:
    policies = [policy for policy in POLICIES if policy != "poison"]
    for number, (tx, payee) in enumerate(payments(wallet, txs)):
        places = [place for place, output in enumerate(tx.outputs) if owners.get(output.address or "") == payee]
        received = [f"{tx.txid}:{place}" for place in places]
        policy = policies[number % len(policies)]
        found = chain.trace(received, direction="in", policy=policy, max_tx_hops=1)
        ends = by_owner(found, owners)
        assert ends.keys() <= {wallet, None} and ends.total() == found.ledger.source, tx.txid
        assert found.ledger.source == sum(tx.outputs[place].value for place in places) > 0


def test_a_batch_of_payouts_reaches_everyone_who_was_paid(
    chain: satrail.Chain, txs: dict[str, OracleTx], owners: dict[str, str]
) -> None:
    batches = {txid: label for txid, label in LABELS.items() if label["kind"] == "batch_payout" and txid in txs}
    assert len(batches) > 20
    for txid, label in batches.items():
        tx = txs[txid]
        found = chain.trace(
            [f"{spent.prev_txid}:{spent.prev_vout}" for spent in tx.inputs], policy="fifo", max_tx_hops=1
        )
        assert by_owner(found, owners) == paid(tx, owners)
        assert set(label["to"]) <= by_owner(found, owners).keys() <= {*label["to"], label["from"], None}
