"""Which details (bodies) an erasure can still reach: whose they are to erase, and since when nobody needs them.

1. Details are *in force* (what an entry says now, of an officer who is not revoked, of a member, of a circle), *former*
   (others took their place) or *ended* (their contact was retired or withdrawn, their officer or member revoked).
2. They are their member's administrators' to erase, and the roots' for what is theirs (`View.eraser`, rule R37).
3. When former or ended details ceased to hold is what the statement that ended them claims. That statement is the same
   member's: a false time harms nobody but its issuer, whose details are kept longer, or not so long.

Pure: the view, and the log's entries.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from directory.statement import parse_statement
from directory.view import NEVER, View

State = Literal["in force", "former", "ended"]
_ABOUT = re.compile(rb'"(?:contact|circle|officer|member)":"([^"]+)"')


@dataclass(frozen=True, slots=True)
class Erasable:
    """Details that no statement has erased yet; `eraser` is a member's id, empty where the roots erase them."""

    commitment: str
    subject: str
    eraser: str
    state: State

    @property
    def name(self) -> str:
        """The contact, officer, member or circle, without what kind of subject it is."""
        return self.subject.partition("/")[2]


def in_force(view: View) -> frozenset[str]:
    """The commitments of what stands in force, erased or not."""
    wanted = {record.body for record in view.members.values() if record.revoked == NEVER}
    wanted |= {record.body for record in view.circles.values()}
    wanted |= {record.body for record in view.officers.values() if not _out(view, record.member, record.revoked)}
    wanted |= {each.body for each in view.contacts.values() if not _out(view, each.member, each.ended)}
    return frozenset(wanted)


def erasable(view: View) -> Iterator[Erasable]:
    """All details that are not erased yet, by subject, and each subject's in no particular order of time."""
    standing = in_force(view)
    unerased = ((body.subject, commitment) for commitment, body in view.bodies.items() if body.erased == NEVER)
    for subject, commitment in sorted(unerased):
        state: State = "in force" if commitment in standing else _without_force(view, subject, commitment)
        yield Erasable(commitment, subject, view.eraser(view.bodies[commitment]), state)


def ended_at(view: View, entries: Sequence[bytes], wanted: Iterable[Erasable]) -> dict[str, int]:
    """When each of `wanted`, which are not in force, ceased to hold (unix seconds), by commitment (rule 3).

    NEVER where the entries do not tell: what nobody can date is not taken for old.
    """
    asked = {each.commitment: each for each in wanted if each.state != "in force"}
    found = {key: _claimed(entries, _end(view, each.subject)) for key, each in asked.items() if each.state == "ended"}
    displaced = {key: each for key, each in asked.items() if each.state == "former"}
    names, latest = {each.name.encode() for each in displaced.values()}, dict[str, str]()
    for entry in entries if displaced else ():
        if names.isdisjoint(_ABOUT.findall(entry)):
            continue
        statement = parse_statement(entry).statement
        body, before = getattr(statement, "body", ""), latest.get(statement.subject, "")
        if not body or statement.subject.startswith("body/"):
            continue
        latest[statement.subject] = body
        if before != body:
            if body in displaced:
                found.pop(body, None)  # stated again: it holds once more
            if before in displaced:
                found[before] = statement.at
    return {key: found.get(key, NEVER) for key in asked}


def _out(view: View, member: str, ended: int) -> bool:
    record = view.members.get(member)  # provisional contacts have none
    return ended != NEVER or (record is not None and record.revoked != NEVER)


def _without_force(view: View, subject: str, commitment: str) -> State:
    """`former` where other details took the place of these; `ended` for the last of a subject that is out."""
    kind, _, name = subject.partition("/")
    last = view.contacts[name].body if kind == "contact" else commitment if kind != "circle" else ""
    return "ended" if commitment == last else "former"


def _end(view: View, subject: str) -> int:
    """The position that ended a subject, or its member; NEVER while it stands."""
    kind, _, name = subject.partition("/")
    if kind == "circle":
        return NEVER
    if kind == "member":
        return view.members[name].revoked
    member, ended = "", NEVER
    if kind == "officer":
        member, ended = view.officers[name].member, view.officers[name].revoked
    elif kind == "contact":
        member, ended = view.contacts[name].member, view.contacts[name].ended
    record = view.members.get(member)
    return min(ended, record.revoked if record is not None else NEVER)


def _claimed(entries: Sequence[bytes], position: int) -> int:
    return parse_statement(entries[position]).statement.at if position < len(entries) else NEVER
