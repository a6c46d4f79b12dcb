"""What stands beside the messages of a desk and goes when its time is over: what was put aside, and drafts.

A1  An envelope in `spool/` that was put aside, or waits for longer than a day: by the marks of the message in it, as if
    that had been taken in. What opens with no key that is here stays: nobody reads it here, now or later.
    So do the bytes that the relay announced as something else, kept in `alarms/`; those are tried with every key that
    is here, for what their header says is the relay's word. What an older program cut goes at once: nobody can tell
    any more until when it may stay.
A2  The second of two texts under one id, in `doubts/`: the sealed text goes, and its folder stays. That there were two
    stands on the first, too.
A3  A draft goes after the day that its consent record names. A draft has no other marks yet.
A4  What was looked at is remembered by its name, which says which bytes it is (a draft is looked at anew each time);
    what the disk does not hand out now is looked at again.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from crypto.age import decrypt, decrypt_at
from crypto.errors import CryptoError
from desk import host
from desk.alarms.evidence import MOST_EVIDENCE_BYTES, PAYLOAD
from desk.drafting.drafts import Drafts
from desk.errors import DeskError
from desk.handling.rules import NEVER
from desk.handling.stored import erased_at
from desk.handling.victim import kept_until
from desk.mail.message import stored_message
from desk.mail.spool import Spool, Spooled
from directory.canonical import Malformed
from relay.protocol.envelope import parse_envelope
from relay.protocol.padding import unpad

if TYPE_CHECKING:
    from desk.profile.unlocked import Unlocked

_DAY = 86_400
_DRAFT = "draft "
_SECOND = "second.age"


def times(desk: "Unlocked", known: Mapping[str, int], now: int) -> dict[str, int]:
    """When each thing beside the messages goes, by its name; 0 for never. `known` are the times found before (A4)."""
    found = dict[str, int]()
    folder = desk.profile.path
    for path in _looked_at(folder):
        name = path.relative_to(folder).as_posix()
        if known.get(name) or (name in known and not _was_cut(path)):
            found[name] = known[name]
            continue
        if path.suffix == ".item" and not _waits_long(path, now):
            continue
        try:
            found[name] = _time(desk, path)
        except (OSError, DeskError):
            continue
    drafts = Drafts(desk.keyring.vault)
    for name, draft in drafts.each([]):
        if until := kept_until(draft.filled):
            found[f"{_DRAFT}{name}"] = until
    return found


def erase(desk: "Unlocked", name: str) -> str:
    """Erase one of them; returns what to tell. Raises DeskError and OSError; what is gone already is no error."""
    if name.startswith(_DRAFT):
        draft = name.removeprefix(_DRAFT)
        drafts = Drafts(desk.keyring.vault)
        if draft in drafts.names():
            drafts.discard(draft)
        return f"draft {draft} was erased: the victim's data in it were to be kept until then"
    cut = _was_cut(desk.profile.path / name)
    host.remove(desk.profile.path / name)
    why = (
        "it was cut, and nobody can tell how long it may be kept"
        if cut
        else "the message in it was to be kept until then"
    )
    return f"{name} was erased: {why}"


def _looked_at(folder: Path) -> Iterator[Path]:
    """What may hold a message beside the store, in a fixed order."""
    put_aside = ("spool/*-envelope-*.refused", "spool/*-envelope-*.item")
    for pattern in (*put_aside, f"doubts/*/{_SECOND}", f"alarms/*-stream-*/{PAYLOAD}"):
        yield from sorted(folder.glob(pattern))


def _waits_long(path: Path, now: int) -> bool:
    """Whether an item has waited for longer than a day; by the disk's time, which costs nothing to read."""
    try:
        return path.stat().st_mtime < now - _DAY
    except OSError:
        return False


def _time(desk: "Unlocked", path: Path) -> int:
    """When the message in a file is to be erased; 0 for never, and for what holds none that opens here (A1)."""
    try:
        note = decrypt(path.read_bytes(), [desk.keyring.archive]) if path.name == _SECOND else _opened(desk, path)
        ends = erased_at(stored_message(note)[0])
    except (CryptoError, Malformed, ValueError):
        return 1 if _was_cut(path) else 0
    return ends if ends < NEVER else 0


def _was_cut(path: Path) -> bool:
    """Whether a file is of the length to which older programs cut evidence."""
    try:
        return path.name in (_SECOND, PAYLOAD) and path.stat().st_size == MOST_EVIDENCE_BYTES
    except OSError:
        return False


def _opened(desk: "Unlocked", path: Path) -> bytes:
    """The signed note in an envelope, spooled or as it came; raises what opening it raises, ValueError if it cannot be
    opened here."""
    spooled = None if path.name == PAYLOAD else Spool.read(path)
    if spooled is not None and not isinstance(spooled, Spooled):
        raise ValueError("no whole item")
    envelope = parse_envelope(path.read_bytes() if spooled is None else spooled.payload)
    epochs = desk.keyring.epochs
    if spooled is None:
        return unpad(decrypt(envelope.sealed, [*epochs.identities()]))
    stanza = envelope.header.stanza_of(desk.profile.identity.device)
    identity = epochs.identity(envelope.header.recipients()[stanza].key)
    if identity is None:
        raise ValueError("its key is not here")
    return unpad(decrypt_at(envelope.sealed, identity, stanza))
