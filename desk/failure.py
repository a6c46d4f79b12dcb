"""A failure as programs are told of it: with `--json`, and by the local API."""

from typing import Any

from desk.alarms.words import alarm_plain
from desk.errors import Declined, DeskError, Distrust


def plain(error: DeskError) -> dict[str, Any]:
    """What went wrong, its exit code and kind, where evidence is kept, and single problems or the alarm, if any."""
    found: dict[str, Any] = {
        "error": str(error),
        "code": error.code,
        "kind": kind(error),
        "evidence": error.evidence if isinstance(error, Distrust) else "",
    }
    if error.exercise:
        found["exercise"] = True
    if isinstance(error, Declined) and error.problems:
        found["problems"] = error.problems
    if isinstance(error, Distrust) and error.alarm is not None:
        found["alarm"] = alarm_plain(error.alarm)
    return found


def kind(error: DeskError) -> str:
    """The class of `desk.errors` that an error belongs to, however much finer its own is."""
    documented = [each for each in type(error).__mro__ if each.__module__ == DeskError.__module__]
    return documented[0].__name__.lower()
