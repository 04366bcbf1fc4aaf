"""What is asked wrongly is answered with one exception that says what, where and what to do; never with a panic."""

import pickle
import shutil
from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
import pandas as pd
import pytest
import satrail
from conftest import BLOCKS
from hypothesis import given
from hypothesis import strategies as st

NOBODY = "00" * 32
NEVER_PAID = "bcrt1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqdku202"


@pytest.fixture(scope="module")
def tx(chain):
    return chain.block(200).transactions()[0]


@pytest.fixture(scope="module")
def bech32(chain):
    return next(a for a in chain.outputs(columns=["address"]).to_pydict()["address"] if a and a.startswith("bcrt1q"))


# ---- Exceptions -----------------------------------------------------------------------------------------------------


def test_exceptions_are_of_one_family_and_of_the_built_in_kinds():
    for kind in (satrail.StoreError, satrail.LockedError, satrail.BlockFilesError, satrail.NotInChainError):
        assert issubclass(kind, satrail.SatrailError)
    assert issubclass(satrail.NotInChainError, KeyError)
    assert not issubclass(satrail.StoreError, (KeyError, ValueError, OSError))


def test_what_is_not_in_the_chain_is_told_without_quotes(chain):
    with pytest.raises(KeyError) as error:
        chain.tx(NOBODY)
    assert type(error.value) is satrail.NotInChainError
    assert str(error.value) == f"no transaction {NOBODY} in the chain up to height 495"


def test_exceptions_pickle(chain):
    with pytest.raises(satrail.NotInChainError) as error:
        chain.block(1000)
    again = pickle.loads(pickle.dumps(error.value))
    assert (type(again), str(again)) == (satrail.NotInChainError, str(error.value))


# ---- Transactions and outputs ---------------------------------------------------------------------------------------


def test_a_transaction_id_may_be_in_capitals_and_have_white_space_around_it(chain, tx):
    for text in (tx.txid.upper(), f" {tx.txid}\n", f"\t{tx.txid.title()}"):
        assert chain.tx(text) == tx
        assert chain.output(f"{text}:1") == tx.outputs()[1]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda t: "", "0 hex digits, not 64"),
        (lambda t: t[:-1], "63 hex digits, not 64"),
        (lambda t: t + "0", "65 hex digits, not 64"),
        (lambda t: "0x" + t, "character 'x' at position 1"),
        (lambda t: t[:-1] + "g", "character 'g' at position 63"),
        (lambda t: t[:30] + " " + t[31:], "character ' ' at position 30"),
        (lambda t: "é" * 64, "character 'é' at position 0"),
    ],
)
def test_what_is_no_transaction_id_is_told_why(chain, tx, change, reason):
    for ask in (chain.tx, lambda text: chain.output(f"{text}:0")):
        with pytest.raises(ValueError, match=f"is not a transaction id: .*{reason}"):
            ask(change(tx.txid))


@pytest.mark.parametrize("ask", ["tx", "output", "address"])
@pytest.mark.parametrize("wrong", [5, None, b"00", 1.5, ["00"]])
def test_what_is_looked_up_by_a_text_is_given_as_a_text(chain, ask, wrong):
    with pytest.raises(TypeError, match="str"):
        getattr(chain, ask)(wrong)


def test_unknown_transactions_and_blocks_are_named(chain):
    with pytest.raises(satrail.NotInChainError, match=f"no transaction {NOBODY} .* up to height 99"):
        chain.at(99).tx(NOBODY)
    with pytest.raises(satrail.NotInChainError, match=f"no block {NOBODY} .* up to height 99"):
        chain.at(99).block(NOBODY)


@pytest.mark.parametrize("change", ["{}", "{}:", "{}:x", "{}:-1", "{}:1.0", "{}: 1", "{}:" + "9" * 30, "{}-0"])
def test_what_is_no_outpoint_is_told_how_to_write_one(chain, tx, change):
    with pytest.raises(ValueError, match="is not an output: write txid:n"):
        chain.output(change.format(tx.txid))


def test_an_output_that_a_transaction_does_not_have_is_told_how_many_it_has(chain, tx):
    for position in (2, 99, 2**32, 2**64 - 1):
        with pytest.raises(
            satrail.NotInChainError, match=f"has 2 outputs, numbered from 0, so none is number {position}"
        ):
            chain.output(f"{tx.txid}:{position}")
    with pytest.raises(satrail.NotInChainError, match="no transaction"):
        chain.output(f"{NOBODY}:0")


