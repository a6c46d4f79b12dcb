"""Contacts that are probably one and the same, or share a line: found among an import's new ones, before it is done.

1. New is compared with what is listed and with what the same file adds before it; nothing is ever merged here.
2. *The same office*: same country and function, and a number or an e-mail address in common, or nearly the same name in
   some language. *Shared*: a number or an address in common with any other contact, which switchboards have.
3. Names are nearly the same if their telling words, whatever their order, differ by one mistake (a letter left out,
   put in, changed, or two swapped), or, in longer ones, are the same without one letter of each. Digits are never
   forgiven: the second police station is not the first.
4. Linear: a name is only compared with those that share it whole or with one letter left out, and with few of them.

The letter left out: symmetric deletion, as in `directory.finding.spelling`, over whole names.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from directory.bodies import ContactBody
from directory.finding.spelling import LEAST_LETTERS, distance
from directory.folding import telling_words

MOST_ALIKE = 3  # that are told of one contact
_LONG = 8
_LONGEST = 120  # letters; longer names are compared whole
_LOOKED_AT = 24
_PLACE_BITS = 32
_Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """A contact, as far as it is compared."""

    contact: str
    country: str
    function: str
    body: ContactBody


@dataclass(frozen=True, slots=True)
class Alike:
    """A new contact, one that it is like, whether it is probably the same office, and what they have in common."""

    contact: str
    other: str
    same: bool
    common: str

    def __str__(self) -> str:
        if self.same:
            return f"{self.contact} is probably {self.other}: the same country and function, and {self.common}"
        return f"{self.contact} and {self.other} have {self.common}"


def alike(new: Iterable[Known], listed: Iterable[Known]) -> tuple[Alike, ...]:
    """What of `new` is like something in `listed`, or before it in `new`; at most MOST_ALIKE for each."""
    every, fresh = list(listed), list(new)
    if not fresh:
        return ()
    first = len(every)
    every += fresh
    lines, names = _ByLine(every), _ByName(every, fresh)
    found: list[Alike] = []
    for place in range(first, len(every)):
        one = every[place]
        others = dict.fromkeys(names.near(place), "nearly the same name") | lines.shared(place)
        pairs = (
            Alike(one.contact, other.contact, (other.country, other.function) == (one.country, one.function), common)
            for other, common in ((every[at], common) for at, common in others.items())
        )
        found += sorted(pairs, key=lambda each: (not each.same, each.other))[:MOST_ALIKE]
    return tuple(found)


class _ByLine:
    """Contacts by their numbers and addresses."""

    def __init__(self, every: list[Known]) -> None:
        self._every = every
        self._of: dict[_Key, list[int]] = defaultdict(list)
        for place, each in enumerate(every):
            for key in _lines(each.body):
                self._of[key].append(place)

    def shared(self, place: int) -> dict[int, str]:
        """The places of those before this one that have a line with it, and which."""
        one = self._every[place]
        return {
            other: f"one {kind}, {line}"
            for kind, line in _lines(one.body)
            for other in self._of[kind, line][:_LOOKED_AT]
            if other < place and self._every[other].contact != one.contact
        }


class _ByName:
    """The contacts of those countries and functions that something new belongs to, by what is left of their names."""

    def __init__(self, every: list[Known], fresh: list[Known]) -> None:
        self._every = every
        groups = {(each.country, each.function) for each in fresh}
        self._names: list[tuple[int, str]] = []
        keys: list[int] = []
        for place, each in enumerate(every):
            for group, name in _names(each) if (each.country, each.function) in groups else ():
                at = len(self._names)
                self._names.append((place, name))
                keys += [_hashed(group, left) << _PLACE_BITS | at for left in _shortened(name)]
        self._keys = sorted(keys)

    def near(self, place: int) -> Iterator[int]:
        """The places of those before this one that have nearly the same name."""
        one = self._every[place]
        for group, name in _names(one):
            for at in {at for left in _shortened(name) for at in self._with(_hashed(group, left))}:
                other, called = self._names[at]
                most = 1 if len(name) >= LEAST_LETTERS else 0
                fits = len(name) >= _LONG or distance(name, called, most) <= most
                if fits and other < place and self._every[other].contact != one.contact:
                    yield other

    def _with(self, hashed: int) -> Iterator[int]:
        at = bisect_left(self._keys, hashed << _PLACE_BITS)
        for key in self._keys[at : at + _LOOKED_AT]:
            if key >> _PLACE_BITS == hashed:
                yield key & ((1 << _PLACE_BITS) - 1)


def _lines(body: ContactBody) -> Iterator[tuple[str, str]]:
    for number in dict.fromkeys(each.number for each in body.phones if each.use != "fax"):
        yield "number", number
    for address in dict.fromkeys(each.lower() for each in body.emails):
        yield "address", address


def _names(of: Known) -> Iterator[tuple[_Key, str]]:
    """Each name's, and other name's, group (country, function, digits) and its telling words, sorted, run together."""
    for text in dict.fromkeys((*of.body.names.values(), *of.body.also)):
        found = sorted(telling_words(text))
        digits = " ".join(each for each in found if not each.isalpha())
        yield (of.country, of.function, digits), "".join(each for each in found if each.isalpha())


def _shortened(name: str) -> set[str]:
    if len(name) > _LONGEST:
        return {name}
    return {name, *(name[:at] + name[at + 1 :] for at in range(len(name)))}


def _hashed(group: _Key, left: str) -> int:
    return hash((group, left)) & 0xFFFF_FFFF_FFFF_FFFF
