"""The life of a request: what both sides signed, in one order, and where that leaves it. Pure.

Q1  A request is its `send` and the events that name it. The *asking* side is the contact in whose name it was sent, the
    *asked* side the contacts it was sent to: the sides are signed, and never change. What anybody else signs about it
    is no part of it (`outsiders`), nor what is signed as an exercise about a request that is none, or the other way
    round.
Q2  An event counts from when it is proven that the relay took it in, from a device that served its contact then. Until
    then one's own is *unsent*, another's *unproven*: it has no effect. While that is so of the `send`, the request is
    a draft.
Q3  Events stand in the order of `desk.events.order`. Of those that crossed: notes, receipt, acceptance, answers,
    questions, results, completion, refusal, closing, new time limits. So what was done is not undone by a closing that
    did not know of it, an acceptance that crossed with a refusal ends refused, and a result that crossed with a
    refusal was sent.
Q4  An event that the table below does not allow where it stands has no effect, and the history says why. It stays
    in the history: it was signed.

        event     who      in which states                                     leads to
        send      asking   draft                                               sent
        receive   asked    sent                                                received
        accept    asked    sent, received                                      accepted
        part      asked    accepted, partial                                   partial
        complete  asked    accepted, partial                                   completed
        refuse    asked    sent, received, accepted, partial                   refused
        ask       both     any from sent on but closed                         –
        answer    both     any from sent on but closed                         –
        close     asking   any from sent on but closed                         closed
        via       both     any from sent on                                    –
        limit     asked    any from accepted on                                –
        repeat    both     any from sent on                                    –

Q5  An answer is to a question of the other side that stands before it. A question is open until its first answer; more
    may follow. Questions that are open when a request ends stay so, and are shown.
Q6  A closing says *done* only of what is completed or refused; before, it says why: withdrawn, settled otherwise, a
    duplicate.
Q7  A request is sent once, to one contact at least, and not to the contact that sends it.
Q8  Another date is told only of a measure that the form of the request may ask for, or of the result, while one is
    still to come: a deadline of what nobody holds would stand there for good.
Q9  Whoever signs a hundred events that stand beside each other makes nobody unable to sign the next: it names as many
    as fit, the last of them, and an answer its question too.

Whoever has the same events comes to the same history, effect by effect, whatever came first (`History.digest`).
What this does not do: it does not say which of two officers of one side was quicker. The relay's lines do.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from types import MappingProxyType
from typing import Literal, get_args

from desk.events.form import MOST_AFTER, kind_of
from desk.events.order import newest, put_in_order
from desk.requests.acts import MAY_ASK, Act, Answer, Ask, Close, Limit, Measure, RequestEvent, Send

State = Literal["draft", "sent", "received", "accepted", "partial", "completed", "refused", "closed"]
Side = Literal["asking", "asked"]
Why = Literal[
    "other-side",
    "already",
    "too-early",
    "too-late",
    "no-such-question",
    "own-question",
    "not-done",
    "no-such-measure",
    "nobody-asked",
]
STATES: tuple[State, ...] = get_args(State)
WHYS: tuple[Why, ...] = get_args(Why)

_LIVE: tuple[State, ...] = ("sent", "received", "accepted", "partial", "completed", "refused")
_RANKS = ("send", "via", "repeat", "receive", "accept", "answer", "ask", "part", "complete", "refuse", "close", "limit")


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may sign an event, in which states it has an effect, and the state it leads to; None leaves it as it is."""

    sides: tuple[Side, ...]
    states: tuple[State, ...]
    to: State | None = None


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "send": Rule(("asking",), ("draft",), "sent"),
        "receive": Rule(("asked",), ("sent",), "received"),
        "accept": Rule(("asked",), ("sent", "received"), "accepted"),
        "part": Rule(("asked",), ("accepted", "partial"), "partial"),
        "complete": Rule(("asked",), ("accepted", "partial"), "completed"),
        "refuse": Rule(("asked",), ("sent", "received", "accepted", "partial"), "refused"),
        "ask": Rule(("asking", "asked"), _LIVE),
        "answer": Rule(("asking", "asked"), _LIVE),
        "close": Rule(("asking",), _LIVE, "closed"),
        "via": Rule(("asking", "asked"), (*_LIVE, "closed")),
        # A measure outlives its request: what was closed may still hold somebody under arrest.
        "limit": Rule(("asked",), ("accepted", "partial", "completed", "refused", "closed")),
        "repeat": Rule(("asking", "asked"), (*_LIVE, "closed")),
    }
)


