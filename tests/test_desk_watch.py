"""`enlace watch` over hours: what the officer sees when the relay goes away, comes back, stumbles or lies."""

import asyncio
import os
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

import pytest
from night_hours import Hours
from relay_world import Clock
from story_desk import Desk
from story_liar import LyingRelay
from story_world import Built, Story, play

from desk.commands import watch as watching
from desk.commands.watch import FIRST_PAUSE, LONGEST_PAUSE, RESTART_PAUSE, RESTART_SECONDS, Watch
from desk.errors import Locked
from desk.link.session import connected
from desk.mail.spool import Spool
from desk.notices.night import READING
from desk.profile.folder import Identity, Profile
from desk.terminal import Terminal

pytest_plugins = ("built_story",)

NIGHT = 8 * 3600


@pytest.fixture
def here(tmp_path: Path, built: Built) -> LyingRelay:
    return LyingRelay.at(tmp_path, built.now)


@pytest.fixture
async def story(
    tmp_path: Path, built: Built, here: LyingRelay, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Story]:
    monkeypatch.setattr(watching, "LONGEST_PAUSE", 0.02)
    async with play(tmp_path, built, here) as story:
        yield story


@dataclass
class Screen(Terminal):
    """A terminal at the story's time; what is printed is kept."""

    now: Clock = field(default_factory=Clock)
    lines: list[str] = field(default_factory=list)
    events: list[str] = field(default_factory=list)

    def clock(self) -> int:
        return self.now()

    def event(self, plain: dict[str, Any], text: str) -> None:
        self.events.append(str(plain["event"]))
        self.lines.append(text)


async def until(condition: Callable[[], bool]) -> None:
    """Return when a condition holds; other tasks work meanwhile."""
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110  # of what is printed here and what is asked there
            await asyncio.sleep(0.005)


@asynccontextmanager
async def watched(desk: Desk, steady: float = 0.0) -> AsyncIterator[Screen]:
    """A watch that goes on beside the test."""
    screen = Screen(now=desk.clock)
    watch = Watch(screen, desk.profile, None, bell=False, steady=steady)
    watch._pause = 0.01
    task = asyncio.create_task(watch._listen(once=False))
    try:
        yield screen
        assert not task.done()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_relay_that_is_away_all_night_is_told_once_and_its_return_too(story: Story, here: LyingRelay) -> None:
    co = story.desk("co-night")
    here.hand(co)  # streams that end at once
    async with watched(co) as screen:
        await until(lambda: screen.events == ["listening"])
        here.down = True
        await until(lambda: "unreachable" in screen.events)
        told, tries = list(screen.events), here.tries
        await until(lambda: here.tries >= tries + 6)
        assert screen.events == told
        story.clock.now += NIGHT
        tries = here.tries
        await until(lambda: here.tries >= tries + 2)  # no proof from before the night is on its way any more
        here.down = False
        await until(lambda: screen.events[-1] == "listening")
    assert screen.events.count("unreachable") == 1
    assert screen.events.count("listening") == 2
    assert "answered 503. It is tried again until it does" in screen.lines[-2]
    assert screen.lines[-1].endswith(f"Listening at {here.url} again, after 8 hours; 0 waiting.")


async def test_a_relay_that_is_away_from_the_start(story: Story, here: LyingRelay) -> None:
    here.down = True
    async with watched(story.desk("co-night")) as screen:
        await until(lambda: here.tries >= 5)
        assert screen.events == ["unreachable"]
        here.down = False
        await until(lambda: "listening" in screen.events)
        assert screen.events.count("unreachable") == 1


async def test_a_second_absence_is_news_again(story: Story, here: LyingRelay) -> None:
    co = story.desk("co-night")
    here.hand(co)  # streams that end at once
    async with watched(co) as screen:
        for times in (1, 2):
            await until(lambda times=times: screen.events.count("listening") == times)  # type: ignore[misc]  # mypy infers no lambda with a default
            here.down = True
            await until(lambda times=times: screen.events.count("unreachable") == times)  # type: ignore[misc]  # mypy infers no lambda with a default
            here.down = False
    assert screen.events[:4] == ["listening", "unreachable"] * 2


async def test_a_relay_that_drops_every_stream_fills_no_screen(story: Story, here: LyingRelay) -> None:
    co = story.desk("co-night")
    here.hand(co)
    async with watched(co, steady=60) as screen:
        await until(lambda: here.tries >= 8)
        assert screen.events == ["listening"]


async def test_an_alarm_is_told_once(story: Story, here: LyingRelay) -> None:
    ar, co = story.desk("ar-night"), story.desk("co-night")
    await ar.send("co-desk", subject="x")
    item, payload = here.taken[0].item(1)
    here.hand(co, (item, b"!" + payload[1:]))
    async with watched(co, steady=60) as screen:
        await until(lambda: here.tries >= 8)
        assert screen.events == ["listening", "distrust", "listening"]
        assert "ALARM: the relay sent other bytes than it announced" in screen.lines[1]


