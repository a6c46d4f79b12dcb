"""Queues that are full: a message goes where there is room, the officer is told of the rest, and none is lost."""

from pathlib import Path

import msgspec
import pytest
from desk_world import choices, message, network, note_of
from directory_world import local_id
from story_desk import Desk
from story_liar import Asked, Given, LyingRelay, answering
from story_world import Built, front, play

from desk.errors import Declined
from desk.mail.sealing import FULL, seal
from relay.protocol import routes
from relay.protocol.envelope import parse_envelope
from relay.protocol.problems import Refusal

pytest_plugins = ("built_story",)


def full(desk: Desk) -> str:
    return f"device {desk.device[:8]}: {FULL}"


async def test_a_full_device_is_left_out_and_told_and_gets_the_next_again(tmp_path: Path, built: Built) -> None:
    here = front(tmp_path, built.now)
    here._extra = "[mail]\nqueue_items = 4\n"  # each member has a share of one
    async with play(tmp_path, built, here) as story:
        story.clock.now += 60
        ar, night, laptop = map(story.desk, ("ar-night", "co-night", "co-laptop"))
        await ar.send("co-desk", subject="One", escalate=False)
        for desk in (night, story.desk("ar-day")):
            await desk.exchange()
        two = ar.queue("co-desk", subject="Two", escalate=False)
        flushed = await ar.flush()
        assert (flushed.sent, flushed.kept, flushed.warnings) == ([two], {}, {two: (full(laptop),)})
        assert ar.messages()[-1].facts.warnings == (full(laptop),)  # it stays with the message

        three = ar.queue("co-desk", subject="Three", escalate=False)
        flushed = await ar.flush()
        assert flushed.sent == []
        assert flushed.kept[three].startswith("co-desk cannot receive now: ")
        assert full(laptop) in flushed.kept[three]
        assert full(night) in flushed.kept[three]
        assert (await ar.flush()).sent == []  # and again: it stays, nothing is lost

        for desk in (night, laptop, story.desk("ar-day")):
            await desk.exchange()
        flushed = await ar.flush()
        assert (flushed.sent, flushed.kept, flushed.warnings) == ([three], {}, {three: ()})
        for desk in (night, laptop):
            await desk.exchange()
        assert (night.subjects(), laptop.subjects()) == (["One", "Two", "Three"], ["One", "Three"])


async def test_a_sender_whose_own_queue_is_full_is_told_to_fetch(tmp_path: Path, built: Built) -> None:
    here = front(tmp_path, built.now)
    here._extra = "[mail]\nqueue_items = 1\nshare_percent = 100\n"
    async with play(tmp_path, built, here) as story:
        story.clock.now += 60
        ar, night, laptop = map(story.desk, ("ar-night", "co-night", "co-laptop"))
        await ar.send("co-desk", subject="One", escalate=False)
        for desk in (night, laptop):
            await desk.exchange()
        two = ar.queue("co-desk", subject="Two", escalate=False)
        assert "fetch what waits there first" in (await ar.flush()).kept[two]
        await ar.exchange()
        assert [each.facts.sent > 0 for each in ar.messages() if each.facts.direction == "out"][:2] == [True, True]


def refusing(here: LyingRelay, *devices: str, times: int = 1) -> None:
    """Have the relay say, although it took the envelope in, that devices are full."""
    left = [times]

    def lie(asked: Asked, given: Given) -> Given:
        left[0] -= 1
        if left[0] < 0:
            return given
        problem = Refusal("quota-full", devices=devices).problem
        return Given(problem.status, msgspec.json.encode(problem), {"Content-Type": routes.PROBLEM})

    here.lies.append(answering("POST", routes.ENVELOPES, lie))


@pytest.fixture
def here(tmp_path: Path, built: Built) -> LyingRelay:
    return LyingRelay.at(tmp_path, built.now)


async def test_a_relay_that_calls_a_device_full_cuts_it_off_in_sight_of_the_sender(
    tmp_path: Path, built: Built, here: LyingRelay
) -> None:
    async with play(tmp_path, built, here) as story:
        story.clock.now += 60
        ar, night, laptop = map(story.desk, ("ar-night", "co-night", "co-laptop"))
        refusing(here, laptop.device)
        number = ar.queue("co-desk", subject="Good evening", escalate=False)
        flushed = await ar.flush()
        assert flushed.warnings == {number: (full(laptop),)}
        assert [each.facts.warnings for each in ar.messages()] == [(full(laptop),)]
        sealed_to = {each.device for each in parse_envelope(here.taken[-1].raw).header.recipients()}
        assert night.device in sealed_to
        assert laptop.device not in sealed_to
        taken = (await night.exchange()).taken
        assert (len(taken.messages), taken.duplicates) == (1, 1)  # the relay had taken in both


async def test_a_relay_cannot_cut_off_a_contact(tmp_path: Path, built: Built, here: LyingRelay) -> None:
    async with play(tmp_path, built, here) as story:
        story.clock.now += 60
        ar, night, laptop = map(story.desk, ("ar-night", "co-night", "co-laptop"))
        refusing(here, night.device, laptop.device)
        number = ar.queue("co-desk", subject="Good evening", escalate=False)
        assert (await ar.flush()).kept[number].startswith("co-desk cannot receive now: ")
        assert (await ar.flush()).sent == [number]


@pytest.mark.parametrize("devices", [(), ("f" * 64,)])
async def test_a_refusal_that_names_no_recipient_is_only_a_refusal(
    tmp_path: Path, built: Built, here: LyingRelay, devices: tuple[str, ...]
) -> None:
    async with play(tmp_path, built, here) as story:
        story.clock.now += 60
        ar = story.desk("ar-night")
        refusing(here, *devices)
        number = ar.queue("co-desk", subject="Good evening", escalate=False)
        assert (await ar.flush()).kept[number].startswith("The quota is used up")
        flushed = await ar.flush()  # the same bytes again
        assert (flushed.sent, flushed.warnings) == ([number], {number: ()})


async def test_a_relay_that_always_names_another_device_is_not_followed_for_ever(
    tmp_path: Path, built: Built, here: LyingRelay
) -> None:
    async with play(tmp_path, built, here) as story:
        story.clock.now += 60
        ar, colleague = story.desk("ar-night"), story.desk("ar-day")
        refusing(here, colleague.device, times=100)
        number = ar.queue("co-desk", subject="Good evening", escalate=False)
        kept = (await ar.flush()).kept[number]
        assert kept.startswith("The quota is used up")  # it named one that was left out by then
        assert len(here.taken) == 2


def test_whom_a_full_queue_leaves_out() -> None:
    world = network()
    sent, night = message(world), local_id("ec-night")
    keys = choices("ec-night", "ec-day", "co-day")
    done = seal(world.view, sent, note_of(sent), keys, {}, world.now, {night})
    assert {each.device for each in done.envelope.header.recipients()} == set(map(local_id, ("ec-day", "co-day")))
    assert done.warnings == (f"device {night[:8]}: {FULL}",)
    with pytest.raises(Declined, match=r"ec-desk cannot receive now: .*full") as caught:
        seal(world.view, sent, note_of(sent), keys, {}, world.now, {night, local_id("ec-day")})
    assert caught.value.problem == "quota-full"
