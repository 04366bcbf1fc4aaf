"""The first questions: what was ever paid to the list, whose wallet is it in, and where do test payments gather?"""

from __future__ import annotations

from satrail._core import Clusters
from satrail._demo.case import Case
from satrail._demo.show import btc, grid, rows, say, show, step

_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def the_list(case: Case) -> None:
    """Say what was ever paid, when and how much, with the sums of each month."""
    step("The list: which of the service's addresses were ever paid? (chain.addresses, chain.flows)")
    paid = [row for row in rows(case.watch.summary()) if row["known"]]
    flows = case.chain.flows(case.watch)
    say(
        f"{case.watch.given:,} addresses were given out, one a user; {len(paid):,} were ever paid,"
        f" in {sum(row['payments'] for row in paid):,} payments."
    )
    say(
        f"Received {btc(flows.received)}, moved on {btc(flows.sent)}, paid as fees {btc(flows.fees)},"
        f" left {btc(flows.balance)}."
    )
    first, last = min(row["first_time"] for row in paid), max(row["last_time"] for row in paid)
    say(f"First seen {first:%Y-%m-%d}, last moved {last:%Y-%m-%d}. Received in BTC, month by month:")
    received = {(row["period"].year, row["period"].month): row["received"] for row in rows(flows.table())}
    grid([["", *_MONTHS], *_years(received)])


def _years(received: dict[tuple[int, int], int]) -> list[list[str]]:
    years = sorted({year for year, _ in received})
    return [[str(year), *(_month(received.get((year, month), 0)) for month in range(1, 13))] for year in years]


def _month(satoshi: int) -> str:
    return f"{satoshi / 10**8:.3f}" if satoshi else "."


def the_wallet(case: Case) -> None:
    """Widen the list to a wallet under two sets of rules, and prove one join."""
    step("The wallet: which addresses belong together, and how do we know? (chain.cluster, clusters.why)")
    for clusters, meant in ((case.narrow, "co-spend alone"), (case.clusters, "co-spend and one_time_change")):
        wallet = clusters[case.watch]
        more = wallet.size() - case.watch.known
        say(
            f"By {meant}: {wallet.size()} addresses in {len(wallet.cluster_ids)} clusters,"
            f" {more} of them not on the list, with {btc(wallet.balance())} left."
        )
    then = case.narrow.at("2016-06-01")[case.watch]
    say(f"As of 2016-06-01, by co-spend, it was {then.size()} addresses: clusters, too, are as of a height.")
    if case.clusters.refused():
        refused = len(case.clusters.refused())
        say(f"{refused} joins were refused, because addresses with tags of different owners would have come together.")
    first, last = _far_apart(case.narrow, case)
    proof = case.narrow.why(first, last, shortest=True)
    say("Why are the first and the last address of its largest cluster together? The steps:")
    show(str(proof))
    proof.verify(case.chain.headers())
    say("Raw transactions, Merkle branches and block headers were checked: no trust in the store is needed for that.")


def _far_apart(clusters: Clusters, case: Case) -> tuple[str, str]:
    paid = [row["address"] for row in rows(case.watch.summary()) if row["known"]]
    members = [str(row["address"]) for row in rows(max(map(clusters.__getitem__, paid), key=len).members())]
    return members[0], members[-1]


def test_payments(case: Case) -> None:
    """Follow the investigator's own payments to where they meet."""
    step("Test payments: where does what we paid meet? (chain.convergence)")
    gathering = case.chain.convergence(case.tests, clusters=case.narrow)
    say(f"{len(case.tests)} payments were made to addresses that the service gave to us. With co-spend:")
    show(repr(gathering))
    for row in rows(gathering.wallets()):
        say(f"{row['count']} were together in one wallet from height {row['height']} on ({row['time']:%Y-%m-%d}).")
    if not gathering.meet:
        say("That they do not meet is no proof of two owners: what has not been spent has not shown where it gathers.")
