"""Slow, obvious flows of a set of addresses, written from docs/flows.md, for tests to hold the fast ones against."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Set
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from oracles.chain import OracleChain, OracleTx
from oracles.cluster import spent_script, spent_value, transactions
from oracles.parties import FEE, payments

#: Who is who: "set", or a name for everybody else.
Name = Callable[[bytes], object]


@dataclass
class Net:
    received: int = 0
    sent: int = 0
    fees: int = 0
    internal: int = 0
    lost: int = 0

    @property
    def balance(self) -> int:
        return self.received - self.sent - self.fees - self.lost

    def row(self) -> tuple[int, ...]:
        return self.received, self.sent, self.fees, self.internal, self.lost


@dataclass
class Flows:
    transactions: list[tuple[str, Net]] = field(default_factory=list)
    periods: dict[datetime, tuple[Net, int]] = field(default_factory=dict)
    paid: Counter[object] = field(default_factory=Counter)
    got: Counter[object] = field(default_factory=Counter)
    payments: Counter[object] = field(default_factory=Counter)
    withdrawals: Counter[object] = field(default_factory=Counter)
    deposits: list[tuple[str, int]] = field(default_factory=list)
    #: (txid, inputs of the set, all inputs, satoshi of the set, position, whether inside)
    consolidations: list[tuple[str, int, int, int, int, bool]] = field(default_factory=list)


def flows(chain: OracleChain, scripts: Set[bytes], name: Name, height: int, by: str) -> Flows:
    found = Flows()
    coins: dict[tuple[str, int], int] = {}  # those of the set that exist
    for at, tx in transactions(chain, height):
        lost = 0
        for position, output in enumerate(tx.outputs):
            if output.script in scripts:
                lost += coins.get((tx.txid, position), 0)
                lost += output.value if at == 0 else 0
        net = look(tx, scripts, name, found)
        for spent in tx.spends:
            assert spent.prev_txid is not None and spent.prev_vout is not None
            coins.pop((spent.prev_txid, spent.prev_vout), None)
        coins |= {(tx.txid, n): output.value for n, output in enumerate(tx.outputs) if output.script in scripts}
        if net is None:
            continue
        net.lost = lost
        found.transactions.append((tx.txid, net))
        start = period(chain.blocks[at].time, by)
        total, count = found.periods.get(start, (Net(), 0))
        sums = Net(*(a + b for a, b in zip(total.row(), net.row(), strict=True)))
        found.periods[start] = sums, count + 1
    found.periods = dict(sorted(found.periods.items()))
    return found


def look(tx: OracleTx, scripts: Set[bytes], name: Name, found: Flows) -> Net | None:
    """What a transaction does to the set; None where it does not touch it."""
    gives: dict[object, int] = {}
    gets: dict[object, int] = {}
    who = lambda script: "set" if script in scripts else name(script)  # noqa: E731
    for spent in tx.spends:
        party = who(spent_script(spent))
        gives[party] = gives.get(party, 0) + spent_value(spent)
    for output in tx.outputs:
        party = who(output.script)
        gets[party] = gets.get(party, 0) + output.value
    if tx.is_coinbase:
        gives["mined"] = sum(gets.values())
    if "set" not in gives and "set" not in gets:
        return None
    paid = payments(gives, gets)
    net = Net(internal=min(gives.get("set", 0), gets.get("set", 0)))
    net.received = gets.get("set", 0) - net.internal
    net.fees = paid.get(("set", FEE), 0)
    net.sent = gives.get("set", 0) - net.internal - net.fees
    for (payer, payee), amount in paid.items():
        if payee == "set":
            found.paid[payer] += amount
            found.payments[payer] += 1
        elif payer == "set" and payee is not FEE:
            found.got[payee] += amount
            found.withdrawals[payee] += 1
    note(tx, scripts, found)
    return net


def note(tx: OracleTx, scripts: Set[bytes], found: Flows) -> None:
    own = [spent_value(spent) for spent in tx.spends if spent_script(spent) in scripts]
    if not own:
        found.deposits += [(tx.txid, n) for n, output in enumerate(tx.outputs) if output.script in scripts]
    outputs = [n for n, output in enumerate(tx.outputs) if output.kind != "op_return"]
    if len(own) >= 2 and len(outputs) == 1:
        inside = tx.outputs[outputs[0]].script in scripts
        found.consolidations.append((tx.txid, len(own), len(tx.spends), sum(own), outputs[0], inside))


def period(time: int, by: str) -> datetime:
    day = datetime.fromtimestamp(time, UTC).replace(hour=0, minute=0, second=0)
    match by:
        case "day":
            return day
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
        case _:
            return day.replace(month=1, day=1)
