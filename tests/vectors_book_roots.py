"""Vectors of what goes to the root keys and comes back: public halves, requests, signed requests."""

from typing import Any

import msgspec
from vectors_case import Book
from vectors_log import founded, staffed
from vectors_spoils import line, spoiled_lines, spoiled_texts
from vectors_world import NAME, NEW_ROOTS, Log, body, committed, founding, local, pair, public, salt

from crypto.encoding import b64
from crypto.fingerprint import fingerprint
from crypto.signing import ed25519_line
from desk.roots.drafts import Asked, Draft
from desk.roots.root_keys import PUBLIC_TYPE, RootPublic, write_public
from desk.roots.root_request import REQUEST_TYPE, Request, write_request
from desk.roots.root_signed import SIGNED_TYPE, sign, write_signed
from directory.judge_network import root_id
from directory.statement import AdmitMember, EraseBody, RekeyRoots, statement_text
from relay.protocol.requests import OpenedBody


def public_book() -> Book:
    """Public halves of root keys."""
    book = Book("root-public", "docs/formats/root-files.md")
    raw = write_public(RootPublic(ed25519=public("root-1"), fingerprint=fingerprint(local("root-1"))))
    book.good("whole", "of root-1", {"local": local("root-1")}, file=raw)

    def bad(name: str, description: str, word: str, value: bytes) -> None:
        book.bad(name, description, word, "whole", file=value)

    def text(**fields: Any) -> bytes:
        return f"{PUBLIC_TYPE}\n{line(value | fields)}\n".encode()

    value = {"ed25519": public("root-1"), "fingerprint": fingerprint(local("root-1"))}
    bad(
        "another key's fingerprint",
        "the fingerprint of root-2",
        "wrong key id",
        text(fingerprint=fingerprint(local("root-2"))),
    )
    bad("another key", "root-2 under the fingerprint of root-1", "wrong key id", text(ed25519=public("root-2")))
    bad(
        "fingerprint without spaces",
        "its groups run together",
        "wrong key id",
        text(fingerprint=value["fingerprint"].replace(" ", "")),
    )
    bad(
        "fingerprint of the key",
        "of the hash without `root-`",
        "wrong key id",
        text(fingerprint=fingerprint(local("root-1").removeprefix("root-"))),
    )
    identity = (1).to_bytes(32, "little")
    bad(
        "weak key",
        "the neutral element",
        "weak key",
        text(ed25519=b64(identity), fingerprint=fingerprint(root_id(identity))),
    )
    bad("key too short", "31 bytes", "bad value", text(ed25519="A" * 40 + "AA=="))
    bad(
        "no fingerprint",
        "the field is missing",
        "missing field",
        f"{PUBLIC_TYPE}\n{line({'ed25519': public('root-1')})}\n".encode(),
    )
    bad("unknown field", "a field more", "unknown field", text(name="root-1"))
    bad("another type line", "version 2", "wrong type line", raw.replace(b"/v1", b"/v2", 1))
    bad("a line more", "behind the JSON", "malformed", raw + b"\n")
    bad("no newline at the end", "the last one is missing", "malformed", raw[:-1])
    bad("white space", "a space in the JSON", "not canonical", raw.replace(b",", b", ", 1))
    twice = raw.replace(b"{", b'{"ed25519":"' + value["ed25519"].encode() + b'",', 1)
    bad("key twice", "`ed25519` stands there twice", "duplicate key", twice)
    bad("number", "a fingerprint that is a number", "wrong type", text(fingerprint=5))
    bad("not UTF-8", "a byte 0xff", "not UTF-8", raw.replace(b'{"', b'{"\xff', 1))
    bad("carriage returns", "lines end in CRLF", "wrong type line", raw.replace(b"\n", b"\r\n"))
    return book


def opened_body(label: str) -> OpenedBody:
    """A body with its salt, as requests carry it."""
    return OpenedBody(salt=b64(salt(label)), body=b64(body(label)))


