"""Vectors of proposals: statements that somebody else has to sign too."""

from typing import Any

import msgspec
from vectors_book_roots import opened_body
from vectors_case import Book
from vectors_log import staffed
from vectors_spoils import line
from vectors_world import committed, officer, signed

from crypto.note import parse_note
from directory.statement import EnrolOfficer, PublishContact, parse_statement
from relay.protocol.requests import MOST_STATEMENTS


def proposal_book() -> Book:
    """Proposals of co-chief."""
    book = Book("proposal", "docs/formats/proposal.md")
    log = staffed()
    about = {"member": "co", "country": "CO", "function": "trafficking-24-7", "body": committed("co-court")}
    contact = signed(log.say(PublishContact, contact="co-court", **about), "co-chief")
    enrolling = {
        "officer": officer("co-late"),
        "member": "co",
        "roles": ("administrator",),
        "body": committed("co-late"),
    }
    making = signed(log.say(EnrolOfficer, **enrolling), "co-chief")
    value: dict[str, Any] = {
        "statements": [contact.decode()],
        "bodies": [msgspec.to_builtins(opened_body("co-court"))],
    }
    for name, description, statements, bodies in (
        ("a contact", "one statement and its body", [contact], value["bodies"]),
        ("an administrator", "a statement whose body is there already", [making], []),
        ("two statements", "published together or not at all", [making, contact], value["bodies"]),
    ):
        parsed = [parse_statement(each) for each in statements]
        out = {
            "kinds": [str(each.statement.__struct_config__.tag) for each in parsed],
            "signers": [list(each.note.names()) for each in parsed],
            "bodies": len(bodies),
        }
        plain = {"statements": [each.decode() for each in statements]} | ({"bodies": bodies} if bodies else {})
        book.good(name, description, out, file=line(plain).encode())
    _bad(book, value, contact.decode())
    return book


def _bad(book: Book, value: dict[str, Any], contact: str) -> None:
    def bad(name: str, description: str, word: str, raw: bytes) -> None:
        book.bad(name, description, word, "a contact", file=raw)

    def text(**fields: Any) -> bytes:
        return line(value | fields).encode()

    raw = text()
    bad("white space", "a space in the JSON", "not canonical", raw.replace(b",", b", ", 1))
    bad("newline at the end", "a proposal has none", "not canonical", raw + b"\n")
    bad("key twice", "`bodies` stands there twice", "duplicate key", raw.replace(b"{", b'{"bodies":[],', 1))
    bad("no bodies written out", "an empty list is left out", "not canonical", text(bodies=[]))
    bad("no statements", "an empty list", "out of range", text(statements=[]))
    bad("2,001 statements", "at most 2,000", "out of range", text(statements=["x"] * (MOST_STATEMENTS + 1)))
    bad("statements missing", "the field is missing", "missing field", line({"bodies": value["bodies"]}).encode())
    bad("unknown field", "a field more", "unknown field", text(note="urgent"))
    bad("statement as object", "a statement is a text", "wrong type", text(statements=[{"text": contact}]))
    bad(
        "body without salt", "the salt is missing", "missing field", text(bodies=[{"body": value["bodies"][0]["body"]}])
    )
    bad(
        "statement without signature",
        "its text alone",
        "malformed",
        text(statements=[parse_note(contact.encode()).text]),
    )
    bad("statement cut", "its last newline is missing", "malformed", text(statements=[contact[:-1]]))
    bad(
        "statement not canonical",
        "a space in its JSON",
        "not canonical",
        text(statements=[contact.replace(",", ", ", 1)]),
    )
    loose = [value["bodies"][0] | {"salt": "not base64"}]
    book.good("salt that is no base64", "a text here: it is looked at by whoever signs",
              {"kinds": ["publish-contact"], "signers": [list(parse_note(contact.encode()).names())], "bodies": 1},
              file=text(bodies=loose))  # fmt: skip
    twice = contact + contact[contact.rindex("— ") :]
    bad("line twice", "the same signature line twice", "wrong order", text(statements=[contact, twice]))
    later = contact.replace('"publish-contact"', '"publish-poster"')
    bad("a later kind", "a statement of a kind unknown here", "unknown kind", text(statements=[later]))
    bad("not UTF-8", "a byte 0xff", "not UTF-8", raw.replace(b"enlace.example", b"enlace\xffexample", 1))
    bad("no JSON", "cut", "malformed", raw[:-1])
    bad("too large", "more than 8 MiB", "too large", raw + b" " * ((8 << 20) + 1 - len(raw)))
