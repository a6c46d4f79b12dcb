"""`enlace profiles` and `switch`: one machine, several officers, one after the other."""

import os
from typing import Any

import click

from desk.api.files import sweep_served
from desk.commands.duty_draft import fetch, send
from desk.commands.duty_hand import leave, left_text, note_text
from desk.commands.options import opened, with_passphrase, with_terminal
from desk.commands.shift import begin_shift
from desk.commands.telling import tell
from desk.errors import DeskError, Usage
from desk.exercise.network import MARK, plays
from desk.link.session import current_session
from desk.profile.folder import Profile
from desk.profile.shift_mark import end_shift, stand_up
from desk.profile.unlocked import Unlocked
from desk.profile.workstation import Place, State, here, state
from desk.rosters.board import boards
from desk.rosters.kept import served
from desk.safe_text import block, line
from desk.terminal import Terminal, stamp


@click.command(short_help="List the desks on this machine.")
@with_terminal
def profiles(terminal: Terminal) -> None:
    """List the desks on this machine: whose each is, whether a shift is open, and how many messages wait.

    It asks for no passphrase, and opens nothing. The desk marked with * is the one that commands work with.
    """
    station = here()
    found = [state(each, terminal.clock()) for each in station.places()]
    rows = [_plain(each) for each in found]
    named = os.environ.get("ENLACE_PROFILE", "")
    if named:
        terminal.warn(f"ENLACE_PROFILE is set here, to {line(named)}: commands work with that, whatever is chosen")
    if found and not any(each.place.chosen for each in found):
        terminal.warn("no desk is chosen, or the one that was is gone; `enlace switch LABEL` chooses one")
    text = "\n".join(map(_line, found))
    terminal.result(
        {"profiles": rows, "folder": str(station.folder)},
        text or "There is no desk on this machine. `enlace enrol` makes one from an invitation.",
    )


@click.command(short_help="Go over to another desk on this machine, and log in.")
@click.argument("who", metavar="LABEL|OFFICER")
@click.option(
    "--hand-over",
    "note",
    metavar="TEXT",
    help="First leave a note to the next officer, with what is open; the passphrase of the present desk is asked for.",
)
@click.option("--keep", is_flag=True, help="Leave the present officer's shift open on this machine.")
@click.option("--no-login", is_flag=True, help="Only choose the desk; begin no shift.")
@click.option("--code-file", metavar="FILE", help="Read the code from the first line of FILE.")
@click.option("--recovery", is_flag=True, help="Log in with one of the ten recovery codes.")
@with_passphrase
def switch(
    terminal: Terminal, who: str, note: str | None, keep: bool, no_login: bool, code_file: str | None, recovery: bool
) -> None:
    """Make another desk on this machine the one in use: that of LABEL, or of OFFICER (the beginning of the id).

    The passphrase of that desk is asked for first; if it is wrong, nothing changes. Then the present officer's
    shift on this machine ends, and the new one begins with a code, unless one is open still. Messages of both
    desks are received all the time where `enlace watch --all` runs.

    With --hand-over the present officer leaves a note first (`enlace duty hand-over`), and the next one sees the last
    notes of the contacts they serve; `enlace duty take-over` signs for them.
    """
    if os.environ.get("ENLACE_PROFILE"):
        terminal.warn("ENLACE_PROFILE is set here: other commands work with that, whatever is chosen")
    station = here()
    with station.switching():
        place = station.one(who)
        before = next((each for each in station.places() if each.chosen and each.path != place.path), None)
        left = _hand_over(terminal, before, note) if note is not None else []
        terminal.path = place.path
        with opened(terminal) as desk:
            ended = _end(terminal, before) if before is not None and not keep else ""
            for other in station.places():
                if other.path != place.path:
                    _stood_up(terminal, other)  # with --keep too: what holds it unlocked asks for its passphrase again
            station.choose(place.label)
            identity, now = desk.profile.identity, terminal.clock()
            whose = f"officer {identity.officer[:8]} of {identity.member}" if identity.officer else "the secretariat"
            terminal.note(f"This machine is the desk {place.label} now ({whose}).")
            plain: dict[str, Any] = {
                "label": place.label, "path": str(place.path), "ended": ended, "shift_ends": 0, "handed_over": left,
            }  # fmt: skip
            session = current_session(desk.keyring)
            if identity.kind == "secretariat" or no_login:
                terminal.result(plain, "No shift was begun.")
            elif session is not None and session.shift_ends > now:
                text = f"The shift is open until {stamp(session.shift_ends)}."
                terminal.result(plain | {"shift_ends": session.shift_ends}, text)
            else:
                begun, text = begin_shift(terminal, desk, code_file, recovery=recovery)
                terminal.result(plain | begun, text)
            if note is not None:
                show_notes(terminal, desk)