def _asked(log: Log, *statements: Any, bodies: tuple[OpenedBody, ...] = ()) -> Asked:
    drafts = tuple(Draft(text=statement_text(each)) for each in statements)
    return Asked(network=log.view.founded.id, statements=drafts, bodies=bodies)


def _member(log: Log) -> Any:
    return log.say(AdmitMember, member="mx", country="MX", body=committed("mx"))


def _request(asked: Asked, log: Log | None) -> bytes:
    entries = log.entries if log is not None else []
    checkpoint = log.checkpoint().decode() if log is not None else ""
    made = log.now if log is not None else founding().at
    request = Request(asked=asked, made=made, checkpoint=checkpoint, entries=len(entries))
    return b"".join(write_request(request, entries))


def request_book() -> Book:
    """Requests to the root keys."""
    book = Book("root-request", "docs/formats/root-files.md")
    log = founded()
    asked = _asked(log, _member(log))
    raw = _request(asked, log)
    book.good(
        "a member",
        "one statement, over a log of two",
        {"id": asked.id, "entries": 2, "kinds": ["admit-member"]},
        file=raw,
    )
    with_body = _asked(log, _member(log), bodies=(opened_body("mx"),))
    book.good(
        "with a body",
        "and the body it commits to",
        {"id": with_body.id, "entries": 2, "kinds": ["admit-member"]},
        file=_request(with_body, log),
    )
    first = founding()
    begin = Asked(network=log.view.founded.id, statements=(Draft(text=statement_text(first)),))
    book.good(
        "a founding",
        "no log yet",
        {"id": begin.id, "entries": 0, "kinds": ["found-network"]},
        file=_request(begin, None),
    )

    def bad(name: str, description: str, word: str, value: bytes) -> None:
        book.bad(name, description, word, "a member", file=value)

    _, head, rest = raw.split(b"\n", 2)
    value: dict[str, Any] = msgspec.json.decode(head)

    def text(**fields: Any) -> bytes:
        return f"{REQUEST_TYPE}\n{line(value | fields)}\n".encode() + rest

    for each in spoiled_lines(value, "made"):
        bad(each.name, each.description, each.word, f"{REQUEST_TYPE}\n{each.text}\n".encode() + rest)
    bad("another type line", "version 2", "wrong type line", raw.replace(b"/v1", b"/v2", 1))
    bad("entry cut", "the last byte is missing", "malformed", raw[:-1])
    bad("something behind", "a byte more", "malformed", raw + b"\n")
    bad("an entry fewer announced", "one entry too many follows", "malformed", text(entries=1))
    bad("an entry more announced", "one entry is missing", "malformed", text(entries=3))
    bad("length with a zero", "a leading zero", "malformed", raw.replace(rest[:4], b"0" + rest[:4], 1))
    bad("length of nothing", "an entry of no bytes", "malformed", text()[: -len(rest)] + b"0\n" + rest)
    bad(
        "no statements", "an empty list", "out of range", text(asked={"network": log.view.founded.id, "statements": []})
    )
    bad("too many entries", "a million and one", "out of range", text(entries=1_000_001))
    _bad_asked(bad, log, value, rest)
    return book


