"""Vectors of filled forms."""

import json
from typing import Any

from forms_filled import ALERT, MLA, PRESERVATION, VICTIM
from vectors_case import Book
from vectors_spoils import line

QUESTION: dict[str, Any] = {
    "subject": {"es": "Una consulta", "en": "A question"},
    "text": {"es": "¿Quién recibe las notificaciones?"},
}


def form_book() -> Book:
    """Filled forms of every kind of field, of newer desks, and what is none."""
    book = Book("filled-form", "docs/formats/filled-form.md")
    good(book, "a general message", "the least that says something", "general-message/1", QUESTION)
    good(book, "a request for assistance", "from Colombia, with a translation", "mutual-legal-assistance/1", MLA)
    good(book, "a referral", "of a victim, by pseudonym", "victim-referral/1", VICTIM)
    good(book, "an alert", "with a route and identifiers", "operational-alert/1", ALERT)
    good(book, "a preservation", "in Portuguese", "urgent-preservation/1", PRESERVATION, language="pt")
    good(book, "nothing filled in", "a draft", "extradition/1", {})
    good(book, "every edge", "values as long, large and odd as they may be", "mutual-legal-assistance/1", EDGES)
    newer = {"colours": ["red", 7, {"deep": [True]}], "note": {"es": " \t"}}
    good(book, "a newer version", "held to the shape alone", "general-message/2", newer,
         update=[["form", "general-message/2"]])  # fmt: skip
    good(book, "as deep as it goes", "five lists and objects in one another", "search-for-persons/1",
         {"x": [{"y": [{"z": [0]}]}]}, update=[["form", "search-for-persons/1"]])  # fmt: skip
    good(book, "newer codes", "of a field, a group, a person and a document", "mutual-legal-assistance/1",
         {"crimes": ["trafficking", "piracy"], "persons": [{"role": "ghost", "person": {
             "name": "x", "sex": "y", "documents": [{"kind": "z", "number": "1"}]}}]},
         update=[["crimes", "piracy"], ["person-roles", "ghost"], ["sexes", "y"], ["document-kinds", "z"]])  # fmt: skip
    _bad_spellings(book)
    _bad_shapes(book)
    _bad_values(book)
    return book


EDGES: dict[str, Any] = {
    "authority": {"qu": "\u202ea\u200b", "pt-BR": "a\n\n b", "es": "x" * 2_000},
    "reference": "\U0001f642" * 120,
    "oral_on": "2024-02-29",
    "deadline": {"at": 2**40, "zone": "Etc/GMT+1"},
    "persons": [
        {"person": {"name": "x" * 200, "born": "1980", "age": 0}},
        {"person": {"pseudonym": "y", "born": "1980-12", "age": 130}},
        {
            "person": {"name": "z", "born": "1980-12-31"},
            "whereabouts": {"latitude": -90_000_000, "longitude": 180_000_000},
        },
    ],
    "assets": [
        {"value": {"amount": "0", "currency": "COP"}},
        {"value": {"amount": "9" * 15 + ".0001", "currency": "USD"}},
    ],
}


def spelled(form: str, values: dict[str, Any], language: str = "es") -> str:
    """A filled form in canonical JSON, whatever stands in it."""
    return line({"form": form, "language": language} | ({"values": values} if values else {}))


def good(
    book: Book, name: str, description: str, form: str, values: dict[str, Any],
    language: str = "es", update: list[list[str]] | None = None,
) -> None:  # fmt: skip
    """A filled form that is read."""
    raw = spelled(form, values, language).encode()
    out = {"form": form, "language": language, "fields": sorted(values), "update": update or []}
    book.good(name, description, out, form=raw)


def _bad_spellings(book: Book) -> None:
    text = spelled("general-message/1", QUESTION)

    def bad(name: str, description: str, word: str, raw: bytes | str) -> None:
        book.bad(name, description, word, form=raw.encode() if isinstance(raw, str) else raw)

    bad("white space", "a space in the JSON", "not canonical", text.replace(",", ", ", 1))
    bad("newline at the end", "a filled form has none", "not canonical", text + "\n")
    turned = json.dumps({"language": "es", "form": "general-message/1"}, separators=(",", ":"))
    bad("keys in another order", "`language` first", "not canonical", turned)
    bad("empty values", "the default, written out", "not canonical", text[: text.index('"values"')] + '"values":{}}')
    bad(
        "key twice",
        "`subject` stands there twice",
        "duplicate key",
        text.replace('"text":', '"subject":{"es":"x"},"text":'),
    )
    bad("not UTF-8", "a byte 0xff", "not UTF-8", text.encode().replace("¿".encode(), b"\xff"))
    bad("cut", "the last brace is missing", "malformed", text[:-1])
    bad("too large", "500,001 bytes", "too large", text + " " * (500_001 - len(text.encode())))
    bad("no form", "`form` is missing", "missing field", '{"language":"es"}')
    bad("no language", "`language` is missing", "missing field", '{"form":"general-message/1"}')
    bad("one field more", "`at`", "unknown field", text.replace("{", '{"at":1,', 1))
    bad("no version", "a form's name alone", "bad value", text.replace("message/1", "message"))
    bad("version 0", "versions begin with 1", "bad value", text.replace("message/1", "message/0"))
    bad(
        "another language",
        "a name instead of a tag",
        "bad value",
        text.replace('"language":"es"', '"language":"español"'),
    )


