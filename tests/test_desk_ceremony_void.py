"""What the roots signed and nobody published: when it is void, and how a desk and an offline machine say so."""

from ceremony_world import published, rekeying, request, signed, suspending
from desk_world import network, refused
from directory_world import TWO_ROOTS

from desk.errors import Declined
from desk.roots.ceremony import complete, review
from directory.judge import CLOCK_SKEW

WORLD = network()
DAY = 86_400


def test_a_re_keying_voids_what_roots_who_stay_have_signed() -> None:
    """R39: on the desk that would publish it, and on a machine that is asked for the missing signature."""
    half, done = (signed(WORLD, suspending(WORLD), *who) for who in (("root-1",), TWO_ROOTS))
    world = WORLD.copy()
    world.now += DAY
    world = published(world, rekeying(world, "root-1", "root-2", "root-4"), *TWO_ROOTS)
    told = refused(lambda: complete(done, world.view, world.now), Declined)
    assert "before the last re-keying, which voids it" in told
    assert "make the request anew" in told
    again = request(world, half.asked)
    assert "rule R39" in refused(lambda: review(again, world.entries, world.now), Declined)


def test_after_a_re_keying_by_a_clock_that_was_ahead_the_roots_are_asked_at_its_time() -> None:
    world = WORLD.copy()
    world.now += CLOCK_SKEW
    world = published(world, rekeying(world, "root-1", "root-2", "root-4"), *TWO_ROOTS, now=WORLD.now)
    world.now = WORLD.now
    after = published(world, suspending(world), *TWO_ROOTS)
    assert after.view.subjects["member/co"].last_at == WORLD.now + CLOCK_SKEW
