"""What every test of a lying relay begins with: `pytest_plugins = ("lying_story",)`."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from story_liar import LyingRelay
from story_world import Built, Story, play

pytest_plugins = ("built_story",)


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
