"""What the recipients of a draft ask of a request, as their contacts say in the directory; and what the gate says then.

1. Each recipient is asked for itself: what stops for one of them stops the draft, for it goes to all as one message.
2. A contact whose details this desk cannot read asks for nothing that it knows of; that is said, not passed over.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from desk.drafting.drafts import FormDraft
from desk.errors import Declined, NotFound, Usage
from desk.forms.calendar import contradicted
from desk.forms.catalogue import form_of
from desk.forms.definition import Form
from desk.forms.missing import Gap, missing
from directory.bodies import Requirements
from directory.entry import Entry, entries
from directory.view import View


@dataclass(frozen=True, slots=True)
class Recipient:
    """A contact that a draft is for: its id, name, country and languages, and what it asks for, if that is known."""

    contact: str
    country: str
    entry: Entry
    asks: Requirements | None

    def name(self, language: str) -> str:
        """What it is called in a language, with its id."""
        return f"{self.entry.name(language)} ({self.contact})"


@dataclass(frozen=True, slots=True)
class Lack:
    """A gap, and the contacts that ask for it; none, if the form itself does."""

    gap: Gap
    asked_by: tuple[str, ...] = ()


def recipients(
    view: View, bodies: Mapping[str, bytes], reader: str, contacts: Iterable[str], now: int
) -> tuple[Recipient, ...]:
    """The contacts of those ids; raises NotFound for one that is not there, Declined for one no longer listed."""
    wanted = tuple(contacts)
    known = {each.id: each for each in entries(view, bodies, now, reader=reader)} if wanted else {}
    found = []
    for contact in wanted:
        if contact not in view.contacts:
            raise NotFound(f"there is no contact {contact}; `enlace find` lists them")
        if contact not in known:
            raise Declined(f"contact {contact} is no longer listed")
        entry = known[contact]
        asks = entry.body.requirements if entry.body is not None else None
        found.append(Recipient(contact, entry.contact.country, entry, asks))
    return tuple(found)


def known_form(draft: FormDraft) -> Form:
    """The form of a draft; raises Usage where this desk has lost it, as an older version has."""
    form = form_of(draft.filled.form)
    if form is None:
        raise Usage(f"this desk does not know the form {draft.filled.form}: update Enlace")
    return form


def lacks(draft: FormDraft, to: Iterable[Recipient], now: int) -> tuple[Lack, ...]:
    """Everything that a draft lacks: what its form asks for, the days in it that contradict `now` (unix seconds), then
    what its recipients ask for, each gap once (rule 1)."""
    form = known_form(draft)
    found = {gap: list[str]() for gap in (*missing(form, draft.filled), *contradicted(form, draft.filled, now))}
    for recipient in to:
        if recipient.asks is None:
            continue
        for gap in missing(form, draft.filled, recipient.asks):
            if gap.source == "recipient":
                found.setdefault(gap, []).append(recipient.contact)
    return tuple(Lack(gap, tuple(asked_by)) for gap, asked_by in found.items())


def can_be_sent(found: Iterable[Lack]) -> bool:
    """Whether nothing that is lacking stops a draft."""
    return not any(each.gap.stops for each in found)
