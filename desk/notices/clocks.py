"""The clocks of messages, as a locked desk may know them: which turns are due when, and whose word would say they came.

1. One file for each message whose later turns (`desk.mail.schedule`) are still open, under the hash of its envelope, in
   `clocks/`, readable without the passphrase. It says when each turn is due, how urgent the message is, and for which
   contact of this desk it was sent; of its content nothing. So a desk that nobody has unlocked can notice at night that
   the relay gives no sign.
2. It holds the public keys of the relay's receipts and of the devices that may stop the clock: without them whoever
   hands lines over could have a locked desk believe that somebody has accepted. So whoever reads this disk learns to
   which devices a message went whose clock still runs; it goes when the clock has ended.
3. There is room for MOST clocks of this side's messages, and apart from these for MOST of others', MOST_OF_A_CONTACT of
   one contact: whoever writes here, as much as they like, pushes out neither this side's own clocks nor those of other
   contacts. And for MOST_DEVICES devices of each. It fails open: of a message beyond that nobody is alarmed.
4. A line counts for a turn only if its signatures verify (`overdue`); what it says beside that the unlocked desk judges
   (`desk.alarms.turns`), whose word is the last.
5. The envelope stands beside its clock, as long as that is there, as far as MOST_KEPT_BYTES go on either side: it says
   when each turn is due, in bytes that the relay has signed for, so that somebody else can see that too. It is sealed.
6. A message that nothing proved when it came has no clock: its receipt may say any time. It gets one when it turns out
   to be proven (`desk.notices.looked_after`). The envelope is gone by then: its devices are those that the directory
   named for its contacts, and nothing stands beside the clock to show others.
"""

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from crypto.encoding import b64, unb64
from crypto.signing import PublicPair
from desk import host
from desk.errors import DeskError
from desk.mail.message import Message
from desk.mail.schedule import GRACE
from directory.canonical import Malformed, decode, encode
from directory.fields import ContactId, Count, Hash, Key32, Key1312, NetworkName, Time
from directory.view import View
from relay.protocol.envelope import MOST_ENVELOPE_BYTES, Header, Precedence
from relay.protocol.lines import LineError, Notice, StageOrder, Step, device_name, open_line, receipt_name
from relay.protocol.receipts import Relayed

FOLDER = "clocks"
OWN, OTHERS, ENVELOPE = ".clock", ".other", ".envelope"
MOST = 200
MOST_OF_A_CONTACT = 50
MOST_KEPT_BYTES = 64 << 20
MOST_DEVICES = 64
MOST_BYTES = 512 << 10
_CAME = ("released", "hastened", "stopped")


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A piece of a clock."""


class OpenTurn(Entry, frozen=True, kw_only=True):
    """A turn that may still come: its number among all, whether it is a call, when it is due."""

    number: Count
    call: bool = False
    due: Time


class Keys(Entry, frozen=True, kw_only=True):
    """Two public keys that sign together."""

    ed25519: Key32
    mldsa44: Key1312

    @property
    def pair(self) -> PublicPair:
        """As keys; their id is the device's."""
        return PublicPair(unb64(self.ed25519, 32), unb64(self.mldsa44, 1312))


class Clock(Entry, frozen=True, kw_only=True):
    """The clock of a message: `own` if this side sent it, `contact` the one in whose name; `number` is the message's
    here; `alarmed` are the turns, and what was wrong with each, that the officer was told of."""

    envelope: Hash
    number: Count
    network: Hash
    name: NetworkName
    own: bool
    contact: ContactId
    precedence: Precedence
    received: Time
    expires: Time
    stop: Literal["accepted", "never"]
    turns: Annotated[tuple[OpenTurn, ...], msgspec.Meta(max_length=32)]
    receipt: Keys
    recipients: Annotated[tuple[Keys, ...], msgspec.Meta(max_length=MOST_DEVICES)] = ()
    side: Annotated[tuple[Keys, ...], msgspec.Meta(max_length=MOST_DEVICES)] = ()
    stopped: Time = 0
    alarmed: tuple[str, ...] = ()


