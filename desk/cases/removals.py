"""What puts somebody out of a case reaches also what they signed as if they had not seen it. Pure.

The order of acts alone is not enough. Where other acts stand between somebody's joining and the exclusion, an act that
names only the joining may stand before it, though it was signed long after.

P1  A *removal* is an exclusion by who may (K7), or a contact's own leaving. What its target signed and the removal does
    not stand on, directly or through others, counts only if it stands on the removal: whoever is out cannot sign as if
    it were before.
P2  So does an invitation of its target: whoever invites again must have seen why that one went out.
P3  Of removals that cross, the one whose signer stands nearer to who opened the case counts first, then that with the
    lower hash; but one's own leaving before what one signed as if one had not left. What counts already is undone by
    no other.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol


class Linked(Protocol):
    """An act: its hash, and the acts it stands after."""

    @property
    def id(self) -> str:
        """Its hash."""

    @property
    def after(self) -> tuple[str, ...]:
        """The acts it stands after."""


@dataclass(frozen=True, slots=True, order=True)
class Removal:
    """An act that puts a target out: how far its signer stands from who opened the case, its hash, whom it puts out.

    The target of the end of a guest's stay is the officer.
    """

    depth: int
    act: str
    target: str = field(compare=False)


class Reach:
    """The removals that count, and what stands before what."""

    def __init__(self, ordered: Sequence[Linked]) -> None:
        self._place = {each.id: at for at, each in enumerate(ordered)}
        self._before = list[int]()  # for each act the acts before it, as bits
        for each in ordered:
            before = 0
            for name in each.after:
                before |= self._before[self._place[name]] | 1 << self._place[name]
            self._before.append(before)
        self._counted: dict[str, Removal] = {}
        self._against: dict[str, list[str]] = {}

    def crossed(self, act: str, target: str) -> bool:
        """Whether a removal of `target` counts that an act has not seen, and that has not seen the act (P1, P2)."""
        if act in self._counted or act not in self._place:
            return False
        return any(not self.knows(act, each) and not self.knows(each, act) for each in self._against.get(target, ()))

    def count(self, found: Iterable[Removal], signers: dict[str, str]) -> bool:
        """Let those of the next depth count; returns whether there were any (P3). `signers` has who signed each."""
        fresh = sorted(
            (each for each in found if each.act not in self._counted),
            key=lambda each: (each.depth, each.target != signers[each.act], each.act),
        )
        for each in fresh:
            if each.depth == fresh[0].depth and not self.crossed(each.act, signers[each.act]):
                self._counted[each.act] = each
                self._against.setdefault(each.target, []).append(each.act)
        return bool(fresh)

    def knows(self, act: str, other: str) -> bool:
        """Whether an act stands on another, directly or through others."""
        return bool(self._before[self._place[act]] >> self._place[other] & 1)
