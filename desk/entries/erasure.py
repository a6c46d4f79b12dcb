"""Details to be erased by statement: which, whose, and why; `desk.replica.synchronise` then erases this desk's copies.

1. The statement says what is erased, when and by whom, to everybody. The reason is nobody else's business: it stays on
   the desk that signed, sealed in its vault, written down before anything is sent.
2. What belongs to others is refused before anybody is asked: a member's details are for its own administrators, those
   of the roots for the secretariat with root keys (`directory.erasable`).
3. A subject's details go together, those in force and every former one, unless only the former ones are asked for:
   a name erased from the newest and left in the one before is not erased.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Literal

import msgspec

from desk.errors import Declined
from desk.keys.vault import Damaged, Vault
from desk.profile.folder import Identity
from directory.canonical import encode
from directory.erasable import Erasable, erasable
from directory.fields import Hash, Time
from directory.view import View

Reason = Literal["left", "court-order", "retention", "request", "mistake"]
_REASONS = "erasures"


class Noted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Details that this desk signed the erasure of, when, and why."""

    at: Time
    reason: Reason
    bodies: tuple[Hash, ...]


def of_subjects(view: View, subjects: Collection[str], *, former: bool = False) -> list[Erasable]:
    """What can still be erased of `subjects`; only what is not in force, if `former`."""
    wanted = set(subjects)
    return [each for each in erasable(view) if each.subject in wanted and not (former and each.state == "in force")]


def check_power(identity: Identity, view: View, chosen: Iterable[Erasable], now: int) -> None:
    """Return if details are this desk's user's to erase (`power`); raise Declined if not (rule 2).

    The root keys stand in where a member has no administrator who could.
    """
    mine = power(identity, view, now)
    for each in chosen:
        stands_in = mine == "" and bool(each.eraser) and not view.administrators(each.eraser, now)
        if each.eraser != mine and not stands_in:
            who = f"the administrators of {each.eraser}" if each.eraser else "the secretariat, with root keys,"
            raise Declined(f"the details of {each.subject} are for {who} to erase")


def power(identity: Identity, view: View, now: int) -> str | None:
    """Whose details this desk's user may erase: a member's, as its administrator; "" for the roots'; None: nobody's."""
    if identity.kind == "secretariat":
        return ""
    if identity.member not in view.members or identity.officer not in view.administrators(identity.member, now):
        return None
    return identity.member


def note_reason(vault: Vault, reason: Reason, chosen: Sequence[Erasable], now: int) -> str:
    """Write down why details are erased; returns what is to be told, if earlier reasons were damaged."""
    lost = ""
    try:
        noted = vault.get_value(_REASONS, tuple[Noted, ...]) or ()
    except Damaged as error:
        noted, lost = (), f"{error}. The reasons of earlier erasures are lost; what was erased stands in the log"
    fresh = Noted(at=now, reason=reason, bodies=tuple(each.commitment for each in chosen))
    # After a crash here a reason may be noted for what was not erased; it is shown only of what was.
    vault.put(_REASONS, encode((*noted, fresh)))
    return lost


def reasons(vault: Vault) -> dict[str, Reason]:
    """Why this desk had details erased, by commitment; raises Damaged."""
    noted = vault.get_value(_REASONS, tuple[Noted, ...]) or ()
    return {body: each.reason for each in noted for body in each.bodies}
