"""The command `satrail`. Everything that it does is also a call of the package."""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Any

import satrail
from satrail._demo import demo

_CODES = """exit codes:
  0    all is well
  1    something was found or went wrong: an invalid block, a store that is not sound, an error
  2    the command was not understood
  130  interrupted"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return 0 when all went well, 1 when it did not, 130 when it was interrupted."""
    try:
        return _run(arguments)
    except BrokenPipeError:
        # Who read the output has seen enough (`satrail ... | head`). What is still buffered must not fail at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _run(arguments: Sequence[str] | None) -> int:
    try:
        options = _parser().parse_args(arguments)
        return int(options.run(options))
    except KeyboardInterrupt:
        print("satrail: interrupted; the work so far is kept", file=sys.stderr)
        return 130
    except BrokenPipeError:
        raise
    except (satrail.SatrailError, ValueError, OSError) as error:
        print(f"satrail: {error}", file=sys.stderr)
        return 1
    finally:
        sys.stdout.flush()


def _ingest(options: argparse.Namespace) -> int:
    report = satrail.ingest(
        options.blocks,
        options.store,
        network=options.network,
        until=_height_or_date(options.until),
        threads=options.threads,
        memory_limit=options.memory_limit,
        verify=options.check,
        progress=_progress(options),
    )
    tip = f"height {report.height:,}, block {report.tip}" if report.height is not None else "no block"
    rate = report.bytes_added / 1e6 / max(report.seconds, 1e-9)
    _tell(
        options,
        report,
        f"{report.store}: {report.network}, {tip}",
        f"added {report.blocks_added:,} blocks and {report.transactions_added:,} transactions"
        f" in {report.seconds:.1f} s ({rate:.0f} MB/s); {report.stale_blocks} stale blocks",
    )
    for note in report.notes:
        print(f"note: {note}", file=sys.stderr)
    return 1 if report.invalid_blocks or report.height is None else 0


def _height_or_date(text: str | None) -> int | str | None:
    try:
        return text and int(text)
    except ValueError:
        return text


def _inspect(options: argparse.Namespace) -> int:
    info = satrail.inspect(options.store)
    _tell(options, info, *(f"{field.name:<13} {_shown(getattr(info, field.name))}" for field in fields(info)))
    return 0


def _shown(value: object) -> object:
    return f"{value:,}" if isinstance(value, int) else ", ".join(value) if isinstance(value, list) else value


def _verify(options: argparse.Namespace) -> int:
    report = satrail.verify(
        options.store,
        blocks=options.blocks,
        check_blocks=options.check_blocks,
        progress=_progress(options),
    )
    if options.output == "quiet" and not report.is_sound:
        print(report)
    _tell(options, report, str(report))
    return 0 if report.is_sound else 1


def _simulate(options: argparse.Namespace) -> int:
    try:
        report = satrail.simulate(
            options.scenario, options.folder, seed=options.seed, scale=options.scale, progress=_progress(options)
        )
    except KeyboardInterrupt:
        print("satrail: interrupted; what was simulated so far is removed", file=sys.stderr)
        return 130
    rate = report.bytes / 1e6 / max(report.seconds, 1e-9)
    _tell(
        options,
        report,
        f"{report.folder}: {report.scenario}, seed {report.seed}, scale {report.scale:g}",
        f"height {report.height:,}, {report.transactions:,} transactions, {report.addresses:,} addresses,"
        f" {report.entities:,} entities in {report.seconds:.1f} s ({rate:.0f} MB/s)",
        f"digest {report.digest}",
    )
    return 0


def _demo(options: argparse.Namespace) -> int:
    demo(options.folder, scale=options.scale)
    return 0


def _progress(options: argparse.Namespace) -> bool | None:
    return False if options.output != "text" else None


def _tell(options: argparse.Namespace, report: Any, *lines: str) -> None:
    """Print a report in the form that was asked for: lines to be read, one JSON object, or CSV of one row."""
    facts = {name: value for name, value in asdict(report).items() if name != "text"}
    if options.output == "json":
        print(json.dumps(facts, default=str, ensure_ascii=False))
    elif options.output == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(facts)
        writer.writerow(_cell(value) for value in facts.values())
    elif options.output == "text":
        print(*lines, sep="\n")


def _cell(value: object) -> object:
    return json.dumps(value, default=str, ensure_ascii=False) if isinstance(value, (list, tuple, dict)) else value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="satrail",
        description="Follow bitcoin: from a node's block files to an indexed transaction graph.",
        epilog=_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"satrail {satrail.__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    ingest = _command(commands, _ingest, "ingest", "bring a store up to date with a node's block files")
    ingest.add_argument("blocks", metavar="BLOCKS", help="the folder with blk*.dat, for example ~/.bitcoin/blocks")
    ingest.add_argument("store", metavar="STORE", help="the folder of the store; it is made if it is not there")
    ingest.add_argument("--network", help="found from the data when not given; a custom signet by its magic in hex")
    ingest.add_argument("--until", metavar="HEIGHT|DATE", help="the last height, or a date like 2018-03-05")
    ingest.add_argument("--threads", type=int, metavar="N", help="all processors when not given")
    ingest.add_argument("--memory-limit", metavar="SIZE", help='for example "4 GB"; 2 GiB when not given')
    ingest.add_argument(
        "--no-verify", dest="check", action="store_false", help="skip Merkle roots and witness commitments"
    )

    inspect = _command(commands, _inspect, "inspect", "say what a store is")
    inspect.add_argument("store", metavar="STORE")

    verify = _command(commands, _verify, "verify", "check a store: checksums, references, and every transaction id")
    verify.add_argument("store", metavar="STORE")
    verify.add_argument("--blocks", metavar="BLOCKS", help="where the block files are, if not where they were ingested")
    verify.add_argument(
        "--no-blocks", dest="check_blocks", action="store_false", help="check the store alone, without the block files"
    )

    simulate = _command(commands, _simulate, "simulate", "make a chain whose truth is known, with the truth beside it")
    simulate.add_argument("scenario", metavar="SCENARIO", help="city, or hidden-service")
    simulate.add_argument("folder", metavar="FOLDER", help="a folder that is empty or not there yet")
    simulate.add_argument(
        "--seed", type=int, default=0, metavar="N", help="the same seed gives the same bytes; 0 when not given"
    )
    simulate.add_argument("--scale", type=float, default=1.0, metavar="X", help="how large it is; 1 when not given")

    walk = commands.add_parser("demo", help="simulate a small case and do the main job on it, step by step")
    walk.add_argument("folder", nargs="?", help="where to keep the case; a temporary folder when not given")
    walk.add_argument(
        "--scale",
        type=float,
        default=0.05,
        metavar="X",
        help="how large it is, 0.05 when not given; 1 is the real size",
    )
    walk.set_defaults(run=_demo)
    return parser


def _command(commands: Any, run: Any, name: str, told: str) -> argparse.ArgumentParser:
    """Add a command that makes a report, with what is the same for all of these."""
    command: argparse.ArgumentParser = commands.add_parser(name, help=told)
    form = command.add_mutually_exclusive_group()
    for output, meaning in (
        ("json", "print the report as one JSON object, and no progress"),
        ("csv", "print the report as CSV of one row, and no progress"),
        ("quiet", "print only what is wrong or worth a note"),
    ):
        form.add_argument(f"--{output}", dest="output", action="store_const", const=output, help=meaning)
    command.set_defaults(run=run, output="text")
    return command
