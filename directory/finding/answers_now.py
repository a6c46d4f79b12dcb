"""Who of many answers now, kept from one question to the next.

Many keep the same hours: an answer is worked out once for all of them, and kept while it holds. So the first question,
and one about another day, costs as much as there are different hours; the questions after it cost what changed since.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from operator import or_

from directory.entry import Entry
from directory.finding.answering import Answer, answer, contact_zone, local_time
from directory.finding.places import NOWHERE, set_of

_DAY = 86_400


class AnswersNow:
    """The answers of entries, by their places."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._entries = entries
        alike: dict[object, list[int]] = defaultdict(list)
        for place, entry in enumerate(entries):
            alike[(entry.body.hours, str(entry.body.zone)) if entry.body else None].append(place)
        self._alike = list(alike.values())
        self._group = {place: group for group, places in enumerate(self._alike) for place in places}
        self._kept: dict[int, tuple[int, Answer]] = {}
        self._sets: dict[bool | None, int] = {}
        self._in_sets: dict[int, bool | None] = {}  # in which of them each group is
        self._from, self._until = 0, 0  # when `_sets` hold

    def of(self, place: int, now: int) -> Answer:
        """Whether somebody answers there at `now` (unix seconds), and local time."""
        entry = self._entries[place]
        zone = contact_zone(entry.body) if entry.body else None
        return replace(self._answer(self._group[place], now), local=local_time(zone, now))

    def sets(self, now: int) -> dict[bool | None, int]:
        """The places of those who answer at `now`, who do not, and who may, their hours unknown (None)."""
        if not self._from <= now < self._until:
            moved: dict[bool | None, list[int]] = defaultdict(list)
            for group, places in enumerate(self._alike):
                is_open = self._answer(group, now).open
                if group not in self._in_sets or self._in_sets[group] is not is_open:
                    moved[is_open].extend(places)
                    self._in_sets[group] = is_open
            here = {is_open: set_of(places, len(self._entries)) for is_open, places in moved.items()}
            gone = reduce(or_, here.values(), NOWHERE)  # from where they were
            for is_open in (True, False, None):
                self._sets[is_open] = self._sets.get(is_open, NOWHERE) & ~gone | here.get(is_open, NOWHERE)
            spans = [_span(at, kept) for at, kept in self._kept.values()]
            self._from = max((start for start, _ in spans), default=now)
            self._until = min((end for _, end in spans), default=now + _DAY)
        return self._sets

    def _answer(self, group: int, now: int) -> Answer:
        at, kept = self._kept.get(group, (now + 1, Answer(None)))
        start, end = _span(at, kept)
        if not start <= now < end:
            body = self._entries[self._alike[group][0]].body
            kept = answer(body, now) if body else Answer(None)
            self._kept[group] = now, kept
        return kept


def _span(at: int, kept: Answer) -> tuple[int, int]:
    """From when until when an answer that was worked out at `at` holds."""
    return at, at + _DAY if kept.changes_at is None else kept.changes_at
