"""Reading requests to the mail: the path's hash, the content type, a bounded body in bounded time."""

import asyncio
import re

from aiohttp import web

from relay.authenticate import asked_again
from relay.protocol.problems import Refusal

_HASH = re.compile(r"[0-9a-f]{64}")


def is_hash(text: str) -> bool:
    """Whether `text` is a SHA-256 in hexadecimal."""
    return _HASH.fullmatch(text) is not None


def path_hash(request: web.Request) -> str:
    """The hash that a resource is about; raises Refusal `not-found` for anything else in its place."""
    text = request.match_info["hash"]
    if not is_hash(text):
        raise Refusal("not-found")
    return text


def check_type(request: web.Request, expected: str) -> None:
    """Return if the body is of the type expected; raise Refusal if not."""
    if request.content_type != expected:
        raise Refusal("media-type", f"send this as {expected}")


def announced_size(request: web.Request, most: int) -> int:
    """The bytes of the body, which whoever asks has to announce; raises Refusal for too many."""
    size = request.content_length
    if size is None:
        raise Refusal("malformed", "announce the body's size (Content-Length)")
    if size > most:
        raise Refusal("too-large", f"at most {most} bytes are taken here")
    return size


async def read_body(request: web.Request, size: int, seconds: int) -> bytes:
    """A body of `size` bytes; raises Refusal if it does not arrive whole within `seconds`, or if whoever sent it does
    not count any more when it has."""
    try:
        async with asyncio.timeout(seconds):
            raw = await request.content.readexactly(size) if size else b""
    except TimeoutError:
        raise Refusal("malformed", f"the body did not arrive within {seconds} seconds") from None
    except (asyncio.IncompleteReadError, ConnectionError, web.RequestPayloadError) as error:
        raise Refusal("malformed", "the body broke off") from error
    await asked_again(request)
    return raw
