"""Telling with tries and repeats, by a clock that the test sets; what is recorded, also across a restart."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest
from night_hours import Hours, until
from relay_world import Clock
from test_desk_notices_ways import Post, by_mail, mail_server

from desk.notices.plan import Matter, Rounds
from desk.notices.record import MOST_OUTCOMES, Outcome, Record, load, store
from desk.notices.settings import CommandWay, Notice, NoticeFile, When, add_notice, remove_notice
from desk.notices.teller import TRIES, Teller

START = Clock().now
FLASH = Matter("waiting", "a" * 64, "flash", START)


def way(program: str, **about: Any) -> NoticeFile:
    return NoticeFile(notice=When(kind="command", **about), command=CommandWay(run=(program,)))


@dataclass
class Office:
    """A desk's teller, and what was heard of it."""

    path: Path
    hours: Hours = field(default_factory=Hours)
    matters: list[Matter] = field(default_factory=lambda: [FLASH])
    outcomes: list[Outcome] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)

    def teller(self) -> Teller:
        def heard(outcome: Outcome, _notice: Notice, _before: bool) -> None:
            self.outcomes.append(outcome)

        made = Teller(
            self.path,
            self.hours,
            lambda: self.matters,
            lambda: ("co-desk",),
            heard,
            self.troubles.append,
            self.hours.wait,
        )
        made.begin()
        return made

    @asynccontextmanager
    async def telling(self) -> AsyncIterator[Teller]:
        teller = self.teller()
        task = asyncio.create_task(teller.run())
        try:
            yield teller
            assert not task.done()
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def heard(self, count: int) -> None:
        await until(lambda: len(self.outcomes) >= count)

    def reached(self) -> list[bool]:
        return [each.reached for each in self.outcomes]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


async def test_it_is_told_and_told_again_until_it_is_opened(office: Office) -> None:
    add_notice(office.path, "siren", way("/bin/true", every=5))
    async with office.telling():
        await office.heard(1)
        await office.hours.go(290)
        assert len(office.outcomes) == 1
        await office.hours.go(30)
        await office.heard(2)
        office.matters.clear()  # opened
        await office.hours.go(3600)
    assert office.reached() == [True, True]
    assert load(office.path)[0].outcomes == tuple(office.outcomes)


async def test_a_failure_is_tried_again_and_then_counts_as_not_reached(office: Office) -> None:
    add_notice(office.path, "siren", way("/bin/false", most=1, every=120))
    async with office.telling():
        for _ in range(60):
            await office.hours.go(5)
            if office.outcomes:
                break
            await asyncio.sleep(0.005)
        await office.heard(1)
        await office.hours.go(3600)
    (outcome,) = office.outcomes
    assert (outcome.reached, outcome.tries, outcome.why) == (False, TRIES, "/bin/false ended with code 1")
    record, words = load(office.path)
    assert words == ""
    assert record.failing("siren") == [outcome]
    assert record.of("siren")[FLASH.key] == Rounds(0, outcome.at)


async def test_what_fails_for_an_hour_is_no_time_that_it_told_anybody(office: Office, tmp_path: Path) -> None:
    mended = tmp_path / "mended"
    run = CommandWay(run=("/usr/bin/test", "-e", str(mended)))
    add_notice(office.path, "siren", NoticeFile(notice=When(kind="command", most=1, every=30), command=run))
    async with office.telling():
        while len(office.outcomes) < 2:
            await office.hours.go(60)
            await asyncio.sleep(0.002)
        mended.touch()
        while len(office.outcomes) < 3:
            await office.hours.go(60)
            await asyncio.sleep(0.002)
        await office.hours.go(4 * 3600)
    assert office.reached() == [False, False, True]


async def test_who_was_reached_hears_no_tries_for_the_one_who_was_not(office: Office, tmp_path: Path) -> None:
    post = Post(refuses="gone@co.example")
    async with mail_server(post) as port:
        both = by_mail(port, tmp_path, to=("officer@co.example", "gone@co.example")).file
        add_notice(office.path, "phones", msgspec.structs.replace(both, notice=When(kind="mail", most=2, every=30)))
        async with office.telling():
            for count in (1, 2):
                await office.heard(count)
                await office.hours.go(30 * 60)
            await office.hours.go(4 * 3600)
    assert office.reached() == [False, False]
    assert [each.tries for each in office.outcomes] == [1, 1]
    assert len(post.taken) == 2


