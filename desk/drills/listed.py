"""The drills of a desk in a list: those that came and wait for an answer, and those it sent."""

from typing import Any

from desk.drills.figures import LASTS
from desk.mail.content import Drill
from desk.mail.elsewhere import Copies
from desk.mail.facts import Stored
from desk.mail.subjects import DRILL
from desk.mail.trail import trail
from desk.profile.unlocked import Unlocked
from desk.terminal import Terminal, stamp


def rows_plain(desk: Unlocked, now: int) -> list[dict[str, Any]]:
    """Every drill, oldest first: its number, whom it is from or to, and how it stands."""
    return [_row(desk, each, now) for each in desk.mail.about(DRILL) if isinstance(each.message.content, Drill)]


def waiting(desk: Unlocked, now: int) -> list[dict[str, Any]]:
    """The drills that an officer of this desk may still accept."""
    fresh = (
        each
        for each in desk.mail.about(DRILL)
        if each.facts.direction == "in" and not each.facts.decided and now <= each.message.at + LASTS
    )
    return [row for row in (_row(desk, each, now) for each in fresh) if row["state"] == "waits"]


def tell_drills(terminal: Terminal, desk: Unlocked) -> list[dict[str, Any]]:
    """Tell of the drills that an officer of this desk may still accept; returns the same for programs."""
    found = waiting(desk, terminal.clock())
    for told in listed(found):
        terminal.note(told)
    return found


def listed(rows: list[dict[str, Any]]) -> list[str]:
    """The same for people."""
    return [
        f"{row['number']:>5}  DRILL {'from' if row['came'] else 'to  '} {row['contact']:<22} {stamp(row['at'])}  "
        + str(row["state"])
        + (": `enlace accept " + str(row["number"]) + "`" if row["state"] == "waits" else "")
        for row in rows
    ]


def _row(desk: Unlocked, stored: Stored, now: int) -> dict[str, Any]:
    message, came = stored.message, stored.facts.direction == "in"
    state = _came(desk, stored, now) if came else _went(desk, stored, now)
    contact = message.sender.contact if stored.facts.direction != "out" else message.stages[0].contacts[0]
    return {"number": stored.number, "came": came, "contact": contact, "at": message.at, "state": state}


def _came(desk: Unlocked, stored: Stored, now: int) -> str:
    if stored.facts.decided:
        return stored.facts.decided
    copies = Copies(desk.replica().view, desk.profile.identity, desk.mail.receipts_about(stored.message.id))
    done = next((each for each in copies.about(stored) if each.act != "opened"), None)
    if done is not None:
        return f"{done.act} by {done.who}"
    return "waits" if now <= stored.message.at + LASTS else "over"


def _went(desk: Unlocked, stored: Stored, now: int) -> str:
    if stored.facts.direction == "colleague":
        return "a colleague's"
    if not stored.facts.sent:
        return "waits in the outbox" if stored.message.expires > now else "NOT SENT"
    done = {each.what for each in trail(desk.mail, desk.replica().view, stored) if each.counts}
    for what in ("accepted", "refused", "delivered"):
        if what in done or f"clock stopped: {what}" in done:
            return what
    return "sent"
