"""What this desk holds about a person, an officer or a contact: directory, messages, drafts, keys, evidence …

1. Asked for words, whatever has all of them is listed, accents and capitals aside: a list for somebody to look through,
   and never a ground to erase anything. Asked for an officer or a contact, by id, what belongs to that id is listed.
2. Of messages this says how many, of which cases and when, and under which numbers; it does not open them to anybody.
   Words are looked for in all that people wrote in one and in the names of its attachments, not within those.
3. Drafts of forms are named, by words in all that stands in one, or by a contact it is for. One that does not open
   cannot be searched, and is told.
4. Files that a fault left aside (`alarms/`, `doubts/`, `spool/`) are searched as they are: for words and ids in plain
   text, and in base64. What is sealed in them to keys elsewhere is not searched.
"""

import re
from base64 import b64decode
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import msgspec

from desk.drafting.drafts import Drafts
from desk.mail.content import Receipt
from desk.mail.facts import Stored
from desk.mail.shown import written
from desk.profile.enrolment import pending
from desk.profile.unlocked import Unlocked
from directory.canonical import encode
from directory.erasable import Erasable, erasable
from directory.folding import words
from directory.view import NEVER, View

_BASE64 = re.compile(rb"[A-Za-z0-9+/]{24,}={0,2}")
_ASIDE = ("alarms", "doubts", "spool")
_SEARCHED = 1 << 20  # bytes at once of a file put aside: evidence with a whole log in it is larger
_OVERLAP = 1 << 12
Kind = Literal["contact", "officer", "words"]


@dataclass(frozen=True, slots=True)
class Asked:
    """Whom a report is about: an id of the directory, or words."""

    text: str
    kind: Kind = "words"

    @property
    def subject(self) -> str:
        """What statements about it call it; empty for words."""
        return f"{self.kind}/{self.text}" if self.kind != "words" else ""


@dataclass(frozen=True, slots=True)
class HeldMessage:
    """A message or receipt: under which number, whither, of which case, when it was written."""

    number: int
    direction: str
    case: str
    at: int
    receipt: bool
    exercise: bool = False


@dataclass
class Held:
    """Everything found; `details` are those not erased, `erased` counts those that were."""

    asked: Asked
    details: list[Erasable] = field(default_factory=list)
    here: frozenset[str] = frozenset()  # commitments of details that stand on this disk
    erased: int = 0
    unseen: int = 0  # not erased, and not on this disk: words were not looked for in them
    statements: list[int] = field(default_factory=list)  # where the log names the id, or a device of it
    roles: tuple[str, ...] = ()
    revoked: bool = False
    devices: list[tuple[str, bool]] = field(default_factory=list)  # id, and whether it is live
    serves: list[str] = field(default_factory=list)
    key_sets: int = 0
    messages: list[HeldMessage] = field(default_factory=list)
    waiting: int = 0  # of them, in the outbox
    lines: int = 0  # signed lines: who accepted, who fetched
    drafts: list[str] = field(default_factory=list)  # the names of those that hold it
    unread: list[str] = field(default_factory=list)  # why others could not be searched
    invitation: bool = False
    files: list[str] = field(default_factory=list)

    @property
    def ids(self) -> list[str]:
        """The ids that stand for it in statements and signatures."""
        return [self.asked.text, *(device for device, _ in self.devices)] if self.asked.kind != "words" else []


def asked(view: View, text: str) -> Asked:
    """Whom `text` names: a contact's id, or an officer's (eight characters or more of it), else words to look for."""
    text = text.strip()
    if text in view.contacts:
        return Asked(text, "contact")
    if re.fullmatch("[0-9a-f]{8,32}", text.lower()):
        found = [each for each in view.officers if each.startswith(text.lower())]
        if len(found) == 1:
            return Asked(found[0], "officer")
    return Asked(text)


def held_about(desk: Unlocked, who: Asked) -> Held:
    """Look everywhere."""
    replica, bodies = desk.replica(), desk.store.bodies()
    view, held = replica.view, Held(who)
    matches = matcher(who.text)
    held.here = frozenset(bodies)
    every = erasable(view)
    if who.kind == "words":
        for each in every:
            raw = bodies.get(each.commitment)
            held.unseen += raw is None
            if raw is not None and matches(_strings(raw)):
                held.details.append(each)
    else:
        held.details = [each for each in every if each.subject == who.subject]
        gone = (body for body in view.bodies.values() if body.erased != NEVER and body.subject == who.subject)
        held.erased = sum(1 for _ in gone)
        _in_directory(desk, view, who, held)
    _in_mail(desk, who, held, matches)
    _in_drafts(desk, who, held, matches)
    held.invitation = who.kind == "officer" and who.text in pending(desk.keyring.vault)
    # Details that a relay altered are kept under the commitment alone (`body.json`): it stands for the id as well.
    stands_for = [*held.ids, *(each for each, body in view.bodies.items() if body.subject == who.subject)]
    held.files = list(put_aside(desk.profile.path, [each.encode() for each in stands_for], matches, who))
    return held


