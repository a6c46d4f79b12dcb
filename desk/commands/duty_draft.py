"""From a changed roster to the message that carries it: shown, confirmed, signed, sent; for every command that changes
one."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from desk.commands.outcome import carried_out
from desk.commands.telling import tell, tell_alarm, tell_also, tell_expired, tell_unsent
from desk.errors import Declined, DeskError, Distrust, Locked, Unreachable, Usage
from desk.link.session import connected
from desk.mail.content import DutyRoster
from desk.mail.outbox import Doubted, Flushed
from desk.profile.unlocked import Unlocked
from desk.rosters.board import Board, board, body_of
from desk.rosters.board_text import Moments
from desk.rosters.changes import numbered, same, tidied
from desk.rosters.difference import difference
from desk.rosters.holes import AHEAD, holes
from desk.rosters.people import NoSuchOfficer, officer_named
from desk.rosters.posted import post
from desk.rosters.roster import Roster
from desk.rosters.roster_words import WORDS
from desk.rosters.seats import seats, standing
from desk.rosters.sending import queue
from desk.safe_text import block, line
from desk.terminal import Terminal, run
from directory.canonical import Malformed
from directory.finding.zones import UnknownZone, time_zone

MOST_TOLD = 5  # holes


@dataclass(frozen=True, slots=True)
class Draft:
    """A roster before it is signed: the contact's board, the roster that it starts from, and who may stand in it."""

    board: Board
    base: Roster
    people: tuple[str, ...]

    def named(self, word: str) -> str:
        """The officer whom a word means: of those who serve the contact, or stand in its roster."""
        return officer_named(word, self.people, self.board.labelled)


def begin(terminal: Terminal, desk: Unlocked, contact: str, zone: str) -> Draft:
    """What a change starts from: the roster that holds, or an empty one in `zone`, or that of the directory's entry.

    What waits at the relay is fetched first, if there is a session: another coordinator may have been quicker.
    """
    fetch(terminal, desk, to_sign=True)
    view, now = desk.replica().view, desk.clock()
    found = board(desk, view, contact, now)
    base = found.kept.newest
    if base is None:
        body = body_of(desk, view, contact)
        given = zone or (body.zone if body is not None and isinstance(body.zone, str) else "")
        if not given:
            raise Usage("say in which time zone the roster is: --zone America/Bogota")
        base = Roster(contact=contact, zone=_zone(given), seq=0)
    elif zone:
        base = msgspec.structs.replace(base, zone=_zone(zone))
    people = tuple(dict.fromkeys((*view.contacts[contact].served_by(view.size), *base.officers)))
    return Draft(found, base, people)


def _zone(text: str) -> str:
    try:
        time_zone(text)
    except UnknownZone as error:
        raise Usage(str(error)) from error
    return text


def changed(draft: Draft, change: Callable[[Roster], Roster]) -> Roster:
    """The base after a change; raises Usage, saying what is wrong with it."""
    try:
        return change(draft.base)
    except (Malformed, NoSuchOfficer) as error:
        raise Usage(str(error)) from error


def publish(
    terminal: Terminal, desk: Unlocked, draft: Draft, after: Roster, *, dry_run: bool, yes: bool, again: bool = False
) -> None:
    """Show what changes, ask, sign and send. Nothing is signed if nothing changes (unless `again`), or on a dry run.

    Raises Declined if the roster was changed by somebody else while the question stood.
    """
    contact, before = draft.board.contact, draft.board.kept.newest
    after = tidied(after, desk.clock())
    if before is not None and same(before, after) and not again:
        terminal.result({"contact": contact, "changed": False, "seq": before.seq}, "The roster is so already.")
        return
    after = after if again else _numbered(after, before, desk.clock())
    lines = [line(each) for each in difference(before, after, draft.board.who)]
    plain: dict[str, Any] = {"contact": contact, "changed": True, "seq": after.seq, "difference": lines}
    plain |= _told(terminal, desk, draft, after)
    if dry_run:
        terminal.result(plain | {"signed": False}, "\n".join([*lines, "Nothing was signed (--dry-run)."]))
        return
    if lines:
        terminal.note(block("\n".join(lines), bar=""))
    question = "Send the roster again to every desk of" if again else f"Sign roster no. {after.seq} of"
    terminal.confirm(f"{question} {contact}?", yes=yes)
    _check_unchanged(terminal, desk, draft)
    number = queue(desk, contact, DutyRoster(roster=after))
    why = send(terminal, desk, number)
    post(desk)
    sent = f"It waits in the outbox: {line(why).rstrip('.')}." if why else "Every desk of the contact gets it."
    terminal.result(
        plain | {"signed": True, "number": number, "sent": not why, "kept": why},
        f"Roster no. {after.seq} of {contact} is signed. {sent}",
    )


