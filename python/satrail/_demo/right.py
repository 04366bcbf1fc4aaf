"""What was found, held against what is true of a simulated chain, with what was missed."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from satrail import truth
from satrail._core import Evaluation, Trace, TraceEvaluation, Truth, evaluate
from satrail._demo.case import Case
from satrail._demo.show import btc, grid, rows, say, share, step


def what_is_true(case: Case, traces: dict[str, Trace], payers: dict[int | None, dict[str, str]]) -> None:
    """Open the truth, and count what was right, wrong and missed."""
    step("What is true? (satrail.truth.read, satrail.evaluate)")
    known = truth.read(case.folder)
    _the_wallet(case, known)
    _the_cash_outs(known, traces)
    _the_payers(known, payers)
    say("Rates of a simulated chain tell rules and policies apart. They are not rates of the main chain.")


def _the_wallet(case: Case, known: Truth) -> None:
    say(
        "Clusters. Precision: the share of pairs that are together and of one owner; recall: of pairs of one owner that"
        " are together; coverage: of the service's addresses that are in its largest cluster."
    )
    lines = []
    for name, clusters in (("co-spend", case.narrow), ("and one_time_change", case.clusters)):
        evaluation = evaluate(clusters, known)
        assert isinstance(evaluation, Evaluation), "clusters give an Evaluation"
        [service] = [row for row in rows(evaluation.overlap()) if row["category"] == "hidden_service"]
        lines.append(
            [
                name,
                f"{evaluation.precision or 0:.1%}",
                f"{evaluation.recall or 0:.1%}",
                f"{service['coverage']:.1%}",
                service["foreign"],
            ]
        )
    grid([["", "precision", "recall", "coverage", "foreign addresses in it"], *lines])


def _the_cash_outs(known: Truth, traces: dict[str, Trace]) -> None:
    names = {row["entity"]: row["name"] for row in rows(known.table("entities"))}
    true = {
        f"{row['txid']}:{row['position']}": row | {"exchange": names[row["exchange"]]}
        for row in rows(known.table("cashouts"))
    }
    for policy, trace in traces.items():
        say(f"Cash-outs, policy {policy}. Found: the trace ends at that very payment, and names its exchange.")
        grid([["route", "true", "amount", "found", "wrong exchange", "traced amount", "share"], *_routes(true, trace)])
        _the_satoshi(trace, known)
    say(
        "A CoinJoin is made to hide where money goes: a trace through one ends, for the most part,"
        " at other people's payments."
    )


def _the_satoshi(trace: Trace, known: Truth) -> None:
    held = evaluate(trace, known)
    assert isinstance(held, TraceEvaluation), "a trace gives a TraceEvaluation"
    say(
        f"Of {btc(held.true)} that truly came to others, whoever they are, {btc(held.right)}"
        f" ({share(held.right, held.true)}) is found where it came to; {btc(held.blamed)} where it never came to."
    )


def _routes(true: dict[str, dict[str, Any]], trace: Trace) -> list[list[object]]:
    ends = {f"{row['txid']}:{row['position']}": row for row in rows(trace.ends()) if row["reason"] == "stopped"}
    routes = defaultdict[str, list[str]](list)
    for outpoint, row in true.items():
        routes[row["route"]].append(outpoint)
    lines: list[list[object]] = [_route(route, outpoints, true, ends) for route, outpoints in routes.items()]
    others = [row["amount"] for outpoint, row in ends.items() if outpoint not in true]
    return [*lines, ["no cash-out at all", "", "", len(others), "", btc(sum(others)), ""]]


def _route(
    route: str, outpoints: list[str], true: dict[str, dict[str, Any]], ends: dict[str, dict[str, Any]]
) -> list[object]:
    reached = [outpoint for outpoint in outpoints if outpoint in ends]
    right = [outpoint for outpoint in reached if ends[outpoint]["label"] == true[outpoint]["exchange"]]
    amount = sum(true[outpoint]["amount"] for outpoint in outpoints)
    traced = sum(ends[outpoint]["amount"] for outpoint in right)
    return [
        route,
        len(outpoints),
        btc(amount),
        len(right),
        len(reached) - len(right),
        btc(traced),
        share(traced, amount),
    ]


def _the_payers(known: Truth, payers: dict[int | None, dict[str, str]]) -> None:
    say(
        "Payers, by how they paid. Wrong: another exchange was named, or one although the payer had coins of their own."
    )
    say("The further back a trace goes, the more it names, and the more often it is wrong.")
    true = rows(known.table("payers"))
    names = {row["entity"]: row["name"] for row in rows(known.table("entities"))}
    funded = list(dict.fromkeys(row["funded"] for row in true))
    lines = [[_steps(steps), *(_outcome(true, named, names, how) for how in funded)] for steps, named in payers.items()]
    grid([["right / wrong / of all", *funded], *lines])


def _steps(steps: int | None) -> str:
    return "any number of steps" if steps is None else f"{steps} steps"


def _outcome(true: list[dict[str, Any]], named: dict[str, str], names: dict[int, str], how: str) -> str:
    answers = [
        (named.get(f"{row['txid']}:{row['position']}"), names.get(row["exchange"]))
        for row in true
        if row["funded"] == how
    ]
    right = sum(answer is not None and answer == exchange for answer, exchange in answers)
    wrong = sum(answer is not None and answer != exchange for answer, exchange in answers)
    return f"{right} / {wrong} / {len(answers)}"
