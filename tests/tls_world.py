"""A server on loopback with a certificate, and callers who verify it: for tests of what desks are shown."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

DAY = 86_400


def now() -> int:
    """Unix seconds; TLS asks no test's clock."""
    return int(time.time())


@asynccontextmanager
async def serving(context: ssl.SSLContext) -> AsyncIterator[int]:
    """A server that echoes lines; its port."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while line := await reader.readline():
                writer.write(line)
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]
        server.close()


async def dial(
    port: int, authority: bytes, name: str = "localhost"
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, bytes]:
    """A connection whose certificate was verified, and that certificate (PEM)."""
    trusting = ssl.create_default_context(cadata=authority.decode())
    trusting.minimum_version = ssl.TLSVersion.TLSv1_3
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting, server_hostname=name)
    der = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    return reader, writer, x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM)


async def shown(port: int, authority: bytes) -> bytes:
    _, writer, pem = await dial(port, authority)
    writer.close()
    return pem