def _numbered(after: Roster, before: Roster | None, now: int) -> Roster:
    try:
        return numbered(after, before.seq if before is not None else 0, now)
    except Malformed as error:
        raise Usage(str(error)) from error


def _check_unchanged(terminal: Terminal, desk: Unlocked, draft: Draft) -> None:
    tell(terminal, desk.take_in())
    found = board(desk, desk.replica().view, draft.board.contact, desk.clock()).kept.newest
    if found != draft.board.kept.newest:
        raise Declined("the roster was changed meanwhile by somebody else; nothing was signed: call it again, and look")


def _told(terminal: Terminal, desk: Unlocked, draft: Draft, after: Roster) -> dict[str, Any]:
    """Warn of officers who cannot serve, and of times when nobody is there; returns the same for programs."""
    view, now, contact = desk.replica().view, desk.clock(), draft.board.contact
    bad = [each for each in seats(view, contact, after.officers, now) if not each.serves]
    for each in bad:
        terminal.warn(line(f"{draft.board.who(each.officer)}: {WORDS['en'][each.standing]}"))
    found = holes(
        after, body_of(desk, view, contact), now, now + AHEAD, lambda one: standing(view, contact, one, now) == "serves"
    )
    said, counted = Moments(after.zone, now, "en"), [each for each in found if each.promised]
    for hole in counted[:MOST_TOLD]:
        terminal.warn(f"nobody is there {said.span(hole.start, hole.end)}, and {WORDS['en']['promised'][4:]}")
    if len(counted) > MOST_TOLD:
        terminal.warn(f"and {len(counted) - MOST_TOLD} more times in the next {AHEAD // 86_400} days")
    return {
        "cannot": [{"officer": each.officer, "standing": each.standing} for each in bad],
        "holes": [{"start": each.start, "end": each.end} for each in counted],
    }


def fetch(terminal: Terminal, desk: Unlocked, *, to_sign: bool = False) -> None:
    """Take in what has arrived, and what waits at the relay if it can be asked now; never fails for want of it.

    An alarm over the directory is told, and ends the command where it is `to_sign` something.
    """

    async def work() -> DeskError | None:
        async with connected(desk.keyring, terminal.clock) as client:
            exchanged = await desk.exchange(client)
        tell(terminal, exchanged.taken)
        tell_expired(terminal, exchanged.flushed)
        tell_also(terminal, exchanged)
        return exchanged.failed

    tell(terminal, desk.take_in())
    try:
        failed = run(work())
    except DeskError as error:
        failed = error
    if isinstance(failed, Distrust):
        if to_sign and not isinstance(failed, Doubted):
            raise failed
        tell_alarm(terminal, failed)
    elif failed is not None:
        terminal.note("The relay was not asked now, so what others have changed since the last time is not known here.")


def send(terminal: Terminal, desk: Unlocked, number: int) -> str:
    """Send what waits, if there is a session; returns why message `number` waits on, if it does."""

    async def work(flushed: Flushed) -> None:
        async with connected(desk.keyring, terminal.clock) as client:
            await desk.sender(client).flush(flushed)

    outcome = carried_out(terminal, work)
    flushed, why = outcome.flushed, outcome.why(number)
    flushed.kept.pop(number, None)
    tell_unsent(terminal, flushed)
    for warning in flushed.warnings.get(number, ()):
        terminal.warn(warning)
    if outcome.failed is not None and not isinstance(outcome.failed, (Locked, Unreachable, Distrust)):
        raise outcome.failed
    return "" if number in flushed.sent else why