async def test_a_message_handed_over_again_and_again_rings_once(story: Story, here: LyingRelay) -> None:
    ar, co = story.desk("ar-night"), story.desk("co-night")
    await ar.send("co-desk", subject="x")
    here.hand(co, *(here.taken[0].item(number) for number in (1, 1, 2)))
    async with watched(co, steady=60) as screen:
        await until(lambda: len(here.acks) >= 9)
        assert screen.events == ["listening", "message"]


async def test_a_relay_with_another_clock_is_told_once(story: Story, here: LyingRelay) -> None:
    co = story.desk("co-night")
    here.hours_off = 2
    here.hand(co)
    async with watched(co, steady=60) as screen:
        await until(lambda: here.tries >= 6)
        assert screen.events == ["listening", "clock"]
        assert "this machine's clock is 2 hours behind the relay's: one of them is wrong" in screen.lines[1]


async def test_a_directory_that_did_not_grow_is_no_news(story: Story, here: LyingRelay) -> None:
    co = story.desk("co-night")
    here.endless = True  # the same size, a hundred times a second
    here.hand(co)
    async with watched(co, steady=60) as screen:
        await until(lambda: "directory" in screen.events)
        await story.desk("ar-night").send("co-desk", subject="x")  # meanwhile
        assert screen.events == ["listening", "directory"]
        here.endless = False


async def test_mail_that_came_while_nobody_looked_is_told(story: Story) -> None:
    ar, co = story.desk("ar-night"), story.desk("co-night")
    async with watched(co) as screen:
        await until(lambda: screen.events == ["listening"])
        await ar.send("co-desk", subject="x", escalate=False)
        await until(lambda: "message" in screen.events)
    assert "A message has arrived: " in screen.lines[-1]


async def test_a_watch_that_is_started_while_mail_is_fetched_waits_and_then_listens(story: Story) -> None:
    ar, co = story.desk("ar-night"), story.desk("co-night")
    await ar.send("co-desk", subject="x", escalate=False)
    screen = Screen(now=co.clock)
    watch = Watch(screen, co.profile, None, bell=False)
    with co.profile.locked("stream"):
        task = asyncio.create_task(watch.listen(once=True))
        await until(lambda: screen.events == ["fetching"])
        assert co.profile.watched()
        assert (await co.exchange()).watched_elsewhere
    await task
    assert screen.events == ["fetching", "listening", "message"]
    assert not co.profile.watched()
    assert co.subjects() == []  # it was the watch that fetched it
    co.take_in()
    assert co.subjects() == ["x"]


@asynccontextmanager
async def waiting(desk: Desk, hours: Hours, command: str | None = None) -> AsyncIterator[tuple[Screen, ExitStack]]:
    """A watch that waits while another process has the stream: until the stack that is handed out is closed."""
    screen = Screen(now=desk.clock)
    watch = Watch(screen, desk.profile, command, bell=False, wait=hours.wait)
    watch.night.ring = watch._bell = lambda: screen.events.append("BELL")  # type: ignore[method-assign]  # no terminal
    with ExitStack() as held:
        held.enter_context(desk.profile.locked("stream"))
        task = asyncio.create_task(watch.listen(once=False))
        try:
            await until(lambda: screen.events == ["fetching"])
            yield screen, held
            assert not task.done()
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def test_what_a_command_stored_and_died_over_rings_at_the_watch_that_waited_for_it(
    story: Story, tmp_path: Path
) -> None:
    ar, co = story.desk("ar-night"), story.desk("co-night")
    await ar.send("co-desk", subject="x", precedence="flash", escalate=False)
    ran = tmp_path / "ran"
    async with waiting(co, Hours(story.clock), f"touch {ran}") as (screen, held):
        await co.listen()  # it has acknowledged the message, and ends there
        held.close()
        await until(lambda: "listening" in screen.events and ran.exists())
        assert screen.events == ["fetching", "waiting", "BELL", "listening"]
        assert "Unopened from before: 1 flash." in screen.lines[1]


async def test_what_a_command_takes_in_just_now_does_not_ring_and_what_it_leaves_does(story: Story) -> None:
    ar, co, hours = story.desk("ar-night"), story.desk("co-night"), Hours(story.clock)
    for subject in ("1", "2"):
        await ar.send("co-desk", subject=subject, escalate=False)
        async with waiting(co, hours) as (screen, held):
            with co.opened() as desk:
                await co.listen()
                held.close()
                await until(lambda screen=screen: "listening" in screen.events)  # type: ignore[misc]  # mypy infers no lambda with a default
                if subject == "1":
                    desk.take_in()
                else:  # it works with the desk for longer than any taking in lasts
                    await hours.go(READING - 1)
                    assert "waiting" not in screen.events
                    await hours.go(1)
            await hours.go(2)
            assert ("waiting" in screen.events) == (subject == "2")