def _bad_shapes(book: Book) -> None:
    def bad(name: str, description: str, word: str, values: dict[str, Any]) -> None:
        book.bad(name, description, word, form=spelled("search-for-persons/1", values).encode())

    bad("null", "in a form that the reader does not know", "wrong type", {"x": [None]})
    bad("fraction", "1.5", "wrong type", {"x": {"y": 1.5}})
    bad("too deep", "six lists and objects in one another", "wrong type", {"x": [{"y": [{"z": [[0]]}]}]})
    bad("too many items", "301 in a list", "out of range", {"x": list(range(301))})
    bad("capital letter", "in the name of a field", "bad value", {"Colour": "red"})
    bad(
        "too many fields", "201", "out of range", {f"a_{chr(97 + at // 26)}{chr(97 + at % 26)}": 1 for at in range(201)}
    )


def _bad_values(book: Book) -> None:
    def bad(name: str, description: str, word: str, **values: Any) -> None:
        form = "victim-referral/1" if set(values) & {"victim", "agrees"} else "mutual-legal-assistance/1"
        book.bad(name, description, word, form=spelled(form, values).encode())

    def person(called: str, description: str, word: str, **parts: Any) -> None:
        bad(called, description, word, persons=[{"person": parts}])

    bad("no such field", "`colour`", "unknown field", colour="red")
    bad("no such field in a group", "`colour`", "unknown field", persons=[{"colour": "red"}])
    bad("text without language", "text instead of an object", "wrong type", subject="x")
    bad("text in no language", "an empty object", "out of range", subject={})
    bad(
        "text in seven languages",
        "at most six",
        "out of range",
        subject=dict.fromkeys(("aa", "ab", "ac", "ad", "ae", "af", "ag"), "x"),
    )
    bad("empty text", "no character", "out of range", subject={"es": ""})
    bad("white space around", "a line feed at the end", "bad value", subject={"es": "x\n"})
    bad("nothing but white space", "an ideographic space", "bad value", subject={"es": "\u3000"})
    bad("control character", "an escape", "bad value", subject={"es": "x\x1b[2Jy"})
    bad("line separator", "U+2028", "bad value", subject={"es": "x\u2028y"})
    bad("long text", "8,001 characters", "out of range", subject={"es": "x" * 8_001})
    bad("two lines in a reference", "a line feed", "bad value", reference="a\nb")
    bad("code in capitals", "Documents", "bad value", assistance=["Documents"])
    bad("no codes", "an empty list", "out of range", assistance=[])
    bad("code twice", "documents", "repeated", assistance=["documents", "documents"])
    bad("several where one is asked for", "a list", "wrong type", proceeding=["trial"])
    bad("no such day", "the 30th of February", "bad value", oral_on="2026-02-30")
    bad("no such year", "0000", "bad value", oral_on="0000-01-01")
    bad("another date", "without zeros", "bad value", oral_on="2026-2-3")
    bad("moment without zone", "`at` alone", "missing field", deadline={"at": 1})
    bad("moment before time began", "-1", "out of range", deadline={"at": -1, "zone": "UTC"})
    bad("another zone", "a path", "bad value", deadline={"at": 1, "zone": "../etc"})
    bad("number as it is dialled", "no E.164", "bad value", call_back="202 555 0134")
    bad("group that is no list", "an object", "wrong type", persons={"role": "witness"})
    bad("empty group", "no item", "out of range", persons=[])
    bad("item that says nothing", "an empty object", "out of range", persons=[{}])
    bad("item twice", "two alike", "repeated", persons=[{"role": "witness"}] * 2)
    bad("too many items in a group", "51", "out of range", persons=[{"note": {"es": str(at)}} for at in range(51)])
    person("nobody", "neither name nor pseudonym", "missing field", age=20)
    person("month 13", "of birth", "bad value", name="x", born="1980-13")
    person("no such day of birth", "29 February 1981", "bad value", name="x", born="1981-02-29")
    person("too old", "131", "out of range", name="x", age=131)
    person("country twice", "CO", "repeated", name="x", nationalities=["CO", "CO"])
    person("document without number", "its kind alone", "missing field", name="x", documents=[{"kind": "visa"}])
    bad("place that says nothing", "an empty object", "out of range", persons=[{"whereabouts": {}}])
    bad("half a position", "latitude alone", "missing field", persons=[{"whereabouts": {"latitude": 1}}])
    bad(
        "beyond the pole",
        "90.000001 degrees",
        "out of range",
        persons=[{"whereabouts": {"latitude": 90_000_001, "longitude": 0}}],
    )
    bad("decimal comma", "an amount", "bad value", assets=[{"value": {"amount": "1,5", "currency": "USD"}}])
    bad("amount as a number", "15", "wrong type", assets=[{"value": {"amount": 15, "currency": "USD"}}])
    bad(
        "victim by name",
        "a victim has a pseudonym and no name",
        "unknown field",
        victim={"pseudonym": "x", "name": "y"},
    )
    bad("victim without pseudonym", "an age alone", "missing field", victim={"age": 17})
    bad("consent by default", "`perhaps`", "bad value", agrees="perhaps")
    bad("consent as yes or no", "true", "wrong type", agrees=True)
    bad(
        "statement withheld", "false; what is not stated is left out", "bad value", agrees="yes", access_explained=False
    )
