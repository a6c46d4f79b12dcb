"""The command that mends what an entry lacks, as it is typed.

1. What is set with `--set` takes the place of what was there: so what there is stands in the command already (numbers,
   officers), and only what is missing is left to fill in, where there are three dots or capitals. Whoever runs it as it
   stands publishes nothing: no detail is ready made that nobody said, and `…` is taken for none.
2. Of what is published nothing stands in a command but numbers, ids and codes: whoever copies it runs nobody's words.
"""

from collections.abc import Iterable

import msgspec

from directory.countries import only_zone
from directory.entry import Entry
from directory.exchange.csv_columns import column
from directory.four_languages import OFFICIAL
from directory.quality import LackCode


def command(code: LackCode, entry: Entry) -> str:
    """What to type about that lack."""
    if code in ("doubtful", "stale", "due"):
        return f"enlace contact attest {entry.id}"
    if code == "unreachable":
        return "enlace watch"
    if code == "cannot-receive":
        return _sync_or_invite(entry)
    if code == "one-officer" and (without := _without_device(entry)):
        return f"enlace invite --officer {without} --out FOLDER"
    return " ".join([f"enlace contact publish {entry.id}", *(f'--set "{each}"' for each in _details(code, entry))])


def _details(code: LackCode, entry: Entry) -> Iterable[str]:
    contact, body = entry.contact, entry.body
    match code:
        case "no-details":
            return f"function={contact.function}", "name_es=…", "phone=always:+…"
        case "no-telephone":
            return (f"phone={_after(column('phone').show(body.phones if body else ()))}always:+…",)
        case "no-night-number":
            return (f"phone={_after(column('phone').show(body.phones if body else ()))}night:+…",)
        case "no-officer" | "one-officer":
            return (f"officers={_after(column('officers').show(contact.officers))}OFFICER",)
        case "names-missing":
            has = {each.partition("-")[0] for each in (body.names if body else ())}
            return tuple(f"name_{each}=…" for each in OFFICIAL if each not in has)
        case "no-alternate":
            return (f"escalation={contact.country.lower()}-…",)
        case "hours-unknown":
            zone = (body is not None and body.zone is not msgspec.UNSET) or only_zone(contact.country)
            return ("hours=…",) if zone else ("hours=…", "zone=…")
        case _:
            return (_PLAIN[code],)


_PLAIN: dict[str, str] = {
    "no-languages": "languages=…",
    "no-e-mail": "email=…@…",
    "no-commitment": "respond=…",
    "no-requirements": "request_languages=…",
}


def _without_device(entry: Entry) -> str:
    """The first of several officers who has no device that serves it; empty if there is none, or it is not known."""
    several = entry.able is not None and len(entry.contact.officers) > 1
    return next((each for each in entry.contact.officers if each not in (entry.able or ())), "") if several else ""


def _after(shown: str) -> str:
    return f"{shown}; " if shown else ""


def _sync_or_invite(entry: Entry) -> str:
    """A device whose keys ran out makes new ones when it synchronises; where there is none, one is invited."""
    if entry.reach == "cannot receive":
        return "enlace sync"
    return f"enlace invite --officer {entry.contact.officers[0]} --out FOLDER"
