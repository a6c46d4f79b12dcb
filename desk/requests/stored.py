"""From the messages on this disk to requests and their histories.

S1  An event is known by the hash of its message's signed text, and counts from when the relay took the message in: by a
    receipt that this desk has verified, of a directory that it has, at which the device served the contact. A message
    from a recovery file that does not show its envelope does not count (`Kept.by_word`): its receipt is one of the
    relay's, but that it is of this message nobody but the lost desk says.
S2  One's own events that wait in the outbox are *queued*. What one may do next is told as if they had been sent. But no
    event names a queued one: it may never be sent, and whatever named it would then wait for ever, on both sides.
    Events that cross have an order of their own (`desk.requests.life`, Q3), and what one writes offline keeps it.
S3  A message that repeats another for further contacts (`again`) is no event of its own; a `send` that is repeated is
    another request, to others. An event of an exercise upon a real request is no part of it, nor the other way round.
S4  An event that was handed over in a case, or given again (`Repeat`), counts like one that came by itself, if both
    signatures of its device and the receipt beside it hold, and the envelope of that receipt is made again from it
    (`desk.mail.handed`): who hands it over vouches for nothing. Without that it is unproven, and shown so. What is
    passed on otherwise is for information: it makes nobody a party.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import msgspec

from crypto.errors import CryptoError
from desk.errors import NotFound, Usage
from desk.keys.vault import Vault
from desk.mail.content import Content, Form, HandedNote, HandedOver, PassedOn
from desk.mail.facts import Stored
from desk.mail.handed import unproven_handed
from desk.mail.message import Message, MessageError, open_message, stored_message
from desk.mail.store import MailStore
from desk.mail.subjects import REQUESTS, text_hash
from desk.requests.acts import Repeat, Send
from desk.requests.life import History, Signed, history
from desk.requests.remembered import Remembered, Row, rows_of, without_words
from directory.canonical import Malformed
from directory.view import View
from relay.protocol.receipts import Relayed

SHORTEST = 4  # characters of an abbreviated id
_ABBREVIATED = 12
_FIELDS = ("reference", "also_sent_reference")


@dataclass(frozen=True, eq=False)
class Kept:
    """An event, and the number of the stored message that brought it, which is opened when somebody asks for it.

    `first` are the contacts that its message reached first, `references` those in the form beside it, `form` its
    name without the version, empty for none; `handed`: it was handed over, and did not come by itself; `by_word`: only
    a recovery file says that the relay took it in, so that it does not count (S1).
    """

    signed: Signed
    number: int
    open: Callable[[], tuple[Message, Stored]]
    first: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    form: str = ""
    queued: bool = False
    handed: bool = False
    by_word: bool = False

    @classmethod
    def of(cls, signed: Signed, message: Message, stored: Stored, *, queued: bool = False) -> "Kept":
        """The event in a message that is at hand."""
        return cls(
            signed,
            stored.number,
            lambda: (message, stored),
            first=message.stages[0].contacts,
            references=form_references(message.content),
            form=message.content.filled.form.partition("/")[0] if isinstance(message.content, Form) else "",
            queued=queued,
            handed=message is not stored.message,
            by_word=_by_word(stored),
        )

    @cached_property
    def _whole(self) -> tuple[Message, Stored]:
        return self.open()

    @property
    def message(self) -> Message:
        """The signed message it stands in."""
        return self._whole[0]

    @property
    def stored(self) -> Stored:
        """The stored message that brought it."""
        return self._whole[1]


@dataclass(frozen=True)
class Request:
    """A request on this desk: its events as they came, by hash, and what they make of it.

    `proven` is the history that others are told, and that the next event stands on; `found` counts what is queued too.
    """

    kept: dict[str, Kept]
    found: History
    proven: History

    @property
    def id(self) -> str:
        """The hash of its `send`, by which it is named."""
        return self.found.request.id

    @property
    def root(self) -> Kept:
        """Its `send`."""
        return self.kept[self.id]


def short(request: str) -> str:
    """A request's id as people are shown it."""
    return request[:_ABBREVIATED]


def form_name(request: Request) -> str:
    """The form a request is made with, without its version; empty for one in free words."""
    return request.root.form


def form_references(content: Content) -> tuple[str, ...]:
    """The references that stand in a form: its own, and that under which the same went by another channel."""
    if not isinstance(content, Form):
        return ()
    given = (content.filled.value(each) for each in _FIELDS)
    return tuple(each for each in given if isinstance(each, str))