async def test_who_opens_it_between_two_tries_is_not_called(office: Office) -> None:
    add_notice(office.path, "siren", way("/bin/false"))
    async with office.telling():
        await until(lambda: bool(office.hours._waiting) and len(office.hours._waiting) > 1)
        office.matters.clear()
        await office.hours.go(60)
        await office.heard(1)
    assert [(each.tries, each.reached) for each in office.outcomes] == [(1, False)]


async def test_after_a_restart_it_goes_on_where_it_was(office: Office) -> None:
    add_notice(office.path, "siren", way("/bin/true", every=5, most=2))
    async with office.telling():
        await office.heard(1)
    async with office.telling():
        await office.hours.go(200)
        assert len(office.outcomes) == 1
        await office.hours.go(200)
        await office.heard(2)
    async with office.telling():
        await office.hours.go(7200)
    assert len(office.outcomes) == 2


async def test_after_a_record_that_was_damaged_everything_is_told_anew(office: Office) -> None:
    add_notice(office.path, "siren", way("/bin/true", most=1))
    async with office.telling():
        await office.heard(1)
    (office.path / "notices" / "told.json").write_text("{}x")
    async with office.telling():
        await office.heard(2)
    assert "what was told before is not known, so it is told anew" in office.troubles[0]


async def test_a_notice_that_is_added_or_taken_away_while_it_runs(office: Office) -> None:
    async with office.telling() as teller:
        await office.hours.go(60)
        add_notice(office.path, "siren", way("/bin/true", every=1))
        teller.wake.set()
        await office.heard(1)
        remove_notice(office.path, "siren")
        await office.hours.go(3600)
    assert len(office.outcomes) == 1


async def test_one_that_cannot_be_read_is_told_once(office: Office) -> None:
    (office.path / "notices").mkdir(mode=0o700)
    (office.path / "notices" / "broken.toml").write_text("[")
    async with office.telling():
        await office.hours.go(300)
    assert len(office.troubles) == 1
    assert office.troubles[0].startswith(f"a notice is left out: {office.path}/notices/broken.toml is not TOML")


async def test_no_notice_waits_for_another(office: Office) -> None:
    add_notice(office.path, "a-slow", way("/bin/false"))
    add_notice(office.path, "b-quick", way("/bin/true"))
    async with office.telling():
        await office.heard(1)
        assert office.outcomes[0].notice == "b-quick"


async def test_once_tells_what_is_due_and_returns(office: Office) -> None:
    add_notice(office.path, "siren", way("/bin/true"))
    add_notice(office.path, "later", way("/bin/true", after=10))
    await office.teller().once()
    assert [each.notice for each in office.outcomes] == ["siren"]


async def test_a_disk_that_refuses_the_record_stops_nothing(office: Office) -> None:
    add_notice(office.path, "siren", way("/bin/true", every=1, most=3))
    (office.path / "notices" / "told.json").mkdir()
    async with office.telling():
        for count in (1, 2, 3):
            await office.heard(count)
            await office.hours.go(90)
    assert any("whom the notices reached could not be noted" in each for each in office.troubles)
    assert len(office.outcomes) == 3


def test_the_record_keeps_so_much(tmp_path: Path) -> None:
    record = Record()
    for number in range(MOST_OUTCOMES + 5):
        outcome = Outcome(
            at=START + number, notice="siren", about="waiting", precedence="flash", waiting=1, reached=True
        )
        record = record.ended(outcome, [Matter("waiting", f"{number:064}", "flash", START)], [f"{number:064}"])
    assert (len(record.outcomes), len(record.rounds)) == (MOST_OUTCOMES, 1)
    assert store(tmp_path, record) == ""
    assert load(tmp_path) == (record, "")
