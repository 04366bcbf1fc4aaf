"""What a notebook shows: short where people look, and whole where they point, copy or export."""

import re
from html.parser import HTMLParser

import pytest
import satrail
from chains.by_hand import address, chain_of, mint, pay
from conftest import write_blocks


class Cells(HTMLParser):
    """The cells of a table: (tag, style, text, title of the text)."""

    def __init__(self, html):
        super().__init__()
        self.found, self.inside = [], False
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag in ("td", "th", "caption"):
            self.found.append([tag, attributes.get("style", ""), "", None])
            self.inside = True
        elif tag == "span":
            self.found[-1][3] = attributes["title"]

    def handle_endtag(self, tag):
        self.inside = self.inside and tag not in ("td", "th", "caption")

    def handle_data(self, text):
        if self.inside:
            self.found[-1][2] += text


def column(table, name):
    """The head of a column and its cells."""
    cells = Cells(table._repr_html_()).found
    width = len(table.columns)
    at = table.columns.index(name)
    return cells[at], cells[width + at :: width]


def test_amounts_are_bitcoin_for_people_and_satoshi_in_data(chain):
    table = chain.outputs(0, 1, columns=["value"])
    head, cells = column(table, "value")
    assert head[2] == "value (BTC)"
    assert [cell[2] for cell in cells] == ["50.00000000"]
    assert table.to_pydict()["value"] == [5_000_000_000]
    output = chain.block(1).transactions()[0].outputs()[0]
    assert "50.00000000 BTC" in output._repr_html_()


def test_numbers_stand_to_the_right_with_their_thousands_apart(chain):
    head, cells = column(chain.transactions(494, columns=["transaction", "height"]), "transaction")
    assert all("text-align:right" in cell[1] for cell in (head, *cells))
    assert cells[-1][2] == f"{chain.counts['transactions'] - 1:,}"


def test_times_are_one_line_with_their_zone(chain):
    _, [cell] = column(chain.blocks(0, 1, columns=["time"]), "time")
    assert cell[2] == "2011-02-02 23:16:42 UTC" and "white-space:nowrap" in cell[1]


def test_shares_are_per_cent(chain):
    target, other = chain.cluster().largest(2)
    table = chain.exposure(target, {other: "other"}).table()
    _, cells = column(table, "share")
    assert [cell[2] for cell in cells] == [f"{100 * share:.2f} %" for share in table.to_pydict()["share"]]


def test_hashes_and_addresses_are_narrow_but_whole_on_hover_and_when_copied(chain):
    _, [cell] = column(chain.blocks(7, 8, columns=["hash"]), "hash")
    assert cell[2] == cell[3] == chain.block(7).hash
    assert "text-overflow:ellipsis" in chain.blocks(7, 8, columns=["hash"])._repr_html_()


@pytest.mark.parametrize("rows", [1, 11, 40])
def test_all_lines_of_a_small_table_are_shown(chain, rows):
    _, cells = column(chain.blocks(0, rows, columns=["height"]), "height")
    assert [cell[2] for cell in cells] == [str(height) for height in range(rows)]


def test_of_a_large_table_the_first_and_last_lines_are_shown(chain):
    _, cells = column(chain.blocks(0, 41, columns=["height"]), "height")
    assert [cell[2] for cell in cells] == ["0", "1", "2", "3", "4", "…", "36", "37", "38", "39", "40"]


def test_nothing_that_is_shown_is_longer_than_two_hundred_characters(tmp_path):
    note = b"\x6a\x4d" + (50_000).to_bytes(2, "little") + bytes(50_000)
    coin = mint([(address(1), 5 * 10**9)])
    payment = pay([(coin, 0)], [(note, 0), (address(2), 49 * 10**8)])
    truth = chain_of([coin], [mint([(address(9), 1)], 1), payment])
    satrail.ingest(write_blocks(tmp_path / "blocks", truth.blocks), tmp_path / "store", progress=False)
    chain = satrail.open(tmp_path / "store")
    output = chain.tx(payment.txid).outputs()[0]
    clusters = chain.cluster()
    shown = [output, output.address, chain.address(note.hex()), clusters.table(), clusters[output.address]]
    shown += [
        chain.addresses([note.hex()]).summary(),
        chain.addresses(["x" * 5_000]).rejected,
        chain.trace(payment.txid).ends(),
    ]
    for thing in shown:
        assert max(len(cell[2]) for cell in Cells(thing._repr_html_()).found) <= 200, thing
        assert max(len(word) for word in re.split(r"[\s,]", repr(thing))) <= 210
    assert chain.addresses([note.hex()]).summary().to_pydict()["address"] == [note.hex()]


@pytest.mark.parametrize("label", ["<b>bold</b>", '"><script>alert(1)</script>', "<img src=x onerror='alert(1)'>"])
def test_labels_with_markup_are_escaped(chain, label):
    target, other = chain.cluster().largest(2)
    trace = chain.trace(target, stop_at={other: label}, max_tx_hops=3)
    exposure = chain.exposure(target, {other: label})
    for thing in (trace, trace.ledger, trace.ends(), exposure, exposure.table()):
        html = thing._repr_html_()
        assert not re.search(r"<(?!/?(table|thead|tbody|tr|th|td|caption|b|p|span)\b)", html.replace(label, "<bad>"))
        assert label not in html
