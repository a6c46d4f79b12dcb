"""Vectors of events of requests, and of the histories they make."""

import json
from hashlib import sha256
from random import Random
from typing import Any

from request_histories import tell
from vectors_case import Book
from vectors_spoils import line

REQUEST, OTHER = "9c" * 32, "5f" * 32
ASKING, ASKED, NEXT, STRANGER = "co-central", "ca-central", "ca-second", "ec-desk"
ACTS: dict[str, dict[str, Any]] = {
    "received": {"kind": "receive", "reference": "CA 77/26"},
    "accepted": {"kind": "accept", "reference": "CA 77/26", "expected": 1_780_000_000, "language": "en"},
    "accepted, and it holds": {"kind": "accept", "since": 1_775_000_000},
    "refused": {"kind": "refuse", "reason": "dual-criminality", "text": "Absence d’infraction.", "language": "fr"},
    "asked": {"kind": "ask", "text": "Which account?", "language": "en"},
    "answered": {"kind": "answer", "to": OTHER, "text": "La de Toronto.", "language": "es"},
    "part of the result": {"kind": "part", "text": "Two statements"},
    "completed": {"kind": "complete"},
    "closed": {"kind": "close", "reason": "done"},
    "sent another way too": {"kind": "via", "channel": "diplomatic", "reference": "Note 12", "at": 1_775_000_000},
    "another date": {
        "kind": "limit",
        "timer": "provisional-arrest",
        "until": 1_779_000_000,
        "text": "Prorrogada.",
        "language": "es",
    },
    "over": {"kind": "limit", "timer": "preservation", "text": "Deleted"},
    "by when": {"kind": "limit", "timer": "expected", "until": 1_779_000_000, "text": "x"},
    "given again": {"kind": "repeat"},
}


def request_event_book() -> Book:
    """Events of every kind, what is none, and histories in which they cross."""
    book = Book("request-event", "docs/formats/request-event.md")
    _good(book, "sent", {"act": {"kind": "send", "form": "mutual-legal-assistance/1", "language": "es"}})
    _good(book, "sent to follow up", {"act": {"kind": "send", "follows": OTHER}})
    under = {"kind": "send", "form": "provisional-arrest/1", "under": "montevideo-1933"}
    _good(book, "sent under an instrument", {"act": under})
    _good(book, "sent under the longest", {"act": {"kind": "send", "under": f"{'a' * 45}-b-c-d-e-f-g-h1"}})
    for name, act in ACTS.items():
        _good(book, name, named(act))
    _good(book, "after as many as fit", named(ACTS["completed"], [f"{at:064x}" for at in range(64)]))
    _bad_shapes(book)
    _bad_places(book)
    for number, (name, description) in enumerate(HISTORIES):
        _told(book, name, description, CROSSED[number]())
    return book


def named(act: dict[str, Any], after: list[str] | None = None) -> dict[str, Any]:
    return {"request": REQUEST, "after": [REQUEST] if after is None else after, "act": act}


def _good(book: Book, name: str, event: dict[str, Any]) -> None:
    out = {"kind": event["act"]["kind"], "after": event.get("after", [])}
    book.good(name, "an event", out, event=line(event).encode())


