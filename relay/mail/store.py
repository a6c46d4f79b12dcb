"""The contract of the mail store, which the memory and the SQLite store keep and one test module checks on both.

 S1 whole        a transaction applies whole or not at all; whoever reads outside it sees only what was committed
 S2 numbers      the items of a device's queue carry numbers that only grow, across removals and restarts
 S3 ciphertext   is stored once for each envelope, and is gone with the last open delivery
 S4 deliveries   an envelope has one delivery a device; it is open (waiting for its stage, or queued) until it is
                 closed, and its queue item exists as long as it is queued
 S5 load         what a queue holds counts open deliveries and lines, waiting stages included; its shares count the open
                 deliveries alone, by sending member; what is kept for a member counts its ciphertexts, each once
 S6 unknown end  an error at commit leaves the outcome unknown: the change is there whole, or not at all
 S7 turns        an envelope has its later turns, stages and calls, until its record goes; a turn leaves `waiting` once.
                 The calls to a device count by sending member for CALLS_COUNT seconds from the relay's receipt

`transact` runs a function that does not wait, in one go; what it read and decided in there holds when it commits.
What must be forgotten, and when, stands in the rows themselves (`expires`, `forget`, `until`): a restart finds it.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

from relay.protocol.envelope import Header
from relay.protocol.receipts import Relayed
from relay.protocol.stream import ItemKind
from relay.rules.mailbox import Load
from relay.rules.release import OPEN, DeliveryState, Ordered, Stood, Turn, TurnState

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Stored:
    """An envelope's record; `forget` is when the record itself goes, long after the ciphertext."""

    hash: str
    header: Header
    relayed: Relayed
    forget: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """An envelope on its way to one device: `size` bytes, due at `due`; `released` and `number` are 0 before that.

    `member` is the sending member, to whose share it counts.
    """

    envelope: str
    device: str
    member: str
    stage: int
    own: bool
    size: int
    due: int
    state: DeliveryState = "waiting"
    released: int = 0
    number: int = 0
    held: bool = False

    @property
    def open(self) -> bool:
        """Neither delivered nor given up."""
        return self.state in OPEN


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a device's queue with its payload; `relayed` comes with envelopes."""

    number: int
    kind: ItemKind
    envelope: str
    payload: bytes
    stage: int = 0
    released: int = 0
    relayed: Relayed | None = None


@dataclass(frozen=True, slots=True)
class Upload:
    """A device's upload of the attachment of that hash: `offset` of `length` bytes are safely on the disk."""

    hash: str
    device: str
    length: int
    offset: int
    complete: bool
    until: int


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many records and lines had outlived their time."""

    envelopes: int
    lines: int


class Reading(Protocol):
    """What can be asked of a store."""

    def envelope(self, envelope: str) -> Stored | None:
        """The record of that hash."""

    def submitted(self, sender: str, identifier: str) -> Stored | None:
        """The record a sender made under an envelope id."""

    def deliveries(self, envelope: str) -> list[Delivery]:
        """An envelope's deliveries, by stage and device."""

    def delivery(self, envelope: str, device: str) -> Delivery | None:
        """One of them."""

    def steps(self, envelope: str) -> list[Stood]:
        """The steps stored for an envelope, oldest first."""

    def turns(self, envelope: str) -> list[Turn]:
        """An envelope's later turns, in order."""

    def orders(self, envelope: str) -> list[Ordered]:
        """The orders stored for an envelope, oldest first."""

    def calls(self, device: str, member: str, now: int) -> int:
        """How many calls to a device a member has handed in, as far as they count (S7)."""

    def load(self, device: str) -> Load:
        """What a device's queue holds (S5)."""

    def shares(self, device: str) -> Mapping[str, Load]:
        """The open deliveries to a device by sending member, those that have any (S5)."""

    def lines(self, device: str) -> Mapping[str, int]:
        """How many lines wait for a device, by the sending device of the envelope they are about, while it is known."""

    def kept(self, member: str) -> Load:
        """The ciphertexts kept for a sending member (S5)."""

    def count_items(self, device: str) -> int:
        """How many items a device could be handed now."""

    def items(self, device: str, after: int, most: int, most_bytes: int) -> list[Item]:
        """The first items above number `after`: at most `most`, and `most_bytes` of payload (but the first)."""

    def due(self, now: int, most: int) -> list[Turn]:
        """Waiting turns whose time has come, and whose envelopes have not expired, oldest first."""

    def expired(self, now: int, most: int) -> list[str]:
        """Envelopes that have expired and have open deliveries."""

    def waiting_devices(self) -> list[str]:
        """Devices whose queues hold anything."""

    def open_deliveries(self, devices: Collection[str], most: int, *, held: bool | None = None) -> list[Delivery]:
        """Open deliveries to `devices`, by envelope; only those marked, or not marked, as held if `held` is given."""

    def next_due(self) -> int | None:
        """When the next turn, expiry or removal is due."""

    def upload(self, attachment: str, device: str) -> Upload | None:
        """A device's upload of an attachment."""

    def uploads(self) -> list[Upload]:
        """All uploads there are."""

    def uploaders(self, attachment: str) -> frozenset[str]:
        """The devices that wholly uploaded an attachment."""

    def upload_load(self, devices: Collection[str]) -> Load:
        """How many uploads devices have together, and their announced bytes."""

    def stale_uploads(self, now: int, most: int) -> list[Upload]:
        """Uploads whose time is over."""

    def may_fetch(self, attachment: str, device: str) -> bool:
        """Whether a device sent, or got, an envelope that names an attachment; a stage not yet released got nothing."""


