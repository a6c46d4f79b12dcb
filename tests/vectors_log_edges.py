"""Edges of whole logs: keys of former times, logs seen otherwise, clocks and suspensions at their very second."""

from typing import Any

from vectors_case import Book
from vectors_log import moved, staffed
from vectors_readers_sealed import facts
from vectors_world import NEXT_ORIGIN, Log, committed, pair, signed

from crypto.checkpoint import Checkpoint, sign_checkpoint
from crypto.merkle import Tree, leaf_hash
from directory.judge import admit
from directory.statement import (
    AttestContact,
    PublishContact,
    RetireContact,
    SuspendMember,
)

ROOTS = ("root-1", "root-2")


def add_log_edges(book: Book) -> None:
    """Enter the cases."""
    _former_keys(book)
    _seen(book)
    _clocks(book)
    _suspensions(book)
    _contacts(book)


def _inputs(log: Log, entries: list[bytes], checkpoint: bytes, now: int = 0) -> dict[str, Any]:
    return {"entries": entries, "checkpoint": checkpoint, "network": log.view.founded.id, "now": now or log.now}


def _good(book: Book, name: str, description: str, log: Log, now: int = 0, **more: Any) -> None:
    now = now or log.now
    root = Tree(map(leaf_hash, log.entries)).root()
    out = {"size": len(log.entries), "root": root.hex(), "time": log.now, "view": facts(log.view, now)}
    book.good(name, description, out, "staffed", **_inputs(log, log.entries, log.checkpoint(), now), **more)


def _former_keys(book: Book) -> None:
    """After a re-keying: a root that went, and the former duty key, are nobody any more."""
    log = moved()
    for name, who in (("a line of a former root", ("root-1", "root-2")), ("a line of the former duty key", ("duty",))):
        entry = signed(log.say(SuspendMember, member="ec", until=log.now + 3600), *who)
        _longer(book, log, name, "unknown signer", entry)
    entry = signed(log.say(SuspendMember, member="ec", until=log.now + 3600), "root-2", "root-3")
    longer = log.copy()
    longer.add(SuspendMember, "root-2", "root-3", member="ec", until=log.now + 3600)
    assert longer.entries[-1] == entry
    state = longer.state(NEXT_ORIGIN)
    out = {"size": state.size, "root": state.root.hex(), "time": log.now, "view": facts(longer.view, log.now)}
    checkpoint = sign_checkpoint(state, pair("log-2"), log.now)
    words = "two who were roots before the re-keying too"
    book.good("roots who stayed", words, out, "moved", **_inputs(log, longer.entries, checkpoint))


def _longer(book: Book, log: Log, name: str, word: str, entry: bytes) -> None:
    entries = [*log.entries, entry]
    state = Checkpoint(NEXT_ORIGIN, len(entries), Tree(map(leaf_hash, entries)).root())
    checkpoint = sign_checkpoint(state, pair("log-2"), log.now)
    book.bad(name, "behind a re-keying", word, "moved", **_inputs(log, entries, checkpoint))


def _seen(book: Book) -> None:
    before, mine, theirs = staffed(), staffed(), staffed()
    before.add(AttestContact, "co-chief", contact="co-desk")
    mine.add(AttestContact, "co-night", contact="co-desk")
    theirs.entries, theirs.view, theirs.now = list(mine.entries), mine.view, mine.now
    theirs.add(RetireContact, "ec-chief", contact="ec-desk")
    seen = {"seen_entries": before.entries, "seen_checkpoint": before.checkpoint()}
    words = "the last entry seen before was another; what follows counts behind either"
    book.bad("grown from other entries", words, "wrong root", "staffed",
             **_inputs(theirs, theirs.entries, theirs.checkpoint()), **seen)  # fmt: skip
    words = "smaller than seen, and fewer entries than it covers"
    base = staffed()
    short = base.state(size=len(base.entries))
    book.bad("smaller and incomplete", words, "older than seen", "staffed",
             **_inputs(base, base.entries[:-1], sign_checkpoint(short, pair("log"), base.now)), **seen)  # fmt: skip


def _clocks(book: Book) -> None:
    log = staffed()
    _good(book, "clock ahead a little", "the checkpoint is exactly 300 seconds ahead of the reader", log, log.now - 300)
    inputs = _inputs(log, log.entries, log.checkpoint(), log.now - 301)
    book.bad("clock ahead by one more", "301 seconds", "clock ahead", "staffed", **inputs)
    log = staffed()
    entry = signed(log.say(RetireContact, contact="co-desk", at=log.now + 300), "co-chief")
    longer = Log(log.view, [*log.entries, entry], log.now)
    longer.view = admit(log.view, entry, log.now)
    _good(book, "statement ahead a little", "its time is exactly 300 seconds after the checkpoint's", longer)


def _suspensions(book: Book) -> None:
    log = staffed()
    until = log.now + 3600
    log.add(SuspendMember, "duty", member="ec", until=until)
    _good(book, "a second before", "the last second of a suspension", log, until - 1)
    _good(book, "at its very second", "the suspension is over", log, until)
    log.add(SuspendMember, *ROOTS, member="ec", until=until - 1800)
    _good(book, "shortened by the roots", "their suspension ends the duty key's, which was longer", log, until - 1800)


def _contacts(book: Book) -> None:
    log = staffed()
    log.add(RetireContact, "co-chief", contact="co-desk")
    about = {"member": "co", "country": "CO", "function": "trafficking-24-7", "body": committed("co-desk")}
    log.add(PublishContact, "co-chief", contact="co-desk", **about)
    _good(book, "published anew", "a retired contact is listed again, without officers", log)
