"""To whom money truly came, slowly and obviously, written from docs/evaluate.md: every transaction is looked at."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping

import satrail

from oracles.parties import FEE, payments, shares

#: An output by its transaction's id and position.
Coin = tuple[str, int]
#: What a transaction brings to an owner, by its id and his name.
Key = tuple[str, str | None]


class Arrivals:
    """What came to whom: (txid, owner) -> satoshi; fees; and what came back to the source."""

    def __init__(self, chain: satrail.Chain, owners: Mapping[str, str], source: Mapping[Coin, int]) -> None:
        self.chain, self.owners, self.source = chain, owners, source
        self.arrived: Counter[tuple[str, str | None]] = Counter()
        self.fees = self.rejoined = 0
        # What is in outputs that their owner has, and has not spent yet.
        self.money: dict[Coin, int] = dict(source)
        for block in chain:
            for tx in block.transactions():
                self.passes(tx)
        for coin, amount in self.money.items():
            if amount:
                self.arrived[coin[0], self.owner(chain.tx(coin[0]).outputs()[coin[1]])] += amount

    def owner(self, output: satrail.Output) -> str | None:
        return self.owners.get(output.address.text or "")

    def passes(self, tx: satrail.Transaction) -> None:
        spent = [i.spends for i in tx.inputs() if i.spends is not None]
        coins = [(o.transaction.txid, o.position) for o in spent]
        if not any(coin in self.money for coin in coins):
            return
        put_in: Counter[str | None] = Counter()
        took: Counter[str | None] = Counter()
        traced: Counter[str | None] = Counter()
        outputs: dict[str | None, list[satrail.Output]] = defaultdict(list)
        for output, coin in zip(spent, coins, strict=True):
            put_in[self.owner(output)] += output.value
            traced[self.owner(output)] += self.money.pop(coin, 0)
        for output in tx.outputs():
            took[self.owner(output)] += output.value
            outputs[self.owner(output)].append(output)
        pays = payments(put_in, took)
        for owner, amount in traced.items():
            own = outputs[owner]
            row = {payee: part for (payer, payee), part in pays.items() if payer == owner}
            loss = sum(row.values())
            *kept, paid = shares(amount, [*(output.value for output in own), loss])
            for output, part in zip(own, kept, strict=True):
                self.gets(output, part, is_own=True)
            for payee, share in zip(row, shares(paid, list(row.values())), strict=True):
                if payee is FEE:
                    self.fees += share
                    continue
                values = [output.value for output in outputs[payee]]
                for output, piece in zip(outputs[payee], shares(share, values), strict=True):
                    self.gets(output, piece, is_own=False)

    def gets(self, output: satrail.Output, amount: int, is_own: bool) -> None:
        coin = (output.transaction.txid, output.position)
        if coin in self.source:
            self.rejoined += amount
        elif is_own:
            self.money[coin] = self.money.get(coin, 0) + amount
        else:
            self.arrived[coin[0], self.owner(output)] += amount


def said(trace: satrail.Trace, owners: Mapping[str, str]) -> tuple[Counter[Key], Counter[Key]]:
    """What a trace of outputs, whose labels are owners' names, brings to whom, and what of it ends there."""
    brought: Counter[Key] = Counter()
    found: Counter[Key] = Counter()
    steps = trace.steps().to_pydict()
    names = ["output_txid", "address", "outcome", "label", "amount"]
    for txid, address, outcome, label, amount in zip(*(steps[name] for name in names), strict=True):
        if txid is None or outcome == "rejoined":
            continue
        owner = owners.get(address or "")
        brought[txid, owner] += amount
        if outcome != "followed":
            found[txid, label if outcome == "stopped" else owner] += amount
    return brought, found


def right(oracle: Arrivals, brought: Counter[Key], found: Counter[Key]) -> Counter[Key]:
    """What of the truth is found: where it came, or where its owner has moved it."""
    keys = {*oracle.arrived, *found}
    right = Counter({key: min(oracle.arrived[key], found[key]) for key in keys})
    order = [tx.txid for block in oracle.chain for tx in block.transactions()]
    number = {txid: i for i, txid in enumerate(order)}
    for txid, owner in sorted(found, key=lambda key: number[key[0]]):
        rest = found[txid, owner] - min(found[txid, owner], oracle.arrived[txid, owner])
        spent = [i.spends for i in oracle.chain.tx(txid).inputs() if i.spends is not None]
        if owner is None or not any(oracle.owner(output) == owner for output in spent):
            continue
        earlier = [key for key in oracle.arrived if key[1] == owner and number[key[0]] < number[txid]]
        for key in sorted(earlier, key=lambda key: -number[key[0]]):
            part = min(rest, min(oracle.arrived[key], max(brought[key], found[key])) - right[key])
            right[key] += part
            rest -= part
    return right