class Transaction(Reading, Protocol):
    """What can be changed, in one transaction."""

    woken: set[str]
    """Devices to whose queues something was added."""

    def add(self, stored: Stored, raw: bytes, deliveries: list[Delivery], turns: list[Turn]) -> None:
        """Keep a new envelope with its deliveries and later turns, all of which wait."""

    def set_turn(self, turn: Turn, state: TurnState) -> None:
        """Give a turn its last state."""

    def expire_turns(self, now: int) -> None:
        """Let the waiting turns of expired envelopes be over."""

    def add_order(self, envelope: str, order: Ordered) -> None:
        """Keep an order."""

    def queue(self, device: str, kind: ItemKind, envelope: str, payload: bytes, until: int) -> None:
        """Put a signed line about an envelope into a device's queue, where it stays `until` then."""

    def release(self, delivery: Delivery, now: int) -> None:
        """Queue a waiting delivery."""

    def close(self, delivery: Delivery, state: DeliveryState) -> None:
        """Give a delivery its last state; its queue item goes, and with the last open delivery the ciphertext (S3)."""

    def hold(self, delivery: Delivery, held: bool) -> None:
        """Mark a delivery as held, or no longer."""

    def remove_line(self, device: str, number: int) -> None:
        """Take a line out of a queue; nothing happens if it is not there, or is an envelope."""

    def remove_lines(self, device: str) -> int:
        """Take all lines out of a queue; says how many there were."""

    def add_step(self, envelope: str, step: Stood) -> None:
        """Keep a step."""

    def forget(self, now: int, most: int) -> Forgotten:
        """Remove records of envelopes that have no ciphertext any more, and lines, whose time is over."""

    def put_upload(self, upload: Upload) -> None:
        """Keep, or change, a device's upload."""

    def remove_upload(self, attachment: str, device: str) -> None:
        """Remove a device's upload."""

    def keep_uploads(self, attachment: str, devices: Collection[str], until: int) -> None:
        """Keep the complete uploads of an attachment by `devices` at least until then."""


class MailStore(Protocol):
    """Where mail is kept."""

    async def transact(self, work: Callable[[Transaction], T]) -> T:
        """What `work` returns once its changes are on the disk; if `work` raises, nothing was changed (S1, S6)."""

    async def read(self, look: Callable[[Reading], T]) -> T:
        """What `look` finds in the last committed state."""

    async def tidy(self) -> None:
        """Leave nothing on the disk of what was removed so far."""

    async def check_writable(self) -> None:
        """Return if a change could be stored now; raises StoreFailed. Changes nothing."""
