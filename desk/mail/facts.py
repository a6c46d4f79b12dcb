"""What a desk keeps of a message beside its note, and of the signed lines about it."""

from dataclasses import dataclass
from typing import Literal

import msgspec

from desk.mail.message import Message
from directory.fields import Count, Hash, Time
from relay.protocol.receipts import Relayed

Direction = Literal["in", "out", "colleague"]


NOTHING_SHOWS = "nothing shows in which envelope it was, so nothing is signed about one"


class SaidFacts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a desk knows of a message, as a recovery file says it to another. Times are unix seconds; 0 means not yet.

    `origin` is the device from whose archive a recovery file brought it, at `recovered`; empty if it came to that desk.
    """

    direction: Direction
    received: Time = 0
    envelope: Hash | Literal[""] = ""
    relayed: Relayed | msgspec.UnsetType = msgspec.UNSET
    stage: Count = 0
    warnings: tuple[str, ...] = ()
    sent: Time = 0
    opened: Time = 0
    decided: Literal["", "accepted", "refused"] = ""
    decided_at: Time = 0
    origin: Hash | Literal[""] = ""
    recovered: Time = 0


class Facts(SaidFacts, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What this desk knows of a message.

    `shown`: a recovery file brought it with what shows its envelope, and the envelope was made again here. No file says
    that of a message: whoever reads one finds it out.
    """

    shown: bool = False

    @property
    def by_word(self) -> bool:
        """Whether only the lost desk says in which envelope it came, and so which receipt is its own."""
        return bool(self.origin) and not self.shown

    @property
    def own_envelope(self) -> Hash | Literal[""]:
        """The envelope it came in, or was sent in; empty where there is none, or only a lost desk says so.

        Whatever is done about an envelope (signed, rung for, erased) asks this. `envelope` is for what shows that word.
        """
        return "" if self.by_word else self.envelope

    @property
    def receipt(self) -> Relayed | None:
        """The relay's receipt for the message; None if there is none, or only a lost desk says whose it is.

        Whatever is judged by a receipt asks this. `relayed` is for what shows that word as one, or hands it on.
        """
        return self.relayed if isinstance(self.relayed, Relayed) and not self.by_word else None


class StoredLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A signed line this desk has verified: its kind, its envelope, its bytes."""

    kind: Literal["delivered", "step", "call", "stage", "notice"]
    envelope: Hash
    note: str


@dataclass(frozen=True, slots=True)
class Stored:
    """A message with its facts and its number in this profile."""

    number: int
    message: Message
    facts: Facts
    note: bytes


@dataclass(frozen=True, slots=True)
class Waiting:
    """An outgoing message, and its envelope if it was sealed already."""

    stored: Stored
    envelope: bytes | None