def matcher(text: str) -> Callable[[str], bool]:
    """Whether a text has every word of `text`; digits that look like a number also where they are spaced otherwise."""
    wanted, digits = words(text), re.sub(r"\D", "", text)
    number = digits if len(digits) >= 6 and not re.search(r"[^\W\d_]", text) else ""

    def matches(other: str) -> bool:
        found = words(other)
        if wanted and set(wanted) <= set(found):
            return True
        return bool(number) and number in re.sub(r"[^\d\n]", "", other)

    return matches


def _in_directory(desk: Unlocked, view: View, who: Asked, held: Held) -> None:
    """Of an id: its devices, what it serves, its key sets, and where the log names it."""
    if who.kind == "officer":
        record, now = view.officers[who.text], desk.clock()
        held.roles, held.revoked = tuple(record.roles[-1][1]), record.revoked != NEVER
        held.devices = [(each, view.device_live(each, view.size, now)) for each in record.devices]
        serving = (each for each in view.contacts.values() if any(who.text in at for _, at in each.service))
        held.serves = sorted(each.id for each in serving)
        held.key_sets = len(desk.store.keysets(record.devices))
    else:
        held.revoked = not view.contacts[who.text].listed
    named = [f'"{each}"'.encode() for each in held.ids] + [f"/{device} ".encode() for device, _ in held.devices]
    entries = enumerate(desk.store.entries(0))
    held.statements = [at for at, entry in entries if any(each in entry for each in named)]


def _in_mail(desk: Unlocked, who: Asked, held: Held, matches: Callable[[str], bool]) -> None:
    devices = {device for device, _ in held.devices}

    def about(stored: Stored) -> bool:
        message = stored.message
        if who.kind == "words":
            return matches(_written(stored))
        if who.kind == "contact":
            return who.text in (message.sender.contact, *message.contacts)
        return message.sender.device in devices

    for stored in desk.mail.all():
        if about(stored):
            message, receipt = stored.message, isinstance(stored.message.content, Receipt)
            direction = stored.facts.direction
            found = HeldMessage(stored.number, direction, message.case, message.at, receipt, message.exercise)
            held.messages.append(found)
            held.waiting += desk.mail.waits(stored.number)
    if devices:
        held.lines = sum(1 for each in desk.mail.each_line() if any(device in each.note for device in devices))


def _in_drafts(desk: Unlocked, who: Asked, held: Held, matches: Callable[[str], bool]) -> None:
    for name, draft in Drafts(desk.keyring.vault).each(held.unread):
        if (
            matches(_strings(encode([draft.filled.values, draft.case, draft.to])))
            if who.kind == "words"
            else who.text in draft.to
        ):
            held.drafts.append(name)


def _written(stored: Stored) -> str:
    """All that people wrote in a message."""
    return "\n".join(written(stored.message))


def _strings(raw: bytes) -> str:
    """The values in details, a line each, without the names of the fields they stand in."""

    def values(found: object) -> Iterable[str]:
        match found:
            case dict():
                return (each for value in found.values() for each in values(value))
            case list():
                return (each for value in found for each in values(value))
        return [str(found)]

    try:
        return "\n".join(values(msgspec.json.decode(raw)))
    except msgspec.DecodeError:
        return raw.decode("utf-8", "replace")


def put_aside(profile: Path, ids: list[bytes], matches: Callable[[str], bool], who: Asked) -> Iterator[str]:
    """The files that a fault left aside and that hold one of `ids`, or the words asked for (rule 4)."""
    for path in sorted(each for name in _ASIDE for each in (profile / name).rglob("*")):
        for raw in _pieces(path):
            opened = b"\n".join([raw, *_decoded(raw)])
            if any(each in opened for each in ids) or (who.kind == "words" and matches(_text_of(opened))):
                yield str(path.relative_to(profile))
                break


def _pieces(path: Path) -> Iterator[bytes]:
    """A file piece by piece, each with the end of the one before; nothing of a folder, or what the disk keeps back."""
    try:
        with path.open("rb") as file:
            before = b""
            while raw := file.read(_SEARCHED):
                yield before + raw
                before = raw[-_OVERLAP:]
    except OSError:
        return


def _text_of(raw: bytes) -> str:
    return raw.decode("utf-8", "replace").replace('"', " ")


def _decoded(raw: bytes) -> Iterator[bytes]:
    for found in _BASE64.findall(raw):
        try:
            yield b64decode(found)
        except ValueError:  # it only looked like base64
            continue
