"""Who comes after the first stage of a message, and when: the stages and the calls that follow by themselves. Pure.

1. One turn comes every time the clock of the precedence runs out (policy), as long as the message waits; a turn that
   would come after the message has expired is left out. At most MOST_STAGES stages and MOST_CALLS calls.
2. The alternates of the recipients follow in escalation order, rank by rank: those with a live device. They get the
   message as later stages, unless it may reach only the named (TLP:RED, data about a victim): then they are called.
3. Where somebody has to act tonight (flash, immediate), the same members' other contacts of the same function are
   called next, and their administrators last. What is called learns that a message waits for whom, and nothing else.
   A consular contact is never reached by itself: neither as an alternate nor by a call.
4. An officer may name who is called instead, one turn each in the order given, or nobody; and may say that nobody but
   the named is reached at all: then nobody is called either, unless named.
"""

from collections.abc import Iterable, Iterator
from itertools import zip_longest

from desk.handling.sending import may_be_alternate
from desk.mail.message import MessageCall, MessageStage
from directory.view import View
from relay.protocol.envelope import MOST_CALLS, MOST_STAGES, Precedence

MOST_AT_ONCE = 8  # contacts in one call that nobody named
CALLING: tuple[Precedence, ...] = ("flash", "immediate")
Turns = tuple[tuple[MessageStage, ...], tuple[MessageCall, ...]]


def turns(
    view: View,
    sender: str,
    to: tuple[str, ...],
    precedence: Precedence,
    lasts: int,
    now: int,
    *,
    named_only: bool = False,
    escalate: bool = True,
    calls: tuple[str, ...] | None = None,
) -> Turns:
    """The stages and calls after the first stage of a message that lasts so many seconds.

    `named_only`: it may reach only the named (rule 2). `escalate`: somebody follows at all; `calls`: whom the officer
    names (rule 4), None for nobody having said.
    """
    clock, seen = int(getattr(view.founded.policy.clocks, precedence)), {*to, sender}
    ranks = list(_alternates(view, to, seen, now)) if escalate else []
    stages = [] if named_only else ranks[: MOST_STAGES - 1]
    called: list[tuple[tuple[str, ...], tuple[str, ...]]]
    if calls is not None:
        called = [((each,), ()) for each in calls]
    else:
        called = [(each, ()) for each in ranks] if named_only else []
        if escalate and precedence in CALLING:
            called += _further(view, to, sender, {*seen, *(each for rank in ranks for each in rank)}, now)
    last = max((number for number in range(len(stages) + 1) if clock * number < lasts), default=0)
    found = [MessageStage(after=clock * (n + 1), contacts=each) for n, each in enumerate(stages[:last])]
    later = []
    for number, (contacts, administrators) in enumerate(called[:MOST_CALLS], len(found) + 1):
        if clock * number < lasts:
            later.append(MessageCall(after=clock * number, contacts=contacts, administrators=administrators))
    return tuple(found), tuple(later)


def _alternates(view: View, to: Iterable[str], seen: set[str], now: int) -> Iterator[tuple[str, ...]]:
    """The alternates of the recipients, rank by rank, of whom somebody could receive; what is named joins `seen`."""
    for ranked in zip_longest(*(view.contacts[each].escalation for each in to), fillvalue=""):
        new = [each for each in dict.fromkeys(ranked) if each and each not in seen and may_be_alternate(view, each)]
        found = tuple(each for each in new if view.contact_devices(each, now))
        seen.update(found)
        if found:
            yield found


def _further(
    view: View, to: tuple[str, ...], sender: str, seen: set[str], now: int
) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Rule 3: contacts and administrators of the recipients' members, where that reaches a device more."""
    members = tuple(dict.fromkeys(view.contacts[each].member for each in to if view.contacts[each].member))
    functions = {(view.contacts[each].member, view.contacts[each].function) for each in to}
    reached = {device for each in seen for device in view.contact_devices(each, now)}
    others: list[str] = []
    for contact, record in sorted(view.contacts.items()):
        fits = record.listed and (record.member, record.function) in functions and contact not in seen
        fits = fits and may_be_alternate(view, contact)
        found = set(view.contact_devices(contact, now)) if fits and len(others) < MOST_AT_ONCE else set[str]()
        if found - reached:
            others.append(contact)
            reached |= found
    if others:
        yield tuple(others), ()
    chiefs = tuple(each for each in members if _administrators(view, each, now) - reached)
    if chiefs:
        yield (), chiefs


def _administrators(view: View, member: str, now: int) -> set[str]:
    officers = view.administrators(member, now) if member in view.members else ()
    return {device for officer in officers for device in view.live_devices(officer, now)}
