"""A case: who is in it, by what was signed, in one order. Pure.

K1  A case is its `open` and the events that name it, each proven to have been taken in by the relay, from a device that
    served its contact then (a guest's: of that officer). Others are put aside as *unproven*.
K2  Acts stand in the order of `desk.events.order`, messages among them (`desk.cases.thread`). Of acts that crossed
    stand first: exclusions and the ends of guests, leavings, joinings, invitations, hand-overs. That order is the same
    for all who hold the acts, whichever messages each of them was given. What somebody who is out signed as if they had
    not seen that has no effect, wherever it stands (`desk.cases.removals`).
K3  Who opens the case is its first member, and may invite.
K4  A member who may invite invites a contact that is neither in nor invited, and says whether that may invite too. One
    that was excluded is invited again only by who excluded it, or opened the case, and who has seen the exclusion.
K5  A contact joins by its own act, and only when invited. Nobody is put into a case.
K6  A member leaves by its own act. It keeps what it has, and gets nothing more.
K7  Who has invited a contact, or opened the case, excludes it, also before it joined. Nobody excludes who opened the
    case. Whom it had invited stays, if whoever excluded it had seen that.
K8  A *guest* is one officer, of whatever contact, until a time at most MOST_GUEST_DAYS ahead. A member who may invite
    invites a guest, and puts another time while the guest's has not run out; after that it takes a new invitation. One
    whose stay was ended is invited again only by who ended it, or opened the case.
K9  A guest joins and leaves by the officer's own act; who invited, or opened the case, ends it before its time. A guest
    says something in the case, as a guest, and does nothing else: invites nobody, hands nothing over. It is one
    officer: what is done as a guest is for no colleague at the contact in whose name it is signed. In the name of a
    contact that was excluded an officer joins only at the invitation of who may invite that one again.
K10 Members say something in the case. What others say has no effect on who may read, and is marked.
K11 A hand-over is signed by a contact that is or was a member; to another contact only if that is a member. Whether the
    device that signs could read the messages itself, and who can then, is `desk.cases.reading`.

An event that a rule refuses stays in the list, with the reason. Times here are the relay's receipts, which travel with
the messages: two desks could only differ if a relay signed two times for one message, and both would hold the proof.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, get_args

from desk.cases.acts import (
    Act,
    CaseEvent,
    EndGuest,
    Exclude,
    Guest,
    HandOver,
    Invite,
    Join,
    Leave,
    Open,
    Say,
    ToContact,
    as_guest,
)
from desk.cases.removals import Reach, Removal, ever_invited
from desk.cases.thread import acts_in_order, next_names, with_messages
from desk.events.form import kind_of
from directory.entry import DAY

MOST_GUEST_DAYS = 92
NEVER = 2**62
AHEAD = 7 * DAY  # by how much a receipt may be ahead of all that a profile has seen, and count for the time
Why = Literal[
    "no-member", "may-not-invite", "already", "not-invited", "not-theirs", "the-opener", "no-such-member", "guest-over",
    "too-long", "crossed",
]  # fmt: skip
_NO_WORD: tuple[Why | None, ...] = ("no-member", "crossed", "not-invited", "guest-over")  # of a signer who is not in
WHYS: tuple[Why, ...] = get_args(Why)


@dataclass(frozen=True, slots=True)
class Signed:
    """An event as its message proves it.

    `id` is the hash of the signed text; `contact`, `officer` and `device` whose it is; `taken_in` when the relay took
    it in and `size` the directory's size by that receipt, both None while nothing proves it; `to` the contacts the
    message was for; `named_only` whether only those may ever read it (TLP:RED); `erase_at` when it is to be erased.
    """

    id: str
    contact: str
    officer: str
    device: str
    taken_in: int | None
    size: int | None
    event: CaseEvent
    to: tuple[str, ...] = ()
    named_only: bool = False
    erase_at: int = NEVER

    @property
    def after(self) -> tuple[str, ...]:
        """The acts it stands after."""
        return self.event.after

    @property
    def seen(self) -> tuple[str, ...]:
        """The newest messages that its signer had seen."""
        return self.event.seen

    @property
    def as_guest(self) -> bool:
        """Whether an officer did it as a guest."""
        return as_guest(self.event)

    @property
    def kind(self) -> str:
        """What kind of act it is."""
        return kind_of(self.event.act)

    @property
    def audience(self) -> tuple[str, ...]:
        """The contacts it was sealed to: those it is for, and its sender's own, unless that was a guest."""
        return tuple(dict.fromkeys((*self.to, *(() if self.as_guest else (self.contact,)))))


