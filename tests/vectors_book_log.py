"""Vectors of whole logs: entries, the checkpoint over them, and what the directory says then."""

from typing import Any

from vectors_book_refused import add_refused
from vectors_case import Book
from vectors_log import founded, moved, staffed, whole
from vectors_log_edges import add_log_edges
from vectors_readers_sealed import facts
from vectors_world import (
    NEXT_ORIGIN,
    ORIGIN,
    Log,
    pair,
    relay_keys,
)

from crypto.checkpoint import Checkpoint, sign_checkpoint
from crypto.merkle import Tree, leaf_hash
from directory.judge import admit
from directory.statement import (
    AttestContact,
    Continues,
    NameRelay,
    SuspendMember,
)
from directory.view import View

ROOTS = ("root-1", "root-2")


def log_book() -> Book:
    """Logs of the network."""
    book = Book("log", "docs/formats/log.md")
    for name, description, log in (
        ("founded", "a network and its relay", founded()),
        ("staffed", "two members with officers, devices and contacts", staffed()),
        ("whole", "most kinds of statement", whole()),
    ):
        _good(book, name, description, log, log.checkpoint())
    new = moved()
    _good(
        book,
        "moved",
        "the roots re-keyed, the log continued by another relay",
        new,
        new.checkpoint(log="log-2", origin=NEXT_ORIGIN),
    )
    log = staffed()
    seen = {"entries": log.entries, "checkpoint": log.checkpoint()}
    later = whole()
    _good(book, "grown", "entries after those that were seen before", later, later.checkpoint(), seen=seen)
    log = staffed()
    log.add(SuspendMember, "duty", member="ec", until=log.now + 3600)
    _good(book, "suspended", "a member whose suspension holds", log, log.checkpoint())
    log.now += 3600
    _good(book, "lapsed", "the same log when the suspension has lapsed", log, log.checkpoint())
    _continued(book)
    _bad_checkpoints(book)
    add_refused(book)
    add_log_edges(book)
    return book


def _good(book: Book, name: str, description: str, log: Log, checkpoint: bytes, **more: Any) -> None:
    root = Tree(map(leaf_hash, log.entries)).root()
    out = {"size": len(log.entries), "root": root.hex(), "time": log.now, "view": facts(log.view, log.now)}
    inputs = {"entries": log.entries, "checkpoint": checkpoint, "network": log.view.founded.id, "now": log.now}
    book.good(name, description, out, **inputs, **_seen(more))


def _continued(book: Book) -> None:
    """Logs that another relay continues, from where it took over, or from another history."""
    keys = relay_keys("log-2", "receipt-2")
    log = staffed()
    old = log.state(size=9)
    continues = Continues(origin=ORIGIN, size=old.size, root=old.root.hex())
    log.add(NameRelay, *ROOTS, origin=NEXT_ORIGIN, continues=continues, **keys)
    checkpoint = log.checkpoint(log="log-2", origin=NEXT_ORIGIN)
    _good(book, "continued from before", "a relay that continues from nine entries on", log, checkpoint)
    log = staffed()
    other = Continues(origin=ORIGIN, size=old.size, root="0" * 64)
    log.add(NameRelay, *ROOTS, origin=NEXT_ORIGIN, continues=other, **keys)
    checkpoint = log.checkpoint(log="log-2", origin=NEXT_ORIGIN)
    inputs = {"entries": log.entries, "checkpoint": checkpoint, "network": log.view.founded.id, "now": log.now}
    words = "a relay that continues another history of the same size"
    book.bad("continues another root", words, "wrong root", "staffed", **inputs)


def _seen(more: dict[str, Any]) -> dict[str, Any]:
    return {f"seen_{key}": value for key, value in more.get("seen", {}).items()}


def _bad_checkpoints(book: Book) -> None:
    log, later = staffed(), whole()
    good = log.checkpoint()
    usual: dict[str, Any] = {"entries": log.entries, "checkpoint": good, "network": log.view.founded.id, "now": log.now}

    def bad(name: str, description: str, word: str, **more: Any) -> None:
        book.bad(name, description, word, "staffed", **(usual | more))

    bad("an entry short", "fewer entries than the checkpoint covers", "incomplete", entries=log.entries[:-1])
    bad("another network", "the reader has pinned another network's id", "wrong network", network="0" * 64)
    swapped = [*log.entries[:-1], later.entries[-1]]
    book.refused("another last entry", "an entry that was not at this place", "R3", "staffed",
                 **(usual | {"entries": swapped}))  # fmt: skip
    fork = log.copy()
    fork.entries, fork.view, fork.now = log.entries[:-1], _view(log.entries[:-1]), log.now
    fork.add(AttestContact, "co-night", contact="co-desk")
    bad("another history", "entries that count, and hash to another root", "wrong root", entries=fork.entries)
    state = Checkpoint(ORIGIN, len(log.entries), bytes(32))
    bad(
        "another root",
        "a root of zeros, rightly signed",
        "wrong root",
        checkpoint=sign_checkpoint(state, pair("log"), log.now),
    )
    bad(
        "another origin",
        "rightly signed under another origin",
        "wrong origin",
        checkpoint=log.checkpoint(origin=NEXT_ORIGIN),
    )
    bad(
        "another log's keys",
        "signed by keys that the directory does not name",
        "signature missing",
        checkpoint=log.checkpoint(log="log-2"),
    )
    bad("one signature", "no cosignature", "signature missing", checkpoint=good[: good.rindex("— ".encode())])
    bad(
        "clock ahead",
        "the checkpoint is 301 seconds ahead of the reader",
        "clock ahead",
        checkpoint=log.checkpoint(log.now + 301),
    )
    seen = {"entries": later.entries, "checkpoint": later.checkpoint()}
    bad("smaller than seen", "a rolled-back log", "older than seen", now=later.now, **_seen({"seen": seen}))
    seen = {"entries": log.entries, "checkpoint": log.checkpoint(log.now + 60)}
    bad(
        "older than seen",
        "the same size under an earlier time",
        "older than seen",
        now=log.now + 60,
        **_seen({"seen": seen}),
    )
    alone = founded()
    alone.entries = alone.entries[:1]
    bad(
        "no relay",
        "nobody named the log's keys",
        "signature missing",
        entries=alone.entries,
        checkpoint=alone.checkpoint(),
    )
    fork = staffed()
    fork.entries = [*log.entries[:-1], later.entries[-1]]
    seen = {"entries": log.entries, "checkpoint": good}
    words = "another root of the size that was seen"
    bad("another root than seen", words, "wrong root", checkpoint=fork.checkpoint(), **_seen({"seen": seen}))
    bad("no checkpoint", "text that is none", "malformed", checkpoint=b"nothing\n")


def _view(entries: list[bytes]) -> View:
    view = View()
    for entry in entries:
        view = admit(view, entry, 2**40)
    return view
