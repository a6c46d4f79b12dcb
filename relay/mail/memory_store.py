"""The mail store in memory, for tests and trials: the contract of `store.py` in the shortest form that keeps it.

A transaction works on a copy of the state, which takes its place at the end. `fail_next` makes the next transaction
fail as a disk can: `lost` forgets the change, `unknown` keeps it and reports a failure all the same (S6).
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, TypeVar

from relay.mail.store import Delivery, Forgotten, Item, Reading, Stored, Transaction, Upload
from relay.protocol.stream import ItemKind
from relay.rules.mailbox import CALLS_COUNT, Load
from relay.rules.release import DeliveryState, Ordered, Stood, Turn, TurnState

T = TypeVar("T")


class DiskFailed(OSError):
    """What `fail_next` asked for."""


@dataclass(frozen=True, slots=True)
class _Line:
    kind: ItemKind
    envelope: str
    payload: bytes
    until: int


@dataclass(slots=True)
class _State:
    envelopes: dict[str, Stored] = field(default_factory=dict)
    ciphertexts: dict[str, bytes] = field(default_factory=dict)
    deliveries: dict[tuple[str, str], Delivery] = field(default_factory=dict)
    steps: dict[str, tuple[Stood, ...]] = field(default_factory=dict)
    turns: dict[tuple[str, int], Turn] = field(default_factory=dict)
    orders: dict[str, tuple[Ordered, ...]] = field(default_factory=dict)
    lines: dict[tuple[str, int], _Line] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    uploads: dict[tuple[str, str], Upload] = field(default_factory=dict)

    def copy(self) -> "_State":
        return _State(
            dict(self.envelopes),
            dict(self.ciphertexts),
            dict(self.deliveries),
            dict(self.steps),
            dict(self.turns),
            dict(self.orders),
            dict(self.lines),
            dict(self.numbers),
            dict(self.uploads),
        )


class MemoryReading:
    """`Reading` over a state."""

    def __init__(self, state: _State) -> None:
        self._state = state

    def envelope(self, envelope: str) -> Stored | None:
        return self._state.envelopes.get(envelope)

    def submitted(self, sender: str, identifier: str) -> Stored | None:
        same = (sender, identifier)
        found = (each for each in self._state.envelopes.values() if (each.header.sender, each.header.id) == same)
        return next(found, None)

    def deliveries(self, envelope: str) -> list[Delivery]:
        found = [each for each in self._state.deliveries.values() if each.envelope == envelope]
        return sorted(found, key=lambda each: (each.stage, each.device))

    def delivery(self, envelope: str, device: str) -> Delivery | None:
        return self._state.deliveries.get((envelope, device))

    def steps(self, envelope: str) -> list[Stood]:
        return list(self._state.steps.get(envelope, ()))

    def turns(self, envelope: str) -> list[Turn]:
        found = [each for each in self._state.turns.values() if each.envelope == envelope]
        return sorted(found, key=lambda each: each.number)

    def orders(self, envelope: str) -> list[Ordered]:
        return list(self._state.orders.get(envelope, ()))

    def calls(self, device: str, member: str, now: int) -> int:
        senders = {each.envelope: each.member for each in self._state.deliveries.values()}
        found = (each for each in self._state.turns.values() if device in each.devices)
        mine = (self._state.envelopes[each.envelope] for each in found if senders[each.envelope] == member)
        return sum(1 for each in mine if each.relayed.leaf.time + CALLS_COUNT > now)

    def load(self, device: str) -> Load:
        sizes = [each.size for each in self._state.deliveries.values() if each.device == device and each.open]
        sizes += [len(line.payload) for (owner, _), line in self._state.lines.items() if owner == device]
        return Load(len(sizes), sum(sizes))

    def shares(self, device: str) -> Mapping[str, Load]:
        waiting = [each for each in self._state.deliveries.values() if each.device == device and each.open]
        sizes = {each.member: [other.size for other in waiting if other.member == each.member] for each in waiting}
        return {member: Load(len(found), sum(found)) for member, found in sizes.items()}

    def lines(self, device: str) -> Mapping[str, int]:
        about = (line.envelope for (owner, _), line in self._state.lines.items() if owner == device)
        return Counter(self._state.envelopes[each].header.sender for each in about if each in self._state.envelopes)

    def kept(self, member: str) -> Load:
        sending = {each.envelope for each in self._state.deliveries.values() if each.member == member}
        sizes = [len(raw) for envelope, raw in self._state.ciphertexts.items() if envelope in sending]
        return Load(len(sizes), sum(sizes))

    def count_items(self, device: str) -> int:
        return len(self._queue(device))

    def items(self, device: str, after: int, most: int, most_bytes: int) -> list[Item]:
        found: list[Item] = []
        for number, what in sorted(self._queue(device).items()):
            if number <= after or len(found) == most:
                continue
            item = self._item(number, what)
            if found and sum(len(each.payload) for each in found) + len(item.payload) > most_bytes:
                break
            found.append(item)
        return found

    def due(self, now: int, most: int) -> list[Turn]:
        waiting = (each for each in self._state.turns.values() if each.state == "waiting")
        due = [each for each in waiting if each.due <= now < each.expires]
        return sorted(due, key=lambda each: (each.due, each.envelope, each.number))[:most]

    def expired(self, now: int, most: int) -> list[str]:
        unopened = (each for each in self._state.deliveries.values() if each.open)
        expired = {(self._expires(each), each.envelope) for each in unopened if self._expires(each) <= now}
        return [envelope for _, envelope in sorted(expired)[:most]]

    def waiting_devices(self) -> list[str]:
        open_devices = {each.device for each in self._state.deliveries.values() if each.open}
        return sorted(open_devices | {device for device, _ in self._state.lines})

    def open_deliveries(self, devices: Collection[str], most: int, *, held: bool | None = None) -> list[Delivery]:
        found = [each for each in self._state.deliveries.values() if each.device in devices and each.open]
        wanted = [each for each in found if held in (None, each.held)]
        return sorted(wanted, key=lambda each: (each.envelope, each.device))[:most]

    def next_due(self) -> int | None:
        times = [each.due for each in self._state.turns.values() if each.state == "waiting"]
        times += [self._expires(each) for each in self._state.deliveries.values() if each.open]
        times += [each.forget for each in self._state.envelopes.values()]
        times += [each.until for each in self._state.lines.values()]
        times += [each.until for each in self._state.uploads.values()]
        return min(times, default=None)

    def upload(self, attachment: str, device: str) -> Upload | None:
        return self._state.uploads.get((attachment, device))

    def uploads(self) -> list[Upload]:
        return list(self._state.uploads.values())

    def uploaders(self, attachment: str) -> frozenset[str]:
        found = (each for each in self._state.uploads.values() if each.hash == attachment and each.complete)
        return frozenset(each.device for each in found)

    def upload_load(self, devices: Collection[str]) -> Load:
        lengths = [each.length for each in self._state.uploads.values() if each.device in devices]
        return Load(len(lengths), sum(lengths))

    def stale_uploads(self, now: int, most: int) -> list[Upload]:
        found = [each for each in self._state.uploads.values() if each.until <= now]
        return sorted(found, key=lambda each: (each.until, each.hash, each.device))[:most]

    def may_fetch(self, attachment: str, device: str) -> bool:
        for each in self._state.envelopes.values():
            if attachment in each.header.attachments:
                delivery = self.delivery(each.hash, device)
                if each.header.sender == device or (delivery is not None and delivery.released):
                    return True
        return False

    def _expires(self, delivery: Delivery) -> int:
        return self._state.envelopes[delivery.envelope].header.expires

    def _queue(self, device: str) -> dict[int, Delivery | _Line]:
        found: dict[int, Delivery | _Line] = {
            each.number: each
            for each in self._state.deliveries.values()
            if each.device == device and each.state == "queued"
        }
        found.update({number: line for (owner, number), line in self._state.lines.items() if owner == device})
        return found

    def _item(self, number: int, what: Delivery | _Line) -> Item:
        if isinstance(what, _Line):
            return Item(number, what.kind, what.envelope, what.payload)
        raw, stored = self._state.ciphertexts[what.envelope], self._state.envelopes[what.envelope]
        return Item(number, "envelope", what.envelope, raw, what.stage, what.released, stored.relayed)


class MemoryTransaction(MemoryReading):
    """`Transaction` over a copy of the state."""

    def __init__(self, state: _State) -> None:
        super().__init__(state)
        self.woken: set[str] = set()

    def add(self, stored: Stored, raw: bytes, deliveries: list[Delivery], turns: list[Turn]) -> None:
        self._state.envelopes[stored.hash] = stored
        self._state.ciphertexts[stored.hash] = raw
        self._state.deliveries.update({(each.envelope, each.device): each for each in deliveries})
        self._state.turns.update({(each.envelope, each.number): each for each in turns})

    def set_turn(self, turn: Turn, state: TurnState) -> None:
        self._state.turns[turn.envelope, turn.number] = replace(turn, state=state)

    def expire_turns(self, now: int) -> None:
        for turn in list(self._state.turns.values()):
            if turn.state == "waiting" and turn.expires <= now:
                self.set_turn(turn, "expired")

    def add_order(self, envelope: str, order: Ordered) -> None:
        self._state.orders[envelope] = (*self._state.orders.get(envelope, ()), order)

    def queue(self, device: str, kind: ItemKind, envelope: str, payload: bytes, until: int) -> None:
        self._state.lines[device, self._number(device)] = _Line(kind, envelope, payload, until)

    def release(self, delivery: Delivery, now: int) -> None:
        self._set(replace(delivery, state="queued", released=now, number=self._number(delivery.device)))

    def close(self, delivery: Delivery, state: DeliveryState) -> None:
        self._set(replace(delivery, state=state, held=False))
        if not any(each.open for each in self.deliveries(delivery.envelope)):
            self._state.ciphertexts.pop(delivery.envelope, None)

    def hold(self, delivery: Delivery, held: bool) -> None:
        self._set(replace(delivery, held=held))

    def remove_line(self, device: str, number: int) -> None:
        self._state.lines.pop((device, number), None)

    def remove_lines(self, device: str) -> int:
        return self._drop([key for key in self._state.lines if key[0] == device])

    def add_step(self, envelope: str, step: Stood) -> None:
        self._state.steps[envelope] = (*self._state.steps.get(envelope, ()), step)

    def forget(self, now: int, most: int) -> Forgotten:
        over = (each.hash for each in self._state.envelopes.values() if each.forget <= now)
        old = [each for each in over if each not in self._state.ciphertexts][:most]
        for envelope in old:
            for key in [key for key in self._state.deliveries if key[0] == envelope]:
                del self._state.deliveries[key]
            for turn in self.turns(envelope):
                del self._state.turns[envelope, turn.number]
            self._state.steps.pop(envelope, None)
            self._state.orders.pop(envelope, None)
            del self._state.envelopes[envelope]
        stale = [key for key, line in self._state.lines.items() if line.until <= now]
        return Forgotten(len(old), self._drop(stale[:most]))

    def put_upload(self, upload: Upload) -> None:
        self._state.uploads[upload.hash, upload.device] = upload

    def remove_upload(self, attachment: str, device: str) -> None:
        self._state.uploads.pop((attachment, device), None)

    def keep_uploads(self, attachment: str, devices: Collection[str], until: int) -> None:
        for each in self.uploads():
            if each.hash == attachment and each.device in devices and each.complete:
                self.put_upload(replace(each, until=max(each.until, until)))

    def _set(self, delivery: Delivery) -> None:
        self._state.deliveries[delivery.envelope, delivery.device] = delivery

    def _drop(self, lines: list[tuple[str, int]]) -> int:
        for key in lines:
            del self._state.lines[key]
        return len(lines)

    def _number(self, device: str) -> int:
        self.woken.add(device)
        self._state.numbers[device] = self._state.numbers.get(device, 0) + 1
        return self._state.numbers[device]


class MemoryMailStore:
    """`MailStore` in memory."""

    def __init__(self) -> None:
        self._state = _State()
        self.fail_next: Literal["", "lost", "unknown"] = ""

    async def transact(self, work: Callable[[Transaction], T]) -> T:
        copy = self._state.copy()
        result = work(MemoryTransaction(copy))
        failing, self.fail_next = self.fail_next, ""
        if failing != "lost":
            self._state = copy
        if failing:
            raise DiskFailed(f"the disk failed, as asked for: {failing}")
        return result

    async def read(self, look: Callable[[Reading], T]) -> T:
        return look(MemoryReading(self._state))

    async def tidy(self) -> None:
        """There is no disk."""

    async def check_writable(self) -> None:
        """Always."""