def taken_in(stored: Stored, view: View) -> int | None:
    """When it is proven that the relay took a stored message in (S1); None while nothing proves it."""
    relayed, sender = stored.facts.receipt, stored.message.sender
    if relayed is None or "unproven" in stored.facts.warnings:
        return None
    leaf = relayed.leaf
    return leaf.time if _served(view, sender.device, sender.contact, leaf.tree_size, leaf.time) else None


def _by_word(stored: Stored) -> bool:
    return stored.facts.by_word and isinstance(stored.facts.relayed, Relayed)


def _served(view: View, device: str, contact: str, size: int, time: int) -> bool:
    """Whether a device served a contact when the relay took something in, by a directory that is here."""
    return size <= view.size and view.serves(device, contact, size, time)


def signed_of(message: Message, id_: str, at: int | None) -> Signed | None:
    """The event that a message holds, `at` when the relay took it in; None if it holds none (S3)."""
    event = message.request
    if event is msgspec.UNSET or (message.again is not msgspec.UNSET and not isinstance(event.act, Send)):
        return None
    return Signed(
        id=id_,
        contact=message.sender.contact,
        device=message.sender.device,
        at=message.at,
        taken_in=at,
        event=event,
        to=message.contacts,
        case=message.case,
        exercise=message.exercise,
    )


