"""A message that the relay handed over late: it was due here, the relay said that nothing waits, and then it came.

1. Due at this desk is what stands in the relay's receipt and in the signed stages. Up to when this desk had heard
   everything before the message came stands beside it (`desk.mail.heard`). More than GRACE between the two is late.
2. The message is marked. A flash or immediate one raises an alarm: its clock ran meanwhile, and nobody knew.
3. Mail of a suspended member is held, and comes late by right: nothing is said of a time after a suspension.
4. Nobody signs that nothing waits: it is this desk's word. The relay was down, or slow, or lied.
"""

import msgspec

from desk.mail.content import Receipt
from desk.mail.facts import Facts
from desk.mail.message import Message
from desk.mail.schedule import GRACE
from desk.notices.settings import as_urgent
from desk.profile.folder import Profile
from desk.terminal import stamp
from directory.canonical import encode
from directory.view import View

HANDED_LATE = "handed-late"


class Late(msgspec.Struct, frozen=True, kw_only=True):
    """When a message was due here, up to when everything had been heard, and when it came."""

    envelope: str
    due: int
    heard: int
    arrived: int


def handed_late(view: View, device: str, message: Message, facts: Facts, heard: int) -> Late | None:
    """How late a message with these facts came, before which this `device` had heard everything up to `heard`; None if
    it came in time, or that cannot be told."""
    if facts.receipt is None or "unproven" in facts.warnings or isinstance(message.content, Receipt):
        return None
    after = message.stages[facts.stage].after if facts.direction == "in" else 0
    due = facts.receipt.leaf.time + after
    if heard <= due + GRACE or _suspended(view, device, due):
        return None
    return Late(envelope=facts.envelope, due=due, heard=heard, arrived=facts.received)


def late_words(profile: Profile, message: Message, number: int, facts: Facts, late: Late) -> str:
    """What is told of it, its evidence kept; empty for what is not urgent."""
    if not as_urgent(message.precedence, "immediate") or facts.receipt is None:
        return ""
    files = {"late.json": encode(late), "receipt.json": encode(facts.receipt)}
    kept = profile.evidence("late", files, late.arrived)
    return (
        f"the relay handed message {number} ({message.precedence}) over only at {stamp(late.arrived)}. It was due at "
        f"{stamp(late.due)}, and at {stamp(late.heard)} the relay said that nothing waits for this desk. What was seen "
        f"is kept in {kept}"
    )


def _suspended(view: View, device: str, since: int) -> bool:
    record = view.devices.get(device)
    member = view.members.get(view.officers[record.officer].member) if record is not None else None
    return member is None or any(each.until > since for each in member.suspensions)
