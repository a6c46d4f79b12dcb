"""Envelopes: a readable header, then one age file that the relay cannot read.

    enlace/envelope/v1
    {"attachments":[],"expires":…,"id":"…","network":"5f…","own":[…],"precedence":"flash","sender":"9c…",
     "stages":[{"after":0,"devices":[{"device":"77…","key":"0123456789abcdef"}]}],"stop":"accepted","time":…,"tree_size":41}
    age-encryption.org/v1 …

(The header is one line; it is folded here.)

1. The age file has one `mlkem768x25519` stanza for each device the header names and no other, in the header's order:
   all stages, then `own`. So a device finds its stanza without trying the others.
2. A device is named once. Stage 0 is released at once; later stages have a larger `after`, in seconds from the relay's
   receipt, and may name nobody new.
3. `expires` is later than `time`, by at most LONGEST_EXPIRY.
4. The padded text inside is 16 KiB, 64 KiB, or a PADMÉ size above; other sizes, which would tell more, are refused.
5. The header is not signed: a desk compares it with the signed note inside, and trusts the note.
6. `calls` come after the last stage. Whoever is called gets a signed line without content (`relay.protocol.lines`) and
   no envelope; so no device is called that the envelope is for, and none twice.

The envelope hash, SHA-256 of all bytes, is what receipts are about. `tree_size` is the directory the sender sealed by.
"""

from dataclasses import dataclass
from hashlib import sha256
from itertools import chain
from typing import Annotated, Literal

import msgspec

from directory.canonical import Malformed, decode, encode
from directory.fields import Count, Hash, Time
from directory.keyset import LONGEST_EXPIRY
from relay.protocol.padding import check_padded_size

ENVELOPE_TYPE = b"enlace/envelope/v1\n"
MOST_ENVELOPE_BYTES = 4 << 20
MOST_HEADER_BYTES = 256 << 10
MOST_DEVICES = 500
MOST_STAGES = 9
MOST_CALLS = 9
MOST_CALLED = 500  # devices in all calls
MOST_ATTACHMENTS = 32
LATEST_STAGE = LONGEST_EXPIRY
_AGE_LINE = b"age-encryption.org/v1\n"
# Each begins with the line feed of the line before. In base64: 1,120 bytes encapsulated, 32 sealed; a MAC of 32.
_STANZA, _MAC = b"\n-> mlkem768x25519 ", b"\n--- "
_STANZA_SIZE, _MAC_SIZE = len(_STANZA) + 1494 + len(b"\n") + 43, len(_MAC) + 43
_DIGITS = b"0123456789abcdef"
_NONCE, _TAG, _CHUNK = 16, 16, 64 << 10

EnvelopeId = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{32}\Z")]
Precedence = Literal["flash", "immediate", "priority", "routine"]
PRECEDENCES: tuple[Precedence, ...] = ("flash", "immediate", "priority", "routine")


