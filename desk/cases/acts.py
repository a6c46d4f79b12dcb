"""What is signed about a case: the acts that make it, as they stand inside a message. Pure.

    {"act":{"kind":"guest","officer":"0f…","until":1775001600},"after":["5f…"],"case":"9c…"}

1. The first is `open`: it names no case, because its own hash is the case's name from then on. Every other names the
   case and at least one act it stands after (`desk.events.order`).
2. A message of the case is one with the act `say`: what it says stands beside the act, in the message.
3. `after` names acts alone, and never a `say`; `seen` names the newest messages that the signer had seen. Everybody in
   the case holds every act; messages are for those who were in it then, and nothing may wait for one that somebody was
   never given.
4. What an officer does as a guest says so: else it would be done in the name of a contact.
5. A hand-over names each message by the hash of its signed text, and one receiver: a device, an officer or a contact.
"""

from typing import Annotated

import msgspec

from desk.events.form import After, check_place
from directory.canonical import Malformed, decode, encode
from directory.fields import ContactId, Hash, OfficerId, Time

MOST_EVENT_BYTES = 64 << 10
MOST_TITLE = 300
MOST_HANDED = 500


class Piece(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A piece of an event."""


class Open(Piece, frozen=True, kw_only=True, tag_field="kind", tag="open"):
    """A case begins; its first member is the contact in whose name this is signed."""

    title: Annotated[str, msgspec.Meta(min_length=1, max_length=MOST_TITLE)]


class Invite(Piece, frozen=True, kw_only=True, tag_field="kind", tag="invite"):
    """A contact may join, and, if so said, invite others."""

    contact: ContactId
    may_invite: bool = False


class Join(Piece, frozen=True, kw_only=True, tag_field="kind", tag="join"):
    """The contact that was invited joins; or the officer who was, as a guest."""

    guest: bool = False


class Leave(Piece, frozen=True, kw_only=True, tag_field="kind", tag="leave"):
    """The contact leaves; or the officer who is a guest does."""

    guest: bool = False


class Exclude(Piece, frozen=True, kw_only=True, tag_field="kind", tag="exclude"):
    """A contact is no longer a member, or no longer invited."""

    contact: ContactId


class Guest(Piece, frozen=True, kw_only=True, tag_field="kind", tag="guest"):
    """One officer may join this one case, until a time; of one who has joined, the time is put anew."""

    officer: OfficerId
    until: Time


class EndGuest(Piece, frozen=True, kw_only=True, tag_field="kind", tag="end-guest"):
    """An officer is no longer a guest, or no longer invited as one."""

    officer: OfficerId


class Say(Piece, frozen=True, kw_only=True, tag_field="kind", tag="say"):
    """A message of the case, by a member or by a guest."""

    guest: bool = False


class ToDevice(Piece, frozen=True, kw_only=True, tag_field="to", tag="device"):
    """Handed to one device."""

    device: Hash


class ToOfficer(Piece, frozen=True, kw_only=True, tag_field="to", tag="officer"):
    """Handed to an officer, on the devices that are live then."""

    officer: OfficerId


class ToContact(Piece, frozen=True, kw_only=True, tag_field="to", tag="contact"):
    """Handed to a member of the case: to the officers who serve it then."""

    contact: ContactId


class HandOver(Piece, frozen=True, kw_only=True, tag_field="kind", tag="hand-over"):
    """Earlier messages are handed to somebody who could not read them."""

    messages: Annotated[tuple[Hash, ...], msgspec.Meta(min_length=1, max_length=MOST_HANDED)]
    receiver: ToDevice | ToOfficer | ToContact


Act = Open | Invite | Join | Leave | Exclude | Guest | EndGuest | Say | HandOver
ACTS: tuple[type[Act], ...] = (Open, Invite, Join, Leave, Exclude, Guest, EndGuest, Say, HandOver)


class CaseEvent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """An act upon a case, and which acts and messages its signer had seen."""

    case: Hash | msgspec.UnsetType = msgspec.UNSET
    after: After = ()
    seen: After = ()
    act: Act


def write_event(event: CaseEvent) -> bytes:
    """The event as canonical JSON; raises Malformed, saying why, for one that no reader would take."""
    raw = encode(event)
    read_event(raw)
    return raw


def read_event(raw: bytes) -> CaseEvent:
    """The event in canonical JSON; raises Malformed for everything else."""
    event = decode(raw, CaseEvent, MOST_EVENT_BYTES)
    check_event(event)
    return event


def check_event(event: CaseEvent) -> None:
    """Return if `event` keeps rule 1; raise Malformed, saying what is wrong. Also for one nested in a message."""
    otherwise = "the first event opens a case, and names none; every other names it and what it stands after"
    check_place(isinstance(event.act, Open), event.case, event.after, otherwise)
    if list(event.seen) != sorted(set(event.seen)) or (event.seen and isinstance(event.act, Open)):
        raise Malformed("the messages that were seen are sorted, and named once; whoever opens a case has seen none")
    if isinstance(event.act, HandOver) and list(event.act.messages) != sorted(set(event.act.messages)):
        raise Malformed("the messages that are handed over are sorted, and named once")


def as_guest(event: CaseEvent) -> bool:
    """Whether an officer did it as a guest, and for no contact."""
    return isinstance(event.act, Join | Leave | Say) and event.act.guest
