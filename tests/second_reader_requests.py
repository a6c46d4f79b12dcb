"""Events of requests, and the history they make (request-event.md)."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from second_reader_base import Refused
from second_reader_json import LEFT_OUT, Check, Field, items, parse, pattern, read_canonical, record, text, words
from second_reader_values import HASH, LANGUAGE, TIME

_LIMIT = 98_304
_TEXT, _WORDS, _REFERENCE = text(0, 20_000), text(1, 20_000), text(0, 200)
_MAY = {"text": Field(_TEXT, "")}
_MUST = {"text": Field(_WORDS)}
_REFERS = {"reference": Field(_REFERENCE, "")}
_SINCE = {"since": Field(TIME, 0)}
_REFUSALS = (
    "not-in-form", "sovereignty", "domestic-law", "legal-system", "dual-criminality", "wrong-authority", "incomplete",
    "other",
)  # fmt: skip
_CHANNELS = (
    "diplomatic", "interpol", "central-authority", "liaison-officer", "post", "e-mail", "telephone", "other",
)  # fmt: skip


def _instrument(value: Any) -> Any:
    text(0, 60)(value)
    return pattern("([a-z0-9]+(-[a-z0-9]+){0,7})?")(value)


_FIELDS: dict[str, dict[str, Field]] = {
    "send": {
        "form": Field(pattern("([a-z-]{1,60}/[0-9]{1,4})?"), ""),
        "under": Field(_instrument, ""),
        "follows": Field(HASH, LEFT_OUT),
        **_MAY,
    },
    "receive": _REFERS | _MAY,
    "accept": _REFERS | {"expected": Field(TIME, 0)} | _SINCE | _MAY,
    "refuse": {"reason": Field(words(*_REFUSALS)), **_MUST},
    "ask": _MUST,
    "answer": {"to": Field(HASH), **_MUST},
    "part": _SINCE | _MUST,
    "complete": _MAY,
    "close": {"reason": Field(words("done", "withdrawn", "settled-otherwise", "duplicate")), **_MAY},
    "via": {"channel": Field(words(*_CHANNELS)), **_REFERS, "at": Field(TIME), **_MAY},
    "limit": {
        "timer": Field(words("expected", "preservation", "provisional-arrest")),
        "until": Field(TIME, 0),
        **_MUST,
    },
    "repeat": {},
}
_KINDS: dict[str, Check] = {
    kind: record({"kind": Field(words(kind)), "language": Field(LANGUAGE, LEFT_OUT), **fields})
    for kind, fields in _FIELDS.items()
}


def _act(value: Any) -> Any:
    if not isinstance(value, dict):
        raise Refused("wrong type", "act")
    if "kind" not in value:
        raise Refused("missing field", "kind")
    words(*_KINDS)(value["kind"])
    return _KINDS[value["kind"]](value)


_EVENT = record({"request": Field(HASH, LEFT_OUT), "after": Field(items(HASH, 0, 64), []), "act": Field(_act)})


def read_event_or_history(given: Mapping[str, Any]) -> dict[str, Any]:
    """Either of what `request-event.json` has."""
    return read_history(given["events"], given["request"]) if "events" in given else read_event(given["event"])


def read_event(raw: bytes) -> dict[str, Any]:
    """Rules 1 to 4."""
    found = read_canonical(raw, _EVENT, _LIMIT)
    _placed(found)
    return {"kind": found["act"]["kind"], "after": found.get("after", [])}


def _placed(found: dict[str, Any]) -> None:
    after = found.get("after", [])
    if found["act"]["kind"] == "send":
        if "request" in found or after:
            raise Refused("bad value", "a send names something")
    elif "request" not in found or not after:
        raise Refused("bad value", "no request, or nothing before it")
    if after != sorted(set(after)):
        raise Refused("wrong order", "after")
    if found["act"]["kind"] == "answer" and found["act"]["to"] == found["request"]:
        raise Refused("bad value", "to")


_RANK = ["send", "via", "repeat", "receive", "accept", "answer", "ask", "part", "complete", "refuse", "close", "limit"]
_STATES = ["draft", "sent", "received", "accepted", "partial", "completed", "refused", "closed"]
_ROWS = {
    "send": ("a", "draft", "sent"), "receive": ("b", "sent", "received"),
    "accept": ("b", "sent received", "accepted"), "part": ("b", "accepted partial", "partial"),
    "complete": ("b", "accepted partial", "completed"),
    "refuse": ("b", "sent received accepted partial", "refused"),
    "ask": ("ab", " ".join(_STATES[1:7]), ""), "answer": ("ab", " ".join(_STATES[1:7]), ""),
    "close": ("a", " ".join(_STATES[1:7]), "closed"),
    "via": ("ab", " ".join(_STATES[1:]), ""), "repeat": ("ab", " ".join(_STATES[1:]), ""),
    "limit": ("b", " ".join(_STATES[3:]), ""),
}  # fmt: skip


def read_history(raw: bytes, request: str) -> dict[str, Any]:
    """Rules 5 to 12, over events as they are listed."""
    every = {each["id"]: each for each in parse(raw)}
    root = every[request]

    def side(contact: str) -> str:
        return "a" if contact == root["contact"] else "b" if contact in root["to"] else ""

    left = {
        id_: each
        for id_, each in every.items()
        if each["proven"]
        and (id_ == request or each["event"].get("request") == request)
        and side(each["contact"])
        and each["exercise"] == root["exercise"]
    }
    state = "draft"
    lines: list[str] = []
    open_: list[str] = []
    asked: dict[str, str] = {}
    done: set[str] = set()
    while ready := [each for each in left.values() if done.issuperset(each["event"].get("after", []))]:
        turn = min(ready, key=lambda each: (_RANK.index(each["event"]["act"]["kind"]), each["id"]))
        del left[turn["id"]]
        done.add(turn["id"])
        act, whose = turn["event"]["act"], side(turn["contact"])
        why = _why(root, state, act, whose, asked)
        if why == "-":
            state = _ROWS[act["kind"]][2] or state
            if act["kind"] == "ask":
                asked[turn["id"]] = whose
                open_.append(turn["id"])
            if act["kind"] == "answer" and act["to"] in open_:
                open_.remove(act["to"])
        lines.append(f"{turn['id']} {state} {why}")
    digest = sha256("".join(f"{each}\n" for each in lines).encode()).hexdigest()
    return {"order": lines, "waiting": sorted(left), "questions": open_, "digest": digest}


def _why(root: dict[str, Any], state: str, act: dict[str, Any], whose: str, asked: dict[str, str]) -> str:
    sides, states, leads = _ROWS[act["kind"]]
    row = states.split()
    if whose not in sides:
        return "other-side"
    if state not in row:
        if state == leads:
            return "already"
        return "too-early" if _STATES.index(state) < _STATES.index(row[0]) else "too-late"
    if act["kind"] == "send" and (not root["to"] or root["contact"] in root["to"]):
        return "nobody-asked"
    if act["kind"] == "answer":
        return "no-such-question" if act["to"] not in asked else "own-question" if asked[act["to"]] == whose else "-"
    if act["kind"] == "close" and act["reason"] == "done" and state not in ("completed", "refused"):
        return "not-done"
    if act["kind"] == "limit" and act["timer"] == "expected" and state not in ("accepted", "partial"):
        return "too-late"
    form = root["event"]["act"].get("form", "").split("/")[0]
    asking = {
        "expected": [form], "preservation": ["urgent-preservation", "mutual-legal-assistance", "general-message"],
        "provisional-arrest": ["provisional-arrest", "extradition", "general-message"],
    }  # fmt: skip
    if act["kind"] == "limit" and form not in asking[act["timer"]]:
        return "no-such-measure"
    return "-"