class Recipient(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A device, and which of its keys the stanza is for; `check_header` looks at the digits of all at once."""

    device: Annotated[str, msgspec.Meta(min_length=64, max_length=64)]
    key: Annotated[str, msgspec.Meta(min_length=16, max_length=16)]


class Stage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The devices to release the envelope to `after` seconds, unless it was stopped before."""

    after: Count
    devices: tuple[Recipient, ...]


class Called(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The devices to call `after` seconds, unless it was stopped before; they get a line, and no envelope."""

    after: Count
    devices: tuple[Annotated[str, msgspec.Meta(min_length=64, max_length=64)], ...]


class Header(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the relay may know of a message. `stop` says which step ends the release of further stages."""

    id: EnvelopeId
    network: Hash
    sender: Hash
    stages: tuple[Stage, ...]
    calls: tuple[Called, ...] = ()
    own: tuple[Recipient, ...]
    precedence: Precedence
    stop: Literal["accepted", "never"]
    time: Time
    expires: Time
    attachments: tuple[Hash, ...]
    tree_size: Count

    @property
    def turns(self) -> tuple[int, ...]:
        """The `after` of each turn: the stages in order, then the calls. Turn 0 is the first stage."""
        return (*(each.after for each in self.stages), *(each.after for each in self.calls))

    @property
    def called(self) -> tuple[str, ...]:
        """Every device that may be called."""
        return tuple(chain(*(call.devices for call in self.calls)))

    def recipients(self) -> tuple[Recipient, ...]:
        """Every device in stanza order."""
        return tuple(chain(*(stage.devices for stage in self.stages), self.own))

    def stanza_of(self, device: str) -> int:
        """The index of a device's stanza; raises Malformed if the envelope is not for it."""
        for index, recipient in enumerate(self.recipients()):
            if recipient.device == device:
                return index
        raise Malformed("the envelope is not for this device")

    def stage_of(self, device: str) -> int:
        """The number of a device's stage; 0 for the sender's own side."""
        for number, stage in enumerate(self.stages):
            if any(each.device == device for each in stage.devices):
                return number
        return 0


@dataclass(frozen=True, slots=True)
class Envelope:
    """A checked header, the age file, and the bytes they came in."""

    header: Header
    sealed: bytes
    raw: bytes

    @property
    def hash(self) -> str:
        """SHA-256 of the whole envelope, in hexadecimal."""
        return sha256(self.raw).hexdigest()


def write_envelope(header: Header, sealed: bytes) -> Envelope:
    """The envelope; refuses (Malformed) what a reader would refuse, by reading it."""
    return parse_envelope(ENVELOPE_TYPE + encode(header) + b"\n" + sealed)


def parse_envelope(raw: bytes) -> Envelope:
    """The envelope in `raw`; raises Malformed for whatever breaks a rule above or is not written canonically."""
    if len(raw) > MOST_ENVELOPE_BYTES:
        raise Malformed(f"envelope of {len(raw)} bytes; at most {MOST_ENVELOPE_BYTES} are accepted")
    if not raw.startswith(ENVELOPE_TYPE):
        raise Malformed("not an envelope of this version")
    end = raw.find(b"\n", len(ENVELOPE_TYPE), len(ENVELOPE_TYPE) + MOST_HEADER_BYTES)
    if end < 0:
        raise Malformed(f"the envelope's header has no end within {MOST_HEADER_BYTES} bytes")
    header = decode(raw[len(ENVELOPE_TYPE) : end], Header, MOST_HEADER_BYTES)
    check_header(header)
    sealed = raw[end + 1 :]
    _check_sealed(len(header.recipients()), sealed)
    return Envelope(header, sealed, raw)


def check_header(header: Header) -> None:
    """Return if `header` keeps rules 2, 3 and 6 and the bounds; raise Malformed if not."""
    recipients, called = header.recipients(), header.called
    devices = [each.device for each in recipients]
    if "".join([*devices, *called, *(each.key for each in recipients)]).encode().translate(None, _DIGITS):
        raise Malformed("devices and keys are named in hexadecimal, in small letters")
    if not 1 <= len(header.stages) <= MOST_STAGES or not header.stages[0].devices:
        raise Malformed(f"an envelope has between 1 and {MOST_STAGES} stages, the first with a device")
    if len(devices) > MOST_DEVICES or len(set(devices)) != len(devices):
        raise Malformed(f"an envelope names at most {MOST_DEVICES} devices, each once")
    afters = [stage.after for stage in header.stages]
    if afters[0] != 0 or afters != sorted(set(afters)) or afters[-1] > LATEST_STAGE:
        raise Malformed("stage 0 is released at once, each later stage after the one before")
    if header.calls:
        _check_calls(header, {*devices, header.sender})
    if not header.time < header.expires <= header.time + LONGEST_EXPIRY:
        raise Malformed(f"an envelope expires after its time, by at most {LONGEST_EXPIRY // 86_400} days")
    if len(header.attachments) > MOST_ATTACHMENTS or len(set(header.attachments)) != len(header.attachments):
        raise Malformed(f"an envelope has at most {MOST_ATTACHMENTS} attachments, each once")


def _check_calls(header: Header, reached: set[str]) -> None:
    """Return if the calls keep rule 6; `reached` are the devices that the envelope is for or from."""
    called, turns = header.called, list(header.turns)
    if len(header.calls) > MOST_CALLS or turns != sorted(set(turns)) or turns[-1] > LATEST_STAGE:
        raise Malformed(f"an envelope has at most {MOST_CALLS} calls, after the last stage, each after the one before")
    if len(called) > MOST_CALLED or len({*reached, *called}) != len(reached) + len(called):
        raise Malformed(f"an envelope calls at most {MOST_CALLED} devices, each once, and none that it is for or from")


def _check_sealed(devices: int, sealed: bytes) -> None:
    """Return if `sealed` looks like an age file with a stanza a device and a padded text (rules 1 and 4).

    Only the shape: whether the file opens is for the devices to find out.
    """
    if not sealed.startswith(_AGE_LINE):
        raise Malformed("the sealed part is not an age file")
    begin = len(_AGE_LINE) - 1
    mac = begin + devices * _STANZA_SIZE
    end = mac + _MAC_SIZE
    stanzas = all(sealed.startswith(_STANZA, at) for at in range(begin, mac, _STANZA_SIZE))
    if not stanzas or not sealed.startswith(_MAC, mac) or not sealed.startswith(b"\n", end):
        raise Malformed("the age file has not one post-quantum stanza a device, and then its MAC")
    payload = len(sealed) - end - 1 - _NONCE
    chunks = -(-payload // (_CHUNK + _TAG))
    check_padded_size(payload - chunks * _TAG)
