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
P4  The acts of a contact that nobody inside ever invited reach nothing, and are not told apart.
"""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from desk.cases.acts import Invite

if TYPE_CHECKING:
    from desk.cases.fold import Signed


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


def ever_invited(opener: str, acts: Iterable["Signed"]) -> set[str]:
    """Contacts whose acts may have an effect, at most: who opened the case, and whom one of these has invited."""
    invited: dict[str, set[str]] = {}
    for each in acts:
        if isinstance(each.event.act, Invite):
            invited.setdefault(each.contact, set()).add(each.event.act.contact)
    found, fresh = {opener}, [opener]
    while fresh:
        more = invited.get(fresh.pop(), set()) - found
        found |= more
        fresh.extend(more)
    return found


class Reach:
    """The removals that count, and what stands before what.

    Only acts in `matter` are told apart. What others sign has no effect; but others may sign as much as they like, and
    what stands before each of so many acts would take their number squared.
    """

    def __init__(self, ordered: Sequence[Linked], matter: Container[str]) -> None:
        self._before = dict[str, int]()  # for each act those before it, as bits
        self._bit = dict[str, int]()  # which of them is its own; none if it does not matter
        for each in ordered:
            before = 0
            for name in each.after:
                before |= self._before[name] | self._bit.get(name, 0)
            self._before[each.id] = before
            if each.id in matter:
                self._bit[each.id] = 1 << len(self._bit)
        self._counted: dict[str, Removal] = {}
        self._against: dict[str, list[str]] = {}

    def crossed(self, act: str, target: str) -> bool:
        """Whether a removal of `target` counts that an act has not seen, and that has not seen the act (P1, P2)."""
        if act in self._counted or act not in self._before:
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
        """Whether an act stands on another that matters, directly or through others."""
        return bool(self._before[act] & self._bit.get(other, 0))
