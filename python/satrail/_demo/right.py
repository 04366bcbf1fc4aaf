"""What was found, held against what is true of a simulated chain, with what was missed."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from satrail._core import Trace, Truth, evaluate, truth
from satrail._demo.case import Case
from satrail._demo.show import btc, grid, rows, say, share, step


def what_is_true(case: Case, traces: dict[str, Trace], payers: dict[str, str]) -> None:
    """Open the truth, and count what was right, wrong and missed."""
    step("What is true? (satrail.truth, satrail.evaluate)")
    known = truth(case.folder)
    _the_wallet(case, known)
    _the_cash_outs(known, traces)
    _the_payers(known, payers)
    say("Rates of a simulated chain tell rules and policies apart. They are no rates of the main chain.")


def _the_wallet(case: Case, known: Truth) -> None:
    say("Clusters. Precision: pairs of addresses that are together and rightly so. Coverage: the service's addresses in its wallet.")
    lines = []
    for name, clusters in (("co-spend", case.narrow), ("and one_time_change", case.clusters)):
        evaluation = evaluate(clusters, known)
        [service] = [row for row in rows(evaluation.overlap) if row["category"] == "hidden_service"]
        lines.append([name, f"{evaluation.precision or 0:.1%}", f"{evaluation.recall or 0:.1%}", f"{service['coverage']:.1%}", service["foreign"]])
    grid([["", "precision", "recall", "coverage", "foreign addresses in it"], *lines])


def _the_cash_outs(known: Truth, traces: dict[str, Trace]) -> None:
    names = {row["entity"]: row["name"] for row in rows(known.table("entities"))}
    true = {f"{row['txid']}:{row['position']}": row | {"exchange": names[row["exchange"]]} for row in rows(known.table("cashouts"))}
    for policy, trace in traces.items():
        say(f"Cash-outs, policy {policy}. Found: the trace arrives at that very payment, and names its exchange rightly.")
        grid([["route", "true", "amount", "found", "wrong exchange", "traced amount", ""], *_routes(true, trace)])
    say("A CoinJoin hides what it was made to hide: little of what goes through one is found, and other people's money is blamed instead.")


def _routes(true: dict[str, dict[str, Any]], trace: Trace) -> list[list[object]]:
    ends = {f"{row['txid']}:{row['position']}": row for row in rows(trace.ends) if row["reason"] == "stopped"}
    routes = defaultdict[str, list[str]](list)
    for outpoint, row in true.items():
        routes[row["route"]].append(outpoint)
    lines: list[list[object]] = [_route(route, outpoints, true, ends) for route, outpoints in routes.items()]
    others = [row["amount"] for outpoint, row in ends.items() if outpoint not in true]
    return [*lines, ["blamed on others", "", "", len(others), "", btc(sum(others)), ""]]


def _route(route: str, outpoints: list[str], true: dict[str, dict[str, Any]], ends: dict[str, dict[str, Any]]) -> list[object]:
    reached = [outpoint for outpoint in outpoints if outpoint in ends]
    right = [outpoint for outpoint in reached if ends[outpoint]["label"] == true[outpoint]["exchange"]]
    amount = sum(true[outpoint]["amount"] for outpoint in outpoints)
    traced = sum(ends[outpoint]["amount"] for outpoint in right)
    return [route, len(outpoints), btc(amount), len(right), len(reached) - len(right), btc(traced), share(traced, amount)]


def _the_payers(known: Truth, payers: dict[str, str]) -> None:
    names = {row["entity"]: row["name"] for row in rows(known.table("entities"))}
    counts = defaultdict[str, list[int]](lambda: [0, 0, 0, 0])
    for row in rows(known.table("payers")):
        named, exchange = payers.get(f"{row['txid']}:{row['position']}"), names.get(row["exchange"])
        outcome = 3 if named is None else 1 if named == exchange else 2
        counts[row["funded"]][0] += 1
        counts[row["funded"]][outcome] += 1
    say("Payers. Wrong: another exchange was named, or one where the payer had coins of their own.")
    grid([["the payer paid from", "payments", "right", "wrong", "not named"], *([funded, *count] for funded, count in counts.items())])
