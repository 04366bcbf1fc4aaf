"""Holds the oracle against what a Bitcoin Core node says about the same chain, and against small chains made here."""

import gzip
import hashlib
import json
import struct
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest
from oracles import chain as oracle
from oracles.chain import OracleHistory, output_kind, read_chain

ROOT = Path(__file__).resolve().parents[2]
CORE = ROOT / "tests" / "data" / "regtest-core"
LAYOUTS = {
    "default": CORE / "default",
    "noxor": CORE / "noxor",
    "fastprune-shuffled": ROOT / "python" / "satrail" / "demo_chain",
}
MAINNET = ROOT.parent / "shared" / "data" / "mainnet-0-4312"
KIND_OF_CORE_NAME = {
    "pubkey": "p2pk",
    "pubkeyhash": "p2pkh",
    "scripthash": "p2sh",
    "multisig": "multisig",
    "witness_v0_keyhash": "p2wpkh",
    "witness_v0_scripthash": "p2wsh",
    "witness_v1_taproot": "p2tr",
    "anchor": "anchor",
    "witness_unknown": "witness_unknown",
    "nulldata": "op_return",
    "nonstandard": "nonstandard",
}
HEIGHTS = [0, 1, 110, 250, 363, 494, 495, None]


# ---- The node's word ------------------------------------------------------------------------------------------------


@cache
def node_blocks(name):
    with gzip.open(CORE / f"blocks-{name}.v3.jsonl.gz", "rt") as lines:
        return [json.loads(line, parse_float=Decimal) for line in lines]


@cache
def truth():
    return json.loads(gzip.decompress((CORE / "ground-truth.json.gz").read_bytes()), parse_float=Decimal)


@cache
def chain_of(layout, tip=None):
    return read_chain(LAYOUTS[layout], tip=tip)


def active_chain():
    return chain_of("default")


@cache
def block_pairs():
    """(the oracle's block, the node's block) for the active chain and for every stale branch, each read as a chain."""
    node = {block["hash"]: block for name in ("active", "stale") for block in node_blocks(name)}
    pairs = [(block, node[block.hash]) for block in active_chain().blocks]
    for reorg in truth()["reorgs"]:
        branch = reorg["stale_branch"]
        tail = chain_of("default", branch[-1]).blocks[-len(branch) :]
        pairs += [(block, node[block.hash]) for block in tail]
    return pairs


def tx_pairs():
    return [pair for mine, node in block_pairs() for pair in zip(mine.txs, node["tx"], strict=True)]


def input_pairs():
    return [pair for mine, node in tx_pairs() for pair in zip(mine.inputs, node["vin"], strict=True)]


def output_pairs():
    return [pair for mine, node in tx_pairs() for pair in zip(mine.outputs, node["vout"], strict=True)]


def satoshi(btc):
    whole = btc * 10**8
    assert whole == int(whole)
    return int(whole)


def test_every_active_and_stale_block_of_the_node_is_read():
    hashes = [mine.hash for mine, _ in block_pairs()]
    assert len(hashes) == len(set(hashes)) == 507
    assert hashes[:496] == [block["hash"] for block in node_blocks("active")]
    assert sorted(hashes[496:]) == sorted(block["hash"] for block in node_blocks("stale"))


def test_blocks_have_the_nodes_height_time_median_time_and_parent():
    for mine, node in block_pairs():
        assert mine.height == node["height"]
        assert mine.time == node["time"]
        assert mine.median_time == node["mediantime"]
        assert mine.prev_hash == node.get("previousblockhash", "00" * 32)


def test_blocks_have_the_nodes_header_fields():
    for mine, node in block_pairs():
        fields = (node["version"], bytes.fromhex(node["merkleroot"])[::-1], node["time"], node["bits"], node["nonce"])
        version, merkle_root, time, bits, nonce = fields
        assert mine.header[:4] == struct.pack("<i", version)
        assert mine.header[36:68] == merkle_root
        assert mine.header[68:] == struct.pack("<III", time, int(bits, 16), nonce)