@dataclass(frozen=True, slots=True)
class Entry:
    """An event in its place, when and at which size of the directory it was taken in, why it had no effect, if so;
    and the contacts that were in the case at that place."""

    signed: Signed
    at: int
    size: int
    why: Why | None
    inside: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Member:
    """Who invited a contact (itself, if it opened the case), and whether it may invite."""

    by: str
    may_invite: bool


@dataclass(frozen=True, slots=True)
class Stay:
    """An officer's time as a guest: who invited, until when, and between which places in the order; None: yet to join.

    `ended` is the place at which it was ended, or NEVER; `contact` the one in whose name the officer joined.
    """

    officer: str
    by: str
    until: int
    joined: int | None = None
    ended: int = NEVER
    contact: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """A case as it stands: events in order, members, invited contacts, the stays of guests, what is not part of it."""

    opening: Signed
    entries: tuple[Entry, ...]
    members: Mapping[str, Member]
    invited: Mapping[str, Member]
    stays: tuple[Stay, ...]
    waiting: tuple[Signed, ...]
    unproven: tuple[Signed, ...]

    @property
    def after(self) -> tuple[str, ...]:
        """The acts that the next event names."""
        return self._newest(say=False)

    @property
    def seen(self) -> tuple[str, ...]:
        """The messages that the next event names."""
        return self._newest(say=True)

    def _newest(self, *, say: bool) -> tuple[str, ...]:
        wanted = [each for each in self.entries if isinstance(each.signed.event.act, Say) == say]
        return next_names(
            [each.signed for each in wanted], [each.signed for each in wanted if each.why not in _NO_WORD]
        )

    def time(self, now: int) -> int:
        """The time by which it is read: the later of `now` and of when the relay took in what has an effect, so that no
        clock that is behind holds it back. One receipt that is dated far ahead locks nothing: what is more than AHEAD
        later than `now` does not count."""
        return max((now, *(each.at for each in self.entries if each.why is None and each.at <= now + AHEAD)))

    def staying(self, now: int) -> tuple[Stay, ...]:
        """The stays of guests who are in at a time, by that clock or by what was seen."""
        at = self.time(now)
        return tuple(each for each in self.stays if each.joined is not None and each.ended == NEVER and at < each.until)

    def guests(self, now: int) -> tuple[str, ...]:
        """The officers who are guests at a time."""
        return tuple(each.officer for each in self.staying(now))


def case_of(events: Iterable[Signed], case: str) -> Case | None:
    """The case of that hash by the events at hand; None if its `open` is not proven among them."""
    known = {each.id: each for each in events if each.id == case or each.event.case == case}
    opening = known.get(case)
    if opening is None or not isinstance(opening.event.act, Open) or opening.taken_in is None or opening.size is None:
        return None
    proven = [each for each in known.values() if each.taken_in is not None and each.size is not None]
    acts, lacking = acts_in_order(proven)
    inside = ever_invited(opening.contact, acts)
    reach = Reach(acts, {each.id for each in acts if each.contact in inside})
    signers = {each.id: each.contact for each in acts}
    fold = _folded(opening.contact, acts, reach)
    while reach.count(fold.removals, signers):
        fold = _folded(opening.contact, acts, reach)
    counted = {each.signed.id for each in fold.entries if each.why not in _NO_WORD}
    ordered, waiting = with_messages(acts, proven, counted)
    fold = _folded(opening.contact, ordered, reach)
    left = tuple(sorted([*lacking, *waiting], key=lambda each: each.id))
    unproven = tuple(sorted((each for each in known.values() if each not in proven), key=lambda each: each.id))
    return Case(opening, tuple(fold.entries), fold.members, fold.invited, tuple(fold.stays), left, unproven)


