"""Details that are about to be erased, or were, as people read them: by subject, how many, and what is left behind."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from desk.safe_text import line
from directory.bodies import AnyBody, CircleBody, ContactBody, MemberBody, OfficerBody, read_body_bytes
from directory.canonical import Malformed
from directory.erasable import Erasable

MOST_SHOWN = 40
_KINDS: dict[str, type[AnyBody]] = {
    "contact": ContactBody,
    "officer": OfficerBody,
    "member": MemberBody,
    "circle": CircleBody,
}
STATES = ("in force", "former", "ended")
OUT_OF_REACH = (
    "Relay and desks erase their copies: the relay at once, this desk now, every other at its next synchronisation. "
    "Out of reach are files that were written before (snapshots, exports, proofs, proposals) and backups: "
    "docs/erasure.md says what to do about them."
)


def called(subject: str, raw: bytes | None) -> str:
    """What a subject's details call it, in quotation marks; why that is not known, if it is not."""
    kind = subject.partition("/")[0]
    if raw is None:
        return "not on this desk"
    try:
        body = read_body_bytes(raw, _KINDS[kind])
    except (Malformed, KeyError):
        return "not readable"
    names = [body.label] if isinstance(body, OfficerBody) else list(getattr(body, "names", {}).values())
    return f"“{line(names[0], 60)}”" if names else "without a name"


def lines_of(chosen: Sequence[Erasable], bodies: Mapping[str, bytes], since: Mapping[str, str]) -> list[str]:
    """A line for each subject, and below the first ones nothing but how many more there are.

    `since` has words to put behind some details, by commitment.
    """
    found = []
    for subject, group in groupby(chosen, key=lambda each: each.subject):
        details = list(group)
        best = min(details, key=lambda each: STATES.index(each.state))
        counts = ", ".join(f"{count} {state}" for state in STATES if (count := _count(details, state)))
        told = next((since[each.commitment] for each in details if each.commitment in since), "")
        found.append(f"  {short(subject):<24} {counts:<22} {called(subject, bodies.get(best.commitment))}{told}")
    more = len(found) - MOST_SHOWN
    return found[:MOST_SHOWN] + ([f"  and {more} more"] if more > 0 else [])


def left_bare(chosen: Iterable[Erasable]) -> list[str]:
    """What stands without details afterwards, and what to do about that."""
    bare = [each for each in chosen if each.state == "in force"]
    contacts = [each.name for each in bare if each.subject.startswith("contact/")]
    officers = [each.name[:8] for each in bare if each.subject.startswith("officer/")]
    others = [each.subject for each in bare if each.subject.startswith(("member/", "circle/"))]
    told = []
    if contacts:
        do = "publish them anew without what is to go, or retire them (`enlace contact`)"
        told.append(f"still listed, and without any details then: {_few(contacts)}; {do}")
    if officers:
        told.append(f"not revoked, and without a label then: officer {_few(officers)}; `enlace officer revoke`")
    if others:
        told.append(f"without a name then: {_few(others)}")
    return told


def counted(count: int, one: str, more: str = "") -> str:
    """A number of things, in words."""
    return f"{count} {one if count == 1 else more or one + 's'}"


def sets(count: int) -> str:
    """A number of details, in words."""
    return counted(count, "set of details", "sets of details")


def short(subject: str) -> str:
    """A subject as people read it: of an officer's id the first eight characters."""
    return subject[: len("officer/") + 8] if subject.startswith("officer/") else subject


def _few(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def _count(details: Iterable[Erasable], state: str) -> int:
    return sum(1 for each in details if each.state == state)
