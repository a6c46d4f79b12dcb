"""The drills of this desk as pings: what its messages and verified receipts prove, and nothing else.

1. A drill counts as sent if the relay's receipt for it was verified. One that waits in the outbox, or was never sent,
   is no ping; nor is one that a recovery file brought, of which only the lost desk said when it went.
2. What a device signed counts as `desk.mail.trail` says, and only of a device that serves, or served, the contact that
   was drilled: an alternate who accepts does not make the contact quicker.
3. Of several signatures the earliest is taken.
4. The hour is that of the contact's time zone as it is published now, from pinned data.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec

from desk.drills.figures import Ping
from desk.mail.content import Drill
from desk.mail.facts import Stored
from desk.mail.opening import ever_served
from desk.mail.store import MailStore
from desk.mail.subjects import DRILL
from desk.mail.trail import trail
from directory.entry import Entry
from directory.finding.zones import UnknownZone, time_zone
from directory.view import View

_ACCEPTED = ("accepted", "clock stopped: accepted")
_REACHED = ("delivered", "opened", *_ACCEPTED, "refused", "clock stopped: refused")


def sent_drills(mail: MailStore) -> list[Stored]:
    """The drills that this desk signed, oldest first."""
    return [
        each
        for each in mail.about(DRILL)
        if each.facts.direction == "out" and not each.facts.origin and isinstance(each.message.content, Drill)
    ]


def pings(mail: MailStore, view: View, entries: Mapping[str, Entry], since: int = 0) -> list[Ping]:
    """The pings of this desk that the relay took in from `since` on."""
    drills = (each for each in sent_drills(mail) if each.facts.sent and each.facts.sent >= since)
    return [_ping(mail, view, entries, each) for each in drills]


def _ping(mail: MailStore, view: View, entries: Mapping[str, Entry], stored: Stored) -> Ping:
    contact, content = stored.message.stages[0].contacts[0], stored.message.content
    events = [
        each
        for each in trail(mail, view, stored)
        if each.counts and each.device and ever_served(view, each.device, contact)
    ]
    record, language = view.contacts.get(contact), content.language if isinstance(content, Drill) else msgspec.UNSET
    return Ping(
        contact=contact,
        member=record.member if record is not None else "",
        sent=stored.facts.sent,
        reached=min((each.at for each in events if each.what in _REACHED), default=None),
        accepted=min((each.at for each in events if each.what in _ACCEPTED), default=None),
        hour=local_hour(entries.get(contact), stored.facts.sent),
        language="" if language is msgspec.UNSET else language,
    )


def local_hour(entry: Entry | None, at: int) -> int:
    """The hour of a contact's own day, 0 to 23; -1 where its time zone is not known."""
    if entry is None or entry.body is None:
        return -1
    try:
        return datetime.fromtimestamp(at, UTC).astimezone(time_zone(entry.body.zone)).hour
    except UnknownZone:
        return -1
