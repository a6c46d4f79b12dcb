"""Somebody who can write an officer's disk, and has no passphrase: what the desk makes of it when it is next used."""

import sqlite3
from collections.abc import AsyncIterator
from io import StringIO
from pathlib import Path

import pytest
from story_desk import Desk
from story_world import Built, Story, built_once, logging_to, play

from desk.errors import Distrust


@pytest.fixture
async def story(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Story]:
    built: Built = await built_once(tmp_path_factory.getbasetemp())
    with logging_to(StringIO()):
        async with play(tmp_path, built) as story:
            yield story


def written(desk: Desk, sql: str) -> None:
    other = sqlite3.connect(desk.path / "replica.db")
    with other:
        other.execute(sql)
    other.close()


async def test_details_changed_on_this_disk_are_not_shown_and_are_fetched_again(story: Story) -> None:
    ar = story.desk("ar-night")
    with ar.opened() as opened:
        good = opened.store.bodies()
    written(ar, "UPDATE bodies SET body = cast(replace(cast(body AS text), '555', '556') AS blob)")
    with ar.opened() as opened:
        left = opened.store.bodies()
        assert left.items() < good.items()
        changed = len(good) - len(left)
        assert len(opened.store.altered) == changed > 0
    done = (await ar.exchange()).synchronised
    assert (done.altered, done.bodies) == (changed, changed)
    with ar.opened() as opened:
        assert (opened.store.bodies(), opened.store.altered) == (good, frozenset())
    assert (await ar.exchange()).synchronised.altered == 0


async def test_a_directory_changed_on_this_disk_is_an_alarm_and_is_not_used(story: Story) -> None:
    ar = story.desk("ar-night")
    written(ar, "UPDATE facts SET value = zeroblob(32) WHERE name = 'seal'")
    with ar.opened() as opened, pytest.raises(Distrust, match="the replica on this disk is not what the log signed"):
        opened.replica()
    with pytest.raises(Distrust):
        await ar.exchange()
