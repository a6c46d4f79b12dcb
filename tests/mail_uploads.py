"""Uploads and downloads in tests of the mail: tus requests as a desk makes them, and connections that break."""

import asyncio
import random
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any

from aiohttp import ClientResponse
from mail_listener import Client
from mail_world import MailHouse, as_session

from relay.mail.settings import MailSettings

TUS = {"Tus-Resumable": "1.0.0"}
CHUNK = {"Content-Type": "application/offset+octet-stream"}


def content(size: int, seed: int = 1) -> tuple[bytes, str]:
    """Bytes, and their hash."""
    data = random.Random(seed).randbytes(size)
    return data, sha256(data).hexdigest()


def opened(path: Path, **settings: int) -> MailHouse:
    """A relay's mail on a file, with settings."""
    return MailHouse(path, "sqlite", MailSettings(**settings))


async def announce(client: Client, digest: str, length: int, handle: str = "ar-desk") -> ClientResponse:
    """POST."""
    metadata = "sha256 " + b64encode(digest.encode()).decode()
    headers = TUS | as_session(handle) | {"Upload-Length": str(length), "Upload-Metadata": metadata}
    return await client.post("/v1/attachments", headers=headers)


async def append(client: Client, digest: str, offset: int, data: Any, handle: str = "ar-desk") -> ClientResponse:
    """PATCH."""
    headers = TUS | CHUNK | as_session(handle) | {"Upload-Offset": str(offset)}
    return await client.patch(f"/v1/attachments/{digest}", headers=headers, data=data)


async def append_and_break(client: Client, digest: str, offset: int, data: bytes, announced: int) -> None:
    """Send less of a body than was announced, and cut the connection."""
    lines = [f"PATCH /v1/attachments/{digest} HTTP/1.1", "Host: relay", f"Content-Length: {announced}"]
    headers = TUS | CHUNK | as_session("ar-desk") | {"Upload-Offset": str(offset)}
    lines += [f"{name}: {value}" for name, value in headers.items()]
    _, writer = await asyncio.open_connection(client.host, client.port)
    writer.write("\r\n".join([*lines, "", ""]).encode() + data)
    await writer.drain()
    await asyncio.sleep(0.02)  # what the relay has not read when a connection breaks is lost with it
    writer.close()
    await writer.wait_closed()


async def offset_of(client: Client, digest: str, handle: str = "ar-desk") -> int | None:
    """HEAD: where the upload stands, or None."""
    answer = await client.head(f"/v1/attachments/{digest}", headers=TUS | as_session(handle))
    return int(answer.headers["Upload-Offset"]) if answer.status == 200 else None


async def fetch(client: Client, digest: str, handle: str, span: str = "") -> ClientResponse:
    """GET, perhaps with a range."""
    headers = as_session(handle) | ({"Range": f"bytes={span}"} if span else {})
    return await client.get(f"/v1/attachments/{digest}", headers=headers)


async def uploaded(client: Client, data: bytes, handle: str = "ar-desk") -> str:
    """Upload all of `data`; its hash."""
    digest = sha256(data).hexdigest()
    assert (await announce(client, digest, len(data), handle)).status == 201
    assert (await append(client, digest, 0, data, handle)).status == 204
    return digest


async def code(answer: ClientResponse) -> str:
    """The code of a refusal."""
    return str((await answer.json(content_type=None))["code"])