async def test_that_nothing_is_heard_is_told_again_and_again_with_the_bell(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (watching.DEAF_SECONDS, watching.LONGEST_DEAF) == (30, 600)
    monkeypatch.setattr(watching, "DEAF_SECONDS", 0.0)
    async with waiting(story.desk("co-night"), Hours(story.clock)) as (screen, held):
        await until(lambda: screen.events.count("deaf") >= 2)
        held.close()
        await until(lambda: "listening" in screen.events)
    assert screen.events[:5] == ["fetching", "deaf", "BELL", "deaf", "BELL"]
    assert f"NOTHING IS HEARD at this desk for 0 seconds: process {os.getpid()} has the stream" in screen.lines[1]


async def test_whether_there_is_a_watch_cannot_be_told_and_mail_is_fetched_all_the_same(story: Story) -> None:
    ar, co = story.desk("ar-night"), story.desk("co-night")
    await ar.send("co-desk", subject="x")
    (co.path / "watch.lock").unlink(missing_ok=True)
    (co.path / "watch.lock").mkdir()
    with co.opened() as desk:
        async with connected(desk.keyring, co.clock) as client:
            exchanged = await desk.exchange(client)
        assert exchanged.failed is None
        assert any("watch.lock cannot be looked at" in each for each in desk.warnings())
    assert co.subjects() == ["x"]


async def test_who_fetches_gives_way_to_a_watch_after_the_item_at_hand(story: Story) -> None:
    ar, co = story.desk("ar-night"), story.desk("co-night")
    for subject in ("1", "2", "3"):
        await ar.send("co-desk", subject=subject, escalate=False)
    spool, held = Spool(co.profile.path / "spool"), ExitStack()

    def clock() -> int:
        """The time; and once something has come, a watch is there."""
        if spool.count() and not co.profile.watched():
            held.enter_context(co.profile.locked("watch"))
        return story.clock()

    with held, co.opened() as desk:
        desk.clock = clock
        async with connected(desk.keyring, story.clock) as client:
            exchanged = await desk.exchange(client)
        assert exchanged.watched_elsewhere
    assert co.subjects() == ["1"]
    assert not (await co.exchange()).watched_elsewhere
    assert co.subjects() == ["1", "2", "3"]


@pytest.fixture
def terminal() -> Iterator[TextIO]:
    """The keyboard of a terminal."""
    pty = pytest.importorskip("pty", reason="POSIX has terminals like these")
    master, slave = pty.openpty()
    with os.fdopen(master, "wb"), os.fdopen(slave) as keyboard:
        yield keyboard


async def test_a_second_watch_of_a_desk_is_refused(
    story: Story, terminal: TextIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    co = story.desk("co-night")
    monkeypatch.setattr(sys, "stdin", terminal)
    with co.profile.locked("watch"), pytest.raises(Locked, match="another `enlace watch` listens"):
        await Watch(Screen(now=co.clock), co.profile, None, bell=False, patience=0).run(once=True)
    assert not [each for each in threading.enumerate() if each.name == "enter"]  # Enter there is for the other one


def nobody(path: Path) -> Profile:
    return Profile(path, Identity(kind="officer", name="enlace.example"))


def test_pauses_grow_and_no_two_desks_come_back_in_step(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(watching, "LONGEST_PAUSE", LONGEST_PAUSE)
    watches = [Watch(Screen(), nobody(tmp_path), None, bell=False) for _ in range(20)]
    doubled, rounds = FIRST_PAUSE, list[list[float]]()
    for _ in range(9):
        pauses = [each._next_pause() for each in watches]
        assert all(doubled / 2 <= each <= doubled for each in pauses)
        assert len(set(pauses)) > 10
        rounds.append(pauses)
        doubled = min(doubled * 2, LONGEST_PAUSE)
    assert max(rounds[-1]) <= LONGEST_PAUSE == 30
    watches[1]._gone = time.monotonic()  # a relay that is started anew
    assert watches[1]._next_pause() <= RESTART_PAUSE < 2
    watches[1]._gone -= RESTART_SECONDS
    assert watches[1]._next_pause() > RESTART_PAUSE
    watches[0]._since = 0.0  # a stream that has stood since the machine began
    assert watches[0]._next_pause() <= FIRST_PAUSE


@pytest.mark.parametrize("seconds", [0, 59])
def test_a_stream_that_stood_for_moments_is_no_success(
    seconds: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    watch = Watch(Screen(), nobody(tmp_path), None, bell=False)
    watch._pause, watch._since = 8.0, 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: 1000.0 + seconds)
    assert watch._next_pause() >= 4
