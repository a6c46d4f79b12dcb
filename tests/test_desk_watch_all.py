"""`enlace watch --all` where one desk's files are in the way of nobody, and a place gets another desk."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from desk_world import desk, network
from directory_world import local_id

from desk.commands.watch_all import WatchAll
from desk.errors import Declined, DeskError
from desk.notices.ringing import Ringing, begin, ringing
from desk.profile.folder import PROFILE_FILE, Profile
from desk.profile.workstation import Place, Workstation
from desk.replica.standing import HALTED_FILE
from desk.terminal import Terminal
from directory.fields import FOREVER

WORLD = network()
DAY, NIGHT = local_id("ec-day"), local_id("ec-night")


@pytest.fixture
def station(tmp_path: Path) -> Workstation:
    """A machine with the desks `day` and `night`, whose relay nobody reaches."""
    found = Workstation(tmp_path / "station", tmp_path / "usual")
    found.folder.mkdir(mode=0o700)
    put(found, "ec-day", "day")
    put(found, "ec-night", "night")
    return found


def put(station: Workstation, handle: str, label: str) -> None:
    desk(station.folder.parent / f"new-{label}", handle, WORLD).profile.path.rename(station.folder / label)


@pytest.fixture
def spoilt(station: Workstation) -> Workstation:
    """The mark of the first desk's halt cannot be read."""
    (station.folder / "day" / HALTED_FILE).mkdir()
    return station


async def test_a_mark_that_cannot_be_read_keeps_nobody_else_from_what_waits(
    spoilt: Workstation, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(DeskError, match=HALTED_FILE):
        await WatchAll(Terminal(json=False), spoilt, None, False).run(once=True)
    told = capsys.readouterr().err
    assert "day: " in told
    assert "night: " in told


class Trying(WatchAll):
    """One that reaches no relay: it notes which devices it listens for, and hears of some that they were revoked."""

    def __init__(self, station: Workstation, revoked: str = "") -> None:
        super().__init__(Terminal(json=True), station, None, False, pause=0.02)
        self.revoked, self.tried, self.settle = revoked, list[str](), asyncio.Event()

    def _receiving(self) -> list[Place]:
        self.settle.set()
        return super()._receiving()

    async def _listen(self, place: Place, terminal: Terminal, *, once: bool) -> None:
        device = Profile.open(place.path).identity.device
        self.tried.append(device)
        if device == self.revoked:
            raise Declined("this device was revoked", "device-revoked")
        await asyncio.Event().wait()


async def until(watch: Trying, holds: Callable[[], bool]) -> None:
    """Wait for looks at the machine until something holds."""
    async with asyncio.timeout(10):
        while not holds():
            await look(watch)


async def look(watch: Trying) -> None:
    watch.settle.clear()
    await watch.settle.wait()


@asynccontextmanager
async def going(watch: Trying) -> AsyncIterator[None]:
    task = asyncio.create_task(watch.run(once=False))
    try:
        yield
    finally:
        task.cancel()
        await task


async def test_a_mark_that_cannot_be_read_ends_no_task(spoilt: Workstation, capsys: pytest.CaptureFixture[str]) -> None:
    watch = Trying(spoilt)
    async with going(watch):
        await until(watch, lambda: watch.tried == [NIGHT])
        (spoilt.folder / "day" / HALTED_FILE).rmdir()
        await until(watch, lambda: watch.tried == [NIGHT, DAY])
    assert '"trouble"' in capsys.readouterr().out


async def test_a_desk_in_the_place_of_a_revoked_one_is_listened_for(
    station: Workstation, capsys: pytest.CaptureFixture[str]
) -> None:
    watch = Trying(station, revoked=DAY)
    async with going(watch):
        await until(watch, lambda: sorted(watch.tried) == sorted([DAY, NIGHT]))
        shutil.rmtree(station.folder / "day")  # between two looks
        put(station, "co-day", "day")
        await until(watch, lambda: watch.tried[2:] == [local_id("co-day")])
        put_back = (station.folder / "night" / PROFILE_FILE).read_bytes()
        (station.folder / "night" / PROFILE_FILE).write_bytes(b"{")  # for a moment: it is listened for all the time
        await look(watch)
        (station.folder / "night" / PROFILE_FILE).write_bytes(put_back)
        await look(watch)
    assert len(watch.tried) == 3
    assert capsys.readouterr().out.count('"revoked"') == 1


async def test_the_bell_of_a_desk_that_another_process_listens_for_is_not_stopped_here(
    station: Workstation, capsys: pytest.CaptureFixture[str]
) -> None:
    profile = Profile.open(station.folder / "day")
    flash = Ringing(envelope="ab" * 32, precedence="flash", arrived=1, expires=FOREVER)
    begin(profile, flash)
    shutil.rmtree(station.folder / "night")
    watch = WatchAll(Terminal(json=True), station, None, False)
    with profile.locked("watch"):
        task = asyncio.create_task(watch.run(once=False))
        async with asyncio.timeout(5):  # it waits for nobody: in ten seconds it tries again
            while not (told := capsys.readouterr().out):  # noqa: ASYNC110  # of what is printed there
                await asyncio.sleep(0.005)
        assert "another `enlace watch` listens" in told
        watch._stop_ringing()
        assert ringing(profile.path, 2) == [flash]
        task.cancel()
        await task
