"""What became of sending: what was done is handed back, whatever broke off after it, and an alarm is told beside it.

Else an officer who is shown an alarm alone does not learn that a case was opened, or a call sent, and does it again.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from desk.commands.telling import tell_alarm
from desk.errors import Declined, DeskError, Distrust
from desk.mail.outbox import Doubted, Flushed
from desk.terminal import Terminal, run


@dataclass
class Outcome:
    """What became of the outbox, and why sending broke off, if it did."""

    flushed: Flushed = field(default_factory=Flushed)
    failed: DeskError | None = None

    def why(self, number: int) -> str:
        """Why a message stays in the outbox; of one that was sent what broke off after it, empty if nothing did."""
        broken_off = self.failed if not isinstance(self.failed, Doubted) else None
        return self.flushed.left.get(number, str(broken_off or ""))

    def code(self, *numbers: int) -> int:
        """The exit code of who wanted these messages sent; 0 if all were. An alarm has its own."""
        if self.failed is not None:
            return self.failed.code
        return Declined.code if any(each in self.flushed.left for each in numbers) else 0


def carried_out(
    terminal: Terminal, work: Callable[[Flushed], Awaitable[object]], begun: Callable[[], bool] = lambda: True
) -> Outcome:
    """Run `work`, which sends, and fills what it is given; tells an alarm, and hands back what else broke off.

    Where nothing was `begun` (nothing signed) what broke off is raised as it is.
    """
    outcome = Outcome()

    async def done() -> None:
        await work(outcome.flushed)

    try:
        run(done())
    except DeskError as error:
        if not begun():
            raise
        outcome.failed = error
        if isinstance(error, Distrust):
            tell_alarm(terminal, error)
    finally:
        doubt = outcome.flushed.doubt()
        if doubt is not None and not isinstance(outcome.failed, Doubted):  # whatever broke off after it
            tell_alarm(terminal, doubt)
    return outcome