@dataclass(frozen=True, slots=True)
class Signed:
    """An event as its message proves it: the hash of the signed text, in whose name, by which device, when.

    `at` is what the sender claims; `taken_in` when the relay took it in, by a receipt at which the device served the
    contact, and None while there is none. `to` are the contacts the message was for, `case` the sender's reference;
    `exercise` says that nothing of it is real.
    """

    id: str
    contact: str
    device: str
    at: int
    taken_in: int | None
    event: RequestEvent
    to: tuple[str, ...] = ()
    case: str = ""
    exercise: bool = False

    @property
    def after(self) -> tuple[str, ...]:
        """The events it stands after."""
        return self.event.after

    @property
    def kind(self) -> str:
        """What kind of act it is."""
        return kind_of(self.event.act)


@dataclass(frozen=True, slots=True)
class Entry:
    """An event in its place: whose side signed it, the state it left the request in, why it had no effect, if so."""

    signed: Signed
    side: Side
    state: State
    why: Why | None

    @property
    def effective(self) -> bool:
        """Whether it had an effect."""
        return self.why is None


@dataclass(frozen=True, slots=True)
class History:
    """A request as it stands: its events in order, those that are not part of it yet or ever, open questions."""

    request: Signed
    state: State
    entries: tuple[Entry, ...]
    waiting: tuple[Signed, ...]
    unproven: tuple[Signed, ...]
    outsiders: tuple[Signed, ...]
    questions: tuple[Signed, ...]

    @property
    def digest(self) -> str:
        """A hash of the events and their effects: two desks that have it in common tell the same history."""
        lines = (f"{each.signed.id} {each.state} {each.why or '-'}\n" for each in self.entries)
        return sha256("".join(lines).encode()).hexdigest()

    @property
    def newest(self) -> tuple[str, ...]:
        """What the next event names as `after`: of very many that crossed the last, for more cannot be named (Q9)."""
        free = {*newest(each.signed for each in self.entries)}
        return tuple(sorted([each.signed.id for each in self.entries if each.signed.id in free][-MOST_AFTER:]))

    def after(self, act: Act) -> tuple[str, ...]:
        """What an event with that act names as `after` now (Q9)."""
        found = self.newest
        if not isinstance(act, Answer) or len(found) < MOST_AFTER or act.to in found:
            return found
        return tuple(sorted((*found[1:], act.to)))

    @property
    def lacking(self) -> dict[str, tuple[str, ...]]:
        """The events that are named and not here, and the contacts who had each when they signed what names it."""
        here = {each.signed.id for each in self.entries} | {each.id for each in self.waiting}
        found: dict[str, tuple[str, ...]] = {}
        for each in self.waiting:
            for named in each.after:
                if named not in here:
                    found[named] = tuple(dict.fromkeys((*found.get(named, ()), each.contact)))
        return found

    def side_of(self, contact: str) -> Side | None:
        """On which side a contact is, if on any."""
        return _side(self.request, contact)

    def effective(self, kind: str) -> tuple[Entry, ...]:
        """The events of a kind that had an effect, in order."""
        return tuple(each for each in self.entries if each.signed.kind == kind and each.effective)


