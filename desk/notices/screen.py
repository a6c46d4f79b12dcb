"""What `enlace watch` shows of a message that waits: how urgent, what its clock does next, how to open it, how to stop
the bell. Pure.

Whoever reads it was asleep a minute ago: the first line says what it is, and each line below says one thing.
"""

from collections.abc import Sequence

from desk.keys.seen_time import span
from desk.notices.clocks import Clock, OpenTurn
from desk.notices.limits import Limit
from desk.notices.ringing import Ringing
from desk.terminal import stamp
from relay.protocol.envelope import PRECEDENCES

_INDENT = 22 * " "
DUE = "enlace request due"
STOP = "press Enter here, or run `enlace notices stop`"
# What a line says, if it is genuine: only the unlocked desk can tell.
_LINES = {
    "delivered": "a desk has taken in a message of this side",
    "step": "somebody has accepted or refused it",
    "stage": "somebody of the sender's side has stopped or hastened its clock",
    "notice": "the relay says how far its clock has gone",
}


def opens(label: str = "") -> str:
    """What opens the messages of this desk; where the machine's commands go to another, this one's `label` first."""
    return f"`enlace switch {label}`, then `enlace inbox`," if label else "`enlace inbox`"


def arrived(ringing: Ringing, now: int, minutes: int, *, again: bool, label: str = "") -> str:
    """A message that has just come; `again` says that the bell rings for it again every so many minutes."""
    came = f"A message has arrived: {ringing.precedence}. {opens(label)} opens it."
    if ringing.call:
        whom = ", ".join(ringing.contacts)
        came = f"A CALL: a {ringing.precedence} message waits for {whom}, and nobody has accepted it. "
        came += f"{opens(label)} shows who calls."
    lines = [f"{stamp(now)}  {came}"]
    lines += [f"{_INDENT}Clock  {each}" for each in clock(ringing, now)]
    if again:
        every = f"{minutes} minutes" if minutes > 1 else "minute"
        lines.append(f"{_INDENT}Bell   rings every {every} until it is opened. To stop it: {STOP}")
    return "\n".join(lines)


def clock(ringing: Ringing, now: int) -> list[str]:
    """What the relay's clock does next, as far as a locked desk can say."""
    if not ringing.next:
        return []
    after = ringing.stage + 1
    following = f"stage {after} is asked" if after < ringing.stages else f"call {after - ringing.stages + 1} goes out"
    if ringing.next <= now:
        return [f"at {stamp(ringing.next)} it was due that {following} (you are stage {ringing.stage})"]
    left = span(ringing.next - now)
    return [f"accept it by {stamp(ringing.next)}, in {left}, or {following} (you are stage {ringing.stage})"]


def rings_again(waiting: Sequence[Ringing], overdue: int, limits: int, now: int, times: int, label: str = "") -> str:
    """The bell rings again, for what waits, for so many turns that are overdue, and so many time limits."""
    words = [f"{overdue} overdue at the relay: telephone"] if overdue else []
    words += [f"{limits} time limit(s) of requests: `{DUE}`"] if limits else []
    lines: list[str] = []
    if waiting:
        most = min(waiting, key=lambda each: PRECEDENCES.index(each.precedence))
        since = min(each.arrived for each in waiting)
        words.insert(0, f"{len(waiting)} unopened, {most.precedence}, for {span(now - since)}")
        lines = [f"{_INDENT}Clock  {each}" for each in clock(most, now)]
    head = f"{stamp(now)}  Rings again ({times}): {'; '.join(words)}."
    stop = f"{opens(label)} opens; to" if waiting else "To"
    return "\n".join([f"{head} {stop} stop it: {STOP}", *lines])


def no_sign(clock: Clock, turn: OpenTurn, now: int, *, connected: bool) -> str:
    """A turn of a message that this side sent is overdue."""
    name = "a call" if turn.call else f"stage {turn.number}"
    sent = f"the {clock.precedence} message that {clock.contact} sent at {stamp(clock.received)}"
    due = f"was released at {stamp(turn.due)}"
    if connected:
        words = f"ALARM: the relay gives no sign that {name} of {sent} {due}"
    else:
        words = f"The relay cannot be reached: nobody here knows whether {name} of {sent} {due}"
    do = f"telephone whom it was for; `enlace receipts {clock.number}` shows what is known"
    return f"{stamp(now)}  {words}.\n{_INDENT}Do     {do}"


def limit(found: Limit, now: int) -> str:
    """A time limit of a request is near, or has passed."""
    if found.passed:
        words = f"A TIME LIMIT of a request has passed, at {stamp(found.due)}"
    else:
        left = f", in {span(found.due - now)}" if found.due > now else ""
        words = f"A time limit of a request ends at {stamp(found.due)}{left}"
    return f"{stamp(now)}  {words}.\n{_INDENT}Do     unlock this desk: `{DUE}` says which, and what meets it"


def deaf(since: int, now: int) -> str:
    """Nothing is heard at this desk."""
    words = f"NOTHING IS HEARD at this desk since {stamp(since)}: what comes now rings nowhere here"
    return f"{stamp(now)}  {words}.\n{_INDENT}Do     look at the network here, or telephone whoever runs the relay"


def signed_line(kind: str, found: Ringing | None, now: int) -> str:
    """A signed line about a message came, which a locked desk cannot judge; `found` is the message if it rings here."""
    about = f" about the {found.precedence} message of {stamp(found.arrived)}" if found is not None else ""
    return f"{stamp(now)}  A signed line has come{about}: {_LINES.get(kind, kind)}. `enlace sync` says more."


def waited(waiting: Sequence[Ringing], now: int, label: str = "") -> str:
    """What waited already when the watch began."""
    by = [(name, sum(each.precedence == name for each in waiting)) for name in PRECEDENCES]
    counts = ", ".join(f"{count} {name}" for name, count in by if count)
    return f"{stamp(now)}  Unopened from before: {counts}. {opens(label)} opens them; to stop the bell: {STOP}"
