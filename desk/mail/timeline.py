"""The schedule of a stored message, and how people read it: what happened, what comes next, when, who can stop it.

Times are this machine's own, with UTC beside them; how long it is until then is said too. `desk.mail.schedule` says
what each state means.
"""

import time
from collections.abc import Iterable, Iterator
from typing import Any

from desk.mail.facts import Stored
from desk.mail.message import Message
from desk.mail.opening import ever_served
from desk.mail.schedule import Schedule, Turn, schedule
from desk.mail.sealing import named
from desk.mail.store import MailStore
from desk.mail.trail import clock_lines, place, turn_name
from desk.terminal import stamp
from directory.view import View
from relay.protocol.lines import Step


def schedule_of(mail: MailStore, view: View, stored: Stored, now: int) -> Schedule:
    """The schedule of a message, by the lines about it that are here and count."""
    facts = stored.facts
    relayed = facts.receipt.leaf.time if facts.receipt is not None else 0
    joined = facts.stage if facts.direction == "in" else 0
    return schedule(stored.message, relayed, clock_lines(mail, view, stored), now, joined=joined)


def repeats(mail: MailStore, stored: Stored) -> list[Stored]:
    """The messages that add a stage to one, oldest first: of the same device."""
    found = mail.about(f"again {stored.message.id}")
    return [each for each in found if each.message.sender == stored.message.sender]


def who(view: View, message: Message, device: str) -> str:
    """A device as people know it, with the contact of the message that it serves or served."""
    contacts = (*message.contacts, message.sender.contact)
    serving = next((each for each in contacts if ever_served(view, device, each)), "")
    return f"{serving}, {place(view, device)}" if serving else place(view, device)


def local(at: int, now: int) -> str:
    """A time as people at this machine read it: their own, how long until then, and UTC."""
    here = time.strftime("%H:%M", time.localtime(at))
    day = "" if time.localtime(at)[:3] == time.localtime(now)[:3] else time.strftime(" on %d %b", time.localtime(at))
    return f"{here} here{day}, {away(at - now)} ({stamp(at)})"


def away(seconds: int) -> str:
    """How long until something, or since it."""
    size = abs(seconds)
    if size < 60:
        return "now"
    minutes, hours = (size + 30) // 60, (size + 1800) // 3600
    words = f"{minutes} min" if minutes < 120 else f"{hours} h" if hours < 48 else f"{size // 86_400} days"
    return f"in {words}" if seconds > 0 else f"{words} ago"


def preview(message: Message, now: int) -> list[str]:
    """Who would be reached when, if the relay took a message in now and nobody accepted."""
    rows = [f"{'at once':<9} {named(message.stages[0]) or 'the officers named'}"]
    for number, turn in enumerate(message.turns[1:], 1):
        what = "called, without content: " if number >= len(message.stages) else ""
        rows.append(f"{turn_name(message, number):<9} {local(now + turn.after, now)}: {what}{named(turn)}")
    if len(rows) == 1:
        rows.append("nobody further: no alternates and no calls")
    return rows


def rows(found: Schedule, message: Message, view: View, now: int) -> Iterator[str]:
    """A schedule for people, one line a turn, and what can be done about it."""
    if len(found.turns) < 2:
        return
    for turn in found.turns:
        what = "call to " if turn.call else ""
        yield f"{turn.number:>3}  {_words(turn, found, message, view, now)}  {what}{named(message.turns[turn.number])}"
    if (following := found.next) is not None:
        contacts = ", ".join(message.contacts)
        yield f"     {turn_name(message, following.number)} comes next, unless {contacts} accepts it first, or"
        yield f"     {message.sender.contact} stops it (`enlace stage stop`)"


def _words(turn: Turn, found: Schedule, message: Message, view: View, now: int) -> str:
    match turn.state:
        case "unknown":
            return (
                f"{turn.after // 60} min after the relay takes it in" if turn.number else "when the relay takes it in"
            )
        case "waiting":
            return f"waits       {local(turn.due, now)}"
        case "due":
            return f"due         {local(turn.due, now)}; the relay's notice has not come yet"
        case "late" if not turn.done:
            return f"LATE        due {local(turn.due, now)}; the relay has said nothing of it"
        case "late":
            return f"done LATE   {local(turn.done, now)}, {(turn.done - turn.due) // 60} min late"
        case "done":
            reached = f", at {turn.devices} device(s)" if turn.number else ""
            return f"done        {local(turn.done, now)}{reached}"
        case "hastened":
            return f"hastened    {local(turn.done, now)}, by {who(view, message, turn.by)}"
        case "early":
            return f"TOO EARLY   {local(turn.done, now)}, and nobody ordered that: the relay did it"
        case "stopped":
            by = who(view, message, turn.by)
            accepted = isinstance(found.ended, Step)
            return f"stopped     {by} accepted" if accepted else f"stopped     by {by}"
        case "unstopped":
            return f"RAN ON      {local(turn.done, now)}, although {who(view, message, turn.by)} had ended the clock"
        case "skipped":
            return "LEFT OUT    by the relay, and nobody stopped it"
        case "over":
            return "never       the message expires before"
        case _:
            return "before      this desk got the message"


def plain(found: Schedule) -> list[dict[str, Any]]:
    """The same for programs."""
    return [
        {
            "turn": each.number,
            "call": each.call,
            "contacts": list(each.contacts),
            "administrators": list(each.administrators),
            "after": each.after,
            "due": each.due,
            "done": each.done,
            "state": each.state,
            "devices": each.devices,
            "by": each.by,
        }
        for each in found.turns
    ]


def text(found: Schedule, message: Message, view: View, now: int) -> str:
    """All rows under their heading; empty where there is but the first stage."""
    lines: Iterable[str] = rows(found, message, view, now)
    body = "\n".join(lines)
    return f"Who is reached when\n{body}" if body else ""
