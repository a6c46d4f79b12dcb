"""Whose word counts (judge.md, *What he goes by*): the roots, the duty key, a member's people."""

from collections.abc import Iterable
from dataclasses import dataclass

from second_judge_state import ADMINISTRATOR, State
from second_reader_base import Refused


class Broken(Refused):
    """The judge refuses a statement; `rule` names the rule that it breaks."""

    def __init__(self, rule: str, why: str = "") -> None:
        super().__init__("refused", f"{rule} {why}".strip())
        self.rule = rule


def require(holds: bool, rule: str, why: str = "") -> None:
    """Refuse by the rule unless it holds."""
    if not holds:
        raise Broken(rule, why)


@dataclass(frozen=True)
class Signers:
    """The signers of one statement, before what holds so far, at a time."""

    state: State
    names: frozenset[str]
    now: int

    @property
    def roots(self) -> set[str]:
        """The present roots among them."""
        return set(self.state.roots) & self.names

    @property
    def by_threshold(self) -> bool:
        """Whether the root threshold signed."""
        return len(self.roots) >= self.state.threshold

    @property
    def by_duty_alone(self) -> bool:
        """Whether the duty key is the only signer."""
        return self.names == {self.state.duty}

    def live(self) -> set[str]:
        """The live devices among them."""
        return {name for name in self.names if self.state.live(name, self.now)}

    def officers(self) -> set[str]:
        """The officers of the live devices among them."""
        return {self.state.devices[name].officer for name in self.live()}

    def living(self, member: str) -> set[str]:
        """A member's living administrators, whether they signed or not."""
        return self.state.living_administrators(member, self.now)

    def only(self, allowed: Iterable[str]) -> None:
        """R5: nobody else signed."""
        others = self.names - set(allowed)
        require(not others, "R5", ", ".join(sorted(others)))

    def by_roots(self) -> None:
        """*The roots sign*: R6, R5."""
        require(self.by_threshold, "R6")
        self.only(self.state.roots)

    def member_acts(self, member: str) -> None:
        """R20, R23: the member is active."""
        require(self.state.known(member), "R20", member)
        require(self.state.active(member, self.now), "R23", member)

    def by_people(self, member: str, needed: int = 1, about: str | None = None, *, never_roots: bool = False) -> None:
        """*The member's people sign*: as many administrators as are needed, or the roots for those missing."""
        self.member_acts(member)
        living, signing = self.living(member), self.officers()
        with_voice = living - {about}
        voices = signing & with_voice
        in_place = False
        if len(voices) < needed:
            in_place = not never_roots and len(with_voice) < needed and voices == with_voice and self.by_threshold
        if len(voices) < needed and not in_place:
            own = about in living and about in signing
            raise Broken("R27" if own else "R22" if needed == 2 else "R21", f"{len(voices)} of {needed}")
        counted = {name for name in self.live() if self.state.devices[name].officer in living}
        self.only(counted | self.roots if in_place else counted)

    def later_kind_counts(self) -> bool:
        """R8: the root threshold, the duty key, or a live device of an administrator is among them."""
        roles = [self.state.officers[officer].roles for officer in self.officers()]
        return self.by_threshold or self.state.duty in self.names or any(ADMINISTRATOR in each for each in roles)
