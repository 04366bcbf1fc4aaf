"""Holds the chain and its objects against the oracle, which reads the same files, and against what the node says."""

import pytest
import satrail
from conftest import BLOCKS, DATA, utc
from oracles import chain as oracle
from test_oracle import KIND_OF_CORE_NAME, node_blocks, satoshi

HEIGHTS = [0, 1, 110, 250, 363, 494, 495]


def transactions(chain):
    return [tx for block in chain for tx in block.transactions()]


def pairs_of_blocks(chain, truth):
    return list(zip(chain, truth.blocks, strict=True))


def pairs_of_transactions(chain, truth):
    return list(zip(transactions(chain), (tx for block in truth.blocks for tx in block.txs), strict=True))


def compact_size(count):
    return 1 if count < 253 else 3


def scripts(truth, height):
    """The scripts paid up to a height, in the order in which they were paid first."""
    return list(dict.fromkeys(o.script for block in truth.blocks[: height + 1] for tx in block.txs for o in tx.outputs))


def address_of(chain, script):
    """The address of a script; the empty one has no text, so it is found by an output that pays it."""
    if script:
        return chain.address(script.hex())
    return next(o.address for tx in transactions(chain) for o in tx.outputs() if not o.address.script)


# ---- The chain ------------------------------------------------------------------------------------------------------


def test_a_chain_says_what_it_is(chain, store, truth):
    assert (chain.height, chain.network, chain.store, len(chain)) == (495, "regtest", str(store), 496)
    assert chain.tip.hash == truth.blocks[-1].hash
    assert chain.time == chain.tip.median_time == utc(truth.blocks[-1].median_time)
    assert repr(chain) == f"Chain({store}, regtest, height=495, tip={chain.tip.hash})"


@pytest.mark.parametrize("height", HEIGHTS)
def test_counts_are_those_of_the_blocks_up_to_the_height(chain, truth, height):
    txs = [tx for block in truth.blocks[: height + 1] for tx in block.txs]
    assert chain.at(height).counts == {
        "blocks": height + 1,
        "transactions": len(txs),
        "inputs": sum(len(tx.inputs) for tx in txs),
        "outputs": sum(len(tx.outputs) for tx in txs),
        "addresses": len(scripts(truth, height)),
    }


def test_chains_are_equal_when_they_end_in_the_same_block(chain, store):
    assert chain == satrail.open(store) == chain.at(495)
    assert hash(chain) == hash(satrail.open(store))
    assert chain.at(494) != chain
    assert chain != "chain"
    assert len({chain, satrail.open(store), chain.at(494)}) == 2


def test_a_moment_is_a_height_a_hash_or_a_date(chain, truth):
    for height in HEIGHTS:
        by_height, block = chain.at(height), truth.blocks[height]
        assert by_height.height == height
        assert by_height == chain.at(block.hash) == chain.at(f" {block.hash.upper()} ")
        assert chain.block(height) == chain.block(block.hash) == by_height.tip


def test_a_date_means_the_last_block_whose_median_time_is_not_later(chain, truth):
    for moment in sorted({time + shift for b in truth.blocks for time in (b.time, b.median_time) for shift in (-1, 0)}):
        last = max((b.height for b in truth.blocks if b.median_time <= moment), default=None)
        if last is None:
            with pytest.raises(satrail.NotInChainError, match="before the chain begins"):
                chain.at(utc(moment))
        else:
            assert chain.at(utc(moment)).height == chain.block(utc(moment)).height == last


def test_a_chain_as_of_a_height_knows_nothing_later(chain):
    early, later = chain.at(250), chain.block(251)
    for ask in (
        lambda: early.block(251),
        lambda: early.at(251),
        lambda: early.block(later.hash),
        lambda: early.at(later.hash),
        lambda: early.tx(later.transactions()[0].txid),
        lambda: early.output(later.transactions()[0].outputs()[0].outpoint),
        lambda: early.blocks(later.hash),
    ):
        with pytest.raises(satrail.NotInChainError):
            ask()
    assert early.blocks(250, 300).to_pydict()["height"] == [250]


