"""What came by the stream, as it came, until the officer's desk takes it in: one file an item, ciphertext.

1. A file is written whole and durable before the relay is told so; its name is the item's number, so that an item sent
   twice is stored once.
2. It is removed only after what it held was stored in `messages.db`. After a crash between, it is taken in again and
   found to be there already.
3. What cannot be believed is kept, as `.refused`, for an administrator to look at.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from desk import host
from desk.errors import Usage
from directory.canonical import Malformed, decode, encode
from directory.fields import Time
from relay.protocol.stream import Item


class Arrival(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An item, and when it came (unix seconds, this desk's clock)."""

    item: Item
    arrived: Time


@dataclass(frozen=True, slots=True)
class Spooled:
    """A stored item."""

    path: Path
    arrival: Arrival
    payload: bytes


class Spool:
    """The folder `spool/` of a profile."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, item: Item, payload: bytes, arrived: int) -> bool:
        """Store an item, durable on return; returns False for one stored before."""
        path = self._folder / f"{item.number:016d}.item"
        fresh = not path.exists()
        host.write_whole(path, encode(Arrival(item=item, arrived=arrived)) + b"\n" + payload)
        return fresh

    def waiting(self) -> Iterator[Spooled]:
        """Everything stored, in the relay's order."""
        for path in sorted(self._folder.glob("*.item")):
            head, newline, payload = path.read_bytes().partition(b"\n")
            try:
                arrival = decode(head, Arrival)
            except Malformed as error:
                raise Usage(f"{path} is damaged: {error}") from error
            if not newline or len(payload) != arrival.item.size:
                raise Usage(f"{path} is damaged: its payload is cut off")
            yield Spooled(path, arrival, payload)

    def count(self, kind: str | None = None) -> int:
        """How many items wait; of one kind, if given."""
        return sum(1 for each in self.waiting() if kind is None or each.arrival.item.kind == kind)

    def done(self, spooled: Spooled) -> None:
        """What it held is stored elsewhere."""
        host.remove(spooled.path)

    def refused(self, spooled: Spooled) -> Path:
        """Put aside what cannot be believed; returns where it is."""
        aside = spooled.path.with_suffix(".refused")
        spooled.path.replace(aside)
        host.sync_folder(self._folder)
        return aside
