"""docs/format.md tells a stranger enough: a reader written from it agrees with the oracle on the whole chain."""

from functools import cache
from pathlib import Path

import pytest
from oracles import chain as oracle
from oracles.foreign_reader import NONE_32, NONE_40, Store

ROOT = Path(__file__).resolve().parents[2]
DEMO_CHAIN = ROOT / "python" / "satrail" / "demo_chain"
FROZEN = ROOT / "tests" / "data" / "store-v1"
FROZEN_DIGEST = "98d3f668df085c8fbaa1f9a7debac3162a25cf6b3f8813e491da5d2e2cdfbd96"


@pytest.fixture(scope="module", params=["fresh", "frozen"])
def store(request, tmp_path_factory):
    """The bundled chain as it is stored today, and its first blocks as version 1 was first written."""
    if request.param == "frozen":
        return Store(FROZEN)
    import satrail

    folder = tmp_path_factory.mktemp("format") / "store"
    satrail.ingest(DEMO_CHAIN, folder)
    return Store(folder)


@cache
def chain_up_to(tip):
    return oracle.read_chain(DEMO_CHAIN, tip=tip)


@pytest.fixture(scope="module")
def chain(store):
    return chain_up_to(oracle.display(store["blocks.hash"][store.counts["blocks"] - 1]))


@pytest.fixture(scope="module")
def transactions(chain):
    return [tx for block in chain.blocks for tx in block.txs]


@pytest.fixture(scope="module")
def first_outputs(chain):
    """script -> how many distinct scripts were paid before it: its address's number."""
    scripts = [output.script for block in chain.blocks for tx in block.txs for output in tx.outputs]
    return {script: number for number, script in enumerate(dict.fromkeys(scripts))}


def test_every_block_is_the_oracles(store, chain):
    work, addresses = 0, set()
    assert store.counts["blocks"] == len(chain.blocks)
    for height, block in enumerate(chain.blocks):
        work += block.work
        addresses |= {output.script for tx in block.txs for output in tx.outputs}
        assert store["blocks.header"][height] == block.header
        assert oracle.display(store["blocks.hash"][height]) == block.hash
        assert int.from_bytes(store["blocks.work"][height], "big") == work
        assert store["blocks.median_time"][height] == block.median_time
        assert store["blocks.size"][height] == 81 + sum(tx.size for tx in block.txs)
        assert store["blocks.weight"][height] == 4 * 81 + sum(tx.weight for tx in block.txs)
        assert [oracle.display(store["transactions.txid"][n]) for n in store.transactions(height)] == [
            tx.txid for tx in block.txs
        ]
        assert store["blocks.addresses_end"][height] == len(addresses)


def test_every_block_and_transaction_lies_where_the_store_says(store, chain):
    key = (DEMO_CHAIN / "xor.dat").read_bytes()

    @cache
    def file(number):
        return oracle.xor((DEMO_CHAIN / f"blk{number:05}.dat").read_bytes(), key)

    for height, block in enumerate(chain.blocks):
        at, data = store["blocks.offset"][height], file(store["blocks.file"][height])
        assert data[at : at + 80] == block.header
        for number, tx in zip(store.transactions(height), block.txs, strict=True):
            start = at + store["transactions.offset"][number]
            assert data[start : start + store["transactions.size"][number]] == tx.raw


def test_every_transaction_is_the_oracles(store, transactions):
    assert store.counts["transactions"] == len(transactions)
    for number, tx in enumerate(transactions):
        assert store["transactions.version"][number] == tx.version
        assert store["transactions.locktime"][number] == tx.locktime
        assert store["transactions.size"][number] == tx.size
        assert store["transactions.weight"][number] == tx.weight
        assert store["transactions.fee"][number] == (tx.fee or 0)
        assert store.is_coinbase(number) == tx.is_coinbase
        assert (len(store.inputs(number)), len(store.outputs(number))) == (len(tx.inputs), len(tx.outputs))


def test_every_input_spends_the_oracles_output(store, transactions):
    number_of = {tx.txid: number for number, tx in enumerate(transactions)}
    for number, tx in enumerate(transactions):
        for row, spent in zip(store.inputs(number), tx.inputs, strict=True):
            assert store["inputs.sequence"][row] == spent.sequence
            assert store.transaction_of_input(row) == number
            if tx.is_coinbase:
                assert store["inputs.spends"][row] == NONE_40
            else:
                assert store["inputs.spends"][row] == store.outputs(number_of[spent.prev_txid])[spent.prev_vout]


def test_every_output_is_the_oracles(store, transactions, first_outputs):
    number_of = {tx.txid: number for number, tx in enumerate(transactions)}
    for number, tx in enumerate(transactions):
        for row, output in zip(store.outputs(number), tx.outputs, strict=True):
            address = store["outputs.address"][row]
            assert store["outputs.value"][row] == output.value
            assert (store.kind(address), store.script(address)) == (output.kind, output.script)
            assert address == first_outputs[output.script]
            assert store.transaction_of_output(row) == number
            assert store.spender(row) == (number_of[output.spent_by[0]] if output.spent_by else None)


def test_the_genesis_coin_is_lost_and_not_spent(store):
    assert store["outputs.spender"][0] == 0
    assert store.spender(0) is None


