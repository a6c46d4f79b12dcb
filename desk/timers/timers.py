"""What of a request is due when: each timer from what began it, until what meets it. Pure; `now` is an argument.

    timer               begins                                  met by                        ends unmet with
    first-answer        sent                                    any event of the asked side    closing
    urgent-direct,
    urgent-indirect,
    ordinary            sent                                    completion, refusal           closing
    expected            acceptance that promises a time         completion, refusal           closing
    preservation        the measure holds (or: acceptance)      a request for assistance      –
    provisional-arrest  the measure holds                       a request for extradition     –

1. *Sent* is when the relay took the request in: earlier than any receipt, and so the safe beginning.
2. A preservation that was accepted without a word about since when is counted from the acceptance; an acceptance of a
   provisional arrest is no arrest, and begins nothing.
3. A measure outlives its request: data are kept, and a person is held, whatever was completed, refused or closed
   meanwhile. Its timer ends when it is followed up, or when whoever holds it says that it is over. Only of a
   preservation of which nothing says since when it holds a refusal says that it never did.
4. A request that was refused, withdrawn or sent twice follows nothing up.
5. Whoever holds a measure, or promised a result, may say another date (`Limit`): the last one counts, of several that
   crossed the earliest. It goes before every term.
6. A timer is *near* from the first reminder on, *overdue* from the due time on. *Met* stays met, and says if it was
   late. What ended unmet is no timer any more.
7. `notices` gives each reminder and alarm once to somebody who asks for one span of time after another. Of one timer at
   most the newest in a span: a desk that was off for a week rings once.
8. Alarms come when it is due and every day from then on, for MOST_ALARMS days; after that it only stands as overdue.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, get_args

from desk.requests.acts import Accept, Close, Limit, Part, Send
from desk.requests.life import History
from desk.timers.terms import HOUR, MEASURES, Term, TimerKind, term
from directory.entry import DAY

State = Literal["running", "near", "overdue", "met"]
What = Literal["sent", "word", "accepted", "holds", "assistance", "extradition", "completed", "refused", "closed"]
STATES: tuple[State, ...] = get_args(State)
MOST_ALARMS = 30  # days

_TIMES: Mapping[TimerKind, tuple[tuple[What, ...], tuple[What, ...], tuple[What, ...]]] = MappingProxyType(
    {
        "first-answer": (("sent",), ("word",), ("closed",)),
        "urgent-direct": (("sent",), ("completed", "refused"), ("closed",)),
        "urgent-indirect": (("sent",), ("completed", "refused"), ("closed",)),
        "ordinary": (("sent",), ("completed", "refused"), ("closed",)),
        "expected": (("accepted",), ("completed", "refused"), ("closed",)),
        "preservation": (("holds", "accepted"), ("assistance",), ()),
        "provisional-arrest": (("holds",), ("extradition",), ()),
    }
)
_FOLLOW_UPS: Mapping[str, What] = MappingProxyType(
    {"mutual-legal-assistance": "assistance", "extradition": "extradition"}
)
# Seconds before it is due at which a reminder comes, for terms up to so many seconds.
_LEADS: tuple[tuple[int, tuple[int, ...]], ...] = (
    (2 * HOUR, (600,)),
    (DAY, (2 * HOUR, HOUR // 2)),
    (14 * DAY, (DAY, 6 * HOUR)),
)
_LONGEST_LEADS = (30 * DAY, 14 * DAY, 7 * DAY, 3 * DAY, DAY)


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that happened to a request, and when (unix seconds)."""

    what: What
    at: int