def test_the_sum_of_work_is_the_nodes_chainwork():
    work = 0
    for block, node in block_pairs()[:496]:
        work += block.work
        assert work == int(node["chainwork"], 16)


def test_transactions_have_the_nodes_txid_version_locktime_sizes_and_bytes():
    assert len(tx_pairs()) > 3500
    for mine, node in tx_pairs():
        assert mine.txid == node["txid"]
        assert (mine.version, mine.locktime) == (node["version"], node["locktime"])
        assert (mine.size, mine.weight, mine.vsize) == (node["size"], node["weight"], node["vsize"])
        assert mine.raw.hex() == node["hex"]


def test_the_first_transaction_of_each_block_and_no_other_is_a_coinbase():
    for mine, _ in block_pairs():
        assert [tx.is_coinbase for tx in mine.txs] == [True] + [False] * (len(mine.txs) - 1)


def test_fees_are_the_nodes_and_a_coinbase_has_none():
    for mine, node in tx_pairs():
        assert mine.fee == (satoshi(node["fee"]) if "fee" in node else None)
        assert mine.is_coinbase == ("fee" not in node)


def test_inputs_have_the_nodes_outpoint_sequence_script_and_witness():
    for mine, node in input_pairs():
        assert (mine.prev_txid, mine.prev_vout) == (node.get("txid"), node.get("vout"))
        assert mine.sequence == node["sequence"]
        assert mine.script_sig.hex() == (node["coinbase"] if "coinbase" in node else node["scriptSig"]["hex"])
        assert [item.hex() for item in mine.witness] == node.get("txinwitness", [])


def test_inputs_have_the_value_script_and_address_of_the_nodes_prevout():
    for mine, node in input_pairs():
        if "coinbase" in node:
            assert (mine.value, mine.script, mine.address) == (None, None, None)
        else:
            script = node["prevout"]["scriptPubKey"]
            assert mine.value == satoshi(node["prevout"]["value"])
            assert mine.script.hex() == script["hex"]
            assert mine.address == script.get("address")


def test_outputs_have_the_nodes_value_script_kind_and_address():
    for mine, node in output_pairs():
        script = node["scriptPubKey"]
        assert mine.value == satoshi(node["value"])
        assert mine.script.hex() == script["hex"]
        assert mine.kind == KIND_OF_CORE_NAME[script["type"]]
        assert mine.address == script.get("address")


def test_the_nodes_chain_holds_every_kind_of_output():
    assert {mine.kind for mine, _ in output_pairs()} == set(KIND_OF_CORE_NAME.values())


def test_an_output_is_spent_by_the_input_that_names_it_and_by_no_other():
    spenders = {
        (vin["txid"], vin["vout"]): (tx["txid"], index)
        for block in node_blocks("active")
        for tx in block["tx"]
        for index, vin in enumerate(tx["vin"])
        if "txid" in vin
    }
    for block in active_chain().blocks:
        for tx in block.txs:
            for vout, output in enumerate(tx.outputs):
                assert output.spent_by == spenders.pop((tx.txid, vout), None)
    assert spenders == {}


def test_the_other_side_of_a_double_spend_is_in_its_own_branch_only():
    active = {tx.txid for block in active_chain().blocks for tx in block.txs}
    double_spends = [reorg for reorg in truth()["reorgs"] if "double_spend" in reorg]
    assert len(double_spends) == 3
    for reorg in double_spends:
        branch = chain_of("default", reorg["stale_branch"][-1])
        stale = {tx.txid for block in branch.blocks for tx in block.txs}
        stale_txid, active_txid = reorg["double_spend"]["stale_txid"], reorg["double_spend"]["active_txid"]
        assert stale_txid in stale - active
        assert active_txid in active - stale


