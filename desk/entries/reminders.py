"""Who is reminded that contacts are to be confirmed: a member's administrators of all, an officer of those they serve.

1. From `AHEAD` before an entry is due, so that it never has to be; a contact that is due, stale or doubtful until
   somebody confirms it, at every exchange and look at the desk's standing. It is one line, however many they are.
2. Only members' own contacts are looked at; what a desk cannot show (a body that is missing) is to be confirmed too.
3. Nobody is reminded of what the directory would refuse: while a member is suspended it confirms nothing (R23), and an
   officer who serves a contact confirms it as a coordinator (R35).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from desk.profile.unlocked import Unlocked
from directory.entry import DAY, Entry, entries
from directory.statement import Freshness
from directory.view import NEVER, View

AHEAD = 14 * DAY


@dataclass(frozen=True, slots=True)
class ToConfirm:
    """A contact that is to be confirmed, and in how many days it is due (0 or less: it is)."""

    entry: Entry
    days: int


def of_desk(desk: Unlocked) -> list[ToConfirm]:
    """What an unlocked desk's officer is to confirm."""
    identity, view, now = desk.profile.identity, desk.replica().view, desk.clock()
    if identity.officer not in view.officers:
        return []
    held = desk.store.opened(each.body for each in view.contacts.values() if each.member == identity.member)
    bodies = {commitment: body for commitment, (_, body) in held.items()}
    own = entries(view, bodies, now, desk.store.covered, identity.member, member=identity.member)
    return to_confirm(view, own, identity.member, identity.officer, now)


def to_confirm(view: View, entries: Iterable[Entry], member: str, officer: str, now: int) -> list[ToConfirm]:
    """The contacts that this officer is to confirm by now, or soon, oldest first."""
    record, freshness = view.officers.get(officer), view.founded.policy.freshness
    if record is None or record.member != member or record.revoked != NEVER:
        return []
    every, serves = record.has("administrator", view.size), record.has("coordinator", view.size)
    own = (each for each in entries if each.contact.member == member and each.standing == "confirmed")
    mine = (each for each in own if every or (serves and officer in each.contact.officers))
    found = [ToConfirm(each, _days(each, freshness, now)) for each in mine]
    return sorted(
        (each for each in found if each.days * DAY <= AHEAD), key=lambda each: (each.entry.since, each.entry.id)
    )


def reminder(found: list[ToConfirm], freshness: Freshness) -> str:
    """One line about them, or nothing if there are none."""
    if not found:
        return ""
    oldest, last = found[0], max(0, freshness.doubtful - freshness.due + found[0].days)
    names = ", ".join(each.entry.id for each in found[:5]) + (f" and {len(found) - 5} more" if len(found) > 5 else "")
    due = f"due in {_in_days(oldest.days)}" if oldest.days > 0 else "due now"
    after = f"in {_in_days(last)}" if last else "already"
    rest = f"{oldest.entry.id}, confirmed longest ago, is {due} and {after} shown last"
    return f"to be confirmed as right: {names}. {rest}. `enlace contact attest --due` shows each and asks"


def _in_days(days: int) -> str:
    return f"{days} day{'s' * (days > 1)}"


def _days(entry: Entry, freshness: Freshness, now: int) -> int:
    """Whole days until an entry is due, counted so that one that is due has 0 or less."""
    return -((now - entry.since - freshness.due * DAY) // DAY)
