"""Keys and their hashes in plain Python: RIPEMD-160 (which not every hashlib has), HASH160, and points of secp256k1."""

from __future__ import annotations

import hashlib
from functools import cache

# ---- RIPEMD-160 -----------------------------------------------------------------------------------------------------

START = (0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0)
LEFT_CONSTANTS = (0x00000000, 0x5A827999, 0x6ED9EBA1, 0x8F1BBCDC, 0xA953FD4E)
RIGHT_CONSTANTS = (0x50A28BE6, 0x5C4DD124, 0x6D703EF3, 0x7A6D76E9, 0x00000000)
LEFT_WORDS = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15),
    (7, 4, 13, 1, 10, 6, 15, 3, 12, 0, 9, 5, 2, 14, 11, 8),
    (3, 10, 14, 4, 9, 15, 8, 1, 2, 7, 0, 6, 13, 11, 5, 12),
    (1, 9, 11, 10, 0, 8, 12, 4, 13, 3, 7, 15, 14, 5, 6, 2),
    (4, 0, 5, 9, 7, 12, 2, 10, 14, 1, 3, 8, 11, 6, 15, 13),
)
RIGHT_WORDS = (
    (5, 14, 7, 0, 9, 2, 11, 4, 13, 6, 15, 8, 1, 10, 3, 12),
    (6, 11, 3, 7, 0, 13, 5, 10, 14, 15, 8, 12, 4, 9, 1, 2),
    (15, 5, 1, 3, 7, 14, 6, 9, 11, 8, 12, 2, 10, 0, 4, 13),
    (8, 6, 4, 1, 3, 11, 15, 0, 5, 12, 2, 13, 9, 7, 10, 14),
    (12, 15, 10, 4, 1, 5, 8, 7, 6, 2, 13, 14, 0, 3, 9, 11),
)
LEFT_TURNS = (
    (11, 14, 15, 12, 5, 8, 7, 9, 11, 13, 14, 15, 6, 7, 9, 8),
    (7, 6, 8, 13, 11, 9, 7, 15, 7, 12, 15, 9, 11, 7, 13, 12),
    (11, 13, 6, 7, 14, 9, 13, 15, 14, 8, 13, 6, 5, 12, 7, 5),
    (11, 12, 14, 15, 14, 15, 9, 8, 9, 14, 5, 6, 8, 6, 5, 12),
    (9, 15, 5, 11, 6, 8, 13, 12, 5, 12, 13, 14, 11, 8, 5, 6),
)
RIGHT_TURNS = (
    (8, 9, 9, 11, 13, 15, 15, 5, 7, 7, 8, 11, 14, 14, 12, 6),
    (9, 13, 15, 7, 12, 8, 9, 11, 7, 7, 12, 7, 6, 15, 13, 11),
    (9, 7, 15, 11, 8, 6, 6, 14, 12, 13, 5, 14, 13, 13, 7, 5),
    (15, 5, 8, 11, 14, 14, 6, 14, 6, 9, 12, 9, 12, 5, 15, 8),
    (8, 5, 12, 9, 12, 5, 14, 6, 8, 13, 6, 5, 15, 13, 11, 11),
)
MASK = 2**32 - 1


def ripemd160(data: bytes) -> bytes:
    """The hash as its authors describe it: two lines of five rounds of sixteen steps for each 64 bytes."""
    padded = data + b"\x80" + bytes(-(len(data) + 9) % 64) + (8 * len(data)).to_bytes(8, "little")
    state = START
    for at in range(0, len(padded), 64):
        words = [int.from_bytes(padded[i : i + 4], "little") for i in range(at, at + 64, 4)]
        left = line(state, words, (0, 1, 2, 3, 4), LEFT_CONSTANTS, LEFT_WORDS, LEFT_TURNS)
        right = line(state, words, (4, 3, 2, 1, 0), RIGHT_CONSTANTS, RIGHT_WORDS, RIGHT_TURNS)
        a, b, c, d, e = ((state[(i + 1) % 5] + left[(i + 2) % 5] + right[(i + 3) % 5]) & MASK for i in range(5))
        state = (a, b, c, d, e)
    return b"".join(word.to_bytes(4, "little") for word in state)


def line(
    state: tuple[int, int, int, int, int],
    words: list[int],
    mixers: tuple[int, ...],
    constants: tuple[int, ...],
    places: tuple[tuple[int, ...], ...],
    turns: tuple[tuple[int, ...], ...],
) -> tuple[int, int, int, int, int]:
    a, b, c, d, e = state
    for mixer, constant, round_places, round_turns in zip(mixers, constants, places, turns, strict=True):
        for place, turn in zip(round_places, round_turns, strict=True):
            mixed = turned((a + mix(mixer, b, c, d) + words[place] + constant) & MASK, turn) + e
            a, b, c, d, e = e, mixed & MASK, b, turned(c, 10), d
    return a, b, c, d, e


def mix(number: int, x: int, y: int, z: int) -> int:
    functions = (x ^ y ^ z, (x & y) | (~x & z), (x | ~y) ^ z, (x & z) | (y & ~z), x ^ (y | ~z))
    return functions[number] & MASK


def turned(word: int, bits: int) -> int:
    return (word << bits | word >> (32 - bits)) & MASK


@cache
def hash160(data: bytes) -> bytes:
    return ripemd160(hashlib.sha256(data).digest())


# ---- Keys -----------------------------------------------------------------------------------------------------------

P = 2**256 - 2**32 - 977
G = (
    0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
    0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
)
Point = tuple[int, int]


def plus(left: Point, right: Point) -> Point:
    """The sum of two points of the curve, neither of them the other's negative."""
    if left == right:
        slope = 3 * left[0] * left[0] * pow(2 * left[1], -1, P) % P
    else:
        slope = (right[1] - left[1]) * pow(right[0] - left[0], -1, P) % P
    x = (slope * slope - left[0] - right[0]) % P
    return x, (slope * (left[0] - x) - left[1]) % P


def times_g(factor: int) -> Point:
    """The public key of a private one: by doubling, and adding where there is a bit."""
    total, power = None, G
    while factor:
        if factor & 1:
            total = power if total is None else plus(total, power)
        power, factor = plus(power, power), factor >> 1
    if total is None:
        raise ValueError("no point is zero times another")
    return total


def short_key(point: Point) -> bytes:
    """33 bytes: whether y is odd, and x."""
    return bytes([2 + point[1] % 2]) + point[0].to_bytes(32, "big")


def long_key(point: Point) -> bytes:
    """65 bytes: 04, x and y."""
    return b"\x04" + point[0].to_bytes(32, "big") + point[1].to_bytes(32, "big")


def compressed(key: bytes) -> bytes:
    """The 33 bytes of a key that is written in 65 (or in 33)."""
    return key if len(key) == 33 else bytes([2 + key[64] % 2]) + key[1:33]
