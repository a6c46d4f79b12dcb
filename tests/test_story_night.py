"""A night at a locked desk: what rings, when, until when; across a restart of the relay, hours after the shift."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from contextvars import Context
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from night_hours import Hours, until
from night_waits import Waits
from story_desk import Desk
from story_world import Built, Story, play
from test_desk_notices_ways import Post, by_mail, mail_server

from desk.commands.watch import Watch
from desk.errors import Locked
from desk.notices import limits, ringing
from desk.notices.deaf import Deaf, told_of
from desk.notices.going_on import AGAIN, kept_going
from desk.notices.night import stop_all
from desk.notices.plan import Matter
from desk.notices.record import load
from desk.notices.settings import CommandWay, NoticeFile, When, add_notice
from desk.terminal import Terminal, Unread, stamp

pytest_plugins = ("built_story",)
SHIFT_AND_TWO = 14 * 3600
SOON = 2.0  # seconds from when a flash is sent to the bell, whatever the relay did meanwhile


@pytest.fixture
async def story(tmp_path: Path, built: Built) -> AsyncIterator[Story]:
    async with play(tmp_path, built) as story:
        yield story


@dataclass
class Night(Terminal):
    """The screen of a watch, and its bell: everything in the order in which it happened."""

    hours: Hours = field(default_factory=Hours)
    happened: list[str] = field(default_factory=list)
    plain: list[dict[str, Any]] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)

    def clock(self) -> int:
        return self.hours()

    def event(self, plain: dict[str, Any], text: str) -> None:
        self.happened.append(str(plain["event"]))
        self.plain.append(plain)
        self.shown.append(text)

    def bell(self) -> None:
        self.happened.append("BELL")

    def count(self, event: str) -> int:
        return self.happened.count(event)

    def last(self, event: str) -> str:
        return next(
            text for plain, text in zip(self.plain[::-1], self.shown[::-1], strict=True) if plain["event"] == event
        )


@asynccontextmanager
async def asleep(
    desk: Desk, hours: Hours, context: Context | None = None, screen: Night | None = None
) -> AsyncIterator[Night]:
    """`enlace watch` at somebody's desk, whose passphrase nobody gives."""
    screen = screen or Night(hours=hours)
    watch = Watch(screen, desk.profile, None, bell=False, wait=hours.wait)
    watch.night.ring = screen.bell
    task = asyncio.create_task(watch.listen(once=False), context=context)
    try:
        yield screen
        assert not task.done()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_flash_rings_at_a_locked_desk_hours_after_the_shift_and_across_a_restart(story: Story) -> None:
    ar, co, hours = story.desk("ar-night"), story.desk("co-night"), Hours(story.clock)
    story.clock.now += SHIFT_AND_TWO
    await ar.log_in()
    waits = Waits()
    async with waits.looked_at(), asleep(co, hours, waits.context) as screen:
        await until(lambda: screen.happened == ["listening"])
        # The watch loses its stream, and comes back by itself.
        await asyncio.create_task(story.here.restart(), context=waits.context)
        waits.begin()
        sent = story.clock.now
        await ar.send("co-desk", subject="Three persons", precedence="flash")
        await until(lambda: "BELL" in screen.happened)
        # No time has passed for whoever waits by the clock: it rings upon the frame, and asks nobody from time to time.
        assert story.clock.now == sent
        # And by the machine's own clock neither the watch nor the relay slept for more than SOON, both together; the
        # rest is what this machine takes to compute it, which is for others when it is busy.
        waited, took = waits.seconds, waits.took
        sys.stdout.write(f"rang {took:.2f} s after it was sent, of which {waited:.2f} s were waited for\n")
        assert waited <= SOON, waits.ran_out
        assert screen.happened[-2:] == ["message", "BELL"]
        first, clock, bell = screen.last("message").splitlines()
        assert first == f"{stamp(sent)}  A message has arrived: flash. `enlace inbox` opens it."
        due = stamp(sent + 600)
        assert clock.strip() == f"Clock  accept it by {due}, in 10 minutes, or stage 1 is asked (you are stage 0)"
        assert bell.strip() == (
            "Bell   rings every 2 minutes until it is opened. "
            "To stop it: press Enter here, or run `enlace notices stop`"
        )
        assert screen.plain[-1]["clock"] == {"stage": 0, "stages": 2, "next": sent + 600}
        await hours.go(119)
        assert screen.count("BELL") == 1
        await hours.go(1)
        assert screen.happened[-2:] == ["ring", "BELL"]
        assert "Rings again (2): 1 unopened, flash, for 2 minutes." in screen.last("ring")
        with pytest.raises(Locked):  # nobody has logged in for fourteen hours: what is needed to read is the passphrase
            await co.exchange()
        (number,) = co.take_in().messages
        assert co.subjects() == ["Three persons"]
        await hours.go(120)
        assert screen.count("BELL") == 3  # taken in is not opened
        co.read(number)
        await hours.go(120)
        assert screen.happened[-1] == "opened"
        await hours.go(3600)
        assert screen.count("BELL") == 3