def _bad_asked(bad: Any, log: Log, value: dict[str, Any], rest: bytes) -> None:
    def asking(name: str, description: str, word: str, **fields: Any) -> None:
        asked = value["asked"] | fields
        bad(name, description, word, f"{REQUEST_TYPE}\n{line(value | {'asked': asked})}\n".encode() + rest)

    statement = value["asked"]["statements"][0]
    stranger = {"salt": b64(salt("ec")), "body": b64(body("ec"))}
    asking("another network", "a statement of another network than the one named", "wrong network", network="0" * 64)
    asking("a strange body", "no statement commits to it", "malformed", bodies=[stranger])
    loose = stranger | {"salt": b64(salt("ec"))[:-2] + "B="}
    asking("body in loose base64", "the last digit has bits that no byte takes up", "not canonical", bodies=[loose])
    no_base64 = stranger | {"salt": "not base64"}
    asking("body that is no base64", "a salt of other letters", "malformed", bodies=[no_base64])
    later = statement["text"].replace('"admit-member"', '"admit-visitor"')
    asking("a later kind", "a statement of a kind unknown here", "unknown kind", statements=[{"text": later}])
    spaced = statement["text"].replace(",", ", ", 1)
    asking("text not canonical", "a space in its JSON", "not canonical", statements=[{"text": spaced}])
    asking("text of another type", "its type line", "wrong type line",
           statements=[{"text": statement["text"].replace("statement/v1", "note/v1", 1)}])  # fmt: skip
    asking("a body twice", "the same one", "malformed", bodies=[msgspec.to_builtins(opened_body("mx"))] * 2)
    asking(
        "text without newline",
        "the statement's last newline is missing",
        "malformed",
        statements=[{"text": statement["text"][:-1]}],
    )
    asking("a root's line", "a signature line of a root key, which belongs in the signed file", "malformed",
           statements=[statement | {"lines": [_root_line(statement["text"])]}])  # fmt: skip
    asking("no bodies written out", "an empty list is left out", "not canonical", bodies=[])
    bad(
        "no entries written out",
        "0 is left out",
        "not canonical",
        f"{REQUEST_TYPE}\n{line(value | {'entries': 0})}\n".encode(),
    )
    bad("no checkpoint written out", "an empty one is left out", "not canonical",
        f"{REQUEST_TYPE}\n{line(value | {'checkpoint': ''})}\n".encode() + rest)  # fmt: skip
    bad("nothing known written out", "an empty list is left out", "not canonical",
        f"{REQUEST_TYPE}\n{line(value | {'known': []})}\n".encode() + rest)  # fmt: skip
    asking("no lines written out", "an empty list is left out", "not canonical", statements=[statement | {"lines": []}])


def _root_line(text: str) -> str:
    return ed25519_line(pair("root-1").ed25519, f"{NAME}/{local('root-1')}", text).line().rstrip("\n")


def signed_book() -> Book:
    """Signed requests."""
    book = Book("root-signed", "docs/formats/root-files.md")
    log = staffed()
    roots = tuple(sorted(public(each) for each in ("root-1", "root-2", "root-3")))
    keys = {each: pair(each).ed25519 for each in (*NEW_ROOTS, "root-1")}
    asked = _asked(founded(), _member(founded()))
    raw = write_signed(sign(asked, roots, 2, [keys["root-1"], keys["root-2"]]))
    who = sorted((local("root-1"), local("root-2")))
    book.good("a member", "two of three roots", {"id": asked.id, "signers": [who]}, file=raw)
    one = write_signed(sign(asked, roots, 2, [keys["root-3"]]))
    book.good(
        "one signature",
        "fewer than the threshold: to be combined with others",
        {"id": asked.id, "signers": [[local("root-3")]]},
        file=one,
    )
    new = log.say(RekeyRoots, roots=tuple(sorted(map(public, NEW_ROOTS))), threshold=2, duty=public("duty-2"))
    erasing = log.say(EraseBody, body=committed("andean"))
    both = _asked(log, new, erasing)
    changed = write_signed(sign(both, roots, 2, [keys["root-1"], keys["root-4"]]))
    first, second = sorted((local("root-1"), local("root-4"))), [local("root-4")]
    book.good(
        "a re-keying and more",
        "behind the re-keying only the new roots have a say",
        {"id": both.id, "signers": [first, second]},
        file=changed,
    )
    begin = Asked(network=log.view.founded.id, statements=(Draft(text=statement_text(founding())),))
    start = write_signed(sign(begin, (), 0, [keys["root-1"], keys["root-2"]]))
    book.good("a founding", "by the roots it names; no roots before it", {"id": begin.id, "signers": [who]}, file=start)
    _bad_signed(book, raw, changed, start)
    return book