def test_addresses_and_scripts_are_of_the_kind_that_the_node_gave_them():
    kind_of_address = {output.address: output.kind for output, _ in output_pairs()}
    known = {address: entry["type"] for address, entry in truth()["addresses"].items() if address in kind_of_address}
    assert len(known) > 4500
    assert {address: kind_of_address[address] for address in known} == {
        address: KIND_OF_CORE_NAME[name] for address, name in known.items()
    }
    for script, name in truth()["non_address_scripts"].items():
        assert output_kind(bytes.fromhex(script)) == KIND_OF_CORE_NAME[name]


# ---- Coins and histories --------------------------------------------------------------------------------------------


def node_coins(height):
    """The coins after a height, as the node's blocks have them: outputs made less outputs named by inputs."""
    coins, spent = {}, set()
    for block in node_blocks("active")[: None if height is None else height + 1]:
        for tx in block["tx"]:
            spent |= {(vin["txid"], vin["vout"]) for vin in tx["vin"] if "txid" in vin}
            for out in tx["vout"] if block["height"] > 0 else []:
                script = bytes.fromhex(out["scriptPubKey"]["hex"])
                if not script.startswith(b"\x6a"):
                    coins[tx["txid"], out["n"]] = (satoshi(out["value"]), script, block["height"])
    return {outpoint: coin for outpoint, coin in coins.items() if outpoint not in spent}


@pytest.mark.parametrize("height", HEIGHTS)
def test_coins_as_of_a_height_are_the_nodes_outputs_less_its_inputs(height):
    assert active_chain().utxos(height) == node_coins(height)


def test_the_coins_at_the_tip_have_the_nodes_count_and_amount():
    coins, said = active_chain().utxos(), truth()["utxoset"]
    assert len(coins) == said["txouts"] == 663
    assert sum(value for value, _, _ in coins.values()) == satoshi(said["total_amount"]) == 1_336_249_700_000
    assert len({txid for txid, _ in coins}) == said["transactions"]


def chacha20_block(key_words, counter):
    """64 bytes of ChaCha20's stream with a nonce of zeros (RFC 8439)."""

    def quarter(a, b, c, d):
        for x, y, z, turn in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            state[x] = (state[x] + state[y]) & 0xFFFFFFFF
            mixed = state[z] ^ state[x]
            state[z] = (mixed << turn | mixed >> 32 - turn) & 0xFFFFFFFF

    start = [*struct.unpack("<4I", b"expand 32-byte k"), *key_words, counter, 0, 0, 0]
    state = list(start)
    for _ in range(10):
        for column in range(4):
            quarter(column, column + 4, column + 8, column + 12)
        for column in range(4):
            quarter(column, 4 + (column + 1) % 4, 8 + (column + 2) % 4, 12 + (column + 3) % 4)
    return struct.pack("<16I", *((x + y) & 0xFFFFFFFF for x, y in zip(state, start, strict=True)))


def muhash(elements):
    """MuHash3072: the product of one 3072-bit number for each element, whatever their order."""
    product, prime = 1, 2**3072 - 1103717
    for element in elements:
        key_words = struct.unpack("<8I", hashlib.sha256(element).digest())
        stream = b"".join(chacha20_block(key_words, counter) for counter in range(6))
        product = product * int.from_bytes(stream, "little") % prime
    return hashlib.sha256(product.to_bytes(384, "little")).digest()[::-1].hex()


def test_the_coins_at_the_tip_have_the_nodes_muhash():
    chain = active_chain()
    coinbases = {tx.txid for block in chain.blocks for tx in block.txs if tx.is_coinbase}
    elements = [
        bytes.fromhex(txid)[::-1] + struct.pack("<IIQ", vout, height * 2 + (txid in coinbases), value) + sized(script)
        for (txid, vout), (value, script, height) in chain.utxos().items()
    ]
    assert muhash(elements) == truth()["utxoset"]["muhash"]


