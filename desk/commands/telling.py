"""What an officer is told beside a command's result: what could not be believed, what was not sent, what expired."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from msgspec import to_builtins

from desk.alarms.announce import Hearer
from desk.alarms.open_alarms import OpenAlarm, unresolved
from desk.alarms.words import alarm_lines, alarm_plain
from desk.entries import retention
from desk.entries.reminders import of_desk, reminder
from desk.errors import DeskError, Distrust
from desk.keys.erasing import Settled
from desk.mail.calls import called
from desk.mail.intake import TakenIn, in_a_line
from desk.mail.outbox import Flushed
from desk.notices.notice_words import outcome_words
from desk.notices.record import load
from desk.notices.settings import Notice, load_notices
from desk.profile.exchanged import Exchanged
from desk.profile.folder import Identity
from desk.profile.unlocked import Unlocked
from desk.replica.standing import STILL, Halted
from desk.safe_text import line
from desk.terminal import Terminal, stamp


def tell_settled(terminal: Terminal, settled: Settled) -> None:
    """Tell what happened by itself when the profile was unlocked, or at the end of an exchange."""
    for warning in settled.warnings:
        terminal.warn(warning)
    tell(terminal, settled.taken)
    if settled.taken.messages:
        terminal.note(f"{len(settled.taken.messages)} message(s) were taken in; `enlace inbox` lists them.")


def tell_halt(terminal: Terminal, desk: Unlocked) -> None:
    """Tell that this desk is halted, why, and what it still does; the command then ends with the code for an alarm."""
    try:
        halt = desk.halt
    except DeskError:  # whatever command needs the directory tells that it is damaged
        return
    if halt is not None:
        terminal.alarmed = True
        terminal.warn(f"ALARM: this desk is halted since {stamp(halt.at)}: {halt.words}. {STILL}")


def tell_open(terminal: Terminal, desk: Unlocked) -> list[dict[str, Any]]:
    """Tell the alarms of the directory that are not over, with what is safe; returns the same for programs."""
    halt, found = desk.halt, unresolved(desk.store)
    plain = list[dict[str, Any]]()
    for each in found:
        told = each.told(halted=halt is not None and halt.kind == each.kind)
        terminal.alarmed = True
        terminal.warn(f"ALARM, not over, since {stamp(each.at)}: {each.what}")
        for text in alarm_lines(told, max(terminal.note_width - 2, 0)):
            terminal.note(f"  {text}")
        plain.append({"since": each.at, **alarm_plain(told)})
    return plain


def tell_still_open(terminal: Terminal, desk: Unlocked, before: Sequence[OpenAlarm]) -> None:
    """Tell in a line of alarms from before this command that are not over, where it has told no alarm itself: whoever
    looks a number up at night is not the one who saw it."""
    if terminal.alarmed:
        return
    for each in unresolved(desk.store):
        if each in before:
            terminal.alarmed = True
            words = f"ALARM, not over, since {stamp(each.at)}: {each.what}. The last good directory stays in use"
            terminal.warn(f"{words}; `enlace status` says what is safe, and what to do")


def tell_keys(terminal: Terminal, desk: Unlocked) -> list[dict[str, Any]]:
    """Warn of keys that run out within a week, or have; returns the same for programs."""
    try:
        endings, view = desk.endings(), desk.replica().view
    except DeskError:  # whatever command needs the directory tells that it is damaged
        return []
    identity, now = desk.profile.identity, desk.clock()
    hearer = Hearer(identity.member, identity.officer, view, desk.store.bodies() if endings else {})
    for each in endings:
        own = each.device == identity.device
        whose = "this desk's keys" if own else f"the keys of {hearer.who(each.officer)}, device {each.device[:8]},"
        then = "run out on" if each.at > now else "ran out on"
        others = [contact for contact in each.contacts if contact not in each.cut_off]
        what = [f"{', '.join(each.cut_off)} cannot receive"] if each.cut_off else []
        what += [f"{', '.join(others)} receives at other devices alone"] if others else []
        do = "run `enlace sync` here" if own else "have that desk unlocked, with a connection: `enlace sync`"
        terminal.warn(line(f"{whose} {then} {stamp(each.at)}: from then on {'; '.join(what)}. To renew them, {do}"))
    return [to_builtins(each) for each in endings]


def tell_confirm(terminal: Terminal, desk: Unlocked) -> list[dict[str, Any]]:
    """Remind of contacts that this desk's officer is to confirm; returns the same for programs."""
    try:
        found, view = of_desk(desk), desk.replica().view
    except DeskError:  # as above
        return []
    if found:  # else there may be no network yet that has a policy
        terminal.warn(reminder(found, view.founded.policy.freshness))
    return [{"contact": each.entry.id, "due_in_days": each.days, "freshness": each.entry.grade} for each in found]


def tell_notices(terminal: Terminal, identity: Identity, path: Path) -> dict[str, int]:
    """Warn of the notices that have reached nobody of late, and of those that cannot be read; returns for each that is
    set how often it failed since it last reached anybody."""
    if identity.kind != "officer":
        return {}
    found, failures = list(load_notices(path)), dict[str, int]()
    record = load(path)[0].of_these(each for each in found if isinstance(each, Notice))
    for each in found:
        if isinstance(each, DeskError):
            terminal.warn(f"a notice is left out: {each}")
            continue
        failing = record.failing(each.name)
        failures[each.name] = len(failing)
        if failing:
            terminal.warn(f"the notice {each.name} {outcome_words(failing)}")
    return failures


def tell_due(terminal: Terminal, desk: Unlocked) -> None:
    """Remind an administrator of details that are kept for longer than they should be."""
    try:
        words = retention.reminder(desk)
    except DeskError:  # as above
        return
    if words:
        terminal.warn(words)


def tell(terminal: Terminal, taken: TakenIn) -> None:
    """Warn of what an intake could not believe; after an alarm the command ends with the code for one."""
    for why in taken.refused:
        terminal.warn(f"something arrived that cannot be believed and was put aside: {why}")
    for why in taken.stuck:
        terminal.warn(f"something that arrived stays in the spool, for a fault of this machine: {why}")
    for words in called(taken.lines):
        terminal.warn(words)
    for alarm in taken.alarms:
        terminal.alarmed = True
        terminal.warn(f"ALARM: {alarm}")
    if taken.later:
        terminal.warn(f"{taken.later} message(s) come from devices this directory does not know yet; run `enlace sync`")


def tell_unsent(terminal: Terminal, flushed: Flushed) -> None:
    """Warn of what could not be sent."""
    for number, why in flushed.kept.items():
        terminal.warn(f"message {number} stays in the outbox: {why}")
    tell_expired(terminal, flushed)


def tell_expired(terminal: Terminal, flushed: Flushed) -> None:
    """Warn of what never will be sent: nobody says so again."""
    for number, why in flushed.expired.items():
        terminal.warn(f"message {number} was NOT sent: {why}")


def tell_alarm(terminal: Terminal, alarm: Distrust) -> None:
    """Tell an alarm beside a command's result; the command then ends with the code for one. That this desk is halted
    is told when the command ends."""
    terminal.alarmed = True
    if not isinstance(alarm, Halted):
        terminal.warn(f"ALARM: {in_a_line(alarm)}")


def tell_also(terminal: Terminal, exchanged: Exchanged) -> None:
    """Tell what failed in an exchange beside what is raised, or told, of it."""
    for each in exchanged.also:
        if isinstance(each, Distrust):
            tell_alarm(terminal, each)
        else:
            terminal.warn(str(each))
