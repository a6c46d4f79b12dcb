"""Vectors of events of cases, of the manifests of bundles, and of what shows the envelope of a message in one."""

from hashlib import sha256
from typing import Any

import msgspec
from vectors_book_sealed import EPOCH, good_envelope
from vectors_case import Book
from vectors_spoils import line
from vectors_world import identity

from crypto.age import decrypt_known
from desk.mail.envelope_proof import proof_of
from relay.protocol.envelope import parse_envelope
from relay.protocol.padding import unpad

CASE, FIRST, SECOND, THIRD = "9c" * 32, "5f" * 32, "77" * 32, "ab" * 32
OFFICER = "0f" * 16
PLACE: dict[str, Any] = {"case": CASE, "after": [FIRST]}
EVENTS: dict[str, dict[str, Any]] = {
    "opened": {"act": {"kind": "open", "title": "Bus a la costa"}},
    "invited": {**PLACE, "act": {"kind": "invite", "contact": "ec-desk"}},
    "invited, and may invite": {**PLACE, "act": {"kind": "invite", "contact": "ec-desk", "may_invite": True}},
    "joined": {**PLACE, "act": {"kind": "join"}},
    "joined as a guest": {**PLACE, "after": [FIRST, SECOND], "act": {"kind": "join", "guest": True}},
    "left": {**PLACE, "act": {"kind": "leave"}},
    "excluded": {**PLACE, "act": {"kind": "exclude", "contact": "ec-desk"}},
    "guest": {**PLACE, "act": {"kind": "guest", "officer": OFFICER, "until": 1_775_001_600}},
    "guest ended": {**PLACE, "act": {"kind": "end-guest", "officer": OFFICER}},
    "said": {**PLACE, "seen": [SECOND, THIRD], "act": {"kind": "say"}},
    "said as a guest": {**PLACE, "act": {"kind": "say", "guest": True}},
    "handed to a device": {
        **PLACE,
        "act": {"kind": "hand-over", "messages": [FIRST, SECOND], "receiver": {"to": "device", "device": THIRD}},
    },
    "handed to an officer": {
        **PLACE, "act": {"kind": "hand-over", "messages": [FIRST], "receiver": {"to": "officer", "officer": OFFICER}},
    },
    "handed to a contact": {
        **PLACE, "act": {"kind": "hand-over", "messages": [FIRST], "receiver": {"to": "contact", "contact": "ec-desk"}},
    },
}  # fmt: skip


def _part(kind: str, name: str = "") -> dict[str, Any]:
    return {"kind": kind, "name": f"{kind}-{name}" if name else kind, "hash": SECOND, "size": 2113}


PARTS = [_part("index"), _part("checkpoint"), _part("log"), _part("message", CASE), _part("message", THIRD)]
MANIFEST: dict[str, Any] = {
    "network": FIRST, "case": CASE, "at": 1_767_484_800, "contact": "co-desk", "device": SECOND, "language": "es",
    "parts": PARTS, "left_out": [],
}  # fmt: skip


def case_event_book() -> Book:
    """Events of cases."""
    book = Book("case-event", "docs/formats/case-event.md")
    for name, event in EVENTS.items():
        out = {"kind": event["act"]["kind"], "case": event.get("case", "")}
        out |= {each: event.get(each, []) for each in ("after", "seen")}
        book.good(name, "an event", out, event=line(event).encode())
    _bad_events(book)
    return book


def case_bundle_book() -> Book:
    """Manifests of bundles."""
    book = Book("case-bundle", "docs/formats/case-bundle.md")
    _manifests(book)
    _shown(book)
    return book


def _shown(book: Book) -> None:
    """What shows which note an envelope held (message.md, rule 15)."""
    raw = good_envelope()
    envelope, hashed = parse_envelope(raw), sha256(raw).hexdigest()
    plain, known = decrypt_known(envelope.sealed, identity(EPOCH), 0)
    proof = msgspec.to_builtins(proof_of(envelope, known))
    text = unpad(plain)
    out = {"sender": envelope.header.sender, "devices": [each.device for each in envelope.header.recipients()]}
    whole = line(proof).encode()
    book.good("shown", "the envelope of a message, made again from it", out, proof=whole, note=text, envelope=hashed)

    def bad(name: str, description: str, word: str, note: bytes = text, hashed: str = hashed, **fields: Any) -> None:
        changed = {key: value for key, value in {**proof, **fields}.items() if value is not None}
        book.bad(name, description, word, "shown", proof=line(changed).encode(), note=note, envelope=hashed)

    bad("shown with another key", "the MAC of the age header is of one file key", "HMAC failure", key="0" * 32)
    bad("shown with another nonce", "another payload", "wrong envelope", nonce="0" * 32)
    bad("shown with a short key", "31 digits", "bad value", key="0" * 31)
    bad("shown without a key", "nothing opens it", "missing field", key=None)
    bad("shown with an identity", "a file key is enough", "unknown field", identity="AGE-SECRET-KEY")
    bad("shown for another note", "one byte more in front", "wrong envelope", note=b"x" + text)
    bad("shown for another envelope", "the hash of none", "wrong envelope", hashed=FIRST)
    bad("shown with another header", "`immediate` made `routine`", "wrong envelope",
        header=proof["header"].replace("immediate", "routine"))  # fmt: skip
    bad("shown with more behind the age header", "a newline", "header failure", age=proof["age"] + "\n")
    bad("shown with half an age header", "no MAC", "header failure", age=proof["age"][:-50])
    bad("shown with another stanza", "its kind spelled otherwise", "HMAC failure",
        age=proof["age"].replace("mlkem768x25519", "mlkem768x25518", 1))  # fmt: skip


