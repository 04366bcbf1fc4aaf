"""A block reward paid to a public key (P2PK), asked for by the address that explorers show for that key.

The answer must not be just "nothing was ever paid".
"""

import sys

import satrail
from made import block_file, coin, opened, pkh, size

KEY = bytes.fromhex(
    "0479be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
    "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8"
)
HASH_OF_KEY = bytes.fromhex("91b24bf9f5288532960ac687abb035127b1d28a5")  # RIPEMD160(SHA256(KEY))

chain = opened(block_file([coin(1, (size(65) + KEY + b"\xac", 5 * 10**9))]))
script = pkh(0)[:3] + HASH_OF_KEY + pkh(0)[-2:]
try:
    said = f"received {chain.address(script.hex()).received()}"
except satrail.SatrailError as error:
    said = str(error)
print(said)
sys.exit(not ("5000000000" in said or "p2pk" in said.lower() or "public key" in said.lower()))