@pytest.mark.parametrize("height", [110, 363, None])
def test_every_scripts_history_is_what_the_nodes_blocks_add_up_to(height):
    made, spent, touched = {}, {}, {}
    for block in node_blocks("active")[: None if height is None else height + 1]:
        for tx in block["tx"]:
            visit = (block["height"], tx["txid"])
            outs = [(made, out) for out in tx["vout"]]
            for side, row in outs + [(spent, vin["prevout"]) for vin in tx["vin"] if "prevout" in vin]:
                script = bytes.fromhex(row["scriptPubKey"]["hex"])
                side.setdefault(script, []).append(satoshi(row["value"]))
                touched.setdefault(script, {})[visit] = None
    for script, visits in touched.items():
        received, sent = sum(made[script]), sum(spent.get(script, []))
        heights = [height for height, _ in visits]
        assert active_chain().address_history(script, height) == OracleHistory(
            received=received,
            sent=sent,
            balance=received - sent,
            output_count=len(made[script]),
            txids=[txid for _, txid in visits],
            first_height=min(heights),
            last_height=max(heights),
        )


def test_a_script_never_seen_has_an_empty_history():
    assert active_chain().address_history(b"\x00" * 9) == OracleHistory(0, 0, 0, 0, [], None, None)


# ---- Layouts of block files -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("layout", ["noxor", "fastprune-shuffled"])
def test_another_layout_of_the_files_gives_the_identical_chain(layout):
    assert chain_of(layout).blocks == active_chain().blocks


@pytest.mark.parametrize("layout", LAYOUTS)
def test_each_layout_holds_every_block_once(layout):
    hashes = [block.hash for block in oracle.read_blocks(LAYOUTS[layout])]
    assert len(hashes) == len(set(hashes)) == 507


def sized(data):
    """The data after its compact size."""
    size = len(data)
    return (bytes([size]) if size < 253 else b"\xfd" + struct.pack("<H", size)) + data


def make_tx(inputs, outputs, version=1):
    """A transaction of (txid, vout) inputs and (value, script) outputs."""
    ins = [bytes.fromhex(txid)[::-1] + struct.pack("<I", vout) + b"\x00" + b"\xff" * 4 for txid, vout in inputs]
    outs = [struct.pack("<Q", value) + sized(script) for value, script in outputs]
    rows = [bytes([len(ins)]), *ins, bytes([len(outs)]), *outs]
    return struct.pack("<i", version) + b"".join(rows) + bytes(4)


def coinbase(mark):
    """A coinbase of 50 that is told from others by the script that it pays."""
    return make_tx([("00" * 32, 0xFFFFFFFF)], [(50, mark)])


def txid_of(tx):
    return oracle.display(oracle.sha256d(tx))


def block_after(parent, *txs, bits=0x207FFFFF, time=7):
    prev = oracle.sha256d(parent[:80]) if parent else bytes(32)
    root = oracle.merkle_root([txid_of(tx) for tx in txs])
    return struct.pack("<i", 1) + prev + root + struct.pack("<III", time, bits, 0) + bytes([len(txs)]) + b"".join(txs)


def straight_chain(*blocks_txs):
    blocks = []
    for txs in blocks_txs:
        blocks.append(block_after(blocks[-1] if blocks else None, *txs))
    return blocks


def record(block, network="regtest"):
    return oracle.NETWORKS[network][0] + struct.pack("<I", len(block)) + block


def chain_from(folder, data, key=None, **options):
    """The chain of a folder with one file of these bytes, masked when there is a key."""
    if key is not None:
        (folder / "xor.dat").write_bytes(key)
    (folder / "blk00000.dat").write_bytes(oracle.xor(data, key or bytes(8)))
    return read_chain(folder, **options)


def marks(chain):
    """The script that each block's coinbase pays."""
    return [block.txs[0].outputs[0].script for block in chain.blocks]


A, B, C, D = straight_chain(*([coinbase(mark)] for mark in (b"a", b"b", b"c", b"d")))


def test_blocks_are_put_in_order_and_duplicates_are_read_once(tmp_path):
    data = b"".join(map(record, (C, A, C, D, B, A, D)))
    assert marks(chain_from(tmp_path, data)) == [b"a", b"b", b"c", b"d"]


