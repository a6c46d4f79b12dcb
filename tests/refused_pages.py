"""`docs/refusals.md`: every bad input of the tables with the answer it got, as the tests found it."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

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
MIDDLE = ""
PAGE = Path(__file__).parent.parent / "docs" / "refusals.md"
_PASSING = ((re.compile(r"\b[0-9a-f]{8,}"), "…"), (re.compile(r"\b[0-9]{10}\b"), "…"), (re.compile(r":[0-9]{5}\b"), ":…"))


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