def clock_of(
    view: View,
    message: Message,
    header: Header | None,
    envelope: str,
    relayed: Relayed,
    number: int,
    *,
    own: bool,
) -> Clock | None:
    """The clock of a message that the relay has taken in; None if nothing comes after its first stage. Without the
    header of its envelope by the devices of its contacts (rule 6)."""
    relay, received = view.relay_at(relayed.leaf.tree_size), relayed.leaf.time
    if relay is None or len(message.turns) < 2:
        return None
    if header is not None:
        recipients = [each.device for stage in header.stages for each in stage.devices]
        side = [header.sender, *(each.device for each in header.own)]
    else:
        recipients = _devices(view, message.contacts, relayed)
        side = [message.sender.device, *_devices(view, (message.sender.contact,), relayed)]
    first = len(message.stages)
    return Clock(
        envelope=envelope,
        number=number,
        network=view.founded.id,
        name=view.founded.name,
        own=own,
        contact=message.sender.contact,
        precedence=message.precedence,
        received=received,
        expires=message.expires,
        stop=message.stop,
        turns=tuple(
            OpenTurn(number=at, call=at >= first, due=received + each.after)
            for at, each in enumerate(message.turns)
            if at and received + each.after < message.expires
        ),
        receipt=_keys(relay.receipt),
        recipients=_named(view, recipients if own else ()),
        side=_named(view, side if own else []),
    )


def begin(path: Path, clock: Clock | None, envelope: bytes = b"") -> None:
    """Keep a clock, and its envelope, durable on return, as far as there is room (rules 3 and 5). A disk that refuses
    keeps no message back."""
    try:
        if clock is not None and clock.turns and _has_room(path, clock):
            host.private_folder(path / FOLDER)
            host.write_whole(_path(path, clock), encode(clock))
            kept = [_kept(path, each.stem) for each in _files(path, own=clock.own)]
            if envelope and sum(map(_size, kept)) + len(envelope) <= MOST_KEPT_BYTES:
                host.write_whole(_kept(path, clock.envelope), envelope)
    except (DeskError, OSError):
        return


def envelope_of(path: Path, clock: Clock) -> bytes:
    """The envelope beside a clock; empty where there is none, or it was damaged."""
    try:
        with host.open_own(_kept(path, clock.envelope)) as opened:
            raw = opened.read(MOST_ENVELOPE_BYTES + 1)
    except OSError:
        return b""
    return raw if sha256(raw).hexdigest() == clock.envelope else b""


def keep(path: Path, clock: Clock) -> None:
    """Keep what has become of a clock; one without open turns goes."""
    try:
        if clock.turns:
            host.write_whole(_path(path, clock), encode(clock))
        else:
            _end(path, _path(path, clock))
    except (DeskError, OSError):
        return


def forget(path: Path, envelope: str) -> None:
    """The message in that envelope is erased: what stands of it beside its clock goes, before the message does.

    Raises OSError: then the message stays too, and both are tried again.
    """
    for suffix in (ENVELOPE, OWN, OTHERS):
        (path / FOLDER / f"{envelope}{suffix}").unlink(missing_ok=True)


def clocks(path: Path, now: int, *, own: bool | None = None) -> list[Clock]:
    """Every clock that runs, or those of this side's (`own`) or of others' messages, by when its next turn is due; one
    whose message has expired goes, and a damaged one."""
    found = []
    for file in _files(path, own=own):
        clock = _read(file)
        if clock is None or file.stem != clock.envelope or clock.expires + GRACE < now:
            _end(path, file)
        else:
            found.append(clock)
    return sorted(found, key=lambda each: (each.turns[0].due if each.turns else 0, each.envelope))


def stop(path: Path, now: int) -> int:
    """Nobody is to be woken any more for what is overdue by now; later turns are looked at as before. Returns of how
    many messages that is."""
    stopped = 0
    for clock in clocks(path, now):
        if any(clock.stopped <= each.due + GRACE < now for each in clock.turns):
            keep(path, msgspec.structs.replace(clock, stopped=now))
            stopped += clock.own
    return stopped


