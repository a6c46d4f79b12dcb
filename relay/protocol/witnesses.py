"""Witnesses: what they are called, and how many there are.

A witness is called `network/witness/member`, so whose it is stands in what it signs. A member has one; a log has at
most 16, in the relay's settings and in a desk's trust policy alike.
"""

from collections.abc import Iterable

import msgspec

from directory.fields import MemberId

MOST_WITNESSES = 16


def member_of_name(name: str) -> str:
    """Whose witness a name is; empty if the name is not `network/witness/member`, with an id that a member can have."""
    network, _, rest = name.partition("/")
    kind, _, member = rest.partition("/")
    if not network or kind != "witness":
        return ""
    try:
        return msgspec.convert(member, MemberId)
    except msgspec.ValidationError:
        return ""


def check_witnesses(names: Iterable[str]) -> None:
    """Return if these may be the witnesses of one log; refuses (ValueError) two of one member, and too many."""
    distinct = sorted(set(names))
    members = [member_of_name(each) for each in distinct]
    if twice := next((each for each in members if each and members.count(each) > 1), None):
        raise ValueError(f"member {twice} has two witnesses; a member has one")
    if len(distinct) > MOST_WITNESSES:
        raise ValueError(f"{len(distinct)} witnesses; at most {MOST_WITNESSES} are possible")
