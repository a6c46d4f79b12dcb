"""Drills at random hours: drawn, kept, and what is due. Pure but for the draw, which the caller hands in.

1. For each contact one second of the period is drawn, each as likely as any other, with `secrets`: nobody, the
   relay and the sender's own colleagues included, can tell from earlier drills when the next one comes.
2. A drill is due for SLACK seconds from its hour. Whoever is not at an unlocked desk then cannot send it, and to send
   it when the office opens would measure office hours. So a drill that was missed is drawn anew for what is left of its
   period; where less than SLACK is left of that it is dropped. Both are told.
3. A contact gets at most one drill from this desk in APART seconds, random or not. This limiter fails closed: where it
   is not known any more what was sent (the record is damaged or lost), nothing is sent for APART from then on.
4. Of a contact at most one drill is planned. Planning anew replaces it.
5. The record is changed before the drill is signed: after a crash between the two a drill is lost, and none is sent
   twice.
"""

from collections.abc import Callable, Iterable

import msgspec

from directory.fields import ContactId, Count, Language, Time

SLACK = 3600  # seconds
APART = 20 * 3600  # less than a day, so that a drill a day may come earlier than the one before it
LONGEST_PERIOD = 60 * 86_400
MOST_PLANNED = 5_000

Draw = Callable[[int], int]
"""A random number below the one given, such as `secrets.randbelow`."""


class Planned(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A drill to come: for whom, when, until when it may be drawn anew, in which language, in whose name."""

    contact: ContactId
    at: Time
    until: Time
    sender: ContactId
    language: Language | msgspec.UnsetType = msgspec.UNSET
    stages: bool = False


class Plan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is to come, in order of time; when each contact had its last drill; since when that is known (rule 3)."""

    planned: tuple[Planned, ...] = ()
    last: dict[ContactId, Count] = {}  # msgspec copies an empty default for each instance
    known_since: Count = 0


def drawn(plan: Plan, wanted: Iterable[Planned], start: int, draw: Draw) -> Plan:
    """The plan with a random second between `start` and `until` for each of `wanted`, whose `at` is not looked at."""
    fresh = [msgspec.structs.replace(each, at=start + draw(max(1, each.until - start))) for each in wanted]
    named = {each.contact for each in fresh}
    kept = [each for each in plan.planned if each.contact not in named]
    return msgspec.structs.replace(plan, planned=_ordered([*kept, *fresh]))


def without(plan: Plan, contacts: Iterable[str]) -> Plan:
    """The plan without the drills to come of some contacts."""
    gone = {*contacts}
    return msgspec.structs.replace(plan, planned=tuple(each for each in plan.planned if each.contact not in gone))


def due(plan: Plan, now: int) -> tuple[Planned, ...]:
    """The drills that are to be sent now (rule 2)."""
    return tuple(each for each in plan.planned if each.at <= now < each.at + SLACK)


def missed(plan: Plan, now: int) -> tuple[Planned, ...]:
    """The drills whose hour has gone by (rule 2)."""
    return tuple(each for each in plan.planned if each.at + SLACK <= now)


def redrawn(plan: Plan, now: int, draw: Draw) -> tuple[Plan, tuple[Planned, ...], tuple[Planned, ...]]:
    """The plan with what was missed drawn anew, the drills that were, and those that were dropped (rule 2)."""
    late = missed(plan, now)
    again = tuple(each for each in late if each.until - now >= SLACK)
    dropped = tuple(each for each in late if each not in again)
    left = without(plan, (each.contact for each in dropped))
    return drawn(left, again, now, draw), again, dropped


def next_at(plan: Plan) -> int | None:
    """When the next drill is due; None if none is planned."""
    return plan.planned[0].at if plan.planned else None


def may_from(plan: Plan, contact: str) -> int:
    """From when on a contact may have another drill (rule 3)."""
    return max(plan.last.get(contact, 0), plan.known_since) + APART if contact in plan.last or plan.known_since else 0


def noted(plan: Plan, contacts: Iterable[str], now: int) -> Plan:
    """The plan after these contacts were drilled at `now`: none is planned for them any more."""
    named = tuple(contacts)
    last = {contact: at for contact, at in plan.last.items() if at + APART > now} | dict.fromkeys(named, now)
    return msgspec.structs.replace(without(plan, named), last=last)


def forgotten(now: int) -> Plan:
    """The plan of a desk that does not know any more what it sent (rule 3)."""
    return Plan(known_since=now)


def _ordered(planned: Iterable[Planned]) -> tuple[Planned, ...]:
    return tuple(sorted(planned, key=lambda each: (each.at, each.contact)))