@pytest.mark.parametrize("layout", ["default", "noxor"])
def test_every_layout_of_the_files_gives_the_same_digest(chain, tmp_path, layout):
    report = satrail.ingest(DATA / layout, tmp_path / "store", progress=False)
    assert (report.height, report.tip, report.stale_blocks) == (495, chain.tip.hash, 11)
    assert satrail.open(tmp_path / "store").digest() == chain.digest()


def test_the_digest_is_that_of_the_chain_up_to_its_height(chain, tmp_path):
    satrail.ingest(BLOCKS, tmp_path / "store", until=300, progress=False)
    assert satrail.open(tmp_path / "store").digest() == chain.at(300).digest() != chain.at(301).digest()


# ---- Blocks ---------------------------------------------------------------------------------------------------------


def test_blocks_are_the_oracles(chain, truth):
    work = 0
    for block, expected in pairs_of_blocks(chain, truth):
        work += expected.work
        assert block.height == expected.height
        assert (block.hash, block.parent, block.header) == (expected.hash, expected.prev_hash, expected.header)
        assert block.merkle_root == expected.header[36:68][::-1].hex()
        assert (block.time, block.median_time) == (utc(expected.time), utc(expected.median_time))
        frame = 80 + compact_size(len(expected.txs))
        assert block.size == frame + sum(tx.size for tx in expected.txs)
        assert block.weight == 4 * frame + sum(tx.weight for tx in expected.txs)
        assert block.chain_work == work
        assert len(block) == len(block.transactions()) == len(expected.txs)


def test_blocks_are_the_nodes(chain):
    for block, node in zip(chain, node_blocks("active"), strict=True):
        assert (block.hash, block.height) == (node["hash"], node["height"])
        assert (block.size, block.weight, len(block)) == (node["size"], node["weight"], node["nTx"])
        assert (block.time, block.median_time) == (utc(node["time"]), utc(node["mediantime"]))
        assert block.merkle_root == node["merkleroot"]
        assert block.chain_work == int(node["chainwork"], 16)


def test_stale_blocks_and_what_is_in_them_alone_are_not_in_the_chain(chain):
    active = {tx["txid"] for block in node_blocks("active") for tx in block["tx"]}
    only_stale = 0
    for block in node_blocks("stale"):
        with pytest.raises(satrail.NotInChainError, match="stale"):
            chain.block(block["hash"])
        for txid in {tx["txid"] for tx in block["tx"]} - active:
            only_stale += 1
            with pytest.raises(satrail.NotInChainError):
                chain.tx(txid)
    assert only_stale >= 11


def test_equal_blocks_have_equal_hashes_and_differ_from_others(chain):
    assert chain.block(5) == chain.at(9).block(5) != chain.block(6)
    assert hash(chain.block(5)) == hash(chain.at(9).block(5))
    assert chain.block(5) != 5


# ---- Transactions ---------------------------------------------------------------------------------------------------


def test_transactions_are_the_oracles(chain, truth):
    number = 0
    for block, expected_block in pairs_of_blocks(chain, truth):
        for position, (tx, expected) in enumerate(zip(block.transactions(), expected_block.txs, strict=True)):
            assert tx.txid == expected.txid
            assert (tx.number, tx.height, tx.position) == (number, block.height, position)
            assert (tx.time, tx.block) == (block.time, block)
            assert (tx.version, tx.locktime, tx.fee()) == (expected.version, expected.locktime, expected.fee)
            assert (tx.size, tx.weight, tx.vsize) == (expected.size, expected.weight, expected.vsize)
            assert tx.is_coinbase == expected.is_coinbase
            assert (len(tx.inputs()), len(tx.outputs())) == (len(expected.inputs), len(expected.outputs))
            number += 1
    assert number == chain.counts["transactions"]


def test_transactions_are_the_nodes(chain):
    nodes = [tx for block in node_blocks("active") for tx in block["tx"]]
    for tx, node in zip(transactions(chain), nodes, strict=True):
        assert (tx.txid, tx.version, tx.locktime) == (node["txid"], node["version"], node["locktime"])
        assert (tx.size, tx.weight, tx.vsize) == (node["size"], node["weight"], node["vsize"])
        assert tx.fee() == (satoshi(node["fee"]) if "fee" in node else None)
        for output, out in zip(tx.outputs(), node["vout"], strict=True):
            assert (output.value, output.position) == (satoshi(out["value"]), out["n"])
            assert output.kind == KIND_OF_CORE_NAME[out["scriptPubKey"]["type"]]
            assert output.address.text == out["scriptPubKey"].get("address")