def _bad_shapes(book: Book) -> None:
    accept = ACTS["accepted"]

    def bad(name: str, description: str, word: str, **fields: Any) -> None:
        book.bad(name, description, word, event=line(named({**accept, **fields})).encode())

    bad("of no kind there is", "`agree`", "bad value", kind="agree")
    bad("one field more", "`by`", "unknown field", by="x")
    bad("a promise as text", "a time is an integer", "wrong type", expected="soon")
    bad("before time began", "-1", "out of range", expected=-1)
    bad("a long reference", "201 characters", "out of range", reference="x" * 201)
    bad("a default, written out", "0 is left out", "not canonical", since=0)
    bad("no language", "a name instead of a tag", "bad value", language="English")
    bad("a long text", "20,001 characters", "out of range", text="x" * 20_001)
    refuse = ACTS["refused"]
    for name, description, word, act in (
        ("refused without a reason", "`reason` is missing", "missing field", {"kind": "refuse", "text": "x"}),
        ("refused for a reason there is not", "`rain`", "bad value", {**refuse, "reason": "rain"}),
        ("refused without words", "an empty text", "out of range", {**refuse, "text": ""}),
        ("another way there is not", "`pigeon`", "bad value", {**ACTS["sent another way too"], "channel": "pigeon"}),
        ("an answer to nothing", "`to` is missing", "missing field", {"kind": "answer", "text": "x"}),
        ("a limit without words", "it says why", "missing field", {"kind": "limit", "timer": "expected"}),
        ("a limit of nothing there is", "`ordinary`", "bad value", {"kind": "limit", "timer": "ordinary", "text": "x"}),
        ("a limit before time began", "-1", "out of range",
         {"kind": "limit", "timer": "expected", "until": -1, "text": "x"}),
        ("a limit, with its default", "0 is left out", "not canonical",
         {"kind": "limit", "timer": "expected", "until": 0, "text": "x"}),
        ("an act as a word", "no object", "wrong type", "accept"),
        ("an act without a kind", "it says nothing", "missing field", {"text": "x"}),
        ("given again, with a text", "the content says what", "unknown field", {"kind": "repeat", "text": "x"}),
    ):  # fmt: skip
        book.bad(name, description, word, event=line(named(act)).encode())  # type: ignore[arg-type]  # one is no object
    text = line(named(accept))
    book.bad("white space", "a space", "not canonical", event=text.replace(",", ", ", 1).encode())
    book.bad("cut", "the last brace is missing", "malformed", event=text[:-1].encode())
    book.bad(
        "a key twice",
        "`request`",
        "duplicate key",
        event=text.replace('"request"', f'"request":"{OTHER}","request"').encode(),
    )
    book.bad("too large", "98,305 bytes", "too large", event=(text + " " * (98_305 - len(text))).encode())


def _bad_places(book: Book) -> None:
    complete, send = ACTS["completed"], {"kind": "send"}
    for name, description, word, value in (
        ("under no code", "capitals", "bad value", "UNTOC"),
        ("under a hyphen", "it ends with one", "bad value", "untoc-"),
        ("under nine words", "eight at most", "bad value", "a-b-c-d-e-f-g-h-i"),
        ("under too long a code", "61 characters", "out of range", "a" * 61),
        ("under nothing, written out", "empty is left out", "not canonical", ""),
    ):  # fmt: skip
        book.bad(name, description, word, event=line({"act": {**send, "under": value}}).encode())
    for name, description, word, event in (
        ("sent after something", "the first stands after nothing", "bad value", {"act": send, "after": [OTHER]}),
        ("sent upon a request", "the first names none", "bad value", {"act": send, "request": REQUEST}),
        ("upon no request", "every other names it", "bad value", {"act": complete, "after": [OTHER]}),
        ("after nothing", "every other stands after something", "bad value", {"act": complete, "request": REQUEST}),
        ("out of order", "`after` is not sorted", "wrong order", named(complete, [REQUEST, OTHER])),
        ("named twice", "`after` has a hash twice", "wrong order", named(complete, [OTHER, OTHER])),
        ("an answer to the request", "it is no question", "bad value", named({**ACTS["answered"], "to": REQUEST})),
    ):  # fmt: skip
        book.bad(name, description, word, event=line(event).encode())

    many = [f"{at:064x}" for at in range(65)]
    book.bad("after too many", "65", "out of range", event=line(named(complete, many)).encode())


def made(contact: str, act: dict[str, Any], request: str = "", after: tuple[str, ...] = (), **fields: Any) -> Any:
    """An event as a history vector lists it; its hash is made up, from all it says."""
    event: dict[str, Any] = {"act": act} | ({"request": request, "after": sorted(after)} if request else {})
    usual = {"contact": contact, "to": [ASKED, NEXT] if not request else [], "exercise": False, "proven": True}
    whole = {**usual, "event": event, **fields}
    return {**whole, "id": sha256(line(whole).encode()).hexdigest()}


ROOT = made(ASKING, {"kind": "send"})
R = ROOT["id"]


def then(contact: str, act: dict[str, Any], *after: Any, **fields: Any) -> Any:
    return made(contact, act, R, tuple(each["id"] for each in after) or (R,), **fields)


def _whole_life() -> list[Any]:
    received = then(ASKED, ACTS["received"])
    accepted = then(ASKED, ACTS["accepted"], received)
    asked = then(ASKED, ACTS["asked"], accepted)
    answered = then(ASKING, {**ACTS["answered"], "to": asked["id"]}, asked)
    part = then(ASKED, ACTS["part of the result"], answered)
    completed = then(ASKED, ACTS["completed"], part)
    return [ROOT, received, accepted, asked, answered, part, completed, then(ASKING, ACTS["closed"], completed)]


def _two_officers() -> list[Any]:
    return [ROOT, then(ASKED, ACTS["accepted"]), then(NEXT, ACTS["refused"]), then(ASKED, ACTS["received"])]


