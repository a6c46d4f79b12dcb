"""Acts upon requests as messages: to whom they go, under which marks, and in which order with the relay's clock.

A1  Nothing is signed that would have no effect: why is told first, and nothing is done (`check_act`).
A2  An act goes to every contact of both sides but one's own, also to alternates that the request has not come to yet:
    they hold the whole when it does. A contact without a live device is left out, and told; what it lacks it is given
    later (`Repeat`).
A3  It keeps the request's case, handling and exercise mark, and is never looser. It waits to be delivered for as long
    as a message can, since an event that is lost keeps those that name it waiting. Nobody has to accept it.
A4  Receiving, accepting and refusing a request stops the relay's clock for its message first: who of several officers
    is first, the relay's clerk decides, and only that one signs on. Once the history says that it was received, any
    officer of the asked side goes on: what counts is what was signed, not which desk stopped a clock. After a crash in
    between the clock is stopped, the message decided, and the request as it was: the same command again signs the act
    and does nothing else. Where the desk that stopped the clock is lost, a colleague takes over, by saying so.
A5  An act on a request that itself waits in the outbox would stand on something that nobody may ever get: refused.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import msgspec

from desk.errors import Declined, Usage
from desk.handling.marks import Handling
from desk.handling.sending import marks_for
from desk.mail.compose import Draft, compose
from desk.mail.content import MOST_PASSED, ActAlone, Content, Form, HandedNote, PassedOn
from desk.mail.facts import Facts
from desk.mail.handed import as_handed
from desk.mail.kept_proofs import KeptProofs
from desk.mail.message import Message, MessageError, SealedFile, check_message, stored_message, write_message
from desk.profile.unlocked import Unlocked
from desk.requests.acts import Accept, Act, Receive, Refuse, Repeat, RequestEvent, Send
from desk.requests.life import objection
from desk.requests.request_words import said
from desk.requests.stored import Kept, Request, short
from directory.canonical import encode
from directory.keyset import LONGEST_EXPIRY
from directory.replay import Replica
from directory.view import View
from relay.protocol.envelope import Precedence
from relay.protocol.lines import device_name

_PLACEHOLDER = "-"  # of a subject that the content has in its place
MOST_BYTES_AT_ONCE = (1 << 20) - (1 << 17)  # as they stand in the message, whose line has at most 1 MiB


@dataclass(frozen=True, slots=True)
class Beside:
    """What goes with an act: the content, files, and another precedence than the request's."""

    content: Content = field(default_factory=ActAlone)
    attachments: tuple[SealedFile, ...] = ()
    precedence: Precedence | None = None


def own_contact(view: View, device: str, request: Request, wanted: str, now: int) -> str:
    """In whose name this desk acts on a request: the wanted contact, or the only one it serves that has a part in it.

    Raises Declined if it serves none, Usage if it serves several.
    """
    sides = (request.found.request.contact, *request.found.request.to)
    mine = [each for each in sides if view.serves(device, each, view.size, now)]
    if wanted:
        if wanted not in mine:
            raise Declined(f"this officer does not serve {wanted}, or that has no part in request {short(request.id)}")
        return wanted
    if not mine:
        raise Declined(f"this officer serves no contact that has a part in request {short(request.id)}")
    if len(mine) > 1:
        raise Usage(f"this officer serves {', '.join(mine)}; choose one with --from")
    return mine[0]


def check_act(request: Request, contact: str, act: Act, language: str) -> None:
    """Return if an act of a contact would have an effect now; raise Declined, saying why not (A1, A5)."""
    if request.root.queued or request.proven.state == "draft":
        words = "it waits in the outbox" if request.root.queued else "nothing proves that it was sent"
        raise Declined(f"request {short(request.id)} is a draft: {words}. Nothing was signed")
    why = objection(request.found, contact, act)
    if why is not None:
        state = said("state", request.found.state, language)
        raise Declined(
            f"request {short(request.id)} ({state}): {said('why', why, language)}. Nothing was signed", "no-effect"
        )


