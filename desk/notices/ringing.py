"""What rings at a desk: one small file for each message that nobody has opened, readable without the passphrase.

1. A file stands under the hash of its envelope, in `ringing/`, and says what the relay could see anyway: how urgent it
   is, when it came, which stage this desk is, and when the next one is due.
2. It is made when the message arrives, before anybody is told. After a crash between storing a message and making its
   file, the next look at the spool makes it (`overlooked`).
3. It goes when the message is opened, accepted or refused here, when it turns out to be nothing that anybody opens (a
   receipt), or cannot be believed, and at the latest when the message has expired. Nobody but the one who opens it has
   to know who else rings: whoever rings looks whether the file is there.
4. `stop` marks what rings now: it stays unopened, and nobody is told of it again from here. It stops no clock.
5. There is room for `MOST` files. It fails open: a message beyond that rings once, and is not rung for again.
6. `serves` stands beside them: the contacts that this desk serves, as the directory last said when it was unlocked.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import msgspec

from desk import host
from desk.errors import DeskError
from desk.mail.spool import Spool
from desk.profile.folder import Profile
from directory.canonical import Malformed, decode, encode
from directory.fields import ContactId, Count, Hash, Time
from relay.protocol.envelope import Header, Precedence, parse_envelope
from relay.protocol.lines import Call, LineError, peek_line
from relay.protocol.receipts import Relayed
from relay.protocol.stream import Item

FOLDER = "ringing"
SERVES = "serves.json"
MOST = 1000
CALL_SECONDS = 86_400
MOST_BYTES = 16 << 10


class Ringing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A message that nobody has opened at this desk, or a call for one that is elsewhere. `next` is when the next turn
    is due, 0 if there is none; `contacts` are those it is for, empty while nobody has unlocked the desk; `stopped` is
    when its ringing was."""

    envelope: Hash
    precedence: Precedence
    arrived: Time
    expires: Time
    stage: Count = 0
    stages: Count = 1
    next: Time = 0
    call: bool = False
    contacts: Annotated[tuple[ContactId, ...], msgspec.Meta(max_length=32)] = ()
    stopped: Time = 0


def of_item(item: Item, header: Header, device: str, arrived: int) -> Ringing:
    """What rings for an envelope that has come."""
    stage = header.stage_of(device)
    later = header.turns[stage + 1 :]
    stops = header.stop == "accepted"
    due = item.relayed.leaf.time + later[0] if later and stops and isinstance(item.relayed, Relayed) else 0
    return Ringing(
        envelope=item.envelope,
        precedence=header.precedence,
        arrived=arrived,
        expires=header.expires,
        stage=stage,
        stages=len(header.stages),
        next=due,
    )


def of_call(item: Item, line: bytes, device: str, arrived: int) -> Ringing | None:
    """What rings for a call; None for what is none, or is not to this `device`, or about another envelope. A locked
    desk does not know who signed it, and rings."""
    try:
        call = peek_line(line, Call)
    except LineError:
        return None
    if device not in call.devices or call.envelope != item.envelope:
        return None
    return Ringing(
        envelope=item.envelope,
        precedence=call.precedence,
        arrived=arrived,
        expires=arrived + CALL_SECONDS,
        call=True,
        contacts=call.contacts[:32],
    )


def is_own(header: Header, device: str) -> bool:
    """Whether it is a copy of what this side has sent itself: nobody is woken for that."""
    return any(each.device == device for each in header.own)


def begin(profile: Profile, ringing: Ringing) -> bool:
    """Note that a message waits, durable on return; returns False where that was noted before, or there is no room."""
    path = _path(profile.path, ringing.envelope)
    host.private_folder(path.parent)
    if path.exists() or sum(1 for _ in path.parent.glob("*.ring")) >= MOST:
        return False
    host.write_whole(path, encode(ringing))
    return True


