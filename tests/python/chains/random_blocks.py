"""Random regtest chains with the situations that matter to clustering.

They are whole chains: proof of work, Merkle roots, witness commitments and amounts are as a node wants them, and keys
are points of the curve. Signatures are of the right form but sign nothing, and coinbases are spent before their time.
The same seed always makes the same chain.
"""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from oracles import chain as oracle
from oracles.chain import OracleBlock, OracleTx, display, merkle_root, sha256d
from oracles.keys import G, Point, hash160, long_key, plus, short_key, times_g

COIN = 100_000_000
DUST = 546
BITS = 0x207FFFFF
TARGET = 0x7FFFFF << 8 * (0x20 - 3)
GENESIS_TEXT = b"The Times 03/Jan/2009 Chancellor on brink of second bailout for banks"
GENESIS_KEY = bytes.fromhex(
    "04678afdb0fe5548271967f1a67130b7105cd6a828e03909a67962e0ea1f61deb6"
    "49f6bc3f4cef38c4f35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5f"
)
GENESIS_HASH = "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206"


def random_chain(
    seed: int, blocks: int = 30, transactions: int = 6, owners: int = 6, duplicate_coinbase: bool = False
) -> list[OracleBlock]:
    """The genesis block and `blocks` more, each with `transactions` besides its coinbase, more or less."""
    return described_chain(seed, blocks, transactions, owners, duplicate_coinbase).blocks


