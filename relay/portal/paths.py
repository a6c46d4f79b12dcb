"""The portal's pages, for browsers: HTML, and no part of the protocol that desks speak (docs/portal.md).

| method and path | who | what |
|---|---|---|
| GET /portal | anybody | the way to the search |
| GET /portal/ | session | the search, its results; q, country, function, language, circle, now, most |
| GET /portal/contact/{contact} | session | everything about one contact |
| GET /portal/account | session | what access this is |
| POST /portal/logout | session | end this session |
| POST /portal/end | session | end every session of the officer |
| GET /portal/login | anybody | the form; back |
| POST /portal/login | anybody | log in |
| GET /portal/style.css, /portal/icon.svg | anybody | what every page refers to |
| GET /portal/{anything else} | anybody | there is no such page |

Every GET page takes `lang` too: es, en, pt or fr, remembered in a cookie.
"""

import re
from urllib.parse import parse_qsl, urlencode

ROOT = "/portal"
FIND = "/portal/"
CONTACT = "/portal/contact/{contact}"
ACCOUNT = "/portal/account"
LOGOUT = "/portal/logout"
END = "/portal/end"
LOGIN = "/portal/login"
STYLE = "/portal/style.css"
ICON = "/portal/icon.svg"
OTHER = "/portal/{other:.*}"
SHOWN = frozenset({ROOT, FIND, CONTACT, ACCOUNT, LOGOUT, END, LOGIN, STYLE, ICON, "/portal/{other}"})
"""All of them, as templates."""

MOST_TEXT = 200  # characters of a search
ASKED = ("q", "country", "function", "language", "circle", "now", "most")
_CONTACT = re.compile(r"/portal/contact/[a-z0-9-]{1,64}")
_PLAIN = frozenset({FIND, ACCOUNT})


def query_text(asked: dict[str, str]) -> str:
    """The query of a search, empty values left out; with its question mark, or nothing."""
    kept = {name: asked[name][:MOST_TEXT] for name in ASKED if asked.get(name)}
    return "?" + urlencode(kept) if kept else ""


def way_back(text: str) -> str:
    """The page of the portal that `text` names, written anew; the search for whatever is none: so nobody is sent
    anywhere else after a log-in."""
    path, _, query = text.partition("?")
    if path not in _PLAIN and not _CONTACT.fullmatch(path):
        return FIND
    try:
        asked = dict(parse_qsl(query, max_num_fields=16, errors="strict"))
    except ValueError:
        return path
    return path + query_text(asked)