def test_a_transaction_is_found_by_its_id(chain, truth):
    for block in truth.blocks:
        for expected in block.txs:
            tx = chain.tx(expected.txid)
            assert (tx.txid, tx.height) == (expected.txid, block.height)


def test_raw_bytes_are_those_in_the_block_files(chain, truth):
    for tx, expected in pairs_of_transactions(chain, truth):
        assert tx.raw() == expected.raw


def test_the_fingerprint_tells_witness_sequences_and_kinds(chain, truth):
    classes = {"final": range(0xFFFFFFFF, 2**32), "locktime": range(0xFFFFFFFE, 0xFFFFFFFF)}
    classes |= {"replaceable": range(2**31, 0xFFFFFFFE), "relative": range(2**31)}
    for tx, expected in pairs_of_transactions(chain, truth):
        print_, sequences = tx.fingerprint, [spent.sequence for spent in expected.inputs]
        assert print_.segwit == any(spent.witness for spent in expected.inputs)
        found = [name for name, numbers in classes.items() if any(s in numbers for s in sequences)]
        assert print_.sequences == found
        assert print_.replaceable == bool({"replaceable", "relative"} & set(found))
        kinds = {o.kind for o in expected.outputs}
        assert set(print_.output_kinds) == {"witness_unknown" if kind == "anchor" else kind for kind in kinds}
        assert satrail.Fingerprint(print_.bits) == print_


# ---- Inputs and outputs ---------------------------------------------------------------------------------------------


def test_inputs_are_the_oracles(chain, truth):
    for tx, expected_tx in pairs_of_transactions(chain, truth):
        for position, (spent, expected) in enumerate(zip(tx.inputs(), expected_tx.inputs, strict=True)):
            assert spent.position == position
            assert spent.transaction == tx
            assert (spent.sequence, spent.value) == (expected.sequence, expected.value)
            if expected_tx.is_coinbase:
                assert (spent.spends, spent.address) == (None, None)
            else:
                assert spent.spends.outpoint == f"{expected.prev_txid}:{expected.prev_vout}"
                assert spent.address == spent.spends.address
                assert (spent.address.text, spent.address.script) == (expected.address, expected.script.hex())


def test_outputs_are_the_oracles(chain, truth):
    number = 0
    for tx, expected_tx in pairs_of_transactions(chain, truth):
        for position, (output, expected) in enumerate(zip(tx.outputs(), expected_tx.outputs, strict=True)):
            assert (output.number, output.position) == (number, position)
            assert output.outpoint == f"{tx.txid}:{position}"
            assert output.transaction == tx
            assert (output.value, output.kind) == (expected.value, expected.kind)
            assert (output.address.text, output.address.script) == (expected.address, expected.script.hex())
            spender = output.spent_by
            assert (spender and (spender.transaction.txid, spender.position)) == expected.spent_by
            assert output.is_lost == (tx.height == 0)
            number += 1
    assert number == chain.counts["outputs"]


def test_an_output_is_found_by_its_name(chain):
    for tx in transactions(chain)[::7]:
        assert [chain.output(f"{tx.txid}:{n}") for n in range(len(tx.outputs()))] == tx.outputs()


@pytest.mark.parametrize("height", HEIGHTS)
def test_unspent_outputs_as_of_a_height_are_the_oracles_coins(chain, truth, height):
    unspent = {
        (tx.txid, output.position): (output.value, bytes.fromhex(output.address.script), tx.height)
        for tx in transactions(chain.at(height))
        for output in tx.outputs()
        if output.spent_by is None and not output.is_lost
    }
    coins = {outpoint: coin for outpoint, coin in unspent.items() if not oracle.unspendable(coin[1])}
    assert coins == truth.utxos(height)