def test_a_chain_ends_before_its_first_gap(tmp_path):
    assert marks(chain_from(tmp_path, b"".join(map(record, (A, B, D))))) == [b"a", b"b"]


@pytest.mark.parametrize("left", [1, 7, 8, 60, 88, 100])
def test_a_last_record_that_is_cut_short_is_no_block(tmp_path, left):
    assert marks(chain_from(tmp_path, record(A) + record(B) + record(C)[:left])) == [b"a", b"b"]


def test_a_record_that_promises_more_than_the_file_holds_is_no_block(tmp_path):
    too_long = oracle.NETWORKS["regtest"][0] + struct.pack("<I", len(B) + 1) + B
    assert marks(chain_from(tmp_path, record(A) + too_long)) == [b"a"]


def test_padding_of_raw_zeros_ends_a_file_and_is_not_masked(tmp_path):
    key = bytes.fromhex("fabf070503020100")
    (tmp_path / "blk00000.dat").write_bytes(oracle.xor(record(A) + record(B), key) + bytes(1000))
    (tmp_path / "blk00001.dat").write_bytes(oracle.xor(record(C), key) + bytes(1001))
    (tmp_path / "xor.dat").write_bytes(key)
    assert marks(read_chain(tmp_path)) == [b"a", b"b", b"c"]


def test_the_key_goes_by_the_offset_in_the_file(tmp_path):
    chain = chain_from(tmp_path, b"odd" + record(A) + b"bytes" + record(B), key=bytes(range(1, 9)))
    assert marks(chain) == [b"a", b"b"]


def test_records_of_other_networks_are_passed_over(tmp_path):
    other = block_after(A, coinbase(b"other"))
    data = record(other, "mainnet") + record(A) + record(other, "signet") + record(B) + record(C, "testnet4")
    assert marks(chain_from(tmp_path, data)) == [b"a", b"b"]


def test_a_record_inside_a_blocks_own_bytes_is_not_a_record(tmp_path):
    carrier = block_after(A, coinbase(record(B)))
    chain = chain_from(tmp_path, record(A) + record(carrier))
    assert marks(chain) == [b"a", record(B)]
    assert len(list(oracle.read_blocks(tmp_path))) == 2


def test_a_magic_of_ones_own_is_taken_for_the_networks(tmp_path):
    data = record(A) + record(A).replace(oracle.NETWORKS["regtest"][0], b"mine")
    assert [block.hash for block in chain_from(tmp_path, data, magic=b"mine").blocks] == [txid_of(A[:80])]


def test_a_block_that_its_header_does_not_commit_to_is_no_block(tmp_path):
    assert marks(chain_from(tmp_path, record(A) + record(B[:-1] + b"\x01") + record(B + b"\x00"))) == [b"a"]


def test_the_longer_branch_wins_wherever_it_stands(tmp_path):
    x = block_after(A, coinbase(b"x"))
    assert marks(chain_from(tmp_path, b"".join(map(record, (A, x, B, C))))) == [b"a", b"b", b"c"]
    assert marks(chain_from(tmp_path, b"".join(map(record, (C, B, x, A))))) == [b"a", b"b", b"c"]


def test_of_two_branches_with_equal_work_the_first_in_the_files_wins(tmp_path):
    x = block_after(A, coinbase(b"x"))
    assert marks(chain_from(tmp_path, b"".join(map(record, (A, x, B))))) == [b"a", b"x"]
    assert marks(chain_from(tmp_path, b"".join(map(record, (A, B, x))))) == [b"a", b"b"]


def test_more_work_beats_more_blocks(tmp_path):
    hard = block_after(A, coinbase(b"hard"), bits=0x201FFFFF)
    assert marks(chain_from(tmp_path, b"".join(map(record, (A, B, C, hard))))) == [b"a", b"hard"]


def test_an_earlier_tip_can_be_asked_for(tmp_path):
    assert marks(chain_from(tmp_path, b"".join(map(record, (A, B, C))), tip=txid_of(B[:80]))) == [b"a", b"b"]
    with pytest.raises(ValueError, match="does not follow"):
        read_chain(tmp_path, tip=txid_of(D[:80]))


