"""Bodies beside the log, and the commitment to them (body.md)."""

from typing import Any

from second_reader_base import Refused, sha256_hex
from second_reader_json import (
    LEFT_OUT,
    Check,
    Field,
    flag,
    integer,
    items,
    mapping,
    pattern,
    read_canonical,
    record,
    text,
    words,
)
from second_reader_values import COUNT, LANGUAGE

BODY_LIMIT = 32_768
_SPACES = "\t-\r\x1c- \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_NAMES = mapping(LANGUAGE, text(1, 400), 1, 24)
_PHONE = record(
    {
        "number": Field(pattern(r"\+[1-9][0-9]{6,14}")),
        "use": Field(words("day", "night", "always", "fax", "switchboard"), "day"),
    }
)
_EMAIL = pattern(rf"[^@{_SPACES}]{{1,64}}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", 254)
_MINUTES = integer(0, 1440)
_HOURS = record(
    {
        "always": Field(flag, False),
        "spans": Field(
            items(record({"day": Field(integer(1, 7)), "opens": Field(_MINUTES), "closes": Field(_MINUTES)}), 0, 28), []
        ),
        "holidays": Field(items(pattern("[0-9]{4}-[0-9]{2}-[0-9]{2}"), 0, 60), []),
    }
)
_REQUIREMENTS = record(
    {
        "languages": Field(items(LANGUAGE), []),
        "form": Field(text(), ""),
        "dual_criminality": Field(flag, False),
        "channel": Field(text(), ""),
    }
)
CONTACT = record(
    {
        "names": Field(_NAMES),
        "also": Field(items(text(1, 400), 0, 24), []),
        "phones": Field(items(_PHONE, 0, 12), []),
        "emails": Field(items(_EMAIL, 0, 8), []),
        "website": Field(text(0, 400), ""),
        "address": Field(text(0, 400), ""),
        "city": Field(text(0, 120), ""),
        "languages": Field(items(LANGUAGE, 0, 24), []),
        "zone": Field(pattern("[A-Za-z_]+(/[A-Za-z0-9_+-]+){0,2}", 64), LEFT_OUT),
        "hours": Field(_HOURS, {}),
        "respond": Field(COUNT, 0),
        "requirements": Field(_REQUIREMENTS, {}),
        "notes": Field(mapping(LANGUAGE, text(1, 4000), 0, 24), {}),
        "source": Field(text(0, 400), ""),
    }
)
_PLAIN = record({"names": Field(_NAMES)})
_KINDS: dict[str, Check] = {
    "member": _PLAIN,
    "circle": _PLAIN,
    "officer": record({"label": Field(text(1, 400)), "languages": Field(items(LANGUAGE), [])}),
    "contact": CONTACT,
}


def commitment(salt: bytes, body: bytes) -> str:
    """Rule 1."""
    if len(salt) != 32:
        raise Refused("out of range", "salt")
    if len(body) > BODY_LIMIT:
        raise Refused("too large", "body")
    return sha256_hex(b"enlace/body/v1\n" + salt + body)


def read_body_of(kind: str, salt: bytes, body: bytes, committed: str) -> dict[str, Any]:
    """Rules 1 to 7; the commitment is checked first."""
    if commitment(salt, body) != committed:
        raise Refused("wrong commitment")
    value: dict[str, Any] = read_canonical(body, _KINDS[kind])
    hours = value.get("hours", {})
    if hours.get("spans") and ("zone" not in value or hours.get("always")):
        raise Refused("bad hours")
    return value
