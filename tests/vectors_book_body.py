"""Vectors of bodies and their commitments."""

import json
from typing import Any

from vectors_case import Book
from vectors_more_edges import add_body_edges
from vectors_spoils import line
from vectors_world import BODIES, body, committed, salt

from directory.bodies import CircleBody, ContactBody, MemberBody, OfficerBody
from directory.commitment import MOST_BODY_BYTES, commit

KINDS: dict[type[Any], str] = {
    MemberBody: "member",
    CircleBody: "circle",
    OfficerBody: "officer",
    ContactBody: "contact",
}
SALT = salt("co-desk")


def body_book() -> Book:
    """Bodies of every kind."""
    book = Book("body", "docs/formats/body.md")
    for label in ("co", "andean", "co-chief", "co-night", "co-desk", "co-court", "ec-desk", "pe-desk"):
        raw, kind = body(label), KINDS[type(BODIES[label])]
        book.good(
            label,
            f"a body of kind {kind}",
            {"value": json.loads(raw)},
            kind=kind,
            salt=salt(label),
            body=raw,
            commitment=committed(label),
        )
    _bad_commitments(book)
    _bad_values(book)
    add_body_edges(book)
    return book


def _bad_commitments(book: Book) -> None:
    raw = body("co-desk")
    usual: dict[str, Any] = {"kind": "contact", "salt": SALT, "body": raw, "commitment": committed("co-desk")}

    def bad(name: str, description: str, word: str, **more: Any) -> None:
        book.bad(name, description, word, "co-desk", **(usual | more))

    bad("another salt", "its first byte", "wrong commitment", salt=bytes([SALT[0] ^ 1]) + SALT[1:])
    bad("another body", "a digit of a telephone number", "wrong commitment", body=raw.replace(b"0101", b"0109"))
    bad("another commitment", "that of another body", "wrong commitment", commitment=committed("ec-desk"))
    bad("salt too short", "31 bytes", "out of range", salt=SALT[1:])
    bad("salt moved into the body", "the last byte of the salt stands at the beginning of the body", "out of range",
        salt=SALT[:-1], body=SALT[-1:] + raw)  # fmt: skip
    bad("too large", "more than 32 KiB", "too large", body=raw + b" " * (MOST_BODY_BYTES + 1 - len(raw)))


def _bad_values(book: Book) -> None:
    value: dict[str, Any] = json.loads(body("co-desk"))

    def spelled(name: str, description: str, word: str, raw: bytes, kind: str = "contact") -> None:
        book.bad(name, description, word, "co-desk", kind=kind, salt=SALT, body=raw, commitment=commit(SALT, raw))

    def bad(name: str, description: str, word: str, **fields: Any) -> None:
        left = {key: each for key, each in (value | fields).items() if each is not ...}
        spelled(name, description, word, line(left).encode())

    also = line(value | {"also": ["FGN", "Fiscalía"]}).encode()
    book.good("other names", "an acronym and a former name", {"value": json.loads(also)},
              kind="contact", salt=SALT, body=also, commitment=commit(SALT, also))  # fmt: skip
    raw = line(value).encode()
    spelled("white space", "a space in the JSON", "not canonical", raw.replace(b",", b", ", 1))
    spelled("newline at the end", "a body has none", "not canonical", raw + b"\n")
    spelled(
        "key twice", "`city` stands there twice", "duplicate key", raw.replace(b'"city":', b'"city":"x","city":', 1)
    )
    spelled("not UTF-8", "a byte 0xff", "not UTF-8", raw.replace(b"Bogot", b"\xffogot", 1))
    spelled("cut", "the last brace is missing", "malformed", raw[:-1])
    spelled("escaped letter", "an accented letter as an escape", "not canonical", raw.replace("á".encode(), b"\\u00e1"))
    bad("unknown field", "a field more", "unknown field", fax="x")
    bad("no names", "the field is missing", "missing field", names=...)
    bad("empty names", "at least one", "out of range", names={})
    bad("language of four letters", "a tag has two or three", "bad value", names={"espa": "x"})
    bad("25 names", "at most 24", "out of range", names={f"{chr(97 + n)}a": "x" for n in range(25)})
    bad("empty name", "at least a character", "out of range", names={"es": ""})
    bad("long name", "401 characters", "out of range", names={"es": "a" * 401})
    bad("25 other names", "at most 24", "out of range", also=["x"] * 25)
    bad("empty other name", "at least a character", "out of range", also=[""])
    bad("long other name", "401 characters", "out of range", also=["a" * 401])
    bad("other names in languages", "they have none", "wrong type", also={"es": "FGN"})
    bad("telephone without plus", "numbers are international", "bad value", phones=[{"number": "12025550101"}])
    bad("telephone of 16 digits", "at most 15", "bad value", phones=[{"number": "+1202555010112345"}])
    bad("telephone with spaces", "digits alone", "bad value", phones=[{"number": "+1 202 555 0101"}])
    bad(
        "telephone for the morning",
        "a use that is none",
        "bad value",
        phones=[{"number": "+12025550101", "use": "morning"}],
    )
    bad(
        "default use written out", "day is left out", "not canonical", phones=[{"number": "+12025550101", "use": "day"}]
    )
    bad("13 telephones", "at most 12", "out of range", phones=[{"number": "+12025550101"}] * 13)
    bad("e-mail without a dot", "a domain has one", "bad value", emails=["mesa@fiscalia"])
    bad("e-mail with a space", "white space nowhere", "bad value", emails=["la mesa@fiscalia.example"])
    bad(
        "e-mail with a no-break space",
        "U+00A0 is white space too",
        "bad value",
        emails=["la\u00a0mesa@fiscalia.example"],
    )
    bad("no zone", "hours need one", "bad hours", zone=...)
    bad("always and spans", "one or the other", "bad hours", hours=value["hours"] | {"always": True})
    bad("day 8", "days are 1 to 7", "out of range", hours={"spans": [{"day": 8, "opens": 0, "closes": 60}]})
    bad("minute 1441", "a day has 1440", "out of range", hours={"spans": [{"day": 1, "opens": 0, "closes": 1441}]})
    bad("holiday in words", "a date is YYYY-MM-DD", "bad value", hours=value["hours"] | {"holidays": ["20 de julio"]})
    bad("zone with a space", "a zone has none", "bad value", zone="America/ Bogota")
    bad("hours at their default", "empty hours are left out", "not canonical", hours={})
    bad("empty list", "no e-mails are left out", "not canonical", emails=[])
    bad("negative commitment", "minutes are not negative", "out of range", respond=-1)
    bad("half a truth", "a truth value is true or false", "wrong type", requirements={"dual_criminality": 1})
