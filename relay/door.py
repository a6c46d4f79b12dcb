"""Where connections come in: how many there may be, and how long one may take until it asks for something.

1. So many connections at once, and of these so many of one address (`relay.rules.addresses`); trusted proxies speak for
   many and have only the first bound. **Fails closed**: one too many is closed as it comes, before a word of TLS, and
   without an answer. Those that are there go on. A connection that has brought a proof by a key that counts
   (`relay.access`, A6) counts for that key from then on and no longer for its address, so that an office of any size
   behind one address gets in; a key has the same bound as an address, and what is beyond it stays with the address.
2. A connection counts from its acceptance until its socket is closed, whatever happened in between.
3. TLS has to be there within `handshake_seconds`. From then on, and from the end of each answer, the headers of the
   next request have to be complete within `idle_seconds` (aiohttp's keep-alive timer, which also runs before the first
   request, and looks at nothing but whether one is being handled). A body has its own time (`relay.read_request`), an
   answer that is to be read too (`relay.unreadable`), and a stream (`relay.mail.stream`). Whatever takes longer is
   closed.

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
from aiohttp.typedefs import Handler, Middleware

from relay.authenticate import PRINCIPAL
from relay.principal import Principal
from relay.rules.addresses import counted_address
from relay.unreadable import Runner

BACKLOG = 512
SHUTDOWN_SECONDS = 5  # for the other side to end TLS politely


class Gate:
    """Counts connections; `unbounded` are addresses that only the bound for all stops."""

    def __init__(self, most: int, most_each: int, unbounded: Container[str] = ()) -> None:
        self.most, self.most_each, self._unbounded = most, most_each, unbounded
        self._open: Counter[str] = Counter()
        self.refused = 0
        self.visits: dict[int, Visit] = {}
        """Connections by file number, which is what a request's transport shows of its socket."""

    def __len__(self) -> int:
        return self._open.total()

    def enter(self, address: str) -> "Visit | None":
        """A connection from `address`; None if it is one too many."""
        counted, unbounded = counted_address(address), address in self._unbounded
        if (not unbounded and self._open[counted] >= self.most_each) or len(self) >= self.most:
            self.refused += 1
            self._forget(counted)
            return None
        self._open[counted] += 1
        return Visit(self, counted, movable=not unbounded)

    def move(self, before: str, after: str) -> bool:
        """Count a connection for `after` and no longer for `before`, if there is room for it there."""
        room = self._open[after] < self.most_each
        if room:
            self._open[after] += 1
            self._open[before] -= 1
        self._forget(before)
        self._forget(after)
        return room

    def leave(self, counted: str) -> None:
        """A connection counted for `counted` is closed."""
        self._open[counted] -= 1
        self._forget(counted)

    def _forget(self, counted: str) -> None:
        if not self._open[counted]:
            del self._open[counted]


class Visit:
    """A connection that was let in, and for whom it counts."""

    def __init__(self, gate: Gate, counted: str, *, movable: bool) -> None:
        self._gate, self._counted, self._movable = gate, counted, movable

    def proven(self, key: str) -> None:
        """Count it for the key that vouches for it (rule 1), once; not for none, and not where it is a proxy's."""
        if key and self._movable and self._gate.move(self._counted, key):
            self._counted, self._movable = key, False

    def leave(self) -> None:
        """It is closed; once."""
        if self._counted:
            self._gate.leave(self._counted)
            self._counted, self._movable = "", False


class _Visitor(socket.socket):
    """A connection that tells when it is closed, once."""

    gate: Gate | None = None

    def close(self) -> None:
        visit = self.gate.visits.pop(self.fileno(), None) if self.gate is not None else None
        super().close()
        if visit is not None:
            visit.leave()


def make_count_proven(gate: Gate, vouching: Callable[[Principal | None], str]) -> Middleware:
    """The middleware, after the one that authenticates, that tells the gate whose key a connection has proven."""

    @web.middleware
    async def count_proven(request: web.Request, handler: Handler) -> web.StreamResponse:
        key = vouching(request.get(PRINCIPAL))
        found = request.get_extra_info("socket") if key else None
        visit = gate.visits.get(found.fileno()) if found is not None else None
        if visit is not None:
            visit.proven(key)
        return await handler(request)

    return count_proven


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
        visit = self.gate.enter(str(address[0]))
        if visit is None:
            connection.close()
            raise BlockingIOError(errno.EAGAIN, "one connection too many")  # the loop asks again at its next turn
        visitor = _Visitor(connection.family, connection.type, connection.proto, connection.detach())
        visitor.gate = self.gate
        self.gate.visits[visitor.fileno()] = visit
        return visitor, address


class DoorSite(web.BaseSite):
    """What serves an application behind a door; without a TLS context for a witness alone (`relay.witness`)."""

    def __init__(self, runner: Runner, door: Door, context: ssl.SSLContext | None, handshake_seconds: float) -> None:
        super().__init__(runner, ssl_context=context, backlog=BACKLOG)
        self._door, self._handshake_seconds, self._connection = door, handshake_seconds, runner.connection

    @property
    def name(self) -> str:
        """Where it listens."""
        return (
            f"{'https' if self._ssl_context else 'http'}://{self._door.getsockname()[0]}:{self._door.getsockname()[1]}"
        )

    async def start(self) -> None:
        """Listen."""
        await super().start()
        self._server = await asyncio.get_running_loop().create_server(
            self._connection,
            sock=self._door,
            ssl=self._ssl_context,
            backlog=self._backlog,
            ssl_handshake_timeout=self._handshake_seconds if self._ssl_context else None,
            ssl_shutdown_timeout=SHUTDOWN_SECONDS if self._ssl_context else None,
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