def test_what_cannot_be_read_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="no blk"):
        read_chain(tmp_path)
    with pytest.raises(ValueError, match="no first block"):
        chain_from(tmp_path, record(B))
    with pytest.raises(ValueError, match="7 bytes instead of 8"):
        chain_from(tmp_path, record(A), key=bytes(7))


def test_the_median_time_is_the_middle_one_of_up_to_eleven_however_they_are_ordered(tmp_path):
    blocks = []
    for time in (95, 10, 90, 20, 80, 30, 70, 40, 60, 100, 110, 5, 120):
        blocks.append(block_after(blocks[-1] if blocks else None, coinbase(bytes([time])), time=time))
    chain = chain_from(tmp_path, b"".join(map(record, blocks)))
    assert [block.median_time for block in chain.blocks] == [95, 95, 90, 90, 80, 80, 70, 70, 60, 70, 70, 60, 70]


def test_a_transactions_version_is_signed(tmp_path):
    odd = make_tx([("00" * 32, 0xFFFFFFFF)], [(50, b"")], version=-2)
    assert chain_from(tmp_path, record(block_after(None, odd))).blocks[0].txs[0].version == -2


# ---- Coins with a history -------------------------------------------------------------------------------------------


def test_a_coinbase_with_a_txid_seen_before_replaces_the_earlier_coin(tmp_path):
    twin = coinbase(b"twin")
    spender = make_tx([(txid_of(twin), 0)], [(49, b"out")])
    blocks = straight_chain([coinbase(b"a")], [twin], [twin], [coinbase(b"d"), spender])
    chain = chain_from(tmp_path, b"".join(map(record, blocks)))
    assert chain.blocks[1].txs[0].outputs[0].spent_by is None
    assert chain.blocks[2].txs[0].outputs[0].spent_by == (txid_of(spender), 0)
    assert chain.blocks[3].txs[1].fee == 1
    assert [chain.utxos(height).get((txid_of(twin), 0)) for height in range(4)] == [
        None,
        (50, b"twin", 1),
        (50, b"twin", 2),
        None,
    ]
    history = chain.address_history(b"twin")
    assert (history.received, history.sent, history.output_count) == (100, 50, 2)
    assert history.txids == [txid_of(twin), txid_of(twin), txid_of(spender)]


def test_a_coin_can_be_spent_in_the_block_that_makes_it(tmp_path):
    first = make_tx([(txid_of(coinbase(b"b")), 0)], [(50, b"one")])
    second = make_tx([(txid_of(first), 0)], [(50, b"two")])
    blocks = straight_chain([coinbase(b"a")], [coinbase(b"b")], [coinbase(b"c"), first, second])
    chain = chain_from(tmp_path, b"".join(map(record, blocks)))
    assert chain.blocks[2].txs[1].outputs[0].spent_by == (txid_of(second), 0)
    assert {script for _, script, _ in chain.utxos().values()} == {b"c", b"two"}


@pytest.mark.parametrize("spent", [b"genesis", b"never made", b"spent twice"])
def test_an_input_without_a_coin_is_an_error(tmp_path, spent):
    good = make_tx([(txid_of(coinbase(b"spent twice")), 0)], [(50, b"")])
    bad = make_tx([(txid_of(coinbase(spent)), 0)], [(50, b"bad")])
    blocks = straight_chain([coinbase(b"genesis")], [coinbase(b"spent twice")], [coinbase(b"c"), good, bad])
    with pytest.raises(ValueError, match="does not exist or is spent"):
        chain_from(tmp_path, b"".join(map(record, blocks)))


def test_outputs_that_nobody_can_spend_are_not_counted_as_coins(tmp_path):
    scripts = [b"\x6a\x02\x01", bytes(10_000), bytes(10_001), b""]
    paying = make_tx([("00" * 32, 0xFFFFFFFF)], [(1, script) for script in scripts])
    chain = chain_from(tmp_path, b"".join(map(record, straight_chain([coinbase(b"a")], [paying]))))
    assert [vout for _, vout in chain.utxos()] == [1, 3]


