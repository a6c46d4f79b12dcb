"""What a desk keeps of a message beside its note, and of the signed lines about it."""

from dataclasses import dataclass
from typing import Literal

import msgspec

from desk.mail.message import Message
from directory.fields import Count, Hash, Time
from relay.protocol.receipts import Relayed

Direction = Literal["in", "out", "colleague"]


class Facts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What this desk knows of a message. Times are unix seconds; 0 means not yet.

    `origin` is the device from whose archive a recovery file brought it, at `recovered`; empty if it came to this desk.
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
