"""Whether a request was made before: by its case reference, to the same authority, here or by another channel. Pure.

1. References are compared as people write them: *Exp. 2026-0117* and *EXP 2026/0117* are the same, *2026/117* is not
   (`directory.folding`). A reference that folds to nothing is like no other.
2. It is a duplicate if one of its recipients is a recipient of the other, or another contact of the same member: an
   authority that is asked twice answers twice, or waits for the other desk to do it.
3. A reference under which a request also went by another channel (`via`, or as its form says), or that the other side
   gave it, counts like its own. Of the one that is about to be sent too.
4. What a request follows up is no duplicate of it.
5. A duplicate is told, and never dropped: the same reference may well need a second request.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from desk.requests.acts import Accept, Receive, Via
from desk.requests.life import History, State
from directory.folding import fold


@dataclass(frozen=True, slots=True)
class Duplicate:
    """An earlier request, its state, by which reference it is the same, and whether its recipient is the same too."""

    request: str
    state: State
    reference: str
    recipient: Literal["same-contact", "same-member"]


def references(found: History, beside: Iterable[str] = ()) -> tuple[str, ...]:
    """Every reference a request is known under, as it was written, its sender's first; `beside` are those in what it
    is made with."""
    told = [found.request.case, *beside]
    for each in found.entries:
        act = each.signed.event.act
        if isinstance(act, Receive | Accept | Via) and each.effective:
            told.append(act.reference)
    return tuple(dict.fromkeys(filter(None, told)))


def duplicates(
    cases: Iterable[str],
    to: Iterable[str],
    before: Iterable[tuple[History, Iterable[str]]],
    member_of: Callable[[str], str],
) -> tuple[Duplicate, ...]:
    """The requests among `before`, each with the references in its form, that have one of the references `cases` in
    common with one that is sent `to` contacts.

    `member_of` gives the member of a contact; empty for one that has none (it is then like no other's).
    """
    wanted, recipients = {*map(fold, cases)} - {""}, set(to)
    members = {member_of(each) for each in recipients} - {""}
    if not wanted:
        return ()
    found = list[Duplicate]()
    for each, beside in before:
        same = next((one for one in references(each, beside) if fold(one) in wanted), None)
        if same is None:
            continue
        if recipients & set(each.request.to):
            found.append(Duplicate(each.request.id, each.state, same, "same-contact"))
        elif members & {member_of(contact) for contact in each.request.to}:
            found.append(Duplicate(each.request.id, each.state, same, "same-member"))
    return tuple(sorted(found, key=lambda each: (each.recipient, each.request)))
