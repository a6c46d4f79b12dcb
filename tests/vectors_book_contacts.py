"""Vectors of contact files: the same contacts in every format, and JSON of ours that is none."""

from typing import Any

from directory_contacts import FULL, MLA
from vectors_case import Book

from directory.exchange.contact_files import WRITERS, write_contact_file
from directory.exchange.csv_contact import cells_of

KINDS = tuple(each for each in WRITERS if each != "csv")


def contacts_book() -> Book:
    """Contact files."""
    book = Book("contacts", "docs/formats/contact-files.md")
    both = {"contacts": [cells_of(FULL), cells_of(MLA)]}
    for kind in KINDS:
        file = write_contact_file([FULL, MLA], kind)
        book.good(kind, f"two contacts, one with everything, as {kind}", both, kind=kind, file=file)
    good = write_contact_file([MLA], "json")

    def bad(name: str, description: str, word: str, old: bytes, new: bytes) -> None:
        assert old in good, old
        book.bad(name, description, word, "json", kind="json", file=good.replace(old, new, 1))

    loose: dict[str, Any] = {"contacts": [cells_of(MLA)]}
    book.good("in any spelling", "white space, an escape, a default written out", loose, kind="json",
              file=good.replace(b'"country"', b'"officers" : [ ], "c\\u006funtry"'))  # fmt: skip
    bad("another type", "a version that is none", "bad value", b"contacts/v1", b"contacts/v2")
    bad("key twice", "`country` stands there twice", "duplicate key", b'"country"', b'"country":"CO","country"')
    bad("unknown field", "a field more", "unknown field", b'"country"', b'"colour":"red","country"')
    bad("no function", "the field is missing", "missing field", b',"function":"central-authority-mla"', b"")
    bad("an id that is none", "capital letters", "bad value", b"co-mla", b"CO-MLA")
    bad("no list", "contacts is an object", "wrong type", good, b'{"contacts":{},"type":"enlace/contacts/v1"}')
    bad("a contact that is none", "a number", "wrong type", b"[\n{", b"[\n3,{")
    bad("a body that is none", "a text", "wrong type", b'{"names":{"es":"Autoridad"}}', b'"Autoridad"')
    bad("an officer that is none", "no id", "bad value", b'"country"', b'"officers":["chief"],"country"')
    bad("a country that is none", "small letters", "bad value", b'"CO"', b'"co"')
    bad("an unknown field in a body", "a field more", "unknown field", b'"names"', b'"colour":"red","names"')
    bad("a body without names", "names is needed", "missing field", b'"names":{"es":"Autoridad"}', b"")
    bad("not UTF-8", "a byte 0xff", "not UTF-8", b"Autoridad", b"\xffutoridad")
    bad("cut", "the last brace is missing", "malformed", b'"}\n', b'"\n')
    return book
