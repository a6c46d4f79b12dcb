"""What is said about consent, and consent records (consent.md)."""

from hashlib import sha256
from typing import Any

from second_reader_base import Refused
from second_reader_forms import read_filled_form
from second_reader_json import Field, parse, read_canonical, record, text, words, write
from second_reader_values import CONTACT, HASH, TIME

_WHAT = {"message": Field(HASH), "act": Field(words("forward", "export", "print")), "contact": Field(CONTACT)}
_WHAT |= {"purpose": Field(text(0, 400), "")}
_KINDS = {
    "ask": record({"kind": Field(words("ask")), **_WHAT, "text": Field(text(0, 4000), "")}),
    "give": record({"kind": Field(words("give")), **_WHAT, "until": Field(TIME, 0)}),
    "refuse": record({"kind": Field(words("refuse")), "asked": Field(HASH), "text": Field(text(0, 4000), "")}),
    "take-back": record({"kind": Field(words("take-back")), "consent": Field(HASH)}),
}
_SECTION = (
    "agrees", "agreed_on", "consent_purposes", "consent_uses", "research", "family_contact", "consular_contact",
    "access_explained", "withdrawal_explained", "keep_until",
)  # fmt: skip


def event(value: Any) -> Any:
    """An event, by its `kind`."""
    if not isinstance(value, dict):
        raise Refused("wrong type", "event")
    if "kind" not in value:
        raise Refused("missing field", "kind")
    words(*_KINDS)(value["kind"])
    return _KINDS[value["kind"]](value)


def read_event(raw: bytes) -> dict[str, Any]:
    """Rule 1: what it is about."""
    found = read_canonical(raw, event)
    return {
        "kind": found["kind"],
        "about": next(found[name] for name in ("message", "asked", "consent") if name in found),
    }


def read_record(raw: bytes) -> dict[str, Any]:
    """Rules 6 to 8: the hash of a form's consent record."""
    read_filled_form(raw)
    whole = parse(raw)
    values = whole.get("values", {})
    told = {name: values[name] for name in _SECTION if name in values}
    named = {"form": whole["form"], "values": told, "victim": values.get("victim", {}).get("pseudonym", "")}
    made = sha256(b"enlace/victim-consent/v1\n" + write(named)).hexdigest() if told else ""
    return {"record": made, "consular": told.get("consular_contact", ""), "keep_until": told.get("keep_until", "")}