# ---- Addresses ------------------------------------------------------------------------------------------------------


def test_an_address_may_be_in_capitals_where_its_kind_allows_and_have_white_space_around_it(chain, bech32):
    for text in (bech32.upper(), f" {bech32}\n", chain.address(bech32).script.upper()):
        assert chain.address(text).text == bech32


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "the text is empty"),
        ("  ", "the text is empty"),
        ("satoshi", "do not make"),
        ("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "address of mainnet, but the store holds regtest"),
        ("bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq", "address of mainnet, but the store holds regtest"),
        ("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb", "the base58 checksum does not hold"),
        (NEVER_PAID[:-1] + "3", "checksum"),
        (NEVER_PAID[:-1] + "P", "case"),
        ("abc", "do not make"),
    ],
)
def test_what_is_no_address_of_the_network_is_told_why(chain, text, reason):
    with pytest.raises(ValueError, match=f"is not an address: .*{reason}"):
        chain.address(text)


@pytest.mark.parametrize("text", [NEVER_PAID, NEVER_PAID.upper(), "0014" + "00" * 20, "00", "6a20" + "77" * 32])
def test_an_address_that_was_never_paid_is_not_in_the_chain(chain, text):
    with pytest.raises(satrail.NotInChainError, match=f"address {text} is not in the chain up to height 495: nothing"):
        chain.address(text)


# ---- Moments --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ask", ["at", "block"])
@pytest.mark.parametrize("height", [496, 10**9, 2**32, 2**63 - 1, 2**63, 10**30, -1, -(10**30)])
def test_a_height_that_is_not_there_is_told_which_are(chain, ask, height):
    with pytest.raises(satrail.NotInChainError, match=r"there is no height .*: the chain has heights 0 to 495"):
        getattr(chain, ask)(height)


@pytest.mark.parametrize("ask", ["at", "block", "blocks", "transactions", "inputs", "outputs"])
@pytest.mark.parametrize(
    "wrong", [True, False, 1.0, 1.5, b"00", [1], 1j, timedelta(1), pytest.param(object(), id="object()")], ids=repr
)
def test_what_is_no_moment_is_told_what_is(chain, ask, wrong):
    with pytest.raises(TypeError, match="is neither a height, a date nor a block hash; give"):
        getattr(chain, ask)(wrong)


def test_none_is_no_moment_but_leaves_an_end_of_a_range_open(chain):
    with pytest.raises(TypeError, match="None is neither"):
        chain.at(None)
    assert len(chain.blocks(None, None)) == 496


@pytest.mark.parametrize("ask", ["at", "block", "blocks"])
@pytest.mark.parametrize(
    "text", ["", "yesterday", "495", "2024-13-01", "2024-02-30", "03.01.2024", "2024-01", "\u0663"]
)
def test_what_is_no_date_is_told_how_to_write_one(chain, ask, text):
    with pytest.raises(ValueError, match=r"is not a date: .*; write 2018-03-05 or .*; a height is a number"):
        getattr(chain, ask)(text)


@pytest.mark.parametrize("text", ["0" * 63, "0" * 65, "z" * 64])
def test_a_long_text_that_is_no_hash_is_told_why(chain, text):
    with pytest.raises(ValueError, match="is not a block hash"):
        chain.at(text)


@pytest.mark.parametrize(
    "moment",
    [
        "2009-01-03",
        date(1, 1, 1),
        datetime.min,
        datetime.min.replace(tzinfo=UTC),
        "2011-02-02T23:16:41Z",
        "-9999-01-01",
    ],
)
def test_a_date_before_the_chain_begins_is_not_in_it_but_bounds_a_range(chain, moment):
    for ask in (chain.at, chain.block):
        with pytest.raises(satrail.NotInChainError, match=r"is before the chain begins \(2011-02-02T23:16:42Z"):
            ask(moment)
    assert len(chain.blocks(moment)) == 496
    assert len(chain.blocks(stop=moment)) == 0


@pytest.mark.parametrize(
    "moment", ["2100-01-01", date.max, datetime.max, datetime.max.replace(tzinfo=UTC), "+12345-01-01"]
)
def test_a_date_more_than_a_day_after_the_tip_is_not_in_the_chain_but_bounds_a_range(chain, moment):
    for ask in (chain.at, chain.block, chain.cluster().at):
        with pytest.raises(
            satrail.NotInChainError, match=r"more than a day after the chain's last block, 495 \(2024-01-04T11"
        ):
            ask(moment)
    assert len(chain.blocks(moment)) == 0
    assert len(chain.blocks(stop=moment)) == 496