def _bad_signed(book: Book, raw: bytes, changed: bytes, start: bytes) -> None:
    def bad(name: str, description: str, word: str, value: bytes) -> None:
        book.bad(name, description, word, "a member", file=value)

    value: dict[str, Any] = msgspec.json.decode(raw.split(b"\n")[1])
    signatures, roots = value["signatures"], value["roots"]

    def text(of: dict[str, Any] = value, **fields: Any) -> bytes:
        return f"{SIGNED_TYPE}\n{line(of | fields)}\n".encode()

    for each in spoiled_texts(SIGNED_TYPE, value, "threshold"):
        if each.name not in ("missing field", "time too late", "a second line", "no JSON"):
            bad(each.name, each.description, each.word, each.text.encode())
    stranger = {
        "key": public("stranger"),
        "over": [b64(pair("stranger").ed25519.sign(value["asked"]["statements"][0]["text"].encode()))],
    }
    flipped = signatures[0] | {"over": [signatures[1]["over"][0]]}
    bad(
        "another's signature",
        "the signature of another root under this key",
        "bad signature",
        text(signatures=[flipped, signatures[1]]),
    )
    bad("statement changed", "another country than was signed", "bad signature", raw.replace(b"MX", b"MY"))
    bad("signatures not sorted", "the keys in the other order", "malformed", text(signatures=signatures[::-1]))
    bad("a key twice", "the same signature twice", "malformed", text(signatures=[signatures[0], signatures[0]]))
    bad("roots not sorted", "from z to a", "malformed", text(roots=roots[::-1]))
    bad("a stranger", "a good signature by a key that is no root", "malformed",
        text(signatures=sorted([*signatures, stranger], key=lambda one: str(one["key"]))))  # fmt: skip
    bad(
        "an empty signature",
        "a root that has a say and did not sign",
        "malformed",
        text(signatures=[signatures[0] | {"over": [""]}]),
    )
    bad(
        "two signatures of one statement",
        "more than there are statements",
        "malformed",
        text(signatures=[signatures[0] | {"over": signatures[0]["over"] * 2}]),
    )
    bad("no signatures", "an empty list", "out of range", text(signatures=[]))
    bad("threshold of four", "of three roots", "malformed", text(threshold=4))
    bad("no threshold", "roots without one", "malformed", text({k: v for k, v in value.items() if k != "threshold"}))
    founds: dict[str, Any] = msgspec.json.decode(start.split(b"\n")[1])
    bad("a founding with roots", "there are none before it", "malformed", text(founds, roots=roots, threshold=2))
    bad("a founding with no roots", "the empty list written out", "not canonical", text(founds, roots=[]))
    bad("a founding with threshold 0", "it is left out", "not canonical", text(founds, threshold=0))
    bad("roots with threshold 0", "it would be left out", "not canonical", text(threshold=0))
    more: dict[str, Any] = msgspec.json.decode(changed.split(b"\n")[1])
    old = next(one for one in more["signatures"] if one["key"] == public("root-1"))
    late = old | {
        "over": [old["over"][0], b64(pair("root-1").ed25519.sign(more["asked"]["statements"][1]["text"].encode()))]
    }
    others = [one for one in more["signatures"] if one != old]
    bad("a former root behind the re-keying", "it has no say there any more", "malformed",
        text(more, signatures=sorted([late, *others], key=lambda one: str(one["key"]))))  # fmt: skip
    bad(
        "short signature",
        "63 bytes",
        "out of range",
        text(signatures=[signatures[0] | {"over": [b64(bytes(63))]}, signatures[1]]),
    )
    bad("cut", "the last newline is missing", "malformed", raw[:-1])
    bad("not UTF-8", "a byte 0xff in the JSON", "not UTF-8", raw.replace(b'"asked"', b'"asked\xff"', 1))