async def test_what_came_while_the_relay_was_away_rings_when_the_desk_hears_of_it(story: Story) -> None:
    ar, co, hours = story.desk("ar-night"), story.desk("co-night"), Hours(story.clock)
    await ar.send("co-desk", subject="x", precedence="flash")
    await story.here.restart()
    async with asleep(co, hours) as screen:
        await until(lambda: "BELL" in screen.happened)
        assert screen.happened == ["listening", "message", "BELL"]
    async with asleep(co, hours) as screen:  # a watch that is started anew says what waits
        await until(lambda: "listening" in screen.happened)
        assert screen.happened == ["waiting", "BELL", "listening"]
        assert "Unopened from before: 1 flash." in screen.last("waiting")
        assert [each.envelope for each in ringing.stop(co.path, hours())] == [
            each.envelope for each in waits(co, hours)
        ]
        await hours.go(300)
        assert screen.happened[-1] == "stopped"
        assert screen.count("BELL") == 1
    assert len(waits(co, hours)) == 1  # stopped, and unopened


def waits(desk: Desk, hours: Hours) -> list[ringing.Ringing]:
    return ringing.ringing(desk.path, hours())


async def test_a_mail_goes_out_from_a_locked_desk_and_a_failure_stays_on_the_record(
    story: Story, tmp_path: Path
) -> None:
    ar, co, hours, post = story.desk("ar-night"), story.desk("co-night"), Hours(story.clock), Post()
    co.take_in()  # so that the desk knows, later, whom it serves
    await ar.send("co-desk", subject="A secret subject", case="2026-0117", precedence="flash")
    async with mail_server(post) as port:
        add_notice(co.path, "night-phone", by_mail(port, tmp_path).file)
        failing = NoticeFile(notice=When(kind="command", every=60), command=CommandWay(run=("/bin/false",)))
        add_notice(co.path, "siren", failing)
        async with asleep(co, hours) as screen:
            await until(lambda: screen.count("notice") == 1)
            for _ in range(200):
                if screen.count("notice") == 2:
                    break
                await hours.go(5)
                await asyncio.sleep(0.002)
    raw = post.taken[0].content
    assert isinstance(raw, bytes)
    assert b"A flash message waits for co-desk. Unopened: 1." in raw.replace(b"\r\n ", b" ")
    assert not [word for word in (b"secret", b"2026-0117", b"ar-", b"Argentin") if word in raw]
    assert "Told by night-phone (officer@co.example by localhost)." in screen.shown[2] + screen.shown[3]
    assert "NOT REACHED by siren, after 5 tries: /bin/false ended with code 1" in screen.last("notice")
    record, _ = load(co.path)
    assert [(each.notice, each.reached) for each in record.outcomes][:2] == [("night-phone", True), ("siren", False)]


async def test_a_receipt_or_what_another_has_accepted_rings_no_more_once_it_is_known(story: Story) -> None:
    ar, co = story.desk("ar-night"), story.desk("co-night")
    laptop, hours = story.desk("co-laptop"), Hours(story.clock)
    await ar.send("co-desk", subject="x", precedence="flash")
    async with asleep(co, hours) as screen:
        await until(lambda: screen.count("message") == 1)
        await laptop.exchange()
        await laptop.decide(1, "accepted")
        await until(lambda: "step" in screen.happened)
        assert len(waits(co, hours)) == 1  # a locked desk cannot tell whether it is true
        co.take_in()
        assert waits(co, hours) == []
    async with asleep(ar, hours) as screen:
        await until(lambda: screen.count("message") >= 1)  # a receipt looks like any message
        ar.take_in()
        assert waits(ar, hours) == []


async def test_a_time_limit_that_passes_at_a_locked_desk_rings_until_it_was_seen(story: Story, tmp_path: Path) -> None:
    co, hours = story.desk("co-night"), Hours(story.clock)
    due, ran = hours() + 3600, tmp_path / "ran"
    soon = limits.Limit(key="ab" * 32, at=due - 600, due=due, precedence="priority")
    end = limits.Limit(key="ab" * 32, at=due, due=due, precedence="immediate")
    limits.keep(co.path, [end, soon])
    siren = CommandWay(run=("/usr/bin/touch", str(ran)))
    add_notice(co.path, "siren", NoticeFile(notice=When(kind="command"), command=siren))
    async with asleep(co, hours) as screen:
        await until(lambda: screen.happened == ["listening"])
        await hours.go(3000)
        assert screen.happened == ["listening", "limit", "BELL"]
        assert f"A time limit of a request ends at {stamp(due)}, in 10 minutes." in screen.last("limit")
        await hours.go(600)
        assert screen.happened[3:5] == ["limit", "BELL"]
        assert f"A TIME LIMIT of a request has passed, at {stamp(due)}." in screen.last("limit")
        assert "`enlace request due` says which" in screen.last("limit")
        await until(lambda: screen.count("notice") == 1 and ran.exists())  # a reminder is less than immediate
        await hours.go(120)
        assert "Rings again (2): 1 time limit(s) of requests: `enlace request due`. To stop it:" in screen.last("ring")
        rung = screen.count("BELL")
        limits.keep(co.path, [])  # an officer was told
        await hours.go(3600)
        assert screen.count("BELL") == rung
        limits.keep(co.path, [end])
        assert limits.stop(co.path, hours()) == 1
        await hours.go(3600)
        assert screen.count("BELL") == rung


