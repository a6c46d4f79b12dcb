"""The turns of a message: when each stage and each call is due, what became of it, and what comes next. Pure.

A *turn* is a stage of a message, or a call after its stages; they are numbered in that order, and turn 0 is released
with the relay's receipt. Turn n is due `after` seconds from that receipt, by the relay's clock. The relay owes one
signed notice for every later turn: `released` (or `hastened`), or `stopped`; none once the message has expired.

 P1 waiting   its time has not come
 P2 due       its time came at most GRACE seconds ago, and its notice has not come
 P3 late      its time, or the order that hastens it, came longer ago, and its notice has not come; or its notice is
              dated more than GRACE after its time
 P4 done      released, when it was due
 P5 hastened  released before it was due, as an officer of the sender's side ordered, by a signed line that is here
 P6 early     released before it was due, and no such order is here, or only one given later: the relay hastened it, or
             keeps the order back
 P7 stopped   it will not come: a recipient accepted, or an officer of the sender's side stopped the clock, by a signed
              line that is here. That line is enough; the relay's notice may still be on its way
 P8 skipped   the relay says that it was stopped, and no signed line here says by whom; or a later turn was released,
              and nothing was said of this one
 P9 over      the message expires, or expired, before it is due
P10 before    it came before this desk got the message: whoever is reached later is not told what was said earlier
P11 unknown   the message is not taken in by the relay yet, so no time runs; `due` is then 0
P12 unstopped released more than GRACE after a signed line that ended the clock, by the time in that line

`late`, `early`, `skipped` and `unstopped` are what an alarm is made of (`WRONG`). Everything is said by what the caller
hands in: lines whose signatures were verified and whose signers count, and `now`. A desk that has not heard from the
relay since a turn was due knows nothing of it: so `now` is the time up to which it has heard, if it was offline since;
then what it calls late is late. GRACE is for clocks that differ and for the way a notice takes; no relay stores a line
that is dated further back, so P12 accuses none that was honest.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from desk.mail.message import Message, MessageCall
from relay.protocol.lines import Notice, StageOrder, Step

GRACE = 300  # seconds
State = Literal[
    "waiting",
    "due",
    "late",
    "done",
    "hastened",
    "early",
    "stopped",
    "skipped",
    "unstopped",
    "over",
    "before",
    "unknown",
]
WRONG: tuple[State, ...] = ("late", "early", "skipped", "unstopped")
OPEN: tuple[State, ...] = ("waiting", "due", "late", "unknown")
_RELEASED = ("released", "hastened")


@dataclass(frozen=True, slots=True)
class Turn:
    """A stage or a call: whom it is for, when it is due and was done (unix seconds; 0: not known, not done), its state.

    `devices`: to how many devices the relay says it went. `by`: the device whose signed line stopped or hastened it.
    """

    number: int
    call: bool
    contacts: tuple[str, ...]
    administrators: tuple[str, ...]
    after: int
    due: int
    done: int
    state: State
    devices: int = 0
    by: str = ""

    @property
    def wrong(self) -> bool:
        """Whether the relay owes an explanation."""
        return self.state in WRONG

    @property
    def open(self) -> bool:
        """Whether it may still come."""
        return self.state in OPEN and not self.done


@dataclass(frozen=True, slots=True)
class Schedule:
    """All turns of a message; `ended` is the step or the order that stopped its clock, if one did."""

    turns: tuple[Turn, ...]
    ended: Step | StageOrder | None
    expires: int

    @property
    def next(self) -> Turn | None:
        """What comes next; None if nothing does."""
        return next((each for each in self.turns if each.open), None)

    @property
    def wrong(self) -> tuple[Turn, ...]:
        """Turns that were not taken as they were signed: late, early, skipped."""
        return tuple(each for each in self.turns if each.wrong)


def schedule(
    message: Message, received: int, lines: Iterable[Notice | Step | StageOrder], now: int, *, joined: int = 0
) -> Schedule:
    """The schedule of `message`, which the relay took in at `received` (its receipt; 0: not yet), as of `now`.

    `lines`: all about its envelope that verify and whose signers count. `joined`: the stage by which this desk got it.
    """
    found = list(lines)
    steps = [each for each in found if isinstance(each, Step) and each.act == "accepted"]
    orders = [each for each in found if isinstance(each, StageOrder)]
    notices = [each for each in found if isinstance(each, Notice)]
    ends: list[Step | StageOrder] = [each for each in orders if each.act == "stop"]
    if message.stop == "accepted":
        ends += steps
    ended = min(ends, key=lambda each: each.at, default=None)
    reached = max((each.stage for each in notices if each.event in _RELEASED), default=0)
    turns = tuple(
        _turn(message, number, received, notices, orders, ended, now, reached, joined)
        for number in range(len(message.turns))
    )
    return Schedule(turns, ended, message.expires)


def _turn(
    message: Message,
    number: int,
    received: int,
    notices: Sequence[Notice],
    orders: Sequence[StageOrder],
    ended: Step | StageOrder | None,
    now: int,
    reached: int,
    joined: int,
) -> Turn:
    signed = message.turns[number]
    due = received + signed.after if received else 0
    mine = [each for each in notices if each.stage == number]
    released = min((each for each in mine if each.event in _RELEASED), key=lambda each: each.at, default=None)
    hastening = (each for each in orders if each.act == "hasten" and each.stage >= number)
    order = min(hastening, key=lambda each: each.at, default=None)
    state: State
    by, done = "", released.at if released is not None else received if not number else 0
    if not received:
        state = "unknown"
    elif not number:
        state = "done"
    elif released is not None and ended is not None and released.at > ended.at + GRACE:
        state, by = "unstopped", ended.device
    elif released is not None:
        state, by = _released(released, due, order)
    elif ended is not None:
        state, by = "stopped", ended.device
    elif any(each.event == "stopped" for each in mine):
        state = "skipped"
    elif number <= joined:
        state = "before"
    elif due >= message.expires:
        state = "over"
    elif reached > number:
        state = "skipped"
    else:
        expected = min(due, order.at) if order is not None else due
        state = "waiting" if now < expected else "due" if now <= expected + GRACE else "late"
    call = isinstance(signed, MessageCall)
    administrators = signed.administrators if isinstance(signed, MessageCall) else ()
    devices = len(released.devices) if released is not None else 0
    return Turn(number, call, signed.contacts, administrators, signed.after, due, done, state, devices, by)


def _released(notice: Notice, due: int, order: StageOrder | None) -> tuple[State, str]:
    """How a turn came that did come, and by whose order."""
    if notice.at >= due:
        return ("done" if notice.at <= due + GRACE else "late"), ""
    # An order that was given only after the turn had come explains nothing.
    given = order is not None and order.at <= notice.at + GRACE
    return ("hastened", order.device) if given and order is not None else ("early", "")
