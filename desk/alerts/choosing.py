"""Which contacts an alert or a drill is for: those that are named, a circle's, a function's, a country's, or all. Pure.

1. What is named is taken as it is named: a contact that is not there, or no longer listed, is refused.
2. A circle stands for the contacts of its members, `every` for those of all members. Of both, a function or a country
   leaves the others out.
3. Left out in silence is only the contact that sends. What cannot receive (provisional, retired, no live device, its
   member suspended) is left out and told apart (`Chosen.telephone`), so that somebody calls it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from desk.errors import Declined, NotFound, Usage
from directory.functions import BY_CODE
from directory.view import View


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for."""

    named: tuple[str, ...] = ()
    circles: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    every: bool = False

    @property
    def by_group(self) -> bool:
        """Whether contacts are meant that nobody has named one by one."""
        return bool(self.circles or self.functions or self.countries or self.every)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The contacts that can receive, in order of country and id, and those that have to be telephoned."""

    contacts: tuple[str, ...]
    telephone: tuple[str, ...]


def chosen(view: View, wanted: Wanted, sender: str, now: int) -> Chosen:
    """The contacts that are meant; raises NotFound, Declined or Usage, saying what to change."""
    _check(view, wanted)
    meant = [each for each in dict.fromkeys((*wanted.named, *_of_groups(view, wanted))) if each != sender]
    meant.sort(key=lambda each: (view.contacts[each].country, each))
    can = [each for each in meant if view.contact_devices(each, now)]
    if not can:
        raise Declined(
            "no contact that is meant can receive a message: telephone and e-mail only"
            if meant
            else "nobody is meant by this: name contacts, a circle, a function or --all; `enlace find` lists them"
        )
    return Chosen(tuple(can), tuple(each for each in meant if each not in set(can)))


def _check(view: View, wanted: Wanted) -> None:
    if not (wanted.named or wanted.by_group):
        raise Usage("say for whom: name contacts, --circle, --function, --country or --all")
    for contact in wanted.named:
        record = view.contacts.get(contact)
        if record is None:
            raise NotFound(f"there is no contact {contact}; `enlace find` lists them")
        if not record.listed:
            raise Declined(f"contact {contact} is no longer listed")
    for circle in wanted.circles:
        if circle not in view.circles:
            raise NotFound(f"there is no circle {circle}; `enlace circle list` lists them")
    for function in wanted.functions:
        if function not in BY_CODE:
            raise NotFound(f"there is no function {function}; it is written as in {', '.join(sorted(BY_CODE)[:3])}")
    known = {each.country for each in view.contacts.values()}
    for country in wanted.countries:
        if country not in known:
            raise NotFound(f"no contact of a country {country} is listed; write its code, such as CO")


def _of_groups(view: View, wanted: Wanted) -> Iterable[str]:
    if not wanted.by_group:
        return
    members = view.circle_members(wanted.circles) if wanted.circles else None
    for each in view.contacts.values():
        if (
            each.listed
            and (members is None or each.member in members)
            and (not wanted.functions or each.function in wanted.functions)
            and (not wanted.countries or each.country in wanted.countries)
        ):
            yield each.id