def test_every_transaction_is_found_in_its_block_and_by_its_id(store, chain):
    for height, block in enumerate(chain.blocks):
        for number in store.transactions(height):
            assert store.height_of(number) == height
        tx = block.txs[-1]
        assert store.find_transaction(bytes.fromhex(tx.txid)[::-1]) == store.transactions(height)[-1]
    assert store.find_transaction(bytes(32)) is None


def test_every_address_has_its_outputs_and_its_script_is_found(store, transactions, first_outputs):
    outputs_of = {}
    for number, tx in enumerate(transactions):
        for row, output in zip(store.outputs(number), tx.outputs, strict=True):
            outputs_of.setdefault(output.script, []).append(row)
    assert store.counts["addresses"] == len(first_outputs)
    for script, address in first_outputs.items():
        assert store.outputs_to(address) == outputs_of[script]
    for script in list(first_outputs)[::500]:
        assert store.find_address(script) == first_outputs[script]
    assert store.find_address(b"nothing was ever paid to this") is None


def test_addresses_are_revealed_by_their_first_spend(store, transactions):
    revealed = {}
    for number, tx in enumerate(transactions):
        for row, spent in zip(store.inputs(number), tx.inputs, strict=True):
            if not tx.is_coinbase:
                address = store["outputs.address"][store["inputs.spends"][row]]
                revealed.setdefault(address, spent)
    for address in range(store.counts["addresses"]):
        reveal, spent = store.reveal(address), revealed.get(address)
        if spent is None or store.kind(address) not in ("p2pkh", "p2wpkh", "p2sh", "p2wsh", "p2tr"):
            assert reveal is None
        elif store.kind(address) in ("p2pkh", "p2wpkh"):
            shown = spent.witness[1] if spent.witness else oracle.operations(spent.script_sig)[-1][1]
            assert (reveal.inner, reveal.required, reveal.total) == ("key", 1, 1)
            assert [key[1:] for key in reveal.keys] == [shown[1:33]]
        else:
            assert len(reveal.keys) == reveal.total
            assert reveal.wrapped == (store.kind(address) == "p2sh" and bool(spent.witness))


def test_fingerprints_have_the_bits_that_the_oracle_can_tell(store, transactions):
    inputs = ["p2pk", "p2pkh", "p2sh", "multisig", "p2wpkh", "p2wsh", "p2tr", "witness_unknown", "nonstandard"]
    outputs = [*inputs, "op_return"]
    for number, tx in enumerate(transactions):
        sequences = [spent.sequence for spent in tx.inputs]
        bits = {0: 0xFFFFFFFF in sequences, 1: 0xFFFFFFFE in sequences}
        bits[2] = any(0x80000000 <= sequence <= 0xFFFFFFFD for sequence in sequences)
        bits[3] = any(sequence < 0x80000000 for sequence in sequences)
        bits[4] = tx.weight != 4 * tx.size
        named = [(spent.prev_txid or "", spent.prev_vout or 0) for spent in tx.inputs]
        bits[5] = named == sorted(named)
        paid = [(output.value, output.script) for output in tx.outputs]
        bits[6] = paid == sorted(paid)
        spent_kinds = {oracle.output_kind(spent.script).replace("anchor", "witness_unknown") for spent in tx.spends}
        paid_kinds = {output.kind.replace("anchor", "witness_unknown") for output in tx.outputs}
        bits |= {12 + i: kind in spent_kinds for i, kind in enumerate(inputs)}
        bits |= {21 + i: kind in paid_kinds for i, kind in enumerate(outputs)}
        bits[31] = False
        print_ = store["transactions.fingerprint"][number]
        assert {bit: bool(print_ >> bit & 1) for bit in bits} == bits


def test_as_of_a_height_later_blocks_do_not_exist(store, chain):
    height = 160
    before = Store(store.folder, height)
    unspent = {
        (oracle.display(before["transactions.txid"][number]), position): before["outputs.value"][row]
        for number in range(before.transactions(height)[-1] + 1)
        for position, row in enumerate(before.outputs(number))
        if before["outputs.spender"][row] >= before.counts["transactions"]
        and not oracle.unspendable(before.script(before["outputs.address"][row]))
    }
    assert unspent == {coin: value for coin, (value, _, _) in chain.utxos(height).items()}
    later = store["blocks.transactions_end"][height]
    assert before.find_transaction(store["transactions.txid"][later]) is None
    assert any(store.reveal(address) and not before.reveal(address) for address in range(before.counts["addresses"]))


def test_none_is_all_ones_where_nothing_spends_or_reveals(store):
    assert NONE_32 in {store["outputs.spender"][row] for row in range(store.counts["outputs"])}
    assert NONE_32 in {store["addresses.reveal"][address] for address in range(store.counts["addresses"])}


def test_the_frozen_store_has_its_digest():
    assert Store(FROZEN).digest() == FROZEN_DIGEST


def test_the_digest_is_the_modules(tmp_path):
    import satrail

    satrail.ingest(DEMO_CHAIN, tmp_path / "store")
    assert Store(tmp_path / "store").digest() == satrail.open(tmp_path / "store").digest()
    assert Store(tmp_path / "store", 190).digest() == FROZEN_DIGEST
