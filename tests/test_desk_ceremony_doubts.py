"""What an offline machine cannot know by itself: which clock is wrong, and what a request leaves out. It says so."""

import pytest
from ceremony_world import asked_for, named_body, request, reviewed, suspending
from desk_world import network, refused
from directory_world import TWO_ROOTS, World, officer_id

from crypto.checkpoint import MOST_TIME
from desk.errors import Usage
from desk.replica.statements import Batch
from desk.roots.ceremony import review
from directory.bodies import MemberBody
from directory.fields import FOREVER
from directory.judge import CLOCK_SKEW
from directory.statement import AdmitMember, EraseBody, RevokeMember, RevokeOfficer

WORLD = network()
DAY = 86_400


@pytest.mark.parametrize("behind", [CLOCK_SKEW + 1, 400 * DAY])
def test_both_clocks_are_shown_and_neither_is_said_to_be_right(behind: int) -> None:
    """A hostile desk could else have the offline machine's clock moved, and with it what counts as old."""
    world = World.founded()
    world.add_member("co")
    asked = suspending(world)
    early = refused(lambda: review(request(world, asked), world.entries, world.now - behind), Usage)
    assert "desk that made this request shows 2026-01-01 00:00:00 UTC, and this machine's 202" in early
    ahead = request(world, asked, time=world.now + behind)
    late = refused(lambda: review(ahead, world.entries, world.now), Usage)
    assert "the log's clock shows 202" in late
    assert "this machine's 2026-01-01 00:00:00 UTC" in late
    for told in (early, late):
        assert "third clock" in told


@pytest.mark.parametrize(("days", "warned"), [(30, False), (31, True)])
def test_what_the_relay_will_take_no_more_is_said_before_it_is_signed(days: int, warned: bool) -> None:
    """A stick that lay in a drawer: the holders need not meet for it."""
    asked = suspending(WORLD)
    seen = review(request(WORLD, asked, time=WORLD.now + days * DAY), WORLD.entries, WORLD.now + days * DAY)
    assert any("was asked for 31 days ago by this machine's clock" in each for each in seen.warnings) == warned


@pytest.mark.parametrize("time", [FOREVER + CLOCK_SKEW + 1, MOST_TIME])
def test_a_log_that_signed_the_end_of_time_is_told_like_any_other_clock(time: int) -> None:
    late = refused(lambda: review(request(WORLD, suspending(WORLD), time=time), WORLD.entries, WORLD.now), Usage)
    assert f"the log's clock shows second {time}" in late


def test_what_is_left_out_of_today_s_details_is_warned_of() -> None:
    """The log commits to the member's name; a file without it would have holders revoke a member without one."""
    world = WORLD.copy()
    commitment, opened = named_body(MemberBody(names={"en": "Authority UY"}))
    world.admit(world.say(AdmitMember, member="uy", country="UY", body=commitment), *TWO_ROOTS)
    batch = Batch(world.view, [], world.now, drafting=True)
    batch.issue(RevokeMember, member="uy")
    asked = asked_for(batch)
    whole = review(request(world, asked, known=(opened,)), world.entries, world.now)
    assert whole.warnings == ()
    bare = reviewed(world, asked)
    (warning,) = bare.warnings
    assert "1 of today's details, which the log knows, is not in this request" in warning
    world.admit(world.say(EraseBody, body=commitment), *TWO_ROOTS)
    assert reviewed(world, asked).warnings == ()  # nobody has it any more


def test_what_the_secretariat_cannot_read_is_not_missed() -> None:
    """Officers' labels are their member's own."""
    world = World.founded()
    world.add_member("uy", "uy-chief")
    batch = Batch(world.view, [], world.now, drafting=True)
    batch.issue(RevokeOfficer, officer=officer_id("uy-chief"), reason="left")
    assert reviewed(world, asked_for(batch)).warnings == ()