@dataclass
class Unseen(Night):
    """A screen on which nothing of a message can be shown, and a bell that fails the first time."""

    def event(self, plain: dict[str, Any], text: str) -> None:
        super().event(plain, text)
        if plain["event"] in ("message", "ring"):
            raise Unread

    def bell(self) -> None:
        super().bell()
        if self.count("BELL") == 2:
            raise ValueError(self)


async def test_what_comes_rings_and_rings_again_where_nobody_reads_the_screen(story: Story, tmp_path: Path) -> None:
    ar, co, hours, ran = story.desk("ar-night"), story.desk("co-night"), Hours(story.clock), tmp_path / "ran"
    siren = CommandWay(run=("/usr/bin/touch", str(ran)))
    add_notice(co.path, "siren", NoticeFile(notice=When(kind="command"), command=siren))
    (co.path / limits.FILE).write_bytes(b"damaged")
    async with asleep(co, hours, screen=Unseen(hours=hours)) as screen:
        await until(lambda: "listening" in screen.happened)
        assert "ring nowhere here until a command that unlocks this desk" in screen.last("trouble")
        await ar.send("co-desk", subject="Three persons", precedence="flash")
        await until(lambda: "BELL" in screen.happened and ran.exists())
        for rings in (2, 3, 4):  # also after the one that failed
            await hours.go(150)
            assert screen.count("BELL") >= rings
        assert screen.count("trouble") == 3  # each of them once


async def test_what_ends_by_itself_at_night_begins_anew_and_is_told() -> None:
    hours, told, began = Hours(), list[str](), list[int]()

    async def ends() -> None:
        began.append(hours())
        await hours.wait(60, asyncio.Event())
        raise (Unread, ValueError("x"), OSError(28, "x"), Locked("in use"))[len(began) - 1]

    task = asyncio.create_task(kept_going(ends, told.append, hours.wait))
    await hours.go(4 * (60 + AGAIN) - 10)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert began == [began[0] + n * (60 + AGAIN) for n in range(4)]
    assert told[:2] == ["an error of the program: Unread: ", "an error of the program: ValueError: x"]
    assert told[2:] == ["this desk cannot be used: x"]


async def test_a_desk_that_hears_nothing_for_ten_minutes_rings_once_and_tells(story: Story, tmp_path: Path) -> None:
    co, hours, ran = story.desk("co-night"), Hours(story.clock), tmp_path / "ran"
    siren = CommandWay(run=("/usr/bin/touch", str(ran)))
    add_notice(co.path, "siren", NoticeFile(notice=When(kind="command"), command=siren))
    with ExitStack() as held:
        held.enter_context(co.profile.locked("stream"))  # another process has the stream, and hangs
        async with asleep(co, hours) as screen:
            await until(lambda: screen.happened == ["fetching"])
            await hours.go(599)
            assert screen.happened == ["fetching"]
            began = hours() - 599
            await hours.go(1)
            assert screen.happened[:3] == ["fetching", "deaf", "BELL"]
            assert f"NOTHING IS HEARD at this desk since {stamp(began)}" in screen.last("deaf")
            await until(lambda: screen.count("notice") == 1 and ran.exists())
            assert told_of(co.path) == (began, 0)
            stopped = stop_all(co.path, hours())  # `enlace notices stop`, in another window
            assert (stopped.deaf, stopped.others, stopped.messages) == (True, 0, [])
            await hours.go(600)
            assert screen.count("notice") == 1  # every five minutes otherwise
            assert not stop_all(co.path, hours()).deaf
            held.close()
            await until(lambda: "listening" in screen.happened)
            await hours.go(3600)
            assert (screen.count("BELL"), screen.count("notice")) == (1, 1)
            assert told_of(co.path) == (0, 0)


def test_when_a_desk_is_deaf() -> None:
    deaf = Deaf()
    deaf.begins(1000)
    deaf.begins(1300)  # it was already
    assert (deaf.next_look(1300), deaf.matter(1599), deaf.news(1599)) == (1600, None, False)
    deaf.stop(1599)  # nothing of it rang yet
    assert deaf.matter(1600) == Matter("deaf", "deaf 1000", "immediate", 1600)
    assert (deaf.news(1600), deaf.news(1700), deaf.next_look(1600)) == (True, False, None)
    deaf.stop(1700)
    assert deaf.matter(1701) is None
    deaf.hears()
    assert (deaf.matter(1702), deaf.next_look(1702)) == (None, None)
    deaf.begins(1800)
    assert deaf.news(2400)
