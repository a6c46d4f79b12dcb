"""The stream: one WebSocket per device, by which the relay hands over what waits and the desk says it has it.

Frames are JSON text, one a message; an `Item` is followed by one binary frame, its payload (an envelope, or a signed
line).

1. The stream is opened with a DPoP proof by the device's *reception* key, made once at the upgrade; nothing else can be
   done with that key. No session and no code is needed: at 3 a.m. nobody is at the keyboard.
2. The relay sends items in queue order, at most `WINDOW` unacknowledged at a time.
3. The desk stores an item durably, then sends `Ack` with its number; for an envelope the ack carries the *delivered*
   line. The relay deletes an item only on that ack (or at expiry, and then it tells the sender).
4. When everything that waited is handed over and its acknowledgements are stored, the relay sends `Idle`; with
   `?drain=1` it then closes. So a desk acknowledges each item as it stores it, and does not wait for `Idle` with that.
5. What was not acknowledged when the stream ends is sent again on the next one, under the same number.
6. A second stream of the same device ends the first (`Closing`, reason `replaced`); so do other reception keys that the
   directory names for it.
"""

from typing import Literal

import msgspec

from directory.canonical import decode_lenient
from directory.fields import Count, Hash, Time
from relay.protocol.receipts import Relayed

WINDOW = 16
HEARTBEAT = 30  # seconds between pings
MOST_FRAME_BYTES = 256 << 10
ItemKind = Literal["envelope", "delivered", "step", "call", "stage", "notice"]
ClosingReason = Literal["revoked", "suspended", "replaced", "slow", "stopping", "protocol"]


class Frame(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="frame"
):
    """One message of the stream."""


class Hello(Frame, frozen=True, kw_only=True, tag="hello"):
    """The relay greets: its time, the directory's size, and how many items wait."""

    time: Time
    tree_size: Count
    waiting: Count


class Item(Frame, frozen=True, kw_only=True, tag="item"):
    """Something for the device, under a number that only grows; `size` bytes of payload follow in a binary frame."""

    number: Count
    kind: ItemKind
    envelope: Hash
    size: Count
    stage: Count = 0
    released: Time = 0
    relayed: Relayed | msgspec.UnsetType = msgspec.UNSET


class Idle(Frame, frozen=True, kw_only=True, tag="idle"):
    """Nothing more waits for now."""


class Changed(Frame, frozen=True, kw_only=True, tag="changed"):
    """The directory has grown to `tree_size`."""

    tree_size: Count


class Closing(Frame, frozen=True, kw_only=True, tag="closing"):
    """The relay ends the stream. The reason is the text of the WebSocket's close frame too."""

    reason: ClosingReason
    detail: str = ""


class Ack(Frame, frozen=True, kw_only=True, tag="ack"):
    """The desk has stored item `number`; `delivered` is the signed line, for an envelope."""

    number: Count
    delivered: str = ""


FromRelay = Hello | Item | Idle | Changed | Closing


def read_from_relay(raw: bytes) -> FromRelay:
    """A frame a relay sent; raises Malformed."""
    return decode_lenient(raw, FromRelay, MOST_FRAME_BYTES)  # type: ignore[arg-type]  # a union is no `type`


def read_from_desk(raw: bytes) -> Ack:
    """A frame a desk sent; raises Malformed."""
    return decode_lenient(raw, Ack, MOST_FRAME_BYTES)
