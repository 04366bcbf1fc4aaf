"""Compare the speed of two builds: is AFTER slower than BEFORE?

    python scripts/compare.py --workload cluster BEFORE AFTER
    python scripts/compare.py --command "old/tool x" "new/tool x"

BEFORE and AFTER are wheels, or Pythons that have satrail installed (an interpreter, or the folder of a virtual
environment). Runs are interleaved, A B B A, so that a machine that becomes slower or faster meets both. What counts is
processor time, user and system, of the whole process. The result is the median of the ratios AFTER / BEFORE of all
pairs, and the interval that holds the true median with 95 %, by the sign test, which assumes nothing of how times are
spread. The exit code is 1 only if the whole interval lies above the limit. Differences of less than 5 % are decided by
instructions: those that `perf stat` counts, or with --valgrind those of one run of each under valgrind, which takes
fifty times as long and also works on a virtual machine whose processor does not count.
"""

from __future__ import annotations

import argparse
import math
import os
import re
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WORKLOADS = ROOT / "benches" / "workloads.py"
CONFIDENCE = 0.95
MIN_PAIRS = 8
#: Below this difference the noise of processor time is as large as what is looked for.
FINE = 0.05


@dataclass(frozen=True)
class Cost:
    """What one run took; instructions are None where nothing counts them."""

    seconds: float
    instructions: int | None = None


@dataclass(frozen=True)
class Ratio:
    """The median of ratios, and the interval that holds the true one."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        """As per cent of more or less."""
        return f"{self.median - 1:+.2%} ({self.low - 1:+.2%} to {self.high - 1:+.2%})"


def interval_ranks(count: int, confidence: float = CONFIDENCE) -> tuple[int, int]:
    """Return the ranks, from 0, of the narrowest pair of sorted values between which the true median lies."""
    below = 0.0
    for rank in range((count + 1) // 2):
        below += math.comb(count, rank) / 2**count
        if 2 * below > 1 - confidence:
            if rank == 0:
                break
            return rank - 1, count - rank
    raise ValueError(f"{count} pairs are too few for an interval of {confidence:.0%}")


def ratio_of(before: Sequence[float], after: Sequence[float]) -> Ratio:
    """Compare paired costs."""
    ratios = sorted(b / a for a, b in zip(before, after, strict=True))
    low, high = interval_ranks(len(ratios))
    return Ratio(statistics.median(ratios), ratios[low], ratios[high])


def decide(seconds: Ratio, instructions: Ratio | None) -> Ratio:
    """Return the ratio that counts."""
    return instructions if instructions and abs(seconds.median - 1) < FINE else seconds


def is_slower(ratio: Ratio, limit: float) -> bool:
    """Whether all of the interval lies above the limit, a part of one."""
    return ratio.low > 1 + limit


def order(pairs: int) -> Iterator[tuple[int, int]]:
    """Yield the pairs' runs: 0 is BEFORE, 1 is AFTER, and each pair begins with what the last one ended with."""
    for pair in range(pairs):
        yield (0, 1) if pair % 2 == 0 else (1, 0)


def counts_instructions() -> bool:
    """Whether `perf stat` counts instructions here."""
    return bool(shutil.which("perf")) and run(["true"], counted=True).instructions is not None


