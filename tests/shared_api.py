"""One local API for all tests of a file, of Colombia's desk: `pytest_plugins = ("shared_office", "shared_api")`."""

from collections.abc import Iterator

import pytest
from cli_world import Office
from served_api import Caller, serving


@pytest.fixture(scope="module")
def desk(shared_office: Office) -> Iterator[Caller]:
    """Who asks it."""
    with serving(shared_office, "co-desk") as caller:
        yield caller
