"""Codes as officers meet them: what the desk says to a used, an old, a wrong or a late one, and to others' guesses.

The relay's side of each statement stands in `test_relay_http_access.py`.
"""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from relay_bodies import BodiedWorld
from relay_world import Clock, RelayWorld
from story_world import Built, Story, door, play

from desk.errors import Declined, Locked
from desk.keys.keyring import open_keyring
from desk.link.session import current_session, log_in
from relay.protocol import routes
from relay.protocol.requests import LogIn

pytest_plugins = ("built_story",)

SHIFT = 43_200
WRONG = "The code is wrong: if it is what the phone shows, set the phone's clock right"
USED = "This code, or a newer one, was used before; wait for the next (try again in {} s)"


@pytest.fixture
async def story(tmp_path: Path, built: Built) -> AsyncIterator[Story]:
    """Behind a proxy that says where somebody comes from; addresses have little patience."""
    here = RelayWorld(
        tmp_path,
        BodiedWorld(),
        Clock(built.now),
        _socket=door(),
        _listen='trusted_proxies = ["127.0.0.1"]',
        _extra="[access]\naddress_burst = 5\naddress_per_minute = 1\n",
    )
    async with play(tmp_path, built, here) as story:
        story.clock.now += 60 - story.clock.now % 30  # a step begins: whatever was used is past
        yield story


async def refused(story: Story, code: str) -> str:
    """What ar-night's officer reads."""
    with pytest.raises(Locked) as caught:
        await story.desk("ar-night").log_in(code)
    return str(caught.value)


async def test_a_code_counts_once(story: Story) -> None:
    ar = story.desk("ar-night")
    code = ar.code()
    await ar.log_in(code)
    assert await refused(story, code) == USED.format(30)
    story.clock.now += 29
    assert await refused(story, code) == USED.format(1)
    story.clock.now += 1
    await ar.log_in()


async def test_an_older_code_does_not_count_after_a_newer_one_though_its_time_has_not_passed(story: Story) -> None:
    ar = story.desk("ar-night")
    older, newer = ar.code(-1), ar.code()
    await ar.log_in(newer)
    assert await refused(story, older) == USED.format(30)
    await ar.log_in(ar.code(+1))
    assert await refused(story, newer) == USED.format(60)  # what this phone shows next is used up too


async def test_a_wrong_passphrase_uses_no_code_up(story: Story) -> None:
    ar = story.desk("ar-night")
    code = ar.code()
    for _ in range(10):
        with pytest.raises(Locked) as caught:
            await ar.log_in(code, passphrase=b"not this one")
        assert str(caught.value) == "the passphrase is wrong; nothing was sent anywhere, and no code was used up"
    await ar.log_in(code)


@pytest.mark.parametrize("steps", [-1, 1])
async def test_a_phone_that_is_one_step_off_is_good_enough(story: Story, steps: int) -> None:
    ar = story.desk("ar-night")
    await ar.log_in(ar.code(steps))
    await ar.exchange()


@pytest.mark.parametrize("steps", [-2, 2])
async def test_a_phone_that_is_two_steps_off_is_not(story: Story, steps: int) -> None:
    ar = story.desk("ar-night")
    assert await refused(story, ar.code(steps)) == WRONG
    await ar.log_in()


async def test_a_desk_whose_clock_is_off_is_told_so(story: Story) -> None:
    late = replace(story.desk("ar-night"), clock=Clock(story.clock() - 360))
    with pytest.raises(Declined) as caught:
        await late.log_in(story.desk("ar-night").code())
    assert str(caught.value) == (
        "The proof of possession does not hold: the proof was made more than 5 minutes from now: "
        "check this machine's clock"
    )


async def test_wrong_codes_by_the_officer_are_slowed_down_and_the_right_one_ends_that(story: Story) -> None:
    ar = story.desk("ar-night")
    wrong = next(f"{n:06d}" for n in range(9) if f"{n:06d}" not in {ar.code(steps) for steps in (-1, 0, 1)})
    assert [await refused(story, wrong) for _ in range(6)] == [WRONG] * 6
    assert await refused(story, ar.code()) == "Too many attempts; wait (try again in 2 s)"
    story.clock.now += 2
    await ar.log_in()
    assert await refused(story, wrong) == WRONG  # counted from the beginning


async def test_a_hundred_guesses_from_anywhere_keep_nobody_out(story: Story) -> None:
    ar, here = story.desk("ar-night"), story.here
    guesses = {f"{number:06d}" for number in range(99)} | {ar.code()}
    answers = set[str]()
    thief = await here.caller("a thief")  # who has the officer's telephone, and no key
    for number, guess in enumerate(sorted(guesses)):
        where = {"X-Forwarded-For": f"198.51.100.{number % 10 + 1}"}
        answers.add((await thief.call("POST", routes.LOGIN, LogIn(code=guess), headers=where)).code)
    assert answers == {"device-unknown", "throttled"}
    for _ in range(10):  # and some from the officer's own address, which has no more patience left
        answers.add((await thief.call("POST", routes.LOGIN, LogIn(code=ar.code()))).code)
    assert (await thief.call("POST", routes.LOGIN, LogIn(code=ar.code()))).code == "throttled"
    await ar.log_in(ar.code())
    await ar.exchange()


async def test_a_shift_goes_on_without_codes_until_it_is_over(story: Story) -> None:
    ar = story.desk("ar-night")
    session = await ar.log_in()
    for _ in range(3):
        story.clock.now += 3600  # the token has run out long ago; the device key renews it
        await ar.exchange()
    renewed = current_session(ar.keyring)
    assert renewed is not None
    assert renewed.token != session.token
    assert renewed.shift_ends == session.shift_ends
    story.clock.now = session.shift_ends
    with pytest.raises(Locked, match="the shift is over; run `enlace login` with a new code"):
        await ar.exchange()
    await ar.log_in()
    await ar.exchange()


async def test_recovery_codes_stand_in_for_a_lost_phone_once_each(story: Story) -> None:
    chief = story.desk("ar-chief")
    session = await story.enrol("ar-new", chief, "ar", story.built.officers["ar-night"])
    new, code = story.desk("ar-new"), session.recovery_codes[3]

    async def recover(given: str) -> int:
        return (
            await log_in(open_keyring(new.profile, new.passphrase), story.clock, LogIn(recovery=given))
        ).recovery_left

    assert await recover(code) == 9
    with pytest.raises(Locked, match="The code is wrong: no such recovery code is left"):
        await recover(code)
    await new.exchange()
