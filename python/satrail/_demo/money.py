"""Following money: out to the exchanges, down peel chains, and back to the payers."""

from __future__ import annotations

from collections import defaultdict

from satrail._core import PeelChain, Trace
from satrail._demo.case import Case
from satrail._demo.show import btc, grid, rows, say, share, show, step
from satrail.types import Policy

#: Each policy divides money by another convention; these two are far apart.
POLICIES: tuple[Policy, ...] = ("fifo", "haircut")
#: What makes no money; poison, which does, only says what could be reached.
_ALL_POLICIES: list[Policy] = [
    "haircut",
    "fifo",
    "lifo",
    "highest_outputs_first",
    "account_fifo",
    "lowest_intermediate_balance",
]
#: A payer's wallet stands one step before the service, its exchange one more; further back others may stand between.
STEPS_BACK = (2, 4, None)


def the_way_out(case: Case) -> dict[str, Trace]:
    """Trace all that was paid to the list to where public tags know the owner, under two policies."""
    step("The way out: where did the money go? (chain.trace, chain.compare_policies)")
    say("All that was paid to the list is followed until it comes to a tagged wallet. Every satoshi is accounted for:")
    traces: dict[str, Trace] = {policy: _out(case, policy) for policy in POLICIES}
    for policy, trace in traces.items():
        say(f"policy {policy}, {trace.transactions:,} transactions:")
        show(str(trace.ledger))
    compared = case.chain.compare_policies(case.watch, _ALL_POLICIES, clusters=case.clusters, stop_at=case.tags)
    lines = [row for row in rows(compared.conclusions()) if row["line"].startswith("stopped: ")]
    held = [row for row in lines if row["holds"]]
    say(
        f"Under all {len(compared)} policies some of it came to these;"
        " what only some policies say is a convention, not a finding:"
    )
    grid([["", "at least", "at most"], *([row["line"], btc(row["least"]), btc(row["most"])] for row in held)])
    say(f"{len(lines) - len(held)} more tagged wallets are reached under some policies only.")
    return traces


def _out(case: Case, policy: Policy) -> Trace:
    return case.chain.trace(case.watch, policy=policy, clusters=case.clusters, stop_at=case.tags)


def peel_chains(case: Case, trace: Trace) -> None:
    """Follow what was gathered as peel chains, and show the longest."""
    step("PeelChain chains: is what was gathered paid out bit by bit? (chain.peel_chain)")
    gathered = [row for row in rows(trace.steps()) if row["outcome"] == "followed" and row["tx_hop"] in (1, 2)]
    chains = [_peel(case, f"{row['output_txid']}:{row['output_position']}") for row in gathered]
    longest = max(chains, key=len, default=None)
    if not longest:
        return say("Nothing that was gathered was spent.")
    say(
        f"Of {len(chains)} coins one or two transactions behind the list,"
        f" {sum(len(chain) > 1 for chain in chains)} peel on."
    )
    peeled = defaultdict[str, int](int)
    for row in rows(longest.peeled()):
        peeled[_payee(case, row["address"])] += row["amount"]
    say(f"The longest begins with {btc(longest.start.value)} and has {len(longest)} steps. Peeled off:")
    grid([["to", "amount"], *([payee, btc(amount)] for payee, amount in peeled.items())])
    for row in rows(longest.steps())[:1]:
        say(f"Why the first step is one: {row['reason']}.")
    for row in rows(longest.stop()):
        say(f"Why it stops: {row['explanation']}.")


def _peel(case: Case, coin: str) -> PeelChain:
    return case.chain.peel_chain(coin, clusters=case.clusters, stop_at=case.tags)


def _payee(case: Case, address: str) -> str:
    return case.labels.get(case.clusters[address].cluster_ids[0], "nobody known")


def the_payers(case: Case) -> dict[int | None, dict[str, str]]:
    """Trace each payment back, so and so many steps, and name the exchange that most of it came from."""
    step("The payers: which exchange can be asked who they are? (chain.exposure, trace.ends_by_source)")
    near = STEPS_BACK[0]
    exposure = case.chain.exposure(
        case.watch, case.tags, direction="in", policy="fifo", clusters=case.clusters, max_hops=near
    )
    say(f"What came to the list from tagged wallets, followed back over {near} steps from wallet to wallet:")
    columns = ("direct", "indirect", "amount")
    lines = [[row["label"], *(btc(row[name]) for name in columns)] for row in rows(exposure.table()) if row["amount"]]
    grid([["", *columns], *lines])
    deposits = rows(case.chain.flows(case.watch).deposits())
    whole = {f"{row['txid']}:{row['position']}": row["amount"] for row in deposits}
    payers = {steps: _payers(case, whole, steps) for steps in STEPS_BACK}
    named = list(payers[near].values())
    say(
        f"Of {len(whole)} payments {len(named)} ({share(len(named), len(whole))})"
        " came for the most part from one exchange:"
    )
    grid([["to ask", "payments"], *([label, named.count(label)] for label in sorted(set(named)))])
    return payers


def _payers(case: Case, whole: dict[str, int], steps: int | None) -> dict[str, str]:
    back = case.chain.trace(
        list(whole), direction="in", policy="fifo", clusters=case.clusters, stop_at=case.tags, max_hops=steps
    )
    return {
        payment: label
        for (payment, label), amount in _by_label(back).items()
        if label in case.exchanges and 2 * amount > whole[payment]
    }


def _by_label(trace: Trace) -> dict[tuple[str, str], int]:
    amounts = defaultdict[tuple[str, str], int](int)
    for row in rows(trace.ends_by_source()):
        if row["label"]:
            amounts[row["name"], row["label"]] += row["amount"]
    return amounts
