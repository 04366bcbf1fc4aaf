"""Sets of addresses: from what they can be made, what they count, and what they say."""

import os
from pathlib import Path

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import satrail
from conftest import BLOCKS

HEIGHTS = [0, 110, 363, 495]
NEVER_PAID = "bcrt1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqdku202"
MAINNET = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"


@pytest.fixture(scope="module")
def texts(chain):
    """All address texts of the chain, in the order of their numbers."""
    return list(dict.fromkeys(text for text in chain.outputs(columns=["address"]).to_pydict()["address"] if text))


def given(chain, texts):
    """What a set made of these is, to compare sets by."""
    watch = chain.addresses(texts)
    return watch.given, len(watch), watch.known, watch.summary().to_pydict(), watch.rejected.to_pydict()


def write(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return path


# ---- From what they are made ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [list, tuple, iter, lambda texts: (text for text in texts), dict.fromkeys])
def test_a_set_is_made_from_whatever_gives_texts(chain, texts, make):
    watch = chain.addresses(make(texts[:50]))
    assert (watch.given, len(watch), watch.known) == (50, 50, 50)
    assert watch.summary().to_pydict()["address"] == texts[:50]


ARROW = {
    "polars series": lambda texts: pl.Series(texts),
    "polars categorical": lambda texts: pl.Series(texts, dtype=pl.Categorical),
    "polars frame": lambda texts: pl.DataFrame({"other": texts[::-1], "address": texts}),
    "polars frame of one column": lambda texts: pl.DataFrame({"wallet": texts, "n": range(len(texts))}),
    "pandas series": lambda texts: pd.Series(texts),
    "pandas categorical": lambda texts: pd.Series(texts, dtype="category"),
    "pandas objects": lambda texts: pd.Series(texts, dtype=object),
    "pandas frame": lambda texts: pd.DataFrame({"other": texts[::-1], "address": texts}),
    "pandas index": lambda texts: pd.Index(texts),
    "numpy array": lambda texts: pd.Series(texts).to_numpy(),
    "string": lambda texts: pa.array(texts),
    "large_string": lambda texts: pa.array(texts, pa.large_string()),
    "string_view": lambda texts: pa.array(texts, pa.string_view()),
    "dictionary": lambda texts: pa.array(texts).dictionary_encode(),
    "dictionary of large_string": lambda texts: pa.array(texts, pa.large_string()).dictionary_encode(),
    "chunked": lambda texts: pa.chunked_array([texts[:7], [], texts[7:]], pa.string()),
    "slice": lambda texts: pa.array(["x", *texts, None]).slice(1, len(texts)),
    "record batch": lambda texts: pa.record_batch({"address": texts}),
    "table": lambda texts: pa.table({"address": texts, "other": texts[::-1]}),
    "table of chunks": lambda texts: pa.concat_tables(
        [pa.table({"address": texts[:9]}), pa.table({"address": texts[9:]})]
    ),
    "table with dictionary": lambda texts: pa.table({"address": pa.array(texts).dictionary_encode()}),
}


@pytest.mark.parametrize("kind", ARROW)
def test_every_column_of_texts_gives_the_same_set(chain, texts, kind):
    texts = [*texts[:30], "no address", *texts[:3]]
    assert given(chain, ARROW[kind](texts)) == given(chain, texts)


@pytest.mark.parametrize("kind", ARROW)
def test_nulls_in_a_column_are_rejected_as_empty(chain, texts, kind):
    texts = [texts[0], None, *texts[1:20]]
    watch = chain.addresses(ARROW[kind](texts))
    assert (watch.given, len(watch)) == (21, 20)
    assert watch.rejected.to_pydict()["row"] == [1]
    assert "the text is empty" in watch.rejected.to_pydict()["reason"][0]


def test_a_column_of_a_table_of_the_chain_can_be_looked_up(chain, texts):
    watch = chain.addresses(chain.outputs(columns=["address"]))
    assert (watch.given, len(watch), watch.known) == (chain.counts["outputs"], len(texts), len(texts))


def test_a_summary_can_be_looked_up_again(chain, texts):
    watch = chain.addresses(texts)
    assert len(chain.addresses(watch.summary())) == len(watch)


FILES = {
    "lines": "{0}\n{1}\n{2}\n",
    "no line end at the end": "{0}\n{1}\n{2}",
    "windows lines": "{0}\r\n{1}\r\n{2}\r\n",
    "blank lines": "\n\n{0}\n   \n{1}\n\n{2}\n\n",
    "white space": "  {0}\n{1}\t\n {2} \n",
    "quotes": '"{0}"\n"{1}"\n"{2}"\n',
    "a header": "address\n{0}\n{1}\n{2}\n",
    "a header in capitals": "ADDRESS\n{0}\n{1}\n{2}\n",
    "a header in quotes": '"label","address"\n"a","{0}"\n"b","{1}"\n"c","{2}"\n',
    "a header after a byte order mark": "\ufeffaddress,n\n{0},1\n{1},2\n{2},3\n",
    "a byte order mark": "\ufeff{0}\n{1}\n{2}\n",
    "columns": "label,address,n\na,{0},1\nb,{1},2\nc,{2},3\n",
    "semicolons": "label;address;n\na;{0};1\nb;{1};2\nc;{2};3\n",
    "tabs": "label\taddress\tn\na\t{0}\t1\nb\t{1}\t2\nc\t{2}\t3\n",
    "columns without a header": "{0},1\n{1},2\n{2},3\n",
}


@pytest.mark.parametrize("kind", FILES)
def test_a_file_of_texts_or_columns_gives_the_same_set(chain, texts, tmp_path, kind):
    path = write(tmp_path / "addresses.csv", FILES[kind].format(*texts))
    assert given(chain, path) == given(chain, str(path)) == given(chain, texts[:3])


def test_a_path_may_begin_with_a_tilde(chain, texts, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    write(tmp_path / "list.txt", texts[0])
    assert len(chain.addresses("~/list.txt")) == len(chain.addresses(Path("~/list.txt"))) == 1


def test_anything_with_a_path_is_a_file(chain, texts, tmp_path):
    class Somewhere:
        def __fspath__(self):
            return str(write(tmp_path / "list", texts[0]))

    assert len(chain.addresses(Somewhere())) == 1
    with os.scandir(tmp_path) as entries:
        assert len(chain.addresses(next(entries))) == 1


def test_the_rows_of_a_file_count_what_stands_below_its_header(chain, texts, tmp_path):
    path = write(tmp_path / "list.csv", f"address\n\n{texts[0]}\nno address\n\n{texts[1]}\nneither\n")
    assert chain.addresses(path).rejected.to_pydict()["row"] == [1, 3]


def test_an_empty_file_is_an_empty_set(chain, tmp_path):
    watch = chain.addresses(write(tmp_path / "empty", ""))
    assert (watch.given, len(watch), len(watch.rejected), len(watch.summary())) == (0, 0, 0, 0)


@pytest.mark.parametrize(
    "empty", [[], (), pa.array([], pa.string()), pd.Series([], dtype=str), pl.Series([], dtype=str)]
)
def test_nothing_is_an_empty_set(chain, empty):
    watch = chain.addresses(empty)
    assert (watch.given, len(watch), watch.known) == (0, 0, 0)
    assert watch.summary().columns == chain.addresses([NEVER_PAID]).summary().columns


# ---- What cannot be meant -------------------------------------------------------------------------------------------


NO_TEXTS = [5, None, 1.5, b"", b"abc", [1], [b"bytes"], [1.5], pa.array([1, 2]), pl.Series([1]), pd.Series([1.5])]
NO_TEXTS += [pa.array([True]), pa.array([b"bytes"]), pa.table({"address": [1]}), pl.Series([])]


@pytest.mark.parametrize("wrong", NO_TEXTS, ids=str)
def test_what_holds_no_texts_is_a_type_error(chain, wrong):
    with pytest.raises(TypeError, match="texts"):
        chain.addresses(wrong)


def test_a_table_must_leave_no_doubt_about_its_column(chain):
    with pytest.raises(ValueError, match=r'no column "address", .*; give the column itself'):
        chain.addresses(pa.table({"from": ["a"], "to": ["b"]}))


def test_an_address_given_as_a_file_is_told_where_to_go(chain, texts):
    for text in (texts[0], MAINNET, NEVER_PAID.upper(), "6a"):
        with pytest.raises(ValueError, match=r"is an address and no file; look it up with chain\.address"):
            chain.addresses(text)


def test_a_file_that_is_named_like_an_address_is_read(chain, texts, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(Path(texts[0]), "\n".join(texts[:2]))
    assert len(chain.addresses(texts[0])) == 2


def test_a_missing_file_and_a_folder_are_named(chain, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no such file of addresses: .*missing\.csv; check the path"):
        chain.addresses(tmp_path / "missing.csv")
    with pytest.raises(IsADirectoryError, match=f"cannot read {tmp_path}"):
        chain.addresses(tmp_path)


def test_a_file_that_is_no_text_is_told_so(chain, tmp_path):
    (tmp_path / "file").write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(ValueError, match="is not a text file"):
        chain.addresses(tmp_path / "file")


def test_an_error_in_what_gives_the_texts_is_raised(chain):
    def broken():
        yield NEVER_PAID
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        chain.addresses(broken())


# ---- What they count and say ----------------------------------------------------------------------------------------


def test_texts_that_mean_the_same_address_count_once(chain, texts):
    bech32 = next(text for text in texts if text.startswith("bcrt1q"))
    same = [bech32, bech32.upper(), f" {bech32}\n", chain.address(bech32).script, chain.address(bech32).script.upper()]
    assert (chain.addresses(same).given, len(chain.addresses(same))) == (5, 1)
    script = "0014" + "00" * 20
    assert len(chain.addresses([NEVER_PAID, script, NEVER_PAID.upper()])) == 1


def test_the_order_is_that_of_first_appearance(chain, texts):
    mixed = [texts[9], NEVER_PAID, "no address", texts[2], texts[9], NEVER_PAID, texts[5]]
    assert chain.addresses(mixed).summary().to_pydict()["address"] == [texts[9], NEVER_PAID, texts[2], texts[5]]


def test_what_is_no_address_is_listed_with_its_row_and_reason(chain, texts):
    wrong = texts[0][:-1] + ("2" if texts[0][-1] != "2" else "3")
    rejected = chain.addresses([texts[0], MAINNET, "", None, wrong, texts[1], "no address"]).rejected
    assert rejected.columns == ["row", "text", "reason"]
    assert rejected.to_pydict()["row"] == [1, 2, 3, 4, 6]
    assert rejected.to_pydict()["text"] == [MAINNET, "", "", wrong, "no address"]
    reasons = rejected.to_pydict()["reason"]
    assert "address of mainnet" in reasons[0]
    assert reasons[1] == reasons[2]
    assert "checksum" in reasons[3]


def test_reasons_are_what_looking_up_the_one_address_says(chain, texts):
    for text in (MAINNET, "", "no address", texts[0][:-1]):
        [reason] = chain.addresses([text]).rejected.to_pydict()["reason"]
        with pytest.raises(ValueError, match="is not an address: ") as error:
            chain.address(text)
        assert str(error.value).endswith(f": {reason}")


def test_an_address_that_was_never_paid_is_unknown_and_null(chain):
    watch = chain.addresses([NEVER_PAID])
    assert (len(watch), watch.known, len(watch.rejected)) == (1, 0, 0)
    row = {name: value for name, [value] in watch.summary().to_pydict().items()}
    assert row == {
        "address": NEVER_PAID,
        "kind": "p2wpkh",
        "known": False,
        "received": 0,
        "sent": 0,
        "balance": 0,
        "payments": 0,
        "first_height": None,
        "last_height": None,
        "first_time": None,
        "last_time": None,
    }


@pytest.mark.parametrize("height", HEIGHTS)
def test_the_summary_is_what_the_addresses_say_as_of_the_height(chain, height):
    at = chain.at(height)
    scripts = list(dict.fromkeys(o.address.script for b in chain for tx in b.transactions() for o in tx.outputs()))
    scripts.remove("")
    names = (
        "kind",
        "received",
        "sent",
        "balance",
        "payments",
        "first_height",
        "last_height",
        "first_time",
        "last_time",
    )
    watch = at.addresses(scripts)
    columns = watch.summary().to_pydict()
    assert columns["address"] == scripts
    assert watch.known == sum(columns["known"])
    for i, script in enumerate(scripts):
        try:
            address = at.address(script)
        except satrail.NotInChainError:
            assert (columns["known"][i], columns["received"][i], columns["first_height"][i]) == (False, 0, None)
        else:
            assert columns["known"][i]
            assert [columns[name][i] for name in names] == [
                address.kind,
                *(getattr(address, name)() for name in names[1:]),
            ]


def test_the_summary_has_the_documented_types(chain, texts):
    schema = pa.schema(chain.addresses(texts[:1]).summary())
    types = dict.fromkeys(["address", "kind"], pa.string()) | {"known": pa.bool_()}
    types |= dict.fromkeys(["received", "sent", "balance", "payments"], pa.int64())
    types |= dict.fromkeys(["first_height", "last_height"], pa.int32())
    types |= dict.fromkeys(["first_time", "last_time"], pa.timestamp("us", "UTC"))
    assert dict(zip(schema.names, schema.types, strict=True)) == types
    assert pa.schema(chain.addresses(["x"]).rejected).types == [pa.int64(), pa.string(), pa.string()]


def test_a_million_addresses_that_were_never_paid_are_looked_up(chain, texts):
    column = pa.array([f"0014{number:040x}" for number in range(1, 1_000_001)] + texts[:1])
    watch = chain.addresses(column)
    assert (watch.given, len(watch), watch.known) == (1_000_001, 1_000_001, 1)
    summary = pl.DataFrame(watch.summary())
    assert summary["known"].sum() == 1
    assert summary["address"].equals(pl.Series(column))


def test_the_wallet_that_comes_with_the_chain_is_known(chain):
    path = BLOCKS / "charity.csv"
    watch = chain.addresses(path)
    assert (watch.given, len(watch.rejected)) == (len(path.read_text().splitlines()) - 1, 0)
    assert watch.known > 0
    assert repr(watch) == f"AddressSet({len(watch)} addresses of {watch.given} given, {watch.known} known, 0 rejected)"
    assert f">{watch.given:,}<" in watch._repr_html_()
