"""Slow, obvious rules of which output is the change, for tests to hold the fast ones against.

Each takes a transaction of the chain and gives the positions of the outputs that it cannot rule out, as of a height
that is not below the transaction's: a spend in a later block has not happened. A coinbase has no change. OP_RETURN
outputs are never it, and are passed over; only `spent` lists them, as it lists whatever is spent.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from oracles.chain import OracleChain, OracleTx, output_kind
from oracles.cluster import spent_script, spent_value, transactions

Rule = Callable[[OracleChain, OracleTx, int], set[int]]


# ---- What the rules ask ---------------------------------------------------------------------------------------------


def candidates(tx: OracleTx) -> set[int]:
    return set() if tx.is_coinbase else {n for n, output in enumerate(tx.outputs) if output.kind != "op_return"}


@cache
def all_transactions(chain: OracleChain) -> dict[str, tuple[int, OracleTx]]:
    """Txid -> (height, transaction); of coinbases with one id the later."""
    return {tx.txid: (at, tx) for at, tx in transactions(chain, len(chain.blocks))}


def spender(chain: OracleChain, tx: OracleTx, position: int, height: int) -> OracleTx | None:
    """The transaction that spends the output up to the height."""
    spent_by = tx.outputs[position].spent_by
    if spent_by is None:
        return None
    at, found = all_transactions(chain)[spent_by[0]]
    return found if at <= height else None


def where_spender(chain: OracleChain, tx: OracleTx, height: int, fits: Callable[[OracleTx], bool]) -> set[int]:
    """The candidates that are unspent, or whose spender fits."""
    found = set()
    for position in candidates(tx):
        by = spender(chain, tx, position, height)
        if by is None or fits(by):
            found.add(position)
    return found


def input_scripts(tx: OracleTx) -> set[bytes]:
    return {spent_script(spent) for spent in tx.spends}


def is_fresh(chain: OracleChain, tx: OracleTx, script: bytes) -> bool:
    """Whether no transaction before this one pays the script."""
    return first_payments(chain)[script] == tx.txid


@cache
def first_payments(chain: OracleChain) -> dict[bytes, str]:
    """Script -> the id of the first transaction that pays it."""
    first: dict[bytes, str] = {}
    for _, tx in transactions(chain, len(chain.blocks)):
        for output in tx.outputs:
            first.setdefault(output.script, tx.txid)
    return first


# ---- Rules that nothing later changes -------------------------------------------------------------------------------


def none(chain: OracleChain, tx: OracleTx, height: int) -> set[int]:
    """No output."""
    return set()


def power_of_ten(chain: OracleChain, tx: OracleTx, height: int, digits: int = 6) -> set[int]:
    """Values that are not a multiple of 10 to the `digits`: what is paid is often round."""
    return {n for n in candidates(tx) if tx.outputs[n].value % 10**digits != 0}


def optimal(chain: OracleChain, tx: OracleTx, height: int, fee: bool = False) -> set[int]:
    """Values, with `fee` that of the transaction on top, below the smallest input's.

    With more the payer could have left out that input.
    """
    if tx.is_coinbase:
        return set()
    smallest = min(spent_value(spent) for spent in tx.spends)
    extra = (tx.fee or 0) if fee else 0
    return {n for n in candidates(tx) if tx.outputs[n].value + extra < smallest}


def address_type(chain: OracleChain, tx: OracleTx, height: int) -> set[int]:
    """Outputs of the inputs' kind, if they are all of one."""
    kinds = {output_kind(spent_script(spent)) for spent in tx.spends}
    return {n for n in candidates(tx) if kinds == {tx.outputs[n].kind}}


def address_reuse(chain: OracleChain, tx: OracleTx, height: int) -> set[int]:
    """Outputs to an address of the inputs."""
    return {n for n in candidates(tx) if tx.outputs[n].script in input_scripts(tx)}


def fresh(chain: OracleChain, tx: OracleTx, height: int) -> set[int]:
    """Outputs to an address that no transaction paid before."""
    return {n for n in candidates(tx) if is_fresh(chain, tx, tx.outputs[n].script)}


# ---- Rules that look at what came later -----------------------------------------------------------------------------


def spent(chain: OracleChain, tx: OracleTx, height: int) -> set[int]:
    """Outputs that are spent, whatever their kind."""
    if tx.is_coinbase:
        return set()
    return {n for n in range(len(tx.outputs)) if spender(chain, tx, n, height) is not None}


def locktime(chain: OracleChain, tx: OracleTx, height: int) -> set[int]:
    """Unspent, or the spender has a locktime if this one has, and none if it has none."""
    return where_spender(chain, tx, height, lambda by: (by.locktime > 0) == (tx.locktime > 0))


