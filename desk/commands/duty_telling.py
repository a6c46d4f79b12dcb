"""What an officer is told of duty beside a command's result: who is on duty, whose turn it is, what is to be mended."""

from typing import Any

from desk.errors import DeskError
from desk.profile.unlocked import Unlocked
from desk.rosters.board import board_plain, boards
from desk.rosters.board_text import troubles, turn_line
from desk.rosters.posted import post
from desk.safe_text import line
from desk.terminal import Terminal


def tell_duty(terminal: Terminal, desk: Unlocked, *, warn: bool = True) -> list[dict[str, Any]]:
    """Say who is on duty and whose turn it is, for each contact of this desk that has a roster; with `warn` also what a
    coordinator has to mend, and a note that nobody has taken over. Returns the same for programs."""
    if desk.profile.identity.kind != "officer":
        return []
    try:
        found, view = boards(desk), desk.replica().view
    except DeskError:  # whatever command needs the directory tells that it is damaged
        return []
    post(desk, found)
    told = [each for each in found if each.roster is not None]
    for each in told:
        terminal.note(line(turn_line(each)))
        for words in troubles(each, view) if warn else ():
            terminal.warn(words)
    return [board_plain(each, view) for each in told]
