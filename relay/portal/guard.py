"""What every page of the portal carries, and where a form may come from.

1. No script, no frame, nothing from elsewhere: `default-src 'none'`, styles and the icon from here, forms to here.
2. Nothing is kept by caches, nothing tells another site where somebody came from. To this site a browser does tell it:
   with `no-referrer` it would call the origin of our own forms `null`, as that of a form in a stranger's frame.
3. The session's cookie is `__Host-`, HttpOnly, Secure, SameSite=Strict, and ends with the browser.
4. A form counts where it carries the token of this session (`relay.rules.portal.form_token`), or before the log-in
   that of a cookie which every visit gets, **and** the browser says that this site sent it: `Sec-Fetch-Site`; else, as
   from Safari before 16.4 and many an embedded browser, `Origin`; else `Referer`. None of them may name another site,
   and one that says nothing is refused.
"""

import hmac
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

from aiohttp import hdrs, web

from relay.protocol.problems import Refusal
from relay.read_request import Requests
from relay.rules.portal import form_token

SESSION_COOKIE = "__Host-enlace-portal"
VISIT_COOKIE = "__Host-enlace-visit"
LANGUAGE_COOKIE = "__Host-enlace-language"
FORM = "application/x-www-form-urlencoded"
MOST_FORM = 8192
MOST_FIELDS = 8
MOST_COOKIES = 8192  # characters
_YEAR = 365 * 86_400
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; "
        "base-uri 'none'"
    ),
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_HSTS = {"Strict-Transport-Security": f"max-age={_YEAR}"}


def protect(response: web.StreamResponse, public_url: str) -> None:
    """Give an answer the headers of every page (rules 1 and 2)."""
    response.headers.update(HEADERS)
    response.headers[hdrs.CACHE_CONTROL] = "no-store"
    if urlsplit(public_url).hostname != "localhost":  # there it would bind every other server of a developer
        response.headers.update(_HSTS)


def cookie(request: web.Request, name: str) -> str:
    """A cookie of the request; nothing where there is none, or two of that name."""
    found: list[str] = []
    for line in request.headers.getall(hdrs.COOKIE, []):
        if len(line) > MOST_COOKIES:
            return ""
        for part in line.split(";"):
            key, _, value = part.strip().partition("=")
            if key == name:
                found.append(value)
    return found[0] if len(found) == 1 else ""


def set_cookie(response: web.StreamResponse, name: str, value: str, *, lasting: bool = False) -> None:
    """Set a cookie (rule 3); `lasting` for a year, else until the browser ends."""
    response.set_cookie(
        name, value, path="/", secure=True, httponly=True, samesite="Strict", max_age=_YEAR if lasting else None
    )


def drop_cookie(response: web.StreamResponse, name: str) -> None:
    """Have the browser forget a cookie."""
    response.set_cookie(name, "", path="/", secure=True, httponly=True, samesite="Strict", max_age=0)


async def form_of(request: web.Request, requests: Requests) -> dict[str, str]:
    """The fields of a form that comes in; refuses `media-type`, `too-large`, `malformed`."""
    return read_fields(await requests.body(request, FORM, MOST_FORM))


def read_fields(raw: bytes) -> dict[str, str]:
    """The fields of a form (URL-encoded UTF-8), each once; refuses `malformed`."""
    if not raw:
        return {}
    try:
        text = raw.decode("ascii")
        pairs = parse_qsl(
            text, keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=MOST_FIELDS
        )
    except ValueError:
        raise Refusal("malformed", "the form cannot be read") from None
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise Refusal("malformed", "a field of the form comes twice")
    return fields


def check_form(request: web.Request, fields: dict[str, str], secret: str, public_url: str) -> None:
    """Return if a form came from a page of this session (rule 4); refuses `not-allowed`."""
    ours = sent_by(request.headers, public_url)
    given = fields.get("form", "").encode("utf-8", "surrogatepass")
    if not ours or not secret or not hmac.compare_digest(form_token(secret).encode(), given):
        raise Refusal("not-allowed", "the form did not come from a page of this session")


def sent_by(headers: Mapping[str, str], public_url: str) -> bool:
    """Whether a browser says that a page of this site sent a form (rule 4)."""
    site, origin = headers.get("Sec-Fetch-Site", ""), headers.get(hdrs.ORIGIN, "")
    if origin not in ("", "null") and not _same_origin(origin, public_url):
        return False
    if site:
        return site == "same-origin"
    if origin:
        return origin != "null"
    return _same_origin(headers.get(hdrs.REFERER, ""), public_url)


def _same_origin(text: str, public_url: str) -> bool:
    """Whether an address is one of ours; it is written by a browser, and `public_url` by people."""
    return _origin(text) == _origin(public_url) is not None


def _origin(text: str) -> tuple[str, int] | None:
    """Host and port of an https address; None for anything else."""
    try:
        parts = urlsplit(text)
        return (parts.hostname, parts.port or 443) if parts.scheme == "https" and parts.hostname else None
    except ValueError:
        return None
