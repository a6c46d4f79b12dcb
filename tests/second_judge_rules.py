"""What the rules of several kinds share: the case before the second judge, sets, bodies, uses of keys."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from second_judge_signers import Broken, Signers, require
from second_judge_state import Officer, State
from second_reader_base import Refused, base64_bytes
from second_reader_note import check_strong
from second_reader_statements import Statement


@dataclass(frozen=True)
class Case:
    """One statement and its signers before what holds so far."""

    statement: Statement
    signers: Signers

    @property
    def state(self) -> State:
        """What holds before the statement."""
        return self.signers.state

    @property
    def value(self) -> dict[str, Any]:
        """The statement's fields; those at their default are left out."""
        return self.statement.value

    @property
    def now(self) -> int:
        """The time it is judged at."""
        return self.signers.now

    def check_set(self, field: str, least: int, most: int) -> None:
        """R25: sorted by code point, nothing twice, within bounds."""
        check_sorted(self.value.get(field, []), least, most, field)

    def check_body(self) -> None:
        """R24: the commitment is new, or the same subject's and not erased."""
        subject, _ = self.state.bodies.get(self.value["body"], (self.statement.subject, ""))
        require(subject == self.statement.subject, "R24", "of another subject")
        require(self.value["body"] not in self.state.erased, "R24", "erased")

    def check_known(self, member: str) -> None:
        """R20."""
        require(self.state.known(member), "R20", member)

    def present_officer(self, ident: str) -> Officer:
        """R26: an officer who was enrolled and is not revoked."""
        officer = self.state.officers.get(ident)
        if officer is None or officer.revoked:
            raise Broken("R26", ident)
        return officer

    def check_new_officer(self) -> None:
        """R26: an id that was never used."""
        require(self.value["officer"] not in self.state.officers, "R26", "used before")

    def check_keys(self, keys: dict[str, tuple[str, ...]], rule: str, *, again: bool = True) -> None:
        """No key has or had another use (with `again` false: any use), and no Ed25519 key is weak."""
        for key, use in keys.items():
            had = self.state.uses.get(key)
            require(had is None or (again and had == use), rule, f"{had}, {use}")
            check_not_weak(key, rule)

    def uses(self, use: tuple[str, ...], *fields: str) -> dict[str, tuple[str, ...]]:
        """The keys in these fields, with their use."""
        return {self.value[field]: use for field in fields}


RULES = dict[str, Callable[[Case], None]]


def check_sorted(values: list[str], least: int, most: int, name: str) -> None:
    """R25 for a list."""
    require(all(left < right for left, right in pairwise(values)), "R25", f"{name} not sorted, or repeated")
    require(least <= len(values) <= most, "R25", f"{len(values)} {name}")


def check_not_weak(key: str, rule: str) -> None:
    """An Ed25519 key (32 bytes) that no generator makes is refused."""
    raw = base64_bytes(key)
    try:
        if len(raw) == 32:
            check_strong(raw)
    except Refused:
        raise Broken(rule, "weak key") from None
