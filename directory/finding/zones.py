"""Time zones from the `tzdata` package alone, so that every desk gives the same answer whatever its system carries.

`zoneinfo` would ask the system first, and systems are updated late (a state that gives up daylight saving by decree
leaves them an hour off for months). The package is pinned with the rest; nothing global is changed to prefer it.
"""

from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo


class UnknownZone(ValueError):
    """A name that is no IANA time zone of the pinned data."""


@cache
def zone_names() -> frozenset[str]:
    """Every zone of the pinned data, links such as `America/Buenos_Aires` included, but for `Factory`: nobody's."""
    return frozenset(files("tzdata").joinpath("zones").read_text("utf-8").split()) - {"Factory"}


@cache
def time_zone(name: str) -> ZoneInfo:
    """The zone of that name; raises UnknownZone."""
    if name not in zone_names():  # also keeps a name such as `../../x` away from the files
        raise UnknownZone(f"{name!r} is no IANA time zone; write one such as America/Bogota")
    *folders, file = name.split("/")
    with files("tzdata").joinpath("zoneinfo", *folders, file).open("rb") as data:
        return ZoneInfo.from_file(data, key=name)