def overlooked(profile: Profile, known: Iterable[str]) -> tuple[list[Ringing], str]:
    """Note what waits in the spool and never rang (rule 2): what is neither `known` nor noted. Returns all of it, also
    what could not be noted, for that rings this once; and why not, if the disk refused."""
    seen, found, trouble = {*known, *(each.envelope for each in _read(profile.path))}, list[Ringing](), ""
    for ringing in _spooled(profile, seen):
        found.append(ringing)
        try:
            begin(profile, ringing)
        except DeskError as error:
            trouble = str(error)
    return found, trouble


def _spooled(profile: Profile, seen: set[str]) -> Iterator[Ringing]:
    """What rings for each message in the spool whose envelope is not `seen`, and for each call."""
    spool, device = Spool(profile.path / "spool"), profile.identity.device
    for spooled in spool.envelopes(seen):
        try:
            header = parse_envelope(spooled.payload).header
        except Malformed:
            continue
        if not is_own(header, device):
            yield of_item(spooled.arrival.item, header, device, spooled.arrival.arrived)
    for spooled in spool.lines():
        item = spooled.arrival.item
        if item.kind == "call" and item.envelope not in seen:
            call = of_call(item, spooled.payload, device, spooled.arrival.arrived)
            if call is not None:
                yield call


def ringing(path: Path, now: int) -> list[Ringing]:
    """What nobody has opened, oldest first; what has expired goes. A file that is damaged counts for none."""
    found = list(_read(path))
    for each in found:
        if each.expires <= now:
            end(path, each.envelope)
    return sorted((each for each in found if each.expires > now), key=lambda each: (each.arrived, each.envelope))


def end(path: Path, envelope: str) -> None:
    """The message of that envelope rings no more (rule 3). A file that cannot be removed rings on, and no more."""
    if not envelope:
        return
    file = _path(path, envelope)
    try:
        file.unlink(missing_ok=True)
    except OSError:
        return


def stop(path: Path, now: int) -> list[Ringing]:
    """Stop what rings now (rule 4); returns what was stopped. Raises DeskError if the disk refuses."""
    stopped = [each for each in ringing(path, now) if not each.stopped]
    for each in stopped:
        file = _path(path, each.envelope)
        if file.exists():  # else somebody opens it just now
            host.write_whole(file, encode(msgspec.structs.replace(each, stopped=now)))
    return stopped


def meant_for(path: Path, envelope: str, contacts: Iterable[str]) -> None:
    """Note for which contacts a message is, now that the desk was unlocked."""
    file = _path(path, envelope)
    found = _one(file)
    named = tuple(contacts)[:32]
    if found is not None and named and found.contacts != named:
        _write_quietly(file, encode(msgspec.structs.replace(found, contacts=named)))


def serves(path: Path) -> tuple[str, ...]:
    """The contacts that this desk served when it was unlocked last; none where that is not known."""
    try:
        with host.open_own(path / FOLDER / SERVES) as file:
            return decode(file.read(MOST_BYTES), tuple[ContactId, ...])
    except (OSError, Malformed):
        return ()


def note_serves(path: Path, contacts: tuple[str, ...]) -> None:
    """Note which contacts this desk serves."""
    if contacts == serves(path):
        return
    try:
        host.private_folder(path / FOLDER)
    except DeskError:
        return
    _write_quietly(path / FOLDER / SERVES, encode(contacts))


def _read(path: Path) -> Iterator[Ringing]:
    for file in (path / FOLDER).glob("*.ring"):
        found = _one(file)
        if found is not None and file.stem == found.envelope:
            yield found


def _one(file: Path) -> Ringing | None:
    try:
        with host.open_own(file) as opened:
            return decode(opened.read(MOST_BYTES), Ringing)
    except (OSError, Malformed):
        return None


def _write_quietly(file: Path, data: bytes) -> None:
    """Write what only makes a notice more exact: a disk that refuses takes nothing else down with it."""
    try:
        host.write_whole(file, data)
    except DeskError:
        return


def _path(path: Path, envelope: str) -> Path:
    return path / FOLDER / f"{envelope}.ring"
