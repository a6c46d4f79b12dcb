"""The network that stories begin from: `pytest_plugins = ("built_story",)`."""

import pytest
from story_world import Built, built_once


@pytest.fixture
async def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Built by the first test of this process that asks; what is played in it is played in a copy."""
    return await built_once(tmp_path_factory.getbasetemp())
