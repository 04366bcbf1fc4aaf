"""Threads share a chain, and long work lets other threads run."""

import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from itertools import count

import pytest
import satrail
from conftest import BLOCKS


def everything(chain):
    tables = [len(chain.outputs(height, height + 7).to_pydict()["value"]) for height in range(0, 496, 61)]
    charity = chain.addresses(BLOCKS / "charity.csv").summary().to_pydict()
    address = chain.block(300).transactions()[0].outputs()[0].address
    return tables, charity, address.balance(), len(address.transactions()), chain.digest(), chain.at(200).digest()


def test_eight_threads_that_share_a_chain_get_the_same_answers(chain, store):
    expected = everything(satrail.open(store))
    barrier = threading.Barrier(8)

    def ask(_):
        barrier.wait()
        return [everything(chain) for _ in range(2)]

    with ThreadPoolExecutor(8) as threads:
        assert all(answers == [expected] * 2 for answers in threads.map(ask, range(8)))


def test_threads_that_share_an_iterator_get_each_block_once(chain):
    blocks = iter(chain)
    with ThreadPoolExecutor(8) as threads:
        parts = threads.map(lambda _: [block.height for block in blocks], range(8))
    assert sorted(height for part in parts for height in part) == list(range(496))


@contextmanager
def nobody_is_interrupted():
    """Threads run one another's turn only when the one that runs gives it up by itself."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1000)
    try:
        yield
    finally:
        sys.setswitchinterval(interval)


def others_run_during(work):
    """Whether another thread gets a turn while the work is done; it is tried until the system gives it one in time."""
    for _ in range(100):
        go, ran = threading.Lock(), []
        go.acquire()
        other = threading.Thread(target=lambda go=go, ran=ran: (go.acquire(), ran.append(True)))
        with nobody_is_interrupted():
            other.start()  # and it runs until it waits to go
            go.release()
            work()
            got_a_turn = bool(ran)
        other.join()
        if got_a_turn:
            return True
    return False


@pytest.mark.skipif(not getattr(sys, "_is_gil_enabled", lambda: True)(), reason="without a GIL they all run at once")
def test_without_letting_others_run_they_do_not():
    assert not others_run_during(lambda: sum(range(10_000)))


LONG = {
    "digest": lambda chain: chain.digest,
    "looking up addresses": lambda chain: partial(chain.addresses, ["6a"] * 30_000),
    "summary": lambda chain: chain.addresses(BLOCKS / "charity.csv").summary,
    "table": lambda chain: chain.outputs().to_pydict,
    "blocks that are ingested": lambda chain: partial(satrail.ingest, BLOCKS, until=100, threads=1, progress=False),
}


@pytest.mark.parametrize("name", LONG)
def test_other_threads_run_during_long_work(chain, name, tmp_path):
    work = LONG[name](chain)
    stores = (tmp_path / str(number) for number in count())
    assert others_run_during(lambda: work(next(stores)) if "ingested" in name else work())


def test_threads_ingest_into_stores_of_their_own(chain, tmp_path):
    with ThreadPoolExecutor(3) as threads:
        list(threads.map(lambda n: satrail.ingest(BLOCKS, tmp_path / str(n), progress=False), range(3)))
    assert {satrail.open(tmp_path / str(n)).digest() for n in range(3)} == {chain.digest()}
