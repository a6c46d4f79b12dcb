"""What is due of which request on this desk, and of what its officer is still to be told.

1. A request has the timers of its form, the commitment of the contact it was sent to, what was promised, and the
   classes its authority chose (`desk.timers.settings`).
2. A follow-up counts if it is a request of the same member as the first: nobody else's silences an alarm. The term of
   a measure is that of the instrument which the request says it rests on.
3. Each reminder and alarm is told once on a desk, and of one timer the newest at most. What was told is kept by timer,
   so what a desk learns late is told late, and not left out. After a crash in between it is told once more.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import msgspec

from desk.forms.catalogue import latest
from desk.keys.vault import Damaged, Vault
from desk.requests.acts import MAY_ASK, Send
from desk.requests.life import History
from desk.requests.next_steps import Step
from desk.requests.page_words import page_word
from desk.requests.stored import Request, form_name, short
from desk.timers.settings import TimerSettings
from desk.timers.terms import MEASURES, TimerKind
from desk.timers.timers import Notice, Timer, Wanted, facts_of, notices, promised, said, timers
from directory.bodies import MOST_COMMITMENT
from directory.canonical import Malformed, decode, encode

_TOLD = "timers-told"
FOLLOWED_BY: dict[TimerKind, str] = {
    "preservation": "mutual-legal-assistance",
    "provisional-arrest": "extradition",
}


class _Told(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    told: dict[str, int] = {}


@dataclass(frozen=True, slots=True)
class Due:
    """A request and its timers, the next due first."""

    request: Request
    timers: tuple[Timer, ...]

    @property
    def pressing(self) -> tuple[Timer, ...]:
        """Those that are near or overdue."""
        return tuple(each for each in self.timers if each.state in ("near", "overdue"))

    def follow_ups(self, language: str) -> Iterator[Step]:
        """The requests that would meet timers that run, with the command for each."""
        for timer in self.timers:
            form = FOLLOWED_BY.get(timer.kind)
            if form is not None and timer.state != "met":
                id_ = short(self.request.id)
                command = f"enlace request send CONTACT --form FILE --follows {id_}"
                made = latest(form)
                words = page_word("do_follow", language)
                yield Step(f"{words}: {made.title.in_(language)}" if made is not None else words, command)

    def other_dates(self, language: str) -> Iterator[Step]:
        """The measures that run, with the command that tells another date for each."""
        for timer in self.timers:
            if timer.kind in MEASURES and timer.state != "met":
                command = f"enlace request limit {short(self.request.id)} --timer {timer.kind} --until DATE --text FILE"
                yield Step(page_word("do_limit", language), command)


def due_of(
    request: Request,
    every: Iterable[Request],
    settings: TimerSettings,
    respond: Callable[[str], int],
    member_of: Callable[[str], str],
    now: int,
) -> Due:
    """The timers of a request; `respond` gives a contact's commitment in minutes, `member_of` its member."""
    found = request.found
    asker = member_of(found.request.contact)
    following = [
        each.proven
        for each in every
        if asker and each.id != request.id and member_of(each.found.request.contact) == asker
    ]
    return Due(request, _timers(found, following, _wanted(request, settings, respond), now))


def _timers(found: History, following: Iterable[History], wanted: Wanted, now: int) -> tuple[Timer, ...]:
    return timers(facts_of(found, following), wanted, now, promised(found), said(found))


def _wanted(request: Request, settings: TimerSettings, respond: Callable[[str], int]) -> Wanted:
    name = form_name(request)
    measures = tuple(measure for measure, forms in MAY_ASK.items() if forms[0] == name)
    minutes = [respond(each) for each in request.root.first]
    minutes = [each for each in minutes if 0 < each <= MOST_COMMITMENT]
    act = request.found.request.event.act
    return Wanted(
        kinds=(*measures, *settings.classes_of(name)),
        instrument=act.under if isinstance(act, Send) else "",
        respond=60 * min(minutes, default=0),
        own=settings.own,
    )


def to_tell(vault: Vault, found: Iterable[Due], now: int) -> tuple[list[tuple[Due, Notice]], "_Told"]:
    """What is to be told at `now`, in order, and what to hand to `told` once it was (rule 3)."""
    before, after = _before(vault, now), dict[str, int]()
    telling = list[tuple[Due, Notice]]()
    for due in found:
        for timer in due.timers:
            key = _key(due, timer)
            last = before.get(key, 0)
            for notice in notices([timer], max(last, min(timer.began, timer.due - 1)), now):
                telling.append((due, notice))
                last = notice.at
            if last:
                after[key] = last
    return sorted(telling, key=lambda each: (each[1].at, each[0].request.id)), _Told(told=after)


def told_until(vault: Vault, now: int) -> Callable[[Due, Timer], int]:
    """Up to which moment the officer was told of a timer; 0 for one of which they never were."""
    before = _before(vault, now)
    return lambda due, timer: before.get(_key(due, timer), 0)


def _key(due: Due, timer: Timer) -> str:
    return f"{due.request.id} {timer.kind} {timer.due}"  # another date is told anew


def told(vault: Vault, what: "_Told") -> None:
    """These were told."""
    if what.told != _kept(vault):
        vault.put(_TOLD, encode(what))


def _before(vault: Vault, now: int) -> dict[str, int]:
    """When each was last told; what was told by a clock that was ahead is told again."""
    return {key: at for key, at in _kept(vault).items() if at <= now}


def _kept(vault: Vault) -> dict[str, int]:
    try:
        raw = vault.get(_TOLD)
        return decode(raw, _Told).told if raw is not None else {}
    except (Damaged, Malformed):  # then everything is told once more
        return {}
