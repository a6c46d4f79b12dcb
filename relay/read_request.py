"""Reading JSON and notes from requests: announced, bounded in size, time and memory, and of one type; and answering.

The room for requests that are being read is portioned out (`relay.rules.portions`), and so is that for large answers
that were not read yet: who asks for many at once and reads none would else have the relay hold them all. Small ones
(MOST_SMALL, by the size announced) have a room of their own, as large: however many large ones come slowly, whoever
enrols or logs in finds room. **Fails closed**: where there is none, whoever asks is told to try again. So thousands of
connections from several addresses can keep strangers out of it, as they can out of the relay's door.
"""

from collections.abc import Callable, Mapping
from typing import TypeVar

import msgspec
from aiohttp import hdrs, web

from directory.canonical import decode_lenient
from relay.authenticate import ADDRESS, PRINCIPAL
from relay.mail.requests import announced_size, check_type, read_body
from relay.principal import Principal
from relay.protocol import routes
from relay.protocol.problems import Refusal
from relay.rules.portions import Portions
from relay.settings import Limits

T = TypeVar("T")
PIECE = 64 << 10  # bytes
MOST_SMALL = 16 << 10  # bytes of an enrolment, a log-in and the like


class Requests:
    """Reads the bodies of requests within `limits`; `drawing` says whose portion of the room a request draws on."""

    def __init__(self, limits: Limits, drawing: Callable[[Principal | None, str], tuple[str, str]]) -> None:
        self._limits, self._drawing = limits, drawing
        self._large, self._small = (
            Portions(limits.reading_bytes, "too much comes in at once; try again") for _ in range(2)
        )
        self._answers = Portions(limits.writing_bytes, "too much is asked for at once, and not read; try again")

    async def json(self, request: web.Request, kind: type[T], most: int | None = None) -> T:
        """The JSON body as `kind`; refuses `media-type`, `too-large`, `unavailable`; raises Malformed."""
        most = self._limits.json_bytes if most is None else min(most, self._limits.json_bytes)
        return decode_lenient(await self.body(request, routes.JSON, most), kind, most)

    async def body(self, request: web.Request, content_type: str, most: int) -> bytes:
        """The body, which is of `content_type` and has at most `most` bytes."""
        check_type(request, content_type)
        if request.headers.get(hdrs.CONTENT_ENCODING, "identity") != "identity":
            raise Refusal("media-type", "send the body as it is, not compressed")
        size = announced_size(request, most)
        room = self._small if size <= MOST_SMALL else self._large
        with room.take(size, *self._drawing(request.get(PRINCIPAL), request[ADDRESS])):
            return await read_body(request, size, self._limits.body_seconds)

    async def answer(self, request: web.Request, value: msgspec.Struct) -> web.StreamResponse:
        """A struct as a JSON answer, sent as `send` does."""
        return await self.send(request, msgspec.json.encode(value), {hdrs.CONTENT_TYPE: routes.JSON})

    async def send(self, request: web.Request, raw: bytes, headers: Mapping[str, str]) -> web.StreamResponse:
        """An answer of bytes; a large one is written here, as it is read, and holds its portion until then.

        In pieces: what is written whole counts as answered, and on a slow line it would be cut off as idle. Refuses
        `unavailable`. Where writing fails the connection is gone, and with it whoever asked.
        """
        if len(raw) <= PIECE:
            return web.Response(body=raw, headers=headers)
        response = web.StreamResponse(headers=headers)
        response.content_length = len(raw)
        with self._answers.take(len(raw), *self._drawing(request.get(PRINCIPAL), request[ADDRESS])):
            await response.prepare(request)
            for start in range(0, len(raw), PIECE):
                await response.write(raw[start : start + PIECE])
            await response.write_eof()
        return response


def json_answer(value: msgspec.Struct, status: int = 200) -> web.Response:
    """A struct as a JSON answer."""
    return web.Response(status=status, body=msgspec.json.encode(value), content_type=routes.JSON)
