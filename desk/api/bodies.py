"""The bodies of calls to the local API: bounded in size and time, as they are, and JSON read strictly.

B1  At most so many bytes, counted as they come: a length that was announced is not believed, and pieces have the same
    bound.
B2  A body comes whole within a time, or is given up: nobody holds a place by sending slowly.
B3  Nothing is unpacked. What is packed small can be large, and whoever asks on the same machine gains nothing by it.
B4  A call's body is a JSON object: UTF-8, no name twice, no nesting beyond `DEEPEST`.
"""

import asyncio
import json
from typing import Any

from aiohttp import hdrs, web

from desk.errors import Usage

MOST_JSON = 1 << 20
DEEPEST = 8


async def body(request: web.Request, most: int, patience: float) -> bytes:
    """The bytes of a body, at most `most`, within `patience` seconds (B1 to B3); raises the web.HTTPException of what
    is wrong."""
    if request.headers.getall(hdrs.CONTENT_ENCODING, ["identity"]) != ["identity"]:
        raise web.HTTPUnsupportedMediaType(reason="send it as it is, without Content-Encoding")
    raw = bytearray()
    try:
        async with asyncio.timeout(patience):
            async for piece in request.content.iter_any():
                raw += piece
                if len(raw) > most:
                    raise web.HTTPRequestEntityTooLarge(most, len(raw))
    except TimeoutError as error:
        raise web.HTTPRequestTimeout(reason=f"the body did not come within {patience:g} seconds") from error
    except web.RequestPayloadError as error:
        raise web.HTTPBadRequest(reason="the body ended before its end") from error
    return bytes(raw)


async def json_body(request: web.Request, patience: float) -> dict[str, Any]:
    """The JSON object in a request, empty for an empty body; raises Usage or a web.HTTPException."""
    raw = await body(request, MOST_JSON, patience)
    if not raw:
        return {}
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType(reason="send application/json")
    return read_object(raw)


def read_object(raw: bytes) -> dict[str, Any]:
    """The JSON object in `raw` (B4); raises Usage, saying what is wrong."""
    try:
        found = json.loads(raw.decode(), object_pairs_hook=_once, parse_constant=_no_number)
    except UnicodeDecodeError as error:
        raise Usage("the body is not UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise Usage(f"the body is no JSON: {str(error)[:200]}") from error
    if not isinstance(found, dict):
        raise Usage("the body is a JSON object of arguments by name")
    if _depth(found) > DEEPEST:
        raise Usage("the body is nested too deep")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands there twice")
    return found


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no number")


def _depth(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max(map(_depth, inner), default=0)
