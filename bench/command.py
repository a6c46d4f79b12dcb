"""The command line: `python -m bench [--quick] [--json] [mail] [directory] [search] [relay]`, `… scale` or `… alert`.

Results go to standard output; what is being measured now goes to standard error, and only where that is a terminal.
Exit codes: 0 measured (goals are told, not enforced: another machine may miss them), 2 a wrong argument.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence

import msgspec

from bench.alert import alert
from bench.directory import directory
from bench.machine import Machine, this_machine
from bench.mail import mail
from bench.measure import FULL, QUICK, Scale
from bench.relay import relay
from bench.result import GROUPS, Group, Row, table
from bench.scale import scale
from bench.search import search

MEASURES: dict[Group, Callable[[Scale, Callable[[str], None]], Iterator[Row]]] = {
    "mail": mail,
    "directory": directory,
    "search": search,
    "relay": relay,
}
LEGEND = "ratio: time over time, from the same turns; below 1, the first is the quicker. How: bench/README.md"


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What `--json` prints."""

    machine: Machine
    quick: bool
    seconds: float
    rows: list[Row]


def main(arguments: Sequence[str], full: Scale = FULL, quick: Scale = QUICK) -> int:
    """Measure and print; the exit code. Raises SystemExit for `--help` (0) and wrong arguments (2)."""
    if list(arguments[:1]) == ["scale"]:
        return scale(arguments[1:], _say)
    if list(arguments[:1]) == ["alert"]:
        return alert(arguments[1:], _say)
    asked = _parser().parse_args(arguments)
    unknown = [each for each in asked.groups if each not in GROUPS]
    if unknown:
        _parser().error(f"no group is called {', '.join(unknown)}; choose from {', '.join(GROUPS)}")
    begin = time.perf_counter()
    rows: list[Row] = []
    for group in GROUPS:
        if group in asked.groups or not asked.groups:
            rows += MEASURES[group](quick if asked.quick else full, _say)
    _say("")
    seconds = time.perf_counter() - begin
    machine = this_machine()
    if asked.json:
        report = Report(machine=machine, quick=asked.quick, seconds=round(seconds, 1), rows=rows)
        print(msgspec.json.encode(report).decode())
    else:
        hurried = ", few rounds" if asked.quick else ""
        print(f"{machine.line()}\n\n{table(rows)}\n{LEGEND}\nmeasured in {seconds:.0f} s{hurried}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description="How fast Enlace is, and against what.")
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=f"{', '.join(GROUPS)}; all of them unless named")
    parser.add_argument("--quick", action="store_true", help="few rounds: rough numbers in a few seconds")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def _say(what: str) -> None:
    """One line on the terminal, over the one before."""
    if sys.stderr.isatty():
        print(f"\r\033[K{what}", end="", file=sys.stderr, flush=True)
