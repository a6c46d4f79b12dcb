"""Bytes to a relay and back over TLS, with nothing in between that would mend them: for hostile requests.

    place = Place.of(office.relay)
    got = place.exchange(request_bytes("GET", "/v1/log", []))
    assert got.status == 401

Only what a test needs of HTTP (RFC 9112) and of WebSocket frames (RFC 6455); blocking sockets, ten seconds of patience.
"""

import http.client
import io
import json
import os
import socket
import ssl
import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from cli_world import RelayProcess

PATIENCE = 10.0
Header = tuple[str | bytes, str | bytes]


@dataclass(frozen=True)
class Got:
    """What came back; status 0 where the connection was closed without an answer."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def problem(self) -> dict[str, Any]:
        """The problem details, if that is what came."""
        if self.headers.get("content-type") != "application/problem+json" or not self.body:
            return {}
        found: dict[str, Any] = json.loads(self.body)
        return found


@dataclass(frozen=True)
class Place:
    """Where a relay listens, and how it is trusted."""

    port: int
    url: str
    context: ssl.SSLContext

    @classmethod
    def of(cls, relay: RelayProcess) -> "Place":
        """The place of a relay process of this machine."""
        context = ssl.create_default_context(cafile=str(relay.folder / "tls" / "authority.pem"))
        return cls(relay.port, f"https://localhost:{relay.port}", context)

    def plain(self) -> socket.socket:
        """A connection before TLS."""
        connection = socket.create_connection(("127.0.0.1", self.port), PATIENCE)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def connect(self) -> ssl.SSLSocket:
        """A connection under TLS."""
        return self.context.wrap_socket(self.plain(), server_hostname="localhost")

    def exchange(self, *pieces: bytes, method: str = "GET", end: bool = False) -> Got:
        """The answer to bytes sent in pieces; `end`: nothing more is sent, and the other side is told so."""
        with self.connect() as connection:
            for piece in pieces:
                connection.sendall(piece)
            if end:
                connection.shutdown(socket.SHUT_WR)
            return answer(connection, method)


class Answers(io.BufferedReader):
    """What comes over a connection, for one answer after another: none reads what belongs to the next."""

    def __init__(self, connection: ssl.SSLSocket) -> None:
        super().__init__(socket.SocketIO(connection, "r"))

    def makefile(self, mode: str) -> "Answers":
        """Itself, for whoever thinks that this is a socket."""
        return self

    def close(self) -> None:
        """Nothing: there may be another answer."""


def answer(connection: ssl.SSLSocket | Answers, method: str = "GET") -> Got:
    """The next answer on a connection."""
    response = http.client.HTTPResponse(connection, method=method)  # type: ignore[arg-type]  # it asks for makefile
    try:
        response.begin()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Got(response.status, headers, b"" if response.status == 101 else response.read())
    except (http.client.HTTPException, ConnectionError, ssl.SSLError, TimeoutError):
        return Got(0)
    finally:
        response.close()


def request_bytes(
    method: str, target: str | bytes, headers: Iterable[Header], body: bytes | None = None, *, length: str | None = None
) -> bytes:
    """A request; `length` overrules what it says of its body (empty: nothing is said)."""
    lines = [_bytes(method) + b" " + _bytes(target) + b" HTTP/1.1", b"Host: localhost"]
    lines += [_bytes(name) + b": " + _bytes(value) for name, value in headers]
    said = (str(len(body)) if body is not None else "") if length is None else length
    lines += [b"Content-Length: " + said.encode()] if said else []
    return b"\r\n".join(lines) + b"\r\n\r\n" + (body or b"")


def _bytes(text: str | bytes) -> bytes:
    return text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text


def frame(opcode: int, payload: bytes, *, fin: bool = True, masked: bool = True, reserved: int = 0) -> bytes:
    """One WebSocket frame, as a client sends it (RFC 6455 section 5.2)."""
    first, mask = (0x80 if fin else 0) | reserved << 4 | opcode, os.urandom(4)
    size, flag = len(payload), 0x80 if masked else 0
    if size < 126:
        head = struct.pack("!BB", first, flag | size)
    elif size < 1 << 16:
        head = struct.pack("!BBH", first, flag | 126, size)
    else:
        head = struct.pack("!BBQ", first, flag | 127, size)
    if not masked:
        return head + payload
    return head + mask + bytes(each ^ mask[index % 4] for index, each in enumerate(payload))


def read_frame(connection: ssl.SSLSocket) -> tuple[int, bytes]:
    """The next WebSocket frame that the relay sent: opcode and payload; opcode -1 at the end of the connection."""
    head = _exactly(connection, 2)
    if len(head) < 2:
        return -1, b""
    size = head[1] & 0x7F
    if size == 126:
        (size,) = struct.unpack("!H", _exactly(connection, 2))
    elif size == 127:
        (size,) = struct.unpack("!Q", _exactly(connection, 8))
    return head[0] & 0x0F, _exactly(connection, size)


def _exactly(connection: ssl.SSLSocket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        try:
            piece = connection.recv(size - len(data))
        except (ConnectionError, ssl.SSLError, TimeoutError):
            return b""
        if not piece:
            return b""
        data += piece
    return data