def test_an_output_knows_who_spends_it_only_from_that_height_on(chain):
    output = next(
        o for tx in transactions(chain) for o in tx.outputs() if o.spent_by and o.spent_by.transaction.height > 300
    )
    spent_at = output.spent_by.transaction.height
    assert chain.at(spent_at).output(output.outpoint).spent_by == output.spent_by
    assert chain.at(spent_at - 1).output(output.outpoint).spent_by is None


# ---- Addresses ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("height", HEIGHTS)
def test_addresses_as_of_a_height_have_the_oracles_history(chain, truth, height):
    at = chain.at(height)
    genesis = truth.blocks[0].txs[0].outputs[0]
    for number, script in enumerate(scripts(truth, height)):
        address, expected = address_of(at, script), truth.address_history(script, height)
        lost = genesis.value if script == genesis.script else 0
        assert address.number == number
        assert (address.received(), address.sent()) == (expected.received, expected.sent)
        assert address.balance() == expected.balance - lost
        assert (address.payments(), len(address.outputs())) == (expected.output_count, expected.output_count)
        assert (address.first_height(), address.last_height()) == (expected.first_height, expected.last_height)
        assert address.first_time() == utc(truth.blocks[expected.first_height].time)
        assert address.last_time() == utc(truth.blocks[expected.last_height].time)


def test_addresses_list_the_oracles_transactions_and_their_outputs(chain, truth):
    for script in scripts(truth, 495):
        address = address_of(chain, script)
        assert [tx.txid for tx in address.transactions()] == truth.address_history(script).txids
        assert all(output.address == address for output in address.outputs())


def test_an_address_is_found_by_its_text_and_by_its_script(chain, truth):
    texts = {o.script: o.address for block in truth.blocks for tx in block.txs for o in tx.outputs}
    assert {None} < set(texts.values())
    for script, text in texts.items():
        address = address_of(chain, script)
        assert (address.text, address.script) == (text, script.hex())
        assert text is None or chain.address(text) == address


def test_an_address_is_not_in_the_chain_before_it_is_paid(chain):
    address = chain.tip.transactions()[0].outputs()[0].address
    assert address.first_height() == 495
    with pytest.raises(satrail.NotInChainError, match="up to height 494"):
        chain.at(494).address(address.script)


def test_an_address_reveals_its_keys_with_its_first_spend_and_not_before(chain):
    spent = next(o for tx in transactions(chain) for o in tx.outputs() if o.kind == "p2pkh" and o.spent_by)
    address = spent.address
    first_spend = min(o.spent_by.transaction.height for o in address.outputs() if o.spent_by)
    revealed = chain.at(first_spend).address(address.text).revealed
    assert (revealed.inner, revealed.wrapped, len(revealed.keys)) == ("key", False, 1)
    assert chain.at(first_spend - 1).address(address.text).revealed is None
    assert revealed.keys[0][2:] in spent.spent_by.transaction.raw().hex()
    assert repr(revealed) == f"Revealed(key, wrapped=False, {revealed.required} of {revealed.total})"


def test_objects_show_themselves_in_a_terminal(chain):
    block = chain.block(200)
    tx = block.transactions()[0]
    output, address = tx.outputs()[0], tx.outputs()[0].address
    assert repr(block) == f"Block(height=200, hash={block.hash}, transactions={len(block)})"
    assert repr(tx) == f"Transaction({tx.txid}, height=200, inputs=1, outputs={len(tx.outputs())})"
    assert repr(tx.inputs()[0]) == f"Input({tx.txid}, position=0, value=None)"
    assert repr(output) == f"Output({tx.txid}:0, value={output.value}, kind={output.kind})"
    assert repr(address) == f"Address({address.text}, {address.kind})"
    assert repr(tx.fingerprint).startswith("Fingerprint( -> ")


def test_objects_show_themselves_in_a_notebook(chain):
    block = chain.block(200)
    tx = block.transactions()[0]
    for thing, name in ((chain, chain.tip.hash), (block, block.hash), (tx, tx.txid), (tx.outputs()[0], tx.txid)):
        html = thing._repr_html_()
        assert html.startswith("<table>")
        assert html.endswith("</table>")
        assert name in html
    assert f"{tx.outputs()[0].address.received() / 10**8:,.8f} BTC" in tx.outputs()[0].address._repr_html_()