def described_chain(
    seed: int, blocks: int = 30, transactions: int = 6, owners: int = 6, duplicate_coinbase: bool = False
) -> DescribedChain:
    """The same chain, and what its maker knows of it.

    With duplicate_coinbase a block in the middle repeats the coinbase of an earlier one, as two did before BIP30, so
    that the coins of the earlier one that nobody has spent by then are lost. It takes 6 blocks or more.
    """
    if owners < 3 or (duplicate_coinbase and blocks < 6):
        raise ValueError("a chain needs three owners, and six blocks for a duplicate coinbase")
    maker = Maker(random.Random(seed), owners)
    first, second = (2, blocks // 2 + 1) if duplicate_coinbase else (0, 0)
    for height in range(1, blocks + 1):
        few, many = (0, 0) if height in (first, second) else ((transactions + 1) // 2, transactions * 3 // 2)
        twin = first if height == second else None
        maker.add_block(maker.rng.randint(few, many), merges=height > blocks * 2 // 3, twin=twin)
        if height == first:
            maker.coins.popitem()  # nobody spends it before it is lost
    return DescribedChain(maker.blocks, maker.shapes, maker.owner_of)


@dataclass(frozen=True)
class DescribedChain:
    """shapes: txid -> the name of the Maker's method that made it; owners: output script -> who can spend it."""

    blocks: list[OracleBlock]
    shapes: dict[str, str]
    owners: dict[bytes, int]

    def txids(self, shape: str) -> list[str]:
        return [txid for txid, name in self.shapes.items() if name == shape]


# ---- Bytes ----------------------------------------------------------------------------------------------------------


def count(number: int) -> bytes:
    """A compact size."""
    if number < 253:
        return bytes([number])
    return b"\xfd" + number.to_bytes(2, "little") if number < 2**16 else b"\xfe" + number.to_bytes(4, "little")


def string(data: bytes) -> bytes:
    return count(len(data)) + data


def push(data: bytes) -> bytes:
    """The shortest opcode that puts these bytes on the stack (small numbers excepted)."""
    if len(data) < 0x4C:
        return bytes([len(data)]) + data
    return b"\x4c" + bytes([len(data)]) + data if len(data) < 256 else b"\x4d" + len(data).to_bytes(2, "little") + data


@dataclass(frozen=True)
class RawInput:
    txid: str
    vout: int
    script_sig: bytes
    witness: tuple[bytes, ...]
    sequence: int


def raw_tx(version: int, inputs: list[RawInput], outputs: list[tuple[bytes, int]], locktime: int) -> bytes:
    """The bytes of a transaction, with marker, flag and witnesses where an input has one."""
    body = count(len(inputs))
    for spent in inputs:
        body += bytes.fromhex(spent.txid)[::-1] + spent.vout.to_bytes(4, "little")
        body += string(spent.script_sig) + spent.sequence.to_bytes(4, "little")
    body += count(len(outputs)) + b"".join(value.to_bytes(8, "little") + string(script) for script, value in outputs)
    start, end = version.to_bytes(4, "little"), locktime.to_bytes(4, "little")
    if not any(spent.witness for spent in inputs):
        return start + body + end
    witnesses = b"".join(count(len(spent.witness)) + b"".join(map(string, spent.witness)) for spent in inputs)
    return start + b"\x00\x01" + body + witnesses + end


def read_tx(raw: bytes) -> OracleTx:
    return oracle.parse_tx(oracle.Cursor(raw), "regtest")


def mined(version: int, prev_hash: str, time: int, txs: list[bytes], nonce: int = 0) -> OracleBlock:
    """The block with the first nonce from this one on whose hash is not above the target of regtest."""
    root = merkle_root([read_tx(raw).txid for raw in txs])
    start = version.to_bytes(4, "little") + bytes.fromhex(prev_hash)[::-1] + root
    start += time.to_bytes(4, "little") + BITS.to_bytes(4, "little")
    while int.from_bytes(sha256d(start + nonce.to_bytes(4, "little")), "little") > TARGET:
        nonce += 1
    return oracle.parse_block(start + nonce.to_bytes(4, "little") + count(len(txs)) + b"".join(txs))


def genesis() -> OracleBlock:
    """The first block of regtest."""
    text = push(b"\xff\xff\x00\x1d") + push(b"\x04") + push(GENESIS_TEXT)
    coinbase = RawInput(oracle.NO_ID, 0xFFFFFFFF, text, (), 0xFFFFFFFF)
    block = mined(1, oracle.NO_ID, 1296688602, [raw_tx(1, [coinbase], [(p2pk(GENESIS_KEY), 50 * COIN)], 0)], 2)
    if block.hash != GENESIS_HASH:
        raise AssertionError("this is not the genesis block of regtest")
    return block


# ---- Scripts and how they are spent ---------------------------------------------------------------------------------


def p2pk(key: bytes) -> bytes:
    return push(key) + b"\xac"


def p2pkh(key_hash: bytes) -> bytes:
    return b"\x76\xa9\x14" + key_hash + b"\x88\xac"


def p2sh(script: bytes) -> bytes:
    return b"\xa9\x14" + hash160(script) + b"\x87"


def p2wpkh(key_hash: bytes) -> bytes:
    return b"\x00\x14" + key_hash


def p2wsh(script: bytes) -> bytes:
    return b"\x00\x20" + hashlib.sha256(script).digest()


def p2tr(x: bytes) -> bytes:
    return b"\x51\x20" + x


def multisig(needed: int, keys: list[bytes]) -> bytes:
    return bytes([0x50 + needed]) + b"".join(map(push, keys)) + bytes([0x50 + len(keys), 0xAE])


def op_return(data: bytes) -> bytes:
    return b"\x6a" + push(data)


SIGNATURE, SCHNORR = b"a signature", b"a signature of 64 bytes"


@dataclass(frozen=True)
class Lock:
    """An output script, whose it is, and what a spend of it shows; the two texts above stand for signatures."""

    script: bytes
    owner: int
    wallet: int
    pushes: tuple[bytes, ...] = ()
    witness: tuple[bytes, ...] = ()


def key_locks(point: Point, owner: int, wallet: int) -> dict[str, Lock]:
    """Everything that can be paid so that this one key spends it."""
    short, long = short_key(point), long_key(point)
    key_hash = hash160(short)
    program = p2wpkh(key_hash)
    return {
        "p2pkh": Lock(p2pkh(key_hash), owner, wallet, (SIGNATURE, short)),
        "p2wpkh": Lock(program, owner, wallet, (), (SIGNATURE, short)),
        "wrapped p2wpkh": Lock(p2sh(program), owner, wallet, (program,), (SIGNATURE, short)),
        "p2pk": Lock(p2pk(short), owner, wallet, (SIGNATURE,)),
        "long p2pkh": Lock(p2pkh(hash160(long)), owner, wallet, (SIGNATURE, long)),
        "long p2pk": Lock(p2pk(long), owner, wallet, (SIGNATURE,)),
        "p2tr": Lock(p2tr(short[1:]), owner, wallet, (), (SCHNORR,)),
    }


def script_locks(points: list[Point], owner: int, wallet: int) -> dict[str, Lock]:
    """Two of three keys, in all the ways that this can be asked for; and a script that asks for nothing."""
    script = multisig(2, [short_key(point) for point in points])
    shown = (b"", SIGNATURE, SIGNATURE)
    return {
        "multisig": Lock(script, owner, wallet, shown),
        "p2sh": Lock(p2sh(script), owner, wallet, (*shown, script)),
        "p2wsh": Lock(p2wsh(script), owner, wallet, (), (*shown, script)),
        "wrapped p2wsh": Lock(p2sh(p2wsh(script)), owner, wallet, (p2wsh(script),), (*shown, script)),
        "bare": Lock(b"\x02" + bytes([owner, wallet]) + b"\x75\x51", owner, wallet),
    }


# ---- Who is there, and what they do ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Style:
    """What a wallet's software does the same way every time."""

    version: int
    with_locktime: bool
    sequence: int
    rate: int
    kind: str


@dataclass
class Wallet:
    """known: the addresses given out so far; keys: every way to be paid with each of its keys."""

    owner: int
    number: int
    style: Style
    keys: list[dict[str, Lock]] = field(default_factory=list)
    scripts: dict[str, Lock] = field(default_factory=dict)
    known: list[Lock] = field(default_factory=list)


@dataclass(frozen=True)
class Coin:
    txid: str
    vout: int
    value: int
    lock: Lock
    height: int


@dataclass(frozen=True)
class Plan:
    """What to spend and pay; the value None is what is left after the fee, of which there may be one."""

    inputs: list[Coin]
    outputs: list[tuple[Lock | bytes, int | None]]


STYLE_CHOICES: dict[str, list[int]] = {
    "version": [1, 2, 2],
    "sequence": [0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0],
    "rate": [1, 2, 2, 5],
}


class Maker:
    """Makes one block after the other; every choice is drawn from `rng`."""

    def __init__(self, rng: random.Random, owners: int):
        self.rng = rng
        self.blocks = [genesis()]
        self.point = times_g(2 + rng.getrandbits(64))
        self.shapes: dict[str, str] = {}
        self.owner_of: dict[bytes, int] = {}
        self.coins: dict[tuple[str, int], Coin] = {}
        self.co_spent: Counter[bytes] = Counter()
        self.coinbases: dict[int, bytes] = {}
        self.wallets = [self.new_wallet(owner, number) for owner in range(owners) for number in range(2)]
        self.merging = False
        self.shape_weights: dict[Callable[[Maker], Plan | None], int] = {
            Maker.payment: 22,
            Maker.usual_addresses: 12,
            Maker.one_input: 12,
            Maker.round_payment: 10,
            Maker.self_change: 8,
            Maker.consolidation: 7,
            Maker.same_address_twice: 8,
            Maker.same_block_spend: 10,
            Maker.coinjoin: 8,
            Maker.all_kinds_of_a_key: 6,
            Maker.with_op_return: 6,
            Maker.same_address_paid_twice: 3,
            Maker.merge_of_wallets: 15,
            Maker.merge_of_owners: 5,
        }

    # ---- Wallets and coins

    def new_wallet(self, owner: int, number: int) -> Wallet:
        rng = self.rng
        wallet = Wallet(
            owner,
            number,
            Style(
                version=rng.choice(STYLE_CHOICES["version"]),
                with_locktime=rng.random() < 0.4,
                sequence=rng.choice(STYLE_CHOICES["sequence"]),
                rate=rng.choice(STYLE_CHOICES["rate"]),
                kind=rng.choice(["p2pkh", "p2pkh", "p2wpkh", "wrapped p2wpkh", "p2pk", "long p2pkh", "p2tr"]),
            ),
        )
        for _ in range(3):
            self.new_key(wallet)
        wallet.scripts = script_locks([self.new_point() for _ in range(3)], owner, number)
        wallet.known = [keys[wallet.style.kind] for keys in wallet.keys[:2]]
        return wallet

    def new_point(self) -> Point:
        """The next key: each is one more than the key before it."""
        self.point = plus(self.point, G)
        return self.point

    def new_key(self, wallet: Wallet) -> dict[str, Lock]:
        wallet.keys.append(key_locks(self.new_point(), wallet.owner, wallet.number))
        return wallet.keys[-1]

    def address(self, wallet: Wallet, reuse: float = 0.7) -> Lock:
        """One of the wallet's addresses: an old one, the first few mostly, or a new one, which may be of an old key."""
        rng = self.rng
        if rng.random() < reuse:
            return rng.choice(wallet.known[:4] if rng.random() < 0.8 else wallet.known)
        what = rng.random()
        if what < 0.7:
            lock = self.new_key(wallet)[wallet.style.kind]
        elif what < 0.9:
            lock = rng.choice(list(rng.choice(wallet.keys).values()))
        else:
            lock = rng.choice(list(wallet.scripts.values()))
        if lock not in wallet.known:
            wallet.known.append(lock)
        return lock

    def change(self, wallet: Wallet) -> Lock:
        return self.address(wallet, reuse=0.45)

    def someone_else(self, wallet: Wallet) -> Wallet:
        return self.rng.choice([other for other in self.wallets if other.owner != wallet.owner])

    def wallet_of(self, lock: Lock) -> Wallet:
        return next(w for w in self.wallets if (w.owner, w.number) == (lock.owner, lock.wallet))

    def purse(self, wallet: Wallet, least: int = 10_000) -> list[Coin]:
        """The wallet's coins, oldest first."""
        whose = (wallet.owner, wallet.number)
        return [c for c in self.coins.values() if (c.lock.owner, c.lock.wallet) == whose and c.value >= least]

    def some_purse(self, coins: int) -> tuple[Wallet, list[Coin]] | None:
        """A wallet with at least so many coins, and all of them in random order."""
        purses = [(wallet, self.purse(wallet)) for wallet in self.wallets]
        purses = [(wallet, purse) for wallet, purse in purses if len(purse) >= coins]
        if not purses:
            return None
        wallet, purse = self.rng.choice(purses)
        return wallet, self.rng.sample(purse, len(purse))

    def part(self, coins: list[Coin]) -> int:
        """Some of what these coins are worth."""
        return sum(coin.value for coin in coins) * self.rng.randint(2, 80) // 100

    # ---- Shapes of transactions; each gives None where it cannot be made of the coins there are

    def pay_from(self, wallet: Wallet, coins: list[Coin]) -> Plan:
        payee = self.address(self.someone_else(wallet))
        return self.mixed(coins, [(payee, self.part(coins)), (self.change(wallet), None)])

    def mixed(self, coins: list[Coin], outputs: list[tuple[Lock | bytes, int | None]]) -> Plan:
        return Plan(coins, self.rng.sample(outputs, len(outputs)))

    def payment(self) -> Plan | None:
        found = self.some_purse(2)
        return found and self.pay_from(found[0], found[1][: self.rng.randint(2, 4)])

    def usual_addresses(self) -> Plan | None:
        """Spends from two or three of the four addresses that the wallet uses most: again and again the same links."""
        wallet = self.rng.choice(self.wallets)
        usual = {coin.lock.script: coin for coin in self.purse(wallet) if coin.lock in wallet.known[:4]}
        if len(usual) < 2:
            return None
        return self.pay_from(wallet, self.rng.sample(list(usual.values()), min(len(usual), self.rng.randint(2, 3))))

    def one_input(self) -> Plan | None:
        found = self.some_purse(1)
        return found and self.pay_from(found[0], found[1][:1])

    def round_payment(self) -> Plan | None:
        """Pays a multiple of a power of ten."""
        found = self.some_purse(1)
        if not found:
            return None
        wallet, coins = found[0], found[1][: self.rng.randint(1, 3)]
        unit = 10 ** self.rng.randint(4, 7)
        payee = self.address(self.someone_else(wallet))
        return self.mixed(coins, [(payee, self.part(coins) // unit * unit), (self.change(wallet), None)])

    def self_change(self) -> Plan | None:
        """The change returns to an address of the inputs."""
        found = self.some_purse(1)
        if not found:
            return None
        wallet, coins = found[0], found[1][: self.rng.randint(1, 3)]
        payee = self.address(self.someone_else(wallet))
        return self.mixed(coins, [(payee, self.part(coins)), (self.rng.choice(coins).lock, None)])

    def consolidation(self) -> Plan | None:
        """Many coins become one."""
        found = self.some_purse(5)
        return found and Plan(found[1][: self.rng.randint(5, 15)], [(self.address(found[0]), None)])

    def same_address_twice(self) -> Plan | None:
        """Spends several coins of one address, mostly beside others."""
        purses: dict[bytes, list[Coin]] = {}
        for coin in self.coins.values():
            if coin.value >= 1000:
                purses.setdefault(coin.lock.script, []).append(coin)
        repeated = [coins for coins in purses.values() if len(coins) > 1]
        if not repeated:
            return None
        coins = self.rng.choice(repeated)[: self.rng.randint(2, 4)]
        wallet = self.wallet_of(coins[0].lock)
        others = [coin for coin in self.purse(wallet) if coin not in coins]
        coins = coins + self.rng.sample(others, min(len(others), self.rng.randint(0, 2)))
        return self.pay_from(wallet, self.rng.sample(coins, len(coins)))

    def same_block_spend(self) -> Plan | None:
        """Spends a coin of the block that is being made, alone (a link of a peeling chain) or with others."""
        new = [coin for coin in self.coins.values() if coin.height == len(self.blocks) and coin.value >= 20_000]
        if not new:
            return None
        coin = self.rng.choice(new)
        wallet = self.wallet_of(coin.lock)
        others = [other for other in self.purse(wallet) if other != coin]
        return self.pay_from(wallet, [coin, *self.rng.sample(others, min(len(others), self.rng.choice([0, 0, 1, 2])))])

    def coinjoin(self) -> Plan | None:
        """Three to six owners with one coin each get equal outputs, and each its change."""
        owners: dict[int, list[Coin]] = {}
        for coin in self.coins.values():
            if coin.value >= 100_000:
                owners.setdefault(coin.lock.owner, []).append(coin)
        if len(owners) < 3:
            return None
        names = self.rng.sample(sorted(owners), self.rng.randint(3, min(6, len(owners))))
        coins = [self.rng.choice(owners[name]) for name in names]
        equal = min(coin.value for coin in coins) * self.rng.randint(20, 80) // 100
        fee = self.rng.randint(300, 1500)
        outputs: list[tuple[Lock | bytes, int | None]] = []
        used: set[bytes] = set()
        for coin in coins:
            for value in (equal, coin.value - equal - fee):
                lock = self.address(self.wallet_of(coin.lock), reuse=0.2)
                while lock.script in used:
                    lock = self.address(self.wallet_of(coin.lock), reuse=0)
                used.add(lock.script)
                outputs.append((lock, value))
        return self.mixed(self.rng.sample(coins, len(coins)), outputs)

    def all_kinds_of_a_key(self) -> Plan | None:
        """Pays one key in several ways: often one that was paid in another way before."""
        found = self.some_purse(1)
        if not found:
            return None
        wallet, coins = found[0], found[1][:1]
        payee = self.someone_else(wallet)
        ways = list((self.rng.choice(payee.keys) if self.rng.random() < 0.8 else payee.scripts).values())
        ways = self.rng.sample(ways, self.rng.randint(2, len(ways)))
        payee.known += [lock for lock in ways if lock not in payee.known]
        share = self.part(coins) // len(ways)
        shares = [(lock, share + self.rng.randint(0, 99)) for lock in ways]
        return self.mixed(coins, [*shares, (self.change(wallet), None)])

    def with_op_return(self) -> Plan | None:
        """A payment with a note, whose text often was written before."""
        found = self.some_purse(1)
        if not found:
            return None
        plan = self.pay_from(found[0], found[1][: self.rng.randint(1, 2)])
        note = op_return(b"note %d" % self.rng.randint(0, 9))
        value = self.rng.choice([0, 0, 0, 1000])
        return self.mixed(plan.inputs, [*plan.outputs, (note, value)])

    def same_address_paid_twice(self) -> Plan | None:
        found = self.some_purse(1)
        if not found:
            return None
        wallet, coins = found[0], found[1][:2]
        payee, share = self.address(self.someone_else(wallet), reuse=0.4), self.part(coins) // 2
        return self.mixed(coins, [(payee, share), (payee, share), (self.change(wallet), None)])

    def merge_of_wallets(self) -> Plan | None:
        """Late in the chain an owner spends from both wallets at once."""
        if not self.merging:
            return None
        first = self.rng.choice(self.wallets[::2])
        second = self.wallets[self.wallets.index(first) + 1]
        return self.spend_together(first, second)

    def merge_of_owners(self) -> Plan | None:
        """Late in the chain two owners spend together, which co-spending takes for one."""
        if not self.merging:
            return None
        first = self.rng.choice(self.wallets)
        return self.spend_together(first, self.someone_else(first))

    def spend_together(self, first: Wallet, second: Wallet) -> Plan | None:
        """A coin of each, of the address that was spent with the most others: that has a cluster by now."""
        coins = []
        for wallet in (first, second):
            purse = self.purse(wallet)
            if not purse:
                return None
            coins.append(max(purse, key=lambda coin: self.co_spent[coin.lock.script]))
        return self.pay_from(first, coins)

    # ---- From a plan to a transaction, from transactions to a block

    def build(self, plan: Plan) -> bytes | None:
        """The transaction, or None where the coins do not suffice."""
        rng, style = self.rng, self.wallet_of(plan.inputs[0].lock).style
        if rng.random() < 0.1:  # the owner uses another program today
            style = rng.choice(self.wallets).style
        locktime = len(self.blocks) - 1 if style.with_locktime else 0
        inputs = [self.unlocked(coin, style.sequence) for coin in plan.inputs]
        rest = sum(coin.value for coin in plan.inputs) - sum(value or 0 for _, value in plan.outputs)

        def transaction(change: int) -> bytes:
            outputs = [
                (target if isinstance(target, bytes) else target.script, change if value is None else value)
                for target, value in plan.outputs
            ]
            return raw_tx(style.version, inputs, outputs, locktime)

        if all(value is not None for _, value in plan.outputs):
            change = 0
        else:
            change = rest - style.rate * read_tx(transaction(0)).vsize
        values = [change if value is None else value for target, value in plan.outputs if isinstance(target, Lock)]
        return transaction(change) if rest >= 0 and min(values) >= DUST else None

    def unlocked(self, coin: Coin, sequence: int) -> RawInput:
        witness = tuple(self.shown(item) for item in coin.lock.witness)
        script_sig = b"".join(push(self.shown(item)) for item in coin.lock.pushes)
        return RawInput(coin.txid, coin.vout, script_sig, witness, sequence)

    def shown(self, item: bytes) -> bytes:
        if item == SCHNORR:
            return self.rng.randbytes(64)
        if item != SIGNATURE:
            return item
        r, s = (bytes([self.rng.randint(1, 0x7F)]) + self.rng.randbytes(31) for _ in range(2))
        return b"\x30\x44\x02\x20" + r + b"\x02\x20" + s + b"\x01"

    def take(self, raw: bytes, locks: dict[bytes, Lock], shape: str) -> OracleTx:
        """Takes the coins that the transaction spends, and adds those that it makes."""
        tx = read_tx(raw)
        self.shapes[tx.txid] = shape
        for spent in tx.spends:
            assert spent.prev_txid is not None and spent.prev_vout is not None
            coin = self.coins.pop((spent.prev_txid, spent.prev_vout))
            if len(tx.inputs) > 1:
                self.co_spent[coin.lock.script] += len(tx.inputs)
        for vout, output in enumerate(tx.outputs):
            if (lock := locks.get(output.script)) is not None:
                self.coins[tx.txid, vout] = Coin(tx.txid, vout, output.value, lock, len(self.blocks))
                self.owner_of[output.script] = lock.owner
        return tx

    def transaction(self) -> bytes | None:
        """The next transaction, of the first shape drawn that can be made."""
        shapes, weights = list(self.shape_weights), list(self.shape_weights.values())
        for _ in range(20):
            shape = self.rng.choices(shapes, weights)[0]
            plan = shape(self)
            raw = plan and self.build(plan)
            if plan and raw:
                locks = {target.script: target for target, _ in plan.outputs if isinstance(target, Lock)}
                self.take(raw, locks, shape.__name__)
                return raw
        return None

    def add_block(self, transactions: int, merges: bool, twin: int | None) -> None:
        """Adds a block with so many transactions, if there are coins for them; `twin` is whose coinbase it repeats."""
        self.merging = merges
        total = 0
        raws = []
        for _ in range(transactions):
            before = sum(coin.value for coin in self.coins.values())
            raw = self.transaction()
            if raw is not None:
                raws.append(raw)
                burnt = sum(output.value for output in read_tx(raw).outputs if oracle.unspendable(output.script))
                total += before - sum(coin.value for coin in self.coins.values()) - burnt
        coinbase, locks = self.coinbase(total, raws)
        if twin is not None:
            coinbase = self.coinbases[twin]
            locks = {lock.script: lock for wallet in self.wallets for lock in wallet.known}
        self.take(coinbase, locks, "coinbase")
        self.coinbases[len(self.blocks)] = coinbase
        self.blocks.append(mined(0x20000000, self.blocks[-1].hash, self.next_time(), [coinbase, *raws]))

    def coinbase(self, fees: int, raws: list[bytes]) -> tuple[bytes, dict[bytes, Lock]]:
        """Pays the subsidy and the fees: in the first blocks to many, so that there is something to spend."""
        rng, height = self.rng, len(self.blocks)
        payees = [self.address(wallet) for wallet in rng.sample(self.wallets, 4 if height < 6 else rng.randint(1, 2))]
        left = (50 * COIN >> height // 150) + fees
        outputs = []
        for payee in payees[1:]:
            value = left * rng.randint(10, 60) // 100
            outputs.append((payee.script, value))
            left -= value
        outputs.append((payees[0].script, left))
        text = push(height.to_bytes(2, "little")) + push(rng.randbytes(4))
        witness: tuple[bytes, ...] = ()
        wtxids = [display(sha256d(raw)) for raw in raws]
        if any(spent.witness for raw in raws for spent in read_tx(raw).inputs):
            witness = (bytes(32),)
            commitment = sha256d(merkle_root([oracle.NO_ID, *wtxids]) + witness[0])
            outputs.append((op_return(b"\xaa\x21\xa9\xed" + commitment), 0))
        spent = RawInput(oracle.NO_ID, 0xFFFFFFFF, text, witness, 0xFFFFFFFF)
        return raw_tx(rng.choice([1, 2]), [spent], outputs, 0), {payee.script: payee for payee in payees}

    def next_time(self) -> int:
        """Some minutes later, now and then days later or a little earlier, but after the median of the last eleven."""
        rng = self.rng
        times = sorted(block.time for block in self.blocks[-11:])
        step = rng.randint(50_000, 700_000) if rng.random() < 0.1 else rng.randint(-400, 1600)
        return max(times[len(times) // 2] + 1, self.blocks[-1].time + step)
