"""Ids made from what a contact is, for files that give none: the same file gives the same ids every time.

`CO`, `prosecution`, “Fiscalía General de la Nación” make `co-prosecution-fiscalia-general-nacion`. What does not fit
into an id (six parts after the country, thirty characters each, only plain letters and digits) is left out, and six
digits of a hash over the whole name stand for it.
"""

import re
from hashlib import sha256

from directory.folding import fold, telling_words
from directory.functions import BY_CODE as FUNCTIONS

MOST_PARTS = 6
MOST_PART = 30
_HASH_DIGITS = 6
_PLAIN = re.compile("[a-z0-9]+")


def derived_id(country: str, function: str, name: str) -> str:
    """The id of a contact without one."""
    known = FUNCTIONS.get(function)
    return id_of_parts(country, (known.short if known else function.replace("-", "")[:MOST_PART],), name)


def id_of_parts(country: str, parts: tuple[str, ...], name: str) -> str:
    """An id of fixed parts and as many words of `name` as fit; at most five fixed parts, each fit for an id."""
    found = telling_words(name)
    plain = [word for word in found if _PLAIN.fullmatch(word) and len(word) <= MOST_PART]
    room = MOST_PARTS - len(parts)
    if len(plain) < len(found) or len(plain) > room:
        plain = [*plain[: room - 1], sha256(fold(name).encode()).hexdigest()[:_HASH_DIGITS]]
    return "-".join([country.lower(), *parts, *plain])