def history(events: Iterable[Signed], request: str, queued: Collection[str] = ()) -> History | None:
    """The request of that hash by the events at hand; None if its `send` is not among them.

    `queued` are the hashes of one's own events that wait to be sent: counted as if they had been, so that what is
    written offline stands on what was written before it. What others are shown is told without them.
    """
    known = {each.id: each for each in events}
    root = known.get(request)
    if root is None or not isinstance(root.event.act, Send):
        return None
    own = [each for each in known.values() if each is root or each.event.request == request]
    outsiders = [each for each in own if each is not root and not _belongs(root, each)]
    inside = [each for each in own if each is root or _belongs(root, each)]
    proven = [each for each in inside if each.taken_in is not None or each.id in queued]
    ordered, waiting = put_in_order(proven, lambda each: _RANKS.index(each.kind))
    fold = _Fold(root)
    for each in ordered:
        fold.add(each)
    return History(
        request=root,
        state=fold.state,
        entries=tuple(fold.entries),
        waiting=tuple(waiting),
        unproven=tuple(sorted((each for each in inside if each not in proven), key=lambda each: each.id)),
        outsiders=tuple(sorted(outsiders, key=lambda each: each.id)),
        questions=tuple(fold.open.values()),
    )


def objection(found: History, contact: str, act: Act) -> Why | None:
    """Why an event that `contact` would sign now would have no effect; None if it would have one."""
    side = _side(found.request, contact)
    if side is None:
        return "other-side"
    asked = {
        each.signed.id: each.side for each in found.entries if isinstance(each.signed.event.act, Ask) and each.effective
    }
    return _objection(found.request, found.state, side, act, asked)


class _Fold:
    """A request while its events are gone through."""

    def __init__(self, request: Signed) -> None:
        self.state: State = "draft"
        self.entries: list[Entry] = []
        self.open: dict[str, Signed] = {}
        self._request = request
        self._asked: dict[str, Side] = {}

    def add(self, signed: Signed) -> None:
        """Take the next event."""
        side, act = _side(self._request, signed.contact) or "asking", signed.event.act
        why = _objection(self._request, self.state, side, act, self._asked)
        if why is None:
            self.state = RULES[signed.kind].to or self.state
            if isinstance(act, Ask):
                self._asked[signed.id], self.open[signed.id] = side, signed
            elif isinstance(act, Answer):
                self.open.pop(act.to, None)
        self.entries.append(Entry(signed, side, self.state, why))


def _objection(request: Signed, state: State, side: Side, act: Act, asked: Mapping[str, Side]) -> Why | None:
    """What the table, Q5 to Q8 have against an event; `asked` are the questions before it, each with its side."""
    rule = RULES[kind_of(act)]
    if side not in rule.sides:
        return "other-side"
    if state not in rule.states:
        if rule.to == state:
            return "already"
        return "too-early" if STATES.index(state) < STATES.index(rule.states[0]) else "too-late"
    if isinstance(act, Send) and (not request.to or request.contact in request.to):
        return "nobody-asked"
    if isinstance(act, Answer):
        by = asked.get(act.to)
        return "no-such-question" if by is None else "own-question" if by == side else None
    if isinstance(act, Close) and act.reason == "done" and state not in ("completed", "refused"):
        return "not-done"
    return _no_date(request, state, act) if isinstance(act, Limit) else None


def _no_date(request: Signed, state: State, act: Limit) -> Why | None:
    """Q8."""
    if act.timer == "expected":
        return None if state in ("accepted", "partial") else "too-late"
    return None if act.timer in measures_of(request) else "no-such-measure"


def measures_of(request: Signed) -> tuple[Measure, ...]:
    """The measures that a request may ask for, by the form of its `send`."""
    act = request.event.act
    form = act.form.partition("/")[0] if isinstance(act, Send) else ""
    return tuple(measure for measure, forms in MAY_ASK.items() if form in forms)


def _belongs(request: Signed, event: Signed) -> bool:
    """Q1."""
    return _side(request, event.contact) is not None and event.exercise == request.exercise


def _side(request: Signed, contact: str) -> Side | None:
    if contact == request.contact:
        return "asking"
    return "asked" if contact in request.to else None
