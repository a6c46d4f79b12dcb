"""An entry: a point of contact as somebody looking it up needs it, with all that is known about how far to rely on it.

1. An entry is a snapshot at a time: who is suspended, and who has a live device, is answered for that `now`.
2. **Freshness** counts from the earlier of what the issuer claimed and the first cosignature that covers the claim: an
   issuer cannot make an entry younger than the log shows it to be.
3. A body that is not there is one of: *erased* (as a statement asked), *withheld* (published to circles the reader is
   not in), *unreadable* (its member published something that is no contact), or *missing*, which is an alarm: somebody
   keeps it from this reader.
4. What an *erase body* statement names is not shown even where the bytes are still around; nor is what the reader may
   not read any more (`directory.finding.readers`).
5. A contact *cannot receive* if the keys of every device that serves it have run out, by the key sets this reader has
   seen. Of a device whose key set was never seen nothing is said.
6. Its record is that of now: an officer who was revoked serves nobody, and a contact that was retired is nobody's
   alternate, whatever was published last. Publishing it anew would be refused while it names them.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Literal

from directory.bodies import ContactBody, read_body_bytes
from directory.canonical import Malformed
from directory.countries import country_languages, country_name
from directory.finding.readers import may_read
from directory.functions import function_label
from directory.statement import Freshness
from directory.view import NEVER, Contact, View

Absence = Literal["erased", "withheld", "unreadable", "missing"]
Standing = Literal["confirmed", "provisional", "suspended"]
Grade = Literal["fresh", "due", "stale", "doubtful"]
Reach = Literal["enlace", "cannot receive", "telephone and e-mail only"]

DAY = 86_400


@dataclass(frozen=True, slots=True)
class Entry:
    """A listed contact: its record, its body or why there is none, its member's standing, how fresh, how reachable."""

    contact: Contact
    body: ContactBody | None
    absence: Absence | None  # set exactly when there is no body
    standing: Standing
    grade: Grade
    since: int  # unix seconds from which freshness counts
    reach: Reach
    able: tuple[str, ...] | None = None  # the officers with a device that serves it now; None where that is not known

    @property
    def id(self) -> str:
        """The contact's id."""
        return self.contact.id

    @property
    def alarm(self) -> bool:
        """A body that should be there is not (rule 3)."""
        return self.absence == "missing"

    def name(self, language: str) -> str:
        """The name in a language; else in one of the country's, in English, in any; else function and country."""
        code, country = self.contact.function, self.contact.country
        if self.body is None:
            return f"{function_label(code, language)}, {country_name(country, language)}"
        for wanted in (language, language.partition("-")[0], *country_languages(country), "en"):
            for tag, name in self.body.names.items():
                if wanted in (tag, tag.partition("-")[0]):
                    return name
        return next(iter(self.body.names.values()))

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages the contact says it works in."""
        return self.body.languages if self.body else ()

    def age_days(self, now: int) -> int:
        """Whole days since it was last known to be right."""
        return max(0, now - self.since) // DAY


def grade(policy: Freshness, since: int, now: int) -> Grade:
    """How far to rely on something last known to be right at `since`."""
    days = (now - since) // DAY
    if days >= policy.doubtful:
        return "doubtful"
    if days >= policy.stale:
        return "stale"
    return "due" if days >= policy.due else "fresh"


def entries(
    view: View,
    bodies: Mapping[str, bytes],
    now: int,
    covered: Callable[[int], int | None] | None = None,
    reader: str = "",
    spent: Collection[str] = (),
    member: str = "",
) -> tuple[Entry, ...]:
    """Every listed contact as an entry, ordered by id.

    `bodies` maps commitments to bodies that were checked against them. `covered` gives, for a log position, the time of
    the first cosignature over a tree that holds it (None: no cosignature yet). `reader` is the member on whose behalf
    `bodies` was fetched; empty for one who reads only what is open to everybody. `spent` are the devices whose keys
    have run out by the key sets at hand (rule 5). With `member`, that member's alone.
    """
    listed = (each for each in view.contacts.values() if each.listed and (not member or each.member == member))
    reaches = _Reaches(view, spent, now)
    return tuple(_entry(view, contact, bodies, now, covered, reader, reaches) for contact in sorted(listed, key=_by_id))


_by_id = attrgetter("id")


class _Reaches:
    """How contacts are reached at a time; worked out once for all that the same officers serve."""

    def __init__(self, view: View, spent: Collection[str], now: int) -> None:
        self._view, self._spent, self._now = view, spent, now
        self._found: dict[tuple[str, ...], tuple[Reach, tuple[str, ...]]] = {}

    def of(self, contact: Contact) -> tuple[Reach, tuple[str, ...]]:
        """How a listed contact is reached, and the officers who have a live device for it."""
        officers = contact.served_by(self._view.size)
        if officers not in self._found:
            devices = self._view.contact_devices(contact.id, self._now)
            able = tuple(dict.fromkeys(self._view.devices[each].officer for each in devices))
            self._found[officers] = reach_of(devices, self._spent), able
        return self._found[officers]


def _entry(
    view: View,
    contact: Contact,
    bodies: Mapping[str, bytes],
    now: int,
    covered: Callable[[int], int | None] | None,
    reader: str,
    reaches: _Reaches,
) -> Entry:
    body, absence = _body(view, contact, bodies, reader)
    reach, able = reaches.of(contact)
    seen = covered(contact.attested) if covered else None
    since = contact.attested_at if seen is None else min(contact.attested_at, seen)
    standing: Standing = "confirmed"
    if contact.provisional:
        standing = "provisional"
    elif view.members[contact.member].suspended(view.size, now):
        standing = "suspended"
    return Entry(
        contact=_as_of_now(view, contact),
        body=body,
        absence=absence,
        standing=standing,
        grade=grade(view.founded.policy.freshness, since, now),
        since=since,
        reach=reach,
        able=able,
    )


def _as_of_now(view: View, contact: Contact) -> Contact:
    """The record without officers who were revoked and alternates that were retired (rule 6)."""
    officers = tuple(each for each in contact.officers if _serves_still(view, each))
    escalation = tuple(each for each in contact.escalation if _listed_still(view, each))
    if (officers, escalation) == (contact.officers, contact.escalation):
        return contact
    return replace(contact, officers=officers, escalation=escalation)


def _serves_still(view: View, officer: str) -> bool:
    return view.officers[officer].revoked == NEVER


def _listed_still(view: View, contact: str) -> bool:
    return view.contacts[contact].listed


def reach_of(devices: Collection[str], spent: Collection[str]) -> Reach:
    """How a contact is reached that these devices serve, of which the keys of `spent` have run out (rule 5)."""
    if not devices:
        return "telephone and e-mail only"
    return "cannot receive" if all(each in spent for each in devices) else "enlace"


def _body(
    view: View, contact: Contact, bodies: Mapping[str, bytes], reader: str
) -> tuple[ContactBody, None] | tuple[None, Absence]:
    record = view.bodies[contact.body]
    if record.erased != NEVER:
        return None, "erased"
    if not may_read(view, record, reader):
        return None, "withheld"
    raw = bodies.get(contact.body)
    if raw is None:
        return None, "missing"
    try:
        body = read_body_bytes(raw, ContactBody)
    except Malformed:
        return None, "unreadable"
    return (body, None) if isinstance(body, ContactBody) else (None, "unreadable")
