"""The main job on a small chain that comes with the package: regtest blocks that an unmodified Bitcoin Core made."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from satrail._core import Address, Chain, ingest, open

_BLOCKS = Path(__file__).parent / "demo_chain"


def demo(folder: str | os.PathLike[str] | None = None) -> None:
    """Ingest the bundled chain, say what it holds, look up a wallet and follow its money.

    Parameters
    ----------
    folder : where to keep the store; a temporary folder, which is removed, when not given.

    Examples
    --------
    >>> satrail.demo()  # doctest: +ELLIPSIS
    1. From block files to a store
    ...
    """
    if folder is None:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
            return _walk(Path(temporary) / "demo.satrail")
    return _walk(Path(folder))


def _walk(store: Path) -> None:
    print("1. From block files to a store")
    print(f"   {ingest(_BLOCKS, store, progress=False)!r}")
    chain = open(store)
    print(f"   {chain!r}")
    print("   " + ", ".join(f"{count:,} {name}" for name, count in chain.counts.items()))
    print(f"   digest {chain.digest()}")
    _list_of_addresses(chain)
    _one_address(chain)
    _follow(chain)


def _list_of_addresses(chain: Chain) -> None:
    print("\n2. A list of addresses: the wallet of a charity")
    charity = chain.addresses(_BLOCKS / "charity.csv")
    print(f"   {charity!r}")
    columns = charity.summary().to_pydict()
    received = sum(int(str(value)) for value in columns["received"])
    balance = sum(int(str(value)) for value in columns["balance"])
    print(f"   received {_btc(received)} on {charity.known} addresses, of which {_btc(balance)} are still there")
    earlier = chain.at(300)
    then = sum(int(str(value)) for value in earlier.addresses(_BLOCKS / "charity.csv").summary().to_pydict()["balance"])
    print(f"   as of height 300 ({earlier.time:%Y-%m-%d %H:%M} UTC) it had {_btc(then)}")


def _one_address(chain: Chain) -> None:
    columns = chain.addresses(_BLOCKS / "charity.csv").summary().to_pydict()
    most = max(zip(columns["payments"], columns["address"], strict=True), key=lambda row: int(str(row[0])))[1]
    address = chain.address(str(most))
    print("\n3. The address of it that was paid most often")
    print(f"   {address!r}: {address.payments} payments, {_btc(address.received)} received, {_btc(address.sent)} sent")
    print(f"   first seen at height {address.first_height}, last at height {address.last_height}")
    for tx in address.transactions[:3]:
        print(f"   {tx!r}")


def _follow(chain: Chain) -> None:
    print("\n4. Where the charity's money went: every satoshi that it ever received, pro rata, over three transactions")
    out = chain.trace(chain.addresses(_BLOCKS / "charity.csv"), direction="out", policy="haircut", max_tx_hops=3)
    print(_indented(str(out.ledger)))
    print("   (rejoined is what came back to the charity itself, most of it change; it is traced from there already)")
    print(_indented(repr(out.ends)))
    print("\n5. Where the coins that it still holds came from, back to the blocks that mined them")
    held = [output for address in _known(chain) for output in address.outputs if output.spent_by is None]
    print(_indented(str(chain.trace(held, direction="in").ledger)))


def _known(chain: Chain) -> list[Address]:
    columns = chain.addresses(_BLOCKS / "charity.csv").summary().to_pydict()
    rows = zip(columns["address"], columns["known"], strict=True)
    return [chain.address(str(text)) for text, known in rows if known]


def _btc(satoshi: int) -> str:
    return f"{satoshi // 10**8:,}.{satoshi % 10**8:08d} BTC"


def _indented(text: str) -> str:
    return "\n".join(f"   {line}" for line in text.splitlines())
