"""Vectors of whole logs: entries, the checkpoint over them, and what the directory says then."""

from typing import Any

from vectors_case import Book
from vectors_log import founded, moved, staffed, whole
from vectors_readers_sealed import facts
from vectors_world import (
    NEW_ROOTS,
    NEXT_ORIGIN,
    ORIGIN,
    START,
    Log,
    committed,
    device_keys,
    founding,
    local,
    officer,
    pair,
    public,
    relay_keys,
    signed,
    signed_text,
)

from crypto.checkpoint import Checkpoint, sign_checkpoint
from crypto.merkle import Tree, leaf_hash
from directory.judge import admit
from directory.statement import (
    AdmitMember,
    AttestContact,
    Continues,
    EnrolDevice,
    EraseBody,
    FirstAdministrator,
    NameRelay,
    PublishContact,
    RekeyRoots,
    RetireContact,
    RevokeDevice,
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
    _refused(book)
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
    bad("another last entry", "an entry that was not at this place", "refused", entries=swapped)
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
    bad("no checkpoint", "text that is none", "malformed", checkpoint=b"nothing\n")


def _view(entries: list[bytes]) -> View:
    view = View()
    for entry in entries:
        view = admit(view, entry, 2**40)
    return view


def _refused(book: Book) -> None:
    """Logs with one more entry, which the judge refuses; the checkpoint covers it rightly."""
    log = staffed()
    co = {"member": "co", "country": "CO", "function": "trafficking-24-7"}

    def refused(name: str, description: str, rule: str, entry: bytes, base: Log | None = None) -> None:
        log = base or staffed()
        longer = [*log.entries, entry]
        state = Checkpoint(ORIGIN, len(longer), Tree(map(leaf_hash, longer)).root())
        checkpoint = sign_checkpoint(state, pair("log"), log.now)
        inputs = {"entries": longer, "checkpoint": checkpoint, "network": log.view.founded.id, "now": log.now}
        if rule.startswith("R"):
            book.refused(name, description, rule, "staffed", **inputs)
        else:
            book.bad(name, description, rule, "staffed", **inputs)

    def of(kind: type[Any], *who: str, **fields: Any) -> bytes:
        return signed(log.say(kind, **fields), *who)

    retire = {"contact": "co-desk"}
    refused("R1", "a second founding", "R1", signed(founding(at=log.now, seq=2), *ROOTS))
    refused("R2", "signed for another network", "R2", of(RetireContact, "co-chief", network="0" * 64, **retire))
    refused("R3", "a sequence that was used", "R3", of(RetireContact, "co-chief", seq=1, **retire))
    refused(
        "R4: before",
        "a time before the last one of the contact",
        "R4",
        of(RetireContact, "co-chief", at=START, **retire),
    )
    refused(
        "R4: ahead",
        "a time more than five minutes ahead",
        "R4",
        of(RetireContact, "co-chief", at=log.now + 301, **retire),
    )
    refused(
        "R5",
        "a line of somebody whose word does not count here",
        "R5",
        of(RetireContact, "co-chief", "ec-chief", **retire),
    )
    refused(
        "R6",
        "one root, where two decide",
        "R6",
        of(AdmitMember, "root-1", member="mx", country="MX", body=committed("mx")),
    )
    refused(
        "R10",
        "a duty key that is a root key",
        "R10",
        of(RekeyRoots, *ROOTS, "root-4", roots=_roots(), threshold=2, duty=public("root-2")),
    )
    refused(
        "R12",
        "one of the new roots alone",
        "R12",
        of(RekeyRoots, *ROOTS, roots=_sorted("root-2", "root-4"), threshold=2, duty=public("duty-2")),
    )
    refused(
        "R13",
        "a second relay that continues nothing",
        "R13",
        of(NameRelay, *ROOTS, origin=NEXT_ORIGIN, **relay_keys("log-2", "receipt-2")),
    )
    strange = Continues(origin=NEXT_ORIGIN, size=3, root="0" * 64)
    refused("R13: another log", "a relay that continues a log nobody knows", "R13",
            of(NameRelay, *ROOTS, origin="x", continues=strange, **relay_keys("log-2", "receipt-2")))  # fmt: skip
    refused(
        "R14",
        "an id that begins with another country's code",
        "R14",
        of(AdmitMember, *ROOTS, member="mx", country="PE", body=committed("mx")),
    )
    refused("R15", "73 hours by the duty key", "R15", of(SuspendMember, "duty", member="ec", until=log.now + 73 * 3600))
    refused(
        "R20", "a member that was never admitted", "R20", of(SuspendMember, *ROOTS, member="xx", until=log.now + 60)
    )
    refused("R21", "a contact retired by its coordinator", "R21", of(RetireContact, "co-night", **retire))
    refused(
        "R21: first",
        "a first administrator where one lives",
        "R21",
        of(FirstAdministrator, *ROOTS, officer=officer("co-late"), member="co", body=committed("co-late")),
    )
    refused(
        "R24",
        "a commitment that was another's",
        "R24",
        of(PublishContact, "co-chief", contact="co-court", body=committed("ec-desk"), **co),
    )
    refused(
        "R25",
        "officers not sorted",
        "R25",
        of(
            PublishContact,
            "co-chief",
            contact="co-court",
            body=committed("co-court"),
            officers=("f" * 32, "0" * 32),
            **co,
        ),
    )
    refused(
        "R26",
        "a device for an officer nobody enrolled",
        "R26",
        of(EnrolDevice, "co-chief", officer=officer("co-late"), **device_keys("co-late")),
    )
    refused(
        "R27",
        "an administrator's device enrolled by its own officer",
        "R27",
        of(EnrolDevice, "co-chief", officer=officer("co-chief"), **device_keys("co-late")),
    )
    refused(
        "R28",
        "the keys of a device that is enrolled",
        "R28",
        of(EnrolDevice, "co-chief", officer=officer("co-night"), seq=1, **device_keys("co-night")),
    )
    refused(
        "R29",
        "a device that nobody enrolled",
        "R29",
        of(RevokeDevice, "co-chief", device=local("co-late"), reason="lost"),
    )
    refused(
        "R30",
        "a contact whose id begins with another country's code",
        "R30",
        of(PublishContact, "co-chief", contact="ec-court", body=committed("co-court"), **co),
    )
    refused(
        "R32",
        "an officer of another member",
        "R32",
        of(
            PublishContact,
            "co-chief",
            contact="co-court",
            body=committed("co-court"),
            officers=(officer("ec-night"),),
            **co,
        ),
    )
    refused(
        "R33",
        "an alternate that is not listed",
        "R33",
        of(PublishContact, "co-chief", contact="co-court", body=committed("co-court"), escalation=("co-none",), **co),
    )
    refused(
        "R34",
        "a circle that does not exist",
        "R34",
        of(PublishContact, "co-chief", contact="co-court", body=committed("co-court"), circles=("none",), **co),
    )
    refused("R37", "a body that is not in the log", "R37", of(EraseBody, "co-chief", body="0" * 64))
    refused(
        "a stranger",
        "signed by a device that nobody enrolled",
        "unknown signer",
        of(RetireContact, "stranger", **retire),
    )
    good = of(RetireContact, "co-chief", **retire)
    refused(
        "a wrong signature",
        "the statement was changed after it was signed",
        "bad signature",
        good.replace(b'"co-desk"', b'"co-deks"'),
    )
    text = f'enlace/statement/v1\n{{"at":{log.now},"kind":"open-window","network":"{log.view.founded.id}"}}\n'
    refused("a later kind by the roots", "an update is needed", "unknown kind", signed_text(text, ROOTS))
    refused("R8", "a later kind, signed by a coordinator: a forgery", "R8", signed_text(text, ("co-night",)))


def _roots() -> tuple[str, ...]:
    return _sorted(*NEW_ROOTS)


def _sorted(*handles: str) -> tuple[str, ...]:
    return tuple(sorted(map(public, handles)))
