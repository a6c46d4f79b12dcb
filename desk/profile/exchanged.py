"""What an exchange with the relay brought to a desk."""

from dataclasses import dataclass, field

from desk.errors import DeskError
from desk.mail.intake import TakenIn
from desk.mail.outbox import Flushed
from desk.replica.synchronise import Synchronised


@dataclass
class Exchanged:
    """What a whole exchange with the relay brought; `failed` is why it ended early.

    What was taken in is told only once: so a failure after that is handed back with it, and raised by who has told.
    `watched_elsewhere`: mail, or the rest of it, was left to an `enlace watch` of this desk, or to who has the stream.
    """

    synchronised: Synchronised
    flushed: Flushed = field(default_factory=Flushed)
    taken: TakenIn = field(default_factory=TakenIn)
    erased_keys: int = 0
    watched_elsewhere: bool = False
    failed: DeskError | None = None