def _bad_events(book: Book) -> None:
    said = EVENTS["said"]

    def bad(name: str, description: str, word: str, **fields: Any) -> None:
        event = {key: value for key, value in {**said, **fields}.items() if value is not None}
        book.bad(name, description, word, event=line(event).encode())

    bad("of no case", "everything but an opening names its case", "bad value", case=None)
    bad("after nothing", "and what it stands after", "bad value", after=None)
    bad("opened within a case", "an opening names none", "bad value", act=EVENTS["opened"]["act"], seen=None)
    bad("after in another order", "hashes are sorted", "wrong order", after=[SECOND, FIRST])
    bad("seen twice", "named once", "wrong order", seen=[SECOND, SECOND])
    bad("after too many", "65 of them", "out of range", after=[f"{n:064x}" for n in range(65)])
    bad("of an unknown kind", "`sell`", "bad value", act={"kind": "sell"})
    bad("said to a contact", "that stands in the message", "unknown field", act={"kind": "say", "contact": "ec-desk"})
    bad("said as no guest, written out", "`false` is left out", "not canonical", act={"kind": "say", "guest": False})
    bad("of a short hash", "63 digits", "bad value", case="9" * 63)
    bad("without an act", "it says nothing", "missing field", act=None)
    handed = EVENTS["handed to a device"]["act"]
    bad("handed over nothing", "a message at least", "out of range", act={**handed, "messages": []})
    bad("handed over out of order", "hashes are sorted", "wrong order", act={**handed, "messages": [SECOND, FIRST]})
    bad("handed to a member", "`member`", "bad value", act={**handed, "receiver": {"to": "member", "member": "ec"}})
    book.bad("opened, having seen", "there was nothing to see", "wrong order",
             event=line({**EVENTS["opened"], "seen": [FIRST]}).encode())  # fmt: skip
    book.bad("white space", "a space", "not canonical", event=line(said).replace(",", ", ", 1).encode())


def _text(value: dict[str, Any], kind: str = "enlace/case-manifest/v1") -> bytes:
    return f"{kind}\n{line(value)}\n".encode()


def _manifests(book: Book) -> None:
    def good(name: str, description: str, **fields: Any) -> None:
        value = {**MANIFEST, **fields}
        parts = [[each["name"], each["hash"], each["size"]] for each in value["parts"]]
        book.good(name, description, {"case": CASE, "parts": parts}, manifest=_text(value))

    def bad(name: str, description: str, word: str, **fields: Any) -> None:
        book.bad(name, description, word, manifest=_text({**MANIFEST, **fields}))

    good("manifest", "the least there is, and another message")
    good("manifest with everything", "a part of every kind, and something left out",
         parts=[PARTS[0], _part("policy"), *PARTS[1:], _part("receipt", FIRST), _part("line", FIRST),
                _part("attachment", FIRST)],
         left_out=[{"what": FIRST, "why": "handling"}, {"what": SECOND, "why": "not-here"}])  # fmt: skip
    good("manifest with what is erased", "what was said, and is kept by the exporter no longer",
         left_out=[{"what": FIRST, "why": "erased"}])  # fmt: skip
    bad("no index", "there is nothing to read", "bad value", parts=PARTS[1:])
    bad("no message", "a case has an opening", "bad value", parts=PARTS[:3])
    bad("parts in another order", "the log before the checkpoint", "wrong order",
        parts=[PARTS[0], PARTS[2], PARTS[1], *PARTS[3:]])  # fmt: skip
    bad("a part twice", "each once", "wrong order", parts=[*PARTS, PARTS[-1]])
    bad("a part under another name", "a message called a line", "bad value",
        parts=[*PARTS[:3], {**PARTS[3], "name": f"line-{CASE}"}, PARTS[4]])  # fmt: skip
    bad("two logs", "one with a hash in its name", "bad value", parts=[*PARTS[:3], _part("log", FIRST), *PARTS[3:]])
    bad("an empty part", "of no bytes", "out of range", parts=[{**PARTS[0], "size": 0}, *PARTS[1:]])
    bad("left out for no reason", "`secret`", "bad value", left_out=[{"what": FIRST, "why": "secret"}])
    bad("left out in another order", "hashes are sorted", "wrong order",
        left_out=[{"what": SECOND, "why": "locked"}, {"what": FIRST, "why": "locked"}])  # fmt: skip
    bad("another language", "German", "bad value", language="de")
    book.bad(
        "another type", "of a later version", "wrong type line", manifest=_text(MANIFEST, "enlace/case-manifest/v2")
    )
    book.bad("no newline at the end", "one byte is lacking", "malformed", manifest=_text(MANIFEST)[:-1])