# ---- Scripts and addresses ------------------------------------------------------------------------------------------

KEY = bytes.fromhex("0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798")
LONG_KEY = b"\x04" + bytes(64)


def multisig(needed, keys, total):
    return needed + b"".join(bytes([len(key)]) + key for key in keys) + total + b"\xae"


@pytest.mark.parametrize(
    ("kind", "script"),
    [
        ("p2pk", b"\x21" + KEY + b"\xac"),
        ("p2pk", b"\x41\x06" + bytes(64) + b"\xac"),
        ("p2pk", b"\x41\x07" + bytes(64) + b"\xac"),
        ("nonstandard", b"\x21\x04" + bytes(32) + b"\xac"),
        ("nonstandard", b"\x41\x05" + bytes(64) + b"\xac"),
        ("nonstandard", b"\x4c\x21" + KEY + b"\xac"),
        ("p2pkh", b"\x76\xa9\x14" + bytes(20) + b"\x88\xac"),
        ("nonstandard", b"\x76\xa9\x14" + bytes(20) + b"\x88\xac\x61"),
        ("p2sh", b"\xa9\x14" + bytes(20) + b"\x87"),
        ("nonstandard", b"\xa9\x4c\x14" + bytes(20) + b"\x87"),
        ("p2wpkh", b"\x00\x14" + bytes(20)),
        ("p2wsh", b"\x00\x20" + bytes(32)),
        ("nonstandard", b"\x00\x15" + bytes(21)),
        ("nonstandard", b"\x00\x4e\x73"),
        ("p2tr", b"\x51\x20" + bytes(32)),
        ("anchor", b"\x51\x02\x4e\x73"),
        ("witness_unknown", b"\x52\x02\x4e\x73"),
        ("witness_unknown", b"\x51\x02\x4e\x74"),
        ("witness_unknown", b"\x51\x14" + bytes(20)),
        ("witness_unknown", b"\x60\x28" + bytes(40)),
        ("nonstandard", b"\x60\x29" + bytes(41)),
        ("nonstandard", b"\x51\x01\x00"),
        ("nonstandard", b"\x61\x02\x00\x00"),
        ("nonstandard", b"\x4f\x02\x00\x00"),
        ("op_return", b"\x6a"),
        ("op_return", b"\x6a\x00\x4f\x50\x51\x60"),
        ("op_return", b"\x6a\x4c\x01x\x4d\x01\x00x\x4e\x01\x00\x00\x00x"),
        ("op_return", b"\x6a\x4e\x00\x10\x00\x00" + bytes(4096)),
        ("nonstandard", b"\x6a\x61"),
        ("nonstandard", b"\x6a\x02x"),
        ("nonstandard", b"\x6a\x4d\x01"),
        ("multisig", multisig(b"\x51", [KEY], b"\x51")),
        ("multisig", multisig(b"\x52", [KEY, LONG_KEY, KEY], b"\x53")),
        ("multisig", multisig(b"\x60", [KEY] * 16, b"\x60")),
        ("multisig", multisig(b"\x51", [KEY] * 17, b"\x01\x11")),
        ("multisig", multisig(b"\x01\x14", [KEY] * 20, b"\x01\x14")),
        ("multisig", b"\x51\x4c\x21" + KEY + b"\x51\xae"),
        ("nonstandard", multisig(b"\x51", [KEY] * 21, b"\x01\x15")),
        ("nonstandard", multisig(b"\x01\x01", [KEY], b"\x51")),
        ("nonstandard", multisig(b"\x51", [KEY] * 17, b"\x4c\x01\x11")),
        ("nonstandard", multisig(b"\x51", [KEY] * 17, b"\x02\x11\x00")),
        ("nonstandard", multisig(b"\x52", [KEY], b"\x51")),
        ("nonstandard", multisig(b"\x51", [KEY], b"\x52")),
        ("nonstandard", multisig(b"\x00", [KEY], b"\x51")),
        ("nonstandard", multisig(b"\x51", [], b"\x51")),
        ("nonstandard", multisig(b"\x51", [KEY[:-1]], b"\x51")),
        ("nonstandard", multisig(b"\x51", [KEY], b"\x51") + b"\xae"),
        ("nonstandard", multisig(b"\x51", [KEY], b"\x51\x61")),
        ("nonstandard", b"\xae"),
        ("nonstandard", b""),
    ],
)
def test_a_script_has_the_kind_that_core_gives_it(kind, script):
    assert output_kind(script) == kind


