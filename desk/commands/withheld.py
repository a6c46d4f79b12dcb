"""What of messages and requests stands in no list: their case is locked here, or they may not go into its file."""

from typing import Any

from desk.cases.locks import Locks, locked_words
from desk.handling.way_out import not_shown, shown_into_file, time_of
from desk.handling.words import NO_FILE
from desk.profile.unlocked import Unlocked
from desk.requests.stored import Request
from directory.four_languages import in_language


def locks_of(desk: Unlocked) -> Locks:
    """What this desk may show of the cases in its store now."""
    return Locks(desk.mail, desk.replica().view, desk.profile.identity.device, time_of(desk))


class Withheld:
    """Of requests in a list, what keeps back what they say: standard output is a file and the handling of a message of
    theirs lets it into none, or it was handed over in a case that is locked here. `request show` asks the same."""

    def __init__(self, desk: Unlocked) -> None:
        self._desk, self._locks, self._into_file = desk, locks_of(desk), shown_into_file()

    def of(self, request: Request) -> dict[str, Any]:
        """`withheld`, the reasons of the rules, or `locked`, that of the case; nothing if all may be shown."""
        for each in request.kept.values():
            if each.handed and (why := self._locks.why(each.stored)) is not None:
                return {"locked": why}
            if self._into_file and (found := not_shown(self._desk, each.stored)):
                return {"withheld": list(found.reasons)}
        return {}

    def words(self, request: Request, language: str) -> str:
        """What stands in a list instead of what the request is; empty if that may stand there."""
        found = self.of(request)
        if "locked" in found:
            return f"({locked_words(found['locked'], language)})"
        return in_language(NO_FILE, language) if found else ""

    def plain(self, request: Request, whole: dict[str, Any]) -> dict[str, Any]:
        """A request for programs, in a list."""
        found = self.of(request)
        if not found:
            return whole
        bare = {
            name: [each | {"act": {"kind": each["act"]["kind"]}} for each in whole[name]]
            for name in ("events", "waiting", "unproven", "outsiders")
        }
        return whole | bare | {"form": "", "case": ""} | found
