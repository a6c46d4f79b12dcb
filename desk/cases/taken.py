"""What a case had taken from a package that is erased: what its stub names, so that the case says what is gone. Pure.

A package holds what its sender likes. So the stub names no more than the case on this desk really held from it: signed
by who is said to have signed it, of that case, by the act that handed it over (`desk.cases.held`, B2 and B3); and of
that only what was itself to go by then, by its own mark. What went early, with a package that its sender marked to go
early, is missing, as it was before: whoever has it can hand it over again.
"""

from collections.abc import Callable, Iterator

from desk.cases.acts import Say
from desk.cases.held import HeldCase, held_case
from desk.cases.locks import About
from desk.errors import DeskError
from desk.mail.content import HandedOver
from desk.mail.facts import Stored
from directory.view import View


class Cases:
    """The cases in a store, by a directory that is asked for when it is needed; each as it was found first, so that
    what is erased in one round counts by what was there before."""

    def __init__(self, mail: About, view: Callable[[], View]) -> None:
        self._mail, self._view = mail, view
        self._held = dict[str, HeldCase]()

    def taken(self, package: Stored, now: int) -> tuple[str, ...]:
        """What a case holds from a package and from nothing else, and is to be erased at `now`, by hash.

        Nothing for any other message; nor where there is no good directory: nothing is believed then.
        """
        content = package.message.content
        if not isinstance(content, HandedOver):
            return ()
        try:
            return tuple(sorted(self._from(self._case(content.case), package.number, now)))
        except DeskError:
            return ()

    def _case(self, case: str) -> HeldCase:
        if case not in self._held:
            self._held[case] = held_case(self._mail.about(f"case {case}"), self._view(), case)
        return self._held[case]

    def _from(self, held: HeldCase, number: int, now: int) -> Iterator[str]:
        for name, event in held.events.items():
            theirs = event.by is not None and event.by.number == number
            if theirs and isinstance(event.signed.event.act, Say) and event.signed.erase_at <= now:
                yield name
