"""The details behind a statement (its body) in plain words, every field, at its default too."""

import msgspec

from directory.bodies import CircleBody, ContactBody, MemberBody, OfficerBody, read_body_bytes
from directory.canonical import Malformed
from directory.exchange.hours_text import show_hours

Words = str | tuple[str, ...]
Table = dict[str, Words]
MISSING = "NOT in this file and not on this desk; do not sign what you cannot see"
NOT_HELD = "not on this desk"
UNREAD = "details, unreadable to this version"
_KINDS: dict[str, type[msgspec.Struct]] = {
    "member": MemberBody,
    "circle": CircleBody,
    "officer": OfficerBody,
    "contact": ContactBody,
}


def details(kind: str, raw: bytes | None, missing: str = MISSING) -> Table:
    """What a body says, field by field; one that this version cannot read is shown whole."""
    if raw is None:
        return {"details": missing}
    try:
        body = read_body_bytes(raw, _KINDS[kind])
    except Malformed:
        return {UNREAD: raw.decode("utf-8", "replace")}
    if isinstance(body, ContactBody):
        return _contact(body)
    if isinstance(body, OfficerBody):
        return {"label": body.label, "languages": tuple(body.languages) or "none named"}
    return {"names": _by_language(body.names)} if isinstance(body, MemberBody | CircleBody) else {}


def names_of(raw: bytes | None) -> str:
    """The names in a member's, a circle's or a contact's body, on one line."""
    if raw is None:
        return "its names are not known here"
    for kind in (MemberBody, ContactBody):
        try:
            body = read_body_bytes(raw, kind)
        except Malformed:
            continue
        if isinstance(body, MemberBody | ContactBody):
            return "; ".join(_by_language(body.names))
    return "its names cannot be read here"


def label_of(raw: bytes | None) -> str:
    """The label in an officer's body."""
    try:
        body = read_body_bytes(raw, OfficerBody) if raw is not None else None
    except Malformed:
        return "the label cannot be read here"
    return body.label if isinstance(body, OfficerBody) else "the label is not known here"


def _contact(body: ContactBody) -> Table:
    needs = body.requirements
    return {
        "names": _by_language(body.names),
        "telephones": tuple(f"{each.number} ({each.use})" for each in body.phones) or "none",
        "e-mail": tuple(body.emails) or "none",
        "website": body.website or "none",
        "address": body.address or "none",
        "city": body.city or "none",
        "languages": tuple(body.languages) or "none named",
        "time zone": body.zone if isinstance(body.zone, str) else "none named",
        "hours": show_hours(body.hours) or "not known",
        "holidays": tuple(body.hours.holidays) or "none named",
        "first answer": f"within {body.promised} minutes" if body.promised else "no commitment",
        "requests in": tuple(needs.languages) or "any language",
        "form of requests": needs.form or "none named",
        "dual criminality": "required" if needs.dual_criminality else "not required",
        "channel": needs.channel or "none named",
        "notes": _by_language(body.notes) or "none",
        "source": body.source or "none named",
    }


def _by_language(names: dict[str, str]) -> tuple[str, ...]:
    return tuple(f"{language}={text}" for language, text in names.items())
