"""Following money: out to the exchanges, down peel chains, and back to the payers."""

from __future__ import annotations

from collections import defaultdict

from satrail._core import Peel, Trace
from satrail._demo.case import Case
from satrail._demo.show import btc, grid, rows, say, share, show, step

#: Each policy divides money by another convention; these two are far apart.
POLICIES = ("fifo", "haircut")
#: A payer's wallet stands one step before the service, its exchange one more.
_STEPS_BACK = 2


def the_way_out(case: Case) -> dict[str, Trace]:
    """Trace all that was paid to the list to where public tags know the owner, under two policies."""
    step("The way out: where did the money go? (chain.trace, chain.compare_policies)")
    say("All that was paid to the list is followed until it comes to a tagged wallet. Every satoshi is accounted for:")
    traces = {policy: _out(case, policy) for policy in POLICIES}
    for policy, trace in traces.items():
        say(f"policy {policy}, {trace.transactions:,} transactions:")
        show(str(trace.ledger))
    compared = case.chain.compare_policies(case.watch, clusters=case.clusters, stop_at=case.tags)
    lines = [row for row in rows(compared.conclusions) if row["line"].startswith("stopped: ")]
    held = [row for row in lines if row["holds"]]
    say(f"Under all {len(compared)} policies some of it came to these; what only some policies say is a convention, not a finding:")
    grid([["", "at least", "at most"], *([row["line"], btc(row["least"]), btc(row["most"])] for row in held)])
    say(f"{len(lines) - len(held)} more tagged wallets are reached under some policies only.")
    return traces


def _out(case: Case, policy: str) -> Trace:
    return case.chain.trace(case.watch, policy=policy, clusters=case.clusters, stop_at=case.tags)


def peel_chains(case: Case) -> None:
    """Follow each gathered coin as a peel chain and show the longest."""
    step("Peel chains: is a gathered coin paid out bit by bit? (chain.peel)")
    gathered = rows(case.chain.flows(case.watch).consolidations())
    chains = [_peel(case, f"{row['txid']}:{row['position']}") for row in gathered]
    longest = max(chains, key=len, default=None)
    say(f"The payments are gathered in {len(gathered)} transactions; {sum(len(chain) > 1 for chain in chains)} coins made there peel on.")
    if not longest:
        return
    peeled = defaultdict[str, int](int)
    for row in rows(longest.peeled):
        peeled[_payee(case, row["address"])] += row["amount"]
    say(f"The longest begins with {btc(longest.start.value)} and has {len(longest)} steps; stopped: {longest.stopped['out']}. Peeled off:")
    grid([["to", "amount"], *([payee, btc(amount)] for payee, amount in peeled.items())])
    for row in rows(longest.steps)[:1]:
        say(f"The first step's reason: {row['reason']}.")


def _peel(case: Case, coin: str) -> Peel:
    return case.chain.peel(coin, clusters=case.clusters, stop_at=case.tags)


def _payee(case: Case, address: str) -> str:
    return case.labels.get(case.clusters[address].names[0], "nobody known")


def the_payers(case: Case) -> dict[str, str]:
    """Trace each payment back to its payer's exchange; name the exchange that most of it came from, if any."""
    step("The payers: which exchange can be asked who they are? (chain.exposure, trace.ends_by_source)")
    exposure = case.chain.exposure(
        case.watch, case.tags, direction="in", clusters=case.clusters, max_hops=_STEPS_BACK, policy="fifo"
    )
    say(f"Of what came to the list, from tagged wallets within {_STEPS_BACK} steps:")
    columns = ("direct", "indirect", "amount")
    lines = [[row["label"], *(btc(row[name]) for name in columns)] for row in rows(exposure.table) if row["amount"]]
    grid([["", *columns], *lines])
    payers = _payers(case)
    asked = {label: list(payers.values()).count(label) for label in sorted(case.exchanges)}
    total = len(case.chain.flows(case.watch).deposits())
    say(f"Payment by payment, {len(payers)} of {total} ({share(len(payers), total)}) came for the most part from one exchange:")
    grid([["to ask", "payments"], *([label, count] for label, count in asked.items() if count)])
    return payers


def _payers(case: Case) -> dict[str, str]:
    deposits = case.chain.flows(case.watch).deposits()
    whole = {f"{row['txid']}:{row['position']}": row["amount"] for row in rows(deposits)}
    back = case.chain.trace(
        list(whole), direction="in", policy="fifo", clusters=case.clusters, stop_at=case.tags, max_hops=_STEPS_BACK
    )
    return {
        row_name: label
        for (row_name, label), amount in _by_label(back).items()
        if label in case.exchanges and 2 * amount > whole[row_name]
    }


def _by_label(trace: Trace) -> dict[tuple[str, str], int]:
    amounts = defaultdict[tuple[str, str], int](int)
    for row in rows(trace.ends_by_source()):
        if row["label"]:
            amounts[row["name"], row["label"]] += row["amount"]
    return amounts
