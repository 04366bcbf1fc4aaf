"""Small chains made by hand, where a test says every transaction."""

from __future__ import annotations

from collections.abc import Sequence

from oracles import chain as oracle
from oracles.chain import OracleChain, OracleTx

from chains.random_blocks import RawInput, genesis, mined, push, raw_tx, read_tx


def address(number: int) -> bytes:
    """A P2PKH script, another one for every number."""
    return b"\x76\xa9\x14" + number.to_bytes(20, "big") + b"\x88\xac"


def mint(outputs: Sequence[tuple[bytes, int]], note: int = 0) -> OracleTx:
    """A coinbase; those with the same outputs differ by their notes."""
    text = push(note.to_bytes(4, "big"))
    return read_tx(raw_tx(1, [RawInput(oracle.NO_ID, 0xFFFFFFFF, text, (), 0xFFFFFFFF)], list(outputs), 0))


def pay(
    inputs: Sequence[tuple[OracleTx, int]],
    outputs: Sequence[tuple[bytes, int]],
    *,
    version: int = 1,
    locktime: int = 0,
    sequence: int = 0xFFFFFFFF,
    script_sig: bytes = b"",
    witness: tuple[bytes, ...] = (),
) -> OracleTx:
    """A transaction that spends these (transaction, position); its fee is what is left."""
    spends = [RawInput(tx.txid, position, script_sig, witness, sequence) for tx, position in inputs]
    return read_tx(raw_tx(version, spends, list(outputs), locktime))


def chain_of(*blocks: Sequence[OracleTx], step: int = 600) -> OracleChain:
    """The genesis block and one for each list of transactions, the coinbase first, `step` seconds apart."""
    chain = [genesis()]
    for txs in blocks:
        chain.append(mined(4, chain[-1].hash, chain[-1].time + step, [tx.raw for tx in txs]))
    return OracleChain(chain, "regtest")


def in_chain(chain: OracleChain, tx: OracleTx) -> OracleTx:
    """The chain's own copy, which knows what it spends and who spends it."""
    return next(found for block in chain.blocks for found in block.txs if found.txid == tx.txid)
