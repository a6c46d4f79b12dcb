"""The office of `handling_world`, one for all tests of a process: `pytest_plugins = ("handling_office",)`."""

from collections.abc import Iterator

import pytest
from cli_world import Office
from handling_world import three_offices


@pytest.fixture(scope="session")
def handling_office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """The office, opened when first asked for."""
    with three_offices(tmp_path_factory.mktemp("handling") / "office") as made:
        yield made
