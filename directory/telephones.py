"""The telephone numbers of many entries, found by what somebody dials or has on a slip of paper.

1. Digits are looked for in every number, so a number is found by its end, without code of country or area, and while
   it is typed. What is typed in full, in whatever way it is dialled, is that number.
2. What begins with the digits for abroad (00, 011, or those of the asker's country), or with the 0 that is dialled
   within a country, is also looked for without them.
3. Only where nothing has the digits so are they read by the numbering plans: the asker's own, then those of the
   countries listed here (a mobile in Buenos Aires is dialled with a 15 that its number abroad does not have).
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence

from directory.entry import Entry
from directory.numbering import reached
from directory.places import NOWHERE, set_of

_LEAST_END = 6  # digits that make the end of a number worth a whole one
_ABROAD = ("00", "011")
_MOST_READ = 40  # countries whose plans are tried


class Telephones:
    """Numbers without their `+`, one after the other in one text, and the places of the entries that have them."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._size = len(entries)
        self._offsets, self._places, parts, at = list[int](), list[int](), list[str](), 0
        for place, entry in enumerate(entries):
            for phone in entry.body.phones if entry.body else ():
                self._offsets.append(at)
                self._places.append(place)
                parts.append(phone.number[1:])
                at += len(phone.number)  # with the line break in the place of the `+`
        self._text = "\n".join(parts) + "\n"

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
        at = self._text.find(digits)
        while at >= 0:
            number = bisect_right(self._offsets, at) - 1
            is_end = self._text[at + len(digits)] == "\n"
            found = whole if is_end and at == self._offsets[number] else ends if is_end else within
            (within if found is ends and len(digits) < _LEAST_END else found).append(self._places[number])
            at = self._text.find(digits, at + 1)
        return set_of(whole, self._size), set_of(ends, self._size), set_of(within, self._size)


def _forms(digits: str) -> Iterator[str]:
    yield digits
    for abroad in _ABROAD:
        if digits.startswith(abroad) and len(digits) > len(abroad) + _LEAST_END:
            yield digits[len(abroad) :]
    if digits.startswith("0") and not digits.startswith("00") and len(digits) > _LEAST_END:
        yield digits[1:]
