"""Signed lines: short notes that travel in the open because they say nothing of content.

| type | signed by | says |
|---|---|---|
| `enlace/delivered/v1` | the device's reception keys | the envelope is stored at this device |
| `enlace/step/v1` | the device's keys | accepted or refused; stops the clock |
| `enlace/call/v1` | the sending device's keys | a message waits for a contact, and nobody has accepted it |
| `enlace/stage/v1` | the keys of a device of the sender's side | stop the clock, or hasten a turn |
| `enlace/notice/v1` | the relay's receipt keys | a turn came or will not; expired, held or dropped for devices |
| `enlace/receipts/v1` | the relay's receipt keys | one Merkle root over the receipts of a commit (`receipts.py`) |

1. Every line carries both signatures of its signer (`crypto.signing.check_both`) and names its network.
2. A line is bounded: it is never larger than MOST_LINE_BYTES.
3. A *turn* is a stage or a call of an envelope: the stages count from 0, and the calls go on from there.
"""

from typing import Annotated, Literal, TypeVar

import msgspec

from crypto.errors import CryptoError
from crypto.note import parse_note
from crypto.signing import PublicPair, SecretPair, check_both, sign_both
from directory.canonical import Malformed, read_body, write_body
from directory.fields import ContactId, Count, Hash, Time
from directory.relayed import receipt_name as receipt_name
from relay.protocol.envelope import MOST_CALLED, MOST_DEVICES, Precedence

MOST_LINE_BYTES = 128 << 10


class LineError(ValueError):
    """A signed line that is malformed, or not signed by whom it should be."""


class Line(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What every line says: which network, which envelope (its hash), when."""

    network: Hash
    envelope: Hash
    at: Time


class Delivered(Line, frozen=True, kw_only=True):
    """Stored at `device`, locked or not."""

    device: Hash


class Step(Line, frozen=True, kw_only=True):
    """The officer at `device` accepted the message for action, or refused it (the reason is sealed)."""

    device: Hash
    act: Literal["accepted", "refused"]


class Call(Line, frozen=True, kw_only=True):
    """A message from contact `sender` waits for `contacts`, and nobody has accepted it. Signed by the sending `device`
    at `at`, for when turn `stage` comes, `after` seconds from the relay's receipt; for `devices`. It says no more."""

    device: Hash
    sender: ContactId
    contacts: Annotated[tuple[ContactId, ...], msgspec.Meta(min_length=1, max_length=MOST_DEVICES)]
    precedence: Precedence
    stage: Count
    after: Count
    devices: Annotated[tuple[Hash, ...], msgspec.Meta(max_length=MOST_CALLED)]


class StageOrder(Line, frozen=True, kw_only=True):
    """An officer of the sender's side, at `device`, stops the clock: no further turn. Or hastens turn `stage`: it, and
    what waits before it, is released now."""

    device: Hash
    act: Literal["stop", "hasten"]
    stage: Count = 0


Event = Literal["released", "hastened", "stopped", "expired", "held", "dropped"]


class Notice(Line, frozen=True, kw_only=True):
    """What became of an envelope for `devices`; `stage` is the turn."""

    event: Event
    devices: tuple[Hash, ...]
    stage: Count = 0


L = TypeVar("L", bound=msgspec.Struct)
TYPES: dict[type[msgspec.Struct], str] = {
    Delivered: "enlace/delivered/v1",
    Step: "enlace/step/v1",
    Call: "enlace/call/v1",
    StageOrder: "enlace/stage/v1",
    Notice: "enlace/notice/v1",
}


def reception_name(network: str, device: str) -> str:
    """The name under which a device's reception keys sign."""
    return f"{network}/{device}/reception"


def device_name(network: str, device: str) -> str:
    """The name under which a device's own keys sign."""
    return f"{network}/{device}"


def write_line(line: Delivered | Step | Call | StageOrder | Notice, name: str, keys: SecretPair) -> bytes:
    """The line as a note with both signatures."""
    return sign_both(keys, name, write_body(TYPES[type(line)], line))


def open_line(raw: bytes, kind: type[L], name: str, keys: PublicPair, network: str) -> L:
    """The line in `raw`, signed by both of `keys` under `name` for `network`; raises LineError, saying why not."""
    try:
        note = parse_note(raw, MOST_LINE_BYTES)
        check_both(note, name, keys)
        line = read_body(note.text, TYPES[kind], kind)
    except (CryptoError, Malformed) as error:
        raise LineError(str(error)) from error
    if getattr(line, "network", None) != network:
        raise LineError("the line was signed for another network")
    return line


def peek_line(raw: bytes, kind: type[L]) -> L:
    """The line in `raw` before its signatures are checked, to learn whose they should be; raises LineError."""
    try:
        return read_body(parse_note(raw, MOST_LINE_BYTES).text, TYPES[kind], kind)
    except (CryptoError, Malformed) as error:
        raise LineError(str(error)) from error
