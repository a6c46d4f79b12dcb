"""How long details that are no longer in force are kept, and who is reminded that theirs are due to be erased.

1. `KEPT` days after details ceased to hold (`directory.erasable`) they are due, unless this profile keeps them for
   another number of days (`enlace erase keep`). It is the administrator's setting and is sealed in the vault; one that
   is damaged is told, and the usual time holds.
2. Nothing is erased by itself: an administrator looks at what is due and says yes (`enlace erase due`).
3. An administrator is reminded of their member's, the secretariat of what is the roots' to erase; others of nothing.
"""

from dataclasses import dataclass

from desk.entries.erasure_words import counted, sets
from desk.keys.vault import Damaged, Vault
from desk.profile.unlocked import Unlocked
from directory.canonical import encode
from directory.entry import DAY
from directory.erasable import Erasable, ended_at, erasable
from directory.view import NEVER

KEPT = 365
MOST_KEPT = 3650
_NAME = "retention"


@dataclass(frozen=True, slots=True)
class Due:
    """Details that are kept for longer than they should be; `since` is when they ceased to hold (unix seconds)."""

    details: Erasable
    since: int


def kept_days(vault: Vault) -> tuple[int, str]:
    """For how many days this profile keeps them, and what is to be told of that."""
    try:
        days = vault.get_value(_NAME, int)
    except Damaged as error:
        return KEPT, f"{error}. Former details are kept for {KEPT} days; `enlace erase keep DAYS` sets another number"
    return (KEPT if days is None else days), ""


def keep(vault: Vault, days: int) -> None:
    """Keep them for so many days from now on."""
    vault.put(_NAME, encode(days))


def due(desk: Unlocked, days: int) -> list[Due]:
    """What this desk's member, or the roots, keep for longer than `days`, by subject."""
    identity, view, now = desk.profile.identity, desk.replica().view, desk.clock()
    own = [each for each in erasable(view) if each.state != "in force" and each.eraser == identity.member]
    since = ended_at(view, desk.store.entries(0), own) if own else {}
    found = (Due(each, since[each.commitment]) for each in own)
    return [each for each in found if each.since + days * DAY <= now]


def reminder(desk: Unlocked) -> str:
    """One line for who may erase what is due; nothing if nothing is, or for anybody else (rule 3)."""
    identity, view = desk.profile.identity, desk.replica().view
    record = view.officers.get(identity.officer)
    leads = record is not None and record.revoked == NEVER and record.has("administrator", view.size)
    if not leads and identity.kind != "secretariat":
        return ""
    days, told = kept_days(desk.keyring.vault)
    found = due(desk, days)
    if not found:
        return told
    of = len({each.details.subject for each in found})
    words = f"{sets(len(found))} ({counted(of, 'subject')}) ceased to hold {days} days ago or earlier"
    return f"{told + '. ' if told else ''}{words}: `enlace erase due` shows them, and asks whether to erase them"
