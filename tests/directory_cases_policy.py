"""Cases of the rule about a network's policy (R18)."""

import msgspec
from directory_cases import DAY, Attempt, breaks
from directory_world import NAME, ROOTS, TWO_ROOTS, World, founding, public_key

from directory.statement import Clocks, FoundNetwork, Freshness, Policy, RekeyRoots

Both = tuple[Attempt, Attempt]


def policies(bad: dict[str, int], good: dict[str, int]) -> Both:
    """A founding with the first policy, and one with the second; clocks and days by name."""

    def of(numbers: dict[str, int]) -> FoundNetwork:
        clocks = {name: number for name, number in numbers.items() if name in Clocks.__struct_fields__}
        days = {name: number for name, number in numbers.items() if name in Freshness.__struct_fields__}
        return founding(policy=Policy(clocks=Clocks(**clocks), freshness=Freshness(**days)))

    return (World(), of(bad), TWO_ROOTS), (World(), of(good), TWO_ROOTS)


@breaks("R18")
def a_clock_of_nothing(w: World) -> Both:
    return policies({"flash": 0}, {"flash": 60})


@breaks("R18")
def a_clock_that_outlives_every_message(w: World) -> Both:
    return policies({"routine": 14 * DAY + 1}, {"routine": 14 * DAY})


@breaks("R18")
def more_urgent_and_slower(w: World) -> Both:
    return policies({"flash": 1801}, {"flash": 1800})


@breaks("R18")
def priority_slower_than_routine(w: World) -> Both:
    return policies({"routine": 10_799}, {"routine": 10_800})


@breaks("R18")
def due_before_it_was_attested(w: World) -> Both:
    return policies({"due": 0}, {"due": 1})


@breaks("R18")
def due_later_than_stale(w: World) -> Both:
    return policies({"due": 151}, {"due": 150})


@breaks("R18")
def doubtful_before_it_is_stale(w: World) -> Both:
    return policies({"doubtful": 149}, {"doubtful": 150})


@breaks("R18")
def never_doubted(w: World) -> Both:
    return policies({"doubtful": 3651}, {"doubtful": 3650})


@breaks("R18")
def rekeyed_to_a_policy_that_nobody_can_keep(w: World) -> Both:
    roots = tuple(sorted(map(public_key, ROOTS)))
    good = w.say(RekeyRoots, roots=roots, threshold=2, duty=public_key("duty"), policy=Policy())
    bad = msgspec.structs.replace(good, policy=Policy(clocks=Clocks(immediate=59)))
    return (w, bad, TWO_ROOTS), (w, good, TWO_ROOTS)


@breaks("R25")
def policy_in_disorder(w: World) -> Both:
    def policy(*second: str) -> FoundNetwork:
        return founding(policy=msgspec.convert({"second": second}, Policy))

    empty = World(NAME)
    backwards = policy("revoke-last-device", "make-administrator")
    return (empty, backwards, TWO_ROOTS), (empty, policy("revoke-last-device"), TWO_ROOTS)