def _folded(opener: str, ordered: Iterable[Signed], reach: Reach) -> "_Fold":
    fold = _Fold(opener, reach)
    for place, each in enumerate(ordered):
        at, size = each.taken_in or 0, each.size or 0
        why = fold.take(each, at, place)
        fold.entries.append(Entry(each, at, size, why, fold.inside))
    return fold


class _Fold:
    """A case while its events are gone through."""

    def __init__(self, opener: str, reach: Reach) -> None:
        self.entries: list[Entry] = []
        self.members: dict[str, Member] = {}
        self.invited: dict[str, Member] = {}
        self.stays: list[Stay] = []
        self.removals: list[Removal] = []
        self.inside: frozenset[str] = frozenset()
        self._opener = opener
        self._reach = reach
        self._depth: dict[str, int] = {}  # of whoever was ever a member
        self._inviters: dict[str, set[str]] = {}  # of whoever was ever invited
        self._gone: dict[str, str] = {}  # by which act a member went out last
        self._out: dict[str, str] = {}  # who excluded a contact, or ended an officer's stay

    def take(self, signed: Signed, at: int, place: int) -> Why | None:
        """Do what an event says; return why it has no effect, if so."""
        act: Act = signed.event.act
        if isinstance(act, Open):  # of this case, for it names none: the first
            self._enter(signed.contact, Member(signed.contact, may_invite=True))
            return None
        if not signed.as_guest and self._reach.crossed(signed.id, signed.contact):
            return "not-invited" if isinstance(act, Join) else "no-member"
        if isinstance(act, Join):
            return self._guest_joins(signed, at, place) if act.guest else self._join(signed.contact)
        if isinstance(act, Leave):
            return self._end(signed.officer, place, joined=True) if act.guest else self._leave(signed)
        if isinstance(act, Say):
            may = self._staying(signed.officer, at) if act.guest else signed.contact in self.members
            return None if may else "no-member"
        if isinstance(act, HandOver):
            return self._hand_over(signed.contact, act)
        if signed.contact not in self.members:
            self._perhaps(signed, act)
            return "no-member"
        if isinstance(act, Invite):
            return self._invite(signed, act)
        if isinstance(act, Exclude):
            return self._exclude(signed, act.contact)
        if isinstance(act, Guest):
            return self._guest(signed, act, at)
        return self._end_guest(signed, act, place)

    def _enter(self, contact: str, member: Member) -> None:
        self.members[contact] = member
        self._depth[contact] = self._depth.get(member.by, -1) + 1
        self.invited.pop(contact, None)
        self.inside = frozenset(self.members)

    def _go(self, signed: Signed, target: str) -> None:
        """A contact, or a guest, goes out by an act that reaches whatever crossed with it."""
        self.removals.append(Removal(self._depth[signed.contact], signed.id, target))
        if target in self.members:
            self._gone[target] = signed.id
        self.members.pop(target, None)
        self.invited.pop(target, None)
        self.inside = frozenset(self.members)

    def _perhaps(self, signed: Signed, act: Act) -> None:
        """An exclusion by whom another put out that crossed with it: perhaps it is this one that counts first."""
        by, gone = signed.contact, self._gone.get(signed.contact)
        if not isinstance(act, Exclude) or gone is None or self._reach.knows(signed.id, gone):
            return
        if act.contact != self._opener and by in {self._opener, *self._inviters.get(act.contact, ())}:
            self.removals.append(Removal(self._depth[by], signed.id, act.contact))

    def _may_call_back(self, signed: Signed, target: str) -> Why | None:
        """Why somebody may not be invited (again), if so (K4, K8)."""
        if self._reach.crossed(signed.id, target):
            return "crossed"
        theirs = signed.contact in (self._opener, self._out.get(target, signed.contact))
        return None if theirs else "not-theirs"

    def _invite(self, signed: Signed, act: Invite) -> Why | None:
        if not self.members[signed.contact].may_invite:
            return "may-not-invite"
        if act.contact in self.members or act.contact in self.invited:
            return "already"
        why = self._may_call_back(signed, act.contact)
        if why is None:
            self._out.pop(act.contact, None)
            self._inviters.setdefault(act.contact, set()).add(signed.contact)
            self.invited[act.contact] = Member(signed.contact, act.may_invite)
        return why

    def _join(self, contact: str) -> Why | None:
        if contact in self.members:
            return "already"
        if contact not in self.invited:
            return "not-invited"
        self._enter(contact, self.invited[contact])
        return None

    def _leave(self, signed: Signed) -> Why | None:
        if signed.contact not in self.members:
            return "no-member"
        self._go(signed, signed.contact)
        return None

    def _exclude(self, signed: Signed, contact: str) -> Why | None:
        inviters = self._inviters.get(contact, set())
        if contact == self._opener:
            return "the-opener"
        if not inviters:
            return "no-such-member"
        if signed.contact != self._opener and signed.contact not in inviters:
            return "not-theirs"
        # Also where it went before: else it had only to leave, as if before this, to reach back behind it.
        gone = contact not in self.members and contact not in self.invited
        self._out[contact] = signed.contact
        self._go(signed, contact)
        return "no-such-member" if gone else None

    def _guest(self, signed: Signed, act: Guest, at: int) -> Why | None:
        if not self.members[signed.contact].may_invite:
            return "may-not-invite"
        if not at < act.until <= at + MOST_GUEST_DAYS * DAY:
            return "too-long"
        why = self._may_call_back(signed, act.officer)
        if why is not None:
            return why
        self._out.pop(act.officer, None)
        place = self._stay(act.officer)
        if place is not None and at < self.stays[place].until:
            self.stays[place] = replace(self.stays[place], until=act.until)
        else:
            self.stays.append(Stay(act.officer, signed.contact, act.until))
        return None

    def _guest_joins(self, signed: Signed, at: int, place: int) -> Why | None:
        newest = self._stay(signed.officer)
        if newest is None:
            return "not-invited"
        stay = self.stays[newest]
        if stay.joined is not None:
            return "already"
        if at >= stay.until:
            return "guest-over"
        if stay.by not in (self._opener, self._out.get(signed.contact, stay.by)):
            return "not-invited"
        self.stays[newest] = replace(stay, joined=place, contact=signed.contact)
        return None

    def _end_guest(self, signed: Signed, act: EndGuest, place: int) -> Why | None:
        theirs = {each.by for each in self.stays if each.officer == act.officer}
        if not theirs:
            return "no-such-member"
        if signed.contact not in (*theirs, self._opener):
            return "not-theirs"
        self._out[act.officer] = signed.contact
        self._go(signed, act.officer)
        return self._end(act.officer, place) and "no-such-member"

    def _end(self, officer: str, place: int, *, joined: bool = False) -> Why | None:
        """End a stay; with `joined`, only one of a guest who is in."""
        at = self._stay(officer)
        if at is None or (joined and self.stays[at].joined is None):
            return "no-member"
        self.stays[at] = replace(self.stays[at], ended=place)
        return None

    def _stay(self, officer: str) -> int | None:
        """Where an officer's newest stay stands that was not ended."""
        found = (at for at, each in enumerate(self.stays) if each.officer == officer and each.ended == NEVER)
        return max(found, default=None)

    def _staying(self, officer: str, at: int) -> bool:
        newest = self._stay(officer)
        stay = self.stays[newest] if newest is not None else None
        return stay is not None and stay.joined is not None and at < stay.until

    def _hand_over(self, contact: str, act: HandOver) -> Why | None:
        if contact not in self._depth:
            return "no-member"
        to = act.receiver
        return "no-such-member" if isinstance(to, ToContact) and to.contact not in self.members else None
