"""What the judge's rules share: the case at hand, the refusal, and whose word counts.

An administrator counts as one person, however many of their devices sign. `Case.by_member` is the only place that
decides whether a member's own people have signed enough, and `Case.by_roots` the only one for the roots.
`own_keys` is the only place that takes a public key into the directory.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Generic, NoReturn, TypeVar

from crypto.encoding import unb64
from crypto.note import is_weak_ed25519
from crypto.signing import ED25519_PUBLIC_SIZE, PublicPair
from directory.view import NEVER, Body, Member, View

S = TypeVar("S")


class Refused(ValueError):
    """A statement that does not count: `rule` names the rule it breaks, the text says how and what to do."""

    def __init__(self, rule: str, why: str) -> None:
        super().__init__(f"{why} (rule {rule})")
        self.rule = rule


def refuse(rule: str, why: str) -> NoReturn:
    """Raise Refused."""
    raise Refused(rule, why)


@dataclass(frozen=True, slots=True)
class Case(Generic[S]):
    """A statement before the judge: the view before it, who signed (local ids), and the time."""

    view: View
    statement: S
    signers: frozenset[str]
    now: int

    @property
    def here(self) -> int:
        """The log position the statement will have."""
        return self.view.size

    def member(self, member: str) -> Member:
        """A member that was admitted and not revoked; a suspended one included."""
        record = self.view.members.get(member)
        if record is None:
            refuse("R20", f"no member {member} was admitted")
        if record.revoked != NEVER:
            refuse("R20", f"member {member} was revoked")
        return record

    def active(self, member: str) -> Member:
        """A member that was admitted, is not revoked and not suspended."""
        record = self.member(member)
        if record.suspended(self.here, self.now):
            refuse("R23", f"member {member} is suspended; the roots reinstate it first")
        return record

    @property
    def roots(self) -> frozenset[str]:
        """The signers that are current root keys."""
        return frozenset(each for each in self.signers if each in self.view.founded.roots)

    @property
    def rooted(self) -> bool:
        """Whether the threshold of current roots signed."""
        return len(self.roots) >= self.view.founded.threshold

    def by_roots(self, what: str, others: Iterable[str] = ()) -> None:
        """Return if the root threshold signed, and beside the roots nobody but `others` (R5, R6)."""
        if not self.rooted:
            need = self.view.founded.threshold
            refuse("R6", f"{what} needs {need} of the root keys; {len(self.roots)} signed")
        self.nobody_but(self.roots.union(others))

    def officers(self) -> dict[str, str]:
        """The live devices among the signers, each with its officer."""
        return {
            each: self.view.devices[each].officer
            for each in self.signers
            if self.view.device_live(each, self.here, self.now)
        }

    def by_member(self, member: str, what: str, second: bool = False, about: str = "") -> None:
        """Return if enough administrators of `member` signed: one, or two different ones if `second`.

        `about` is an officer whose own voice does not count in this matter (R27). Where fewer administrators live than
        are needed, the root threshold signs in the missing one's place (R21, R22). A voiceless administrator's line may
        stand beside the others.
        """
        self.active(member)
        living = self.view.administrators(member, self.now)
        signed = {device: officer for device, officer in self.officers().items() if officer in living}
        voices = frozenset(signed.values()) - {about}
        possible = living - {about}
        need = 2 if second else 1
        if len(voices) < need:
            own = about in signed.values()
            rule = "R27" if own else "R22" if second else "R21"
            without = " beside the officer it is about" if own else ""
            if len(possible) >= need:
                refuse(rule, f"{what} needs {_count(need)} of {member}{without}; {_count(len(voices))} signed")
            if len(voices) < len(possible) or not self.rooted:
                missing = "theirs and the root threshold's" if possible else "the root threshold's"
                can = f"{_count(len(possible))} of {member}{without} can sign for this"
                refuse(rule, f"{what}: {can}, so it needs {missing} signatures")
        self.nobody_but(frozenset(signed).union(self.roots if len(voices) < need else ()))

    def nobody_but(self, allowed: Iterable[str]) -> None:
        """Return if every signer is one of `allowed` (R5)."""
        strange = sorted(self.signers.difference(allowed))
        if strange:
            refuse("R5", f"{strange[0]} has no say in this; take its signature off")

    def with_body(self, commitment: str, subject: str, member: str, circles: tuple[str, ...] = ()) -> View:
        """The view in which `commitment` belongs to `subject`; refuses another subject's or an erased one (R24)."""
        known = self.view.bodies.get(commitment)
        if known is not None and (known.subject != subject or known.erased != NEVER):
            refuse("R24", "the body's commitment is in the log already; draw a fresh salt")
        return replace(self.view, bodies=self.view.bodies.set(commitment, Body(subject, member, circles)))


def own_keys(view: View, owner: str, keys: Iterable[bytes], rule: str) -> View:
    """The view in which `keys` are `owner`'s; refuses another's, present or past, and a weak one.

    `owner` is a device's id, that id and `/reception`, or what the network uses the keys for: `root`, `duty`, `log`,
    `receipt`. One key, one use: a signature is then nobody else's and made for nothing else.
    """
    known = view.keys
    for key in keys:
        if len(key) == ED25519_PUBLIC_SIZE and is_weak_ed25519(key):
            refuse(rule, "a key of this statement is none that a key generator makes: it would sign for anybody")
        if known.get(key, owner) != owner:
            refuse(rule, "a key of this statement is or was another's, or has another use: make new keys")
        known = known.set(key, owner)
    return replace(view, keys=known)


def pair(ed25519: str, mldsa44: str) -> PublicPair:
    """The public keys in base64, whose form `directory.fields` has checked."""
    return PublicPair(unb64(ed25519, 32), unb64(mldsa44, 1312))


def sorted_set(items: tuple[Any, ...], what: str, most: int, least: int = 0) -> None:
    """Return if `items` are sorted, different and between `least` and `most` in number (R25)."""
    if list(items) != sorted(set(items)):
        refuse("R25", f"{what} are to be sorted and different")
    if not least <= len(items) <= most:
        refuse("R25", f"{len(items)} {what}; between {least} and {most} are allowed")


def _count(number: int) -> str:
    return "one administrator" if number == 1 else f"{number or 'no'} administrators"
