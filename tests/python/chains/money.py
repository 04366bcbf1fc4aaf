"""Random regtest chains with the situations that matter to following money.

Amounts are all there is to them: scripts are made up, and nothing is signed. What no valid chain has but satrail keeps
is in some: transactions that pay out more than they take in, coinbases that claim too much, coinbases spent in their
own block. Many amounts are tiny, so that divisions leave something over. The same seed always makes the same chain.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from oracles.chain import OracleBlock, OracleChain, OracleTx

from chains.by_hand import address, mint, pay
from chains.random_blocks import genesis, mined, op_return

COIN = 100_000_000
#: The second of these blocks repeats the coinbase of the first, so that what nobody has spent of that one is lost.
TWIN_HEIGHTS = (3, 12)


def money_chain(
    seed: int, blocks: int = 30, transactions: int = 7, owners: int = 7, invalid: bool = True
) -> OracleChain:
    """The genesis block and `blocks` more, each with about so many `transactions` besides its coinbase."""
    maker = MoneyMaker(random.Random(seed), owners, invalid)
    for _ in range(blocks):
        maker.add_block(maker.rng.randint(0, 2 * transactions))
    return OracleChain(maker.blocks, "regtest")


#: Script, value, owner (None: nobody).
Output = tuple[bytes, int, int | None]


class Coin(NamedTuple):
    tx: OracleTx
    position: int
    value: int
    owner: int


def worth(coins: list[Coin]) -> int:
    return sum(coin.value for coin in coins)


@dataclass(frozen=True)
class Plan:
    """Coins to spend and what to pay."""

    coins: list[Coin]
    outputs: list[Output]


class MoneyMaker:
    """Makes one block after the other; every choice is drawn from `rng`."""

    def __init__(self, rng: random.Random, owners: int, invalid: bool):
        self.rng = rng
        self.owners = owners
        self.invalid = invalid
        self.blocks: list[OracleBlock] = [genesis()]
        self.coins: dict[tuple[str, int], Coin] = {}
        self.fees = 0
        self.twin: tuple[OracleTx, list[Output]] | None = None
        self.shapes: dict[Callable[[MoneyMaker], Plan | None], int] = {
            MoneyMaker.payment: 30,
            MoneyMaker.consolidation: 8,
            MoneyMaker.batch: 6,
            MoneyMaker.link_of_a_chain: 14,
            MoneyMaker.dust: 8,
            MoneyMaker.crumbs: 14,
            MoneyMaker.note: 6,
            MoneyMaker.shared: 8,
            MoneyMaker.nothing_for_nothing: 2,
            MoneyMaker.more_than_there_is: 4 if invalid else 0,
        }

    # ---- Coins and outputs

    def purse(self, least: int = 0) -> list[Coin]:
        """The coins of this value or more of some owner who has one, in random order."""
        owners = sorted({coin.owner for coin in self.coins.values() if coin.value >= least})
        owner = self.rng.choice(owners) if owners else None
        coins = [coin for coin in self.coins.values() if coin.owner == owner and coin.value >= least]
        return self.rng.sample(coins, len(coins))

    def to(self, owner: int, value: int) -> Output:
        """An output to one of the five addresses of an owner."""
        return address(10 * owner + self.rng.randrange(5)), value, owner

    def to_somebody(self, value: int) -> Output:
        return self.to(self.rng.randrange(self.owners), value)

    def without_fee(self, amount: int) -> int:
        return amount - min(amount, self.rng.choice([0, 0, 1, 2, 7, self.rng.randint(0, 500), amount // 50]))

    def parts(self, amount: int, count: int) -> list[int]:
        """So many amounts that add up to this, now and then all equal, now and then some of them zero."""
        if self.rng.random() < 0.2:
            return [amount // count] * (count - 1) + [amount - amount // count * (count - 1)]
        cuts = sorted(self.rng.randint(0, amount) for _ in range(count - 1))
        return [end - start for start, end in zip([0, *cuts], [*cuts, amount], strict=True)]

    def mixed(self, outputs: list[Output]) -> list[Output]:
        return self.rng.sample(outputs, len(outputs))

    # ---- Shapes of transactions; each gives None where it cannot be made of the coins there are

    def spend(self, coins: list[Coin], outputs: int) -> Plan:
        """Pays so many outputs, one of them change."""
        change, *paid = self.parts(self.without_fee(worth(coins)), outputs)
        back = self.to(coins[0].owner, change)
        return Plan(coins, self.mixed([back, *(self.to_somebody(value) for value in paid)]))

    def payment(self) -> Plan | None:
        coins = self.purse()[: self.rng.randint(1, 4)]
        return self.spend(coins, self.rng.randint(1, 3)) if coins else None

    def consolidation(self) -> Plan | None:
        """Many coins become one."""
        coins = self.purse()[: self.rng.randint(5, 25)]
        return self.spend(coins, 1) if len(coins) > 4 else None

    def batch(self) -> Plan | None:
        """One coin or two become many."""
        coins = self.purse(10_000)[: self.rng.randint(1, 2)]
        return self.spend(coins, self.rng.randint(10, 40)) if coins else None

    def link_of_a_chain(self) -> Plan | None:
        """Spends what was made last, mostly in the same block."""
        last = [coin for coin in list(self.coins.values())[-4:] if coin.value >= 2]
        return self.spend([self.rng.choice(last)], 2) if last else None

    def dust(self) -> Plan | None:
        """Pays a few satoshi to several."""
        coins = self.purse(20_000)[:1]
        if not coins:
            return None
        paid = [self.to_somebody(self.rng.choice([0, 1, 1, 2, 5, 546])) for _ in range(self.rng.randint(1, 8))]
        rest = self.without_fee(worth(coins) - sum(value for _, value, _ in paid))
        return Plan(coins, self.mixed([*paid, self.to(coins[0].owner, rest)]))

    def crumbs(self) -> Plan | None:
        """Coins of a few satoshi, whoever has them, are divided anew."""
        small = [coin for coin in self.coins.values() if coin.value < 600]
        coins = self.rng.sample(small, min(len(small), self.rng.randint(1, 6)))
        return self.spend(coins, self.rng.randint(2, 6)) if coins else None

    def note(self) -> Plan | None:
        """A payment with a note, on which there may be money."""
        coins = self.purse(2000)[:2]
        if not coins:
            return None
        lost = self.rng.choice([0, 0, 1000])
        note = op_return(b"note %d" % self.rng.randrange(4)), lost, None
        paid = self.parts(self.without_fee(worth(coins) - lost), 2)
        return Plan(coins, self.mixed([note, *(self.to_somebody(value) for value in paid)]))

    def shared(self) -> Plan | None:
        """Several owners spend together, and some of them are paid."""
        drawn = self.purse()[:2] + self.purse()[:2] + self.purse()[:1]
        coins = list({(coin.tx.txid, coin.position): coin for coin in drawn}.values())
        return self.spend(coins, self.rng.randint(2, 5)) if len(coins) > 1 else None

    def nothing_for_nothing(self) -> Plan | None:
        """Moves a coin of zero satoshi."""
        empty = [coin for coin in self.coins.values() if not coin.value]
        return self.spend([self.rng.choice(empty)], 2) if empty else None

    def more_than_there_is(self) -> Plan | None:
        """Pays out more than it takes in."""
        coins = self.purse()[: self.rng.randint(1, 3)]
        if not coins:
            return None
        over = self.rng.choice([1, 3, worth(coins) // 3 + 1, worth(coins) + 1])
        values = self.parts(worth(coins) + over, self.rng.randint(1, 3))
        return Plan(coins, [self.to_somebody(value) for value in values])

    # ---- From a plan to a transaction, from transactions to a block

    def transaction(self) -> OracleTx | None:
        """The next transaction, of the first shape drawn that can be made."""
        for _ in range(20):
            shape = self.rng.choices(list(self.shapes), list(self.shapes.values()))[0]
            plan = shape(self)
            if plan is not None:
                return self.made(plan)
        return None

    def made(self, plan: Plan) -> OracleTx:
        tx = pay([(coin.tx, coin.position) for coin in plan.coins], [output[:2] for output in plan.outputs])
        for coin in plan.coins:
            del self.coins[coin.tx.txid, coin.position]
        self.fees += max(0, worth(plan.coins) - sum(value for _, value, _ in plan.outputs))
        self.take(tx, plan.outputs)
        return tx

    def take(self, tx: OracleTx, outputs: list[Output]) -> None:
        """Adds the coins that the transaction makes."""
        for position, (_, value, owner) in enumerate(outputs):
            if owner is not None:
                self.coins[tx.txid, position] = Coin(tx, position, value, owner)

    def add_block(self, transactions: int) -> None:
        """Adds a block with so many transactions, if there are coins for them.

        Its coinbase is made after them, when the fees are known; but sometimes before, if invalid chains are wanted.
        """
        height, self.fees = len(self.blocks), 0
        subsidy = 50 * COIN >> height // 150
        coinbase = None
        if height == TWIN_HEIGHTS[1] and self.twin is not None:
            coinbase = self.twin
            for position in range(len(self.twin[1])):
                self.coins.pop((self.twin[0].txid, position), None)
        is_early = height > TWIN_HEIGHTS[1] and self.invalid and self.rng.random() < 0.08
        if is_early:
            coinbase = self.coinbase(subsidy)
            self.take(*coinbase)
        txs = [tx for tx in (self.transaction() for _ in range(transactions)) if tx is not None]
        tx, outputs = coinbase or self.coinbase(subsidy + self.fees)
        if not is_early:
            self.take(tx, outputs)
        if height == TWIN_HEIGHTS[0]:
            self.twin = tx, outputs
            del self.coins[tx.txid, 0]  # nobody spends it before it is lost
        self.blocks.append(mined(4, self.blocks[-1].hash, self.next_time(), [part.raw for part in (tx, *txs)]))

    def coinbase(self, most: int) -> tuple[OracleTx, list[Output]]:
        """Claims all that it may, or less, or a few satoshi, or nothing, or (if invalid chains are wanted) more."""
        rng, height = self.rng, len(self.blocks)
        claims = [most, most, self.without_fee(most), rng.randint(0, most), rng.randint(1, 3000), 0]
        claims.append(most + rng.randint(1, most) if self.invalid else most)
        claimed = min(most, 50 * COIN) if height < 4 else rng.choice(claims)
        count = 5 if height < 6 else rng.randint(1, 4)
        outputs = [self.to_somebody(value) for value in self.parts(claimed, count)]
        return mint([output[:2] for output in outputs], height), outputs

    def next_time(self) -> int:
        """Some minutes later, now and then days later or a little earlier, but after the median of the last eleven."""
        times = sorted(block.time for block in self.blocks[-11:])
        step = self.rng.randint(50_000, 700_000) if self.rng.random() < 0.1 else self.rng.randint(-400, 1600)
        return max(times[len(times) // 2] + 1, self.blocks[-1].time + step)