def fixed_fee(chain: OracleChain, tx: OracleTx, height: int) -> set[int]:
    """Unspent, or the spender has the same fee rate, in whole satoshi for 1000 virtual bytes (rounded down)."""
    return where_spender(chain, tx, height, lambda by: fee_rate(by) == fee_rate(tx))


def fee_rate(tx: OracleTx) -> int:
    assert tx.fee is not None, "a coinbase pays no fee"
    return tx.fee * 1000 // tx.vsize


def peeling(chain: OracleChain, tx: OracleTx, height: int) -> set[int]:
    """Of a link of a peeling chain: unspent, or the spender is a link too. Of other transactions none."""
    if not is_peeling(chain, tx, height):
        return set()
    return where_spender(chain, tx, height, lambda by: is_peeling(chain, by, height))


def is_peeling(chain: OracleChain, tx: OracleTx, height: int) -> bool:
    """Whether it looks like a link, and so does the transaction before it or one that spends from it."""
    if not looks_like_peeling(tx):
        return False
    txid = tx.inputs[0].prev_txid
    assert txid is not None
    before = all_transactions(chain)[txid][1]
    after = [spender(chain, tx, position, height) for position in range(len(tx.outputs))]
    return looks_like_peeling(before) or any(by is not None and looks_like_peeling(by) for by in after)


def looks_like_peeling(tx: OracleTx) -> bool:
    """One input and two outputs, whatever they are; a coinbase has no input."""
    return len(tx.spends) == 1 and len(tx.outputs) == 2


def fingerprint(chain: OracleChain, tx: OracleTx, height: int) -> set[int]:
    """Unspent, or the spender could have been made by the same program."""
    return where_spender(chain, tx, height, lambda by: habits(by) == habits(tx))


def habits(tx: OracleTx) -> tuple[int, bool, bool, set[str]]:
    """Version, whether there is a locktime, whether there is a witness, and the classes of its inputs' sequences."""
    has_witness = any(item.witness for item in tx.inputs)
    return tx.version, tx.locktime > 0, has_witness, {sequence_class(item.sequence) for item in tx.inputs}


def sequence_class(sequence: int) -> str:
    if sequence == 0xFFFFFFFF:
        return "final"
    if sequence == 0xFFFFFFFE:
        return "locktime"
    return "replaceable" if sequence >= 0x80000000 else "relative"


# ---- One-time change ------------------------------------------------------------------------------------------------


def one_time_change(
    chain: OracleChain, tx: OracleTx, height: int, wait: int | None = None, skip_self_change: bool = False
) -> set[int]:
    """The only output to a fresh address, if no output returns to an address of the inputs (Meiklejohn et al. 2013).

    With `wait` it is none if another transaction pays its address in a block whose header's time is at most so many
    seconds after this one's (or before it). With `skip_self_change` it is none if an output pays an address that a
    transaction before this one had among its inputs and its outputs.
    """
    found = fresh(chain, tx, height)
    if len(found) != 1 or address_reuse(chain, tx, height):
        return set()
    (position,) = found
    if wait is not None and is_paid_again(chain, tx, tx.outputs[position].script, height, wait):
        return set()
    if skip_self_change and any(was_self_change(chain, tx, tx.outputs[n].script) for n in candidates(tx)):
        return set()
    return found


def is_paid_again(chain: OracleChain, tx: OracleTx, script: bytes, height: int, wait: int) -> bool:
    """Whether another transaction up to the height pays the script within so many seconds."""
    until = chain.blocks[all_transactions(chain)[tx.txid][0]].time + wait
    return any(
        chain.blocks[at].time <= until and any(output.script == script for output in other.outputs)
        for at, other in transactions(chain, height)
        if other.txid != tx.txid
    )


def was_self_change(chain: OracleChain, tx: OracleTx, script: bytes) -> bool:
    """Whether the script is spent from and paid by one transaction before this one."""
    for _, other in transactions(chain, len(chain.blocks)):
        if other.txid == tx.txid:
            return False
        if script in input_scripts(other) and any(output.script == script for output in other.outputs):
            return True
    raise ValueError(f"{tx.txid} is not in the chain")


#: Every rule by its name, as it is without options.
RULES: dict[str, Rule] = {
    "address_reuse": address_reuse,
    "address_type": address_type,
    "fingerprint": fingerprint,
    "fixed_fee": fixed_fee,
    "fresh": fresh,
    "locktime": locktime,
    "none": none,
    "one_time_change": one_time_change,
    "optimal": optimal,
    "peeling": peeling,
    "power_of_ten": power_of_ten,
    "spent": spent,
}
