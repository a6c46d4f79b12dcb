"""Attachments over HTTP: tus 1.0 (core and creation) to upload, ranges to download.

    POST  /v1/attachments         Upload-Length, Upload-Metadata: sha256 <base64 of the hash in hexadecimal>   → 201
    HEAD  /v1/attachments/{hash}                                                   → Upload-Offset, Upload-Length
    PATCH /v1/attachments/{hash}  Upload-Offset, application/offset+octet-stream   → 204, Upload-Offset
    GET   /v1/attachments/{hash}  Range                                            → 200 or 206

1. The address of an upload is its hash. POST for a hash that was announced before is answered like the first time, so a
   lost answer does no harm; HEAD then says where to go on.
2. Numbers have one spelling. A length that is not known at the start (Upload-Defer-Length) is not taken.
3. An upload may take hours, and ends within a second when its device, or its session, does not count any more.
4. Uploads and their answers carry `Tus-Resumable: 1.0.0`. (Refusals do not: they are problem details, as everywhere.)
"""

import asyncio
from collections.abc import AsyncIterator
from typing import IO, Any, cast

from aiohttp import hdrs, web
from aiohttp.abc import AbstractStreamWriter

from crypto.encoding import EncodingError, decimal, unb64
from relay.authenticate import PRINCIPAL, asked_again
from relay.mail.attachments import Attachments
from relay.mail.requests import check_type, is_hash, path_hash
from relay.mail.settings import MailSettings
from relay.protocol import routes
from relay.protocol.problems import Refusal

_TUS = {"Tus-Resumable": routes.TUS_VERSION}
_CONDITIONS = (
    hdrs.IF_MATCH, hdrs.IF_NONE_MATCH, hdrs.IF_MODIFIED_SINCE, hdrs.IF_UNMODIFIED_SINCE, hdrs.IF_RANGE
)  # fmt: skip
_SEND_PIECE = 256 << 10
ASKED = 1.0  # seconds after which whoever uploads is asked for again


def attachment_routes(attachments: Attachments, settings: MailSettings) -> list[web.RouteDef]:
    """The routes, for the app to add."""
    handlers = _Handlers(attachments, settings)
    return [
        web.post(routes.ATTACHMENTS, handlers.announce),
        web.head(routes.ATTACHMENT, handlers.state),
        web.patch(routes.ATTACHMENT, handlers.append),
        web.get(routes.ATTACHMENT, handlers.fetch, allow_head=False),
    ]


class _Handlers:
    def __init__(self, attachments: Attachments, settings: MailSettings) -> None:
        self._attachments, self._settings = attachments, settings

    async def announce(self, request: web.Request) -> web.Response:
        """POST /v1/attachments."""
        device = request[PRINCIPAL].require("session").device
        _check_tus(request)
        attachment = _announced_hash(request.headers.get("Upload-Metadata", ""))
        await self._attachments.announce(device, attachment, _number(request, "Upload-Length"))
        return web.Response(status=201, headers=_TUS | {"Location": routes.ATTACHMENT.format(hash=attachment)})

    async def state(self, request: web.Request) -> web.Response:
        """HEAD /v1/attachments/{hash}."""
        device = request[PRINCIPAL].require("session").device
        _check_tus(request)
        upload = await self._attachments.state(device, path_hash(request))
        numbers = {"Upload-Offset": str(upload.offset), "Upload-Length": str(upload.length)}
        return web.Response(headers=_TUS | numbers | {"Cache-Control": "no-store"})

    async def append(self, request: web.Request) -> web.Response:
        """PATCH /v1/attachments/{hash}."""
        device = request[PRINCIPAL].require("session").device
        _check_tus(request)
        check_type(request, routes.CHUNK)
        offset, pieces = _number(request, "Upload-Offset"), _pieces(request, self._settings.body_seconds)
        size = request.content_length or 0  # what comes in chunks is counted as it comes
        try:
            upload = await self._attachments.append(device, path_hash(request), offset, pieces, size)
        except TimeoutError:
            raise Refusal("malformed", "the upload stalled; go on from where it stands") from None
        except (ConnectionError, web.RequestPayloadError) as error:
            raise Refusal("malformed", "the upload broke off; go on from where it stands") from error
        return web.Response(status=204, headers=_TUS | {"Upload-Offset": str(upload.offset)})

    async def fetch(self, request: web.Request) -> web.StreamResponse:
        """GET /v1/attachments/{hash}."""
        device = request[PRINCIPAL].require("session").device
        if any(each in request.headers for each in _CONDITIONS):
            raise Refusal("malformed", "an attachment is what its hash says: it is asked for under no condition")
        path = await self._attachments.whole(device, path_hash(request))
        size = (await asyncio.to_thread(path.stat)).st_size
        try:
            start = request.http_range.start
        except ValueError:
            raise Refusal("range-wrong", "ask for one range of bytes") from None
        if start is not None and start >= size:
            raise Refusal("range-wrong", f"the attachment has {size} bytes")
        headers = {"Content-Type": routes.BYTES, "Cache-Control": "no-store"}
        return ReadFile(path, chunk_size=_SEND_PIECE, headers=headers)


class ReadFile(web.FileResponse):
    """Written piece by piece, as it is read: the system's own way would never tell the connection that nobody reads
    (`relay.unreadable`, rule 5)."""

    async def _sendfile(self, request: web.BaseRequest, fobj: IO[Any], offset: int, count: int) -> AbstractStreamWriter:
        writer = cast(AbstractStreamWriter, await web.StreamResponse.prepare(self, request))
        return await self._sendfile_fallback(writer, fobj, offset, count)


def _check_tus(request: web.Request) -> None:
    if request.headers.get("Tus-Resumable") != routes.TUS_VERSION:
        raise Refusal("tus-version")


def _number(request: web.Request, name: str) -> int:
    try:
        return decimal(request.headers.get(name, ""))
    except EncodingError as error:
        raise Refusal("malformed", f"{name}: {error}") from error


def _announced_hash(metadata: str) -> str:
    """The hash in `sha256 <base64>`, the only metadata there is: the relay should not know a file's name."""
    key, _, value = metadata.partition(" ")
    try:
        text = unb64(value).decode("ascii") if key == "sha256" else ""
    except (EncodingError, UnicodeDecodeError):
        text = ""
    if not is_hash(text):
        raise Refusal("malformed", "Upload-Metadata is `sha256` and the base64 of the hash in hexadecimal, no more")
    return text


async def _pieces(request: web.Request, seconds: int) -> AsyncIterator[bytes]:
    """The body as it comes; raises TimeoutError when nothing comes for `seconds`, and Refusal within ASKED seconds for
    a device that does not count any more, however slowly it sends."""
    loop = asyncio.get_running_loop()
    came = asked = loop.time()
    while True:
        piece: bytes | None = None
        try:
            async with asyncio.timeout(ASKED):
                piece = await request.content.readany()
            came = loop.time()
        except TimeoutError:
            if loop.time() - came >= seconds:
                raise
        if not piece or loop.time() - asked >= ASKED:
            await asked_again(request)
            asked = loop.time()
        if piece == b"":
            return
        if piece is not None:
            yield piece
