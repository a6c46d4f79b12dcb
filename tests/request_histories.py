"""What our code makes of the events that a history vector lists."""

import json
from typing import Any

from vectors_spoils import line

from desk.requests.acts import RequestEvent
from desk.requests.life import History, Signed, history
from directory.canonical import decode


def tell(raw: bytes, request: str) -> dict[str, Any]:
    """What our code makes of a history vector."""
    found = history([signed(each) for each in json.loads(raw)], request)
    assert found is not None
    return _out(found)


def signed(listed: dict[str, Any]) -> Signed:
    return Signed(
        id=listed["id"], contact=listed["contact"], device="", at=0, taken_in=1 if listed["proven"] else None,
        event=decode(line(listed["event"]).encode(), RequestEvent), to=tuple(listed["to"]),
        exercise=listed["exercise"],
    )  # fmt: skip


def _out(found: History) -> dict[str, Any]:
    return {
        "order": [f"{each.signed.id} {each.state} {each.why or '-'}" for each in found.entries],
        "waiting": [each.id for each in found.waiting],
        "questions": [each.id for each in found.questions],
        "digest": found.digest,
    }
