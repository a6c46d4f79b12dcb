"""`docs/refusals.md`: every bad input of the tables with the answer it got, as the tests found it."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from cli_world import Ran
from wire import Got

HEAD = """# Refusals

What a relay and the command line answer to bad input. Made from the tables that the tests send
(`tests/refused_api*.py`, `tests/refused_cli.py`), with the answers as they came; a
test holds the page to them. In each row a good request, or a good command, has one thing wrong with it. Nothing in a
store changes by any of it, nothing is a fault in the relay's log, and whoever asks rightly is served all the while.

`…` stands for what is different each time. What each code means, and what to do:
[protocol](protocol.md#refusals-by-code). Limits, and what happens at each: `config/examples/relay.toml`.

## Requests to a relay: {requests}

The answer is the status with the code of the problem details. Where a stream had been opened it is the code with which
the relay closes it, and the reason in its last frame. HEAD is answered without a body; *closed* is a connection that
the other side had closed itself.

"""
MIDDLE = """
## Commands: {commands}

The answer is the exit code (see [commands](commands.md)); the words are the line on standard error. With `--json` the
same stands in one object on standard output.

"""
PAGE = Path(__file__).parent.parent / "docs" / "refusals.md"
_PATH = (re.compile(r"/\S*/office/\S*?(?=[:;,)']|\.? |\.?$)"), "FILE")
_PASSING = (
    _PATH,
    (re.compile(r"\b[0-9]{5}( [0-9]{5}){3,}"), "…"),  # a fingerprint
    (re.compile(r"\b[0-9a-f]{8,}"), "…"),
    (re.compile(r"\b[0-9]{10}\b"), "…"),
    (re.compile(r":[0-9]{5}\b"), ":…"),
)


class Sent(Protocol):
    """What the page needs of a row."""

    @property
    def kind(self) -> str: ...

    @property
    def sent(self) -> str: ...


def answer_to(got: Got) -> tuple[str, str]:
    """The code of an answer (of a stream: its reason), and its words."""
    if got.status >= 1000:
        closing = json.loads(got.body) if got.body else {}
        return got.headers.get("reason", ""), closing.get("detail", "")
    return got.problem.get("code", ""), got.problem.get("detail", "")


def lasting(words: str) -> str:
    """Words without what is different each time, safe in a table."""
    for pattern, instead in _PASSING:
        words = pattern.sub(instead, words)
    return words.replace("|", "\\|").replace("\n", " ")


def api_page(rows: Sequence[Sent], answers: Mapping[str, Got]) -> str:
    """The part about requests."""
    lines = ["| kind | what was sent | answer | its words |", "|---|---|---|---|"]
    for row in rows:
        got = answers[row.sent]
        code, words = answer_to(got)
        answer = f"{got.status} `{code}`" if code else f"{got.status}" if got.status else "closed"
        lines.append(f"| {row.kind} | {row.sent} | {answer} | {lasting(words)} |")
    return "\n".join(lines) + "\n"


def cli_page(typed: Mapping[str, tuple[str, str, tuple[str, ...], int, str]], answers: Mapping[str, Ran]) -> str:
    """The part about commands."""
    lines = ["| kind | command | what was wrong | exit code | its words |", "|---|---|---|---|---|"]
    for name, (kind, _, words, _, _) in typed.items():
        command = " ".join(each for each in words[:2] if re.fullmatch(r"[a-z-]{2,12}", each) and each != "co-desk")
        ran = answers[name]
        said = next(each for each in ran.err.splitlines() if each and not each.startswith(("Usage: ", "Try '", "  ")))
        said = said.removeprefix("enlace: ").removeprefix("Error: ")
        lines.append(f"| {kind} | `{command}` | {name} | {ran.code} | {lasting(said)} |")
    return "\n".join(lines) + "\n"
