"""What an exchange with the relay brought to a desk."""

from dataclasses import dataclass, field

from desk.errors import DeskError, Distrust
from desk.mail.intake import TakenIn
from desk.mail.outbox import Flushed
from desk.replica.synchronise import Synchronised


@dataclass
class Exchanged:
    """What a whole exchange with the relay brought; `failed` is why it ended early, `also` what failed beside that.

    What was taken in is told only once: so a failure after that is handed back with it, and raised by who has told.
    A relay that refuses something first hides no alarm by that.
    `watched_elsewhere`: mail, or the rest of it, was left to an `enlace watch` of this desk, or to who has the stream.
    """

    synchronised: Synchronised
    flushed: Flushed = field(default_factory=Flushed)
    taken: TakenIn = field(default_factory=TakenIn)
    erased_keys: int = 0
    watched_elsewhere: bool = False
    failed: DeskError | None = None
    also: list[DeskError] = field(default_factory=list)

    def fail(self, error: DeskError) -> None:
        """Note what failed: `failed` is the first alarm, else what came first. The same words are told once."""
        if self.failed is None:
            self.failed = error
        elif str(error) in {str(each) for each in (self.failed, *self.also)}:
            return
        elif isinstance(error, Distrust) and not isinstance(self.failed, Distrust):
            self.also.append(self.failed)
            self.failed = error
        else:
            self.also.append(error)
