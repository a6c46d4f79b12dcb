"""Requests for tests: events with made-up hashes, two sides that act without waiting for each other."""

from hashlib import sha256
from typing import Any

from desk.requests.acts import (
    Accept,
    Act,
    Answer,
    Ask,
    Close,
    Complete,
    Limit,
    Part,
    Receive,
    Refuse,
    Repeat,
    RequestEvent,
    Send,
    Via,
)
from desk.requests.life import History, Signed, history

ASKING, ASKED, ALTERNATE, STRANGER = "co-desk", "ca-central", "ca-second", "ec-desk"
AT = 1_772_409_600
FORM = "urgent-preservation/1"
MADE: dict[str, Act] = {
    "send": Send(form=FORM),
    "receive": Receive(reference="CA 77/26"),
    "accept": Accept(),
    "refuse": Refuse(reason="dual-criminality", text="No dual criminality"),
    "ask": Ask(text="Which bank?"),
    "answer": Answer(to="0" * 64, text="The one at the harbour"),
    "part": Part(text="Two statements"),
    "complete": Complete(),
    "close": Close(reason="withdrawn"),
    "via": Via(channel="diplomatic", reference="Note 12", at=AT),
    "limit": Limit(timer="preservation", until=AT, text="Two months more"),
    "repeat": Repeat(),
}


def hashed(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def sent(**fields: Any) -> Signed:
    """A request from Colombia to Canada."""
    usual: dict[str, Any] = {
        "contact": ASKING, "device": hashed("device"), "at": AT, "taken_in": AT,
        "event": RequestEvent(act=MADE["send"]), "to": (ASKED, ALTERNATE), "case": "Exp. 2026-0117",
    }  # fmt: skip
    made = usual | fields
    return Signed(id=hashed(f"{sorted(made.items(), key=str)}"), **made)


def event(act: Act, contact: str, root: Signed, after: tuple[str, ...], **fields: Any) -> Signed:
    """An event of a contact upon a request."""
    made: dict[str, Any] = {"contact": contact, "device": hashed("d" + contact), "at": AT, "taken_in": AT} | fields
    one = RequestEvent(request=root.id, after=tuple(sorted(after)), act=act)
    return Signed(id=hashed(f"{one} {contact} {fields}"), event=one, **made)


def chain(*events: tuple[str, str], form: str = FORM) -> list[Signed]:
    """A request and events upon it, each after the one before: (kind, contact)."""
    found = [sent(event=RequestEvent(act=Send(form=form)))]
    for number, (kind, contact) in enumerate(events):
        found.append(event(MADE[kind], contact, found[0], (found[-1].id,), at=AT + number))
    return found


def told(events: list[Signed]) -> History:
    found = history(events, events[0].id)
    assert found is not None
    return found
