"""Vectors of single statements: one of each kind, and what no reader takes."""

import json
from typing import Any

from vectors_case import Book
from vectors_log import moved
from vectors_more_edges import add_statement_edges
from vectors_spoils import line, spoiled_texts
from vectors_world import NAME, OLD_ROOTS, PAIRS, START, local, pair, public, signed_text

from crypto.merkle import leaf_hash
from crypto.note import Note, Signature, parse_note
from crypto.signing import ed25519_line
from directory.statement import (
    MOST_STATEMENT_BYTES,
    STATEMENT_TYPE,
    AnyStatement,
    EnrolDevice,
    FoundNetwork,
    RekeyRoots,
    parse_statement,
)

SIGNERS = {
    f"{NAME}/{local(each)}": each
    for each in PAIRS
    if "/" not in each and each not in ("log", "receipt", "log-2", "receipt-2", "stranger")
}


def statement_book() -> Book:
    """One good statement of each kind, and bad ones."""
    book = Book("statement", "docs/formats/statement.md")
    log, seen = moved(), set[str]()
    network = log.view.founded.id
    for entry in log.entries:
        parsed = parse_statement(entry)
        statement, kind = parsed.statement, str(parsed.statement.__struct_config__.tag)
        if kind in seen:
            continue
        seen.add(kind)
        out: dict[str, Any] = {
            "kind": kind,
            "subject": statement.subject,
            "seq": statement.seq,
            "at": statement.at,
            "network": network,
            "signers": list(parsed.note.names()),
            "leaf": leaf_hash(entry).hex(),
        } | ({"device": statement.device} if isinstance(statement, EnrolDevice) else {})
        keys = {name: SIGNERS[name] for name in parsed.note.names() if not _names(statement, SIGNERS[name])}
        book.good(kind, f"a statement of kind {kind}", out, entry=entry, network=network, network_name=NAME, keys=keys)
    _bad_texts(book, network)
    _bad_values(book, network)
    _bad_lines(book, network)
    add_statement_edges(book, network)
    return book


def _names(statement: AnyStatement, handle: str) -> bool:
    """Whether a statement itself names the root key of a handle, so that a reader need not know it before."""
    return isinstance(statement, FoundNetwork | RekeyRoots) and public(handle) in statement.roots


def _value(book_case: str) -> dict[str, Any]:
    """The JSON of the good statement of that kind."""
    for entry in moved().entries:
        value: dict[str, Any] = json.loads(parse_note(entry).text.split("\n")[1])
        if value["kind"] == book_case:
            return value
    raise KeyError(book_case)


def _signed(text: str, *who: str) -> bytes:
    return signed_text(text, who or ("co-chief",))


def _bad_texts(book: Book, network: str) -> None:
    value = _value("retire-contact")
    keys = {f"{NAME}/{local('co-chief')}": "co-chief"}
    for each in spoiled_texts(STATEMENT_TYPE, value, "at"):
        book.bad(
            each.name,
            each.description,
            each.word,
            "",
            entry=_signed(each.text),
            network=network,
            network_name=NAME,
            keys=keys,
        )
    later = f"enlace/statement/v2\n{line(value)}\n"
    unknown = f"{STATEMENT_TYPE}\n{line(value | {'kind': 'retire-everything'})}\n"
    for name, description, word, text in (
        ("a later version", "version 2 of the format: an update is needed", "unknown kind", later),
        ("an unknown kind", "a kind of a later version: an update is needed", "unknown kind", unknown),
        ("an unknown kind, not canonical", "a later version may write JSON in another way", "unknown kind",
         f'{STATEMENT_TYPE}\n{{ "kind": "retire-everything" }}\n'),
        ("version 0", "no version begins with a zero", "wrong type line", f"enlace/statement/v0\n{line(value)}\n"),
        ("a kind that is none", "capital letters, as no kind has", "bad value",
         f"{STATEMENT_TYPE}\n{line(value | {'kind': 'Retire'})}\n"),
        ("no kind", "the field `kind` is missing", "missing field",
         f"{STATEMENT_TYPE}\n{line({k: v for k, v in value.items() if k != 'kind'})}\n"),
        ("kind as a number", "the field `kind` is no string", "wrong type",
         f"{STATEMENT_TYPE}\n{line(value | {'kind': 7})}\n"),
    ):  # fmt: skip
        book.bad(name, description, word, "", entry=_signed(text), network=network, network_name=NAME, keys=keys)