def overdue(clock: Clock, lines: Iterable[tuple[str, bytes]], now: int) -> list[OpenTurn]:
    """The turns of a clock that are late, and of which none of the lines (kind and bytes, as they came) says anything.

    What was overdue when somebody stopped the ringing is left out.
    """
    came = set[int]()
    late = [each for each in clock.turns if each.due + GRACE < now]
    for kind, raw in lines if late else ():
        for number in _said(clock, kind, raw):
            came.update(each.number for each in late if number in (each.number, _ALL))
    return [each for each in late if each.number not in came and each.due + GRACE >= clock.stopped]


def next_look(found: Sequence[Clock], now: int) -> int | None:
    """When the next turn is late, if nothing is heard of it."""
    due = (each.due + GRACE + 1 for clock in found for each in clock.turns)
    return min((at for at in due if at > now), default=None)


_ALL = -1


def _said(clock: Clock, kind: str, raw: bytes) -> Iterator[int]:
    """Of which turns a line says that they came or were stopped, if it verifies."""
    try:
        match kind:
            case "notice":
                notice = open_line(raw, Notice, receipt_name(clock.name), clock.receipt.pair, clock.network)
                if notice.envelope == clock.envelope and notice.event in _CAME:
                    yield notice.stage
            case "step" if clock.stop == "accepted":
                step = _signed(clock, raw, Step, clock.recipients)
                if step is not None and step.act == "accepted":
                    yield _ALL
            case "stage":
                order = _signed(clock, raw, StageOrder, clock.side)
                if order is not None and order.act == "stop":
                    yield _ALL
    except (LineError, ValueError):
        return


def _signed(
    clock: Clock, raw: bytes, kind: type[Step] | type[StageOrder], by: Sequence[Keys]
) -> Step | StageOrder | None:
    for each in by:
        pair = each.pair
        try:
            line = open_line(raw, kind, device_name(clock.name, pair.id), pair, clock.network)
        except LineError:
            continue
        return line if (line.envelope, line.device) == (clock.envelope, pair.id) else None
    return None


def _devices(view: View, contacts: Iterable[str], relayed: Relayed) -> list[str]:
    """The devices of everybody who served some contacts when the relay took something in, and counted then."""
    size, time = relayed.leaf.tree_size, relayed.leaf.time
    found = (view.contacts.get(each) for each in contacts)
    officers = [officer for each in found if each is not None for officer in each.served_by(size)]
    devices = (device for officer in officers for device in view.officers[officer].devices)
    return [each for each in dict.fromkeys(devices) if view.device_live(each, size, time)]


def _named(view: View, devices: Iterable[str]) -> tuple[Keys, ...]:
    found = (view.devices.get(each) for each in dict.fromkeys(devices))
    return tuple(_keys(each.keys) for each in found if each is not None)[:MOST_DEVICES]


def _keys(pair: PublicPair) -> Keys:
    return Keys(ed25519=b64(pair.ed25519), mldsa44=b64(pair.mldsa44))


def _read(file: Path) -> Clock | None:
    try:
        with host.open_own(file) as opened:
            return decode(opened.read(MOST_BYTES), Clock)
    except (OSError, Malformed):
        return None


def _has_room(path: Path, clock: Clock) -> bool:
    files = _files(path, own=clock.own)
    if len(files) >= MOST or clock.own:
        return len(files) < MOST
    same = (found for each in files if (found := _read(each)) is not None and found.contact == clock.contact)
    return sum(1 for _ in same) < MOST_OF_A_CONTACT


def _end(path: Path, file: Path) -> None:
    """A clock goes, its envelope first: no crash leaves one that nobody would ever remove."""
    _kept(path, file.stem).unlink(missing_ok=True)
    file.unlink(missing_ok=True)


def _files(path: Path, *, own: bool | None = None) -> list[Path]:
    suffixes = (OWN, OTHERS) if own is None else (OWN,) if own else (OTHERS,)
    return sorted(each for suffix in suffixes for each in (path / FOLDER).glob(f"*{suffix}"))


def _path(path: Path, clock: Clock) -> Path:
    return path / FOLDER / f"{clock.envelope}{OWN if clock.own else OTHERS}"


def _kept(path: Path, envelope: str) -> Path:
    return path / FOLDER / f"{envelope}{ENVELOPE}"


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0
