"""What every test of a lying relay begins with: `pytest_plugins = ("lying_story",)`."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from story_liar import LyingRelay
from story_world import Built, Story, built_once, play


@pytest.fixture
async def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The network that all of them begin from."""
    return await built_once(tmp_path_factory.getbasetemp())


@pytest.fixture
def here(tmp_path: Path, built: Built) -> LyingRelay:
    """A relay that is honest until it is told to lie."""
    return LyingRelay.at(tmp_path, built.now)


@pytest.fixture
async def story(tmp_path: Path, built: Built, here: LyingRelay) -> AsyncIterator[Story]:
    """The desks at that relay, a minute later."""
    async with play(tmp_path, built, here) as story:
        story.clock.now += 60
        yield story
