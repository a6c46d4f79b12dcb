"""What a message may hold, by its kind, and its handling (message.md)."""

from typing import Any

from second_reader_base import Refused
from second_reader_consent import event
from second_reader_json import LEFT_OUT, Field, flag, items, pattern, record, text, words
from second_reader_roster import NOTE, ROSTER
from second_reader_values import HASH, LANGUAGE, MESSAGE_ID, RECEIPT, TIME

_TEXT = record(
    {
        "kind": Field(words("text")),
        "subject": Field(text(1, 300)),
        "text": Field(text(0, 500_000)),
        "language": Field(LANGUAGE, LEFT_OUT),
        "reply_to": Field(MESSAGE_ID, LEFT_OUT),
    }
)
_RECEIPT = record(
    {
        "kind": Field(words("receipt")),
        "act": Field(words("opened", "accepted", "refused")),
        "message": Field(MESSAGE_ID),
        "envelope": Field(HASH),
        "reason": Field(text(0, 4000), ""),
    }
)


PROOF = record(
    {
        "header": Field(text(1, 262_144)),
        "age": Field(text(1, 1_048_576)),
        "nonce": Field(pattern("[0-9a-f]{32}")),
        "key": Field(pattern("[0-9a-f]{32}")),
    }
)
_HANDED = record(
    {
        "note": Field(text(1, 1_048_576)),
        "envelope": Field(pattern("([0-9a-f]{64})?"), ""),
        "relayed": Field(RECEIPT, LEFT_OUT),
        "proof": Field(PROOF, LEFT_OUT),
    }
)
_PASSED = record(
    {
        "kind": Field(words("passed-on")),
        "notes": Field(items(_HANDED, 1, 20)),
        "consents": Field(items(_HANDED, 0, 40), []),
        "text": Field(text(0, 500_000), ""),
        "language": Field(LANGUAGE, LEFT_OUT),
    }
)
_CONTENTS = {
    "consent": record({"kind": Field(words("consent")), "event": Field(event)}),
    "passed-on": _PASSED,
    "text": _TEXT,
    "receipt": _RECEIPT,
    "roster": record({"kind": Field(words("roster")), "roster": Field(ROSTER)}),
    "duty-note": NOTE,
}


def content(value: Any) -> Any:
    """`content` is one of several objects, by its `kind`."""
    if not isinstance(value, dict):
        raise Refused("wrong type", "content")
    if "kind" not in value:
        raise Refused("missing field", "kind")
    words(*_CONTENTS)(value["kind"])
    return _CONTENTS[value["kind"]](value)


HANDLING = record(
    {
        "tlp": Field(words("RED", "AMBER+STRICT", "AMBER", "GREEN", "CLEAR"), "AMBER"),
        "source": Field(words("", "A", "B", "C", "X"), ""),
        "information": Field(words("", "1", "2", "3", "4"), ""),
        "purpose": Field(text(0, 400), ""),
        "onward": Field(words("ask", "no", "yes"), "ask"),
        "erase_at": Field(TIME, 0),
        "victim": Field(flag, False),
        "identified": Field(text(0, 400), ""),
    }
)
