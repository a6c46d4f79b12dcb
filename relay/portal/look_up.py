"""Looking up at the relay, on behalf of a member: an index of what that member may read, made when it is asked for.

1. Members who may read the same bodies share an index; few are kept, the longest unused goes first.
2. An index is made anew once the directory has changed, or after REMADE seconds (freshness and suspensions move with
   time), and no oftener than every PAUSE seconds: a busy evening of publishing does not keep the relay making indexes.
3. So what it holds may be some seconds old; **whom it is shown to never is**: each entry is looked at again under the
   newest view. What was retired is left out; a body that is erased by now, or not for this member any more, is shown as
   absent. Bodies are in memory for as long as an index is; an erasure empties them all at once.
4. Whether the keys of a contact's devices have run out is asked for what is shown, and not kept: a desk that comes back
   after ten weeks can receive at once.
5. The circles that a search can be narrowed to are the reader's own: what others have together is not counted for it.
6. An index is made in a thread: ten thousand entries take seconds of processor, and others go on meanwhile.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from directory.bodies import CircleBody, read_body_bytes
from directory.canonical import Malformed
from directory.entry import Absence, Entry, entries, reach_of
from directory.finding.answering import Answer, answer
from directory.finding.search import Found, Index, Query, Result
from directory.languages import base_code
from directory.view import NEVER, View
from relay.directory_log import DirectoryLog
from relay.key_sets import KeySets
from relay.rules.reading import may_read
from relay.views import Clock

MOST_KEPT = 4
PAUSE = 5
REMADE = 600
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Offered:
    """Codes of the countries, functions and languages that entries have, and circles."""

    countries: frozenset[str]
    functions: frozenset[str]
    languages: frozenset[str]
    circles: Mapping[str, Mapping[str, str]]
    """Names by language of circles that entries are published to, by id."""


@dataclass(frozen=True, slots=True)
class _Made:
    index: Index
    offered: Offered
    view: View
    at: int


class LookUps:
    """Answers questions of the portal from the relay's directory."""

    def __init__(self, directory: DirectoryLog, keysets: KeySets, clock: Clock) -> None:
        self._directory, self._keysets, self._clock = directory, keysets, clock
        self._made: OrderedDict[frozenset[str], _Made] = OrderedDict()
        self._making: dict[frozenset[str], asyncio.Lock] = {}
        self._closed: tuple[View, dict[str, frozenset[str]]] = (View(), {})
        self._erasures = 0
        directory.on_change(self._changed)

    @property
    def directory(self) -> DirectoryLog:
        """The relay's directory."""
        return self._directory

    async def find(self, query: Query, member: str, most: int) -> Found:
        """What fits, for a member; nothing in a circle that it is not in. Raises QueryError, refuses `unavailable`."""
        if query.circle and not self._is_in(query.circle, member):
            return Found(0, ())
        made, now = await self._index(member), self._clock()
        found = made.index.find(query, now, most)
        kept = [(result, self._now(result.entry, made, member)) for result in found.results]
        reached = await self._reached([entry for _, entry in kept if entry is not None])
        results = tuple(_again(result, reached[entry.id], now) for result, entry in kept if entry is not None)
        total = found.total - sum(entry is None for _, entry in kept)
        return replace(found, total=total, results=results)

    async def show(self, contact: str, member: str) -> tuple[Entry, Answer] | None:
        """One contact and whether it answers, or nothing; refuses `unavailable`."""
        made, now = await self._index(member), self._clock()
        entry = self._shown(contact, made, member)
        if entry is None:
            return None
        entry = (await self._reached([entry]))[contact]
        return entry, answer(entry.body, now) if entry.body else Answer(None)

    async def offered(self, member: str) -> Offered:
        """What the filters of a search can be set to, as of the index; its own circles alone, as of now (rule 5)."""
        offered = (await self._index(member)).offered
        own = {each: names for each, names in offered.circles.items() if self._is_in(each, member)}
        return replace(offered, circles=own)

    async def circles(self, member: str) -> Mapping[str, Mapping[str, str]]:
        """What every circle is called that something is published to, by id and language, as of the index."""
        return (await self._index(member)).offered.circles

    def _is_in(self, circle: str, member: str) -> bool:
        found = self._directory.view.circles.get(circle)
        return found is not None and member in found.members

    def country(self, member: str) -> str:
        """The country of a member: where its officers dial from."""
        record = self._directory.view.members.get(member)
        return record.country if record is not None else ""

    async def named(self, contacts: tuple[str, ...], member: str) -> dict[str, Entry]:
        """Those of the contacts that a member may see."""
        made = await self._index(member)
        found = ((each, self._shown(each, made, member)) for each in contacts)
        return {each: entry for each, entry in found if entry is not None}

    async def _reached(self, shown: Sequence[Entry]) -> dict[str, Entry]:
        """The entries by id, with those marked that cannot receive (rule 4)."""
        view, now = self._directory.view, self._clock()
        serving = {each.id: view.contact_devices(each.id, now) for each in shown if each.id in view.contacts}
        spent = await self._keysets.spent(sorted({device for every in serving.values() for device in every}), now)
        return {each.id: replace(each, reach=reach_of(serving.get(each.id, ()), spent)) for each in shown}

    def _shown(self, contact: str, made: _Made, member: str) -> Entry | None:
        entry = made.index.show(contact)
        return None if entry is None else self._now(entry, made, member)

    def _now(self, entry: Entry, made: _Made, member: str) -> Entry | None:
        """The entry as the newest view lets it be shown (rule 3); None for one that is gone."""
        view = self._directory.view
        if view is made.view:
            return entry
        contact = view.contacts.get(entry.id)
        if contact is None or not contact.listed:
            return None
        if entry.body is None or may_read(view, entry.contact.body, member):
            return entry
        erased = view.bodies[entry.contact.body].erased != NEVER
        absence: Absence = "erased" if erased else "withheld"
        return replace(entry, body=None, absence=absence)

    async def _index(self, member: str) -> _Made:
        closed = self._closed_to(member)
        async with self._making.setdefault(closed, asyncio.Lock()):
            made = self._made.get(closed)
            if made is None or self._is_old(made):
                erasures = self._erasures
                made = await self._make(closed, member)
                if erasures != self._erasures:
                    return made  # it may hold what was erased meanwhile: shown to nobody, and not kept
            self._made[closed] = made
            self._made.move_to_end(closed)
            while len(self._made) > MOST_KEPT:
                self._made.popitem(last=False)
            # Erasures and new circles leave locks of indexes that nobody asks for any more.
            for idle in [each for each, lock in self._making.items() if each not in self._made and not lock.locked()]:
                del self._making[idle]
        return made

    def _closed_to(self, member: str) -> frozenset[str]:
        """The bodies of listed contacts that a member may not read."""
        view = self._directory.view
        if self._closed[0] is not view:
            self._closed = (view, {})
        known = self._closed[1]
        if member not in known:
            listed = (each.body for each in view.contacts.values() if each.listed)
            known[member] = frozenset(each for each in listed if not may_read(view, each, member))
        return known[member]

    def _is_old(self, made: _Made) -> bool:
        age = self._clock() - made.at
        return not 0 <= age < REMADE or (made.view is not self._directory.view and age >= PAUSE)

    async def _make(self, closed: frozenset[str], member: str) -> _Made:
        view, now = self._directory.view, self._clock()
        wanted = [each.body for each in view.contacts.values() if each.listed and each.body not in closed]
        bodies: dict[str, bytes] = {}
        for start in range(0, len(wanted), _AT_ONCE):  # in portions, so that others get their turn
            for found in await self._directory.read_bodies(wanted[start : start + _AT_ONCE], member):
                bodies[found.commitment] = found.body
        circles = await self._circles(view, member)

        def work() -> _Made:
            made = Index(entries(view, bodies, now, None, member))
            made.prepare()
            return _Made(made, replace(_offered(made.entries), circles=circles), view, now)

        return await asyncio.to_thread(work)

    async def _circles(self, view: View, member: str) -> dict[str, Mapping[str, str]]:
        """The circles that something is published to, by id, and what they are called."""
        used = {circle for each in view.contacts.values() if each.listed for circle in each.circles}
        bodies = {each: view.circles[each].body for each in sorted(used) if each in view.circles}
        found = await self._directory.read_bodies(list(bodies.values()), member)
        raw = {each.commitment: each.body for each in found}
        return {each: _names(raw.get(body)) for each, body in bodies.items()}

    def _changed(self, old: View, new: View) -> None:
        if old.bodies is new.bodies:
            return
        for commitment, body in new.bodies.items():
            before = old.bodies.get(commitment)
            if body.erased != NEVER and (before is None or before.erased == NEVER):
                self._made.clear()
                self._erasures += 1
                return


def _offered(found: Iterable[Entry]) -> Offered:
    pairs = [(each.contact, each.languages) for each in found]
    return Offered(
        frozenset(contact.country for contact, _ in pairs),
        frozenset(contact.function for contact, _ in pairs),
        frozenset(base_code(code) for _, languages in pairs for code in languages),
        {},
    )


def _names(raw: bytes | None) -> Mapping[str, str]:
    """What a circle is called, by language; nothing where that was erased, or cannot be read."""
    try:
        body = read_body_bytes(raw, CircleBody) if raw is not None else None
    except Malformed:
        return {}
    return body.names if isinstance(body, CircleBody) else {}


def _again(result: Result, entry: Entry, now: int) -> Result:
    """The result with the entry as it may be shown now."""
    if entry.body is result.entry.body:
        return replace(result, entry=entry)
    return replace(result, entry=entry, answer=answer(entry.body, now) if entry.body else Answer(None))
