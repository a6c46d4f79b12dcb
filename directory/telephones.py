"""The telephone numbers of many entries, found by what somebody dials or has on a slip of paper.

1. Digits are looked for in every number, so a number is found by its end, without code of country or area, and while
   it is typed. What is typed in full, in whatever way it is dialled, is that number.
2. What begins with the digits for abroad (00, 011, or those of the asker's country), or with the 0 that is dialled
   within a country, is also looked for without them.
3. Only where nothing has the digits so are they read by the numbering plans: the asker's own, then those of the
   countries listed here (a mobile in Buenos Aires is dialled with a 15 that its number abroad does not have).
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from directory.asking import LEAST_DIGITS
from directory.entry import Entry
from directory.numbering import reached
from directory.places import NOWHERE, set_of

_LEAST_END = 6  # digits that make the end of a number worth a whole one
_ABROAD = ("00", "011")
_MOST_READ = 40  # countries whose plans are tried
_NUMBER = 32  # bits


class Telephones:
    """Numbers without their `+`, the place of the entry that has each, and which digits follow one another in them."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._size = len(entries)
        self._places, self._numbers = list[int](), list[str]()
        for place, entry in enumerate(entries):
            for phone in entry.body.phones if entry.body else ():
                self._places.append(place)
                self._numbers.append(phone.number[1:])

    @cached_property
    def _by_digits(self) -> "array[int]":
        """Any LEAST_DIGITS digits that follow one another, and which number has them, as one whole number; in order."""
        return array(
            "Q",
            sorted({int(part) << _NUMBER | at for at, number in enumerate(self._numbers) for part in _runs(number)}),
        )

    def prepare(self) -> None:
        """Make ready what spares every later question a look at every number."""
        self._by_digits  # noqa: B018 - it is made by being asked for

    def find(self, digits: str, here: str, countries: Iterable[str]) -> tuple[int, int, int]:
        """The places that have this number in full, those one that ends so, those one with these digits in it.

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
        whole, ends, within = list[int](), list[int](), list[int]()
        for at in self._having(digits):
            number = self._numbers[at]
            if number == digits:
                whole.append(self._places[at])
            elif len(digits) >= _LEAST_END and number.endswith(digits):
                ends.append(self._places[at])
            else:
                within.append(self._places[at])
        return set_of(whole, self._size), set_of(ends, self._size), set_of(within, self._size)

    def _having(self, digits: str) -> Iterator[int]:
        """Which numbers have these digits in them; looked for in each where nothing is made ready."""
        if "_by_digits" not in self.__dict__ or len(digits) < LEAST_DIGITS:
            return (at for at, number in enumerate(self._numbers) if digits in number)
        first, end = min((self._range(part) for part in _runs(digits)), key=lambda each: each[1] - each[0])
        some = (each & (1 << _NUMBER) - 1 for each in self._by_digits[first:end])
        return (at for at in some if digits in self._numbers[at])

    def _range(self, part: str) -> tuple[int, int]:
        wanted = int(part)
        ordered = self._by_digits
        return bisect_left(ordered, wanted << _NUMBER), bisect_left(ordered, wanted + 1 << _NUMBER)


def _runs(number: str) -> Iterator[str]:
    return (number[at : at + LEAST_DIGITS] for at in range(len(number) - LEAST_DIGITS + 1))


def _forms(digits: str) -> Iterator[str]:
    yield digits
    for abroad in _ABROAD:
        if digits.startswith(abroad) and len(digits) > len(abroad) + _LEAST_END:
            yield digits[len(abroad) :]
    if digits.startswith("0") and not digits.startswith("00") and len(digits) > _LEAST_END:
        yield digits[1:]
