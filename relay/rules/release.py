"""The rules of an envelope that was taken in: when it goes to whom, what ends its clock, and who is told.

L1 at once      stage 0 and the sender's own side are queued with the receipt; every later turn (a stage, or a call
                after the stages) comes `after` seconds later, by the relay's clock: a stage's envelopes are queued, or
                a call's line. For each there is one signed notice, also where nobody is left to be reached by it
L2 stop         a step `accepted` ends the turns that have not come, if the header says so; each with a signed notice
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
L9 both sides   what concerns the clock (steps, orders, notices of turns) is told to everybody who has the envelope: the
                sender's device, its own side, and the devices it was released to so far; a turn's notice to those it is
                released to as well. Whoever is only called gets the call and no more
L10 orders      a device of the sender's side that counts, the sender's own or one the envelope names as such, stops the
                clock or hastens a turn. `stop` ends the turns that have not come, whatever the header says. `hasten`
                brings the turn it names, and what waits before it, at once; later turns keep their time
L11 one end     the first of step and `stop` that is stored ends the clock; an order after that is refused with the line
                that stands. An order to hasten what has come already, or what is no turn, is refused too
L12 calls       whoever is called gets nothing but the line. It is queued for devices that are not out for good; for one
                of a suspended member it waits, as all its mail does; when the envelope has expired it goes
L13 left        a device whose officer served contacts when the envelope was taken in, and serves none of these any
                more, neither steps nor orders: for which contact a message is the relay does not see, but whoever left
                all has left that one. What it did before stands. A guest, who served none, the desks judge
L14 its time    a step or an order is dated within CLOCK_SKEW of the time at which it is stored. An older one is
                refused, to be signed anew (`line-old`): one that is stored after a turn came, and dated before it,
                would have everybody believe that the relay ran on. What the relay has already is answered as the first
                time, however old
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from directory.view import View
from relay.protocol.envelope import Header
from relay.protocol.problems import Refusal

Reach = Literal["live", "held", "gone"]
DeliveryState = Literal["waiting", "queued", "delivered", "expired", "dropped", "stopped"]
OPEN: tuple[DeliveryState, ...] = ("waiting", "queued")
Act = Literal["accepted", "refused"]
OrderAct = Literal["stop", "hasten"]
TurnState = Literal["waiting", "done", "stopped", "expired"]


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


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn after the first (L1): when it is due, and for a call the line to queue and for whom."""

    envelope: str
    number: int
    due: int
    expires: int
    state: TurnState = "waiting"
    line: bytes = b""
    devices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ordered:
    """An order of the sender's side that was stored: which device, what it orders, its signed line."""

    device: str
    act: OrderAct
    stage: int
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


def turns(header: Header, envelope: str, received: int, calls: Sequence[bytes]) -> list[Turn]:
    """The later turns of an envelope that was received at `received` with the lines of its `calls`."""
    first = len(header.stages)
    lines = dict(enumerate(zip(calls, (each.devices for each in header.calls), strict=True), first))
    found = []
    for number, after in enumerate(header.turns):
        line, devices = lines.get(number, (b"", ()))
        if number:
            found.append(Turn(envelope, number, received + after, header.expires, "waiting", line, devices))
    return found


def informed(header: Header, view: View, now: int, released: Iterable[str]) -> tuple[str, ...]:
    """Everybody who has the envelope, and is not out for good (L9); `released` are the devices it was released to."""
    devices = (header.sender, *(each.device for each in header.own), *released)
    return tuple(each for each in dict.fromkeys(devices) if reach(view, each, now) != "gone")


def check_ordering(header: Header, device: str) -> None:
    """Return if a device may order something about the clock of an envelope (L10); raise Refusal if not."""
    if device != header.sender and all(each.device != device for each in header.own):
        raise Refusal("not-allowed", "only the sender's own side stops or hastens its clock", rule="L10")


def earlier_order(orders: Iterable[Ordered], new: Ordered) -> Ordered | None:
    """The order that `new` repeats, if there is one: of the same device, with the same effect."""
    same = (new.device, new.act, new.stage)
    return next((each for each in orders if (each.device, each.act, each.stage) == same), None)


def turns_to_take(
    header: Header, turns: Iterable[Turn], orders: Iterable[Ordered], steps: Iterable[Stood], new: Ordered
) -> list[Turn]:
    """The waiting turns that an order ends, or hastens (L10); raises Refusal where it comes too late (L11)."""
    ended = [each.line for each in orders if each.act == "stop"]
    if header.stop == "accepted":
        ended += [each.line for each in steps if each.act == "accepted"]
    if ended:
        raise Refusal("clock-stopped", rule="L11", line=ended[0].decode())
    waiting = [each for each in turns if each.state == "waiting"]
    if new.act == "hasten":
        waiting = [each for each in waiting if each.number <= new.stage]
        if new.stage not in (each.number for each in waiting):
            raise Refusal("turn-over", f"{new.stage} is no turn of this message, or it has come already", rule="L11")
    if not waiting:
        raise Refusal("turn-over", "every stage and call of this message has come already", rule="L11")
    return waiting


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


def check_remains(view: View, device: str, size: int) -> None:
    """Return if a device that was named at a tree size has not left since (L13); raise Refusal if it has."""
    record = view.devices[device]
    member = view.officers[record.officer].member
    left = False
    for entry in view.contacts.values():
        if entry.member == member and record.officer in entry.served_by(size):
            if record.officer in entry.served_by(view.size) and view.officers[record.officer].has(
                "coordinator", view.size
            ):
                return
            left = True
    if left:
        raise Refusal("not-allowed", "its officer no longer serves any contact that this was for or from", rule="L13")


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