def test_a_block_of_a_moment_knows_what_came_later(chain):
    block = chain.block(150)
    for same in (150, block.hash, block.median_time):
        assert chain.block(same) == block
        spent = [chain_block.transactions()[0].outputs()[0].spent_by for chain_block in (chain.block(same), block)]
        assert spent[0] == spent[1]
    assert any(chain.block(height).transactions()[0].outputs()[0].spent_by for height in range(150))


def test_a_date_up_to_a_day_after_the_tip_means_the_tip(chain):
    assert chain.at(chain.time + timedelta(days=1)) == chain
    with pytest.raises(satrail.NotInChainError, match="more than a day after"):
        chain.at(chain.time + timedelta(days=1, seconds=1))


def test_seconds_and_dates_of_numpy_and_pandas_are_moments(chain):
    moment = chain.block(300).median_time
    plain = moment.replace(tzinfo=None)
    later = plain + timedelta(microseconds=500_000)
    for same in (
        moment.timestamp(),
        np.float64(moment.timestamp() + 0.5),
        np.datetime64(plain),
        np.datetime64(plain, "ns") + np.timedelta64(1, "ns"),
        pd.Timestamp(moment),
        pd.Timestamp(later),
        later.isoformat(),
        moment.isoformat(),
        moment.strftime("%Y-%m-%dT%H:%M:%S%z"),
        moment.astimezone(timezone(timedelta(hours=5, minutes=30))).isoformat(),
    ):
        assert chain.at(same) == chain.at(moment), same
        assert len(chain.blocks(stop=same)) == len(chain.blocks(stop=moment)), same
    assert chain.at(np.int64(300)) == chain.at(300)
    assert chain.at(np.datetime64("2024-01-03")) == chain.at("2024-01-03")


@pytest.mark.parametrize("missing", [float("nan"), float("inf"), np.datetime64("NaT"), pd.NaT], ids=str)
def test_a_missing_moment_is_an_error(chain, missing):
    for ask in (chain.at, chain.blocks):
        with pytest.raises(ValueError, match="is not a moment"):
            ask(missing)


def test_a_datetime_without_a_time_zone_is_utc(chain, monkeypatch):
    monkeypatch.setenv("TZ", "America/New_York")
    moment = chain.block(300).median_time
    for same in (
        moment,
        moment.replace(tzinfo=None),
        moment.astimezone(timezone(timedelta(hours=-5))),
        pd.Timestamp(moment),
    ):
        assert chain.at(same).height == chain.at(moment).height
    assert chain.at(moment + timedelta(microseconds=999_999)) == chain.at(moment)


def test_no_time_is_no_moment(chain):
    with pytest.raises(ValueError, match="NaT"):
        chain.at(pd.NaT)


# ---- Sources of traces ----------------------------------------------------------------------------------------------


def test_what_is_no_source_is_told_what_is(chain, tx):
    endless = []
    endless.append(endless)
    for wrong in (None, 5, b"ab", [tx, 5], chain, chain.tip, tx.inputs()[0]):
        with pytest.raises(TypeError, match="cannot be used here; give an output, a transaction, an address"):
            chain.trace(wrong)
    with pytest.raises(ValueError, match="deep, and this one goes deeper or holds itself; give a flat list"):
        chain.trace(endless)


@pytest.mark.parametrize("source", [[], (), {}, [[], []], "0014" + "00" * 20])
def test_an_empty_source_is_a_value_error(chain, source):
    with pytest.raises(ValueError, match="the source of the trace is empty"):
        chain.trace(source)


def test_what_is_of_another_chain_is_no_source(chain, stale):
    other = stale.tip.transactions()[0]
    address = other.outputs()[0].address
    for source in (
        other,
        other.outputs()[0],
        address,
        [tx for tx in stale.tip.transactions()],
        stale.addresses([address.script]),
    ):
        with pytest.raises(ValueError, match="is of another chain; look it up in this one"):
            chain.trace(source)


