"""The telephone numbers of many entries, found by what somebody dials or has on a slip of paper.

1. Digits are looked for in every number, so a number is found by its end, without code of country or area, and while
   it is typed. What is typed in full, in whatever way it is dialled, is that number.
2. What begins with the digits for abroad (00, 011, or those of the asker's country), or with the 0 that is dialled
   within a country, is also looked for without them.
3. Only where nothing has the digits so are they read by the numbering plans: the asker's own, then those of the
   countries listed here (a mobile in Buenos Aires is dialled with a 15 that its number abroad does not have).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from directory.entry import Entry
from directory.finding.asking import LEAST_DIGITS
from directory.finding.numbering import reached
from directory.finding.places import NOWHERE, set_of
from directory.vocabulary import Kind, Vocabulary, placed

_LEAST_END = 6  # digits that make the end of a number worth a whole one
_ABROAD = ("00", "011")
_MOST_READ = 40  # countries whose plans are tried
_WHOLE, _END = Kind.TELEPHONE, Kind.MENTION  # what of a number stands in `Telephones._ends`


class Telephones:
    """Numbers without their `+`, and the places of the entries that have each."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._size = len(entries)
        self._places: dict[str, list[int]] = defaultdict(list)
        for place, entry in enumerate(entries):
            for phone in entry.body.phones if entry.body else ():
                self._places[phone.number[1:]].append(place)

    @cached_property
    def _ends(self) -> Vocabulary:
        """The ends of all numbers, of LEAST_DIGITS digits and more: whatever digits are in a number begin one of them.

        So no question costs more where all numbers have the same digits (`Vocabulary`, rule 2).
        """
        found: dict[str, list[int]] = defaultdict(list)
        for number, places in self._places.items():
            for at in range(len(number) - LEAST_DIGITS + 1):
                found[number[at:]] += [placed(place, _END if at else _WHOLE) for place in places]
        return Vocabulary(found, self._size)

    def prepare(self) -> None:
        """Make ready what spares every later question a look at every number."""
        self._ends  # noqa: B018 - it is made by being asked for

    def find(self, digits: str, here: str, countries: Iterable[str]) -> tuple[int, int, int]:
        """The places that have this number in full, those a longer one that ends so, and all that have
        these digits in one.

        `here` is the country that it may be dialled from, `countries` those of the entries.
        """
        whole, ends, within = NOWHERE, NOWHERE, NOWHERE
        for form in dict.fromkeys(_forms(digits)):
            some = self._with(form)
            whole, ends, within = whole | some[0], ends | some[1], within | some[2]
        if not whole and (number := reached(digits, here)):
            whole = self._with(number[1:])[0]
        if not whole | ends | within:
            for country in list(countries)[:_MOST_READ]:
                if number := reached(digits, country):
                    whole |= self._with(number[1:])[0]
        return whole, ends, within

    def _with(self, digits: str) -> tuple[int, int, int]:
        """As `find`, of this very form."""
        whole = set_of(self._places.get(digits, ()), self._size)
        long = len(digits) >= _LEAST_END
        if "_ends" in self.__dict__ and len(digits) >= LEAST_DIGITS:
            ends = self._ends.sets(*self._ends.whole(digits))[_END] if long else NOWHERE
            within = self._ends.sets(*self._ends.beginning(digits))
            return whole, ends, within[_WHOLE] | within[_END]
        having = [number for number in self._places if digits in number]
        ends = self._all(number for number in having if long and number != digits and number.endswith(digits))
        return whole, ends, self._all(having)

    def _all(self, numbers: Iterable[str]) -> int:
        return set_of((place for number in numbers for place in self._places[number]), self._size)


def _forms(digits: str) -> Iterator[str]:
    yield digits
    for abroad in _ABROAD:
        if digits.startswith(abroad) and len(digits) > len(abroad) + _LEAST_END:
            yield digits[len(abroad) :]
    if digits.startswith("0") and not digits.startswith("00") and len(digits) > _LEAST_END:
        yield digits[1:]
