"""Which messages of a case an officer means: by their ids, or by their places in the thread as it was shown last.

1. A message is named by the hash of its signed text, on every desk and for good: DIGITS of it, or more, as far as they
   are one message's alone.
2. A place is a number in a thread. Threads differ from desk to desk, and move on each: a message comes late, is handed
   over, is erased. So a place counts by what this desk showed last, and only while it leads to the same message. If it
   leads elsewhere by now, or was never shown, nothing is done, and both are named.
3. What was shown last is kept in the vault: the beginnings of hashes, in order, one list for each case.
"""

import re
from collections.abc import Iterator, Sequence

from desk.cases.acts import Say
from desk.cases.fold import Case, Entry
from desk.errors import Declined, NotFound, Usage
from desk.keys.vault import Damaged, Vault
from desk.safe_text import line
from desk.terminal import stamp
from directory.canonical import encode

DIGITS = 8
_KEPT = 32  # digits of each hash: enough that nobody makes another message with the same
_PLACE, _ID = re.compile(r"[1-9][0-9]{0,6}"), re.compile(rf"[0-9a-f]{{{DIGITS},64}}")


def places_now(case: Case) -> tuple[str, ...]:
    """What the places of a case lead to, in order."""
    return tuple(each.signed.id[:_KEPT] for each in case.entries)


def remember(vault: Vault, name: str, case: Case) -> None:
    """Keep what the places of the case of that id lead to, now that they were shown. Raises DeskError and OSError."""
    now = places_now(case)
    if recalled(vault, name) != now:
        vault.put(_name(name), encode(now))


def recalled(vault: Vault, name: str) -> tuple[str, ...] | None:
    """What the places of a case led to when they were shown last; None where that was never, or is not known."""
    try:
        return vault.get_value(_name(name), tuple[str, ...])
    except Damaged:
        return None


def meant(case: Case, words: Sequence[str], shown: Sequence[str] | None) -> tuple[str, ...]:
    """The ids of the messages that `words` mean, each once, in the order of the thread; `shown` is what was recalled.

    Raises Usage for a word that is neither place nor id, or an id that is too short; NotFound where nothing was said;
    Declined for a place that leads elsewhere than it was shown to.
    """
    named = {_one(case, word.lower(), shown) for word in words}
    return tuple(each.signed.id for each in case.entries if each.signed.id in named)


def short(name: str) -> str:
    """An id as it is shown."""
    return name[:DIGITS]


def _one(case: Case, word: str, shown: Sequence[str] | None) -> str:
    if _PLACE.fullmatch(word) and len(word) < DIGITS:
        return _at(case, int(word), shown)
    if not _ID.fullmatch(word):
        words = (
            f"{line(word)} is neither a place of this case nor an id: the first {DIGITS} digits of a message's, or more"
        )
        raise Usage(f"{words}, as `enlace case show` has them")
    found = [each.signed.id for each in _said(case) if each.signed.id.startswith(word)]
    if not found:
        raise NotFound(f"no message of this case has an id that begins with {word}; `enlace case show` has the ids")
    if len(found) > 1:
        raise Usage(
            f"{len(found)} messages of this case have ids that begin with {word}: {', '.join(found)}; give more"
        )
    return found[0]


def _said(case: Case) -> Iterator[Entry]:
    return (each for each in case.entries if isinstance(each.signed.event.act, Say))


def _at(case: Case, place: int, shown: Sequence[str] | None) -> str:
    """What was said at a place, if it was shown there."""
    look = "look at `enlace case show` again, or name the message by its id, which never changes"
    if shown is None:
        raise Declined(f"the places of this case were not shown on this desk yet, so {place} may mean another: {look}")
    then = shown[place - 1] if place <= len(shown) else ""
    entry = case.entries[place - 1] if place <= len(case.entries) else None
    if (entry.signed.id[:_KEPT] if entry is not None else "") != then:
        was = f"was {short(then)} when this case was shown last" if then else "was not there when it was shown last"
        now = f"is {_words(entry)} now" if entry is not None else "is not there any more"
        raise Declined(f"place {place} {was}, and {now}: messages have come, or were erased. Nothing was done; {look}")
    if entry is None or not isinstance(entry.signed.event.act, Say):
        raise NotFound(f"nothing was said at place {place} of this case; `enlace case show` numbers what was")
    return entry.signed.id


def _words(entry: Entry) -> str:
    return f"{short(entry.signed.id)}, of {entry.signed.contact}, {stamp(entry.at)},"


def _name(case: str) -> str:
    return f"case-places-{case[:_KEPT]}"