def test_what_is_of_the_same_chain_in_another_store_is_a_source(chain, tmp_path):
    satrail.ingest(BLOCKS, tmp_path / "store", until=200, progress=False)
    tx = satrail.open(tmp_path / "store").block(150).transactions()[0]
    assert (
        chain.trace([tx, tx.outputs(), tx.outputs()[0].address]).ledger
        == chain.trace([tx, tx.outputs()[0].address]).ledger
    )


def test_what_is_not_there_yet_is_no_source(chain):
    later = chain.tip.transactions()[0]
    for source in (later, later.outputs()[0], later.txid, later.outputs()[0].outpoint):
        with pytest.raises(satrail.NotInChainError, match=f"no transaction {later.txid} in the chain up to height 100"):
            chain.at(100).trace(source)


@pytest.mark.parametrize(
    "options", [{"max_hops": -1}, {"max_tx_hops": 10**30}, {"direction": "up"}, {"policy": "luck"}]
)
def test_options_of_a_trace_that_cannot_be_are_told_which_can(chain, tx, options):
    with pytest.raises(ValueError, match=r"give a number from 0|it is one of"):
        chain.trace(tx, **options)


# ---- Stores ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def copy(store, tmp_path):
    return shutil.copytree(store, tmp_path / "copy")


OPEN = pytest.mark.parametrize("ask", [satrail.open, satrail.inspect])


