"""One thing has one word: what holds the number of a cluster is called cluster_id in every table."""

import re

from conftest import ROOT

#: A column of a table in the Rust code: its name, and what makes its values.
COLUMN = re.compile(r"""\(\s*"(cluster|wallet|from_wallet|to_wallet|from_cluster|to_cluster|cluster_name)",""")
CORE = sorted(path for path in (ROOT / "src").rglob("*.rs") if "simulate" not in path.parts)


def test_no_column_names_a_cluster_in_another_way():
    assert [path.name for path in CORE if COLUMN.search(path.read_text(encoding="utf-8"))] == []


def test_tables_of_clusters_have_cluster_ids(chain):
    clusters = chain.cluster()
    wallet = clusters.largest(1)[0]
    trace = chain.trace(wallet, max_tx_hops=1)
    flows = chain.flows(wallet)
    tables = [clusters.table(), wallet.members(), clusters.of([wallet.members().to_pydict()["address"][0]])]
    tables += [trace.steps(), trace.ends(), trace.ends_by_source(), flows.counterparties(), flows.consolidations()]
    assert all("cluster_id" in table.columns for table in tables)
    assert clusters.transfers().columns[:2] == ["from_cluster_id", "to_cluster_id"]
    assert {"from_cluster_id", "to_cluster_id"} <= set(clusters.between(wallet, wallet).columns)
    assert wallet.cluster_ids == wallet.table().to_pydict()["cluster_id"]