P2PKH, P2SH = "76a914{}88ac", "a914{}87"


@pytest.mark.parametrize(
    ("network", "address", "script"),
    [
        ("mainnet", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", P2PKH.format("62e907b15cbf27d5425399ebf6f0fb50ebb88f18")),
        ("mainnet", "1111111111111111111114oLvT2", P2PKH.format("00" * 20)),
        ("mainnet", "3QJmV3qfvL9SuYo34YihAf3sRCW3qSinyC", P2SH.format("f815b036d9bbbce5e9f2a00abd1bf3dc91e95510")),
        ("testnet", "mo9ncXisMeAoXwqcV5EWuyncbmCcQN4rVs", P2PKH.format("53c0307d6851aa0ce7825ba883c6bd9ad242b486")),
        ("signet", "2N2JD6wb56AfK4tfmM6PwdVmoYk2dCKf4Br", P2SH.format("6349a418fc4578d10a372b54b45c280cc8c4382f")),
        ("mainnet", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "0014751e76e8199196d454941c45d1b3a323f1433bd6"),
        (
            "testnet4",
            "tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7",
            "00201863143c14c5166804bd19203356da136c985678cd4d27a1b8c6329604903262",
        ),
        (
            "mainnet",
            "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
            "512079be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
        ),
        ("mainnet", "bc1sw50qgdz25j", "6002751e"),
        ("mainnet", "bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs", "5210751e76e8199196d454941c45d1b3a323"),
        ("mainnet", "bc1pfeessrawgf", "51024e73"),
        ("testnet3", "tb1pfees9rn5nz", "51024e73"),
        ("mainnet", None, "21" + KEY.hex() + "ac"),
        ("mainnet", None, "6a"),
        ("mainnet", None, "51"),
        ("mainnet", None, "0015" + "00" * 21),
    ],
)
def test_a_script_has_the_address_text_of_its_network(network, address, script):
    script = bytes.fromhex(script)
    assert oracle.address_text(script, output_kind(script), network) == address


# ---- The real chain -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def mainnet():
    if not MAINNET.is_dir():
        pytest.skip(f"the first blocks of the main chain are not in {MAINNET}")
    return read_chain(MAINNET, "mainnet")


def test_the_first_4313_blocks_of_the_main_chain_hold_4371_transactions(mainnet):
    assert len(mainnet.blocks) == 4313
    assert sum(len(block.txs) for block in mainnet.blocks) == 4371
    assert mainnet.blocks[0].hash == "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f"


def test_the_first_payment_of_the_main_chain_leaves_40_btc_with_its_payer(mainnet):
    block = mainnet.blocks[170]
    assert block.hash == "00000000d1145790a8694403d4063f323d499e655c83426834d4ce2f8dd4a2ee"
    payment = block.txs[1]
    assert payment.txid == "f4184fc596403b9d638783cf57adfe4c75c605f6356fbc91338530e9831e9e16"
    assert [output.value for output in payment.outputs] == [10 * 10**8, 40 * 10**8]
    assert payment.outputs[1].script == payment.inputs[0].script
    assert payment.fee == 0


def test_every_coin_of_the_early_main_chain_was_mined_after_genesis(mainnet):
    assert sum(value for value, _, _ in mainnet.utxos().values()) == 4312 * 50 * 10**8
