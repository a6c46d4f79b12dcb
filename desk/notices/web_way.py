"""Telling by a webhook: one POST of a few fixed fields of JSON over HTTPS.

    {"about":"waiting","at":"03:12 (UTC-05:00)","contacts":["co-desk"],"language":"es","precedence":"flash",
     "text":"…","time":1767225600,"type":"enlace/night-notice/v1","waiting":1}

1. The certificate is checked, against the system's authorities or the one that is named. No redirection is followed, no
   proxy of the environment used, no cookie kept: it goes to the address in the settings, or nowhere.
2. With a secret, the header `Enlace-Signature` holds `v1=` and the HMAC-SHA-256 of the body in hexadecimal. The time in
   the body, unix seconds, is for the receiver to refuse old ones by.
   In a network for exercises `exercise` is true, and the text begins with that; elsewhere it is left out.
3. An answer from 200 to 299 within `seconds` counts as told; its body is not read.
"""

import hashlib
import hmac
import ssl

import msgspec

from desk.errors import DeskError
from desk.notices.secret_file import secret
from desk.notices.settings import WebWay
from desk.notices.words import NOTICE_TYPE, Telling
from desk.safe_text import line
from directory.canonical import encode

SIGNATURE_HEADER = "Enlace-Signature"
_MOST_WHY = 200


class Posted(msgspec.Struct, frozen=True, kw_only=True):
    """What is posted."""

    type: str
    about: str
    precedence: str
    contacts: tuple[str, ...]
    waiting: int
    at: str
    time: int
    language: str
    text: str
    exercise: bool | msgspec.UnsetType = msgspec.UNSET


def body(telling: Telling, now: int) -> bytes:
    """The bytes that are posted."""
    fields = {name: getattr(telling, name) for name in telling.__struct_fields__}
    fields["exercise"] = telling.exercise or msgspec.UNSET
    return encode(Posted(type=NOTICE_TYPE, time=now, text=telling.text, **fields))


def signature(key: bytes, data: bytes) -> str:
    """The value of the header (rule 2)."""
    return f"v1={hmac.new(key, data, hashlib.sha256).hexdigest()}"


async def tell_by_webhook(way: WebWay, telling: Telling, now: int) -> str:
    """Post it; returns why it did not arrive, empty if it did."""
    import aiohttp  # here, and not at the top: it takes longer to load than most commands take

    try:
        data = body(telling, now)
        headers = {"Content-Type": "application/json"}
        if way.secret_file:
            headers[SIGNATURE_HEADER] = signature(secret(way.secret_file), data)
        context = ssl.create_default_context(cafile=way.authority or None)
        async with (
            aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=context),
                timeout=aiohttp.ClientTimeout(total=way.seconds),
                cookie_jar=aiohttp.DummyCookieJar(),
            ) as session,
            session.post(way.url, data=data, headers=headers, allow_redirects=False) as answer,
        ):
            status = answer.status
    except TimeoutError:
        return f"no answer within {way.seconds} s"
    except DeskError as error:
        return str(error)
    except (aiohttp.ClientError, OSError, ValueError) as error:
        return line(f"it cannot be posted: {error}", _MOST_WHY)
    return "" if 200 <= status <= 299 else f"the address answered {status}"
