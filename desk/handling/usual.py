"""The marks that a desk gives its messages unless others are said: a coordinator's usual ones. Kept in the vault.

U1  What is said on the command line goes before what is usual; what is neither said nor usual is as the format has it.
U2  An answer is by itself no looser (TLP, third-party rule) than what it answers: who quotes, quotes under that mark.
    Whoever says a looser mark for an answer has it, and is told.
U3  Usual marks are this desk's alone: nobody is told of them, and no recovery file has them.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec

from desk.handling.marks import Handling, Tlp
from desk.handling.rules import ONWARD_ORDER, TLP_ORDER
from desk.keys.vault import Vault
from directory.canonical import encode

NAME = "usual-marks"
MOST_DAYS = 36_500
_DAY = 86_400


class UsualMarks(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The usual marks; empty, or 0 days, where there is none. `keep_days`: for how many days a message is kept."""

    tlp: Tlp | Literal[""] = ""
    onward: Literal["", "ask", "no", "yes"] = ""
    purpose: Annotated[str, msgspec.Meta(max_length=400)] = ""
    keep_days: Annotated[int, msgspec.Meta(ge=0, le=MOST_DAYS)] = 0


def usual_marks(vault: Vault) -> UsualMarks:
    """What is usual on this desk; raises Damaged where it is not what was put there."""
    return vault.get_value(NAME, UsualMarks) or UsualMarks()


def keep_usual(vault: Vault, usual: UsualMarks) -> None:
    """Keep what is usual; nothing usual erases what was."""
    if usual != UsualMarks():
        vault.put(NAME, encode(usual))
    elif vault.get_value(NAME, UsualMarks) is not None:
        vault.erase(NAME)


def marks_over(said: Mapping[str, Any], usual: UsualMarks, now: int, answered: Handling | None = None) -> Handling:
    """The marks of a message by what was said, what it answers, and what is usual (U1, U2).

    Raises msgspec.ValidationError for marks that nobody can sign.
    """
    found: dict[str, Any] = {"tlp": usual.tlp, "onward": usual.onward, "purpose": usual.purpose}
    found["erase_at"] = now + usual.keep_days * _DAY if usual.keep_days else 0
    found = {name: each for name, each in found.items() if each}
    if answered is not None:
        found["tlp"] = max(found.get("tlp", Handling().tlp), answered.tlp, key=TLP_ORDER.index)
        found["onward"] = max(found.get("onward", Handling().onward), answered.onward, key=ONWARD_ORDER.index)
    found |= {name: each for name, each in said.items() if each not in (None, "", 0, False)}
    found["victim"] = bool(said.get("victim") or said.get("identified"))
    return msgspec.convert(found, Handling)


def looser_than_answered(marks: Handling, answered: Handling) -> tuple[str, ...]:
    """The marks of an answer that are looser than those of what it answers (U2)."""
    return (
        *(["TLP"] if TLP_ORDER.index(marks.tlp) < TLP_ORDER.index(answered.tlp) else []),
        *(["onward"] if ONWARD_ORDER.index(marks.onward) < ONWARD_ORDER.index(answered.onward) else []),
    )
