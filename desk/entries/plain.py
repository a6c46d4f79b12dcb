"""An entry for programs: what `enlace find --json` and `enlace show --json` print of it. Pure.

Every field is documented in docs/finding.md; a test holds that page to this.
"""

from typing import Any

from desk.entries.words import Around
from desk.mail.reached import Reached
from directory.bodies import ContactBody
from directory.countries import country_name
from directory.entry import Entry
from directory.finding.answering import Answer
from directory.finding.numbering import dialled_from, spaced
from directory.finding.search import Found
from directory.functions import function_label


def found_plain(found: Found, language: str, around: Around) -> dict[str, Any]:
    """What a search found: how many, the first of them, and what was understood."""
    return {
        "total": found.total,
        "first": found.lead,
        "now": found.now,
        "nobody_in": list(found.nobody_in),
        "words_left_out": found.left_out,
        "results": [
            plain(each.entry, each.answer, language, around) | {"why": list(each.why), "score": each.score}
            for each in found.results
        ],
    }


def plain(entry: Entry, replied: Answer, language: str, around: Around) -> dict[str, Any]:
    """One entry, with who is next and when this desk last reached it."""
    body, contact = entry.body, entry.contact
    return {
        "contact": entry.id,
        "name": entry.name(language),
        "country": contact.country,
        "country_name": country_name(contact.country, language),
        "function": contact.function,
        "function_name": function_label(contact.function, language),
        "member": contact.member,
        "circles": list(contact.circles),
        "shown_to": list(around.readers.get(entry.id, ())),
        "standing": entry.standing,
        "freshness": entry.grade,
        "since": entry.since,
        "attested": contact.attested_at,
        "reach": entry.reach,
        "reached": _reached(around.reached.get(entry.id)),
        "languages": list(entry.languages),
        "phones": _phones(body, around.here),
        "emails": list(body.emails) if body else [],
        "open": replied.open,
        "changes_at": replied.changes_at,
        "local": replied.local.strftime("%Y-%m-%d %H:%M") if replied.local else None,
        "zone": str(body.zone) if body and body.zone else None,
        "next": [_next(each, language, around) for each in contact.escalation],
        "absence": entry.absence,
    }


def _phones(body: ContactBody | None, here: str) -> list[dict[str, Any]]:
    return [
        {
            "number": each.number,
            "use": each.use,
            "spaced": spaced(each.number),
            "dial": dialled_from(each.number, here) or None,
        }
        for each in (body.phones if body else ())
    ]


def _reached(reached: Reached | None) -> dict[str, Any] | None:
    if reached is None:
        return None
    return {
        "tried": reached.tried,
        "at": reached.at or None,
        "how": reached.how or None,
        "unreached": reached.unreached,
    }


def _next(contact: str, language: str, around: Around) -> dict[str, Any]:
    other, replied = around.alternates.get(contact, (None, Answer(None)))
    return {
        "contact": contact,
        "name": other.name(language) if other else None,
        "open": replied.open,
        "changes_at": replied.changes_at,
        "phones": _phones(other.body, around.here) if other else [],
    }