def run(command: Sequence[str | Path], *, counted: bool) -> Cost:
    """Run a command to its end and return what it cost."""
    with tempfile.NamedTemporaryFile() as told:
        perf = ["perf", "stat", "-x,", "-e", "instructions:u", "-o", told.name, "--"] if counted else []
        process = subprocess.Popen([*perf, *command], stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        if status:
            sys.exit(f"{shlex.join(map(str, command))} failed: {os.waitstatus_to_exitcode(status)}")
        return Cost(usage.ru_utime + usage.ru_stime, counted_in(Path(told.name).read_text()) if counted else None)


def counted_in(text: str) -> int | None:
    """Return the instructions that `perf stat` reports, or None where it could not count."""
    counts = [line.split(",")[0] for line in text.splitlines() if "instructions" in line]
    return int(counts[0]) if counts and counts[0].isdigit() and int(counts[0]) > 0 else None


def counted_by_valgrind(command: Sequence[str | Path]) -> int:
    """Run a command under valgrind and return its instructions."""
    tool = ["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]
    done = subprocess.run([*tool, *command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"{shlex.join(map(str, command))} failed under valgrind: {done.stderr[-500:]}")
    return refs_in(done.stderr)


def refs_in(text: str) -> int:
    """Return the instructions that cachegrind reports."""
    found = re.search(r"I\s+refs:\s+([\d,]+)", text)
    if not found:
        sys.exit("valgrind did not say how many instructions there were")
    return int(found[1].replace(",", ""))


def measure(commands: tuple[list[str], list[str]], pairs: int) -> list[tuple[Cost, Cost]]:
    """Run both commands in turn, once unmeasured, then as often as there are pairs; show each pair."""
    counted = counts_instructions()
    for command in commands:
        run(command, counted=False)
    costs = []
    for turns in order(pairs):
        found = {turn: run(commands[turn], counted=counted) for turn in turns}
        costs.append((found[0], found[1]))
        print(f"before {found[0].seconds:.3f} s, after {found[1].seconds:.3f} s", flush=True)
    return costs


def instructions_of(costs: list[tuple[Cost, Cost]]) -> Ratio | None:
    """Compare instructions, if they were counted in every run."""
    counts = [(a.instructions, b.instructions) for a, b in costs if a.instructions and b.instructions]
    return ratio_of([a for a, _ in counts], [b for _, b in counts]) if len(counts) == len(costs) else None


def report(costs: list[tuple[Cost, Cost]], limit: float, instructions: Ratio | None = None) -> int:
    """Print what was found; return the exit code. Instructions may have been counted apart."""
    seconds = ratio_of([a.seconds for a, _ in costs], [b.seconds for _, b in costs])
    instructions = instructions or instructions_of(costs)
    print(f"processor time {seconds}\ninstructions   {instructions or 'were not counted'}")
    slower = is_slower(decide(seconds, instructions), limit)
    print(f"{'slower than' if slower else 'within'} the limit of {limit:+.1%}")
    return int(slower)


def python_of(build: str, folder: Path) -> Path:
    """Return an interpreter that has a build: its own one, or a new environment's with the wheel."""
    given = Path(build)
    if given.suffix == ".whl":
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([folder / "bin" / "python", "-m", "pip", "install", "--quiet", given], check=True)
        return folder / "bin" / "python"
    return (given / "bin" / "python" if given.is_dir() else given).absolute()


def workload_commands(given: argparse.Namespace, folder: Path) -> tuple[list[str], list[str]]:
    """Return the commands of a workload; each build has made its own store of the same blocks."""
    pythons = [
        python_of(build, folder / f"venv-{name}") for name, build in zip("ab", (given.before, given.after), strict=True)
    ]
    blocks = given.blocks or folder / "city" / "blocks"
    if not given.blocks:
        subprocess.run([pythons[0], WORKLOADS, "make-blocks", blocks.parent, str(given.scale)], check=True)
    commands = []
    for name, python in zip("ab", pythons, strict=True):
        store = folder / f"store-{name}"
        subprocess.run([python, WORKLOADS, "make-store", blocks, store], check=True)
        commands.append([str(part) for part in (python, WORKLOADS, given.workload, blocks, store)])
    return commands[0], commands[1]


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--command", action="store_true", help="BEFORE and AFTER are command lines")
    what.add_argument("--workload", help="a workload of benches/workloads.py")
    parser.add_argument("before", metavar="BEFORE")
    parser.add_argument("after", metavar="AFTER")
    parser.add_argument("--blocks", type=Path, help="block files to work on; else a city is simulated")
    parser.add_argument("--scale", type=float, default=1.0, help="of the simulated city (1)")
    parser.add_argument("--pairs", type=int, default=MIN_PAIRS, help=f"at least {MIN_PAIRS}, which is the default")
    parser.add_argument("--limit", type=float, default=3.0, help="in per cent (3)")
    parser.add_argument("--valgrind", action="store_true", help="count instructions under valgrind; slow")
    given = parser.parse_args()
    if given.pairs < MIN_PAIRS:
        parser.error(f"give at least {MIN_PAIRS} pairs")
    return given


def main() -> int:
    """Compare; exit with 1 if AFTER is slower."""
    given = arguments()
    with tempfile.TemporaryDirectory() as folder:
        if given.command:
            commands = (shlex.split(given.before), shlex.split(given.after))
        else:
            commands = workload_commands(given, Path(folder))
        apart = None
        if given.valgrind:
            before, after = map(counted_by_valgrind, commands)
            apart = Ratio(*[after / before] * 3)
        return report(measure(commands, given.pairs), given.limit / 100, apart)


if __name__ == "__main__":
    sys.exit(main())
