"""Slow, obvious peel chains, written from docs/peel_chain.md, for tests to hold the fast ones against.

What a transaction shows of its software, and whether it has the shape of a CoinJoin, is asked of satrail: other tests
are about that.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

import satrail

from oracles.chain import OracleChain, OracleTx
from oracles.change import all_transactions, is_fresh, spender

COINJOINS = ["whirlpool", "wasabi_2_0", "wasabi_1_0", "wasabi_1_1", "joinmarket", "equal_output_coinjoin"]
ALL = ("version", "locktime", "sequence", "segwit", "bip69", "low_r", "compressed_keys", "input_kinds")
OF_COINS = ("segwit", "input_kinds")
BY_CHANCE = ("bip69", "low_r")
ENOUGH = 8


@dataclass(frozen=True)
class Options:
    features: tuple[str, ...] = ALL
    max_inputs: int = 1
    max_outputs: int = 2
    max_steps: int | None = None
    rule_out_unspent: bool = False


@dataclass
class Walk:
    """Steps are (step, txid, position of the change); the reason is why it stops."""

    steps: list[tuple[int, str, int]] = field(default_factory=list)
    reason: str = ""


class Wallet:
    """The transactions of the chain so far, and those of them that spend change."""

    def __init__(self, satchain: satrail.Chain, options: Options):
        self.satchain, self.options = satchain, options
        self.transactions: list[str] = []
        self.spenders_of_change: list[str] = []

    def values(self, feature: str) -> list[object]:
        txids = self.spenders_of_change if feature in OF_COINS else self.transactions
        values = [shown(self.satchain, txid)[feature] for txid in dict.fromkeys(txids)]
        return [value for value in values if value is not None]

    def differs(self, txid: str, *, spends_change: bool) -> list[str]:
        features = [f for f in self.options.features if spends_change or f not in OF_COINS]
        return [feature for feature in features if self.breaks(feature, shown(self.satchain, txid)[feature])]

    def breaks(self, feature: str, value: object) -> bool:
        known = self.values(feature)
        if value is None or not known:
            return False
        if feature in BY_CHANCE:
            return len(known) >= ENOUGH and all(known) and not value
        return all(other == known[0] for other in known) and value != known[0]


@cache
def shown(satchain: satrail.Chain, txid: str) -> dict[str, object]:
    tx = satchain.tx(txid)
    print_ = tx.fingerprint
    return {
        "version": tx.version,
        "locktime": tx.locktime > 0,
        "sequence": tuple(print_.sequences),
        "segwit": print_.segwit,
        "bip69": print_.bip69,
        "low_r": print_.low_r,
        "compressed_keys": print_.compressed_keys,
        "input_kinds": tuple(print_.input_kinds),
    }


@cache
def is_coinjoin(satchain: satrail.Chain, txid: str) -> bool:
    return any(judgement.verdict == "yes" for judgement in satchain.tx(txid).shapes(only=COINJOINS))


def is_form(tx: OracleTx, options: Options) -> bool:
    return 1 <= len(tx.spends) <= options.max_inputs and 2 <= len(tx.outputs) <= options.max_outputs


def read(chain: OracleChain, satchain: satrail.Chain, tx: OracleTx, wallet: Wallet, height: int) -> list[str]:
    """What speaks for or against each output being the change."""
    own = {spent.script for spent in tx.spends}
    goes_back = any(output.script in own and output.kind != "op_return" for output in tx.outputs)
    readings = []
    for position, output in enumerate(tx.outputs):
        by = spender(chain, tx, position, height)
        if output.kind == "op_return":
            readings.append("data")
        elif goes_back:
            readings.append("own_address" if output.script in own else "another_is_own")
        elif not is_fresh(chain, tx, output.script):
            readings.append("reused_address")
        elif by is None:
            readings.append("unspent" if wallet.options.rule_out_unspent else "open")
        elif not is_form(by, wallet.options):
            readings.append("form")
        elif is_coinjoin(satchain, by.txid):
            readings.append("coinjoin")
        else:
            readings.append("features" if wallet.differs(by.txid, spends_change=True) else "fits")
    return readings


CANDIDATES = ("own_address", "fits", "open")


def change(readings: list[str]) -> int | str:
    """The position of the change, or why it cannot be told."""
    left = [position for position, reading in enumerate(readings) if reading in CANDIDATES]
    if len(left) > 1:
        return "several_candidates"
    if not left:
        return "no_candidate"
    return "unspent" if readings[left[0]] == "open" else left[0]


def unfit(satchain: satrail.Chain, tx: OracleTx, options: Options) -> str | None:
    if tx.is_coinbase:
        return "coinbase"
    if is_coinjoin(satchain, tx.txid):
        return "coinjoin"
    return None if is_form(tx, options) else "form"


def forward(chain: OracleChain, satchain: satrail.Chain, start: tuple[str, int], options: Options, height: int) -> Walk:
    walk, wallet, coin = Walk(), Wallet(satchain, options), start
    while True:
        if len(walk.steps) == options.max_steps:
            return Walk(walk.steps, "max_steps")
        tx = spender(chain, all_transactions(chain)[coin[0]][1], coin[1], height)
        if tx is None:
            return Walk(walk.steps, "unspent")
        reason = unfit(satchain, tx, options)
        if reason is not None:
            return Walk(walk.steps, reason)
        wallet.transactions.append(tx.txid)
        if coin != start:
            wallet.spenders_of_change.append(tx.txid)
        found = change(read(chain, satchain, tx, wallet, height))
        if isinstance(found, str):
            return Walk(walk.steps, found)
        walk.steps.append((len(walk.steps), tx.txid, found))
        coin = (tx.txid, found)


def backward(
    chain: OracleChain, satchain: satrail.Chain, start: tuple[str, int], options: Options, height: int
) -> Walk:
    walk, wallet, coin = Walk(), Wallet(satchain, options), start
    while True:
        if len(walk.steps) == options.max_steps:
            return Walk(walk.steps, "max_steps")
        tx = all_transactions(chain)[coin[0]][1]
        by = spender(chain, tx, coin[1], height)
        if coin == start and by is not None:
            wallet.transactions.append(by.txid)
        reason = unfit(satchain, tx, options)
        if reason is not None:
            return Walk(walk.steps, reason)
        if wallet.differs(tx.txid, spends_change=False):
            return Walk(walk.steps, "features")
        wallet.transactions.append(tx.txid)
        readings = read(chain, satchain, tx, wallet, height)
        found = change(readings)
        if found in ("unspent", "several_candidates") and readings[coin[1]] not in CANDIDATES:
            return Walk(walk.steps, "not_the_change")
        if isinstance(found, str):
            return Walk(walk.steps, found)
        if found != coin[1]:
            return Walk(walk.steps, "not_the_change")
        if len(tx.spends) > 1:
            return Walk(walk.steps, "several_inputs")
        if by is not None:
            wallet.spenders_of_change.append(by.txid)
        walk.steps.insert(0, (-1 - len(walk.steps), tx.txid, found))
        before = tx.spends[0]
        assert before.prev_txid is not None and before.prev_vout is not None
        coin = (before.prev_txid, before.prev_vout)
