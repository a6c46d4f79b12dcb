"""The rules of an envelope that was taken in: when it goes to whom, what ends its clock, and who is told.

L1 at once      stage 0 and the sender's own side are queued with the receipt; stage n is queued `after` seconds later,
                by the relay's clock, and its release is told to the sender with a signed notice. A stage that names
                nobody new, or nobody who is still there, is none: nothing is released, and nothing told
L2 stop         a step `accepted` ends the release of further stages if the header says so; the sender is told
L3 first        of several devices that accept, the first one stored wins; everybody else gets to see its line. After
                that nobody refuses. Before that anyone may refuse, once, and accept later all the same
L4 who steps    a recipient's device to which the envelope was released; never the sender's own side
L5 gone         a device, officer or member that was revoked gets nothing more: what waits for it is dropped, and the
                sender is told
L6 held         what waits for a suspended member stays, and the sender is told; after the suspension it is delivered,
                if it has not expired by then
L7 expiry       what was not acknowledged when the envelope expires is removed; the sender is told for which devices.
                It comes before release: a stage that is due when the envelope has expired is never released
L8 who is told  the sender's device. It alone can check a *delivered* line against what it sent, and tells its office by
                sealed receipts. If it was revoked since, the devices of its own side that the envelope names are told
                in its place, so that an office learns of its mail even when the laptop that sent it was stolen
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from directory.view import View
from relay.protocol.envelope import Header
from relay.protocol.problems import Refusal

Reach = Literal["live", "held", "gone"]
DeliveryState = Literal["waiting", "queued", "delivered", "expired", "dropped", "stopped"]
OPEN: tuple[DeliveryState, ...] = ("waiting", "queued")
Act = Literal["accepted", "refused"]


@dataclass(frozen=True, slots=True)
class Planned:
    """That an envelope goes to `device` at `due`; `own` marks the sender's own side."""

    device: str
    stage: int
    own: bool
    due: int


@dataclass(frozen=True, slots=True)
class Stood:
    """A step that was stored: which device, what it did, its signed line."""

    device: str
    act: Act
    line: bytes


def reach(view: View, device: str, now: int) -> Reach:
    """Whether mail for a device is delivered, held (its member is suspended) or dropped (it is out for good)."""
    record = view.devices.get(device)
    if record is None or record.revoked < view.size:
        return "gone"
    officer = view.officers[record.officer]
    member = view.members[officer.member]
    if officer.revoked < view.size or member.revoked < view.size:
        return "gone"
    return "held" if member.suspended(view.size, now) else "live"


def plan(header: Header, received: int) -> tuple[Planned, ...]:
    """To whom an envelope received at `received` goes, and when (L1); the sender itself gets no copy."""
    staged = (
        Planned(each.device, number, False, received + stage.after)
        for number, stage in enumerate(header.stages)
        for each in stage.devices
    )
    own = (Planned(each.device, 0, True, received) for each in header.own if each.device != header.sender)
    return (*staged, *own)


def told(header: Header, view: View, now: int) -> tuple[str, ...]:
    """The devices that learn what became of an envelope (L8); none if everybody who could know is out."""
    if reach(view, header.sender, now) != "gone":
        return (header.sender,)
    return tuple(each.device for each in header.own if reach(view, each.device, now) != "gone")


def check_stepping(own: bool, released: bool) -> None:
    """Return if a device named by an envelope may step (L4); raise Refusal if not."""
    if own:
        raise Refusal("not-allowed", "the sender's own side neither accepts nor refuses", rule="L4")
    if not released:
        raise Refusal("not-allowed", "the envelope was not released to this device", rule="L4")


def earlier_step(steps: Iterable[Stood], new: Stood) -> Stood | None:
    """The step that `new` repeats, if any; raises Refusal `already-decided` with the line that stands (L3)."""
    mine: Stood | None = None
    decided: Stood | None = None
    for each in steps:
        if each == new:
            return each  # sent again because its answer was lost
        if each.act == "accepted":
            decided = each
        if (each.device, each.act) == (new.device, new.act):
            mine = each
    if decided is not None and mine is not decided:
        raise Refusal("already-decided", rule="L3", line=decided.line.decode())
    return mine


def next_lapse(view: View, now: int) -> int | None:
    """When the next suspension in force lapses by itself: then held mail flows again, with no statement to say so."""
    until = (
        each.until for member in view.members.values() for each in member.suspensions if each.holds(view.size, now)
    )
    return min(until, default=None)
