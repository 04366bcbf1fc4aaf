"""The command `satrail`. Everything that it does is also a call of the package."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import fields

import satrail


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return 0 when all went well, 1 when it did not, 130 when it was interrupted."""
    try:
        options = _parser().parse_args(arguments)
        return int(options.run(options))
    except KeyboardInterrupt:
        print("satrail: interrupted; the work so far is kept", file=sys.stderr)
        return 130
    except (satrail.SatrailError, ValueError, OSError) as error:
        print(f"satrail: {error}", file=sys.stderr)
        return 1


def _ingest(options: argparse.Namespace) -> int:
    report = satrail.ingest(
        options.blocks,
        options.store,
        network=options.network,
        until=_height_or_date(options.until),
        threads=options.threads,
        memory_limit=options.memory_limit,
        verify=options.check,
        progress=False if options.quiet else None,
    )
    if not options.quiet:
        tip = f"height {report.height:,}, block {report.tip}" if report.height is not None else "no block"
        rate = report.bytes_added / 1e6 / max(report.seconds, 1e-9)
        print(f"{report.store}: {report.network}, {tip}")
        print(
            f"added {report.blocks_added:,} blocks and {report.transactions_added:,} transactions"
            f" in {report.seconds:.1f} s ({rate:.0f} MB/s); {report.stale_blocks} stale blocks"
        )
    for note in report.notes:
        print(f"note: {note}", file=sys.stderr)
    return 1 if report.invalid_blocks or report.height is None else 0


def _height_or_date(text: str | None) -> int | str | None:
    try:
        return text and int(text)
    except ValueError:
        return text


def _info(options: argparse.Namespace) -> int:
    info = satrail.info(options.store)
    for field in fields(info):
        value = getattr(info, field.name)
        shown = f"{value:,}" if isinstance(value, int) else ", ".join(value) if isinstance(value, list) else value
        print(f"{field.name:<13} {shown}")
    return 0


def _verify(options: argparse.Namespace) -> int:
    report = satrail.verify(
        options.store,
        blocks=options.blocks,
        check_blocks=options.check_blocks,
        progress=False if options.quiet else None,
    )
    print(report)
    return 0 if report.is_sound else 1


def _simulate(options: argparse.Namespace) -> int:
    quiet = False if options.quiet else None
    try:
        report = satrail.simulate(
            options.scenario, options.folder, seed=options.seed, scale=options.scale, progress=quiet
        )
    except KeyboardInterrupt:
        print("satrail: interrupted; what was simulated so far is removed", file=sys.stderr)
        return 130
    if not options.quiet:
        rate = report.bytes / 1e6 / max(report.seconds, 1e-9)
        print(f"{report.folder}: {report.scenario}, seed {report.seed}, scale {report.scale:g}")
        print(
            f"height {report.height:,}, {report.transactions:,} transactions, {report.addresses:,} addresses,"
            f" {report.entities:,} entities in {report.seconds:.1f} s ({rate:.0f} MB/s)"
        )
        print(f"digest {report.digest}")
    return 0


def _demo(options: argparse.Namespace) -> int:
    satrail.demo(options.folder, scale=options.scale)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="satrail", description="Follow bitcoin: from a node's block files to an indexed transaction graph."
    )
    parser.add_argument("--version", action="version", version=f"satrail {satrail.__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    ingest = commands.add_parser("ingest", help="bring a store up to date with a node's block files")
    ingest.add_argument("blocks", metavar="BLOCKS", help="the folder with blk*.dat, for example ~/.bitcoin/blocks")
    ingest.add_argument("store", metavar="STORE", help="the folder of the store; it is made if it is not there")
    ingest.add_argument("--network", help="found from the data when not given; a custom signet by its magic in hex")
    ingest.add_argument("--until", metavar="HEIGHT|DATE", help="the last height, or a date like 2018-03-05")
    ingest.add_argument("--threads", type=int, metavar="N", help="all processors when not given")
    ingest.add_argument("--memory-limit", metavar="SIZE", help='for example "4 GB"; 2 GiB when not given')
    ingest.add_argument(
        "--no-verify", dest="check", action="store_false", help="skip Merkle roots and witness commitments"
    )
    ingest.add_argument("--quiet", action="store_true", help="print notes and errors only")
    ingest.set_defaults(run=_ingest)

    info = commands.add_parser("info", help="say what a store is")
    info.add_argument("store", metavar="STORE")
    info.set_defaults(run=_info)

    verify = commands.add_parser("verify", help="check a store: checksums, references, and every transaction id")
    verify.add_argument("store", metavar="STORE")
    verify.add_argument("--blocks", metavar="BLOCKS", help="where the block files are, if not where they were ingested")
    verify.add_argument(
        "--no-blocks", dest="check_blocks", action="store_false", help="check the store alone, without the block files"
    )
    verify.add_argument("--quiet", action="store_true", help="show no progress")
    verify.set_defaults(run=_verify)

    simulate = commands.add_parser("simulate", help="make a chain whose truth is known, with the truth beside it")
    simulate.add_argument("scenario", metavar="SCENARIO", help="city, or hidden-service")
    simulate.add_argument("folder", metavar="FOLDER", help="a folder that is empty or not there yet")
    simulate.add_argument(
        "--seed", type=int, default=0, metavar="N", help="the same seed gives the same bytes; 0 when not given"
    )
    simulate.add_argument("--scale", type=float, default=1.0, metavar="X", help="how large it is; 1 when not given")
    simulate.add_argument("--quiet", action="store_true", help="print errors only")
    simulate.set_defaults(run=_simulate)

    demo = commands.add_parser("demo", help="simulate a small case and do the main job on it, step by step")
    demo.add_argument("folder", nargs="?", help="where to keep the case; a temporary folder when not given")
    demo.add_argument(
        "--scale",
        type=float,
        default=0.05,
        metavar="X",
        help="how large it is, 0.05 when not given; 1 is the real size",
    )
    demo.set_defaults(run=_demo)
    return parser


if __name__ == "__main__":
    sys.exit(main())
