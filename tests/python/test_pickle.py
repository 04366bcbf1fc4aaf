"""Everything pickles, here and into another process, and comes back as of the same height."""

import copy
import pickle
import shutil
import subprocess
import sys

import pytest
import satrail
from conftest import BLOCKS

THINGS = {
    "chain": lambda chain: chain,
    "chain as of a height": lambda chain: chain.at(100),
    "block": lambda chain: chain.block(300),
    "transaction": lambda chain: chain.block(300).transactions()[-1],
    "input": lambda chain: chain.block(300).transactions()[-1].inputs()[-1],
    "output": lambda chain: chain.block(300).transactions()[0].outputs()[-1],
    "address": lambda chain: chain.block(300).transactions()[0].outputs()[0].address,
    "revealed": lambda chain: spent(chain).address.revealed,
    "fingerprint": lambda chain: chain.block(300).transactions()[-1].fingerprint,
    "ledger": lambda chain: chain.trace(chain.block(150).transactions()[0]).ledger,
    "judgement": lambda chain: chain.block(300).transactions()[-1].shapes(only=["peeling"])[0],
    "predicates": lambda chain: tuple(p for j in chain.block(300).transactions()[-1].shapes() for p in j.predicates),
    "boltzmann": lambda chain: satrail.shapes.boltzmann([5, 5, 8], [5, 5, 7]),
    "boltzmann of a transaction": lambda chain: chain.block(300).transactions()[-1].boltzmann(merge_addresses=True),
    "boltzmann that was not computed": lambda chain: satrail.shapes.boltzmann([5, 5], [5, 5], budget=0),
    "verify report": lambda chain: satrail.verify(chain.store, check_blocks=False, progress=False),
    "info": lambda chain: satrail.inspect(chain.store),
    "report": lambda chain: satrail.ingest(BLOCKS, chain.store, progress=False),
}
#: What has no equality of its own, with what it says.
HOLDERS = {
    "blocks": (lambda chain: chain.blocks(), lambda table: table.to_pydict()),
    "outputs": (lambda chain: chain.outputs(200, 210), lambda table: table.to_pydict()),
    "shapes": (lambda chain: chain.at(300).shapes(200, 310), lambda table: table.to_pydict()),
    "link probabilities": (
        lambda chain: satrail.shapes.boltzmann([5, 5, 8], [5, 5, 7]).link_probabilities(),
        lambda table: table.to_pydict(),
    ),
    "empty table": (lambda chain: chain.inputs(0, 0), lambda table: table.to_pydict()),
    "set": (lambda chain: chain.addresses(BLOCKS / "charity.csv"), lambda watch: watch.summary().to_pydict()),
    "set as of a height": (
        lambda chain: chain.at(200).addresses(BLOCKS / "charity.csv"),
        lambda watch: watch.summary().to_pydict(),
    ),
    "set with rejected": (
        lambda chain: chain.addresses(["no address", None, "6a"]),
        lambda watch: (watch.given, len(watch), watch.known, watch.rejected.to_pydict()),
    ),
    "trace": (
        lambda chain: chain.at(300).trace(chain.block(150).transactions()[0], direction="in", max_tx_hops=3),
        lambda trace: (repr(trace), trace.ledger, trace.steps().to_pydict(), trace.ends().to_pydict(), trace.chain),
    ),
    "trace of what was named twice": (
        lambda chain: chain.trace(["6a", *chain.block(150).transactions(), chain.block(150).transactions()[0]]),
        lambda trace: (repr(trace), trace.ledger, trace.overlapping),
    ),
    "summary": (lambda chain: chain.addresses(BLOCKS / "charity.csv").summary(), lambda table: table.to_pydict()),
    "rejected": (lambda chain: chain.addresses(["no address"]).rejected, lambda table: table.to_pydict()),
}
WAYS = {
    "pickle": lambda thing: pickle.loads(pickle.dumps(thing)),
    "old pickle": lambda thing: pickle.loads(pickle.dumps(thing, protocol=2)),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
}


def spent(chain):
    return next(o for b in chain for t in b.transactions() for o in t.outputs() if o.kind == "p2wpkh" and o.spent_by)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", THINGS)
def test_things_come_back_equal(chain, name, way):
    thing = THINGS[name](chain)
    again = WAYS[way](thing)
    assert again == thing
    assert (type(again), hash_of(again), repr(again)) == (type(thing), hash_of(thing), repr(thing))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", HOLDERS)