@OPEN
def test_no_folder_is_a_file_not_found(ask, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no such store: .*nowhere; check the path"):
        ask(tmp_path / "nowhere")


@OPEN
def test_a_folder_or_file_that_is_no_store_is_told_so(ask, tmp_path):
    (tmp_path / "manifest").write_text("satrail shop\n")
    (tmp_path / "empty").mkdir()
    for path, reason in ((tmp_path, "begins with other words"), (tmp_path / "empty", 'has no file "manifest"')):
        with pytest.raises(
            satrail.StoreError, match=f"is not a satrail store: .*{reason}.* that satrail ingest has made"
        ):
            ask(path)
    with pytest.raises(satrail.StoreError, match="is not a satrail store"):
        ask(tmp_path / "manifest")


@OPEN
@pytest.mark.parametrize("wrong", [None, 5, b"store", 1.5, ["store"]])
def test_what_is_no_path_is_a_type_error(ask, wrong):
    with pytest.raises(TypeError):
        ask(wrong)


@OPEN
def test_a_path_that_no_system_has_is_not_found(ask):
    with pytest.raises((OSError, ValueError)):
        ask("a\0b")


@OPEN
def test_a_newer_store_is_told_by_its_version(ask, copy):
    manifest = copy / "manifest"
    manifest.write_text(manifest.read_text().replace("version 1", "version 7"))
    with pytest.raises(
        satrail.StoreError, match="has store format 7, and this satrail reads format 1; install a newer"
    ):
        ask(copy)


def test_every_flipped_byte_of_the_manifest_is_noticed(copy):
    manifest = copy / "manifest"
    good = manifest.read_bytes()
    for at in range(len(good) - 1):
        bad = bytearray(good)
        bad[at] ^= 1 << at % 8
        manifest.write_bytes(bad)
        with pytest.raises(satrail.StoreError):
            satrail.open(copy)


def test_every_shortened_manifest_is_noticed(copy):
    manifest = copy / "manifest"
    good = manifest.read_bytes()
    for length in range(0, len(good) - 1, 7):
        manifest.write_bytes(good[:length])
        with pytest.raises(satrail.StoreError):
            satrail.open(copy)


def test_every_missing_or_shortened_file_that_is_needed_is_noticed(copy, chain):
    """What is not noticed at the opening may say something else or raise a StoreError, but nothing else."""
    # What clusters are kept beside the store is needed by nobody.
    noticed = 0
    for path in sorted(path for path in copy.iterdir() if path.is_file()):
        good = path.read_bytes()
        for bad in (None, good[: len(good) // 2]):
            path.write_bytes(bad) if bad is not None else path.unlink()
            try:
                assert satrail.open(copy).height == 495
            except (satrail.StoreError, FileNotFoundError):
                noticed += 1
            path.write_bytes(good)
    assert noticed > 30
    assert satrail.open(copy).digest() == chain.digest()


def test_a_store_without_blocks_can_be_told_about_but_not_opened(tmp_path):
    report = satrail.ingest(BLOCKS, tmp_path / "store", until="1990-01-01", progress=False)
    assert (report.height, report.tip, report.blocks_added) == (None, None, 0)
    info = satrail.inspect(tmp_path / "store")
    assert (info.height, info.tip, info.time, info.transactions) == (None, None, None, 0)
    with pytest.raises(satrail.StoreError, match="the store is empty: it holds no block yet; run satrail ingest"):
        satrail.open(tmp_path / "store")


# ---- Raw bytes ------------------------------------------------------------------------------------------------------


def test_raw_bytes_that_moved_or_changed_are_told_and_found_again(tmp_path):
    files = shutil.copytree(BLOCKS, tmp_path / "blocks")
    satrail.ingest(files, tmp_path / "store", until=5, progress=False)
    good = satrail.open(tmp_path / "store").block(3).transactions()[0].raw()
    files.rename(tmp_path / "moved")
    lost = satrail.open(tmp_path / "store")
    with pytest.raises(satrail.BlockFilesError, match=f"cannot read transaction .* from {files}: .*as blocks="):
        lost.block(3).transactions()[0].raw()
    found = satrail.open(tmp_path / "store", blocks=tmp_path / "moved")
    tx = found.block(3).transactions()[0]
    ways = [tx, found.tx(tx.txid), found.at(4).tx(tx.txid), tx.outputs()[0].transaction, tx.inputs()[0].transaction]
    ways += [
        tx.outputs()[0].address.transactions()[0],
        pickle.loads(pickle.dumps(tx)),
        next(iter(found)).transactions()[0],
    ]
    assert [way.raw() for way in ways[:-1]] == [good] * 7
    assert ways[-1].raw() == found.tx(ways[-1].txid).raw()
    for path in (tmp_path / "moved").glob("blk*"):
        path.write_bytes(bytes(path.stat().st_size))
    with pytest.raises(satrail.BlockFilesError, match=r"other bytes stand at offset \d+ of blk"):
        tx.raw()


# ---- Whatever is written --------------------------------------------------------------------------------------------

EXPECTED = (ValueError, satrail.NotInChainError)


@given(
    text=st.one_of(
        st.text(), st.text("0123456789abcdef:- TZ+bcrt1q", max_size=80), st.from_regex(r"[0-9a-f]{60,70}(:.*)?")
    )
)
def test_no_text_makes_a_panic(chain, text):
    for ask in (chain.tx, chain.output, chain.address, chain.at, chain.block, chain.blocks):
        try:
            ask(text)
        except EXPECTED as error:
            assert str(error)
    assert chain.addresses([text]).given == 1


@given(st.data())
def test_no_change_to_an_address_makes_it_another_one(chain, data):
    good = data.draw(
        st.sampled_from(["bcrt1qgyh9p8fq9zldv67x2r6vqpjnv6gn34tpufvqez", "2N7YDvEspKuBfjYjazy3CLvg4ajdrLMtLoa"])
    )
    at, new = data.draw(st.integers(0, len(good) - 1)), data.draw(st.characters())
    changed = good[:at] + new + good[at + 1 :]
    try:
        assert chain.address(changed) == chain.address(good)
    except EXPECTED:
        assert changed != good


@given(st.lists(st.one_of(st.text(max_size=50), st.none()), max_size=9), st.lists(st.integers(), max_size=2))
def test_no_list_makes_a_panic(chain, texts, numbers):
    watch = chain.addresses(texts)
    assert watch.given == len(texts) >= len(watch) + len(watch.rejected)
    assert repr(watch.rejected)
    assert watch.rejected._repr_html_()
    try:
        assert len(chain.blocks(*numbers)) <= 496
    except ValueError as error:
        assert "height" in str(error)


@given(st.datetimes(), st.one_of(st.none(), st.integers(-1439, 1439)))
def test_no_datetime_makes_a_panic(chain, moment, minutes):
    moment = moment.replace(tzinfo=None if minutes is None else timezone(timedelta(minutes=minutes)))
    try:
        assert 0 <= chain.at(moment).height <= 495
    except satrail.NotInChainError:
        assert len(chain.blocks(moment)) in (0, 496)


def test_texts_that_are_no_unicode_are_value_errors(chain, tmp_path):
    for ask in (chain.tx, chain.output, chain.address, chain.at, lambda text: chain.addresses([text])):
        with pytest.raises(ValueError, match="surrogates"):
            ask("\ud800")
    with pytest.raises((ValueError, OSError)):
        satrail.open("\ud800")