def _closing_crosses() -> list[Any]:
    accepted = then(ASKED, ACTS["accepted"])
    crossed = [
        then(ASKING, {"kind": "close", "reason": "withdrawn"}, accepted),
        then(NEXT, ACTS["completed"], accepted),
    ]
    return [ROOT, accepted, *crossed, then(ASKED, ACTS["part of the result"], accepted)]


def _withheld() -> list[Any]:
    accepted = then(ASKED, ACTS["accepted"])
    part = then(ASKED, ACTS["part of the result"], accepted)
    return [ROOT, part, then(ASKED, ACTS["completed"], part), then(ASKING, ACTS["asked"])]


def _unproven() -> list[Any]:
    return [ROOT, then(ASKED, ACTS["refused"], proven=False), then(ASKED, ACTS["received"])]


def _outside() -> list[Any]:
    return [ROOT, then(STRANGER, ACTS["accepted"]), then(ASKED, ACTS["accepted"], exercise=True)]


def _questions() -> list[Any]:
    asked = then(ASKED, ACTS["asked"])
    own = then(NEXT, {**ACTS["answered"], "to": asked["id"]}, asked)
    crossed = then(ASKING, {**ACTS["answered"], "to": asked["id"], "text": "before it"})
    return [ROOT, asked, own, crossed, then(ASKING, ACTS["answered"])]


def _outlives() -> list[Any]:
    root = made(ASKING, {"kind": "send", "form": "provisional-arrest/1"})
    id_ = root["id"]
    accepted = made(ASKED, ACTS["accepted, and it holds"], id_, (id_,))
    closed = made(ASKING, {"kind": "close", "reason": "withdrawn"}, id_, (accepted["id"],))
    told = [made(who, ACTS["another date"], id_, (closed["id"],)) for who in (ASKED, ASKING)]
    early = made(NEXT, ACTS["over"], id_, (id_,))
    return [root, early, accepted, closed, *told, made(NEXT, ACTS["another date"], id_, (accepted["id"],))]


def _no_measure() -> list[Any]:
    root = made(ASKING, {"kind": "send", "form": "urgent-preservation/12"})
    id_ = root["id"]
    accepted = made(ASKED, ACTS["accepted"], id_, (id_,))
    of_what = ("another date", "over", "by when")
    first = [made(ASKED, ACTS[each], id_, (accepted["id"],)) for each in of_what]
    refused = made(ASKED, ACTS["refused"], id_, tuple(each["id"] for each in first))
    return [root, accepted, *first, refused, *(made(NEXT, ACTS[each], id_, (refused["id"],)) for each in of_what)]


def _nobody() -> list[Any]:
    return [made(ASKING, {"kind": "send"}, to=[ASKED, ASKING])]


def _storm() -> list[Any]:
    """Sixty events that two sides signed knowing only some of the others'."""
    random, events = Random(7), [ROOT]
    for _ in range(60):
        known = random.sample(events, min(len(events), 3))
        act = dict(random.choice([*ACTS.values(), {"kind": "close", "reason": "withdrawn"}]))
        if act["kind"] == "answer":
            act["to"] = random.choice(events)["id"]
            act["to"] = OTHER if act["to"] == R else act["to"]
        events.append(then(random.choice([ASKING, ASKED, NEXT]), act, *known))
    return events


HISTORIES = (
    ("a whole life", "from sending to closing"),
    ("two officers at once", "acceptance and refusal cross"),
    ("a closing that crosses", "with a result and a completion"),
    ("one that is not there", "two wait for it"),
    ("one that nothing proves", "it has no effect"),
    ("from outside", "a stranger's, and one of an exercise"),
    ("questions", "answered by the wrong side, and before they were asked"),
    ("a measure outlives it", "other dates after the closing, and too early, and from the other side"),
    ("of no measure", "dates of what its form asks for, and of what it does not, while it runs and after its refusal"),
    ("for oneself", "it asks nobody else"),
    ("a storm", "sixty that cross"),
)
CROSSED = (
    _whole_life, _two_officers, _closing_crosses, _withheld, _unproven, _outside, _questions, _outlives, _no_measure,
    _nobody, _storm,
)  # fmt: skip


def _told(book: Book, name: str, description: str, events: list[Any]) -> None:
    raw = json.dumps(events[::-1], ensure_ascii=False).encode()
    request = events[0]["id"]
    book.good(f"history: {name}", description, tell(raw, request), events=raw, request=request)