class Requests:
    """The requests among stored messages, read once; made anew for another look.

    With a vault what was read before is remembered (`desk.requests.remembered`): then no act of `all` and `headless`
    has words, and messages are opened when asked for. `one` and `find` read theirs.
    """

    def __init__(self, mail: MailStore, view: View, vault: Vault | None = None) -> None:
        self._mail, self._view, self._vault = mail, view, vault

    @cached_property
    def _by_request(self) -> dict[str, dict[str, Kept]]:
        """Every event, by request and by its hash."""
        if self._vault is None:
            return _sorted(self._read(self._mail.about(REQUESTS)))
        at_hand: dict[int, Stored] = {}

        def about() -> list[int]:
            at_hand.update({each.number: each for each in self._mail.about(REQUESTS)})
            return sorted(at_hand)

        def read(number: int, tag: str) -> Row | None:
            stored = at_hand.pop(number, None) or next(self._mail.some([number]), None)
            return self._row(stored, tag) if stored is not None else None

        rows = rows_of(self._mail, self._vault, read, about)
        return _sorted(self._again(row, each) for row in rows for each in row.events)

    def _row(self, stored: Stored, tag: str) -> Row | None:
        """What is remembered of a message; without its tag if it has to be read again (M2), None for one of nothing."""
        events = tuple(self._event(each) for each in self._read([stored]))
        given, handed = len(_given(stored.message)), [each for each in events if each.handed]
        settled = len(handed) == given and all(each.time for each in handed)
        if not events and settled:
            return None
        facts = stored.facts
        return Row(
            number=stored.number,
            tag=tag if settled else "",
            unsent=facts.direction == "out" and not facts.sent,
            by_word=_by_word(stored),
            events=events,
        )

    def _event(self, kept: Kept) -> Remembered:
        signed, relayed = kept.signed, kept.stored.facts.receipt
        size = time = 0
        if kept.handed:
            time = signed.taken_in or 0
        elif relayed is not None and "unproven" not in kept.stored.facts.warnings:
            size, time = relayed.leaf.tree_size, relayed.leaf.time
        return Remembered(
            id=signed.id,
            contact=signed.contact,
            device=signed.device,
            at=signed.at,
            event=without_words(signed.event),
            to=signed.to,
            case=signed.case,
            exercise=signed.exercise,
            size=size,
            time=time,
            handed=kept.handed,
            first=kept.first,
            references=kept.references,
            form=kept.form,
        )

    def _again(self, row: Row, each: Remembered) -> Kept:
        """An event that is remembered, as this directory judges it (M2)."""
        counts = each.handed or _served(self._view, each.device, each.contact, each.size, each.time)
        signed = Signed(
            id=each.id,
            contact=each.contact,
            device=each.device,
            at=each.at,
            taken_in=each.time if each.time and counts else None,
            event=each.event,
            to=each.to,
            case=each.case,
            exercise=each.exercise,
        )
        return Kept(
            signed,
            row.number,
            lambda: self._opened(row.number, each.id),
            first=each.first,
            references=each.references,
            form=each.form,
            queued=row.unsent and self._mail.waits(row.number),
            handed=each.handed,
            by_word=row.by_word,
        )

    def _opened(self, number: int, event: str) -> tuple[Message, Stored]:
        stored = self._mail.get(number)
        found = next((each for each in self._events(stored) if each.signed.id == event), None)
        return (found.message, found.stored) if found is not None else (stored.message, stored)

    def _read(self, stored: Iterable[Stored]) -> Iterator[Kept]:
        return (each for one in stored for each in self._events(one))

    def all(self) -> list[Request]:
        """Every request whose `send` is here, the first that was signed first."""
        made = (_request(id_, kept) for id_, kept in self._by_request.items())
        return sorted((each for each in made if each), key=lambda each: (each.found.request.at, each.id))

    def headless(self) -> dict[str, list[Kept]]:
        """Events of requests whose `send` is not here, by the request they name."""
        return {id_: [*kept.values()] for id_, kept in self._by_request.items() if id_ not in kept}

    def one(self, request: str) -> Request | None:
        """The request of that hash; None if its `send` is not here. Opens no messages about others."""
        kept = _sorted(self._read(self._mail.about(f"request {request}"))).get(request)
        return _request(request, kept) if kept else None

    def find(self, name: str) -> Request:
        """The request whose id begins so; raises NotFound for none, Usage for several or a beginning too short."""
        wanted = name.strip().lower()
        if len(wanted) < SHORTEST or set(wanted) - set("0123456789abcdef"):
            raise Usage(f"{name!r} is no id of a request: give {SHORTEST} of its characters or more")
        ids = sorted(each for each, kept in self._by_request.items() if each.startswith(wanted) and each in kept)
        if not ids:
            raise NotFound(f"there is no request {name} on this desk; `enlace request list` shows those there are")
        if len(ids) > 1:
            raise Usage(f"{name} may be any of {', '.join(map(short, ids))}: give more characters")
        found = self.one(ids[0])
        if found is None:
            raise NotFound(f"{name} is no request: what was signed under that hash sends nothing")
        return found

    def of(self, message: Message, note: bytes) -> Request | None:
        """The request that a stored message is about; None if it is about none, or its `send` is not here."""
        event = message.request
        if event is msgspec.UNSET:
            return None
        return self.one(text_hash(stored_message(note)[1]) if event.request is msgspec.UNSET else event.request)

    def _events(self, stored: Stored) -> Iterator[Kept]:
        own = text_hash(stored_message(stored.note)[1])
        signed = signed_of(stored.message, own, taken_in(stored, self._view))
        if signed is not None:
            yield Kept.of(signed, stored.message, stored, queued=self._is_queued(stored))
        for each in _given(stored.message):
            kept = self._handed(each, stored)
            if kept is not None:
                yield kept

    def _is_queued(self, stored: Stored) -> bool:
        return stored.facts.direction == "out" and not stored.facts.sent and self._mail.waits(stored.number)

    def _handed(self, handed: HandedNote, stored: Stored) -> Kept | None:
        """The event in a message that was handed over, if it was signed as it says (S4)."""
        relayed = handed.relayed if isinstance(handed.relayed, Relayed) else None
        try:
            message, note = stored_message(handed.note.encode())
            record = self._view.devices.get(message.sender.device)
            if record is None or message.network != self._view.founded.id:
                return None
            name = self._view.device_name(message.sender.device)
            open_message(handed.note.encode(), message.network, name, message.sender.device, record.keys)
        except (CryptoError, Malformed, MessageError):
            return None
        proven = relayed is not None and unproven_handed(self._view, message, handed) is None
        at = relayed.leaf.time if proven and relayed is not None else None
        signed = signed_of(message, text_hash(note), at)
        return Kept.of(signed, message, stored) if signed is not None else None


def _sorted(events: Iterable[Kept]) -> dict[str, dict[str, Kept]]:
    """Events by request and by their hash, of each one that counts if there is one."""
    found: dict[str, dict[str, Kept]] = {}
    for kept in events:
        event, id_ = kept.signed.event, kept.signed.id
        of_request = found.setdefault(id_ if event.request is msgspec.UNSET else event.request, {})
        held = of_request.get(id_)
        if held is None or (held.signed.taken_in is None and kept.signed.taken_in is not None):
            of_request[id_] = kept
    return found


def _given(message: Message) -> tuple[HandedNote, ...]:
    """The messages inside one that may hold events (S4)."""
    content, event = message.content, message.request
    if isinstance(content, HandedOver):
        return content.notes
    repeats = event is not msgspec.UNSET and isinstance(event.act, Repeat)
    return content.notes if isinstance(content, PassedOn) and repeats else ()


def _request(id_: str, kept: dict[str, Kept]) -> Request | None:
    events = [each.signed for each in kept.values()]
    queued = {each.signed.id for each in kept.values() if each.queued}
    proven = history(events, id_)
    found = history(events, id_, queued) if queued else proven
    return Request(kept, found, proven) if found is not None and proven is not None else None