def _bad_values(book: Book, network: str) -> None:
    keys = {f"{NAME}/{local('co-chief')}": "co-chief"}

    def bad(name: str, description: str, word: str, kind: str, like: str = "", **fields: Any) -> None:
        value = {key: each for key, each in (_value(kind) | fields).items() if each is not ...}
        entry = _signed(f"{STATEMENT_TYPE}\n{line(value)}\n")
        book.bad(name, description, word, like, entry=entry, network=network, network_name=NAME, keys=keys)

    long = "co" + "-a" * 7
    bad("contact id in capitals", "ids are small letters", "bad value", "retire-contact", contact="CO-DESK")
    bad("contact id of seven parts", "at most six behind the country", "bad value", "retire-contact", contact=long)
    bad(
        "contact id with a line feed",
        "an id that ends in a line feed",
        "bad value",
        "retire-contact",
        contact="co-desk\n",
    )
    bad(
        "contact id without country",
        "two letters and a hyphen come first",
        "bad value",
        "retire-contact",
        contact="desk",
    )
    bad("sequence too large", "`seq` is 2^53 + 1", "out of range", "retire-contact", seq=2**53 + 1)
    bad("sequence negative", "`seq` is -1", "out of range", "retire-contact", seq=-1)
    bad("sequence missing", "`seq` is missing", "missing field", "retire-contact", seq=...)
    bad("member id with an underscore", "letters, digits and hyphens only", "bad value", "revoke-member", member="co_x")
    bad("country in small letters", "a country is two capital letters", "bad value", "admit-member", country="co")
    bad("an unknown role", "a role that nobody has", "bad value", "change-roles", roles=["minister"])
    bad("roles as text", "roles are a list", "wrong type", "change-roles", roles="coordinator")
    bad("an unknown reason", "a reason that is not in the list", "bad value", "revoke-device", reason="bored")
    bad("device id too short", "63 digits", "bad value", "revoke-device", device="0" * 63)
    bad("officer id too long", "33 digits", "bad value", "revoke-officer", officer="0" * 33)
    bad("default written out", "an empty list of circles stands there", "not canonical", "publish-contact", circles=[])
    bad("function in capitals", "a function code is small letters", "bad value", "publish-contact", function="DESK")
    bad("circle id too long", "61 characters", "out of range", "set-circle", circle="a" * 61)
    bad("key with loose base64", "the last digit of a key has bits that no byte takes up", "bad value", "enrol-device",
        "enrol-device", ed25519=_value("enrol-device")["ed25519"][:-2] + "B=")  # fmt: skip
    bad(
        "key too short",
        "an Ed25519 key of 31 bytes",
        "bad value",
        "enrol-device",
        "enrol-device",
        ed25519="A" * 40 + "AA==",
    )
    bad(
        "ML-DSA-44 key too short",
        "a key of 1,311 bytes",
        "bad value",
        "enrol-device",
        "enrol-device",
        mldsa44="A" * 1748,
    )
    bad(
        "key missing",
        "a device without reception keys",
        "missing field",
        "enrol-device",
        "enrol-device",
        reception_ed25519=...,
    )
    bad("origin with a space", "an origin has no space", "bad value", "name-relay", "name-relay", origin="log enlace")
    bad(
        "continues with null",
        "a first relay leaves `continues` out",
        "wrong type",
        "name-relay",
        "name-relay",
        continues=None,
    )
    bad("policy at its default", "a policy that is the default is left out", "not canonical", "rekey-roots", policy={})
    bad("clock at its default", "a clock that is the default is left out", "not canonical", "rekey-roots",
        policy={"clocks": {"flash": 300, "routine": 21600}})  # fmt: skip
    bad(
        "network in the founding",
        "the founding statement names no network",
        "unknown field",
        "found-network",
        network=network,
    )
    bad("a name in the open", "a field of free text", "unknown field", "publish-contact", city="Bogotá")


