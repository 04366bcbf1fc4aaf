"""What a caller may give, as a type checker sees it; never run."""

from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

import satrail
from satrail.types import Labels, Policy, Source

chain = satrail.open("store")
clusters = chain.cluster(coinjoin="exclude_undecided", cannot_link={"a": ["x"], "b": ["y"]})
wallet = clusters["x"]
output = chain.output("txid:0")

sources: list[Source] = [
    output,
    "txid:0",
    [output, "txid:1"],
    {output},
    (item for item in [output]),
    {"a": output, "b": [output]},
    chain.outputs(),
    chain.addresses(Path("list.csv")),
]
labels: list[Labels] = [
    {wallet: "x"},
    MappingProxyType({"x": [wallet]}),
    {wallet},
    Path("list.parquet"),
    chain.outputs(),
]
policy: Policy = "fifo"
for source in sources:
    for stop_at in labels:
        chain.trace(
            source, policy=policy, stop_at=stop_at, direction="in", since=100, until=datetime.now(UTC), fees="follow"
        )
        chain.exposure(source, stop_at, policy="haircut", clusters=clusters)
        chain.compare_policies(source, ["haircut", "fifo"], stop_at=stop_at, clusters={"a": clusters, "b": None})
        chain.convergence(source, stop_at=stop_at)
chain.peel_chain(output, direction="both", features=["version", "locktime"], stop_at={"x": [wallet]})
chain.flows([wallet, output, "x"], by="week", labels={"x": "payer"})
chain.trace(output).paths("source", [output], best="most_value").to_pydict()
chain.trace(output).graph("address")
clusters.members(5).to_pydict()
clusters.transfers([wallet, "x", 5]).to_pydict()
