"""The requests of an unlocked desk, with what is due of them."""

from functools import cached_property

import msgspec

from desk.profile.unlocked import Unlocked
from desk.requests.acts import Send
from desk.requests.duplicates import Duplicate, duplicates, references
from desk.requests.stored import Request, Requests, form_name
from desk.timers.due import Due, due_of
from desk.timers.settings import TimerSettings, own_settings
from directory.bodies import ContactBody, read_body_bytes
from directory.canonical import Malformed


class AtHand:
    """Everything about requests on one desk at one moment."""

    def __init__(self, desk: Unlocked) -> None:
        self._desk = desk
        self.view, self.now = desk.replica().view, desk.clock()
        self._commitments: dict[str, int] = {}
        self.requests = Requests(desk.mail, self.view, desk.keyring.vault)

    @cached_property
    def every(self) -> list[Request]:
        """Every request whose `send` is here."""
        return self.requests.all()

    @cached_property
    def own(self) -> tuple[str, ...]:
        """The contacts that this desk serves."""
        device = self._desk.profile.identity.device
        return tuple(each for each in sorted(self.view.contacts) if self.serves(device, each))

    def serves(self, device: str, contact: str) -> bool:
        """Whether a device serves a contact now."""
        return self.view.serves(device, contact, self.view.size, self.now)

    def own_in(self, request: Request) -> tuple[str, ...]:
        """The contacts of this desk that have a part in a request."""
        return tuple(each for each in self.own if request.found.side_of(each) is not None)

    def same(self, request: Request) -> tuple[Duplicate, ...]:
        """Other requests of the same asking member, made with the same form, under a reference of this one."""
        asker, form = self.member(request.found.request.contact), form_name(request)
        before = [
            (each.found, each.root.references)
            for each in self.every
            if each.id != request.id
            and form_name(each) == form
            and self.member(each.found.request.contact) == asker
            and each.found.request.exercise == request.found.request.exercise
        ]
        known = references(request.found, request.root.references)
        return duplicates(known, request.found.request.to, before, self.member)

    def due(self, request: Request) -> Due:
        """A request with its timers."""
        return due_of(
            request, self._following.get(request.id, ()), self._settings, self._respond, self.member, self.now
        )

    @cached_property
    def _following(self) -> dict[str, list[Request]]:
        """The requests that follow another up, by that."""
        found: dict[str, list[Request]] = {}
        for each in self.every:
            act = each.found.request.event.act
            if isinstance(act, Send) and act.follows is not msgspec.UNSET:
                found.setdefault(act.follows, []).append(each)
        return found

    def member(self, contact: str) -> str:
        """The member of a contact; empty for one that the directory does not know."""
        record = self.view.contacts.get(contact)
        return record.member if record is not None else ""

    @cached_property
    def _settings(self) -> TimerSettings:
        """The authority's own time limits."""
        return own_settings(self._desk.keyring.vault)

    def _respond(self, contact: str) -> int:
        """Within how many minutes a contact has committed itself to a first answer; 0 where nothing says so."""
        if contact not in self._commitments:
            self._commitments[contact] = self._committed(contact)
        return self._commitments[contact]

    def _committed(self, contact: str) -> int:
        record = self.view.contacts.get(contact)
        held = self._desk.store.opened([record.body]) if record is not None else {}
        try:
            bodies = [read_body_bytes(body, ContactBody) for _, body in held.values()]
        except Malformed:
            return 0
        return next((each.promised for each in bodies if isinstance(each, ContactBody)), 0)
