"""The table of the judge's rules: for each, a statement that breaks it and the nearest one that does not.

A case is a function from a world to two attempts, the refused and the accepted one; its name says what is wrong.
The tables stand in `directory_cases_network`, `directory_cases_policy`, `directory_cases_members`,
`directory_cases_reception` and `directory_cases_contacts`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from directory_world import TWO_ROOTS, World

from directory.statement import AnyStatement, SetCircle

Attempt = tuple[World, AnyStatement, tuple[str, ...]]
Maker = Callable[[World], tuple[Attempt, Attempt]]
DAY = 86_400


@dataclass(frozen=True)
class Case:
    """A rule, what breaks it, and how the two attempts are made."""

    rule: str
    name: str
    make: Maker


CASES: list[Case] = []


def breaks(rule: str) -> Callable[[Maker], Maker]:
    """Enter a case into the table."""

    def enter(make: Maker) -> Maker:
        CASES.append(Case(rule, make.__name__, make))
        return make

    return enter


@cache
def _usual() -> World:
    world = World.founded()
    world.add_member("co")
    world.add_officer("co-night", "co")
    world.add_officer("co-day", "co", "investigator")
    world.admit(world.changing_reception("co-day"), "co-day")
    world.add_member("ec", "ec-chief")
    circle = world.say(SetCircle, circle="andean", members=("co", "ec"), body=world.fresh())
    world.admit(circle, *TWO_ROOTS)
    world.add_contact("co-desk", "co", officers=["co-night"])
    world.add_contact("co-court", "co")
    world.add_contact("ec-desk", "ec")
    world.add_provisional("pe-desk")
    world.now += DAY
    return world


def usual() -> World:
    """The world most cases start from, one day after its last statement.

    co: administrators co-chief and co-deputy, coordinator co-night, who serves co-desk, investigator co-day, whose
    device changed its reception keys once, and a contact co-court that nobody serves. ec: the one administrator
    ec-chief, and ec-desk. pe: not admitted, the provisional pe-desk. A circle, andean, of both members.
    """
    return _usual().copy()
