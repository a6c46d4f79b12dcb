"""A large file through `enlace age`, against pyrage (Rust): how long, and how much memory the whole process takes.

    python -m bench.files [--mib 1024] [--rounds 3] [--folder FOLDER] [--json]

1. Every run is a process of its own, from its start to its end: Python, its imports, and what was asked for. Ours is
   the command as it is typed; pyrage's is the shortest program that does the same. Both run in turns; the median
   counts. Compared is processor time, the system's part with it; the clock on the wall, beside it, is the disk's.
2. Memory is the most that was ever resident (VmHWM on Linux; elsewhere what getrusage says).
3. X25519 on both sides, because pyrage has no post-quantum recipients; for a file this size the recipient does not
   matter. Ours ends when the file is on the disk (fsync); pyrage's when the system has taken it.
4. What was opened is compared with what was sealed, byte by byte.

Needs pyrage (`make setup-full`) for the comparison, and room for four times the size. Goals: under 64 MiB, always.
Exit codes: 0 measured, 1 a goal was missed or something opened to other bytes, 2 a wrong argument.
"""

import argparse
import filecmp
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from statistics import median

from bench.machine import this_machine
from crypto.age_keys import write_identity
from crypto.age_x25519 import X25519Identity

MOST_MIB = 64
_SAYS_MEMORY = """
import sys
from pathlib import Path
status = Path("/proc/self/status")
if status.exists():
    used = next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
else:
    import resource
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> (10 if sys.platform == "darwin" else 0)
print(used, file=sys.stderr)
"""
_OURS = "import sys\nfrom desk.main import main\nassert main(sys.argv[1:]) == 0\n" + _SAYS_MEMORY
_SEALING = """
import sys
import pyrage
recipient = pyrage.x25519.Recipient.from_str(sys.argv[1])
pyrage.encrypt_file(sys.argv[2], sys.argv[3], [recipient], armored=sys.argv[4] == "text")
"""
_OPENING = """
import sys
import pyrage
identity = pyrage.x25519.Identity.from_str(sys.argv[1])
pyrage.decrypt_file(sys.argv[2], sys.argv[3], [identity])
"""
_THEIRS = {"seal": _SEALING + _SAYS_MEMORY, "open": _OPENING + _SAYS_MEMORY}


@dataclass(frozen=True)
class Ran:
    """One process: the processor's seconds, and those on the wall."""

    seconds: float
    wall: float
    peak_mib: float


@dataclass(frozen=True)
class Line:
    """One kind of work, both sides: the median of their times, and the most memory."""

    what: str
    mib: int
    seconds: float
    wall: float
    peak_mib: float
    pyrage_seconds: float | None
    pyrage_wall: float | None
    pyrage_peak_mib: float | None

    @property
    def ratio(self) -> float | None:
        """Time over time; below 1, ours is the quicker."""
        return self.seconds / self.pyrage_seconds if self.pyrage_seconds else None


def main(arguments: Sequence[str]) -> int:
    """Measure and print; the exit code."""
    asked = _parser().parse_args(arguments)
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        lines = list(measured(Path(folder), asked.mib, asked.rounds))
    met = all(each.peak_mib < MOST_MIB for each in lines)
    if asked.json:
        rows = [asdict(each) | {"ratio": each.ratio} for each in lines]
        print(json.dumps({"machine": this_machine().line(), "goal_mib": MOST_MIB, "met": met, "rows": rows}))
    else:
        print(
            f"{this_machine().line()}\n\n{_table(lines)}\n\nGoal: under {MOST_MIB} MiB: {'met' if met else 'not met'}"
        )
    return 0 if met else 1


def measured(folder: Path, mib: int, rounds: int) -> Iterator[Line]:
    """Sealing and opening, in bytes and in text."""
    identity = X25519Identity.generate()
    key, plain = folder / "key", folder / "plain"
    key.write_text(write_identity(identity, "2026-01-01T00:00:00Z"))
    block = os.urandom(1 << 20)
    with plain.open("wb") as file:
        for _ in range(mib):
            file.write(block)
    sealed, out = folder / "sealed", folder / "out"
    for form in ("bytes", "text"):
        ours = ["-r", str(identity.recipient()), *(["-a"] if form == "text" else []), "-o", str(sealed), str(plain)]
        theirs = [str(identity.recipient()), str(plain), str(sealed), form]
        yield _compared(f"seal, {form}", "seal", mib, rounds, ours, theirs)
        opening = ["-d", "-i", str(key), "-o", str(out), str(sealed)]
        yield _compared(f"open, {form}", "open", mib, rounds, opening, [str(identity), str(sealed), str(out)])
        if not filecmp.cmp(plain, out, shallow=False):
            raise SystemExit("what was opened is not what was sealed")


def _compared(what: str, step: str, mib: int, rounds: int, ours: list[str], theirs: list[str]) -> Line:
    mine: list[Ran] = []
    other: list[Ran] = []
    for number in range(rounds):
        turns = [(mine, [_OURS, "age", *ours])]
        if find_spec("pyrage") is not None:
            turns.append((other, [_THEIRS[step], *theirs]))
        for runs, arguments in turns if number % 2 else reversed(turns):
            runs.append(_run(arguments))
    return Line(
        what,
        mib,
        median(each.seconds for each in mine),
        median(each.wall for each in mine),
        max(each.peak_mib for each in mine),
        median(each.seconds for each in other) if other else None,
        median(each.wall for each in other) if other else None,
        max(each.peak_mib for each in other) if other else None,
    )


def _run(arguments: list[str]) -> Ran:
    wall, before = time.perf_counter(), os.times()
    done = subprocess.run([sys.executable, "-c", *arguments], capture_output=True, text=True, check=False)
    wall, after = time.perf_counter() - wall, os.times()
    # What children used counts when they have ended; Windows tells nothing of them.
    seconds = after.children_user + after.children_system - before.children_user - before.children_system or wall
    if done.returncode != 0:
        raise SystemExit(f"it failed: {done.stderr}")
    return Ran(seconds, wall, int(done.stderr) / 1024)


def _table(lines: Sequence[Line]) -> str:
    rows = [("", "processor", "wall", "memory", "pyrage: processor", "wall", "memory", "ratio")]
    for each in lines:
        theirs = ("–", "–", "–", "–")
        if each.pyrage_seconds and each.pyrage_wall and each.pyrage_peak_mib and each.ratio:
            peak = f"{each.pyrage_peak_mib:.1f} MiB"
            theirs = (f"{each.pyrage_seconds:.2f} s", f"{each.pyrage_wall:.2f} s", peak, f"{each.ratio:.2f}")
        rows.append((each.what, f"{each.seconds:.2f} s", f"{each.wall:.2f} s", f"{each.peak_mib:.1f} MiB", *theirs))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.files", description="A large file through `enlace age`.")
    parser.add_argument("--mib", type=int, default=1024, help="how large the file is; 1024 unless said")
    parser.add_argument("--rounds", type=int, default=3, help="how often each runs; 3 unless said")
    parser.add_argument("--folder", help="where to work, with room for four times the size")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
