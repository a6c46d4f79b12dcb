"""Days and moments as officers type them, in UTC. Pure."""

import re
from datetime import UTC, datetime, timedelta

from desk.errors import Usage

_DAY = re.compile(r"\A\d{4}-\d{2}-\d{2}\Z", re.ASCII)
_MOMENT = re.compile(r"\A\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}Z?\Z", re.ASCII)
_EXAMPLE = "write it like 2026-11-30, or 2026-11-30T15:00 (UTC)"


def typed_time(text: str, *, whole_day: bool = False) -> int:
    """Unix seconds of a day or a moment; of a day its beginning, or with `whole_day` its last minute. Raises Usage."""
    wanted = text.strip()
    form = "%Y-%m-%d" if _DAY.match(wanted) else "%Y-%m-%d %H:%M" if _MOMENT.match(wanted) else ""
    if not form:
        raise Usage(f"{text!r} is no time; {_EXAMPLE}")
    try:
        found = datetime.strptime(wanted.removesuffix("Z").replace("T", " "), form).replace(tzinfo=UTC)
        if whole_day and _DAY.match(wanted):
            found += timedelta(days=1, minutes=-1)
    except (ValueError, OverflowError) as error:
        raise Usage(f"there is no such time as {text!r}; {_EXAMPLE}") from error
    if found.year < 1980:
        raise Usage(f"{text!r} is no time of our days; {_EXAMPLE}")
    return int(found.timestamp())
