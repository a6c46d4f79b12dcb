"""What an unlocked desk knows of what rings: for which contacts it is, and what rings no more.

Called where mail is taken in, opened and answered. None of it can fail what it stands beside: what it cannot write
rings on, or rings with less said.
"""

from pathlib import Path

from desk.mail.content import OWN_SIDE, Receipt
from desk.mail.message import Message
from desk.notices.ringing import end, meant_for


def taken_in(path: Path, envelope: str, message: Message, stage: int, *, new: bool) -> None:
    """An envelope was opened and stored; `new`, unless its message was held already."""
    if not new or isinstance(message.content, (Receipt, *OWN_SIDE)):
        end(path, envelope)
    else:
        meant_for(path, envelope, message.stages[stage].contacts)