def _hand_over(terminal: Terminal, before: Place | None, note: str) -> list[str]:
    """Leave a note at every contact of the desk that is left, and send it; returns these contacts.

    Raises Usage without a desk to leave. What is signed stays signed if the switch fails after it: the note says what
    is open, and that is so whoever sits here. Without a session it waits in the outbox, and that is told.
    """
    if before is None:
        raise Usage("there is no desk in use that could hand over; go over without --hand-over")
    terminal.path = before.path
    contacts: list[str] = []
    with opened(terminal) as desk:
        tell(terminal, desk.take_in())
        number = 0
        for contact in served(desk.replica().view, desk.profile.identity.device, terminal.clock()):
            found, work, number = leave(desk, contact, note, "")
            terminal.note(f"Handed over at {contact}, {len(work)} open:")
            terminal.note(block(left_text(desk, found, work)[1], bar="  "))
            contacts.append(contact)
        why = send(terminal, desk, number) if contacts else ""
    if not contacts:
        terminal.warn(f"{before.label} serves no contact: there was nothing to hand over")
    elif why:
        terminal.warn(f"the note waits in the outbox of {before.label}: {line(why)}")
    return contacts


def show_notes(terminal: Terminal, desk: Unlocked) -> None:
    """Show the officer who sits down the last note of each contact that nobody has taken over."""
    fetch(terminal, desk)
    for found in boards(desk):
        left = found.kept.last
        if left is None or left.officer == found.officer or found.kept.taken(left) is not None:
            continue
        terminal.note(f"\n{found.contact}")
        terminal.note(block(note_text(desk, found, left, state=False)[1], bar="  "))
        terminal.note("`enlace duty take-over` signs that you have it.")


def _stood_up(terminal: Terminal, other: Place) -> None:
    """Have whatever holds another desk unlocked forget it, and what it left go; what cannot be done at one is told, and
    keeps nobody from taking the machine over."""
    try:
        stand_up(other.path)
    except DeskError as error:
        words = f"{error}. What holds the desk {other.label} unlocked goes on holding it: end it"
        terminal.warn(line(words))
    for words in sweep_served(other.path):
        terminal.warn(line(words))


def _end(terminal: Terminal, before: Place) -> str:
    """End the shift of the desk that was in use; returns its label, if one was open. Raises Locked while it is busy."""
    try:
        profile = Profile.open(before.path)
    except DeskError as error:
        terminal.warn(f"the shift of {before.label} could not be looked at: {error}")
        return ""
    if not end_shift(profile):
        return ""
    terminal.note(f"The shift of {before.label} has ended on this machine.")
    return before.label


def _plain(found: State) -> dict[str, Any]:
    place, identity = found.place, found.identity
    names = ("kind", "name", "member", "officer", "device")
    return {name: getattr(identity, name) if identity is not None else "" for name in names} | {
        "exercise": identity is not None and plays(identity.name),
        "label": place.label,
        "path": str(place.path),
        "chosen": place.chosen,
        "problem": found.problem,
        "shift_ends": found.shift_ends,
        "waiting": found.waiting,
        "in_use": found.in_use,
        "watched": found.watched,
    }


def _line(found: State) -> str:
    place, identity = found.place, found.identity
    head = f"{'*' if place.chosen else ' '} {place.label:<16}"
    if identity is None:
        return f"{head} {line(found.problem)}"
    whose = f"{identity.member:<8} officer {identity.officer[:8]}" if identity.officer else f"{'–':<8} secretariat     "
    shift = f"shift until {stamp(found.shift_ends)}" if found.shift_ends else "no shift"
    more = [f"{found.waiting} waiting"] * bool(found.waiting) + ["watched"] * found.watched + ["in use"] * found.in_use
    mark = f"{MARK}  " if plays(identity.name) else ""
    return f"{head} {mark}{whose}  {', '.join([shift, *more])}"
