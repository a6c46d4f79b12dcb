"""What `enlace watch` shows of a message that waits: how urgent, what its clock does next, how to open it, how to stop
the bell. Pure.

Whoever reads it was asleep a minute ago: the first line says what it is, and each line below says one thing.
"""

from collections.abc import Sequence

from desk.keys.seen_time import span
from desk.notices.ringing import Ringing
from desk.terminal import stamp
from relay.protocol.envelope import PRECEDENCES

_INDENT = 22 * " "
STOP = "press Enter here, or run `enlace notices stop`"


def arrived(ringing: Ringing, now: int, minutes: int, *, again: bool) -> str:
    """A message that has just come; `again` says that the bell rings for it again every so many minutes."""
    lines = [f"{stamp(now)}  A message has arrived: {ringing.precedence}. `enlace inbox` opens it."]
    lines += [f"{_INDENT}Clock  {each}" for each in clock(ringing, now)]
    if again:
        every = f"{minutes} minutes" if minutes > 1 else "minute"
        lines.append(f"{_INDENT}Bell   rings every {every} until it is opened. To stop it: {STOP}")
    return "\n".join(lines)


def clock(ringing: Ringing, now: int) -> list[str]:
    """What the relay's clock does next, as far as a locked desk can say."""
    if not ringing.next:
        return []
    place = f"you are stage {ringing.stage + 1} of {ringing.stages}"
    if ringing.next <= now:
        return [f"{place}; the next one was due at {stamp(ringing.next)}"]
    return [f"{place}; at {stamp(ringing.next)}, in {span(ringing.next - now)}, the next is asked unless you accept"]


def rings_again(waiting: Sequence[Ringing], now: int, times: int) -> str:
    """The bell rings again, for what waits."""
    most, since = waiting[0], min(each.arrived for each in waiting)
    for each in waiting:
        if PRECEDENCES.index(each.precedence) < PRECEDENCES.index(most.precedence):
            most = each
    words = f"{stamp(now)}  Rings again ({times}): {len(waiting)} unopened, {most.precedence}, for {span(now - since)}."
    lines = [
        f"{words} `enlace inbox` opens; to stop it: {STOP}",
        *(f"{_INDENT}Clock  {each}" for each in clock(most, now)),
    ]
    return "\n".join(lines)


def waited(waiting: Sequence[Ringing], now: int) -> str:
    """What waited already when the watch began."""
    by = [(name, sum(each.precedence == name for each in waiting)) for name in PRECEDENCES]
    counts = ", ".join(f"{count} {name}" for name, count in by if count)
    return f"{stamp(now)}  Unopened from before: {counts}. `enlace inbox` opens them; to stop the bell: {STOP}"