def act_message(
    replica: Replica, device: str, request: Request, contact: str, act: Act, beside: Beside, now: int
) -> tuple[Message, tuple[str, ...]]:
    """The message with an act upon a request, and the contacts it cannot go to (A2, A3).

    Raises Declined where it can go to nobody, and what `compose` raises.
    """
    root, view = request.root.message, replica.view
    others = [each for each in (root.sender.contact, *root.contacts) if each != contact]
    reached = tuple(each for each in others if each in view.contacts and view.contact_devices(each, now))
    if not reached:
        raise Declined(
            f"none of {', '.join(others)} has a live device: telephone, or send it otherwise (and say `via`)"
        )
    marks = _marks(root.handling, beside.content)
    draft = Draft(
        to=reached,
        subject=_PLACEHOLDER,
        text="",
        sender=contact,
        case=root.case,
        precedence=beside.precedence or root.precedence,
        handling=marks,
        attachments=beside.attachments,
        expires_in=waits(LONGEST_EXPIRY, marks, now),
        escalate=False,
        exercise=root.exercise,
    )
    event = RequestEvent(request=request.id, after=request.proven.after(act), act=act)
    message = msgspec.structs.replace(
        compose(replica, device, draft, now),
        content=beside.content,
        request=event,
        stop="never",
    )
    return _checked(message), tuple(each for each in others if each not in reached)


def _marks(handling: Handling, content: Content) -> Handling:
    """The request's marks, stricter where the form beside an act, or what is given again, asks for it (A3)."""
    filled = content.filled if isinstance(content, Form) else None
    notes = content.notes if isinstance(content, PassedOn) else ()
    return marks_for(handling, filled, [stored_message(each.note.encode())[0] for each in notes])


def send_message(
    replica: Replica, device: str, draft: Draft, form: Form, act: Send, now: int, *, exercise: bool = False
) -> Message:
    """The message that makes a request; data about a victim reach the named contact alone, and no alternate."""
    composed = compose(replica, device, replace(draft, exercise=exercise), now)
    one = msgspec.structs.replace(composed, content=form, request=RequestEvent(act=act))
    return _checked(one)


def queue(desk: Unlocked, message: Message) -> int:
    """Sign a message and put it into the outbox; returns its number."""
    identity = desk.profile.identity
    note = write_message(message, device_name(identity.name, identity.device), desk.keyring.device)
    number = desk.mail.add(message, note, Facts(direction="out"), queue=True)
    if number is None:
        raise Usage("this message is in the outbox already")
    return number


def stops_clock(request: Request, act: Act) -> bool:
    """Whether the message that brought a request is to be decided with an act (A4): it is here, and neither this desk
    nor the history says that it was."""
    stored = request.root.stored
    return (
        isinstance(act, Receive | Accept | Refuse)
        and request.found.state == "sent"
        and not request.root.handed
        and stored.facts.direction == "in"
        and not stored.facts.decided
        and not stored.facts.origin
    )


def lacking(request: Request, contact: str) -> list[Kept]:
    """The proven events that nothing shows the other side to have, for a contact on one side (`Repeat`).

    What an event of theirs stands on, they have.
    """
    found = request.proven
    mine = found.side_of(contact)
    known = {each.signed.id: each for each in found.entries}
    theirs = [each.signed.id for each in found.entries if each.side != mine]
    while theirs:
        entry = known.pop(theirs.pop(), None)
        if entry is not None:
            theirs += entry.signed.after
    left = (request.kept[each.signed.id] for each in found.entries if each.signed.id in known)
    return [each for each in left if not isinstance(each.signed.event.act, Repeat) and not each.handed]


def repeated(kept: Iterable[Kept], proofs: KeptProofs) -> list[PassedOn]:
    """Events as they are given again: as they were signed, with the relay's receipts and what shows their envelopes; as
    few messages as hold them."""
    batches: list[list[HandedNote]] = [[]]
    size = 0
    for each in kept:
        stored = each.stored
        note = as_handed(stored, proofs.proof(stored.number), MOST_BYTES_AT_ONCE)
        length = len(encode(note))
        size += length
        if batches[-1] and (len(batches[-1]) >= MOST_PASSED or size > MOST_BYTES_AT_ONCE):
            batches.append([])
            size = length
        batches[-1].append(note)
    return [PassedOn(notes=tuple(each)) for each in batches if each]


def waits(wanted: int, handling: Handling, now: int) -> int:
    """How long a message waits to be delivered: as wanted, but no longer than it may be kept."""
    return min(wanted, handling.erase_at - now) if handling.erase_at else wanted


def _checked(message: Message) -> Message:
    try:
        check_message(message)
    except MessageError as error:
        raise Usage(str(error)) from error
    return message
