"""What officers of a roster are called: by the directory's bodies, where this desk may see them. Pure.

1. A body calls an officer by an office or a rank. Two may be called alike, so the beginning of the id stands behind it:
   `Night duty (0a1b2c3d)`; alone, where there is no body.
2. Who writes a roster may write a person as such a name or the beginning of an id, of at least four digits. What fits
   two officers is refused with both: a roster never guesses.
"""

import re
from collections.abc import Iterable, Mapping

from desk.safe_text import line
from directory.bodies import OfficerBody, read_body_bytes
from directory.canonical import Malformed
from directory.folding import fold
from directory.view import View

MOST_LABEL = 40
_ID = re.compile(r"[0-9a-f]{4,32}")


class NoSuchOfficer(ValueError):
    """A word that stands for no officer, or for several; the text says which, and what to do."""


def labels(view: View, opened: Mapping[str, tuple[bytes, bytes]], officers: Iterable[str]) -> dict[str, str]:
    """What each officer's body calls them, by id; those without one are left out. `opened`: salt and body."""
    found: dict[str, str] = {}
    for officer in officers:
        record = view.officers.get(officer)
        if record is None or record.body not in opened:
            continue
        try:
            body = read_body_bytes(opened[record.body][1], OfficerBody)
        except Malformed:
            continue
        if isinstance(body, OfficerBody):
            found[officer] = body.label
    return found


def bodies_wanted(view: View, officers: Iterable[str]) -> list[str]:
    """The commitments under which `labels` looks."""
    return [view.officers[each].body for each in officers if each in view.officers]


def called(officer: str, labelled: Mapping[str, str]) -> str:
    """An officer in words that are safe to show (rule 1)."""
    label = line(labelled.get(officer, ""), MOST_LABEL)
    return f"{label} ({officer[:8]})" if label else officer[:8]


def officer_named(text: str, officers: Iterable[str], labelled: Mapping[str, str]) -> str:
    """The officer whom a word means (rule 2); raises NoSuchOfficer."""
    known, word = tuple(officers), text.strip()
    wanted = fold(word)
    found = [each for each in known if wanted and fold(labelled.get(each, "")) == wanted]
    bare = re.sub(r".*\(([0-9a-f]{8})\)\s*\Z", r"\1", word.lower())
    if not found and _ID.fullmatch(bare):
        found = [each for each in known if each.startswith(bare)]
    if not found:
        listed = ", ".join(called(each, labelled) for each in known) or "nobody"
        raise NoSuchOfficer(f"no officer of this contact is {line(word, 60)!r}; there are {listed}")
    if len(found) > 1:
        listed = ", ".join(called(each, labelled) for each in found)
        raise NoSuchOfficer(f"{line(word, 60)!r} fits several officers: {listed}; write the beginning of the id")
    return found[0]