def _bad_lines(book: Book, network: str) -> None:
    text = parse_note(next(e for e in moved().entries if b'"kind":"retire-contact"' in e)).text
    names = {each: f"{NAME}/{local(each)}" for each in ("co-chief", "co-deputy", "stranger")}
    lines = {each: ed25519_line(pair(each).ed25519, name, text) for each, name in names.items()}
    keys = {names["co-chief"]: "co-chief", names["co-deputy"]: "co-deputy"}
    one, two = sorted((lines["co-chief"], lines["co-deputy"]), key=lambda each: each.name)

    def bad(name: str, description: str, word: str, raw: bytes) -> None:
        book.bad(name, description, word, "", entry=raw, network=network, network_name=NAME, keys=keys)

    def of(*signatures: Signature, signed: str = text) -> bytes:
        return Note(signed, signatures).write()

    good = of(one)
    changed = Signature(one.name, one.key_id, bytes([one.blob[0] ^ 1]) + one.blob[1:])
    pq = pair("co-chief").sign_text(names["co-chief"], text)
    root = ed25519_line(pair(OLD_ROOTS[0]).ed25519, f"{NAME}/{local('root-1')}", text)
    elsewhere = ed25519_line(pair("co-chief").ed25519, f"other.example/{local('co-chief')}", text)
    bad("lines out of order", "signature lines stand in the order of their names", "wrong order", of(two, one))
    bad("a line twice", "each name once", "wrong order", of(one, one))
    bad("an unknown signer", "a key that is not known", "unknown signer", of(lines["stranger"]))
    bad("an unknown signer beside", "a line that cannot be checked beside a good one", "unknown signer",
        of(*sorted((one, lines["stranger"]), key=lambda each: each.name)))  # fmt: skip
    founding = next(each for each in moved().entries if b'"kind":"found-network"' in each)
    book.bad("another founding", "its id is not the network's", "wrong network", "found-network",
             entry=founding, network="0" * 64, network_name=NAME, keys={})  # fmt: skip
    book.bad("re-keying under another name", "the roots that it names sign under the network's name", "unknown signer",
             "rekey-roots", entry=next(each for each in moved().entries if b'"kind":"rekey-roots"' in each),
             network=network, network_name="other.example", keys={})  # fmt: skip
    bad("a root that is not given", "its key is not among the known ones", "unknown signer", of(root))
    bad("name of another network", "the right key under another network's name", "unknown signer", of(elsewhere))
    bad("post-quantum line", "a statement has Ed25519 lines alone", "unknown signer", of(pq[1]))
    bad("both lines of a device", "an ML-DSA-44 line of the same name beside", "wrong order", of(*pq))
    bad("signature changed", "one bit of it", "bad signature", of(changed))
    bad("text changed", "another contact than was signed", "bad signature", good.replace(b"co-court", b"co-desk9"))
    bad("no signature", "the text and a blank line", "malformed", (text + "\n").encode())
    bad("no blank line", "the signature follows the text at once", "malformed", good.replace(b"\n\n", b"\n"))
    bad("newline at the end missing", "the last newline is missing", "malformed", good[:-1])
    bad("carriage return", "lines end in CRLF", "malformed", good.replace(b"\n", b"\r\n"))
    bad("bad UTF-8", "a byte 0xff in the text", "not UTF-8", good.replace(b"co-court", b"co-cour\xff"))
    bad("too large", "more than 65,535 bytes", "too large", good + b"A" * (MOST_STATEMENT_BYTES + 1 - len(good)))
    bad("empty", "no bytes at all", "malformed", b"")
    other = "0" * 64
    value = json.loads(text.split("\n")[1]) | {"network": other, "at": START}
    bad(
        "another network",
        "rightly signed for another network",
        "wrong network",
        _signed(f"{STATEMENT_TYPE}\n{line(value)}\n"),
    )
