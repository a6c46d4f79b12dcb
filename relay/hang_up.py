"""Ending a connection at once: what waits to be sent is lost, and no time is spent on a farewell."""

import asyncio
from contextlib import suppress

from aiohttp import web


def hang_up(request: web.Request) -> None:
    """Cut the connection that `request` came by, if it still stands."""
    cut(request.transport)


def cut(transport: asyncio.Transport | None) -> None:
    """Cut a connection, if it still stands."""
    if transport is None:
        return
    # A TLS transport that was closed twice has let go of its connection. There is nothing left to cut then, and in some
    # versions of CPython (3.11.2, for one) its `abort` trips over that.
    with suppress(AttributeError):
        transport.abort()
