"""What came by the stream, as it came, until the officer's desk takes it in: one file an item, ciphertext.

1. A file is written whole and durable before the relay is told so; its name is the item's number, its kind and its
   payload's hash. So an item sent twice is stored once, and a relay that sends something else under a number it used
   before, or the same as something else, replaces nothing that was acknowledged, and has nothing acknowledged that is
   not stored. The whole hash: two payloads that share the beginning of theirs can be made. What is there is looked at:
   one that was damaged is written again.
2. It is removed only after what it held was stored in `messages.db`. After a crash between, it is taken in again and
   found to be there already.
3. What the disk does not hand out now is no damage: it stays, and is read the next time.
4. What cannot be believed, or is damaged, is kept, as `.refused`, for an administrator to look at; the rest goes on.
   There is room for `MOST_REFUSED` of them, or `MOST_REFUSED_BYTES`; what comes when it is full is let go, and that is
   told: any member can send what nobody believes, and must not fill this disk with it.
5. There is room for `MOST_WAITING` items, or `MOST_WAITING_BYTES`, and `LEAST_FREE` bytes of the disk stay free.
   **Fails closed**, also where the system cannot say how much is free: what comes then is neither stored nor
   acknowledged, stays with the relay until it expires, and its sender sees that it was not delivered. Unlocking the
   desk makes room.
"""

import os
import shutil
from collections.abc import Container, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import msgspec

from config.whole_files import sync_folder
from desk import host
from desk.errors import DeskError
from directory.canonical import Malformed, decode, encode
from directory.fields import Time
from relay.protocol.stream import Item

MOST_REFUSED = 1_000
MOST_REFUSED_BYTES = 256 << 20
MOST_WAITING = 20_000  # four times what waits at a relay for a device, as relays are set up
MOST_WAITING_BYTES = 2 << 30
LEAST_FREE = 64 << 20
_STAYS = "Until then what comes stays with the relay, until it expires, and its senders see that it was not delivered"
_UNLOCK = f"Unlock this desk and run `enlace sync`. {_STAYS}"
_MOST_HEAD = 1 << 20  # far more than an item's fields and its receipt take


