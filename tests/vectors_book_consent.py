"""Vectors of what is said about consent, and of what a victim has consented to."""

from hashlib import sha256
from typing import Any

from forms_filled import VICTIM
from vectors_book_form import spelled
from vectors_case import Book
from vectors_spoils import line

MESSAGE, ASKED = "9c" * 32, "5f" * 32
EVENTS: dict[str, dict[str, Any]] = {
    "asked": {"kind": "ask", "message": MESSAGE, "act": "forward", "contact": "pe-desk", "text": "¿Para Lima?"},
    "asked for a purpose": {
        "kind": "ask", "message": MESSAGE, "act": "print", "contact": "pe-desk", "purpose": "immigration control",
    },
    "given": {"kind": "give", "message": MESSAGE, "act": "forward", "contact": "pe-desk"},
    "given until a time": {
        "kind": "give", "message": MESSAGE, "act": "export", "contact": "pe-desk", "until": 1_775_001_600,
    },
    "refused": {"kind": "refuse", "asked": ASKED, "text": "No sin la víctima."},
    "refused without a word": {"kind": "refuse", "asked": ASKED},
    "taken back": {"kind": "take-back", "consent": ASKED},
}  # fmt: skip


def consent_book() -> Book:
    """Events of consent, and consent records."""
    book = Book("consent", "docs/formats/consent.md")
    for name, event in EVENTS.items():
        about = event.get("message", event.get("asked", event.get("consent")))
        book.good(name, "an event", {"kind": event["kind"], "about": about}, event=line(event).encode())
    given = EVENTS["given"]

    def bad(name: str, description: str, word: str, **fields: Any) -> None:
        book.bad(name, description, word, event=line({**given, **fields}).encode())

    bad("for an answer", "an answer takes no consent of its own", "bad value", act="answer")
    bad("for nobody", "no contact", "bad value", contact="")
    bad("of another kind", "`grant`", "bad value", kind="grant")
    bad("of a short hash", "63 digits", "bad value", message="9" * 63)
    bad("for good, written out", "0 is left out", "not canonical", until=0)
    bad("before time began", "-1", "out of range", until=-1)
    bad("with a text", "whoever gives says nothing more", "unknown field", text="x")
    bad("long purpose", "401 characters", "out of range", purpose="x" * 401)
    bad("purpose as a list", "it is text", "wrong type", purpose=["x"])
    book.bad("without kind", "it says nothing", "missing field", event=line({"consent": ASKED}).encode())
    book.bad(
        "twice the same",
        "`kind` two times",
        "duplicate key",
        event=line(given).replace("{", '{"kind":"give",', 1).encode(),
    )
    book.bad("white space", "a space", "not canonical", event=line(given).replace(",", ", ", 1).encode())
    told = {name: VICTIM[name] for name in RECORD if name in VICTIM}
    _record(book, "a victim's consent", "as a referral records it", VICTIM, told)
    _record(book, "consent withheld", "to consular contact", {**VICTIM, "consular_contact": "withheld"},
            {**told, "consular_contact": "withheld"})  # fmt: skip
    _record(book, "somebody else's", "the same, of another pseudonym", {**VICTIM, "victim": {"pseudonym": "B-2"}}, told)
    _record(book, "not asked yet", "nothing stands there", {"victim": {"pseudonym": "A-1"}}, {})
    return book


RECORD = (
    "agrees", "agreed_on", "consent_purposes", "consent_uses", "research", "family_contact", "consular_contact",
    "access_explained", "withdrawal_explained", "keep_until",
)  # fmt: skip


def _record(book: Book, name: str, description: str, values: dict[str, Any], told: dict[str, Any]) -> None:
    whole = {"form": "victim-referral/1", "values": told, "victim": values["victim"]["pseudonym"]}
    made = sha256(f"enlace/victim-consent/v1\n{line(whole)}".encode()).hexdigest() if told else ""
    out = {"record": made, "consular": values.get("consular_contact", ""), "keep_until": values.get("keep_until", "")}
    book.good(name, description, out, form=spelled("victim-referral/1", values).encode())
