"""Proofs: that they hold, that they hold without satrail, and that nothing in them can be changed."""

from __future__ import annotations

import copy
import json
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import satrail
from chains.random_blocks import described_chain
from conftest import ROOT, write_blocks
from oracles.chain import OracleChain
from oracles.cluster import same_key_edges
from satrail import check_proof

SCRIPT = ROOT / "python" / "satrail" / "check_proof.py"


@pytest.fixture(scope="session")
def proof(chain: satrail.Chain) -> satrail.Proof:
    """One of several steps."""
    rng, proofs = random.Random(4), []
    for wallet in chain.cluster().largest(8):
        members = wallet.members().to_pydict()["address"]
        proofs += [wallet.why(*rng.sample(members, 2)) for _ in range(20)]
    return max(proofs, key=len)


def test_the_checker_uses_nothing_of_satrail_and_runs_alone(
    proof: satrail.Proof, chain: satrail.Chain, tmp_path: Path
) -> None:
    imports = [line for line in SCRIPT.read_text().splitlines() if line.startswith(("import", "from"))]
    assert not any("satrail" in line for line in imports)
    (tmp_path / "check.py").write_bytes(SCRIPT.read_bytes())
    (tmp_path / "proof.json").write_text(proof.json())
    (tmp_path / "headers").write_bytes(chain.headers())
    run = [sys.executable, "-I", "check.py", "proof.json", "headers"]
    done = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "the proof holds\n", "")
    (tmp_path / "headers").write_bytes(chain.headers()[:-80])
    done = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "the proof does not hold: the headers have another block at height 495" in done.stderr


def test_a_proof_has_several_steps_and_holds(proof: satrail.Proof, chain: satrail.Chain) -> None:
    assert len(proof) > 2
    proof.verify(chain.headers())
    document = json.loads(proof.json())
    assert document["joined_at"] == proof.height == max(step["height"] for step in document["steps"])
    assert document["tip"] == chain.tip.hash


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The ways to every text and number of a document."""
    if isinstance(value, dict):
        return [way for key, item in value.items() for way in leaves(item, (*path, key))]
    if isinstance(value, list):
        return [way for i, item in enumerate(value) for way in leaves(item, (*path, i))]
    return [path]


#: What is told for readers, and proves nothing.
TOLD = {"network", "address", "rule", "version", "time"}


def test_nothing_that_a_proof_shows_can_be_changed(proof: satrail.Proof, chain: satrail.Chain) -> None:
    document, headers, rng = json.loads(proof.json()), chain.headers(), random.Random(3)
    changed = 0
    for path in leaves(document):
        if path[-1] in TOLD:
            continue
        for _ in range(4):
            damaged = copy.deepcopy(document)
            at: Any = damaged
            for key in path[:-1]:
                at = at[key]
            at[path[-1]] = alter(at[path[-1]], rng, may_be_witness=path[-1] == "raw")
            with pytest.raises((ValueError, KeyError, IndexError, TypeError)):
                check_proof.check(json.dumps(damaged), headers)
            changed += 1
    assert changed > 100


def alter(value: Any, rng: random.Random, *, may_be_witness: bool) -> Any:
    if isinstance(value, str):
        # The middle of a transaction can be its witness, which its id does not cover; its first bytes are not.
        at = rng.randrange(0, 8) if may_be_witness else rng.randrange(len(value))
        return value[:at] + ("0" if value[at] != "0" else "1") + value[at + 1 :]
    return value + rng.choice([-1, 1, 1000])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d["steps"].pop(0), "does not begin where the one before it ends"),
        (lambda d: d["steps"].pop(), "do not lead to the second address"),
        (lambda d: d["steps"].reverse(), "does not begin where"),
        (lambda d: d.update({"format": "another"}), "another format"),
        (lambda d: d["steps"][0]["shown"].update({"inputs": [0]}), "shows other addresses"),
        (lambda d: d["steps"][0]["shown"].update({"inputs": [10**6]}), "an input that is not there"),
        (lambda d: d["steps"][0]["shown"].update({"inputs": []}), "names no input"),
        (lambda d: next(t for t in d["transactions"].values() if "branch" in t)["branch"].pop(), "Merkle root"),
        (lambda d: next(t for t in d["transactions"].values() if "branch" in t).pop("height"), "height"),
    ],
)
def test_what_is_wrong_with_a_proof_is_told(
    proof: satrail.Proof, chain: satrail.Chain, change: Callable[[dict[str, Any]], object], message: str
) -> None:
    document = json.loads(proof.json())
    change(document)
    with pytest.raises((ValueError, KeyError), match=message):
        check_proof.check(json.dumps(document), chain.headers())


def test_headers_that_do_not_link_or_do_no_work_are_refused(proof: satrail.Proof, chain: satrail.Chain) -> None:
    headers = bytearray(chain.headers())
    with pytest.raises(ValueError, match="not a whole number"):
        proof.verify(bytes(headers[:-1]))
    with pytest.raises(ValueError, match="not a whole number"):
        proof.verify(b"")
    headers[80 * 200 + 4] ^= 1
    with pytest.raises(ValueError, match="at height 200"):
        proof.verify(bytes(headers))


def test_a_proof_of_the_change_shows_the_input_and_the_output(chain: satrail.Chain) -> None:
    clusters = chain.cluster(["co_spend", (satrail.change.optimal() & satrail.change.fresh()).unique()])
    found = 0
    for wallet in clusters.largest(5):
        members = wallet.members().to_pydict()["address_number"]
        for member in members[1::9]:
            proof = wallet.why(*(chain._object("address", number) for number in (members[0], member)))
            proof.verify(chain.headers())
            found += sum("outputs" in step["shown"] for step in json.loads(proof.json())["steps"])
    assert found > 10


@pytest.mark.parametrize("seed", [1, 2])
def test_a_proof_of_one_key_shows_what_both_addresses_are_made_of(seed: int, tmp_path: Path) -> None:
    blocks = described_chain(seed, blocks=40).blocks
    satrail.ingest(write_blocks(tmp_path / "blocks", blocks), tmp_path / "store", progress=False)
    chain = satrail.open(tmp_path / "store")
    clusters = chain.cluster(["same_key"])
    edges = same_key_edges(OracleChain(blocks, "regtest"), chain.height)
    shown = set()
    for edge in edges:
        proof = clusters.why(*(chain._object("address", number) for number in (edge.left, edge.right)))
        proof.verify(chain.headers())
        for step in json.loads(proof.json())["steps"]:
            assert "transaction" not in step
            shown |= set(step["shown"])
            other = copy.deepcopy(step)
            name = next(iter(other["shown"]))
            other["shown"][name] = alter(other["shown"][name], random.Random(1), may_be_witness=False)
            with pytest.raises(ValueError, match="does not hold"):
                check_proof.check_same_key(other, "step 1")
    assert {"key", "key_hash"} <= shown


def test_ripemd160_is_that_of_its_authors() -> None:
    assert check_proof.ripemd160(b"").hex() == "9c1185a5c5e9fc54612808977ee8f548b2258d31"
    assert check_proof.ripemd160(b"message digest").hex() == "5d0689ef49d2fae572b881b123a85ffa21595f36"


def test_a_proof_needs_the_block_files(chain: satrail.Chain, store: Path, tmp_path: Path) -> None:
    elsewhere = satrail.open(store, blocks=tmp_path)
    members = elsewhere.cluster().largest(1)[0].members().to_pydict()["address"]
    proof = elsewhere.cluster().why(members[0], members[-1])
    assert len(proof) > 0
    with pytest.raises(satrail.BlockFilesError, match="blocks="):
        proof.json()
