"""One relay with a portal for all tests of a file: `pytest_plugins = ("portal_together",)`, and in the same loop.

A file that wants other settings has a `shared` of its own.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from portal_world import Access, Browser, PortalWorld, portal_world


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[PortalWorld]:
    async with portal_world(tmp_path_factory.mktemp("portal"), listen='trusted_proxies = ["127.0.0.1"]') as world:
        yield world


@pytest_asyncio.fixture(loop_scope="module")
async def world(shared: PortalWorld) -> PortalWorld:
    """The relay, long after the test before: no throttle remembers anybody, and no shift runs."""
    shared.here.clock.now += 86_400
    return shared


@pytest_asyncio.fixture(loop_scope="module")
async def own(tmp_path: Path) -> AsyncIterator[PortalWorld]:
    """A relay for a test that changes the directory."""
    async with portal_world(tmp_path) as world:
        yield world


@pytest_asyncio.fixture(loop_scope="module")
async def night(world: PortalWorld) -> Access:
    return await world.access("co-night")


@pytest_asyncio.fixture(loop_scope="module")
async def browser(world: PortalWorld, night: Access) -> Browser:
    """A browser that is logged in."""
    browser = await world.browser()
    await browser.log_in(night)
    return browser