def test_tables_and_sets_come_back_with_the_same_rows(chain, name, way):
    make, says = HOLDERS[name]
    thing = make(chain)
    assert says(WAYS[way](thing)) == says(thing)


def hash_of(thing):
    return None if isinstance(thing, satrail.StoreInfo) else hash(thing)


def test_things_come_back_as_of_their_height(chain):
    coin = spent(chain)
    at = chain.at(coin.transaction.height)
    before = pickle.loads(pickle.dumps(at.output(coin.outpoint)))
    assert before == coin
    assert (before.spent_by, before.address.revealed) == (None, None)
    assert pickle.loads(pickle.dumps(at)).height == at.height


def test_another_process_reads_what_this_one_pickles(chain):
    things = {name: make(chain) for name, make in THINGS.items() if name != "report"}
    texts = {name: repr(thing) for name, thing in things.items()}
    code = "import pickle, sys; print(repr({n: repr(t) for n, t in pickle.load(sys.stdin.buffer).items()}))"
    done = subprocess.run([sys.executable, "-c", code], input=pickle.dumps(things), capture_output=True, timeout=60)
    assert done.stdout.decode().strip() == repr(texts)


def test_another_process_may_stand_in_another_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(BLOCKS, "blocks")
    satrail.ingest("blocks", "store", until=5, progress=False)
    tx = satrail.open("store", blocks="blocks").block(3).transactions()[0]
    before, raw = pickle.dumps(tx), tx.raw()
    monkeypatch.chdir("/")
    assert [thing.raw() for thing in (tx, pickle.loads(before), pickle.loads(pickle.dumps(tx)))] == [raw] * 3


def test_the_objects_of_a_pickle_share_their_store(chain):
    """Else a list of a few thousand coins would run out of open files."""
    coins = [output for block in chain for tx in block.transactions() for output in tx.outputs()]
    assert len(coins) > 8000
    assert pickle.loads(pickle.dumps(coins)) == coins


def test_a_pickle_finds_its_chain_in_a_store_that_has_grown(tmp_path):
    satrail.ingest(BLOCKS, tmp_path / "store", until=100, progress=False)
    old = pickle.dumps(satrail.open(tmp_path / "store"))
    first = pickle.loads(old)
    satrail.ingest(BLOCKS, tmp_path / "store", progress=False)
    new = pickle.dumps(satrail.open(tmp_path / "store"))
    assert (first.height, pickle.loads(old).height, pickle.loads(new).height) == (100, 100, 495)


def test_a_pickle_needs_its_store(tmp_path):
    satrail.ingest(BLOCKS, tmp_path / "store", until=5, progress=False)
    chain = satrail.open(tmp_path / "store")
    pickles = [pickle.dumps(thing) for thing in (chain, chain.tip, chain.addresses(["6a"]))]
    table = pickle.dumps(chain.blocks())
    del chain
    shutil.rmtree(tmp_path / "store")
    for data in pickles:
        with pytest.raises(FileNotFoundError, match="no such store"):
            pickle.loads(data)
    assert len(pickle.loads(table)) == 6


def test_a_pickle_of_a_block_that_the_store_has_not_is_not_in_the_chain(tmp_path):
    satrail.ingest(BLOCKS, tmp_path / "store", until=5, progress=False)
    data = pickle.dumps(satrail.open(tmp_path / "store"))
    shutil.rmtree(tmp_path / "store")
    satrail.ingest(BLOCKS, tmp_path / "store", until=4, progress=False)
    with pytest.raises(satrail.NotInChainError, match="no block"):
        pickle.loads(data)


def test_equal_reveals_are_equal_whoever_made_them(chain):
    reveals = [o.address.revealed for b in chain.at(200) for t in b.transactions() for o in t.outputs()]
    reveals = [revealed for revealed in reveals if revealed]
    assert 0 < len(set(reveals)) < len(reveals)


def test_a_damaged_pickle_of_a_table_is_a_value_error(chain):
    restore, (data,) = chain.blocks(0, 3).__reduce__()
    with pytest.raises(ValueError, match="these bytes are not a table"):
        restore(data[: len(data) // 2])
    with pytest.raises(ValueError, match="these bytes are not a table"):
        restore(b"")


def test_the_blocks_of_a_chain_being_iterated_do_not_pickle(chain):
    with pytest.raises(TypeError, match="cannot pickle"):
        pickle.dumps(iter(chain))
