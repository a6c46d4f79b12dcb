"""Sets of places in an index, each the bits of one whole number: a place is in the set if its bit is 1.

Python joins and cuts whole numbers by the machine word. A set out of a hundred thousand entries is twelve kilobytes,
and what two of them have in common is known in a few microseconds, however many that is.
"""

from collections.abc import Iterable, Iterator

NOWHERE = 0
_CHUNK = 2048
_CHUNK_BITS = (1 << _CHUNK) - 1


def set_of(places: Iterable[int], size: int) -> int:
    """The set of these places, all below `size`."""
    raw = bytearray((size + 7) // 8)
    for place in places:
        raw[place >> 3] |= 1 << (place & 7)
    return int.from_bytes(raw, "little")


def is_one(places: int) -> bool:
    """Whether a set has one place and no other."""
    return places.bit_count() == 1


def in_order(places: int) -> Iterator[int]:
    """The places of a set, lowest first."""
    base = 0
    while places:
        gap = (places & -places).bit_length() - 1
        base, places = base + gap, places >> gap
        chunk = places & _CHUNK_BITS
        while chunk:
            low = chunk & -chunk
            yield base + low.bit_length() - 1
            chunk ^= low
        base, places = base + _CHUNK, places >> _CHUNK


def parts(places: int, *masks: int) -> Iterator[int]:
    """What of a set is in the first mask, then what of the rest is in the second, and so on; at last what is in none.

    Only what is not empty is given.
    """
    for mask in masks:
        chosen = places & mask
        if chosen:
            yield chosen
            places ^= chosen
        if not places:
            return
    yield places


def in_most(sets: Iterable[int]) -> tuple[int, int]:
    """The places that are in the most of the sets, and in how many of them."""
    at_least: list[int] = []  # at_least[n]: the places in more than n of the sets so far
    for each in sets:
        carried = each
        for count, so_far in enumerate(at_least):
            at_least[count], carried = so_far | carried, so_far & carried
        at_least.append(carried)
    for count in range(len(at_least), 0, -1):
        if at_least[count - 1]:
            return at_least[count - 1], count
    return NOWHERE, 0
