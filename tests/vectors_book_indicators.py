"""Vectors of a desk's exported indicators."""

import copy
from collections.abc import Callable
from typing import Any

from vectors_case import Book
from vectors_spoils import line

SENT: dict[str, Any] = {
    "requests": {"count": 40, "parts": {"mutual-legal-assistance": 23, "other": 17}},
    "kinds": {
        "mutual-legal-assistance": {
            "count": 23,
            "countries": {"CA": 11, "other": 12},
            "times": {"accepted": {"median": 95, "p90": 1440}, "delivered": {"median": 1, "p90": 4}},
        }
    },
    "outcomes": {"completed": 28, "other": 12},
    "languages": {"es": 40},
    "escalated": {"other": 40},
    "times": {"delivered": {"median": 1, "p90": 6}},
}
WHOLE: dict[str, Any] = {
    "type": "enlace-indicators-1", "member": "co", "period": "2026-Q3", "k": 11,
    "sent": SENT, "received": {"requests": {}},
}  # fmt: skip


def indicators_book() -> Book:
    """Files that are read, and files that no desk writes."""
    book = Book("indicators", "docs/formats/indicators.md")
    out = {"member": "co", "period": "2026-Q3", "sent": 40, "received": 0}
    raw = _raw(WHOLE)
    book.good("whole", "40 requests sent, fewer than 11 received", out, file=raw)
    few = WHOLE | {"sent": {"requests": {}}}
    book.good("too few", "nothing is told of either direction", out | {"sent": 0}, "whole", file=_raw(few))

    def bad(name: str, description: str, word: str, file: bytes) -> None:
        book.bad(name, description, word, "whole", file=file)

    def changed(name: str, description: str, change: Callable[[dict[str, Any]], object], word: str) -> None:
        value = copy.deepcopy(WHOLE)
        change(value)
        bad(name, description, word, _raw(value))

    bad("no newline", "the last byte is missing", "malformed", raw[:-1])
    bad("two newlines", "one more at the end", "not canonical", raw + b"\n")
    bad("white space", "a space after a comma", "not canonical", raw.replace(b",", b", ", 1))
    bad("too large", "262,145 bytes before the newline", "too large", raw[:-1] + b" " * (262_146 - len(raw)) + b"\n")
    bad("another type", "a later version", "bad value", raw.replace(b"-indicators-1", b"-indicators-2"))
    bad("another k", "5", "bad value", raw.replace(b'"k":11', b'"k":5'))
    bad("no quarter", "a fifth one", "bad value", raw.replace(b"2026-Q3", b"2026-Q5"))
    bad("unknown field", "contacts beside the member", "unknown field", raw.replace(b'{"k"', b'{"contacts":[],"k"'))
    bad("a fraction", "of a minute", "wrong type", raw.replace(b'"median":95', b'"median":95.5'))
    changed("no period", "it is missing", lambda it: it.pop("period"), "missing field")
    changed("ten of a kind", "a cell below 11", lambda it: it["sent"]["languages"].update(es=30, pt=10), "out of range")
    changed("ten in all", "a whole below 11", lambda it: it["received"]["requests"].update(count=10), "out of range")
    changed(
        "languages of too few", "of a direction that is kept back",
        lambda it: it["received"].update(languages={"es": 11}), "bad value",
    )  # fmt: skip
    changed("parts missing", "of the languages", lambda it: it["sent"].pop("languages"), "bad value")
    changed("parts do not add up", "39 of 40", lambda it: it["sent"]["languages"].update(es=39), "bad value")
    kind = "mutual-legal-assistance"
    changed(
        "countries do not add up", "22 of 23", lambda it: it["sent"]["kinds"][kind]["countries"].update(other=11),
        "bad value",
    )  # fmt: skip
    changed("a kind is missing", "that stands in the parts", lambda it: it["sent"].pop("kinds"), "bad value")
    changed(
        "kinds of another count", "than the parts say",
        lambda it: it["sent"]["requests"].update(parts={kind: 24, "other": 16}), "bad value",
    )  # fmt: skip
    changed(
        "median above p90",
        "of the delivered",
        lambda it: it["sent"]["times"]["delivered"].update(median=7),
        "bad value",
    )
    changed("a name with a comma", "of a language", lambda it: it["sent"].update(languages={"e,s": 40}), "bad value")
    changed("empty list written out", "no kinds", lambda it: it["received"].update(kinds={}), "not canonical")
    return book


def _raw(value: dict[str, Any]) -> bytes:
    return f"{line(value)}\n".encode()
