"""Vectors of snapshots: the log, its checkpoint and what is open to every member, in one file."""

from collections.abc import Sequence
from typing import Any

import msgspec
from vectors_book_roots import opened_body
from vectors_case import Book
from vectors_log import ROOTS, founded
from vectors_spoils import line, spoiled_lines
from vectors_world import NEXT_ORIGIN, Log, committed, salt

from crypto.encoding import b64
from desk.replica.snapshot_file import MOST_HEAD_BYTES, SNAPSHOT_TYPE, Head, write_snapshot
from directory.canonical import encode
from directory.statement import AdmitMember
from relay.protocol.requests import OpenedBody


def _log() -> Log:
    log = founded()
    log.add(AdmitMember, *ROOTS, member="co", country="CO", body=committed("co"))
    return log


def _out(log: Log, *bodies: str) -> dict[str, Any]:
    state = log.state()
    found = sorted(committed(each) for each in bodies)
    return {"size": state.size, "root": state.root.hex(), "time": log.now, "bodies": found}


def _file(log: Log, *bodies: OpenedBody, checkpoint: bytes = b"", entries: Sequence[bytes] = ()) -> bytes:
    """Whatever the checkpoint says of the entries, the head counts those that are there."""
    held = entries or log.entries
    word = (checkpoint or log.checkpoint()).decode()
    head = Head(made=log.now, checkpoint=word, entries=len(held), bodies=len(bodies))
    return b"".join(write_snapshot(head, held, bodies))


def snapshot_book() -> Book:
    """Snapshots."""
    book = Book("snapshot", "docs/formats/snapshot.md")
    log, body = _log(), opened_body("co")
    raw = _file(log, body)
    about = {"network": log.view.founded.id, "now": log.now}
    book.good("a member", "a log of three entries, and the body of one", _out(log, "co"), file=raw, **about)
    book.good("without bodies", "the same log", _out(log), "a member", file=_file(log), **about)
    two = founded()
    book.good("the least", "a network and its relay", _out(two), "a member", file=_file(two), **about)

    def bad(name: str, description: str, word: str, value: bytes, like: str = "a member", **other: Any) -> None:
        book.bad(name, description, word, like, file=value, **(about | other))

    _bad_heads(bad, raw)
    _bad_pieces(bad, raw, encode(body))
    _bad_bodies(bad, log, body)
    _bad_logs(bad, log, body, raw)
    twice = _file(log, entries=(*log.entries[:2], log.entries[1]))
    book.refused("an entry twice", "in the place of the last", "R3", "a member", file=twice, **about)
    return book


def _bad_heads(bad: Any, raw: bytes) -> None:
    _, head, rest = raw.split(b"\n", 2)
    value: dict[str, Any] = msgspec.json.decode(head)

    def text(**fields: Any) -> bytes:
        return f"{SNAPSHOT_TYPE}\n{line(value | fields)}\n".encode() + rest

    for each in spoiled_lines(value, "made"):
        bad(each.name, each.description, each.word, f"{SNAPSHOT_TYPE}\n{each.text}\n".encode() + rest)
    bad("another type line", "version 2", "wrong type line", raw.replace(b"/v1", b"/v2", 1))
    bad("type line alone", "nothing behind it", "malformed", f"{SNAPSHOT_TYPE}\n".encode())
    bad("line too long", "more than 1,048,576 bytes", "too large", text(checkpoint="x" * MOST_HEAD_BYTES))
    bad("checkpoint too long", "131,073 characters", "out of range", text(checkpoint="x" * 131_073))
    bad("no entries", "a log of none", "out of range", text(entries=0))
    bad("too many entries", "a million and one", "out of range", text(entries=1_000_001))
    bad("too many bodies", "a million and one", "out of range", text(bodies=1_000_001))
    bad("an entry fewer announced", "an entry stands where a body should", "malformed", text(entries=2))
    bad("an entry more announced", "the body stands where an entry should", "malformed", text(entries=4))
    bad("a body fewer announced", "one body too many follows", "malformed", text(bodies=0))
    bad("a body more announced", "one body is missing", "malformed", text(bodies=2))


