"""Calls that came to this desk: a message of somebody waits for somebody, and nobody has accepted it. No more is said.

1. A call is kept once its signatures are verified, for a device that serves or served the contact it speaks for.
2. What is known of who waits for whom, and how to reach both, stands in the directory. The message itself never comes
   here by a call; whoever is called reaches the contact it waits for, or the caller, by telephone.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from desk.mail.facts import StoredLine
from desk.mail.trail import opened_line
from desk.safe_text import line
from desk.terminal import stamp
from relay.protocol.lines import Call


@dataclass(frozen=True, slots=True)
class Came:
    """A call, and the hash of the envelope that waits."""

    call: Call

    @property
    def words(self) -> str:
        """What it says, in one line."""
        said = self.call
        return line(
            f"a {said.precedence} message of {said.sender}, signed {stamp(said.at)}, waits for "
            f"{', '.join(said.contacts)}, and nobody has accepted it"
        )


def came(lines: Iterable[StoredLine]) -> list[Came]:
    """The calls among verified lines, in their order."""
    found = (opened_line(each) for each in lines if each.kind == "call")
    return [Came(each) for each in found if isinstance(each, Call)]


def called(lines: Iterable[StoredLine]) -> list[str]:
    """What an officer is told when calls were taken in."""
    return [f"CALL: {each.words}. `enlace calls` says whom to reach" for each in came(lines)]
