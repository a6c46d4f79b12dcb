"""What came of an alert, contact by contact and country by country: by receipts that count, and by nothing else. Pure.

1. A contact stands by the furthest it went: *answered* (it sent a message that answers this one), *accepted* or
   *refused* (whichever of its officers signed last), *opened*, *delivered*, *nothing yet*. Who answered, accepted or
   refused was reached, whether or not the line that says so has come; so the columns of a country add up to it.
2. A receipt is of the contact in whose name it is. A *delivered* line is of every contact of the alert that its device
   serves or served: one device may stand for two.
3. To be telephoned is who has nothing yet. Nobody is counted out because nothing could be sealed to them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

Where = Literal["answered", "accepted", "refused", "opened", "delivered", "nothing"]
ORDER: tuple[Where, ...] = get_args(Where)
_DECIDED = ("accepted", "refused")


@dataclass(frozen=True, slots=True)
class Said:
    """Something of a contact that counts: what, when, and the reason of a refusal."""

    contact: str
    what: Literal["answered", "accepted", "refused", "opened", "delivered"]
    at: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A contact of an alert: its country, where it stands, since when, and why, if it refused."""

    contact: str
    country: str
    where: Where
    at: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Tally:
    """The contacts of an alert, by country and id, and how many of each country stand where."""

    rows: tuple[Row, ...]
    countries: Mapping[str, Mapping[Where, int]] = field(default_factory=dict)
    whole: Mapping[Where, int] = field(default_factory=dict)

    @property
    def telephone(self) -> tuple[str, ...]:
        """Who has nothing yet."""
        return tuple(each.contact for each in self.rows if each.where == "nothing")


def tally(contacts: Mapping[str, str], said: Iterable[Said]) -> Tally:
    """The tally of `contacts`, each with its country, by what is said of them."""
    heard: dict[str, list[Said]] = {}
    for each in said:
        heard.setdefault(each.contact, []).append(each)
    rows = sorted(
        (_row(contact, country, heard.get(contact, [])) for contact, country in contacts.items()),
        key=lambda row: (row.country, row.contact),
    )
    countries: dict[str, dict[Where, int]] = {}
    for row in rows:
        counts = countries.setdefault(row.country, dict.fromkeys(ORDER, 0))
        counts[row.where] += 1
    whole = {where: sum(each[where] for each in countries.values()) for where in ORDER}
    return Tally(tuple(rows), countries, whole)


def _row(contact: str, country: str, said: list[Said]) -> Row:
    for where in (("answered",), _DECIDED, ("opened",), ("delivered",)):
        found = [each for each in said if each.what in where]
        if found:
            # Of decisions the last one stands (of two in one second the acceptance), of everything else the first.
            one = (max if where is _DECIDED else min)(found, key=lambda each: (each.at, each.what == "accepted"))
            return Row(contact, country, one.what, one.at, one.reason)
    return Row(contact, country, "nothing")
