"""A desk that is halted while it listens: whoever watches hears of it, once."""

import msgspec
import pytest
from story_liar import LOG, LyingRelay
from story_world import Story
from test_desk_watch import until, watched
from tls_world import now

from crypto.checkpoint import Checkpoint, sign_checkpoint
from desk.replica.standing import HALTED_FILE, STILL, Halted
from relay.certificates import make_authority

pytest_plugins = ("lying_story",)


async def test_a_watch_that_runs_says_so_with_the_next_thing_it_hears(story: Story, here: LyingRelay) -> None:
    ar, co = story.desk("ar-night"), story.desk("co-night")
    async with watched(ar) as screen:
        await until(lambda: screen.events == ["listening"])
        size = await ar.synchronise()
        other = sign_checkpoint(Checkpoint("log.enlace.example", size, b"\7" * 32), LOG, story.clock())
        here.show(await here.entries(), to=ar, checkpoint=other)
        with pytest.raises(Halted):
            await ar.synchronise()
        for number in (1, 2):
            await co.send("ar-desk", subject="Are you there?")
            await until(lambda number=number: screen.events.count("message") == number)  # type: ignore[misc]  # mypy infers no lambda with a default
    assert screen.events == ["listening", "halted", "message", "message"]
    assert screen.lines[1].endswith(f"it shows two histories. {STILL}")
    assert screen.alarmed
    assert (ar.path / HALTED_FILE).exists()


async def test_a_watch_that_runs_asks_the_authority_that_the_desk_trusts_by_then(
    story: Story, here: LyingRelay
) -> None:
    ar = story.desk("ar-night")
    right = ar.profile.identity
    stranger = make_authority("localhost", now()).certificate.decode()
    ar.profile.save(msgspec.structs.replace(right, authority=stranger))
    async with watched(ar) as screen:
        await until(lambda: screen.events == ["distrust"])
        ar.profile.save(right)
        await until(lambda: screen.events[1:] != [])
    assert screen.events == ["distrust", "listening"]
    assert f"Listening at {here.url} again" in screen.lines[1]


async def test_a_watch_that_runs_goes_to_the_address_that_the_desk_followed_to(story: Story, here: LyingRelay) -> None:
    ar = story.desk("ar-night")
    right = ar.profile.identity
    ar.profile.save(msgspec.structs.replace(right, relay="https://localhost:1"))
    async with watched(ar) as screen:
        await until(lambda: screen.events == ["unreachable"])
        ar.profile.save(right)
        await until(lambda: screen.events[1:] != [])
    assert screen.events == ["unreachable", "listening"]
    assert "https://localhost:1 " in screen.lines[0]
    assert f"Listening at {here.url} again" in screen.lines[1]