@dataclass(frozen=True, slots=True)
class Timer:
    """What is due: of which kind, since when, when, in what state, when it was met if so, and by which term.

    `told`: not by a term, but by the date that its holder said (rule 5).
    """

    kind: TimerKind
    began: int
    due: int
    state: State
    met: int | None
    term: Term | None
    told: bool = False

    @property
    def late(self) -> bool:
        """Whether it was met after it was due."""
        return self.met is not None and self.met > self.due

    @property
    def verify(self) -> bool:
        """Whether its length has yet to be checked in the instrument."""
        return self.term is not None and self.term.verify

    @property
    def unknown(self) -> bool:
        """Whether nobody has said its length."""
        return self.term is not None and self.term.unknown


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which timers a request has: its class, what was promised, and the instrument it is made under.

    `kinds` are those of a request of its form; `respond` is the recipient contact's commitment in seconds (its entry
    says it in minutes), 0 for none.
    """

    kinds: tuple[TimerKind, ...] = ()
    instrument: str = ""
    respond: int = 0
    own: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """That a time limit was told anew: when, and until when it runs; 0 for one that runs no more."""

    at: int
    until: int


@dataclass(frozen=True, slots=True)
class Notice:
    """A reminder, or an alarm if it is due, of a timer at a moment."""

    timer: Timer
    at: int
    alarm: bool


def facts_of(found: History, following: Iterable[History] = ()) -> tuple[Fact, ...]:
    """What a request's history says for its timers; `following` are others: those that say
    they follow it up count."""
    facts = list[Fact]()
    for each in found.entries:
        at, act = each.signed.taken_in, each.signed.event.act
        if not each.effective or at is None:
            continue
        if each.side == "asked" and each.signed.kind != "via":
            facts.append(Fact("word", at))
        if isinstance(act, Accept | Part) and act.since:
            facts.append(Fact("holds", min(act.since, at)))
        if isinstance(act, Accept):
            facts.append(Fact("accepted", at))
        what = _EVENTS.get(each.signed.kind)
        if what is not None:
            facts.append(Fact(what, at))
    for other in following:
        first = other.request.event.act
        if isinstance(first, Send) and first.follows == found.request.id and _stands(other):
            made = _FOLLOW_UPS.get(first.form.partition("/")[0])
            sent = (each.signed.taken_in for each in other.effective("send"))
            facts += [Fact(made, at) for at in sent if at is not None and made is not None]
    return tuple(facts)


def _stands(found: History) -> bool:
    """Whether a request still asks for something, or got it (rule 4)."""
    ends = (each.signed.event.act for each in found.effective("close"))
    return not found.effective("refuse") and all(
        not isinstance(act, Close) or act.reason in ("done", "settled-otherwise") for act in ends
    )


def said(found: History) -> dict[TimerKind, Said]:
    """The dates that count, of those that were told anew (rule 5)."""
    after = {each.signed.id: each.signed.after for each in found.entries}
    every: dict[TimerKind, dict[str, Said]] = {}
    for each in found.entries:
        act, at = each.signed.event.act, each.signed.taken_in
        if not isinstance(act, Limit) or not each.effective:
            continue
        mine = every.setdefault(act.timer, {})
        seen, left = set[str](), [*each.signed.after]
        while left:
            one = left.pop()
            if one not in seen:
                seen.add(one)
                left += after.get(one, ())
        every[act.timer] = {id_: one for id_, one in mine.items() if id_ not in seen}
        every[act.timer][each.signed.id] = Said(each.signed.at if at is None else at, act.until)
    return {kind: min(told.values(), key=lambda each: each.until or 2**53) for kind, told in every.items()}


_EVENTS: Mapping[str, What] = MappingProxyType(
    {"send": "sent", "complete": "completed", "refuse": "refused", "close": "closed"}
)


def promised(found: History) -> int:
    """By when the asked side said it would be done, in the acceptance that counts; 0 if it did not."""
    return next(
        (
            each.signed.event.act.expected
            for each in found.effective("accept")
            if isinstance(each.signed.event.act, Accept)
        ),
        0,
    )


def timers(
    facts: Iterable[Fact],
    wanted: Wanted,
    now: int,
    expected: int = 0,
    told: Mapping[TimerKind, Said] = MappingProxyType({}),
) -> tuple[Timer, ...]:
    """The timers of a request at `now`, the next due first; `expected` is what `promised` says, `told` what `said`
    does."""
    first: dict[What, int] = {}
    for fact in facts:
        first[fact.what] = min(fact.at, first.get(fact.what, fact.at))
    kinds: list[TimerKind] = [each for each in wanted.kinds if each not in ("first-answer", "expected")]
    kinds += ["first-answer"] if wanted.respond else []
    kinds += ["expected"] if expected else []
    found = [_timer(kind, first, wanted, expected, now, told.get(kind)) for kind in dict.fromkeys([*kinds, *told])]
    return tuple(sorted((each for each in found if each is not None), key=lambda each: (each.due, each.kind)))


def _timer(
    kind: TimerKind, first: Mapping[What, int], wanted: Wanted, expected: int, now: int, told: Said | None
) -> Timer | None:
    begins, meets, ends = _TIMES[kind]
    began = next((first[what] for what in begins if what in first), told.at if told is not None else None)
    if began is None:
        return None
    by = None if kind in ("first-answer", "expected") else term(kind, wanted.instrument, wanted.own)
    if told is not None and told.until:
        due, by = told.until, None
    elif kind == "expected":
        due = expected
    else:
        due = began + (wanted.respond if by is None else by.seconds)
    met = min((first[what] for what in meets if what in first), default=None)
    ended = min((first[what] for what in ends if what in first), default=None)
    over = told is not None and not told.until
    never = kind in MEASURES and "holds" not in first and "refused" in first and told is None  # rule 3
    if met is None and (ended is not None or over or never):
        return None
    state: State = "met" if met is not None else "overdue" if now >= due else "running"
    if state == "running" and now >= min((due - lead for lead in _leads(due - began)), default=due):
        state = "near"
    return Timer(kind, began, due, state, met, by, told is not None and bool(told.until))


def _leads(seconds: int) -> tuple[int, ...]:
    """How long before it is due the reminders of a term come; only such as come after its beginning."""
    leads = next((leads for most, leads in _LEADS if seconds <= most), _LONGEST_LEADS)
    return tuple(each for each in leads if each < seconds)


def last_reminder(timer: Timer) -> int | None:
    """When the last reminder of a timer comes; None if it has none."""
    return max((timer.due - lead for lead in _leads(timer.due - timer.began)), default=None)


def notices(found: Iterable[Timer], after: int, until: int) -> tuple[Notice, ...]:
    """The reminders and alarms that fall later than `after` and not later than `until`, in order (rules 4 and 5)."""
    told = list[Notice]()
    for timer in found:
        if timer.state == "met":
            continue
        moments = [timer.due - lead for lead in _leads(timer.due - timer.began)]
        moments += [timer.due + day * DAY for day in range(MOST_ALARMS)]
        inside = [each for each in moments if after < each <= until]
        if inside:
            told.append(Notice(timer, max(inside), max(inside) >= timer.due))
    return tuple(sorted(told, key=lambda each: (each.at, each.timer.kind)))
