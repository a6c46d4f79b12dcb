"""What an officer is told beside a command's result: what could not be believed, what was not sent, what expired."""

from desk.erasing import Settled
from desk.errors import DeskError
from desk.intake import TakenIn
from desk.outbox import Flushed
from desk.standing import STILL
from desk.terminal import Terminal, stamp
from desk.unlocked import Unlocked


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


def tell(terminal: Terminal, taken: TakenIn) -> None:
    """Warn of what an intake could not believe; after an alarm the command ends with the code for one."""
    for why in taken.refused:
        terminal.warn(f"something arrived that cannot be believed and was put aside: {why}")
    for why in taken.stuck:
        terminal.warn(f"something that arrived stays in the spool, for a fault of this machine: {why}")
    for alarm in taken.alarms:
        terminal.alarmed = True
        terminal.warn(f"ALARM: {alarm}")
    if taken.later:
        terminal.warn(f"{taken.later} message(s) come from devices this directory does not know yet; run `enlace sync`")


def tell_unsent(terminal: Terminal, flushed: Flushed) -> None:
    """Warn of what could not be sent."""
    for number, why in flushed.kept.items():
        terminal.warn(f"message {number} stays in the outbox: {why}")
    for number, why in flushed.expired.items():
        terminal.warn(f"message {number} was NOT sent: {why}")
