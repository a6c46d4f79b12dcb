"""A locked desk takes in so much and no more: the rest stays with the relay, and comes when there is room again."""

import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from desk_world import line_item
from relay_world import Clock
from story_world import Built, Story, play

from desk.commands.watch import Watch
from desk.errors import Unreachable
from desk.link.session import connected
from desk.mail.spool import NoRoom, Spool, Spooled
from desk.mail.store import MailStore
from desk.terminal import Terminal

pytest_plugins = ("built_story",)

GIB = 1 << 30


class Usage(NamedTuple):
    """As the system tells it."""

    total: int
    used: int
    free: int


@dataclass
class StoryTerminal(Terminal):
    """A terminal at the story's time."""

    now: Clock = field(default_factory=Clock)

    def clock(self) -> int:
        return self.now()


@pytest.fixture
async def story(tmp_path: Path, built: Built) -> AsyncIterator[Story]:
    async with play(tmp_path, built) as found:
        yield found


def put(spool: Spool, number: int, size: int = 1) -> bool:
    payload = b"%d" % number + b"x" * size
    return spool.put(line_item(payload, "step", "ab" * 32, number), payload, 7)


@pytest.mark.parametrize(("what", "most"), [("MOST_WAITING", 2), ("MOST_WAITING_BYTES", 2_500)])
def test_what_is_too_much_is_not_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str, most: int) -> None:
    monkeypatch.setattr(f"desk.mail.spool.{what}", most)
    spool = Spool(tmp_path)
    assert put(spool, 1, 900)
    assert put(spool, 2, 900)
    before = {each.name: each.read_bytes() for each in tmp_path.iterdir()}
    with pytest.raises(NoRoom, match=r"spool/ is full: 2 items have come and wait to be read\. Unlock this desk"):
        put(spool, 3, 900)
    with pytest.raises(NoRoom):
        put(Spool(tmp_path), 3, 900)  # what a process before it stored counts too
    assert {each.name: each.read_bytes() for each in tmp_path.iterdir()} == before
    assert not put(spool, 2, 900)  # what is stored is stored, and acknowledged once more


def test_what_another_process_has_taken_in_leaves_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("desk.mail.spool.MOST_WAITING", 2)
    spool, other = Spool(tmp_path), Spool(tmp_path)
    for number in range(10):
        assert put(spool, number)
        for each in other.waiting():
            assert isinstance(each, Spooled)
            other.done(each)


def refuses(_: object) -> Usage:
    raise OSError(5, "Input/output error")


@pytest.mark.parametrize(
    ("usage", "words"),
    [
        (lambda _: Usage(GIB, GIB - 1000, 1000), "the disk under spool/ is nearly full: make room on it"),
        (refuses, "how much of the disk is free cannot be told"),
    ],
)
def test_some_of_the_disk_stays_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, usage: Callable[[object], Usage], words: str
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", usage)
    with pytest.raises(NoRoom, match=words) as caught:
        put(Spool(tmp_path), 1)
    assert "stays with the relay, until it expires, and its senders see that it was not delivered" in str(caught.value)
    assert list(tmp_path.iterdir()) == []


async def test_a_full_desk_acknowledges_nothing_and_has_everything_in_the_end(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    ar, co = story.desk("ar-night"), story.desk("co-night")
    await co.exchange()
    subjects = [f"Number {each}" for each in range(7)]
    for subject in subjects:
        await ar.send("co-desk", subject=subject)
    monkeypatch.setattr("desk.mail.spool.MOST_WAITING", 3)
    with pytest.raises(NoRoom, match="spool/ is full: 3 items"):
        await Watch(StoryTerminal(now=story.clock), co.profile, None, bell=False).listen(once=True)
    assert Spool(co.path / "spool").count() == 3
    assert len((await co.exchange()).taken.messages) == 7
    assert co.subjects() == subjects
    assert Spool(co.path / "spool").count() == 0


async def test_a_relay_that_goes_on_filling_the_spool_is_cut_off_in_the_end(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    ar, co = story.desk("ar-night"), story.desk("co-night")
    await co.exchange()
    for each in range(4):
        await ar.send("co-desk", subject=f"Number {each}")
    monkeypatch.setattr("desk.mail.spool.MOST_WAITING", 3)
    monkeypatch.setattr("desk.profile.unlocked.DRAIN_SECONDS", 0)
    with pytest.raises(Unreachable, match="does not come to an end; what has come is kept"):
        await co.exchange()
    assert len(co.subjects()) == 3
    await co.exchange()
    assert len(co.subjects()) == 4


async def test_what_was_taken_in_to_make_room_is_told_also_where_the_next_fails(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    ar, co = story.desk("ar-night"), story.desk("co-night")
    await co.exchange()
    for each in range(4):
        await ar.send("co-desk", subject=f"Number {each}")
    monkeypatch.setattr("desk.mail.spool.MOST_WAITING", 3)
    add = MailStore.add

    def adding(store: MailStore, *given: Any, **named: Any) -> int | None:
        if len(list(store.all())) == 3:
            raise sqlite3.OperationalError("database or disk is full")
        return add(store, *given, **named)

    monkeypatch.setattr(MailStore, "add", adding)
    with co.opened() as desk:
        async with connected(desk.keyring, co.clock) as client:
            with pytest.raises(sqlite3.OperationalError):
                await desk.exchange(client)
        assert desk.untold().taken.messages == [1, 2, 3]


async def test_a_watch_that_comes_while_room_is_made_has_the_rest(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    ar, co = story.desk("ar-night"), story.desk("co-night")
    await co.exchange()
    for each in range(5):
        await ar.send("co-desk", subject=f"Number {each}")
    monkeypatch.setattr("desk.mail.spool.MOST_WAITING", 3)
    add, held = MailStore.add, ExitStack()

    def adding(store: MailStore, *given: Any, **named: Any) -> int | None:
        if not co.profile.watched():
            held.enter_context(co.profile.locked("watch"))
        return add(store, *given, **named)

    monkeypatch.setattr(MailStore, "add", adding)
    with held:
        assert (await co.exchange()).watched_elsewhere
    assert co.subjects() == ["Number 0", "Number 1", "Number 2"]


async def test_where_nothing_can_be_taken_in_it_is_told_and_nothing_is_lost(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    ar, co = story.desk("ar-night"), story.desk("co-night")
    await co.exchange()
    monkeypatch.setattr("desk.mail.spool.MOST_WAITING", 0)
    await ar.send("co-desk", subject="Waits at the relay")
    with pytest.raises(NoRoom):
        await co.exchange()
    monkeypatch.setattr("desk.mail.spool.MOST_WAITING", 20_000)
    await co.exchange()
    assert co.subjects() == ["Waits at the relay"]
