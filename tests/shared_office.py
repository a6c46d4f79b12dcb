"""One office for all tests of a process that can share it: `pytest_plugins = ("shared_office",)`."""

from collections.abc import Iterator

import pytest
from cli_world import Office


@pytest.fixture(scope="session")
def shared_office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """An office, opened when first asked for."""
    with Office.opened(tmp_path_factory.mktemp("shared") / "office") as office:
        yield office