def _bad_pieces(bad: Any, raw: bytes, opened: bytes) -> None:
    head = raw[: raw.index(b"\n", raw.index(b"\n") + 1) + 1]
    rest = raw[len(head) :]
    first = rest.partition(b"\n")[0]
    bad("cut", "the last byte is missing", "malformed", raw[:-1])
    bad("something behind", "a newline more", "malformed", raw + b"\n")
    bad("length with a zero", "a leading zero", "malformed", head + b"0" + rest)
    bad("length with a sign", "a plus before it", "malformed", head + b"+" + rest)
    bad("length of nothing", "an entry of no bytes", "malformed", head + b"0\n" + rest)
    bad("no length", "an entry at once", "malformed", head + rest.removeprefix(first + b"\n"))
    long = b"65536\n" + b"x" * 65_536
    bad("an entry too long", "65,536 bytes", "malformed", head + long + rest[len(first) + 1 + int(first) :])
    body_at = rest.index(b"%d\n%b" % (len(opened), opened))
    bad("a body too long", "65,537 bytes", "malformed", head + rest[:body_at] + b"65537\n" + b"x" * 65_537)


def _bad_bodies(bad: Any, log: Log, body: OpenedBody) -> None:
    whole = _file(log, body)
    entries = whole[: -len(encode(body)) - len(b"%d\n" % len(encode(body)))]
    value: dict[str, Any] = msgspec.to_builtins(body)

    def with_body(text: str) -> bytes:
        return entries + f"{len(text.encode())}\n{text}".encode()

    def having(**fields: Any) -> bytes:
        return with_body(line(value | fields))

    bad("a body with white space", "a space in its JSON", "not canonical", with_body(line(value).replace(",", ", ")))
    bad("a body with a field more", "beside body and salt", "unknown field", having(zz=1))
    bad("a body without a salt", "the field is missing", "missing field", with_body(line({"body": value["body"]})))
    bad("a body that is a number", "5", "wrong type", having(body=5))
    bad("a body that is no base64", "other letters", "malformed", having(body="not base64"))
    loose = value["salt"][:-2] + "B="
    bad("a salt in loose base64", "the last digit has bits that no byte takes up", "not canonical", having(salt=loose))
    bad("a short salt", "31 bytes", "out of range", having(salt=b64(bytes(31))))
    bad("a body of 32,769 bytes", "more than a body has", "too large", having(body=b64(b"x" * 32_769)))
    bad("another salt", "the body under a salt it was not committed with", "wrong commitment",
        having(salt=b64(salt("ec"))))  # fmt: skip
    bad("a body of nobody", "no entry commits to it", "wrong commitment", _file(log, opened_body("ec")))


def _bad_logs(bad: Any, log: Log, body: OpenedBody, raw: bytes) -> None:
    # Written out whole where another key signed: so its signature is found again in the next run.
    first, second, third = log.entries
    bad("another network", "not the one the reader was invited to", "wrong network", raw, network="0" * 64)
    bad("ahead of the clock", "its checkpoint is dated 301 seconds ahead", "clock ahead", raw, now=log.now - 301)
    bad(
        "an entry left out",
        "the checkpoint covers one more",
        "incomplete",
        _file(founded(), checkpoint=log.checkpoint()),
    )
    bad("an entry behind", "the checkpoint covers one fewer", "incomplete",
        _file(log, body, checkpoint=founded().checkpoint()))  # fmt: skip
    other = log.checkpoint().replace(log.checkpoint().split(b"\n")[2][:8], b"AAAAAAAA", 1)
    bad("another root", "written into the checkpoint", "bad signature", _file(log, body, checkpoint=other))
    bad("signed by another log", "its keys are not those that the entries name", "signature missing",
        _file(log, body, checkpoint=log.checkpoint(log="log-2")), like="")  # fmt: skip
    bad("of another origin", "the next log's name over the same entries", "wrong origin",
        _file(log, body, checkpoint=log.checkpoint(origin=NEXT_ORIGIN)), like="")  # fmt: skip
    shorter = founded()
    shorter.add(AdmitMember, *ROOTS, member="ec", country="EC", body=committed("ec"))
    bad("another history", "entries that hash to another root than was signed", "wrong root",
        _file(shorter, checkpoint=log.checkpoint()))  # fmt: skip
    changed = third.replace(b'"country":"CO"', b'"country":"CL"')
    bad("an entry changed", "another country than the roots signed", "bad signature",
        _file(log, body, entries=(first, second, changed)))  # fmt: skip
