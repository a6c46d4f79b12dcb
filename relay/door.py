"""Where connections come in: how many there may be, and how long one may take until it asks for something.

1. So many connections at once, and of these so many of one address (`relay.rules.addresses`); trusted proxies speak for
   many and have only the first bound. **Fails closed**: one too many is closed as it comes, before a word of TLS, and
   without an answer. Those that are there go on.
2. A connection counts from its acceptance until its socket is closed, whatever happened in between.
3. TLS has to be there within `handshake_seconds`. From then on, and from the end of each answer, the headers of the
   next request have to be complete within `idle_seconds` (aiohttp's keep-alive timer, which also runs before the first
   request, and looks at nothing but whether one is being handled). A body has its own time (`relay.read_request`), a
   stream too (`relay.mail.stream`). Whatever takes longer is closed.

The event loop accepts through the listening socket on every Unix. Windows' own loop does not, so there rule 1 **fails
open**; rule 3 holds.
"""

import asyncio
import errno
import os
import socket
import ssl
from collections import Counter
from collections.abc import Callable, Container
from typing import Any

from aiohttp import web

from relay.rules.addresses import counted_address

BACKLOG = 512
SHUTDOWN_SECONDS = 5  # for the other side to end TLS politely


class Gate:
    """Counts connections; `unbounded` are addresses that only the bound for all stops."""

    def __init__(self, most: int, most_each: int, unbounded: Container[str] = ()) -> None:
        self.most, self.most_each, self._unbounded = most, most_each, unbounded
        self._open: Counter[str] = Counter()
        self.refused = 0

    def __len__(self) -> int:
        return self._open.total()

    def enter(self, address: str) -> Callable[[], None] | None:
        """What to call when a connection from `address` is closed; None if it is one too many."""
        counted = counted_address(address)
        full = self._open[counted] >= self.most_each and address not in self._unbounded
        if full or len(self) >= self.most:
            self.refused += 1
            self._forget(counted)
            return None
        self._open[counted] += 1
        return lambda: self._leave(counted)

    def _leave(self, counted: str) -> None:
        self._open[counted] -= 1
        self._forget(counted)

    def _forget(self, counted: str) -> None:
        if not self._open[counted]:
            del self._open[counted]


class _Visitor(socket.socket):
    """A connection that tells when it is closed, once."""

    leave: Callable[[], None] | None = None

    def close(self) -> None:
        super().close()
        leave, self.leave = self.leave, None
        if leave is not None:
            leave()


class Door(socket.socket):
    """A listening socket whose connections go through a gate."""

    gate: Gate

    @classmethod
    def behind(cls, listening: socket.socket, gate: Gate) -> "Door":
        """The door in place of a socket that is bound."""
        door = cls(listening.family, listening.type, listening.proto, listening.detach())
        door.gate = gate
        return door

    def accept(self) -> tuple[socket.socket, Any]:
        """The next connection that the gate lets in; raises BlockingIOError, as for none, for one that it does not."""
        connection, address = super().accept()
        leave = self.gate.enter(str(address[0]))
        if leave is None:
            connection.close()
            raise BlockingIOError(errno.EAGAIN, "one connection too many")  # the loop asks again at its next turn
        visitor = _Visitor(connection.family, connection.type, connection.proto, connection.detach())
        visitor.leave = leave
        return visitor, address


class DoorSite(web.BaseSite):
    """What serves an application behind a door."""

    def __init__(self, runner: web.AppRunner, door: Door, context: ssl.SSLContext, handshake_seconds: float) -> None:
        super().__init__(runner, ssl_context=context, backlog=BACKLOG)
        self._door, self._handshake_seconds = door, handshake_seconds

    @property
    def name(self) -> str:
        """Where it listens."""
        return f"https://{self._door.getsockname()[0]}:{self._door.getsockname()[1]}"

    async def start(self) -> None:
        """Listen."""
        await super().start()
        assert self._runner.server is not None, "the runner was set up"  # noqa: S101
        self._server = await asyncio.get_running_loop().create_server(
            self._runner.server,
            sock=self._door,
            ssl=self._ssl_context,
            backlog=self._backlog,
            ssl_handshake_timeout=self._handshake_seconds,
            ssl_shutdown_timeout=SHUTDOWN_SECONDS,
        )


async def open_doors(host: str, port: int, gate: Gate) -> list[Door]:
    """Doors at every address of `host` that this machine has; raises OSError if there is none, or one is taken."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    doors: list[Door] = []
    missing: OSError | None = None
    for family, kind, protocol, _, address in dict.fromkeys(found):
        try:
            doors.append(Door.behind(_bound(family, kind, protocol, address), gate))
        except OSError as error:
            if error.errno not in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                for door in doors:
                    door.close()
                raise
            missing = error
    if not doors:
        raise missing or OSError(errno.EADDRNOTAVAIL, os.strerror(errno.EADDRNOTAVAIL))
    return doors


def _bound(family: int, kind: int, protocol: int, address: Any) -> socket.socket:
    bound = socket.socket(family, kind, protocol)
    try:
        if os.name == "posix":
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)  # IPv4 has a door of its own
        bound.bind(address)
    except BaseException:
        bound.close()
        raise
    return bound
