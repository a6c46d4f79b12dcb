"""Circles in words and in plans: who is in one, who sees a contact, and what a change of either means. Pure.

1. A circle is changed relative to what stands now: members are added and removed, names given in further languages.
2. Whoever changes who sees a contact is told whom that adds and whom it takes away. What was shown once cannot be taken
   back: the relay hands it out no more, and the desks of those left out erase their copy at their next synchronisation.
3. A circle that there is not is answered with those that there are.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from desk.errors import NotFound, Usage
from desk.safe_text import line
from directory.bodies import CircleBody, read_body_bytes
from directory.canonical import Malformed
from directory.exchange.csv_contact import Wanted
from directory.finding.readers import readers_of
from directory.judge_contacts import MOST_CIRCLES
from directory.view import NEVER, Circle, View


@dataclass(frozen=True, slots=True)
class CircleChange:
    """A circle as it is to be: its members, its names, whether those are others than before; who comes and who goes."""

    members: tuple[str, ...]
    names: Mapping[str, str]
    renamed: bool
    joining: tuple[str, ...]
    leaving: tuple[str, ...]

    @property
    def empty(self) -> bool:
        """Whether nothing would be other than it is."""
        return not (self.renamed or self.joining or self.leaving)


@dataclass(frozen=True, slots=True)
class Audience:
    """Who sees a contact from now on and did not, and who did and will not."""

    contact: str
    gained: tuple[str, ...]
    lost: tuple[str, ...]
    everyone: bool

    def __str__(self) -> str:
        told = []
        if self.gained:
            whom = "every member" if self.everyone else "its circles"
            told.append(f"its details go to {', '.join(self.gained)} too, for good: {whom} may see them")
        if self.lost:
            told.append(f"no longer shown to {', '.join(self.lost)}: what they have seen or noted stays theirs")
        return f"{self.contact}: {'; '.join(told)}"


def circle_names(bodies: Mapping[str, bytes], circle: Circle) -> dict[str, str]:
    """A circle's names by language, as far as they are held here."""
    raw = bodies.get(circle.body)
    try:
        body = read_body_bytes(raw, CircleBody) if raw is not None else None
    except Malformed:
        return {}
    return dict(body.names) if isinstance(body, CircleBody) else {}


def called(view: View, bodies: Mapping[str, bytes], language: str = "en") -> dict[str, str]:
    """What to call each circle, by id: a name in the language, or else in any, and the id."""
    found: dict[str, str] = {}
    for circle, record in view.circles.items():
        names = circle_names(bodies, record)
        name = names.get(language) or next(iter(names.values()), "")
        found[circle] = f"“{line(name, 60)}” ({circle})" if name else circle
    return found


def check_circles(view: View, circles: Iterable[str]) -> None:
    """Return if every one of `circles` is there; raise NotFound, which lists those that are, if not."""
    unknown = [each for each in circles if each not in view.circles]
    if unknown:
        raise NotFound(f"there is no circle {unknown[0]}; {existing(view)}")


def existing(view: View) -> str:
    """The circles that there are, for an error."""
    if not view.circles:
        return "there is none yet: the secretariat makes them (`enlace circle set`)"
    return f"there are: {', '.join(sorted(view.circles))} (`enlace circle list`)"


def changed(
    view: View,
    bodies: Mapping[str, bytes],
    circle: str,
    add: Iterable[str] = (),
    remove: Iterable[str] = (),
    names: Mapping[str, str] | None = None,
) -> CircleChange:
    """What a circle would become; raises NotFound or Usage for members or names that do not go with it."""
    old, added, removed, names = view.circles.get(circle), set(add), set(remove), names or {}
    if old is None and not names:
        raise NotFound(f"there is no circle {circle}; {existing(view)}. A new one needs a name: --name en=…")
    before = set(old.members) if old is not None else set()
    for each in sorted(added | removed):
        if each not in view.members:
            raise NotFound(f"there is no member {each}; `enlace network show` lists them")
    both = sorted(added & removed)
    if both:
        raise Usage(f"{both[0]} cannot be added and removed at once")
    for each in sorted(added - before):
        if view.members[each].revoked != NEVER:
            raise Usage(f"{each} was revoked, and is added to nothing")
    strange = sorted(removed - before)
    if strange:
        inside = ", ".join(sorted(before)) or "nobody"
        raise NotFound(f"{strange[0]} is not in circle {circle}; in it: {inside}")
    stood = circle_names(bodies, old) if old is not None else {}
    if old is not None and names and not stood and view.bodies[old.body].erased == NEVER:
        raise Usage(f"the names of circle {circle} are not held here; `enlace sync` fetches them, then name it anew")
    if old is not None and not names and view.bodies[old.body].erased != NEVER:
        raise Usage(f"the names of circle {circle} were erased; give it names: --name en=…")
    after = (before | added) - removed
    called_now = stood | dict(names)
    joining, leaving = tuple(sorted(after - before)), tuple(sorted(before - after))
    return CircleChange(tuple(sorted(after)), called_now, called_now != stood, joining, leaving)


def published_to(view: View, circle: str) -> tuple[str, ...]:
    """The listed contacts that are published to a circle, sorted."""
    return tuple(sorted(each for each, record in view.contacts.items() if record.listed and circle in record.circles))


def audience(view: View, wanted: Wanted, member: str) -> Audience | None:
    """Whom publishing a contact anew adds to those who see it, and whom it takes away; None where it is all the same.

    Of a contact that was never listed nobody has seen anything. One that comes back after it was retired is for the
    same members as before, or else that is told: a circle is easily forgotten on the way.
    """
    before = view.contacts.get(wanted.contact)
    if before is None or before.circles == wanted.circles:
        return None
    after = replace(before, circles=wanted.circles, member=member)
    then, now = set(readers_of(view, before)), set(readers_of(view, after))
    if not before.listed:
        then &= now  # nobody is shown it now, so it is taken from nobody
    if then == now:
        return None
    return Audience(wanted.contact, tuple(sorted(now - then)), tuple(sorted(then - now)), not wanted.circles)


def other_circles(
    view: View, contact: str, before: Iterable[str], add: Iterable[str], remove: Iterable[str], *, for_all: bool
) -> tuple[str, ...]:
    """The circles a contact is to be published to; raises NotFound or Usage.

    It never becomes open to every member by having its last circle taken away: that has to be said.
    """
    stood, added, removed = set(before), set(add), set(remove)
    check_circles(view, sorted(added | (removed - stood)))
    if for_all and (added or removed):
        raise Usage("say either --for-all or which circles")
    strange = sorted(removed - stood)
    if strange:
        inside = f"only for {', '.join(sorted(stood))}" if stood else "for every member"
        raise Usage(f"{contact} is not published to circle {strange[0]}; it is {inside}")
    after = set() if for_all else (stood | added) - removed
    if stood and not after and not for_all:
        ways = f"name another --circle, retire it, or say --for-all if every member is to see {contact}"
        raise Usage(f"{contact} would be in no circle, and so open to every member: {ways}")
    if len(after) > MOST_CIRCLES:
        raise Usage(f"{len(after)} circles; a contact is published to {MOST_CIRCLES} at most")
    return tuple(sorted(after))
