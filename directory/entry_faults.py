"""What is wrong with an entry's details beyond their form: numbers, addresses and languages that there cannot be.

1. Only what an import brings in is judged. What is published already stands, so that changing a name never fails on a
   number that was taken when rules were others.
2. A *fault* stops an import: nobody can be reached so. A *doubt* is told and stops nothing: it may well be right.
3. An e-mail address has the form that a body asks for; here its parts are looked at: what the name of a mailbox is made
   of without quotation marks (RFC 5321 section 4.1.2, RFC 6531 section 3.3), so that no `mailto:` and no bracket is
   taken for a part of it; dots, hyphens, lengths, and that it does not end in digits (RFC 1123 section 2.1).
4. A language's code of two letters is one of ISO 639-1; those of three letters are too many to keep a list of.
"""

import re
from collections.abc import Iterator

from directory.bodies import ContactBody
from directory.finding.numbering import standing
from directory.languages import language_nearest

Fault = tuple[str, str, str]
"""A column, what is wrong with it, and what to do."""

_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.\-\u00a0-\U0010ffff]+")
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_ISO_639_1 = (
    "aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en eo "
    "es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka "
    "kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng "
    "nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su "
    "sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu"
)
ISO_639_1 = frozenset(_ISO_639_1.split())


def faults(body: ContactBody, before: ContactBody | None) -> Iterator[Fault]:
    """Everything new in `body` that cannot be right (rule 2)."""
    known = {each.number for each in before.phones} if before else set()
    for number in dict.fromkeys(each.number for each in body.phones):
        if number not in known and standing(number) == "impossible":
            yield "phone", f"no telephone can have the number {number}", "look for a digit too few or too many"
    for address in body.emails:
        if (before is None or address not in before.emails) and not _deliverable(address):
            yield "email", f"no mailbox can have the address {address}", "look for a slip in it"
    codes = _codes(before) if before else {}
    for column, used in _codes(body).items():
        for code in used:
            base = code.partition("-")[0]
            if len(base) == 2 and base not in ISO_639_1 and code not in codes.get(column, ()):
                near = language_nearest(base)
                do = f"did you mean {near}?" if near else "write es, en, pt, fr or another ISO 639 code"
                yield column, f"no language has the code {code}", do


def doubts(body: ContactBody, before: ContactBody | None) -> Iterator[tuple[str, str]]:
    """Everything new in `body` that may well be wrong: the column, and what about it."""
    known = {each.number for each in before.phones} if before else set()
    for number in dict.fromkeys(each.number for each in body.phones):
        if number not in known and standing(number) == "unassigned":
            yield "phone", f"{number} is in no range known to be given out there; dial it once"


def _deliverable(address: str) -> bool:
    local, _, domain = address.rpartition("@")
    labels = domain.split(".")
    dotted = local.startswith(".") or local.endswith(".") or ".." in local
    if dotted or not _ATOMS.fullmatch(local):
        return False
    return all(map(_LABEL.fullmatch, labels)) and not labels[-1].isdigit()


def _codes(body: ContactBody) -> dict[str, tuple[str, ...]]:
    """The languages in every column that has some."""
    named = {f"name_{code}": (code,) for code in body.names} | {f"notes_{code}": (code,) for code in body.notes}
    return {"languages": body.languages, "request_languages": body.requirements.languages, **named}
