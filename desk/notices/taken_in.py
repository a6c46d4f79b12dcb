"""What an unlocked desk knows of what rings: for which contacts it is, and what rings no more.

Called where mail is taken in, opened and answered. None of it can fail what it stands beside: what it cannot write
rings on, or rings with less said.
"""

from pathlib import Path

from desk.mail.content import OWN_SIDE, Receipt
from desk.mail.message import Message
from desk.notices.ringing import end, meant_for, note_serves
from directory.view import View


def taken_in(path: Path, envelope: str, message: Message, stage: int, *, new: bool) -> None:
    """An envelope was opened and stored; `new`, unless its message was held already."""
    if not new or isinstance(message.content, (Receipt, *OWN_SIDE)):
        end(path, envelope)
    else:
        meant_for(path, envelope, message.stages[stage].contacts)


def served(path: Path, view: View, device: str, now: int) -> None:
    """Note which contacts this desk serves, for when it is locked."""
    record = view.devices.get(device)
    if record is not None:
        mine = (each for each, entry in view.contacts.items() if entry.listed and record.officer in entry.officers)
        note_serves(path, tuple(each for each in sorted(mine) if view.serves(device, each, view.size, now)))
