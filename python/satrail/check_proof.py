"""Check why two addresses are one wallet's, from a proof's JSON and block headers alone.

Usage: python check_proof.py PROOF.json HEADERS

HEADERS holds the 80-byte headers of the chain from the genesis block on. This file uses nothing of satrail and can be
copied anywhere; docs/proof.md describes the JSON. What is checked: every header does the work that it states and names
its parent; every cited transaction has its id and stands under its block's Merkle root; its inputs or outputs are those
of the addresses of the step, or both addresses are made of one key or script; and the steps lead from one address to
the other. What cannot be checked from so little: that the headers are those of the chain with most work, and that a
rule's verdict on a transaction (no CoinJoin, the change) is right.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any


def check(proof: str, headers: bytes) -> None:
    """Raise ValueError where the proof does not hold."""
    document = json.loads(proof)
    expect(document["format"] == "satrail proof 1", "it is a document of another format")
    heights = check_headers(headers)
    tip = document["height"]
    expect(tip < len(heights) and heights[tip] == document["tip"], f"the headers have another block at height {tip}")
    cited = {txid: check_transaction(txid, entry, headers) for txid, entry in document["transactions"].items()}
    at, latest = document["from"]["script"], None
    for number, step in enumerate(document["steps"], 1):
        where = f"step {number}"
        expect(step["from"]["script"] == at, f"{where} does not begin where the one before it ends")
        if "transaction" in step:
            transaction = cited[step["transaction"]]
            place = document["transactions"][step["transaction"]]
            expect(
                place.get("height") == step["height"] <= tip,
                f"{where} has a transaction that is not shown to be in its block",
            )
            check_step(step, transaction, cited, where)
        else:
            check_same_key(step, where)
        at, latest = step["to"]["script"], max(latest or 0, step["height"])
    expect(at == document["to"]["script"], "the steps do not lead to the second address")
    expect(latest == document["joined_at"], "the latest step is at another height than stated")


def expect(holds: bool, otherwise: str) -> None:
    """Raise unless it holds."""
    if not holds:
        raise ValueError(f"the proof does not hold: {otherwise}")


def double_sha256(data: bytes) -> bytes:
    """Return SHA-256 of SHA-256."""
    return hashlib.sha256(hashlib.sha256(data).digest()).digest()


def check_headers(headers: bytes) -> list[str]:
    """Return the block hashes; every header must name its parent and do the work that it states."""
    expect(len(headers) % 80 == 0 and bool(headers), "the headers are not a whole number of 80 bytes")
    hashes = [bytes(32)]
    for height in range(len(headers) // 80):
        header = headers[80 * height : 80 * height + 80]
        expect(header[4:36] == hashes[-1], f"the header at height {height} does not name the block before it")
        bits = int.from_bytes(header[72:76], "little")
        shift = 8 * ((bits >> 24) - 3)
        target = (bits & 0x7FFFFF) << shift if shift >= 0 else (bits & 0x7FFFFF) >> -shift
        hashes.append(double_sha256(header))
        expect(int.from_bytes(hashes[-1], "little") <= target, f"the header at height {height} does not do its work")
    return [block[::-1].hex() for block in hashes[1:]]


def check_transaction(txid: str, entry: dict[str, Any], headers: bytes) -> tuple[list[tuple[str, int]], list[str]]:
    """Return what a transaction spends (id, position) and the scripts that it pays, once its id and place are right."""
    stripped, spends, scripts = read_transaction(bytes.fromhex(entry["raw"]))
    own = double_sha256(stripped)
    expect(own[::-1].hex() == txid, f"transaction {txid} has other bytes")
    if "branch" in entry:
        # Sixty-four bytes could be an inner node of the tree.
        expect(len(stripped) != 64, f"transaction {txid} is as long as a node of the Merkle tree")
        position = entry["position"]
        for beside in (bytes.fromhex(text)[::-1] for text in entry["branch"]):
            own = double_sha256(beside + own if position & 1 else own + beside)
            position >>= 1
        header = headers[80 * entry["height"] : 80 * entry["height"] + 80]
        expect(
            position == 0 and own == header[36:68], f"transaction {txid} does not stand under its block's Merkle root"
        )
        expect(double_sha256(header)[::-1].hex() == entry["block"], f"transaction {txid} names another block")
    return spends, scripts


def read_transaction(raw: bytes) -> tuple[bytes, list[tuple[str, int]], list[str]]:
    """Return a transaction without its witnesses, what it spends, and the scripts that it pays."""
    at = 6 if raw[4:6] == b"\0\1" else 4
    start, segwit = at, at == 6

    def take(count: int) -> bytes:
        nonlocal at
        expect(at + count <= len(raw), "a transaction is cut short")
        at += count
        return raw[at - count : at]

    def number() -> int:
        first = take(1)[0]
        return first if first < 253 else int.from_bytes(take(2 ** (first - 252)), "little")

    spends, scripts = [], []
    for _ in range(number()):
        outpoint = take(36)
        spends.append((outpoint[:32][::-1].hex(), int.from_bytes(outpoint[32:], "little")))
        take(number() + 4)
    for _ in range(number()):
        take(8)
        scripts.append(take(number()).hex())
    end = at
    for _ in spends if segwit else ():
        for _ in range(number()):
            take(number())
    take(4)
    expect(at == len(raw), "a transaction has bytes too many")
    return raw[:4] + raw[start:end] + raw[-4:], spends, scripts


Read = tuple[list[tuple[str, int]], list[str]]


def check_step(step: dict[str, Any], transaction: Read, cited: dict[str, Read], where: str) -> None:
    """Check that the named inputs spend from, and the named outputs pay, the two addresses of a step."""
    spends, scripts = transaction
    shown = set()
    for position in step["shown"].get("inputs", []):
        expect(0 <= position < len(spends), f"{where} names an input that is not there")
        txid, output = spends[position]
        expect(txid in cited and output < len(cited[txid][1]), f"{where} does not show what input {position} spends")
        shown.add(cited[txid][1][output])
    for position in step["shown"].get("outputs", []):
        expect(0 <= position < len(scripts), f"{where} names an output that is not there")
        shown.add(scripts[position])
    expect(bool(step["shown"].get("inputs")), f"{where} names no input")
    expect(shown == {step["from"]["script"], step["to"]["script"]}, f"{where} shows other addresses than it joins")


def check_same_key(step: dict[str, Any], where: str) -> None:
    """Check that both addresses of a step are made of the key, key hash or script hash that it shows."""
    shown = step["shown"]
    made: set[str] = set()
    if "key" in shown:
        key = bytes.fromhex(shown["key"])
        forms = [key] if len(key) == 33 else [key, bytes([2 + (key[-1] & 1)]) + key[1:33]]
        for form in forms:
            made |= {f"{len(form):02x}{form.hex()}ac", f"76a914{hash160(form).hex()}88ac"}
        made |= of_hash(hash160(forms[-1]))
    elif "key_hash" in shown:
        made = of_hash(bytes.fromhex(shown["key_hash"]))
    else:
        script = "0020" + shown["script_hash"]
        made = {script, f"a914{hash160(bytes.fromhex(script)).hex()}87"}
    expect(
        {step["from"]["script"], step["to"]["script"]} <= made,
        f"{where} shows a key that is not that of both addresses",
    )


def of_hash(key_hash: bytes) -> set[str]:
    """Return the scripts of the kinds that name a key by its hash."""
    program = "0014" + key_hash.hex()
    return {f"76a914{key_hash.hex()}88ac", program, f"a914{hash160(bytes.fromhex(program)).hex()}87"}


def hash160(data: bytes) -> bytes:
    """Return RIPEMD-160 of SHA-256."""
    return ripemd160(hashlib.sha256(data).digest())


def ripemd160(data: bytes) -> bytes:
    """Return RIPEMD-160 of a short text (Dobbertin, Bosselaers and Preneel 1996), which not every hashlib has."""
    order = [list(range(16)), [5, 14, 7, 0, 9, 2, 11, 4, 13, 6, 15, 8, 1, 10, 3, 12]]
    rho = [7, 4, 13, 1, 10, 6, 15, 3, 12, 0, 9, 5, 2, 14, 11, 8]
    shifts = [
        int(digit, 16) for digit in "befc5879bdef6798cdbf6997cfbd7877dfeb7768dedc5569ebce8655fcfe9986fcdd9586ebcb8655"
    ]
    constants = [
        [0, 0x5A827999, 0x6ED9EBA1, 0x8F1BBCDC, 0xA953FD4E],
        [0x50A28BE6, 0x5C4DD124, 0x6D703EF3, 0x7A6D76E9, 0],
    ]
    mask = 0xFFFFFFFF
    mix: list[Callable[[int, int, int], int]] = [
        lambda x, y, z: x ^ y ^ z,
        lambda x, y, z: (x & y) | (~x & z),
        lambda x, y, z: (x | ~y) ^ z,
        lambda x, y, z: (x & z) | (y & ~z),
        lambda x, y, z: x ^ (y | ~z),
    ]
    state = [0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0]
    padded = data + b"\x80" + bytes(-(len(data) + 9) % 64) + (8 * len(data)).to_bytes(8, "little")
    for start in range(0, len(padded), 64):
        words = [int.from_bytes(padded[start + 4 * i : start + 4 * i + 4], "little") for i in range(16)]
        lines = []
        for side in (0, 1):
            a, b, c, d, e = state
            places = order[side]
            for turn in range(5):
                function = mix[turn if side == 0 else 4 - turn]
                for i in range(16):
                    shift = shifts[16 * turn + places[i]]
                    total = (a + function(b, c, d) + words[places[i]] + constants[side][turn]) & mask
                    rolled = ((total << shift) | (total >> (32 - shift))) + e & mask
                    a, b, c, d, e = e, rolled, b, ((c << 10) | (c >> 22)) & mask, d
                places = [rho[place] for place in places]
            lines.append((a, b, c, d, e))
        left, right = lines
        state = [(state[(i + 1) % 5] + left[(i + 2) % 5] + right[(i + 3) % 5]) & mask for i in range(5)]
    return b"".join(word.to_bytes(4, "little") for word in state)


def main() -> None:
    """Check the files named on the command line."""
    if len(sys.argv) != 3:
        sys.exit("give the proof's JSON file and a file of block headers")
    try:
        check(Path(sys.argv[1]).read_text(), Path(sys.argv[2]).read_bytes())
    except (ValueError, KeyError, IndexError, TypeError, OSError) as error:
        sys.exit(f"{sys.argv[1]}: {error!r}" if not isinstance(error, ValueError) else f"{sys.argv[1]}: {error}")
    print("the proof holds")


if __name__ == "__main__":
    main()