class Arrival(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """An item, when it came (unix seconds, this desk's clock), and up to when everything had been heard before it
    (`desk.mail.heard`; 0: not known)."""

    item: Item
    arrived: Time
    heard: Time = 0


@dataclass(frozen=True, slots=True)
class Spooled:
    """A stored item."""

    path: Path
    arrival: Arrival
    payload: bytes


@dataclass(frozen=True, slots=True)
class Damaged:
    """A file that is no stored item any more, and why."""

    path: Path
    why: str


@dataclass(frozen=True, slots=True)
class _Room:
    """How much waits, as far as it was counted."""

    items: int
    size: int

    def fits(self, size: int) -> bool:
        return self.items < MOST_WAITING and self.size + size <= MOST_WAITING_BYTES


@dataclass(frozen=True, slots=True)
class Unread:
    """A file that the disk does not hand out now, and why; perhaps it will the next time."""

    path: Path
    why: str


class NoRoom(DeskError):
    """The spool is full, or the disk nearly is (rule 5)."""


class Spool:
    """The folder `spool/` of a profile."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._room: _Room | None = None

    def put(self, item: Item, payload: bytes, arrived: int, heard: int = 0) -> bool:
        """Store an item, durable on return; returns False for one stored before. Raises NoRoom, DeskError."""
        path = self._folder / f"{item.number:016d}-{item.kind}-{sha256(payload).hexdigest()}.item"
        if path.exists():
            stored = _read(path)
            if isinstance(stored, Spooled) and stored.payload == payload:
                sync_folder(self._folder)  # perhaps a crash came between its rename and this
                return False
        data = encode(Arrival(item=item, arrived=arrived, heard=heard)) + b"\n" + payload
        self._check_room(len(data))
        host.write_whole(path, data)
        return True

    def _check_room(self, size: int) -> None:
        """Count an item of so many bytes in; raises NoRoom. Another process may have taken others out meanwhile."""
        if self._room is None or not self._room.fits(size):
            found = [each.stat().st_size for each in self.paths()]
            self._room = _Room(len(found), sum(found))
        if not self._room.fits(size):
            raise NoRoom(f"spool/ is full: {self._room.items} items have come and wait to be read. {_UNLOCK}")
        try:
            free = shutil.disk_usage(self._folder).free
        except OSError as error:
            raise NoRoom(f"how much of the disk is free cannot be told: {host.reason(error)}. {_UNLOCK}") from error
        if free - size < LEAST_FREE:
            raise NoRoom(f"the disk under spool/ is nearly full: make room on it. {_STAYS}")
        self._room = _Room(self._room.items + 1, self._room.size + size)

    def paths(self) -> list[Path]:
        """The files of everything stored, in the relay's order."""
        return sorted(self._folder.glob("*.item"))

    def waiting(self) -> Iterator[Spooled | Damaged | Unread]:
        """Everything stored, in the relay's order."""
        for path in self.paths():
            yield _read(path)

    def envelopes(self, known: Container[str]) -> Iterator[Spooled]:
        """The envelopes stored, in the relay's order, but for those whose hashes are `known`, which are not read."""
        for path in self.paths():
            _, kind, digest = path.stem.split("-")[:3] if path.stem.count("-") == 2 else ("", "", "")
            if kind == "envelope" and digest not in known and isinstance(found := _read(path), Spooled):
                yield found

    def lines(self) -> Iterator[Spooled]:
        """The lines stored, in the relay's order: everything but envelopes, which are not read."""
        for path in self.paths():
            if "-envelope-" not in path.name and isinstance(found := _read(path), Spooled):
                yield found

    @staticmethod
    def read(path: Path) -> Spooled | Damaged | Unread:
        """What stands in one file of the folder, waiting or put aside."""
        return _read(path)

    def count(self, kind: str | None = None) -> int:
        """How many whole items wait; of one kind, if given. Their payloads are not read."""
        found = (each for each in map(_head, self.paths()) if isinstance(each, Arrival))
        return sum(1 for each in found if kind is None or each.item.kind == kind)

    def done(self, spooled: Spooled) -> None:
        """What it held is stored elsewhere. Raises OSError."""
        host.remove(spooled.path)

    def refused(self, spooled: Spooled | Damaged) -> str:
        """Put aside what cannot be believed; returns where it is kept, or that it is not and why. Raises OSError."""
        kept = [each.stat().st_size for each in self._folder.glob("*.refused")]
        if len(kept) >= MOST_REFUSED or sum(kept) >= MOST_REFUSED_BYTES:
            host.remove(spooled.path)
            return f"not kept: spool/ holds {len(kept)} refused items already; look at those, and delete them"
        aside = spooled.path.with_suffix(".refused")
        spooled.path.replace(aside)
        sync_folder(self._folder)
        return f"kept as spool/{aside.name}"


def _head(path: Path) -> Arrival | Damaged | Unread:
    """What stands before an item's payload, whose size is right; little more than that is read."""
    try:
        if path.is_dir():
            return Damaged(path, f"{path} is damaged: it is a folder")
        with path.open("rb") as file:
            head = file.readline(_MOST_HEAD)
            size = os.fstat(file.fileno()).st_size
        arrival = decode(head.removesuffix(b"\n"), Arrival)
    except OSError as error:
        return Unread(path, f"{path} cannot be read: {host.reason(error)}")
    except Malformed as error:
        return Damaged(path, f"{path} is damaged: {error}")
    if not head.endswith(b"\n") or size != len(head) + arrival.item.size:
        return Damaged(path, f"{path} is damaged: its payload is cut off")
    return arrival


def _read(path: Path) -> Spooled | Damaged | Unread:
    arrival = _head(path)
    if not isinstance(arrival, Arrival):
        return arrival
    try:
        return Spooled(path, arrival, path.read_bytes().partition(b"\n")[2])
    except OSError as error:
        return Unread(path, f"{path} cannot be read: {host.reason(error)}")
